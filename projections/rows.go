package projections

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// rowsAtOnce is how many rows one INSERT carries.
const rowsAtOnce = 32

// rows gathers rows of one table and inserts them many at a time. The driver is used below database/sql, which would
// convert and copy each of some 700 arguments once more.
type rows struct {
	head    string // "INSERT INTO t (a, b) VALUES "
	after   string // what follows the rows: what to do on a conflict
	columns int
	args    []driver.NamedValue
	many    *sqlite3.SQLiteStmt
	one     *sqlite3.SQLiteStmt
}

func newRows(insert string, columns ...string) *rows {
	return &rows{head: insert + " (" + strings.Join(columns, ", ") + ") VALUES ", columns: len(columns)}
}

// add gathers a row. Values are int64, string, []byte or nil.
func (t *rows) add(values ...driver.Value) {
	for _, v := range values {
		t.args = append(t.args, driver.NamedValue{Ordinal: len(t.args)%(rowsAtOnce*t.columns) + 1, Value: v})
	}
}

// flush inserts what was gathered.
func (t *rows) flush(c *sqlite3.SQLiteConn) error {
	args, whole := t.args, rowsAtOnce*t.columns
	for ; len(args) >= whole; args = args[whole:] {
		if err := t.exec(c, &t.many, rowsAtOnce, args[:whole]); err != nil {
			return err
		}
	}
	for ; len(args) > 0; args = args[t.columns:] {
		for i := range t.columns {
			args[i].Ordinal = i + 1
		}
		if err := t.exec(c, &t.one, 1, args[:t.columns]); err != nil {
			return err
		}
	}
	clear(t.args)
	t.args = t.args[:0]
	return nil
}

func (t *rows) exec(c *sqlite3.SQLiteConn, stmt **sqlite3.SQLiteStmt, n int, args []driver.NamedValue) error {
	if *stmt == nil {
		row := "(" + strings.TrimSuffix(strings.Repeat("?,", t.columns), ",") + ")"
		s, err := c.Prepare(t.head + strings.TrimSuffix(strings.Repeat(row+",", n), ",") + t.after)
		if err != nil {
			return err
		}
		*stmt = s.(*sqlite3.SQLiteStmt)
	}
	_, err := (*stmt).ExecContext(context.Background(), args)
	return err
}

func (t *rows) close() error {
	var err error
	for _, s := range []*sqlite3.SQLiteStmt{t.many, t.one} {
		if s != nil {
			err = errors.Join(err, s.Close())
		}
	}
	return err
}

// flushAll inserts the gathered rows of several tables on one connection.
func flushAll(conn *sql.Conn, all ...*rows) error {
	return conn.Raw(func(dc any) error {
		for _, t := range all {
			if err := t.flush(dc.(*sqlite3.SQLiteConn)); err != nil {
				return err
			}
		}
		return nil
	})
}
