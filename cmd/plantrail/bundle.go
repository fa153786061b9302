package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/web"
)

func (a *app) bundleCmd() *cobra.Command {
	var do web.TakeBundle
	var w writing
	var item, asAt, reported, taker, reason, to string
	cmd := &cobra.Command{Use: "bundle [PLAN] -o FILE --reason WORDS [--for WHO] [--item ITEM] [--as-at WHEN | --as-reported MEETING]", Short: "Take an evidence bundle: one zip that an inspector checks offline",
		Long: `Take an evidence bundle: a readable report, the timeline, every event of the plan as it lies in the journal, its texts, files of
evidence, proofs and the signed checkpoint, with a script (verify.sh) that needs only a shell, Python and openssl.
The report shows the plan as it stands, or at an earlier moment; the events are always all of the plan's.
Taking it is itself on the timeline. Taken again by the same person, for the same reason, while nothing but takings happens
to the plan, it is the same, to the byte.`,
		Example: `  plantrail bundle sdp-2019-20 -o inspection.zip --reason "Inspection of March 2020" --for "the inspectorate"
  plantrail bundle sdp-2019-20 -o visit.zip --as-at 2020-02-03 --reason "What the plan said on the day of the last visit"
  plantrail verify inspection.zip`}
	f := cmd.Flags()
	f.StringVarP(&to, "output", "o", "", "the zip file to write")
	f.StringVar(&item, "item", "", "report on this item only; the events are always all of the plan's")
	f.StringVar(&asAt, "as-at", "", "report on the plan as it stood then: a date (its end) or RFC 3339 time of recording, or a position")
	f.StringVar(&reported, "as-reported", "", "report on the plan as the paper for this meeting had it")
	f.StringVar(&taker, "for", "", "who takes it")
	f.StringVar(&reason, "reason", "", "why it is taken")
	f.StringVar(&w.key, "key", "", "id of this command: given twice, it is recorded once")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if to == "" {
			return misuse("--output", "say where the zip goes").WithHint("give -o FILE")
		}
		do.Item, do.AsReported = domain.ItemID(item), domain.MeetingID(reported)
		if err := bundleMoment(asAt, &do); err != nil {
			return err
		}
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

// bundleMoment reads --as-at: a number is a position, all else a time of recording.
func bundleMoment(asAt string, do *web.TakeBundle) error {
	if n, err := strconv.ParseUint(asAt, 10, 63); err == nil && n > 0 {
		do.Position = domain.Position(n)
		return nil
	}
	if asAt == "" {
		return nil
	}
	t, err := instant("--as-at", asAt, true)
	do.RecordedAt = t.Format(time.RFC3339Nano)
	return err
}
