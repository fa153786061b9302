package domain

// Command is something that somebody asks to be recorded, in the imperative. Its JSON is the body of the HTTP request of
// the same name. The set is sealed: the structs of this package that embed [Basis].
type Command interface {
	// Verb is the command's name in every face, e.g. "rate".
	Verb() string
	said() Basis
	// decide says what would happen, against what did, or refuses. It is pure.
	decide(h against) ([]Event, error)
}

func (b Basis) said() Basis { return b }

// against is what a command is decided against: what happened, and who gives the command now.
type against struct {
	*History
	by Actor
}

// OpenPlan begins a plan. Levels default to one, "action"; dimensions to one, "delivery", rated by rag.v1.
type OpenPlan struct {
	Basis
	Title      Text        `json:"title" doc:"the plan's title" maxLength:"65536"`
	Levels     []Level     `json:"levels,omitempty" doc:"named levels from the top; left out: action" maxItems:"16"`
	Scheme     string      `json:"scheme,omitempty" doc:"id of a preset scheme: rag.v1, brag.v1, rag-not-started.v1 or another of GET /v1/schemes"`
	Dimensions []Dimension `json:"dimensions,omitempty" doc:"dimensions with schemes of one's own, instead of a preset" maxItems:"8"`
}

// ClosePlan ends a plan.
type ClosePlan struct {
	Basis
	Reason Text `json:"reason" doc:"why it is closed" maxLength:"65536"`
}

// AddItem adds an item. Left out, its id is the next free item-NN and its level the plan's lowest below its parent's.
type AddItem struct {
	Basis
	Item   ItemID  `json:"item,omitempty" doc:"id within the plan; left out: the next item-NN"`
	Ref    string  `json:"ref,omitempty" doc:"reference as printed, e.g. 1.2; two items may have the same, their ids differ" maxLength:"64"`
	Level  string  `json:"level,omitempty" doc:"key of a level of the plan"`
	Parent ItemID  `json:"parent,omitempty" doc:"the item above it"`
	Title  Text    `json:"title" doc:"the item's words" maxLength:"65536"`
	Owner  Text    `json:"owner,omitempty" doc:"who is accountable, as printed: a post or a name" maxLength:"65536"`
	Person ActorID `json:"person,omitempty" doc:"the registered person who owns it"`
	Due    Date    `json:"due,omitzero" doc:"its original due date"`

	Kind   ItemKind `json:"kind,omitempty" enum:"recommendation,milestone,measure,standing" doc:"left out: an action"`
	Start  Date     `json:"start,omitzero" doc:"when work on it is to begin"`
	Source Text     `json:"source,omitempty" doc:"of a recommendation: the review that made it" maxLength:"65536"`
	From   *Origin  `json:"from,omitempty" doc:"where it was carried forward from"`
}

// RewordItem gives an item another title.
type RewordItem struct {
	Basis
	Item   ItemID `json:"item"`
	Title  Text   `json:"title" maxLength:"65536"`
	Reason Text   `json:"reason" doc:"why the words change" maxLength:"65536"`
}

