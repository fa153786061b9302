package feeds

import (
	"context"
	"iter"

	"plantrail/domain"
)

// Reader reads a feed from a position on. It is for one goroutine, with one context; Close it.
type Reader struct {
	f    *Feed
	q    Query
	mark mark
	own  domain.Position // the history's end when it began: so far it looks, where the ring is not there yet

	next func() (Stored, error, bool) // of a reading of the journal, nil when none is under way
	stop func()

	ready []Item    // read from the journal, and not asked for yet
	ahead chan page // what follows them
}

// Reader begins after a position. It looks at all that was recorded before it began, at least: who reads after a write sees it.
func (f *Feed) Reader(ctx context.Context, after domain.Position, q Query) (*Reader, error) {
	end, err := f.cfg.Journal.End(ctx)
	if err != nil {
		return nil, err
	}
	if after > end {
		return nil, &Reset{At: after, Good: end, why: "the history ends before this position"}
	}
	m, err := f.markAt(ctx, after)
	return &Reader{f: f, q: q, mark: m, own: end}, err
}

// At is how far the reader has looked.
func (r *Reader) At() domain.Position { return r.mark.at }

// Cursor is the cursor of that place.
func (r *Reader) Cursor(subscriber string) string { return r.f.format(r.mark, subscriber) }

// Close ends a reading of the journal.
func (r *Reader) Close() {
	if r.stop != nil {
		r.stop()
	}
	r.next, r.stop, r.ready, r.ahead = nil, nil, nil, nil
}

// scan bounds how many events one Next looks at: where a query wants few, the caller hears now and then how far it is.
const scan = 4096

// pageful is how many events of the journal are looked at together.
const pageful = 500

// Next is what comes next, at most so many; they may be fewer, or none, although more is there, when the query leaves much
// out. caught says that the reader has looked at all that there was.
func (r *Reader) Next(ctx context.Context, most int) (items []Item, caught bool, err error) {
	for seen := 0; seen < scan && len(items) < most; {
		n := 0
		if items, n, err = r.some(ctx, items, most); err != nil {
			r.Close()
			return nil, false, err
		}
		if n == 0 {
			return items, true, nil
		}
		seen += n
	}
	return items, false, nil
}

// some adds what the ring has or, where that has let it go, what the journal has. n is how many events were looked at.
func (r *Reader) some(ctx context.Context, items []Item, most int) (_ []Item, n int, err error) {
	for r.next == nil {
		got, n, known := r.fromRing(items, most)
		switch {
		case known && (n > 0 || r.mark.at >= r.own):
			return got, n, nil
		case known:
			if err := r.Wait(ctx); err != nil { // the ring is a moment behind
				return items, 0, err
			}
		default:
			r.next, r.stop = iter.Pull2(r.f.cfg.Journal.Stored(ctx, r.mark.at, false))
		}
	}
	if len(r.ready) == 0 {
		if err := r.refill(ctx); err != nil || len(r.ready) == 0 {
			r.Close()
			return items, 0, err
		}
	}
	for len(r.ready) > 0 && len(items) < most {
		it := r.ready[0]
		r.ready = r.ready[1:]
		r.mark.step(it.Position, it.Leaf)
		it.mark = r.mark
		items = r.add(items, it)
		n++
	}
	return items, n, nil
}

// refill waits for the texts of the page that was read ahead, and reads the next meanwhile: both cost about the same.
func (r *Reader) refill(ctx context.Context) error {
	if r.ahead == nil {
		if err := r.readAhead(ctx); err != nil {
			return err
		}
	}
	texts := r.ahead
	if err := r.readAhead(ctx); err != nil {
		return err
	}
	got := <-texts
	r.ready = got.items
	return got.err
}

type page struct {
	items []Item
	err   error
}

// readAhead reads a page and has its texts fetched.
func (r *Reader) readAhead(ctx context.Context) error {
	var events []Stored
	for len(events) < pageful {
		s, err, ok := r.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		events = append(events, s)
	}
	ahead := make(chan page, 1)
	r.ahead = ahead
	go func() {
		found, err := r.f.textsOf(ctx, events, func(s Stored) bool { return r.q.Texts && r.q.wants(&s.Recorded) })
		p := page{make([]Item, len(events)), err}
		for i, s := range events {
			p.items[i] = Item{Stored: s, Disclosures: found[s.ID]}
		}
		ahead <- p
	}()
	return nil
}

// fromRing is some from memory; known says that the ring can tell what follows.
func (r *Reader) fromRing(items []Item, most int) (_ []Item, n int, known bool) {
	f := r.f
	f.mu.RLock()
	defer f.mu.RUnlock()
	if !f.runs || r.mark.at+1 < f.first {
		return items, 0, false
	}
	for r.mark.at < f.last && len(items) < most && n < scan {
		it := f.ring[int(r.mark.at+1)%len(f.ring)]
		r.mark = it.mark
		items = r.add(items, it)
		n++
	}
	return items, n, true
}

func (r *Reader) add(items []Item, it Item) []Item {
	switch {
	case r.q.wants(&it.Recorded):
		if !r.q.Texts {
			it.Disclosures, it.Withheld = nil, it.Texts > 0
		}
		return append(items, it)
	case r.q.Hashes:
		it.LeftOut, it.Disclosures, it.Body = true, nil, nil
		return append(items, it)
	}
	return items
}

// Wait returns when there may be more, or when ctx ends. While the journal is away it waits for it.
func (r *Reader) Wait(ctx context.Context) error {
	for {
		r.f.mu.RLock()
		grown, more := r.f.grown, r.f.runs && r.f.last > r.mark.at
		r.f.mu.RUnlock()
		if more {
			return nil
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
