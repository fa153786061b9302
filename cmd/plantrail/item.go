package main

import (
	"context"

	"github.com/spf13/cobra"

	"plantrail/domain"
)

func (a *app) itemCmd() *cobra.Command {
	c := family("item", "Add items, change what they are, and bring them to their ends", a.itemAddCmd(), a.itemRewordCmd(), a.itemMoveCmd(),
		a.itemAssignCmd(), a.itemDueCmd(), a.itemLinkCmd(), a.itemUnlinkCmd(), a.itemRespondCmd(),
		a.itemStateCmd("suspend", "Put an item on hold", func(b domain.Basis, i domain.ItemID, r domain.Text) domain.Command {
			return &domain.SuspendItem{Basis: b, Item: i, Reason: r}
		}),
		a.itemStateCmd("resume", "Take a suspended item up again", func(b domain.Basis, i domain.ItemID, r domain.Text) domain.Command {
			return &domain.ResumeItem{Basis: b, Item: i, Reason: r}
		}),
		a.itemStateCmd("cancel", "End an item without an outcome (needs --authority-body)", func(b domain.Basis, i domain.ItemID, r domain.Text) domain.Command {
			return &domain.CancelItem{Basis: b, Item: i, Reason: r}
		}))
	c.AddCommand(a.closingCmds()...)
	return c
}

// planWrite completes a command about a plan: [PLAN] and as many arguments as rest says.
func (a *app) planWrite(cmd *cobra.Command, rest int, build func(b domain.Basis, rest []string) (domain.Command, error)) *cobra.Command {
	return a.records(cmd, rest, a.planArgs, func(b domain.Basis, at place) (domain.Command, error) { return build(b, at.rest) })
}

// itemWrite completes a command about one item: [PLAN] ITEM and as many arguments as rest says.
func (a *app) itemWrite(cmd *cobra.Command, rest int, build func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error)) *cobra.Command {
	cmd.Flags().String("plan", "", "the plan, where it is not among the arguments")
	return a.records(cmd, rest, a.itemArgs, func(b domain.Basis, at place) (domain.Command, error) {
		return build(b, domain.ItemID(at.item), at.rest)
	})
}

// records completes a command that records one change at the place which its arguments name.
func (a *app) records(cmd *cobra.Command, rest int,
	find func(ctx context.Context, c *client, cmd *cobra.Command, args []string, rest int) (place, error),
	build func(b domain.Basis, at place) (domain.Command, error)) *cobra.Command {
	var w writing
	w.checks(cmd).RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		b, err := w.basis()
		if err != nil {
			return err
		}
		return a.with(ctx, func(c *client) error {
			at, err := find(ctx, c, cmd, args, rest)
			if err != nil {
				return err
			}
			do, err := build(b, at)
			if err != nil {
				return err
			}
			return a.record(ctx, c, &w, at.plan, do)
		})
	}
	return cmd
}

func (a *app) itemAddCmd() *cobra.Command {
	var add domain.AddItem
	var item, title, owner, person, parent, due, kind, start, source string
	cmd := &cobra.Command{Use: "add [PLAN] --title WORDS", Short: "Add an item to a plan",
		Example: `  plantrail item add sdp-2019-20 --ref 1.2 --title "Translate the information sheet" --owner "Virtual School Head" --due "March 2020"`}
	f := cmd.Flags()
	f.StringVar(&item, "item", "", "its id within the plan (default the next item-NN)")
	f.StringVar(&add.Ref, "ref", "", "reference as printed, e.g. 1.2")
	f.StringVar(&add.Level, "level", "", "key of a level of the plan")
	f.StringVar(&parent, "parent", "", "the item above it")
	f.StringVar(&title, "title", "", "the item's words")
	f.StringVar(&owner, "owner", "", "who is accountable, as printed")
	f.StringVar(&person, "person", "", "the registered person who owns it")
	f.StringVar(&due, "due", "", "its original due date")
	f.StringVar(&kind, "kind", "", "recommendation, milestone, measure or standing (default an action)")
	f.StringVar(&start, "start", "", "when work on it is to begin")
	f.StringVar(&source, "source", "", "of a recommendation: the review that made it")
	return a.planWrite(cmd, 0, func(b domain.Basis, _ []string) (domain.Command, error) {
		add.Basis, add.Item, add.Parent = b, domain.ItemID(item), domain.ItemID(parent)
		add.Person, add.Kind = domain.ActorID(person), domain.ItemKind(kind)
		if err := a.read(given{"--title", title, &add.Title}, given{"--owner", owner, &add.Owner}, given{"--source", source, &add.Source}); err != nil {
			return nil, err
		}
		return &add, dates(dated{"--due", due, &add.Due}, dated{"--start", start, &add.Start})
	})
}

