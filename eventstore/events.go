package eventstore

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
)

// Events yields every event of the organisation after a position, in order, without texts. Without follow it ends at the
// history's end as it was when the reading began; with follow it goes on with new events until ctx ends, which is the one
// error that is no fault.
//
// A gap in the positions, an event that can't be read or a broken connection ends the sequence with an error: it never
// looks like the end.
func (s *Store) Events(ctx context.Context, after domain.Position, follow bool) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		last := uint64(after)
		if !s.written(ctx, &last, yield) {
			return
		}
		for m, err := range s.raw(ctx, last, follow) {
			r, err := s.decode(m, err)
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// written yields a long range of events after the last one, past an embedded server and out of its files, which takes a tenth
// of what the server and its client do for each message. Whatever is odd there ends it without an error: what follows is
// asked of the server, which meets the same fault and has more to say about it.
func (s *Store) written(ctx context.Context, last *uint64, yield func(domain.Recorded, error) bool) (more bool) {
	files := s.Blocks()
	if files == nil {
		return true
	}
	state, err := s.stream(ctx, s.names.history())
	if err != nil {
		yield(domain.Recorded{}, err)
		return false
	}
	if state.Last < *last+longRange {
		return true
	}
	for m, err := range files.messages(ctx, *last) {
		if err != nil || m.Seq != *last+1 || m.Seq > state.Last {
			return true
		}
		r, err := s.decode(m, nil)
		if !yield(r, err) || err != nil {
			return false
		}
		*last = m.Seq
	}
	return true
}

// Leaf is the exact bytes of one stored event: leaf Position-1 of the Merkle log.
type Leaf struct {
	Position domain.Position
	Plan     domain.PlanID // from the message's subject; it may differ from what the bytes say
	Body     []byte
}

// leaf is a message of the history.
func (n names) leaf(m kept) Leaf {
	return Leaf{domain.Position(m.Seq), domain.PlanID(strings.TrimPrefix(m.Subject, n.subject(""))), m.Data}
}

// Leaves is Events before anything is read out of the bytes: every message of the history, whatever is in it.
func (s *Store) Leaves(ctx context.Context, after domain.Position, follow bool) iter.Seq2[Leaf, error] {
	return func(yield func(Leaf, error) bool) {
		for m, err := range s.raw(ctx, uint64(after), follow) {
			if !yield(s.names.leaf(m), err) || err != nil {
				return
			}
		}
	}
}

// raw is Events before decoding. The messages come by an ordered consumer, which needs no acknowledgements and makes
// itself anew when it has missed something.
func (s *Store) raw(ctx context.Context, after uint64, follow bool) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		state, err := s.stream(ctx, s.names.history())
		if err == nil && after > state.Last {
			err = domain.Errorf(domain.Internal, "position", "the reader is at %d, the history ends at %d", after, state.Last).
				WithHint("the history is shorter than what was read from it before: " + mend)
		}
		if err != nil {
			yield(kept{}, err)
			return
		}
		if after == state.Last && !follow {
			return
		}
		next := after + 1
		for stalls := 0; ; stalls++ {
			was := next
			more := s.deliver(ctx, &next, state.Last, follow, yield)
			if !more {
				return
			}
			if next > was {
				stalls = 0
			}
			if next > state.Last {
				continue // it has only waited for what is yet to come
			}
			if err := s.stalled(ctx, next, stalls); err != nil {
				yield(kept{}, err)
				return
			}
		}
	}
}

// deliver yields messages from *next on, as one consumer brings them. more says that it brought nothing for so long that
// something may be wrong, although there must be more.
func (s *Store) deliver(ctx context.Context, next *uint64, last uint64, follow bool, yield func(kept, error) bool) (more bool) {
	sub, err := s.subscribe(ctx, s.names.history(), *next-1)
	if err != nil {
		yield(kept{}, err)
		return false
	}
	defer sub.Stop()
	defer context.AfterFunc(ctx, sub.Stop)() // with nobody to connect to, Next heeds nothing else
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	alarm := time.AfterFunc(patience, stop) // one for all messages: a context for each would be felt
	defer alarm.Stop()
	for ; follow || *next <= last; *next++ {
		if *next <= last {
			alarm.Reset(patience)
		} else if !alarm.Stop() && waiting.Err() != nil {
			return true
		}
		m, err := s.nextOf(waiting, sub, *next)
		if err != nil && waiting.Err() != nil && ctx.Err() == nil {
			return true
		}
		if !yield(m, err) || err != nil {
			return false
		}
	}
	return false
}

// stalled finds out why nothing comes. A message that can't be read is passed over by consumers: one in the middle shows
// as a gap, but after the last of the history nothing comes that could show it.
func (s *Store) stalled(ctx context.Context, next uint64, times int) error {
	m, err := s.get(ctx, s.names.history(), getRequest{Seq: next})
	switch {
	case err != nil:
		return err
	case m == nil:
		return domain.Errorf(domain.Internal, fmt.Sprintf("position %d", next), "it is there, but it can't be read").
			WithHint(mend)
	case times >= 3:
		return domain.Errorf(domain.Internal, fmt.Sprintf("position %d", next), "the leader has it, but no consumer brings it").
			WithHint("one of the servers has a damaged copy: keep it as it is and look at each")
	}
	return nil
}

func (s *Store) subscribe(ctx context.Context, stream string, after uint64) (jetstream.MessagesContext, error) {
	consumer, err := s.js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1,
	})
	if err != nil {
		return nil, s.unavailable(err)
	}
	sub, err := consumer.Messages(jetstream.PullMaxMessages(2000), jetstream.PullHeartbeat(2*time.Second))
	if err != nil {
		return nil, s.unavailable(err)
	}
	return sub, nil
}

// nextOf waits for the next message, which must have this sequence.
func (s *Store) nextOf(ctx context.Context, sub jetstream.MessagesContext, want uint64) (kept, error) {
	msg, err := sub.Next(jetstream.NextContext(ctx))
	switch {
	case err != nil && ctx.Err() != nil:
		return kept{}, ctx.Err()
	case err != nil:
		return kept{}, s.unavailable(err)
	}
	seq, err := sequenceOf(msg.Reply())
	if err != nil {
		return kept{}, err
	}
	if seq != want {
		return kept{}, domain.Errorf(domain.Internal, fmt.Sprintf("position %d", want), "it is missing: position %d follows %d", seq, want-1).
			WithHint(mend)
	}
	return kept{Subject: msg.Subject(), Seq: seq, Data: msg.Data()}, nil
}

// sequenceOf reads the stream sequence from a delivered message's reply subject:
// $JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.…, or with a domain and an account hash after ACK.
func sequenceOf(reply string) (uint64, error) {
	parts := strings.Split(reply, ".")
	at := 5
	if len(parts) >= 11 {
		at = 7
	}
	if len(parts) < 9 {
		return 0, nats.ErrNotJSMessage
	}
	return strconv.ParseUint(parts[at], 10, 64)
}
