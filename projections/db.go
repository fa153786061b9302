package projections

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"plantrail/domain"
)

// Options are the settings of a [DB]; the zero Options are right for one organisation on one machine.
type Options struct {
	Readers int          // connections that read at the same time; 0 is 8
	Log     *slog.Logger // nil: slog.Default
	Anew    bool         // begin with empty read models, whatever is there: Run fills them. This is how ErrUnusable ends.

	hashless bool // for a benchmark: no tiles
}

func (o Options) filled() Options {
	if o.Readers == 0 {
		o.Readers = 8
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return o
}

// DB is the read models of one organisation. Its methods may be called from many goroutines.
//
// One goroutine calls [DB.Run], which keeps it up with the journal; queries read consistent snapshots beside it and go on
// when it has stopped.
type DB struct {
	pointer string
	opts    Options

	mu      sync.RWMutex // guards current: held shared to begin a query, alone to swap
	current *file

	writing   sync.Mutex // held to commit to the current file, and to swap it
	running   sync.Mutex // held by Run
	rebuild   sync.Mutex // held by Rebuild
	interrupt context.CancelCauseFunc
	auditing  sync.Mutex // held by Audit

	standing standing
	retiring sync.WaitGroup
	shelf    shelf
}

// Open opens the read models at path, a pointer file beside which the numbered SQLite files lie; what is missing is
// created empty. A file of an older schema is replaced by an empty one, which Run fills; of a newer one, and of one that
// can't be read, the answer is [ErrUnusable].
func Open(ctx context.Context, path string, opts Options) (*DB, error) {
	opts = opts.filled()
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	db := &DB{pointer: path, opts: opts}
	number, err := db.pointed()
	if err != nil {
		return nil, err
	}
	f, err := openFile(ctx, path, max(number, 1), opts.Readers, schema+indexes)
	if errors.Is(err, errOlder) {
		opts.Log.Info("read model of an earlier schema: it is built anew", "schema", schemaVersion)
		f, err = openFile(ctx, path, max(number, 1)+1, opts.Readers, schema+indexes)
	}
	if err != nil {
		return nil, err
	}
	db.current = f
	if err := db.adopt(ctx, f, number); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return db, nil
}

// pointed gives the number of the file to open. To begin anew is to pass by all numbered files there are, and to have the
// others removed as what an earlier process left.
func (db *DB) pointed() (int, error) {
	number, err := readPointer(db.pointer)
	if !db.opts.Anew {
		return number, err
	}
	return 0, removeOthers(db.pointer, 0)
}

func (db *DB) adopt(ctx context.Context, f *file, pointed int) error {
	if f.number != pointed {
		if err := writePointer(db.pointer, f.number); err != nil {
			return err
		}
	}
	if err := removeOthers(db.pointer, f.number); err != nil {
		return err
	}
	at, err := readProgress(ctx, f.write)
	if err != nil {
		return err
	}
	db.standing.moved(at)
	return nil
}

// Close ends all connections. Run must have returned.
func (db *DB) Close() error {
	db.retiring.Wait()
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.current.close()
}

// view runs a query on one snapshot of the current file. The file stays open until it returns, swapped or not.
func (db *DB) view(ctx context.Context, query func(*snapshot) error) error {
	return db.viewBy(ctx, func(f *file) *sql.DB { return f.read }, query)
}

// viewBy is view through some of the file's connections.
func (db *DB) viewBy(ctx context.Context, conns func(*file) *sql.DB, query func(*snapshot) error) error {
	db.mu.RLock()
	f := db.current
	f.users.Add(1)
	db.mu.RUnlock()
	defer f.users.Done()
	tx, err := conns(f).BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return readError(ctx, err)
	}
	defer tx.Rollback()
	s := &snapshot{ctx: ctx, tx: tx}
	if s.end, err = readProgress(ctx, tx); err != nil {
		return readError(ctx, err)
	}
	return readError(ctx, query(s))
}

