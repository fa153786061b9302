package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/projections"
)

func (a *app) showCmd() *cobra.Command {
	var as atFlags
	cmd := &cobra.Command{Use: "show [PLAN]", Short: "Show a plan: its items, their ratings and dates, requests and resolutions",
		RunE: func(cmd *cobra.Command, args []string) error { return a.showPlan(cmd, args, &as) }}
	return as.flags(cmd)
}

func (a *app) asAtCmd() *cobra.Command {
	var as atFlags
	cmd := &cobra.Command{Use: "as-at [PLAN] --recorded-at WHEN | --as-reported MEETING | --valid-at DAY", Short: "Show a plan as it stood at a moment of its history",
		Long: "Show a plan by one of three clocks. Recorded: as it was known at a time, a date (its end) or 2020-02-03T15:04:05Z, or just\n" +
			"after a position. Reported: what members received for a meeting. Valid: what held on a day, by all that is known now, or,\n" +
			"beside one of the others, by what was known or reported then.",
		RunE: func(cmd *cobra.Command, args []string) error {
			if as == (atFlags{}) {
				return misuse("--recorded-at", "say which moment").WithHint("give --recorded-at DATE, --position N, --as-reported MEETING or --valid-at DAY")
			}
			return a.showPlan(cmd, args, &as)
		}}
	return as.flags(cmd)
}

// atFlags say which moment of the history a question means.
type atFlags struct{ position, recordedAt, asReported, validAt string }

func (f *atFlags) flags(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&f.position, "position", "", "as it stood just after this position")
	cmd.Flags().StringVar(&f.recordedAt, "recorded-at", "", "as it was known then: a date (its end) or an RFC 3339 time")
	cmd.Flags().StringVar(&f.asReported, "as-reported", "", "as members received it for this meeting")
	cmd.Flags().StringVar(&f.validAt, "valid-at", "", "as it was on this day or at the end of this month, by the days that entries state")
	return cmd
}

func (f *atFlags) query() (url.Values, error) {
	q := url.Values{}
	if f.position != "" {
		q.Set("position", f.position)
	}
	if f.recordedAt != "" {
		t, err := instant("--recorded-at", f.recordedAt, true)
		if err != nil {
			return nil, err
		}
		q.Set("recorded_at", t.Format(time.RFC3339Nano))
	}
	if f.asReported != "" {
		q.Set("as_reported", f.asReported)
	}
	if f.validAt != "" {
		d, err := domain.ParseDate(f.validAt)
		if err != nil {
			return nil, misuse("--valid-at", "%q is not a day", f.validAt).WithHint("as 2020-02-03 or 2020-02")
		}
		q.Set("valid_at", d.String())
	}
	return q, nil
}

func (a *app) showPlan(cmd *cobra.Command, args []string, as *atFlags) error {
	q, err := as.query()
	if err != nil {
		return err
	}
	return a.askPlan(cmd, args, func(ctx context.Context, c *client, plan string) error {
		return a.list(ctx, c, path("plans", plan), q, a.tellPlan)
	})
}

// askPlan asks something about the plan that the arguments name.
func (a *app) askPlan(cmd *cobra.Command, args []string, ask func(context.Context, *client, string) error) error {
	return a.askArgs(cmd, args, 0, func(ctx context.Context, c *client, at place) error { return ask(ctx, c, at.plan) })
}

// askPart asks something about a part of the plan that the arguments name: an entry, a meeting, a file of evidence.
func (a *app) askPart(cmd *cobra.Command, args []string, ask func(ctx context.Context, c *client, plan, part string) error) error {
	return a.askArgs(cmd, args, 1, func(ctx context.Context, c *client, at place) error { return ask(ctx, c, at.plan, at.rest[0]) })
}

func (a *app) askArgs(cmd *cobra.Command, args []string, rest int, ask func(context.Context, *client, place) error) error {
	ctx := cmd.Context()
	return a.with(ctx, func(c *client) error {
		at, err := a.planArgs(ctx, c, cmd, args, rest)
		if err != nil {
			return err
		}
		return ask(ctx, c, at)
	})
}

func (a *app) tellPlan(body []byte) error {
	var p projections.PlanView
	if err := decode(body, &p); err != nil {
		return err
	}
	a.tellHead(p)
	t := newTable(itemHeads(p)...)
	for _, it := range p.Items {
		t.add(itemCells(it, p)...)
	}
	a.say("")
	t.write(a.stdout, a.screen)
	a.tellRequests(p.Requests)
	a.tellResolutions(p.Resolutions)
	return nil
}

func (a *app) tellHead(p projections.PlanView) {
	a.say("%s", a.screen.bold(oneLine(shown(p.Title))))
	a.say("%s: %s, version %d, last entry recorded %s (position %d)", p.Plan, count(len(p.Items), "item", "items"),
		p.Version, moment(p.RecordedAt), p.Position)
	if p.Closed != nil {
		a.say("Closed on %s by %s: %s", p.Closed.Stated.Words(), who(p.Closed.By), oneLine(shownOrNone(p.CloseReason)))
	}
	if len(p.Items) > 0 {
		a.say("%s", a.ratingCounts(p))
	}
}

// ratingCounts counts the items by rating in the plan's first dimension, in the order of its scheme.
func (a *app) ratingCounts(p projections.PlanView) string {
	if len(p.Dimensions) == 0 {
		return ""
	}
	first, n, rated := p.Dimensions[0], map[string]int{}, 0
	for _, it := range p.Items {
		for _, r := range it.Ratings {
			if r.Dimension == first.Key {
				n[r.Value]++
				rated++
			}
		}
	}
	var parts []string
	for _, v := range first.Scheme.Values {
		if n[v.Key] > 0 {
			parts = append(parts, a.screen.paint(v.Colour, fmt.Sprintf("%s %d %s", shapes[v.Shape], n[v.Key], oneLine(v.Label))))
		}
	}
	if rest := len(p.Items) - rated; rest > 0 {
		parts = append(parts, fmt.Sprintf("%d not rated", rest))
	}
	return strings.Join(parts, "  ")
}

