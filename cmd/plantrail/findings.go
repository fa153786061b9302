package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain/findings"
	"plantrail/projections"
)

// findingsFlags say which findings are wanted.
type findingsFlags struct {
	at                             atFlags
	asAt, rule, severity, item     string
	after                          string
	answered, open, all, listRules bool
}

func (a *app) findingsCmd() *cobra.Command {
	var f findingsFlags
	cmd := &cobra.Command{Use: "findings [PLAN]", Short: "What an auditor would find: 32 rules over a plan's history; without PLAN, over all plans today",
		Long: "What an auditor would find in a plan's history. Each finding names the entries that prove it (see plantrail entry) and what would\n" +
			"clear it; `plantrail finding answer` answers it. A plan can be judged as at any day: --as-at DATE by what was known then,\n" +
			"--valid-at DATE by what is known now.",
		Example: "  plantrail findings sdp-2019-20 --severity high\n  plantrail findings sdp-2019-20 --as-at 2020-02-03 --rule R26,R27\n  plantrail findings --rules",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.findings(cmd, args, &f) }}
	flags := cmd.Flags()
	flags.StringVar(&f.asAt, "as-at", "", "as it was known then: a date (its end), or a position")
	flags.StringVar(&f.rule, "rule", "", "only what these rules find, comma-separated: R05,R06")
	flags.StringVar(&f.severity, "severity", "", "only of these severities, comma-separated: high, medium, low")
	flags.StringVar(&f.item, "item", "", "only about this item")
	flags.BoolVar(&f.answered, "answered", false, "only those that are answered")
	flags.BoolVar(&f.open, "open", false, "only those that are not answered, or whose answer has lapsed")
	flags.StringVar(&f.after, "after", "", "over all plans: go on after this cursor of an earlier page")
	flags.BoolVar(&f.all, "all", false, "over all plans: every page, not only the first")
	flags.BoolVar(&f.listRules, "rules", false, "list the rules instead: what each looks for, why, and what clears it")
	return f.at.flags(cmd)
}

func (f *findingsFlags) query() (url.Values, error) {
	if f.asAt != "" {
		if f.at != (atFlags{}) {
			return nil, misuse("--as-at", "say in one way which moment is meant")
		}
		f.at.recordedAt = f.asAt
		if _, err := strconv.ParseUint(f.asAt, 10, 63); err == nil {
			f.at = atFlags{position: f.asAt}
		}
	}
	q, err := f.at.query()
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"rule": f.rule, "severity": f.severity, "item": f.item} {
		if value != "" {
			q.Set(name, value)
		}
	}
	switch {
	case f.answered && f.open:
		return nil, misuse("--open", "a finding is answered or it is not").WithHint("give one of --answered and --open")
	case f.answered:
		q.Set("answered", "yes")
	case f.open:
		q.Set("answered", "no")
	}
	return q, nil
}

func (a *app) findings(cmd *cobra.Command, args []string, f *findingsFlags) error {
	ctx := cmd.Context()
	if f.listRules {
		return a.with(ctx, func(c *client) error { return a.list(ctx, c, path("findings", "rules"), nil, a.tellRules) })
	}
	q, err := f.query()
	if err != nil {
		return err
	}
	if len(args) == 0 && f.at == (atFlags{}) {
		if f.after != "" {
			q.Set("after", f.after)
		}
		return a.with(ctx, func(c *client) error { return a.allFindings(ctx, c, q, f.all) })
	}
	return a.askPlan(cmd, args, func(ctx context.Context, c *client, plan string) error {
		return a.list(ctx, c, path("plans", plan, "findings"), q, a.tellFindings)
	})
}

// allFindings writes pages of findings over all plans: the first, or all of them one after another.
func (a *app) allFindings(ctx context.Context, c *client, q url.Values, all bool) error {
	accept := "application/json"
	if a.form() == asCSV {
		accept = "text/csv"
	}
	for first := true; ; first = false {
		got, err := c.do(ctx, request{method: http.MethodGet, path: path("findings"), query: q, accept: accept})
		if err != nil {
			return err
		}
		next := nextOf(got.header)
		if a.form() == asTable {
			err = a.tellPage(got.body)
		} else {
			if _, rows, _ := bytes.Cut(got.body, []byte("\n")); !first && a.form() == asCSV {
				got.body = rows // one header row is enough
			}
			err = a.write(got.body)
		}
		if err != nil || next == "" {
			return err
		}
		if !all {
			a.note("There is more: give --all, or --after %s", next)
			return nil
		}
		q.Set("after", next)
	}
}

