package main

import (
	"context"
	"time"

	"plantrail/domain"
	"plantrail/web"
)

// watchPeriod is how often a server looks whether its journal is still the one that it opened.
const watchPeriod = 3 * time.Second

// watched is a journal that can be looked at.
type watched interface {
	Check(ctx context.Context) error
}

// watch looks once. Over a journal that was made again, shortened or given other settings it raises the alarm: what would be
// added to it could not be told from a forgery. One that only does not answer is left alone, for it may come back.
func watch(ctx context.Context, journal watched, alarm func(reason string)) {
	if err := journal.Check(ctx); domain.KindOf(err) == domain.Refused {
		alarm("the journal is not the one that was opened: " + err.Error())
	}
}

// stopping says of a command that failed on a journal that is stopped why it is: where events of the plan are damaged or gone
// the command fails in reading it, or finds no such plan, before it comes to that. One that was recorded before is still
// answered as it was then.
type stopping struct {
	web.Commander
	journal interface{ Writable() error }
}

// Do records one command.
func (s stopping) Do(ctx context.Context, o domain.Order) (domain.Receipt, error) {
	r, err := s.Commander.Do(ctx, o)
	if err != nil && domain.KindOf(err) != domain.Unknown {
		if why := s.journal.Writable(); why != nil {
			return r, why
		}
	}
	return r, err
}
