package sheets

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
)

// ofFigures reports whether a rule reads columns of figures, whose names may give a year or a month.
func (r rule) ofFigures() bool { return isFigures(r.field) }

func isFigures(f Field) bool { return f == FieldBaseline || f == FieldTarget || f == FieldReading }

var aPeriod = regexp.MustCompile(`^(?:(?:20)?\d\d|q[1-4])$`)

// ofPeriod reports whether a word of a name is part of a period: "2025", "26", "March".
func ofPeriod(word string) bool { return aPeriod.MatchString(word) || isMonth(word) }

// takeMeasure decides whose the figures of a table are. Where a column says what is measured and none what is to be done, the
// rows are measures; else a measure stands beside its action.
func takeMeasure(columns []Column, said []meaning) {
	at := column(columns, FieldMeasure)
	switch figured := slices.ContainsFunc(columns, func(c Column) bool { return isFigures(c.Field) }) ||
		slices.ContainsFunc(said, func(m meaning) bool { return m.field == FieldReading }); {
	case at < 0:
		return
	case !figured && !columns[at].given:
		columns[at].Field, columns[at].Why = "", "no column has figures of it"
		return
	}
	title := column(columns, FieldTitle)
	if title >= 0 && (said[title].given || said[title].rank == 0 || aimLevel(columns[title].Name) == "recommendation") {
		return
	}
	if title >= 0 {
		columns[title].Field = ""
	}
	columns[at].Field, columns[at].measures, columns[at].Why = FieldTitle, true, "it says what is measured, and no column what is to be done: the rows are measures"
}

// ofMeasures reports whether the rows are measures.
func ofMeasures(columns []Column) bool {
	return slices.ContainsFunc(columns, func(c Column) bool { return c.measures })
}

// figured looks at what stands in the columns of figures: the name alone does not say whether a target is a date.
func (t *table) figured() {
	if !ofMeasures(t.columns) && !slices.ContainsFunc(t.columns, func(c Column) bool { return isFigures(c.Field) }) {
		return
	}
	t.namesFirst()
	for i := range t.columns {
		c := &t.columns[i]
		dates, figures, either := t.readsAs(i)
		switch {
		case c.given && c.Field != "":
		case c.Field == FieldTarget:
			t.targetOrDue(c, dates, figures, either)
		case isFigures(c.Field) && figures+either == 0 && t.filled(i):
			c.Field, c.Why, c.undecided = "", "no figure stands in it", true
		case c.Field == "" && !c.given && figures > 0 && dates == 0 && barePeriod(c.Name):
			c.Field, c.Why = FieldReading, "it is called by a period, and figures stand in it"
		case c.Field == FieldProgress && figures+either > 0 && !t.worded(i):
			c.Field, c.Why = FieldReading, "nothing but figures stands in it"
		}
	}
	t.secondTarget()
}

// secondTarget takes another column for the target that was passed over for one that has dates.
func (t *table) secondTarget() {
	for i := range t.columns {
		c := &t.columns[i]
		m, _ := vocabulary{}.meaning(c.Name)
		if _, figures, _ := t.readsAs(i); c.Field == "" && !c.given && !c.undecided && m.field == FieldTarget && figures > 0 && column(t.columns, FieldTarget) < 0 {
			dates, figures, either := t.readsAs(i)
			c.Field = FieldTarget
			t.targetOrDue(c, dates, figures, either)
		}
	}
}

// worded reports whether a column has cells that are no figures.
func (t *table) worded(column int) bool {
	return slices.ContainsFunc(t.rows, func(r row) bool {
		if column >= len(r.cells) || noFigure(r.cells[column].text) {
			return false
		}
		_, figured := parseFigure(r.cells[column].text)
		return !figured
	})
}

// namesFirst swaps a column of measures that holds references, and the column that has their words.
func (t *table) namesFirst() {
	at := slices.IndexFunc(t.columns, func(c Column) bool { return c.measures })
	if at < 0 || column(t.columns, FieldRef) >= 0 || !t.refs(at) {
		return
	}
	for i, c := range t.columns {
		if m, _ := (vocabulary{}).meaning(c.Name); c.Field == "" && m.field == FieldTitle {
			t.columns[i].Field, t.columns[i].measures, t.columns[i].Why = FieldTitle, true, "it has the words of the measures"
			t.columns[at].Field, t.columns[at].measures, t.columns[at].Why = FieldRef, false, "all its cells look like references"
			return
		}
	}
}

// readsAs counts the cells of a column that are dates, figures, or may be either.
func (t *table) readsAs(column int) (dates, figures, either int) {
	for _, r := range t.rows {
		if column >= len(r.cells) || noFigure(r.cells[column].text) {
			continue
		}
		switch date, figured := reads(r.cells[column].text); {
		case date && figured:
			either++
		case date:
			dates++
		case figured:
			figures++
		}
	}
	return dates, figures, either
}

