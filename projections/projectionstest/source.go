// Package projectionstest draws histories from a few lines of text, and serves them to a projector from memory.
//
//	src := projectionstest.Draw(t, `
//		open sdp "Service Development Plan"
//		sdp add a "Publish the charter" due=2020-03
//		sdp rate a amber "The printer is late"      @2020-02-03 by=p-1
//		begin sdp
//		  sdp rate a green "Printed"
//		  sdp outcome a achieved "In every home"
//		end
//	`)
//
// Each line is one command of one event; the lines between begin and end are parts of one command. See [Source.Draw].
package projectionstest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
)

// Start is when a drawn history begins: its first event comes a minute later, or as its pace is.
var Start = time.Date(2020, 1, 1, 9, 0, 0, 0, time.UTC)

// Source is a journal in memory. It is stricter than a real one: what it is given must be in order.
type Source struct {
	drawing   sync.Mutex // one text is drawn at a time
	mu        sync.Mutex
	events    []domain.Recorded
	bodies    [][]byte
	signed    [][]byte          // checkpoints
	files     map[string][]byte // of evidence, by plan and id
	texts     []projections.TextRecord
	histories map[domain.PlanID]*domain.History
	grown     chan struct{}
	commands  int
	open      *group // parts of a command not yet ended

	// Pace is the time between two events, a minute where it is not set.
	Pace time.Duration

	// Twist, when set, changes what Events yields: a test's way to a gap, a repeat or a broken event.
	Twist func(domain.Recorded) []domain.Recorded
}

// NewSource is a journal without events.
func NewSource() *Source {
	return &Source{histories: map[domain.PlanID]*domain.History{}, files: map[string][]byte{}, grown: make(chan struct{})}
}

// History is the domain's own fold of what was recorded for a plan: what the read models must agree with.
func (s *Source) History(plan domain.PlanID) *domain.History {
	h := s.histories[plan]
	if h == nil {
		h = domain.NewHistory(plan)
		s.histories[plan] = h
	}
	return h
}

// Recorded are all events so far.
func (s *Source) Recorded() []domain.Recorded {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events[:len(s.events):len(s.events)]
}

// Line is what an event carries beside itself.
type Line struct {
	Plan        domain.PlanID
	Actor       domain.ActorID
	Stated      domain.Date
	Authority   *domain.Authority
	Command     domain.CommandID
	Part, Parts int
}

// Add records an event. Its texts go into the text stream and out of the event, which must be given as a pointer.
func (s *Source) Add(l Line, e domain.Event) domain.Recorded {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.events) + 1
	h := s.History(l.Plan)
	r := domain.Recorded{Position: domain.Position(n), PlanSeq: h.Head().PlanSeq + 1, Prev: h.Head().Leaf,
		ID: domain.EventID(fmt.Sprintf("019ab3f2-7c11-7e55-9a0b-%012x", n)), Plan: l.Plan,
		Basis:      domain.Basis{Stated: l.Stated, Authority: l.Authority},
		RecordedAt: s.time(n), Actor: domain.Actor{ID: l.Actor, Kind: domain.User, Role: domain.Editor},
		Command: l.Command, CommandHash: "h-" + string(l.Command), Part: max(l.Part, 1), Parts: max(l.Parts, 1), Event: e}
	if r.Stated.IsZero() {
		r.Stated = domain.DayOf(r.RecordedAt)
	}
	if r.Actor.ID == "" {
		r.Actor.ID = "p-0"
	}
	if r.Command == "" {
		s.commands++
		r.Command = domain.CommandID(fmt.Sprintf("c-%d", s.commands))
	}
	words := map[string]string{}
	for name, t := range domain.Texts(e) {
		if *t != "" {
			words[name] = string(*t)
			*t = ""
		}
	}
	if r.Texts = len(words); r.Texts > 0 {
		s.texts = append(s.texts, projections.TextRecord{Sequence: uint64(len(s.texts) + 1), Plan: l.Plan, Event: r.ID, Texts: words})
	}
	var disclosures []string
	var body []byte
	body, disclosures = stored(r, words)
	if r.Texts > 0 {
		s.texts[len(s.texts)-1].Disclosures = disclosures
	}
	r.Leaf = domain.Hash(evidence.LeafHash(body))
	s.bodies = append(s.bodies, body)
	h.Apply(r)
	s.events = append(s.events, r)
	close(s.grown)
	s.grown = make(chan struct{})
	return r
}

func (s *Source) time(n int) time.Time {
	return Start.Add(time.Duration(n) * cmp.Or(s.Pace, time.Minute))
}

// Now is when the next event will be recorded.
func (s *Source) Now() time.Time { return s.time(len(s.Recorded()) + 1) }

// Events implements [projections.Source].
func (s *Source) Events(ctx context.Context, after domain.Position, follow bool) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		for at := int(after); ; {
			s.mu.Lock()
			waiting, grown := s.events[min(at, len(s.events)):], s.grown
			s.mu.Unlock()
			for _, r := range waiting {
				for _, r := range s.twisted(r) {
					if !yield(r, nil) {
						return
					}
				}
			}
			at += len(waiting)
			if len(waiting) > 0 {
				continue
			}
			if !follow {
				return
			}
			select {
			case <-grown:
			case <-ctx.Done():
				yield(domain.Recorded{}, ctx.Err())
				return
			}
		}
	}
}

func (s *Source) twisted(r domain.Recorded) []domain.Recorded {
	if s.Twist == nil {
		return []domain.Recorded{r}
	}
	return s.Twist(r)
}

// Texts implements [projections.Source].
func (s *Source) Texts(_ context.Context, after, until uint64) iter.Seq2[projections.TextRecord, error] {
	return func(yield func(projections.TextRecord, error) bool) {
		s.mu.Lock()
		all := slices.Clone(s.texts)
		s.mu.Unlock()
		for _, t := range all {
			if t.Sequence > after && t.Sequence <= until && t.Texts != nil && !yield(t, nil) {
				return
			}
		}
	}
}

// EraseText destroys one text of an event, as the journal does: what is left of the event's texts is stored anew.
func (s *Source) EraseText(event domain.EventID, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range s.texts {
		if t.Event == event && t.Texts[name] != "" {
			left := projections.TextRecord{Sequence: uint64(len(s.texts) + 1), Plan: t.Plan, Event: event, Texts: maps.Clone(t.Texts)}
			delete(left.Texts, name)
			left.Disclosures = without(t.Disclosures, name)
			s.texts[i].Texts = nil
			if len(left.Texts) > 0 {
				s.texts = append(s.texts, left)
			}
			return
		}
	}
}

// EraseTexts removes the texts of an event from the text stream.
func (s *Source) EraseTexts(event domain.EventID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.texts {
		if s.texts[i].Event == event {
			s.texts[i].Texts = nil
		}
	}
}

// Tail implements [projections.Source].
func (s *Source) Tail(context.Context) (projections.Tail, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return projections.Tail{Events: domain.Position(len(s.events)), Texts: uint64(len(s.texts))}, nil
}

// Event implements [projections.Source].
func (s *Source) Event(_ context.Context, p domain.Position) (domain.Recorded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p == 0 || int(p) > len(s.events) {
		return domain.Recorded{}, errors.New("no such event")
	}
	return s.events[p-1], nil
}
