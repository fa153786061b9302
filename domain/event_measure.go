package domain

// MeasureDefined says what a measure is, or changes it: then From is the target that it had, and a reason says why.
type MeasureDefined struct {
	Item       ItemID `json:"item"`
	Unit       string `json:"unit,omitempty"` // "%", "days", "cases a worker"
	Better     Better `json:"better,omitempty"`
	Baseline   Amount `json:"baseline,omitempty"`
	Target     Amount `json:"target,omitempty"`
	From       Amount `json:"from,omitempty"`
	Contextual bool   `json:"contextual,omitempty"` // it informs; no action has to reach it
	Reason     Text   `json:"reason,omitempty"`
}

// MeasureRead is a reading of a measure; the stated date is that of the reading.
type MeasureRead struct {
	Item  ItemID `json:"item"`
	Value Amount `json:"value"`
	Words Text   `json:"words,omitempty"` // as printed: "currently averaging around 17"
}

func (*MeasureDefined) Type() string    { return "measure-defined" }
func (e *MeasureDefined) about() ItemID { return e.Item }

func (*MeasureRead) Type() string    { return "measure-read" }
func (e *MeasureRead) about() ItemID { return e.Item }
