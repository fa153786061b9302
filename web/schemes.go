package web

import (
	"context"
	"strconv"

	"plantrail/domain"
)

// schemesAnswer is the presets, for a body that looks for its own key among them.
type schemesAnswer struct {
	Schemes []domain.SchemeSet `json:"schemes"`
}

func (s *Server) registerSchemes() {
	query(s, "/v1/schemes", about{id: "list-schemes", tag: "questions", summary: "The preset rating schemes", csv: true,
		text: "Keys that councils print, each value with what it means: amber is on track in one and a month behind in another. Their ids are what open-plan and set-schemes take as scheme."},
		func(context.Context, *plansInput) (schemesAnswer, error) {
			return schemesAnswer{domain.SchemeSets()}, nil
		})
}

func schemesTable(all []domain.SchemeSet) ([]string, [][]string) {
	header := []string{"scheme", "title", "dimension", "key", "label", "colour", "shape", "meaning", "says", "behind_from", "behind_to", "percent_from", "percent_to"}
	var rows [][]string
	for _, set := range all {
		for _, d := range set.Dimensions {
			for _, v := range d.Scheme.Values {
				row := []string{set.ID, set.Title, d.Key, v.Key, v.Label, v.Colour, v.Shape, string(v.Meaning), v.Says}
				for _, rule := range v.Rules() { // one row for each, so that a cell is one figure
					rows = append(rows, append(row[:len(row):len(row)], bound(rule.BehindFrom), bound(rule.BehindTo), bound(rule.PercentFrom), bound(rule.PercentTo)))
				}
				if len(v.Rules()) == 0 {
					rows = append(rows, append(row, "", "", "", ""))
				}
			}
		}
	}
	return header, rows
}

func bound(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}
