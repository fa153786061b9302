package evidence

import (
	"fmt"
	"slices"
	"strings"
)

// Options are what a verifier knows from elsewhere.
type Options struct {
	// Trusted are verifier keys of the log that didn't come with the bundle. Without any, the verdict is only as good as
	// the key in the bundle, and says so.
	Trusted []string
}

// Check is one step of a verdict.
type Check struct {
	Name   string // container, signature, root, inclusion, completeness, disclosures or files
	Status Status
	Detail string // what was found, or why not, in plain words
}

// Status is what came of a check.
type Status string

// The statuses. After one failure the rest is not reached: it would only repeat it in other words.
const (
	Passed     Status = "ok"
	Failed     Status = "FAILED"
	NotReached Status = "-"
)

// Verdict is what Verify found.
type Verdict struct {
	Plan       string
	Last       int64      // the plan's last event, when completeness passed
	HeadIndex  int64      // place in the log of the event that states so
	Checkpoint Checkpoint // when root passed
	Key        string     // name and hash of the log's key
	Trusted    bool       // it is one of those given
	Checks     []Check
}

// OK reports whether every check passed. Look at Trusted, too.
func (v Verdict) OK() bool {
	return !slices.ContainsFunc(v.Checks, func(c Check) bool { return c.Status != Passed })
}

// Failure is the check that failed, nil if none did.
func (v Verdict) Failure() *Check {
	for i := range v.Checks {
		if v.Checks[i].Status == Failed {
			return &v.Checks[i]
		}
	}
	return nil
}

// String is the verdict as printed, the same as verify.sh prints: a line a check and the sum.
func (v Verdict) String() string {
	var b strings.Builder
	for _, c := range v.Checks {
		fmt.Fprintf(&b, "%-6s  %s", c.Status, c.Name)
		if c.Detail != "" {
			b.WriteString(": " + c.Detail)
		}
		b.WriteString("\n")
	}
	switch f := v.Failure(); {
	case f != nil:
		fmt.Fprintf(&b, "REFUSED at %s\n", f.Name)
	case v.Trusted:
		fmt.Fprintf(&b, "VERIFIED: plan %s, complete from event 1 to %d\n", v.Plan, v.Last)
	default:
		fmt.Fprintf(&b, "VERIFIED: plan %s, complete from event 1 to %d, if the log's key is %s: compare it with what you were told elsewhere\n", v.Plan, v.Last, v.Key)
	}
	return b.String()
}
