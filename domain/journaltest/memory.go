package journaltest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
)

// Memory is a journal in memory that is stricter than the real one: a gap, an event without an actor, a zero stated date,
// a text left in a read event or a write after the end of its test fail the test at once.
//
// Its failures are made to order: Before and After are called around the storing of each change. An error from Before is
// returned with nothing stored (lost), one from After although it was stored (done but reported failed).
type Memory struct {
	Now    func() time.Time
	Before func(domain.Change) error
	After  func(domain.Change) error

	// Cut, when not 0, stores only so many parts of the next change, as a crash between two batches does.
	Cut int

	t        testing.TB
	mu       sync.Mutex
	closed   bool
	events   []domain.Recorded // all, by position
	texts    map[domain.EventID]map[string]string
	digests  map[domain.CommandID]domain.Hash // by command and plan
	erased   map[domain.EventID]bool
	sequence int
}

var _ domain.Journal = (*Memory)(nil)

// New is an empty journal. When the test ends it is closed.
func New(t testing.TB) *Memory {
	m := &Memory{Now: time.Now, t: t, texts: map[domain.EventID]map[string]string{},
		digests: map[domain.CommandID]domain.Hash{}, erased: map[domain.EventID]bool{}}
	t.Cleanup(m.Close)
	return m
}

// Close ends the journal's life: an append after it fails the test.
func (m *Memory) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}

// Append implements [domain.Journal].
func (m *Memory) Append(ctx context.Context, head domain.Head, c domain.Change) ([]domain.Recorded, error) {
	if err := ctx.Err(); err != nil {
		return nil, domain.Errorf(domain.Unavailable, "", "given up").Because(err)
	}
	if err := checkChange(c); err != nil {
		return nil, err
	}
	if m.Before != nil {
		if err := m.Before(c); err != nil {
			return nil, err
		}
	}
	got, err := m.store(head, c)
	if err == nil && m.After != nil {
		if err := m.After(c); err != nil {
			return nil, err
		}
	}
	return got, err
}

func checkChange(c domain.Change) error {
	plan := string(c.Plan)
	if c.Plan.Reserved() {
		plan = plan[1:]
	}
	if _, err := domain.ParsePlanID(plan); err != nil {
		return err
	}
	if _, err := domain.ParseCommandID(string(c.Command)); err != nil {
		return err
	}
	if len(c.Facts) == 0 || c.Actor.ID == "" || c.Actor.Kind == "" {
		return domain.Errorf(domain.Internal, "", "a change without an actor or without events")
	}
	for _, f := range c.Facts {
		b, err := json.Marshal(bare(f.Event))
		switch {
		case err != nil:
			return err
		case len(b) > 65_000:
			return domain.Errorf(domain.TooLarge, "", "the event has %d bytes", len(b))
		case f.Stated.IsZero():
			return domain.Errorf(domain.Internal, "", "an event without a stated date")
		}
	}
	return nil
}

func (m *Memory) store(head domain.Head, c domain.Change) ([]domain.Recorded, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		m.t.Errorf("append of %s after the journal was closed", c.Command)
		return nil, domain.Errorf(domain.Unavailable, "journal", "it is closed")
	}
	end := m.head(c.Plan)
	if end.Position != head.Position {
		return nil, domain.Errorf(domain.Conflict, "plan", "the plan has moved on")
	}
	if head.PlanSeq != end.PlanSeq || head.Leaf != end.Leaf || head.RecordedAt.Before(end.RecordedAt) {
		m.t.Errorf("append of %s builds on %+v, the history ends at %+v", c.Command, head, end)
	}
	first := len(m.events)
	at := m.Now().UTC().Truncate(time.Microsecond)
	if at.Before(head.RecordedAt) {
		at = head.RecordedAt
	}
	for i, f := range c.Facts {
		if m.Cut > 0 && i == m.Cut {
			m.Cut = 0
			return nil, domain.Errorf(domain.Unknown, "", "cut short")
		}
		m.add(c, f, i+1, at)
	}
	m.digests[key(c.Plan, c.Command)] = c.Digest
	got := slices.Clone(m.events[first:])
	for i := range got {
		got[i].Event = bare(got[i].Event) // the caller's own, to do with as it likes
	}
	return got, nil
}

func (m *Memory) add(c domain.Change, f domain.Fact, part int, at time.Time) {
	m.sequence++
	end := m.head(c.Plan)
	r := domain.Recorded{Position: domain.Position(len(m.events) + 1), PlanSeq: end.PlanSeq + 1, Prev: end.Leaf,
		ID: domain.EventID(fmt.Sprintf("00000000-0000-7000-8000-%012d", m.sequence)), Plan: c.Plan, Basis: f.Basis, RecordedAt: at,
		Actor: c.Actor, Command: c.Command, CommandHash: hex.EncodeToString(c.Digest[:]), Part: part, Parts: len(c.Facts),
		Correlation: c.Correlation, Causation: c.Causation}
	r.Event = bare(f.Event)
	texts := map[string]string{}
	for name, text := range domain.Texts(f.Event) {
		if *text != "" {
			texts[name] = string(*text)
		}
	}
	r.Texts = len(texts)
	r.Leaf = sha256.Sum256(fmt.Append(nil, r.Plan, r.PlanSeq, r.Prev, r.ID))
	m.texts[r.ID] = texts
	m.events = append(m.events, r)
}

// bare is a copy of an event without its texts.
func bare(e domain.Event) domain.Event {
	from := reflect.ValueOf(e).Elem()
	to := reflect.New(from.Type())
	to.Elem().Set(from)
	for _, text := range domain.Texts(to.Interface()) {
		*text = ""
	}
	return to.Interface().(domain.Event)
}

func key(p domain.PlanID, c domain.CommandID) domain.CommandID { return domain.CommandID(p) + "/" + c }

func (m *Memory) head(plan domain.PlanID) (head domain.Head) {
	for _, r := range slices.Backward(m.events) {
		if r.Plan == plan {
			return r.Head()
		}
	}
	return head
}

// Read implements [domain.Journal].
func (m *Memory) Read(ctx context.Context, history domain.PlanID, after domain.Position) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		for _, r := range m.Events() {
			if r.Plan != history || r.Position <= after {
				continue
			}
			if err := ctx.Err(); err != nil {
				yield(domain.Recorded{}, err)
				return
			}
			r.Event = bare(r.Event)
			if !yield(r, nil) {
				return
			}
		}
	}
}

// Events is the whole organisation's history so far.
func (m *Memory) Events() []domain.Recorded {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.events)
}

// TextsOf are the texts of an event by name, empty when they were erased.
func (m *Memory) TextsOf(id domain.EventID) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.texts[id]
}

// Erase removes the texts of an event.
func (m *Memory) Erase(id domain.EventID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.texts, id)
	m.erased[id] = true
}

// Same implements [domain.Journal].
func (m *Memory) Same(_ context.Context, history domain.PlanID, done domain.Done, digest domain.Hash) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was, known := m.digests[key(history, done.Command)]
	if !known {
		m.t.Errorf("asked for command %s, which %s never recorded", done.Command, history)
	}
	return was == digest || m.erased[done.Event], nil
}
