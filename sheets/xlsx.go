package sheets

import (
	"errors"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"plantrail/domain"
)

// workbook reads an XLSX file. The library gives texts as they are shown; our own pass over the sheets' XML says what each
// cell holds (a date, an error, a formula without its value, a colour) and that the library has left none out.
type workbook struct {
	f      *excelize.File
	a      *archive
	v      vocabulary
	g      grid
	styles map[int]look
	line   int
	cells  int
}

// look is what a cell's style says that matters here.
type look struct {
	date byte // 'd' a day, 'm' a month, 0 no date
	fill string
}

func readWorkbook(file []byte, a *archive) (w *workbook, err error) {
	defer func() {
		if r := recover(); r != nil { // the library has panicked on damaged files
			err = domain.Errorf(domain.Invalid, "file", "the workbook can't be read: it is damaged").WithHint(resaveOffice).Because(fmt.Errorf("panic: %v", r))
		}
	}()
	book, err := a.bookSheets()
	if err != nil {
		return w, err
	}
	w = &workbook{a: a, g: grid{format: "xlsx", legend: map[string]legend{}}, styles: map[int]look{}}
	texts, err := a.sharedTexts()
	if err != nil {
		return w, err
	}
	scans := make([]*sheetScan, len(book.sheets))
	for i, s := range book.sheets { // before the library sees the file: what is refused costs it nothing
		if s.hidden {
			continue
		}
		if scans[i], err = a.scan(s, texts); err != nil {
			return w, err
		}
	}
	w.f, err = excelize.OpenReader(strings.NewReader(string(file)), excelize.Options{UnzipSizeLimit: maxUnpacked, UnzipXMLSizeLimit: maxUnpacked})
	if err != nil {
		return w, domain.Errorf(domain.Invalid, "file", "the workbook can't be read: it is damaged").WithHint(resaveOffice).Because(err)
	}
	defer w.f.Close()
	for i, s := range book.sheets {
		if s.hidden {
			w.g.problems = append(w.g.problems, Problem{Place: "sheet " + brief(s.name), What: "the sheet is hidden: nothing of it is read", Todo: "show it and save the file, if it belongs to the plan"})
			continue
		}
		if err := w.sheet(s.name, scans[i], book.from1904); err != nil {
			return w, err
		}
	}
	w.f, w.a = nil, nil // the grid has all that is read of them
	return w, nil
}

// sheet adds one sheet to the grid as a table of its own.
func (w *workbook) sheet(name string, s *sheetScan, from1904 bool) error {
	rows, err := w.f.Rows(name)
	if err != nil {
		return lostRows(name, err)
	}
	defer rows.Close()
	for _, r := range s.rows {
		w.line++
		var shown []string
		for n := 0; ; n++ {
			if !rows.Next() {
				return lostRows(name, rows.Error())
			}
			if s.at++; s.at < r.n {
				if _, err := rows.Columns(); err != nil {
					return lostRows(name, err)
				}
				continue
			}
			if shown, err = rows.Columns(); err != nil {
				return lostRows(name, err)
			}
			break
		}
		out := row{cells: make([]cell, s.width(r))}
		for i := range out.cells {
			out.cells[i] = cell{line: w.line, at: cellPlace(name, i+1, r.n)}
		}
		for _, c := range r.cells {
			if err := w.fillIn(&out.cells[c.column-1], c, shown, from1904); err != nil {
				return err
			}
		}
		s.merge(r.n, out.cells, w.g.rows)
		if w.cells += len(out.cells); w.cells > maxCells {
			return tooManyCells(w.line)
		}
		w.g.rows = append(w.g.rows, out)
		if err := w.g.bounded(w.line); err != nil {
			return err
		}
	}
	w.g.rows = append(w.g.rows, row{kind: isEnd, cells: []cell{{line: w.line, at: "sheet " + name}}})
	return nil
}

