package sheets

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Report is a paper about a plan, before it has a form: titles, tables of typed cells, the moment that it shows, the key of
// its ratings and the command that makes it again. Its renderers read no clock and no locale: the same report is the same
// bytes.
type Report struct {
	Name     string    `json:"report"`
	Title    string    `json:"title"`
	Plan     string    `json:"plan"`
	About    string    `json:"about,omitempty"` // what the report answers, in one or two sentences
	Moment   []Fact    `json:"moment"`          // as at, position, tree size, root
	Key      []KeyLine `json:"key"`
	Sections []Section `json:"sections"`
	Notes    []string  `json:"notes,omitempty"`
	Command  string    `json:"command"`         // that gives the same bytes again
	Copy     bool      `json:"copy,omitempty"`  // a working copy for a spreadsheet: its CSV is the table alone
	Class    string    `json:"class,omitempty"` // who may see it, printed on its face: "Public"
}

// Fact is a name and what stands behind it.
type Fact struct {
	Name string `json:"name"`
	Is   string `json:"is"`
}

// KeyLine is a line of the printed key of ratings.
type KeyLine struct {
	Dimension string `json:"dimension"`
	Scheme    string `json:"scheme"`
	Rating    Cell   `json:"rating"`
	Says      string `json:"says"`
}

// Section is a table under a heading, with words before it.
type Section struct {
	Title   string    `json:"title"`
	Words   []string  `json:"words,omitempty"`
	Columns []Heading `json:"columns,omitempty"`
	Rows    [][]Cell  `json:"rows,omitempty"`
	None    string    `json:"none,omitempty"` // is said where the table has no rows
}

// Heading names a column of a table. Wide ones hold sentences.
type Heading struct {
	Name string `json:"name"`
	Wide bool   `json:"wide,omitempty"`
}

// CellKind is what a cell holds.
type CellKind string

// The kinds of cells.
const (
	TextCell   CellKind = "text"
	RatingCell CellKind = "rating" // Text is its label
	DateCell   CellKind = "date"   // Text in words, Date as 2020-02-03 or 2020-02
	NumberCell CellKind = "number"
	LinkCell   CellKind = "link" // Text, and in Href the page on the server; a paper that is printed or sent has the text alone
)

// Cell is what stands in one place of a table. Several lines of text are separated by line ends.
type Cell struct {
	Kind   CellKind `json:"kind"`
	Text   string   `json:"text"`
	Colour string   `json:"colour,omitempty"`
	Shape  string   `json:"shape,omitempty"`
	Date   string   `json:"date,omitempty"`
	Number float64  `json:"number,omitempty"`
	Href   string   `json:"href,omitempty"`
}

// Words is a cell of text.
func Words(lines ...string) Cell { return Cell{Kind: TextCell, Text: joined(lines)} }

// Count is a cell with a whole number.
func Count(n int) Cell { return Cell{Kind: NumberCell, Text: strconv.Itoa(n), Number: float64(n)} }

// Short reports whether a cell is a reference, an id or a number, which are not to be cut at a hyphen.
func (c Cell) Short() bool {
	return len(c.Text) <= 16 && !strings.ContainsAny(c.Text, " \n") || c.Kind == LinkCell && len(c.Text) <= 32
}

// Figures reports whether a column holds nothing but numbers.
func (s Section) Figures(column int) bool {
	return !slices.ContainsFunc(s.Rows, func(row []Cell) bool { return column >= len(row) || row[column].Kind != NumberCell })
}

// joined are the lines that say something.
func joined(lines []string) string {
	var said []string
	for _, l := range lines {
		if l != "" {
			said = append(said, l)
		}
	}
	return strings.Join(said, "\n")
}

// plain is a cell as a program reads it.
func (c Cell) plain() string {
	if c.Kind == DateCell && c.Date != "" {
		return c.Date
	}
	return c.Text
}

// Defuse keeps a spreadsheet from running a text as a formula, as OWASP advises: by an apostrophe before it.
func Defuse(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// WriteCSV writes the report as CSV: RFC 4180, lines that end in CR LF, UTF-8 without a mark. The table comes first, its
// header in the first line; a report of several has the title of each above it. What the report says of itself stands below,
// after an empty line: of a working copy nothing does.
func (r Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	width := 2
	for _, s := range r.Sections {
		width = max(width, len(s.Columns))
	}
	line := func(cells ...string) {
		full := make([]string, width) // strict readers want lines of one length
		for i := range cells {
			full[i] = Defuse(cells[i])
		}
		_ = out.Write(full) // the first error stays: see below
	}
	for i, s := range r.Sections {
		if len(r.Sections) > 1 {
			if i > 0 {
				line("")
			}
			line(s.Title)
		}
		if len(s.Columns) > 0 {
			line(s.header()...)
		}
		for _, row := range s.Rows {
			cells := make([]string, len(row))
			for j, c := range row {
				cells[j] = c.plain()
			}
			line(cells...)
		}
	}
	if !r.Copy {
		line("")
		for _, f := range r.face() {
			line(f.Name, f.Is)
		}
	}
	out.Flush()
	return out.Error()
}

func (s Section) header() []string {
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = c.Name
	}
	return names
}

// face is what the report says of itself, in every form.
func (r Report) face() []Fact {
	all := []Fact{{"Report", r.Title}, {"Plan", r.Plan}}
	if r.Class != "" {
		all = append(all, Fact{"Classification", r.Class})
	}
	all = append(all, r.Moment...)
	for _, k := range r.Key {
		all = append(all, Fact{"Key: " + k.Dimension, k.Rating.Text + " (" + k.Rating.Shape + ", " + k.Rating.Colour + "): " + k.Says})
	}
	for _, n := range r.Notes {
		all = append(all, Fact{"Note", n})
	}
	if r.Command != "" {
		all = append(all, Fact{"Made again by", r.Command})
	}
	return all
}
