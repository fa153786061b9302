package pages

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
)

// form is a command as people give it in a browser. Its address is the command's, without /v1, with what it is about in the
// query: /plans/parks/rate?item=item-07. Whether it may be given is the API's to say; a form is only offered, or not.
type form struct {
	Of     domain.Command
	Title  string // the heading, and the words of links to it
	Text   string // a line below it
	Button string
	Fields []field
	Fresh  bool                             // it judges what is seen: a plan that was changed meanwhile is looked at again
	By     bool                             // it needs an authority
	When   func(*projections.ItemView) bool // of an item: whether it is offered; nil: the form is about the plan
	Begin  func(*filling)                   // fills in what holds now; nil: the form begins empty
	Finish func(*filling, map[string]any)   // puts into the command what is no field of its own
	At     func(*filling) string            // where it is sent, if not to the command
	Others bool                             // it names another plan
	Bare   bool                             // it has no date and no authority
}

// field is a field of a form. Name is that of the API's body; a dot leads into an object.
type field struct {
	Name, Label, Hint string
	Kind              string // text, textarea, lines, levels, keys, date, number, decimal, select, boxes, tick, hidden
	Choices           func(*filling) []choice
	Fold              bool // of boxes: there may be many, and seldom is one ticked
}

type choice struct{ Value, Label string }

// filling is a form being filled: where it is, what is typed, and what is wrong with it.
type filling struct {
	*form
	Plan    projections.PlanView
	Item    *projections.ItemView
	Values  url.Values
	Key     string // makes a form sent twice one command
	Version string // of the plan that was seen
	Problem *problem
	Draft   *draft
	Others  []projections.PlanSummary
}

// draft is what the rules would find if the form were sent.
type draft struct{ Raised, Cleared []findings.Finding }

var basis = []field{{Name: "stated", Label: "When it happened", Hint: "The day or month, for example 2026-03-31, 31 March 2026 or March 2026. Left empty: today.", Kind: "date"}}

var authorityFields = []field{
	{Name: "authority.body", Label: "Body that decided", Kind: "text"},
	{Name: "authority.meeting", Label: "Date of its meeting", Kind: "date"},
	{Name: "authority.resolution", Label: "Resolution", Hint: "Its number or short reference.", Kind: "text"}}

func (f *form) verb() string { return f.Of.Verb() }

// all are the fields of a form with those that every command has.
func (f *form) all() []field {
	if f.Bare {
		return f.Fields
	}
	return slices.Concat(f.Fields, basis, authorityFields)
}

// offered says whether a role is shown the form.
func (f *form) offered(role domain.Role) bool { return role.Covers(domain.LeastRole(f.Of)) }

func (s *Site) registerForms() {
	for _, f := range planForms {
		at := "/plans/{plan}/" + f.verb()
		s.page("GET "+at, func(v *visit) error { return v.showForm(f) })
		s.page("POST "+at, func(v *visit) error { return v.takeForm(f) })
	}
	s.page("GET /new-plan", func(v *visit) error { return v.showForm(openForm) })
	s.page("POST /new-plan", func(v *visit) error { return v.takeForm(openForm) })
	s.page("GET /plans/{plan}/attach-evidence", (*visit).showAttach)
	s.page("POST /plans/{plan}/attach-evidence", (*visit).attach)
	s.page("GET /mine", (*visit).mine)
	s.page("POST /mine", (*visit).update)
	s.page("GET /import", func(v *visit) error { return v.showImport(importPage{}, nil) })
	s.page("GET /import/{work}", (*visit).showWork)
	s.page("POST /import", (*visit).importPaper)
}

// filling begins to fill a form: with what the address says.
func (v *visit) filling(f *form, values url.Values) (*filling, error) {
	n := &filling{form: f, Values: values, Key: values.Get("key"), Version: values.Get("version")}
	if n.Key == "" {
		n.Key = uuid.NewString()
	}
	plan := v.r.PathValue("plan")
	if plan == "" {
		return n, nil
	}
	if err := v.get(path("plans", plan), nil, &n.Plan); err != nil {
		return nil, err
	}
	if f.Others {
		var all struct{ Plans []projections.PlanSummary }
		if err := v.get("/plans", nil, &all); err != nil {
			return nil, err
		}
		n.Others = all.Plans
	}
	if f.Fresh && n.Version == "" {
		n.Version = strconv.FormatUint(n.Plan.Version, 10)
	}
	if item := values.Get("item"); item != "" {
		i := slices.IndexFunc(n.Plan.Items, func(it projections.ItemView) bool { return string(it.Item) == item })
		if i < 0 {
			return nil, &problem{Status: http.StatusNotFound, Detail: "The plan has no such item"}
		}
		n.Item = &n.Plan.Items[i]
	}
	return n, nil
}

