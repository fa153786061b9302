package pages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"plantrail/domain"
	"plantrail/projections"
)

func (v *visit) item() error {
	var h projections.ItemHistory
	at := path("plans", v.r.PathValue("plan"), "items", v.r.PathValue("item"))
	if err := v.get(at, askedOf(v.r.URL.Query()).clocks(), &h); err != nil {
		return err
	}
	v.pin(h.PlanMoment)
	return v.show("item", words(h.Item.Title), "plans", h)
}

// entryKinds are the kinds of entry of a plan by which a timeline can be cut.
func entryKinds() (all []string) {
	for _, e := range domain.Events() {
		all = append(all, e.Type())
	}
	slices.Sort(all)
	return all
}

func (v *visit) timeline() error {
	var page projections.Page[projections.Entry]
	q := v.r.URL.Query()
	ask, _ := url.ParseQuery(encode("item", q.Get("item"), "actor", q.Get("actor"), "type", q.Get("type"), "from", q.Get("from"), "to", q.Get("to"),
		"after", q.Get("after"), "newest", "true", "limit", "50")) // it was just encoded
	if err := v.get(path("plans", v.r.PathValue("plan"), "timeline"), ask, &page); err != nil {
		return err
	}
	return v.show("timeline", "Timeline of "+v.r.PathValue("plan"), "plans", map[string]any{"Entries": page.Entries, "Next": page.Next, "Asked": ask, "Kinds": entryKinds()})
}

// comparePage is how a plan differs between two moments, and the moments that can be named.
type comparePage struct {
	From, To string
	Plan     projections.PlanView
	projections.Comparison
}

// Kind and Day are the two parts of a moment as the form has them: valid:2020-02-03 is "valid" and the day.
func (p comparePage) Kind(moment string) string {
	if kind, _, _ := strings.Cut(momentArg(moment), ":"); kind == "valid" || kind == "recorded" {
		return kind
	}
	return moment
}

// Day is the day of a moment that is one.
func (p comparePage) Day(moment string) string {
	if kind := p.Kind(moment); kind != moment {
		return strings.TrimPrefix(momentArg(moment), kind+":")
	}
	return ""
}

// Other says whether a moment is one that the form has no choice for: a position, say, in an address that somebody kept.
func (p comparePage) Other(moment string) bool {
	kind := p.Kind(moment)
	return moment != "" && kind == moment && !slices.ContainsFunc(p.Plan.Meetings, func(m projections.MeetingView) bool { return len(m.Papers) > 0 && kind == "meeting:"+string(m.Meeting) })
}

// Words are what differs, in words.
func (comparePage) Words(what domain.What) string {
	if words, ok := differing[what]; ok {
		return words
	}
	return spaced(what)
}

var differing = map[domain.What]string{domain.Rerated: "rated otherwise", domain.Redated: "another due date", domain.Reowned: "another owner", domain.Reworded: "other words"}

// Coded is one side of a difference as the plan's pages write it: a rating by its label, a date in words.
func (p comparePage) Coded(d projections.DifferenceView, value string) string {
	switch d.What {
	case domain.Rerated:
		for _, dim := range p.Plan.Dimensions {
			for _, v := range dim.Scheme.Values {
				if dim.Key == d.Dimension && v.Key == value {
					return v.Label
				}
			}
		}
	case domain.Redated:
		if date, err := domain.ParseDate(value); err == nil {
			return date.Words()
		}
	}
	return spaced(value)
}

// moments makes one address of what the form sends, which names a kind of moment and a day apart.
func moments(q url.Values) string {
	var pairs []string
	for _, name := range []string{"from", "to"} {
		moment := q.Get(name)
		if day := q.Get(name + "_day"); moment == "valid" || moment == "recorded" {
			moment = strings.TrimSuffix(moment+":"+day, moment+":")
		} else if moment == "" && day != "" {
			moment = "valid:" + day
		}
		pairs = append(pairs, name, moment)
	}
	return encode(pairs...)
}

func (v *visit) compare() error {
	if q := v.r.URL.Query(); q.Has("from_day") {
		http.Redirect(v.w, v.r, v.r.URL.EscapedPath()+"?"+moments(q), http.StatusSeeOther)
		return nil
	}
	page := comparePage{From: v.r.URL.Query().Get("from"), To: v.r.URL.Query().Get("to")}
	at := path("plans", v.r.PathValue("plan"))
	if err := v.get(at, nil, &page.Plan); err != nil {
		return err
	}
	if page.From != "" {
		q := url.Values{"from": {momentArg(page.From)}}
		if page.To != "" {
			q.Set("to", momentArg(page.To))
		}
		if err := v.get(at+"/compare", q, &page.Comparison); err != nil {
			return err
		}
	}
	to := page.To
	if to == "" || to == "now" {
		to = "position:" + positionOf(page.Plan.Position)
	}
	if page.From != "" && !strings.HasPrefix(page.From, "valid:") && !strings.HasPrefix(to, "valid:") { // what was valid, later entries tell otherwise
		v.stable = setQuery(v.r.URL.RequestURI(), "to", to)
	}
	return v.show("compare", "What changed in "+words(page.Plan.Title), "plans", page)
}

// momentArg lets a plain day stand for what was known at its end.
func momentArg(s string) string {
	if len(s) == len("2020-02-03") && s[4] == '-' {
		return "recorded:" + s
	}
	return s
}

func (v *visit) search() error {
	q := v.r.URL.Query()
	var found projections.Page[projections.Hit]
	if q.Get("q") != "" {
		ask, _ := url.ParseQuery(encode("q", q.Get("q"), "plan", q.Get("plan"), "item", q.Get("item"), "actor", q.Get("actor"), "type", q.Get("type"), "from", q.Get("from"), "to", q.Get("to"), "after", q.Get("after"), "limit", "50")) // it was just encoded
		if err := v.get("/search", ask, &found); err != nil {
			return err
		}
	}
	return v.show("search", "Search", "search", map[string]any{"Words": q.Get("q"), "Asked": q, "Kinds": entryKinds(), "Found": found})
}
