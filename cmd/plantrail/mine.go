package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/web"
)

func (a *app) mineCmd() *cobra.Command {
	var person string
	var inherited bool
	cmd := &cobra.Command{Use: "mine [PLAN]", Short: "What must I update before the next paper, what did I say last time, what am I asked?",
		Long: "Your open items, in every plan or in one: whether they want an update before the next meeting's paper, what was last said of them,\n" +
			"what members ask, whose they were before, and what the rules find on them. What the rules would find on an update that you have not\n" +
			"made yet says --check with every command that records something.",
		Example: "  plantrail mine\n  plantrail mine sdp-2019-20 --person p-7f3a\n  plantrail rate sdp-2019-20 item-07 amber --reason 'As above' --check",
		Args:    cobra.MaximumNArgs(1)}
	cmd.Flags().StringVar(&person, "person", "", "whose items: see plantrail person list (default yours)")
	cmd.Flags().BoolVar(&inherited, "inherited", false, "tell of the items that had another owner before, each with its whole history")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		q := url.Values{}
		if person != "" {
			q.Set("person", person)
		}
		if len(args) == 1 {
			q.Set("plan", args[0])
		}
		return a.with(cmd.Context(), func(c *client) error {
			got, err := c.get(cmd.Context(), path("mine"), q, nil)
			if err != nil {
				return err
			}
			return a.show(got, func() error {
				v, err := a.tellMine(got.body)
				if err != nil || !inherited {
					return err
				}
				return a.tellInherited(cmd.Context(), c, v)
			})
		})
	}
	return cmd
}

// tellInherited tells of each item that had another owner before all that there is.
func (a *app) tellInherited(ctx context.Context, c *client, v web.MineView) error {
	for _, p := range v.Plans {
		for _, it := range p.Items {
			if it.Inherited == nil {
				continue
			}
			got, err := c.get(ctx, path("plans", string(p.Plan), "items", string(it.Item)), nil, nil)
			if err != nil {
				return err
			}
			a.say("")
			if err := a.tellHistory(got.body); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) tellMine(body []byte) (v web.MineView, err error) {
	if err := decode(body, &v); err != nil {
		return v, err
	}
	if len(v.Plans) == 0 {
		a.say("%s holds no open item.", strings.TrimSpace(v.Name+" ("+string(v.Person)+")"))
		return v, nil
	}
	for _, p := range v.Plans {
		a.say("%s", a.screen.bold(oneLine(string(p.Plan)+": "+p.Title)))
		switch {
		case p.Meeting == "":
			a.say("No meeting is ahead.")
		case p.Deadline.Known():
			a.say("The paper for the %s on %s must be ready by %s.", p.Body, p.On.Words(), p.Deadline.Words())
		default:
			a.say("The next meeting is the %s on %s; nobody named a deadline for its paper.", p.Body, p.On.Words())
		}
		t := newTable("Item", "~Aim", "Update", "Rating", "Due", "~Last said", "~Members ask", "Before you", "Findings")
		for _, it := range p.Items {
			t.add(mineCells(it)...)
		}
		t.write(a.stdout, a.screen)
	}
	return v, nil
}

func mineCells(it web.MineItem) []cell {
	var last, asked, rules []string
	update, rating, before := "no", cell{}, ""
	if it.Update {
		update = "wanted"
	}
	if it.Progress != nil {
		last = append(last, day(it.Progress.Said.Stated)+": "+shown(it.Progress.Words))
	}
	if len(it.Ratings) > 0 {
		r := it.Ratings[0]
		if rating = ratingCell(r); r.Reason != nil {
			last = append(last, "Reason of "+day(r.Reason.Said.Stated)+": "+shown(r.Reason.Words))
		}
		if r.Owed {
			asked = append(asked, "A reason is owed.")
		}
	}
	for _, q := range it.Requests {
		asked = append(asked, string(q.Request)+": "+shown(q.Words)+" (wanted by: "+it.Wanted[q.Request]+")")
	}
	if in := it.Inherited; in != nil {
		before = in.Value + " until " + day(in.Until.Stated)
	}
	count := map[string]int{}
	for _, f := range it.Findings {
		if count[f.Rule]++; count[f.Rule] == 1 {
			rules = append(rules, f.Rule)
		}
	}
	for i, rule := range rules {
		if n := count[rule]; n > 1 {
			rules[i] = fmt.Sprintf("%s (%d times)", rule, n)
		}
	}
	due := day(it.Due)
	if it.Overdue {
		due += " (overdue)"
	}
	return []cell{plain(string(it.Item)), plain(shown(it.Title)), plain(update), rating, plain(due), plain(strings.Join(last, "\n")), plain(strings.Join(asked, "\n")),
		plain(before), plain(strings.Join(rules, " "))}
}
