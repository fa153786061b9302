package main

import (
	"github.com/spf13/cobra"

	"plantrail/domain"
)

func (a *app) rateCmd() *cobra.Command {
	var do domain.Rate
	var reason, sameAs string
	cmd := &cobra.Command{Use: "rate [PLAN] ITEM RATING", Short: "Rate an item",
		Long: "Rate an item. A rating of which members will ask why (amber, red) needs a --reason, or --owed to record that one is owed.\nThe same rating again, with a new reason, affirms it.",
		Example: `  plantrail rate sdp-2019-20 item-07 green --reason "Sheet translated into four languages" --on "3 February 2020"
  plantrail rate sdp-2019-20/item-07 amber --reason -`}
	f := cmd.Flags()
	f.StringVar(&reason, "reason", "", "the justification; - reads standard input, @FILE a file")
	f.BoolVar(&do.Owed, "owed", false, "record that a justification is owed")
	f.StringVar(&sameAs, "same-as", "", "the item whose justification this one repeats")
	f.StringVar(&do.Dimension, "dimension", "", "what is rated (default the plan's first dimension)")
	f.BoolVar(&do.Override, "override", false, "rated otherwise than the scheme's own rule says; the reason says why")
	return a.itemWrite(cmd, 1, func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error) {
		do.Basis, do.Item, do.To, do.SameAs = b, item, rest[0], domain.ItemID(sameAs)
		return &do, a.read(given{"--reason", reason, &do.Justification})
	})
}

func (a *app) justifyCmd() *cobra.Command {
	var do domain.Justify
	var reason, sameAs, answers string
	cmd := &cobra.Command{Use: "justify [PLAN] ITEM --reason WORDS", Short: "Give the reason for an item's current rating"}
	f := cmd.Flags()
	f.StringVar(&reason, "reason", "", "the justification")
	f.StringVar(&sameAs, "same-as", "", "the item whose justification this one repeats")
	f.StringVar(&answers, "answers", "", "the members' request that it answers")
	f.StringVar(&do.Dimension, "dimension", "", "which rating (default the plan's first dimension)")
	return a.itemWrite(cmd, 0, func(b domain.Basis, item domain.ItemID, _ []string) (domain.Command, error) {
		do.Basis, do.Item, do.SameAs, do.Answers = b, item, domain.ItemID(sameAs), domain.RequestID(answers)
		return &do, a.read(given{"--reason", reason, &do.Justification})
	})
}

func (a *app) progressCmd() *cobra.Command {
	var percent int
	cmd := &cobra.Command{Use: "progress [PLAN] ITEM WORDS", Short: "Report progress on an item; --on is its as-at date"}
	cmd.Flags().IntVar(&percent, "percent", 0, "how much of it is done, 0 to 100 (default not said)")
	return a.itemWrite(cmd, 1, func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error) {
		do := &domain.ReportProgress{Basis: b, Item: item}
		if cmd.Flags().Changed("percent") {
			do.Percent = &percent
		}
		return do, a.read(given{"progress", rest[0], &do.Progress})
	})
}

func (a *app) outcomeCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "outcome [PLAN] ITEM RESULT WORDS", Short: "Record what an item came to: achieved, partly_achieved or not_achieved",
		Example: `  plantrail outcome sdp-2019-20 item-10 achieved "Every pathway plan review since April used the health history"`}
	return a.itemWrite(cmd, 2, func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error) {
		do := &domain.RecordOutcome{Basis: b, Item: item, Result: domain.Result(rest[0])}
		return do, a.read(given{"outcome", rest[1], &do.Outcome})
	})
}
