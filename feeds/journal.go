package feeds

import (
	"context"
	"iter"

	"plantrail/domain"
)

// Stored is an event with the bytes in which it is stored: leaf Position-1 of the Merkle log.
type Stored struct {
	domain.Recorded
	Body []byte
}

// Journal is what a feed needs of the history.
type Journal interface {
	// Stored yields every event after a position, in order. Without follow it ends at the history's end as it was when the
	// reading began; with follow only ctx ends it. A gap, an event that can't be read or a broken connection is an error,
	// never an end.
	Stored(ctx context.Context, after domain.Position, follow bool) iter.Seq2[Stored, error]

	// Read is that of [domain.Journal].
	Read(ctx context.Context, history domain.PlanID, after domain.Position) iter.Seq2[domain.Recorded, error]

	// Leaf reads the bytes of the event at a position.
	Leaf(ctx context.Context, at domain.Position) ([]byte, error)

	// Disclosures reads what discloses the texts of these events now, by event: nothing for those that were erased. It is
	// asked only about events that have texts.
	Disclosures(ctx context.Context, of []Stored) (map[domain.EventID][]string, error)

	// End is the position of the last event.
	End(ctx context.Context) (domain.Position, error)
}
