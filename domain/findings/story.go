package findings

import (
	"slices"
	"time"

	"plantrail/domain"
)

// Story is what the rules look at.
type Story struct {
	Plan domain.PlanID
	// Entries are the plan's events that count, in the order of recording, with their texts where they still exist.
	Entries []domain.Recorded
	// Gone names the texts of an entry that were erased: of what can't be read nothing is concluded.
	Gone map[domain.Position][]string
	// Left says when persons left the organisation.
	Left map[domain.ActorID]domain.Date
	// Evidence says of files of evidence that could not be reached, or are not what was attached, how they were found.
	Evidence map[domain.EvidenceID]string
	// Papers says of published papers, by the entry that published them, in what they differ from the history.
	Papers map[domain.Position]string
}

// Known is the story as it was known at an instant: without what was recorded later. Parts of one command are recorded
// within one run of positions, so an instant between two of them is no moment that anybody saw.
func (s Story) Known(by time.Time) Story {
	for i, r := range s.Entries {
		if r.RecordedAt.After(by) {
			s.Entries = s.Entries[:i:i]
			break
		}
	}
	return s
}

// happened are the entries that count on a day: all but those that had not happened by then, as domain.On tells them apart.
func (s Story) happened(on domain.Date) []domain.Recorded {
	if !s.foretells(on) {
		return s.Entries
	}
	held := map[domain.Position]bool{}
	for _, r := range domain.On(s.Entries, on) {
		held[r.Position] = true
	}
	return slices.DeleteFunc(slices.Clone(s.Entries), func(r domain.Recorded) bool { return !held[r.Position] })
}

// foretells reports whether a story tells of a later day.
func (s Story) foretells(on domain.Date) bool {
	return slices.ContainsFunc(s.Entries, func(r domain.Recorded) bool {
		if fix, is := r.Event.(*domain.EntryCorrected); is && fix.Field == "stated" {
			_ = r.Stated.UnmarshalText([]byte(fix.Value)) // it was checked when it was recorded
		}
		return !r.Happened().Start().Before(on.End())
	})
}
