package projections_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// The plainest reading of the clocks: of everything that can be said of an item, the last one who said it is right. Last is by
// the clock that is asked for. Nothing here calls the fold that the read models are made with.

// told is an entry, and where it stands by a clock.
type told struct {
	domain.Recorded
	on time.Time // the day; zero by the clock of recording
}

func (a told) compare(b told) int {
	return cmp.Or(a.on.Compare(b.on), cmp.Compare(a.Position, b.Position))
}

// naive is what is held at a moment: the entries that count, in order, and the corrections known.
type naive struct {
	known []domain.Recorded // on other days too
	all   []told
	fixes []told
	texts map[domain.EventID]map[string]string
	gone  map[domain.EventID]map[string]bool
	keys  map[string]domain.Scheme
}

// readNaively takes the entries that are known; on a day, unless day is zero, only those that had happened.
func readNaively(t *testing.T, src *projectionstest.Source, known []domain.Recorded, day domain.Date) *naive {
	n := &naive{known: known, texts: map[domain.EventID]map[string]string{}, gone: map[domain.EventID]map[string]bool{}, keys: map[string]domain.Scheme{}}
	for text, err := range src.Texts(context.Background(), 0, 1<<40) {
		if err != nil {
			t.Fatal(err)
		}
		n.texts[text.Event] = text.Texts
	}
	for _, r := range src.Recorded() {
		if e, ok := r.Event.(*domain.ErasureRequested); ok { // nobody reads it any more, by any clock
			if n.gone[e.Of] == nil {
				n.gone[e.Of] = map[string]bool{}
			}
			n.gone[e.Of][e.Field] = true
		}
	}
	for _, r := range known {
		if _, fix := r.Event.(*domain.EntryCorrected); fix {
			n.fixes = append(n.fixes, told{Recorded: r})
		}
		for _, s := range schemesOf(r.Event) {
			n.keys[s.ID] = s
		}
	}
	days := n.days(known)
	for i, r := range known {
		if _, fix := r.Event.(*domain.EntryCorrected); fix {
			continue
		}
		if day.IsZero() {
			n.all = append(n.all, told{Recorded: r})
		} else if days[i].Before(day.End()) {
			n.all = append(n.all, told{r, days[i]})
		}
	}
	slices.SortStableFunc(n.all, told.compare)
	return n
}

func schemesOf(e domain.Event) (all []domain.Scheme) {
	dimensions := []domain.Dimension{}
	switch e := e.(type) {
	case *domain.PlanOpened:
		dimensions = e.Dimensions
	case *domain.SchemesSet:
		dimensions = e.Dimensions
	}
	for _, d := range dimensions {
		all = append(all, d.Scheme)
	}
	return all
}

// days are the days on which entries happened, as stated, or else as recorded, with the latest correction of that. What an entry
// brings into being is there from the first day of which any later entry needs it: asked again until nothing changes.
func (n *naive) days(known []domain.Recorded) []time.Time {
	days := make([]time.Time, len(known))
	for i, r := range known {
		stated := r.Stated
		if fix := n.fix(r.ID, "stated"); fix != nil {
			if err := stated.UnmarshalText([]byte(fix.Value)); err != nil {
				panic(err)
			}
		}
		if !stated.Known() {
			stated = domain.DayOf(r.RecordedAt)
		}
		days[i] = stated.Start()
	}
	for again := true; again; {
		again = false
		for i, r := range known {
			for j := i + 1; j < len(known); j++ {
				if days[j].Before(days[i]) && needs(known[j], r, known[:i]) {
					days[i], again = days[j], true
				}
			}
		}
	}
	return days
}

