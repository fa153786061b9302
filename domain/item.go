package domain

import "slices"

// Item is the state of one item: what the events about it add up to. It holds no texts, only the positions of the events
// that carry them, so it never needs erasing. Its JSON is what the read models keep; fields are only ever added.
//
// A Position field points at the event that said so: who, when and in which words stand there. Zero means never.
type Item struct {
	ID       ItemID     `json:"id"`
	Ref      string     `json:"ref,omitempty"`
	Level    string     `json:"level"`
	Parent   ItemID     `json:"parent,omitempty"`
	Added    Position   `json:"added"`
	Title    Position   `json:"title"`
	Owner    Position   `json:"owner,omitempty"`
	Person   ActorID    `json:"person,omitempty"`
	Due      Date       `json:"due,omitzero"`
	DueAt    Position   `json:"due_at,omitempty"` // the event that set Due
	Original Date       `json:"original,omitzero"`
	Moves    int        `json:"moves,omitempty"` // how often the due date was moved
	State    ItemState  `json:"state"`
	StateAt  Position   `json:"state_at"`
	Ratings  []Rating   `json:"ratings,omitempty"`
	Progress Position   `json:"progress,omitempty"`
	Result   Result     `json:"result,omitempty"`
	Outcome  Position   `json:"outcome,omitempty"`
	Evidence []Evidence `json:"evidence,omitempty"`

	Kind    ItemKind  `json:"kind,omitempty"`
	Start   Date      `json:"start,omitzero"`
	From    *Origin   `json:"from,omitempty"`
	Links   []Link    `json:"links,omitempty"`
	Persons []ActorID `json:"persons,omitempty"` // responsible with the owner
	Post    bool      `json:"post,omitempty"`
	Interim bool      `json:"interim,omitempty"`
	Asked   *DueAsked `json:"asked,omitempty"` // a move of the due date that nobody has decided on
	Percent *int      `json:"percent,omitempty"`
	Claimed Position  `json:"claimed,omitempty"`
	Claimer ActorID   `json:"claimer,omitempty"`
	Checked Position  `json:"verified,omitempty"`
	Checker ActorID   `json:"verifier,omitempty"`
	Waived  Position  `json:"waived,omitempty"` // evidence is not required
	Answer  Response  `json:"response,omitempty"`
	Replied Position  `json:"response_at,omitempty"`
	Measure *Measure  `json:"measure,omitempty"`
}

// Link is what an item is to another.
type Link struct {
	Relation Relation `json:"relation"`
	To       ItemID   `json:"to"`
	At       Position `json:"at"`
}

// DueAsked is a request to move a due date.
type DueAsked struct {
	To Date     `json:"to"`
	At Position `json:"at"`
}

// Evidence is a file beside an item.
type Evidence struct {
	ID        EvidenceID `json:"id"`
	Attached  Position   `json:"attached"`
	Withdrawn Position   `json:"withdrawn,omitempty"`
}

// ItemState says whether work on an item goes on.
type ItemState string

// The states. The last four are ends: work goes on only after the item was reopened.
const (
	ItemOpen      ItemState = "open"
	ItemOnHold    ItemState = "suspended"
	ItemClaimed   ItemState = "claimed"  // complete, somebody says
	ItemVerified  ItemState = "verified" // and somebody else has looked
	ItemClosed    ItemState = "closed"   // and a body has accepted it
	ItemWithdrawn ItemState = "cancelled"
	ItemReplaced  ItemState = "superseded"
	ItemCarried   ItemState = "carried_forward"
)

// Ended reports whether the item has come to an end.
func (s ItemState) Ended() bool {
	return s == ItemClosed || s == ItemWithdrawn || s == ItemReplaced || s == ItemCarried
}

// Rating is an item's current rating in one dimension.
type Rating struct {
	Dimension string   `json:"dimension"`
	Scheme    string   `json:"scheme"`
	Value     string   `json:"value"`
	Meaning   Meaning  `json:"meaning"`
	Since     Date     `json:"since"`            // stated date of the change to this value
	Set       Position `json:"set"`              // the change to this value
	Held      Position `json:"held"`             // the latest event that set or affirmed it
	Reason    Position `json:"reason,omitempty"` // the event that carries its current justification
	Owed      bool     `json:"owed,omitempty"`   // members are owed a justification
	SameAs    ItemID   `json:"same_as,omitempty"`
}

