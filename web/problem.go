package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
)

// Problem is an error as it leaves the house: RFC 9457 problem details. Type is "/problems/" and the name of a
// [domain.Kind]; new members may be added, so readers ignore those that they don't know.
//
// It never holds a secret, a stack, the words of a cause, or the value that was refused.
type Problem struct {
	Type     string           `json:"type" example:"/problems/conflict" format:"uri-reference" doc:"/problems/ and the kind of error, the same for all of that kind"`
	Title    string           `json:"title" example:"The plan has moved on" doc:"the kind of error in words"`
	Status   int              `json:"status" example:"412" doc:"the HTTP status"`
	Detail   string           `json:"detail" example:"the plan is at version 43, not 42" doc:"what is wrong, for a person"`
	Field    string           `json:"field,omitempty" example:"If-Match" doc:"the place: a JSON field, a parameter, a line"`
	Hint     string           `json:"hint,omitempty" example:"look at the plan again, then decide" doc:"what to do about it"`
	Expected *uint64          `json:"expected,omitempty" example:"42" doc:"of a conflict: the plan version that the caller expected"`
	Actual   *uint64          `json:"actual,omitempty" example:"43" doc:"of a conflict: the plan version now"`
	Command  domain.CommandID `json:"command,omitempty" example:"01a20410-d495-7bd3-9315-6e28e0584c75" doc:"the command's id: ask with it again"`

	headers http.Header
	cause   error // for the log
}

// face is how one kind of error looks over HTTP.
type face struct {
	status int
	title  string
	header http.Header
}

// faces is the one table from kinds to statuses. A Conflict is 412 when the caller sent If-Match.
var faces = map[domain.Kind]face{
	domain.Internal:        {http.StatusInternalServerError, "A fault of the server", nil},
	domain.Invalid:         {http.StatusBadRequest, "The request is wrong", nil},
	domain.NotFound:        {http.StatusNotFound, "There is no such thing", nil},
	domain.Refused:         {http.StatusConflict, "The plan's state or rules forbid it", nil},
	domain.Conflict:        {http.StatusConflict, "The plan has moved on", nil},
	domain.Reused:          {http.StatusUnprocessableEntity, "The command id was used for another command", nil},
	domain.Unauthenticated: {http.StatusUnauthorized, "Who are you?", http.Header{"Www-Authenticate": {`Bearer realm="plantrail"`}}},
	domain.Forbidden:       {http.StatusForbidden, "Not allowed", nil},
	domain.TooLarge:        {http.StatusRequestEntityTooLarge, "Over a limit", nil},
	domain.Unavailable:     {http.StatusServiceUnavailable, "Not possible just now", http.Header{"Retry-After": {"2"}}},
	domain.Unknown:         {http.StatusServiceUnavailable, "The outcome is not known", http.Header{"Retry-After": {"2"}}},
}

// Error makes a Problem an error that a handler can return.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is huma's way to ask for the status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the same whatever the caller would have liked: there is no CSV of a problem.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// commanded is an error of a command whose id the caller needs to ask again.
type commanded struct {
	error
	id domain.CommandID
}

func (c commanded) Unwrap() error { return c.error }

// problemOf turns any error into what may be shown of it. It is the only way from an error to a response. Reference is the
// request's id, under which the log has the whole story; conditional says that the caller sent If-Match.
func problemOf(err error, reference string, conditional bool) *Problem {
	if p := (*Problem)(nil); errors.As(err, &p) {
		return p
	}
	e := shown(err, reference)
	look := faces[e.Kind]
	p := &Problem{Type: "/problems/" + e.Kind.String(), Title: look.title, Status: look.status,
		Detail: e.Message, Field: e.Field, Hint: e.Hint, headers: look.header, cause: err}
	if e.Kind == domain.Conflict {
		p.Expected, p.Actual = &e.Expected, &e.Actual
		if conditional {
			p.Status = http.StatusPreconditionFailed
		}
	}
	if c := (commanded{}); errors.As(err, &c) {
		p.Command = c.id
	}
	return p
}

// shown is the part of an error that is meant for the caller.
func shown(err error, reference string) *domain.Error {
	tooBig := (*http.MaxBytesError)(nil)
	e := (*domain.Error)(nil)
	switch {
	case errors.As(err, &tooBig):
		return tooLarge(tooBig.Limit)
	case errors.As(err, &e) && e.Kind != domain.Internal:
		return e
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return domain.Errorf(domain.Unavailable, "", "the request took too long or was given up").WithHint("try again")
	}
	return domain.Errorf(domain.Internal, "", "something went wrong in the server; its log tells more under %s", reference).
		WithHint("give this id to whoever runs the server")
}

func tooLarge(limit int64) *domain.Error {
	return domain.Errorf(domain.TooLarge, "body", "the request's body is over the limit of %d bytes", limit).
		WithHint("send less, or in parts")
}

// refusal is a Problem of HTTP itself: a method, a media type, a path. Its status is not that of its kind.
func refusal(status int, kind domain.Kind, field, hint, format string, args ...any) *Problem {
	return &Problem{Type: "/problems/" + kind.String(), Title: http.StatusText(status), Status: status,
		Detail: fmt.Sprintf(format, args...), Field: field, Hint: hint}
}

// humaError replaces huma's own errors, which show causes in 500s and echo refused values in 422s.
func humaError(ctx huma.Context, status int, message string, errs ...error) huma.StatusError {
	err := humaCause(status, message, errs)
	if ctx == nil {
		return problemOf(err, "", false)
	}
	c := callOf(ctx.Context())
	p := c.fail(err)
	for name, values := range p.headers {
		ctx.SetHeader(name, values[0])
	}
	return p
}

func humaCause(status int, message string, errs []error) error {
	detail := (*huma.ErrorDetail)(nil)
	for _, err := range errs {
		if !errors.As(err, &detail) {
			return err
		}
	}
	if detail == nil && status >= http.StatusInternalServerError {
		return errors.New(message)
	}
	if detail == nil {
		return domain.Errorf(domain.Invalid, "body", "%s", message).WithHint("send one JSON object")
	}
	// The details are about parameters only: bodies are decoded by this package. Their values stay inside.
	_ = errors.As(errs[0], &detail)
	_, field, _ := strings.Cut(detail.Location, ".")
	e := domain.Errorf(domain.Invalid, field, "%s", detail.Message)
	if len(errs) > 1 {
		e.Message += fmt.Sprintf(" (and %d more)", len(errs)-1)
	}
	if detail.Message == "unknown query parameter" {
		return e.WithHint("/openapi.json lists the parameters")
	}
	return e.WithHint(inOpenAPI)
}

func init() {
	// huma keeps these as variables of its package: the only way to give it another error.
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return humaError(nil, status, message, errs...)
	}
	huma.NewErrorWithContext = humaError
	huma.DefaultArrayNullable = false
}
