package eventstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
)

// In a cluster each server keeps a copy of each stream, and the server that leads answers for all. A copy with a hole is not
// seen until it is read, and whose copy a reader meets is chance. What stands here reads each server's own.

// Copies names the servers that keep the history, the leader first; nil where there is one only.
func (s *Store) Copies(ctx context.Context) ([]string, error) {
	if s.srv != nil || s.cfg.Replicas == 1 {
		return nil, nil
	}
	return s.copiesOf(ctx, s.names.history())
}

func (s *Store) copiesOf(ctx context.Context, stream string) (servers []string, err error) {
	info, err := s.streamInfo(ctx, stream)
	if err != nil {
		return nil, err
	}
	if info == nil {
		_, err = s.stream(ctx, stream) // says so
		return nil, err
	}
	if info.Cluster.Leader == "" {
		return nil, s.unavailable(fmt.Errorf("stream %s has no leader", stream))
	}
	servers = []string{info.Cluster.Leader}
	for _, r := range info.Cluster.Replicas {
		servers = append(servers, r.Name)
	}
	slices.Sort(servers[1:])
	return servers, nil
}

// LeavesOn yields the leaves after a position as one server has them, up to the history's end. An error of kind Internal
// names a leaf that the server's copy lacks; of kind Unavailable, a server that does not give its copy.
func (s *Store) LeavesOn(ctx context.Context, server string, after domain.Position) iter.Seq2[Leaf, error] {
	return func(yield func(Leaf, error) bool) {
		next := uint64(after) + 1
		for m, err := range s.copyOn(ctx, s.names.history(), server, uint64(after)) {
			if err == nil && m.Seq != next {
				err = domain.Errorf(domain.Internal, fmt.Sprintf("position %d", next), "it is missing on %s: position %d follows %d", server, m.Seq, next-1).
					WithHint("the other servers may have it: plantrail repair tells")
			}
			if !yield(s.names.leaf(m), err) || err != nil {
				return
			}
			next++
		}
	}
}

// copyOn yields what one server has of a stream after a sequence, passing over holes, up to the stream's end. That the last
// message does not come is an error of kind Internal.
func (s *Store) copyOn(ctx context.Context, stream, server string, after uint64) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		state, err := s.stream(ctx, stream)
		if err == nil && after >= state.Last {
			return
		}
		var c jetstream.Consumer
		if err == nil {
			c, err = s.readers.at(ctx, s, stream, server, after)
		}
		if err != nil {
			yield(kept{}, err)
			return
		}
		for last := after; last < state.Last; {
			was := last
			for m, err := range s.batchOf(c, int(min(copyBatch, state.Last-last))) {
				if err == nil && ctx.Err() != nil {
					err = ctx.Err()
				}
				if err != nil || m.Seq <= last || m.Seq > state.Last { // what was added meanwhile is not asked for
					_ = yield(kept{}, firstError(err, s.mute(server, fmt.Errorf("sequence %d came after %d", m.Seq, last))))
					return
				}
				if last = m.Seq; !yield(m, nil) {
					return // messages are on their way to nobody: the reader is of no more use
				}
			}
			if last == was {
				yield(kept{}, s.unread(ctx, c, stream, server, last+1))
				return
			}
		}
		s.readers.free(stream, server, c)
	}
}

const (
	copyBatch    = 1000            // messages of a copy asked for at once
	copyPatience = 3 * time.Second // how long they may take
)

