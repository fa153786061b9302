package findings

import (
	"fmt"

	"plantrail/domain"
)

// gone reports whether an item ended otherwise than by being done.
func (it *item) dropped() bool {
	return it.State == domain.ItemWithdrawn || it.State == domain.ItemReplaced || it.State == domain.ItemCarried
}

// claim names the statement that an item is complete.
func (v *view) claim(it *item) string {
	what := "said to be complete"
	switch e := it.done.Event.(type) {
	case *domain.RatingChanged:
		now := it.ratings[len(it.ratings)-1]
		for _, r := range it.ratings {
			if r.entry == it.done {
				now = r
			}
		}
		what = "rated " + v.label(e.Scheme, now.value)
		if it.best {
			what += ", the best that its scheme has,"
		}
	case *domain.ClosureAccepted:
		what = "closed"
	}
	return what + " " + when(it.done.on)
}

// completeWithoutEvidence is R01. Evidence counts by the date of the document where it has one, else by the day on which it
// was attached, as stated.
func completeWithoutEvidence(v *view, it *item) []hit {
	if it.done == nil || it.dropped() || it.Waived != 0 && it.Waived < it.done.Position {
		return nil
	}
	late := 0
	for _, file := range it.Evidence {
		e := v.at(file.Attached)
		if e == nil || file.Withdrawn != 0 {
			continue
		}
		dated := e.Event.(*domain.EvidenceAttached).Dated
		if !dated.Known() {
			dated = e.on
		}
		if dated.Start().Before(it.done.on.End()) {
			return nil
		}
		late++
	}
	words := "It was " + v.claim(it) + " and no evidence stands beside it."
	if late > 0 {
		words = "It was " + v.claim(it) + "; the evidence beside it is dated later."
	}
	return one(it.done.on, words, it.done)
}

// completeWithoutOutcome is R02.
func completeWithoutOutcome(v *view, it *item) []hit {
	if it.done == nil || it.dropped() {
		return nil
	}
	if m := v.missed(it); m != nil {
		return one(it.done.on, fmt.Sprintf("It was %s, and the measure %s stands at %s with a target of %s.", v.claim(it), m.ID,
			m.Measure.Last.Words(), m.Measure.Target.Words()), it.done, v.at(m.Measure.LastAt))
	}
	if it.Outcome != 0 {
		return nil
	}
	return one(it.done.on, "It was "+v.claim(it)+" and nobody says what it came to.", it.done)
}

// missed is a measure of the item that is not at its target, nil when there is none.
func (v *view) missed(it *item) *item {
	for _, l := range it.Links {
		m := v.byID[l.To]
		if l.Relation != domain.MeasuredBy || m == nil || m.Measure == nil || m.Measure.Contextual {
			continue
		}
		if reached, known := m.Measure.AtTarget(); known && !reached {
			return m
		}
	}
	return nil
}

// evidenceLost is R03. What the last audit or scrub found of files is given with the story.
func evidenceLost(v *view, it *item) (all []hit) {
	var withdrawn *entry
	left := 0
	for _, file := range it.Evidence {
		e := v.at(file.Attached)
		switch found := v.story.Evidence[file.ID]; {
		case file.Withdrawn != 0:
			if w := v.at(file.Withdrawn); w != nil && it.done != nil && w.Position > it.done.Position && e != nil && e.Position < it.done.Position {
				withdrawn = w
			}
		case found != "" && e != nil:
			all = append(all, hit{since: e.on, words: fmt.Sprintf("The evidence %s %s.", file.ID, found), proof: []*entry{e}})
		default:
			left++
		}
	}
	if withdrawn != nil && left == 0 {
		all = append(all, hit{since: withdrawn.on, proof: []*entry{withdrawn, it.done},
			words: fmt.Sprintf("It was %s; the evidence for it was withdrawn %s and nothing replaces it.", v.claim(it), when(withdrawn.on))})
	}
	return all
}

// waiting is R15.
func waiting(v *view, it *item) []hit {
	if it.State == domain.ItemClosed && it.Claimed == 0 {
		closed := v.at(it.StateAt)
		if closed == nil || it.done != closed { // a rating had said that it was complete
			return nil
		}
		return one(closed.on, "It was closed "+when(closed.on)+" and nobody had claimed that it was complete.", closed)
	}
	e := v.at(it.Claimed)
	if it.State != domain.ItemClaimed || e == nil || v.since(e.on) <= v.policy.SignOffDays {
		return nil
	}
	return one(after(e.on, v.policy.SignOffDays+1), fmt.Sprintf("Completion was claimed %s, %d days ago, and nobody has verified or refused it.",
		when(e.on), v.since(e.on)), e)
}

