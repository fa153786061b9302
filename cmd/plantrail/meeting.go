package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/projections"
)

func (a *app) meetingCmd() *cobra.Command {
	return family("meeting", "Meetings at which a plan is before a body", a.meetingOpenCmd(), a.meetingPublishCmd(), a.meetingPaperCmd(), a.meetingMinutesCmd(), a.meetingListCmd())
}

func (a *app) meetingOpenCmd() *cobra.Command {
	var id, deadline string
	cmd := &cobra.Command{Use: "open [PLAN] BODY DATE", Short: "Name a meeting at which the plan is before a body",
		Example: `  plantrail meeting open sdp-2019-20 "Safeguarding Sub-Committee" 2020-02-03 --deadline 2020-01-24`}
	cmd.Flags().StringVar(&id, "meeting", "", "its id (default made of the body and the day)")
	cmd.Flags().StringVar(&deadline, "deadline", "", "the day by which the paper must be ready")
	return a.planWrite(cmd, 2, func(b domain.Basis, rest []string) (domain.Command, error) {
		do := &domain.OpenMeeting{Basis: b, Meeting: domain.MeetingID(id), Body: rest[0]}
		return do, dates(dated{"date", rest[1], &do.On}, dated{"--deadline", deadline, &do.Deadline})
	})
}

func (a *app) meetingMinutesCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "minutes [PLAN] MEETING WORDS", Short: "Record what the minutes of a meeting say of the plan",
		Example: `  plantrail meeting minutes sdp-2019-20 safeguarding-sub-committee-2020-02-03 @minutes.txt`}
	return a.planWrite(cmd, 2, func(b domain.Basis, rest []string) (domain.Command, error) {
		do := &domain.RecordMinutes{Basis: b, Meeting: domain.MeetingID(rest[0])}
		return do, a.read(given{"words", rest[1], &do.Minutes})
	})
}

func (a *app) meetingListCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "list [PLAN]", Short: "List a plan's meetings, their papers and minutes", Example: `  plantrail meeting list sdp-2019-20`}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.askOfPlan(cmd, args, func(p projections.PlanView) any { return meetingList{p.Meetings} }, a.tellMeetings)
	}
	return cmd
}

type meetingList struct {
	Meetings []projections.MeetingView `json:"meetings"`
}

// askOfPlan answers with a part of the plan as it stands: as JSON, or as tell writes the plan for people.
func (a *app) askOfPlan(cmd *cobra.Command, args []string, part func(projections.PlanView) any, tell func(projections.PlanView) error) error {
	return a.askPlan(cmd, args, func(ctx context.Context, c *client, plan string) error {
		var p projections.PlanView
		if _, err := c.get(ctx, path("plans", plan), nil, &p); err != nil {
			return err
		}
		switch a.form() {
		case asTable:
			return tell(p)
		case asCSV:
			return notList()
		}
		return a.writeJSON(part(p))
	})
}

func (a *app) tellMeetings(p projections.PlanView) error {
	if len(p.Meetings) == 0 {
		a.say("The plan has no meetings yet. Open one with plantrail meeting open.")
		return nil
	}
	t := newTable("Meeting", "~Body", "On", "Paper due", "~What members received", "~Minutes")
	for _, m := range p.Meetings {
		received, minutes := "", ""
		if n := len(m.Papers); n > 0 {
			last := m.Papers[n-1]
			received = "the plan as of entry " + number(last.Version).text + ", published " + moment(last.Published.RecordedAt)
		}
		if m.Minutes != nil {
			minutes = shown(m.Minutes.Words)
		}
		t.add(plain(string(m.Meeting)), plain(m.Body), plain(day(m.On)), plain(day(m.Deadline)), plain(received), plain(minutes))
	}
	t.write(a.stdout, a.screen)
	return nil
}

func (a *app) challengeCmd() *cobra.Command {
	var do domain.ChallengeRating
	var id, words, askedBy, due, meeting string
	cmd := &cobra.Command{Use: "challenge [PLAN] ITEM --words WORDS", Short: "Record that members hold a rating to be wrong; it stays as it is",
		Example: `  plantrail challenge sdp-2019-20 item-07 --proposed red --words "A year late is red" --asked-by "the Chairman"`}
	f := cmd.Flags()
	f.StringVar(&words, "words", "", "what members hold to be wrong")
	f.StringVar(&do.Proposed, "proposed", "", "the rating that they hold to be right")
	f.StringVar(&do.Dimension, "dimension", "", "which rating (default the plan's first dimension)")
	f.StringVar(&id, "request", "", "its id within the plan (default the next request-NN)")
	f.StringVar(&askedBy, "asked-by", "", "who challenged it")
	f.StringVar(&due, "due", "", "the day of the meeting by which members want the answer")
	f.StringVar(&meeting, "meeting", "", "that meeting, where the plan has it")
	return a.itemWrite(cmd, 0, func(b domain.Basis, item domain.ItemID, _ []string) (_ domain.Command, err error) {
		do.Basis, do.Item, do.Request, do.Meeting = b, item, domain.RequestID(id), domain.MeetingID(meeting)
		if do.Due, err = date("--due", due); err != nil {
			return nil, err
		}
		return &do, a.read(given{"--words", words, &do.Words}, given{"--asked-by", askedBy, &do.AskedBy})
	})
}

func (a *app) requestWithdrawCmd() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "withdraw [PLAN] REQUEST --reason WORDS", Short: "Say that no answer to a request is wanted any more",
		Example: `  plantrail request withdraw sdp-2019-20 request-02 --reason "Answered at the meeting"`}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return a.planWrite(cmd, 1, func(b domain.Basis, rest []string) (domain.Command, error) {
		do := &domain.WithdrawRequest{Basis: b, Request: domain.RequestID(rest[0])}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}

func (a *app) findingCmd() *cobra.Command {
	return family("finding", "Answer findings of the rules", a.findingAnswerCmd())
}

func (a *app) findingAnswerCmd() *cobra.Command {
	var rule, item, until string
	cmd := &cobra.Command{Use: "answer [PLAN] FINDING WORDS", Short: "Answer a finding of the rules: what is done about it, or why it does not stand",
		Example: `  plantrail finding answer sdp-2019-20 r26-item-09 "The reason is given in full in item-08" --rule R26 --item item-09`}
	cmd.Flags().StringVar(&rule, "rule", "", "the rule that found it, R01 to R32 (default as its id says)")
	cmd.Flags().StringVar(&item, "item", "", "the item it is about")
	cmd.Flags().StringVar(&until, "until", "", "by when it will be cleared")
	return a.planWrite(cmd, 2, func(b domain.Basis, rest []string) (_ domain.Command, err error) {
		do := &domain.AnswerFinding{Basis: b, Finding: domain.FindingID(rest[0]), Rule: rule, Item: domain.ItemID(item)}
		if named, _, _ := strings.Cut(rest[0], "-"); rule == "" {
			do.Rule = strings.ToUpper(named)
		}
		if do.Until, err = date("--until", until); err != nil {
			return nil, err
		}
		return do, a.read(given{"words", rest[1], &do.Answer})
	})
}
