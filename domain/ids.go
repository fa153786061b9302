package domain

import (
	"fmt"
	"strings"
)

// PlanID names a plan, and so its history, within its organisation: 1 to 64 of a-z, 0-9 and "-".
// The reserved histories [People] and others start with "_", which no plan can.
type PlanID string

// ItemID names an item within its plan: 1 to 64 of a-z, 0-9 and "-".
type ItemID string

// OrgID names the organisation that a process serves: 1 to 64 of a-z, 0-9 and "-".
type OrgID string

// RequestID names a members' request within its plan, ResolutionID a resolution, MeetingID a meeting, FindingID a finding,
// EvidenceID a file of evidence, HoldID a legal hold, BundleID an issued bundle; all as [ItemID].
type (
	RequestID    string
	ResolutionID string
	MeetingID    string
	FindingID    string
	EvidenceID   string
	HoldID       string
	BundleID     string
)

// ActorID is the opaque id of whoever acts: a registered person ("p-7f3a9c2e"), an operating-system user ("os-1000")
// or a part of plantrail itself ("system"). It holds no name: the name is an erasable text in the history [People].
type ActorID string

// TokenID names a bearer token; it is not the secret.
type TokenID string

// EventID is a UUIDv7 in its canonical text form, given by the journal at append.
type EventID string

// CommandID is the caller's id of a command, the Idempotency-Key of HTTP: 1 to 64 of A-Z, a-z, 0-9 and "-_.:".
// A command id is remembered for ever in the history that it changed.
type CommandID string

// Position is an event's place in the organisation's whole history: the stream sequence, from 1.
// Leaf i of the Merkle log is the event at position i+1. Zero is "before everything".
type Position uint64

// Hash is an RFC 6962 leaf hash: SHA-256 over a zero byte and the event's stored bytes.
type Hash [32]byte

// The reserved histories: persons and their tokens; and the log's own affairs, such as keys and repairs.
const (
	People PlanID = "_people"
	Log    PlanID = "_log"
)

// Reserved reports whether the history belongs to no plan.
func (p PlanID) Reserved() bool { return strings.HasPrefix(string(p), "_") }

const idRule = "1 to 64 characters of a-z, 0-9 and -"

func isID(s string) bool {
	if len(s) == 0 || len(s) > 64 {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// parseID is the one gate through which a typed id passes on its way to a subject, a path or a key.
func parseID[T ~string](field, s string) (T, error) {
	if !isID(s) {
		return "", Errorf(Invalid, field, "%s is not an id", quote(s)).WithHint("use " + idRule)
	}
	return T(s), nil
}

// ParsePlanID checks a typed plan id. Reserved histories are refused.
func ParsePlanID(s string) (PlanID, error) { return parseID[PlanID]("plan", s) }

// ParseItemID checks a typed item id.
func ParseItemID(s string) (ItemID, error) { return parseID[ItemID]("item", s) }

// ParseOrgID checks a typed organisation id.
func ParseOrgID(s string) (OrgID, error) { return parseID[OrgID]("org", s) }

// ParseCommandID checks a caller's command id.
func ParseCommandID(s string) (CommandID, error) {
	ok := len(s) > 0 && len(s) <= 64
	for i := 0; ok && i < len(s); i++ {
		c := s[i]
		ok = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.:", c) >= 0
	}
	if !ok {
		return "", Errorf(Invalid, "command", "%s is not a command id", quote(s)).
			WithHint("use 1 to 64 characters of A-Z, a-z, 0-9 and -_.:")
	}
	return CommandID(s), nil
}

// Slug makes an id of a title: "Service Development Plan 2019-20" becomes "service-development-plan-2019-20".
// It returns "" when nothing usable is left.
func Slug(title string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(title) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 64 {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}

// quote shows user input in an error, shortened: errors may be logged and must stay one line.
func quote(s string) string {
	if len(s) > 40 {
		s = strings.ToValidUTF8(s[:40], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}
