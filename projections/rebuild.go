package projections

import (
	"context"
	"errors"
	"fmt"

	"plantrail/domain"
)

// Rebuild builds the read models anew in a second file beside the live one and then swaps them. Queries and Run go on in
// the meantime; no query fails, and none sees an older position than one before it. progress, which may be nil, is told
// how many of how many events are done.
//
// When it fails, or the process dies, the live file is as it was; what was built is removed, at the latest by the next Open.
func (db *DB) Rebuild(ctx context.Context, src Source, progress func(done, total domain.Position)) error {
	if !db.rebuild.TryLock() {
		return domain.Errorf(domain.Refused, "", "a rebuild is running already")
	}
	defer db.rebuild.Unlock()
	db.standing.change(func() { db.standing.rebuilding = true })
	defer db.standing.change(func() { db.standing.rebuilding = false })
	next, err := openFile(ctx, db.pointer, db.currentFile().number+1, db.opts.Readers, schema)
	if err != nil {
		return err
	}
	if err := db.fillAndSwap(ctx, src, next, progress); err != nil {
		return errors.Join(err, next.remove())
	}
	giveBack()
	return nil
}

func (db *DB) fillAndSwap(ctx context.Context, src Source, next *file, report func(done, total domain.Position)) error {
	tail, err := src.Tail(ctx)
	if err != nil {
		return err
	}
	p, err := newProjector(ctx, db, next, src, false, func(at progress) {
		if report != nil {
			report(at.position, max(tail.Events, at.position))
		}
	})
	if err != nil {
		return err
	}
	// Nobody reads the file yet, and after a crash or an error it is thrown away: no log is kept beside it, and it is synced
	// once, at the end.
	if _, err := p.conn.ExecContext(ctx, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"); err != nil {
		return errors.Join(err, p.close())
	}
	if err := p.fill(ctx, tail); err != nil {
		return errors.Join(err, p.close())
	}
	if err := next.settle(ctx, p); err != nil {
		return errors.Join(err, p.close())
	}
	// What came in the meantime is few events: most of it is read before the swap, so that the swap holds up the live
	// projector for no longer than the rest of it takes.
	if err := p.reach(ctx, db.standing.position()); err != nil {
		return errors.Join(err, p.close())
	}
	return db.swap(ctx, p)
}

// fill projects both streams up to their ends as they were, side by side.
func (p *projector) fill(ctx context.Context, tail Tail) error {
	ctx, cancel := context.WithCancel(ctx)
	texts := p.readTexts(ctx, tail.Texts)
	defer func() { cancel(); <-texts.over }()
	p.ahead = texts
	if err := p.reach(ctx, tail.Events); err != nil {
		return err
	}
	return p.drainTexts(ctx, texts, tail.Texts)
}

// settle gives the file its indexes, makes what was written without syncing durable, and puts it into the mode in which it
// lives from here on.
func (f *file) settle(ctx context.Context, p *projector) error {
	if _, err := p.conn.ExecContext(ctx, indexes); err != nil {
		return err
	}
	if err := syncPath(f.path); err != nil {
		return err
	}
	var mode string
	if err := p.conn.QueryRowContext(ctx, "PRAGMA synchronous = NORMAL; PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("the new read model %s is in journal mode %s", f.path, mode)
	}
	return nil
}

// swap makes the projector's file the current one. While it holds the lock nothing is committed to the live file, so the
// few events that came since are caught up with, and the new file is at least as far as the old one when readers change over.
func (db *DB) swap(ctx context.Context, p *projector) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	live := db.standing.position()
	if err := errors.Join(p.reach(ctx, live), p.close()); err != nil {
		return err
	}
	if built := p.fold.at.position; built < live {
		return fmt.Errorf("the journal ends at position %d, the live read models are at %d: the journal was cut or is another; "+
			"delete the read models to build them from it all the same", built, live)
	}
	// A crash before the pointer is written leaves the old file current, after it the new one: both are whole.
	if err := writePointer(db.pointer, p.f.number); err != nil {
		return err
	}
	db.mu.Lock()
	old := db.current
	db.current = p.f
	interrupt := db.interrupt
	db.mu.Unlock()
	db.standing.change(func() { db.standing.rebuilds++ }) // before the position is told that it led to
	db.standing.moved(p.fold.at)
	if interrupt != nil {
		interrupt(errSwapped)
	}
	db.retire(old)
	return nil
}

// retire deletes a file when the last query on it has ended.
func (db *DB) retire(old *file) {
	db.retiring.Go(func() {
		old.users.Wait()
		if err := old.remove(); err != nil {
			db.opts.Log.Warn("an old read model stays until the next start", "file", old.path, "error", err)
		}
	})
}
