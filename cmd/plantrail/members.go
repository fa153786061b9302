package main

import (
	"context"

	"github.com/spf13/cobra"

	"plantrail/domain"
)

func (a *app) requestCmd() *cobra.Command {
	var id, item, askedBy, due, meeting, dueAs string
	var commitment bool
	cmd := &cobra.Command{Use: "request [PLAN] WORDS", Short: "Record what members asked for, or officers promised to report",
		Example: `  plantrail request sdp-2019-20 "Why has this been amber since June?" --item item-07 --asked-by "the Chairman" --due "June 2020"`}
	f := cmd.Flags()
	f.StringVar(&id, "request", "", "its id within the plan (default the next request-NN)")
	f.StringVar(&item, "item", "", "the item it is about (default the whole plan)")
	f.StringVar(&askedBy, "asked-by", "", "who asked")
	f.StringVar(&due, "due", "", "the day of the meeting by which members want the answer")
	f.StringVar(&meeting, "meeting", "", "that meeting, where the plan has it: see plantrail meeting list")
	f.StringVar(&dueAs, "due-as", "", "or as printed: the next meeting")
	f.BoolVar(&commitment, "commitment", false, "officers promised to report; nobody asked")
	cmd.AddCommand(a.requestWithdrawCmd())
	return a.planWrite(cmd, 1, func(b domain.Basis, rest []string) (domain.Command, error) {
		by, err := date("--due", due)
		if err != nil {
			return nil, err
		}
		do := &domain.MakeRequest{Basis: b, Request: domain.RequestID(id), Item: domain.ItemID(item), Due: by,
			Meeting: domain.MeetingID(meeting), DueAs: dueAs, Commitment: commitment}
		return do, a.read(given{"words", rest[0], &do.Words}, given{"--asked-by", askedBy, &do.AskedBy})
	})
}

func (a *app) answerCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "answer [PLAN] REQUEST WORDS", Short: "Answer a members' request"}
	return a.planWrite(cmd, 2, func(b domain.Basis, rest []string) (domain.Command, error) {
		do := &domain.AnswerRequest{Basis: b, Request: domain.RequestID(rest[0])}
		return do, a.read(given{"answer", rest[1], &do.Answer})
	})
}

func (a *app) resolveCmd() *cobra.Command {
	var id string
	cmd := &cobra.Command{Use: "resolve [PLAN] WORDS", Short: "Record a meeting's resolution as printed (needs --authority-body)",
		Example: `  plantrail resolve sdp-2019-20 "RESOLVED, that the report be noted." --authority-body "Safeguarding Sub-Committee" --authority-meeting 2020-02-03`}
	cmd.Flags().StringVar(&id, "resolution", "", "its id within the plan (default the next resolution-NN)")
	return a.planWrite(cmd, 1, func(b domain.Basis, rest []string) (domain.Command, error) {
		do := &domain.Resolve{Basis: b, Resolution: domain.ResolutionID(id)}
		return do, a.read(given{"words", rest[0], &do.Printed})
	})
}

func (a *app) correctCmd() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "correct [PLAN] ENTRY FIELD WORDS --reason WORDS", Short: "Say that an entry was recorded wrongly, and what it should have said",
		Long: "Say that an earlier entry was recorded wrongly, what it should have said and why. The entry itself stays as it is.\nENTRY is its number in the timeline, FIELD one of stated, title, owner, due, rating, justification, progress, result,\noutcome, words, answer, printed, claim, verified, value, minutes."}
	cmd.Flags().StringVar(&reason, "reason", "", "why it was wrong")
	return a.planWrite(cmd, 3, func(b domain.Basis, rest []string) (domain.Command, error) {
		do := &domain.Correct{Basis: b, Entry: rest[0], Field: rest[1]}
		if err := a.read(given{"words", rest[2], &do.To}, given{"--reason", reason, &do.Reason}); err != nil {
			return nil, err
		}
		if do.Field == "stated" || do.Field == "due" { // dates are sent as ISO 8601, typed as people type them
			d, err := date("words", string(do.To))
			do.To = domain.Text(d.String())
			return do, err
		}
		return do, nil
	})
}

// recordedCmd asks whether a command whose answer was lost had been recorded.
func (a *app) recordedCmd() *cobra.Command {
	return &cobra.Command{Use: "recorded PLAN KEY", Short: "Ask whether the command with this --key was recorded", Args: exactly(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(c *client) error { return a.tellRecorded(cmd.Context(), c, args[0], args[1]) })
		}}
}

func (a *app) tellRecorded(ctx context.Context, c *client, plan, key string) error {
	var r domain.Receipt
	got, err := c.get(ctx, path("plans", plan, "commands", key), nil, &r)
	if err != nil {
		return err
	}
	return a.show(got, func() error {
		e, err := entryOf(ctx, c, r)
		if err != nil {
			return err
		}
		a.say("Recorded on %s as entry %d of %s: %s", moment(e.RecordedAt), e.Entry, r.Plan, oneLine(withItem(e)))
		return nil
	})
}
