package main

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/web"
)

func (a *app) bundleCmd() *cobra.Command {
	var do web.TakeBundle
	var w writing
	var item, taker, reason, to string
	cmd := &cobra.Command{Use: "bundle [PLAN] -o FILE --reason WORDS [--for WHO]", Short: "Take an evidence bundle: one zip that an inspector checks offline",
		Long: `Take an evidence bundle: a readable report, the timeline, every event of the plan as it lies in the journal, its texts, files of
evidence, proofs and the signed checkpoint, with a script (verify.sh) that needs only a shell, Python and openssl.
Taking it is itself on the timeline. Taken again for the same state it is the same, to the byte.`,
		Example: `  plantrail bundle sdp-2019-20 -o inspection.zip --reason "Inspection of March 2020" --for "the inspectorate"
  plantrail verify inspection.zip`}
	f := cmd.Flags()
	f.StringVarP(&to, "output", "o", "", "the zip file to write")
	f.StringVar(&item, "item", "", "report on this item only; the events are always all of the plan's")
	f.StringVar(&taker, "for", "", "who takes it")
	f.StringVar(&reason, "reason", "", "why it is taken")
	f.StringVar(&w.key, "key", "", "id of this command: given twice, it is recorded once")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if to == "" {
			return misuse("--output", "say where the zip goes").WithHint("give -o FILE")
		}
		do.Item = domain.ItemID(item)
		if err := a.read(given{"--for", taker, &do.For}, given{"--reason", reason, &do.Reason}); err != nil {
			return err
		}
		if err := w.checkKey(); err != nil {
			return err
		}
		body, err := json.Marshal(do)
		if err != nil {
			return failure(err, "the command can't be written as JSON")
		}
		return a.askPlan(cmd, args, func(ctx context.Context, c *client, plan string) error {
			err := a.download(ctx, c, request{method: http.MethodPost, path: path("plans", plan, "bundle"), body: body, mediaType: "application/json", key: w.key}, to)
			if err == nil && to != "-" {
				a.note("Written to %s: check it with plantrail verify %s, or with the verify.sh in it.", to, to)
			}
			return asTyped(err)
		})
	}
	return cmd
}
