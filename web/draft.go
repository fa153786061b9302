package web

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/domain/findings"
)

// DraftCommand is a command that is only tried.
type DraftCommand struct {
	Verb    string          `json:"verb" doc:"of a command of the plan: rate" maxLength:"64"`
	Command json.RawMessage `json:"command" doc:"its body"`
}

// DraftView is what a command would do.
type DraftView struct {
	Plan    domain.PlanID      `json:"plan"`
	Verb    string             `json:"verb"`
	Entries int                `json:"entries" doc:"it would record so many"`
	Judged  domain.Date        `json:"judged" doc:"the day on which the rules look at the plan: today"`
	Raised  []findings.Finding `json:"raised" doc:"what the rules would find that they don't find now; entries that are not recorded have ids that begin with draft"`
	Cleared []findings.Finding `json:"cleared" doc:"what they find now and would find no more"`
}

type draftInput struct {
	Plan string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
}

type drafted struct{ Body DraftView }

// decoder makes a command of a body.
type decoder func(body []byte) (domain.Command, error)

func decoderOf[C domain.Command](body []byte) (domain.Command, error) {
	var c C
	err := decodeBody(body, &c)
	return c, err
}

func (s *Server) registerDraft() {
	op := s.operation(http.MethodPost, "/v1/plans/{plan}/draft", about{id: "draft", tag: "commands", summary: "Try a command: would it be refused, and what would the rules find?",
		text:   "Nothing is recorded. A command that would be refused is refused here in the same words.",
		errors: commandErrors}, jsonRoute())
	s.takesJSON(&op, DraftCommand{"rate", json.RawMessage(`{"item":"action-1","to":"red","justification":"Nobody applied."}`)}, true)
	huma.Register(s.api, op, s.draft)
	op.Responses["200"].Description = "It would be recorded."
}

func (s *Server) draft(ctx context.Context, in *draftInput) (*drafted, error) {
	plan, err := domain.ParsePlanID(in.Plan)
	if err != nil {
		return nil, err
	}
	var want DraftCommand
	if err := decodeBody(callOf(ctx).body, &want); err != nil {
		return nil, err
	}
	decode, known := s.drafts[want.Verb]
	if !known {
		verbs := make([]string, 0, len(s.drafts))
		for verb := range s.drafts {
			verbs = append(verbs, verb)
		}
		slices.Sort(verbs)
		return nil, domain.Errorf(domain.Invalid, "verb", "there is no such command").WithHint("one of " + strings.Join(verbs, ", "))
	}
	do, err := decode(want.Command)
	if err != nil {
		return nil, err
	}
	call := callOf(ctx)
	id, err := Keyed{}.command()
	if err != nil {
		return nil, err
	}
	entries, err := s.deps.Service.Draft(ctx, domain.Order{Plan: plan, Actor: call.actor, Command: id, Correlation: call.id, Do: do})
	if err != nil {
		return nil, err
	}
	v := DraftView{Plan: plan, Verb: want.Verb, Entries: len(entries), Judged: s.today()}
	v.Raised, v.Cleared, err = s.deps.Reads.DraftFindings(ctx, plan, entries, v.Judged)
	return &drafted{v}, err
}
