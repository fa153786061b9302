package pages

import (
	"net/url"
	"slices"
	"strings"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
)

// meetingRow is a meeting with what was to be answered by it and what it resolved.
type meetingRow struct {
	projections.MeetingView
	Due      []projections.RequestView    // wanted by this meeting
	Asked    []projections.RequestView    // by the body at this meeting
	Resolved []projections.ResolutionView // by the body at this meeting
}

// Open is how many of the requests due at the meeting wait for an answer.
func (m meetingRow) Open() (n int) {
	for _, r := range m.Due {
		if r.Answer == nil && r.Withdrawn == nil {
			n++
		}
	}
	return n
}

type meetingsPage struct {
	Plan     projections.PlanView
	Meetings []meetingRow                 // newest first
	Loose    []projections.RequestView    // requests that no meeting is named for
	Resolved []projections.ResolutionView // resolutions of meetings that nobody opened here
}

// Named is an item as it is printed: by its reference and words.
func (p meetingsPage) Named(id domain.ItemID) string {
	for _, it := range p.Plan.Items {
		if it.Item == id {
			return strings.TrimSpace(it.Ref + " " + brief(words(it.Title)))
		}
	}
	return string(id)
}

func (v *visit) meetings() error {
	var page meetingsPage
	if err := v.get(path("plans", v.r.PathValue("plan")), askedOf(v.r.URL.Query()).clocks(), &page.Plan); err != nil {
		return err
	}
	v.pin(page.Plan.Moment)
	page.arrange()
	return v.show("meetings", "Meetings about "+words(page.Plan.Title), "plans", page)
}

// arrange puts each request and resolution under the meetings to which it belongs. What a paper printed before meetings
// were kept here names none, and is listed by itself: nothing is left out.
func (p *meetingsPage) arrange() {
	requests, resolved := map[int]bool{}, map[int]bool{}
	for _, m := range p.Plan.Meetings {
		row := meetingRow{MeetingView: m}
		for i, r := range p.Plan.Requests {
			if r.Meeting == m.Meeting {
				row.Due, requests[i] = append(row.Due, r), true
			} else if r.Meeting == "" && r.Due.Known() && r.Due == m.On {
				row.Due, requests[i] = append(row.Due, r), true
			} else if r.Said.Stated == m.On {
				row.Asked, requests[i] = append(row.Asked, r), true
			}
		}
		for i, r := range p.Plan.Resolutions {
			if at := r.Authority; at != nil && at.Meeting == m.On && at.Body == m.Body {
				row.Resolved, resolved[i] = append(row.Resolved, r), true
			}
		}
		p.Meetings = append(p.Meetings, row)
	}
	slices.SortStableFunc(p.Meetings, func(a, b meetingRow) int { return b.On.Start().Compare(a.On.Start()) })
	for i, r := range p.Plan.Requests {
		if !requests[i] {
			p.Loose = append(p.Loose, r)
		}
	}
	for i, r := range p.Plan.Resolutions {
		if !resolved[i] {
			p.Resolved = append(p.Resolved, r)
		}
	}
}

// findingsPage is what the rules find, in one plan or in all.
type findingsPage struct {
	Findings []findings.Finding
	Judged   domain.Date
	Asked    url.Values
	Next     string
	Rules    []findings.Rule
	Counts   map[findings.Severity]int
}

// Severities are those that a page can ask for.
func (findingsPage) Severities() []findings.Severity {
	return []findings.Severity{findings.High, findings.Medium, findings.Low}
}

// findingsAsked is the part of the address that the API answers; what is left empty in a form is not asked for.
func findingsAsked(q url.Values, more ...string) url.Values {
	pairs := []string{}
	for _, name := range append([]string{"rule", "severity", "item", "answered"}, more...) {
		pairs = append(pairs, name, q.Get(name))
	}
	asked, _ := url.ParseQuery(encode(pairs...)) // it was just encoded
	return asked
}