func (v *visit) showForm(f *form) error {
	if !f.offered(v.Actor.Role) {
		return &problem{Status: http.StatusForbidden, Detail: "Your role, " + string(v.Actor.Role) + ", does not do this"}
	}
	n, err := v.filling(f, v.r.URL.Query())
	if err != nil {
		return err
	}
	if f.Begin != nil {
		f.Begin(n)
	}
	return v.show("form", f.Title, "plans", n)
}

// takeForm sends a form as its command. Sent twice, it is one command; refused, it is shown again with all that was typed.
func (v *visit) takeForm(f *form) error {
	if err := v.readForm(); err != nil {
		return err
	}
	n, err := v.filling(f, v.r.PostForm)
	if err != nil {
		return err
	}
	plan := v.r.PathValue("plan")
	if plan == "" {
		plan = strings.TrimSpace(n.Values.Get("plan"))
	}
	if plan == "" {
		return v.again(n, &problem{Status: http.StatusBadRequest, Field: "plan", Detail: "Give the plan a short name"})
	}
	if n.Values.Has("check") {
		return v.check(n, plan)
	}
	got, err := v.send(n, plan)
	if err != nil {
		return v.again(n, err)
	}
	if err := v.get(path("plans", plan), minPosition(got.Position), &n.Plan); err != nil {
		return err
	}
	v.done(got, n.after(plan))
	return nil
}

// send gives the command. The plan's version goes with it where the form asks that the officer saw the latest.
func (v *visit) send(n *filling, plan string) (got domain.Receipt, err error) {
	body, err := json.Marshal(n.body())
	if err != nil {
		return got, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {n.Key}}
	if n.Fresh {
		header.Set("If-Match", `"`+n.Version+`"`)
	}
	at := path("plans", plan, n.verb())
	if n.At != nil {
		if n.Item == nil {
			return got, &problem{Status: http.StatusBadRequest, Field: "item", Detail: "Say which item"}
		}
		at = n.At(n)
	}
	a, err := v.call(http.MethodPost, at, nil, bytes.NewReader(body), header)
	if err != nil {
		return got, err
	}
	return got, json.Unmarshal(a.body.Bytes(), &got)
}

// check says what the rules would find, and records nothing.
func (v *visit) check(n *filling, plan string) error {
	body, err := json.Marshal(map[string]any{"verb": n.verb(), "command": n.body()})
	if err != nil {
		return err
	}
	a, err := v.call(http.MethodPost, path("plans", plan, "draft"), nil, bytes.NewReader(body), http.Header{"Content-Type": {"application/json"}})
	if err != nil {
		return v.again(n, err)
	}
	n.Draft = &draft{}
	if err := json.Unmarshal(a.body.Bytes(), n.Draft); err != nil {
		return err
	}
	return v.show("form", n.Title, "plans", n)
}

// again shows a refused form. A form that was refused because the plan was changed carries the version that is shown now.
func (v *visit) again(n *filling, err error) error {
	p, ok := err.(*problem)
	if !ok || p.Status >= http.StatusInternalServerError && p.Status != http.StatusServiceUnavailable {
		return err
	}
	n.Problem = n.plainly(p)
	if p.Status == http.StatusPreconditionFailed {
		n.Version = strconv.FormatUint(n.Plan.Version, 10)
		n.Key = uuid.NewString() // another version is another command
	}
	return v.showStatus(p.Status, "form", "Error: "+n.Title, "plans", n)
}

// plainly says of a field that was left empty that it is, where the API says that "" is wrong.
func (n *filling) plainly(p *problem) *problem {
	told := *p
	if !strings.Contains(p.Detail, `""`) {
		return &told
	}
	n.Problem = p
	at, _ := n.Faulty()
	for _, f := range n.Fields {
		if f.Kind != "hidden" && f.Label != "" && strings.TrimSpace(n.Values.Get(f.Name)) == "" && (at == "" || at == f.Name) {
			told.Field, told.Detail, told.Hint = f.Name, "Fill in: "+f.Label, ""
			if f.Kind == "select" {
				told.Detail = "Choose: " + f.Label
			}
			break
		}
	}
	return &told
}

// done leads to where what was recorded is seen.
func (v *visit) done(got domain.Receipt, at string) {
	flash := "recorded"
	if got.Repeat {
		flash = "repeat"
	}
	http.Redirect(v.w, v.r, at+"?"+encode("done", flash), http.StatusSeeOther)
}

