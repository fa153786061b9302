package main

import (
	"context"
	"log/slog"
	"time"

	"plantrail/domain"
)

// watchPeriod is how often a server looks whether its journal is still the one that it opened.
const watchPeriod = 3 * time.Second

// watched is a journal that can be looked at and stopped.
type watched interface {
	Check(ctx context.Context) error
	Freeze(reason string)
}

// watch looks once. A journal that was made again, shortened or given other settings takes nothing more: what would be added
// to it could not be told from a forgery. One that only does not answer is left alone, for it may come back.
func watch(ctx context.Context, journal watched, log *slog.Logger) {
	err := journal.Check(ctx)
	if domain.KindOf(err) != domain.Refused {
		return
	}
	log.Error("the journal is not the one that was opened: nothing more is recorded", "why", err)
	journal.Freeze("the journal is not the one that was opened: " + err.Error())
}
