package web

import (
	"context"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
)

// about is the description of an operation, for people.
type about struct {
	id, tag, summary, text string
	errors                 []int // beyond those that every operation has
	csv, versioned         bool
}

// operation begins an OpenAPI operation: its words, its errors, who may call it.
func (s *Server) operation(method, path string, a about, r route) huma.Operation {
	pattern := method + " " + path
	r.csv = a.csv
	s.open(pattern, r)
	op := huma.Operation{Method: method, Path: path, OperationID: a.id, Summary: a.summary, Tags: []string{a.tag},
		Description: strings.TrimSpace(a.text + "\n\n" + roleWords[s.routes[pattern].least]),
		Responses:   map[string]*huma.Response{}, SkipValidateBody: true}
	codes := append([]int{400, 405, 500, 503}, a.errors...)
	if s.routes[pattern].least == anyone {
		op.Security = []map[string][]string{}
	} else {
		codes = append(codes, 401, 403)
	}
	for _, code := range codes {
		op.Responses[strconv.Itoa(code)] = &huma.Response{Ref: "#/components/responses/" + responseName(code)}
	}
	return op
}

// roleWords say for people who may call a route.
var roleWords = func() map[domain.Role]string {
	words := map[domain.Role]string{anyone: "Open to anyone."}
	for _, right := range domain.Roles() {
		var who []string
		for _, role := range domain.Roles() {
			if role.Covers(right) {
				who = append(who, string(role))
			}
		}
		words[right] = "For the roles " + strings.Join(who, ", ") + "."
	}
	return words
}()

// Reading is what every question can be asked with.
type Reading struct {
	MinPosition uint64 `query:"min_position" doc:"wait, for at most 2 seconds, until the answer shows this position: the Plantrail-Position of one's own write"`
}

func (r Reading) least() domain.Position { return domain.Position(r.MinPosition) }

// Tabled is a question whose answer is a list, and so can be had as CSV.
type Tabled struct {
	Format string `query:"format" enum:"json,csv" doc:"json or csv; left out, what Accept says"`
}

// Seen is a question about a plan whose version the caller may have already.
type Seen struct {
	IfNoneMatch string `header:"If-None-Match" doc:"the ETag of an answer that the caller still has" example:"\"42\""`
}

func (v Seen) has(tag string) bool {
	for _, one := range strings.Split(v.IfNoneMatch, ",") {
		one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
		if one == tag || one == "*" {
			return true
		}
	}
	return false
}

// answer is the answer to a question.
type answer[T any] struct {
	Status   int
	ETag     string `header:"ETag" doc:"of a plan: its version, in quotes; send it as If-Match with a command, or as If-None-Match"`
	Position uint64 `header:"Plantrail-Position" doc:"the position that the answer shows, at least"`
	Link     string `header:"Link" doc:"of a list with more to come: the next page"`
	Body     T
}

// query registers a question. The same question answers JSON and, when it is a list, CSV.
func query[I interface{ least() domain.Position }, O any](s *Server, path string, a about, ask func(context.Context, *I) (O, error)) {
	op := s.operation(http.MethodGet, path, a, route{})
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*answer[O], error) {
		if err := s.waitFor(ctx, (*in).least()); err != nil {
			return nil, err
		}
		before := s.position(ctx) // read first, so that the answer shows at least this
		got, err := ask(ctx, in)
		if err != nil {
			return nil, err
		}
		out := &answer[O]{Status: http.StatusOK, Body: got, Position: uint64(before)}
		out.describe(ctx, any(*in))
		return out, nil
	})
	s.documentAnswer(op, a)
}

// describe adds to an answer what its headers say of it.
func (out *answer[T]) describe(ctx context.Context, in any) {
	version := uint64(0)
	switch v := any(out.Body).(type) {
	case projections.PlanView:
		version = v.Version
	case projections.AmberTable:
		version = v.Version
	case projections.ItemHistory:
		version = v.PlanMoment.Version
	case projections.Page[projections.Entry]:
		out.Link = nextLink(callOf(ctx).r.URL, v.Next)
	case projections.Page[findings.Finding]:
		out.Link = nextLink(callOf(ctx).r.URL, v.Next)
	case AccessView:
		out.Link = nextLink(callOf(ctx).r.URL, v.Next)
	case projections.Page[projections.Hit]:
		out.Link = nextLink(callOf(ctx).r.URL, v.Next)
	}
	if version == 0 {
		return
	}
	out.ETag = etag(version)
	if caller, ok := in.(interface{ has(string) bool }); ok && caller.has(out.ETag) {
		out.Status = http.StatusNotModified
	}
}

func nextLink(u *url.URL, next string) string {
	if next == "" {
		return ""
	}
	q := u.Query()
	q.Set("after", next)
	return "<" + u.EscapedPath() + "?" + q.Encode() + `>; rel="next"`
}

// documentAnswer adds what huma can't know of a registered question: its other forms, and that ETag and Link are optional.
func (s *Server) documentAnswer(op huma.Operation, a about) {
	ok := op.Responses["200"]
	ok.Description = "The answer."
	if !a.versioned {
		delete(ok.Headers, "ETag")
	} else {
		op.Responses["304"] = &huma.Response{Description: "The caller's copy is still right."}
	}
	if a.csv {
		ok.Content["text/csv"] = &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
	}
	if !strings.Contains(op.Path, "timeline") && !strings.Contains(op.Path, "search") && op.Path != "/v1/findings" && op.Path != "/v1/access" {
		delete(ok.Headers, "Link")
	}
}

// takesJSON makes a struct the body of an operation, with an example that is also sent by the tests.
func (s *Server) takesJSON(op *huma.Operation, example any, required bool) {
	t := reflect.TypeOf(example)
	op.RequestBody = &huma.RequestBody{Required: required, Content: map[string]*huma.MediaType{"application/json": {
		Schema: s.api.OpenAPI().Components.Schemas.Schema(t, true, t.Name()), Example: example}}}
}

func jsonRoute() route { return route{body: jsonLimit, media: "application/json"} }

// commandErrors are the errors that only commands have.
var commandErrors = []int{404, 408, 409, 412, 413, 415, 422}

func responseName(code int) string {
	return strings.ReplaceAll(http.StatusText(code), " ", "")
}

// errorCodes are all codes that some operation names.
var errorCodes = slices.Concat([]int{400, 401, 403, 405, 500, 503}, commandErrors)