// ratingCell is a rating as its own scheme prints it, which may be an earlier one of the plan.
func ratingCell(r projections.RatingView) cell {
	return cell{strings.TrimSpace(shapes[r.Shape] + " " + r.Label), r.Colour}
}

func itemHeads(p projections.PlanView) []string {
	heads := []string{"Item", "Ref", "Level", "~Title"}
	for _, d := range p.Dimensions {
		label := d.Label
		if len(p.Dimensions) == 1 {
			label = "Rating"
		}
		heads = append(heads, label, "Since")
	}
	return append(heads, "~Owner", "~Due", "State")
}

func itemCells(it projections.ItemView, p projections.PlanView) []cell {
	level := it.Level
	if len(p.Levels) == 1 {
		level = "" // a plan of one level needs no column for it
	}
	cells := []cell{plain(string(it.Item)), plain(it.Ref), plain(level), plain(shown(it.Title))}
	for _, d := range p.Dimensions {
		rating, since := plain(""), plain("")
		for _, r := range it.Ratings {
			if r.Dimension == d.Key {
				rating, since = ratingCell(r), plain(day(r.Since))
			}
		}
		cells = append(cells, rating, since)
	}
	return append(cells, plain(shownOrNone(it.Owner)), plain(dueWords(it)), plain(stateWords(it)))
}

func dueWords(it projections.ItemView) string {
	if it.Moves == 0 {
		return day(it.Due)
	}
	return fmt.Sprintf("%s (was %s)", day(it.Due), day(it.Original))
}

func stateWords(it projections.ItemView) string {
	words := ""
	if it.State != domain.ItemOpen {
		words = string(it.State)
	}
	if it.Outcome != nil {
		words = strings.TrimSpace(words + " " + resultWords(it.Outcome.Result))
	}
	return words
}

func resultWords(r domain.Result) string { return strings.ReplaceAll(string(r), "_", " ") }

func (a *app) tellRequests(all []projections.RequestView) {
	if len(all) == 0 {
		return
	}
	a.say("\n%s", a.screen.bold("Members' requests"))
	t := newTable("Request", "Item", "~Asked", "Asked on", "~Due", "~Answer")
	for _, r := range all {
		t.add(plain(string(r.Request)), plain(string(r.Item)), plain(askedWords(r)), plain(day(r.Said.Stated)), plain(dueByWords(r)), plain(answerWords(r)))
	}
	t.write(a.stdout, a.screen)
}

func askedWords(r projections.RequestView) string {
	asked := shown(r.Words)
	switch {
	case r.Commitment:
		asked = "officers promised: " + asked
	case r.Challenge:
		asked = "the rating is wrong: " + asked
	}
	if r.AskedBy != nil {
		asked = shown(*r.AskedBy) + ": " + asked
	}
	return asked
}

func dueByWords(r projections.RequestView) string {
	switch {
	case !r.Due.IsZero():
		return day(r.Due)
	case r.Meeting != "":
		return string(r.Meeting)
	}
	return r.DueAs
}

func answerWords(r projections.RequestView) string {
	switch {
	case r.Answer != nil:
		return fmt.Sprintf("%s (%s)", shown(r.Answer.Words), day(r.Answer.Said.Stated))
	case r.Withdrawn != nil:
		return fmt.Sprintf("withdrawn: %s (%s)", shown(r.Withdrawn.Words), day(r.Withdrawn.Said.Stated))
	}
	return "not answered yet"
}

func (a *app) tellResolutions(all []projections.ResolutionView) {
	if len(all) == 0 {
		return
	}
	a.say("\n%s", a.screen.bold("Resolutions"))
	t := newTable("Resolution", "~Body", "Meeting", "~As printed")
	for _, r := range all {
		var by domain.Authority
		if r.Authority != nil {
			by = *r.Authority
		}
		t.add(plain(string(r.Resolution)), plain(by.Body), plain(day(by.Meeting)), plain(shown(r.Words)))
	}
	t.write(a.stdout, a.screen)
}

// shown is a text for people; one that is gone says so.
func shown(w projections.Words) string {
	switch {
	case !w.Erased:
		return w.Text
	case w.ErasedBy == nil:
		return "[lost: nobody had it erased]"
	case w.ErasedBy.Authority == nil:
		return "[erased on " + day(w.ErasedBy.Stated) + "]"
	}
	return "[erased on " + day(w.ErasedBy.Stated) + " under " + w.ErasedBy.Authority.Body + "]"
}

func shownOrNone(w *projections.Words) string {
	if w == nil {
		return ""
	}
	return shown(*w)
}

func who(w projections.Who) string { return w.Shown() }

func number[N ~int | ~uint64](n N) cell { return plain(fmt.Sprint(n)) }

func countsByMeaning(n map[domain.Meaning]int) string {
	var parts []string
	for _, m := range []domain.Meaning{domain.OffTrack, domain.AtRisk, domain.OnTrack, domain.CompleteClaimed, domain.CompleteVerified,
		domain.NotStarted, domain.Suspended, domain.Cancelled, domain.NoData} {
		if n[m] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[m], strings.ReplaceAll(string(m), "_", " ")))
		}
	}
	if n[""] > 0 {
		parts = append(parts, fmt.Sprintf("%d not rated", n[""]))
	}
	return strings.Join(parts, ", ")
}
