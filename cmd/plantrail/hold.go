package main

import (
	"github.com/spf13/cobra"

	"plantrail/domain"
)

func (a *app) holdCmd() *cobra.Command {
	return family("hold", "Forbid erasing anything of a plan, and allow it again", a.holdSetCmd(), a.holdReleaseCmd())
}

func (a *app) holdSetCmd() *cobra.Command {
	var do domain.SetHold
	var hold, reason string
	cmd := &cobra.Command{Use: "set [PLAN] --reason WORDS", Short: "Set a legal hold: until it is released nothing of the plan may be erased"}
	cmd.Flags().StringVar(&hold, "hold", "", "its id within the plan (default the next hold-NN)")
	cmd.Flags().StringVar(&reason, "reason", "", "why nothing may be erased")
	return a.planWrite(cmd, 0, func(b domain.Basis, _ []string) (domain.Command, error) {
		do.Basis, do.Hold = b, domain.HoldID(hold)
		return &do, a.read(given{"--reason", reason, &do.Reason})
	})
}

func (a *app) holdReleaseCmd() *cobra.Command {
	var do domain.ReleaseHold
	var reason string
	cmd := &cobra.Command{Use: "release [PLAN] HOLD --reason WORDS", Short: "Release a legal hold (needs --authority-body)"}
	cmd.Flags().StringVar(&reason, "reason", "", "why it ends")
	return a.planWrite(cmd, 1, func(b domain.Basis, rest []string) (domain.Command, error) {
		do.Basis, do.Hold = b, domain.HoldID(rest[0])
		return &do, a.read(given{"--reason", reason, &do.Reason})
	})
}