// Rating finds the rating of a dimension.
func (it Item) Rating(dimension string) (Rating, bool) {
	i := it.rating(dimension)
	if i < 0 {
		return Rating{}, false
	}
	return it.Ratings[i], true
}

func (it Item) rating(dimension string) int {
	return slices.IndexFunc(it.Ratings, func(r Rating) bool { return r.Dimension == dimension })
}

// After is the item's state after one more event about it. The receiver is not changed. Events that say nothing of the
// item's state leave it as it was.
func (it Item) After(r Recorded) Item {
	switch e := r.Event.(type) {
	case *ItemAdded:
		it = Item{ID: e.Item, Ref: e.Ref, Level: e.Level, Parent: e.Parent, Added: r.Position, Title: r.Position,
			Person: e.Person, Due: e.Due, Original: e.Due, State: ItemOpen, StateAt: r.Position,
			Kind: e.Kind, Start: e.Start, From: e.From}
		if e.From != nil {
			it.Original, it.Moves = e.From.Original, e.From.Moves
		}
		if !e.Due.IsZero() {
			it.DueAt = r.Position
		}
		if e.Owned {
			it.Owner = r.Position
		}
	case *ItemReworded:
		it.Title = r.Position
	case *ItemMoved:
		it.Parent = e.To
	case *OwnerAssigned:
		it.Owner, it.Person, it.Persons, it.Post, it.Interim = r.Position, e.Person, e.Persons, e.Post, e.Interim
	case *DueDateSet:
		it.Due, it.DueAt = e.Due, r.Position
		if it.Original.IsZero() {
			it.Original = e.Due
		}
	case *DueDateMoved:
		it.Due, it.DueAt, it.Asked = e.To, r.Position, nil
		it.Moves++
	case *DueMoveRequested:
		it.Asked = &DueAsked{e.To, r.Position}
	case *DueMoveRefused:
		it.Asked = nil
	case *ItemSuspended:
		it.State, it.StateAt = ItemOnHold, r.Position
	case *ItemResumed:
		it.State, it.StateAt = ItemOpen, r.Position
	case *ItemCancelled:
		it.State, it.StateAt = ItemWithdrawn, r.Position
	case *ItemSuperseded:
		it.State, it.StateAt = ItemReplaced, r.Position
	case *ItemCarriedForward:
		it.State, it.StateAt = ItemCarried, r.Position
	case *CompletionClaimed:
		it.State, it.StateAt, it.Claimed, it.Claimer, it.Checked, it.Checker = ItemClaimed, r.Position, r.Position, r.Actor.ID, 0, ""
	case *CompletionVerified:
		it.State, it.StateAt, it.Checked, it.Checker = ItemVerified, r.Position, r.Position, r.Actor.ID
	case *CompletionRefused, *ItemReopened:
		it.State, it.StateAt, it.Claimed, it.Claimer, it.Checked, it.Checker = ItemOpen, r.Position, 0, "", 0, ""
	case *ClosureAccepted:
		it.State, it.StateAt = ItemClosed, r.Position
	case *ItemsLinked:
		it.Links = append(slices.Clip(it.Links), Link{e.Relation, e.To, r.Position})
	case *ItemsUnlinked:
		it.Links = slices.DeleteFunc(slices.Clone(it.Links), func(l Link) bool { return l.Relation == e.Relation && l.To == e.To })
	case *EvidenceWaived:
		it.Waived = r.Position
	case *ResponseGiven:
		it.Answer, it.Replied = e.Response, r.Position
	case *MeasureDefined, *MeasureRead:
		was := Measure{}
		if it.Measure != nil {
			was = *it.Measure
		}
		it.Measure = was.after(r)
	case *ProgressReported:
		it.Progress = r.Position
		if e.Percent != nil {
			it.Percent = e.Percent
		}
	case *OutcomeRecorded:
		it.Result, it.Outcome = e.Result, r.Position
	case *RatingChanged, *RatingAffirmed, *JustificationGiven:
		it.Ratings = rated(slices.Clone(it.Ratings), r)
	case *EvidenceAttached:
		it.Evidence = append(slices.Clip(it.Evidence), Evidence{ID: e.Evidence, Attached: r.Position})
	case *EvidenceWithdrawn:
		it.Evidence = slices.Clone(it.Evidence)
		for i := range it.Evidence {
			if it.Evidence[i].ID == e.Evidence {
				it.Evidence[i].Withdrawn = r.Position
			}
		}
	case *EntryCorrected:
		it.Ratings = slices.Clone(it.Ratings)
		it.correct(e, r.Position)
		if it.Measure != nil {
			it.Measure = it.Measure.after(r)
		}
	}
	return it
}

