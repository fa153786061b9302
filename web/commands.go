package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"plantrail/domain"
)

// commandInput is what comes beside the body of a command.
type commandInput struct {
	Plan string `path:"plan" doc:"the plan's id: 1 to 64 of a-z, 0-9 and -" example:"sdp-2019-20"`
	Conditions
}

// Keyed is a command's id.
type Keyed struct {
	Key string `header:"Idempotency-Key" doc:"the command's id, 1 to 64 of A-Z a-z 0-9 -_.: ; the same id and command again gives the first receipt; left out, the server makes one"`
}

// command is the id that the caller gave, or a new one: a UUIDv7, sorted by time.
func (k Keyed) command() (domain.CommandID, error) {
	if k.Key == "" {
		return domain.CommandID(uuid.Must(uuid.NewV7()).String()), nil
	}
	id, err := domain.ParseCommandID(k.Key)
	return id, at("Idempotency-Key", err)
}

// conditions are under which a command is to be recorded.
type Conditions struct {
	Keyed
	IfMatch string `header:"If-Match" doc:"the plan's version that the caller saw, in quotes as in ETag; * for: the plan must exist" example:"\"42\""`
}

// version is the version that If-Match names; nil for none and for *.
func (c Conditions) version() (*uint64, error) {
	if c.IfMatch == "" || c.IfMatch == "*" {
		return nil, nil
	}
	text, quoted := strings.CutPrefix(c.IfMatch, `"`)
	text, closed := strings.CutSuffix(text, `"`)
	n, err := strconv.ParseUint(text, 10, 64)
	if !quoted || !closed || err != nil {
		return nil, domain.Errorf(domain.Invalid, "If-Match", "this is not a plan's version").
			WithHint(`send the ETag of the plan as it was given: If-Match: "42"`)
	}
	return &n, nil
}

// exists is the outcome under If-Match: *, which asks that the plan is there.
func (c Conditions) exists(verb string, err error) error {
	if c.IfMatch != "*" {
		return err
	}
	if verb == (domain.OpenPlan{}).Verb() || domain.KindOf(err) == domain.NotFound && strings.HasPrefix(fieldOf(err), "plan") {
		return domain.Errorf(domain.Conflict, "If-Match", "* asks that the plan exists before the command").
			WithHint("leave If-Match out to open a plan")
	}
	return err
}

// receipt is the answer to a command.
type receipt struct {
	Status   int
	ETag     string `header:"ETag" doc:"the plan's version after the command, in quotes"`
	Position uint64 `header:"Plantrail-Position" doc:"the position of what was recorded: give it as min_position to read it"`
	Body     domain.Receipt
}

func receiptOf(r domain.Receipt) *receipt {
	status := http.StatusCreated
	if r.Repeat {
		status = http.StatusOK
	}
	return &receipt{Status: status, ETag: etag(r.Version), Position: uint64(r.Position), Body: r}
}

// command registers a command of the domain: its path is its verb, its body its struct.
func command[C domain.Command](s *Server, summary, text string, example C) {
	commandThen(s, summary, text, example, func(context.Context, domain.Receipt) error { return nil })
}

// commandThen is command with something to do before the answer, once it is recorded. It is also done for a repeat.
func commandThen[C domain.Command](s *Server, summary, text string, example C, then func(context.Context, domain.Receipt) error) {
	s.drafts[example.Verb()] = decoderOf[C]
	path := "/v1/plans/{plan}/" + example.Verb()
	op := s.operation(http.MethodPost, path, about{id: example.Verb(), tag: "commands", summary: summary, text: text, errors: commandErrors}, jsonRoute())
	op.DefaultStatus = http.StatusCreated
	s.takesJSON(&op, example, true)
	huma.Register(s.api, op, func(ctx context.Context, in *commandInput) (*receipt, error) {
		plan, err := domain.ParsePlanID(in.Plan)
		if err != nil {
			return nil, err
		}
		var c C
		if err := decodeBody(callOf(ctx).body, &c); err != nil {
			return nil, err
		}
		got, err := s.do(ctx, plan, in.Conditions, c)
		if err != nil {
			return nil, err
		}
		if err := then(ctx, got); err != nil {
			return nil, commanded{err, got.Command}
		}
		return receiptOf(got), nil
	})
	documentRepeat(op)
}

func documentRepeat(op huma.Operation) {
	op.Responses["201"].Description = "It is recorded."
	repeat := *op.Responses["201"]
	repeat.Description = "It had been recorded before, under the same id: the first receipt."
	op.Responses["200"] = &repeat
}

// do gives a command to the service as the caller's. An error carries the command's id.
func (s *Server) do(ctx context.Context, plan domain.PlanID, c Conditions, what domain.Command) (domain.Receipt, error) {
	id, err := c.command()
	if err != nil {
		return domain.Receipt{}, err
	}
	version, err := c.version()
	if err != nil {
		return domain.Receipt{}, err
	}
	if what.Verb() == (domain.OpenPlan{}).Verb() && c.IfMatch == "*" {
		return domain.Receipt{}, commanded{c.exists(what.Verb(), nil), id}
	}
	call := callOf(ctx)
	got, err := s.deps.Service.Do(ctx, domain.Order{Plan: plan, Actor: call.actor, Command: id, IfVersion: version, Correlation: call.id, Do: what})
	if err != nil {
		return got, commanded{c.exists(what.Verb(), err), id}
	}
	return got, nil
}

