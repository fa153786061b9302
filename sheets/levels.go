package sheets

import (
	"cmp"
	"fmt"
	"strings"

	"plantrail/domain"
)

// heads are the headings above the row that is read: sections within the table, and aims in a column of their own.
type heads struct {
	waiting []cell         // sections without a row below them yet
	section int            // number of the section's row, 0 for none
	aim     int            // number of the aim's row
	top     int            // number of the last row of the highest level, where rows tell their level
	words   string         // the aim's words
	aims    map[string]int // rows of the aims so far: an aim that comes again is the same one
}

// levels names the levels of a plan whose table has sections or aims above its actions, from the top.
func (p *Proposal) levels(t table) {
	if len(t.levels) > 0 {
		p.Levels = t.levels
		return
	}
	rr := rowReader{p: p, t: &t}
	for _, r := range t.rows {
		if _, ok := rr.heading(r); ok {
			p.Levels = append(p.Levels, domain.Level{Key: "section", Label: "Section"})
			break
		}
	}
	if at := column(p.Columns, FieldAim); at >= 0 {
		key := cmp.Or(aimLevel(p.Columns[at].Name), "aim")
		p.Levels = append(p.Levels, domain.Level{Key: key, Label: strings.ToUpper(key[:1]) + key[1:]})
	}
	if len(p.Levels) > 0 {
		p.Levels = append(p.Levels, domain.Level{Key: "action", Label: "Action"})
		if ofMeasures(p.Columns) {
			p.Levels[len(p.Levels)-1] = domain.Level{Key: "measure", Label: "Measure"}
		}
	}
}

// lowest is the key of the level of actions; empty when there is no other.
func (p *Proposal) lowest() string {
	if len(p.Levels) == 0 {
		return ""
	}
	return p.Levels[len(p.Levels)-1].Key
}

// heading recognises a row within a table that only names what follows: one text at its front, over a table of several
// columns, where no action and no reference stands.
func (rr *rowReader) heading(r row) (cell, bool) {
	only, ok := r.only()
	switch {
	case !ok || rr.t.loose || len(rr.p.Columns) <= 2:
		return cell{}, false
	case r.kind == isGroup || only.span >= len(rr.p.Columns)-1:
		return only, true
	}
	if r.cells[0].blank() || looksLikeRef.MatchString(squash(only.text)) || len(only.text) > 200 {
		return cell{}, false
	}
	first := rr.p.Columns[0].Field
	return only, first != FieldTitle && first != FieldAim
}

// wait keeps a heading until a row comes: one that nothing follows is a note.
func (h *heads) wait(c cell, rr *rowReader) {
	h.waiting = append(h.waiting, c)
	h.section, h.aim, h.words = 0, 0, ""
}

// untaken lists the headings that nothing follows.
func (rr *rowReader) untaken() { rr.t.unread = append(rr.t.unread, rr.above.waiting...) }

// under records the headings that stand above a row, and gives the number of the nearest.
func (rr *rowReader) under(r row) int {
	h, p := &rr.above, rr.p
	if level, _, ok := rr.cell(r, FieldLevel); ok {
		if level.above {
			return h.top
		}
		h.top = len(p.Rows) + 1
		return 0
	}
	for i, c := range h.waiting {
		if i < len(h.waiting)-1 { // the last is the section: what stands above it heads nothing of its own
			rr.t.unread = append(rr.t.unread, c)
			continue
		}
		p.Rows = append(p.Rows, Row{N: len(p.Rows) + 1, Place: c.place(), Level: "section", Title: strings.TrimFunc(c.text, unseen), reasonFrom: c.place()})
		h.section = len(p.Rows)
	}
	h.waiting = nil
	c, _, ok := rr.cell(r, FieldAim)
	key := fmt.Sprint(h.section, " ", squash(c.text))
	if ok && !c.blank() && h.aims[key] > 0 {
		h.aim, h.words = h.aims[key], squash(c.text)
	}
	if ok && !c.blank() && squash(c.text) != h.words {
		ref, title := "", strings.TrimFunc(c.text, unseen)
		if column(p.Columns, FieldRef) >= 0 && rr.t.ownRefs {
			ref = rr.ref(r)
		} else if ownRef.MatchString(title) {
			ref, title = cutOwnRef(title)
		}
		p.Rows = append(p.Rows, Row{N: len(p.Rows) + 1, Place: r.place(), Level: p.Levels[len(p.Levels)-2].Key, Ref: ref, Title: title, under: h.section, reasonFrom: r.place(), Source: rr.source(r, FieldAim)})
		h.aim, h.words = len(p.Rows), squash(c.text)
		if h.aims == nil {
			h.aims = map[string]int{}
		}
		h.aims[key] = h.aim
	}
	return max(h.section, h.aim)
}

// title is the cell with the row's words; of a table without any, the name of its numbers and the row's.
func (rr *rowReader) title(r row) cell {
	c, _, _ := rr.cell(r, FieldTitle)
	if rr.t.called == "" {
		return c
	}
	if c, _, _ = rr.cell(r, FieldRef); !c.blank() {
		c.text = rr.t.called + " " + strings.TrimFunc(c.text, unseen)
	}
	return c
}

// isMonth reports whether a column is called by a month alone.
func isMonth(name string) bool {
	if name == "" || strings.ContainsAny(name, "0123456789") {
		return false
	}
	_, err := domain.ParseDate("1 " + name + " 2000")
	return err == nil
}