// needs reports whether a later entry can't be true before an earlier one was: it is about what that one brought.
func needs(later, r domain.Recorded, before []domain.Recorded) bool {
	if _, fix := later.Event.(*domain.EntryCorrected); fix {
		return false
	}
	text := fmt.Sprintf("%+v", later.Event) // the fields of an event name what it is about
	field := func(name string, id any) bool {
		return strings.Contains(text, fmt.Sprintf("%s:%v ", name, id)) || strings.HasSuffix(strings.TrimSuffix(text, "}"), fmt.Sprintf("%s:%v", name, id))
	}
	switch e := r.Event.(type) {
	case *domain.PlanOpened:
		return true
	case *domain.ItemAdded:
		_, moved := later.Event.(*domain.DueDateMoved)
		_, asked := later.Event.(*domain.DueMoveRequested)
		by := strings.Contains(text, "By:["+string(e.Item)+"]")
		_, moves := later.Event.(*domain.ItemMoved)
		_, links := later.Event.(*domain.ItemsLinked)
		return later.Item() == e.Item || field("Parent", e.Item) || by || (moves || links) && field("To", e.Item) || later.Item() == e.Item && (moved || asked)
	case *domain.DueDateSet:
		switch later.Event.(type) {
		case *domain.DueDateMoved, *domain.DueMoveRequested:
			return later.Item() == e.Item
		}
	case *domain.MeasureDefined:
		_, reads := later.Event.(*domain.MeasureRead)
		first := !slices.ContainsFunc(before, func(o domain.Recorded) bool {
			_, defines := o.Event.(*domain.MeasureDefined)
			return defines && o.Item() == e.Item
		})
		return reads && first && later.Item() == e.Item
	case *domain.DueMoveRequested:
		return field("Asked", r.Position)
	case *domain.CompletionClaimed:
		return field("Claimed", r.Position)
	case *domain.RequestMade:
		return field("Request", e.Request) || field("Answers", e.Request)
	case *domain.RatingChallenged:
		return field("Request", e.Request) || field("Answers", e.Request)
	case *domain.MeetingOpened:
		return field("Meeting", e.Meeting)
	case *domain.EvidenceAttached:
		return field("Evidence", e.Evidence) || strings.Contains(text, "Evidence:["+string(e.Evidence)+"]")
	case *domain.HoldSet:
		return field("Hold", e.Hold)
	}
	return false
}

// fix is the latest correction of a field of an entry.
func (n *naive) fix(of domain.EventID, field string) (last *domain.EntryCorrected) {
	for _, f := range n.fixes {
		if e := f.Event.(*domain.EntryCorrected); e.Corrects == of && e.Field == field {
			last = e
		}
	}
	return last
}

// words are a text of an entry, as corrected; erased words are shown as such.
func (n *naive) words(r *told, field string) string {
	if r == nil {
		return ""
	}
	id := r.ID
	for _, f := range n.fixes {
		if e := f.Event.(*domain.EntryCorrected); e.Corrects == r.ID && e.Field == field {
			id = f.ID
		}
	}
	name := field
	if id != r.ID {
		name = "text"
	}
	if n.gone[id][name] {
		return "(erased)"
	}
	return n.texts[id][name]
}

// last is the last entry about an item that is one of the wanted; after, when not nil, it must come later.
func (n *naive) last(item domain.ItemID, after *told, wanted ...domain.Event) *told {
	for i := len(n.all) - 1; i >= 0; i-- {
		r := &n.all[i]
		if after != nil && r.compare(*after) <= 0 {
			return nil
		}
		for _, w := range wanted {
			if r.Event.Type() == w.Type() && r.Item() == item {
				return r
			}
		}
	}
	return nil
}

// unless is an entry, unless one of the others came after it.
func (n *naive) unless(r *told, others ...domain.Event) *told {
	if r == nil || n.last(r.Item(), r, others...) != nil {
		return nil
	}
	return r
}

// state says all of the plan, by field.
func (n *naive) state() map[string]string {
	all := map[string]string{}
	n.plan(all)
	for i := range n.all {
		r := &n.all[i]
		switch e := r.Event.(type) {
		case *domain.ItemAdded:
			n.item(all, e.Item, r)
		case *domain.RequestMade:
			n.request(all, e.Request, r)
		case *domain.RatingChallenged:
			n.request(all, e.Request, r)
		}
	}
	return all
}

