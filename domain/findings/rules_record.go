package findings

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"plantrail/domain"
)

// goalposts is R19.
func goalposts(v *view) (all []hit) {
	for _, it := range v.items {
		for i := 1; i < len(it.titles); i++ {
			old, now := it.titles[i-1], it.titles[i]
			begun := v.begun(it, now.entry)
			if !begun && !v.soonDone(it, now.entry) || authorised(now.entry) || !reworded(old.words, now.words) {
				continue
			}
			h := v.shifted(it, now.entry, fmt.Sprintf("its wording was changed from %q to %q", shorten(old.words), shorten(now.words)))
			if !begun {
				h.since = it.done.on
			}
			all = append(all, h)
		}
		for _, e := range it.entries {
			m, ok := e.Event.(*domain.MeasureDefined)
			if ok && m.From != "" && !authorised(e) && easier(m) {
				all = append(all, v.shifted(it, e, fmt.Sprintf("its target was changed from %s to %s", m.From.Words(), m.Target.Words())))
			}
		}
	}
	for _, e := range v.schemes {
		if rated := v.ratedBefore(e); rated > 0 && !authorised(e) {
			all = append(all, hit{since: e.on, proof: []*entry{e}, words: fmt.Sprintf("%s the rating scheme was replaced while items had ratings (%d of them), and no body is named that decided it.", capital(when(e.on)), rated)})
		}
	}
	return all
}

// begun reports whether work on an item had begun when an entry was made: its start has come, or something was told of it.
// What the command that added it goes on to say is part of its beginning.
func (v *view) begun(it *item, e *entry) bool {
	if it.Start.Known() && before(it.Start, e.on) {
		return true
	}
	for _, x := range it.entries {
		if x.Position < e.Position && x.Command != e.Command && update(x.Event) {
			return true
		}
	}
	return false
}

// soonDone reports whether an item was said to be complete soon after an entry.
func (v *view) soonDone(it *item, e *entry) bool {
	return it.done != nil && e.Position < it.done.Position && domain.DaysBetween(e.on, it.done.on) <= v.policy.GoalpostDays
}

func (v *view) shifted(it *item, e *entry, what string) hit {
	words := fmt.Sprintf("%s %s, and no body is named that decided it.", capital(when(e.on)), what)
	if v.soonDone(it, e) {
		words += fmt.Sprintf(" Within %s it was %s.", days(v.policy.GoalpostDays), v.claim(it))
	}
	return hit{item: it, since: e.on, proof: []*entry{e}, words: words}
}

// easier reports whether a changed target is easier to reach than the one before. A range counts as easier when it differs.
func easier(m *domain.MeasureDefined) bool {
	wasLow, wasHigh := m.From.Range()
	low, high := m.Target.Range()
	switch m.Better {
	case domain.Lower:
		return !(high <= wasHigh)
	case domain.Within:
		return low < wasLow || high > wasHigh || m.Target == ""
	}
	return !(low >= wasLow)
}

func (v *view) ratedBefore(e *entry) (n int) {
	for _, it := range v.items {
		if len(it.ratings) > 0 && it.ratings[0].Position < e.Position {
			n++
		}
	}
	return n
}

// withoutTrace is R22. Two lines of one paper with the same words are two lines; short titles recur.
func withoutTrace(v *view) (all []hit) {
	type named struct {
		item *item
		at   *entry
	}
	first := map[string]named{}
	for _, it := range v.items {
		for _, t := range it.titles {
			n := normal(t.words)
			if utf8.RuneCountInString(n) < v.policy.ShortWords {
				continue
			}
			old, taken := first[n]
			switch {
			case !taken:
				first[n] = named{it, t.entry}
			case old.item != it && v.untraced(old.item, it) && old.at.Command != t.Command:
				all = append(all, hit{item: it, since: t.on, proof: []*entry{t.entry, old.at},
					words: fmt.Sprintf("%s it was given the words of %s (%q), and nothing says what became of that one.", capital(when(t.on)), old.item.ID, shorten(t.words))})
			}
		}
	}
	return all
}

// untraced reports whether one item could be the other again: the older has ended, or both stand side by side, and neither
// was superseded by the other or carried forward.
func (v *view) untraced(old, now *item) bool {
	if !old.State.Ended() && old.Parent != now.Parent || now.From != nil || old.State == domain.ItemCarried {
		return false
	}
	return !superseded(old, now) && !superseded(now, old)
}

func superseded(it, by *item) bool {
	for _, e := range it.entries {
		if s, ok := e.Event.(*domain.ItemSuperseded); ok {
			for _, id := range s.By {
				if id == by.ID {
					return true
				}
			}
		}
	}
	return false
}

