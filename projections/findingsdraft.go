package projections

import (
	"context"
	"slices"

	"plantrail/domain"
	"plantrail/domain/findings"
)

// FindingsOn evaluates the rules over a plan as it was known at a moment, which must not be the zero one, on a day of the
// caller's choice: asked again for the same moment and day, it finds the same.
func (db *DB) FindingsOn(ctx context.Context, plan domain.PlanID, at At, day domain.Date) (FindingsView, error) {
	j, err := db.judge(ctx, plan, at, day)
	if err == nil && j.day != day {
		j.found = findings.Evaluate(j.story, day)
	}
	return FindingsView{Moment: j.moment, Plan: plan, Judged: day, Findings: j.found}, err
}

// DraftFindings says which findings of a day entries that are not recorded would raise, and which they would clear.
func (db *DB) DraftFindings(ctx context.Context, plan domain.PlanID, draft []domain.Recorded, day domain.Date) (raised, cleared []findings.Finding, err error) {
	at := At{}
	err = db.view(ctx, func(s *snapshot) error {
		at.Position = s.end.position
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	j, err := db.judge(ctx, plan, at, day)
	if err != nil {
		return nil, nil, err
	}
	before := findings.Evaluate(j.story, day)
	j.story.Entries = slices.Concat(j.story.Entries, draft)
	after := findings.Evaluate(j.story, day)
	return without(after, before), without(before, after), nil
}

// without are the findings of one list that the other does not have, by what they are about.
func without(all, others []findings.Finding) []findings.Finding {
	left := []findings.Finding{}
	for _, f := range all {
		if !slices.ContainsFunc(others, func(o findings.Finding) bool { return o.ID == f.ID }) {
			left = append(left, f)
		}
	}
	return left
}
