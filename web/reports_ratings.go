package web

import (
	"context"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/sheets"
)

// ambers is the members' table.
func (r *reporting) ambers(ctx context.Context) error {
	v, err := r.s.deps.Reads.Ambers(ctx, r.plan, r.at, domain.AtRisk)
	if err != nil {
		return err
	}
	s := r.section("At risk", "Nothing is rated at risk.", columns("Item", "~Aim", "Rating", "~Reason", "Given by", "Since", "Owner", "Due", "~Members ask")...)
	for _, a := range v.Rows {
		why, by := reasonOf(a)
		row(s, itemCell(r.plan, a.Item, a.Ref), sheets.Words(plainWords(a.Aim)), ratingCell(a.Rating), why, sheets.Words(by), dateCell(a.Rating.Since),
			sheets.Words(plainWords(a.Owner)), dateCell(a.Due), r.asked(a.Request))
	}
	old := r.section("At risk for more than 12 months", "Nothing has been at risk for so long.", columns("Item", "~Aim", "Rating", "Since", "Months")...)
	for _, a := range v.Rows {
		began := a.Rating.Since
		if months := domain.DaysBetween(began, r.day) * 12 / 365; began.Known() && months > 12 {
			row(old, itemCell(r.plan, a.Item, a.Ref), sheets.Words(plainWords(a.Aim)), ratingCell(a.Rating), dateCell(began), sheets.Count(months))
		}
	}
	return nil
}

// reasonOf is why a row is rated as it is, and who said so.
func reasonOf(a projections.Amber) (why sheets.Cell, by string) {
	lines := []string{said(a.Rating.Reason)}
	by = sayer(a.Rating.Reason)
	if a.SameAs != nil {
		lines = append(lines, "As for "+string(a.Rating.SameAs)+": "+said(a.SameAs))
		if by == "" {
			by = sayer(a.SameAs)
		}
	}
	if a.Rating.Owed {
		lines = append(lines, "A reason is owed.")
	}
	return sheets.Words(lines...), by
}

// asked are requests that wait for an answer, and by when it is wanted.
func (r *reporting) asked(all []projections.RequestView) sheets.Cell {
	var lines []string
	for _, q := range all {
		words := string(q.Request) + ": " + plainWords(q.Words)
		if by, on := r.wanted(q); on.Known() || q.DueAs != "" {
			words += " (wanted by " + by + ")"
		}
		lines = append(lines, words)
	}
	return sheets.Words(lines...)
}

// exceptions are red and amber with all that is asked about an exception.
func (r *reporting) exceptions(ctx context.Context) error {
	v, err := r.s.deps.Reads.Ambers(ctx, r.plan, r.at, domain.OffTrack, domain.AtRisk)
	if err != nil {
		return err
	}
	ways, err := r.ways(ctx)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		title, none string
		meaning     domain.Meaning
	}{{"Off track", "Nothing is rated off track.", domain.OffTrack}, {"At risk", "Nothing is rated at risk.", domain.AtRisk}} {
		s := r.section(part.title, part.none, columns("Item", "~Aim", "Rating", "Since", "Direction", "~Reason", "Given by", "Owner", "Due", "~Mitigation and answers asked for")...)
		for _, a := range v.Rows {
			if a.Rating.Meaning == part.meaning {
				why, by := reasonOf(a)
				row(s, itemCell(r.plan, a.Item, a.Ref), sheets.Words(plainWords(a.Aim)), ratingCell(a.Rating), dateCell(a.Rating.Since), sheets.Words(ways[a.Item]), why,
					sheets.Words(by), sheets.Words(plainWords(a.Owner)), dateCell(a.Due), r.asked(a.Request))
			}
		}
	}
	return nil
}

// worse orders meanings from best to worst; those that are not in it have no direction.
var worse = []domain.Meaning{domain.CompleteVerified, domain.CompleteClaimed, domain.OnTrack, domain.AtRisk, domain.OffTrack}

