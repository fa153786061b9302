package pages

import (
	"net/http"

	"plantrail/domain"
	"plantrail/projections"
)

// registerReading registers the pages that show and change nothing, and the few forms that belong to them.
func (s *Site) registerReading() {
	s.page("GET /plans/{plan}/meetings", (*visit).meetings)
	s.page("GET /plans/{plan}/meetings/{meeting}/paper", (*visit).printed)
	s.page("GET /events", (*visit).feed)
	s.page("GET /plans/{plan}/findings", (*visit).findings)
	s.page("GET /plans/{plan}/policy", (*visit).policy)
	s.page("GET /plans/{plan}/evidence", (*visit).evidence)
	s.page("GET /plans/{plan}/evidence/{evidence}", (*visit).file)
	s.page("GET /plans/{plan}/reports", (*visit).reports)
	s.page("GET /plans/{plan}/reports/{report}", (*visit).report)
	s.page("GET /plans/{plan}/bundle", (*visit).bundle)
	s.page("POST /plans/{plan}/bundle", (*visit).takeBundle)
	s.page("GET /findings", (*visit).allFindings)
	s.page("GET /verify", (*visit).verify)
	s.page("POST /verify", (*visit).verifyAll)
	s.page("GET /persons", (*visit).people)
	s.page("GET /tokens", (*visit).people)
	s.page("POST /tokens", (*visit).makeToken)
	s.page("POST /tokens/{token}/revoke", (*visit).revoke)
	s.page("POST /persons/{person}/rename", (*visit).rename)
	s.page("POST /persons/{person}/leave", (*visit).leave)
	s.page("GET /access", (*visit).access)
	s.page("GET /schemes", (*visit).schemes)
	s.page("GET /help", (*visit).help)
	s.page("GET /accessibility", (*visit).accessibility)
	s.mux.Handle("GET /people", http.RedirectHandler("/persons", http.StatusSeeOther))
	s.mux.Handle("GET /key", http.RedirectHandler("/schemes", http.StatusSeeOther))
}

// schemesPage is every preset key, and what the plans are kept by. The key of a plan stands on its own pages, too.
type schemesPage struct {
	Schemes []domain.SchemeSet
	Plans   []projections.PlanView
	More    int // plans that are not shown
}

// plansKept bounds for how many plans the page says by which key and policy they are kept: each is a question.
const plansKept = 50

func (v *visit) schemes() error {
	var page schemesPage
	if err := v.get("/schemes", nil, &page); err != nil {
		return err
	}
	var all struct{ Plans []projections.PlanSummary }
	if err := v.get("/plans", nil, &all); err != nil {
		return err
	}
	for i, p := range all.Plans {
		if i == plansKept {
			page.More = len(all.Plans) - i
			break
		}
		var view projections.PlanView
		if err := v.get(path("plans", string(p.Plan)), nil, &view); err != nil {
			return err
		}
		page.Plans = append(page.Plans, view)
	}
	return v.show("schemes", "Keys of ratings and policies", "schemes", page)
}

// helped is a question that people ask, and the clicks that answer it.
type helped struct{ Question, Answer string }

var helpful = []helped{
	{"Why is each amber amber, since when, with whose words?", "Plans, your plan: choose the rating in the table, or its report Items at risk."},
	{"What did the report that we received say?", "Your plan, Meetings, the plan as it was reported."},
	{"What is different today?", "Your plan, Compare: choose the meeting or a day."},
	{"What did we ask for and not get?", "Your plan, Meetings: what is not answered is marked so."},
	{"What was dropped, by whose authority?", "Your plan, Reports, What was ended."},
	{"Which due dates moved, how often, with whose approval?", "Your plan, Reports, Due dates that moved."},
	{"Who changed this rating, when, and what did they say?", "The item: its whole story; or click a cell of the picture."},
	{"What would an auditor ask?", "Findings, of one plan or of all: each names its proof."},
	{"Is the record whole?", "Verify. With the root that a paper prints you can hold the paper against it."},
	{"Can I check it without trusting this server?", "Your plan, Bundle: the file checks itself, offline."},
	{"What do programs get, and what is in it?", "Events, for programs: each event in order, with its schema."},
	{"Who wrote this, anywhere, ever?", "Search; the hits lead to the entries."},
}

// later is how long after the day that it states something was recorded.
func later(days int) string {
	switch {
	case days < 60:
		return count(days, "day", "days")
	case days < 730:
		return count(days/30, "month", "months")
	}
	return count(days/365, "year", "years")
}

func (v *visit) help() error { return v.show("help", "Help", "help", helpful) }

func (v *visit) accessibility() error {
	return v.show("accessibility", "Accessibility statement", "", nil)
}
