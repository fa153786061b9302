package sheets

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"plantrail/domain"
)

// otherwise reads text in which no header was found: a table that never had one, minutes, a table flattened to one line.
// What is none of them is refused, by what it is if that is known.
func otherwise(text string, g grid, v vocabulary, refused error) (table, error) {
	lines := strings.Split(text, "\n")
	if g.format == "text-bars" || g.format == "csv" {
		g.bare = true
		if t, err := tabulate(g, v); err == nil {
			return t, nil
		}
	}
	for _, read := range []func([]string, vocabulary) (grid, bool){readMinutes, readFlat} {
		if len(lines) > maxLines {
			break
		}
		if g, ok := read(lines, v); ok {
			if t, err := tabulate(g, v); err == nil {
				return t, nil
			}
		}
	}
	if why := v.noPlan(lines); why != nil {
		return table{}, why
	}
	return table{}, refused
}

// takeBare reads a table without a header in which the cells of exactly one column are ratings, each said in full.
func (t *table) takeBare(g grid, v vocabulary) error {
	for _, r := range g.rows {
		switch r.kind {
		case isProse:
			t.unread = append(t.unread, r.cells...)
		case isCells:
			t.rows = append(t.rows, r)
		}
	}
	rating := -1
	for i := 0; len(t.rows) > 0 && i < len(t.rows[0].cells); i++ {
		if v.allRated(t.rows, i) {
			if rating >= 0 {
				return noHeader(g)
			}
			rating = i
		}
	}
	if rating < 0 || slices.ContainsFunc(t.rows, func(r row) bool { return len(r.cells) != len(t.rows[0].cells) }) {
		return noHeader(g)
	}
	title := -1
	for i := range t.rows[0].cells {
		c := Column{Place: t.rows[0].cells[i].place()}
		switch {
		case i == rating:
			c.Field, c.Why = FieldRating, "it has no name, and all its cells are ratings"
		case title < 0 && !t.refs(i):
			title = i
			c.Field, c.Why = FieldTitle, "it has no name, and is the first with words"
		case title >= 0:
			c.Field, c.Why = FieldProgress, "it has no name: its words are kept as progress"
			for _, r := range t.rows {
				if !r.cells[i].blank() {
					t.problem(r.cells[i].place(), "record it for what it is by hand", "what "+quoted(r.cells[i].text)+" means is not said: it is kept as progress")
				}
			}
		}
		t.columns = append(t.columns, c)
	}
	if title < 0 {
		return noHeader(g)
	}
	t.problem(t.rows[0].place(), "look whether the rows are read as they should be", "the table has no header: it is read by what stands in its cells")
	return nil
}

// allRated reports whether all cells of a column are ratings by their word.
func (v vocabulary) allRated(rows []row, at int) bool {
	for _, r := range rows {
		if at >= len(r.cells) {
			return false
		}
		if key, why := v.rating(r.cells[at].text); key == "" || why == byInitial {
			return false
		}
	}
	return true
}

var (
	counts     = regexp.MustCompile(`(?i)\b(\d+)\s*(?:\((\d+(?:\.\d+)?)%\)|actions?\b|items?\b)`)
	glossary   = regexp.MustCompile(`(?i)^\s*\|?\s*(?:term|word|rating|status)\s*[|/,;\t]\s*(?:definition|meaning)\b`)
	frontSheet = []string{"title", "exempt", "purpose", "report author", "ward(s)", "wards", "report of", "cabinet member", "corporate priority", "recommendations", "contact officer", "key decision"}
)

// noPlan says what a paper is that holds no actions, if it is one of the papers that stand around a plan.
func (v vocabulary) noPlan(lines []string) error {
	refuse := func(line int, hint, format string, args ...any) error {
		return domain.Errorf(domain.Invalid, place(line), format, args...).WithHint(hint)
	}
	rated, labels, resolution, first := 0, []int{}, 0, 0
	for i, l := range lines[:min(len(lines), searched)] {
		text := strings.ToLower(strings.Trim(squash(l), " |:"))
		if text != "" && first == 0 {
			first = i + 1
		}
		switch {
		case len(text) > 2000:
		case glossary.MatchString(l):
			return refuse(i+1, "import the table of actions itself", "this is a glossary of words and what they mean, not a table of actions")
		case counts.MatchString(text) && len(v.mentioned(text)) == 1:
			rated++
		case slices.Contains(frontSheet, text):
			labels = append(labels, i+1)
		case isResolution(l) && resolution == 0:
			resolution = i + 1
		}
	}
	switch {
	case rated >= 2:
		return refuse(first, "import the table that lists the actions themselves", "the paper counts ratings and names no actions")
	case len(labels) >= 3:
		return refuse(labels[0], "import the appendix with the table of actions", "this is the front sheet of a report and holds no table of actions")
	case resolution > 0:
		return refuse(resolution, "record it with plantrail resolve in the plan that it is about", "the paper has a resolution and no table of actions")
	}
	return nil
}

// numberedRows recognises rows of a loose grid by the numbers of their actions, where the cells do not fill the header:
// a first column whose cells are merged, say, has a name and no cells.
func (t *table) numberedRows(s stream, h header, names []cell) bool {
	title := column(t.columns, FieldTitle)
	cells, _ := s.rest(h.to, s.run[h.from])
	if title <= 0 || len(cells) == 0 || !ownRef.MatchString(cells[0].text) {
		return false
	}
	each := h.width - title
	if len(cells)%each != 0 {
		return false
	}
	for i, c := range cells {
		if ownRef.MatchString(c.text) != (i%each == 0) {
			return false
		}
	}
	for i := 0; i < len(cells); i += each {
		r := row{cells: make([]cell, title)}
		for j := range r.cells {
			r.cells[j].line = cells[i].line
		}
		r.cells = append(r.cells, cells[i:i+each]...)
		t.rows = append(t.rows, r)
	}
	var lost []string
	for _, n := range names[:title] {
		lost = append(lost, squash(n.text))
	}
	t.problem(names[0].place(), "record it by hand", fmt.Sprintf("no row has a cell for %s: nothing is read for it", strings.Join(lost, ", ")))
	return true
}
