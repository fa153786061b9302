package domain

import (
	"context"
	"iter"
	"time"
)

// Order is one command as somebody gives it.
type Order struct {
	Plan        PlanID
	Actor       Actor
	Command     CommandID // the caller's; a repeat of the same id and command returns the first receipt
	IfVersion   *uint64   // the plan version (planseq) that the caller saw; nil: whatever it is now
	Correlation string
	Causation   string
	Do          Command
}

// Receipt says what was recorded.
type Receipt struct {
	Plan     PlanID    `json:"plan"`
	Command  CommandID `json:"command"`
	Position Position  `json:"position"` // of the command's last event
	Version  uint64    `json:"version"`  // the plan's version (planseq) after it
	Repeat   bool      `json:"repeat"`   // the command had been recorded before; nothing was recorded now
	Event    EventID   `json:"event"`    // the command's first event
}

var _ = time.Now
var _ context.Context
var _ iter.Seq[int]
