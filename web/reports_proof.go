package web

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/sheets"
)

// turned is what went from red or amber to green or complete and stays so: with what to show for it.
func (r *reporting) turned(ctx context.Context) error {
	strips, err := r.strips(ctx)
	if err != nil {
		return err
	}
	heads := columns("Item", "~Aim", "From", "To", "Since", "~In whose words", "By", "~Evidence and outcome")
	bare := r.section("Turned green, and nothing shows for it", "Whatever turned green has an outcome, evidence or a measure that moved.", heads...)
	full := r.section("Turned green, with something to show", "Nothing did.", heads...)
	for _, it := range r.view.Items {
		spans := strips[it.Item]
		i := len(spans) - 1
		for ; i > 0 && good(spans[i].Meaning) && good(spans[i-1].Meaning); i-- { // green, then complete
		}
		if i < 1 || !good(spans[i].Meaning) || !spans[i-1].Meaning.NeedsReason() {
			continue
		}
		rating, s := nth(it, r.view.Dimensions, 0), full
		if !r.shows(it) {
			s = bare
		}
		row(s, r.item(it), sheets.Words(plainWords(it.Title)), sheets.Cell{Kind: sheets.RatingCell, Text: spans[i-1].Label, Colour: spans[i-1].Colour, Shape: spans[i-1].Shape},
			ratingCell(rating), dateCell(domain.DayOf(spans[i].From)), sheets.Words(statement(rating.Reason)), sheets.Words(rating.Set.By.Shown()), r.shown(it))
	}
	return nil
}

func good(m domain.Meaning) bool { return m == domain.OnTrack || m.Complete() }

// shows reports whether evidence stands beside an item, an outcome was recorded, or a measure of it gets better.
func (r *reporting) shows(it projections.ItemView) bool {
	return it.Outcome != nil || slices.ContainsFunc(it.Evidence, func(e projections.EvidenceView) bool { return e.Withdrawn == nil }) ||
		slices.ContainsFunc(it.Links, func(l projections.LinkView) bool {
			m := itemOf(r.view, l.To)
			return l.Relation == domain.MeasuredBy && m != nil && m.Measure != nil && m.Measure.Direction == domain.Improving
		})
}

// impact sets what is done beside the measures that should show it.
func (r *reporting) impact(context.Context) error {
	heads := columns("Item", "~Aim", "Rating", "Since", "Measure", "~Of what", "Baseline", "Last", "Read on", "Target", "Direction")
	flat := r.section("Green or complete, and the measure does not move", "No item that is green or complete has a measure that stands still.", heads...)
	rest := r.section("The other items with a measure", "There are none.", heads...)
	linked := map[domain.ItemID]bool{}
	for _, it := range r.view.Items {
		for _, l := range it.Links {
			measured := itemOf(r.view, l.To)
			if l.Relation != domain.MeasuredBy || measured == nil || measured.Measure == nil {
				continue
			}
			linked[l.To] = true
			m, rating, s := measured.Measure, nth(it, r.view.Dimensions, 0), rest
			if moves := m.Direction == domain.Improving || m.AtTarget != nil && *m.AtTarget; !moves && (good(rating.Meaning) || done(it, r.view.Dimensions)) {
				s = flat
			}
			row(s, slices.Concat([]sheets.Cell{r.item(it), sheets.Words(plainWords(it.Title)), ratingOrState(it, rating), dateCell(rating.Since)}, r.figures(*measured))...)
		}
	}
	alone := r.section("Measures of no item", "There are none.", columns("Measure", "~Of what", "Baseline", "Last", "Read on", "Target", "Direction")...)
	for _, it := range r.view.Items {
		if it.Measure != nil && !linked[it.Item] && !it.State.Ended() {
			row(alone, r.figures(it)...)
		}
	}
	r.Notes = append(r.Notes, "A measure gets better where its last reading is nearer to what it should be than the one before it, or than the baseline.")
	return nil
}

// figures says of a measure what it was, is and should be, and which way it goes.
func (r *reporting) figures(it projections.ItemView) []sheets.Cell {
	m := it.Measure
	direction := spacedOut(m.Direction)
	if direction == "" {
		direction = "can't be said"
	}
	return []sheets.Cell{r.item(it), sheets.Words(plainWords(it.Title)), sheets.Words(amountWords(m.Baseline, m.Unit)), sheets.Words(amountWords(m.Last, m.Unit)),
		dateCell(m.LastOn), sheets.Words(amountWords(m.Target, m.Unit)), sheets.Words(direction)}
}

func amountWords(a domain.Amount, unit string) string {
	if a == "" {
		return "none"
	}
	if unit == "%" {
		return string(a) + "%"
	}
	return strings.TrimSpace(string(a) + " " + unit)
}

