package main

import (
	"github.com/spf13/cobra"

	"plantrail/domain"
)

// dueCmd is of due dates on which a body decides. What needs no decision is plantrail item due.
func (a *app) dueCmd() *cobra.Command {
	return family("due", "Ask for a due date to be moved; approve or refuse it", a.dueRequestCmd(), a.dueApproveCmd(), a.dueRefuseCmd())
}

func (a *app) dueRequestCmd() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "request [PLAN] ITEM DATE --reason WORDS", Short: "Ask for an item's due date to be moved",
		Example: `  plantrail due request sdp-2019-20 item-07 "June 2020" --reason "The surveyor left"`}
	cmd.Flags().StringVar(&reason, "reason", "", "why it should move")
	return a.itemWrite(cmd, 1, func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error) {
		due, err := date("due", rest[0])
		if err != nil {
			return nil, err
		}
		do := &domain.RequestDue{Basis: b, Item: item, Due: due}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}

func (a *app) dueApproveCmd() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "approve [PLAN] ITEM", Short: "Move the due date as asked (needs --authority-body)",
		Example: `  plantrail due approve sdp-2019-20 item-07 --authority-body Cabinet --authority-meeting 2020-03-10`}
	cmd.Flags().StringVar(&reason, "reason", "", "why (default as the request says)")
	return a.itemWrite(cmd, 0, func(b domain.Basis, item domain.ItemID, _ []string) (domain.Command, error) {
		do := &domain.ApproveDue{Basis: b, Item: item}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}

func (a *app) dueRefuseCmd() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "refuse [PLAN] ITEM --reason WORDS", Short: "Leave the due date as it is (needs --authority-body)",
		Example: `  plantrail due refuse sdp-2019-20 item-07 --reason "Twice is enough" --authority-body Cabinet`}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return a.itemWrite(cmd, 0, func(b domain.Basis, item domain.ItemID, _ []string) (domain.Command, error) {
		do := &domain.RefuseDue{Basis: b, Item: item}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}
