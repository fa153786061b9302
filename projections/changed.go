package projections

import (
	"context"
	"database/sql"
	"errors"

	"plantrail/domain"
)

// Changed is the items about which something counts from after a position on, by plan. What is recorded about a plan as a
// whole, its schemes say, may change any of its items: that is "". No plans stand for all but the reserved histories.
func (db *DB) Changed(ctx context.Context, after domain.Position, plans ...domain.PlanID) (changed map[domain.PlanID]map[domain.ItemID]bool, err error) {
	changed = map[domain.PlanID]map[domain.ItemID]bool{}
	index, of, args := "timeline_order", "plan NOT GLOB '_*'", []any{int64(after)}
	if len(plans) > 0 {
		index, of, args = "timeline_plan", "plan IN (SELECT value FROM json_each(?))", append(args, jsonList(plans))
	}
	err = db.view(ctx, func(s *snapshot) error {
		return s.each(func(rows *sql.Rows) error {
			var plan domain.PlanID
			var item domain.ItemID
			if err := rows.Scan(&plan, &item); err != nil {
				return err
			}
			if changed[plan] == nil {
				changed[plan] = map[domain.ItemID]bool{}
			}
			changed[plan][item] = true
			return nil
		}, "SELECT DISTINCT plan, coalesce(item, '') FROM timeline INDEXED BY "+index+" WHERE visible > ? AND "+of, args...)
	})
	return changed, err
}

// Settled is the last position, of those that the read models show, which parts no command of these plans in two: all of its
// events are before it, or none. Whoever goes on from there, by whatever way, misses no part of a command. A position that is
// nearer to the end would not do while a command has not come to its end.
func (db *DB) Settled(ctx context.Context, plans ...domain.PlanID) (settled domain.Position, err error) {
	of, args := "plan NOT GLOB '_*'", []any(nil)
	if len(plans) > 0 {
		of, args = "plan IN (SELECT value FROM json_each(?))", []any{jsonList(plans)}
	}
	err = db.view(ctx, func(s *snapshot) error {
		settled = s.end.position
		parted, err := s.first("SELECT min(position) FROM pending WHERE "+of, args...)
		for ; err == nil && parted > 0; parted, err = s.first(`SELECT min(position) FROM timeline INDEXED BY timeline_order
			WHERE visible > ? AND position <= ? AND `+of, append([]any{int64(settled), int64(settled)}, args...)...) {
			settled = parted - 1
		}
		return err
	})
	return settled, err
}

// first is a position, 0 where there is none.
func (s *snapshot) first(query string, args ...any) (domain.Position, error) {
	var p sql.NullInt64
	err := s.row(query, args...).Scan(&p)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return domain.Position(p.Int64), err
}
