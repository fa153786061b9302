package pages

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"plantrail/projections"
	"plantrail/web/visits"
)

// accessPage is who looked at what, and what can be chosen.
type accessPage struct {
	Asked   url.Values
	Entries []seenEntry
	Next    string
	Days    int `json:"kept_days"`
	Persons []projections.PersonView
	Plans   []projections.PlanSummary
}

// Unlisted is a person who is asked for and not registered.
func (p accessPage) Unlisted() string {
	id := p.Asked.Get("actor")
	if slices.ContainsFunc(p.Persons, func(one projections.PersonView) bool { return string(one.Person) == id }) {
		return ""
	}
	return id
}

// seenEntry is a visit with the name that its actor has today.
type seenEntry struct {
	visits.Visit
	Name string
}

// What is that of which it was, a question in words.
func (e seenEntry) What() string {
	if question, is := strings.CutPrefix(e.Of, "/"); is {
		return cmp.Or(questions[question], spaced(question))
	}
	return e.Of
}

var questions = map[string]string{"compare": "two moments compared", "strips": "the picture", "timeline": "the timeline", "findings": "the findings", "evidence": "the list of evidence"}

// access shows who looked at what.
func (v *visit) access() error {
	var page accessPage
	q := v.r.URL.Query()
	page.Asked, _ = url.ParseQuery(encode("plan", q.Get("plan"), "actor", q.Get("actor"), "from", q.Get("from"), "to", q.Get("to"), "after", q.Get("after"))) // it was just encoded
	for _, at := range []string{"/persons", "/plans"} {
		if err := v.get(at, nil, &page); err != nil {
			return err
		}
	}
	if err := v.get("/access", page.Asked, &page); err != nil {
		return err
	}
	return v.show("access", "Who looked at what", "access", page)
}
