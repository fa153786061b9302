package projections

import (
	"context"
	"database/sql"
	"encoding/json"

	"plantrail/domain"
)

// evidenceView shows a file of evidence as it was attached.
func (c *cites) evidenceView(item domain.ItemID, f domain.Evidence) EvidenceView {
	v := EvidenceView{ID: f.ID, Item: item, Title: c.words(f.Attached, "title"), Attached: c.at(f.Attached), Withdrawn: c.statement(f.Withdrawn, "reason")}
	if name := c.words(f.Attached, "file"); name != (Words{}) {
		v.File = &name
	}
	if e := c.said[f.Attached]; e != nil && e.file != nil {
		v.SHA256, v.Size, v.MediaType, v.Dated = e.file.SHA256, e.file.Size, e.file.MediaType, e.file.Dated
	}
	return v
}

// Evidence finds a file of evidence of a plan, withdrawn or not.
func (db *DB) Evidence(ctx context.Context, plan domain.PlanID, id domain.EvidenceID) (v EvidenceView, err error) {
	err = db.view(ctx, func(s *snapshot) error {
		var item domain.ItemID
		err := s.row(`SELECT item FROM timeline INDEXED BY timeline_type WHERE type = 'evidence-attached' AND plan = ? AND data ->> '$.evidence' = ?`,
			string(plan), string(id)).Scan(&item)
		if err != nil {
			return notFound(err, "evidence", "plan %s has no evidence %s", plan, id)
		}
		var state []byte
		var it domain.Item
		if err := s.row(`SELECT s.state FROM items i JOIN item_states s ON s.ref = i.ref WHERE i.plan = ? AND i.item = ? ORDER BY s.visible DESC LIMIT 1`,
			string(plan), string(item)).Scan(&state); err != nil {
			return err
		}
		if err := json.Unmarshal(state, &it); err != nil {
			return err
		}
		for _, f := range it.Evidence {
			if f.ID == id {
				c := newCites(s, s.end.position)
				c.need(f.Attached, f.Withdrawn)
				err := c.load()
				v = c.evidenceView(item, f)
				return err
			}
		}
		return notFound(sql.ErrNoRows, "evidence", "plan %s has no evidence %s", plan, id)
	})
	return v, err
}

// holdRow is a hold with the positions of what set and released it.
type holdRow struct {
	id            domain.HoldID
	set, released domain.Position
}

// holds gives a plan's holds as at a position, in the order in which they were set.
func (s *snapshot) holds(plan domain.PlanID, upto domain.Position) (all []holdRow, err error) {
	err = s.each(func(rows *sql.Rows) error {
		var h holdRow
		var releases bool
		if err := rows.Scan(&h.id, &h.set, &releases); err != nil {
			return err
		}
		for i := range all {
			if releases && all[i].id == h.id {
				all[i].released = h.set
			}
		}
		if !releases {
			all = append(all, h)
		}
		return nil
	}, "SELECT hold, position, released FROM holds WHERE plan = ? AND visible <= ? ORDER BY visible, position", string(plan), int64(upto))
	return all, err
}

func (c *cites) holdView(h holdRow) HoldView {
	v := HoldView{Hold: h.id, Statement: *c.statement(h.set, "reason"), Released: c.statement(h.released, "reason")}
	if e := c.said[h.set]; e != nil {
		v.Authority = e.authority
	}
	return v
}
