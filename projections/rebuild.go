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
	next, err := openFile(ctx, db.pointer, db.currentFile().number+1, db.opts.Readers)
	if err != nil {
		return err
	}
	if err := db.fillAndSwap(ctx, src, next, progress); err != nil {
		return errors.Join(err, next.remove())
	}
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
	// Nobody reads the file yet, so it is synced once, at the end, and not at each commit.
	if _, err := p.conn.ExecContext(ctx, "PRAGMA synchronous = OFF"); err != nil {
		return errors.Join(err, p.close())
	}
	if err := p.run(ctx, false); err != nil {
		return errors.Join(err, p.close())
	}
	if err := next.settle(ctx, p); err != nil {
		return errors.Join(err, p.close())
	}
	return db.swap(ctx, p)
}

// settle makes what was written without syncing durable, and the file as safe from here on as any.
func (f *file) settle(ctx context.Context, p *projector) error {
	if _, err := p.conn.ExecContext(ctx, "PRAGMA synchronous = FULL"); err != nil {
		return err
	}
	var busy, log, moved int
	if err := p.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved); err != nil {
		return err
	}
	if busy != 0 {
		return fmt.Errorf("the new read model %s is in use", f.path)
	}
	if err := syncPath(f.path); err != nil {
		return err
	}
	_, err := p.conn.ExecContext(ctx, "PRAGMA synchronous = NORMAL")
	return err
}

// swap makes the projector's file the current one. While it holds the lock nothing is committed to the live file, so the
// few events that came since are caught up with, and the new file is at least as far as the old one when readers change over.
func (db *DB) swap(ctx context.Context, p *projector) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	if err := errors.Join(p.run(ctx, false), p.close()); err != nil {
		return err
	}
	if live, built := db.standing.position(), p.fold.at.position; built < live {
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
	db.standing.moved(p.fold.at)
	db.standing.change(func() { db.standing.rebuilds++ })
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
