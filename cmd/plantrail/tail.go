package main

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/projections"
)

func (a *app) tailCmd() *cobra.Command {
	var follow bool
	var limit int
	var via string
	var w ways
	cmd := &cobra.Command{Use: "tail", Short: "The latest entries of all plans; with -f, those to come", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if a.form() == asCSV {
				return notList()
			}
			switch via {
			case viaTimeline, viaPull, viaStream:
			case viaWebhook, viaNATS:
				return a.tailWay(cmd.Context(), via, w, follow)
			default:
				return misuse("--via", "%q is no way to follow", shorten(via, 40)).WithHint("use timeline, pull, stream, webhook or nats")
			}
			return a.with(cmd.Context(), func(c *client) error {
				if via != viaTimeline {
					return a.tailFeed(cmd.Context(), c, via, follow)
				}
				return a.tail(cmd.Context(), c, limit, follow)
			})
		}}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on as entries are recorded, until interrupted")
	cmd.Flags().StringVar(&via, "via", viaTimeline, "timeline, or the feed as other systems get it: pull, stream, or a subscription by webhook or nats")
	w.flags(cmd.Flags())
	cmd.Flags().IntVarP(&limit, "lines", "n", 10, "how many entries to begin with, 0 to 1000")
	return cmd
}

// tail writes the latest entries, oldest first, and follows. Waiting is the server's: a question for a position that does
// not exist yet is held for two seconds.
func (a *app) tail(ctx context.Context, c *client, limit int, follow bool) error {
	var seen domain.Position
	q := url.Values{"newest": {"true"}, "limit": {strconv.Itoa(max(limit, 1))}}
	for first := true; ; first = false {
		began := time.Now()
		var got projections.Page[projections.Entry]
		_, err := c.get(ctx, path("timeline"), q, &got)
		switch {
		case err != nil && !first && ctx.Err() != nil:
			return nil // interrupted: following has no other end
		case err != nil && !first && domain.KindOf(err) == domain.Unavailable:
			if time.Since(began) < time.Second {
				pause(ctx, time.Second) // refused at once rather than held: don't hammer
			}
			continue
		case err != nil:
			return err
		}
		if first && limit == 0 {
			got.Entries = nil
		}
		if err := a.tailEntries(got.Entries, seen); err != nil {
			return err
		}
		if !follow {
			return nil
		}
		seen = got.Moment
		q.Set("limit", "1000")
		q.Set("min_position", strconv.FormatUint(uint64(seen)+1, 10))
	}
}

func (a *app) tailEntries(newest []projections.Entry, seen domain.Position) error {
	for i := len(newest) - 1; i >= 0; i-- {
		e := newest[i]
		if max(e.Visible, e.Position) <= seen {
			continue
		}
		if a.form() == asTable {
			a.tellEntry(e)
			continue
		}
		if err := a.writeJSON(e); err != nil {
			return err
		}
	}
	return nil
}
