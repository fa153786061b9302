package web

import (
	"context"

	"plantrail/domain"
	"plantrail/projections"
)

// maxRefills bounds how often a page is asked for again because entries were left out of it.
const maxRefills = 10

// visible leaves out of a page over all histories what the caller's role does not cover, and fills it up again: the
// history of persons and tokens is an admin's, as is the list of tokens. After many entries left out the page may be
// short, or empty, although more follow: its next says so.
func visible[T any](ctx context.Context, limit int, after string, planOf func(T) domain.PlanID,
	ask func(after string, limit int) (projections.Page[T], error)) (projections.Page[T], error) {
	page, err := ask(after, limit)
	if err != nil || callOf(ctx).actor.Role.Covers(domain.Admin) {
		return page, err
	}
	page.Entries = withoutReserved(page.Entries, planOf)
	for refills := 0; len(page.Entries) < limit && page.Next != "" && refills < maxRefills; refills++ {
		more, err := ask(page.Next, limit-len(page.Entries))
		if err != nil {
			return page, err
		}
		page.Entries = append(page.Entries, withoutReserved(more.Entries, planOf)...)
		page.Next = more.Next
	}
	return page, nil
}

func withoutReserved[T any](all []T, planOf func(T) domain.PlanID) []T {
	kept := []T{}
	for _, one := range all {
		if !planOf(one).Reserved() {
			kept = append(kept, one)
		}
	}
	return kept
}
