package web

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/sheets"
)

// recommendations tells of each recommendation what addresses it and how that goes.
func (r *reporting) recommendations(context.Context) error {
	s := r.section("Recommendations", "The plan has no recommendations. An item added with --kind recommendation is one.",
		columns("Recommendation", "~Words", "Source", "Response", "Action", "~What it does", "Delivery", "Impact", "Due", "~Evidence and outcome", "~Last challenge or request")...)
	for _, rec := range r.view.Items {
		if rec.Kind != domain.Recommendation {
			continue
		}
		response := "none recorded"
		if rec.Response != nil {
			response = strings.TrimSuffix(spacedOut(rec.Response.Response)+": "+plainWords(rec.Response.Words), ": ")
		}
		head := []sheets.Cell{r.item(rec), sheets.Words(plainWords(rec.Title)), sheets.Words(plainWords(rec.Source)), sheets.Words(response)}
		actions := r.addressing(rec.Item)
		if len(actions) == 0 {
			row(s, append(head, sheets.Words("none"), sheets.Words("No action addresses it."), ratingCell(nth(rec, r.view.Dimensions, 0)), ratingCell(nth(rec, r.view.Dimensions, 1)),
				dateCell(rec.Due), r.shown(rec), r.challenge(rec.Item))...)
		}
		for _, it := range actions {
			row(s, append(slices.Clone(head), r.item(it), sheets.Words(plainWords(it.Title)), ratingCell(nth(it, r.view.Dimensions, 0)), ratingCell(nth(it, r.view.Dimensions, 1)),
				dateCell(it.Due), r.shown(it), r.challenge(it.Item, rec.Item))...)
		}
	}
	if len(r.view.Dimensions) < 2 {
		r.Notes = append(r.Notes, "The plan rates one dimension only, "+r.view.Dimensions[0].Label+": impact is told by evidence, outcomes and measures alone.")
	}
	return nil
}

func (r *reporting) addressing(rec domain.ItemID) (all []projections.ItemView) {
	for _, it := range r.view.Items {
		if slices.ContainsFunc(it.Links, func(l projections.LinkView) bool { return l.Relation == domain.Addresses && l.To == rec }) {
			all = append(all, it)
		}
	}
	return all
}

// shown is what shows that something came of an item: files, outcome, measures.
func (r *reporting) shown(it projections.ItemView) sheets.Cell {
	var lines []string
	for _, e := range it.Evidence {
		if e.Withdrawn == nil {
			lines = append(lines, "Evidence: "+plainWords(e.Title)+dated(e))
		}
	}
	if it.Outcome != nil {
		lines = append(lines, "Outcome, "+spacedOut(it.Outcome.Result)+": "+plainWords(it.Outcome.Words))
	}
	for _, l := range it.Links {
		if l.Relation == domain.MeasuredBy {
			lines = append(lines, r.measured(l.To))
		}
	}
	if len(lines) == 0 {
		lines = []string{"none"}
	}
	return sheets.Words(lines...)
}

func dated(e projections.EvidenceView) string {
	if e.Dated.Known() {
		return ", dated " + e.Dated.Words()
	}
	return ", attached " + e.Attached.Stated.Words()
}

// measured tells of a measure: where it began, where it is, where it should be.
func (r *reporting) measured(id domain.ItemID) string {
	for _, it := range r.view.Items {
		if it.Item != id || it.Measure == nil {
			continue
		}
		m := it.Measure
		words := "Measure " + string(id) + ": from " + orNone(string(m.Baseline)) + " to " + orNone(string(m.Last)) + ", target " + orNone(string(m.Target))
		if m.Direction != "" {
			words += ", " + spacedOut(m.Direction)
		}
		if m.AtTarget != nil && !*m.AtTarget {
			words += ", not at target"
		}
		return words
	}
	return ""
}

func orNone(s string) string {
	if s == "" {
		return "no figure"
	}
	return s
}

// challenge is the last challenge or request about any of some items, and what came of it.
func (r *reporting) challenge(items ...domain.ItemID) sheets.Cell {
	var last *projections.RequestView
	for i, q := range r.view.Requests {
		if slices.Contains(items, q.Item) && !q.Commitment {
			last = &r.view.Requests[i]
		}
	}
	if last == nil {
		return sheets.Words("none")
	}
	kind := "Asked "
	if last.Challenge {
		kind = "Challenged "
	}
	came := "Not answered."
	switch {
	case last.Answer != nil:
		came = "Answered " + last.Answer.Said.Stated.Words() + ": " + said(last.Answer)
	case last.Withdrawn != nil:
		came = "Withdrawn."
	}
	return sheets.Words(kind+last.Said.Stated.Words()+": "+plainWords(last.Words), came)
}

