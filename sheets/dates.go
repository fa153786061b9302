package sheets

import (
	"regexp"
	"strings"

	"plantrail/domain"
)

const months = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?`

// A target date within prose is a word that says it is one, then a date with its year. The two are looked for apart:
// one expression over a whole cell takes half a minute for a file of nothing but such words.
var (
	dueCue   = regexp.MustCompile(`(?i)\b(?:target|due|deadline|complet)`)
	dueWords = regexp.MustCompile(`^(?i:target(?:\s+date)?|due(?:\s+date)?|deadline|completion(?:\s+date)?|completed?)` +
		`(?i:\s+(?:is|of|for|by|in|on|at|the|end|now|has|been|revised|to|from))*\s*[:–-]?\s*` +
		`(?i:(\d{1,2}(?:st|nd|rd|th)?\s+` + months + `,?\s+\d{4}|` + months + `,?\s+\d{4}|\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}))(?:\W|$)`)
)

// The bounds of that search: how many cues of a cell are looked at, and how far a date may stand behind one.
const (
	maxCues  = 50
	cueReach = 90
)

// dueMentions finds the target dates that a reason mentions: the words, and the date's own words.
func dueMentions(reason string) (found [][2]string) {
	text := squash(reason)
	for _, at := range dueCue.FindAllStringIndex(text, maxCues) {
		near := text[at[0]:min(len(text), at[0]+cueReach)]
		if m := dueWords.FindStringSubmatch(near); m != nil {
			found = append(found, [2]string{near[:strings.Index(near, m[1])+len(m[1])], m[1]})
		}
	}
	return found
}

// offerDue offers the target date that a reason mentions, where no column gives one.
func (p *Proposal) offerDue(r *Row) {
	if !r.Due.IsZero() || r.Reason == "" || r.ends {
		return
	}
	var date domain.Date
	var words, said string
	for _, m := range dueMentions(r.Reason) {
		d, err := domain.ParseDate(m[1])
		switch {
		case err != nil:
			p.problem(r.reasonPlace(), "look up the date and set it by hand", "%s in the reason is no date that exists", quoted(m[1]))
			return
		case !date.IsZero() && d != date:
			p.problem(r.reasonPlace(), "set the right one by hand", "the reason mentions two target dates, %s and %s: none is offered", quoted(words), quoted(m[1]))
			return
		}
		date, words, said = d, m[1], m[0]
	}
	if date.IsZero() {
		return
	}
	p.Offers = append(p.Offers, Offer{ID: offerID("due", r.N), Row: r.N, Place: r.reasonPlace(), Date: date,
		What: "target date " + date.Words(), Why: "the reason says " + quoted(said) + ", and no column gives the row a date"})
}

// offerMove offers the move of a due date that two columns show: the paper gives no reason of its own for it.
func (p *Proposal) offerMove(r *Row, now domain.Date, at cell, c Column) {
	p.Offers = append(p.Offers, Offer{ID: offerID("moved", r.N), Row: r.N, Place: at.place(), Date: now,
		What: "due date moved from " + r.Due.Words() + " to " + now.Words(),
		Why:  "the column " + quoted(c.Name) + " says so; as the reason would be recorded: " + moveReason(c)})
}

func moveReason(c Column) string {
	return "No reason is given; the column " + quoted(c.Name) + " of the paper shows the date."
}

// due reads a cell of a date column.
func (p *Proposal) due(c cell, name string) domain.Date {
	text := squash(c.text)
	if text == "" {
		return domain.Date{}
	}
	d, err := domain.ParseDate(text)
	if err != nil || !d.Known() {
		p.problem(c.place(), "give it as 31/03/2020 or March 2020, or set it by hand later", "%s in the column %s is not a date: it is left out", quoted(text), quoted(name))
		return domain.Date{}
	}
	return d
}
