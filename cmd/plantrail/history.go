package main

import (
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/projections"
)

func (a *app) historyCmd() *cobra.Command {
	var as atFlags
	cmd := &cobra.Command{Use: "history [PLAN] ITEM", Short: "Everything about one item: what it is, and from when to when each value held",
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			q, err := as.query()
			if err != nil {
				return err
			}
			return a.with(ctx, func(c *client) error {
				at, err := a.itemArgs(ctx, c, cmd, args, 0)
				if err != nil {
					return err
				}
				return a.list(ctx, c, path("plans", at.plan, "items", at.item), q, a.tellHistory)
			})
		}}
	cmd.Flags().String("plan", "", "the plan, where it is not among the arguments")
	return as.flags(cmd)
}

func (a *app) tellHistory(body []byte) error {
	var h projections.ItemHistory
	if err := decode(body, &h); err != nil {
		return err
	}
	it := h.Item
	a.say("%s", a.screen.bold(oneLine(strings.TrimSpace(it.Ref+" "+shown(it.Title)))))
	a.say("%s, %s, level %s", it.Item, it.State, oneLine(it.Level))
	if it.Owner != nil {
		a.say("Owner: %s", oneLine(shown(*it.Owner)))
	}
	if !it.Due.IsZero() {
		a.say("Due: %s, originally %s, moved %s", it.Due.Words(), it.Original.Words(), count(it.Moves, "time", "times"))
	}
	if it.Outcome != nil {
		a.say("Outcome, %s: %s", resultWords(it.Outcome.Result), oneLine(shown(it.Outcome.Words)))
	}
	a.tellPractice(it)
	a.say("")
	t := newTable("Field", "~Value", "From", "Until", "~Why", "By")
	for _, s := range h.Spans {
		t.add(plain(s.Field), plain(spanValue(s)), plain(day(s.From.Stated)), plain(until(s)), plain(why(s)), plain(who(s.From.By)))
	}
	t.write(a.stdout, a.screen)
	a.tellRequests(h.Requests)
	if len(h.Entries) > 0 {
		a.say("\n%s", a.screen.bold("Timeline"))
	}
	for _, e := range h.Entries {
		a.tellEntry(e)
	}
	return nil
}

func spanValue(s projections.Span) string {
	value := s.Value
	if d, err := domain.ParseDate(value); s.Field == "due" && err == nil {
		value = day(d)
	}
	if s.Corrected {
		value += " (recorded wrongly: corrected later)"
	}
	return value
}

func until(s projections.Span) string {
	if s.Until == nil {
		return "now"
	}
	return day(s.Until.Stated)
}

func why(s projections.Span) string {
	if s.Reason == nil {
		return ""
	}
	return shown(s.Reason.Words)
}
