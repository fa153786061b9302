package projections

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	sqlite3 "github.com/mattn/go-sqlite3"

	"plantrail/domain"
)

// most is how many events, or text records, go into one transaction when that many are waiting.
const most = 4_000

// errSwapped interrupts a projector whose file is no longer the current one.
var errSwapped = errors.New("the read models were rebuilt")

// Run is the projector: it catches up with the journal, then follows it. It returns nil when ctx ends. It returns an error,
// and Status says so, when the journal can't be read, skips a position, holds an event of an unknown type or one that
// breaks an invariant: nothing after that event is projected, and queries go on answering with what is there. A disk that is
// full or does not answer stops nothing for good: Status says so, and the projector tries again until it can write.
//
// Events, what follows from them, and the position are committed together, so a crash at any moment loses at most work:
// the next Run begins after the position that is in the file.
func (db *DB) Run(ctx context.Context, src Source) error {
	if !db.running.TryLock() {
		return domain.Errorf(domain.Refused, "", "the projector is running already")
	}
	defer db.running.Unlock()
	db.standing.change(func() { db.standing.stopped = nil })
	db.fillEmpty(ctx, src)
	for {
		err := db.runOnce(ctx, src)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, errSwapped) {
			continue
		}
		again := false
		db.standing.change(func() {
			again, db.standing.stopped = db.standing.stopped != nil, err
			if errors.As(err, new(errGap)) {
				db.standing.gaps++
			}
		})
		if !ofTheDisk(err) {
			db.opts.Log.Error("projector stopped", "error", err)
			return err
		}
		if !again {
			db.opts.Log.Error("the read models can't be written, and will be as soon as their disk takes it", "error", err)
		}
		select {
		case <-time.After(diskPause):
		case <-ctx.Done():
			return nil
		}
	}
}

// diskPause is between two tries to write the read models to a disk that does not take them.
const diskPause = 2 * time.Second

// ofTheDisk reports whether SQLite could not write for want of space, or was told by the system that it could not. What it
// had begun is rolled back.
func ofTheDisk(err error) bool {
	e := sqlite3.Error{}
	return errors.As(err, &e) && (e.Code == sqlite3.ErrFull || e.Code == sqlite3.ErrIoErr)
}

// fillEmpty builds empty read models of a long journal the fast way. If that fails, the way event by event finds the same
// fault and says where.
func (db *DB) fillEmpty(ctx context.Context, src Source) {
	tail, err := src.Tail(ctx)
	if err == nil {
		db.standing.begun(tail.Events) // so that the lag is right from the first moment
	}
	if err != nil || db.standing.position() > 0 || tail.Events < 2*most {
		return
	}
	if err := db.Rebuild(ctx, src, nil); err != nil && ctx.Err() == nil {
		db.opts.Log.Warn("read models are filled event by event", "error", err)
	}
}

func (db *DB) runOnce(ctx context.Context, src Source) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	db.mu.Lock()
	f := db.current
	f.users.Add(1)
	db.interrupt = cancel
	db.mu.Unlock()
	defer f.users.Done()
	p, err := newProjector(ctx, db, f, src, true, db.standing.followed)
	if err != nil {
		return err
	}
	err = errors.Join(p.follow(ctx), p.close())
	if context.Cause(ctx) == errSwapped {
		return errSwapped
	}
	return err
}

// projector writes one file from the journal.
type projector struct {
	db    *DB
	f     *file
	src   Source
	conn  *sql.Conn
	fold  *fold
	live  bool               // f is the current file, not one that a rebuild makes
	done  func(progress)     // called after each commit
	wait  func() bool        // more texts are wanted before the next events
	ahead *queue[TextRecord] // texts being read beside the events, into a file that nobody reads yet
}