// twoKeys is R24.
func twoKeys(v *view) (all []hit) {
	if v.keys() < 2 {
		return nil
	}
	for _, p := range v.papers {
		if word := v.ambiguous(p.Event.(*domain.PaperPublished).Version); word != "" {
			all = append(all, hit{since: p.on, proof: []*entry{p}, words: fmt.Sprintf("The paper published %s shows %q with two meanings.", when(p.on), word)})
		}
	}
	return all
}

// keys counts the schemes in which items were rated, in each dimension.
func (v *view) keys() int {
	type key struct{ dimension, scheme string }
	used := map[key]bool{}
	for _, it := range v.items {
		for _, r := range it.ratings {
			used[key{r.dimension, r.scheme}] = true
		}
	}
	return len(used)
}

// ambiguous finds a printed word that stands for two meanings in the plan as it was at a number, "" when there is none.
// Dimensions with labels of their own are told apart.
func (v *view) ambiguous(version uint64) string {
	type word struct{ dimension, label string }
	meaning := map[word]domain.Meaning{}
	dimensions := map[string]string{}
	for _, d := range v.plan.Dimensions {
		dimensions[d.Key] = strings.ToLower(d.Label)
	}
	for _, it := range v.items {
		shown := map[string]rating{}
		for _, r := range it.ratings {
			if r.PlanSeq <= version {
				shown[r.dimension] = r
			}
		}
		for _, r := range it.ratings {
			if shown[r.dimension].entry != r.entry {
				continue
			}
			w := word{dimensions[r.dimension], strings.ToLower(v.label(r.scheme, r.value))}
			if m, seen := meaning[w]; seen && m != r.meaning {
				return v.label(r.scheme, r.value)
			}
			meaning[w] = r.meaning
		}
	}
	return ""
}

// backdated is R25. A month counts by its end. What minutes tell is written up weeks later everywhere, and so are readings.
func backdated(v *view, it *item) (all []hit) {
	for _, e := range it.entries {
		if e.paper || !shows(e.Event) {
			continue
		}
		recorded := domain.DayOf(e.RecordedAt)
		if before(v.on, recorded) {
			continue // by the day in question it had not been
		}
		if late := domain.DaysBetween(e.on, recorded); late > v.policy.BackdatedDays {
			all = append(all, hit{since: recorded, proof: []*entry{e}, words: fmt.Sprintf("%s, stated for %s, was recorded %s, %s later.",
				capital(what(e)), e.on.Words(), when(recorded), days(late))})
			continue
		}
		for _, p := range v.papers {
			if p.Position < e.Position && before(e.on, p.on) && changesRating(e.Event) {
				all = append(all, hit{since: recorded, proof: []*entry{e, p}, words: fmt.Sprintf("%s, stated for %s, was recorded %s, after the paper of %s that it would have changed.",
					capital(what(e)), e.on.Words(), when(recorded), p.on.Words())})
				break
			}
		}
	}
	return all
}

// shows reports whether an event says what a table of the plan shows of an item.
func shows(e domain.Event) bool {
	switch e.(type) {
	case *domain.RatingAffirmed, *domain.JustificationGiven, *domain.ProgressReported, *domain.OutcomeRecorded, *domain.OwnerAssigned,
		*domain.ItemReworded, *domain.CompletionVerified:
		return true
	}
	return changesRating(e)
}

// changesRating reports whether an event changes what members look at first: rating, date or state.
func changesRating(e domain.Event) bool {
	switch e.(type) {
	case *domain.RatingChanged, *domain.DueDateSet, *domain.DueDateMoved, *domain.CompletionClaimed, *domain.ClosureAccepted,
		*domain.ItemSuspended, *domain.ItemResumed, *domain.ItemCancelled, *domain.ItemSuperseded, *domain.ItemCarriedForward, *domain.ItemReopened:
		return true
	}
	return false
}

// what names an event: "rating changed".
func what(e *entry) string { return strings.ReplaceAll(e.Event.Type(), "-", " ") }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// paperDiffers is R30. What a recomputation found is given with the story; what can't be true is seen here.
func paperDiffers(v *view) (all []hit) {
	for _, p := range v.papers {
		paper := p.Event.(*domain.PaperPublished)
		found := v.story.Papers[p.Position]
		last := domain.Position(0)
		for _, r := range v.story.Entries {
			if r.PlanSeq <= paper.Version {
				last = max(last, r.Position)
			}
		}
		switch {
		case found != "":
		case paper.Version >= p.PlanSeq:
			found = fmt.Sprintf("names entry %d, which was recorded after it", paper.Version)
		case paper.Position != 0 && paper.Position < last:
			found = fmt.Sprintf("names position %d for entry %d, which lies at %d", paper.Position, paper.Version, last)
		case paper.Size != 0 && domain.Position(paper.Size) < last:
			found = fmt.Sprintf("prints a history of %d events, and shows the one at %d", paper.Size, last)
		default:
			continue
		}
		all = append(all, hit{since: p.on, proof: []*entry{p}, words: fmt.Sprintf("The paper published %s %s.", when(p.on), found)})
	}
	return all
}
