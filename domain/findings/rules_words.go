package findings

import (
	"fmt"
	"unicode/utf8"

	"plantrail/domain"
)

// open reports whether work on an item goes on, or is to go on.
func (it *item) open() bool { return it.State == domain.ItemOpen || it.State == domain.ItemOnHold }

// copied is R13.
func copied(v *view, it *item) (all []hit) {
	if !it.open() {
		return nil
	}
	for _, r := range it.Ratings {
		run := v.repeats(it, r)
		n := len(run)
		if n < 2 {
			continue
		}
		all = append(all, hit{since: run[n-2].on, proof: append([]*entry{run[n-2], run[n-1]}, run[:n-2]...),
			words: fmt.Sprintf("The reason given %s repeats the one before it, and was repeated %s in all.", when(run[0].on), times(n))})
	}
	return all
}

// repeats are the reasons, the last one first, that repeat the one of an earlier day. What is too short to be copied is left
// to R26.
func (v *view) repeats(it *item, r domain.Rating) (run []*entry) {
	if !r.Meaning.NeedsReason() {
		return nil
	}
	var later reason
	for i := len(it.reasons) - 1; i >= 0; i-- {
		why := it.reasons[i]
		if why.dimension != r.Dimension || why.gone || why.replaced || later.entry != nil && !before(why.on, later.on) {
			continue
		}
		if utf8.RuneCountInString(why.words) < v.policy.ShortWords {
			break
		}
		if later.entry != nil {
			if similarity(why.words, later.words) < v.policy.Similarity {
				break
			}
			run = append(run, later.entry)
		}
		later = why
	}
	return run
}

// empties is R26, about the reasons that hold now for what is at risk or off track. Of two items with the same words the one
// that was given them later has them from the other.
func empties(v *view) (all []hit) {
	type first struct {
		item *item
		at   domain.Position
	}
	has := map[string]first{}
	each := func(do func(*item, domain.Rating, reason)) {
		for _, it := range v.items {
			for _, r := range it.Ratings {
				if why, holds := it.reason(r.Dimension); holds && it.open() && r.Meaning.NeedsReason() && !why.gone {
					do(it, r, why)
				}
			}
		}
	}
	each(func(it *item, _ domain.Rating, why reason) {
		n := normal(why.words)
		if old, taken := has[n]; !taken || why.Position < old.at {
			has[n] = first{it, why.Position}
		}
	})
	each(func(it *item, r domain.Rating, why reason) {
		nothing := empty(why.words, v.policy.ShortWords)
		if other := has[normal(why.words)]; nothing == "" && other.item != it {
			nothing = "is, word for word, that of " + string(other.item.ID)
		}
		if nothing == "" || v.linked(it, why) {
			return
		}
		all = append(all, hit{item: it, since: why.on, proof: []*entry{why.entry},
			words: fmt.Sprintf("Rated %s, and the reason given %s, %q, %s.", v.label(r.Scheme, r.Value), when(why.on), shorten(why.words), nothing)})
	})
	return all
}

// linked reports whether a reason is linked to another item's which speaks of this one's aim.
func (v *view) linked(it *item, why reason) bool {
	to := v.byID[why.sameAs]
	if to == nil || len(it.titles) == 0 {
		return false
	}
	there, ok := to.reason(why.dimension)
	return ok && empty(there.words, v.policy.ShortWords) == "" && answers(it.titles[len(it.titles)-1].words, there.words)
}

// contradicted is R27. A reason is judged while it holds; and one that the same command replaced stays judged, for a paper
// that rates an item amber because it was "updated to green" said both to members.
func contradicted(v *view, it *item) (all []hit) {
	for i, why := range it.reasons {
		now, holds := it.reason(why.dimension)
		holds = holds && now.Position == why.Position && it.open()
		if why.gone || !why.meaning.NeedsReason() || !holds && !(why.replaced && last(it.reasons, i)) {
			continue
		}
		says := contradicts(why.words)
		if says == "" || v.confirmed("R27", it, why.entry) {
			continue
		}
		all = append(all, hit{since: why.on, proof: []*entry{why.entry},
			words: fmt.Sprintf("The rating says %s, and the reason given %s, %q, says %q.", meaningWords(why.meaning), when(why.on), shorten(why.words), says)})
	}
	return all
}

// last reports whether what replaced a reason was the last word so far.
func last(all []reason, i int) bool {
	for _, r := range all[i+1:] {
		if r.dimension == all[i].dimension && r.Command != all[i].Command {
			return false
		}
	}
	return true
}

// confirmed reports whether somebody else has answered what a rule finds in an entry.
func (v *view) confirmed(rule string, it *item, e *entry) bool {
	a := v.answers[idOf(rule, it.ID, e.PlanSeq)]
	return a != nil && a.Actor.ID != e.Actor.ID
}

func meaningWords(m domain.Meaning) string {
	if m == domain.OffTrack {
		return "off track"
	}
	return "at risk"
}

// shorten is the beginning of a text, for quoting.
func shorten(s string) string {
	const most = 100
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
