package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"plantrail/domain"
)

// comparison holds a snapshot of the live file, beside which a file built anew is attached as "fresh". SQLite itself does
// the comparing: no row comes out unless it differs.
type comparison struct {
	db   *sql.DB
	conn *sql.Conn
	live progress
	now  *DB
}

// keys are the columns by which a row of a table is found.
var keys = map[string][]string{"progress": {"id"}, "histories": {"plan"}, "pending": {"position"}, "timeline": {"position"}, "items": {"ref"},
	"item_states": {"n"}, "plan_states": {"plan", "visible"}, "request_states": {"plan", "request", "visible"}, "resolutions": {"plan", "position"},
	"holds": {"plan", "position"}, "erasures": {"event", "name"}, "tiles": {"level", "n"}, "persons": {"person"}, "tokens": {"token"},
	"texts": {"event", "name"}}

// compare takes the snapshot. The fresh file may still be written to, until run.
func (db *DB) compare(ctx context.Context, fresh *file) (*comparison, error) {
	db.mu.RLock()
	live := db.current
	live.users.Add(1)
	db.mu.RUnlock()
	defer live.users.Done() // an open file stays readable after it is deleted
	c := &comparison{now: db, db: pool(live.path, 1, url.Values{"mode": {"ro"}, "_query_only": {"true"}, "_cache_size": {"-65536"}}, "")}
	var err error
	if c.conn, err = c.db.Conn(ctx); err != nil {
		return nil, errors.Join(err, c.db.Close())
	}
	address := "file:" + (&url.URL{Path: fresh.path}).EscapedPath() + "?mode=ro"
	if _, err = c.conn.ExecContext(ctx, "ATTACH ? AS fresh", address); err == nil {
		_, err = c.conn.ExecContext(ctx, "BEGIN")
	}
	if err == nil {
		err = c.conn.QueryRowContext(ctx, "SELECT position, leaf, texts, events FROM main.progress").
			Scan(&c.live.position, &c.live.leaf, &c.live.texts, &c.live.events)
	}
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return c, nil
}

func (c *comparison) close() error { return errors.Join(c.conn.Close(), c.db.Close()) }

// run says what differs first, and in which event's row, 0 for none in particular.
func (c *comparison) run(ctx context.Context) (differs string, at domain.Position, err error) {
	for _, table := range tables {
		if differs, at, err = c.table(ctx, table); err != nil || differs != "" {
			return differs, at, err
		}
	}
	return "", 0, nil
}

// columns are a table's, without those that may differ: how far the text stream was read, and so where a text was found,
// depends on when it was read.
func (c *comparison) columns(ctx context.Context, table string) ([]string, error) {
	return scanAll[string](c.conn.QueryContext(ctx, `SELECT name FROM pragma_table_info(?1)
		WHERE NOT (?1 = 'progress' AND name = 'texts' OR ?1 = 'texts' AND name = 'id')`, table))
}

func (c *comparison) table(ctx context.Context, table string) (differs string, at domain.Position, err error) {
	columns, err := c.columns(ctx, table)
	if err != nil {
		return "", 0, err
	}
	var on, unequal, values []string
	for _, k := range keys[table] {
		on = append(on, "a."+k+" = b."+k)
	}
	for _, name := range columns {
		unequal = append(unequal, "a."+name+" IS NOT b."+name)
		values = append(values, "a."+name, "b."+name)
	}
	key := "a." + keys[table][0]
	for _, way := range [][2]string{{"main", "fresh"}, {"fresh", "main"}} {
		where := "(b." + keys[table][0] + " IS NULL OR " + strings.Join(unequal, " OR ") + ")"
		if way[0] == "fresh" {
			where = "b." + keys[table][0] + " IS NULL" // the rest has been compared the other way
		}
		if table == "texts" { // one whose event is not in the snapshot is too new for it, or belongs to none
			where += " AND EXISTS (SELECT 1 FROM main.timeline t WHERE t.event = a.event)"
		}
		row, err := c.first(ctx, table, "SELECT "+key+", b."+keys[table][0]+" IS NULL, "+strings.Join(values, ", ")+" FROM "+way[0]+"."+table+
			" a LEFT JOIN "+way[1]+"."+table+" b ON "+strings.Join(on, " AND ")+" WHERE "+where+" LIMIT 50", 2+len(values))
		if err != nil || row == nil {
			if err != nil {
				return "", 0, err
			}
			continue
		}
		differs, at = describe(table, way[0] == "main", columns, row)
		return differs, at, nil
	}
	return "", 0, nil
}

// first gives the first row that differs and is to be minded.
func (c *comparison) first(ctx context.Context, table, query string, width int) (_ []any, err error) {
	rows, err := c.conn.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("comparing %s: %w", table, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		row, to := make([]any, width), make([]any, width)
		for i := range row {
			to[i] = &row[i]
		}
		if err := rows.Scan(to...); err != nil {
			return nil, err
		}
		if table != "texts" {
			return row, nil
		}
		excused, err := c.excused(ctx, either(row[2], row[3]), either(row[4], row[5]))
		if err != nil || !excused {
			return row, err
		}
	}
	return nil, rows.Err()
}

// excused reports whether a text may be in one file only: it was being erased while the other was made.
func (c *comparison) excused(ctx context.Context, event, name string) (yes bool, err error) {
	err = c.now.view(ctx, func(s *snapshot) error {
		return s.row("SELECT EXISTS (SELECT 1 FROM erasures WHERE event = ? AND name = ?)", event, name).Scan(&yes)
	})
	return yes, err
}

// either gives the one of two values that is there.
func either(a, b any) string {
	if a == nil {
		a = b
	}
	return plain(a)
}

// describe says in words how a row differs. Words of texts are not told: a verdict is not erasable.
func describe(table string, fromLive bool, columns []string, row []any) (string, domain.Position) {
	var at domain.Position
	if n, ok := row[0].(int64); ok && (table == "timeline" || table == "item_states" || table == "items") {
		at = domain.Position(n)
	}
	where := fmt.Sprintf("in the table %s, at %s %v,", table, keys[table][0], plain(row[0]))
	if alone, _ := row[1].(int64); alone == 1 {
		if fromLive {
			return where + " is a row that does not follow from the journal", at
		}
		return where + " a row is missing that follows from the journal", at
	}
	for i, name := range columns {
		live, fresh := row[2+2*i], row[3+2*i]
		if plain(live) == plain(fresh) {
			continue
		}
		if table == "texts" {
			return fmt.Sprintf("%s the text is not the one in the journal", where), at
		}
		return fmt.Sprintf("%s %s is %s, from the journal follows %s", where, name, plain(live), plain(fresh)), at
	}
	return where + " a value is of another kind", at
}

func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case []byte:
		return fmt.Sprintf("%.60x", v)
	case string:
		return fmt.Sprintf("%.200s", v)
	default:
		return fmt.Sprint(v)
	}
}
