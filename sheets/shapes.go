package sheets

import (
	"regexp"
	"slices"
	"strings"

	"plantrail/domain"
)

// shaped reads text whose own shape tells cells without bars: columns lined up with spaces, cells between slashes, blocks
// of "Name: value". Each needs a header's worth of known names, so that prose is none of them.
func shaped(lines []string, v vocabulary) (grid, bool) {
	for _, read := range []func([]string, vocabulary) (grid, bool){readColumns, readSlashes, readBlocks} {
		if g, ok := read(lines, v); ok {
			return g, true
		}
	}
	return grid{}, false
}

// names counts the fields that some texts name, and reports whether the words of the actions are among them.
func (v vocabulary) names(texts []string) (known int, titled bool) {
	fields := map[Field]bool{}
	for _, t := range texts {
		if m, ok := v.meaning(t); ok && m.field != "" {
			fields[m.field] = true
		}
	}
	return len(fields), fields[FieldTitle]
}

// wide is a text and the column, counted in characters, in which it stands.
type wide struct {
	text string
	at   int
}

var gaps = regexp.MustCompile(`\S+(?: \S+)*`)

// apart splits a line where two or more spaces stand.
func apart(line string) []wide {
	var found []wide
	for _, m := range gaps.FindAllStringIndex(line, MaxColumns+1) {
		found = append(found, wide{line[m[0]:m[1]], len([]rune(line[:m[0]]))})
	}
	return found
}

// readColumns reads a table whose columns are lined up with spaces. A line that leaves the first column empty goes on with
// the row above it; a line with nothing but a text at its front is a heading.
func readColumns(lines []string, v vocabulary) (grid, bool) {
	g := grid{format: "text-columns"}
	at, head := -1, []wide(nil)
	for i := range min(len(lines), searched) {
		head = apart(lines[i])
		texts := make([]string, len(head))
		for j, h := range head {
			texts[j] = h.text
		}
		if n, titled := v.names(texts); len(head) >= 3 && n >= 3 && titled && !strings.ContainsAny(lines[i], "|\t") {
			at = i
			break
		}
	}
	if at < 0 || len(head) > MaxColumns {
		return g, false
	}
	for i, l := range lines[:at] {
		if squash(l) != "" {
			g.prose(l, i+1)
		}
	}
	from := at + 1
	for ; from < len(lines) && from <= at+2 && more(head, lines[from], v); from++ {
	}
	var top row
	for _, h := range head {
		top.cells = append(top.cells, cell{text: h.text, line: at + 1})
	}
	g.rows = append(g.rows, top)
	for i := from; i < len(lines); i++ {
		g.lined(head, lines[i], i+1, v)
		if g.bounded(i+1) != nil {
			return g, false
		}
	}
	return g, true
}

// more joins a second line of names to a header, if that is what the line is.
func more(head []wide, line string, v vocabulary) bool {
	found := apart(line)
	joined := slices.Clone(head)
	for _, f := range found {
		j := under(head, f.at)
		if j <= 0 {
			return false
		}
		joined[j].text += " " + f.text
		if _, ok := v.meaning(joined[j].text); !ok && len(nameWords(f.text)) > 2 {
			return false
		}
	}
	if len(found) == 0 {
		return false
	}
	copy(head, joined)
	return true
}

// under is the column under whose name a text begins.
func under(head []wide, at int) int {
	for j := len(head) - 1; j > 0; j-- {
		if at+1 >= head[j].at {
			return j
		}
	}
	return 0
}

func (g *grid) lined(head []wide, line string, at int, v vocabulary) {
	found := apart(line)
	if len(found) == 0 {
		return
	}
	first := under(head, found[0].at) == 0
	last := &g.rows[len(g.rows)-1]
	switch {
	case first && len(found) == 1:
		only := cell{text: found[0].text, line: at}
		_, err := domain.ParseDate(only.text)
		switch over := found[0].at+len([]rune(only.text)) > head[1].at; {
		case isResolution(only.text) || over && len(only.text) > 60:
			g.prose(line, at)
		case err == nil || !looksLikeRef.MatchString(only.text):
			g.rows = append(g.rows, row{kind: isGroup, cells: []cell{only}})
		default:
			g.rows = append(g.rows, row{cells: lineCells(head, found, at)})
		}
	case first:
		g.rows = append(g.rows, row{cells: lineCells(head, found, at)})
	case last.kind == isCells && len(last.cells) == len(head) && len(g.rows) > 1:
		for j, c := range lineCells(head, found, at) {
			if c.blank() {
				continue
			}
			if last.cells[j].blank() {
				last.cells[j] = c
			} else {
				last.cells[j].text += "\n" + c.text
			}
		}
	default:
		g.prose(line, at)
	}
}

