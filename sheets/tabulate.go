package sheets

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"plantrail/domain"
)

// table is a paper's table with its header understood, and what stood around it.
type table struct {
	format      string
	columns     []Column
	forAll      Rating // the rating that header or announcement give to every row
	rows        []row
	unread      []cell
	resolutions []Resolution
	problems    []Problem
	loose       bool              // its format does not tell where rows end
	called      string            // the items have no words: they are called by this name and their number
	ownRefs     bool              // each action begins with its number
	levels      []domain.Level    // as the format names them
	legend      map[string]legend // of the colours behind cells
	measures    []cell
}

// searched is how far down a header is looked for.
const searched = 400

// tabulate finds header and rows in a grid.
func tabulate(g grid, v vocabulary) (table, error) {
	g, resolutions := setApart(g)
	t := table{format: g.format, resolutions: resolutions, loose: g.loose, levels: g.levels, legend: g.legend, problems: g.problems, measures: g.measures}
	err := checkResolutions(resolutions)
	if err != nil {
		return t, err
	}
	switch {
	case g.format == "minutes":
		t.takeMinutes(g)
	case g.bare:
		err = t.takeBare(g, v)
	case g.loose:
		err = t.fold(g, v)
	default:
		err = t.take(g, v)
	}
	if err != nil {
		return t, err
	}
	if len(t.rows) == 0 {
		return t, domain.Errorf(domain.Invalid, t.columns[0].Place, "there is a header and no row below it").
			WithHint("look whether the table was copied whole")
	}
	if len(t.rows) > MaxRows {
		return t, domain.Errorf(domain.TooLarge, t.rows[MaxRows].place(), "the table has %d rows, the limit is %d", len(t.rows), MaxRows).
			WithHint("split it into several plans")
	}
	slices.SortStableFunc(t.unread, func(a, b cell) int { return a.line - b.line })
	t.nameRefs()
	t.findOwnRefs()
	t.figured()
	t.rateAll(v)
	return t, nil
}

func checkResolutions(all []Resolution) error {
	if len(all) > maxRes {
		return domain.Errorf(domain.TooLarge, all[maxRes].Place, "the file has %d resolutions, the limit is %d", len(all), maxRes).
			WithHint("leave the minutes of other matters out")
	}
	for _, r := range all {
		if len(r.Printed) > MaxCell {
			return domain.Errorf(domain.TooLarge, r.Place, "the resolution has more than %d bytes", MaxCell).
				WithHint("put an empty line where it ends")
		}
	}
	return nil
}

// take reads a grid whose format tells its rows.
func (t *table) take(g grid, v vocabulary) error {
	at, err := v.findHeader(g)
	if err != nil {
		return err
	}
	head := g.rows[at]
	t.columns = v.named(head.cells)
	if err := t.titled(); err != nil {
		return err
	}
	for i, r := range g.rows {
		switch {
		case r.kind == isCut || i == at:
		case r.kind == isProse, i < at && !r.empty():
			t.unread = append(t.unread, r.cells...)
		case i < at || r.empty() || same(r.cells, head.cells):
		default:
			t.rows = append(t.rows, r)
		}
	}
	return nil
}

// findHeader is the row among the first that names most columns.
func (v vocabulary) findHeader(g grid) (int, error) {
	best, most, first := -1, 0, -1
	for i, seen := 0, 0; i < len(g.rows) && seen < searched; i++ {
		if g.rows[i].kind != isCells || g.rows[i].empty() {
			continue
		}
		seen++
		if first < 0 {
			first = i
		}
		fields := v.distinct(g.rows[i].cells[:min(len(g.rows[i].cells), MaxColumns)])
		n := len(fields)
		if n == 1 && fields[FieldReason] == 0 && (fields[FieldTitle] == 0 || i != first) {
			continue // one known word may stand anywhere
		}
		if n > most {
			best, most = i, n
		}
	}
	if best < 0 {
		return 0, noHeader(g)
	}
	return best, nil
}

func noHeader(g grid) error {
	where := "file"
	if len(g.rows) > 0 {
		where = g.rows[0].place()
	}
	return domain.Errorf(domain.Invalid, where, "no row is known as the header of a table of actions (read as %s)", g.format).
		WithHint("give the columns names such as Reference, Action, Owner, Due date, RAG, Reason, in a row above the first")
}

