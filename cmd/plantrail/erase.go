package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"plantrail/domain"
)

func (a *app) eraseCmd() *cobra.Command {
	var w writing
	var do domain.EraseText
	var reason string
	cmd := &cobra.Command{Use: "erase [PLAN] ENTRY --field NAME --reason WORDS --authority-body BODY", Short: "Destroy one text of an entry, for ever",
		Long: `Destroy one text of an entry: in the journal, in the read models, in their search index and on disk. The entry stays, with its
place in the log and every proof; it says from now on who had the text erased, when, why and on whose authority.
Copies made before (backups, bundles, exports) are not reached: restoring a backup erases again, the others are yours to find.`,
		Example: `  plantrail erase sdp-2019-20 42 --field justification --reason "It named a child." --authority-body "Data Protection Officer"`}
	cmd.Flags().StringVar(&do.Field, "field", "", "the text: title, justification, progress, outcome, words, reason, ...")
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	w.flags(cmd).RunE = func(cmd *cobra.Command, args []string) (err error) {
		if do.Basis, err = w.basis(); err != nil {
			return err
		}
		if do.Field == "" {
			return misuse("--field", "say which text of the entry").WithHint("plantrail entry PLAN ENTRY shows its texts by name")
		}
		if err := a.read(given{"--reason", reason, &do.Reason}); err != nil {
			return err
		}
		return a.askPart(cmd, args, func(ctx context.Context, c *client, plan, entry string) error {
			do.Entry = entry
			return a.eraseText(ctx, c, &w, plan, &do)
		})
	}
	return cmd
}

// eraseText records the request and says what became of the text: the server answers when it is destroyed.
func (a *app) eraseText(ctx context.Context, c *client, w *writing, plan string, do *domain.EraseText) error {
	if err := a.record(ctx, c, w, plan, do); err != nil {
		return err
	}
	if a.form() == asTable {
		a.say("The text is destroyed. The entry, its place in the log and every proof stay as they were.")
	}
	return nil
}

// finishPeriod is how often a server looks for erasures that were asked for and not finished: by another process, or
// when the journal could not be reached.
const finishPeriod = time.Minute

// finishErasures ends what a crash left half done. A journal that can't do it now is asked again later.
func (n *node) finishErasures(ctx context.Context) {
	if err := n.handler.FinishErasures(ctx); err != nil && ctx.Err() == nil {
		n.log.Error("a text that is to be erased is not destroyed yet: it is tried again", "err", err)
	}
}

// every does something now and then until ctx ends.
func every(ctx context.Context, period time.Duration, do func(context.Context)) {
	t := time.NewTicker(period)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			do(ctx)
		}
	}
}
