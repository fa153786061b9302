package eventstore

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// inbox takes the answer to one question at a time. The client's own requests pass each answer on through one more goroutine
// and need a timer, a context and a table for each; a single writer would feel it.
type inbox struct {
	prefix  string
	asked   uint64         // questions so far: each has a subject of its own, so a late answer is never taken for another's
	answers chan *nats.Msg // to all subjects below prefix
	limit   *time.Timer
}

// inboxes are those that nobody uses at this moment. There are never more than questions were open at once.
type inboxes struct {
	mu   sync.Mutex
	free []*inbox
}

func (all *inboxes) take(nc *nats.Conn) (*inbox, error) {
	all.mu.Lock()
	if last := len(all.free) - 1; last >= 0 {
		in := all.free[last]
		all.free = all.free[:last]
		all.mu.Unlock()
		return in, nil
	}
	all.mu.Unlock()
	in := &inbox{prefix: nc.NewInbox() + ".", answers: make(chan *nats.Msg, 16), limit: time.NewTimer(0)}
	_, err := nc.ChanSubscribe(in.prefix+"*", in.answers)
	return in, err
}

func (all *inboxes) putBack(in *inbox) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.free = append(all.free, in)
}

// exchange publishes a message and waits for its answer, but not beyond the limit, the life of the connection and ctx.
func (s *Store) exchange(ctx context.Context, msg *nats.Msg, limit time.Duration) (*nats.Msg, error) {
	in, err := s.inboxes.take(s.nc)
	if err != nil {
		return nil, err
	}
	defer s.inboxes.putBack(in)
	in.asked++
	msg.Reply = in.prefix + strconv.FormatUint(in.asked, 10)
	in.limit.Reset(limit)
	defer in.limit.Stop()
	line := s.line.Load()
	if err := s.nc.PublishMsg(msg); err != nil {
		return nil, err
	}
	for {
		select {
		case answer := <-in.answers:
			switch {
			case answer.Subject != msg.Reply: // of an earlier question, given up since
			case len(answer.Data) == 0 && answer.Header.Get("Status") == "503":
				return nil, nats.ErrNoResponders
			default:
				return answer, nil
			}
		case <-in.limit.C:
			return nil, context.DeadlineExceeded
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-line.Done():
			return nil, line.Err()
		}
	}
}
