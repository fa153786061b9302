package main

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/web"
)

func (a *app) accessCmd() *cobra.Command {
	var plan, actor, from, to, after string
	var limit int
	cmd := &cobra.Command{Use: "access", Short: "Show who viewed, searched or exported what, and took which bundle", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			q := url.Values{"limit": {strconv.Itoa(limit)}}
			for name, value := range map[string]string{"plan": plan, "actor": actor, "from": from, "to": to, "after": after} {
				if value != "" {
					q.Set(name, value)
				}
			}
			return a.with(ctx, func(c *client) error { return a.list(ctx, c, path("access"), q, a.tellAccess) })
		}}
	f := cmd.Flags()
	f.StringVar(&plan, "plan", "", "only what was about this plan")
	f.StringVar(&actor, "actor", "", "only what this person did")
	f.StringVar(&from, "from", "", "from this day on")
	f.StringVar(&to, "to", "", "until this day")
	f.StringVar(&after, "after", "", "go on after this cursor of an earlier page")
	f.IntVar(&limit, "limit", 50, "entries a page, 1 to 1000")
	return cmd
}

func (a *app) tellAccess(body []byte) error {
	var got web.AccessView
	if err := decode(body, &got); err != nil {
		return err
	}
	if len(got.Entries) == 0 {
		a.say("Nobody looked at anything, as far as it is kept.")
	}
	for _, v := range got.Entries {
		who := oneLine(string(v.Actor))
		if v.Name != "" {
			who = oneLine(v.Name) + ", " + who
		}
		a.say("%s  %s (%s)  %s", v.At.UTC().Format("2006-01-02 15:04"), who, v.Role, strings.TrimSpace(v.Did+" "+strings.Trim(string(v.Plan)+"/"+v.Of, "/")))
	}
	a.note("Visits are kept for %d days.", got.Days)
	if got.Next != "" {
		a.note("There is more: give --after %s", got.Next)
	}
	return nil
}
