package web

import (
	"context"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
)

// MineView is what somebody has to keep true: their open items in every plan that is open.
type MineView struct {
	Person domain.ActorID `json:"person"`
	Name   string         `json:"name,omitempty"`
	Plans  []MinePlan     `json:"plans"`
}

// MinePlan is what of a plan is somebody's, and by when it must be up to date.
type MinePlan struct {
	Plan     domain.PlanID    `json:"plan"`
	Title    string           `json:"title"`
	Meeting  domain.MeetingID `json:"meeting,omitempty" doc:"the next meeting of the plan"`
	Body     string           `json:"body,omitempty"`
	On       domain.Date      `json:"on,omitzero"`
	Deadline domain.Date      `json:"deadline,omitzero" doc:"the day by which its paper must be ready; absent where nobody named one"`
	Items    []MineItem       `json:"items"`
}

// MineItem is an item, what was last said of it, what is asked of it, and where it came from.
type MineItem struct {
	projections.ItemView
	Update    bool                        `json:"update" doc:"nothing was said of it since the meeting before the next one, for longer than a reporting cycle, or ever"`
	Overdue   bool                        `json:"overdue,omitempty"`
	Requests  []projections.RequestView   `json:"requests" doc:"that wait for an answer"`
	Wanted    map[domain.RequestID]string `json:"wanted,omitempty" doc:"by when, in words"`
	Inherited *projections.Span           `json:"inherited,omitempty" doc:"the former owner, and until when"`
	Findings  []findings.Finding          `json:"findings" doc:"what the rules find on it today"`
}

type mineInput struct {
	Reading
	Person string `query:"person" doc:"whose; left out: the caller's"`
	Plan   string `query:"plan" doc:"only in this plan"`
}

func (s *Server) registerMine() {
	query(s, "/v1/mine", about{id: "mine", tag: "questions", summary: "What must I update before the next paper, and what did I say last time?",
		text:   "Items whose accountable or responsible person is the one asked about, or whose owner's words are that person's registered name.",
		errors: notFound}, s.mine)
}

func (s *Server) mine(ctx context.Context, in *mineInput) (v MineView, err error) {
	v = MineView{Person: callOf(ctx).actor.ID, Plans: []MinePlan{}}
	if in.Person != "" {
		if v.Person, err = parseActor("person", in.Person); err != nil {
			return v, err
		}
	}
	person, err := s.deps.Reads.Person(ctx, v.Person)
	if err != nil && (in.Person != "" || domain.KindOf(err) != domain.NotFound) {
		return v, err
	}
	v.Name = person.Name.Text
	plans, err := s.deps.Reads.Plans(ctx, time.Time{})
	if err != nil {
		return v, err
	}
	if in.Plan != "" {
		plan, err := domain.ParsePlanID(in.Plan)
		if err != nil {
			return v, err
		}
		plans = slices.DeleteFunc(plans, func(p projections.PlanSummary) bool { return p.Plan != plan })
		if len(plans) == 0 {
			return v, domain.Errorf(domain.NotFound, "plan", "there is no plan %s", plan)
		}
	}
	for _, p := range plans {
		if p.Closed {
			continue
		}
		plan, err := s.mineIn(ctx, p.Plan, v.Person, v.Name)
		if err != nil {
			return v, err
		}
		if len(plan.Items) > 0 {
			v.Plans = append(v.Plans, plan)
		}
	}
	return v, nil
}

func (s *Server) mineIn(ctx context.Context, plan domain.PlanID, person domain.ActorID, name string) (m MinePlan, err error) {
	view, err := s.deps.Reads.Plan(ctx, plan, projections.At{})
	if err != nil {
		return m, err
	}
	m = MinePlan{Plan: plan, Title: plainWords(view.Title), Items: []MineItem{}}
	last, next := meetingsAround(view, s.today())
	if next != nil {
		m.Meeting, m.Body, m.On, m.Deadline = next.Meeting, next.Body, next.On, next.Deadline
	}
	r := &reporting{view: view, day: s.today()}
	var found []findings.Finding
	for _, it := range view.Items {
		if !open(it, view.Dimensions) || !owns(it, person, name) {
			continue
		}
		if found == nil {
			judged, err := s.deps.Reads.Findings(ctx, plan, projections.At{}, s.today())
			if err != nil {
				return m, err
			}
			found = judged.Findings
		}
		item := MineItem{ItemView: it, Update: !saidSince(it, last), Overdue: r.overdue(it), Requests: []projections.RequestView{}, Findings: []findings.Finding{}}
		item.Requests, item.Wanted = append(item.Requests, openRequests(view, it.Item)...), map[domain.RequestID]string{}
		for _, q := range item.Requests {
			item.Wanted[q.Request], _ = r.wanted(q)
		}
		for _, f := range found {
			if f.Item == it.Item {
				item.Findings = append(item.Findings, f)
				item.Update = item.Update || f.Rule == "R12"
			}
		}
		if item.Inherited, err = s.inherited(ctx, plan, it.Item); err != nil {
			return m, err
		}
		m.Items = append(m.Items, item)
	}
	return m, nil
}

// owns reports whether somebody is accountable or responsible for an item, by the register or, where nobody is named there, by
// the words that stand for the owner.
func owns(it projections.ItemView, person domain.ActorID, name string) bool {
	if it.Person == person || slices.Contains(it.Persons, person) {
		return true
	}
	return it.Person == "" && name != "" && strings.EqualFold(strings.TrimSpace(words(it.Owner)), strings.TrimSpace(name))
}

// meetingsAround are the last meeting before a day and the next one, on it or later; nil where there is none.
func meetingsAround(v projections.PlanView, day domain.Date) (last, next *projections.MeetingView) {
	for i := range v.Meetings {
		m := &v.Meetings[i]
		switch {
		case m.On.End().After(day.Start()):
			if next == nil || m.On.Start().Before(next.On.Start()) {
				next = m
			}
		case last == nil || !m.On.Start().Before(last.On.Start()):
			last = m
		}
	}
	return last, next
}

// saidSince reports whether anything was said of an item on the day of a meeting or later: progress, a rating or its reason. With
// no meeting, ever.
func saidSince(it projections.ItemView, m *projections.MeetingView) bool {
	since := func(said projections.Said) bool {
		return m == nil || !said.RecordedAt.Before(m.On.Start()) && (!said.Stated.Known() || said.Stated.End().After(m.On.Start()))
	}
	if it.Progress != nil && since(it.Progress.Said) {
		return true
	}
	return slices.ContainsFunc(it.Ratings, func(r projections.RatingView) bool {
		return since(r.Set) || r.Reason != nil && since(r.Reason.Said)
	})
}

// inherited is the former owner of an item, nil where it has had one only.
func (s *Server) inherited(ctx context.Context, plan domain.PlanID, item domain.ItemID) (*projections.Span, error) {
	h, err := s.deps.Reads.ItemHistory(ctx, plan, item, projections.At{})
	if err != nil {
		return nil, err
	}
	var former *projections.Span
	for i := range h.Spans {
		if h.Spans[i].Field == "owner" && h.Spans[i].Until != nil && h.Spans[i].Value+plainErased(h.Spans[i]) != "" {
			former = &h.Spans[i]
		}
	}
	return former, nil
}

func plainErased(s projections.Span) string {
	if s.Erased {
		return "erased"
	}
	return ""
}
