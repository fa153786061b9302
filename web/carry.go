package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/projections"
)

// Carry is the body of a request to carry an item forward into another plan.
type Carry struct {
	domain.Basis
	To     domain.PlanID `json:"to" doc:"the plan in which it goes on"`
	As     domain.ItemID `json:"as,omitempty" doc:"its id there; left out: the same"`
	Level  string        `json:"level,omitempty" doc:"its level there; left out: that of the same key, or the lowest below its parent"`
	Parent domain.ItemID `json:"parent,omitempty" doc:"the item above it there"`
	Reason domain.Text   `json:"reason" doc:"why it goes on there" maxLength:"65536"`
}

type carryInput struct {
	Plan string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
	Item string `path:"item" doc:"the item's id" example:"item-07"`
	Keyed
}

func (s *Server) registerCarry() {
	op := s.operation(http.MethodPost, "/v1/plans/{plan}/items/{item}/carry", about{id: "carry-item", tag: "commands", summary: "Carry an item forward into another plan",
		text: "Adds the item to the other plan with its words, owner, due date, age, original date and count of moves, and then ends it here. It is two commands under one " +
			"id, one in each plan: give it again after a lost answer, and what is missing is done. Ratings, evidence and readings stay here, where they were given.",
		errors: commandErrors}, jsonRoute())
	op.DefaultStatus = http.StatusCreated
	s.takesJSON(&op, Carry{Basis: domain.Basis{Stated: domain.Day(2020, 3, 31), Authority: &domain.Authority{Body: "Cabinet", Meeting: domain.Day(2020, 3, 31)}},
		To: "service-plan-2020-21", Level: "action", Reason: "It goes on next year."}, true)
	huma.Register(s.api, op, s.carryItem)
	documentRepeat(op)
}

// carryItem adds the item there, then ends it here. If we crash between the two, the item is open in both plans, in the
// other one with its origin: nothing is lost, and the same request again finds it there and ends it here. The other order
// could leave it in neither.
func (s *Server) carryItem(ctx context.Context, in *carryInput) (*receipt, error) {
	var c Carry
	plan, err := domain.ParsePlanID(in.Plan)
	if err != nil {
		return nil, err
	}
	item, err := domain.ParseItemID(in.Item)
	if err != nil {
		return nil, err
	}
	if err := decodeBody(callOf(ctx).body, &c); err != nil {
		return nil, err
	}
	if in.Key == "" { // both commands have one id
		id, _ := in.command()
		in.Key = string(id)
	}
	add, err := s.carried(ctx, plan, item, &c)
	if err != nil {
		return nil, err
	}
	once := Conditions{Keyed: in.Keyed}
	if _, err := s.do(ctx, c.To, once, add); err != nil && !s.alreadyThere(ctx, err, c, add.From) {
		return nil, elsewhere(c.To, err)
	}
	got, err := s.do(ctx, plan, once, domain.CarryForward{Basis: c.Basis, Item: item, Plan: c.To, To: c.As, Reason: c.Reason})
	if err != nil {
		return nil, err
	}
	return receiptOf(got), nil
}

// carried is the item as it is added to the other plan. What would keep it from being ended here is refused first.
func (s *Server) carried(ctx context.Context, plan domain.PlanID, item domain.ItemID, c *Carry) (add domain.AddItem, err error) {
	if err := s.catchUp(ctx); err != nil {
		return add, err
	}
	h, err := s.deps.Reads.ItemHistory(ctx, plan, item, projections.At{})
	if err != nil {
		return add, err
	}
	if err := c.check(plan, h.Item); err != nil {
		return add, err
	}
	there, err := s.deps.Reads.Plan(ctx, c.To, projections.At{})
	if err != nil {
		return add, at("to", err)
	}
	if c.As == "" {
		c.As = item
	}
	if hasLevel := func(l domain.Level) bool { return l.Key == h.Item.Level }; c.Level == "" && slices.ContainsFunc(there.Levels, hasLevel) {
		c.Level = h.Item.Level
	}
	it := h.Item
	return domain.AddItem{Basis: c.Basis, Item: c.As, Ref: it.Ref, Level: c.Level, Parent: c.Parent, Title: domain.Text(it.Title.Text), Owner: domain.Text(words(it.Owner)),
		Person: it.Person, Due: it.Due, Kind: it.Kind, Start: it.Start, Source: domain.Text(words(it.Source)),
		From: &domain.Origin{Plan: plan, Item: item, Since: since(h), Original: it.Original, Moves: it.Moves}}, nil
}

// catchUp waits until the read models show what the journal holds now. Without a log kept here, they show what they show.
func (s *Server) catchUp(ctx context.Context) error {
	p, err := s.proof()
	if err != nil {
		return nil
	}
	tail, err := p.Raw.Tail(ctx)
	if err != nil {
		return err
	}
	return s.waitFor(ctx, tail.Events)
}

func (c *Carry) check(plan domain.PlanID, it projections.ItemView) error {
	_, err := domain.ParsePlanID(string(c.To))
	switch {
	case err != nil:
		return at("to", err)
	case c.To == plan:
		return domain.Errorf(domain.Invalid, "to", "say in which other plan it goes on")
	case strings.TrimSpace(string(c.Reason)) == "":
		return domain.Errorf(domain.Invalid, "reason", "say why the item goes on in another plan")
	case c.Authority == nil || c.Authority.Body == "":
		return domain.Errorf(domain.Invalid, "authority", "an item can't end here without an authority").WithHint("name the body that decided it, and its meeting")
	case it.Title.Erased:
		return domain.Errorf(domain.Refused, "item", "the item's words are erased, so they can't be carried").WithHint("add it to the other plan in other words, then end it here with carry-forward")
	case it.State.Ended() && it.State != domain.ItemCarried:
		return domain.Errorf(domain.Refused, "item", "the item has come to an end already: it is %s", it.State).WithHint("have it reopened first")
	}
	return nil
}

// since is when an item began, in this plan or in the first from which it was carried.
func since(h projections.ItemHistory) domain.Date {
	if from := h.Item.From; from != nil {
		return from.Since
	}
	var began domain.Date
	for _, e := range h.Entries {
		if e.Type == (&domain.ItemAdded{}).Type() {
			began = e.Stated
			if !began.Known() {
				began = domain.DayOf(e.RecordedAt)
			}
		}
	}
	return began
}

// alreadyThere reports whether adding the item there failed because it is there: carried from here by an earlier attempt
// that came no further, after which the item here may have got other words.
func (s *Server) alreadyThere(ctx context.Context, err error, c Carry, from *domain.Origin) bool {
	if kind := domain.KindOf(err); kind != domain.Refused && kind != domain.Reused {
		return false
	}
	h, err := s.deps.Reads.ItemHistory(ctx, c.To, c.As, projections.At{})
	return err == nil && h.Item.From != nil && h.Item.From.Plan == from.Plan && h.Item.From.Item == from.Item
}

// elsewhere says of an error that it is about the other plan.
func elsewhere(plan domain.PlanID, err error) error {
	by, e := commanded{}, (*domain.Error)(nil)
	if !errors.As(err, &by) || !errors.As(err, &e) {
		return err
	}
	there := *e
	there.Message = "in the plan " + string(plan) + ": " + e.Message
	return commanded{&there, by.id}
}