func newProjector(ctx context.Context, db *DB, f *file, src Source, live bool, done func(progress)) (*projector, error) {
	// The writer's statements don't end with ctx: a commit once begun is finished, and a driver that need not watch a
	// context does without a goroutine a statement.
	own := context.Background()
	conn, err := f.write.Conn(own)
	if err != nil {
		return nil, err
	}
	p := &projector{db: db, f: f, src: src, conn: conn, live: live, done: done}
	if p.fold, err = newFold(own, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := p.resume(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

func (p *projector) close() error { return errors.Join(p.fold.close(), p.conn.Close()) }

// resume reads where the file is, makes sure that the journal is the one it was built from, and reads the parts that were
// held back when it was last written.
func (p *projector) resume(ctx context.Context) error {
	at, err := readProgress(ctx, p.conn)
	if err != nil {
		return err
	}
	p.fold.at, p.fold.hashless = at, p.db.opts.hashless
	p.fold.items.all = at.position == 0
	if err := p.fold.loadErased(); err != nil {
		return err
	}
	if !p.fold.hashless {
		if p.fold.edge, err = loadEdge(ctx, p.conn, at.position); err != nil {
			return err
		}
	}
	tail, err := p.src.Tail(ctx)
	if err != nil {
		return err
	}
	if p.live {
		p.db.standing.begun(tail.Events)
	}
	if tail.Events < at.position {
		return fmt.Errorf("the journal ends at position %d, the read models are at %d: the journal was cut or is another; "+
			"check it against its checkpoint, then delete the read models, and they are rebuilt", tail.Events, at.position)
	}
	if at.position > 0 {
		last, err := p.src.Event(ctx, at.position)
		if err != nil {
			return fmt.Errorf("the journal's event at position %d, the last one projected: %w", at.position, err)
		}
		if !bytes.Equal(last.Leaf[:], at.leaf) {
			return fmt.Errorf("the journal's event at position %d is not the one that the read models were built from: "+
				"check the journal against its checkpoint, then run `plantrail rebuild`", at.position)
		}
	}
	return p.regather(ctx)
}

func (p *projector) regather(ctx context.Context) error {
	positions, err := scanAll[domain.Position](p.conn.QueryContext(ctx, "SELECT position FROM pending ORDER BY position"))
	if err != nil {
		return err
	}
	for _, position := range positions {
		r, err := p.src.Event(ctx, position)
		if err != nil {
			return fmt.Errorf("the part of a command at position %d: %w", position, err)
		}
		h, err := p.fold.history(r.Plan)
		if err != nil {
			return err
		}
		h.gather.Add(r)
		p.fold.pending[r.Plan] = h
	}
	return nil
}

// follow projects events until ctx ends.
func (p *projector) follow(ctx context.Context) error {
	return p.run(ctx, true, func() bool { return false })
}

// reach projects events until a position is reached, or the journal ends.
func (p *projector) reach(ctx context.Context, end domain.Position) error {
	reached := func() bool { return p.fold.at.position >= end }
	if reached() {
		return nil
	}
	return p.run(ctx, false, reached)
}

func (p *projector) run(ctx context.Context, follow bool, enough func() bool) error {
	ctx, cancel := context.WithCancel(ctx)
	events := pump(ctx, most, p.src.Events(ctx, p.fold.at.position, follow), func(r domain.Recorded) (prepared, error) {
		if p.live {
			p.db.standing.saw(r.Position, r.RecordedAt)
		}
		return prepare(r)
	})
	defer func() { cancel(); <-events.over }() // the source is left alone
	var batch []prepared
	for !enough() {
		got, ok, err := events.take(ctx, batch)
		if !ok {
			return err
		}
		if err := p.project(ctx, got); err != nil {
			return err
		}
		batch = got
	}
	return nil
}

func (db *DB) currentFile() *file {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.current
}

// project commits a batch of events, after the texts that belong to them. What precedes an event that can't be projected
// is committed still.
func (p *projector) project(ctx context.Context, batch []prepared) error {
	if err := p.projectTexts(ctx, batch); err != nil {
		return err
	}
	done := 0
	err := p.commit(func() error {
		for ; done < len(batch); done++ {
			if err := p.fold.add(&batch[done]); err != nil {
				return err
			}
		}
		return p.fold.flush()
	})
	if err == nil {
		return p.emptyAfterErasing()
	}
	if done == 0 || done == len(batch) {
		return err
	}
	// The broken event left the fold half way through it, so the events before it are done again by a fresh one.
	if again := p.restart(ctx); again != nil {
		return errors.Join(err, again)
	}
	return errors.Join(err, p.project(ctx, batch[:done]))
}

// restart throws the fold away with all that it has not committed.
func (p *projector) restart(ctx context.Context) error {
	old := p.fold
	fresh, err := newFold(context.Background(), p.conn)
	if err != nil {
		return err
	}
	p.fold = fresh
	return errors.Join(old.close(), p.resume(ctx))
}

// commit runs write in a transaction. The file that is current is written under the lock that a swap takes, so that no
// commit goes into a file that has just been replaced.
func (p *projector) commit(write func() error) error {
	if p.live {
		p.db.writing.Lock()
		defer p.db.writing.Unlock()
		if p.f != p.db.currentFile() {
			return errSwapped
		}
	}
	own := context.Background()
	if _, err := p.conn.ExecContext(own, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := write()
	if err == nil {
		// A crash before this commit loses the batch and the position together; after it, neither.
		_, err = p.conn.ExecContext(own, "COMMIT")
	}
	if err != nil {
		_ = p.fold.writer.wait() // or what it still has would be inserted after the ROLLBACK, by itself
		_, undone := p.conn.ExecContext(own, "ROLLBACK")
		return errors.Join(err, undone)
	}
	p.fold.committed()
	p.done(p.fold.at)
	return nil
}

// projectTexts brings the texts up to date when events of a batch have some: the journal stores texts before the events
// that carry their digests, so once the end of the text stream as it is now is reached, all of them are there.
//
// Whoever sees an event shall see its texts. In a file that nobody reads yet both streams are read side by side instead.
func (p *projector) projectTexts(ctx context.Context, batch []prepared) error {
	if p.ahead != nil {
		return p.takeTexts(ctx, func() bool { return p.ahead.waiting() || p.wait != nil && p.wait() })
	}
	if !slices.ContainsFunc(batch, func(e prepared) bool { return e.Texts > 0 || leavesTexts(e.Event) }) {
		return nil
	}
	tail, err := p.src.Tail(ctx)
	if err != nil || tail.Texts <= p.fold.at.texts {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	texts := p.readTexts(ctx, tail.Texts)
	defer func() { cancel(); <-texts.over }()
	return p.drainTexts(ctx, texts, tail.Texts)
}

// leavesTexts reports whether an event comes after what was left of another event's texts was stored anew.
func leavesTexts(e domain.Event) bool {
	_, erased := e.(*domain.ErasureCompleted)
	return erased
}

// readTexts reads the text stream in a goroutine of its own.
func (p *projector) readTexts(ctx context.Context, until uint64) *queue[TextRecord] {
	return pump(ctx, most, p.src.Texts(ctx, p.fold.at.texts, until), func(t TextRecord) (TextRecord, error) { return t, nil })
}

// drainTexts projects what is left of a reading, which ends at a sequence.
func (p *projector) drainTexts(ctx context.Context, texts *queue[TextRecord], until uint64) error {
	p.ahead = texts
	err := p.takeTexts(ctx, func() bool { return true })
	p.ahead = nil
	if err != nil || p.fold.at.texts >= until {
		return err
	}
	return p.commitTexts(nil, until) // the last ones have been erased
}

// takeTexts commits texts as long as wanted, or to the end of the reading.
func (p *projector) takeTexts(ctx context.Context, wanted func() bool) error {
	var spare []TextRecord
	for wanted() {
		got, ok, err := p.ahead.take(ctx, spare)
		if !ok {
			return err
		}
		if err := p.commitTexts(got, got[len(got)-1].Sequence); err != nil {
			return err
		}
		spare = got
	}
	return nil
}

func (p *projector) commitTexts(records []TextRecord, upto uint64) error {
	return p.commit(func() error {
		for _, t := range records {
			p.fold.text(t)
		}
		return p.fold.flushTexts(upto)
	})
}
