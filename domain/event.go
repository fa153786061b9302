package domain

import "reflect"

// Event is something that happened to a plan, in the past tense. The set is sealed: pointers to the
// structs that [Events] lists.
//
// An event's JSON is the "data" of its stored form, less its [Text] fields. Fields are only ever added; a change of
// meaning is a new version of the type beside the old one, and the old one is upcast when it is read.
type Event interface {
	// Type is the type's name without prefix and version, e.g. "rating-changed".
	Type() string
	// about is the item that the event concerns, "" when it concerns the plan as a whole.
	about() ItemID
}

// PlanOpened begins a plan's history. Its levels are ordered from the top; its dimensions carry their schemes whole.
type PlanOpened struct {
	Title      Text        `json:"title,omitempty"`
	Levels     []Level     `json:"levels"`
	Dimensions []Dimension `json:"dimensions"`
}

// PlanClosed ends it: nothing but corrections and answers may follow.
type PlanClosed struct {
	Reason Text `json:"reason,omitempty"`
}

// Events lists an empty event of each type, in the order in which a reader would meet them: plans, items, ratings, closing,
// measures, meetings, proof, persons.
func Events() []Event {
	return []Event{
		&PlanOpened{}, &PlanClosed{}, &LevelsSet{}, &SchemesSet{}, &PolicySet{}, &VersionAdopted{},
		&ItemAdded{}, &ItemReworded{}, &ItemMoved{}, &ItemsLinked{}, &ItemsUnlinked{}, &OwnerAssigned{},
		&DueDateSet{}, &DueDateMoved{}, &DueMoveRequested{}, &DueMoveRefused{},
		&RatingChanged{}, &RatingAffirmed{}, &JustificationGiven{}, &ProgressReported{}, &OutcomeRecorded{}, &EntryCorrected{},
		&ItemSuspended{}, &ItemResumed{}, &ItemCancelled{}, &CompletionClaimed{}, &CompletionVerified{}, &CompletionRefused{},
		&ClosureAccepted{}, &ItemReopened{}, &ItemSuperseded{}, &ItemCarriedForward{}, &ResponseGiven{},
		&MeasureDefined{}, &MeasureRead{},
		&RequestMade{}, &RequestAnswered{}, &RequestWithdrawn{}, &RatingChallenged{}, &ResolutionRecorded{},
		&MeetingOpened{}, &PaperPublished{}, &MinutesRecorded{}, &FindingAnswered{},
		&PaperImported{}, &CommandVoided{}, &EvidenceAttached{}, &EvidenceWithdrawn{}, &EvidenceWaived{},
		&ErasureRequested{}, &ErasureCompleted{}, &HoldSet{}, &HoldReleased{}, &BundleIssued{}, &KeyAdopted{}, &HistoryRepaired{},
		&PersonRegistered{}, &PersonRenamed{}, &PersonLeft{}, &TokenIssued{}, &TokenRevoked{},
		&SubscriptionMade{}, &SubscriptionPaused{}, &SubscriptionResumed{}, &SubscriptionRotated{}, &SubscriptionEnded{},
	}
}

var eventTypes = func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, e := range Events() {
		types[e.Type()] = reflect.TypeOf(e).Elem()
	}
	return types
}()

// NewEvent makes an empty event of a type's name to decode into; nil for a name not known.
func NewEvent(name string) Event {
	t, known := eventTypes[name]
	if !known {
		return nil
	}
	return reflect.New(t).Interface().(Event)
}

// ItemKind says what sort of thing an item is. The zero kind is an action.
type ItemKind string

// The kinds of item.
const (
	Action         ItemKind = ""
	Recommendation ItemKind = "recommendation" // of a review; actions address it
	Milestone      ItemKind = "milestone"      // a step of an action, with a date of its own
	MeasureKind    ItemKind = "measure"        // a figure with a baseline, a target and readings
	StandingDuty   ItemKind = "standing"       // it has no end and so no date
)

// Origin is where an item came from when it was carried forward from another plan: it keeps its age, its original date
// and the count of its moves.
type Origin struct {
	Plan     PlanID `json:"plan"`
	Item     ItemID `json:"item"`
	Since    Date   `json:"since"` // when it began there
	Original Date   `json:"original_due,omitzero"`
	Moves    int    `json:"due_moves,omitempty"`
}

