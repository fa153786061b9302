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

// Rows reads a table's rows after the reader's place, at most so many events on, and gives the cursor after them. Events of
// a command count when the last of its parts is there: until then the cursor stays before the first of them, and what came
// meanwhile comes again. So whoever keeps the table replaces rows by their position, which is unique. The reader's query may
// name plans, nothing else: a command's parts are needed whole.
func (t Table) Rows(ctx context.Context, r *Reader, most int, subscriber string) (rows [][]string, cursor string, caught bool, err error) {
	settled := r.mark
	gathers, open := map[domain.PlanID]*domain.Gather{}, 0
	for n := 0; n < most && !caught; n += pageful {
		var items []Item
		if items, caught, err = r.Next(ctx, pageful); err != nil {
			return nil, "", false, err
		}
		for _, it := range items {
			g := gathers[it.Plan]
			if g == nil {
				g = &domain.Gather{}
				gathers[it.Plan] = g
			}
			open -= min(1, len(g.Pending()))
			for _, counts := range g.Add(it.Recorded) {
				if row := t.row(counts); row != nil {
					rows = append(rows, row)
				}
			}
			open += min(1, len(g.Pending()))
			if open == 0 {
				settled = it.mark
			}
		}
		if open == 0 {
			settled = r.mark
		}
	}
	return rows, r.f.format(settled, subscriber), caught, nil
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