func (a *app) tellPage(body []byte) error {
	var page projections.Page[findings.Finding]
	if err := decode(body, &page); err != nil {
		return err
	}
	a.tellCount(page.Entries)
	a.tellEach(page.Entries, true)
	return nil
}

func (a *app) tellFindings(body []byte) error {
	var v projections.FindingsView
	if err := decode(body, &v); err != nil {
		return err
	}
	a.say("%s, judged on %s by what was recorded until %s (position %d)", a.screen.bold(string(v.Plan)), v.Judged.Words(), moment(v.RecordedAt), v.Position)
	a.tellCount(v.Findings)
	a.tellEach(v.Findings, false)
	return nil
}

func (a *app) tellCount(all []findings.Finding) {
	n, answered := map[findings.Severity]int{}, 0
	for _, f := range all {
		n[f.Severity]++
		if f.Answer != nil && !f.Answer.Lapsed {
			answered++
		}
	}
	var parts []string
	for _, s := range []findings.Severity{findings.High, findings.Medium, findings.Low} {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
		}
	}
	words := "Nothing was found."
	if len(parts) > 0 {
		words = count(len(all), "finding", "findings") + ": " + strings.Join(parts, ", ") + "; " + count(answered, "is answered", "are answered")
	}
	a.say("%s", words)
}

// tellEach writes findings rule by rule: what the rule is about, each finding, and what would clear them.
func (a *app) tellEach(all []findings.Finding, plans bool) {
	for len(all) > 0 {
		n := 1
		for n < len(all) && all[n].Rule == all[0].Rule && all[n].Plan == all[0].Plan {
			n++
		}
		head := all[0].Rule + " " + string(all[0].Severity) + ": " + all[0].Title
		if plans {
			head = string(all[0].Plan) + " " + head
		}
		a.say("\n%s", a.screen.bold(oneLine(head)))
		t := newTable("Finding", "~Item", "~What", "Since", "Entries", "~Answer")
		for _, f := range all[:n] {
			t.add(plain(string(f.ID)), plain(strings.TrimSpace(f.Ref+" "+f.Aim)), plain(raised(f)+f.Words), plain(day(f.Since)), plain(proofWords(f)), plain(answered(f.Answer)))
		}
		t.write(a.stdout, a.screen)
		a.indent("To clear: ", all[0].Clears)
		all = all[n:]
	}
}

func raised(f findings.Finding) string {
	if f.Raised {
		return "[members are waiting] "
	}
	return ""
}

func proofWords(f findings.Finding) string {
	const most = 3
	var parts []string
	for i, p := range f.Proof {
		if i == most {
			return strings.Join(parts, " ") + " …"
		}
		parts = append(parts, strconv.FormatUint(p.Entry, 10))
	}
	return strings.Join(parts, " ")
}

func answered(a *findings.Answer) string {
	if a == nil {
		return ""
	}
	words := day(a.On)
	switch {
	case a.Lapsed:
		words += ", lapsed on " + day(a.Until)
	case a.Until.Known():
		words += ", until " + day(a.Until)
	}
	return strings.TrimSuffix(words+": "+a.Words, ": ")
}

func (a *app) tellRules(body []byte) error {
	var got struct {
		Rules []findings.Rule `json:"rules"`
	}
	if err := decode(body, &got); err != nil {
		return err
	}
	t := newTable("Rule", "Severity", "~Title", "~What it looks for", "~What clears it")
	for _, r := range got.Rules {
		t.add(plain(r.ID), plain(string(r.Severity)), plain(r.Title), plain(r.Means), plain(r.Clears))
	}
	t.write(a.stdout, a.screen)
	return nil
}
