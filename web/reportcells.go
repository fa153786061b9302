package web

import (
	"reflect"
	"strings"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/sheets"
)

var reportType = reflect.TypeFor[sheets.Report]()

// columns makes headings of names; one with ~ before it is wide.
func columns(names ...string) []sheets.Heading {
	all := make([]sheets.Heading, len(names))
	for i, n := range names {
		all[i] = sheets.Heading{Name: strings.TrimPrefix(n, "~"), Wide: strings.HasPrefix(n, "~")}
	}
	return all
}

func row(s *sheets.Section, cells ...sheets.Cell) { s.Rows = append(s.Rows, cells) }

func dateCell(d domain.Date) sheets.Cell {
	c := sheets.Cell{Kind: sheets.DateCell}
	switch {
	case d.Known():
		c.Text, c.Date = d.Words(), d.String()
	case !d.IsZero():
		c.Text = d.Words()
	}
	return c
}

func ratingCell(r projections.RatingView) sheets.Cell {
	return sheets.Cell{Kind: sheets.RatingCell, Text: r.Label, Colour: r.Colour, Shape: r.Shape}
}

func valueCell(v domain.Value, otherwise string) sheets.Cell {
	if v.Label == "" {
		return sheets.Words(otherwise)
	}
	return sheets.Cell{Kind: sheets.RatingCell, Text: v.Label, Colour: v.Colour, Shape: v.Shape}
}

// itemCell names an item as it is printed: by its reference where it has one, and by its id, which commands take.
func itemCell(plan domain.PlanID, item domain.ItemID, ref string) sheets.Cell {
	c := sheets.Cell{Kind: sheets.LinkCell, Text: string(item), Href: "/plans/" + string(plan) + "/items/" + string(item)}
	if ref != "" && ref != string(item) {
		c.Text = ref + " (" + string(item) + ")"
	}
	return c
}

func (r *reporting) item(it projections.ItemView) sheets.Cell {
	return itemCell(r.plan, it.Item, it.Ref)
}

// first is the rating in the plan's first dimension; nth counts from 0.
func nth(it projections.ItemView, dimensions []domain.Dimension, n int) projections.RatingView {
	if n < len(dimensions) {
		for _, rating := range it.Ratings {
			if rating.Dimension == dimensions[n].Key {
				return rating
			}
		}
	}
	return projections.RatingView{}
}

// said is a statement in people's words.
func said(s *projections.Statement) string {
	if s == nil {
		return ""
	}
	return plainWords(s.Words)
}

func marksOf(v projections.PlanView) map[string]domain.Value {
	marks := map[string]domain.Value{}
	schemes := append([]domain.Scheme{}, v.Retired...)
	for _, d := range v.Dimensions {
		schemes = append(schemes, d.Scheme)
	}
	for _, s := range schemes {
		for _, value := range s.Values {
			marks[value.Key] = value
		}
	}
	return marks
}

// done reports whether an item says that it is complete: by its state, its rating, or an outcome that was achieved.
func done(it projections.ItemView, dimensions []domain.Dimension) bool {
	switch it.State {
	case domain.ItemClaimed, domain.ItemVerified, domain.ItemClosed:
		return true
	}
	return nth(it, dimensions, 0).Meaning.Complete() || it.Outcome != nil && it.Outcome.Result == domain.Achieved
}

// open reports whether work on an item goes on.
func open(it projections.ItemView, dimensions []domain.Dimension) bool {
	return !it.State.Ended() && !done(it, dimensions)
}

// overdue reports whether an open item's date has passed on a day.
func (r *reporting) overdue(it projections.ItemView) bool {
	return open(it, r.view.Dimensions) && it.Due.Known() && !it.Due.End().After(r.day.Start())
}

// action reports whether an item is work to be done: no recommendation, measure or standing duty.
func action(it projections.ItemView) bool {
	return it.Kind == domain.Action || it.Kind == domain.Milestone
}

// openRequests are the requests about an item that nobody has answered or withdrawn.
func openRequests(v projections.PlanView, item domain.ItemID) (all []projections.RequestView) {
	for _, q := range v.Requests {
		if q.Item == item && q.Answer == nil && q.Withdrawn == nil {
			all = append(all, q)
		}
	}
	return all
}
