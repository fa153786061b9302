package sheets

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"plantrail/domain"
)

// recognise gives the cells of a table their meanings.
func (p *Proposal) recognise(t table, v vocabulary) {
	p.Columns, p.Resolutions = t.columns, t.resolutions
	p.Problems = append(p.Problems, t.problems...)
	reader := rowReader{p: p, v: v, t: &t}
	reader.columns()
	p.levels(t)
	p.dimensions(t)
	for _, r := range t.rows {
		reader.read(r)
	}
	reader.untaken()
	if reader.unrated > 0 && reader.unrated == reader.items {
		reader.noRatings()
	}
	p.Problems = append(p.Problems, reader.empty...)
	p.unknownWords()
	p.number()
	p.link()
	if p.known == nil {
		p.numberMeasures()
	}
	p.offerMeasures(t.measures)
	for i := range p.Rows {
		r := &p.Rows[i]
		p.offerDue(r)
		if p.known == nil {
			p.offerBetter(r)
		}
		if p.Format == "minutes" {
			if r.Level == "action" {
				p.offerRequests(r, r.Title, r.Place)
			}
			continue // what officers said on the whole is no request about one item
		}
		for _, words := range append([]string{r.Reason}, r.Progress...) {
			p.offerRequests(r, words, r.reasonPlace())
		}
	}
	slices.SortStableFunc(p.Offers, func(a, b Offer) int { return a.Row - b.Row })
	p.list(t.unread)
	p.duplicates()
}

// rowReader reads rows of one table.
type rowReader struct {
	p       *Proposal
	v       vocabulary
	t       *table
	items   int       // rows that are no headings
	unrated int       // rows whose cell in the rating column is empty
	empty   []Problem // one for each of them
	above   heads
}

// columns names the columns of which nothing is recorded although something stands in them.
func (rr *rowReader) columns() {
	var left []string
	for i, c := range rr.p.Columns {
		if c.Field == "" && !isMonth(c.Name) && slices.ContainsFunc(rr.t.rows, func(r row) bool { return i < len(r.cells) && !r.cells[i].blank() }) {
			left = append(left, rr.name(i))
		}
	}
	if len(left) > 0 {
		rr.p.problem(rr.p.Columns[0].Place, "nothing, or give a column one of the known names", "nothing is recorded of what stands in the columns %s", strings.Join(left, ", "))
	}
	if column(rr.p.Columns, FieldRating) < 0 && rr.t.forAll.Value == "" {
		rr.p.problem(rr.p.Columns[0].Place, "rate the items by hand, or add a column RAG", "no column and no header gives ratings: the items are recorded without")
	}
}

func (rr *rowReader) name(i int) string {
	if name := rr.p.Columns[i].Name; name != "" {
		return quoted(name)
	}
	return "number " + strconv.Itoa(i+1)
}

// cell is the row's cell of a field.
func (rr *rowReader) cell(r row, f Field) (cell, Column, bool) {
	i := column(rr.p.Columns, f)
	if i < 0 || i >= len(r.cells) {
		return cell{line: r.cells[0].line}, Column{}, false
	}
	return r.cells[i], rr.p.Columns[i], true
}

func (rr *rowReader) read(r row) {
	if head, ok := rr.heading(r); ok {
		rr.above.wait(head, rr)
		return
	}
	title := rr.title(r)
	if title.above && rr.items > 0 {
		rr.carryOn(r)
		return
	}
	if title.blank() {
		rr.untitled(r)
		return
	}
	p := rr.p
	under := rr.under(r)
	rr.items++
	out := Row{N: len(p.Rows) + 1, Place: r.place(), Title: strings.TrimFunc(title.text, unseen), reasonFrom: r.place(), under: under, Level: p.lowest()}
	if isBackRef(title.text) || rr.isChange(title.text) {
		p.fatal(title.place(), "compare the rows with the paper, and put the missing cell in", "the action of row %d reads like a reason: %s; is a cell missing above it?", out.N, quoted(title.text))
	}
	if level, _, ok := rr.cell(r, FieldLevel); ok {
		out.Level = level.text
	}
	out.Ref = rr.ref(r)
	if rr.t.ownRefs {
		out.Ref, out.Title = cutOwnRef(out.Title)
	}
	if owner, _, ok := rr.cell(r, FieldOwner); ok {
		out.Owner = strings.TrimFunc(owner.text, unseen)
	}
	rr.lostCells(r, &out)
	rr.dates(r, &out)
	rr.months(r, &out)
	rr.reasons(r, &out)
	rr.percent(r, &out)
	rr.measure(r, &out)
	out.Source = rr.source(r, FieldTitle)
	out.Rating = rr.rated(r, &out)
	rr.more(r, &out)
	rr.outcome(r, &out)
	rr.changes(&out)
	for i := len(p.Columns); i < len(r.cells); i++ {
		if !r.cells[i].blank() {
			p.problem(r.cells[i].place(), "look for a separator too many, or give the column a name", "row %d has more cells than the header: %s is left out", out.N, quoted(r.cells[i].text))
		}
	}
	p.Rows = append(p.Rows, out)
}

