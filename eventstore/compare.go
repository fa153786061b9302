package eventstore

import (
	"bytes"
	"context"
	"iter"
	"slices"

	"plantrail/domain"
)

// CopyState is how one server's copy of a stream compares with the others'.
type CopyState struct {
	Stream  string `json:"stream"`
	Server  string `json:"server"`
	Has     uint64 `json:"messages"`
	Lacks   uint64 `json:"lacks"` // messages that another server has
	First   uint64 `json:"first,omitempty"`
	Last    uint64 `json:"last,omitempty"`   // the first and the last that it lacks
	Differs uint64 `json:"differs"`          // messages that it has other than most servers have them
	Silent  string `json:"silent,omitempty"` // why its copy could not be read
}

// Whole reports whether nothing is known to be wrong with it.
func (c CopyState) Whole() bool { return c.Lacks == 0 && c.Differs == 0 && c.Silent == "" }

// OpenCopies reaches the cluster of a journal without asking whether the journal is in order, for whoever looks into why it
// is not. Nothing can be recorded through it. The caller closes it.
func OpenCopies(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s := newStore(cfg)
	s.stopBeside = func() {}
	id, _, err := loadIdentity(cfg)
	if err != nil {
		return nil, err
	}
	s.id = id
	if _, _, _, err := s.readKept(); err != nil { // so that an older one in the cluster does not take its place
		return nil, err
	}
	s.Freeze("it was opened to look at its copies")
	if err := s.connect(ctx); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

// Streams are the names of the journal's streams in the cluster, the history first; those that are not there are left out.
// It waits for servers that have just begun to agree on who leads.
func (s *Store) Streams(ctx context.Context) (found []string, err error) {
	err = s.settled(ctx, settling, func() (bool, error) {
		found = nil
		for _, name := range s.names.streams() {
			info, err := s.streamInfo(ctx, name)
			if err != nil {
				return false, err
			}
			if info != nil {
				found = append(found, name)
			}
		}
		return true, nil
	})
	return found, err
}

// Compare reads a stream on each server and compares the copies, message by message. Where messages are being erased
// meanwhile a copy may seem to lack one; asked again it does not. Of the history and the checkpoints nothing can be removed:
// what is on no server is lacking on each.
func (s *Store) Compare(ctx context.Context, stream string) ([]CopyState, error) {
	servers, err := s.copiesOf(ctx, stream)
	if err != nil {
		return nil, err
	}
	state, err := s.stream(ctx, stream)
	if err != nil {
		return nil, err
	}
	all := make([]CopyState, len(servers))
	for i, server := range servers {
		all[i] = CopyState{Stream: stream, Server: server}
	}
	dense := stream == s.names.history() || stream == s.names.checkpoints()
	next := uint64(1)
	nowhere := func(until uint64) {
		for ; dense && next < until; next++ {
			for i := range all {
				all[i].lack(next)
			}
		}
	}
	for heads, err := range s.together(ctx, stream, servers, 0, func(i int, why string) { all[i].Silent = why }) {
		if err != nil {
			return nil, err
		}
		most := commonest(heads)
		nowhere(most.Seq)
		next = most.Seq + 1
		for i, m := range heads {
			switch c := &all[i]; {
			case c.Silent != "":
			case m == nil:
				c.lack(most.Seq)
			case !m.same(most):
				c.Has++
				c.Differs++
			default:
				c.Has++
			}
		}
	}
	nowhere(state.Last + 1)
	return all, nil
}

// commonest is what most servers have of a message, so that one copy which says something else is the one that differs. What
// most have is not right for that: whoever builds on it proves it first.
func commonest(heads []*kept) (most *kept) {
	best := 0
	for _, m := range heads {
		n := 0
		for _, other := range heads {
			if m != nil && other != nil && m.same(other) {
				n++
			}
		}
		if n > best {
			most, best = m, n
		}
	}
	return most
}

func (m *kept) same(other *kept) bool {
	return m.Subject == other.Subject && bytes.Equal(m.Data, other.Data)
}

func (c *CopyState) lack(seq uint64) {
	if c.Lacks++; c.First == 0 {
		c.First = seq
	}
	c.Last = seq
}

// Salvage reads what the servers of a cluster have between them: each message from the first that has it. What it says is not
// proved by that: the caller computes the root.
func (s *Store) Salvage(ctx context.Context) *Salvage {
	return &Salvage{names: s.names, journal: s.id.Journal, copied: s.cfg.DataDir, read: func(stream, _ string, after uint64) iter.Seq2[kept, error] {
		return s.anywhere(ctx, stream, after)
	}}
}

// Remaining yields the leaves that the server which answers for the history still has, in order, with holes: of a history that
// is gone none. It is for whoever looks into why a journal does not open.
func (s *Store) Remaining(ctx context.Context) (server string, leaves iter.Seq2[Leaf, error]) {
	servers, err := s.copiesOf(ctx, s.names.history())
	if err == nil {
		server = servers[0]
	}
	return server, func(yield func(Leaf, error) bool) {
		read := s.copyOn(ctx, s.names.history(), server, 0)
		if err != nil {
			read = func(yield func(kept, error) bool) { yield(kept{}, err) }
		}
		for m, err := range read {
			if err != nil && domain.KindOf(err) == domain.Internal {
				return // it has no more
			}
			if !yield(s.names.leaf(m), err) || err != nil {
				return
			}
		}
	}
}

func (s *Store) anywhere(ctx context.Context, stream string, after uint64) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		servers, err := s.copiesOf(ctx, stream)
		if err != nil {
			yield(kept{}, err)
			return
		}
		for heads, err := range s.together(ctx, stream, servers, after, func(int, string) {}) {
			if err != nil {
				yield(kept{}, err)
				return
			}
			if !yield(*heads[slices.IndexFunc(heads, func(m *kept) bool { return m != nil })], nil) {
				return
			}
		}
	}
}

// together yields, sequence by sequence, what each of some servers has: nil where one lacks it. Of a server that does not
// give its copy to the end it is told why, and it counts as lacking the rest.
func (s *Store) together(ctx context.Context, stream string, servers []string, after uint64, silent func(i int, why string)) iter.Seq2[[]*kept, error] {
	return func(yield func([]*kept, error) bool) {
		next := make([]func() (kept, error, bool), len(servers))
		heads := make([]*kept, len(servers))
		advance := func(i int) {
			m, err, ok := next[i]()
			heads[i] = nil
			switch {
			case ok && err == nil:
				heads[i] = &m
			case ok && domain.KindOf(err) != domain.Internal: // of that kind are those that say what it lacks
				silent(i, err.Error())
			}
		}
		for i, server := range servers {
			pull, stop := iter.Pull2(s.copyOn(ctx, stream, server, after))
			defer stop()
			next[i] = pull
			advance(i)
		}
		for {
			at := uint64(0)
			for _, m := range heads {
				if m != nil && (at == 0 || m.Seq < at) {
					at = m.Seq
				}
			}
			if ctx.Err() != nil {
				yield(nil, ctx.Err())
			}
			if at == 0 || ctx.Err() != nil {
				return
			}
			these := make([]*kept, len(heads))
			for i, m := range heads {
				if m != nil && m.Seq == at {
					these[i] = m
				}
			}
			if !yield(these, nil) {
				return
			}
			for i := range these {
				if these[i] != nil {
					advance(i)
				}
			}
		}
	}
}
