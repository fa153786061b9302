package web

import (
	"strconv"
	"strings"

	"plantrail/domain"
	"plantrail/projections"
)

// itemsTable is a plan's items, a row for each of an item's ratings.
func itemsTable(all []projections.ItemView) ([]string, [][]string) {
	header := []string{"item", "ref", "level", "parent", "title", "state", "owner", "person", "due", "original_due", "due_moves",
		"dimension", "rating", "meaning", "since", "reason", "reason_by", "owed", "progress", "outcome", "outcome_words"}
	header = append(header, practiceColumns...)
	var rows [][]string
	for _, it := range all {
		what := []string{string(it.Item), it.Ref, it.Level, string(it.Parent), it.Title.Text, string(it.State), words(it.Owner),
			string(it.Person), it.Due.String(), it.Original.String(), strconv.Itoa(it.Moves)}
		came := []string{statement(it.Progress), "", ""}
		if it.Outcome != nil {
			came[1], came[2] = string(it.Outcome.Result), it.Outcome.Words.Text
		}
		ratings := it.Ratings
		if len(ratings) == 0 {
			ratings = []projections.RatingView{{}} // an item without a rating is a row, too
		}
		for _, r := range ratings {
			row := append(append([]string{}, what...), r.Dimension, r.Label, string(r.Meaning), r.Since.String(),
				statement(r.Reason), sayer(r.Reason), yesNo(r.Owed))
			rows = append(rows, append(append(row, came...), practiceCells(it)...))
		}
	}
	return header, rows
}

// practiceColumns stand after those that the table began with: columns are only ever added at the end.
var practiceColumns = []string{"kind", "start", "with", "percent", "due_asked", "claimed", "verified", "response", "links", "unit", "baseline", "target", "last", "direction",
	"carried_from", "since_there"}

func practiceCells(it projections.ItemView) []string {
	cells := []string{string(it.Kind), it.Start.String(), words(it.With), "", "", statement(it.Claimed), statement(it.Verified), "", links(it.Links)}
	if it.Percent != nil {
		cells[3] = strconv.Itoa(*it.Percent)
	}
	if it.Asked != nil {
		cells[4] = it.Asked.To.String()
	}
	if it.Response != nil {
		cells[7] = string(it.Response.Response)
	}
	m, from := projections.MeasureView{}, domain.Origin{}
	if it.Measure != nil {
		m = *it.Measure
	}
	if it.From != nil {
		from = *it.From
	}
	origin := strings.Trim(string(from.Plan)+"/"+string(from.Item), "/")
	return append(cells, m.Unit, string(m.Baseline), string(m.Target), string(m.Last), string(m.Direction), origin, from.Since.String())
}

func links(all []projections.LinkView) string {
	var said []string
	for _, l := range all {
		said = append(said, string(l.Relation)+" "+string(l.To))
	}
	return strings.Join(said, "; ")
}
