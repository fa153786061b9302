package findings

import (
	"slices"

	"plantrail/domain"
)

// view is a story as at a day, put in order for the rules.
type view struct {
	story  Story
	on     domain.Date // the day on which it is judged
	plan   domain.PlanState
	policy domain.Policy // in force on that day

	entries  []entry
	items    []*item // in the order in which they were added
	byID     map[domain.ItemID]*item
	requests []*request
	papers   []*entry // those that were published
	schemes  []*entry // changes of the schemes
	closed   *entry   // the end of the plan
	answers  map[domain.FindingID]*entry

	imports map[domain.CommandID]bool // commands that read a document
	fixes   map[fixKey]*domain.EntryCorrected

	policies, versions []*entry
}

// entry is an event that counts.
type entry struct {
	*domain.Recorded
	on    domain.Date // when it happened: as stated, or as corrected; the day of recording where nobody could say
	paper bool        // it was read from a document that the same command names
}

// made is the day on which somebody said it: of what was read from an old paper, the day of the paper.
func (e *entry) made() domain.Date {
	if e.paper {
		return e.on
	}
	return domain.DayOf(e.RecordedAt)
}

type fixKey struct {
	of    domain.EventID
	field string
}

// item is an item with what happened to it.
type item struct {
	domain.Item
	place   int // in the plan, from 1
	entries []*entry
	ratings []rating // as they were changed, in all dimensions
	reasons []reason
	moves   []*entry // of the due date, to a later one
	titles  []title
	done    *entry // the statement that it is complete, while it stands
	best    bool   // done says only the best that a scheme without a value for complete has
	undone  *entry // what took the last such statement back

	children  []*item // that stand under it
	addressed bool    // an action answers this recommendation: then that is what is worked on
}

// rating is a change of rating, as corrected.
type rating struct {
	*entry
	dimension, scheme, value string
	was, meaning             domain.Meaning // was: "" for the first
	override                 bool
}

// reason is a justification for a rating: the words as corrected.
type reason struct {
	*entry
	dimension string
	meaning   domain.Meaning
	sameAs    domain.ItemID
	words     string
	gone      bool // the words were erased
	replaced  bool // the same command went on to change the rating
}

type title struct {
	*entry
	words string
}

// request is a request of members, or a promise to them.
type request struct {
	domain.Request
	made, answered *entry
}

func newView(s Story, on domain.Date) *view {
	v := &view{story: s, on: on, byID: map[domain.ItemID]*item{}, answers: map[domain.FindingID]*entry{},
		imports: map[domain.CommandID]bool{}, fixes: map[fixKey]*domain.EntryCorrected{}}
	held := s.happened(on)
	for i := range s.Entries {
		switch e := s.Entries[i].Event.(type) {
		case *domain.PaperImported:
			v.imports[s.Entries[i].Command] = true
		case *domain.EntryCorrected:
			v.fixes[fixKey{e.Corrects, e.Field}] = e
		}
	}
	v.entries = make([]entry, len(held))
	for i := range held {
		v.entries[i] = v.entry(&held[i])
		v.fold(&v.entries[i])
	}
	for _, it := range v.items {
		if p := v.byID[it.Parent]; p != nil {
			p.children = append(p.children, it)
		}
		for _, l := range it.Links {
			if to := v.byID[l.To]; to != nil && l.Relation == domain.Addresses {
				to.addressed = true
			}
		}
	}
	v.policy = v.plan.InForce()
	return v
}

// entry dates an event.
func (v *view) entry(r *domain.Recorded) entry {
	e := entry{Recorded: r, on: r.Stated, paper: v.imports[r.Command]}
	if fix := v.fixes[fixKey{r.ID, "stated"}]; fix != nil {
		_ = e.on.UnmarshalText([]byte(fix.Value)) // a correction was checked when it was recorded; if not, the date stays
	}
	if !e.on.Known() {
		e.on = domain.DayOf(r.RecordedAt)
	}
	return e
}

func (v *view) fold(e *entry) {
	v.plan = v.plan.After(*e.Recorded)
	switch what := e.Event.(type) {
	case *domain.ItemAdded:
		if v.byID[what.Item] == nil {
			it := &item{place: len(v.items) + 1}
			v.items = append(v.items, it)
			v.byID[what.Item] = it
		}
	case *domain.PlanClosed:
		v.closed = e
	case *domain.PolicySet:
		v.policies = append(v.policies, e)
	case *domain.VersionAdopted:
		v.versions = append(v.versions, e)
	case *domain.SchemesSet:
		v.schemes = append(v.schemes, e)
	case *domain.PaperPublished:
		v.papers = append(v.papers, e)
	case *domain.FindingAnswered:
		v.answers[what.Finding] = e
	}
	if id := domain.RequestAbout(e.Event); id != "" {
		v.request(id, e)
	}
	if it := v.byID[e.Item()]; it != nil {
		v.track(it, e)
	}
}

func (v *view) request(id domain.RequestID, e *entry) {
	i := slices.IndexFunc(v.requests, func(q *request) bool { return q.ID == id })
	if i < 0 {
		i = len(v.requests)
		v.requests = append(v.requests, &request{made: e})
	}
	q := v.requests[i]
	q.Request = q.After(*e.Recorded)
	if q.Answered == e.Position {
		q.answered = e
	}
}

// text is a text of an entry as it reads now: as corrected, and whether it was erased.
func (v *view) text(e *entry, field string, was domain.Text) (words string, gone bool) {
	if fix := v.fixes[fixKey{e.ID, field}]; fix != nil && fix.Text != "" {
		return string(fix.Text), false
	}
	return string(was), was == "" && slices.Contains(v.story.Gone[e.Position], field)
}

// number finds an entry by its position.
func (v *view) at(p domain.Position) *entry {
	i, found := slices.BinarySearchFunc(v.entries, p, func(e entry, p domain.Position) int {
		switch {
		case e.Position < p:
			return -1
		case e.Position > p:
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return &v.entries[i]
}

// label is the printed word of a rating.
func (v *view) label(scheme, value string) string {
	if found, ok := v.plan.Value(scheme, value); ok {
		return found.Label
	}
	return value
}

// delivery is the key of the dimension that says how far an item is: the plan's first.
func (v *view) delivery() string {
	d, _ := v.plan.Dimension("")
	return d.Key
}

// delivery is the item's rating in the plan's first dimension.
func (v *view) rating(it *item) (domain.Rating, bool) { return it.Rating(v.delivery()) }

// heading reports whether an item only names what stands under it.
func (it *item) heading() bool {
	return len(it.children) > 0 && len(it.Ratings) == 0 && it.Due.IsZero() && it.Owner == 0
}

// working reports whether somebody is to work on the item now.
func (it *item) working() bool { return it.State == domain.ItemOpen && it.Kind != domain.StandingDuty }

// since counts the days from a date to the day of the view.
func (v *view) since(d domain.Date) int { return domain.DaysBetween(d, v.on) }
