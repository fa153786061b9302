package sheets

import (
	"fmt"
	"slices"
	"strings"

	"plantrail/domain"
)

// maxTables bounds the tables of a document.
const maxTables = 1_000

// tabled puts the tables and the prose of a document into one grid. What is added goes by paragraphs, rows and tables.
type tabled struct {
	g         grid
	paragraph int
	table     int
	line      int
	cells     int
}

func (d *tabled) prose(text string) error {
	d.paragraph++
	if text = strings.TrimFunc(text, unseen); text == "" {
		return nil
	}
	d.line++
	c := cell{text: text, line: d.line, at: fmt.Sprintf("paragraph %d", d.paragraph)}
	d.g.rows = append(d.g.rows, row{kind: isProse, cells: []cell{c}})
	return d.bounded(1)
}

func (d *tabled) bounded(n int) error {
	if d.cells += n; d.cells > maxCells {
		return tooManyCells(d.line)
	}
	return d.g.bounded(d.line)
}

// spanned is a cell that may cover several columns and rows.
type spanned struct {
	text       string
	cols, rows int
	above      bool // goes on with the cell above (DOCX)
}

// add puts a table into the grid. A cell that covers several rows is repeated in each, marked; of one that covers several
// columns the others are empty.
func (d *tabled) add(rows [][]spanned) error {
	if d.table++; d.table > maxTables {
		return domain.Errorf(domain.TooLarge, fmt.Sprintf("table %d", d.table), "the document has more than %d tables", maxTables).WithHint("save the plan's table as a file of its own")
	}
	type hang struct {
		cell
		left int
	}
	hanging := map[int]*hang{}
	for n, cells := range rows {
		d.line++
		var r row
		put := func(c cell) {
			c.line, c.at = d.line, fmt.Sprintf("table %d, row %d, column %d", d.table, n+1, len(r.cells)+1)
			r.cells = append(r.cells, c)
		}
		fill := func() {
			for h := hanging[len(r.cells)]; h != nil && len(r.cells) < MaxColumns; h = hanging[len(r.cells)] {
				if h.left--; h.left <= 0 {
					delete(hanging, len(r.cells))
				}
				put(cell{text: h.text, above: true})
			}
		}
		for _, s := range cells {
			fill()
			if len(r.cells)+s.cols > MaxColumns {
				return tooManyColumns(fmt.Sprintf("table %d, row %d", d.table, n+1), len(r.cells)+s.cols)
			}
			c := cell{text: s.text, span: s.cols}
			if s.above {
				c.above, c.text = true, d.textAbove(len(r.cells))
			}
			if s.rows > 1 {
				hanging[len(r.cells)] = &hang{cell{text: s.text}, s.rows - 1}
			}
			put(c)
			for i := 1; i < s.cols; i++ {
				if s.rows > 1 {
					hanging[len(r.cells)] = &hang{cell{}, s.rows - 1}
				}
				put(cell{})
			}
		}
		fill()
		if len(r.cells) > 0 {
			d.g.rows = append(d.g.rows, r)
		}
		if err := d.bounded(len(r.cells)); err != nil {
			return err
		}
	}
	d.g.rows = append(d.g.rows, row{kind: isEnd, cells: []cell{{line: d.line, at: fmt.Sprintf("table %d", d.table)}}})
	return nil
}

func (d *tabled) textAbove(column int) string {
	if len(d.g.rows) == 0 {
		return ""
	}
	if r := d.g.rows[len(d.g.rows)-1]; r.kind == isCells && column < len(r.cells) {
		return r.cells[column].text
	}
	return ""
}

// copiedTogether is together of a grid that stays as it is.
func (g grid) copiedTogether(v vocabulary) (grid, error) { return g.copied().together(v) }

// together makes one table of those of a document that list actions: they must have the same columns, in any order. Other
// tables are lines outside the table.
func (g grid) together(v vocabulary) (grid, error) {
	out := g
	out.rows = nil
	var head []cell
	open := []row{}
	for _, r := range append(slices.Clip(g.rows), row{kind: isEnd, cells: []cell{{}}}) {
		switch r.kind {
		case isCells, isGroup:
			open = append(open, r)
		case isEnd:
			var err error
			if head, err = out.join(head, open, v); err != nil {
				return out, err
			}
			open = open[:0:0]
		default:
			out.rows = append(out.rows, r)
		}
	}
	if head == nil { // none: let the whole say why
		out.rows = nil
		for _, r := range g.rows {
			if r.kind != isEnd {
				out.rows = append(out.rows, r)
			}
		}
	}
	return out, nil
}

// join adds a table to those before it, if it has a header with actions.
func (g *grid) join(head []cell, table []row, v vocabulary) ([]cell, error) {
	at := -1
	if len(table) > 0 {
		if i, err := v.findHeader(grid{rows: table}); err == nil {
			if n, titled := v.names(textsOf(table[i].cells)); n >= 2 && titled {
				at = i
			}
		}
	}
	if at < 0 {
		for _, r := range table {
			if text := strings.Join(textsOf(r.cells), " | "); !r.empty() {
				g.rows = append(g.rows, row{kind: isProse, cells: []cell{{text: strings.Trim(text, "| "), line: r.cells[0].line, at: r.place()}}})
			}
		}
		return head, nil
	}
	if head == nil {
		g.rows = append(g.rows, table...)
		return table[at].cells, nil
	}
	order, ok := sameNames(head, table[at].cells)
	if !ok {
		return head, domain.Errorf(domain.Invalid, table[at].place(), "a second table of actions with other columns begins here: one plan has one table").
			WithHint("save each table as a file of its own, or give both the same columns")
	}
	for i, r := range table {
		if i == at {
			continue
		}
		if r.kind == isCells && len(r.cells) > 1 {
			cells := make([]cell, len(r.cells))
			copy(cells, r.cells)
			for to, from := range order {
				if from < len(r.cells) && to < len(cells) {
					cells[to] = r.cells[from]
				}
			}
			r.cells = cells
		}
		if i < at {
			r.kind = isGroup // what stands above a table's header names the table
		}
		g.rows = append(g.rows, r)
	}
	return head, nil
}

func textsOf(cells []cell) []string {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = squash(c.text)
	}
	return texts
}

// sameNames says in which column of a second header each name of the first stands, if both have the same names.
func sameNames(a, b []cell) ([]int, bool) {
	order := make([]int, len(a))
	taken := map[int]bool{}
	for i, name := range a {
		order[i] = slices.IndexFunc(b, func(c cell) bool { return strings.EqualFold(squash(c.text), squash(name.text)) })
		for order[i] >= 0 && taken[order[i]] {
			rest := slices.IndexFunc(b[order[i]+1:], func(c cell) bool { return strings.EqualFold(squash(c.text), squash(name.text)) })
			if rest < 0 {
				return nil, false
			}
			order[i] += rest + 1
		}
		if order[i] < 0 {
			return nil, false
		}
		taken[order[i]] = true
	}
	return order, len(a) == len(b)
}
