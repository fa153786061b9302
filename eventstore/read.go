package eventstore

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"plantrail/domain"
)

// Read implements [domain.Journal]. It checks the chain as it goes: numbers without a gap, each event naming the leaf of
// the one before, so that a damaged block can't pass as a shorter history.
func (s *Store) Read(ctx context.Context, history domain.PlanID, after domain.Position) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		chain := chain{whole: after == 0}
		for m, err := range s.ofHistory(ctx, history, after) {
			r, err := s.decode(m, err)
			if err == nil {
				err = chain.next(r)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// LeavesOf yields the exact bytes of one history's events, oldest first. It checks nothing: whoever proves something of
// them does.
func (s *Store) LeavesOf(ctx context.Context, history domain.PlanID) iter.Seq2[Leaf, error] {
	return func(yield func(Leaf, error) bool) {
		for m, err := range s.ofHistory(ctx, history, 0) {
			if !yield(Leaf{domain.Position(m.Seq), history, m.Data}, err) || err != nil {
				return
			}
		}
	}
}

// ofHistory yields the messages of one history after a position, up to what is its last now.
func (s *Store) ofHistory(ctx context.Context, history domain.PlanID, after domain.Position) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		subject := s.names.subject(history)
		last, err := s.last(ctx, s.names.history(), subject)
		if err == nil && last == nil {
			// An unreadable last message is answered like none at all.
			err = s.none(ctx, s.names.history(), subject)
		}
		if err != nil {
			yield(kept{}, err)
			return
		}
		if last == nil || last.Seq <= uint64(after) {
			return
		}
		for m, err := range s.fetch(ctx, s.names.history(), subject, uint64(after)+1, last.Seq) {
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// none makes sure that a subject without a last message has none.
func (s *Store) none(ctx context.Context, stream, subject string) error {
	found, err := s.subjects(ctx, stream, subject)
	if err != nil || found[subject] == 0 {
		return err
	}
	// It may have come just now. Then it is there, and whoever read none read an end that was true a moment ago.
	last, err := s.last(ctx, stream, subject)
	if err == nil && last == nil {
		err = domain.Errorf(domain.Internal, subject, "its last message is there, but it can't be read").
			WithHint(mend)
	}
	return err
}

func (s *Store) decode(m kept, err error) (domain.Recorded, error) {
	if err != nil {
		return domain.Recorded{}, err
	}
	r, err := decode(s.cfg.Org, domain.Position(m.Seq), m.Data)
	if err == nil && m.Subject != s.names.subject(r.Plan) {
		err = domain.Errorf(domain.Internal, fmt.Sprintf("position %d", m.Seq), "event of %s lies under %s", r.Plan, m.Subject)
	}
	return r, err
}

// chain follows one history.
type chain struct {
	whole bool // it is read from its beginning
	seq   uint64
	leaf  domain.Hash
}

func (c *chain) next(r domain.Recorded) error {
	known := c.seq > 0 || c.whole
	if known && (r.PlanSeq != c.seq+1 || r.Prev != c.leaf) {
		return domain.Errorf(domain.Internal, fmt.Sprintf("position %d", r.Position),
			"the history of %s is broken: event %d follows event %d", r.Plan, r.PlanSeq, c.seq).
			WithHint(mend)
	}
	c.seq, c.leaf = r.PlanSeq, r.Leaf
	return nil
}

// kept is one stored message.
type kept struct {
	Subject string    `json:"subject"`
	Seq     uint64    `json:"seq"`
	Data    []byte    `json:"data"`
	Time    time.Time `json:"time"`
}

// getRequest asks for stored messages; the fields are those of the JetStream API.
type getRequest struct {
	Seq      uint64 `json:"seq,omitempty"`
	Last     string `json:"last_by_subj,omitempty"`
	Next     string `json:"next_by_subj,omitempty"`
	Batch    int    `json:"batch,omitempty"`
	MaxBytes int    `json:"max_bytes,omitempty"`
}

// get asks the stream's leader for one message; nil, without an error, when there is none. Only the leader knows the end:
// a follower may lag behind.
func (s *Store) get(ctx context.Context, stream string, req getRequest) (*kept, error) {
	b, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	var res struct {
		Error   *apiError `json:"error"`
		Message *kept     `json:"message"`
	}
	if err := s.ask(ctx, "$JS.API.STREAM.MSG.GET."+stream, b, &res); err != nil {
		return nil, err
	}
	if res.Error != nil && res.Error.Code != codeNoMessage {
		return nil, s.unavailable(res.Error)
	}
	return res.Message, nil
}

func (s *Store) last(ctx context.Context, stream, subject string) (*kept, error) {
	return s.get(ctx, stream, getRequest{Last: subject})
}

const (
	fetchMessages = 512
	fetchBytes    = 4 << 20
)

// fetch yields the messages of a subject, which may have wildcards, with sequences from first to until. It reads by direct
// get, many at a time, from any replica; where a replica seems to have no more, the leader is asked, for the replica may lag.
func (s *Store) fetch(ctx context.Context, stream, subject string, first, until uint64) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		for next := first; next <= until; {
			got := false
			for m, err := range s.direct(ctx, stream, subject, next) {
				if err == nil && m.Seq > until {
					return
				}
				if !yield(m, err) || err != nil {
					return
				}
				got, next = true, m.Seq+1
			}
			if got {
				continue
			}
			m, err := s.get(ctx, stream, getRequest{Seq: next, Next: subject})
			if err == nil && (m == nil || m.Seq > until) {
				return
			}
			if err != nil {
				yield(kept{}, err)
				return
			}
			if !yield(*m, nil) {
				return
			}
			next = m.Seq + 1
		}
	}
}

// direct is one direct get of many messages. None at all is no error.
func (s *Store) direct(ctx context.Context, stream, subject string, from uint64) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		sub, err := s.directRequest(stream, getRequest{Seq: from, Next: subject, Batch: fetchMessages, MaxBytes: fetchBytes})
		if err != nil {
			yield(kept{}, s.unavailable(err))
			return
		}
		defer func() { _ = sub.Unsubscribe() }()
		for {
			m, more, err := s.nextDirect(ctx, sub)
			if err != nil {
				yield(kept{}, s.unavailable(err))
				return
			}
			if !more || !yield(m, nil) {
				return
			}
		}
	}
}