// months says of a grid of monthly ratings that it can't be read: which year the months are of is not said.
func (rr *rowReader) months(r row, out *Row) {
	var said []string
	at := ""
	for i, c := range rr.p.Columns {
		if c.Field == "" && isMonth(c.Name) && i < len(r.cells) && !r.cells[i].blank() {
			said = append(said, c.Name+" "+brief(r.cells[i].text))
			if at == "" {
				at = r.cells[i].place()
			}
		}
	}
	if len(said) > 0 {
		rr.p.problem(at, "give the year, and record them by hand", "the months of row %d are left out, for the paper does not say of which year they are: %s", out.N, strings.Join(said, ", "))
	}
}

// lostCells names the cells of a row whose format holds something that is no text.
func (rr *rowReader) lostCells(r row, out *Row) {
	for _, c := range r.cells {
		if c.lost != "" {
			rr.p.problem(c.place(), "write the value in", "a cell of row %d can't be read: %s", out.N, c.lost)
		}
	}
}

// dimensions names what is rated, where a table has more than one column of ratings.
func (p *Proposal) dimensions(t table) {
	p.rated = map[int]domain.Dimension{}
	for i, c := range p.Columns {
		if c.Field != FieldMore {
			continue
		}
		if p.known != nil {
			p.knownDimension(i)
			continue
		}
		if len(p.Dimensions) == 0 {
			p.Dimensions = []domain.Dimension{{Key: "delivery", Label: "Delivery", Scheme: p.scheme}}
		}
		key := domain.Slug(c.Name)
		if key == "" || len(c.Name) > 100 || len(p.Dimensions) >= 8 {
			p.Columns[i].Field, p.Columns[i].Why = "", "a plan has no more dimensions than eight"
			continue
		}
		for _, d := range p.Dimensions {
			if d.Key == key {
				key = domain.Slug(fmt.Sprint(c.Name, " ", len(p.Dimensions)))
			}
		}
		p.Dimensions = append(p.Dimensions, domain.Dimension{Key: key, Label: c.Name, Scheme: p.scheme})
		p.rated[i] = p.Dimensions[len(p.Dimensions)-1]
	}
}

// knownDimension finds what a column rates among what the plan rates beside the first.
func (p *Proposal) knownDimension(i int) {
	c := &p.Columns[i]
	for _, d := range p.known.State.Dimensions[min(1, len(p.known.State.Dimensions)):] {
		if strings.EqualFold(d.Label, c.Name) || d.Key == domain.Slug(c.Name) {
			p.Dimensions, p.rated[i] = p.known.State.Dimensions, d
			return
		}
	}
	c.Field, c.Why = "", "the plan rates nothing that is called so"
	p.problem(c.Place, "call the column as the plan does, or rate by hand", "the column %s rates something that the plan does not: nothing of it is recorded", quoted(c.Name))
}

// more reads the row's ratings in further dimensions.
func (rr *rowReader) more(r row, out *Row) {
	for i, col := range rr.p.Columns {
		d, ok := rr.p.rated[i]
		if !ok || col.Field != FieldMore {
			continue
		}
		if i >= len(r.cells) || r.cells[i].blank() && r.cells[i].fill == "" {
			continue
		}
		c := r.cells[i]
		got := Rating{Words: strings.TrimFunc(c.text, unseen), Place: c.place(), Sure: "stated", Dimension: d.Key}
		if got.Value, got.Why = newVocabulary(d.Scheme, nil).rating(c.text); c.blank() {
			got.Value, got.Why = rr.fill(c)
			got.Sure = "legend"
		}
		if got.Value == "" {
			got.Sure, got.Why = "unreadable", "it is no rating of the scheme "+d.Scheme.ID
			rr.p.problem(c.place(), "use a word of the scheme, or choose another with --scheme", "the rating %s of row %d in the column %s is left out", quoted(got.Words), out.N, quoted(col.Name))
		}
		out.More = append(out.More, got)
	}
}

// fill is the rating that a key in the file gives to the colour behind a cell.
func (rr *rowReader) fill(c cell) (value, why string) {
	if l, ok := rr.t.legend[c.fill]; ok && l.key != "" {
		return l.key, "the key at " + l.place + " gives its colour the word " + quoted(l.words)
	}
	return "", ""
}

// filled reads a cell of ratings that is a colour without a word: by a key that the file states, or not at all.
func (rr *rowReader) filled(c cell, col Column, out *Row) Rating {
	got := Rating{Words: "colour " + c.fill, Place: c.place(), Sure: "legend"}
	if got.Value, got.Why = rr.fill(c); got.Value != "" {
		return got
	}
	got.Sure, got.Why = "unreadable", "it is a colour without a word, and no key in the file explains the colour"
	rr.p.problem(c.place(), "write the rating's word into the cell, or put a key of the colours above the table",
		"the rating of row %d in the column %s is a colour without a word (%s), and no key in the file explains it: it is left out", out.N, quoted(col.Name), c.fill)
	rr.keep(out)
	return got
}

// carryOn reads a row whose action is merged with the one above it: what else it says goes with that item, as progress.
func (rr *rowReader) carryOn(r row) {
	p := rr.p
	out := &p.Rows[len(p.Rows)-1]
	for i, c := range r.cells {
		if c.above || c.blank() || i >= len(p.Columns) {
			continue
		}
		switch p.Columns[i].Field {
		case FieldReason, FieldProgress, FieldOutcome:
			out.Progress = append(out.Progress, c.text)
		default:
			p.problem(c.place(), "give the row an action of its own, or record it by hand", "row %d goes on over several rows: %s under %s is left out", out.N, quoted(c.text), rr.name(i))
		}
	}
}
