package domain

// RequestMade is what members ask of officers, about an item or the whole plan; or, with Commitment, what officers promise
// to report. It is due at a meeting of the plan, on a date, or at a time only described ("the next meeting").
type RequestMade struct {
	Request    RequestID `json:"request"`
	Item       ItemID    `json:"item,omitempty"`
	Commitment bool      `json:"commitment,omitempty"`
	Due        Date      `json:"due,omitzero"`
	Meeting    MeetingID `json:"meeting,omitempty"`
	DueAs      string    `json:"due_as,omitempty"` // as printed
	Words      Text      `json:"words,omitempty"`
	AskedBy    Text      `json:"asked_by,omitempty"`
}

// RatingChallenged is what members say of an officer's rating. It changes no rating; it is answered as a request is.
type RatingChallenged struct {
	Request   RequestID `json:"request"`
	Item      ItemID    `json:"item"`
	Dimension string    `json:"dimension"`
	Value     string    `json:"value"`              // that was challenged
	Proposed  string    `json:"proposed,omitempty"` // that members hold to be right
	Due       Date      `json:"due,omitzero"`
	Meeting   MeetingID `json:"meeting,omitempty"`
	Words     Text      `json:"words,omitempty"`
	AskedBy   Text      `json:"asked_by,omitempty"`
}

// RequestWithdrawn says that an answer is no longer wanted.
type RequestWithdrawn struct {
	Request RequestID `json:"request"`
	Item    ItemID    `json:"item,omitempty"`
	Reason  Text      `json:"reason,omitempty"`
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

// MeetingOpened names a meeting at which the plan is before a body. Deadline is the day by which its paper must be ready.
type MeetingOpened struct {
	Meeting  MeetingID `json:"meeting"`
	Body     string    `json:"body"`
	On       Date      `json:"on"`
	Deadline Date      `json:"deadline,omitzero"`
}

// Classification says who may see a paper.
type Classification string

// The classifications.
const (
	Public Classification = "public"
	Exempt Classification = "exempt" // from publication, e.g. under Schedule 12A of the Local Government Act 1972
)

// PaperPublished freezes what members received for a meeting: the plan as it stood after its entry number Version.
//
// A paper that plantrail printed carries, on its face, the position, the tree size and the root of the history just then.
// A paper that was printed elsewhere and imported has no root; SHA256 is then of the document as it came.
//
// Exempt are the items that a split paper keeps apart: one that is public leaves them out, one that is exempt tells of them only.
type PaperPublished struct {
	Meeting        MeetingID      `json:"meeting"`
	Version        uint64         `json:"version"`
	Position       Position       `json:"position,omitempty"`
	Size           uint64         `json:"size,omitempty"` // of the tree whose root it is
	Root           string         `json:"root,omitempty"` // base64
	SHA256         string         `json:"sha256"`         // of the paper's bytes, hex
	Classification Classification `json:"classification"`
	Exempt         []ItemID       `json:"exempt,omitempty"`
	Title          Text           `json:"title,omitempty"`
}

// MinutesRecorded says what the minutes of a meeting say of the plan.
type MinutesRecorded struct {
	Meeting MeetingID `json:"meeting"`
	Minutes Text      `json:"minutes,omitempty"`
}

// FindingAnswered is the answer to a finding of the rules. It changes nothing else.
type FindingAnswered struct {
	Finding FindingID `json:"finding"`
	Rule    string    `json:"rule"`
	Item    ItemID    `json:"item,omitempty"`
	Until   Date      `json:"until,omitzero"` // by when it will be cleared
	Answer  Text      `json:"answer,omitempty"`
}

func (*RequestMade) Type() string    { return "request-made" }
func (e *RequestMade) about() ItemID { return e.Item }

func (*RequestAnswered) Type() string    { return "request-answered" }
func (e *RequestAnswered) about() ItemID { return e.Item }

func (*ResolutionRecorded) Type() string  { return "resolution-recorded" }
func (*ResolutionRecorded) about() ItemID { return "" }

func (*RatingChallenged) Type() string    { return "rating-challenged" }
func (e *RatingChallenged) about() ItemID { return e.Item }

func (*RequestWithdrawn) Type() string    { return "request-withdrawn" }
func (e *RequestWithdrawn) about() ItemID { return e.Item }

func (*MeetingOpened) Type() string  { return "meeting-opened" }
func (*MeetingOpened) about() ItemID { return "" }

func (*PaperPublished) Type() string  { return "paper-published" }
func (*PaperPublished) about() ItemID { return "" }

func (*MinutesRecorded) Type() string  { return "minutes-recorded" }
func (*MinutesRecorded) about() ItemID { return "" }

func (*FindingAnswered) Type() string    { return "finding-answered" }
func (e *FindingAnswered) about() ItemID { return e.Item }
