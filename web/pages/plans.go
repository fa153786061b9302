package pages

import (
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
)

// register says which page answers which address. Addresses are those of the API without /v1.
func (s *Site) register() {
	s.mux.Handle("GET /{$}", http.RedirectHandler("/plans", http.StatusSeeOther))
	s.page("GET /plans", (*visit).plans)
	s.page("GET /plans/{plan}", (*visit).plan)
	s.page("GET /plans/{plan}/items/{item}", (*visit).item)
	s.page("GET /plans/{plan}/entries/{entry}", (*visit).entry)
	s.page("GET /plans/{plan}/timeline", (*visit).timeline)
	s.page("GET /plans/{plan}/compare", (*visit).compare)
	s.page("GET /plans/{plan}/strips", (*visit).stripList)
	s.page("GET /search", (*visit).search)
	s.registerReading()
	s.registerForms()
	s.registerSubscriptions()
	s.page("GET /", func(*visit) error {
		return &problem{Status: http.StatusNotFound, Detail: "There is no page at this address"}
	})
}

// part is a part of the site or of a plan, for its navigation. Roles left empty: everybody.
type part struct {
	Key, Name, Address string
	roles              []domain.Role
}

// open says whether somebody is let in. Who is let in to some plans only is shown what is cut to them.
func (p part) open(to domain.Actor) bool {
	return (len(p.roles) == 0 || slices.Contains(p.roles, to.Role)) && (to.Only == "" || p.Key == "plans" || p.Key == "verify" || p.Key == "feed")
}

var siteParts = []part{{Key: "plans", Name: "Plans", Address: "/plans"}, {Key: "search", Name: "Search", Address: "/search"},
	{Key: "findings", Name: "All findings", Address: "/findings"}, {Key: "verify", Name: "Verify", Address: "/verify"},
	{Key: "people", Name: "People", Address: "/persons"},
	{Key: "schemes", Name: "Keys and policies", Address: "/schemes", roles: []domain.Role{domain.Admin}},
	{Key: "access", Name: "Access log", Address: "/access", roles: []domain.Role{domain.Auditor, domain.Admin}}}

var planParts = []part{{Name: "The plan"}, {Key: "timeline", Name: "Timeline"}, {Key: "compare", Name: "Compare"},
	{Key: "meetings", Name: "Meetings"}, {Key: "findings", Name: "Findings"}, {Key: "evidence", Name: "Evidence"}, {Key: "reports", Name: "Reports"},
	{Key: "bundle", Name: "Bundle"}, {Key: "policy", Name: "Policy and key"}}

func init() {
	funcs["parts"] = func(to domain.Actor) []part {
		return slices.DeleteFunc(slices.Clone(siteParts), func(p part) bool { return !p.open(to) })
	}
	funcs["planparts"] = func() []part { return planParts }
	funcs["meanings"] = func() []meaning { return meanings }
	funcs["bar"] = bar
}

// meaning is how a meaning is counted in the list of plans, where each plan has labels of its own.
type meaning struct {
	Meaning           domain.Meaning
	Key, Shape, Words string
}

var meanings = []meaning{{domain.OffTrack, "off", "◆", "off track"}, {domain.AtRisk, "risk", "▲", "at risk"}, {domain.OnTrack, "on", "●", "on track"},
	{domain.CompleteClaimed, "done", "■", "complete"}, {domain.CompleteVerified, "done", "■", "complete and verified"}, {domain.NotStarted, "none", "○", "not started"},
	{domain.Suspended, "none", "▬", "suspended"}, {domain.Cancelled, "none", "✕", "cancelled"}, {domain.NoData, "none", "○", "no data"}}

// barWidth is that of a bar of ratings, in pixels.
const barWidth = 160