func lostRows(name string, err error) error {
	return domain.Errorf(domain.Invalid, "sheet "+brief(name), "rows of the sheet can't be read: it is damaged").WithHint(resaveOffice).Because(err)
}

func cellPlace(sheet string, column, row int) string {
	ref, err := excelize.CoordinatesToCellName(column, row)
	if err != nil {
		return "sheet " + brief(sheet)
	}
	return "sheet " + brief(sheet) + ", cell " + ref
}

func (w *workbook) fillIn(out *cell, c scanned, shown []string, from1904 bool) error {
	l := w.look(c.style)
	out.fill = l.fill
	switch {
	case !c.valued:
		return nil
	case c.kind == "e":
		out.lost = "it holds the error " + quoted(c.raw)
		return nil
	case c.kind == "d":
		out.text = strings.TrimSuffix(c.raw, "T00:00:00")
		return nil
	case c.kind == "b":
		out.text = map[string]string{"1": "TRUE", "0": "FALSE"}[c.raw]
		return nil
	}
	if l.date != 0 && (c.kind == "" || c.kind == "n") {
		if text, ok := dateText(c.raw, l.date, from1904); ok {
			out.text = text
			return nil
		}
	}
	if c.column > len(shown) || shown[c.column-1] == "" {
		if strings.TrimSpace(c.raw) == "" {
			return nil
		}
		return domain.Errorf(domain.Invalid, out.at, "the cell holds something that can't be read: the sheet is damaged").WithHint(resaveOffice)
	}
	out.text = tidyShown(shown[c.column-1])
	return checkCharacters(out.text)
}

func tidyShown(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

// dateText is a date as the cell shows it: a day, or a month where the format shows no day.
func dateText(raw string, shows byte, from1904 bool) (string, bool) {
	n, err := strconv.ParseFloat(raw, 64)
	if err != nil || n < 61 || n > 109_574 { // 1 March 1900 to 2199: before it Excel counts a day that never was
		return "", false
	}
	t, err := excelize.ExcelDateToTime(math.Floor(n), from1904)
	if err != nil {
		return "", false
	}
	if shows == 'm' {
		return t.Format("2006-01"), true
	}
	return t.Format("2006-01-02"), true
}

func (w *workbook) look(style int) look {
	if l, ok := w.styles[style]; ok {
		return l
	}
	var l look
	if s, err := w.f.GetStyle(style); err == nil && s != nil {
		custom := ""
		if s.CustomNumFmt != nil {
			custom = *s.CustomNumFmt
		}
		l.date = showsDate(s.NumFmt, custom)
		if s.Fill.Type == "pattern" && s.Fill.Pattern == 1 && len(s.Fill.Color) > 0 {
			l.fill = strings.ToUpper(strings.TrimPrefix(s.Fill.Color[0], "#"))
			if len(l.fill) == 8 {
				l.fill = l.fill[2:]
			}
			if l.fill == "FFFFFF" {
				l.fill = ""
			}
		}
	}
	w.styles[style] = l
	return l
}

// showsDate reads a number format: built in, by its number (ECMA-376, 18.8.30), or its code.
func showsDate(id int, code string) byte {
	if code == "" {
		switch {
		case id == 17:
			return 'm'
		case id >= 14 && id <= 16, id == 22, id >= 27 && id <= 31, id == 36, id >= 50 && id <= 58:
			return 'd'
		}
		return 0
	}
	var b strings.Builder
	quoted, bracket := false, false
	code, _, _ = strings.Cut(code, ";")
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case c == '"':
			quoted = !quoted
		case c == '[':
			bracket = true
		case c == ']':
			bracket = false
		case c == '\\' || c == '_' || c == '*':
			i++
		case !quoted && !bracket:
			b.WriteByte(c)
		}
	}
	clean := strings.ToLower(b.String())
	switch {
	case strings.ContainsRune(clean, 'd'):
		return 'd'
	case strings.ContainsRune(clean, 'y'), strings.Contains(clean, "mmm"):
		return 'm'
	}
	return 0
}

