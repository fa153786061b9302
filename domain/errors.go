package domain

import (
	"errors"
	"fmt"
)

// Kind sorts errors by what the caller can do about them. One table in each face maps it to a status or exit code.
type Kind int

// The kinds of error that cross the domain's edge.
const (
	Internal        Kind = iota // a fault of ours: everything that is not one of the others
	Invalid                     // the input itself is wrong: mend it
	NotFound                    // there is no such plan, item, request, entry
	Refused                     // well formed, but the plan's state or its rules forbid it
	Conflict                    // the plan moved on since the caller looked: look again
	Reused                      // the command id was used before, for another command
	Unauthenticated             // who are you?
	Forbidden                   // you may not
	TooLarge                    // over a stated limit
	Unavailable                 // the journal can't be reached or may not write now: nothing was recorded, try later
	Unknown                     // the outcome is not known: ask again with the same command id
)

var kindNames = [...]string{"internal", "invalid", "not-found", "refused", "conflict", "reused", "unauthenticated",
	"forbidden", "too-large", "unavailable", "unknown-outcome"}

// String is the kind's stable name, as in problem types and exit code tables.
func (k Kind) String() string { return kindNames[k] }

// Error is the one error type at the domain's edge.
//
// Message says what is wrong, for a person; Field the place (a command's JSON field, or "line 7", "row 3"); Hint what to do.
// Expected and Actual are plan versions (planseq), set for a Conflict. Neither field may hold personal text beyond the
// few characters of input needed to find the place.
type Error struct {
	Kind             Kind
	Field            string
	Message          string
	Hint             string
	Expected, Actual uint64
	Err              error // the cause, for logs; may be nil
}

// Errorf makes an [Error] of a kind about a field ("" for none).
func Errorf(k Kind, field, format string, args ...any) *Error {
	return &Error{Kind: k, Field: field, Message: fmt.Sprintf(format, args...)}
}

// WithHint returns e, saying what to do.
func (e *Error) WithHint(hint string) *Error { e.Hint = hint; return e }

// Because returns e with its cause.
func (e *Error) Because(err error) *Error { e.Err = err; return e }

// Error is "field: message: hint".
func (e *Error) Error() string {
	s := e.Message
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of an error; whatever is not an [Error] is Internal.
func KindOf(err error) Kind {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}
