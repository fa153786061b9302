package sheets

import (
	"fmt"
	"slices"

	"plantrail/domain"
)

// news are the commands that a newer copy of a plan's paper adds to it: what differs, and nothing else. They come in the
// order in which a first copy tells: what members received, that they received it, what happened since.
func (p *Proposal) news() []domain.Command {
	var steps, waiting, since []domain.Command
	for i := range p.Rows {
		r := &p.Rows[i]
		own := p.newsOf(r)
		r.Differs = differences(own)
		if p.pointsDown(i) {
			waiting = append(waiting, own...)
		} else {
			steps = append(steps, own...)
		}
		later := p.sinceThen(r)
		r.Differs = append(r.Differs, differences(later)...)
		since = append(since, later...)
	}
	for _, id := range p.known.gone {
		since = append(since, domain.CancelItem{Basis: domain.Basis{Authority: &domain.Authority{Body: p.Body, Meeting: p.MeetingDate}},
			Item: id, Reason: domain.Text("It is not in " + p.called() + ".")})
	}
	return slices.Concat(steps, waiting, p.publishes(), since, p.resolves())
}

// called is how reasons name the paper.
func (p *Proposal) called() string {
	name := "the paper"
	if p.Name != "" {
		name += " " + p.Name
	}
	if d := p.stated(); d.Known() {
		name += " of " + d.Words()
	}
	return name
}

func (p *Proposal) newsOf(r *Row) []domain.Command {
	if r.Match == nil {
		return slices.Concat(p.adds(r), p.ratings(r), p.says(r))
	}
	was := r.Match.item
	if was.State.Ended() {
		return nil
	}
	return slices.Concat(p.words(r, was), p.dates(r, was), p.newRatings(r, was), p.newWords(r, was), p.measures(r))
}

// words are a new title, another place in the plan, another owner.
func (p *Proposal) words(r *Row, was *KnownItem) (steps []domain.Command) {
	as := domain.Text("As in " + p.called() + ".")
	if r.Match.Reworded {
		steps = append(steps, domain.RewordItem{Item: r.Item, Title: domain.Text(r.Title), Reason: as})
	}
	if r.Parent != was.Parent && len(p.Levels) > 0 {
		steps = append(steps, domain.MoveItem{Item: r.Item, Parent: r.Parent, Reason: as})
	}
	if r.Owner != "" && squash(r.Owner) != squash(was.Owner) {
		steps = append(steps, domain.AssignOwner{Item: r.Item, Owner: domain.Text(r.Owner), Reason: as})
	}
	return steps
}

// dates is a due date that is new or has moved. A column of original dates beside one of revised dates says nothing new.
func (p *Proposal) dates(r *Row, was *KnownItem) []domain.Command {
	due := r.DueNow
	if due.IsZero() {
		due = r.Due
	}
	original := r.DueNow.IsZero() && column(p.Columns, FieldDueNow) >= 0 && due == was.Original
	if due.IsZero() || due == was.Due || original {
		return nil
	}
	reason := r.DueReason
	if !was.Due.IsZero() && reason == "" {
		reason = "No reason is given in " + p.called() + "."
	}
	return []domain.Command{domain.SetDue{Item: r.Item, Due: due, Reason: domain.Text(reason), Unapproved: true}}
}

// newRatings are ratings that changed, or stand for another reason.
func (p *Proposal) newRatings(r *Row, was *KnownItem) (steps []domain.Command) {
	for _, c := range p.ratings(r) {
		rate := c.(domain.Rate)
		d, _ := p.known.State.Dimension(rate.Dimension)
		now, rated := was.Rating(d.Key)
		same := rated && now.Value == rate.To && now.Scheme == d.Scheme.ID
		words := squash(string(rate.Justification))
		switch {
		case p.reported(r, was, d.Key):
		case same && p.changesNow(r, rate.Dimension): // what was received is known, and its words go with the change
		case !same:
			steps = append(steps, rate)
		case words != "" && words != squash(was.Reasons[d.Key]):
			rate.Owed = false
			steps = append(steps, rate)
		}
	}
	return steps
}

// changesNow reports whether the row tells of a change of the first rating from what was received.
func (p *Proposal) changesNow(r *Row, dimension string) bool {
	return dimension == "" && len(r.Changes) > 0
}

// reported reports whether the plan has recorded already the change that the row reports in its own words: the cell still
// shows what was received then.
func (p *Proposal) reported(r *Row, was *KnownItem, dimension string) bool {
	if len(r.Changes) == 0 {
		return false
	}
	last := r.Changes[len(r.Changes)-1]
	now, _ := was.Rating(dimension)
	return now.Value == last.To && squash(was.Reasons[dimension]) == squash(last.Words)
}

// newWords are progress and outcomes that nobody has recorded before.
func (p *Proposal) newWords(r *Row, was *KnownItem) (steps []domain.Command) {
	said := func(words string) bool {
		return slices.ContainsFunc(was.Said, func(had string) bool { return squash(had) == squash(words) })
	}
	fresh := slices.DeleteFunc(slices.Clone(r.Progress), said)
	if len(r.Progress) == 1 && p.saidElse(was.Copied, r.Progress[0]) {
		fresh = r.Progress // said before, and something else since: it is said again
	}
	done := r.Percent
	if done != nil && was.Percent != nil && *was.Percent == *done {
		done = nil
	}
	steps = append(p.progress(r, p.newTimescales(r, was), nil), p.progress(r, fresh, done)...)
	if r.Result != "" && (r.Result != was.Result || !said(r.Outcome)) {
		steps = append(steps, domain.RecordOutcome{Item: r.Item, Result: r.Result, Outcome: domain.Text(r.Outcome)})
	}
	return steps
}

