package sheets

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// WriteXLSX writes the report as a workbook: a sheet for each table, its header frozen, and one that says what the report is.
// All texts are texts: a cell never holds a formula, whatever it begins with. A text that a spreadsheet can't hold, of more than
// 32,767 characters, is cut, and says so.
func (r Report) WriteXLSX(w io.Writer) error {
	f := excelize.NewFile()
	defer f.Close()
	b := ledger{File: f, names: map[string]bool{}, fills: map[string]int{}}
	if err := b.styles(); err != nil {
		return err
	}
	for _, s := range r.Sections {
		if len(s.Columns) > 0 {
			if err := b.table(s); err != nil {
				return err
			}
		}
	}
	if err := b.about(r); err != nil {
		return err
	}
	if err := f.DeleteSheet("Sheet1"); err != nil {
		return err
	}
	// The library writes the time of day into the file; a report has no clock but its moment.
	if err := f.SetDocProps(&excelize.DocProperties{Title: r.Title, Creator: "plantrail", Created: fixedTime, Modified: fixedTime}); err != nil {
		return err
	}
	var whole bytes.Buffer
	if err := f.Write(&whole); err != nil {
		return err
	}
	return settled(w, whole.Bytes())
}

const fixedTime = "2000-01-01T00:00:00Z"

// settled writes a zip anew with fixed times, so that the same content is the same bytes.
func settled(w io.Writer, file []byte) error {
	from, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return err
	}
	to := zip.NewWriter(w)
	for _, f := range from.File {
		part, err := f.Open()
		if err != nil {
			return err
		}
		out, err := to.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			_, err = io.Copy(out, part)
		}
		if closed := part.Close(); err != nil || closed != nil {
			return fmt.Errorf("%s: %w", f.Name, firstOf(err, closed))
		}
	}
	return to.Close()
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// ledger is a workbook that is being written.
type ledger struct {
	*excelize.File
	names              map[string]bool
	head, words, heavy int
	fills              map[string]int // by colour
}

func (b *ledger) styles() (err error) {
	top := &excelize.Alignment{Vertical: "top", WrapText: true}
	if b.words, err = b.NewStyle(&excelize.Style{Alignment: top}); err != nil {
		return err
	}
	if b.heavy, err = b.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: top}); err != nil {
		return err
	}
	b.head, err = b.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: top,
		Border: []excelize.Border{{Type: "bottom", Style: 2, Color: "#111111"}}})
	return err
}

// fill is the style of a rating's cell: its word on a light ground, with its colour as a bar at the left.
func (b *ledger) fill(colour string) (int, error) {
	if style, made := b.fills[colour]; made {
		return style, nil
	}
	style, err := b.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{Vertical: "top", WrapText: true},
		Border: []excelize.Border{{Type: "left", Style: 5, Color: MarkOf("", colour).Fill}}})
	b.fills[colour] = style
	return style, err
}

// sheet adds a sheet under a name that a workbook allows, and that it does not have yet.
func (b *ledger) sheet(title string) (string, error) {
	name := strings.TrimSpace(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, title))
	for n := 1; ; n++ {
		end := ""
		if n > 1 {
			end = fmt.Sprint(" ", n)
		}
		short := strings.TrimSpace(cutRunes(name, 31-len(end))) + end
		if key := strings.ToLower(short); short != "" && key != "sheet1" && !b.names[key] {
			b.names[key] = true
			_, err := b.NewSheet(short)
			return short, err
		}
	}
}

func cutRunes(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n])
}

func (b *ledger) table(s Section) error {
	sheet, err := b.sheet(s.Title)
	if err != nil {
		return err
	}
	for i, c := range s.Columns {
		column, _ := excelize.ColumnNumberToName(i + 1) // of a number that is one
		width := 16.0
		if c.Wide {
			width = 48
		}
		if err := firstOf(b.SetColWidth(sheet, column, column, width), b.put(sheet, i+1, 1, Words(c.Name), b.head)); err != nil {
			return err
		}
	}
	for n, row := range s.Rows {
		for i, c := range row {
			style := b.words
			if c.Kind == RatingCell && c.Text != "" {
				if style, err = b.fill(c.Colour); err != nil {
					return err
				}
			}
			if err := b.put(sheet, i+1, n+2, c, style); err != nil {
				return err
			}
		}
	}
	return firstOf(b.SetPanes(sheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}), b.printed(sheet, true))
}

func (b *ledger) put(sheet string, column, row int, c Cell, style int) error {
	at, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		return err
	}
	if c.Kind == NumberCell {
		err = b.SetCellFloat(sheet, at, c.Number, -1, 64)
	} else if text := c.plain(); text != "" {
		err = b.SetCellStr(sheet, at, held(text))
	}
	return firstOf(err, b.SetCellStyle(sheet, at, at, style))
}

// printed sets a sheet's printing: A4 across, all columns on one page, its header on each.
func (b *ledger) printed(sheet string, header bool) error {
	const a4 = 9
	fit, across, one, all, size := true, "landscape", 1, 0, a4
	err := firstOf(b.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &fit}),
		b.SetPageLayout(sheet, &excelize.PageLayoutOptions{Size: &size, Orientation: &across, FitToWidth: &one, FitToHeight: &all}))
	if err != nil || !header {
		return err
	}
	return b.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", RefersTo: "'" + sheet + "'!$1:$1", Scope: sheet})
}

// held is a text that a cell can hold. It is stored as a text, so nothing runs it; the apostrophe keeps it from being run when
// the sheet is saved as CSV and opened again.
func held(text string) string {
	const most, cut = excelize.TotalCellChars, " [cut: the whole text stands in the other forms of this report]"
	text = Defuse(text)
	if utf8.RuneCountInString(text) > most {
		return cutRunes(text, most-len(cut)) + cut
	}
	return text
}

// about is the last sheet: what the report is, its moment, key and notes.
func (b *ledger) about(r Report) error {
	sheet, err := b.sheet("About this report")
	if err != nil {
		return err
	}
	if err := firstOf(b.SetColWidth(sheet, "A", "A", 22), b.SetColWidth(sheet, "B", "B", 100)); err != nil {
		return err
	}
	facts := r.face()
	for _, s := range r.Sections {
		for _, words := range s.Words {
			facts = append(facts, Fact{s.Title, words})
		}
		if len(s.Rows) == 0 && s.None != "" {
			facts = append(facts, Fact{s.Title, s.None})
		}
	}
	for i, f := range facts {
		if err := firstOf(b.put(sheet, 1, i+1, Words(f.Name), b.heavy), b.put(sheet, 2, i+1, Words(f.Is), b.words)); err != nil {
			return err
		}
	}
	return b.printed(sheet, false)
}