// untitled deals with a row that says nothing to be done: a heading, or a row that can't be read.
func (rr *rowReader) untitled(r row) {
	if aim, _, ok := rr.cell(r, FieldAim); ok && !aim.blank() && !aim.above {
		rr.under(r) // an aim without an action
		return
	}
	if only, ok := r.only(); ok && len(rr.p.Columns) > 2 {
		rr.t.unread = append(rr.t.unread, only)
		return
	}
	var words []string
	for _, c := range r.cells {
		if !c.blank() {
			words = append(words, brief(c.text))
		}
	}
	rr.p.problem(r.place(), "give the row its action, or join it to the row it belongs to", "the row has no action and is left out: %s", brief(strings.Join(words, " | ")))
}

func (rr *rowReader) isChange(text string) bool {
	_, to, _ := rr.v.change(text)
	return to != "" && len(text) < 40
}

func (rr *rowReader) ref(r row) string {
	c, _, ok := rr.cell(r, FieldRef)
	ref := strings.TrimFunc(c.text, unseen)
	if ok && (len(ref) > 64 || strings.ContainsAny(ref, "\n\t")) {
		rr.p.problem(c.place(), "shorten it to 64 characters on one line", "the reference %s is left out: it is too long or goes over several lines", quoted(ref))
		return ""
	}
	return ref
}

func (rr *rowReader) dates(r row, out *Row) {
	if c, col, ok := rr.cell(r, FieldMeeting); ok {
		out.Stated = rr.p.due(c, col.Name)
	}
	if c, col, ok := rr.cell(r, FieldDue); ok {
		var ends domain.Date
		if out.Due, ends = rr.dueBy(c, col.Name, out); !ends.IsZero() {
			out.ends = true
			rr.p.Offers = append(rr.p.Offers, Offer{ID: offerID("due", out.N), Row: out.N, Place: c.place(), Date: ends,
				What: "due date " + ends.Words(), Why: "it is the month with which " + quoted(c.text) + " ends"})
		}
	}
	c, col, ok := rr.cell(r, FieldDueNow)
	if !ok {
		return
	}
	now, ends := rr.dueBy(c, col.Name, out)
	if now.IsZero() && !out.Due.IsZero() {
		now = ends
	}
	switch {
	case now.IsZero() || now == out.Due:
	case out.Due.IsZero():
		rr.p.problem(c.place(), "set the due date by hand", "the row has a later date, %s, and no original one: neither is recorded", quoted(c.text))
	default:
		rr.p.offerMove(out, now, c, col)
	}
}

// reasons keeps what is said of an item word for word, in the spacing of the paper.
func (rr *rowReader) reasons(r row, out *Row) {
	if c, _, ok := rr.cell(r, FieldReason); ok && !c.blank() {
		out.Reason, out.reasonFrom = c.text, c.place()
	}
	for i, col := range rr.p.Columns {
		if col.Field == FieldProgress && i < len(r.cells) && !r.cells[i].blank() {
			out.Progress = append(out.Progress, r.cells[i].text)
		}
	}
}

// percent reads how much of an item is done: "40" or "40%".
func (rr *rowReader) percent(r row, out *Row) {
	c, col, ok := rr.cell(r, FieldPercent)
	if !ok || c.blank() {
		return
	}
	text := strings.TrimSpace(strings.TrimSuffix(squash(c.text), "%"))
	share, err := strconv.ParseFloat(text, 64)
	whole := err == nil && share >= 0 && share <= 100 && share == math.Trunc(share)
	if !whole || share == 1 && text == squash(c.text) { // of 1 nobody can say whether it is all or a hundredth
		rr.p.problem(c.place(), "write it as 40%", "%s of row %d in the column %s is no percentage from 0%% to 100%%: it is left out", quoted(c.text), out.N, quoted(col.Name))
		return
	}
	done := int(share)
	out.Percent = &done
}

// source is the review that made the recommendation in the column of a field.
func (rr *rowReader) source(r row, f Field) string {
	c, _, ok := rr.cell(r, FieldSource)
	if !ok || recommended(rr.p.Columns) != f {
		return ""
	}
	return strings.TrimFunc(c.text, unseen)
}

// rated is the rating of a row as members received it. A row without one that can be read keeps its reason as progress.
func (rr *rowReader) rated(r row, out *Row) Rating {
	c, col, ok := rr.cell(r, FieldRating)
	if column(rr.p.Columns, FieldRating) < 0 {
		if rr.t.forAll.Value == "" {
			rr.keep(out)
			return Rating{}
		}
		return rr.t.forAll
	}
	got := Rating{Words: strings.TrimFunc(c.text, unseen), Place: c.place(), Sure: "stated"}
	switch {
	case ok && c.blank() && c.fill != "":
		return rr.filled(c, col, out)
	case !ok || c.blank():
		rr.unrated++
		got.Sure, got.Why = "unreadable", "the cell is empty"
		rr.empty = append(rr.empty, Problem{Place: c.place(), What: fmt.Sprintf("row %d has no rating", out.N),
			Todo: "rate it by hand; if it was a colour without a word, it was lost on the way"})
	default:
		got.Value, got.Why = rr.v.rating(c.text)
	}
	if got.Value == "" && got.Words != "" {
		got.Sure, got.Why = "unreadable", "it is no rating of the scheme "+rr.v.scheme.ID
		rr.p.problem(c.place(), "use a word of the scheme, or say which other one is yours with --scheme or --rating",
			"the rating %s of row %d in the column %s is none of %s: it is left out", quoted(got.Words), out.N, quoted(col.Name), strings.Join(rr.v.scheme.Keys(), ", "))
	}
	if got.Value == "" {
		rr.keep(out)
	}
	return got
}

