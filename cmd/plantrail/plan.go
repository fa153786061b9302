package main

import (
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/projections"
)

func (a *app) planCmd() *cobra.Command {
	return family("plan", "Open, close and list plans, and set how one is kept", a.planOpenCmd(), a.planCloseCmd(), a.planListCmd(), a.planLevelsCmd(),
		a.planSchemesCmd(), a.planPolicyCmd(), a.planAdoptCmd())
}

func (a *app) planOpenCmd() *cobra.Command {
	var w writing
	var title, scheme string
	var levels []string
	cmd := &cobra.Command{Use: "open PLAN", Short: "Begin a plan", Args: exactly(1),
		Example: `  plantrail plan open sdp-2019-20 --title "Service Development Plan 2019-20" --level aim=Aim --level action=Action`}
	cmd.Flags().StringVar(&title, "title", "", "the plan's title")
	cmd.Flags().StringVar(&scheme, "scheme", "", "rating scheme: rag.v1 (the default) or another of plantrail scheme list")
	cmd.Flags().StringArrayVar(&levels, "level", nil, "a named level KEY=LABEL, from the top, once for each (default action)")
	return a.plainWrite(w.flags(cmd), &w, func(b domain.Basis, args []string) (string, domain.Command, error) {
		words, err := a.words("--title", title)
		return args[0], &domain.OpenPlan{Basis: b, Title: words, Scheme: scheme, Levels: namedLevels(levels)}, err
	})
}

func namedLevels(all []string) (levels []domain.Level) {
	for _, l := range all {
		key, label, named := strings.Cut(l, "=")
		if !named {
			key, label = domain.Slug(l), l
		}
		levels = append(levels, domain.Level{Key: key, Label: label})
	}
	return levels
}

func (a *app) planCloseCmd() *cobra.Command {
	var w writing
	var reason string
	cmd := &cobra.Command{Use: "close PLAN", Short: "End a plan (needs --authority-body)", Args: exactly(1)}
	cmd.Flags().StringVar(&reason, "reason", "", "why it is closed")
	return a.plainWrite(w.flags(cmd), &w, func(b domain.Basis, args []string) (string, domain.Command, error) {
		words, err := a.words("--reason", reason)
		return args[0], &domain.ClosePlan{Basis: b, Reason: words}, err
	})
}

// plainWrite completes a command whose plan is among its arguments.
func (a *app) plainWrite(cmd *cobra.Command, w *writing, build func(domain.Basis, []string) (string, domain.Command, error)) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		b, err := w.basis()
		if err != nil {
			return err
		}
		plan, do, err := build(b, args)
		if err != nil {
			return err
		}
		return a.with(cmd.Context(), func(c *client) error { return a.record(cmd.Context(), c, w, plan, do) })
	}
	return cmd
}

func (a *app) planListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the plans", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(c *client) error {
				return a.list(cmd.Context(), c, path("plans"), nil, a.tellPlans)
			})
		}}
}

func (a *app) tellPlans(body []byte) error {
	var got struct{ Plans []projections.PlanSummary }
	if err := decode(body, &got); err != nil {
		return err
	}
	if len(got.Plans) == 0 {
		a.say("There is no plan yet. Begin with plantrail import FILE or plantrail plan open PLAN --title WORDS.")
		return nil
	}
	t := newTable("Plan", "~Title", "Items", "~Ratings", "Version", "Last entry")
	for _, p := range got.Plans {
		title := shown(p.Title)
		if p.Closed {
			title += " (closed)"
		}
		t.add(plain(string(p.Plan)), plain(title), number(p.Items), plain(countsByMeaning(p.Counts)), number(p.Version), plain(moment(p.Changed)))
	}
	t.write(a.stdout, a.screen)
	return nil
}
