package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/sheets"
)

// reportFlags say which moment a report shows, and in which form.
type reportFlags struct {
	at                     atFlags
	judged, since, meeting string
	exempt, part           string
	format, to             string
	list                   bool
}

func (a *app) reportCmd() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{Use: "report NAME [PLAN]", Short: "A report for people or spreadsheets: ambers, exceptions, changes, trend, recommendations, ...",
		Long: "A report on a plan: as a table here, or as a page (--format html, fit for print and for screen readers), csv, xlsx, docx (Word), json, or pdf where\n" +
			"Chromium is installed. It says on its face which moment it shows, and prints the command that makes it again, to the byte.\n" +
			"plantrail report --list names the reports.",
		Example: "  plantrail report exceptions sdp-2019-20 --format html -o exceptions.html\n  plantrail report changes sdp-2019-20\n" +
			"  plantrail report received sdp-2019-20 --meeting '3 February 2020'\n" +
			"  plantrail report forecast sdp-2019-20 --recorded-at 2020-02-03\n  plantrail report tracker sdp-2019-20 -o tracker.xlsx",
		Args: cobra.MaximumNArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error { return a.report(cmd, args, &f) }}
	flags := cmd.Flags()
	flags.StringVarP(&f.to, "output", "o", "", "the file to write, whose ending says the format; or table, json, csv")
	flags.StringVar(&f.format, "format", "", "html, csv, xlsx, docx, json, pdf or table (default a table on a terminal, else json)")
	flags.StringVar(&f.judged, "judged", "", "the day from which overdue and the like are told (default today, or that of the clock given)")
	flags.StringVar(&f.since, "since", "", "changes: the first moment, as plantrail compare takes it (default the last meeting with a paper)")
	flags.StringVar(&f.meeting, "meeting", "", "received: the meeting whose paper it is about, by its id or its day (default the last one)")
	flags.StringVar(&f.exempt, "exempt", "", "items that are exempt from publication, comma-separated: they are left out, and the report says so")
	flags.StringVar(&f.part, "part", "", "with --exempt: public (the default), or exempt for what was left out")
	flags.BoolVar(&f.list, "list", false, "name the reports and what each answers")
	return f.at.flags(cmd)
}

var reportForms = []string{"table", "json", "html", "csv", "xlsx", "docx", "pdf"}

// form is the format that is asked for: by name, by the file's ending, or as other answers have it.
func (f *reportFlags) form(a *app) (string, error) {
	form := f.format
	if f.to == asTable || f.to == asJSON || f.to == asCSV { // as every other command takes it
		form, f.to = f.to, ""
	}
	if form == "" && f.to != "" && f.to != "-" {
		form = strings.TrimPrefix(strings.ToLower(filepath.Ext(f.to)), ".")
	}
	if form == "" {
		if form = a.form(); form != asTable && form != asCSV {
			form = asJSON
		}
	}
	for _, known := range reportForms {
		if form == known {
			return form, nil
		}
	}
	return "", misuse("--format", "%q is not a format", shorten(form, 40)).WithHint("use " + strings.Join(reportForms, ", "))
}

func (f *reportFlags) query() (url.Values, error) {
	q, err := f.at.query()
	if err != nil {
		return nil, err
	}
	if f.judged != "" {
		d, err := date("--judged", f.judged)
		if err != nil {
			return nil, err
		}
		q.Set("judged", d.String())
	}
	if f.meeting != "" {
		q.Set("meeting", f.meeting)
	}
	if f.exempt != "" {
		q.Set("exempt", f.exempt)
	}
	if f.part != "" {
		q.Set("part", f.part)
	}
	if f.since != "" {
		q.Set("since", momentArg(f.since))
	}
	return q, nil
}

func (a *app) report(cmd *cobra.Command, args []string, f *reportFlags) error {
	if f.list {
		return a.with(cmd.Context(), func(c *client) error {
			got, err := c.get(cmd.Context(), path("reports"), nil, nil)
			if err != nil {
				return err
			}
			return a.show(got, func() error { return a.tellReports(got.body) })
		})
	}
	if len(args) == 0 {
		return misuse("arguments", "say which report").WithHint("plantrail report --list names them")
	}
	form, err := f.form(a)
	if err != nil {
		return err
	}
	q, err := f.query()
	if err != nil {
		return err
	}
	return a.askPlan(cmd, args[1:], func(ctx context.Context, c *client, plan string) error {
		return asTyped(a.writeReport(ctx, c, request{method: http.MethodGet, path: path("plans", plan, "reports", args[0]), query: q}, form, f.to))
	})
}

func (a *app) writeReport(ctx context.Context, c *client, r request, form, to string) error {
	switch form {
	case asTable:
		if to != "" && to != "-" {
			return misuse("--output", "a table is for the terminal").WithHint("give another --format")
		}
		r.query.Set("format", asJSON)
		got, err := c.do(ctx, r)
		if err != nil {
			return err
		}
		return a.tellReport(got.body)
	case "pdf":
		if to == "" {
			return misuse("--output", "say where the PDF goes").WithHint("give -o FILE.pdf")
		}
		r.query.Set("format", "html")
		got, err := c.do(ctx, r)
		if err != nil {
			return err
		}
		return printPDF(ctx, got.body, to)
	case "xlsx", "docx":
		if to == "" && a.screen.terminal {
			return misuse("--output", "a file of an office program is not for a terminal").WithHint("give -o FILE." + form)
		}
	}
	r.query.Set("format", form)
	if err := a.download(ctx, c, r, to); err != nil {
		return err
	}
	if to != "" && to != "-" {
		a.note("Written to %s.", to)
	}
	return nil
}

func (a *app) tellReports(body []byte) error {
	var got struct {
		Reports []struct{ Report, Title, About string }
	}
	if err := decode(body, &got); err != nil {
		return err
	}
	t := newTable("Report", "Title", "~What it answers")
	for _, r := range got.Reports {
		t.add(plain(r.Report), plain(r.Title), plain(r.About))
	}
	t.write(a.stdout, a.screen)
	return nil
}

// tellReport writes a report for the terminal.
func (a *app) tellReport(body []byte) error {
	var r sheets.Report
	if err := decode(body, &r); err != nil {
		return err
	}
	a.say("%s", a.screen.bold(oneLine(r.Title)))
	a.say("%s", oneLine(r.Plan))
	for _, f := range r.Moment {
		a.say("%s: %s", f.Name, oneLine(f.Is))
	}
	for _, s := range r.Sections {
		a.say("\n%s", a.screen.bold(oneLine(s.Title)))
		for _, w := range s.Words {
			a.say("%s", oneLine(w))
		}
		if len(s.Rows) == 0 {
			a.say("%s", s.None)
			continue
		}
		names := make([]string, len(s.Columns))
		for i, c := range s.Columns {
			if names[i] = c.Name; c.Wide {
				names[i] = "~" + c.Name
			}
		}
		t := newTable(names...)
		for _, row := range s.Rows {
			cells := make([]cell, len(row))
			for i, c := range row {
				cells[i] = plain(c.Text)
			}
			t.add(cells...)
		}
		t.write(a.stdout, a.screen)
	}
	for _, n := range r.Notes {
		a.say("\n%s", oneLine(n))
	}
	a.say("\nMade again by: %s", strings.TrimSuffix(r.Command, " --format json"))
	return nil
}

// removeQuietly is for what the system clears away anyway.
func removeQuietly(dir string) error {
	if err := os.RemoveAll(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return failure(err, "%s can't be removed", dir)
	}
	return nil
}
