package projections

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"plantrail/domain"
)

// rowsAt are a plan's states at a moment. By position and by time of recording they stand in the tables; what members
// received, and what held on a day, are folded from the plan's entries.
func (s *snapshot) rowsAt(plan domain.PlanID, at At) (r planRows, upto domain.Position, err error) {
	if upto, err = s.position(plan, at); err != nil {
		return r, 0, err
	}
	if at.AsReported == "" && at.ValidAt.IsZero() {
		r, err = s.planRows(plan, upto)
		return r, upto, err
	}
	if !at.ValidAt.IsZero() && !at.ValidAt.Known() {
		return r, 0, domain.Errorf(domain.Invalid, "valid_at", "say which day or month").WithHint("as 2020-02-03 or 2020-02")
	}
	entries, err := s.recorded(plan, upto)
	if err != nil {
		return r, 0, err
	}
	if r.moment, err = s.moment(plan, upto); err != nil {
		return r, 0, err
	}
	if at.AsReported != "" {
		if entries, r.moment, err = received(entries, at.AsReported); err != nil {
			return r, 0, err
		}
		upto = r.moment.Position
	}
	known := entries
	if at.ValidAt.Known() {
		if entries = domain.On(entries, at.ValidAt); len(entries) == 0 {
			return r, 0, domain.Errorf(domain.NotFound, "valid_at", "nothing is known of the plan %s on %s", plan, at.ValidAt.Words()).WithHint("ask for a later day")
		}
		r.moment.ValidAt = at.ValidAt
	}
	r.fold(plan, entries)
	r.keys(known)
	return r, upto, nil
}

// received are the entries that were in what members received for a meeting, and the moment at which they end.
func received(entries []domain.Recorded, meeting domain.MeetingID) ([]domain.Recorded, Moment, error) {
	entries, paper, err := domain.Reported(entries, meeting)
	if err != nil {
		return nil, Moment{}, err
	}
	last := entries[len(entries)-1]
	return entries, Moment{Position: last.Position, RecordedAt: last.RecordedAt, Version: last.PlanSeq, AsReported: paper.Meeting}, nil
}

// keys adds the schemes that ratings of the day were given in, though the plan took them up only later.
func (r *planRows) keys(known []domain.Recorded) {
	for _, it := range r.items {
		for _, rating := range it.Ratings {
			if _, has := r.plan.Value(rating.Scheme, rating.Value); has {
				continue
			}
			for _, e := range known {
				if set, ok := e.Event.(*domain.SchemesSet); ok {
					for _, d := range set.Dimensions {
						if d.Scheme.ID == rating.Scheme {
							r.plan.Retired = append(slices.Clip(r.plan.Retired), d.Scheme)
						}
					}
				}
			}
		}
	}
}

// recorded are a plan's entries that count as at a position, without their texts.
func (s *snapshot) recorded(plan domain.PlanID, upto domain.Position) ([]domain.Recorded, error) {
	all, err := s.recordedAfter(plan, 0, upto)
	if err == nil && len(all) == 0 {
		err = noPlan(plan)
	}
	return all, err
}

// recordedAfter are those of them that did not yet count as at an earlier position.
func (s *snapshot) recordedAfter(plan domain.PlanID, after, upto domain.Position) (all []domain.Recorded, err error) {
	err = s.each(func(rows *sql.Rows) error {
		r := domain.Recorded{Plan: plan}
		var recorded int64
		var kind string
		var data []byte
		var authority sql.NullString
		if err := rows.Scan(&r.Position, &r.PlanSeq, &r.ID, &kind, scanDate{&r.Stated}, &recorded, &r.Actor.ID, &r.Actor.Kind, &r.Actor.Role,
			&r.Actor.OnBehalfOf, &authority, &r.Command, &r.Texts, &data); err != nil {
			return err
		}
		if r.Event = domain.NewEvent(kind); r.Event == nil {
			return fmt.Errorf("entry at position %d: unknown event %q", r.Position, kind)
		}
		r.RecordedAt = micros(recorded)
		err := errors.Join(json.Unmarshal(data, r.Event), unmarshalAuthority(authority, &r.Authority))
		all = append(all, r)
		return err
	}, `SELECT position, planseq, event, type, stated, recorded, actor, kind, role, behalf, authority, command, texts, data
		FROM timeline INDEXED BY timeline_plan WHERE plan = ? AND visible > ? AND visible <= ? ORDER BY visible, position`, string(plan), int64(after), int64(upto))
	return all, err
}

// fold makes the states that the tables would hold of entries.
func (r *planRows) fold(plan domain.PlanID, entries []domain.Recorded) {
	p := domain.Fold(plan, entries)
	r.plan, r.items, r.requests = p.PlanState, p.Items(), p.Requests()
	set := map[domain.HoldID]int{}
	for _, e := range entries {
		switch now := e.Event.(type) {
		case *domain.ResolutionRecorded:
			r.resolutions = append(r.resolutions, resolutionRow{now.Resolution, e.Position})
		case *domain.HoldSet:
			set[now.Hold] = len(r.holds)
			r.holds = append(r.holds, holdRow{id: now.Hold, set: e.Position})
		case *domain.HoldReleased:
			if i, ok := set[now.Hold]; ok {
				r.holds[i].released = e.Position
			}
		}
	}
}
