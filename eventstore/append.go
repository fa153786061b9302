package eventstore

import (
	"bytes"
	"context"
	"encoding/hex"
	"strings"
	"time"

	"plantrail/domain"
)

// form is what is stored of an event.
type form struct {
	body  []byte
	texts []byte // nil: it has none
}

// Append implements [domain.Journal].
//
// The caller's context is heeded until the first byte is sent; from then on the outcome is found out even if nobody waits
// for it any more.
func (s *Store) Append(ctx context.Context, head domain.Head, c domain.Change) ([]domain.Recorded, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	events, forms, err := s.seal(head, c)
	if err != nil {
		return nil, err
	}
	until := s.patient()
	if err := s.putTexts(events, forms, until, c.Command); err != nil {
		return nil, err
	}
	// A crash here leaves texts without their events. Nobody sees them, for texts are found through their event only, and
	// the sweep removes them.
	if err := s.putEvents(head, events, forms, until, c.Command); err != nil {
		return nil, err
	}
	s.stats.appends.Add(1)
	s.stats.events.Add(uint64(len(events)))
	return events, nil
}

// seal makes the stored form of a change: ids, numbers and the chain of leaf hashes are known before anything is sent.
func (s *Store) seal(head domain.Head, c domain.Change) (events []domain.Recorded, forms []form, err error) {
	if err := checkChange(c); err != nil {
		return nil, nil, err
	}
	events, forms = make([]domain.Recorded, len(c.Facts)), make([]form, len(c.Facts))
	at := later(s.cfg.Now().UTC().Truncate(time.Microsecond), head.RecordedAt)
	prev, hash, salted, texts := head.Leaf, hex.EncodeToString(c.Digest[:]), "", hasText(c.Facts)
	if texts {
		salted = hash
	}
	for i, f := range c.Facts {
		var d disclosed
		if texts {
			if d, err = disclose(f.Event, salted); err != nil {
				return nil, nil, err
			}
		}
		if salted != "" {
			salted, hash = "", d.command // it lies with the first event, all carry its digest
		}
		r := &events[i]
		*r = domain.Recorded{PlanSeq: head.PlanSeq + uint64(i) + 1, Prev: prev, ID: s.cfg.NewID(), Plan: c.Plan, Basis: f.Basis,
			RecordedAt: at, Actor: c.Actor, Command: c.Command, CommandHash: hash, Part: i + 1, Parts: len(c.Facts),
			Correlation: c.Correlation, Causation: c.Causation, Texts: len(d.digests), Event: f.Event}
		body, err := encode(s.cfg.Org, r, d.digests)
		if err != nil {
			return nil, nil, err
		}
		r.Leaf = LeafHash(body)
		prev, forms[i] = r.Leaf, form{body, d.body}
	}
	return events, forms, nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// checkChange guards the subject and the chain: what a faulty caller might give here could not be taken back.
func checkChange(c domain.Change) error {
	plan := string(c.Plan)
	if c.Plan.Reserved() {
		plan = strings.TrimPrefix(plan, "_")
	}
	if _, err := domain.ParsePlanID(plan); err != nil {
		return err
	}
	if _, err := domain.ParseCommandID(string(c.Command)); err != nil {
		return err
	}
	if len(c.Facts) == 0 {
		return domain.Errorf(domain.Internal, "", "a change without events can't be recorded")
	}
	for _, f := range c.Facts {
		if f.Stated.IsZero() || f.Event == nil {
			return domain.Errorf(domain.Internal, "", "an event without a stated date can't be recorded")
		}
	}
	return nil
}

// putTexts stores the texts. A failure is never an unknown outcome of the command: without its events nothing happened.
func (s *Store) putTexts(events []domain.Recorded, forms []form, until time.Time, c domain.CommandID) error {
	var msgs []message
	for i := range events {
		if e := &events[i]; forms[i].texts != nil {
			// The id is new, so a second copy can only be our own retry: the expected sequence 0 keeps it out.
			msgs = append(msgs, message{subject: s.names.textSubject(e.Plan, e.ID), guard: true, content: textsContent, body: forms[i].texts})
		}
	}
	for _, part := range split(msgs) {
		e := newEntry(until, part)
		s.texts.put(e)
		ours := e.last == conflict && e.maybe // our earlier try is there
		if e.last != stored && !ours {
			return s.outcome(e.err, e.last, false, c)
		}
		until = s.extend(until, len(msgs))
	}
	return nil
}

// putEvents stores the events, each batch on condition that the one before it is the plan's last, and notes the positions.
func (s *Store) putEvents(head domain.Head, events []domain.Recorded, forms []form, until time.Time, c domain.CommandID) error {
	msgs := make([]message, len(events))
	for i := range events {
		e := &events[i]
		msgs[i] = message{subject: s.names.subject(e.Plan), content: cloudEventsContent, typ: typePrefix + e.Event.Type() + ".v1", body: forms[i].body}
	}
	last, done := uint64(head.Position), 0
	for _, part := range split(msgs) {
		part[0].guard, part[0].after = true, last
		e := newEntry(until, part)
		s.history.put(e)
		if e.last == conflict && e.maybe {
			s.resolve(e, s.names.history())
		}
		if e.last != stored {
			if e.last == conflict {
				s.stats.conflicts.Add(1)
			}
			return s.outcome(e.err, e.last, e.maybe || done > 0 && e.last != conflict, c)
		}
		for i := range part {
			events[done].Position = domain.Position(e.first + uint64(i))
			s.stats.bytes.Add(uint64(len(part[i].body)))
			done++
		}
		last = e.first + uint64(len(part)) - 1
		until = s.extend(until, len(msgs))
		// A crash here leaves the first batches of a command of more than maxBatch events. Its last part is missing, so
		// readers hold the others back, and domain.Service voids them before the plan's next command.
	}
	return nil
}

// resolve finds out whether the conflict is with an earlier try of the same entry, stored and its answer lost: then the last
// message of the subject has exactly its bytes, which hold an id of their own. Where others have appended since, or the
// question can't be answered, the conflict stands and the caller reads on.
func (s *Store) resolve(e *entry, stream string) {
	n := len(e.msgs)
	last, err := s.last(context.Background(), stream, e.subject())
	if err != nil || last == nil || !bytes.Equal(last.Data, e.msgs[n-1].body) {
		return
	}
	// The conflict was answered after the earlier try was stored and synced: one after the other on one server, by the
	// majority's log on three. The messages of an entry lie together, for a batch does.
	e.first, e.last, e.err = last.Seq-uint64(n)+1, stored, nil
	s.stats.resolved.Add(1)
}

// extend gives a command of several batches new time after each that is stored.
func (s *Store) extend(until time.Time, n int) time.Time {
	if n <= maxBatch {
		return until
	}
	return s.patient()
}

// patient is until when what is sent now is tried again.
func (s *Store) patient() time.Time { return time.Now().Add(s.cfg.Patience) }

// split cuts messages into batches that the server takes.
func split(msgs []message) [][]message {
	var parts [][]message
	size, from := 0, 0
	for i, m := range msgs {
		if i > from && (i-from == maxBatch || size+len(m.body) > maxBatchBytes) {
			parts = append(parts, msgs[from:i])
			from, size = i, 0
		}
		size += len(m.body)
	}
	if from < len(msgs) {
		parts = append(parts, msgs[from:])
	}
	return parts
}
