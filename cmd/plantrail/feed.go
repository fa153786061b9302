package main

import (
	"context"
	"iter"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/feeds"
)

// feedSource shows the journal to the feed, which does not know it.
type feedSource struct{ *eventstore.Store }

var _ feeds.Journal = feedSource{}

// Stored yields events with their bytes.
func (s feedSource) Stored(ctx context.Context, after domain.Position, follow bool) iter.Seq2[feeds.Stored, error] {
	return func(yield func(feeds.Stored, error) bool) {
		for l, err := range s.Leaves(ctx, after, follow) {
			stored := feeds.Stored{Body: l.Body}
			if err == nil {
				stored.Recorded, err = s.Decode(l)
			}
			if !yield(stored, err) || err != nil {
				return
			}
		}
	}
}

// Disclosures reads what discloses the texts of events.
func (s feedSource) Disclosures(ctx context.Context, of []feeds.Stored) (map[domain.EventID][]string, error) {
	refs := make([]eventstore.TextRef, len(of))
	for i, one := range of {
		refs[i] = eventstore.TextRef{Plan: one.Plan, Event: one.ID}
	}
	return s.Store.Disclosures(ctx, refs)
}

// End is where the history ends.
func (s feedSource) End(ctx context.Context) (domain.Position, error) {
	tail, err := s.Tail(ctx)
	return tail.Events, err
}

// openFeed makes the feed, which runs until ctx ends.
func (n *node) openFeed(ctx context.Context) {
	n.feed = feeds.New(feeds.Config{Org: domain.OrgID(n.settings.Org), Identity: n.store.Identity(), Journal: feedSource{n.store}, Log: n.log})
	n.feeding.Go(func() { n.feed.Run(ctx) })
}
