package sheets

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"

	"plantrail/domain"
)

// sampled is how much of a file is read to find out its separator.
const sampled = 64 << 10

// separator finds what separates the cells of delimited text: the one that makes most header words. Unless the file's
// name says that it is such a file, two columns must be known, so that no prose with commas is taken for a table.
func separator(text string, v vocabulary, named bool) (rune, bool) {
	sample := text
	if len(text) > sampled {
		sample = text[:sampled]
	}
	var best rune
	most := 1
	if named {
		most = 0
	}
	for _, sep := range ",;\t" {
		if n := v.headerWords(sample, sep); n > most {
			best, most = sep, n
		}
	}
	return best, best != 0
}

// headerWords is the number of columns that the likeliest header row of a sample names. Unreadable rows count for nothing.
func (v vocabulary) headerWords(sample string, sep rune) int {
	most := 0
	lines := strings.Split(sample, "\n")
	for i := range min(len(lines), 50) {
		if !strings.ContainsRune(lines[i], sep) {
			if i == 0 || most == 0 {
				if _, ok := v.meaning(strings.Trim(lines[i], `"`)); ok && most == 0 && i == 0 {
					most = 1 // a list of one column
				}
			}
			continue
		}
		record, err := reader(strings.Join(lines[i:min(i+8, len(lines))], "\n"), sep).Read()
		if err != nil || len(record) < 2 {
			continue
		}
		n := 0
		for _, name := range record[:min(len(record), MaxColumns)] {
			if _, ok := v.meaning(name); ok {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

func reader(text string, sep rune) *csv.Reader {
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord = sep, -1
	return r
}

// readCSV reads delimited text as RFC 4180 has it, rows of different lengths allowed. Cells are text, whatever they begin with.
func readCSV(text string, sep rune) (grid, error) {
	g := grid{format: "csv"}
	if err := checkWidth(text, sep); err != nil {
		return g, err
	}
	in := reader(text, sep)
	cells := 0
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return g, nil
		}
		if err != nil {
			return g, csvError(err)
		}
		var r row
		for i, field := range record {
			line, _ := in.FieldPos(i)
			r.cells = append(r.cells, cell{text: field, line: line})
		}
		if r.empty() {
			continue // spreadsheets save dozens of them
		}
		if cells += len(record); cells > maxCells {
			return g, tooManyCells(r.cells[0].line)
		}
		g.rows = append(g.rows, r)
		if err := g.bounded(r.cells[0].line); err != nil {
			return g, err
		}
	}
}

func csvError(err error) error {
	bad := (*csv.ParseError)(nil)
	if !errors.As(err, &bad) {
		return domain.Errorf(domain.Internal, "file", "the file could not be read").Because(err)
	}
	where, what := place(bad.Line), "a quotation mark stands inside a cell that is not quoted"
	if errors.Is(bad.Err, csv.ErrQuote) {
		what = "a quoted cell is not closed as it should be"
		if bad.StartLine != bad.Line {
			where = place(bad.StartLine)
		}
	}
	return domain.Errorf(domain.Invalid, where, "%s", what).
		WithHint(`write quotation marks inside a quoted cell twice, as "the ""Hub"" opened"`).Because(err)
}

// checkWidth refuses a row of too many columns before it is taken apart: a file of separators alone would cost gigabytes.
func checkWidth(text string, sep rune) error {
	line, n, quoted := 1, 1, false
	for i := range len(text) {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\n':
			line++
			if !quoted {
				n = 1
			}
		case rune(c) == sep && !quoted:
			if n++; n > MaxColumns {
				return tooManyColumns(place(line), n)
			}
		}
	}
	return nil
}
