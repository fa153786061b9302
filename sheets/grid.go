package sheets

import (
	"fmt"
	"strings"
	"unicode"

	"plantrail/domain"
)

// The limits of a paper. They bound memory and time whatever the bytes are.
const (
	MaxFile    = 32 << 20       // bytes of a file
	maxText    = 8 << 20        // bytes of its text: what reading costs grows with it
	maxLines   = 150_000        // lines of text whose shape is looked for
	MaxRows    = 10_000         // rows of its table
	MaxColumns = 200            // columns of its table
	MaxCell    = domain.MaxText // bytes of a cell
	maxCells   = 1_000_000      // cells of a file, empty ones included
	maxRes     = 1_000          // resolutions
	maxUnread  = 1_000          // lines outside the table that are listed
)

// grid is what a reader of a format found, in the order of the document.
type grid struct {
	format   string
	loose    bool // each row is one cell: the format tells cells but not where rows end
	rows     []row
	bare     bool              // the table has no header: the cells tell their column
	levels   []domain.Level    // the levels that its rows name, from the top
	legend   map[string]legend // what the colours behind cells mean, as a key in the file says
	problems []Problem         // what the reader itself found
	measures []cell            // prose that reports an earlier and a present figure
}

// legend is what a colour means, and where a key says so.
type legend struct{ key, words, place string }

// kind says what a row of a grid is.
type kind int

const (
	isCells kind = iota // cells of a table
	isProse             // a line of text outside a table
	isCut               // here stood something that was taken out: cells above and below don't belong together
	isGroup             // a heading within a table: it stands over the rows below it
	isEnd               // here one table of a document ends
)

// row is one row of a grid; it has at least one cell.
type row struct {
	kind  kind
	cells []cell
}

// cell is a text and where it begins. Line orders the cells of a file: in text it is the line, else a running number.
type cell struct {
	text  string
	line  int
	at    string // place of a cell of a format without lines: "sheet Plan, cell C7"
	fill  string // colour behind the text, RRGGBB; empty when there is none
	span  int    // columns that it covers, if it is more than one
	above bool   // the lower part of a merged cell: its text stands above
	lost  string // why the cell can't be read, if it can't: an error value, say
}

func (c cell) place() string {
	if c.at != "" {
		return c.at
	}
	return place(c.line)
}

func place(line int) string { return fmt.Sprintf("line %d", line) }

// last is the line on which the cell ends.
func (c cell) last() int { return c.line + strings.Count(c.text, "\n") }

// blank reports whether there is nothing to read in the cell.
func (c cell) blank() bool { return strings.TrimFunc(c.text, unseen) == "" }

// unseen are the characters that print nothing at the edge of a cell.
func unseen(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b' }

// place is where the row begins; of a table whose cells have places of their own, where its first words stand.
func (r row) place() string {
	if r.cells[0].at != "" {
		for _, c := range r.cells {
			if !c.blank() && !c.above {
				return c.at
			}
		}
	}
	return r.cells[0].place()
}

// only is the row's one cell that is not blank.
func (r row) only() (cell, bool) {
	var found cell
	n := 0
	for _, c := range r.cells {
		if !c.blank() {
			found = c
			n++
		}
	}
	return found, n == 1
}

func (r row) empty() bool {
	for _, c := range r.cells {
		if !c.blank() {
			return false
		}
	}
	return true
}

// squash makes one line of a text, for comparing and for messages.
func squash(s string) string { return strings.Join(strings.FieldsFunc(s, unseen), " ") }

// brief is squash, shortened for a message.
func brief(s string) string {
	s = squash(s)
	if runes := []rune(s); len(runes) > 60 {
		s = string(runes[:60]) + "…"
	}
	return s
}

// checkCell refuses a cell that the journal could not hold.
func checkCell(c cell) error {
	if len(c.text) > MaxCell {
		return domain.Errorf(domain.TooLarge, c.place(), "the cell has %d bytes, the limit is %d", len(c.text), MaxCell).
			WithHint("shorten it, or attach the text as a document; if it is no cell at all, look for a missing bar or quote above")
	}
	return nil
}

func tooManyCells(line int) error {
	return domain.Errorf(domain.TooLarge, place(line), "the file has more than %d cells", maxCells).
		WithHint("split it, and delete empty rows and columns")
}

func tooManyColumns(where string, n int) error {
	return domain.Errorf(domain.TooLarge, where, "the row has %d columns or more, the limit is %d", n, MaxColumns).
		WithHint("delete empty columns, or look for a wrong separator")
}