func (v *visit) findings() error {
	page := findingsPage{Asked: findingsAsked(v.r.URL.Query(), "valid_at", "recorded_at", "as_reported", "position")}
	var found projections.FindingsView
	if err := v.get(path("plans", v.r.PathValue("plan"), "findings"), page.Asked, &found); err != nil {
		return err
	}
	page.Findings, page.Judged = found.Findings, found.Judged
	if v.pin(found.Moment); page.Asked.Get("valid_at") == "" { // the rules look at it as on that day
		v.stable = setQuery(v.stable, "valid_at", found.Judged.String())
	}
	return v.showFindings(page, "Findings in "+v.r.PathValue("plan"), "plans")
}

func (v *visit) allFindings() error {
	page := findingsPage{Asked: findingsAsked(v.r.URL.Query(), "after")}
	var found projections.Page[findings.Finding]
	if err := v.get("/findings", page.Asked, &found); err != nil {
		return err
	}
	page.Findings, page.Next, page.Judged = found.Entries, found.Next, domain.DayOf(v.deps.Now())
	return v.showFindings(page, "Findings in all plans", "findings")
}

func (v *visit) showFindings(page findingsPage, title, here string) error {
	var rules struct{ Rules []findings.Rule }
	if err := v.get("/findings/rules", nil, &rules); err != nil {
		return err
	}
	page.Rules, page.Counts = rules.Rules, map[findings.Severity]int{}
	for _, f := range page.Findings {
		page.Counts[f.Severity]++
	}
	return v.show("findings", title, here, page)
}

// policy shows by which figures a plan's changes and findings are judged, and the key of its ratings.
func (v *visit) policy() error {
	var plan projections.PlanView
	if err := v.get(path("plans", v.r.PathValue("plan")), askedOf(v.r.URL.Query()).clocks(), &plan); err != nil {
		return err
	}
	v.pin(plan.Moment)
	return v.show("policy", "Policy and key of "+words(plan.Title), "plans", map[string]any{"Plan": plan, "Figures": figures(plan.Policy)})
}

// figure is a figure of a policy in plain words.
type figure struct {
	Name, Rule, Words string
	Value             any
}

func figures(p domain.Policy) []figure {
	return []figure{
		{"extensions", "R05", "due dates moved later so often are serial extension", p.Extensions},
		{"extension_days", "R05", "so are this many days in all", p.ExtensionDays},
		{"approval_days", "R06", "days within which an approval must follow a move", p.ApprovalDays},
		{"unjustified_days", "R08", "days that a change may stay without a reason", p.UnjustifiedDays},
		{"stale_amber_days", "R11", "days after which something at risk is stale", p.StaleAmberDays},
		{"stale_red_days", "R11", "days after which something off track is stale", p.StaleRedDays},
		{"cycle_days", "R12, R13, R31", "days of a reporting cycle", p.CycleDays},
		{"similarity", "R13", "likeness (0 to 1) from which two reasons are the same", p.Similarity},
		{"reassign_days", "R14", "working days in which to name another owner", p.ReassignDays},
		{"sign_off_days", "R15", "days that a claim may wait for sign-off", p.SignOffDays},
		{"flap_changes", "R17", "changes of rating that are too many", p.FlapChanges},
		{"flap_days", "R17", "within so many days", p.FlapDays},
		{"return_days", "R17", "days within which a rating goes there and back", p.ReturnDays},
		{"goalpost_days", "R19", "days before it turned good in which a target was moved", p.GoalpostDays},
		{"owner_names", "R20", "names of owners above which nobody is the owner", p.OwnerNames},
		{"overdue_days", "R23", "days overdue before complete without having been at risk", p.OverdueDays},
		{"backdated_days", "R25", "days between what happened and its recording", p.BackdatedDays},
		{"short_words", "R26", "characters below which a reason says nothing", p.ShortWords},
		{"eve_days", "R29", "days before the paper deadline that count as its eve", p.EveDays},
		{"eve_share", "R29", "share (0 to 1) of improvements recorded on the eve", p.EveShare},
		{"owner_items", "", "open items above which one owner has much", p.OwnerItems},
	}
}