// bar draws how many items have which meaning. The words beside it say the same.
func bar(counts map[domain.Meaning]int) template.HTML {
	all := 0
	for _, n := range counts {
		all += n
	}
	if all == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="picture bar" width="%d" height="10" aria-hidden="true">`, barWidth)
	from := 0
	for _, m := range append(meanings[:len(meanings):len(meanings)], meaning{Key: "none"}) {
		if n := counts[m.Meaning]; n > 0 {
			fmt.Fprintf(&b, `<rect class="m-%s" x="%d" width="%d" height="10"/>`, barColours[m.Key], from*barWidth/all, (from+n)*barWidth/all-from*barWidth/all)
			from += n
		}
	}
	b.WriteString("</svg> ")
	return template.HTML(b.String()) // of numbers and names of ours
}

var barColours = map[string]string{"off": "red", "risk": "amber", "on": "green", "done": "blue", "none": "plain"}

// plansPage is the list of plans. Findings are those that nobody has answered, Owing those of them that miss an update.
type plansPage struct {
	Plans    []projections.PlanSummary
	Proof    proofState
	Month    string // its first day
	Now      time.Time
	Counted  bool
	Findings map[domain.PlanID]int
	Owing    map[domain.PlanID]int
}

// Verified says of a plan in few words how its record stands. One that was changed about as late as what is not signed yet counts
// as not signed, too.
func (page plansPage) Verified(p projections.PlanSummary) string {
	unsigned := page.Now.Add(-time.Duration(page.Proof.LagSeconds*float64(time.Second)) - time.Minute)
	switch state := page.Proof.State(); {
	case state == proofFailed:
		return "✕ verification failed"
	case state == proofUnknown:
		return "not known"
	case state == proofYoung, page.Proof.LagEvents > 0 && !p.Changed.Before(unsigned):
		return "not signed yet"
	}
	return "✓ as signed"
}

// owing is the rule that finds what nobody has said anything about for too long.
const owing = "R12"

// plansCounted bounds for how many plans the list says how many findings there are: the rules read a plan's whole story, which
// takes long where there are thousands of plans that nobody has looked at since the server was started.
const plansCounted = 100

func (page *plansPage) count(all []findings.Finding) {
	for _, f := range all {
		page.Findings[f.Plan]++
		if f.Rule == owing {
			page.Owing[f.Plan]++
		}
	}
}

func (v *visit) countFindings(page *plansPage) error {
	page.Findings, page.Owing = map[domain.PlanID]int{}, map[domain.PlanID]int{}
	if v.Actor.Only != "" { // the findings of all plans are not theirs to ask for
		for _, p := range page.Plans {
			var found projections.FindingsView
			if err := v.get(path("plans", string(p.Plan), "findings"), url.Values{"answered": {"no"}}, &found); err != nil {
				return err
			}
			page.count(found.Findings)
		}
		return nil
	}
	for after := ""; ; {
		var found projections.Page[findings.Finding]
		q, _ := url.ParseQuery(encode("answered", "no", "limit", "1000", "after", after)) // it was just encoded
		if err := v.get("/findings", q, &found); err != nil {
			return err
		}
		page.count(found.Entries)
		if after = found.Next; after == "" {
			return nil
		}
	}
}

func (v *visit) plans() error {
	page, err := v.plansPage()
	if err != nil {
		return err
	}
	return v.show("plans", "Plans", "plans", page)
}

func (v *visit) plansPage() (page plansPage, err error) {
	page = plansPage{Now: v.deps.Now(), Month: v.deps.Now().UTC().Format("2006-01") + "-01"}
	if err := v.get("/plans", page.question(), &page); err != nil {
		return page, err
	}
	if page.Proof, err = v.proof(nil); err != nil {
		return page, err
	}
	if page.Counted = len(page.Plans) > 0 && len(page.Plans) <= plansCounted; page.Counted {
		err = v.countFindings(&page)
	}
	return page, err
}

func (page plansPage) question() url.Values { return url.Values{"since": {page.Month}} }

// asked is what the address of a plan's page asks for.
type asked struct {
	ValidAt, RecordedAt, AsReported, Position string
	Rating, Owner, State, Words               string
}

func askedOf(q url.Values) asked {
	return asked{q.Get("valid_at"), q.Get("recorded_at"), q.Get("as_reported"), q.Get("position"), q.Get("rating"), q.Get("owner"), q.Get("state"), q.Get("words")}
}

// clocks is the part of the question that the API answers.
func (a asked) clocks() url.Values {
	q, _ := url.ParseQuery(encode("valid_at", a.ValidAt, "recorded_at", a.RecordedAt, "as_reported", a.AsReported, "position", a.Position)) // it was just encoded
	return q
}

// Since is the moment that is shown, as comparing takes it; "" for now.
func (p planPage) Since() string {
	a := p.Asked
	switch {
	case a.AsReported != "":
		return "meeting:" + a.AsReported
	case a.ValidAt != "" && a.RecordedAt+a.Position == "":
		return "valid:" + a.ValidAt
	case a.RecordedAt != "" && a.ValidAt == "":
		return "recorded:" + a.RecordedAt
	}
	return ""
}

// row is an item with its depth in the plan's levels.
type row struct {
	projections.ItemView
	Depth int
}

type planPage struct {
	Plan    projections.PlanView
	Items   []row
	Asked   asked
	Clock   string
	Ratings []domain.Value
	States  []string
	Picture picture
	Papers  []projections.PaperView // of the meeting that the plan is shown for, where they were not all for the public
}

func (v *visit) plan() error {
	at := path("plans", v.r.PathValue("plan"))
	if entry, err := strconv.ParseUint(v.r.URL.Query().Get("e"), 10, 64); err == nil { // a cell of the picture
		http.Redirect(v.w, v.r, at+"/entries/"+strconv.FormatUint(entry, 10), http.StatusSeeOther)
		return nil
	}
	page := planPage{Asked: askedOf(v.r.URL.Query())}
	if err := v.get(at, page.Asked.clocks(), &page.Plan); err != nil {
		return err
	}
	v.pin(page.Plan.Moment)
	strips, err := v.strips(page.Plan)
	if err != nil {
		return err
	}
	if page.Papers, err = v.papersApart(page.Plan); err != nil {
		return err
	}
	page.Picture = draw(strips, page.Asked.until(page.Plan.Moment, v.deps.Now()))
	page.Clock = clockWords(page.Plan, page.Asked)
	page.Items = choose(page.Plan, page.Asked)
	if len(page.Plan.Dimensions) > 0 {
		page.Ratings = page.Plan.Dimensions[0].Scheme.Values
	}
	for _, it := range page.Plan.Items {
		if !slices.Contains(page.States, string(it.State)) {
			page.States = append(page.States, string(it.State))
		}
	}
	return v.show("plan", words(page.Plan.Title), "plans", page)
}

// papersApart are the papers of the meeting for which a plan is shown as it was reported, if one of them was exempt from
// publication or only a part. The plan as it stood does not name the last of them yet: it was published afterwards.
func (v *visit) papersApart(p projections.PlanView) ([]projections.PaperView, error) {
	if p.AsReported == "" {
		return nil, nil
	}
	var now projections.PlanView
	if err := v.get(path("plans", string(p.Plan)), nil, &now); err != nil {
		return nil, err
	}
	for _, m := range now.Meetings {
		apart := func(p projections.PaperView) bool { return len(p.Exempt) > 0 || p.Classification == domain.Exempt }
		if m.Meeting == p.AsReported && slices.ContainsFunc(m.Papers, apart) {
			return m.Papers, nil
		}
	}
	return nil, nil
}

// clockWords says in plain words which state is shown.
func clockWords(p projections.PlanView, a asked) string {
	m, parts := p.Moment, []string{}
	switch {
	case m.AsReported != "":
		parts = append(parts, "As members received it for "+meetingNamed(p, m.AsReported))
	case a.RecordedAt != "" || a.Position != "":
		parts = append(parts, "As it was known here on "+moment(m.RecordedAt))
	}
	if !m.ValidAt.IsZero() {
		parts = append(parts, "As it was on "+m.ValidAt.Words())
	}
	if len(parts) == 0 {
		return "As it stands. The last change was recorded on " + moment(m.RecordedAt) + "."
	}
	return strings.Join(parts, ", ") + "."
}

// meetingNamed is a meeting as people call it.
func meetingNamed(p projections.PlanView, id domain.MeetingID) string {
	for _, m := range p.Meetings {
		if m.Meeting == id {
			return "the meeting of " + m.Body + " on " + day(m.On)
		}
	}
	return "the meeting " + string(id)
}

// choose keeps the items that the filters ask for, in the plan's order, children below their parents.
func choose(p projections.PlanView, a asked) (rows []row) {
	children := map[domain.ItemID][]projections.ItemView{}
	there := map[domain.ItemID]bool{}
	for _, it := range p.Items {
		there[it.Item] = true
	}
	for _, it := range p.Items {
		above := it.Parent
		if !there[above] {
			above = ""
		}
		children[above] = append(children[above], it)
	}
	var walk func(domain.ItemID, int)
	walk = func(above domain.ItemID, depth int) {
		for _, it := range children[above] {
			if a.keeps(it) {
				rows = append(rows, row{it, min(depth, 3)})
			}
			walk(it.Item, depth+1)
		}
	}
	walk("", 0)
	return rows
}

func (a asked) keeps(it projections.ItemView) bool {
	return projections.Choice{Rating: a.Rating, Owner: a.Owner, State: a.State, Words: a.Words}.Keeps(it)
}