func (t *table) filled(column int) bool {
	return slices.ContainsFunc(t.rows, func(r row) bool { return column < len(r.cells) && !noFigure(r.cells[column].text) })
}

// targetOrDue decides whether a column "Target" has dates or figures, by what stands in it. Where both do, or what does may
// be either, nobody can say.
func (t *table) targetOrDue(c *Column, dates, figures, either int) {
	switch {
	case dates == 0 && figures > 0:
		c.Why = "figures stand in it, and no date"
	case dates > 0 && figures == 0 && column(t.columns, FieldDue) < 0:
		c.Field, c.Why = FieldDue, "dates stand in it, and no figure"
	case dates > 0 && figures == 0:
		c.Field, c.Why, c.undecided = "", "another column is taken as the due", true
	case dates+figures+either > 0:
		c.Field, c.Why, c.undecided = "", "dates and figures stand in it, or what may be either", true
		name := c.Name
		t.problem(c.Place, "say which with --column '"+name+"=due' or --column '"+name+"=target'",
			"the column "+quoted(name)+" has dates and figures, or what may be either, such as a year: nothing is recorded of it")
	default:
		c.undecided = true
	}
}

// barePeriod reports whether a column is called by a period alone: "Q1", "March 2026", "2024/25".
func barePeriod(name string) bool {
	words := nameWords(name)
	return len(words) > 0 && periodOf(name).some && !slices.ContainsFunc(words, func(w string) bool { return !ofPeriod(w) })
}

// measure reads the figures of a row. A row of a table of actions without one has no measure.
func (rr *rowReader) measure(r row, out *Row) {
	own := ofMeasures(rr.p.Columns)
	f := figures{rr: rr, row: r, out: out, m: &Measured{Place: out.Place, Title: out.Title, beside: !own}}
	m := f.m
	m.Baseline, _ = f.one(FieldBaseline)
	m.Target, _ = f.one(FieldTarget)
	for i, c := range rr.p.Columns {
		if c.Field == FieldReading && i < len(r.cells) {
			f.reading(r.cells[i], c)
		}
	}
	if m.Baseline == "" && m.Target == "" && len(m.Readings) == 0 && !own {
		return
	}
	f.words()
	f.way()
	if f.united() {
		f.dated()
		out.Measure = m
	}
}

// figures reads the cells of one row that hold figures.
type figures struct {
	rr     *rowReader
	row    row
	out    *Row
	m      *Measured
	units  []string
	plain  []string // cells of a figure up to 1 without a unit: of a share nobody can say whether it is a part or per cent
	better domain.Better
	torn   bool // its signs say both ways
}

func (f *figures) one(field Field) (domain.Amount, bool) {
	c, col, ok := f.rr.cell(f.row, field)
	if !ok {
		return "", false
	}
	got, ok := f.read(c, col)
	if got.noted && ok {
		f.rr.p.problem(c.place(), "nothing, or keep them as progress by hand", "of %s in the column %s the figure is recorded, the words in brackets are not", quoted(c.text), quoted(col.Name))
	}
	return got.amount, ok
}

func (f *figures) read(c cell, col Column) (figure, bool) {
	if noFigure(c.text) {
		return figure{}, false
	}
	got, ok := parseFigure(c.text)
	if !ok {
		f.rr.p.problem(c.place(), "write it as 85%, 17 days or 20-22; what it says in words can be kept as progress", "%s of row %d in the column %s is no figure: it is left out",
			quoted(c.text), f.out.N, quoted(col.Name))
		return figure{}, false
	}
	unit := got.unit
	for _, sign := range []string{"£", "%"} {
		if unit == "" && strings.Contains(col.Name, sign) {
			unit = sign
		}
	}
	switch {
	case unit == "" && isShare(got.amount):
		f.plain = append(f.plain, c.place()+": "+quoted(c.text))
	case unit != "" && !slices.Contains(f.units, unit):
		f.units = append(f.units, unit)
	}
	if got.better != "" && f.better != "" && got.better != f.better {
		f.torn = true
	}
	if got.better != "" {
		f.better = got.better
	}
	return got, true
}

// isShare reports whether a figure may be a part of one.
func isShare(a domain.Amount) bool {
	low, high := a.Range()
	return low == high && low > 0 && low <= 1
}

