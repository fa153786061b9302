package main

import (
	"context"
	"iter"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/projections"
	"plantrail/web"
)

var _ web.Raw = bridge{}

// LeavesOf yields one history's leaves in the type of those who prove something of them.
func (b bridge) LeavesOf(ctx context.Context, history domain.PlanID) iter.Seq2[projections.Leaf, error] {
	return asProjected(b.Store.LeavesOf(ctx, history))
}

// Disclosures reads what discloses the texts of a history's events.
func (b bridge) Disclosures(ctx context.Context, history domain.PlanID, events []domain.EventID) (map[domain.EventID][]string, error) {
	refs := make([]eventstore.TextRef, len(events))
	for i, event := range events {
		refs[i] = eventstore.TextRef{Plan: history, Event: event}
	}
	return b.Store.Disclosures(ctx, refs)
}