func (n *naive) plan(all map[string]string) {
	papers := map[domain.MeetingID]int{}
	for i := range n.all {
		r := &n.all[i]
		switch e := r.Event.(type) {
		case *domain.PlanOpened:
			all["title"], all["policy"], all["key"] = n.words(r, "title"), domain.DefaultPolicy().ID, e.Dimensions[0].Scheme.ID
		case *domain.SchemesSet:
			all["key"] = e.Dimensions[0].Scheme.ID
		case *domain.PolicySet:
			all["policy"] = e.Policy.ID
		case *domain.VersionAdopted:
			all["issue"] = e.Version + " " + n.words(r, "reason")
		case *domain.MeetingOpened:
			all["meeting "+string(e.Meeting)] = e.Body
			all["papers "+string(e.Meeting)] = "0"
		case *domain.PaperPublished:
			papers[e.Meeting]++
			all["papers "+string(e.Meeting)] = fmt.Sprint(papers[e.Meeting])
		case *domain.MinutesRecorded:
			all["minutes "+string(e.Meeting)] = n.words(r, "minutes")
		case *domain.ResolutionRecorded:
			all["resolution "+string(e.Resolution)] = n.words(r, "printed")
		case *domain.HoldSet:
			all["hold "+string(e.Hold)] = n.words(r, "reason")
		case *domain.HoldReleased:
			all["released "+string(e.Hold)] = n.words(r, "reason")
		}
	}
}

func (n *naive) request(all map[string]string, id domain.RequestID, made *told) {
	all["request "+string(id)] = n.words(made, "words")
	for i := range n.all {
		r := &n.all[i]
		switch e := r.Event.(type) {
		case *domain.RequestAnswered:
			if e.Request == id {
				all["answer "+string(id)] = n.words(r, "answer")
			}
		case *domain.JustificationGiven:
			if e.Answers == id {
				all["answer "+string(id)] = n.words(r, "justification")
			}
		case *domain.RequestWithdrawn:
			if e.Request == id {
				all["withdrawn "+string(id)] = n.words(r, "reason")
			}
		}
	}
}

func (n *naive) item(all map[string]string, id domain.ItemID, added *told) {
	say := func(field, value string) {
		if value != "" {
			all[string(id)+" "+field] = value
		}
	}
	say("title", n.words(n.last(id, nil, &domain.ItemAdded{}, &domain.ItemReworded{}), "title"))
	owner := n.last(id, nil, &domain.OwnerAssigned{})
	say("with", n.words(owner, "with"))
	if owner == nil && added.Event.(*domain.ItemAdded).Owned {
		owner = added
	}
	say("owner", n.words(owner, "owner"))
	parent := added.Event.(*domain.ItemAdded).Parent
	if r := n.last(id, nil, &domain.ItemMoved{}); r != nil {
		parent = r.Event.(*domain.ItemMoved).To
	}
	say("parent", string(parent))
	n.dates(id, added, say)
	n.stages(id, added, say)
	n.rating(id, say)
	n.proof(id, say)
	say("progress", n.words(n.last(id, nil, &domain.ProgressReported{}), "progress"))
	if r := n.last(id, nil, &domain.OutcomeRecorded{}); r != nil {
		result := string(r.Event.(*domain.OutcomeRecorded).Result)
		if fix := n.fix(r.ID, "result"); fix != nil {
			result = fix.Value
		}
		say("outcome", result+" "+n.words(r, "outcome"))
	}
	if r := n.last(id, nil, &domain.ResponseGiven{}); r != nil {
		say("response", string(r.Event.(*domain.ResponseGiven).Response)+" "+n.words(r, "words"))
	}
}

func (n *naive) dates(id domain.ItemID, added *told, say func(field, value string)) {
	first := func(d domain.Date, r *told) (original, now string) {
		if fix := n.fix(r.ID, "due"); fix != nil {
			return d.String(), fix.Value
		}
		return d.String(), d.String()
	}
	original, due := first(added.Event.(*domain.ItemAdded).Due, added)
	if r := n.last(id, nil, &domain.DueDateSet{}); r != nil {
		original, due = first(r.Event.(*domain.DueDateSet).Due, r)
	}
	moved := n.last(id, nil, &domain.DueDateMoved{})
	if moved != nil {
		_, due = first(moved.Event.(*domain.DueDateMoved).To, moved)
	}
	moves := 0
	for r := moved; r != nil; moves++ {
		i := slices.IndexFunc(n.all, func(o told) bool { return o.ID == r.ID })
		r = (&naive{all: n.all[:i]}).last(id, nil, &domain.DueDateMoved{})
	}
	say("original", original)
	say("due", due)
	say("moves", fmt.Sprint(moves))
	if r := n.unless(n.last(id, nil, &domain.DueMoveRequested{}), &domain.DueDateMoved{}, &domain.DueMoveRefused{}); r != nil {
		say("asked", r.Event.(*domain.DueMoveRequested).To.String()+" "+n.words(r, "reason"))
	}
}

