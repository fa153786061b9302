package domain

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

// CompletionClaimed says that an item is done, in words, with the evidence that shows it. Somebody else then verifies it.
type CompletionClaimed struct {
	Item     ItemID       `json:"item"`
	Evidence []EvidenceID `json:"evidence,omitempty"`
	Claim    Text         `json:"claim,omitempty"`
}

// CompletionVerified says that somebody looked, and it is so.
type CompletionVerified struct {
	Item     ItemID   `json:"item"`
	Claimed  Position `json:"claimed"` // the claim
	Verified Text     `json:"verified,omitempty"`
}

// CompletionRefused says that it is not so, or not yet: the item is open again.
type CompletionRefused struct {
	Item    ItemID   `json:"item"`
	Claimed Position `json:"claimed"`
	Reason  Text     `json:"reason,omitempty"`
}

// ClosureAccepted closes an item: the body of the event's authority accepts it as done.
type ClosureAccepted struct {
	Item     ItemID   `json:"item"`
	Claimed  Position `json:"claimed,omitempty"`
	Verified Position `json:"verified,omitempty"`
	Reason   Text     `json:"reason,omitempty"`
}

// ItemReopened takes up again what was claimed, closed or otherwise ended.
type ItemReopened struct {
	Item   ItemID    `json:"item"`
	Was    ItemState `json:"was"`
	Reason Text      `json:"reason,omitempty"`
}

// ItemSuperseded is an end state: other items of the plan do its work. Several items superseded by one are merged, one
// superseded by several is split.
type ItemSuperseded struct {
	Item   ItemID   `json:"item"`
	By     []ItemID `json:"by"`
	Reason Text     `json:"reason,omitempty"`
}

// ItemCarriedForward is an end state here: the item goes on in another plan, with its identity, age and original date.
type ItemCarriedForward struct {
	Item   ItemID `json:"item"`
	Plan   PlanID `json:"plan"`
	To     ItemID `json:"to"`
	Reason Text   `json:"reason,omitempty"`
}

// Response is an organisation's answer to a recommendation.
type Response string

// The responses.
const (
	Agreed       Response = "agreed"
	PartlyAgreed Response = "partly_agreed"
	NotAgreed    Response = "not_agreed"
)

// ResponseGiven answers a recommendation, in words.
type ResponseGiven struct {
	Item     ItemID   `json:"item"`
	Response Response `json:"response"`
	Words    Text     `json:"words,omitempty"`
}

func (*ItemSuspended) Type() string    { return "item-suspended" }
func (e *ItemSuspended) about() ItemID { return e.Item }

func (*ItemResumed) Type() string    { return "item-resumed" }
func (e *ItemResumed) about() ItemID { return e.Item }

func (*ItemCancelled) Type() string    { return "item-cancelled" }
func (e *ItemCancelled) about() ItemID { return e.Item }

func (*CompletionClaimed) Type() string    { return "completion-claimed" }
func (e *CompletionClaimed) about() ItemID { return e.Item }

func (*CompletionVerified) Type() string    { return "completion-verified" }
func (e *CompletionVerified) about() ItemID { return e.Item }

func (*CompletionRefused) Type() string    { return "completion-refused" }
func (e *CompletionRefused) about() ItemID { return e.Item }

func (*ClosureAccepted) Type() string    { return "closure-accepted" }
func (e *ClosureAccepted) about() ItemID { return e.Item }

func (*ItemReopened) Type() string    { return "item-reopened" }
func (e *ItemReopened) about() ItemID { return e.Item }

func (*ItemSuperseded) Type() string    { return "item-superseded" }
func (e *ItemSuperseded) about() ItemID { return e.Item }

func (*ItemCarriedForward) Type() string    { return "item-carried-forward" }
func (e *ItemCarriedForward) about() ItemID { return e.Item }

func (*ResponseGiven) Type() string    { return "response-given" }
func (e *ResponseGiven) about() ItemID { return e.Item }
