package findings

import (
	"fmt"
	"slices"
	"strings"

	"plantrail/domain"
)

// unjustified is R08.
func unjustified(v *view, it *item) (all []hit) {
	if it.State != domain.ItemOpen && it.State != domain.ItemOnHold {
		return nil
	}
	for _, r := range it.Ratings {
		set := v.at(r.Set)
		if !r.Meaning.NeedsReason() || r.Reason != 0 || set == nil || v.since(r.Since) < v.policy.UnjustifiedDays || !r.Since.Known() {
			continue
		}
		h := hit{since: after(r.Since, v.policy.UnjustifiedDays), proof: []*entry{set}, words: fmt.Sprintf("It has been rated %s since %s, for %s, and no justification is given.",
			v.label(r.Scheme, r.Value), r.Since.Words(), days(v.since(r.Since)))}
		for _, q := range v.requests {
			if q.Item != it.ID || !q.Open() {
				continue
			}
			if due := v.wanted(q); v.since(due) > 0 {
				h.raised = true
				h.proof = append(h.proof, q.made)
				h.words += fmt.Sprintf(" Members asked %s and wanted the answer by %s.", when(q.made.on), due.Words())
				break
			}
		}
		all = append(all, h)
	}
	return all
}

// wanted is when a request is to be answered: its date, its meeting, or the plan's next meeting after it was made.
func (v *view) wanted(q *request) domain.Date {
	if q.Due.Known() {
		return q.Due
	}
	if m, ok := v.plan.Meeting(q.Meeting); ok {
		return m.On
	}
	var next domain.Date
	for _, m := range v.plan.Meetings {
		if before(q.made.on, m.On) && (!next.Known() || m.On.Start().Before(next.Start())) {
			next = m.On
		}
	}
	return next
}

// unanswered is R18.
func unanswered(v *view) (all []hit) {
	for _, q := range v.requests {
		due := v.wanted(q)
		if !q.Open() || v.since(due) <= 0 {
			continue
		}
		what := "Members asked"
		switch {
		case q.Challenge:
			what = "Members challenged the rating"
		case q.Commitment:
			what = "It was promised to report to members"
		}
		all = append(all, hit{item: v.byID[q.Item], since: after(due, 1), proof: []*entry{q.made},
			words: fmt.Sprintf("%s %s; the answer was wanted by %s and is not there (%s).", what, when(q.made.on), due.Words(), q.ID)})
	}
	return all
}

// breaksScheme is R10.
func breaksScheme(v *view, it *item) []hit {
	r, rated := v.rating(it)
	held, set := v.at(r.Held), v.at(r.Set)
	if !rated || !it.working() || held == nil || set == nil {
		return nil
	}
	if change, ok := set.Event.(*domain.RatingChanged); ok && change.Override {
		return nil
	}
	scheme, since := v.scheme(r), held.on
	right, wrong := breaks(scheme, r, it, held.on)
	if !wrong && v.since(held.on) > v.policy.CycleDays {
		right, wrong = breaks(scheme, r, it, v.on)
		since = after(held.on, v.policy.CycleDays+1)
	}
	if !wrong {
		return nil
	}
	return one(since, fmt.Sprintf("It is rated %s; by the scheme's own rule%s it is %s.", v.label(r.Scheme, r.Value), figures(scheme, it, v.on), right.Label), held)
}

// figures says what a scheme's rule goes by, as it stands with an item.
func figures(s domain.Scheme, it *item, on domain.Date) string {
	var percent, behind bool
	for _, v := range s.Values {
		for _, u := range []*domain.Rule{v.Rule, v.Or} {
			percent = percent || u != nil && (u.PercentFrom != nil || u.PercentTo != nil)
			behind = behind || u != nil && (u.BehindFrom != nil || u.BehindTo != nil)
		}
	}
	words := ""
	if percent && it.Percent != nil {
		words += fmt.Sprintf(", at %d per cent complete", *it.Percent)
	}
	if late := domain.DaysBetween(it.Due, on); behind && it.Due.Known() && late > 0 {
		words += ", " + days(late) + " after its due date"
	}
	if words != "" {
		words += ","
	}
	return words
}

