package main

import (
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
)

// closingCmds bring an item to its end, in stages, and back.
func (a *app) closingCmds() []*cobra.Command {
	reasoned := func(use, short, example string, build func(domain.Basis, domain.ItemID, domain.Text) domain.Command) *cobra.Command {
		c := a.itemStateCmd(use, short, build)
		c.Example = "  plantrail item " + use + " sdp-2019-20 item-07 " + example
		return c
	}
	accept := reasoned("accept", "Accept an item as closed (needs --authority-body)", `--authority-body "Safeguarding Sub-Committee"`,
		func(b domain.Basis, i domain.ItemID, r domain.Text) domain.Command {
			return &domain.AcceptClosure{Basis: b, Item: i, Reason: r}
		})
	accept.Use = "accept [PLAN] ITEM"
	return []*cobra.Command{a.itemClaimCmd(), a.itemVerifyCmd(), accept, a.itemSupersedeCmd(), a.itemCarryCmd(),
		reasoned("refuse", "Say that an item is not done, or not yet: it is open again", `--reason "On Friday the desk was closed."`,
			func(b domain.Basis, i domain.ItemID, r domain.Text) domain.Command {
				return &domain.RefuseCompletion{Basis: b, Item: i, Reason: r}
			}),
		reasoned("reopen", "Take up again an item that was claimed, closed or otherwise ended", `--reason "It came back." --authority-body Cabinet`,
			func(b domain.Basis, i domain.ItemID, r domain.Text) domain.Command {
				return &domain.ReopenItem{Basis: b, Item: i, Reason: r}
			}),
		reasoned("waive-evidence", "Say that an item needs no evidence to be complete", `--reason "Anybody can see the desk."`,
			func(b domain.Basis, i domain.ItemID, r domain.Text) domain.Command {
				return &domain.WaiveEvidence{Basis: b, Item: i, Reason: r}
			})}
}

func (a *app) itemClaimCmd() *cobra.Command {
	var files []string
	cmd := &cobra.Command{Use: "claim [PLAN] ITEM WORDS", Short: "Say that an item is done; somebody else then verifies it",
		Example: `  plantrail item claim sdp-2019-20 item-07 "All packs are out" --evidence evidence-c7kpjjzq`}
	cmd.Flags().StringArrayVar(&files, "evidence", nil, "a file of evidence that shows it, once for each")
	return a.itemWrite(cmd, 1, func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error) {
		do := &domain.ClaimCompletion{Basis: b, Item: item, Evidence: ids[domain.EvidenceID](files)}
		return do, a.read(given{"words", rest[0], &do.Claim})
	})
}

func (a *app) itemVerifyCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "verify [PLAN] ITEM WORDS", Short: "Say that you looked, and an item that was claimed is done",
		Example: `  plantrail item verify sdp-2019-20 item-07 "Visited three homes; each has the pack"`}
	return a.itemWrite(cmd, 1, func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error) {
		do := &domain.VerifyCompletion{Basis: b, Item: item}
		return do, a.read(given{"words", rest[0], &do.Verified})
	})
}

func (a *app) itemSupersedeCmd() *cobra.Command {
	var by []string
	var reason string
	cmd := &cobra.Command{Use: "supersede [PLAN] ITEM --by ITEM --reason WORDS", Short: "End an item whose work others of the plan do (needs --authority-body)",
		Example: `  plantrail item supersede sdp-2019-20 item-07 --by item-08 --by item-09 --reason "Split by area" --authority-body Cabinet`}
	cmd.Flags().StringArrayVar(&by, "by", nil, "an item that does its work, once for each")
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return a.itemWrite(cmd, 0, func(b domain.Basis, item domain.ItemID, _ []string) (domain.Command, error) {
		do := &domain.SupersedeItem{Basis: b, Item: item, By: ids[domain.ItemID](by)}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}

// itemLinkCmd and the next two are of what an item is to others.
func (a *app) itemLinkCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "link [PLAN] ITEM RELATION ITEM", Short: "Say what an item is to another: addresses, contributes_to or measured_by",
		Example: `  plantrail item link sdp-2019-20 item-07 addresses recommendation-3`}
	return a.itemWrite(cmd, 2, func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error) {
		return &domain.LinkItems{Basis: b, Item: item, Relation: domain.Relation(coded(rest[0])), To: domain.ItemID(rest[1])}, nil
	})
}

func (a *app) itemUnlinkCmd() *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: "unlink [PLAN] ITEM RELATION ITEM --reason WORDS", Short: "Take a link back",
		Example: `  plantrail item unlink sdp-2019-20 item-07 addresses recommendation-3 --reason "It answers another one"`}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return a.itemWrite(cmd, 2, func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error) {
		do := &domain.UnlinkItems{Basis: b, Item: item, Relation: domain.Relation(coded(rest[0])), To: domain.ItemID(rest[1])}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}

func (a *app) itemRespondCmd() *cobra.Command {
	var words string
	cmd := &cobra.Command{Use: "respond [PLAN] ITEM RESPONSE", Short: "Respond to a recommendation: agreed, partly_agreed or not_agreed",
		Example: `  plantrail item respond sdp-2019-20 recommendation-3 partly_agreed --words "In the offices, not by telephone"`}
	cmd.Flags().StringVar(&words, "words", "", "in words; needed unless it is agreed")
	return a.itemWrite(cmd, 1, func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error) {
		do := &domain.Respond{Basis: b, Item: item, Response: domain.Response(coded(rest[0]))}
		return do, a.read(given{"--words", words, &do.Words})
	})
}

// coded is a coded value as people type it: measured-by is measured_by.
func coded(s string) string { return strings.ReplaceAll(s, "-", "_") }
