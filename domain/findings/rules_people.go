package findings

import (
	"fmt"
	"time"

	"plantrail/domain"
)

// noUpdate is R12. What nobody is to work on needs none: headings, and recommendations that an action addresses.
func noUpdate(v *view, it *item) []hit {
	if !it.working() || it.heading() || it.done != nil && !it.best || it.addressed {
		return nil
	}
	e := it.last(update)
	told := e != nil
	if !told {
		e = it.entries[0]
	}
	from := e.on
	if before(from, it.Start) {
		from = it.Start
	}
	if v.since(from) <= v.policy.CycleDays {
		return nil
	}
	words := fmt.Sprintf("Nothing was said of it since %s, for %s.", from.Words(), days(v.since(from)))
	if !told {
		words = fmt.Sprintf("It is in the plan since %s and nothing was ever said of it.", e.on.Words())
	}
	return one(after(from, v.policy.CycleDays+1), words, e)
}

// ownerGone is R14. Working days are Monday to Friday; bank holidays are not known here.
func ownerGone(v *view, it *item) []hit {
	owner := v.at(it.Owner)
	if !it.open() || it.Post || owner == nil {
		return nil
	}
	left, gone := v.story.Left[it.Person]
	if gone = gone && it.Person != "" && !before(v.on, left); gone && workingDays(left, v.on) > v.policy.ReassignDays {
		return one(workingDay(left, v.policy.ReassignDays+1), "Its owner left "+when(left)+" and nobody else was named.", owner)
	}
	if it.Interim && workingDays(owner.on, v.on) > v.policy.ReassignDays {
		return one(workingDay(owner.on, v.policy.ReassignDays+1), "Its owner is only interim, since "+owner.on.Words()+".", owner)
	}
	return nil
}

// workingDays counts the days from Monday to Friday after one date, up to another.
func workingDays(from, to domain.Date) int {
	if !from.Known() || !to.Known() {
		return 0
	}
	n, last := 0, to.End().AddDate(0, 0, -1)
	for d := from.End(); !d.After(last) && n < 1000; d = d.AddDate(0, 0, 1) {
		if wd := d.Weekday(); wd != time.Saturday && wd != time.Sunday {
			n++
		}
	}
	return n
}

// workingDay is the day so many working days after a date.
func workingDay(from domain.Date, days int) domain.Date {
	d := from.End()
	for ; days > 0 && d.Year() < 2200; d = d.AddDate(0, 0, 1) {
		if wd := d.Weekday(); wd != time.Saturday && wd != time.Sunday {
			days--
		}
	}
	return domain.DayOf(d.AddDate(0, 0, -1))
}

// incomplete is R20.
func incomplete(v *view) (all []hit) {
	owned := false
	for _, it := range v.items {
		owned = owned || it.Owner != 0
	}
	for _, it := range v.items {
		if !it.working() || it.heading() || it.done != nil && !it.best || it.addressed {
			continue
		}
		var lacks []string
		if !it.Due.Known() && it.Kind != domain.MeasureKind {
			lacks = append(lacks, "has no due date")
		}
		if owned || len(v.items) == 1 {
			lacks = append(lacks, v.ownership(it)...)
		}
		if len(lacks) > 0 {
			e := it.entries[0]
			all = append(all, hit{item: it, since: e.on, proof: []*entry{e}, words: "It " + join(lacks) + "."})
		}
	}
	if !owned && len(v.items) > 1 {
		opened := v.at(v.plan.Opened)
		all = append(all, hit{since: opened.on, proof: []*entry{opened}, words: "None of its items names an owner."})
	}
	return all
}

// ownership says what is wrong with an item's owner, if anything is. A registered person is one, and a post is.
func (v *view) ownership(it *item) []string {
	e := v.at(it.Owner)
	if e == nil {
		return []string{"has no owner"}
	}
	if it.Person != "" || it.Post {
		return nil
	}
	words, gone := v.ownerWords(it, e)
	switch n := people(words); {
	case gone:
	case unnamed(words):
		return []string{"has no owner but " + fmt.Sprintf("%q", words)}
	case n > v.policy.OwnerNames:
		return []string{fmt.Sprintf("names %d owners", n)}
	}
	return nil
}

func (v *view) ownerWords(it *item, e *entry) (string, bool) {
	switch what := e.Event.(type) {
	case *domain.ItemAdded:
		return v.text(e, "owner", what.Owner)
	case *domain.OwnerAssigned:
		return v.text(e, "owner", what.Owner)
	case *domain.EntryCorrected:
		return string(what.Text), what.Text == ""
	}
	return "", true
}

func join(all []string) string {
	if len(all) == 1 {
		return all[0]
	}
	return all[0] + " and " + all[1]
}
