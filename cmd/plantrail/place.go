package main

import (
	"context"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/projections"
)

// place is what a command line says about where something happens: the plan, and the item in it.
type place struct {
	plan, item string
	rest       []string
}

// planArgs reads "[PLAN] REST...", where rest is the number of arguments that must follow.
func (a *app) planArgs(ctx context.Context, c *client, cmd *cobra.Command, args []string, rest int) (place, error) {
	switch len(args) {
	case rest + 1:
		return place{plan: args[0], rest: args[1:]}.checked()
	case rest:
		plan, err := onlyPlan(ctx, c)
		return place{plan: plan, rest: args}, err
	}
	return place{}, wrongArgs(cmd, args, rest+1)
}

// checked refuses what is no id before it gets into a path, by the domain's own rule.
func (p place) checked() (place, error) {
	if _, err := domain.ParsePlanID(p.plan); err != nil {
		return p, err
	}
	if p.item != "" {
		if _, err := domain.ParseItemID(p.item); err != nil {
			return p, err
		}
	}
	return p, nil
}

// itemArgs reads "PLAN ITEM REST...", "PLAN/ITEM REST..." or, where there is one plan or --plan says which, "ITEM REST...".
func (a *app) itemArgs(ctx context.Context, c *client, cmd *cobra.Command, args []string, rest int) (place, error) {
	switch len(args) {
	case rest + 2:
		return place{args[0], args[1], args[2:]}.checked()
	case rest + 1:
		if plan, item, both := strings.Cut(args[0], "/"); both {
			return place{plan, item, args[1:]}.checked()
		}
		plan, err := flagText(cmd, "plan"), error(nil)
		if plan == "" {
			plan, err = onlyPlan(ctx, c)
		}
		if err != nil {
			return place{}, err
		}
		return place{plan, args[0], args[1:]}.checked()
	}
	return place{}, wrongArgs(cmd, args, rest+2)
}

// flagText is a flag's value, "" where the command has none of that name.
func flagText(cmd *cobra.Command, name string) string {
	if f := cmd.Flags().Lookup(name); f != nil {
		return f.Value.String()
	}
	return ""
}

func wrongArgs(cmd *cobra.Command, args []string, most int) error {
	what := "something is missing"
	if len(args) > most {
		what = "there is too much"
	}
	return misuse("arguments", "%s after %q", what, cmd.CommandPath()).
		WithHint("write it as " + cmd.UseLine() + ", with words of more than one in quotes")
}

// exactly checks the number of arguments of a command that takes no plan.
func exactly(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return wrongArgs(cmd, args, n)
		}
		return nil
	}
}

// onlyPlan is the plan that is meant when none is named: the one that there is.
func onlyPlan(ctx context.Context, c *client) (string, error) {
	var got struct{ Plans []projections.PlanSummary }
	if _, err := c.get(ctx, "/v1/plans", nil, &got); err != nil {
		return "", err
	}
	switch len(got.Plans) {
	case 0:
		return "", domain.Errorf(domain.NotFound, "plan", "there is no plan yet").WithHint("begin with plantrail import or plantrail plan open")
	case 1:
		return string(got.Plans[0].Plan), nil
	}
	names := make([]string, len(got.Plans))
	for i, p := range got.Plans {
		names[i] = string(p.Plan)
	}
	return "", misuse("plan", "there are %d plans", len(names)).WithHint("name one: " + shorten(strings.Join(names, ", "), 300))
}

// path joins parts of a route, each escaped: what somebody typed never becomes another route. Parts that a URL resolves
// away are sent in quotes, as no id can be.
func path(parts ...string) string {
	var b strings.Builder
	b.WriteString("/v1")
	for _, p := range parts {
		if p == "" || p == "." || p == ".." {
			p = `"` + p + `"`
		}
		b.WriteString("/" + url.PathEscape(p))
	}
	return b.String()
}
