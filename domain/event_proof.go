package domain

// PaperImported says that the other events of its command were read from a document.
type PaperImported struct {
	SHA256 string `json:"sha256"` // of the file's bytes, hex
	Size   int64  `json:"size"`   // bytes
	Format string `json:"format"` // text-pipe, text-blank, csv, ...
	Rows   int    `json:"rows"`
	// Columns is how its columns were read: what each header was taken for. The next copy of it is read the same way.
	Columns map[string]string `json:"columns,omitempty"`
	Source  Text              `json:"source,omitempty"` // the file's name
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

// EvidenceWaived says that an item needs no evidence to be complete. It counts for claims made after it.
type EvidenceWaived struct {
	Item   ItemID `json:"item"`
	Reason Text   `json:"reason,omitempty"`
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
	Item    ItemID   `json:"item,omitempty"`  // "" for the whole plan
	AsAt    Position `json:"as_at,omitempty"` // what its report shows; 0 for the plan as it stands
	HeadSeq uint64   `json:"head_seq"`        // the plan's version that the bundle shows
	HeadAt  Position `json:"head_at"`         // and the position of that event
	Head    string   `json:"head"`            // and its leaf hash, base64
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
	Source string   `json:"source"` // tiles, bundle, backup, replica, or nothing else than what was left
	Root   string   `json:"root"`   // base64, of the checkpoint it was held against
	Size   uint64   `json:"size"`
}

func (*PaperImported) Type() string  { return "paper-imported" }
func (*PaperImported) about() ItemID { return "" }

func (*CommandVoided) Type() string  { return "command-voided" }
func (*CommandVoided) about() ItemID { return "" }

func (*EvidenceAttached) Type() string    { return "evidence-attached" }
func (e *EvidenceAttached) about() ItemID { return e.Item }

func (*EvidenceWithdrawn) Type() string    { return "evidence-withdrawn" }
func (e *EvidenceWithdrawn) about() ItemID { return e.Item }

func (*EvidenceWaived) Type() string    { return "evidence-waived" }
func (e *EvidenceWaived) about() ItemID { return e.Item }

func (*ErasureRequested) Type() string    { return "erasure-requested" }
func (e *ErasureRequested) about() ItemID { return e.Item }

func (*ErasureCompleted) Type() string    { return "erasure-completed" }
func (e *ErasureCompleted) about() ItemID { return e.Item }

func (*HoldSet) Type() string  { return "hold-set" }
func (*HoldSet) about() ItemID { return "" }

func (*HoldReleased) Type() string  { return "hold-released" }
func (*HoldReleased) about() ItemID { return "" }

func (*BundleIssued) Type() string    { return "bundle-issued" }
func (e *BundleIssued) about() ItemID { return e.Item }

func (*KeyAdopted) Type() string  { return "key-adopted" }
func (*KeyAdopted) about() ItemID { return "" }

func (*HistoryRepaired) Type() string  { return "history-repaired" }
func (*HistoryRepaired) about() ItemID { return "" }
