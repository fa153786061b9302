package eventstore

import (
	"context"
	"fmt"
	"iter"
	"strings"

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
		for m, err := range s.fetch(ctx, s.names.texts(), "texts."+string(s.cfg.Org)+".>", after+1, until) {
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
