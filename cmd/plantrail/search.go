package main

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/projections"
)

func (a *app) searchCmd() *cobra.Command {
	var plan, item, actor, kind, from, to, after string
	var limit int
	cmd := &cobra.Command{Use: "search WORDS...", Short: "Find words in everything that was ever recorded",
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.TrimSpace(strings.Join(args, "")) == "" {
				return wrongArgs(cmd, args, 1)
			}
			ctx := cmd.Context()
			q := url.Values{"q": {strings.Join(args, " ")}, "limit": {strconv.Itoa(limit)}}
			for name, value := range map[string]string{"plan": plan, "item": item, "actor": actor, "type": kind, "from": from, "to": to, "after": after} {
				if value != "" {
					q.Set(name, value)
				}
			}
			return a.with(ctx, func(c *client) error { return a.list(ctx, c, path("search"), q, a.tellHits) })
		}}
	cmd.Flags().StringVar(&plan, "plan", "", "only in this plan")
	cmd.Flags().StringVar(&item, "item", "", "only about this item")
	cmd.Flags().StringVar(&actor, "actor", "", "only by this actor")
	cmd.Flags().StringVar(&kind, "type", "", "only in entries of this type, e.g. rating-changed")
	cmd.Flags().StringVar(&from, "from", "", "recorded on or after: a date or an RFC 3339 time")
	cmd.Flags().StringVar(&to, "to", "", "recorded until")
	cmd.Flags().StringVar(&after, "after", "", "go on after this cursor of an earlier page")
	cmd.Flags().IntVar(&limit, "limit", 50, "hits a page, 1 to 1000")
	return cmd
}

func (a *app) tellHits(body []byte) error {
	var got projections.Page[projections.Hit]
	if err := decode(body, &got); err != nil {
		return err
	}
	if len(got.Entries) == 0 {
		a.say("Nothing was found.")
	}
	for _, h := range got.Entries {
		where := string(h.Entry.Plan)
		if h.Entry.Item != "" {
			where += "/" + string(h.Entry.Item)
		}
		a.say("%s  %s  %s", a.screen.bold(statedWords(h.Entry.Stated)), oneLine(where), oneLine(h.Entry.Summary))
		a.indent(h.Field+": ", h.Snippet)
	}
	if got.Next != "" {
		a.note("There is more: give --after %s", got.Next)
	}
	return nil
}
