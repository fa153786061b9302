package domain

import (
	"slices"
	"strings"
)

// What is how an item differs between two states of a plan.
type What string

// The changes.
const (
	Added     What = "added"
	Ended     What = "ended" // closed, cancelled, superseded or carried forward
	Reopened  What = "reopened"
	Stage     What = "stage" // suspended, resumed, claimed, verified, refused
	Rerated   What = "re_rated"
	Justified What = "justified" // the rating stays, its reason is another
	Redated   What = "re_dated"
	Reowned   What = "re_owned"
	Reworded  What = "re_worded"
	Moved     What = "moved"
	Progress  What = "progress"
	Concluded What = "outcome"
	Evidenced What = "evidence"
	Measured  What = "measured"
	Absent    What = "absent" // it is not in the second state: the second is the earlier one, or of another day
)

// Difference is one change of one item between two states of a plan. From and To are coded values: a rating's key, a date, a
// state, a figure. Was and At are the entries that said so; the words and who said them stand there. Zero is none.
type Difference struct {
	Item      ItemID   `json:"item"`
	What      What     `json:"what"`
	Dimension string   `json:"dimension,omitempty"`
	From      string   `json:"from,omitempty"`
	To        string   `json:"to,omitempty"`
	Was       Position `json:"was,omitempty"`
	At        Position `json:"at,omitempty"`
}

// Compare gives the differences between two states of one plan, in the order of the items of the later one.
func Compare(before, after *Plan) (all []Difference) {
	for _, now := range after.Items() {
		was, there := before.Item(now.ID)
		if !there {
			all = append(all, Difference{Item: now.ID, What: Added, To: string(now.State), At: now.Added})
			was = Item{ID: now.ID, Level: now.Level, Parent: now.Parent, Title: now.Title, Owner: now.Owner, Due: now.Due, DueAt: now.DueAt, State: ItemOpen, StateAt: now.Added}
		}
		all = append(all, was.differences(now)...)
	}
	for _, was := range before.Items() {
		if _, there := after.Item(was.ID); !there {
			all = append(all, Difference{Item: was.ID, What: Absent, From: string(was.State), Was: was.Added})
		}
	}
	return all
}

func (it Item) differences(now Item) (all []Difference) {
	differ := func(c What, from, to string, was, at Position) {
		if was != at || from != to {
			all = append(all, Difference{Item: it.ID, What: c, From: from, To: to, Was: was, At: at})
		}
	}
	if it.State != now.State {
		differ(stateChange(it.State, now.State), string(it.State), string(now.State), it.StateAt, now.StateAt)
	}
	for _, r := range now.Ratings {
		all = append(all, it.rerated(r)...)
	}
	if it.Due != now.Due {
		differ(Redated, it.Due.String(), now.Due.String(), it.DueAt, now.DueAt)
	}
	differ(Reowned, "", "", it.Owner, now.Owner)
	differ(Reworded, "", "", it.Title, now.Title)
	if it.Parent != now.Parent {
		differ(Moved, string(it.Parent), string(now.Parent), 0, 0)
	}
	differ(Progress, "", "", it.Progress, now.Progress)
	differ(Concluded, string(it.Result), string(now.Result), it.Outcome, now.Outcome)
	had, have := it.evidenceNow(), now.evidenceNow()
	if !slices.Equal(had, have) {
		differ(Evidenced, strings.Join(had, " "), strings.Join(have, " "), 0, now.lastEvidence())
	}
	if now.Measure != nil {
		was := Measure{}
		if it.Measure != nil {
			was = *it.Measure
		}
		differ(Measured, string(was.Last), string(now.Measure.Last), was.LastAt, now.Measure.LastAt)
	}
	return all
}

func stateChange(from, to ItemState) What {
	switch {
	case to.Ended():
		return Ended
	case from.Ended():
		return Reopened
	}
	return Stage
}

func (it Item) rerated(now Rating) []Difference {
	was, _ := it.Rating(now.Dimension)
	d := Difference{Item: it.ID, What: Rerated, Dimension: now.Dimension, From: was.Value, To: now.Value, Was: was.Set, At: now.Set}
	switch {
	case was.Value != now.Value || was.Scheme != now.Scheme:
		return []Difference{d}
	case was.Reason != now.Reason:
		d.What, d.Was, d.At = Justified, was.Reason, now.Reason
		return []Difference{d}
	}
	return nil
}

// evidenceNow are the ids of the evidence that stands.
func (it Item) evidenceNow() (ids []string) {
	for _, e := range it.Evidence {
		if e.Withdrawn == 0 {
			ids = append(ids, string(e.ID))
		}
	}
	return ids
}

func (it Item) lastEvidence() (last Position) {
	for _, e := range it.Evidence {
		last = max(last, e.Attached, e.Withdrawn)
	}
	return last
}
