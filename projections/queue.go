package projections

import (
	"context"
	"iter"
	"sync"
)

// queue hands values from a reading goroutine to a writing one in batches as large as have gathered: a lone event goes at
// once, a replay in thousands.
type queue[T any] struct {
	mu    sync.Mutex
	items []T
	err   error
	ended bool
	most  int
	more  chan struct{} // capacity 1: something changed for the taker
	room  chan struct{} // capacity 1: something changed for the putter
	over  chan struct{} // closed when the goroutine has ended
}

// pump reads seq in a goroutine of its own until it ends, turning each value into what the taker wants. The goroutine ends
// with seq or ctx.
func pump[S, T any](ctx context.Context, most int, seq iter.Seq2[S, error], turn func(S) (T, error)) *queue[T] {
	q := &queue[T]{most: most, more: make(chan struct{}, 1), room: make(chan struct{}, 1), over: make(chan struct{})}
	go func() {
		defer close(q.over)
		for s, err := range seq {
			var t T
			if err == nil {
				t, err = turn(s)
			}
			if err == nil {
				err = q.put(ctx, t)
			}
			if err != nil {
				q.end(err)
				return
			}
		}
		q.end(nil)
	}()
	return q
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (q *queue[T]) put(ctx context.Context, t T) error {
	for {
		q.mu.Lock()
		if len(q.items) < q.most {
			q.items = append(q.items, t)
			q.mu.Unlock()
			signal(q.more)
			return nil
		}
		q.mu.Unlock()
		select {
		case <-q.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (q *queue[T]) end(err error) {
	q.mu.Lock()
	q.err, q.ended = err, true
	q.mu.Unlock()
	signal(q.more)
}

// take waits for values and returns all that are there; spare is an emptied slice to be filled next. ok is false at the
// end, with the error that ended the sequence, if one did. What came before an error is returned before it.
func (q *queue[T]) take(ctx context.Context, spare []T) (got []T, ok bool, err error) {
	for {
		q.mu.Lock()
		got, ended, err := q.items, q.ended, q.err
		if len(got) > 0 {
			clear(spare[:cap(spare)])
			q.items = spare[:0]
			q.mu.Unlock()
			signal(q.room)
			return got, true, nil
		}
		q.mu.Unlock()
		if ended {
			return nil, false, err
		}
		select {
		case <-q.more:
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}

// waiting reports whether a batch is there to be taken at once.
func (q *queue[T]) waiting() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items) > 0
}
