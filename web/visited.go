package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/web/visits"
)

// Visits keeps who looked at what. It may refuse: then the log says so, and the reading goes on.
type Visits interface {
	Note(visits.Visit) error
	List(visits.Query) (found []visits.Visit, next string, err error)
	Days() int
}

// AccessView is who looked at what, newest first.
type AccessView struct {
	Entries []AccessEntry `json:"entries"`
	Next    string        `json:"next,omitempty"`
	Days    int           `json:"kept_days" doc:"for how many days visits are kept"`
}

// AccessEntry is a visit with the name that its actor has today; none for who is not registered, or whose name was erased.
type AccessEntry struct {
	visits.Visit
	Name string `json:"name,omitempty"`
}

type accessInput struct {
	Tabled
	Plan  string `query:"plan" doc:"only what was about this plan"`
	Actor string `query:"actor" doc:"only what this person did"`
	From  string `query:"from" doc:"from this day on" example:"2026-11-22"`
	To    string `query:"to" doc:"until this day, which counts whole"`
	Paged
}

func (accessInput) least() domain.Position { return 0 }

func (s *Server) registerVisits() {
	query(s, "/v1/access", about{id: "access-log", tag: "people", summary: "Who viewed, searched or exported what, and took which bundle", csv: true,
		text: "Kept beside the history, for as many days as the answer says. The same by the same person within a minute counts once; no words of a question are kept."}, s.accessLog)
}

func (s *Server) accessLog(ctx context.Context, in *accessInput) (v AccessView, err error) {
	if s.deps.Visits == nil {
		return v, domain.Errorf(domain.Unavailable, "", "who reads what is not kept here")
	}
	q := visits.Query{From: in.From, To: in.To, After: in.After, Limit: in.Limit}
	if in.Plan != "" {
		if q.Plan, err = domain.ParsePlanID(in.Plan); err != nil {
			return v, err
		}
	}
	if in.Actor != "" {
		if q.Actor, err = parseActor("actor", in.Actor); err != nil {
			return v, err
		}
	}
	for field, day := range map[string]string{"from": in.From, "to": in.To} {
		if _, err := time.Parse(time.DateOnly, day); day != "" && err != nil {
			return v, domain.Errorf(domain.Invalid, field, "this is not a day").WithHint("write it as 2020-02-03")
		}
	}
	found, next, err := s.deps.Visits.List(q)
	if err != nil {
		return v, err
	}
	names, err := s.names(ctx)
	v = AccessView{Entries: make([]AccessEntry, len(found)), Next: next, Days: s.deps.Visits.Days()}
	for i, one := range found {
		v.Entries[i] = AccessEntry{one, names[one.Actor]}
	}
	return v, err
}

// names are the registered persons' names as they are today.
func (s *Server) names(ctx context.Context) (map[domain.ActorID]string, error) {
	all, err := s.deps.Reads.Persons(ctx)
	names := make(map[domain.ActorID]string, len(all))
	for _, p := range all {
		names[p.Person] = p.Name.Text
	}
	return names, err
}

// visited keeps that somebody was shown something. It is called when the answer is known to be one.
func (c *call) visited() {
	if c.s.deps.Visits == nil || c.w.status >= http.StatusBadRequest || c.actor.ID == "" {
		return
	}
	did, of := c.did()
	if did == "" {
		return
	}
	v := visits.Visit{Actor: c.actor.ID, Role: c.actor.Role, Did: did, Plan: domain.PlanID(c.r.PathValue("plan")), Of: of}
	if err := c.s.deps.Visits.Note(v); err != nil {
		c.log().Error("that somebody read something is not kept", "request", c.id, "route", c.pattern, "err", err)
	}
}

// did is what a request looked at: all that shows a plan, and what takes more than one plan away.
func (c *call) did() (did, of string) {
	tabled := c.route.csv && c.r.Header.Get("Accept") == "text/csv"
	switch inPlan := strings.HasPrefix(c.pattern, "GET /v1/plans/{plan}"); {
	case c.pattern == "POST /v1/plans/{plan}/bundle":
		return visits.Bundle, ""
	case c.pattern == "GET /v1/plans/{plan}/evidence/{evidence}":
		return visits.Evidence, c.r.PathValue("evidence")
	case c.pattern == "GET /v1/plans/{plan}/reports/{report}":
		return visits.Exported, c.r.PathValue("report")
	case c.pattern == "GET /v1/search":
		return visits.Searched, ""
	case inPlan && tabled, tabled && c.pattern == "GET /v1/timeline", tabled && c.pattern == "GET /v1/findings",
		strings.HasPrefix(c.pattern, "GET /v1/events"), strings.HasPrefix(c.pattern, "GET /v1/tables/"), strings.HasPrefix(c.pattern, "GET /v1/backup"):
		return visits.Exported, strings.TrimPrefix(strings.TrimPrefix(c.r.URL.Path, "/v1/plans/"+c.r.PathValue("plan")), "/v1/")
	case inPlan:
		return visits.Viewed, c.r.PathValue("item")
	}
	return "", ""
}

func visitsTable(all []AccessEntry) ([]string, [][]string) {
	rows := [][]string{}
	for _, v := range all {
		rows = append(rows, []string{v.At.Format(time.RFC3339Nano), string(v.Actor), string(v.Role), v.Did, string(v.Plan), v.Of, v.Name})
	}
	return []string{"at", "actor", "role", "did", "plan", "of", "name"}, rows
}