func (s *Store) directRequest(stream string, req getRequest) (*nats.Subscription, error) {
	b, err := json.Marshal(req)
	if err != nil {
		return nil, err
	}
	return s.directAsk(stream, b)
}

// nextDirect waits for the next message of a direct get; more is false at the end of the answer.
func (s *Store) nextDirect(ctx context.Context, sub *nats.Subscription) (m kept, more bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Patience)
	defer cancel()
	msg, err := sub.NextMsgWithContext(ctx)
	if err != nil {
		return m, false, err
	}
	switch status := msg.Header.Get("Status"); status {
	case "":
	case "204", "404":
		return m, false, nil
	default:
		return m, false, fmt.Errorf("direct get answers %s %s", status, msg.Header.Get("Description"))
	}
	seq, err := strconv.ParseUint(msg.Header.Get("Nats-Sequence"), 10, 64)
	if err != nil {
		return m, false, fmt.Errorf("direct get without a sequence: %w", err)
	}
	at, _ := time.Parse(time.RFC3339Nano, msg.Header.Get("Nats-Time-Stamp")) // zero where it is none
	return kept{Subject: msg.Header.Get("Nats-Subject"), Seq: seq, Data: msg.Data, Time: at}, true, nil
}

// Event reads the event at a position.
func (s *Store) Event(ctx context.Context, at domain.Position) (domain.Recorded, error) {
	m, err := s.at(ctx, at)
	if err != nil {
		return domain.Recorded{}, err
	}
	return s.decode(*m, nil)
}

// Leaf reads the exact stored bytes of the event at a position.
func (s *Store) Leaf(ctx context.Context, at domain.Position) ([]byte, error) {
	m, err := s.at(ctx, at)
	if err != nil {
		return nil, err
	}
	return m.Data, nil
}

func (s *Store) at(ctx context.Context, at domain.Position) (*kept, error) {
	notFound := domain.Errorf(domain.NotFound, "position", "there is no event at position %d", at)
	if at == 0 {
		return nil, notFound
	}
	m, err := s.get(ctx, s.names.history(), getRequest{Seq: uint64(at)})
	if err == nil && m == nil {
		return nil, notFound
	}
	return m, err
}
