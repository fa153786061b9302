package projections

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"
	"sync"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// rowsAtOnce is how many rows one INSERT carries.
const rowsAtOnce = 32

// rows gathers rows of one table and inserts them many at a time. The driver is used below database/sql, which would
// convert and copy each of some 700 arguments once more.
type rows struct {
	writer  *writer
	head    string // "INSERT INTO t (a, b) VALUES "
	after   string // what follows the rows: what to do on a conflict
	columns int
	args    []driver.NamedValue
	many    *sqlite3.SQLiteStmt
	one     *sqlite3.SQLiteStmt
}

func (w *writer) rows(insert string, columns ...string) *rows {
	return &rows{writer: w, head: insert + " (" + strings.Join(columns, ", ") + ") VALUES ", columns: len(columns)}
}

// add gathers a row. Values are int64, string, []byte or nil. As many rows as one INSERT carries go to the writer at once.
func (t *rows) add(values ...driver.Value) {
	if t.args == nil {
		t.args = t.writer.buffer(rowsAtOnce * t.columns)
	}
	for _, v := range values {
		t.args = append(t.args, driver.NamedValue{Ordinal: len(t.args) + 1, Value: v})
	}
	if len(t.args) == rowsAtOnce*t.columns {
		t.writer.send(chunk{t, t.args})
		t.args = nil
	}
}

// rest inserts the rows that were too few for the writer.
func (t *rows) rest(c *sqlite3.SQLiteConn) error {
	for args := t.args; len(args) > 0; args = args[t.columns:] {
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
	// As a query, for so the driver binds all arguments by one call into C instead of one for each, and copies the texts once
	// instead of twice. It takes the one step there is to take at once.
	result, err := (*stmt).QueryContext(context.Background(), args)
	if err != nil {
		return err
	}
	return result.Close()
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

// chunk is as many rows of one table as one INSERT carries.
type chunk struct {
	table *rows
	args  []driver.NamedValue
}

// writer inserts rows in a goroutine of its own, so that the next events are folded meanwhile. It has but a few chunks
// waiting. Whoever ends the transaction, or changes rows by other statements, calls flush or wait before.
type writer struct {
	conn  *sql.Conn
	work  chan chunk
	spare chan []driver.NamedValue
	busy  sync.WaitGroup // chunks sent and not yet inserted
	over  sync.WaitGroup
	err   error // the first; what is sent after it is dropped. Read when not busy.
}

// chunksWaiting is some 500 rows: what an event adds to the two largest tables is done in about the time in which the
// next is folded.
const chunksWaiting = 16

func newWriter(conn *sql.Conn) *writer {
	w := &writer{conn: conn, work: make(chan chunk, chunksWaiting), spare: make(chan []driver.NamedValue, chunksWaiting)}
	w.over.Go(func() {
		for c := range w.work {
			if w.err == nil {
				w.err = conn.Raw(func(dc any) error {
					return c.table.exec(dc.(*sqlite3.SQLiteConn), &c.table.many, rowsAtOnce, c.args)
				})
			}
			clear(c.args)
			select {
			case w.spare <- c.args[:0]:
			default:
			}
			w.busy.Done()
		}
	})
	return w
}

func (w *writer) send(c chunk) {
	w.busy.Add(1)
	w.work <- c
}

// buffer gives a slice with room for so many values.
func (w *writer) buffer(n int) []driver.NamedValue {
	select {
	case b := <-w.spare:
		if cap(b) >= n {
			return b
		}
	default:
	}
	return make([]driver.NamedValue, 0, n)
}

// wait returns when everything that was sent is inserted, or dropped.
func (w *writer) wait() error {
	w.busy.Wait()
	return w.err
}

// flush inserts all rows of some tables.
func (w *writer) flush(all ...*rows) error {
	if err := w.wait(); err != nil {
		return err
	}
	return w.conn.Raw(func(dc any) error {
		for _, t := range all {
			if err := t.rest(dc.(*sqlite3.SQLiteConn)); err != nil {
				return err
			}
		}
		return nil
	})
}

// close ends the goroutine.
func (w *writer) close() {
	close(w.work)
	w.over.Wait()
}
