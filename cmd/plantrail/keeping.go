package main

import (
	"context"
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/projections"
)

// How a plan is kept: its levels, its rating schemes, its policy, its versions.

func (a *app) planLevelsCmd() *cobra.Command {
	var levels []string
	var reason string
	cmd := &cobra.Command{Use: "levels [PLAN] --level KEY=LABEL --reason WORDS", Short: "Name a plan's levels anew, from the top",
		Example: `  plantrail plan levels sdp-2019-20 --level aim=Aim --level action=Action --level step=Milestone --reason "Members want the steps"`}
	cmd.Flags().StringArrayVar(&levels, "level", nil, "a named level KEY=LABEL, from the top, once for each")
	cmd.Flags().StringVar(&reason, "reason", "", "why the levels change")
	return a.planWrite(cmd, 0, func(b domain.Basis, _ []string) (domain.Command, error) {
		do := &domain.SetLevels{Basis: b, Levels: namedLevels(levels)}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}

func (a *app) planSchemesCmd() *cobra.Command {
	var scheme, file, reason string
	cmd := &cobra.Command{Use: "schemes [PLAN] --scheme ID --reason WORDS", Short: "Choose other rating schemes; it re-rates nothing",
		Long: "Choose other rating schemes: a preset, or with --file a scheme of your own, in the form that plantrail -o json scheme show\n" +
			"prints. No item is re-rated: each keeps its rating, in the scheme in which it was given, until somebody rates it anew.",
		Example: `  plantrail plan schemes sdp-2019-20 --scheme brag.v1 --reason "Blue says complete"
  plantrail -o json scheme show brag.v1 > ours.json`}
	cmd.Flags().StringVar(&scheme, "scheme", "", "id of a preset: see plantrail scheme list")
	cmd.Flags().StringVar(&file, "file", "", "a file with dimensions and schemes of your own")
	cmd.Flags().StringVar(&reason, "reason", "", "why the scheme changes")
	return a.planWrite(cmd, 0, func(b domain.Basis, _ []string) (domain.Command, error) {
		do := &domain.SetSchemes{Basis: b, Scheme: scheme}
		if (scheme == "") == (file == "") {
			return nil, misuse("--scheme", "say which scheme").WithHint("give --scheme ID or --file FILE")
		}
		if file != "" {
			var own domain.SchemeSet
			if err := readJSON("--file", file, &own); err != nil {
				return nil, err
			}
			do.Dimensions = own.Dimensions
		}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}

// readJSON reads a file that plantrail itself writes in that form, and people then edit. What it does not know is refused: a
// misspelt threshold would else be a default.
func readJSON(place, file string, into any) error {
	f, err := os.Open(file)
	if err != nil {
		return noFile(file, err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return misuse(place, "%s can't be read: %s", file, err).WithHint("begin with what plantrail -o json prints, and change that")
	}
	return nil
}

func (a *app) planPolicyCmd() *cobra.Command {
	var p domain.Policy
	var file, id, reason string
	var bodies, off []string
	cmd := &cobra.Command{Use: "policy [PLAN] --id ID --reason WORDS", Short: "Set how a plan is kept: who approves moves, who verifies, the figures of the rules",
		Long:    "Set a plan's policy. What is not said is as in the default policy, or as in --file, which has the form that\nplantrail -o json policy show prints. A changed policy is another id.",
		Example: `  plantrail plan policy sdp-2019-20 --id acme.v1 --move-days 30 --approving-body Cabinet --verify-first --reason "Agreed by Cabinet"`}
	f := cmd.Flags()
	f.StringVar(&id, "id", "", "names the policy's version, e.g. acme.v1")
	f.IntVar(&p.MoveDays, "move-days", 0, "the most days by which a due date may move later without approval")
	f.StringArrayVar(&bodies, "approving-body", nil, "a body that approves moves, once for each (default no move needs approval)")
	f.BoolVar(&p.VerifyFirst, "verify-first", false, "a closure is accepted only when somebody verified it")
	f.BoolVar(&p.SelfVerify, "self-verify", false, "who claims completion, or owns the item, may verify it")
	f.StringArrayVar(&off, "off", nil, "a findings rule that is not applied, e.g. R29, once for each")
	f.StringVar(&file, "file", "", "a file with a whole policy, which the other flags then change")
	f.StringVar(&reason, "reason", "", "why the policy changes")
	return a.planWrite(cmd, 0, func(b domain.Basis, _ []string) (domain.Command, error) {
		do := &domain.SetPolicy{Basis: b}
		if file != "" {
			if err := readJSON("--file", file, &do.Policy); err != nil {
				return nil, err
			}
		}
		for flag, set := range map[string]func(){
			"id":             func() { do.Policy.ID = id },
			"move-days":      func() { do.Policy.MoveDays = p.MoveDays },
			"approving-body": func() { do.Policy.ApprovingBodies = bodies },
			"verify-first":   func() { do.Policy.VerifyFirst = p.VerifyFirst },
			"self-verify":    func() { do.Policy.SelfVerify = p.SelfVerify },
			"off":            func() { do.Policy.Off = off },
		} {
			if cmd.Flags().Changed(flag) {
				set()
			}
		}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}

func (a *app) planAdoptCmd() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "adopt [PLAN] VERSION --reason WORDS", Short: "Record that a body adopted the plan as it stands (needs --authority-body)",
		Example: `  plantrail plan adopt sdp-2019-20 2.0 --reason "With the steps" --authority-body Cabinet --authority-meeting 2020-03-10`}
	cmd.Flags().StringVar(&reason, "reason", "", "what the version is for")
	return a.planWrite(cmd, 1, func(b domain.Basis, rest []string) (domain.Command, error) {
		do := &domain.AdoptVersion{Basis: b, Version: rest[0]}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}

func (a *app) policyCmd() *cobra.Command {
	show := &cobra.Command{Use: "show [PLAN]", Short: "Show the policy by which a plan is kept", Example: `  plantrail policy show sdp-2019-20`}
	show.RunE = func(cmd *cobra.Command, args []string) error {
		return a.askOfPlan(cmd, args, func(p projections.PlanView) any { return p.Policy }, a.tellPolicy)
	}
	return family("policy", "The policy by which a plan is kept", show)
}

func (a *app) tellPolicy(p projections.PlanView) error {
	t := newTable("Setting", "~Value", "~What it says")
	for _, f := range reflect.VisibleFields(reflect.TypeOf(p.Policy)) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			continue
		}
		t.add(plain(name), plain(settingWords(reflect.ValueOf(p.Policy).FieldByIndex(f.Index).Interface())), plain(f.Tag.Get("doc")))
	}
	t.write(a.stdout, a.screen)
	return nil
}

func settingWords(v any) string {
	switch v := v.(type) {
	case []string:
		return strings.Join(v, "; ")
	case bool:
		return map[bool]string{true: "yes", false: "no"}[v]
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return v
	}
	return ""
}

func (a *app) schemeCmd() *cobra.Command {
	list := &cobra.Command{Use: "list", Short: "List the preset rating schemes", Args: exactly(0), Example: `  plantrail scheme list`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(c *client) error {
				return a.list(cmd.Context(), c, path("schemes"), nil, a.tellSchemes)
			})
		}}
	show := &cobra.Command{Use: "show SCHEME", Short: "Show a preset rating scheme: its key, and what each rating means", Args: exactly(1), Example: `  plantrail scheme show amber-on-track.v1`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(c *client) error { return a.showScheme(cmd.Context(), c, args[0]) })
		}}
	return family("scheme", "The preset rating schemes", list, show)
}

type schemeList struct{ Schemes []domain.SchemeSet }

func (a *app) tellSchemes(body []byte) error {
	var got schemeList
	if err := decode(body, &got); err != nil {
		return err
	}
	t := newTable("Scheme", "~Title", "~Rates", "~Ratings")
	for _, s := range got.Schemes {
		var rates, ratings []string
		for _, d := range s.Dimensions {
			rates = append(rates, d.Label)
			for _, v := range d.Scheme.Values {
				ratings = append(ratings, v.Label)
			}
		}
		t.add(plain(s.ID), plain(s.Title), plain(strings.Join(rates, ", ")), plain(strings.Join(ratings, ", ")))
	}
	t.write(a.stdout, a.screen)
	return nil
}

func (a *app) showScheme(ctx context.Context, c *client, id string) error {
	var got schemeList
	if _, err := c.get(ctx, path("schemes"), nil, &got); err != nil {
		return err
	}
	for _, s := range got.Schemes {
		switch {
		case s.ID != id:
		case a.form() == asCSV:
			return notList()
		case a.form() == asTable:
			a.tellScheme(s)
			return nil
		default:
			return a.writeJSON(s)
		}
	}
	return domain.Errorf(domain.NotFound, "scheme", "there is no preset scheme %q", shorten(id, 40)).WithHint("see plantrail scheme list")
}

func (a *app) tellScheme(s domain.SchemeSet) {
	a.say("%s", a.screen.bold(oneLine(s.Title)))
	t := newTable("Rates", "Rating", "Key", "Meaning", "~In its own words", "~In figures")
	for _, d := range s.Dimensions {
		for _, v := range d.Scheme.Values {
			t.add(plain(d.Label), cell{strings.TrimSpace(shapes[v.Shape] + " " + v.Label), v.Colour}, plain(v.Key),
				plain(strings.ReplaceAll(string(v.Meaning), "_", " ")), plain(v.Says), plain(figureWords(v.Rules())))
		}
	}
	t.write(a.stdout, a.screen)
}

// figureWords are a value's own figures: "26 to 49% done and at most 0 days behind, or 50 to 75% done".
func figureWords(rules []domain.Rule) string {
	var all []string
	for _, u := range rules {
		var both []string
		for _, words := range []string{boundWords(u.PercentFrom, u.PercentTo, "%", " done"), boundWords(u.BehindFrom, u.BehindTo, "", " days behind")} {
			if words != "" {
				both = append(both, words)
			}
		}
		all = append(all, strings.Join(both, " and "))
	}
	return strings.Join(all, ", or ")
}

func boundWords(from, to *int, sign, what string) string {
	switch {
	case from != nil && to != nil:
		return strconv.Itoa(*from) + " to " + strconv.Itoa(*to) + sign + what
	case from != nil:
		return strconv.Itoa(*from) + sign + " or more" + what
	case to != nil:
		return "at most " + strconv.Itoa(*to) + sign + what
	}
	return ""
}
