package findings

import (
	"fmt"
	"slices"

	"plantrail/domain"
)

// when is a date in a sentence: "on 3 February 2020", "in March 2020".
func when(d domain.Date) string {
	if d.Exact() {
		return "on " + d.Words()
	}
	return "in " + d.Words()
}

// days is a length of time in words. Of years nobody counts the days.
func days(n int) string {
	switch {
	case n == 1:
		return "1 day"
	case n >= 2*366:
		return fmt.Sprintf("more than %d years", n/366)
	}
	return fmt.Sprintf("%d days", n)
}

func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}

func authorised(e *entry) bool { return e.Authority != nil && e.Authority.Body != "" }

// moved is a move of a due date, to the date that a correction says, if there is one.
func (v *view) moved(e *entry) domain.DueDateMoved {
	m := *e.Event.(*domain.DueDateMoved)
	if fix := v.fixes[fixKey{e.ID, "due"}]; fix != nil {
		_ = m.To.UnmarshalText([]byte(fix.Value)) // a correction was checked when it was recorded; if not, the date stays
	}
	return m
}

func (v *view) movedWords(e *entry) string {
	m := v.moved(e)
	return fmt.Sprintf("%s the due date was moved from %s to %s", capital(when(e.on)), m.From.Words(), m.To.Words())
}

// movedTooLate is R04. The day of recording counts, for whoever moves a date afterwards can state any day.
func movedTooLate(v *view, it *item) (all []hit) {
	for _, e := range it.moves {
		from := v.moved(e).From
		if asked := v.at(v.moved(e).Asked); asked != nil && domain.DaysBetween(from, asked.made()) <= 0 {
			continue
		}
		if late := domain.DaysBetween(from, e.made()); late > 0 && !before(v.on, e.made()) {
			all = append(all, hit{since: e.made(), proof: []*entry{e}, words: fmt.Sprintf("%s, recorded %s after it had passed.", v.movedWords(e), days(late))})
		}
	}
	return all
}

// serialExtension is R05. It hangs on the move with which it became one.
func serialExtension(v *view, it *item) []hit {
	if it.State.Ended() || len(it.moves) == 0 {
		return nil
	}
	from, before, moves := it.Original, 0, it.moves
	if it.From != nil {
		before = it.From.Moves
	}
	scoped := it.last(func(e domain.Event) bool { _, yes := e.(*domain.ItemReworded); return yes })
	if scoped != nil && authorised(scoped) {
		moves = slices.DeleteFunc(slices.Clone(moves), func(e *entry) bool { return e.Position < scoped.Position })
		if len(moves) == 0 {
			return nil
		}
		from, before = v.moved(moves[0]).From, 0
	}
	if !from.Known() {
		from = v.moved(moves[0]).From
	}
	for i, e := range moves {
		long := min(domain.DaysBetween(from, v.moved(e).To), domain.DaysBetween(from, it.Due)) > v.policy.ExtensionDays // it may have been moved back since
		if before+i+1 < v.policy.Extensions && !long {
			continue
		}
		to := it.Due
		return one(e.on, fmt.Sprintf("The due date was moved later %s, from %s to %s: %s in all.", times(before+len(moves)), from.Words(), to.Words(),
			days(domain.DaysBetween(from, to))), append([]*entry{e}, slices.DeleteFunc(slices.Clone(moves), func(m *entry) bool { return m == e })...)...)
	}
	return nil
}

// movedWithoutApproval is R06, by the policy that was in force at the time of the move.
func movedWithoutApproval(v *view, it *item) (all []hit) {
	for _, e := range it.moves {
		m, policy := v.moved(e), v.policyAt(e)
		if m.Approved || !policy.NeedsApproval(m.From, m.To) || v.since(e.on) <= policy.ApprovalDays {
			continue
		}
		approved := func(x *entry) bool {
			return x.Position > e.Position && domain.DaysBetween(e.on, x.on) <= policy.ApprovalDays && authorised(x) && policy.Approves(x.Authority)
		}
		if slices.ContainsFunc(it.moves, approved) || slices.ContainsFunc(v.versions, approved) {
			continue
		}
		all = append(all, hit{since: after(e.on, policy.ApprovalDays+1), proof: []*entry{e}, words: fmt.Sprintf("%s, by %s, and none of the bodies that may approve it did so within %s.",
			v.movedWords(e), days(domain.DaysBetween(m.From, m.To)), days(policy.ApprovalDays))})
	}
	return all
}

