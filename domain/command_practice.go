package domain

// SetLevels gives the plan other named levels, ordered from the top. A level that has items can't be dropped.
type SetLevels struct {
	Basis
	Levels []Level `json:"levels" maxItems:"16"`
	Reason Text    `json:"reason" maxLength:"65536"`
}

// SetSchemes gives the plan other dimensions or schemes. It re-rates nothing.
type SetSchemes struct {
	Basis
	Scheme     string      `json:"scheme,omitempty" doc:"id of a preset scheme: one of GET /v1/schemes"`
	Dimensions []Dimension `json:"dimensions,omitempty" doc:"dimensions with schemes of one's own, instead of a preset" maxItems:"8"`
	Reason     Text        `json:"reason" maxLength:"65536"`
}

// SetPolicy gives the plan another policy. Figures left out are those of the default policy.
type SetPolicy struct {
	Basis
	Policy Policy `json:"policy"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// AdoptVersion records that a body adopted the plan as it now stands.
type AdoptVersion struct {
	Basis
	Version string `json:"version" doc:"as printed, e.g. 2.0" maxLength:"64"`
	Reason  Text   `json:"reason" maxLength:"65536"`
}

// LinkItems says what an item is to another.
type LinkItems struct {
	Basis
	Item     ItemID   `json:"item"`
	Relation Relation `json:"relation" enum:"addresses,contributes_to,measured_by"`
	To       ItemID   `json:"to"`
}

// UnlinkItems takes a link back.
type UnlinkItems struct {
	Basis
	Item     ItemID   `json:"item"`
	Relation Relation `json:"relation" enum:"addresses,contributes_to,measured_by"`
	To       ItemID   `json:"to"`
	Reason   Text     `json:"reason" maxLength:"65536"`
}

// Respond answers a recommendation.
type Respond struct {
	Basis
	Item     ItemID   `json:"item"`
	Response Response `json:"response" enum:"agreed,partly_agreed,not_agreed"`
	Words    Text     `json:"words,omitempty" doc:"needed unless it is agreed" maxLength:"65536"`
}

// RequestDue asks for a due date to be moved.
type RequestDue struct {
	Basis
	Item   ItemID `json:"item"`
	Due    Date   `json:"due" doc:"2020-03-31 or 2020-03"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// ApproveDue moves the due date as asked, on the authority of a body that may.
type ApproveDue struct {
	Basis
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason,omitempty" doc:"left out: the reason stands with the request" maxLength:"65536"`
}

// RefuseDue refuses what was asked: the due date stays.
type RefuseDue struct {
	Basis
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// ClaimCompletion says that an item is done, and what shows it.
type ClaimCompletion struct {
	Basis
	Item     ItemID       `json:"item"`
	Claim    Text         `json:"claim" maxLength:"65536"`
	Evidence []EvidenceID `json:"evidence,omitempty" doc:"evidence of the item that shows it" maxItems:"100"`
}

// VerifyCompletion says that somebody other than the claimant and the owner looked, and it is so.
type VerifyCompletion struct {
	Basis
	Item     ItemID `json:"item"`
	Verified Text   `json:"verified" doc:"what was looked at" maxLength:"65536"`
}

// RefuseCompletion says that it is not so, or not yet.
type RefuseCompletion struct {
	Basis
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// AcceptClosure closes an item on the authority of a body.
type AcceptClosure struct {
	Basis
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason,omitempty" maxLength:"65536"`
}

// ReopenItem takes up again what was claimed, closed or otherwise ended.
type ReopenItem struct {
	Basis
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// SupersedeItem ends an item whose work other items of the plan do.
type SupersedeItem struct {
	Basis
	Item   ItemID   `json:"item"`
	By     []ItemID `json:"by" minItems:"1" maxItems:"100"`
	Reason Text     `json:"reason" maxLength:"65536"`
}

// CarryForward ends an item here: it goes on in another plan, to which it was added before with its [Origin].
type CarryForward struct {
	Basis
	Item   ItemID `json:"item"`
	Plan   PlanID `json:"plan"`
	To     ItemID `json:"to"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// DefineMeasure says what an item of the kind measure measures, or changes it.
type DefineMeasure struct {
	Basis
	Item       ItemID `json:"item"`
	Unit       string `json:"unit,omitempty" maxLength:"64"`
	Better     Better `json:"better,omitempty" enum:"higher,lower,within" doc:"which way it should go; left out while nobody has said"`
	Baseline   Amount `json:"baseline,omitempty" doc:"17, ~17 or 20-22"`
	Target     Amount `json:"target,omitempty"`
	Contextual bool   `json:"contextual,omitempty" doc:"it informs; no action has to reach it"`
	Reason     Text   `json:"reason,omitempty" doc:"needed to change a measure" maxLength:"65536"`
}

// ReadMeasure records a reading; the stated date is that of the reading.
type ReadMeasure struct {
	Basis
	Item  ItemID `json:"item"`
	Value Amount `json:"value" doc:"17, ~17 or 20-22"`
	Words Text   `json:"words,omitempty" doc:"as printed" maxLength:"65536"`
}

// ChallengeRating records that members hold a rating to be wrong. It changes no rating.
type ChallengeRating struct {
	Basis
	Request   RequestID `json:"request,omitempty"`
	Item      ItemID    `json:"item"`
	Dimension string    `json:"dimension,omitempty" doc:"left out: the plan's first"`
	Proposed  string    `json:"proposed,omitempty" doc:"key of the rating that members hold to be right"`
	Words     Text      `json:"words" maxLength:"65536"`
	AskedBy   Text      `json:"asked_by,omitempty" maxLength:"65536"`
	Due       Date      `json:"due,omitzero"`
	Meeting   MeetingID `json:"meeting,omitempty"`
}

// WithdrawRequest says that an answer is no longer wanted.
type WithdrawRequest struct {
	Basis
	Request RequestID `json:"request"`
	Reason  Text      `json:"reason" maxLength:"65536"`
}

// OpenMeeting names a meeting at which the plan is before a body. Left out, its id is made of the body and the day.
type OpenMeeting struct {
	Basis
	Meeting  MeetingID `json:"meeting,omitempty"`
	Body     string    `json:"body" maxLength:"200"`
	On       Date      `json:"on" doc:"the day of the meeting, or its month"`
	Deadline Date      `json:"deadline,omitzero" doc:"the day by which the paper must be ready"`
}

// PublishPaper freezes what members receive for a meeting. Version left out is the plan as it stands.
type PublishPaper struct {
	Basis
	Meeting        MeetingID      `json:"meeting"`
	Version        uint64         `json:"version,omitempty" doc:"number of the plan's last entry that is in it"`
	Position       Position       `json:"position,omitempty"`
	Size           uint64         `json:"size,omitempty"`
	Root           string         `json:"root,omitempty"`
	SHA256         string         `json:"sha256"`
	Classification Classification `json:"classification,omitempty" enum:"public,exempt" doc:"left out: public"`
	Exempt         []ItemID       `json:"exempt,omitempty" maxItems:"500" doc:"the items that are left out of a public paper, or of which alone an exempt one tells"`
	Title          Text           `json:"title,omitempty" maxLength:"65536"`
}

// RecordMinutes records what the minutes of a meeting say of the plan.
type RecordMinutes struct {
	Basis
	Meeting MeetingID `json:"meeting"`
	Minutes Text      `json:"minutes" maxLength:"65536"`
}

// AnswerFinding answers a finding of the rules.
type AnswerFinding struct {
	Basis
	Finding FindingID `json:"finding"`
	Rule    string    `json:"rule" doc:"R01 to R32" maxLength:"8"`
	Item    ItemID    `json:"item,omitempty"`
	Until   Date      `json:"until,omitzero" doc:"by when it will be cleared"`
	Answer  Text      `json:"answer" maxLength:"65536"`
}

func (SetLevels) Verb() string        { return "set-levels" }
func (SetSchemes) Verb() string       { return "set-schemes" }
func (SetPolicy) Verb() string        { return "set-policy" }
func (AdoptVersion) Verb() string     { return "adopt-version" }
func (LinkItems) Verb() string        { return "link-items" }
func (UnlinkItems) Verb() string      { return "unlink-items" }
func (Respond) Verb() string          { return "respond" }
func (RequestDue) Verb() string       { return "request-due" }
func (ApproveDue) Verb() string       { return "approve-due" }
func (RefuseDue) Verb() string        { return "refuse-due" }
func (ClaimCompletion) Verb() string  { return "claim-completion" }
func (VerifyCompletion) Verb() string { return "verify-completion" }
func (RefuseCompletion) Verb() string { return "refuse-completion" }
func (AcceptClosure) Verb() string    { return "accept-closure" }
func (ReopenItem) Verb() string       { return "reopen-item" }
func (SupersedeItem) Verb() string    { return "supersede-item" }
func (CarryForward) Verb() string     { return "carry-forward" }
func (DefineMeasure) Verb() string    { return "define-measure" }
func (ReadMeasure) Verb() string      { return "read-measure" }
func (ChallengeRating) Verb() string  { return "challenge-rating" }
func (WithdrawRequest) Verb() string  { return "withdraw-request" }
func (OpenMeeting) Verb() string      { return "open-meeting" }
func (PublishPaper) Verb() string     { return "publish-paper" }
func (RecordMinutes) Verb() string    { return "record-minutes" }
func (AnswerFinding) Verb() string    { return "answer-finding" }
