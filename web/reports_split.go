package web

import (
	"fmt"
	"slices"
	"strings"

	"plantrail/domain"
	"plantrail/sheets"
)

// splittable are the reports whose rows each tell of one item: they can be split into what is public and what is exempt. The others
// count items, or tell of the plan.
var splittable = []string{"ambers", "exceptions", "changes", "received", "then-and-now", "recommendations", "dates-moved", "closed-without-evidence", "ended", "turned-green", "impact", "sign-off"}

// split leaves one part of a report: what may be published, or what of it is exempt, as for Schedule 12A of the Local Government
// Act 1972.
func (r *reporting) split(exempt, part string) error {
	if exempt == "" {
		if part != "" {
			return domain.Errorf(domain.Invalid, "exempt", "say which items are exempt").WithHint("as item-05,item-07")
		}
		return nil
	}
	if part == "" {
		part = string(domain.Public)
	}
	if part != string(domain.Public) && part != string(domain.Exempt) {
		return domain.Errorf(domain.Invalid, "part", "there is no such part").WithHint("public or exempt")
	}
	if !slices.Contains(splittable, r.Name) {
		return domain.Errorf(domain.Invalid, "exempt", "the report %s can't be split: it tells of the plan as a whole", r.Name).WithHint("these can: " + strings.Join(splittable, ", "))
	}
	away := map[string]bool{}
	for _, id := range strings.Split(exempt, ",") {
		item := itemOf(r.view, domain.ItemID(strings.TrimSpace(id)))
		if item == nil {
			return domain.Errorf(domain.NotFound, "exempt", "the plan has no item %.64q", id).WithHint("give ids, separated by commas")
		}
		away["/plans/"+string(r.plan)+"/items/"+string(item.Item)] = true
	}
	if err := r.repeats(away); err != nil {
		return err
	}
	for _, s := range r.parts {
		s.Rows = slices.DeleteFunc(s.Rows, func(row []sheets.Cell) bool {
			is := slices.ContainsFunc(row, func(c sheets.Cell) bool { return away[c.Href] })
			return is == (part == string(domain.Public))
		})
	}
	r.Class = fmt.Sprintf("Public: %d of %d items are exempt and left out", len(away), len(r.view.Items))
	if part == string(domain.Exempt) {
		r.Class = fmt.Sprintf("Exempt: not for publication; %d of %d items", len(away), len(r.view.Items))
	}
	r.exempt = " --exempt " + strings.ReplaceAll(exempt, " ", "") + " --part " + part
	return nil
}

// repeats refuses to publish an item whose reason is that of an exempt one: its words would stand in the public part.
func (r *reporting) repeats(away map[string]bool) error {
	for _, it := range r.view.Items {
		for _, rating := range it.Ratings {
			if rating.SameAs != "" && away["/plans/"+string(r.plan)+"/items/"+string(rating.SameAs)] && !away[r.item(it).Href] {
				return domain.Errorf(domain.Refused, "exempt", "the item %s repeats the reason of %s, which is exempt", it.Item, rating.SameAs).WithHint("make both exempt, or give the item a reason of its own")
			}
		}
	}
	return nil
}
