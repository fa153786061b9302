package findings

import (
	"slices"

	"plantrail/domain"
)

// Again is what [Evaluate] gives for a story on a day, for somebody who has what it gave on the same day for its beginning: all
// but the last entries, with the same persons gone and the same files lost. Where the last entries are about items alone, only
// these items, and those that look to them, are looked at again, and the plan as a whole.
func Again(s Story, on domain.Date, before []Finding, last int) []Finding {
	touched := map[domain.ItemID]bool{}
	for _, r := range s.Entries[len(s.Entries)-last:] {
		if r.Item() == "" {
			return Evaluate(s, on)
		}
		touched[r.Item()] = true
	}
	if s.foretells(on) {
		return Evaluate(s, on)
	}
	v := newView(s, on)
	v.reach(touched)
	fresh := v.sorted(v.evaluate(func(it *item) bool { return touched[it.ID] }))
	all := make([]Finding, 0, len(before)+len(fresh))
	for _, f := range before {
		if f.Item == "" || touched[f.Item] || byPlan[f.Rule] {
			continue
		}
		for len(fresh) > 0 && v.compare(fresh[0], f) < 0 {
			all, fresh = append(all, fresh[0]), fresh[1:]
		}
		all = append(all, f)
	}
	return append(all, fresh...)
}

// byPlan are the rules that look at a plan as a whole, also where they find something in an item.
var byPlan = func() map[string]bool {
	rules := map[string]bool{}
	for _, r := range table {
		rules[r.ID] = r.plan != nil
	}
	return rules
}()

// reach adds the items that look to those that were touched: what stands above or below them, and what is linked with them.
func (v *view) reach(touched map[domain.ItemID]bool) {
	near := map[domain.ItemID]bool{}
	for _, it := range v.items {
		if touched[it.ID] {
			near[it.Parent] = true
		}
		for _, l := range it.Links {
			near[l.To] = near[l.To] || touched[it.ID]
		}
		if touched[it.Parent] || slices.ContainsFunc(it.Links, func(l domain.Link) bool { return touched[l.To] }) {
			near[it.ID] = true
		}
		for _, e := range it.entries { // what it was linked with, or stood under, before
			was, to := left(e.Event)
			near[was] = near[was] || touched[it.ID]
			near[to] = near[to] || touched[it.ID]
		}
	}
	for id, is := range near {
		if is {
			touched[id] = true
		}
	}
}

// left names the items that an event takes an item away from.
func left(e domain.Event) (from, to domain.ItemID) {
	switch e := e.(type) {
	case *domain.ItemMoved:
		return e.From, e.To
	case *domain.ItemsUnlinked:
		return e.To, ""
	}
	return "", ""
}