// ItemAdded puts an item into the plan. Ref is the reference as printed; Due, when given, is its original due date for ever,
// but for an item carried forward, which keeps the one it had.
type ItemAdded struct {
	Item   ItemID  `json:"item"`
	Ref    string  `json:"ref,omitempty"`
	Level  string  `json:"level"`
	Parent ItemID  `json:"parent,omitempty"`
	Due    Date    `json:"due,omitzero"`
	Person ActorID `json:"person,omitempty"`
	Owned  bool    `json:"owned,omitempty"` // an owner was named with it

	Kind  ItemKind `json:"kind,omitempty"`
	Start Date     `json:"start,omitzero"` // when work on it is to begin
	From  *Origin  `json:"from,omitempty"`

	Title  Text `json:"title,omitempty"`
	Owner  Text `json:"owner,omitempty"`
	Source Text `json:"source,omitempty"` // of a recommendation: the review that made it
}

// ItemReworded gives an item another title.
type ItemReworded struct {
	Item   ItemID `json:"item"`
	Title  Text   `json:"title,omitempty"`
	Reason Text   `json:"reason,omitempty"`
}

// ItemMoved puts an item under another parent, "" for the top.
type ItemMoved struct {
	Item   ItemID `json:"item"`
	From   ItemID `json:"from,omitempty"`
	To     ItemID `json:"to,omitempty"`
	Reason Text   `json:"reason,omitempty"`
}

// Relation is what one item is to another.
type Relation string

// The relations.
const (
	Addresses     Relation = "addresses"      // an action answers a recommendation
	ContributesTo Relation = "contributes_to" // another item
	MeasuredBy    Relation = "measured_by"    // a measure shows whether it makes a difference
)

// ItemsLinked says what an item is to another one. Links are many to many.
type ItemsLinked struct {
	Item     ItemID   `json:"item"`
	Relation Relation `json:"relation"`
	To       ItemID   `json:"to"`
}

// ItemsUnlinked takes a link back.
type ItemsUnlinked struct {
	Item     ItemID   `json:"item"`
	Relation Relation `json:"relation"`
	To       ItemID   `json:"to"`
	Reason   Text     `json:"reason,omitempty"`
}

// OwnerAssigned names the one who is accountable: words as printed (a post or a name), and a registered person if it is
// one; and those who are responsible with them.
type OwnerAssigned struct {
	Item    ItemID    `json:"item"`
	Person  ActorID   `json:"person,omitempty"`
	Persons []ActorID `json:"persons,omitempty"` // responsible, where they are registered
	Post    bool      `json:"post,omitempty"`    // the owner is a post: whoever holds it
	Interim bool      `json:"interim,omitempty"` // until somebody else is found
	Owner   Text      `json:"owner,omitempty"`
	With    Text      `json:"with,omitempty"` // responsible, as printed
	Reason  Text      `json:"reason,omitempty"`
}

// DueDateSet gives an item its first due date, which stays its original one for ever.
type DueDateSet struct {
	Item ItemID `json:"item"`
	Due  Date   `json:"due"`
}

// DueDateMoved replaces the due date, with a reason. Approved says that a body which may do so approved it, in the event's
// authority; Asked is the entry that asked for it, if any did.
type DueDateMoved struct {
	Item     ItemID   `json:"item"`
	From     Date     `json:"from"`
	To       Date     `json:"to"`
	Approved bool     `json:"approved,omitempty"`
	Asked    Position `json:"asked,omitempty"`
	Reason   Text     `json:"reason,omitempty"`
}

// DueMoveRequested asks for a due date to be moved. One request an item is open at a time.
type DueMoveRequested struct {
	Item   ItemID `json:"item"`
	From   Date   `json:"from"`
	To     Date   `json:"to"`
	Reason Text   `json:"reason,omitempty"`
}

// DueMoveRefused is the answer no, by the body of the event's authority.
type DueMoveRefused struct {
	Item   ItemID   `json:"item"`
	To     Date     `json:"to"` // what was asked for
	Asked  Position `json:"asked"`
	Reason Text     `json:"reason,omitempty"`
}

// RatingChanged gives an item another rating in one dimension. From is "" for its first. Either a justification came
// with it, or SameAs names the item whose justification it repeats, or Owed says that members are owed one.
type RatingChanged struct {
	Item          ItemID  `json:"item"`
	Dimension     string  `json:"dimension"`
	Scheme        string  `json:"scheme"`
	From          string  `json:"from,omitempty"`
	To            string  `json:"to"`
	Meaning       Meaning `json:"meaning"`
	Justified     bool    `json:"justified,omitempty"`
	Owed          bool    `json:"owed,omitempty"`
	SameAs        ItemID  `json:"same_as,omitempty"`
	Override      bool    `json:"override,omitempty"` // otherwise than the scheme's rule says, for the reason given
	Justification Text    `json:"justification,omitempty"`
}