// breaks reports whether, on a day, the scheme's figures say another rating than an item has, and which.
func breaks(s domain.Scheme, r domain.Rating, it *item, on domain.Date) (right domain.Value, wrong bool) {
	var behind *int
	if it.Due.Known() {
		n := domain.DaysBetween(it.Due, on)
		behind = &n
	}
	switch own, ok := s.Value(r.Value); {
	case !ok || r.Meaning.Complete() || r.Meaning == domain.Suspended || r.Meaning == domain.Cancelled:
		return right, false
	case own.Rule != nil:
		if holds, known := own.Applies(behind, it.Percent); holds || !known {
			return right, false
		}
	}
	for _, x := range s.Values {
		if holds, _ := x.Applies(behind, it.Percent); holds && x.Key != r.Value {
			return x, true
		}
	}
	return right, false
}

// stale is R11. The spell begins with the first of consecutive ratings of one meaning.
func stale(v *view, it *item) []hit {
	r, rated := v.rating(it)
	most := map[domain.Meaning]int{domain.AtRisk: v.policy.StaleAmberDays, domain.OffTrack: v.policy.StaleRedDays}[r.Meaning]
	if !rated || most == 0 || !it.working() || it.done != nil && !it.best {
		return nil
	}
	var first *rating
	for i := range it.ratings {
		switch c := &it.ratings[i]; {
		case c.dimension != r.Dimension:
		case c.meaning != r.Meaning:
			first = nil
		case first == nil:
			first = c
		}
	}
	if first == nil || v.since(first.on) <= most || v.steppedOn(it, most) {
		return nil
	}
	return one(after(first.on, most+1), fmt.Sprintf("It has been rated %s since %s, for %s.", v.label(r.Scheme, r.Value), first.on.Words(), days(v.since(first.on))), first.entry)
}

// steppedOn reports whether a milestone of the item was met on time within so many days.
func (v *view) steppedOn(it *item, within int) bool {
	return slices.ContainsFunc(it.children, func(m *item) bool {
		return m.done != nil && m.Due.Known() && m.done.on.Start().Before(m.Due.End()) && v.since(m.done.on) <= within
	})
}

// flapping is R17. Going and coming back counts while the return is as recent as the changes that are counted.
func flapping(v *view, it *item) (all []hit) {
	for _, d := range v.plan.Dimensions {
		var recent []rating
		var back *rating
		for i, c := range it.ratings {
			if c.dimension != d.Key || !sways(c) || v.since(c.on) >= v.policy.FlapDays {
				continue
			}
			recent = append(recent, it.ratings[i])
			if n := len(recent); n > 1 && recent[n-2].was == c.meaning && recent[n-2].meaning == c.was &&
				domain.DaysBetween(recent[n-2].on, c.on) <= v.policy.ReturnDays {
				back = &it.ratings[i]
			}
		}
		switch n := len(recent); {
		case n >= v.policy.FlapChanges:
			all = append(all, hit{since: recent[v.policy.FlapChanges-1].on, proof: ratingEntries(recent),
				words: fmt.Sprintf("Its rating changed %s within %s: %s.", times(n), days(v.policy.FlapDays), v.path(recent))})
		case back != nil:
			all = append(all, hit{since: back.on, proof: ratingEntries(recent[len(recent)-2:]),
				words: fmt.Sprintf("Its rating went and came back within %s: %s.", days(v.policy.ReturnDays), v.path(recent))})
		}
	}
	return all
}

// sways reports whether a change of rating is one between states of work going on.
func sways(c rating) bool {
	working := func(m domain.Meaning) bool { return m == domain.OnTrack || m == domain.AtRisk || m == domain.OffTrack }
	return c.was != c.meaning && working(c.was) && working(c.meaning)
}

func (v *view) path(all []rating) string {
	said := make([]string, len(all))
	for i, c := range all {
		said[i] = fmt.Sprintf("%s %s", v.label(c.scheme, c.value), when(c.on))
	}
	return strings.Join(said, ", ")
}

