package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/sheets"
)

// importing are the flags of import.
type importing struct {
	plan, title, scheme, meeting, body string
	accept                             []string
	apply                              bool
}

// maxPaper is the largest file that is read: the API's limit, so that the answer names it.
const maxPaper = 32<<20 + 1

func (a *app) importCmd() *cobra.Command {
	var i importing
	cmd := &cobra.Command{Use: "import FILE", Short: "Read a plan from a committee paper: shows what would be recorded, and records it with --apply",
		Long: "Read a plan from a table as committees publish it: text with a bar at each cell's end, paragraphs, or CSV. Without\n--apply nothing is recorded: the dry run shows what was read, what was not and why, and what would be recorded.",
		Example: `  plantrail import paper.txt
  plantrail import paper.txt --meeting-date "3 February 2020" --accept due:2 --apply`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.importPaper(cmd.Context(), &i, args[0]) }}
	f := cmd.Flags()
	f.StringVar(&i.plan, "plan", "", "id of the plan (default made of its title)")
	f.StringVar(&i.title, "title", "", "title of the plan (default as the document says)")
	f.StringVar(&i.scheme, "scheme", "", "rating scheme: rag.v1 (the default), brag.v1, rag-not-started.v1")
	f.StringVar(&i.meeting, "meeting-date", "", "when members received the paper: it is never taken from the paper")
	f.StringVar(&i.body, "body", "", "the body that met")
	f.StringSliceVar(&i.accept, "accept", nil, "offers to record, by id, or all")
	f.BoolVar(&i.apply, "apply", false, "record it")
	return cmd
}

func (i *importing) query(name string) (url.Values, error) {
	q := url.Values{"apply": {fmt.Sprint(i.apply)}, "name": {name}}
	meeting, err := date("--meeting-date", i.meeting)
	if err != nil {
		return nil, err
	}
	for field, value := range map[string]string{"plan": i.plan, "title": i.title, "scheme": i.scheme,
		"meeting_date": meeting.String(), "body": i.body, "accept": strings.Join(i.accept, ",")} {
		if value != "" {
			q.Set(field, value)
		}
	}
	return q, nil
}

func (a *app) importPaper(ctx context.Context, i *importing, file string) error {
	q, err := i.query(filepath.Base(file))
	if err != nil {
		return err
	}
	paper, err := readPaper(file)
	if err != nil {
		return err
	}
	return a.with(ctx, func(c *client) error {
		got, _, err := c.command(ctx, request{path: path("import"), query: q, body: paper, mediaType: "application/octet-stream"})
		if err != nil {
			return i.explain(err, file)
		}
		return a.show(got, func() error { return a.tellImport(ctx, c, i, file, got.body) })
	})
}

// explain adds to an error what to do: a paper has no key of its own to be given again.
func (i *importing) explain(err error, file string) error {
	e := (*domain.Error)(nil)
	switch {
	case !errors.As(err, &e) || !i.apply:
	case e.Kind == domain.Unknown:
		e.Hint = "give the same command again: a paper is recorded once, however often it is given"
	case e.Kind == domain.Refused && e.Hint == "":
		e.Hint = "see plantrail import " + shellWord(file) + " without --apply"
	}
	return err
}

func readPaper(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, misuse("FILE", "%s can't be read", file).Because(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxPaper))
	if err != nil {
		return nil, misuse("FILE", "%s can't be read", file).Because(err)
	}
	return b, nil
}

func (a *app) tellImport(ctx context.Context, c *client, i *importing, file string, body []byte) error {
	var got struct {
		Proposal sheets.Proposal
		Receipt  *domain.Receipt
	}
	if err := decode(body, &got); err != nil {
		return err
	}
	if got.Receipt != nil {
		return a.tellImported(ctx, c, got.Proposal, *got.Receipt)
	}
	a.tellProposal(got.Proposal)
	a.tellNext(i, got.Proposal, file)
	return nil
}

func (a *app) tellImported(ctx context.Context, c *client, p sheets.Proposal, r domain.Receipt) error {
	e, err := entryOf(ctx, c, r)
	if err != nil { // recorded it is: an answer that fails now must not say otherwise
		a.say("%s as %s, version %d.", recordedWord(r), r.Plan, r.Version)
		return nil
	}
	if r.Repeat {
		a.say("Nothing was recorded: this paper was recorded before, on %s, as plan %s.", moment(e.RecordedAt), r.Plan)
		return nil
	}
	a.say("Recorded on %s as plan %s, version %d:", moment(e.RecordedAt), r.Plan, r.Version)
	for _, what := range p.Records {
		a.say("  - %s", oneLine(what))
	}
	a.say("See plantrail show %s, plantrail timeline %s and plantrail ambers %s.", r.Plan, r.Plan, r.Plan)
	return nil
}

func (a *app) tellProposal(p sheets.Proposal) {
	a.say("%s: %s, %s, %d bytes", a.screen.bold(oneLine(p.Name)), p.Format, p.Encoding, p.Size)
	a.fact("Plan", string(p.Plan), "not known")
	a.fact("Title", p.Title+placed(p.TitlePlace), "not found")
	a.fact("Members received it", p.MeetingDate.Words(), "the document does not say")
	a.say("")
	a.tellRows(p)
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
	t := newTable("Row", "Where", "Ref", "~Item", "Rating", "~Reason", "~Owner", "Due")
	for _, r := range p.Rows {
		t.add(number(r.N), plain(r.Place), plain(r.Ref), plain(shorten(r.Title, rowTitle)), plain(ratingWords(r)),
			plain(reasonWords(r)), plain(shorten(r.Owner, rowTitle)), plain(rowDue(r)))
	}
	t.write(a.stdout, a.screen)
}

func ratingWords(r sheets.Row) string {
	words := r.Rating.Value
	if words == "" {
		words = "unreadable"
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

func rowDue(r sheets.Row) string {
	if r.DueNow.IsZero() {
		return day(r.Due)
	}
	return day(r.DueNow) + " (was " + day(r.Due) + ")"
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
		a.indent("", fmt.Sprintf("%s (row %d, %s): %s [%s]", o.What, o.Row, o.Place, o.Why, state))
	}
}

func (a *app) tellProblems(p sheets.Proposal) {
	if len(p.Problems) > 0 {
		a.section("Could not be read")
	}
	for _, q := range p.Problems {
		words := q.What
		if q.Place != "" {
			words = q.Place + ": " + words
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
	meeting := p.MeetingDate.String()
	if meeting == "" {
		meeting = "DATE"
	}
	return strings.Join(append(line, "--meeting-date", meeting, "--apply"), " ")
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
