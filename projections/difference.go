package projections

import (
	"context"

	"plantrail/domain"
)

// Comparison is how a plan differs between two moments.
type Comparison struct {
	Plan        domain.PlanID    `json:"plan"`
	Title       Words            `json:"title"`
	From        Moment           `json:"from"`
	To          Moment           `json:"to"`
	Differences []DifferenceView `json:"differences"`
}

// DifferenceView is one change of one item, with who said so, when, in which words and on whose authority, before and after.
type DifferenceView struct {
	Item      domain.ItemID     `json:"item"`
	Ref       string            `json:"ref,omitempty"`
	Aim       Words             `json:"aim"`
	What      domain.What       `json:"what"`
	Dimension string            `json:"dimension,omitempty"`
	From      string            `json:"from,omitempty"` // coded: a rating's key, a date, a state
	To        string            `json:"to,omitempty"`
	Before    *Statement        `json:"before,omitempty"`
	After     *Statement        `json:"after,omitempty"`
	Authority *domain.Authority `json:"authority,omitempty"`
	Type      string            `json:"type,omitempty"` // of the entry that says so
}

// Compare is how a plan differs between two moments, each by a clock of its own.
func (db *DB) Compare(ctx context.Context, plan domain.PlanID, from, to At) (v Comparison, err error) {
	err = db.view(ctx, func(s *snapshot) error {
		before, _, err := s.rowsAt(plan, from)
		if err != nil {
			return err
		}
		after, upto, err := s.rowsAt(plan, to)
		if err != nil {
			return err
		}
		v = Comparison{Plan: plan, From: before.moment, To: after.moment, Differences: []DifferenceView{}}
		all := domain.Compare(domain.PlanOf(before.plan, before.items), domain.PlanOf(after.plan, after.items))
		return s.differences(&v, before, after, all, max(upto, before.moment.Position))
	})
	return v, err
}

func (s *snapshot) differences(v *Comparison, before, after planRows, all []domain.Difference, upto domain.Position) error {
	items := map[domain.ItemID]domain.Item{}
	for _, rows := range [][]domain.Item{before.items, after.items} {
		for _, it := range rows {
			items[it.ID] = it
		}
	}
	c := newCites(s, upto)
	c.need(after.plan.Title)
	for _, d := range all {
		c.need(d.Was, d.At, items[d.Item].Title)
	}
	if err := c.load(); err != nil {
		return err
	}
	v.Title = c.words(after.plan.Title, "title")
	for _, d := range all {
		it := items[d.Item]
		name := textOfChange(d.What)
		view := DifferenceView{Item: d.Item, Ref: it.Ref, Aim: c.words(it.Title, "title"), What: d.What, Dimension: d.Dimension, From: d.From, To: d.To,
			Before: c.statement(d.Was, name), After: c.statement(d.At, name)}
		if view.sameWords() {
			continue
		}
		if e := c.said[d.At]; e != nil {
			view.Authority, view.Type = e.authority, e.kind
		}
		v.Differences = append(v.Differences, view)
	}
	return nil
}

// sameWords reports whether an entry only says again what another had said: a correction back, the same owner named anew.
func (v DifferenceView) sameWords() bool {
	return v.From == v.To && v.Before != nil && v.After != nil && v.Before.Words == v.After.Words && v.Before.Words != (Words{})
}

// textOfChange is the text in which a change is said.
func textOfChange(w domain.What) string {
	switch w {
	case domain.Rerated, domain.Justified:
		return "justification"
	case domain.Reworded, domain.Added, domain.Absent, domain.Evidenced:
		return "title"
	case domain.Reowned:
		return "owner"
	case domain.Progress:
		return "progress"
	case domain.Concluded:
		return "outcome"
	case domain.Measured:
		return "words"
	}
	return "reason"
}
