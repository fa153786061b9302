package domain

import (
	"context"
	"iter"
	"time"
)

// Journal keeps histories: one ordered, append-only sequence of events for each plan, all within one organisation-wide
// order of positions.
type Journal interface {
	// Append adds the events of one change to the history whose end the caller believes to be head.
	//
	// It is atomic and durable: after nil all events are on stable storage, contiguous in the history, in order, and the
	// texts of each were durable before it. After a Conflict none were added by this call, unless an earlier try of the same
	// call had been added and its answer lost: the caller reads on from head to find out. After Unknown it can't be said:
	// read, or append again with the same head, which can't add twice. After any other error nothing was added.
	//
	// A change of more events than the journal can add in one step goes in several; each event carries which part of how
	// many it is, readers hold the parts back until the last is there ([Gather]), and a change that stopped half way is
	// ended by a [CommandVoided].
	Append(ctx context.Context, head Head, c Change) ([]Recorded, error)

	// Read yields the events of a history after a position, oldest first, up to its end as it was when the read began or
	// later. Texts are not loaded. An error ends the sequence: a sequence without one is complete.
	Read(ctx context.Context, history PlanID, after Position) iter.Seq2[Recorded, error]

	// Same reports whether a recorded command had this digest. It is true also when the command's texts have been
	// erased, for then nothing can be compared.
	Same(ctx context.Context, history PlanID, done Done, digest Hash) (bool, error)
}

// Head is the end of one history: what an append builds upon. The zero Head is a history without events.
type Head struct {
	Position   Position  // of the last event: what the journal expects to find
	PlanSeq    uint64    // its number within the history, from 1: the plan's version
	Leaf       Hash      // its leaf hash, which the next event carries as prev
	RecordedAt time.Time // its time of recording: the next one's is not before it
}

// Change is what one command adds to one history.
type Change struct {
	Plan        PlanID
	Actor       Actor
	Command     CommandID
	Digest      Hash // of the whole command, texts included; the journal stores it salted
	Correlation string
	Causation   string
	Facts       []Fact
}

// Fact is an event that is to be recorded, with when it happened and on whose authority. Stated is never zero.
type Fact struct {
	Basis
	Event Event
}

// Recorded is an event as it lies in the history.
type Recorded struct {
	Position    Position
	PlanSeq     uint64
	Leaf        Hash
	Prev        Hash // zero on the first event of a history
	ID          EventID
	Plan        PlanID
	Basis                 // Stated is never zero here
	RecordedAt  time.Time // UTC, microseconds
	Actor       Actor
	Command     CommandID
	CommandHash string // the command's digest, salted when the command has texts; see the journal's format
	Part, Parts int    // 1 of 1 for a command of one event
	Correlation string
	Causation   string
	Texts       int // how many texts belong to the event, loaded or not
	Event       Event
}

// Item is the item that the event concerns, or "".
func (r Recorded) Item() ItemID { return r.Event.about() }

// Head is the end of the history just after r.
func (r Recorded) Head() Head { return Head{r.Position, r.PlanSeq, r.Leaf, r.RecordedAt} }

// Done is what a history remembers of a command for ever.
type Done struct {
	Command     CommandID
	Hash        string   // as in the first event's CommandHash
	Event       EventID  // its first event
	First, Last Position // of its events
	PlanSeq     uint64   // the plan's version after it
}

// Gather holds back the events of a command until its last part is there. The zero Gather is ready; one serves one history.
type Gather struct{ parts []Recorded }

// Add takes the next event of the history and returns those that now count, oldest first: none, one, or a command's all.
// A [CommandVoided] drops the parts it names and is returned itself.
//
// It is short enough to be inlined, so that replays make no slice on the heap for each event.
func (g *Gather) Add(r Recorded) []Recorded {
	if g.alone(&r) {
		return []Recorded{r}
	}
	return g.part(r)
}

// alone reports whether an event counts by itself.
func (g *Gather) alone(r *Recorded) bool {
	if _, void := r.Event.(*CommandVoided); void {
		g.parts = nil
		return true
	}
	return r.Parts <= 1
}

func (g *Gather) part(r Recorded) []Recorded {
	g.parts = append(g.parts, r)
	if r.Part < r.Parts {
		return nil
	}
	all := g.parts
	g.parts = nil
	return all
}

// Pending are the parts of a command whose last part has not been seen.
func (g *Gather) Pending() []Recorded { return g.parts }
