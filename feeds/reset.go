package feeds

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"plantrail/domain"
)

// A webhook's subscriber has no cursor to be refused: when the history is not the one that was delivered, since it was
// restored from an older copy, the next thing that it is sent is
//
//	{"position":41,"cursor":"AQAA…","reset":true}
//
// signed like an event. It drops what it has after that position, and what follows comes from there on. The next event waits
// until the target has taken it.

// young is for how long after it was made a subscription without a noted place is taken for a new one, rather than for one
// whose place was lost with the shared state.
const young = 5 * time.Minute

// compare finds out whether the history is the one of which the noted place speaks.
func (w *worker) compare(ctx context.Context) error {
	good, err := w.good(ctx)
	reset := (*Reset)(nil)
	switch {
	case errors.As(err, &reset):
		good = min(reset.Good, w.d.Position)
	case err != nil:
		return err
	case good == w.d.Position:
		return nil
	}
	w.log.Warn("the history is not the one that was delivered: the subscriber is told to drop what came after", "position", good)
	w.d.settled(good)
	if w.d.Reset == nil || good < *w.d.Reset {
		w.d.Reset = &good
	}
	w.d.Dead, w.d.Again = upTo(w.d.Dead, good), upTo(w.d.Again, good)
	return nil
}

// good is the last position up to which what was delivered is still the history.
func (w *worker) good(ctx context.Context) (domain.Position, error) {
	f := w.c.cfg.Feed
	if w.d.Cursor != "" {
		return f.Resolve(ctx, w.d.Cursor, string(w.sub.Person))
	}
	if w.rev == 0 {
		return w.d.Position, w.newcomer(ctx)
	}
	end, err := f.cfg.Journal.End(ctx)
	return min(w.d.Position, end), err
}

// newcomer says with a Reset that a subscription without a noted place is not new: its place was lost, and it is not known
// what was delivered.
func (w *worker) newcomer(ctx context.Context) error {
	r, err := w.c.cfg.Feed.Reader(ctx, w.sub.Made-1, Query{Plans: []domain.PlanID{domain.People}, Reserved: true})
	if err != nil {
		return err
	}
	defer r.Close()
	made, _, err := r.Next(ctx, 1)
	if err != nil || len(made) == 0 || w.c.cfg.Now().Sub(made[0].RecordedAt) < young {
		return err
	}
	return &Reset{Good: w.d.Position, why: "the place of the deliveries was lost"}
}

func upTo(all []Dead, at domain.Position) (kept []Dead) {
	for _, d := range all {
		if d.Position <= at {
			kept = append(kept, d)
		}
	}
	return kept
}

// mark puts the cursor of the place beside it.
func (w *worker) mark(ctx context.Context) (err error) {
	if w.d.Cursor != "" && w.place.at == w.d.Position {
		return nil
	}
	if w.place, err = w.c.cfg.Feed.markAt(ctx, w.d.Position); err == nil {
		w.d.Cursor = w.c.cfg.Feed.format(w.place, string(w.sub.Person))
	}
	return err
}

// tellReset has the subscriber drop what is no part of the history any more, before anything else is sent. If we crash after
// it was taken and before the note, it is sent again, with the same id.
func (w *worker) tellReset(ctx context.Context) error {
	if w.d.Reset == nil {
		return nil
	}
	at := *w.d.Reset
	m, err := w.c.cfg.Feed.markAt(ctx, at)
	if err != nil {
		return err
	}
	w.body = strconv.AppendUint(append(w.body[:0], `{"position":`...), uint64(at), 10)
	w.body = append(w.c.cfg.Feed.appendCursor(append(w.body, `,"cursor":"`...), m, string(w.sub.Person)), `","reset":true}`...)
	got, _ := w.send(ctx, at, domain.EventID(fmt.Sprintf("reset-%s-%d-%x", w.id, at, m.leaf)))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !got.good() {
		w.failed(w.c.cfg.Now(), got)
		return w.later(ctx, got)
	}
	w.c.count.resets.Add(1)
	w.d.settled(w.d.Position)
	w.d.Reset = nil
	return w.save(ctx)
}