// policyAt is the policy that was in force when an entry was recorded.
func (v *view) policyAt(e *entry) domain.Policy {
	p := domain.DefaultPolicy()
	for _, set := range v.policies {
		if set.Position < e.Position {
			p = set.Event.(*domain.PolicySet).Policy
		}
	}
	return p
}

// movedWithoutReason is R07. Where a move was asked for, its reason may stand with the request.
func movedWithoutReason(v *view, it *item) (all []hit) {
	for _, e := range it.moves {
		why, gone := v.text(e, "reason", v.moved(e).Reason)
		if asked := v.at(v.moved(e).Asked); normal(why) == "" && !gone && asked != nil {
			if r, ok := asked.Event.(*domain.DueMoveRequested); ok {
				why, gone = v.text(asked, "reason", r.Reason)
			}
		}
		if gone || !weak(why, v.policy.WeakReasons) {
			continue
		}
		words := v.movedWords(e) + " and no reason is given."
		if why != "" {
			words = fmt.Sprintf("%s, and the reason is only %q.", v.movedWords(e), why)
		}
		all = append(all, hit{since: e.on, proof: []*entry{e}, words: words})
	}
	return all
}

// overdueNotRated is R09.
func overdueNotRated(v *view, it *item) []hit {
	late := v.since(it.Due)
	if late <= 0 || !it.working() || it.heading() {
		return nil
	}
	due := v.at(it.DueAt)
	if due == nil {
		return nil
	}
	since := after(it.Due, 1)
	r, rated := v.rating(it)
	if !rated {
		return one(since, fmt.Sprintf("It was due %s, %s ago, and is not rated.", when(it.Due), days(late)), due)
	}
	scheme := v.scheme(r)
	value, _ := scheme.Value(r.Value)
	holds, _ := value.Applies(&late, it.Percent)
	can := slices.ContainsFunc(scheme.Values, func(x domain.Value) bool { return x.Meaning == domain.OffTrack })
	switch r.Meaning {
	case domain.OffTrack, domain.CompleteClaimed, domain.CompleteVerified, domain.Suspended, domain.Cancelled:
		return nil
	}
	if holds || !can {
		return nil
	}
	return one(since, fmt.Sprintf("It was due %s, %s ago, and is rated %s.", when(it.Due), days(late), v.label(r.Scheme, r.Value)), due, v.at(r.Set))
}

// scheme is the scheme in which a rating was given.
func (v *view) scheme(r domain.Rating) domain.Scheme {
	for _, d := range v.plan.Dimensions {
		if d.Scheme.ID == r.Scheme {
			return d.Scheme
		}
	}
	for _, s := range v.plan.Retired {
		if s.ID == r.Scheme {
			return s
		}
	}
	return domain.Scheme{}
}

// impossible is R21. A date that is corrected or moved is judged no more.
func impossible(v *view, it *item) []hit {
	e := v.at(it.DueAt)
	if e == nil || !it.Due.Known() || it.State.Ended() {
		return nil
	}
	if before(it.Due, it.Start) {
		return one(e.on, fmt.Sprintf("It is due %s and begins only %s.", when(it.Due), when(it.Start)), e)
	}
	_, moved := e.Event.(*domain.DueDateMoved)
	if !before(it.Due, e.on) || e.paper && !moved || it.From != nil && !moved {
		return nil
	}
	slip := ""
	if e.paper || it.Due.Start().Year() < e.on.Start().Year() {
		slip = " It is probably a typing slip."
	}
	return one(e.on, fmt.Sprintf("%s the due date was set to %s, which had passed.%s", capital(when(e.on)), it.Due.Words(), slip), e)
}

// parked is R31.
func parked(v *view, it *item) []hit {
	since := v.at(it.StateAt)
	if it.State != domain.ItemOnHold {
		r, rated := v.rating(it)
		if since = v.at(r.Set); !rated || r.Meaning != domain.Suspended || it.State != domain.ItemOpen {
			return nil
		}
	}
	if since == nil || authorised(since) || v.since(since.on) <= v.policy.CycleDays {
		return nil
	}
	for _, e := range it.entries { // a decision on it since then
		if e.Position > since.Position && authorised(e) {
			return nil
		}
	}
	return one(after(since.on, v.policy.CycleDays+1), fmt.Sprintf("It has been suspended since %s, for %s, and no body decided it.", since.on.Words(), days(v.since(since.on))), since)
}
