package domain

// AttachEvidence puts a stored file of evidence beside an item. Left out, its id is the next free evidence-NN. The file must
// be in the object store before: a file without its event is harmless, an event without its file would be a loss.
type AttachEvidence struct {
	Basis
	Evidence  EvidenceID `json:"evidence,omitempty"`
	Item      ItemID     `json:"item"`
	SHA256    string     `json:"sha256"`
	Size      int64      `json:"size"`
	MediaType string     `json:"media_type"`
	Dated     Date       `json:"dated,omitzero"`
	Title     Text       `json:"title"`
	File      Text       `json:"file,omitempty"`
}

// WithdrawEvidence says that a file no longer supports what is said of its item.
type WithdrawEvidence struct {
	Basis
	Evidence EvidenceID `json:"evidence"`
	Reason   Text       `json:"reason" maxLength:"65536"`
}

// EraseText asks for a text to be destroyed: it needs a reason and an authority, and no hold on the plan. What destroys it
// then says so with [CompleteErasure].
type EraseText struct {
	Basis
	Entry  string `json:"entry" doc:"the entry's number in the plan's timeline, or its event id"`
	Field  string `json:"field" doc:"the text's name: title, justification, ..." maxLength:"64"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// CompleteErasure says that a requested erasure has been done.
type CompleteErasure struct {
	Basis
	Of    EventID `json:"of"`
	Field string  `json:"field"`
}

// SetHold forbids erasing in a plan. Left out, its id is the next free hold-NN.
type SetHold struct {
	Basis
	Hold   HoldID `json:"hold,omitempty"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// ReleaseHold ends a hold.
type ReleaseHold struct {
	Basis
	Hold   HoldID `json:"hold"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

// IssueBundle records that somebody takes an evidence bundle. Left out, its id is the next free bundle-NN.
type IssueBundle struct {
	Basis
	Bundle BundleID `json:"bundle,omitempty"`
	Item   ItemID   `json:"item,omitempty" doc:"left out: the whole plan"`
	AsAt   Position `json:"as_at,omitempty" doc:"the position that its report shows; left out: the plan as it stands"`
	// Contents seals the files that go with the events; the server makes it.
	Contents string `json:"contents"`
	For      Text   `json:"for,omitempty" doc:"who takes it" maxLength:"65536"`
	Reason   Text   `json:"reason" doc:"why it is taken" maxLength:"65536"`
}

// AdoptKey makes a key the one that signs checkpoints from now on, in the history [Log].
type AdoptKey struct {
	Basis
	Key string `json:"key"`
}

// RecordRepair records that lost leaves were put back, in the history [Log].
type RecordRepair struct {
	Basis
	HistoryRepaired
}

// WaiveEvidence says that an item needs no evidence to be complete. It counts for claims made after it.
type WaiveEvidence struct {
	Basis
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason" maxLength:"65536"`
}

func (AttachEvidence) Verb() string   { return "attach-evidence" }
func (WithdrawEvidence) Verb() string { return "withdraw-evidence" }
func (EraseText) Verb() string        { return "erase-text" }
func (CompleteErasure) Verb() string  { return "complete-erasure" }
func (SetHold) Verb() string          { return "set-hold" }
func (ReleaseHold) Verb() string      { return "release-hold" }
func (IssueBundle) Verb() string      { return "issue-bundle" }
func (AdoptKey) Verb() string         { return "adopt-key" }
func (RecordRepair) Verb() string     { return "record-repair" }
func (WaiveEvidence) Verb() string    { return "waive-evidence" }