var states = map[string]domain.ItemState{"item-added": domain.ItemOpen, "item-suspended": domain.ItemOnHold, "item-resumed": domain.ItemOpen,
	"item-cancelled": domain.ItemWithdrawn, "item-superseded": domain.ItemReplaced, "item-carried-forward": domain.ItemCarried,
	"completion-claimed": domain.ItemClaimed, "completion-verified": domain.ItemVerified, "completion-refused": domain.ItemOpen,
	"closure-accepted": domain.ItemClosed, "item-reopened": domain.ItemOpen}

func (n *naive) stages(id domain.ItemID, added *told, say func(field, value string)) {
	var changes []domain.Event
	for kind := range states {
		changes = append(changes, domain.NewEvent(kind))
	}
	r := n.last(id, nil, changes...)
	say("state", string(states[r.Event.Type()]))
	if r.ID != added.ID {
		say("why", n.words(r, "reason"))
	}
	claimed, verified, refused, reopened := &domain.CompletionClaimed{}, &domain.CompletionVerified{}, &domain.CompletionRefused{}, &domain.ItemReopened{}
	say("claimed", n.words(n.unless(n.last(id, nil, claimed), refused, reopened), "claim"))
	say("verified", n.words(n.unless(n.last(id, nil, verified), claimed, refused, reopened), "verified"))
}

func (n *naive) proof(id domain.ItemID, say func(field, value string)) {
	say("waived", n.words(n.last(id, nil, &domain.EvidenceWaived{}), "reason"))
	var files []string
	links := map[string]bool{}
	for i := range n.all {
		r := &n.all[i]
		switch e := r.Event.(type) {
		case *domain.EvidenceAttached:
			if e.Item == id {
				files = append(files, fmt.Sprintf("%s %q", e.Evidence, n.words(r, "title")))
			}
		case *domain.EvidenceWithdrawn:
			if e.Item == id {
				files = append(files, fmt.Sprintf("-%s %q", e.Evidence, n.words(r, "reason")))
			}
		case *domain.ItemsLinked:
			if e.Item == id {
				links[fmt.Sprint(e.Relation, " ", e.To)] = true
			}
		case *domain.ItemsUnlinked:
			if e.Item == id {
				delete(links, fmt.Sprint(e.Relation, " ", e.To))
			}
		}
	}
	slices.Sort(files)
	say("evidence", strings.Join(files, ", "))
	for link := range links {
		say("link "+link, "yes")
	}
	n.measure(id, say)
}

func (n *naive) measure(id domain.ItemID, say func(field, value string)) {
	if r := n.last(id, nil, &domain.MeasureDefined{}); r != nil {
		e := r.Event.(*domain.MeasureDefined)
		say("measure", fmt.Sprint(e.Better, " ", e.Target, e.Unit))
	}
	value := func(r *told) string {
		if fix := n.fix(r.ID, "value"); fix != nil {
			return fix.Value
		}
		return string(r.Event.(*domain.MeasureRead).Value)
	}
	var readings []*told
	for i := range n.all {
		if _, reads := n.all[i].Event.(*domain.MeasureRead); reads && n.all[i].Item() == id {
			readings = append(readings, &n.all[i])
		}
	}
	if k := len(readings); k > 0 {
		last := readings[k-1]
		on := last.Stated.String()
		if fix := n.fix(last.ID, "stated"); fix != nil {
			on = fix.Value
		}
		say("reading", value(last)+" on "+on+" "+n.words(last, "words"))
		if k > 1 {
			say("reading before", value(readings[k-2]))
		}
	}
}

func view(t *testing.T, db *projections.DB, at projections.At) (map[string]string, error) {
	t.Helper()
	v, err := db.Plan(t.Context(), "pa", at)
	if err != nil {
		return nil, err
	}
	return shown(v), nil
}