// signoff is what is claimed to be complete and waits for somebody.
func (r *reporting) signoff(context.Context) error {
	s := r.section("Waiting for sign-off", "Nothing is claimed to be complete and waits.",
		columns("Item", "~Aim", "Owner", "Claimed on", "~In whose words", "By", "Verified on", "~By whom, and what was looked at", "Waits for", "Days")...)
	for _, it := range r.view.Items {
		if it.State != domain.ItemClaimed && it.State != domain.ItemVerified || it.Claimed == nil {
			continue
		}
		since, waits, verified, looked := it.Claimed.Said.Stated, "verification by somebody else", sheets.Cell{Kind: sheets.DateCell}, ""
		if it.Verified != nil {
			since, waits = it.Verified.Said.Stated, "acceptance by a body"
			verified, looked = dateCell(since), sayer(it.Verified)+": "+said(it.Verified)
		}
		days := sheets.Words("not known")
		if since.Known() {
			days = sheets.Count(domain.DaysBetween(since, r.day))
		}
		row(s, r.item(it), sheets.Words(plainWords(it.Title)), sheets.Words(plainWords(it.Owner)), dateCell(it.Claimed.Said.Stated), sheets.Words(said(it.Claimed)), sheets.Words(sayer(it.Claimed)),
			verified, sheets.Words(looked), sheets.Words(waits), days)
	}
	r.Notes = append(r.Notes, "Days are counted from the last step to the day on which the report is judged.")
	return nil
}

// log is what an auditor looks for in a history: whether entries are missing, and which were made otherwise than day by day.
func (r *reporting) log(ctx context.Context) error {
	var next, first uint64 = 1, 0
	papers, old := map[domain.CommandID]bool{}, 0 // of what was read from an old paper the day is the paper's
	err := r.s.eachEntry(ctx, projections.TimelineQuery{Plan: r.plan, Type: (&domain.PaperImported{}).Type(), At: projections.At{Position: r.until()}}, func(e projections.Entry) error {
		papers[e.Command] = true
		return nil
	})
	if err != nil {
		return err
	}
	parts := map[string]*sheets.Section{}
	for _, p := range []struct{ kind, title, none string }{{"paper-imported", "Papers that were read in", "None was."}, {"entry-corrected", "Corrections", "Nothing was corrected."},
		{"erasure-requested", "Words that were erased", "None were."}, {"admin", "Entries by administrators", "There is none."}, {"late", "Entries recorded long after what they tell", "There is none."}} {
		parts[p.kind] = &sheets.Section{Title: p.title, None: p.none, Columns: columns("Entry", "Item", "~What", "~Words", "By", "Stated", "Recorded")}
	}
	err = r.s.eachEntry(ctx, projections.TimelineQuery{Plan: r.plan, At: projections.At{Position: r.until()}}, func(e projections.Entry) error {
		if e.Entry != next && first == 0 {
			first = next
		}
		next = e.Entry + 1
		read := papers[e.Command] && e.Backdated > 0
		if read {
			old++
		}
		for kind, is := range map[string]bool{e.Type: true, "admin": e.By.Role == domain.Admin, "late": e.Backdated > 0 && !read} {
			if s := parts[kind]; s != nil && is {
				row(s, sheets.Words(number(e.Entry)), sheets.Words(string(e.Item)), sheets.Words(capital(e.Summary)), sheets.Words(textsOf(e)...), sheets.Words(e.By.Shown()),
					dateCell(e.Stated), dateCell(domain.DayOf(e.RecordedAt)))
			}
		}
		return nil
	})
	if old > 0 {
		parts["late"].Words = []string{entries(old) + " came with the papers above, which tell of an earlier day: they are not listed."}
		parts["late"].None = "There is no other."
	}
	whole := fmt.Sprintf("Entries 1 to %d of the plan are there, none is missing.", next-1)
	if first > 0 {
		whole = fmt.Sprintf("After entry %d the numbers do not go on: a command that was cut short left a gap, or entries are missing.", first-1)
	}
	r.parts = append(r.parts, &sheets.Section{Title: "Is it whole?", Words: []string{whole, "The root above is that of all events up to the position: whoever holds a paper or checkpoint of this history can compare. " +
		"`plantrail verify` reads every event, text and file again, follows each plan's chain, and says what does not fit."}, None: " "})
	for _, kind := range []string{"paper-imported", "entry-corrected", "erasure-requested", "late", "admin"} {
		r.parts = append(r.parts, parts[kind])
	}
	return err
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprint(n, " entries")
}

// textsOf are an entry's words, in the order of their names.
func textsOf(e projections.Entry) (all []string) {
	var reason struct {
		Field string `json:"field"`
		Value string `json:"value"`
	}
	_ = json.Unmarshal(e.Data, &reason) // an entry's data are read as they were written
	if reason.Value != "" {
		all = append(all, reason.Field+": "+reason.Value)
	}
	names := make([]string, 0, len(e.Texts))
	for name := range e.Texts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		all = append(all, spacedOut(name)+": "+plainWords(e.Texts[name]))
	}
	return all
}
