package sheets

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"plantrail/domain"
)

// figure is a cell that holds one figure: "85%", "17 days", "≥ 90%", "£3.2m (2024/25)".
type figure struct {
	amount domain.Amount
	unit   string        // as printed beside it: "%", "days", "£m"
	better domain.Better // "at least 90%" says which way is better; "" where nothing does
	noted  bool          // something else stands in brackets behind it
}

var (
	figureNote = regexp.MustCompile(`^(.*\S)\s*\([^()]*\)$`)
	figureUnit = regexp.MustCompile(`^(.*[0-9])(?:\s*(k|m|bn)|\s+([a-z][a-z /-]{0,40}))$`)
	figureSign = regexp.MustCompile(`^(?:(>=?|≥|at least|minimum(?: of)?|min\.?|over|above|more than)|(<=?|≤|at most|maximum(?: of)?|max\.?|up to|under|below|less than|fewer than|no more than))\s*([~£0-9].*)$`)
	figureTail = regexp.MustCompile(`^(.*\S)\s*(?:(\+|or (?:more|above|higher|over|better))|(or (?:less|fewer|below|lower|under)))$`)
)

// parseFigure reads a cell as one figure. A cell with more than a figure, its unit and its sign is none: nothing is picked
// out of prose.
func parseFigure(text string) (f figure, ok bool) {
	text = strings.ToLower(strings.Trim(squash(text), " .*'"))
	if m := figureNote.FindStringSubmatch(text); m != nil {
		text, f.noted = m[1], true
	}
	if m := figureSign.FindStringSubmatch(text); m != nil {
		text, f.better = m[3], wayOf(m[1])
	}
	if m := figureTail.FindStringSubmatch(text); m != nil {
		if f.better != "" {
			return figure{}, false // signs at both its ends
		}
		text, f.better = m[1], wayOf(m[2])
	}
	if strings.Contains(text, "£") {
		f.unit = "£"
	}
	if strings.Contains(text, "%") {
		f.unit += "%"
	}
	a, err := domain.ParseAmount(text)
	if m := figureUnit.FindStringSubmatch(text); err != nil && m != nil && !namesMonth(m[3]) {
		a, err = domain.ParseAmount(m[1])
		f.unit += m[2] + m[3]
	}
	f.amount = a
	return f, err == nil && len(f.unit) <= 64
}

// wayOf is the way that a sign for higher figures says; without one it is the other.
func wayOf(higher string) domain.Better {
	if higher != "" {
		return domain.Higher
	}
	return domain.Lower
}

func namesMonth(words string) bool {
	return slices.ContainsFunc(strings.Fields(words), func(w string) bool { return isMonth(strings.Trim(w, ".")) })
}

// aYear is a figure that may be a year as well.
var aYear = regexp.MustCompile(`^(?:19|20|21)\d\d$`)

// reads says what a cell under "Target" may be: a date, a figure, or either.
func reads(text string) (date, figured bool) {
	text = squash(text)
	_, date = dateIn(text)
	_, figured = parseFigure(text)
	return date || aYear.MatchString(text) || aTimescale.MatchString(text), figured
}

// noFigure are the words by which a cell says that there is no figure yet.
func noFigure(text string) bool {
	switch strings.ToLower(strings.Trim(squash(text), " .")) {
	case "", "-", "–", "—", "n/a", "na", "tbc", "tba", "tbd", "none", "no data", "not available", "not yet available", "not applicable":
		return true
	}
	return false
}

// sameFigure compares figures by what they say, not by how they are written.
func sameFigure(a, b domain.Amount) bool {
	lowA, highA := a.Range()
	lowB, highB := b.Range()
	return a == b || lowA == lowB && highA == highB && a.About() == b.About()
}

// period is the period that the name of a column gives: "Q1 2025/26", "2024/25 outturn", "March 2026 actual".
type period struct {
	some bool        // it names one
	on   domain.Date // its last month; zero where the name does not say of which year it is
}

var (
	quarterIn = regexp.MustCompile(`\b(?:q|quarter )([1-4])\b`)
	yearIn    = regexp.MustCompile(`\b(20\d\d) ?[/–-] ?(20)?(\d\d)\b`)
	monthIn   = regexp.MustCompile(`\b(` + strings.TrimSuffix(months, `\.?`) + `)[ '’-]*((?:20)?\d\d)?\b`)
)

// periodOf reads the period in a column's name. A year is a council's year, April to March, where it is written as two.
func periodOf(name string) period {
	name = strings.ToLower(squash(name))
	year := 0 // in which the council's year begins
	if m := yearIn.FindStringSubmatch(name); m != nil {
		from, _ := strconv.Atoi(m[1])
		if to, _ := strconv.Atoi(m[3]); (from+1)%100 == to {
			year = from
		}
	}
	switch q, m := quarterIn.FindStringSubmatch(name), monthIn.FindStringSubmatch(name); {
	case q != nil && year > 0:
		last := domain.DayOf(domain.Month(year, 3).Start().AddDate(0, 3*int(q[1][0]-'0'), 0)).Start()
		return period{true, domain.Month(last.Year(), last.Month())}
	case q != nil:
		return period{some: true}
	case m != nil && m[2] != "":
		on, _ := domain.ParseDate(m[1] + " " + m[2])
		return period{true, on}
	case m != nil:
		return period{some: true}
	case year > 0:
		return period{true, domain.Month(year+1, 3)}
	}
	return period{}
}
