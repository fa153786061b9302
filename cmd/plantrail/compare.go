package main

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/projections"
)

func (a *app) compareCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "compare PLAN FROM [TO]", Short: "What differs between two moments or meetings, and who changed it",
		Long: "What differs between two moments of a plan, and who changed it. A moment is\n" +
			"  2020-02-03           as it was known at the end of that day (also recorded:2020-02-03T12:00:00Z)\n" +
			"  meeting:ID           as members received it for that meeting\n" +
			"  valid:2020-02-03     as it was on that day, by all that is known now\n" +
			"  position:120         just after that position of the history\n" +
			"  now                  as it is; TO left out means now",
		Example: "  plantrail compare parks meeting:scrutiny-2020-02-03 now",
		Args:    cobra.RangeArgs(2, 3),
		RunE: func(cmd *cobra.Command, args []string) error {
			q := url.Values{"from": {momentArg(args[1])}}
			if len(args) == 3 {
				q.Set("to", momentArg(args[2]))
			}
			ctx := cmd.Context()
			return a.with(ctx, func(c *client) error { return a.list(ctx, c, path("plans", args[0], "compare"), q, a.tellComparison) })
		}}
	return cmd
}

// momentArg lets a plain date or time stand for the clock of recording.
func momentArg(s string) string {
	if t, err := instant("FROM", s, true); err == nil {
		return "recorded:" + t.Format("2006-01-02T15:04:05.999999Z07:00")
	}
	return s
}

func (a *app) tellComparison(body []byte) error {
	var v projections.Comparison
	if err := decode(body, &v); err != nil {
		return err
	}
	a.say("%s", a.screen.bold(oneLine(shown(v.Title))))
	a.say("From %s to %s: %s", momentWords(v.From), momentWords(v.To), count(len(v.Differences), "difference", "differences"))
	a.say("")
	t := newTable("Item", "What", "From", "To", "~Words", "By", "Stated", "Authority")
	for _, d := range v.Differences {
		t.add(differenceCells(d)...)
	}
	t.write(a.stdout, a.screen)
	return nil
}

func momentWords(m projections.Moment) string {
	words := []string{fmt.Sprint("version ", m.Version)}
	if m.AsReported != "" {
		words = []string{"the paper for " + string(m.AsReported), fmt.Sprint("version ", m.Version)}
	}
	if !m.ValidAt.IsZero() {
		words = append(words, "as on "+m.ValidAt.Words())
	}
	return strings.Join(append(words, "recorded "+moment(m.RecordedAt)), ", ")
}

func differenceCells(d projections.DifferenceView) []cell {
	what := strings.ReplaceAll(strings.Replace(string(d.What), "re_", "re-", 1), "_", " ")
	if d.Dimension != "" {
		what = d.Dimension + " " + what
	}
	words, by, stated := "", "", ""
	if d.After != nil {
		words, by, stated = oneLine(shown(d.After.Words)), who(d.After.Said.By), d.After.Said.Stated.Words()
	}
	return []cell{plain(string(d.Item)), plain(what), plain(valueWords(d, d.From)), plain(valueWords(d, d.To)), plain(words), plain(by), plain(stated),
		plain(d.Authority.Words())}
}

// valueWords is a value as people write it: a date in words, a state without its line.
func valueWords(d projections.DifferenceView, value string) string {
	if d.What == domain.Redated {
		if on, err := domain.ParseDate(value); err == nil {
			return day(on)
		}
	}
	return strings.ReplaceAll(value, "_", " ")
}