// chosen makes one table of the sheets, and the key of colours of what stands outside it. The workbook stays as it is.
func (w workbook) chosen(v vocabulary) (grid, error) {
	w.v, w.g = v, w.g.copied()
	g := w.g
	w.cutKeys(&g)
	out, err := g.together(w.v)
	if err != nil {
		return out, err
	}
	at, err := w.v.findHeader(out)
	if err != nil {
		return out, nil // tabulating says so
	}
	inside := map[string]bool{}
	for i, r := range out.rows {
		if r.kind == isCells && i >= at {
			inside[r.cells[0].at] = true
		}
	}
	for _, r := range w.g.rows {
		if r.kind != isEnd && len(r.cells) > 0 && !inside[r.cells[0].at] {
			w.key(r, out.legend)
		}
	}
	return out, nil
}

// cutKeys ends a sheet's table where a key of its colours begins.
func (w *workbook) cutKeys(g *grid) {
	key := false
	g.rows = slices.Clone(g.rows)
	for i, r := range g.rows {
		if r.kind == isEnd {
			key = false
			continue
		}
		if key {
			n, titled := w.v.names(textsOf(r.cells))
			key = n < 2 || !titled
		}
		for _, c := range r.cells {
			if !c.blank() {
				word := strings.ToLower(strings.Trim(squash(c.text), " :"))
				key = key || word == "key" || word == "legend" || strings.HasSuffix(word, " key") && len(word) < 30 || strings.HasPrefix(word, "key to ") && len(word) < 40
				break
			}
		}
		if key && !r.empty() {
			var texts []string
			for _, c := range r.cells {
				if !c.blank() {
					texts = append(texts, squash(c.text))
				}
			}
			g.rows[i] = row{kind: isProse, cells: []cell{{text: strings.Join(texts, " | "), line: r.cells[0].line, at: r.place()}}}
		}
	}
}

// key takes colours and their words from a row outside the table: a word on its colour, or right of it.
func (w *workbook) key(r row, to map[string]legend) {
	for i, c := range r.cells {
		rating, why := w.v.rating(c.text)
		if rating == "" || why == byInitial {
			continue
		}
		fill := c.fill
		if fill == "" && i > 0 && r.cells[i-1].blank() {
			fill = r.cells[i-1].fill
		}
		if fill == "" {
			continue
		}
		if was, ok := to[fill]; ok && was.key != rating {
			rating = "" // two words for one colour: it means neither
		}
		to[fill] = legend{rating, brief(c.text), c.place()}
	}
}

// bookSheets reads which sheets a workbook has, where they lie and which are hidden.
func (a *archive) bookSheets() (b book, err error) {
	targets := map[string]string{}
	err = a.each("xl/_rels/workbook.xml.rels", "Relationship", func(get func(string) string) {
		target := get("Target")
		if !strings.HasPrefix(target, "/") {
			target = "xl/" + target
		}
		targets[get("Id")] = strings.TrimPrefix(path.Clean(target), "/")
	})
	if err != nil {
		return b, err
	}
	err = a.each("xl/workbook.xml", "sheet", func(get func(string) string) {
		state := get("state")
		b.sheets = append(b.sheets, bookSheet{get("name"), targets[get("id")], state == "hidden" || state == "veryHidden"})
	})
	if err == nil {
		err = a.each("xl/workbook.xml", "workbookPr", func(get func(string) string) {
			b.from1904 = get("date1904") == "1" || get("date1904") == "true"
		})
	}
	if err == nil && (len(b.sheets) == 0 || len(b.sheets) > 500) {
		err = damaged("xl/workbook.xml", errors.New("no sheets, or too many"))
	}
	return b, err
}

type book struct {
	sheets   []bookSheet
	from1904 bool
}

type bookSheet struct {
	name, path string
	hidden     bool
}