// rated folds an event about a rating into ratings of its own. In the order of recording an affirmation or a justification is
// always of the rating that stands. In the order of days ([On]) it need not be: an affirmation then says what the rating was
// on its day, and the justification of another rating than the one that stands is not one of it.
func rated(all []Rating, r Recorded) []Rating {
	set := func(now Rating) {
		if i := slices.IndexFunc(all, func(was Rating) bool { return was.Dimension == now.Dimension }); i >= 0 {
			all[i] = now
		} else {
			all = append(all, now)
		}
	}
	now, _ := Item{Ratings: all}.Rating(r.dimension())
	switch e := r.Event.(type) {
	case *RatingChanged:
		now = Rating{Dimension: e.Dimension, Scheme: e.Scheme, Value: e.To, Meaning: e.Meaning, Since: r.Stated,
			Set: r.Position, Held: r.Position, Owed: e.Owed, SameAs: e.SameAs}
		if e.Justified {
			now.Reason = r.Position
		}
		set(now)
	case *RatingAffirmed:
		if now.Value != e.Value {
			now = Rating{Dimension: e.Dimension, Scheme: e.Scheme, Value: e.Value, Meaning: e.Meaning, Since: r.Stated, Set: r.Position}
		}
		now.Held, now.Reason, now.Owed, now.SameAs = r.Position, r.Position, false, e.SameAs
		set(now)
	case *JustificationGiven:
		if now.Value == e.Value {
			now.Reason, now.Owed, now.SameAs = r.Position, false, e.SameAs
			set(now)
		}
	}
	return all
}

// dimension is the dimension whose rating the event is about.
func (r Recorded) dimension() string {
	switch e := r.Event.(type) {
	case *RatingChanged:
		return e.Dimension
	case *RatingAffirmed:
		return e.Dimension
	case *JustificationGiven:
		return e.Dimension
	}
	return ""
}

// correct applies a correction where what it corrects is still current; history keeps both in any case.
func (it *Item) correct(e *EntryCorrected, at Position) {
	if e.Field == "title" && it.Title == e.Entry {
		it.Title = at
	}
	if e.Field == "owner" && it.Owner == e.Entry {
		it.Owner = at
	}
	if e.Field == "claim" && it.Claimed == e.Entry {
		it.Claimed = at
	}
	if e.Field == "verified" && it.Checked == e.Entry {
		it.Checked = at
	}
	if e.Field == "progress" && it.Progress == e.Entry {
		it.Progress = at
	}
	if e.Field == "due" && it.DueAt == e.Entry {
		it.Due, _ = parseISO(e.Value)
	}
	if it.Outcome == e.Entry {
		switch e.Field {
		case "outcome":
			it.Outcome = at
		case "result":
			it.Result = Result(e.Value)
		}
	}
	for i := range it.Ratings {
		it.Ratings[i].correct(e, at)
	}
}

func (r *Rating) correct(e *EntryCorrected, at Position) {
	switch {
	case e.Field == "justification" && r.Reason == e.Entry:
		r.Reason = at
	case e.Field == "rating" && r.Set == e.Entry:
		r.Value, r.Meaning = e.Value, e.Meaning
		r.Owed = e.Meaning.NeedsReason() && r.Reason == 0 && r.SameAs == ""
	case e.Field == "stated" && r.Set == e.Entry:
		r.Since, _ = parseISO(e.Value)
	}
}