// batchOf yields up to n messages; none, without an error, when the server has no more that it can read.
func (s *Store) batchOf(c jetstream.Consumer, n int) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		batch, err := c.Fetch(n, jetstream.FetchMaxWait(copyPatience))
		if err != nil {
			yield(kept{}, s.unavailable(err))
			return
		}
		for msg := range batch.Messages() {
			seq, err := sequenceOf(msg.Reply())
			if !yield(kept{Subject: msg.Subject(), Seq: seq, Data: msg.Data()}, err) || err != nil {
				return
			}
		}
		if err := batch.Error(); err != nil {
			yield(kept{}, s.unavailable(err))
		}
	}
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// unread says why nothing comes any more: a server that still answers for its consumer has nothing more that it can read.
func (s *Store) unread(ctx context.Context, c jetstream.Consumer, stream, server string, next uint64) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := c.Info(ctx); err != nil {
		return s.mute(server, err)
	}
	if err := s.inStep(ctx, stream, server); err != nil {
		return err
	}
	return domain.Errorf(domain.Internal, fmt.Sprintf("position %d", next), "%s can't read it, nor any after it", server).
		WithHint("the other servers may have it: plantrail repair tells")
}

// inStep refuses a server that is still fetching from the others what it lacks, as one does that was down: that its copy is
// not whole is no fault of the copy.
func (s *Store) inStep(ctx context.Context, stream, server string) error {
	info, err := s.streamInfo(ctx, stream)
	if err != nil || info == nil {
		return err
	}
	for _, m := range info.Cluster.Replicas {
		switch {
		case m.Name != server:
		case m.Offline:
			return s.mute(server, errors.New("it is offline"))
		case !m.Current || m.Lag > 0:
			return s.mute(server, fmt.Errorf("it is not up to date, and %d operations behind", m.Lag))
		}
	}
	return nil
}

func (s *Store) mute(server string, why error) error {
	return domain.Errorf(domain.Unavailable, "server "+server, "it does not give its copy of the journal").
		WithHint("see whether it runs and is up to date with the others; if it stays so, its copy is damaged: plantrail repair tells").Because(s.because(why))
}

// readers are consumers that lie on one server each and read its copy. Where a consumer of one replica lies, the cluster
// chooses by chance and says; so they are made until one lies where it is wanted, and kept, for making one is work for the
// whole cluster.
type readers struct {
	mu   sync.Mutex
	idle map[string][]jetstream.Consumer // by stream and server
}

const (
	// Of three servers, that one is not hit in 40 tries is a chance of one in ten million.
	mostPlacings = 40
	readerIdle   = time.Minute
)

// at is a reader of a server's copy that begins after a sequence. It is handed back when all that was asked for has come.
func (r *readers) at(ctx context.Context, s *Store, stream, server string, after uint64) (jetstream.Consumer, error) {
	giveUp := time.Now().Add(2 * s.cfg.Patience)
	var last error
	for range mostPlacings {
		if c := r.take(stream, server); c != nil {
			try, cancel := context.WithTimeout(ctx, time.Second)
			_, err := s.js.ResetConsumerToSequence(try, stream, c.CachedInfo().Name, after+1)
			cancel()
			if err == nil {
				return c, nil
			}
			last = err // it was idle for too long, or its server is gone
		}
		if time.Now().After(giveUp) {
			break
		}
		try, cancel := context.WithTimeout(ctx, time.Second)
		c, err := s.js.CreateConsumer(try, stream, jetstream.ConsumerConfig{
			AckPolicy: jetstream.AckNonePolicy, DeliverPolicy: jetstream.DeliverAllPolicy, InactiveThreshold: readerIdle, MemoryStorage: true, Replicas: 1,
		})
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			last = err // it may have been put on a server that does not answer
		case c.CachedInfo().Cluster == nil: // a server of its own
			r.free(stream, server, c)
		default:
			r.free(stream, c.CachedInfo().Cluster.Leader, c)
		}
	}
	return nil, s.mute(server, last)
}

func (r *readers) take(stream, server string) jetstream.Consumer {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := stream + " " + server
	all := r.idle[key]
	if len(all) == 0 {
		return nil
	}
	r.idle[key] = all[:len(all)-1]
	return all[len(all)-1]
}

// free hands a reader back.
func (r *readers) free(stream, server string, c jetstream.Consumer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.idle == nil {
		r.idle = map[string][]jetstream.Consumer{}
	}
	r.idle[stream+" "+server] = append(r.idle[stream+" "+server], c)
}
