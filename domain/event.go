package domain

// Event is something that happened to a plan, in the past tense. The set is sealed: pointers to the
// structs of this file.
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

// ItemAdded puts an item into the plan. Ref is the reference as printed; Due, when given, is its original due date for ever.
type ItemAdded struct {
	Item   ItemID  `json:"item"`
	Ref    string  `json:"ref,omitempty"`
	Level  string  `json:"level"`
	Parent ItemID  `json:"parent,omitempty"`
	Due    Date    `json:"due,omitzero"`
	Person ActorID `json:"person,omitempty"`
	Owned  bool    `json:"owned,omitempty"` // an owner was named with it
	Title  Text    `json:"title,omitempty"`
	Owner  Text    `json:"owner,omitempty"`
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

// OwnerAssigned names who is accountable: words as printed (a post or a name), and a registered person if it is one.
type OwnerAssigned struct {
	Item   ItemID  `json:"item"`
	Person ActorID `json:"person,omitempty"`
	Owner  Text    `json:"owner,omitempty"`
	Reason Text    `json:"reason,omitempty"`
}

// DueDateSet gives an item its first due date, which stays its original one for ever.
type DueDateSet struct {
	Item ItemID `json:"item"`
	Due  Date   `json:"due"`
}

// DueDateMoved replaces the due date, with a reason.
type DueDateMoved struct {
	Item   ItemID `json:"item"`
	From   Date   `json:"from"`
	To     Date   `json:"to"`
	Reason Text   `json:"reason,omitempty"`
}

// ItemSuspended, ItemResumed and ItemCancelled change whether work on an item goes on.
type ItemSuspended struct {
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason,omitempty"`
}

// ItemResumed ends a suspension.
type ItemResumed struct {
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason,omitempty"`
}

// ItemCancelled is an end state: it carries a reason and an authority.
type ItemCancelled struct {
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason,omitempty"`
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

// RequestMade is what members ask of officers, about an item or the whole plan, due at a meeting when one was named.
type RequestMade struct {
	Request RequestID `json:"request"`
	Item    ItemID    `json:"item,omitempty"`
	Due     Date      `json:"due,omitzero"`
	Words   Text      `json:"words,omitempty"`
	AskedBy Text      `json:"asked_by,omitempty"`
}

// RequestAnswered answers it.
type RequestAnswered struct {
	Request RequestID `json:"request"`
	Item    ItemID    `json:"item,omitempty"`
	Answer  Text      `json:"answer,omitempty"`
}

// ResolutionRecorded is a meeting's resolution as printed; body and meeting stand in the event's authority.
type ResolutionRecorded struct {
	Resolution ResolutionID `json:"resolution"`
	Printed    Text         `json:"printed,omitempty"`
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

// PaperImported says that the other events of its command were read from a document.
type PaperImported struct {
	SHA256 string `json:"sha256"` // of the file's bytes, hex
	Size   int64  `json:"size"`   // bytes
	Format string `json:"format"` // text-pipe, text-blank, csv, ...
	Rows   int    `json:"rows"`
	Source Text   `json:"source,omitempty"` // the file's name
}

// CommandVoided says that a command of several events stopped before its last part; the parts there count for nothing.
type CommandVoided struct {
	Command CommandID `json:"command"`
	Parts   int       `json:"parts"` // how many of them had been stored
}

// EvidenceAttached puts a file of evidence beside an item. The file lies in the journal's object store under the evidence's
// id; what it must be is stated here. Dated is the date of the document itself, when it has one.
type EvidenceAttached struct {
	Evidence  EvidenceID `json:"evidence"`
	Item      ItemID     `json:"item"`
	SHA256    string     `json:"sha256"` // of the file's bytes, hex
	Size      int64      `json:"size"`   // bytes
	MediaType string     `json:"media_type"`
	Dated     Date       `json:"dated,omitzero"`
	Title     Text       `json:"title,omitempty"`
	File      Text       `json:"file,omitempty"` // its name
}

// EvidenceWithdrawn says that a file no longer supports what is said of the item. The file stays.
type EvidenceWithdrawn struct {
	Evidence EvidenceID `json:"evidence"`
	Item     ItemID     `json:"item"`
	Reason   Text       `json:"reason,omitempty"`
}

// ErasureRequested is the first of three steps of erasing a text: recorded before anything is destroyed, so that a crash
// can't leave a text half gone with nobody knowing. Of names the event and Field its text; Entry is that event's position.
type ErasureRequested struct {
	Of     EventID  `json:"of"`
	Entry  Position `json:"entry"`
	Item   ItemID   `json:"item,omitempty"`
	Field  string   `json:"field"`
	Reason Text     `json:"reason,omitempty"`
}

// ErasureCompleted is the third: the text is gone from the store, the read models and the search index.
type ErasureCompleted struct {
	Of      EventID  `json:"of"`
	Entry   Position `json:"entry"`
	Item    ItemID   `json:"item,omitempty"`
	Field   string   `json:"field"`
	Request EventID  `json:"request"` // the ErasureRequested
}

// HoldSet forbids erasing anything of the plan until the hold is released: an inquiry, a request for information, a court.
type HoldSet struct {
	Hold   HoldID `json:"hold"`
	Reason Text   `json:"reason,omitempty"`
}

// HoldReleased ends a hold.
type HoldReleased struct {
	Hold   HoldID `json:"hold"`
	Reason Text   `json:"reason,omitempty"`
}

// BundleIssued says that somebody took an evidence bundle, and states the plan's head before it, so that the bundle proves
// that nothing was left off its end.
type BundleIssued struct {
	Bundle  BundleID `json:"bundle"`
	Item    ItemID   `json:"item,omitempty"` // "" for the whole plan
	HeadSeq uint64   `json:"head_seq"`       // the plan's version that the bundle shows
	HeadAt  Position `json:"head_at"`        // and the position of that event
	Head    string   `json:"head"`           // and its leaf hash, base64
	// Contents seals what was handed over beside the events, as package evidence states it.
	Contents string `json:"contents,omitempty"`
	For      Text   `json:"for,omitempty"` // who took it, as told
	Reason   Text   `json:"reason,omitempty"`
}

// KeyAdopted says from which position on checkpoints are signed with a key; earlier keys keep verifying what they signed.
type KeyAdopted struct {
	Key      string `json:"key"` // verifier key as of golang.org/x/mod/sumdb/note
	Replaces string `json:"replaces,omitempty"`
}

// HistoryRepaired says that lost leaves were put back from a copy that gave the same root.
type HistoryRepaired struct {
	First  Position `json:"first"`
	Last   Position `json:"last"`
	Source string   `json:"source"` // tiles, bundle, backup
	Root   string   `json:"root"`   // base64, of the checkpoint it was held against
	Size   uint64   `json:"size"`
}

// PersonRegistered gives a person an id; the name is erasable, the id is not.
type PersonRegistered struct {
	Person ActorID   `json:"person"`
	Kind   ActorKind `json:"kind"`
	Name   Text      `json:"name,omitempty"`
}

// PersonRenamed gives a registered person another name.
type PersonRenamed struct {
	Person ActorID `json:"person"`
	Name   Text    `json:"name,omitempty"`
}

// PersonLeft says that a person no longer acts for the organisation; their tokens end with it.
type PersonLeft struct {
	Person ActorID `json:"person"`
}

// TokenIssued records a bearer token by the SHA-256 of its secret: 256 random bits, so the digest gives nothing away.
type TokenIssued struct {
	Token   TokenID `json:"token"`
	Person  ActorID `json:"person"`
	Role    Role    `json:"role"`
	SHA256  string  `json:"sha256"` // of the secret's text, hex
	Expires Date    `json:"expires,omitzero"`
}

// TokenRevoked ends a token.
type TokenRevoked struct {
	Token  TokenID `json:"token"`
	Reason Text    `json:"reason,omitempty"`
}

func (*PlanOpened) Type() string         { return "plan-opened" }
func (*PlanClosed) Type() string         { return "plan-closed" }
func (*ItemAdded) Type() string          { return "item-added" }
func (*ItemReworded) Type() string       { return "item-reworded" }
func (*ItemMoved) Type() string          { return "item-moved" }
func (*OwnerAssigned) Type() string      { return "owner-assigned" }
func (*DueDateSet) Type() string         { return "due-date-set" }
func (*DueDateMoved) Type() string       { return "due-date-moved" }
func (*ItemSuspended) Type() string      { return "item-suspended" }
func (*ItemResumed) Type() string        { return "item-resumed" }
func (*ItemCancelled) Type() string      { return "item-cancelled" }
func (*RatingChanged) Type() string      { return "rating-changed" }
func (*RatingAffirmed) Type() string     { return "rating-affirmed" }
func (*JustificationGiven) Type() string { return "justification-given" }
func (*ProgressReported) Type() string   { return "progress-reported" }
func (*OutcomeRecorded) Type() string    { return "outcome-recorded" }
func (*RequestMade) Type() string        { return "request-made" }
func (*RequestAnswered) Type() string    { return "request-answered" }
func (*ResolutionRecorded) Type() string { return "resolution-recorded" }
func (*EntryCorrected) Type() string     { return "entry-corrected" }
func (*PaperImported) Type() string      { return "paper-imported" }
func (*CommandVoided) Type() string      { return "command-voided" }
func (*EvidenceAttached) Type() string   { return "evidence-attached" }
func (*EvidenceWithdrawn) Type() string  { return "evidence-withdrawn" }
func (*ErasureRequested) Type() string   { return "erasure-requested" }
func (*ErasureCompleted) Type() string   { return "erasure-completed" }
func (*HoldSet) Type() string            { return "hold-set" }
func (*HoldReleased) Type() string       { return "hold-released" }
func (*BundleIssued) Type() string       { return "bundle-issued" }
func (*KeyAdopted) Type() string         { return "key-adopted" }
func (*HistoryRepaired) Type() string    { return "history-repaired" }
func (*PersonRegistered) Type() string   { return "person-registered" }
func (*PersonRenamed) Type() string      { return "person-renamed" }
func (*PersonLeft) Type() string         { return "person-left" }
func (*TokenIssued) Type() string        { return "token-issued" }
func (*TokenRevoked) Type() string       { return "token-revoked" }

func (*PlanOpened) about() ItemID           { return "" }
func (*PlanClosed) about() ItemID           { return "" }
func (e *ItemAdded) about() ItemID          { return e.Item }
func (e *ItemReworded) about() ItemID       { return e.Item }
func (e *ItemMoved) about() ItemID          { return e.Item }
func (e *OwnerAssigned) about() ItemID      { return e.Item }
func (e *DueDateSet) about() ItemID         { return e.Item }
func (e *DueDateMoved) about() ItemID       { return e.Item }
func (e *ItemSuspended) about() ItemID      { return e.Item }
func (e *ItemResumed) about() ItemID        { return e.Item }
func (e *ItemCancelled) about() ItemID      { return e.Item }
func (e *RatingChanged) about() ItemID      { return e.Item }
func (e *RatingAffirmed) about() ItemID     { return e.Item }
func (e *JustificationGiven) about() ItemID { return e.Item }
func (e *ProgressReported) about() ItemID   { return e.Item }
func (e *OutcomeRecorded) about() ItemID    { return e.Item }
func (e *RequestMade) about() ItemID        { return e.Item }
func (e *RequestAnswered) about() ItemID    { return e.Item }
func (*ResolutionRecorded) about() ItemID   { return "" }
func (e *EntryCorrected) about() ItemID     { return e.Item }
func (*PaperImported) about() ItemID        { return "" }
func (*CommandVoided) about() ItemID        { return "" }
func (e *EvidenceAttached) about() ItemID   { return e.Item }
func (e *EvidenceWithdrawn) about() ItemID  { return e.Item }
func (e *ErasureRequested) about() ItemID   { return e.Item }
func (e *ErasureCompleted) about() ItemID   { return e.Item }
func (*HoldSet) about() ItemID              { return "" }
func (*HoldReleased) about() ItemID         { return "" }
func (e *BundleIssued) about() ItemID       { return e.Item }
func (*KeyAdopted) about() ItemID           { return "" }
func (*HistoryRepaired) about() ItemID      { return "" }
func (*PersonRegistered) about() ItemID     { return "" }
func (*PersonRenamed) about() ItemID        { return "" }
func (*PersonLeft) about() ItemID           { return "" }
func (*TokenIssued) about() ItemID          { return "" }
func (*TokenRevoked) about() ItemID         { return "" }

// NewEvent makes an empty event of a name to decode into; nil for a name not known.
func NewEvent(name string) Event {
	switch name {
	case "plan-opened":
		return &PlanOpened{}
	case "plan-closed":
		return &PlanClosed{}
	case "item-added":
		return &ItemAdded{}
	case "item-reworded":
		return &ItemReworded{}
	case "item-moved":
		return &ItemMoved{}
	case "owner-assigned":
		return &OwnerAssigned{}
	case "due-date-set":
		return &DueDateSet{}
	case "due-date-moved":
		return &DueDateMoved{}
	case "item-suspended":
		return &ItemSuspended{}
	case "item-resumed":
		return &ItemResumed{}
	case "item-cancelled":
		return &ItemCancelled{}
	case "rating-changed":
		return &RatingChanged{}
	case "rating-affirmed":
		return &RatingAffirmed{}
	case "justification-given":
		return &JustificationGiven{}
	case "progress-reported":
		return &ProgressReported{}
	case "outcome-recorded":
		return &OutcomeRecorded{}
	case "request-made":
		return &RequestMade{}
	case "request-answered":
		return &RequestAnswered{}
	case "resolution-recorded":
		return &ResolutionRecorded{}
	case "entry-corrected":
		return &EntryCorrected{}
	case "paper-imported":
		return &PaperImported{}
	case "command-voided":
		return &CommandVoided{}
	case "evidence-attached":
		return &EvidenceAttached{}
	case "evidence-withdrawn":
		return &EvidenceWithdrawn{}
	case "erasure-requested":
		return &ErasureRequested{}
	case "erasure-completed":
		return &ErasureCompleted{}
	case "hold-set":
		return &HoldSet{}
	case "hold-released":
		return &HoldReleased{}
	case "bundle-issued":
		return &BundleIssued{}
	case "key-adopted":
		return &KeyAdopted{}
	case "history-repaired":
		return &HistoryRepaired{}
	case "person-registered":
		return &PersonRegistered{}
	case "person-renamed":
		return &PersonRenamed{}
	case "person-left":
		return &PersonLeft{}
	case "token-issued":
		return &TokenIssued{}
	case "token-revoked":
		return &TokenRevoked{}
	}
	return nil
}