// closedWithoutEvidence is what the rules on completion find.
func (r *reporting) closedWithoutEvidence(ctx context.Context) error {
	for _, part := range []struct{ title, rule string }{{"Complete without evidence, or evidence after the claim", "R01"}, {"Complete without an outcome", "R02"}, {"Evidence that is gone or was altered", "R03"}} {
		all, err := r.found(ctx, part.rule)
		if err != nil {
			return err
		}
		s := r.section(part.title, "Nothing was found (rule "+part.rule+").", columns("Item", "~Aim", "~What was found", "Since", "Entries", "~What would clear it", "~Answer")...)
		for _, f := range all {
			var entries []string
			for _, p := range f.Proof {
				entries = append(entries, number(p.Entry))
			}
			answer := ""
			if f.Answer != nil {
				answer = f.Answer.Words
			}
			row(s, itemCell(r.plan, f.Item, f.Ref), sheets.Words(f.Aim), sheets.Words(f.Words), dateCell(f.Since), sheets.Words(strings.Join(entries, " ")), sheets.Words(f.Clears), sheets.Words(answer))
		}
	}
	return nil
}

// ended is what became of items that are no longer worked on.
func (r *reporting) ended(context.Context) error {
	s := r.section("Ended", "No item has ended.", columns("Item", "~Aim", "How", "Stated", "~Why", "By", "On whose authority")...)
	for _, it := range r.view.Items {
		if it.State.Ended() {
			authority := it.StateAuthority.Words()
			if authority == "" {
				authority = "none stated"
			}
			row(s, r.item(it), sheets.Words(plainWords(it.Title)), sheets.Words(spacedOut(it.State)), dateCell(it.StateSaid.Stated), sheets.Words(plainWords(it.StateReason)),
				sheets.Words(it.StateSaid.By.Shown()), sheets.Words(authority))
		}
	}
	return nil
}

// forecast tells when the open items would be done at the rate of closing over some periods, or why that can't be said.
func (r *reporting) forecast(ctx context.Context) error {
	v, err := r.s.deps.Reads.Strips(ctx, r.plan, "", projections.At{Position: r.until()})
	if err != nil {
		return err
	}
	work, left := r.work(), 0
	for _, it := range work {
		if open(it, r.view.Dimensions) {
			left++
		}
	}
	begun, closed := r.day.End(), r.closings(v, work)
	for _, it := range v.Items {
		if len(it.Spans) > 0 && it.Spans[0].From.Before(begun) {
			begun = it.Spans[0].From
		}
	}
	s := r.section("At the rate of closing so far", "", columns("Rate over", "Closed in it", "Closed a month", "Still open", "Done by", "~Why")...)
	for _, months := range []int{3, 6, 12} {
		from, n := r.day.End().AddDate(0, -months, 0), 0
		for _, day := range closed {
			if day.After(from) && !day.After(r.day.End()) {
				n++
			}
		}
		by, why := foretold(r.day, left, n, months, begun.After(from))
		row(s, sheets.Words(fmt.Sprintf("the last %d months", months)), sheets.Count(n), sheets.Cell{Kind: sheets.NumberCell, Text: fmt.Sprintf("%.2f", float64(n)/float64(months)),
			Number: float64(n) / float64(months)}, sheets.Count(left), by, sheets.Words(why))
	}
	r.Notes = append(r.Notes, "Counted are the actions and milestones under which no other stands. An item closes on the stated day from which it is complete without a break; cancelled, superseded and carried-forward items are neither open nor closed. A rate says nothing of how hard what is left is.")
	return nil
}

// foretold is the month in which nothing would be left, or why there is none.
func foretold(day domain.Date, left, closed, months int, young bool) (sheets.Cell, string) {
	switch {
	case left == 0:
		return sheets.Words("done"), "No item is open."
	case young:
		return sheets.Words("can't be said"), "The plan is younger than this period."
	case closed == 0:
		return sheets.Words("can't be said"), "Nothing was closed in this period."
	}
	need := (left*months + closed - 1) / closed
	if need > 12*20 {
		return sheets.Words("can't be said"), "At this rate it would take more than 20 years."
	}
	end := day.Start().AddDate(0, need, 0)
	return dateCell(domain.Month(end.Year(), end.Month())), fmt.Sprintf("%d open at %d in %d months.", left, closed, months)
}

// work are the actions and milestones under which no other stands and which were not dropped.
func (r *reporting) work() (all []projections.ItemView) {
	parents := map[domain.ItemID]bool{}
	for _, it := range r.view.Items {
		parents[it.Parent] = parents[it.Parent] || action(it)
	}
	for _, it := range r.view.Items {
		if action(it) && !parents[it.Item] && (!it.State.Ended() || it.State == domain.ItemClosed) {
			all = append(all, it)
		}
	}
	return all
}

// closings are the days on which items came to be complete, as far as they still are.
func (r *reporting) closings(v projections.Strips, work []projections.ItemView) (days []time.Time) {
	spans := map[domain.ItemID][]projections.StripSpan{}
	for _, it := range v.Items {
		spans[it.Item] = it.Spans
	}
	for _, it := range work {
		if !done(it, r.view.Dimensions) {
			continue
		}
		day := it.StateSaid.Stated.Start()
		if rating := nth(it, r.view.Dimensions, 0); it.State == domain.ItemOpen && rating.Meaning.Complete() {
			day = rating.Since.Start()
		} else if it.State == domain.ItemOpen {
			day = it.Outcome.Said.Stated.Start()
		}
		for _, s := range slices.Backward(spans[it.Item]) { // from when on it was complete without a break
			if !s.Meaning.Complete() {
				break
			}
			if s.From.Before(day) {
				day = s.From
			}
		}
		days = append(days, day)
	}
	return days
}
