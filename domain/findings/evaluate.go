package findings

import (
	"cmp"
	"slices"

	"plantrail/domain"
)

// hit is what a rule found, before it is dressed as a [Finding]. The first entry of the proof is the one it hangs on: it must
// stay the same while more is recorded.
type hit struct {
	item   *item // nil: the plan as a whole
	since  domain.Date
	proof  []*entry
	words  string
	raised bool
}

// Evaluate gives what the rules find in a story on a day, the gravest first. The policy is the plan's own on that day; rules
// that it has switched off find nothing. on must be a day, not a month.
func Evaluate(s Story, on domain.Date) []Finding {
	v := newView(s, on)
	if v.plan.Opened == 0 {
		return []Finding{}
	}
	return v.sorted(v.evaluate(func(*item) bool { return true }))
}

// evaluate runs the rules about the plan as a whole, and those about items over the wanted ones.
func (v *view) evaluate(wanted func(*item) bool) []Finding {
	all := []Finding{}
	for _, r := range table {
		if slices.Contains(v.policy.Off, r.ID) {
			continue
		}
		if r.plan != nil {
			for _, h := range r.plan(v) {
				all = append(all, v.finding(r.Rule, h))
			}
			continue
		}
		for _, it := range v.items {
			if !wanted(it) {
				continue
			}
			for _, h := range r.item(v, it) {
				h.item = it
				all = append(all, v.finding(r.Rule, h))
			}
		}
	}
	return all
}

func (v *view) sorted(all []Finding) []Finding {
	slices.SortStableFunc(all, v.compare)
	return all
}

func (v *view) compare(a, b Finding) int {
	return cmp.Or(cmp.Compare(a.Severity.Rank(), b.Severity.Rank()), cmp.Compare(a.Rule, b.Rule),
		cmp.Compare(v.place(a.Item), v.place(b.Item)), cmp.Compare(a.Proof[0].Entry, b.Proof[0].Entry))
}

// place is an item's place in the plan; what is about the plan as a whole stands before all.
func (v *view) place(id domain.ItemID) int {
	if it := v.byID[id]; it != nil {
		return it.place
	}
	return 0
}

func (v *view) finding(r Rule, h hit) Finding {
	f := Finding{Plan: v.plan.ID, Rule: r.ID, Severity: r.Severity, Raised: h.raised, Title: r.Title, Words: h.words,
		Clears: r.Clears, Policy: v.policy.ID, Since: h.since, Proof: make([]Proof, 0, len(h.proof))}
	if h.item != nil {
		f.Item, f.Ref = h.item.ID, h.item.Ref
		if n := len(h.item.titles); n > 0 {
			f.Aim = h.item.titles[n-1].words
		}
	}
	for _, e := range h.proof {
		if e != nil {
			f.Proof = append(f.Proof, Proof{e.PlanSeq, e.ID})
		}
	}
	if before(v.on, f.Since) { // an item is there from the earliest day of which anything is said about it
		f.Since = v.on
	}
	f.ID = idOf(r.ID, f.Item, f.Proof[0].Entry)
	if e := v.answers[f.ID]; e != nil {
		said := e.Event.(*domain.FindingAnswered)
		words, _ := v.text(e, "answer", said.Answer)
		f.Answer = &Answer{Entry: e.PlanSeq, Event: e.ID, By: e.Actor.ID, On: e.on, Until: said.Until, Words: words,
			Lapsed: said.Until.Known() && v.since(said.Until) > 0}
	}
	return f
}

// one is a rule's only hit.
func one(since domain.Date, words string, proof ...*entry) []hit {
	return []hit{{since: since, words: words, proof: proof}}
}

// after is the day so many days after a date.
func after(d domain.Date, days int) domain.Date {
	if !d.Known() {
		return d
	}
	return domain.DayOf(d.End().AddDate(0, 0, days-1))
}

// before reports whether a lies wholly before b.
func before(a, b domain.Date) bool { return a.Known() && b.Known() && !a.End().After(b.Start()) }