// ways says of each item from which other rating it came to the one that it has.
func (r *reporting) ways(ctx context.Context) (map[domain.ItemID]string, error) {
	v, err := r.s.deps.Reads.Strips(ctx, r.plan, "", projections.At{Position: r.until()})
	ways := map[domain.ItemID]string{}
	for _, it := range v.Items {
		ways[it.Item] = way(it.Spans)
	}
	return ways, err
}

func way(spans []projections.StripSpan) string {
	for i := len(spans) - 1; i > 0; i-- {
		now, was := slices.Index(worse, spans[i].Meaning), slices.Index(worse, spans[i-1].Meaning)
		switch {
		case spans[i].Meaning == spans[i-1].Meaning || spans[i-1].Value == "":
			continue
		case now < 0 || was < 0:
			return "from " + strings.ToLower(spans[i-1].Label)
		case now > was:
			return "worse: was " + spans[i-1].Label + " until " + domain.DayOf(spans[i].From).Words()
		}
		return "better: was " + spans[i-1].Label + " until " + domain.DayOf(spans[i].From).Words()
	}
	return "as first rated"
}

// changeGroups are the sections of the report on changes, each with what belongs into it.
var changeGroups = []struct {
	title string
	what  []domain.What
}{
	{"New", []domain.What{domain.Added, domain.Reopened}}, {"Closed or ended", []domain.What{domain.Ended, domain.Absent}}, {"Re-rated", []domain.What{domain.Rerated, domain.Justified}},
	{"Re-dated", []domain.What{domain.Redated}}, {"Re-owned", []domain.What{domain.Reowned}}, {"Re-worded or moved", []domain.What{domain.Reworded, domain.Moved}},
	{"Progress, outcome, evidence and stages", []domain.What{domain.Progress, domain.Concluded, domain.Evidenced, domain.Measured, domain.Stage}},
}

// changes compares the plan with what members last received.
func (r *reporting) changes(ctx context.Context) error {
	if r.since == "" {
		r.since = r.lastPaper()
	}
	if r.since == "" {
		r.section("No meeting yet", "No paper of this plan was published before "+r.day.Words()+": there is nothing to compare with. Give --since to compare with another moment.")
		return nil
	}
	from, err := point("since", r.since)
	if err != nil {
		return err
	}
	v, err := r.s.deps.Reads.Compare(ctx, r.plan, from, r.at)
	if err != nil {
		return at("since", err)
	}
	r.Moment = append(r.Moment, sheets.Fact{Name: "Compared with", Is: sinceWords(v.From)})
	for _, g := range changeGroups {
		s := r.section(g.title, "Nothing.", columns("Item", "~Aim", "What", "From", "To", "~In whose words", "By", "Stated", "On whose authority")...)
		for _, d := range v.Differences {
			if slices.Contains(g.what, d.What) {
				r.change(s, d)
			}
		}
	}
	return nil
}

func (r *reporting) change(s *sheets.Section, d projections.DifferenceView) {
	what := changeWords(d.What)
	if d.Dimension != "" {
		what = d.Dimension + " " + what
	}
	from, to := sheets.Words(spacedOut(d.From)), sheets.Words(spacedOut(d.To))
	switch d.What {
	case domain.Rerated:
		from, to = valueCell(r.marks[d.From], d.From), valueCell(r.marks[d.To], d.To)
	case domain.Redated:
		was, _ := domain.ParseDate(d.From) // as the event has it
		now, _ := domain.ParseDate(d.To)
		from, to = dateCell(was), dateCell(now)
	case domain.Reowned, domain.Reworded:
		from = sheets.Words(said(d.Before))
	}
	stated := sheets.Cell{Kind: sheets.DateCell}
	if d.After != nil {
		stated = dateCell(d.After.Said.Stated)
	}
	row(s, itemCell(r.plan, d.Item, d.Ref), sheets.Words(plainWords(d.Aim)), sheets.Words(what), from, to, sheets.Words(said(d.After)), sheets.Words(sayer(d.After)), stated,
		sheets.Words(d.Authority.Words()))
}

