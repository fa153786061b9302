package main

import (
	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/web"
)

func (a *app) itemCarryCmd() *cobra.Command {
	var w writing
	var do web.Carry
	var to, as, under, reason string
	cmd := &cobra.Command{Use: "carry [PLAN] ITEM --to PLAN --reason WORDS", Short: "Carry an item forward into another plan (needs --authority-body)",
		Long: "Carry an item forward: it is added to the other plan with its words, owner, due date, age, original date and count of moves,\n" +
			"and ends here. Where the answer is lost, give it again with the same --key: what is missing is done.",
		Example: `  plantrail item carry sdp-2019-20 item-07 --to sdp-2020-21 --reason "It goes on next year" --authority-body Cabinet`}
	f := cmd.Flags()
	f.StringVar(&to, "to", "", "the plan in which it goes on")
	f.StringVar(&as, "as", "", "its id there (default the same)")
	f.StringVar(&do.Level, "level", "", "its level there (default that of the same key, or the lowest)")
	f.StringVar(&under, "parent", "", "the item above it there")
	f.StringVar(&reason, "reason", "", "why it goes on there")
	f.String("plan", "", "the plan, where it is not among the arguments")
	w.flags(cmd).RunE = func(cmd *cobra.Command, args []string) (err error) {
		ctx := cmd.Context()
		if do.Basis, err = w.basis(); err != nil {
			return err
		}
		if w.ifVersion != "" {
			return misuse("--if-version", "carrying forward changes two plans, each with a version of its own").WithHint("leave it out")
		}
		do.To, do.As, do.Parent = domain.PlanID(to), domain.ItemID(as), domain.ItemID(under)
		if err := a.read(given{"--reason", reason, &do.Reason}); err != nil {
			return err
		}
		return a.with(ctx, func(c *client) error {
			at, err := a.itemArgs(ctx, c, cmd, args, 0)
			if err != nil {
				return err
			}
			return a.submit(ctx, c, &w, path("plans", at.plan, "items", at.item, "carry"), do)
		})
	}
	return cmd
}