// RatingAffirmed says that an unchanged rating still holds, for a new reason.
type RatingAffirmed struct {
	Item          ItemID  `json:"item"`
	Dimension     string  `json:"dimension"`
	Scheme        string  `json:"scheme"`
	Value         string  `json:"value"`
	Meaning       Meaning `json:"meaning"`
	SameAs        ItemID  `json:"same_as,omitempty"`
	Justification Text    `json:"justification,omitempty"`
}

// JustificationGiven gives the reason for a rating after the fact: one that was owed, or a fuller one.
type JustificationGiven struct {
	Item          ItemID    `json:"item"`
	Dimension     string    `json:"dimension"`
	Value         string    `json:"value"`
	SameAs        ItemID    `json:"same_as,omitempty"`
	Answers       RequestID `json:"answers,omitempty"`
	Justification Text      `json:"justification,omitempty"`
}

// ProgressReported is an officer's update; the stated date is its as-at date.
type ProgressReported struct {
	Item     ItemID `json:"item"`
	Percent  *int   `json:"percent,omitempty"` // complete, as stated
	Progress Text   `json:"progress,omitempty"`
}

// Result is what an action came to.
type Result string

// The results.
const (
	Achieved       Result = "achieved"
	PartlyAchieved Result = "partly_achieved"
	NotAchieved    Result = "not_achieved"
)

// OutcomeRecorded says what an action came to, in words.
type OutcomeRecorded struct {
	Item    ItemID `json:"item"`
	Result  Result `json:"result"`
	Outcome Text   `json:"outcome,omitempty"`
}

// EntryCorrected says that an earlier entry was recorded wrongly. The earlier entry stays; Field and what it should have
// said (Value for coded fields, Text for prose) stand beside it, with the reason. A corrected due date leaves the original
// date of the item as it was first recorded.
type EntryCorrected struct {
	Corrects EventID  `json:"corrects"`
	Entry    Position `json:"entry"`
	Item     ItemID   `json:"item,omitempty"`
	Field    string   `json:"field"`
	Value    string   `json:"value,omitempty"`
	Meaning  Meaning  `json:"meaning,omitempty"`
	Text     Text     `json:"text,omitempty"`
	Reason   Text     `json:"reason,omitempty"`
}

func (*PlanOpened) Type() string  { return "plan-opened" }
func (*PlanOpened) about() ItemID { return "" }

func (*PlanClosed) Type() string  { return "plan-closed" }
func (*PlanClosed) about() ItemID { return "" }

func (*ItemAdded) Type() string    { return "item-added" }
func (e *ItemAdded) about() ItemID { return e.Item }

func (*ItemReworded) Type() string    { return "item-reworded" }
func (e *ItemReworded) about() ItemID { return e.Item }

func (*ItemMoved) Type() string    { return "item-moved" }
func (e *ItemMoved) about() ItemID { return e.Item }

func (*OwnerAssigned) Type() string    { return "owner-assigned" }
func (e *OwnerAssigned) about() ItemID { return e.Item }

func (*DueDateSet) Type() string    { return "due-date-set" }
func (e *DueDateSet) about() ItemID { return e.Item }

func (*DueDateMoved) Type() string    { return "due-date-moved" }
func (e *DueDateMoved) about() ItemID { return e.Item }

func (*RatingChanged) Type() string    { return "rating-changed" }
func (e *RatingChanged) about() ItemID { return e.Item }

func (*RatingAffirmed) Type() string    { return "rating-affirmed" }
func (e *RatingAffirmed) about() ItemID { return e.Item }

func (*JustificationGiven) Type() string    { return "justification-given" }
func (e *JustificationGiven) about() ItemID { return e.Item }

func (*ProgressReported) Type() string    { return "progress-reported" }
func (e *ProgressReported) about() ItemID { return e.Item }

func (*OutcomeRecorded) Type() string    { return "outcome-recorded" }
func (e *OutcomeRecorded) about() ItemID { return e.Item }

func (*EntryCorrected) Type() string    { return "entry-corrected" }
func (e *EntryCorrected) about() ItemID { return e.Item }

func (*ItemsLinked) Type() string    { return "items-linked" }
func (e *ItemsLinked) about() ItemID { return e.Item }

func (*ItemsUnlinked) Type() string    { return "items-unlinked" }
func (e *ItemsUnlinked) about() ItemID { return e.Item }

func (*DueMoveRequested) Type() string    { return "due-move-requested" }
func (e *DueMoveRequested) about() ItemID { return e.Item }

func (*DueMoveRefused) Type() string    { return "due-move-refused" }
func (e *DueMoveRefused) about() ItemID { return e.Item }
