package sheets

import (
	"regexp"
	"strings"
)

// What members ask for, and what officers promise to report, stands inside the reasons that minutes print. Neither is said
// to be a request in so many words, so each is offered.
var (
	asked = regexp.MustCompile(`(?i)\b((?:the )?(?:chair(?:man|woman|person)?|vice[- ]chair(?:man|woman|person)?|members|councillors|committee|sub-committee|board|panel))\s+` +
		`(?:(?:also|then|has|had|have)\s+)?(?:asked|requested|noted the need|sought|called for|wished|wanted)\b`)
	promised = regexp.MustCompile(`(?i)\b(?:report|update|updates|provided|presented|brought|come|return|circulated)\b.*\bnext\s+(?:[\w-]+\s+){0,2}meeting\b`)
	clauses  = regexp.MustCompile(`[;\n]+\s*|\.\s+`)
)

// maxAsked bounds the offers that one row makes.
const maxAsked = 5

// offerRequests offers the requests and promises in a row's words.
func (p *Proposal) offerRequests(r *Row, text, at string) {
	lower := strings.ToLower(text)
	next, found := strings.Contains(lower, "next"), 0
	for _, clause := range clauses.Split(text, 200) {
		clause = strings.TrimFunc(clause, unseen)
		if len(clause) > 2000 || found >= maxAsked {
			continue
		}
		o := Offer{Row: r.N, Place: at}
		if m := asked.FindStringSubmatchIndex(clause); m != nil {
			o.ID, o.Words, o.AskedBy = offerID("request", r.N), clause[m[0]:], clause[m[2]:m[3]]
			o.What = "a request of members: " + quoted(o.Words)
			o.Why = "the words of the row say what " + quoted(o.AskedBy) + " asked; the meeting at which the answer is due is not said"
		} else if next && promised.MatchString(clause) {
			o.ID, o.Words = offerID("report", r.N), clause
			o.What = "a promise to report: " + quoted(clause)
			o.Why = "the words of the row promise it for a next meeting, whose date is not said"
		} else {
			continue
		}
		found++
		for p.offered(o.ID) {
			o.ID += "+" // a second one of the same row
		}
		p.Offers = append(p.Offers, o)
	}
}

// offered reports whether the offer is among the last row's.
func (p *Proposal) offered(id string) bool {
	for i := len(p.Offers) - 1; i >= 0 && i >= len(p.Offers)-2*maxAsked; i-- {
		if p.Offers[i].ID == id {
			return true
		}
	}
	return false
}
