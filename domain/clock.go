package domain

import (
	"cmp"
	"slices"
	"time"
)

// A question about a plan names one or two of three clocks. When it was recorded is the order of the entries itself. When it
// was reported is what [Reported] leaves of them: what members received for a meeting. When it happened is what [On] makes
// of them: what held on a day, by all that is known. Each gives entries to [Fold].

// Fold is the plan that entries describe. Entries are those that count, see [Gather].
func Fold(id PlanID, entries []Recorded) *Plan {
	p := &Plan{PlanState: PlanState{ID: id}}
	for _, r := range entries {
		p.apply(r)
	}
	return p
}

// Reported are the entries that the last paper of a meeting showed, and that paper. The meeting is named by its id, or by its
// day. Later entries of the same command as the paper, as an import has them, are not among them.
func Reported(entries []Recorded, meeting MeetingID) ([]Recorded, *PaperPublished, error) {
	var paper *PaperPublished
	var known []MeetingID
	day := map[MeetingID]Date{}
	for _, r := range entries {
		switch e := r.Event.(type) {
		case *MeetingOpened:
			known = append(known, e.Meeting)
			day[e.Meeting] = e.On
		case *PaperPublished:
			if e.Meeting == meeting || day[e.Meeting].String() == string(meeting) {
				paper = e
			}
		}
	}
	switch {
	case paper == nil && slices.Contains(known, meeting):
		return nil, nil, Errorf(NotFound, "as_reported", "no paper was published for the meeting %s", quote(string(meeting))).
			WithHint("publish it, or ask for a position or a day")
	case paper == nil && known == nil:
		return nil, nil, Errorf(NotFound, "as_reported", "the plan has no meeting %s", quote(string(meeting))).
			WithHint("it has none yet: open one, or import the paper that members received with its meeting date")
	case paper == nil:
		return nil, nil, Errorf(NotFound, "as_reported", "the plan has no meeting %s", quote(string(meeting))).WithHint("its meetings: " + oneOf(known))
	}
	end, _ := slices.BinarySearchFunc(entries, paper.Version+1, func(r Recorded, seq uint64) int { return cmp.Compare(r.PlanSeq, seq) })
	return entries[:end], paper, nil
}

// On are the entries that hold on a day, or at the end of a month, by all that is known: as they were corrected since, in
// the order in which they happened. An entry of which no day is known happened when it was recorded.
//
// A plan, an item, a request, a meeting and whatever else entries speak of exist from the earliest day of which anything is
// said about them: a paper that is recorded today, and a rating of last year that is added to it tomorrow, tell one story.
// A correction holds from the day of what it corrects.
func On(entries []Recorded, day Date) []Recorded {
	var held []Recorded
	for _, p := range happenings(entries) {
		if p.on.Before(day.End()) {
			held = append(held, p.entry)
		}
	}
	return held
}

// Span is a stretch of days from which a rating of an item held, in one dimension, by all that is known. Value is "" while the
// item was not rated.
type Span struct {
	Item    ItemID
	From    time.Time // the start of the day or month, UTC
	Scheme  string
	Value   string
	Meaning Meaning
	State   ItemState
	At      Position // the entry that says so
}

// Spans are the stretches of all items' ratings, in the order in which they began. The last of an item has not ended.
func Spans(entries []Recorded, dimension string) (all []Span) {
	plan := &Plan{}
	last := map[ItemID]int{}
	for _, h := range happenings(entries) {
		plan.apply(h.entry)
		it, about := plan.items[h.entry.Item()]
		if !about {
			continue
		}
		r, _ := it.Rating(dimension)
		now := Span{Item: it.ID, From: h.on, Scheme: r.Scheme, Value: r.Value, Meaning: r.Meaning, State: it.State, At: h.entry.Position}
		i, begun := last[it.ID]
		switch {
		case begun && all[i].same(now):
		case begun && all[i].From.Equal(now.From):
			all[i] = now
		default:
			last[it.ID] = len(all)
			all = append(all, now)
		}
	}
	return all
}

func (s Span) same(t Span) bool {
	return s.Scheme == t.Scheme && s.Value == t.Value && s.Meaning == t.Meaning && s.State.Ended() == t.State.Ended()
}

// Happened is when the entry says that it happened: as stated, or else the day on which it was recorded.
func (r Recorded) Happened() Date {
	if r.Stated.Known() {
		return r.Stated
	}
	return DayOf(r.RecordedAt)
}