// saidElse reports whether what copies of the paper said last is something else: the last of it all, or, as a timescale stands
// in a column of its own, the last that is none.
func (p *Proposal) saidElse(copied []string, words string) bool {
	last := func(all []string) bool { return len(all) == 0 || squash(all[len(all)-1]) == squash(words) }
	return !last(copied) && !last(slices.DeleteFunc(slices.Clone(copied), p.isTimescale))
}

// sinceThen are the changes and requests of a row that the plan does not have yet.
func (p *Proposal) sinceThen(r *Row) []domain.Command {
	if r.Match == nil {
		return p.since(r)
	}
	if r.Match.item.State.Ended() {
		return nil
	}
	first, _ := p.known.State.Dimension("")
	steps := p.since(r)
	if p.reported(r, r.Match.item, first.Key) {
		steps = slices.DeleteFunc(steps, func(c domain.Command) bool { return c.Verb() == domain.Rate{}.Verb() })
	}
	return steps
}

// differences says in words what commands on an item would record.
func differences(steps []domain.Command) (words []string) {
	for _, c := range steps {
		switch c := c.(type) {
		case domain.AddItem:
			words = append(words, map[bool]string{true: "a new measure", false: "a new item"}[c.Kind == domain.MeasureKind])
		case domain.DefineMeasure:
			if c.Reason != "" {
				words = append(words, (&Measured{Unit: c.Unit, Baseline: c.Baseline, Target: c.Target, Better: c.Better}).Says())
			}
		case domain.ReadMeasure:
			words = append(words, "read "+c.Value.Words())
		case domain.RewordItem:
			words = append(words, "other words")
		case domain.MoveItem:
			words = append(words, "another place in the plan")
		case domain.AssignOwner:
			words = append(words, "another owner")
		case domain.SetDue:
			words = append(words, "due "+c.Due.Words())
		case domain.Rate:
			words = append(words, "rated "+c.To)
		case domain.ReportProgress:
			words = append(words, "progress")
		case domain.RecordOutcome:
			words = append(words, "an outcome")
		case domain.MakeRequest:
			words = append(words, "a request")
		}
	}
	return words
}

// countNews counts what differs, in figures and in words.
func (p *Proposal) countNews() {
	var c Counts
	ended := 0
	steps, added := p.news(), map[domain.ItemID]bool{}
	for _, s := range steps {
		switch s := s.(type) {
		case domain.AddItem:
			c.Items++
			added[s.Item] = true
		case domain.RewordItem:
			c.Reworded++
		case domain.MoveItem:
			c.Placed++
		case domain.MakeRequest:
			c.Requests++
		case domain.AssignOwner:
			c.Owners++
		case domain.SetDue:
			c.Moves++
		case domain.Rate:
			if added[s.Item] {
				c.Ratings++
			} else {
				c.Changes++
			}
		case domain.ReportProgress:
			c.Progress++
		case domain.RecordOutcome:
			c.Outcomes++
		case domain.Resolve:
			c.Resolutions++
		case domain.CancelItem:
			ended++
		case domain.LinkItems:
			c.Items-- // a measure beside an action is counted as one
		case domain.DefineMeasure:
			c.Measures++
		case domain.ReadMeasure:
			c.Readings++
		}
	}
	p.Counts, p.Records = c, append(p.newsWords(c, ended, len(steps)), p.paperWords()...)
}

func (p *Proposal) newsWords(c Counts, ended, steps int) []string {
	if steps == 0 {
		return []string{"nothing: the plan says already what the paper says"}
	}
	words := []string{"that this copy was read from this file"}
	for _, n := range []struct {
		n         int
		one, many string
	}{{c.Items, "new item", "new items"}, {c.Ratings, "rating of a new item", "ratings of new items"},
		{c.Changes, "rating changed, or affirmed for another reason", "ratings changed, or affirmed for another reason"},
		{c.Reworded, "item in other words", "items in other words"}, {c.Placed, "item at another place in the plan", "items at other places in the plan"},
		{c.Requests, "request or promise", "requests and promises"},
		{c.Moves, "due date set or moved", "due dates set or moved"}, {c.Owners, "other owner", "other owners"},
		{c.Progress, "progress report", "progress reports"}, {c.Outcomes, "outcome", "outcomes"},
		{c.Measures, "measure, new or with another target, baseline or unit", "measures, new or with another target, baseline or unit"}, {c.Readings, "new reading of a measure", "new readings of measures"},
		{c.Resolutions, "resolution as printed", "resolutions as printed"}, {ended, "item cancelled, as accepted", "items cancelled, as accepted"}} {
		switch {
		case n.n == 1:
			words = append(words, "1 "+n.one)
		case n.n > 1:
			words = append(words, fmt.Sprintf("%d %s", n.n, n.many))
		}
	}
	return words
}

// Nothing reports whether the paper says only what the plan says already.
func (p *Proposal) Nothing() bool { return p.known != nil && len(p.steps()) == 0 }