// titled sees to it that a column has the words of the items: a single one without a name is it.
func (t *table) titled() error {
	if column(t.columns, FieldTitle) >= 0 {
		return nil
	}
	nameless := -1
	var names []string
	for i, c := range t.columns {
		if c.Name == "" && nameless < 0 {
			nameless = i
		}
		names = append(names, brief(c.Name))
	}
	if nameless < 0 {
		return domain.Errorf(domain.Invalid, t.columns[0].Place, "no column is known to hold the actions: the header is %s", brief(strings.Join(names, " | "))).
			WithHint("call the column with the words of each action Action, Aim or Recommendation")
	}
	t.columns[nameless].Field = FieldTitle
	t.columns[nameless].Why = "the header has no name for it, and no other column holds the actions"
	t.problem(t.columns[nameless].Place, "look whether the rows are read as they should be", "the name of a column is lost: it is taken as the action")
	return nil
}

func (t *table) problem(place, todo, what string) {
	t.problems = append(t.problems, Problem{Place: place, What: what, Todo: todo})
}

// same reports whether cells repeat a header, as after a page break.
func same(cells, head []cell) bool {
	if len(cells) < len(head) {
		return false
	}
	for i, h := range head {
		if !strings.EqualFold(squash(cells[i].text), squash(h.text)) {
			return false
		}
	}
	return true
}

// nameRefs takes a nameless column for references if all that stands in it looks like one.
func (t *table) nameRefs() {
	if column(t.columns, FieldRef) >= 0 {
		return
	}
	if i := column(t.columns, FieldTitle); i >= 0 && t.columns[i].Why == weakTitle && t.refs(i) {
		t.called = t.columns[i].Name
		t.columns[i].Field, t.columns[i].Why, t.columns[i].undecided = FieldRef, "all its cells look like references", true // the next copy finds it out again
		t.problem(t.columns[i].Place, "add a column Action with the words of each", "no column has the words of the actions: each is called "+quoted(t.called)+" and its number")
		return
	}
	for i, c := range t.columns {
		if c.Name == "" && c.Field == "" && t.refs(i) {
			t.columns[i].Field, t.columns[i].Why = FieldRef, "it has no name, and all its cells look like references"
			return
		}
	}
}

// ownRef is the number with which an action begins: "1.1 ", "4.01.02 ", "(1a) ".
var ownRef = regexp.MustCompile(`^\s*(?:(\d{1,3}(?:\.\d{1,3})+[a-z]?)\.?|\((\d{1,3}[a-z])\))\s+\S`)

// cutOwnRef takes the number off an action's words.
func cutOwnRef(text string) (ref, rest string) {
	m := ownRef.FindStringSubmatchIndex(text)
	if m == nil {
		return "", text
	}
	ref = text[max(m[2], m[4]):max(m[3], m[5])]
	_, size := utf8.DecodeLastRuneInString(text[:m[1]])
	return ref, text[m[1]-size:]
}

// findOwnRefs finds out whether the actions carry their numbers, because no column does or its numbers are those of the
// aims above them.
func (t *table) findOwnRefs() {
	ref, aim, title := column(t.columns, FieldRef), column(t.columns, FieldAim), column(t.columns, FieldTitle)
	if title < 0 || ref >= 0 && (aim < 0 || ref > aim) {
		return
	}
	n := 0
	for _, r := range t.rows {
		if title >= len(r.cells) || r.kind != isCells || r.cells[title].blank() {
			continue
		}
		if n++; !ownRef.MatchString(r.cells[title].text) {
			return
		}
	}
	t.ownRefs = n > 0
}

func (t *table) refs(column int) bool {
	n := 0
	for _, r := range t.rows {
		if column >= len(r.cells) || r.cells[column].blank() {
			continue
		}
		if !looksLikeRef.MatchString(squash(r.cells[column].text)) {
			return false
		}
		n++
	}
	return n > 0
}

// rateAll finds the rating that the table's header or the line above it gives to every row, where no column of ratings does.
func (t *table) rateAll(v vocabulary) {
	reason := column(t.columns, FieldReason)
	if column(t.columns, FieldRating) >= 0 || reason < 0 || t.forAll.Value != "" {
		return
	}
	name := t.columns[reason]
	switch m, _ := v.meaning(name.Name); len(m.rates) {
	case 1:
		t.forAll = Rating{Value: m.rates[0], Words: name.Name, Place: name.Place, Sure: "header", Why: "the column is called " + quoted(name.Name)}
		return
	case 0:
	default:
		t.problem(name.Place, "add a column RAG with the rating of each row", "the column "+quoted(name.Name)+" names several ratings: no row gets one")
		return
	}
	for i := len(t.unread) - 1; i >= 0; i-- {
		if above := t.unread[i]; above.line < t.rows[0].cells[0].line {
			if key, _ := v.announced(above.text); key != "" {
				t.forAll = announcement(key, above)
			}
			return
		}
	}
}

func announcement(key string, above cell) Rating {
	return Rating{Value: key, Words: brief(above.text), Place: above.place(), Sure: "announced", Why: "the line above the table says that all its rows are " + key}
}

func quoted(s string) string { return "“" + brief(s) + "”" }
