package projections

import (
	"context"
	"iter"

	"plantrail/domain"
)

// Source is what the projector reads: the journal of one organisation, and the texts that belong to it.
type Source interface {
	// Events yields the events after a position in the order of their positions, without a hole. With follow it waits for
	// more at the end until ctx is done; without, it ends where the journal ended when it got there. An error ends it.
	Events(ctx context.Context, after domain.Position, follow bool) iter.Seq2[domain.Recorded, error]

	// Texts yields the records of the text stream with after < Sequence <= until. Erased ones are missing: that is no gap.
	Texts(ctx context.Context, after, until uint64) iter.Seq2[TextRecord, error]

	// Tail is the end of both streams now. The texts of every event up to Events lie at or before Texts: the journal
	// stores texts first.
	Tail(ctx context.Context) (Tail, error)

	// Event reads one event.
	Event(ctx context.Context, p domain.Position) (domain.Recorded, error)
}

// TextRecord is one message of the text stream: the texts of one event, by name.
type TextRecord struct {
	Sequence uint64
	Plan     domain.PlanID
	Event    domain.EventID
	Texts    map[string]string
	// Disclosures are the texts in the encoded form whose digests stand in the event. Only an audit needs them.
	Disclosures []string
}

// Tail is the end of the journal and of the text stream.
type Tail struct {
	Events domain.Position
	Texts  uint64
}