// lineCells puts the texts of a line under their names. A text that runs on under the next name is cut there if a space
// stands at the edge.
func lineCells(head, found []wide, at int) []cell {
	cells := make([]cell, len(head))
	for j := range cells {
		cells[j].line = at
	}
	put := func(j int, text string) {
		if text = strings.TrimSpace(text); cells[j].text != "" && text != "" {
			text = cells[j].text + "  " + text
		}
		cells[j].text = text
	}
	for _, f := range found {
		j, runes := under(head, f.at), []rune(f.text)
		for from := f.at; j+1 < len(head) && from+len(runes) > head[j+1].at; j++ {
			edge := head[j+1].at - from
			if edge <= 0 || runes[edge-1] != ' ' {
				break
			}
			put(j, string(runes[:edge]))
			from, runes = head[j+1].at, runes[edge:]
		}
		put(j, string(runes))
	}
	return cells
}

// subRef is the number of an action below a numbered recommendation: "(1a)".
var subRef = regexp.MustCompile(`^\(\d{1,3}[a-z]\)\s`)

// slashed begins a row of cells between slashes: a reference alone in its cell.
var slashed = regexp.MustCompile(`^\s*(\S{1,12}) / `)

// readSlashes reads cells with " / " between them, where each row begins with its number. Lines without a number go on with
// the row above; one that begins with the next "(1b)" is a row that leaves out what stands before its action.
func readSlashes(lines []string, v vocabulary) (grid, bool) {
	g := grid{format: "text-slashes"}
	for i := range min(len(lines), searched) {
		if strings.Count(lines[i], " / ") < 2 {
			continue
		}
		text, end := lines[i], i+1
		for end < len(lines) && end < i+3 && strings.Contains(lines[end], " / ") && !startsSlashed(lines[end]) {
			text += " " + lines[end]
			end++
		}
		head := joinNames(slashCells(text), v)
		n, titled := v.names(head)
		if n < 3 || !titled {
			continue
		}
		for j, l := range lines[:i] {
			if squash(l) != "" {
				g.prose(l, j+1)
			}
		}
		var top row
		for _, name := range head {
			top.cells = append(top.cells, cell{text: name, line: i + 1})
		}
		g.rows = append(g.rows, top)
		for j := end; j < len(lines); j++ {
			g.slashRow(lines[j], j+1, head)
		}
		g.slashWidths(head)
		return g, len(g.rows) > 1
	}
	return g, false
}

func startsSlashed(line string) bool {
	m := slashed.FindStringSubmatch(line)
	return m != nil && looksLikeRef.MatchString(m[1])
}

func slashCells(line string) []string {
	line = strings.TrimSuffix(strings.TrimSpace(line), " /")
	parts := strings.Split(line, " / ")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}

// joinNames makes one name of two that only mean something together: "Lead Officer / Agency" has the separator in it.
func joinNames(names []string, v vocabulary) []string {
	var out []string
	for _, name := range names {
		if len(out) > 0 {
			before, _ := v.meaning(out[len(out)-1])
			_, alone := v.meaning(name)
			both, ok := v.meaning(out[len(out)-1] + " / " + name)
			if ok && !alone && both.field == before.field {
				out[len(out)-1] += " / " + name
				continue
			}
		}
		out = append(out, name)
	}
	return out
}

func (g *grid) slashRow(line string, at int, head []string) {
	last := &g.rows[len(g.rows)-1]
	body := last.kind == isCells && len(g.rows) > 1 && len(last.cells) > 1
	switch {
	case squash(line) == "":
	case isResolution(line):
		g.prose(line, at)
	case startsSlashed(line):
		g.rows = append(g.rows, cellsOf(slashCells(line), at))
	case body && subRef.MatchString(line) && subColumn(*last) > 0:
		from := subColumn(*last)
		g.rows = append(g.rows, cellsOf(append(make([]string, from), slashCells(line)...), at))
	case body:
		last.cells[len(last.cells)-1].text += "\n" + line
	default:
		g.prose(line, at)
	}
}

// subColumn is the column in which a row has an action with a number such as "(1a)".
func subColumn(r row) int {
	return slices.IndexFunc(r.cells, func(c cell) bool { return subRef.MatchString(c.text) })
}

func cellsOf(texts []string, at int) row {
	var r row
	for _, t := range texts {
		r.cells = append(r.cells, cell{text: t, line: at})
	}
	return r
}

// slashWidths doubts rows that have more cells than names, for a slash is part of many texts, and names what short rows lack.
func (g *grid) slashWidths(head []string) {
	for _, r := range g.rows[1:] {
		switch n := len(r.cells); {
		case r.kind != isCells || n == len(head):
		case n > len(head):
			g.problems = append(g.problems, Problem{Place: r.place(), Fatal: true, Todo: "put another sign for the slashes that are part of a text",
				What: "the row has more cells than the header has names: a slash in a text can't be told from one between two cells"})
		default:
			g.problems = append(g.problems, Problem{Place: r.place(), Todo: "look them up, and record them by hand",
				What: "the row ends before the columns " + strings.Join(head[n:], ", ") + ": nothing is read for them"})
		}
	}
}
