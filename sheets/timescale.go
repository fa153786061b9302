package sheets

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"plantrail/domain"
)

// A date column says more than dates: "by end of March 2027", "Q4 2026/27", "Spring 2027", "ongoing". What names one day or
// month is the due date. Of anything else no day is made: its words are kept, and where they end with a month of which there
// is no doubt that month is offered. "Q4 2026" is none of those: it may be of the calendar's year or of the council's.
var (
	untilWords = regexp.MustCompile(`^(?i:(?:by|due|no later than)\s+)?(?i:(?:the\s+)?end(?:\s+of)?\s+)?`)
	endOfYear  = regexp.MustCompile(`^(?i:(?:by\s+)?(?:the\s+)?end(?:\s+of)?)\s+(20\d\d)$`)
	ofCouncil  = regexp.MustCompile(`^(?i:(?:by|during|in)\s+)?(?i:(?:the\s+)?end(?:\s+of)?\s+)?(?i:(?:q|quarter )[1-4],?\s+(?:of\s+)?)?20\d\d ?[/–-] ?(?:20)?\d\d$`)
)

// aTimescale is words of time that are no figure: under "Target" they say that it is a column of dates.
var aTimescale = regexp.MustCompile(`^(?i:(?:by|in|during)\s+)?(?i:(?:the\s+)?end(?:\s+of)?\s+)?(?i:q[1-4]|quarter [1-4]|spring|summer|autumn|winter|on-?going)` +
	`(?:,?\s+(?:of\s+)?20\d\d(?: ?[/–-] ?(?:20)?\d\d)?)?$`)

// dateIn reads a text that is a date, with no more before it than that it is the last one.
func dateIn(text string) (domain.Date, bool) {
	d, err := domain.ParseDate(text)
	if rest := text[len(untilWords.FindString(text)):]; err != nil && rest != text {
		d, err = domain.ParseDate(rest)
	}
	return d, err == nil && d.Known()
}

// lastMonth is the month with which a period ends.
func lastMonth(text string) (domain.Date, bool) {
	if m := endOfYear.FindStringSubmatch(text); m != nil {
		d, err := domain.ParseDate(m[1] + "-12")
		return d, err == nil
	}
	if !ofCouncil.MatchString(text) {
		return domain.Date{}, false
	}
	in := periodOf(text)
	return in.on, in.on.Known()
}

// dueBy reads a row's cell of a column of due dates: a date; or words, which are kept with the column's name, and the month
// with which the period ends that they name, if they do.
func (rr *rowReader) dueBy(c cell, name string, out *Row) (due, ends domain.Date) {
	text := squash(c.text)
	if text == "" {
		return due, ends
	}
	if d, ok := dateIn(text); ok {
		return d, ends
	}
	_, noNumber := strconv.ParseFloat(text, 64) // a number is a date that lost its format, and no words
	if noNumber == nil && !aYear.MatchString(text) || !strings.ContainsFunc(text, isWordRune) || len(name)+len(text) > MaxCell-2 {
		return rr.p.due(c, name), ends
	}
	out.Timescale = append(out.Timescale, timescaleOf(name)+text)
	rr.p.problem(c.place(), "give it as 31/03/2020 or March 2020, or set it by hand later", "%s in the column %s is not a date: its words are kept as progress", quoted(text), quoted(name))
	ends, _ = lastMonth(text)
	return due, ends
}

func isWordRune(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7f && !strings.ContainsRune("–—…•", r)
}

// timescaleOf is what stands before a timescale where it is kept.
func timescaleOf(column string) string { return column + ": " }

// isTimescale reports whether a progress report is what a column of due dates said.
func (p *Proposal) isTimescale(report string) bool {
	return slices.ContainsFunc(p.Columns, func(c Column) bool {
		return (c.Field == FieldDue || c.Field == FieldDueNow) && strings.HasPrefix(report, timescaleOf(c.Name))
	})
}

// newTimescales are those of a row that are not what its column said last.
func (p *Proposal) newTimescales(r *Row, was *KnownItem) (fresh []string) {
	for _, words := range r.Timescale {
		column, _, _ := strings.Cut(words, ": ")
		last := ""
		for _, had := range was.Said {
			if strings.HasPrefix(had, timescaleOf(column)) {
				last = had
			}
		}
		if squash(last) != squash(words) {
			fresh = append(fresh, words)
		}
	}
	return fresh
}
