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
	var items []domain.ItemID
	for _, id := range strings.Split(exempt, ",") {
		items = append(items, domain.ItemID(strings.TrimSpace(id)))
	}
	if err := r.keepApart(items, domain.Classification(part)); err != nil {
		return err
	}
	away := map[string]bool{}
	for id := range r.apart {
		away[itemCell(r.plan, id, "").Href] = true
	}
	for _, s := range r.parts {
		s.Rows = slices.DeleteFunc(s.Rows, func(row []sheets.Cell) bool {
			return slices.ContainsFunc(row, func(c sheets.Cell) bool { return away[c.Href] }) == (r.part == domain.Public)
		})
	}
	named := strings.ReplaceAll(exempt, " ", "")
	if r.part == domain.Public {
		named = "ITEMS" // an id may say what the item is: the exempt part names them
	}
	r.exempt = " --exempt " + named + " --part " + part
	return nil
}

// keepApart says which items are exempt, and which part is told of: what may be published, or they alone.
func (r *reporting) keepApart(items []domain.ItemID, part domain.Classification) error {
	r.apart, r.part = map[domain.ItemID]bool{}, part
	for _, id := range items {
		if itemOf(r.view, id) == nil {
			return domain.Errorf(domain.NotFound, "exempt", "the plan has no item %.64q", id).WithHint("give ids, separated by commas")
		}
		r.apart[id] = true
	}
	r.Class = fmt.Sprintf("Public: %d of %d items are exempt and left out", len(r.apart), len(r.view.Items))
	if part == domain.Exempt {
		r.Class = fmt.Sprintf("Exempt: not for publication; %d of %d items", len(r.apart), len(r.view.Items))
	}
	return r.repeats()
}

// leaves says whether something about an item, or about none, is in the other part.
func (r *reporting) leaves(item domain.ItemID) bool {
	return len(r.apart) > 0 && r.apart[item] == (r.part == domain.Public)
}

// repeats refuses to publish an item whose reason is that of an exempt one: its words would stand in the public part.
func (r *reporting) repeats() error {
	for _, it := range r.view.Items {
		for _, rating := range it.Ratings {
			if rating.SameAs != "" && r.apart[rating.SameAs] && !r.apart[it.Item] {
				return domain.Errorf(domain.Refused, "exempt", "the item %s repeats the reason of %s, which is exempt", it.Item, rating.SameAs).WithHint("make both exempt, or give the item a reason of its own")
			}
		}
	}
	return nil
}
