package web

import (
	"context"
	"encoding/json"
	"time"

	"plantrail/domain"
	"plantrail/projections"
)

// Eraser destroys one text in the journal. It is safe to be called again for a text that is gone: it then finishes what
// a crash left. First is the first event of the command that recorded the event.
type Eraser interface {
	EraseText(ctx context.Context, plan domain.PlanID, event, first domain.EventID, field string) error
}

// system is plantrail itself, when it finishes what somebody asked for.
var system = domain.Actor{ID: "system", Kind: domain.System, Role: domain.Admin}

// registerErase registers the command that asks for a text to be destroyed. The answer comes when it is destroyed.
func (s *Server) registerErase() {
	by := domain.Basis{Stated: domain.Day(2020, time.February, 22), Authority: &domain.Authority{Body: "Data Protection Officer"}}
	commandThen(s, "Erase a text", "Destroys one text of an entry, for ever: in the journal, the read models and their search index. The entry stays, says who had it "+
		"erased, when and under which authority, and every proof stays valid. Answers when it is done. A legal hold refuses it.",
		domain.EraseText{Basis: by, Entry: "4", Field: "justification", Reason: "It named a member of the public."},
		s.destroyed)
}

// destroyed returns when the texts are destroyed whose erasing was asked for up to a receipt.
func (s *Server) destroyed(ctx context.Context, got domain.Receipt) error {
	if s.deps.Eraser == nil {
		return domain.Errorf(domain.Unavailable, "", "texts can't be destroyed here: the erasing is recorded and goes on where they can")
	}
	if err := s.waitFor(ctx, got.Position); err != nil {
		return err
	}
	return s.FinishErasures(ctx)
}

// erasure is a text whose destruction was asked for: the data of an erasure-requested event.
type erasure struct {
	Plan    domain.PlanID  `json:"-"`
	Request domain.EventID `json:"-"`
	Of      domain.EventID `json:"of"`
	Field   string         `json:"field"`
}

// FinishErasures does what was asked for and is not completed: destroy the text in the journal, then in the read models,
// and only then record that it is gone. A crash anywhere between leaves the request without its completion, and whoever
// calls this next begins again at the first step, which is no harm. It is called at the start and after each request.
func (s *Server) FinishErasures(ctx context.Context) error {
	s.erasing.Lock()
	defer s.erasing.Unlock()
	open, err := s.openErasures(ctx)
	if err != nil || len(open) == 0 {
		return err
	}
	if s.deps.Eraser == nil {
		return domain.Errorf(domain.Unavailable, "", "texts can't be destroyed here")
	}
	for _, e := range open {
		if err := s.finish(ctx, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *Server) finish(ctx context.Context, e erasure) error {
	entry, err := s.deps.Reads.Entry(ctx, e.Plan, e.Of, 0)
	if err != nil {
		return err
	}
	first, found, err := s.deps.Reads.Command(ctx, e.Plan, entry.Command)
	if err != nil {
		return err
	}
	if !found {
		first.Event = e.Of
	}
	if err := s.deps.Eraser.EraseText(ctx, e.Plan, e.Of, first.Event, e.Field); err != nil {
		return err
	}
	if err := s.deps.Reads.EraseText(ctx, e.Of, e.Field); err != nil {
		return err
	}
	done, err := s.deps.Service.Do(ctx, domain.Order{Plan: e.Plan, Actor: system, Command: domain.CommandID("erased-" + e.Request),
		Causation: string(e.Request), Do: domain.CompleteErasure{Of: e.Of, Field: e.Field}})
	if domain.KindOf(err) == domain.Refused && err != nil { // another process was quicker
		return nil
	}
	if err == nil {
		err = s.waitFor(ctx, done.Position)
	}
	return err
}

// openErasures are the requests that no completion answers.
func (s *Server) openErasures(ctx context.Context) (open []erasure, err error) {
	completed := map[domain.EventID]bool{}
	err = s.eachEntry(ctx, projections.TimelineQuery{Type: (&domain.ErasureCompleted{}).Type()}, func(e projections.Entry) error {
		var done struct {
			Request domain.EventID `json:"request"`
		}
		err := json.Unmarshal(e.Data, &done)
		completed[done.Request] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	err = s.eachEntry(ctx, projections.TimelineQuery{Type: (&domain.ErasureRequested{}).Type()}, func(e projections.Entry) error {
		asked := erasure{Plan: e.Plan, Request: e.Event}
		err := json.Unmarshal(e.Data, &asked)
		if !completed[e.Event] {
			open = append(open, asked)
		}
		return err
	})
	return open, err
}

// eachEntry reads a timeline to its end, page by page.
func (s *Server) eachEntry(ctx context.Context, q projections.TimelineQuery, f func(projections.Entry) error) error {
	q.Limit = 1000
	for {
		page, err := s.deps.Reads.Timeline(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			if err := f(e); err != nil {
				return err
			}
		}
		if page.Next == "" || page.Next == q.After { // a page that leads to itself would never end
			return nil
		}
		q.After = page.Next
	}
}
