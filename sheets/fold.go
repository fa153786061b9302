package sheets

import (
	"fmt"
	"slices"
	"strings"

	"plantrail/domain"
)

// stream is the cells of a loose grid in runs that nothing interrupts.
type stream struct {
	cells []cell
	run   []int // number of the run that a cell belongs to
}

func (t *table) flatten(g grid) stream {
	var s stream
	run := 0
	for _, r := range g.rows {
		if r.kind == isCells {
			s.cells = append(s.cells, r.cells[0])
			s.run = append(s.run, run)
			continue
		}
		if r.kind == isProse {
			t.unread = append(t.unread, r.cells[0])
		}
		run++
	}
	return s
}

// header is where a loose grid's header stands and how wide its rows are.
type header struct {
	from, to int // cells of the header
	width    int // of a row; more than the header has when a name is lost
	lost     int // names lost at the front
}

// fold reads a grid whose format does not tell where rows end: they are as wide as the header.
//
// A cell too few or too many would shift all that follow, silently. So the cells must make whole rows, else the paper can't
// be recorded; and row by row recognising looks for titles that read like reasons.
func (t *table) fold(g grid, v vocabulary) error {
	s := t.flatten(g)
	h, err := s.header(g, v)
	if err != nil {
		return t.foldAnnounced(g, s, v, err)
	}
	names := slices.Clone(s.cells[h.from:h.to])
	if g.format == "text-lines" && !s.whole(h) {
		names = joinLines(names)
		h.width -= h.to - h.from - len(names)
	}
	if h.from > 0 && g.format == "text-lines" {
		h.from -= joinAbove(&names[0], s.cells[h.from-1])
	}
	for range h.lost {
		names = append([]cell{{line: s.cells[h.from].line}}, names...)
	}
	t.columns = v.named(names)
	if len(t.columns) < h.width { // announced, but not named
		t.columns = append(t.columns, Column{Place: names[0].place(), Field: FieldReason, Why: "its name is lost; the line above the table announces reasons"})
	}
	if err := t.titled(); err != nil {
		return err
	}
	t.unread = append(t.unread, s.cells[:h.from]...)
	if !s.whole(h) && t.numberedRows(s, h, names) {
		return nil
	}
	t.body(s, h)
	t.aligned(v)
	return nil
}

// joinLines makes names whole that go over two lines: "Date of", "Meeting".
func joinLines(names []cell) []cell {
	var out []cell
	for _, n := range names {
		if len(out) > 0 {
			before := &out[len(out)-1]
			words := nameWords(before.text)
			if len(words) > 0 && contains("of for by to", words[len(words)-1]) && known(before.text+"\n"+n.text) {
				before.text += "\n" + n.text
				continue
			}
		}
		out = append(out, n)
	}
	return out
}

// joinAbove makes the first name of a header whole whose first line was cut off.
func joinAbove(name *cell, above cell) int {
	whole := above.text + "\n" + name.text
	if above.line != name.line-1 || known(above.text) || !known(whole) || len(nameWords(whole)) > 4 {
		return 0
	}
	*name = cell{text: whole, line: above.line}
	return 1
}

// aligned doubts rows that do not fit their columns: then they are of another width than the header seems to say.
func (t *table) aligned(v vocabulary) {
	if len(t.rows) == 0 {
		return
	}
	for _, c := range t.rows[0].cells {
		if m, _ := v.meaning(c.text); m.field != "" {
			t.misfit(c, quoted(c.text)+" in the first row reads like the name of a column")
			return
		}
	}
	for i, col := range t.columns {
		fits := map[Field]func(string) bool{FieldRef: looksLikeRef.MatchString, FieldDue: shortish, FieldDueNow: shortish, FieldOwner: shortish}[col.Field]
		if fits == nil {
			continue
		}
		misfits, filled := 0, 0
		for _, r := range t.rows {
			if i < len(r.cells) && !r.cells[i].blank() {
				filled++
				if !fits(squash(r.cells[i].text)) {
					misfits++
				}
			}
		}
		if misfits*2 > filled {
			t.misfit(t.rows[0].cells[min(i, len(t.rows[0].cells)-1)], "most of what stands under "+quoted(col.Name)+" does not look like a "+string(col.Field))
			return
		}
	}
}

func shortish(text string) bool { return len(text) <= 80 }

func (t *table) misfit(c cell, what string) {
	t.problems = append(t.problems, Problem{Place: c.place(), Fatal: true, What: what + ": the rows are not as wide as the header seems to say",
		Todo: "compare the header with the paper: each column needs its name, each cell its place"})
}

