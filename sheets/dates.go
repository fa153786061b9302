package sheets

import (
	"regexp"

	"plantrail/domain"
)

const months = `(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?`

// dueWords recognises a target date within prose: a word that says it is one, then a date with its year.
var dueWords = regexp.MustCompile(`(?i)\b(target(?:\s+date)?|due(?:\s+date)?|deadline|completion(?:\s+date)?|to\s+be\s+completed?|complete)` +
	`(?:\s+(?:is|of|for|by|in|on|at|the|end|now|has|been|revised|to|from))*\s*[:–-]?\s*` +
	`(\d{1,2}(?:st|nd|rd|th)?\s+` + months + `,?\s+\d{4}|` + months + `,?\s+\d{4}|\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2})\b`)

// offerDue offers the target date that a reason mentions, where no column gives one.
func (p *Proposal) offerDue(r *Row) {
	if !r.Due.IsZero() || r.Reason == "" {
		return
	}
	var date domain.Date
	var words, said string
	for _, m := range dueWords.FindAllStringSubmatch(squash(r.Reason), -1) {
		d, err := domain.ParseDate(m[2])
		switch {
		case err != nil:
			p.problem(r.reasonPlace(), "look up the date and set it by hand", "%s in the reason is no date that exists", quoted(m[2]))
			return
		case !date.IsZero() && d != date:
			p.problem(r.reasonPlace(), "set the right one by hand", "the reason mentions two target dates, %s and %s: none is offered", quoted(words), quoted(m[2]))
			return
		}
		date, words, said = d, m[2], m[0]
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
	return "As printed in the column " + quoted(c.Name) + " of the paper."
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
