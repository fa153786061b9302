package projections

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"net/url"

	sqlite3 "github.com/mattn/go-sqlite3"
)

// connector opens connections of one kind to one file. It is there for the one setting that the driver's address can't
// carry: readers map the file into memory.
type connector struct {
	dsn    string
	driver *sqlite3.SQLiteDriver
}

// Connect implements driver.Connector.
func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }

// Driver implements driver.Connector.
func (c connector) Driver() driver.Driver { return c.driver }

// mapped is how much of a file readers map. A plan's rows lie scattered over the whole history, and reading their pages
// by system calls took two fifths of a query's time. The pages belong to the system's cache, which takes them back when
// memory is short. A disk that fails under a mapped page ends the process; the journal on the same disk would not
// outlast it either.
const mapped = "PRAGMA mmap_size = 2147418112"

func pool(path string, conns int, settings url.Values, then string) *sql.DB {
	settings.Set("_busy_timeout", "5000")
	c := connector{dsn: "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + settings.Encode(), driver: &sqlite3.SQLiteDriver{}}
	if then != "" {
		c.driver.ConnectHook = func(conn *sqlite3.SQLiteConn) error {
			_, err := conn.Exec(then, nil)
			return err
		}
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	return db
}
