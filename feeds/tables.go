package feeds

import (
	"context"
	"strconv"

	"plantrail/domain"
)

// Table is a flat table for tools that draw charts: named columns, each cell a text, the same as JSON and as CSV. Columns
// are only ever added, at the end. A row is final: what mends it is a row of the table corrections.
type Table struct {
	Name    string
	Columns []string
	row     func(domain.Recorded) []string
}

// Tables are those that are made of events. With a cursor only what came since is read.
var Tables = []Table{
	{"rating-changes", []string{"position", "event", "plan", "item", "dimension", "scheme", "from", "to", "meaning", "owed", "stated", "recorded", "actor", "body"}, ratingRow},
	{"dates-moved", []string{"position", "event", "plan", "item", "from", "to", "days", "stated", "recorded", "actor", "body"}, dateRow},
	{"corrections", []string{"position", "event", "plan", "item", "corrects", "entry", "field", "value", "meaning", "stated", "recorded", "actor", "body"}, correctionRow},
}

// FindTable finds a table by name.
func FindTable(name string) (Table, bool) {
	for _, t := range Tables {
		if t.Name == name {
			return t, true
		}
	}
	return Table{}, false
}

// counting reads what counts: the events of a command when the last of its parts is there. Its place stays before the first
// part of a command that is not complete: who goes on from there misses none of them, and gets what came meanwhile again. The
// reader's query may name plans, nothing else: a command's parts are needed whole.
type counting struct {
	r       *Reader
	gathers map[domain.PlanID]*domain.Gather
	open    int // plans with a command that is not complete
	settled mark
}

// next is what counts among the next events. caught says that there is no more.
func (c *counting) next(ctx context.Context) (counts []domain.Recorded, caught bool, err error) {
	items, caught, err := c.r.Next(ctx, pageful)
	if err != nil {
		return nil, false, err
	}
	for _, it := range items {
		counts = append(counts, c.add(it)...)
		if c.open == 0 {
			c.settled = it.mark
		}
	}
	if c.open == 0 {
		c.settled = c.r.mark
	}
	return counts, caught, nil
}

func (c *counting) add(it Item) []domain.Recorded {
	g := c.gathers[it.Plan]
	if g == nil {
		g = &domain.Gather{}
		c.gathers[it.Plan] = g
	}
	c.open -= min(1, len(g.Pending()))
	counts := g.Add(it.Recorded)
	c.open += min(1, len(g.Pending()))
	return counts
}

// Rows reads a table's rows after the reader's place, about so many events on, and gives the cursor after them. A command is
// read to its end, however many parts it has: each page moves the cursor on. What came while it was recorded may come again,
// so whoever keeps the table replaces rows by their position, which is unique.
func (t Table) Rows(ctx context.Context, r *Reader, most int, subscriber string) (rows [][]string, cursor string, caught bool, err error) {
	from := r.mark.at
	c := &counting{r: r, gathers: map[domain.PlanID]*domain.Gather{}, settled: r.mark}
	for n := 0; !caught && (n < most || c.settled.at == from); n += pageful {
		var counts []domain.Recorded
		if counts, caught, err = c.next(ctx); err != nil {
			return nil, "", false, err
		}
		for _, one := range counts {
			if row := t.row(one); row != nil {
				rows = append(rows, row)
			}
		}
	}
	return rows, r.f.format(c.settled, subscriber), caught, nil
}

func who(r domain.Recorded) (stated, recorded, actor, body string) {
	if r.Authority != nil {
		body = r.Authority.Body
	}
	return r.Stated.String(), r.RecordedAt.UTC().Format("2006-01-02T15:04:05.000000Z"), string(r.Actor.ID), body
}

func place(r domain.Recorded) []string {
	return []string{strconv.FormatUint(uint64(r.Position), 10), string(r.ID), string(r.Plan), string(r.Item())}
}

func finish(row []string, r domain.Recorded) []string {
	stated, recorded, actor, body := who(r)
	return append(row, stated, recorded, actor, body)
}

func ratingRow(r domain.Recorded) []string {
	e, ok := r.Event.(*domain.RatingChanged)
	if !ok {
		return nil
	}
	return finish(append(place(r), e.Dimension, e.Scheme, e.From, e.To, string(e.Meaning), strconv.FormatBool(e.Owed)), r)
}

func dateRow(r domain.Recorded) []string {
	e, ok := r.Event.(*domain.DueDateMoved)
	if !ok {
		return nil
	}
	days := ""
	if e.From.Known() && e.To.Known() {
		days = strconv.Itoa(int(e.To.End().Sub(e.From.End()).Hours() / 24))
	}
	return finish(append(place(r), e.From.String(), e.To.String(), days), r)
}

func correctionRow(r domain.Recorded) []string {
	e, ok := r.Event.(*domain.EntryCorrected)
	if !ok {
		return nil
	}
	return finish(append(place(r), string(e.Corrects), strconv.FormatUint(uint64(e.Entry), 10), e.Field, e.Value, string(e.Meaning)), r)
}