// changeWords names a change as people write it.
func changeWords(w domain.What) string {
	if rest, again := strings.CutPrefix(string(w), "re_"); again {
		return "re-" + rest
	}
	return spacedOut(w)
}

// lastPaper is the moment of the last paper that members had received before the report's day. A paper that shows the very state
// of the report is not the last one: it is this one.
func (r *reporting) lastPaper() string {
	var last projections.MeetingView
	for _, m := range r.view.Meetings {
		n := len(m.Papers)
		if n > 0 && m.Papers[n-1].Version < r.view.Version && !m.On.Start().After(r.day.End()) && !m.On.Start().Before(last.On.Start()) {
			last = m
		}
	}
	if last.Meeting == "" {
		return ""
	}
	return "meeting:" + string(last.Meeting)
}

func sinceWords(m projections.Moment) string {
	words := "version " + number(m.Version) + ", recorded until " + m.RecordedAt.UTC().Format("2 January 2006, 15:04:05 UTC")
	if m.AsReported != "" {
		words = "what members received for " + string(m.AsReported) + ": " + words
	}
	return words
}

// trendMonths is how many months the trend shows.
const trendMonths = 12

// trend counts red and amber at the end of each month, by the items at the top of the plan.
func (r *reporting) trend(ctx context.Context) error {
	v, err := r.s.deps.Reads.Strips(ctx, r.plan, "", projections.At{Position: r.until()})
	if err != nil {
		return err
	}
	tops, titles := r.tops()
	strips := map[domain.ItemID]projections.Strip{}
	for _, it := range v.Items {
		strips[it.Item] = it
	}
	for _, part := range []struct {
		title   string
		meaning domain.Meaning
	}{{"Off track", domain.OffTrack}, {"At risk", domain.AtRisk}} {
		ends, names := monthEnds(r.day), []string{"~Under"}
		for _, e := range ends {
			names = append(names, e.Add(-time.Hour).Format("Jan 2006"))
		}
		s := r.section(part.title, "The plan has no items.", columns(names...)...)
		for _, top := range titles {
			cells := []sheets.Cell{sheets.Words(top.words)}
			for _, e := range ends {
				n := 0
				for item, under := range tops {
					if span := spanAt(strips[item], e); under == top.item && span != nil && span.Meaning == part.meaning && span.Ended == "" {
						n++
					}
				}
				cells = append(cells, sheets.Count(n))
			}
			s.Rows = append(s.Rows, cells)
		}
	}
	r.Notes = append(r.Notes, "Each column is the end of its month, the last one the end of the day on which the report is judged; by the days that entries state, as they were known at the report's moment.")
	return nil
}

// top is an item at the top of the plan.
type top struct {
	item  domain.ItemID
	words string
}

// tops says under which item at the top of the plan each item stands.
func (r *reporting) tops() (under map[domain.ItemID]domain.ItemID, all []top) {
	parents := map[domain.ItemID]domain.ItemID{}
	for _, it := range r.view.Items {
		parents[it.Item] = it.Parent
	}
	under = map[domain.ItemID]domain.ItemID{}
	for _, it := range r.view.Items {
		at := it.Item
		for n := 0; parents[at] != "" && n < len(parents); n++ {
			at = parents[at]
		}
		under[it.Item] = at
		if it.Parent == "" {
			all = append(all, top{it.Item, strings.TrimSpace(it.Ref + " " + plainWords(it.Title))})
		}
	}
	return under, all
}

// monthEnds are the ends of the months before a day, and of the day.
func monthEnds(day domain.Date) (ends []time.Time) {
	first := time.Date(day.Start().Year(), day.Start().Month(), 1, 0, 0, 0, 0, time.UTC)
	for n := trendMonths; n >= 0; n-- {
		if end := first.AddDate(0, 1-n, 0); n > 0 {
			ends = append(ends, end)
		}
	}
	return append(ends, day.End())
}

func spanAt(it projections.Strip, end time.Time) (held *projections.StripSpan) {
	for i := range it.Spans {
		if it.Spans[i].From.Before(end) {
			held = &it.Spans[i]
		}
	}
	return held
}
