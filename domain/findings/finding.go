package findings

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"plantrail/domain"
)

// Severity is how much a finding matters.
type Severity string

// The severities.
const (
	High   Severity = "high"
	Medium Severity = "medium"
	Low    Severity = "low"
)

// Rank orders severities, the gravest first; what is none comes last.
func (s Severity) Rank() int {
	switch s {
	case High:
		return 0
	case Medium:
		return 1
	case Low:
		return 2
	}
	return 3
}

// Finding is one thing that a rule found. It is true on the day on which it was computed, and has been since Since.
type Finding struct {
	ID       domain.FindingID `json:"finding" doc:"stays the same for the same thing: rule, item and the entry that it hangs on"`
	Plan     domain.PlanID    `json:"plan"`
	Rule     string           `json:"rule" doc:"R01 to R32"`
	Severity Severity         `json:"severity" enum:"high,medium,low"`
	Raised   bool             `json:"raised,omitempty" doc:"members asked, and the meeting at which they wanted the answer has passed"`
	Item     domain.ItemID    `json:"item,omitempty" doc:"absent when it is about the plan as a whole"`
	Ref      string           `json:"ref,omitempty" doc:"the item's reference, as printed"`
	Aim      string           `json:"aim,omitempty" doc:"the item's title"`
	Title    string           `json:"title" doc:"the rule in plain words"`
	Words    string           `json:"words" doc:"the facts"`
	Proof    []Proof          `json:"proof" doc:"the entries that prove it; the first is the one that it hangs on"`
	Clears   string           `json:"clears" doc:"what would clear it"`
	Policy   string           `json:"policy" doc:"the policy whose thresholds were used"`
	Since    domain.Date      `json:"since" doc:"the first day on which it was true"`
	Answer   *Answer          `json:"answer,omitempty"`
}

// Proof names an entry of the plan.
type Proof struct {
	Entry uint64         `json:"entry" doc:"its number in the plan's timeline"`
	Event domain.EventID `json:"event"`
}

// Answer is the last answer to a finding. Its words stand at the entry.
type Answer struct {
	Entry  uint64         `json:"entry"`
	Event  domain.EventID `json:"event"`
	By     domain.ActorID `json:"by"`
	On     domain.Date    `json:"on"`
	Until  domain.Date    `json:"until,omitzero" doc:"by when it was to be cleared"`
	Lapsed bool           `json:"lapsed,omitempty" doc:"that day has passed, and it is still true"`
	Words  string         `json:"words,omitempty"`
}

// idOf names what a rule found so that the name stays while more is recorded: rule, item, number of the entry.
func idOf(rule string, item domain.ItemID, entry uint64) domain.FindingID {
	number := strconv.FormatUint(entry, 10)
	name := string(item)
	if most := 64 - len(rule) - len(number) - 2; len(name) > most {
		sum := sha256.Sum256([]byte(name))
		name = strings.Trim(name[:most-9], "-") + "-" + hex.EncodeToString(sum[:4])
	}
	if name != "" {
		name += "-"
	}
	return domain.FindingID(strings.ToLower(rule) + "-" + name + number)
}