// given is words as an argument or flag gives them, and where they go.
type given struct {
	place, arg string
	to         *domain.Text
}

func (a *app) read(all ...given) (err error) {
	for _, g := range all {
		if *g.to, err = a.words(g.place, g.arg); err != nil {
			return err
		}
	}
	return nil
}

// dated is a date as a flag gives it, and where it goes.
type dated struct {
	place, arg string
	to         *domain.Date
}

func dates(all ...dated) (err error) {
	for _, d := range all {
		if *d.to, err = date(d.place, d.arg); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) itemRewordCmd() *cobra.Command {
	var title, reason string
	cmd := &cobra.Command{Use: "reword [PLAN] ITEM --title WORDS --reason WORDS", Short: "Give an item another title"}
	cmd.Flags().StringVar(&title, "title", "", "the new words")
	cmd.Flags().StringVar(&reason, "reason", "", "why the words change")
	return a.itemWrite(cmd, 0, func(b domain.Basis, item domain.ItemID, _ []string) (domain.Command, error) {
		do := &domain.RewordItem{Basis: b, Item: item}
		return do, a.read(given{"--title", title, &do.Title}, given{"--reason", reason, &do.Reason})
	})
}

func (a *app) itemMoveCmd() *cobra.Command {
	var under, reason string
	cmd := &cobra.Command{Use: "move [PLAN] ITEM --under ITEM --reason WORDS", Short: "Put an item under another one"}
	cmd.Flags().StringVar(&under, "under", "", "the item above it (default the top)")
	cmd.Flags().StringVar(&reason, "reason", "", "why it moves")
	return a.itemWrite(cmd, 0, func(b domain.Basis, item domain.ItemID, _ []string) (domain.Command, error) {
		do := &domain.MoveItem{Basis: b, Item: item, Parent: domain.ItemID(under)}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}

func (a *app) itemAssignCmd() *cobra.Command {
	var owner, person, reason, with string
	var persons []string
	var post, interim bool
	cmd := &cobra.Command{Use: "assign [PLAN] ITEM --owner WORDS", Short: "Name who is accountable for an item"}
	cmd.Flags().StringVar(&owner, "owner", "", "a post or a name, as printed")
	cmd.Flags().StringVar(&person, "person", "", "the registered person, if it is one")
	cmd.Flags().StringVar(&with, "with", "", "who is responsible with the owner, as printed")
	cmd.Flags().StringArrayVar(&persons, "with-person", nil, "of those a registered person, once for each")
	cmd.Flags().BoolVar(&post, "post", false, "the owner is a post: whoever holds it")
	cmd.Flags().BoolVar(&interim, "interim", false, "until somebody else is found")
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return a.itemWrite(cmd, 0, func(b domain.Basis, item domain.ItemID, _ []string) (domain.Command, error) {
		do := &domain.AssignOwner{Basis: b, Item: item, Person: domain.ActorID(person), Persons: ids[domain.ActorID](persons), Post: post, Interim: interim}
		return do, a.read(given{"--owner", owner, &do.Owner}, given{"--with", with, &do.With}, given{"--reason", reason, &do.Reason})
	})
}

func (a *app) itemDueCmd() *cobra.Command {
	var reason string
	var unapproved bool
	cmd := &cobra.Command{Use: "due [PLAN] ITEM DATE", Short: "Set an item's due date, or move it with a reason",
		Long: "Set an item's due date. The first one stays its original date for ever; moving it needs a --reason.\nDates may be days or months: 2020-03-31, 31 March 2020, March 2020. \"Oct 12\" is a month and a year."}
	cmd.Flags().StringVar(&reason, "reason", "", "needed to move a date")
	cmd.Flags().BoolVar(&unapproved, "unapproved", false, "record a move that the policy wants approved and nobody approved")
	return a.itemWrite(cmd, 1, func(b domain.Basis, item domain.ItemID, rest []string) (domain.Command, error) {
		due, err := date("due", rest[0])
		if err != nil {
			return nil, err
		}
		do := &domain.SetDue{Basis: b, Item: item, Due: due, Unapproved: unapproved}
		return do, a.read(given{"--reason", reason, &do.Reason})
	})
}

func (a *app) itemStateCmd(name, short string, build func(domain.Basis, domain.ItemID, domain.Text) domain.Command) *cobra.Command {
	var reason string
	cmd := &cobra.Command{Use: name + " [PLAN] ITEM --reason WORDS", Short: short}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return a.itemWrite(cmd, 0, func(b domain.Basis, item domain.ItemID, _ []string) (domain.Command, error) {
		words, err := a.words("--reason", reason)
		return build(b, item, words), err
	})
}
