package sheets

import (
	"encoding/xml"
	"errors"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"plantrail/domain"
)

// sheetScan is what a sheet's XML holds, read by us.
type sheetScan struct {
	rows   []scannedRow
	merged []area
	at     int // row of the library's reader
}

type scannedRow struct {
	n     int
	cells []scanned
}

// scanned is one cell: its column from 1, its type as in the file, its raw value, whether it has one.
type scanned struct {
	column, style int
	kind, raw     string
	valued        bool
	formula       bool
}

// area is a rectangle of merged cells.
type area struct{ col, row, toCol, toRow int }

// maxMerged bounds the merged areas of a sheet.
const maxMerged = 5_000

// width is how many cells a row has, those of merged areas that reach into it included.
func (s *sheetScan) width(r scannedRow) int {
	n := 1
	if len(r.cells) > 0 {
		n = r.cells[len(r.cells)-1].column
	}
	for _, m := range s.merged {
		if r.n > m.row && r.n <= m.toRow && m.col <= MaxColumns {
			n = max(n, m.col)
		}
	}
	return n
}

// each calls found for every element of a name in a part.
func (a *archive) each(part, name string, found func(get func(string) string)) error {
	return a.tokens(part, func(t xml.Token, _ []string) error {
		if e, ok := t.(xml.StartElement); ok && e.Name.Local == name {
			found(func(key string) string { return attr(e, key) })
		}
		return nil
	})
}

// sharedTexts says of each text that cells point to by number whether there is anything in it.
func (a *archive) sharedTexts() (said []bool, err error) {
	err = a.tokens("xl/sharedStrings.xml", func(t xml.Token, path []string) error {
		switch t := t.(type) {
		case xml.StartElement:
			if t.Name.Local == "si" {
				said = append(said, false)
			}
		case xml.CharData:
			if len(said) > 0 && path[len(path)-1] == "t" && len(t) > 0 {
				said[len(said)-1] = true
			}
		}
		return nil
	})
	return said, err
}

// scan reads a sheet. Cells must come in order, as every program writes them: another order is damage, or meant to deceive.
func (a *archive) scan(s bookSheet, texts []bool) (*sheetScan, error) {
	if !a.has(s.path) {
		return nil, damaged("sheet "+s.name, errors.New("not in the archive"))
	}
	p := &scanner{a: a, sheet: s.name, texts: texts, out: &sheetScan{}}
	err := a.tokens(s.path, func(t xml.Token, path []string) error {
		switch t := t.(type) {
		case xml.StartElement:
			return p.start(t)
		case xml.EndElement:
			return p.end(t.Name.Local)
		case xml.CharData:
			if p.reading && len(p.cell.raw) <= MaxCell {
				p.cell.raw += string(t)
			}
		}
		return nil
	})
	return p.out, err
}

type scanner struct {
	a       *archive
	sheet   string
	texts   []bool // shared texts: whether anything is in them
	out     *sheetScan
	row     scannedRow
	lastRow int
	column  int
	cell    scanned
	reading bool
	cells   int
}

func (p *scanner) start(t xml.StartElement) error {
	switch t.Name.Local {
	case "row":
		n := p.lastRow + 1
		if r := attr(t, "r"); r != "" {
			n, _ = strconv.Atoi(r)
		}
		if n <= p.lastRow || n > excelize.TotalRows {
			return lostRows(p.sheet, errors.New("rows out of order"))
		}
		p.row, p.lastRow, p.column = scannedRow{n: n}, n, 0
	case "c":
		return p.begin(t)
	case "f":
		p.cell.formula = true
	case "v", "t":
		p.reading, p.cell.valued = true, true
	case "mergeCell":
		from, to, _ := strings.Cut(attr(t, "ref"), ":")
		c1, r1, err1 := excelize.CellNameToCoordinates(from)
		c2, r2, err2 := excelize.CellNameToCoordinates(to)
		if err1 == nil && err2 == nil {
			p.out.merged = append(p.out.merged, area{min(c1, c2), min(r1, r2), max(c1, c2), max(r1, r2)})
		}
		if len(p.out.merged) > maxMerged {
			return domain.Errorf(domain.TooLarge, "sheet "+brief(p.sheet), "the sheet has more than %d merged areas", maxMerged).WithHint(resaveOffice)
		}
	}
	return nil
}

func (p *scanner) begin(t xml.StartElement) error {
	p.column++
	if ref := attr(t, "r"); ref != "" {
		column, row, err := excelize.CellNameToCoordinates(ref)
		if err != nil || row != p.row.n || column < p.column {
			return lostRows(p.sheet, errors.New("cells out of order"))
		}
		p.column = column
	}
	style, _ := strconv.Atoi(attr(t, "s"))
	p.cell = scanned{column: p.column, style: style, kind: attr(t, "t")}
	if p.cells++; p.cells > maxCells {
		return domain.Errorf(domain.TooLarge, "sheet "+brief(p.sheet), "the sheet has more than %d cells", maxCells).WithHint("delete empty rows and columns, and save it again")
	}
	return nil
}

func (p *scanner) end(name string) error {
	switch name {
	case "v", "t":
		p.reading = false
	case "c":
		return p.take()
	case "row":
		if len(p.row.cells) > 0 {
			p.out.rows = append(p.out.rows, p.row)
		}
		if len(p.out.rows) > MaxRows+searched {
			return domain.Errorf(domain.TooLarge, "sheet "+brief(p.sheet), "the sheet has more than %d rows", MaxRows).WithHint("split it into several plans")
		}
	}
	return nil
}

// take keeps a cell. Beyond the last column that is read, cells that only have a style are passed over.
func (p *scanner) take() error {
	c := p.cell
	where := cellPlace(p.sheet, c.column, p.row.n)
	if c.kind == "s" && c.valued {
		n, err := strconv.Atoi(c.raw)
		if err != nil || n < 0 || n >= len(p.texts) {
			return domain.Errorf(domain.Invalid, where, "the cell points to a text that is not in the file: it is damaged").WithHint(resaveOffice)
		}
		c.valued = p.texts[n]
	}
	switch {
	case c.formula && (!c.valued || c.raw == "" && c.kind != "str"):
		return domain.Errorf(domain.Invalid, where, "the cell has a formula and not its value").
			WithHint("open the file in a spreadsheet, which works the values out, and save it")
	case c.column > MaxColumns && c.valued:
		return tooManyColumns(where, c.column)
	}
	if c.valued {
		if p.a.valued++; p.a.valued > maxValued {
			return domain.Errorf(domain.TooLarge, where, "the workbook has more than %d cells with something in them", maxValued).WithHint("save the plan's sheet as a file of its own")
		}
	}
	if c.column <= MaxColumns && (c.valued || c.style != 0) {
		p.row.cells = append(p.row.cells, c)
	}
	return nil
}

// merge marks the cells that belong to merged areas: the first tells how wide it is, those below repeat its text.
func (s *sheetScan) merge(n int, cells []cell, before []row) {
	for _, m := range s.merged {
		if n < m.row || n > m.toRow || m.col > len(cells) {
			continue
		}
		if n == m.row {
			cells[m.col-1].span = m.toCol - m.col + 1
			continue
		}
		if len(before) == 0 {
			continue
		}
		if up := before[len(before)-1]; up.kind == isCells && m.col <= len(up.cells) {
			c := &cells[m.col-1]
			c.text, c.fill, c.above = up.cells[m.col-1].text, up.cells[m.col-1].fill, true
		}
	}
}
