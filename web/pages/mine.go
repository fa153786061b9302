package pages

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
)

// mineItem is an item of somebody's, as GET /v1/mine tells it, and the update of it that they are writing.
type mineItem struct {
	projections.ItemView
	Update    bool
	Overdue   bool
	Requests  []projections.RequestView
	Inherited *projections.Span
	Findings  []findings.Finding

	Plan       domain.PlanID      `json:"-"`
	Dimensions []domain.Dimension `json:"-"`
	Key        string             `json:"-"`
	Typed      url.Values         `json:"-"` // nil: nothing was typed
	Draft      *draft             `json:"-"`
	Problem    *problem           `json:"-"`
}

// At is the row's place on the page.
func (m mineItem) At() string { return "u-" + string(m.Plan) + "-" + string(m.Item) }

// Former is who had the item before, and until when.
func (m mineItem) Former() string {
	switch {
	case m.Inherited == nil:
		return ""
	case m.Inherited.Erased:
		return "somebody whose name is erased"
	}
	return m.Inherited.Value
}

// FaultyID is where the error summary leads to.
func (m mineItem) FaultyID() string {
	if m.Problem == nil {
		return ""
	}
	for _, name := range []string{"to", "justification", "progress", "percent"} {
		if m.Problem.Field == name {
			return m.At() + "-" + name
		}
	}
	return m.At()
}

type minePlan struct {
	Plan         domain.PlanID
	Title, Body  string
	On, Deadline domain.Date
	Items        []mineItem
}

type minePage struct {
	Name  string
	Plans []minePlan
}

// mine shows what somebody owes, and what they said last time.
func (v *visit) mine() error {
	page, err := v.minePage()
	if err != nil {
		return err
	}
	return v.show("mine", "My work", "mine", page)
}

func (v *visit) minePage() (page minePage, err error) {
	q, _ := url.ParseQuery(encode("plan", v.r.URL.Query().Get("plan"))) // it was just encoded
	if err = v.get("/mine", q, &page); err != nil {
		return page, err
	}
	for i, p := range page.Plans {
		var view projections.PlanView
		if v.Actor.Role.Covers(domain.Editor) { // others have no form
			if err = v.get(path("plans", string(p.Plan)), nil, &view); err != nil {
				return page, err
			}
		}
		for j := range p.Items {
			it := &page.Plans[i].Items[j]
			it.Plan, it.Dimensions, it.Key = p.Plan, view.Dimensions, newKey()
		}
	}
	return page, nil
}

// find is a row of the page; nil: it is not theirs, or no more.
func (p *minePage) find(plan, item string) *mineItem {
	for i := range p.Plans {
		for j := range p.Plans[i].Items {
			if it := &p.Plans[i].Items[j]; string(it.Plan) == plan && string(it.Item) == item {
				return it
			}
		}
	}
	return nil
}

// said is a command that a row's update comes to.
type said struct {
	verb string
	body map[string]any
}

// commands are what an update of a row says: a rating or its reason, and progress. A reason without another rating affirms the
// one that holds, or gives the reason that is owed for it.
func (m *mineItem) commands() (all []said) {
	text := func(name string) string {
		return strings.TrimSpace(strings.ReplaceAll(m.Typed.Get(name), "\r\n", "\n"))
	}
	dimension := text("dimension")
	if dimension == "" && len(m.Dimensions) > 0 {
		dimension = m.Dimensions[0].Key
	}
	i := slices.IndexFunc(m.Ratings, func(r projections.RatingView) bool { return r.Dimension == dimension })
	to, why := text("to"), text("justification")
	switch {
	case to == "" && why != "" && i >= 0 && m.Ratings[i].Owed:
		all = append(all, said{"justify", map[string]any{"dimension": dimension, "justification": why}})
	case to != "" || why != "":
		if to == "" && i >= 0 {
			to = m.Ratings[i].Value
		}
		rate := map[string]any{"dimension": dimension, "to": to, "justification": why}
		if why == "" && text("owed") != "" {
			rate["owed"] = true
		}
		all = append(all, said{"rate", rate})
	}
	if progress, percent := text("progress"), (field{Kind: "number"}).value([]string{text("percent")}); progress != "" || percent != nil {
		body := map[string]any{"progress": progress}
		if percent != nil {
			body["percent"] = percent
		}
		all = append(all, said{"report-progress", body})
	}
	for _, one := range all {
		one.body["item"] = m.Item
		if stated := text("stated"); stated != "" {
			one.body["stated"] = plainDate(stated)
		}
	}
	return all
}

