package web

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
)

// FindingReads answers what the rules find.
type FindingReads interface {
	// Findings evaluates the rules over a plan; today is the day of a question about now.
	Findings(ctx context.Context, plan domain.PlanID, at projections.At, today domain.Date) (projections.FindingsView, error)
	// FindingsOn evaluates them as known at a moment, which is not the zero one, on a day of the caller's choice.
	FindingsOn(ctx context.Context, plan domain.PlanID, at projections.At, day domain.Date) (projections.FindingsView, error)
	// DraftFindings says which findings entries that are not recorded would raise, and which they would clear.
	DraftFindings(ctx context.Context, plan domain.PlanID, draft []domain.Recorded, day domain.Date) (raised, cleared []findings.Finding, err error)
	// AllFindings lists those of today that are wanted, in all plans after one.
	AllFindings(ctx context.Context, today domain.Date, wanted func(*findings.Finding) bool, after domain.PlanID, limit int) (projections.Page[findings.Finding], error)
}

// Wanted says which findings a question is about.
type Wanted struct {
	Rule     []string `query:"rule" doc:"only of these rules, separated by commas" example:"[\"R05\"]"`
	Severity []string `query:"severity" doc:"only of these severities: high, medium, low" example:"[\"high\"]"`
	Item     string   `query:"item" doc:"only about this item"`
	Answered string   `query:"answered" enum:"yes,no" doc:"yes: only those with an answer that has not lapsed; no: only the others"`
}

type planFindingsInput struct {
	Reading
	Tabled
	AsAt
	Wanted
	Plan string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
}

type findingsInput struct {
	Reading
	Tabled
	Wanted
	Paged
}

type rulesAnswer struct {
	Rules []findings.Rule `json:"rules"`
}

type rulesInput struct {
	Reading
	Tabled
}

func (s *Server) registerFindings() {
	query(s, "/v1/plans/{plan}/findings", about{
		id: "plan-findings", tag: "questions", summary: "What the rules find in a plan: what proves it, and what would clear it",
		text: asAt + " The plan is judged on the day of valid_at; else on the day on which what is asked for was known or reported; now, today.",
		csv:  true, errors: notFound}, s.planFindings)
	query(s, "/v1/findings", about{
		id: "findings", tag: "questions", summary: "The same today, over all plans",
		text: "A page holds whole plans, so that it may have more findings than its limit.", csv: true}, s.allFindings)
	query(s, "/v1/findings/rules", about{id: "findings-rules", tag: "questions", summary: "The rules: what each looks for, why, and what clears it", csv: true},
		func(context.Context, *rulesInput) (rulesAnswer, error) { return rulesAnswer{findings.Rules()}, nil })
}

func (s *Server) planFindings(ctx context.Context, in *planFindingsInput) (v projections.FindingsView, err error) {
	plan, at, err := planAt(in.Plan, in.AsAt)
	if err != nil {
		return v, err
	}
	wanted, err := in.wanted()
	if err != nil {
		return v, err
	}
	v, err = s.deps.Reads.Findings(ctx, plan, at, s.today())
	kept := []findings.Finding{} // of a list that others share
	for i := range v.Findings {
		if f := &v.Findings[i]; wanted(f) {
			kept = append(kept, *f)
		}
	}
	v.Findings = kept
	if err == nil && len(kept) == 0 && in.Item != "" { // an item that is not there must not look like one without findings
		_, err = s.deps.Reads.ItemHistory(ctx, plan, domain.ItemID(in.Item), projections.At{})
	}
	return v, err
}

func (s *Server) allFindings(ctx context.Context, in *findingsInput) (page projections.Page[findings.Finding], err error) {
	wanted, err := in.wanted()
	if err != nil {
		return page, err
	}
	var after domain.PlanID
	if in.After != "" {
		if after, err = domain.ParsePlanID(in.After); err != nil {
			return page, domain.Errorf(domain.Invalid, "after", "this is not a cursor").WithHint("give the next of an earlier page, unchanged")
		}
	}
	return s.deps.Reads.AllFindings(ctx, s.today(), wanted, after, in.Limit)
}

func (s *Server) today() domain.Date { return domain.DayOf(s.deps.Now()) }

// wanted makes a filter of what was asked.
func (w Wanted) wanted() (func(*findings.Finding) bool, error) {
	rules, err := each(w.Rule, strings.ToUpper, findings.Known, "rule", "rule", "R01 to R32; GET /v1/findings/rules lists them")
	if err != nil {
		return nil, err
	}
	known := func(s string) bool { return findings.Severity(s).Rank() < findings.Severity("").Rank() }
	severities, err := each(w.Severity, strings.ToLower, known, "severity", "severity", "high, medium or low")
	if err != nil {
		return nil, err
	}
	if w.Item != "" {
		if _, err := domain.ParseItemID(w.Item); err != nil {
			return nil, err
		}
	}
	return func(f *findings.Finding) bool {
		answered := f.Answer != nil && !f.Answer.Lapsed
		return (len(rules) == 0 || slices.Contains(rules, f.Rule)) && (len(severities) == 0 || slices.Contains(severities, string(f.Severity))) &&
			(w.Item == "" || string(f.Item) == w.Item) && (w.Answered == "" || answered == (w.Answered == "yes"))
	}, nil
}

// each checks the parts of a list as people type them.
func each(given []string, form func(string) string, known func(string) bool, field, name, hint string) (all []string, _ error) {
	for _, one := range given {
		one = form(strings.TrimSpace(one))
		if !known(one) {
			return nil, domain.Errorf(domain.Invalid, field, "there is no such %s", name).WithHint("use " + hint)
		}
		all = append(all, one)
	}
	return all, nil
}

func findingsTable(all []findings.Finding) ([]string, [][]string) {
	header := []string{"finding", "plan", "rule", "severity", "raised", "item", "ref", "aim", "title", "words", "since", "entries", "clears", "policy",
		"answered", "answer", "answer_until", "answer_lapsed"}
	var rows [][]string
	for _, f := range all {
		entries := make([]string, len(f.Proof))
		for i, p := range f.Proof {
			entries[i] = strconv.FormatUint(p.Entry, 10)
		}
		row := []string{string(f.ID), string(f.Plan), f.Rule, string(f.Severity), yesNo(f.Raised), string(f.Item), f.Ref, f.Aim, f.Title, f.Words,
			f.Since.String(), strings.Join(entries, " "), f.Clears, f.Policy, "", "", "", ""}
		if a := f.Answer; a != nil {
			copy(row[14:], []string{a.On.String(), a.Words, a.Until.String(), yesNo(a.Lapsed)})
		}
		rows = append(rows, row)
	}
	return header, rows
}

func rulesTable(all []findings.Rule) ([]string, [][]string) {
	var rows [][]string
	for _, r := range all {
		rows = append(rows, []string{r.ID, string(r.Severity), r.Title, r.Means, r.Clears, r.Source})
	}
	return []string{"rule", "severity", "title", "means", "clears", "source"}, rows
}