// at names the place of a domain error that knows a header or parameter by another name.
func at(field string, err error) error {
	if e, ok := err.(*domain.Error); ok {
		named := *e
		named.Field = field
		return &named
	}
	return err
}

func fieldOf(err error) string {
	if e, ok := err.(*domain.Error); ok {
		return e.Field
	}
	return ""
}

// registerCommands registers the commands of a plan. The examples tell one story in order: the tests send them.
func (s *Server) registerCommands() {
	on := func(d int) domain.Basis { return domain.Basis{Stated: domain.Day(2020, time.February, d)} }
	committee := &domain.Authority{Body: "Scrutiny Committee", Meeting: domain.Day(2020, time.February, 20)}
	decided := domain.Basis{Stated: domain.Day(2020, time.February, 20), Authority: committee}
	half := 50

	command(s, "Open a plan", "Begins a plan's history.",
		domain.OpenPlan{Basis: on(3), Title: "Service plan 2019-20", Scheme: "rag.v1", Levels: []domain.Level{{Key: "aim",
			Label: "Aim"}, {Key: "action", Label: "Action"}}})
	command(s, "Add an item", "Adds an item. Left out, its id is the next free item-NN.",
		domain.AddItem{Basis: on(3), Item: "action-1", Ref: "1.1", Level: "action", Title: "Answer calls within a minute",
			Owner: "Head of Service", Due: domain.Day(2020, time.March, 31)})
	command(s, "Give an item a rating",
		"A change to a rating of which members will ask why carries a justification, or is marked as owing one. The same rating again, with a new justification, affirms it.",
		domain.Rate{Basis: on(4), Item: "action-1", To: "amber", Owed: true})
	command(s, "Give the reason for a rating", "Gives a justification that was owed, or a fuller one.",
		domain.Justify{Basis: on(5), Item: "action-1", Justification: "Two posts are vacant; recruitment is under way."})
	command(s, "Record a members' request", "Records what members asked of officers.",
		domain.MakeRequest{Basis: on(6), Request: "request-01", Item: "action-1", Words: "When will the posts be filled?",
			AskedBy: "the Chairman", Due: domain.Day(2020, time.February, 20)})
	command(s, "Answer a members' request", "Answers a request.",
		domain.AnswerRequest{Basis: on(7), Request: "request-01", Answer: "Both from 1 March."})
	command(s, "Report progress", "Records an officer's update; the stated date is its as-at date.",
		domain.ReportProgress{Basis: on(10), Item: "action-1", Progress: "One post filled.", Percent: &half})
	command(s, "Change an item's words", "Gives an item another title; the earlier one stays in the history.",
		domain.RewordItem{Basis: on(11), Item: "action-1", Title: "Answer nine calls of ten within a minute",
			Reason: "A measure that can be met."})
	command(s, "Name who is accountable", "Assigns an item's owner, as printed.",
		domain.AssignOwner{Basis: on(11), Item: "action-1", Owner: "Customer Services Manager", Post: true,
			With: "the team leaders", Reason: "New structure."})
	command(s, "Set or move a due date", "The original date is kept for ever; a move needs a reason.",
		domain.SetDue{Basis: on(12), Item: "action-1", Due: domain.Month(2020, time.May), Reason: "Recruitment took longer."})
	command(s, "Put an item under another", "Moves an item in the plan's levels; without a parent, to the top.",
		domain.MoveItem{Basis: on(12), Item: "action-1", Parent: "aim-1", Reason: "It serves the first aim."})
	command(s, "Put an item on hold", "Suspends work on an item.",
		domain.SuspendItem{Basis: on(13), Item: "action-1", Reason: "The new telephones are late."})
	command(s, "Take an item up again", "Ends a suspension.",
		domain.ResumeItem{Basis: on(14), Item: "action-1", Reason: "They have come."})
	command(s, "Say what an action came to", "Records an outcome, in words.",
		domain.RecordOutcome{Basis: on(18), Item: "action-1", Result: domain.PartlyAchieved,
			Outcome: "Eight calls of ten are answered within a minute."})
	command(s, "Record a resolution as printed", "Records what a meeting resolved.",
		domain.Resolve{Basis: decided, Printed: "That the report be noted."})
	command(s, "Cancel an item", "Ends an item without an outcome: with a reason and an authority.",
		domain.CancelItem{Basis: decided, Item: "action-1", Reason: "Taken over by the new contract."})
	command(s, "Correct an entry",
		"Says that an earlier entry was recorded wrongly. The entry stays; what it should have said stands beside it.",
		domain.Correct{Basis: on(20), Entry: "5", Field: "justification",
			To: "Three posts are vacant; recruitment is under way.", Reason: "Miscounted."})
	command(s, "Close a plan", "Ends a plan: nothing but corrections and answers may follow.",
		domain.ClosePlan{Basis: decided, Reason: "The year is over."})
	s.registerPractice()
	s.registerCarry()
}
