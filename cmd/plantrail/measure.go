package main

import (
	"github.com/spf13/cobra"

	"plantrail/domain"
)

func (a *app) measureCmd() *cobra.Command {
	return family("measure", "Say what a measure measures, and record its readings", a.measureDefineCmd(), a.measureReadCmd())
}

func (a *app) measureDefineCmd() *cobra.Command {
	var do domain.DefineMeasure
	var better, baseline, target, reason string
	cmd := &cobra.Command{Use: "define [PLAN] ITEM --better higher|lower|within", Short: "Say what an item of the kind measure measures, or change it with a reason",
		Example: `  plantrail measure define wsoa caseload --unit "cases a worker" --better within --baseline "around 25" --target 20-22`}
	f := cmd.Flags()
	f.StringVar(&do.Unit, "unit", "", `of its figures: "%", "days", "cases a worker"`)
	f.StringVar(&better, "better", "", "which way is better: higher, lower, or within a range")
	f.StringVar(&baseline, "baseline", "", `where it began: 17, "around 17" or 20-22`)
	f.StringVar(&target, "target", "", "what it should reach")
	f.BoolVar(&do.Contextual, "contextual", false, "it informs; no action has to reach it")
	f.StringVar(&reason, "reason", "", "needed to change a measure")
	return a.itemWrite(cmd, 0, func(b domain.Basis, item domain.ItemID, _ []string) (_ domain.Command, err error) {
		do.Basis, do.Item, do.Better = b, item, domain.Better(better)
		if do.Baseline, err = amount("--baseline", baseline); err != nil {
			return nil, err
		}
		if do.Target, err = amount("--target", target); err != nil {
			return nil, err
		}
		return &do, a.read(given{"--reason", reason, &do.Reason})
	})
}

// amount reads a figure as people type it.
func amount(place, s string) (domain.Amount, error) {
	if s == "" {
		return "", nil
	}
	n, err := domain.ParseAmount(s)
	if e, ok := err.(*domain.Error); ok {
		e.Field = place
	}
	return n, err
}

func (a *app) measureReadCmd() *cobra.Command {
	var words string
	cmd := &cobra.Command{Use: "read [PLAN] ITEM FIGURE", Short: "Record a reading of a measure; --on is its date",
		Example: `  plantrail measure read wsoa caseload "around 17" --on "March 2019"`}
	cmd.Flags().StringVar(&words, "words", "", "as printed")
	return a.itemWrite(cmd, 1, func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error) {
		value, err := amount("figure", rest[0])
		if err != nil {
			return nil, err
		}
		do := &domain.ReadMeasure{Basis: b, Item: item, Value: value}
		return do, a.read(given{"--words", words, &do.Words})
	})
}
