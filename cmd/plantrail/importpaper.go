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
	plan, title, scheme, meeting, asAt, body string
	accept, columns, ratings                 []string
	apply                                    bool
}

// maxPaper is how much of a file is read: one byte more than the API takes.
const maxPaper = 32<<20 + 1

func (a *app) importCmd() *cobra.Command {
	var i importing
	cmd := &cobra.Command{Use: "import FILE", Short: "Read a plan from a committee paper: shows what would be recorded, and records it with --apply",
		Long: "Read a plan from a table as committees publish it: text, CSV, XLSX, DOCX or a\nsaved page. Without --apply nothing is recorded: the dry run shows what was read, what was not and why, and what would be recorded.\n\n" +
			"Where the plan is there already, the file is a newer copy of it: rows are matched with items by reference, else by words,\n" +
			"and only what differs is recorded. An item that the copy leaves out is asked after, never ended in silence.",
		Example: `  plantrail import paper.txt
  plantrail import paper.txt --meeting-date "3 February 2020" --accept due:2 --apply
  plantrail import tracker.xlsx --plan parks --as-at 2020-03-31 --apply
  plantrail import tracker.csv --plan parks --rating 'On course=on_track' --rating 'Slipping=at_risk' --rating 'Done=complete'`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.importPaper(cmd.Context(), &i, args[0]) }}
	f := cmd.Flags()
	f.StringVar(&i.plan, "plan", "", "id of the plan (default made of its title)")
	f.StringVar(&i.title, "title", "", "title of the plan (default as the document says)")
	f.StringVar(&i.scheme, "scheme", "", "rating scheme: rag.v1 (the default), another of plantrail scheme list, or a FILE.json with one's own")
	f.StringArrayVar(&i.ratings, "rating", nil, "instead of a scheme, what a word of the paper's own ratings means, as LABEL=MEANING, e.g. 'Slipping=at_risk'")
	f.StringVar(&i.meeting, "meeting-date", "", "when members received the paper: it is never taken from the paper")
	f.StringVar(&i.body, "body", "", "the body that met")
	f.StringSliceVar(&i.accept, "accept", nil, "offers to record, by id, or all")
	f.StringVar(&i.asAt, "as-at", "", "the day as at which the paper speaks, when it was for no meeting: a monthly tracker")
	f.StringArrayVar(&i.columns, "column", nil, "what a column means, as NAME=FIELD, e.g. 'Lead=owner'; remembered for the next copy")
	f.BoolVar(&i.apply, "apply", false, "record it")
	return cmd
}

func (i *importing) query(name string) (url.Values, error) {
	q := url.Values{"apply": {fmt.Sprint(i.apply)}, "name": {name}}
	meeting, err := date("--meeting-date", i.meeting)
	if err != nil {
		return nil, err
	}
	asAt, err := date("--as-at", i.asAt)
	if err != nil {
		return nil, err
	}
	scheme, own := i.scheme, ""
	if strings.HasSuffix(scheme, ".json") {
		text, err := readPaper(scheme)
		if err != nil {
			return nil, misuse("--scheme", "%s can't be read", scheme).Because(err)
		}
		scheme, own = "", string(text)
	}
	for field, value := range map[string]string{"ratings": strings.Join(i.ratings, "\n"), "own_scheme": own, "as_at": asAt.String(), "columns": strings.Join(i.columns, "\n"), "plan": i.plan, "title": i.title, "scheme": scheme,
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
	if len(b) == 0 {
		return nil, misuse("FILE", "%s is empty", file).WithHint("look whether the right file was given")
	}
	if len(b) == maxPaper {
		return nil, misuse("FILE", "%s is larger than %d MB", file, (maxPaper-1)>>20).WithHint("leave out its pictures and what is no part of the plan, or give the table alone")
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
	if !i.apply {
		a.tellNext(i, got.Proposal, file)
	}
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
