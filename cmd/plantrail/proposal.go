package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"plantrail/sheets"
)

// tellProposal writes a dry run for the officer who will answer for it: what was read, what was not, what would be recorded.
func (a *app) tellProposal(p sheets.Proposal) {
	a.say("%s: %s, %s, %d bytes", a.screen.bold(oneLine(p.Name)), p.Format, p.Encoding, p.Size)
	a.fact("Plan", string(p.Plan), "not known")
	a.fact("Title", p.Title+placed(p.TitlePlace), "not found")
	if p.MeetingDate.IsZero() && !p.AsAt.IsZero() {
		a.fact("As at", p.AsAt.Words(), "")
	} else {
		a.fact("Members received it", p.MeetingDate.Words(), "the document does not say")
	}
	a.say("")
	a.tellRows(p)
	a.tellColumns(p.Columns)
	a.tellOffers(p.Offers)
	for _, r := range p.Resolutions {
		a.section("Resolution, as printed (" + r.Place + ")")
		a.indent("", r.Printed)
	}
	a.tellProblems(p)
	a.section("Would be recorded")
	for _, what := range p.Records {
		a.say("  - %s", oneLine(what))
	}
}

func placed(place string) string {
	if place == "" {
		return ""
	}
	return " (" + place + ")"
}

func (a *app) fact(name, value, none string) {
	if value == "" {
		value = none
	}
	a.say("%s: %s", name, oneLine(value))
}

func (a *app) section(title string) { a.say("\n%s", a.screen.bold(oneLine(title))) }

// How much of a row's words the dry run shows.
const (
	rowTitle  = 60
	rowReason = 90
)

func (a *app) tellRows(p sheets.Proposal) {
	t := newTable("Row", "Where", "Ref", "~Item", "Rating", "~Reason", "~Owner", "Due", "~Measure", "Is", "~Differs")
	for _, r := range p.Rows {
		t.add(number(r.N), plain(r.Place), plain(r.Ref), plain(shorten(r.Title, rowTitle)), plain(ratingWords(r)),
			plain(reasonWords(r)), plain(shorten(r.Owner, rowTitle)), plain(rowDue(r)), plain(figuresWords(r)), plain(matchWords(r)), plain(strings.Join(r.Differs, ", ")))
	}
	t.write(a.stdout, a.screen)
}

// matchWords says which item of the plan a row is, and how that is known.
func matchWords(r sheets.Row) string {
	switch {
	case r.Match == nil:
		return ""
	case r.Match.How == "words":
		return fmt.Sprintf("%s (by words, %.0f%%)", r.Match.Item, r.Match.Likeness*100)
	}
	return fmt.Sprintf("%s (%s)", r.Match.Item, r.Match.How)
}

func ratingWords(r sheets.Row) string {
	words := r.Rating.Value
	if words == "" {
		words = r.Rating.Sure // unreadable, or nothing to be read: the row is a heading, or the paper rates nothing
	}
	for _, ch := range r.Changes {
		words += ", then " + ch.To
	}
	return words
}

func reasonWords(r sheets.Row) string {
	var parts []string
	if r.Reason != "" {
		parts = append(parts, shorten(r.Reason, rowReason))
	}
	if r.SameAs != "" {
		parts = append(parts, "[points to "+string(r.SameAs)+"]")
	}
	for _, ch := range r.Changes {
		if ch.Words != r.Reason { // where the row says nothing else, its words are both
			parts = append(parts, shorten(ch.Words, rowReason))
		}
	}
	return strings.Join(parts, " ")
}

func figuresWords(r sheets.Row) string {
	if r.Measure == nil {
		return ""
	}
	return r.Measure.Says()
}

func rowDue(r sheets.Row) string {
	switch {
	case !r.DueNow.IsZero():
		return day(r.DueNow) + " (was " + day(r.Due) + ")"
	case r.Due.IsZero():
		return strings.Join(r.Timescale, "; ")
	}
	return day(r.Due)
}

// tellColumns says of the columns whose names alone do not say it what they are read as, and why.
func (a *app) tellColumns(all []sheets.Column) {
	all = slices.DeleteFunc(slices.Clone(all), func(c sheets.Column) bool { return c.Why == "" })
	if len(all) == 0 {
		return
	}
	a.section("Columns whose names alone do not say what they are (another reading: --column NAME=FIELD)")
	told := map[string]bool{} // the columns of minutes have one name for many
	for _, c := range all {
		name, field := cmp.Or(c.Name, "(no name)"), cmp.Or(string(c.Field), "nothing")
		if line := fmt.Sprintf("%s: read as %s, because %s", name, field, c.Why); !told[line] {
			a.indent("", line)
			told[line] = true
		}
	}
}

