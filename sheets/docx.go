package sheets

import (
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
)

// document collects a DOCX document's paragraphs and tables. A table within a cell is text of that cell.
type document struct {
	tabled
	depth int         // tables within each other
	rows  [][]spanned // of the outermost table
	text  strings.Builder
	skip  int // length of the path at which text is left out, 0 when it is not
}

// readDocument reads the tables of a DOCX document as they are with all changes accepted: deleted text is left out.
func readDocument(a *archive) (grid, error) {
	d := &document{tabled: tabled{g: grid{format: "docx"}}}
	err := a.tokens("word/document.xml", func(t xml.Token, path []string) error {
		switch t := t.(type) {
		case xml.StartElement:
			d.start(t, path)
		case xml.EndElement:
			return d.end(t.Name.Local, path)
		case xml.CharData:
			if d.skip == 0 && len(path) > 0 && path[len(path)-1] == "t" {
				d.text.Write(t)
			}
		}
		return nil
	})
	return d.g, err
}

func (d *document) start(t xml.StartElement, path []string) {
	if d.skip > 0 {
		return
	}
	switch t.Name.Local {
	case "del", "moveFrom", "Fallback", "instrText", "delText":
		d.skip = len(path)
	case "tbl":
		if d.depth++; d.depth == 1 {
			d.rows = nil
			d.text.Reset()
		}
	case "tr":
		if d.depth == 1 {
			d.rows = append(d.rows, nil)
		}
	case "tc":
		if d.depth == 1 && len(d.rows) > 0 {
			d.rows[len(d.rows)-1] = append(d.rows[len(d.rows)-1], spanned{cols: 1, rows: 1})
			d.text.Reset()
		}
	case "gridSpan":
		if n, err := strconv.Atoi(attr(t, "val")); err == nil && d.cell() != nil {
			d.cell().cols = max(1, n)
		}
	case "vMerge":
		if d.cell() != nil && attr(t, "val") != "restart" {
			d.cell().above = true
		}
	case "br", "cr":
		d.text.WriteByte('\n')
	case "tab":
		if !slices.Contains(path, "tabs") {
			d.text.WriteByte(' ')
		}
	case "noBreakHyphen":
		d.text.WriteByte('-')
	}
}

// cell is the open cell of the outermost table.
func (d *document) cell() *spanned {
	if d.depth != 1 || len(d.rows) == 0 || len(d.rows[len(d.rows)-1]) == 0 {
		return nil
	}
	r := d.rows[len(d.rows)-1]
	return &r[len(r)-1]
}

func (d *document) end(name string, path []string) error {
	if d.skip > 0 {
		if len(path) == d.skip {
			d.skip = 0
		}
		return nil
	}
	switch {
	case name == "p" && d.depth == 0:
		text := d.text.String()
		d.text.Reset()
		return d.prose(text)
	case name == "p":
		d.text.WriteByte('\n')
	case name == "tc" && d.cell() != nil:
		d.cell().text = tidy(d.text.String())
		d.text.Reset()
	case name == "tbl":
		if d.depth--; d.depth == 0 {
			return d.add(d.rows)
		}
	}
	return nil
}

// tidy takes characters off a cell's text that print nothing: spaces at its edges and controls that Office files may hold.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == '\r' || r == '\v' || r == '\f' {
			return '\n'
		}
		return r
	}, s)
	return strings.TrimFunc(s, unseen)
}
