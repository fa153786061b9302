package projections

import (
	"context"
	"database/sql"

	"plantrail/domain"
)

// textKey names one text of one event.
type textKey struct {
	event domain.EventID
	name  string
}

// erasure folds the steps of erasing a text. The text goes with the request: from then on nobody is to read it, and the
// journal's own copy is about to be destroyed. What comes of it from the text stream later, which a rebuild reads side
// by side with the events, is not taken in (see text).
func (f *fold) erasure(r domain.Recorded, visible domain.Position) error {
	switch e := r.Event.(type) {
	case *domain.ErasureRequested:
		key := textKey{e.Of, e.Field}
		f.erased[key], f.erasing = true, true
		f.erasures.add(string(e.Of), e.Field, string(r.Plan), int64(e.Entry), int64(r.Position), string(r.ID), int64(visible), int64(0))
		return f.update(f.texts, "DELETE FROM texts WHERE event = ? AND name = ?", string(e.Of), e.Field)
	case *domain.ErasureCompleted:
		return f.update(f.erasures, "UPDATE erasures SET completed = ? WHERE event = ? AND name = ?", int64(r.Position), string(e.Of), e.Field)
	}
	return nil
}

func (f *fold) loadErased() error {
	f.erased = map[textKey]bool{}
	rows, err := f.conn.QueryContext(f.ctx, "SELECT event, name FROM erasures")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var k textKey
		if err := rows.Scan(&k.event, &k.name); err != nil {
			return err
		}
		f.erased[k] = true
	}
	return rows.Err()
}

// emptyLog writes the write-ahead log back and empties it, so that no page with erased words stays in it. busy means that
// a reader still needs it.
func emptyLog(ctx context.Context, q querier) (busy bool, err error) {
	var pages, done int
	err = q.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &done)
	return busy, err
}

// emptyAfterErasing is called after a commit. Where a reader is in the way it is tried again after the next one; and
// whoever completes the erasing calls [DB.EraseText], which says so.
func (p *projector) emptyAfterErasing() error {
	if !p.fold.erasing || !p.live {
		return nil
	}
	p.db.writing.Lock() // SQLite calls a log busy at once while another empties it, [DB.EraseText] say
	defer p.db.writing.Unlock()
	busy, err := emptyLog(context.Background(), p.conn)
	p.fold.erasing = busy
	return err
}

// OpenErasures lists the erasures that were asked for and not completed, in the order of asking: whoever starts finishes
// them.
func (db *DB) OpenErasures(ctx context.Context) (open []OpenErasure, err error) {
	err = db.view(ctx, func(s *snapshot) error {
		return s.each(func(rows *sql.Rows) error {
			var e OpenErasure
			err := rows.Scan(&e.Plan, &e.Of, &e.Entry, &e.Field, &e.Request, &e.First)
			open = append(open, e)
			return err
		}, `SELECT e.plan, e.event, e.entry, e.name, e.request,
				coalesce((SELECT f.event FROM timeline t JOIN timeline f ON f.lookup = t.lookup AND f.plan = t.plan AND f.command = t.command
					WHERE t.position = e.entry ORDER BY f.planseq LIMIT 1), e.event)
			FROM erasures e WHERE e.completed = 0 ORDER BY e.requested`)
	})
	return open, err
}

// erasuresOf finds who had texts of events erased. Its entries are loaded into c with the next load.
func (c *cites) erasuresOf(events string) (map[textKey]domain.Position, error) {
	by := map[textKey]domain.Position{}
	err := c.s.each(func(rows *sql.Rows) error {
		var k textKey
		var p domain.Position
		err := rows.Scan(&k.event, &k.name, &p)
		by[k] = p
		c.need(p)
		return err
	}, "SELECT event, name, requested FROM erasures WHERE event IN (SELECT value FROM json_each(?))", events)
	return by, err
}

// erasedBy is who had a text erased; nil when nobody had: the text is lost.
func (c *cites) erasedBy(p domain.Position) *Erased {
	e := c.said[p]
	if e == nil {
		return nil
	}
	return &Erased{Said: e.Said, Authority: e.authority}
}