func (a *app) tellOffers(all []sheets.Offer) {
	if len(all) == 0 {
		return
	}
	a.section("Offered, because the document does not say it in so many words")
	for _, o := range all {
		state := "to record it: --accept " + o.ID
		if o.Accepted {
			state = "accepted"
		}
		where := o.Place
		if o.Row > 0 && o.Place != "file" {
			where = fmt.Sprintf("row %d, %s", o.Row, o.Place)
		}
		a.indent("", fmt.Sprintf("%s (%s): %s [%s]", o.What, where, o.Why, state))
	}
}

func (a *app) tellProblems(p sheets.Proposal) {
	if len(p.Problems) > 0 {
		a.section("Could not be read")
	}
	for i, q := range p.Problems {
		same := func(x sheets.Problem) bool { return x.What == q.What && x.Todo == q.Todo && x.Fatal == q.Fatal }
		if slices.ContainsFunc(p.Problems[:i], same) {
			continue // said at its first place
		}
		words := q.What
		if places := placesOf(p.Problems[i:], same); places != "" {
			words = places + ": " + words
		}
		if q.Todo != "" {
			words += ": " + q.Todo
		}
		if q.Fatal {
			words += " [nothing can be recorded until this is mended]"
		}
		a.indent("", words)
	}
	if len(p.Unread) > 0 {
		a.section("Lines outside the table, of which nothing is recorded")
	}
	for _, l := range p.Unread {
		a.indent("", l.Place+": "+l.Text)
	}
}

// placesOf are the places of one problem: all of a few, the number of many.
func placesOf(all []sheets.Problem, same func(sheets.Problem) bool) string {
	var places []string
	more := 0
	for _, q := range all {
		switch {
		case q.Place == "" || !same(q):
		case len(places) == 8:
			more++
		default:
			places = append(places, q.Place)
		}
	}
	words := strings.Join(places, "; ")
	if more > 0 {
		words += fmt.Sprintf(" and %d more", more)
	}
	return words
}

// tellNext ends a dry run with what is missing and the exact command that records it.
func (a *app) tellNext(i *importing, p sheets.Proposal, file string) {
	if len(p.Needs) > 0 {
		a.section("Needed first")
		for _, need := range p.Needs {
			a.indent("", need)
		}
	}
	if p.Fatal() {
		a.say("\nNothing can be recorded of this file as it is.")
		return
	}
	if len(p.Records) == 1 && strings.HasPrefix(p.Records[0], "nothing: ") {
		return // and so there is no command that would
	}
	a.say("\nNothing was recorded. To record it:")
	a.say("  %s", i.applyLine(a, p, file))
}

func (i *importing) applyLine(a *app, p sheets.Proposal, file string) string {
	line := []string{"plantrail"}
	if a.server != "" {
		line = append(line, "--server", shellWord(a.server))
	} else if a.data != "./data" {
		line = append(line, "--data", shellWord(a.data))
	}
	line = append(line, "import", shellWord(file))
	for _, f := range []struct{ name, value string }{{"--plan", i.plan}, {"--title", i.title}, {"--scheme", i.scheme},
		{"--body", i.body}, {"--accept", strings.Join(i.accept, ",")}} {
		if f.value != "" {
			line = append(line, f.name, shellWord(f.value))
		}
	}
	for _, flag := range []string{"--title", "--plan"} {
		if needs(p, flag) {
			line = append(line, flag, strings.ToUpper(strings.TrimPrefix(flag, "--")))
		}
	}
	if needs(p, "--accept same-day") {
		line = append(line, "--accept", "same-day")
	}
	for _, rating := range i.ratings {
		line = append(line, "--rating", shellWord(rating))
	}
	for _, column := range i.columns {
		line = append(line, "--column", shellWord(column))
	}
	when := []string{"--meeting-date", "DATE"}
	switch {
	case !p.MeetingDate.IsZero():
		when[1] = p.MeetingDate.String()
	case !p.AsAt.IsZero():
		when = []string{"--as-at", p.AsAt.String()}
	}
	return strings.Join(append(append(line, when...), "--apply"), " ")
}

func needs(p sheets.Proposal, flag string) bool {
	for _, n := range p.Needs {
		if strings.HasPrefix(n, flag+":") {
			return true
		}
	}
	return false
}

// shellWord quotes a word for a POSIX shell, where it needs it.
func shellWord(s string) string {
	safe := s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:,@%+=", r))
	}) < 0
	if safe {
		return s
	}
	return "'" + strings.ReplaceAll(oneLine(s), "'", `'\''`) + "'"
}
