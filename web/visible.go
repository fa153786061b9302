package web

import (
	"context"

	"plantrail/domain"
	"plantrail/projections"
)

// visible narrows a question over all histories to what the caller's role covers: the history of persons and tokens is an
// admin's, as is the list of tokens.
func visible(ctx context.Context, plan domain.PlanID) domain.PlanID {
	if plan == "" && !callOf(ctx).actor.Role.Covers(domain.Admin) {
		return projections.AnyPlan
	}
	return plan
}
