package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
)

// The exit codes. They are stable: scripts rely on them.
const (
	exitDone      = 0
	exitFailed    = 1
	exitMisused   = 2
	exitNotFound  = 3
	exitRefused   = 4
	exitConflict  = 5
	exitForbidden = 6
	exitUnknown   = 7
	exitUnproved  = 8
)

var exitCodes = map[domain.Kind]int{
	domain.Internal:        exitFailed,
	domain.Unavailable:     exitFailed,
	domain.Invalid:         exitMisused,
	domain.TooLarge:        exitMisused,
	domain.NotFound:        exitNotFound,
	domain.Refused:         exitRefused,
	domain.Conflict:        exitConflict,
	domain.Reused:          exitConflict,
	domain.Unauthenticated: exitForbidden,
	domain.Forbidden:       exitForbidden,
	domain.Unknown:         exitUnknown,
}

func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if errors.As(err, new(*unproved)) {
		return exitUnproved
	}
	return exitCodes[domain.KindOf(err)]
}

func exitCodesTopic() *cobra.Command {
	return &cobra.Command{
		Use:   "exit-codes",
		Short: "What the exit codes say",
		Long: `plantrail ends with one of these codes:

  0  done (also when a command had been recorded before: its first receipt is given again)
  1  failed: a fault, or the server or its journal can't be reached or may not write now; nothing was recorded
  2  misused: the command line or the input is wrong; standard error names the place and what to do
  3  not found: there is no such plan, item, request, entry, token or data directory
  4  refused: well formed, but the plan's state or its rules forbid it, e.g. the plan is closed
  5  conflict: the plan is no longer at --if-version, or --key was used before for another command
  6  not allowed: no token, an unknown or ended token, or a role that does not cover it
  7  outcome unknown: it may or may not have been recorded; give the same command again with the --key that is printed
  8  not proved: what was to be verified was looked at, and something was altered, lost or left out

With --output json the error is one line of JSON on standard error (RFC 9457), with the same kind in its "type".`,
	}
}

// misuse is an error about the command line itself.
func misuse(field, format string, args ...any) *domain.Error {
	return domain.Errorf(domain.Invalid, field, format, args...)
}

// failure is a fault of the machine: a file, the network.
func failure(err error, format string, args ...any) *domain.Error {
	return domain.Errorf(domain.Internal, "", format, args...).Because(err)
}

// problem is RFC 9457 as the API speaks it.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status,omitempty"`
	Detail   string `json:"detail,omitempty"`
	Field    string `json:"field,omitempty"`
	Hint     string `json:"hint,omitempty"`
	Expected uint64 `json:"expected,omitempty"`
	Actual   uint64 `json:"actual,omitempty"`
	Command  string `json:"command,omitempty"`
}

const problemType = "/problems/"

// problemError is an answer of the API that is a problem; body is what the server said, byte for byte.
type problemError struct {
	said *domain.Error
	body []byte
}

// Error is the domain's sentence.
func (e *problemError) Error() string { return e.said.Error() }

// Unwrap gives the domain's error, so that its kind is found.
func (e *problemError) Unwrap() error { return e.said }

// asError reads a problem. An answer that is none (a proxy's page) becomes a plain failure.
func asError(status int, body []byte) error {
	var p problem
	if json.Unmarshal(body, &p) != nil || !strings.HasPrefix(p.Type, problemType) {
		return failure(nil, "the server answered with status %d and no explanation", status).
			WithHint("check that --server is a plantrail server")
	}
	e := &domain.Error{Kind: kindNamed(strings.TrimPrefix(p.Type, problemType)), Field: p.Field, Message: p.Detail, Hint: p.Hint,
		Expected: p.Expected, Actual: p.Actual}
	if e.Message == "" {
		e.Message = p.Title
	}
	return &problemError{e, body}
}

// kindNamed finds a kind by its stable name; a cursor of another history is a conflict. One that this binary does not know is a
// fault to it.
func kindNamed(name string) domain.Kind {
	if name == "reset" {
		return domain.Conflict
	}
	for k := range exitCodes {
		if k.String() == name {
			return k
		}
	}
	return domain.Internal
}

// complain writes an error to standard error: one sentence, or with --output json one line of JSON.
func (a *app) complain(err error) {
	if a.output == "json" {
		fmt.Fprintf(a.stderr, "%s\n", problemJSON(err))
		return
	}
	text := err.Error()
	if e := (*domain.Error)(nil); errors.As(err, &e) && e.Err != nil {
		text += " (" + e.Err.Error() + ")"
	}
	fmt.Fprintf(a.stderr, "plantrail: %s\n", oneLine(text))
}

func problemJSON(err error) []byte {
	if p := (*problemError)(nil); errors.As(err, &p) {
		return []byte(strings.TrimSpace(string(p.body)))
	}
	kind := domain.KindOf(err)
	p := problem{Type: problemType + kind.String(), Title: kind.String(), Detail: err.Error()}
	if errors.As(err, new(*unproved)) {
		p.Type, p.Title = problemType+"not-proved", "not-proved"
	}
	if e := (*domain.Error)(nil); errors.As(err, &e) {
		p.Detail, p.Field, p.Hint, p.Expected, p.Actual = e.Message, e.Field, e.Hint, e.Expected, e.Actual
	}
	b, _ := json.Marshal(p) // a struct of strings and numbers always encodes
	return b
}
