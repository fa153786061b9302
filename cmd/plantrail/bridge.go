package main

import (
	"context"
	"iter"
	"sync/atomic"
	"time"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/projections"
	"plantrail/web"
)

// bridge shows the journal to the projector, which does not know it: neither package imports the other.
type bridge struct{ *eventstore.Store }

var _ projections.Source = bridge{}

// Texts yields text records in the projector's type.
func (b bridge) Texts(ctx context.Context, after, until uint64) iter.Seq2[projections.TextRecord, error] {
	return func(yield func(projections.TextRecord, error) bool) {
		for t, err := range b.Store.Texts(ctx, after, until) {
			if !yield(projections.TextRecord{Sequence: t.Sequence, Plan: t.Plan, Event: t.Event, Texts: t.Texts, Disclosures: t.Disclosures}, err) {
				return
			}
		}
	}
}

// Tail is where both streams end. The store reads the events' end first: so the texts of every event up to it lie at or
// before the end of the texts.
func (b bridge) Tail(ctx context.Context) (projections.Tail, error) {
	t, err := b.Store.Tail(ctx)
	return projections.Tail{Events: t.Events, Texts: t.Texts}, err
}

// statsPatience bounds how long a page of figures waits for a journal that does not answer.
const statsPatience = time.Second

// journalStats are the journal's figures as the HTTP face shows them.
func journalStats(store *eventstore.Store) web.JournalStats {
	s := store.Stats()
	stats := web.JournalStats{Appends: s.Appends, Events: s.Events, Conflicts: s.Conflicts, Retries: s.Retries,
		Unknowns: s.Unknowns, Batches: s.Batches, ReadOnly: s.ReadOnly}
	ctx, cancel := context.WithTimeout(context.Background(), statsPatience)
	defer cancel()
	tail, err := store.Tail(ctx)
	if err == nil && s.ReadOnly == "" {
		err = store.Healthy(ctx)
	}
	if err != nil {
		stats.Down = err.Error()
	}
	stats.HistoryBytes, stats.TextsBytes = tail.EventBytes, tail.TextBytes
	return stats
}

// registering registers the operating-system user by name before the first command that they give: the history says who
// an id was, and nothing is recorded for those who only look.
type registering struct {
	*domain.Service
	reads web.Reads
	done  atomic.Bool
}

// Do records one command.
func (r *registering) Do(ctx context.Context, o domain.Order) (domain.Receipt, error) {
	if o.Actor.Kind == domain.OSUser && !r.done.Load() {
		if err := web.EnsureActor(ctx, r.Service, r.reads, o.Actor, osName()); err != nil {
			return domain.Receipt{}, err
		}
		r.done.Store(true)
	}
	return r.Service.Do(ctx, o)
}