// readError keeps the caller's own end apart from a fault of the file.
func readError(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// progress is how far a file is.
type progress struct {
	position domain.Position
	leaf     []byte
	texts    uint64
	events   uint64
}

type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

type rowsQuerier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func readProgress(ctx context.Context, q querier) (p progress, err error) {
	err = q.QueryRowContext(ctx, "SELECT position, leaf, texts, events FROM progress").
		Scan(&p.position, &p.leaf, &p.texts, &p.events)
	return p, err
}

// standing is what Status and WaitFor know without asking SQLite.
type standing struct {
	mu         sync.Mutex
	at         progress
	changed    chan struct{} // closed when at, or stopped, changes
	tail       domain.Position
	goal       *domain.Position // the tail as it was when Run began; nil before
	caughtUp   bool
	oldest     time.Time // when the oldest event not yet shown was recorded
	stopped    error
	rebuilding bool
	gaps       uint64
	rebuilds   uint64
}

func (s *standing) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
}

func (s *standing) moved(at progress) {
	s.change(func() {
		s.at = at
		s.tail = max(s.tail, at.position)
		s.oldest = time.Time{}
		s.caughtUp = s.caughtUp || s.goal != nil && at.position >= *s.goal
	})
}

// followed notes how far the live projector has come, and so that nothing stops it.
func (s *standing) followed(at progress) {
	s.change(func() { s.stopped = nil })
	s.moved(at)
}

// begun notes where the journal ended when the projector was started.
func (s *standing) begun(tail domain.Position) {
	s.change(func() {
		s.tail = max(s.tail, tail)
		if s.goal == nil {
			s.goal = &tail
		}
		s.caughtUp = s.caughtUp || s.at.position >= *s.goal
	})
}

// saw notes an event that has been read from the journal and not yet projected.
func (s *standing) saw(p domain.Position, recorded time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tail = max(s.tail, p)
	if s.oldest.IsZero() {
		s.oldest = recorded
	}
}

// WaitFor waits until the read models have reached a position, so that a caller can read its own write. It ends with ctx,
// or at once when the projector has stopped, with Unavailable.
func (db *DB) WaitFor(ctx context.Context, p domain.Position) error {
	s := &db.standing
	for {
		s.mu.Lock()
		at, stopped := s.at.position, s.stopped
		if s.changed == nil {
			s.changed = make(chan struct{})
		}
		changed := s.changed
		s.mu.Unlock()
		if at >= p {
			return nil
		}
		late := domain.Errorf(domain.Unavailable, "min_position", "the read models are at position %d, not yet at %d", at, p)
		if stopped != nil {
			return late.WithHint("the projector has stopped: see status").Because(stopped)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return late.WithHint("try again in a moment").Because(ctx.Err())
		}
	}
}

// Status says how the read models stand to the journal.
func (db *DB) Status(ctx context.Context) Status {
	s := &db.standing
	s.mu.Lock()
	st := Status{Position: s.at.position, Tail: max(s.tail, s.at.position), Rebuilding: s.rebuilding, Schema: schemaVersion,
		CaughtUp: s.caughtUp, Gaps: s.gaps, Rebuilds: s.rebuilds, Events: s.at.events}
	if s.stopped != nil {
		st.Stopped = s.stopped.Error()
	}
	oldest := s.oldest
	s.mu.Unlock()
	st.LagEvents = uint64(st.Tail - st.Position)
	if st.LagEvents > 0 && !oldest.IsZero() {
		st.LagSeconds = max(0, time.Since(oldest).Seconds())
	}
	db.mu.RLock()
	st.Bytes = db.current.size()
	db.mu.RUnlock()
	// A count that can't be read leaves zero: the figures above matter more than an error about this one.
	_ = db.view(ctx, func(q *snapshot) error {
		return q.row("SELECT count(*) FROM histories WHERE plan NOT LIKE '\\_%' ESCAPE '\\'").Scan(&st.Plans)
	})
	return st
}

func (s *standing) position() domain.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at.position
}
