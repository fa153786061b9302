package sheets

import (
	"strings"
)

// reading picks the reader of the file's format: by what its lines look like, helped by the file's name.
func reading(text, name string, v vocabulary) (grid, error) {
	lines := strings.Split(text, "\n")
	ends, inner := bars(lines)
	table := strings.HasSuffix(strings.ToLower(name), ".csv") || strings.HasSuffix(strings.ToLower(name), ".tsv")
	if sep, ok := separator(text, v, table); ok {
		return readCSV(text, sep)
	}
	if ends < 2 && inner == 0 && !table && len(lines) <= maxLines {
		if g, ok := shaped(lines, v); ok {
			return g, nil
		}
	}
	switch {
	case ends >= 2 && ends >= inner:
		return readPipes(lines)
	case inner >= 1:
		return readBars(lines)
	case table:
		return readCSV(text, ',')
	}
	return readParagraphs(lines)
}

// bars counts lines that end with their only bar, and lines with a bar between two texts.
func bars(lines []string) (ends, inner int) {
	for _, l := range lines {
		l = strings.TrimRight(l, " \t")
		switch first := strings.IndexByte(l, '|'); {
		case first < 0:
		case first == len(l)-1:
			ends++
		case strings.Contains(strings.Trim(l, "| \t"), "|"):
			inner++
		}
	}
	return ends, inner
}

// readPipes reads cells that end with a bar at the end of a line; a cell may go over several lines.
//
// Text before the first bar is prose, as is text after the last; so is a resolution that stands between two tables.
func readPipes(lines []string) (grid, error) {
	g := grid{format: "text-pipe", loose: true}
	var open []string // lines of a cell that has not ended
	began := false
	for i, l := range lines {
		body, ended := cutBar(l)
		switch {
		case ended && len(open) > 0:
			open = append(open, body)
			g.cell(strings.Join(open, "\n"), i+2-len(open))
			open = nil
		case ended && !began && g.joins(body, i+1):
		case ended:
			g.cell(body, i+1)
		case !began || len(open) == 0 && (squash(l) == "" || isResolution(l) || g.inResolution(l, i+1)):
			if squash(l) != "" {
				g.prose(l, i+1)
			}
		default:
			open = append(open, l)
		}
		began = began || ended
		if err := g.bounded(i + 1); err != nil {
			return g, err
		}
	}
	for i, l := range open {
		if squash(l) != "" {
			g.prose(l, len(lines)+1-len(open)+i)
		}
	}
	return g, nil
}

// cutBar takes the bar and the one space before it off a line's end.
func cutBar(line string) (string, bool) {
	body, ok := strings.CutSuffix(strings.TrimRight(line, " \t"), "|")
	return strings.TrimSuffix(body, " "), ok
}

// joins makes a header whose first name goes over two lines whole: its first line was taken for prose.
func (g *grid) joins(body string, line int) bool {
	if len(g.rows) == 0 {
		return false
	}
	above := g.rows[len(g.rows)-1].cells[0]
	whole := above.text + "\n" + body
	if above.line != line-1 || !known(whole) || known(body) || known(above.text) {
		return false
	}
	g.rows[len(g.rows)-1] = row{cells: []cell{{text: whole, line: above.line}}}
	return true
}

// inResolution reports whether a line goes on with the resolution just above it.
func (g *grid) inResolution(l string, line int) bool {
	if len(g.rows) == 0 || g.rows[len(g.rows)-1].kind != isProse {
		return false
	}
	above := g.rows[len(g.rows)-1].cells[0]
	return above.line == line-1
}

func (g *grid) cell(text string, line int) {
	g.rows = append(g.rows, row{cells: []cell{{text: text, line: line}}})
}

func (g *grid) prose(text string, line int) {
	g.rows = append(g.rows, row{kind: isProse, cells: []cell{{text: text, line: line}}})
}

// bounded checks the newest row, and how many there are.
func (g *grid) bounded(line int) error {
	if len(g.rows) > maxCells {
		return tooManyCells(line)
	}
	if len(g.rows) == 0 || g.rows[len(g.rows)-1].kind != isCells {
		return nil
	}
	for _, c := range g.rows[len(g.rows)-1].cells {
		if err := checkCell(c); err != nil {
			return err
		}
	}
	return nil
}

// readParagraphs reads cells that are separated by blank lines, or, where no two lines are, one cell a line.
func readParagraphs(lines []string) (grid, error) {
	g := grid{format: "text-blank", loose: true}
	for i := 0; i < len(lines); i++ {
		if squash(lines[i]) == "" {
			continue
		}
		end := i + 1
		for end < len(lines) && squash(lines[end]) != "" {
			end++
		}
		g.cell(strings.Join(lines[i:end], "\n"), i+1)
		i = end
		if err := g.bounded(i); err != nil {
			return g, err
		}
	}
	if len(g.rows) > 1 {
		return g, nil
	}
	g = grid{format: "text-lines", loose: true}
	for i, l := range lines {
		if squash(l) != "" {
			g.cell(l, i+1)
		}
		if err := g.bounded(i + 1); err != nil {
			return g, err
		}
	}
	return g, nil
}

// readBars reads rows that stand on one line each, with bars between the cells and perhaps around them.
func readBars(lines []string) (grid, error) {
	g := grid{format: "text-bars"}
	cells, framed := 0, false
	for i, l := range lines {
		trimmed := strings.Trim(l, " \t")
		switch {
		case trimmed == "" || strings.Trim(trimmed, "|:-+= \t") == "" && strings.Contains(trimmed, "-"):
			continue // nothing, or the rule under a header
		case !strings.Contains(trimmed, "|"):
			g.prose(l, i+1)
		default:
			if cells == 0 { // the first row tells whether rows have bars around them; in others an edge may be an empty cell
				framed = len(trimmed) > 1 && strings.HasPrefix(trimmed, "|") && strings.HasSuffix(trimmed, "|")
			}
			r, err := barRow(trimmed, i+1, framed)
			if err != nil {
				return g, err
			}
			if cells += len(r.cells); cells > maxCells {
				return g, tooManyCells(i + 1)
			}
			g.rows = append(g.rows, r)
		}
		if err := g.bounded(i + 1); err != nil {
			return g, err
		}
	}
	return g, nil
}

func barRow(line string, at int, framed bool) (row, error) {
	inside := line
	if framed && strings.HasPrefix(line, "|") && strings.HasSuffix(line, "|") && len(line) > 1 {
		inside = line[1 : len(line)-1]
	}
	if n := strings.Count(inside, "|") + 1; n > MaxColumns {
		return row{}, tooManyColumns(place(at), n)
	}
	var r row
	for _, text := range strings.Split(strings.ReplaceAll(inside, `\|`, "\x00"), "|") {
		text = strings.Trim(text, " \t") // the padding that lines columns up
		r.cells = append(r.cells, cell{text: strings.ReplaceAll(text, "\x00", "|"), line: at})
	}
	return r, nil
}