// update takes a row's form: it says what the rules would find, or records it.
func (v *visit) update() error {
	if err := v.readForm(); err != nil {
		return err
	}
	page, err := v.minePage()
	if err != nil {
		return err
	}
	form := v.r.PostForm
	row := page.find(form.Get("plan"), form.Get("item"))
	if row == nil {
		return &problem{Status: http.StatusNotFound, Detail: "This item is not yours, or no longer open", Hint: "look at the plan for what became of it"}
	}
	row.Typed = form
	if key := form.Get("key"); key != "" {
		row.Key = key
	}
	commands := row.commands()
	if len(commands) == 0 {
		row.Problem = &problem{Status: http.StatusBadRequest, Field: "progress", Detail: "Say what was done, or how it is rated and why"}
		return v.showRefused(page, row.Problem)
	}
	give := v.record
	if form.Has("check") {
		give = v.try
	}
	for n, one := range commands {
		err := give(row, one)
		p, refused := err.(*problem)
		if refused && n > 0 && !form.Has("check") {
			p.Hint = strings.TrimPrefix(p.Hint+". The rating is recorded; the progress is not", ". ")
			row.Key, row.Typed = newKey(), maps.Clone(row.Typed) // what is left is another update
			for _, name := range []string{"to", "justification", "owed"} {
				row.Typed.Del(name)
			}
		}
		if row.Problem = p; refused {
			return v.showRefused(page, p)
		} else if err != nil {
			return err
		}
	}
	if row.Draft != nil {
		return v.show("mine", "Checked: My work", "mine", page)
	}
	http.Redirect(v.w, v.r, "/mine?"+encode("done", "recorded")+"#"+row.At(), http.StatusSeeOther)
	return nil
}

func (v *visit) showRefused(page minePage, p *problem) error {
	if p.Status >= http.StatusInternalServerError && p.Status != http.StatusServiceUnavailable {
		return p
	}
	return v.showStatus(p.Status, "mine", "Error: My work", "mine", page)
}

// record gives a command of a row. Each has an id made of the row's, so that a form sent twice is recorded once.
func (v *visit) record(row *mineItem, what said) error {
	body, err := json.Marshal(what.body)
	if err != nil {
		return err
	}
	a, err := v.call(http.MethodPost, path("plans", string(row.Plan), what.verb), nil, bytes.NewReader(body),
		http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {row.Key + "-" + what.verb}})
	if err != nil {
		return err
	}
	var got domain.Receipt
	if err := json.Unmarshal(a.body.Bytes(), &got); err != nil {
		return err
	}
	var seen json.RawMessage
	return v.get(path("plans", string(row.Plan)), minPosition(got.Position), &seen)
}

// try says what the rules would find, and records nothing.
func (v *visit) try(row *mineItem, what said) error {
	body, err := json.Marshal(map[string]any{"verb": what.verb, "command": what.body})
	if err != nil {
		return err
	}
	a, err := v.call(http.MethodPost, path("plans", string(row.Plan), "draft"), nil, bytes.NewReader(body), http.Header{"Content-Type": {"application/json"}})
	if err != nil {
		return err
	}
	var got draft
	if err := json.Unmarshal(a.body.Bytes(), &got); err != nil {
		return err
	}
	if row.Draft == nil {
		row.Draft = &draft{}
	}
	row.Draft.Raised, row.Draft.Cleared = each(row.Draft.Raised, got.Raised), each(row.Draft.Cleared, got.Cleared)
	return nil
}

// each adds findings that are not there yet.
func each(all, more []findings.Finding) []findings.Finding {
	for _, f := range more {
		if !slices.ContainsFunc(all, func(had findings.Finding) bool { return had.ID == f.ID }) {
			all = append(all, f)
		}
	}
	return all
}