// foldAnnounced reads a table of two columns whose header is lost whole, if the line above it says what it is.
func (t *table) foldAnnounced(g grid, s stream, v vocabulary, noHeader error) error {
	above, from, ok := t.announcer(g, s, v)
	if !ok || from >= len(s.cells) {
		return noHeader
	}
	key, _ := v.announced(above.text)
	t.forAll = announcement(key, above)
	why := "its name is lost; the line above the table announces actions and the reasons for their rating"
	t.columns = []Column{{Place: above.place(), Field: FieldTitle, Why: why}, {Place: above.place(), Field: FieldReason, Why: why}}
	t.problem(above.place(), "look whether the rows are read as they should be", "the table has no header: it is taken as actions and the reasons for their rating")
	t.unread = append(t.unread, s.cells[:from]...)
	t.body(s, header{from: from, to: from, width: 2})
	return nil
}

// announcer is the line that announces a table without a header, and the table's first cell.
func (t *table) announcer(g grid, s stream, v vocabulary) (cell, int, bool) {
	if len(s.cells) == 0 {
		return cell{}, 0, false
	}
	for i := len(t.unread) - 1; i >= 0; i-- {
		if l := t.unread[i]; l.line < s.cells[0].line {
			_, ok := v.announced(l.text)
			return l, 0, ok
		}
	}
	for i := range min(len(s.cells), searched) {
		if _, ok := v.announced(s.cells[i].text); ok && g.format != "text-pipe" {
			return s.cells[i], i + 1, true
		}
	}
	return cell{}, 0, false
}

// header finds the names of the columns and, from them, the width of the rows.
func (s stream) header(g grid, v vocabulary) (header, error) {
	from, ends := s.longest(v)
	if from < 0 {
		return header{}, noHeader(g)
	}
	from = s.begins(g, from)
	if s.cells[from].blank() { // a column without a name, or the edge of the table
		if h, ok := s.edged(from, ends[len(ends)-1]); ok {
			return h, enough(g, s.cells[h.from:h.to], v)
		}
	}
	var widest header
	for i := len(ends) - 1; i >= 0; i-- {
		h := header{from: from, to: ends[i] + 1, width: ends[i] + 1 - from}
		names := s.cells[h.from:h.to]
		if v.distinct(names)[FieldTitle] == 0 && !names[0].blank() {
			h.lost, h.width = 1, h.width+1
		}
		if widest.width == 0 {
			widest = h
		}
		if enough(g, names, v) == nil && s.whole(h) {
			return h, nil
		}
	}
	names := s.cells[widest.from:widest.to]
	if err := enough(g, names, v); err == nil || len(names) > 1 {
		return widest, err
	}
	return widest, s.announcedSecond(&widest, g, v)
}

// begins is where a header begins whose first known name is at from: after a bar comes nothing but the table, so with
// bars it is the first cell of all.
func (s stream) begins(g grid, from int) int {
	if g.format != "text-pipe" {
		return from
	}
	for first := from; first > 0 && from-first <= 12; first-- {
		if s.run[first-1] != s.run[from] {
			return first
		}
		if first == 1 {
			return 0
		}
	}
	if from > 0 && s.cells[from-1].blank() && s.run[from-1] == s.run[from] {
		return from - 1
	}
	return from
}

// announcedSecond accepts a header of which only the name of the actions is left, if the line above announces the reasons.
func (s stream) announcedSecond(h *header, g grid, v vocabulary) error {
	for i := len(g.rows) - 1; i >= 0; i-- {
		if c := g.rows[i].cells[0]; c.line < s.cells[h.from].line {
			if _, ok := v.announced(c.text); ok {
				h.width = 2
				return nil
			}
			break
		}
	}
	return enough(g, s.cells[h.from:h.to], v)
}

// enough refuses a header of one known name, unless it is that of reasons: a single word may stand anywhere.
func enough(g grid, names []cell, v vocabulary) error {
	fields := v.distinct(names)
	if len(fields) >= 2 || fields[FieldReason] > 0 {
		return nil
	}
	for _, n := range names {
		if _, ok := v.meaning(n.text); ok {
			return domain.Errorf(domain.Invalid, n.place(), "%s is the only name of a column that is known (read as %s)", quoted(n.text), g.format).
				WithHint("put the other names back, such as Reason for Amber, Owner, Due date")
		}
	}
	return noHeader(g)
}