// MoveItem puts an item under another parent.
type MoveItem struct {
	Basis
	Item   ItemID `json:"item"`
	Parent ItemID `json:"parent,omitempty" doc:"the new parent; left out: the top"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// AssignOwner names who is accountable for an item.
type AssignOwner struct {
	Basis
	Item   ItemID  `json:"item"`
	Owner  Text    `json:"owner" doc:"a post or a name, as printed" maxLength:"65536"`
	Person ActorID `json:"person,omitempty" doc:"the registered person, if it is one"`
	Reason Text    `json:"reason,omitempty" maxLength:"65536"`

	With    Text      `json:"with,omitempty" doc:"who is responsible with the owner, as printed" maxLength:"65536"`
	Persons []ActorID `json:"persons,omitempty" doc:"of those, the registered persons" maxItems:"32"`
	Post    bool      `json:"post,omitempty" doc:"the owner is a post: whoever holds it"`
	Interim bool      `json:"interim,omitempty" doc:"until somebody else is found"`
}

// SetDue gives an item its first due date, or moves it, with a reason.
type SetDue struct {
	Basis
	Item   ItemID `json:"item"`
	Due    Date   `json:"due" doc:"2020-03-31 or 2020-03"`
	Reason Text   `json:"reason,omitempty" doc:"needed to move a date" maxLength:"65536"`
	// Unapproved records that a date moved further than the plan's policy allows without approval. A finding will say so.
	Unapproved bool `json:"unapproved,omitempty" doc:"record a move that the policy wants approved and nobody approved"`
}

// SuspendItem puts an item on hold.
type SuspendItem struct {
	Basis
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// ResumeItem takes a suspended item up again.
type ResumeItem struct {
	Basis
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// CancelItem ends an item without an outcome: it needs a reason and an authority.
type CancelItem struct {
	Basis
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// Rate gives an item a rating. The same rating again, with a new justification, affirms it.
type Rate struct {
	Basis
	Item          ItemID `json:"item"`
	Dimension     string `json:"dimension,omitempty" doc:"left out: the plan's first"`
	To            string `json:"to" doc:"key of a value of the dimension's scheme"`
	Justification Text   `json:"justification,omitempty" doc:"why; needed where members will ask" maxLength:"65536"`
	Owed          bool   `json:"owed,omitempty" doc:"record that a justification is owed instead of giving one"`
	SameAs        ItemID `json:"same_as,omitempty" doc:"the item whose justification this one repeats"`
	Override      bool   `json:"override,omitempty" doc:"rated otherwise than the scheme's own rule says; the justification says why"`
}

// Justify gives the reason for an item's current rating.
type Justify struct {
	Basis
	Item          ItemID    `json:"item"`
	Dimension     string    `json:"dimension,omitempty" doc:"left out: the plan's first"`
	Justification Text      `json:"justification" maxLength:"65536"`
	SameAs        ItemID    `json:"same_as,omitempty"`
	Answers       RequestID `json:"answers,omitempty" doc:"the members' request that it answers"`
}

// ReportProgress records an officer's update on an item.
type ReportProgress struct {
	Basis
	Item     ItemID `json:"item"`
	Progress Text   `json:"progress" maxLength:"65536"`
	Percent  *int   `json:"percent,omitempty" doc:"complete, 0 to 100" minimum:"0" maximum:"100"`
}

// RecordOutcome says what an action came to.
type RecordOutcome struct {
	Basis
	Item    ItemID `json:"item"`
	Result  Result `json:"result" enum:"achieved,partly_achieved,not_achieved"`
	Outcome Text   `json:"outcome" doc:"in words" maxLength:"65536"`
}

// MakeRequest records what members asked for. Left out, its id is the next free request-NN.
type MakeRequest struct {
	Basis
	Request RequestID `json:"request,omitempty"`
	Item    ItemID    `json:"item,omitempty" doc:"left out: the whole plan"`
	Words   Text      `json:"words" doc:"what was asked" maxLength:"65536"`
	AskedBy Text      `json:"asked_by,omitempty" doc:"who asked, e.g. the Chairman" maxLength:"65536"`
	Due     Date      `json:"due,omitzero" doc:"the day of the meeting by which members want the answer"`

	Meeting    MeetingID `json:"meeting,omitempty" doc:"that meeting, if the plan has it"`
	DueAs      string    `json:"due_as,omitempty" doc:"or as printed: the next meeting" maxLength:"200"`
	Commitment bool      `json:"commitment,omitempty" doc:"officers promised to report: nobody asked"`
}

// AnswerRequest answers a members' request.
type AnswerRequest struct {
	Basis
	Request RequestID `json:"request"`
	Answer  Text      `json:"answer" maxLength:"65536"`
}

// Resolve records a meeting's resolution as printed. Left out, its id is the next free resolution-NN.
type Resolve struct {
	Basis
	Resolution ResolutionID `json:"resolution,omitempty"`
	Printed    Text         `json:"printed" doc:"the resolution as printed" maxLength:"65536"`
}

// Correct says that an earlier entry was recorded wrongly, what it should have said and why. Fields that can be corrected:
// stated on any entry; title, owner, with, due, rating, justification, reason, progress, result, outcome, words, answer, printed, claim,
// verified, value, minutes, each on the entries that carry it.
type Correct struct {
	Basis
	Entry  string `json:"entry" doc:"the entry's number in the plan's timeline, or its event id"`
	Field  string `json:"field" enum:"stated,title,owner,with,due,rating,justification,reason,progress,result,outcome,words,answer,asked_by,printed,claim,verified,value,minutes,source"`
	To     Text   `json:"to" doc:"what it should have said" maxLength:"65536"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// Import records a document whole: the plan it opens and everything it says, all or nothing, in order.
//
// It is made by package sheets, never typed; a repeat of the same document is a repeat of the same command.
type Import struct {
	Basis
	Paper PaperImported
	Steps []Command
}

// voidCommand ends a command whose last part never came. Only the [Service] gives it.
type voidCommand struct {
	Basis
	Command CommandID `json:"command"`
	Parts   int       `json:"parts"`
}

func (OpenPlan) Verb() string       { return "open-plan" }
func (ClosePlan) Verb() string      { return "close-plan" }
func (AddItem) Verb() string        { return "add-item" }
func (RewordItem) Verb() string     { return "reword-item" }
func (MoveItem) Verb() string       { return "move-item" }
func (AssignOwner) Verb() string    { return "assign-owner" }
func (SetDue) Verb() string         { return "set-due" }
func (SuspendItem) Verb() string    { return "suspend-item" }
func (ResumeItem) Verb() string     { return "resume-item" }
func (CancelItem) Verb() string     { return "cancel-item" }
func (Rate) Verb() string           { return "rate" }
func (Justify) Verb() string        { return "justify" }
func (ReportProgress) Verb() string { return "report-progress" }
func (RecordOutcome) Verb() string  { return "record-outcome" }
func (MakeRequest) Verb() string    { return "make-request" }
func (AnswerRequest) Verb() string  { return "answer-request" }
func (Resolve) Verb() string        { return "resolve" }
func (Correct) Verb() string        { return "correct" }
func (Import) Verb() string         { return "import" }
func (voidCommand) Verb() string    { return "void-command" }