// keep records a reason as progress where there is no rating that it could justify: no word is lost.
func (rr *rowReader) keep(out *Row) {
	if out.Reason != "" {
		if isBackRef(out.Reason) {
			rr.p.problem(out.reasonPlace(), "write out what it stands for", "%s points to another row: without a rating that it could justify, it is kept as progress in its own words", quoted(out.Reason))
		}
		out.Progress = append([]string{out.Reason}, out.Progress...)
		out.Reason = ""
	}
}

// noRatings says once that a whole column is empty, and in the other case for each row.
func (rr *rowReader) noRatings() {
	at := column(rr.p.Columns, FieldRating)
	rr.empty = []Problem{{Place: rr.p.Columns[at].Place,
		What: fmt.Sprintf("the column %s is empty in all %d rows: the ratings are unreadable", rr.name(at), len(rr.p.Rows)),
		Todo: "they may have been colours without words: write the words in, or rate the items by hand"}}
}

func (rr *rowReader) outcome(r row, out *Row) {
	c, _, ok := rr.cell(r, FieldOutcome)
	if !ok || c.blank() {
		return
	}
	switch strings.ToLower(strings.Trim(squash(c.text), ". ")) {
	case "achieved", "fully achieved":
		out.Result = domain.Achieved
	case "partly achieved", "partially achieved":
		out.Result = domain.PartlyAchieved
	case "not achieved":
		out.Result = domain.NotAchieved
	default:
		out.Progress = append(out.Progress, c.text)
		rr.p.problem(c.place(), "record the outcome by hand", "the outcome %s of row %d does not say achieved, partly achieved or not achieved: its words are recorded as progress", quoted(c.text), out.N)
		return
	}
	out.Outcome = c.text
}

// changes finds the change of rating that a row's reason reports.
func (rr *rowReader) changes(out *Row) {
	if out.Reason == "" || out.Rating.Value == "" {
		return
	}
	from, to, unsure := rr.v.change(out.Reason)
	received := out.Rating.Value
	switch {
	case unsure:
		rr.p.problem(out.reasonPlace(), "change the rating by hand, if it did change", "the reason of row %d sounds like a change of rating and is not plainly one: %s", out.N, quoted(out.Reason))
	case to == "" || to == received:
	case from != "" && from != received:
		rr.p.problem(out.reasonPlace(), "change the rating by hand, if it did change", "the reason of row %d reports a change from %s, but the row was received as %s: it is not recorded", out.N, from, received)
	default:
		out.Changes = []Change{{From: received, To: to, Words: out.Reason, Place: out.reasonPlace()}}
	}
}

func (r *Row) reasonPlace() string { return r.reasonFrom }

// number gives the items their ids, as wide as the highest number needs.
func (p *Proposal) number() {
	width := max(2, len(strconv.Itoa(len(p.Rows))))
	for i := range p.Rows {
		p.Rows[i].Item = domain.ItemID(fmt.Sprintf("item-%0*d", width, i+1))
		if under := p.Rows[i].under; under > 0 {
			p.Rows[i].Parent = p.Rows[under-1].Item // it stands above, so it has its id
		}
	}
}

// duplicates refuses two rows of one reference: nobody could say later which of them was meant.
func (p *Proposal) duplicates() {
	first := map[string]*Row{}
	for i := range p.Rows {
		r := &p.Rows[i]
		if r.Ref == "" {
			continue
		}
		if was := first[refKey(r.Ref)]; was != nil {
			p.fatal(r.Place, "give each row a reference of its own, or leave it empty", "the reference %s stands twice: %s (row %d) and %s (row %d)", quoted(r.Ref), was.Place, was.N, r.Place, r.N)
			continue
		}
		first[refKey(r.Ref)] = r
	}
}

// list names the lines outside the table.
func (p *Proposal) list(lines []cell) {
	slices.SortStableFunc(lines, func(a, b cell) int { return a.line - b.line })
	for i, l := range lines {
		if i == maxUnread {
			p.Unread = append(p.Unread, Line{l.place(), fmt.Sprintf("and %d more", len(lines)-i)})
			return
		}
		if !l.blank() {
			text := squash(l.text)
			if runes := []rune(text); len(runes) > 200 {
				text = string(runes[:200]) + "…"
			}
			p.Unread = append(p.Unread, Line{l.place(), text})
		}
	}
}