// longest finds the stretch of cells near the top that names most columns: where it begins, and each known name in it.
//
// A heading such as "Actions" above the header names a column that the header names too: the stretch without it is better.
func (s stream) longest(v vocabulary) (from int, ends []int) {
	from, most, clear := -1, 0, 0
	for i := range min(len(s.cells), searched) {
		found, fields := s.stretch(i, v)
		n := len(fields)
		if fields[""] > 0 {
			n--
		}
		if n == 0 || n < most {
			continue
		}
		names := 0 // less those that name a field again
		for f, times := range fields {
			if names += times; f != "" && f != FieldProgress {
				names -= 2 * (times - 1)
			}
		}
		if n > most || names > clear {
			from, ends, most, clear = i, found, n, names
		}
	}
	return from, ends
}

// stretch lists the known names from a cell on, with no more than two unknown ones between two of them.
func (s stream) stretch(i int, v vocabulary) (found []int, fields map[Field]int) {
	if _, ok := v.meaning(s.cells[i].text); !ok {
		return nil, nil
	}
	fields = map[Field]int{}
	for j, gap := i, 0; j < len(s.cells) && gap <= 2 && s.run[j] == s.run[i] && j-i < MaxColumns; j++ {
		if j > i && strings.EqualFold(squash(s.cells[j].text), squash(s.cells[i].text)) {
			break // the header once more, after a page break
		}
		if m, ok := v.meaning(s.cells[j].text); ok {
			found, gap = append(found, j), 0
			fields[m.field]++
		} else {
			gap++
		}
	}
	return found, fields
}

// edged recognises tables each of whose rows, the header too, begins with an empty cell.
func (s stream) edged(from, last int) (header, bool) {
	next := last + 1
	for next < len(s.cells) && !s.cells[next].blank() && next-from <= MaxColumns {
		next++
	}
	h := header{from: from, to: next, width: next - from}
	body, _ := s.rest(next, s.run[from])
	if len(body) == 0 || h.width < 2 {
		return h, false
	}
	for i := 0; i < len(body); i += h.width {
		if !body[i].blank() {
			return h, false
		}
	}
	return h, s.whole(h)
}

// rest are the cells of a run from one on, without the empty ones at its end, of which spare is the number.
func (s stream) rest(from, run int) (cells []cell, spare int) {
	end := from
	for end < len(s.cells) && s.run[end] == run {
		end++
	}
	all := end
	for end > from && s.cells[end-1].blank() {
		end--
	}
	return s.cells[from:end], all - end
}

// whole reports whether the cells below a header make whole rows. A last row may be short of empty cells, which rest took away.
func (s stream) whole(h header) bool {
	cells, spare := s.rest(h.to, s.run[h.from])
	over := len(cells) % h.width
	return len(cells) > 0 && (over == 0 || h.width-over <= spare)
}

// body makes rows of the cells below the header, and of later runs that repeat it.
func (t *table) body(s stream, h header) {
	head := s.cells[h.from:h.to]
	run := s.runOf(h)
	t.chunk(s, h, h.to, run)
	for i := h.to; i < len(s.cells); i++ {
		if s.run[i] == run {
			continue
		}
		run = s.run[i]
		rest, _ := s.rest(i, run)
		if len(head) > 0 && same(rest, head) {
			t.chunk(s, h, i+len(head), run)
			continue
		}
		t.unread = append(t.unread, rest...)
	}
}

func (s stream) runOf(h header) int {
	if h.from < len(s.run) {
		return s.run[h.from]
	}
	return 0
}

func (t *table) chunk(s stream, h header, from, run int) {
	head := s.cells[h.from:h.to]
	cells, spare := s.rest(from, run)
	for len(cells) > 0 {
		if len(head) > 0 && same(cells, head) {
			cells = cells[len(head):] // repeated after a page break
			continue
		}
		n := min(h.width, len(cells))
		r := row{cells: cells[:n:n]}
		cells = cells[n:]
		if !r.empty() {
			t.rows = append(t.rows, r)
		}
		if h.width-n > spare {
			t.short(r, h.width)
		}
	}
}

func (t *table) short(r row, width int) {
	t.problems = append(t.problems, Problem{Place: r.place(), Fatal: true,
		What: fmt.Sprintf("the cells do not make whole rows of %d: the last has %d, so somewhere above a cell is missing or one too many", width, len(r.cells)),
		Todo: "compare the rows with the paper, and put the missing cell in (an empty one still needs its bar)"})
}