func (f *figures) reading(c cell, col Column) {
	better, torn := f.better, f.torn
	got, ok := f.read(c, col)
	f.better, f.torn = better, torn // "over 90" of a reading is no wish
	if !ok {
		return
	}
	r := Reading{Value: got.amount, Words: squash(c.text), Place: c.place(), signed: got.unit != ""}
	if p := periodOf(col.Name); p.some {
		r.Period, r.On, r.Words = col.Name, p.on, col.Name+": "+r.Words
		if p.on.IsZero() {
			r.On = domain.Unstated
		}
	}
	if r.Words == string(r.Value) {
		r.Words = ""
	}
	f.m.Readings = append(f.m.Readings, r)
}

// words are what the measure is called, its unit and the way that columns of their own say.
func (f *figures) words() {
	if c, _, ok := f.rr.cell(f.row, FieldMeasure); ok && !c.blank() {
		f.m.Title, f.m.named = strings.TrimFunc(c.text, unseen), true
	} else if f.m.beside {
		f.m.Title = "Figures of: " + f.m.Title
	}
	if c, _, ok := f.rr.cell(f.row, FieldUnit); ok && !c.blank() && len(squash(c.text)) <= 64 {
		f.units = []string{squash(c.text)}
	}
}

// way is which way is better, where signs or a column say it.
func (f *figures) way() {
	c, col, ok := f.rr.cell(f.row, FieldBetter)
	words := strings.ToLower(squash(c.text))
	high := contains(words, "high") || contains(words, "higher") || contains(words, "up") || contains(words, "increase") || contains(words, "maximise") || contains(words, "bigger")
	low := contains(words, "low") || contains(words, "lower") || contains(words, "down") || contains(words, "decrease") || contains(words, "minimise") || contains(words, "smaller")
	switch {
	case ok && high != low:
		f.better = wayOf(map[bool]string{true: "higher"}[high])
	case ok && !c.blank():
		f.rr.p.problem(c.place(), "write Higher is better or Lower is better", "%s of row %d in the column %s does not say which way is better", quoted(c.text), f.out.N, quoted(col.Name))
	case f.torn:
		f.better = ""
	}
	f.m.Better = f.better
}

// united sees to it that the figures of a row are of one unit.
func (f *figures) united() bool {
	switch {
	case len(f.units) > 1:
		f.rr.p.problem(f.m.Place, "give its figures in one unit", "the figures of row %d are of different units (%s): none of them is recorded", f.out.N, strings.Join(f.units, ", "))
		return false
	case len(f.units) == 1 && f.units[0] == "%" && len(f.plain) > 0 && f.signed():
		f.rr.p.problem(f.m.Place, "write it with its sign: 85%", "row %d has figures in %% and others that may be parts of one (%s): none of them is recorded", f.out.N, strings.Join(f.plain, ", "))
		return false
	case len(f.units) == 1:
		f.m.Unit = f.units[0]
	}
	return true
}

// signed reports whether the unit stands in a cell, and not in a column of its own.
func (f *figures) signed() bool { return column(f.rr.p.Columns, FieldUnit) < 0 }

// dated gives the readings their dates. A period whose year is not said has none, but for the last one: it is what the paper
// gives as now.
func (f *figures) dated() {
	m := f.m
	for i := range m.Readings {
		r := &m.Readings[i]
		if r.On == domain.Unstated && i == len(m.Readings)-1 || r.On.Known() && f.rr.p.stated().Known() && r.On.Start().After(f.rr.p.stated().Start()) {
			r.On = domain.Date{}
		}
	}
	if !slices.ContainsFunc(m.Readings, func(r Reading) bool { return r.On == domain.Unstated }) {
		slices.SortStableFunc(m.Readings, func(a, b Reading) int { return whenRead(a).Compare(whenRead(b)) })
	}
	if n := len(m.Readings); n > 0 {
		m.Now = m.Readings[n-1].Value
	}
}

// whenRead orders readings: what the paper gives as now comes after all that it gives of a period.
func whenRead(r Reading) time.Time {
	if r.On.IsZero() {
		return time.Unix(1<<40, 0)
	}
	return r.On.Start()
}

// Says is what the paper says of a measure, in words: "baseline 40, target 80, now 55 (%)".
func (m *Measured) Says() string {
	var words []string
	for _, part := range []struct{ name, amount string }{{"baseline", m.Baseline.Words()}, {"target", m.Target.Words()}, {"now", m.Now.Words()}} {
		if part.amount != "" {
			words = append(words, part.name+" "+part.amount)
		}
	}
	if m.Unit != "" && len(words) > 0 {
		words[len(words)-1] += " (" + m.Unit + ")"
	}
	switch m.Better {
	case "":
	case domain.Within:
		words = append(words, "best within the target")
	default:
		words = append(words, string(m.Better)+" is better")
	}
	return strings.Join(words, ", ")
}
