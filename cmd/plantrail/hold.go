package main

import (
	"github.com/spf13/cobra"

	"plantrail/domain"
)

func (a *app) holdCmd() *cobra.Command {
	return family("hold", "Forbid erasing anything of a plan, and allow it again", a.holdSetCmd(), a.holdReleaseCmd())
}

func (a *app) holdSetCmd() *cobra.Command {
	var w writing
	var do domain.SetHold
	var hold, reason string
	cmd := &cobra.Command{Use: "set [PLAN] --reason WORDS", Short: "Set a legal hold: until it is released nothing of the plan may be erased"}
	cmd.Flags().StringVar(&hold, "hold", "", "its id within the plan (default the next hold-NN)")
	cmd.Flags().StringVar(&reason, "reason", "", "why nothing may be erased")
	w.flags(cmd).RunE = func(cmd *cobra.Command, args []string) (err error) {
		if do.Basis, err = w.basis(); err != nil {
			return err
		}
		do.Hold = domain.HoldID(hold)
		if err := a.read(given{"--reason", reason, &do.Reason}); err != nil {
			return err
		}
		return a.planWrite(cmd.Context(), cmd, &w, args, &do)
	}
	return cmd
}

func (a *app) holdReleaseCmd() *cobra.Command {
	var w writing
	var do domain.ReleaseHold
	var reason string
	cmd := &cobra.Command{Use: "release [PLAN] HOLD --reason WORDS", Short: "Release a legal hold (needs --authority-body)"}
	cmd.Flags().StringVar(&reason, "reason", "", "why it ends")
	w.flags(cmd).RunE = func(cmd *cobra.Command, args []string) (err error) {
		ctx := cmd.Context()
		if do.Basis, err = w.basis(); err != nil {
			return err
		}
		if err := a.read(given{"--reason", reason, &do.Reason}); err != nil {
			return err
		}
		return a.with(ctx, func(c *client) error {
			at, err := a.planArgs(ctx, c, cmd, args, 1)
			if err != nil {
				return err
			}
			do.Hold = domain.HoldID(at.rest[0])
			return a.record(ctx, c, &w, at.plan, &do)
		})
	}
	return cmd
}
