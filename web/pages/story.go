package pages

import (
	"net/url"

	"plantrail/projections"
)

func (v *visit) item() error {
	var h projections.ItemHistory
	at := path("plans", v.r.PathValue("plan"), "items", v.r.PathValue("item"))
	if err := v.get(at, askedOf(v.r.URL.Query()).clocks(), &h); err != nil {
		return err
	}
	return v.show("item", words(h.Item.Title), "plans", h)
}

func (v *visit) timeline() error {
	var page projections.Page[projections.Entry]
	q := v.r.URL.Query()
	ask, _ := url.ParseQuery(encode("item", q.Get("item"), "actor", q.Get("actor"), "type", q.Get("type"), "from", q.Get("from"), "to", q.Get("to"),
		"after", q.Get("after"), "newest", "true", "limit", "50")) // it was just encoded
	if err := v.get(path("plans", v.r.PathValue("plan"), "timeline"), ask, &page); err != nil {
		return err
	}
	return v.show("timeline", "Timeline", "plans", map[string]any{"Entries": page.Entries, "Next": page.Next, "Asked": ask})
}

// comparePage is how a plan differs between two moments, and the moments that can be named.
type comparePage struct {
	From, To string
	Plan     projections.PlanView
	projections.Comparison
}

func (v *visit) compare() error {
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
	return v.show("compare", "Compare", "plans", page)
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
		ask, _ := url.ParseQuery(encode("q", q.Get("q"), "plan", q.Get("plan"), "after", q.Get("after"), "limit", "50")) // it was just encoded
		if err := v.get("/search", ask, &found); err != nil {
			return err
		}
	}
	return v.show("search", "Search", "search", map[string]any{"Words": q.Get("q"), "In": q.Get("plan"), "Found": found})
}
