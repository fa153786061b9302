package eventstore

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
)

// TextRecord is the texts of one event, as they lie in the text stream.
type TextRecord struct {
	Sequence    uint64
	Plan        domain.PlanID
	Event       domain.EventID
	Texts       map[string]string // by the name of the event's field
	Disclosures []string          // as they lie there; [Digest] of one stands in the event's "_sd"
}

// Texts yields the text messages after a sequence, up to and with until, oldest first. Erased ones are not there. A text
// may come whose event does not exist: its writer crashed, or is about to record the event.
func (s *Store) Texts(ctx context.Context, after, until uint64) iter.Seq2[TextRecord, error] {
	return func(yield func(TextRecord, error) bool) {
		for m, err := range s.textMessages(ctx, after, until) {
			var t TextRecord
			if err == nil {
				t, err = decodeTextRecord(m)
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}

// textMessages is Texts before decoding: a long range out of an embedded server's files, as [Store.Events] has it, or by a
// consumer; a short one by direct gets.
func (s *Store) textMessages(ctx context.Context, after, until uint64) iter.Seq2[kept, error] {
	stream, all := s.names.texts(), "texts."+string(s.cfg.Org)+".>"
	if until <= after+longRange {
		return s.fetch(ctx, stream, all, after+1, until)
	}
	return func(yield func(kept, error) bool) {
		if s.srv != nil {
			for m, err := range s.blocksOf(stream).messages(ctx, after) {
				if err != nil || m.Seq > until {
					break
				}
				if !yield(m, nil) {
					return
				}
				after = m.Seq
			}
		}
		for m, err := range s.stretch(ctx, stream, all, after+1, until) {
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// longRange is from how many messages on a consumer is worth making: it reads several times faster than direct gets, each
// of which searches the stream's subjects.
const longRange = 1000

// stretch is fetch for all subjects of a stream, by an ordered consumer.
func (s *Store) stretch(ctx context.Context, stream, subject string, first, until uint64) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		for next := first; next <= until; {
			// A consumer waits for ever where all that would come was erased: so ask first whether anything is there, and
			// again when it has brought nothing for a while.
			m, err := s.get(ctx, stream, getRequest{Seq: next, Next: subject})
			if err != nil {
				yield(kept{}, err)
				return
			}
			if m == nil || m.Seq > until || !s.erasable(ctx, stream, &next, until, yield) {
				return
			}
		}
	}
}

// erasable yields messages from *next on, among which some may be missing. more says that it brought nothing for a while.
func (s *Store) erasable(ctx context.Context, stream string, next *uint64, until uint64, yield func(kept, error) bool) (more bool) {
	sub, err := s.subscribe(ctx, stream, *next-1)
	if err != nil {
		yield(kept{}, err)
		return false
	}
	defer sub.Stop()
	defer context.AfterFunc(ctx, sub.Stop)() // as in deliver
	waiting, stop := context.WithCancel(ctx)
	defer stop()
	alarm := time.AfterFunc(patience, stop)
	defer alarm.Stop()
	for {
		alarm.Reset(patience)
		m, left, err := s.nextErasable(waiting, sub)
		if err != nil && waiting.Err() != nil && ctx.Err() == nil {
			return true
		}
		if err == nil && m.Seq > until || !yield(m, err) || err != nil || left == 0 || m.Seq == until {
			return false
		}
		*next = m.Seq + 1
	}
}

// nextErasable is nextOf for a stream in which sequences may be missing; left is how many messages follow.
func (s *Store) nextErasable(ctx context.Context, sub jetstream.MessagesContext) (m kept, left uint64, err error) {
	msg, err := sub.Next(jetstream.NextContext(ctx))
	switch {
	case err != nil && ctx.Err() != nil:
		return m, 0, ctx.Err()
	case err != nil:
		return m, 0, s.unavailable(err)
	}
	meta, err := msg.Metadata()
	if err != nil {
		return m, 0, s.unavailable(err)
	}
	return kept{Subject: msg.Subject(), Seq: meta.Sequence.Stream, Data: msg.Data()}, meta.NumPending, nil
}

func decodeTextRecord(m kept) (TextRecord, error) {
	t := TextRecord{Sequence: m.Seq}
	parts := strings.Split(m.Subject, ".")
	if len(parts) != 4 {
		return t, domain.Errorf(domain.Internal, fmt.Sprintf("text %d", m.Seq), "it lies under %s", m.Subject)
	}
	t.Plan, t.Event = domain.PlanID(parts[2]), domain.EventID(parts[3])
	var err error
	if t.Texts, t.Disclosures, err = decodeTexts(m.Data); err != nil {
		return t, domain.Errorf(domain.Internal, fmt.Sprintf("text %d", m.Seq), "it can't be read").Because(err).
			WithHint("if a newer plantrail wrote it, upgrade")
	}
	return t, nil
}

// TextsOf reads the texts of one event by name; none, without an error, when it has none or they were erased.
func (s *Store) TextsOf(ctx context.Context, plan domain.PlanID, event domain.EventID) (map[string]string, error) {
	t, err := s.textsOf(ctx, plan, event)
	return t.Texts, err
}

func (s *Store) textsOf(ctx context.Context, plan domain.PlanID, event domain.EventID) (TextRecord, error) {
	m, err := s.last(ctx, s.names.texts(), s.names.textSubject(plan, event))
	if err != nil || m == nil {
		return TextRecord{}, err
	}
	return decodeTextRecord(*m)
}

// Same implements [domain.Journal].
func (s *Store) Same(ctx context.Context, history domain.PlanID, done domain.Done, digest domain.Hash) (bool, error) {
	if len(done.Hash) == 2*len(digest) {
		return sameCommand(done.Hash, digest, nil), nil
	}
	t, err := s.textsOf(ctx, history, done.Event)
	if err != nil {
		return false, err
	}
	return sameCommand(done.Hash, digest, t.Disclosures), nil
}
