package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
)

// ProblemType says what the type of a [Problem] means: it is served at that type.
type ProblemType struct {
	Type   string `json:"type" example:"/problems/conflict" doc:"as in the problem"`
	Title  string `json:"title" example:"The plan has moved on"`
	Status int    `json:"status" example:"409" doc:"the HTTP status that it mostly comes with"`
	ToDo   string `json:"to_do" example:"look at the plan again, then decide again" doc:"what to do about any problem of this type; its own hint says more"`
}

// A reset is the one type that only feeds have: of a cursor.
const resetType, resetTitle = "/problems/reset", "The history is not the one that was read"

// toDo is what to do about each kind of error, by its name.
var toDo = map[string]string{
	"internal":        "give the reference in the detail to whoever runs the server: the log has the cause under it; nothing was recorded",
	"invalid":         "mend what field names, as hint says; the same request again gives the same answer",
	"not-found":       "look at the id that field names; after your own write, give min_position",
	"refused":         "do first what hint says; the same request again gives the same answer until the plan has changed",
	"conflict":        "look at the plan again, then decide again; actual is its version now",
	"reused":          "take another Idempotency-Key: this one was used for another command",
	"unauthenticated": "send a token: Authorization: Bearer …",
	"forbidden":       "ask somebody whose role covers it",
	"too-large":       "send less at once: the detail states the limit",
	"unavailable":     "nothing was recorded: send the same again with the same Idempotency-Key, not before Retry-After",
	"unknown-outcome": "it may have been recorded: send the same again with the same Idempotency-Key; it can't be recorded twice",
	"reset":           "drop what you hold of events after the position actual, and read on from there",
}

type problemInput struct {
	Kind string `path:"kind" doc:"the last part of a problem's type" example:"conflict"`
}

type problemAnswer struct{ Body ProblemType }

// registerProblems serves what each type of problem means, to anyone: whoever has one may not have got in.
func (s *Server) registerProblems() {
	op := s.operation(http.MethodGet, "/problems/{kind}", about{id: "problem", tag: "operation", summary: "What a type of problem means, and what to do", errors: []int{404}}, route{})
	huma.Register(s.api, op, func(_ context.Context, in *problemInput) (*problemAnswer, error) {
		for kind, look := range faces {
			if kind.String() == in.Kind {
				return &problemAnswer{ProblemType{"/problems/" + in.Kind, look.title, look.status, toDo[in.Kind]}}, nil
			}
		}
		if resetType == "/problems/"+in.Kind {
			return &problemAnswer{ProblemType{resetType, resetTitle, http.StatusConflict, toDo[in.Kind]}}, nil
		}
		return nil, domain.Errorf(domain.NotFound, "kind", "there is no such type of problem").WithHint("/openapi.json lists what there is")
	})
}
