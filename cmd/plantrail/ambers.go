package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/projections"
)

func (a *app) ambersCmd() *cobra.Command {
	var as atFlags
	var meaning string
	cmd := &cobra.Command{Use: "ambers [PLAN]", Short: "The members' table: each amber item, why, since when and in whose words",
		RunE: func(cmd *cobra.Command, args []string) error {
			q, err := as.query()
			if err != nil {
				return err
			}
			if meaning != "" {
				q.Set("meaning", meaning)
			}
			return a.askPlan(cmd, args, func(ctx context.Context, c *client, plan string) error {
				return a.list(ctx, c, path("plans", plan, "ambers"), q, a.tellAmbers)
			})
		}}
	cmd.Flags().StringVar(&meaning, "meaning", "", "meanings to list, comma-separated: at_risk, off_track (default at_risk)")
	return as.flags(cmd)
}

func (a *app) tellAmbers(body []byte) error {
	var got projections.AmberTable
	if err := decode(body, &got); err != nil {
		return err
	}
	a.say("%s", a.screen.bold(oneLine(shown(got.Title))))
	a.say("%s, recorded until %s (position %d)", count(len(got.Rows), "row", "rows"), moment(got.RecordedAt), got.Position)
	t := newTable("Item", "Ref", "~Aim", "Rating", "~Reason", "Since", "Whose words")
	for _, r := range got.Rows {
		words, whose := reasonOf(r)
		t.add(plain(string(r.Item)), plain(r.Ref), plain(shown(r.Aim)), ratingCell(r.Rating), plain(words), plain(day(r.Rating.Since)), plain(whose))
	}
	if len(t.rows) > 0 {
		a.say("")
	}
	t.write(a.stdout, a.screen)
	return nil
}

// reasonOf is why a row is amber, and who says so. A reason that points to another row is followed by that row's.
func reasonOf(r projections.Amber) (words, whose string) {
	var parts []string
	if r.Rating.Reason != nil {
		parts = append(parts, shown(r.Rating.Reason.Words))
		whose = who(r.Rating.Reason.Said.By)
	}
	if r.SameAs != nil {
		parts = append(parts, "["+string(r.Rating.SameAs)+": "+shown(r.SameAs.Words)+"]")
		if whose == "" {
			whose = who(r.SameAs.Said.By)
		}
	}
	if r.Rating.Owed {
		parts = append(parts, "A justification is owed.")
	}
	for _, q := range r.Request {
		parts = append(parts, "Members ask ("+string(q.Request)+"): "+shown(q.Words))
	}
	return strings.Join(parts, "\n"), whose
}
