package domain

import (
	"cmp"
	"slices"
	"time"
)

// happening is an entry, when it happened, and the entry beside which it stands: what it corrects, or itself.
type happening struct {
	entry  Recorded
	on     time.Time
	beside Position
}

// happenings are entries as they were corrected since, in the order in which they happened.
func happenings(entries []Recorded) []happening {
	all := make([]happening, len(entries))
	at := make(map[EventID]int, len(entries))
	for i, r := range entries {
		all[i] = happening{r, r.Happened().Start(), r.Position}
		at[r.ID] = i
	}
	for _, r := range entries {
		if e, ok := r.Event.(*EntryCorrected); ok && e.Field == "stated" {
			if target, ok := at[e.Corrects]; ok {
				to, _ := parseISO(e.Value)
				all[target].on = Recorded{Basis: Basis{Stated: to}, RecordedAt: entries[target].RecordedAt}.Happened().Start()
			}
		}
	}
	exist(all)
	for i, r := range entries {
		if e, ok := r.Event.(*EntryCorrected); ok {
			if target, ok := at[e.Corrects]; ok {
				all[i].on, all[i].beside = all[target].on, all[target].beside
				if e.Field == "rating" {
					followRating(all, target, i)
				}
			}
		}
	}
	slices.SortStableFunc(all, func(a, b happening) int {
		return cmp.Or(a.on.Compare(b.on), cmp.Compare(a.beside, b.beside), cmp.Compare(a.entry.Position, b.entry.Position))
	})
	return all
}

// followRating lets what was said of a rating say it of the rating as it was corrected afterwards: its reasons and its
// affirmations are about the one that was meant.
func followRating(all []happening, target, correction int) {
	was, ok := all[target].entry.Event.(*RatingChanged)
	fixed := all[correction].entry.Event.(*EntryCorrected)
	for i := target + 1; ok && i < correction; i++ {
		if r := all[i].entry; r.Item() != was.Item || r.dimension() != was.Dimension {
			continue
		}
		switch e := all[i].entry.Event.(type) {
		case *RatingChanged:
			return
		case *RatingAffirmed:
			now := *e
			now.Value, now.Meaning = fixed.Value, fixed.Meaning
			all[i].entry.Event = &now
		case *JustificationGiven:
			now := *e
			now.Value = fixed.Value
			all[i].entry.Event = &now
		}
	}
}

// thing is what an entry brings into being and others speak of.
type thing struct {
	kind string
	id   any
}

// exist moves what brings a thing into being to the earliest day of which anything is said about it: no answer comes before
// its question, no reading before its measure, no move before the date that it moves. The plan is there before all.
func exist(all []happening) {
	first, made := map[thing]time.Time{}, map[thing]int{}
	for i := len(all) - 1; i >= 0; i-- {
		for _, t := range makes(all[i].entry) {
			made[t] = i
		}
	}
	for i := len(all) - 1; i >= 0; i-- { // an entry speaks only of what is there when it is recorded
		h := &all[i]
		if _, fix := h.entry.Event.(*EntryCorrected); fix {
			continue
		}
		for _, t := range makes(h.entry) {
			if since, spoken := first[t]; spoken && made[t] == i && since.Before(h.on) {
				h.on = since
			}
		}
		for _, t := range append(speaksOf(h.entry), thing{kind: "plan"}) {
			if since, spoken := first[t]; !spoken || h.on.Before(since) {
				first[t] = h.on
			}
		}
		if _, opens := h.entry.Event.(*PlanOpened); opens {
			h.beside = 0
		}
	}
}

// makes lists what an entry brings into being.
func makes(r Recorded) []thing {
	switch e := r.Event.(type) {
	case *PlanOpened:
		return []thing{{kind: "plan"}}
	case *ItemAdded:
		if e.Due.IsZero() {
			return []thing{{"item", e.Item}}
		}
		return []thing{{"item", e.Item}, {"due", e.Item}}
	case *DueDateSet:
		return []thing{{"due", e.Item}}
	case *DueMoveRequested, *CompletionClaimed:
		return []thing{{"entry", r.Position}}
	case *MeasureDefined:
		return []thing{{"measure", e.Item}}
	case *RequestMade:
		return []thing{{"request", e.Request}}
	case *RatingChallenged:
		return []thing{{"request", e.Request}}
	case *MeetingOpened:
		return []thing{{"meeting", e.Meeting}}
	case *EvidenceAttached:
		return []thing{{"evidence", e.Evidence}}
	case *HoldSet:
		return []thing{{"hold", e.Hold}}
	}
	return nil
}

// speaksOf lists what must be there for an entry to make sense.
func speaksOf(r Recorded) []thing {
	all := []thing{{"item", r.Item()}, {"request", RequestAbout(r.Event)}}
	switch e := r.Event.(type) {
	case *ItemAdded:
		all = append(all, thing{"item", e.Parent})
	case *ItemMoved:
		all = append(all, thing{"item", e.To})
	case *ItemsLinked:
		all = append(all, thing{"item", e.To})
	case *ItemSuperseded:
		for _, by := range e.By {
			all = append(all, thing{"item", by})
		}
	case *DueDateMoved:
		all = append(all, thing{"due", e.Item}, thing{"entry", e.Asked})
	case *DueMoveRequested:
		all = append(all, thing{"due", e.Item})
	case *DueMoveRefused:
		all = append(all, thing{"entry", e.Asked})
	case *CompletionClaimed:
		for _, id := range e.Evidence {
			all = append(all, thing{"evidence", id})
		}
	case *CompletionVerified:
		all = append(all, thing{"entry", e.Claimed})
	case *CompletionRefused:
		all = append(all, thing{"entry", e.Claimed})
	case *ClosureAccepted:
		all = append(all, thing{"entry", e.Claimed})
	case *MeasureRead:
		all = append(all, thing{"measure", e.Item})
	case *RequestMade:
		all = append(all, thing{"meeting", e.Meeting})
	case *RatingChallenged:
		all = append(all, thing{"meeting", e.Meeting})
	case *PaperPublished:
		all = append(all, thing{"meeting", e.Meeting})
		for _, item := range e.Exempt {
			all = append(all, thing{"item", item})
		}
	case *MinutesRecorded:
		all = append(all, thing{"meeting", e.Meeting})
	case *EvidenceWithdrawn:
		all = append(all, thing{"evidence", e.Evidence})
	case *HoldReleased:
		all = append(all, thing{"hold", e.Hold})
	}
	return all
}