// removed is R16. Commands can't end an item so; histories that were brought in from elsewhere can.
func removed(v *view, it *item) []hit {
	if !it.State.Ended() {
		return closedOver(v, it)
	}
	e := v.at(it.StateAt)
	if e == nil {
		return nil
	}
	var was domain.Text
	field, ended := "reason", "ended"
	switch what := e.Event.(type) {
	case *domain.ItemCancelled:
		was, ended = what.Reason, "cancelled"
	case *domain.ItemSuperseded:
		was, ended = what.Reason, "superseded"
	case *domain.ItemCarriedForward:
		was, ended = what.Reason, "carried forward"
	default: // closed as done: what it came to is the reason
		field, ended = "", "closed"
	}
	reason, gone := "", field == ""
	if field != "" {
		reason, gone = v.text(e, field, was)
	}
	switch {
	case e.Authority == nil || e.Authority.Body == "":
		return one(e.on, "It was "+ended+" "+when(e.on)+" and no body is named that decided it.", e)
	case normal(reason) == "" && !gone:
		return one(e.on, "It was "+ended+" "+when(e.on)+" by "+e.Authority.Body+" and no reason is given.", e)
	}
	return nil
}

func closedOver(v *view, it *item) []hit {
	if v.closed == nil || it.done != nil || it.heading() || it.Kind == domain.StandingDuty ||
		v.closed.Authority != nil && v.closed.Authority.Body != "" {
		return nil
	}
	return one(v.closed.on, "The plan was closed "+when(v.closed.on)+" while the item was open, and no body is named that decided it.", v.closed)
}

// selfVerified is R28. Two posts that one person records for are two. What a paper says was verified somebody else recorded.
func selfVerified(v *view, it *item) (all []hit) {
	if v.policy.SelfVerify || it.Claimed == 0 {
		return nil
	}
	claim := v.at(it.Claimed)
	for _, e := range it.entries {
		_, verified := e.Event.(*domain.CompletionVerified)
		_, accepted := e.Event.(*domain.ClosureAccepted)
		if claim == nil || e.paper || e.Position < claim.Position || !verified && !(accepted && (e.Authority == nil || e.Authority.Body == "")) {
			continue
		}
		same := e.Actor.ID == claim.Actor.ID && (e.Actor.OnBehalfOf == claim.Actor.OnBehalfOf || e.Actor.OnBehalfOf == "")
		if own := it.Person != "" && e.Actor.ID == it.Person; same || own {
			who := "by whoever had claimed it"
			if !same {
				who = "by its owner"
			}
			all = append(all, hit{since: e.on, proof: []*entry{e, claim}, words: "Completion was signed off " + when(e.on) + " " + who + "."})
		}
	}
	return all
}

// hidden is R32. A paper says that a completion was taken back when it was frozen after that, and words about the item were
// recorded with it or between.
func hidden(v *view, it *item) []hit {
	fell, what := it.undone, "the completion was taken back"
	if it.done != nil {
		fell = nil
		if m := v.missed(it); m != nil && m.Measure.LastAt > it.done.Position {
			fell, what = v.at(m.Measure.LastAt), "the measure "+string(m.ID)+" fell below its target"
		}
	}
	if fell == nil {
		return nil
	}
	for _, p := range v.papers {
		if p.Position < fell.Position {
			continue
		}
		paper := p.Event.(*domain.PaperPublished)
		if v.said(it, fell, paper.Version) {
			return nil
		}
		return one(p.on, fmt.Sprintf("%s %s; the paper published %s does not say so.", capital(when(fell.on)), what, when(p.on)), fell, p)
	}
	return nil
}

// said reports whether words about an item were recorded with an entry or after it, up to a number.
func (v *view) said(it *item, from *entry, upto uint64) bool {
	for _, e := range it.entries {
		if e.Position < from.Position || e.PlanSeq > upto {
			continue
		}
		switch what := e.Event.(type) {
		case *domain.ProgressReported, *domain.RatingAffirmed, *domain.JustificationGiven, *domain.ItemReopened, *domain.OutcomeRecorded:
			return true
		case *domain.RatingChanged:
			if what.Justified {
				return true
			}
		}
	}
	return false
}