func ratingEntries(all []rating) []*entry {
	proof := make([]*entry, len(all))
	for i, c := range all {
		proof[i] = c.entry
	}
	return proof
}

// jumped is R23.
func jumped(v *view, it *item) []hit {
	if it.done == nil || it.best {
		return nil
	}
	var last *rating
	troubled := false
	for i, c := range it.ratings {
		if c.dimension == v.delivery() && c.Position < it.done.Position {
			last = &it.ratings[i]
			troubled = troubled || c.meaning.NeedsReason()
		}
	}
	if last == nil {
		return nil
	}
	if last.meaning == domain.OffTrack && before(last.on, it.done.on) && !v.between(it, last.entry, it.done) {
		return one(it.done.on, fmt.Sprintf("It was %s; before that it was rated %s %s, and nothing was said between.", v.claim(it),
			v.label(last.scheme, last.value), when(last.on)), it.done, last.entry)
	}
	if late := domain.DaysBetween(it.Due, it.done.on); !troubled && late > v.policy.OverdueDays {
		return one(it.done.on, fmt.Sprintf("It was %s, %s after its date, and had never been at risk.", v.claim(it), days(late)), it.done, last.entry)
	}
	return nil
}

// between reports whether anything was told of an item after one entry and before another.
func (v *view) between(it *item, from, to *entry) bool {
	return slices.ContainsFunc(it.entries, func(e *entry) bool {
		return e.Position > from.Position && e.Position < to.Position && update(e.Event)
	})
}

// better reports whether a change of rating is for the better.
func better(c rating) bool {
	rank := func(m domain.Meaning) int {
		switch m {
		case domain.OffTrack:
			return 1
		case domain.AtRisk:
			return 2
		case domain.OnTrack:
			return 3
		case domain.CompleteClaimed, domain.CompleteVerified:
			return 4
		}
		return 0
	}
	return rank(c.was) > 0 && rank(c.meaning) > rank(c.was)
}

// eve is R29, about the last meeting whose deadline has passed. Fewer than three improvements are no burst. The cycle reaches
// back to the deadline before, or a cycle's days. The measure is the share of all other updates: without any there is none.
func eve(v *view) []hit {
	var meeting domain.Meeting
	var previous domain.Date
	for _, m := range v.plan.Meetings {
		if m.Deadline.Known() && v.since(m.Deadline) >= 0 && !before(m.Deadline, meeting.Deadline) {
			meeting, previous = m, meeting.Deadline
		}
	}
	if !meeting.Deadline.Known() {
		return nil
	}
	cycle := v.policy.CycleDays
	if previous.Known() {
		cycle = domain.DaysBetween(previous, meeting.Deadline)
	}
	in := func(e *entry, within int) bool {
		n := domain.DaysBetween(e.made(), meeting.Deadline)
		return !e.paper && n >= 0 && n < within
	}
	var burst []*entry
	improved, others, othersLate := 0, 0, 0
	for _, it := range v.items {
		up := map[domain.Position]bool{}
		for _, c := range it.ratings {
			up[c.Position] = better(c)
		}
		for _, e := range it.entries {
			late := in(e, v.policy.EveDays)
			switch {
			case !in(e, cycle) || !update(e.Event):
			case up[e.Position]:
				if improved++; late {
					burst = append(burst, e)
				}
			default:
				if others++; late {
					othersLate++
				}
			}
		}
	}
	if len(burst) < 3 || others == 0 || share(len(burst), improved) <= v.policy.EveShare || share(othersLate, others) > v.policy.EveShare {
		return nil
	}
	opened := v.at(meeting.Opened)
	return one(meeting.Deadline, fmt.Sprintf("%d of the %d improved ratings before the meeting %s were recorded in the %s before its paper's deadline.",
		len(burst), improved, when(meeting.On), days(v.policy.EveDays)), append([]*entry{opened}, burst...)...)
}

func share(part, all int) float64 { return float64(part) / float64(all) }
