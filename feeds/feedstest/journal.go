// Package feedstest opens real journals as feeds read them, and records plans in them, for tests.
package feedstest

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
	"plantrail/feeds"
)

// Source shows a store as a feed's journal.
type Source struct{ *eventstore.Store }

var _ feeds.Journal = Source{}

// Stored yields events with their bytes.
func (s Source) Stored(ctx context.Context, after domain.Position, follow bool) iter.Seq2[feeds.Stored, error] {
	return func(yield func(feeds.Stored, error) bool) {
		for l, err := range s.Leaves(ctx, after, follow) {
			st := feeds.Stored{Body: l.Body}
			if err == nil {
				st.Recorded, err = s.Decode(l)
			}
			if !yield(st, err) || err != nil {
				return
			}
		}
	}
}

// Disclosures reads the texts beside events.
func (s Source) Disclosures(ctx context.Context, of []feeds.Stored) (map[domain.EventID][]string, error) {
	refs := make([]eventstore.TextRef, len(of))
	for i, one := range of {
		refs[i] = eventstore.TextRef{Plan: one.Plan, Event: one.ID}
	}
	return s.Store.Disclosures(ctx, refs)
}

// End is where the history ends.
func (s Source) End(ctx context.Context) (domain.Position, error) {
	tail, err := s.Tail(ctx)
	return tail.Events, err
}

// Actor is who records in these tests.
var Actor = domain.Actor{ID: "p-ada", Kind: domain.User, Role: domain.Admin}

// House is a journal, a service over it and a feed of it.
type House struct {
	Store   *eventstore.Store
	Service *domain.Service
	Feed    *feeds.Feed
	t       testing.TB
	n       int
}

// Open begins an embedded journal with a feed that runs until the test ends.
func Open(t testing.TB) *House {
	t.Helper()
	return Over(t, eventstoretest.Open(t))
}

// Over makes a feed over a journal that is open.
func Over(t testing.TB, store *eventstore.Store) *House {
	t.Helper()
	h := &House{Store: store, Service: domain.NewService(store), t: t}
	h.Feed = feeds.New(feeds.Config{Org: eventstoretest.Org, Identity: store.Identity(), Journal: Source{store}, Log: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); h.Feed.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	return h
}

// Do gives a command.
func (h *House) Do(plan domain.PlanID, c domain.Command) domain.Receipt {
	h.t.Helper()
	h.n++
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	r, err := h.Service.Do(ctx, domain.Order{Plan: plan, Actor: Actor, Command: domain.CommandID(fmt.Sprintf("c-%s-%d", plan, h.n)), Do: c})
	if err != nil {
		h.t.Fatalf("%T: %v", c, err)
	}
	return r
}

// Plan opens a plan with one item, item-01, that is rated amber.
func (h *House) Plan(plan domain.PlanID) {
	h.t.Helper()
	h.Do(plan, domain.OpenPlan{Title: "Improvement plan"})
	h.Do(plan, domain.AddItem{Item: "item-01", Level: "action", Title: "Publish the strategy", Owner: "Head of Service"})
	h.Rate(plan, "amber")
}

// Rate gives item-01 another rating.
func (h *House) Rate(plan domain.PlanID, to string) domain.Receipt {
	h.t.Helper()
	return h.Do(plan, domain.Rate{Item: "item-01", To: to, Justification: "The tender was late."})
}

// N is the number of commands that were given.
func (h *House) N() int { return h.n }