func (n *filling) after(plan string) string {
	if n.Item != nil {
		return path("plans", plan, "items", string(n.Item.Item))
	}
	return path("plans", plan)
}

// body is what the API is sent: what was filled in, and nothing else.
func (n *filling) body() map[string]any {
	fields := slices.DeleteFunc(slices.Clone(n.all()), func(f field) bool { return f.Name == "plan" || f.Name == "item" && n.At != nil })
	all := bodyOf(fields, n.Values)
	if n.Finish != nil {
		n.Finish(n, all)
	}
	return all
}

// bodyOf makes a body of what was filled in. A field of the kind object is there without any of its parts.
func bodyOf(fields []field, values url.Values) map[string]any {
	all := map[string]any{}
	for _, f := range fields {
		object, name, inner := strings.Cut(f.Name, ".")
		value := f.value(values[f.Name])
		if (inner && value != nil || f.Kind == "object") && all[object] == nil {
			all[object] = map[string]any{}
		}
		switch {
		case value == nil:
		case inner:
			all[object].(map[string]any)[name] = value
		default:
			all[f.Name] = value
		}
	}
	return all
}

// value is a field's value in JSON; nil: nothing was filled in. What is no number is sent as it is, and refused by its place.
func (f field) value(typed []string) any {
	var text string
	if len(typed) > 0 {
		text = strings.TrimSpace(strings.ReplaceAll(typed[0], "\r\n", "\n"))
	}
	if text == "" {
		return nil
	}
	switch f.Kind {
	case "boxes":
		return typed
	case "tick":
		return true
	case "date":
		return plainDate(text)
	case "keys":
		return nil // [form.Finish] has them
	case "levels":
		return levels(text)
	case "lines":
		return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
	case "decimal":
		if n, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
			return n
		}
	case "number":
		if n, err := strconv.Atoi(strings.TrimSuffix(text, "%")); err == nil {
			return n
		}
	}
	return text
}

// plainDate understands a date as people in councils write it. Anything else is left as it is, for the API to judge.
func plainDate(s string) string {
	for _, layout := range []string{"2/1/2006", "2.1.2006", "2 January 2006", "2 Jan 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format("2006-01-02")
		}
	}
	for _, layout := range []string{"1/2006", "January 2006", "Jan 2006"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.Format("2006-01")
		}
	}
	return s
}

// shown is a field as the template needs it.
type shown struct {
	field
	ID, Value, Error string
	Chosen           []string
	Options          []choice
	Filling          *filling   // of keys
	Tables           []keyTable // of keys
}

// Shown are the fields of the form; Authority those of the decision behind it.
func (n *filling) Shown() []shown {
	if n.Bare {
		return n.shown(n.Fields)
	}
	return n.shown(slices.Concat(n.Fields, basis))
}
func (n *filling) Authority() []shown { return n.shown(authorityFields) }

// AuthorityOpen says whether the fields of the authority are to be seen at once.
func (n *filling) AuthorityOpen() bool {
	return n.By || slices.ContainsFunc(n.Authority(), func(s shown) bool { return s.Value != "" || s.Error != "" })
}

// Judgeable says whether the rules can be asked what they would find.
func (n *filling) Judgeable() bool { return n.Plan.Plan != "" && n.When != nil && n.At == nil }

func (n *filling) shown(fields []field) (all []shown) {
	at, _ := n.Faulty()
	for _, f := range fields {
		s := shown{field: f, ID: fieldID(f.Name), Value: n.Values.Get(f.Name), Chosen: n.Values[f.Name]}
		if f.Choices != nil {
			s.Options = f.Choices(n)
		}
		if f.Kind == "keys" {
			s.Filling, s.Tables = n, n.Tables()
		}
		if n.Problem != nil && at == f.Name {
			s.Error = n.Problem.Detail
		}
		all = append(all, s)
	}
	return all
}

func fieldID(name string) string { return "f-" + strings.ReplaceAll(name, ".", "-") }

// Faulty is the field that the problem names, and its place on the page; "" when no field that is seen is at fault.
func (n *filling) Faulty() (name, id string) {
	if n.Problem == nil || n.Problem.Field == "" {
		return "", ""
	}
	named, _, _ := strings.Cut(n.Problem.Field, "[")
	for _, f := range n.all() {
		if f.Kind != "hidden" && (f.Name == named || strings.HasPrefix(f.Name, named+".")) {
			return f.Name, fieldID(f.Name)
		}
	}
	return "", ""
}

// FaultyID is where the error summary leads to.
func (n *filling) FaultyID() string { _, id := n.Faulty(); return id }

// Has says whether a choice of several is chosen.
func (s shown) Has(value string) bool { return slices.Contains(s.Chosen, value) }
