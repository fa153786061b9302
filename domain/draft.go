package domain

import (
	"context"
	"fmt"
	"time"
)

// Draft says what a command would record now, and records nothing: it is refused as it would be, or gives the entries that
// would follow the last one. Their ids and positions are made up. A command that was recorded before is drafted anew.
func (s *Service) Draft(ctx context.Context, o Order) ([]Recorded, error) {
	if err := o.check(s.Now()); err != nil {
		return nil, err
	}
	b, err := s.shelf.take(ctx, o.Plan)
	if err != nil {
		return nil, err
	}
	defer s.shelf.putBack(b)
	a := &attempt{Service: s, order: o, book: b, until: time.Now().Add(appendLimit)}
	if b.history == nil {
		b.history = NewHistory(o.Plan)
	}
	if err := a.catchUp(ctx); err != nil {
		return nil, err
	}
	facts, err := decide(against{b.history, o.Actor}, o.Do, a.basis())
	if err != nil {
		return nil, err
	}
	head, all := b.history.Head(), make([]Recorded, len(facts))
	for i, f := range facts {
		n := uint64(i + 1)
		all[i] = Recorded{ID: EventID(fmt.Sprint("draft-", n)), Plan: o.Plan, Position: head.Position + Position(n), PlanSeq: head.PlanSeq + n,
			Basis: f.Basis, Event: f.Event, Actor: o.Actor, Command: o.Command, RecordedAt: s.Now()}
	}
	return all, nil
}
