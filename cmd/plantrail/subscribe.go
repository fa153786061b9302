package main

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/web"
)

func (a *app) subscribeCmd() *cobra.Command {
	return family("subscribe", "Give other systems every change: by signed webhook, NATS or mail",
		a.subscribeCreateCmd(), a.subscribeListCmd(), a.subscribeShowCmd(), a.subscribeRotateCmd(), a.subscribePauseCmd(), a.subscribeResumeCmd(),
		a.subscribeReplayCmd(), a.subscribePingCmd(), a.subscribeDeleteCmd())
}

func (a *app) subscribeCreateCmd() *cobra.Command {
	var want web.NewSubscription
	var plans, types, items, meanings, notices []string
	var hook, mail, person, label, key string
	var nats bool
	var from uint64
	cmd := &cobra.Command{Use: "create ID --person PERSON (--webhook URL | --nats | --mail ADDRESS)", Short: "Make a subscription", Args: exactly(1),
		Long: "Make a subscription for a registered person: it ends when the person leaves. Secrets are printed once.",
		RunE: func(cmd *cobra.Command, args []string) error {
			want.Subscription, want.Person, want.Label, want.From = domain.SubscriptionID(args[0]), domain.ActorID(person), domain.Text(label), domain.Position(from)
			want.Way, want.Target = domain.ByNATS, ""
			switch {
			case hook != "" && mail == "" && !nats:
				want.Way, want.Target = domain.ByWebhook, domain.Text(hook)
			case mail != "" && hook == "" && !nats:
				want.Way, want.Target = domain.ByMail, domain.Text(mail)
			case !nats || hook+mail != "":
				return misuse("--webhook", "say how they are told").WithHint("give one of --webhook URL, --nats, --mail ADDRESS")
			}
			want.Wanted.Plans, want.Wanted.Types, want.Wanted.Items = ids[domain.PlanID](plans), types, ids[domain.ItemID](items)
			want.Wanted.Meanings, want.Wanted.Notices = ids[domain.Meaning](meanings), notices
			return a.post(cmd, path("subscriptions"), key, want, a.tellSecrets)
		}}
	f := cmd.Flags()
	f.StringVar(&person, "person", "", "id of the person whose it is (plantrail person list)")
	f.StringVar(&hook, "webhook", "", "https URL to which each event is posted")
	f.BoolVar(&nats, "nats", false, "a durable consumer on the organisation's NATS cluster")
	f.StringVar(&mail, "mail", "", "address to which notices are sent")
	f.StringSliceVar(&plans, "plan", nil, "only these plans")
	f.StringSliceVar(&types, "type", nil, "only these types of event, e.g. rating-changed")
	f.StringSliceVar(&items, "item", nil, "only these items")
	f.StringSliceVar(&meanings, "meaning", nil, "only ratings of these meanings, e.g. off_track")
	f.StringSliceVar(&notices, "notice", nil, "red, asked, deadline (by mail default all); a webhook gets these instead of each event")
	f.BoolVar(&want.Wanted.Texts, "texts", false, "with what people wrote")
	f.BoolVar(&want.Wanted.Digest, "digest", false, "notices once a day, in one message")
	f.Uint64Var(&from, "from", 0, "begin after this position")
	f.StringVar(&label, "label", "", "what it is for")
	f.StringVar(&key, "key", "", "id of this command: given twice, it is recorded once")
	return cmd
}

func ids[T ~string](all []string) []T {
	var out []T
	for _, one := range all {
		out = append(out, T(one))
	}
	return out
}

func (a *app) tellSecrets(body []byte) error {
	var s web.Secrets
	if err := decode(body, &s); err != nil {
		return err
	}
	a.say("Subscription %s, at position %d.", s.Subscription, s.Position)
	if s.Secret != "" {
		a.say("Secret, for the subscriber alone: %s", s.Secret)
	}
	if s.PublicKey != "" {
		a.say("Public key, for v1a signatures:   %s", s.PublicKey)
	}
	if s.Config != "" {
		a.say("For the list \"users\" of the account in the configuration of the NATS servers, which then reload:\n%s", s.Config)
	}
	return nil
}

func (a *app) subscribeListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the subscriptions and how they are", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(c *client) error {
				return a.list(cmd.Context(), c, path("subscriptions"), nil, a.tellSubscriptions)
			})
		}}
}

func (a *app) tellSubscriptions(body []byte) error {
	var got struct{ Subscriptions []web.SubscriptionView }
	if err := decode(body, &got); err != nil {
		return err
	}
	if len(got.Subscriptions) == 0 {
		a.say("There are no subscriptions.")
		return nil
	}
	t := newTable("Subscription", "Person", "Way", "~Target", "State", "Behind", "Delivered", "Dead")
	for _, s := range got.Subscriptions {
		t.add(plain(string(s.Subscription)), plain(string(s.Person)), plain(string(s.Way)), plain(s.Target), plain(s.State), plain(fmt.Sprint(s.Behind)),
			plain(fmt.Sprint(s.Delivery.Delivered)), plain(strconv.Itoa(len(s.Delivery.Dead))))
	}
	t.write(a.stdout, a.screen)
	return nil
}

func (a *app) subscribeShowCmd() *cobra.Command {
	return &cobra.Command{Use: "show ID", Short: "Show one with its latest deliveries and dead letters", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.with(cmd.Context(), func(c *client) error {
				got, err := c.get(cmd.Context(), path("subscriptions", args[0]), nil, nil)
				if err != nil {
					return err
				}
				return a.show(got, func() error { return a.tellSubscription(got.body) })
			})
		}}
}

func (a *app) tellSubscription(body []byte) error {
	var s web.SubscriptionView
	if err := decode(body, &s); err != nil {
		return err
	}
	a.say("%s: %s of %s to %s, %s", s.Subscription, s.Way, s.Person, oneLine(s.Target), s.State)
	a.say("Delivered up to position %d, %d behind; %d delivered, %d tries failed.", s.Delivery.Position, s.Behind, s.Delivery.Delivered, s.Delivery.Failed)
	if s.LastError != "" {
		a.say("Last: %s", oneLine(s.LastError))
	}
	t := newTable("At", "Position", "Status", "ms", "~Error")
	for _, try := range s.Delivery.Log {
		t.add(plain(moment(try.At)), plain(fmt.Sprint(try.Position)), plain(strconv.Itoa(try.Status)), plain(fmt.Sprint(try.Millis)), plain(try.Error))
	}
	t.write(a.stdout, a.screen)
	for _, d := range s.Delivery.Dead {
		a.say("Dead letter: position %d, event %s, answered %d", d.Position, d.Event, d.Status)
	}
	return nil
}

func (a *app) subscribeRotateCmd() *cobra.Command {
	var hours int
	var key string
	cmd := &cobra.Command{Use: "rotate ID", Short: "Give a webhook new secrets; for some hours the old ones sign, too", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.post(cmd, path("subscriptions", args[0], "rotate"), key, web.Rotation{Hours: hours}, a.tellSecrets)
		}}
	cmd.Flags().IntVar(&hours, "overlap", 24, "hours for which the old secrets sign, too")
	cmd.Flags().StringVar(&key, "key", "", "id of this command: given twice, it is recorded once")
	return cmd
}

// changing is a command that records something about a subscription, with a reason where it takes one.
func (a *app) changing(verb, route, short, done string, reasoned bool) *cobra.Command {
	var reason, key string
	use := verb + " ID"
	if reasoned {
		use += " --reason WORDS"
	}
	cmd := &cobra.Command{Use: use, Short: short, Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			words, err := a.words("--reason", reason)
			if err != nil {
				return err
			}
			body := any(struct{}{})
			if reasoned {
				body = web.Why{Reason: domain.Text(words)}
			}
			return a.post(cmd, path("subscriptions", args[0], route), key, body, a.tellDone(done))
		}}
	if reasoned {
		cmd.Flags().StringVar(&reason, "reason", "", "why")
	}
	cmd.Flags().StringVar(&key, "key", "", "id of this command: given twice, it is recorded once")
	return cmd
}

func (a *app) subscribePauseCmd() *cobra.Command {
	return a.changing("pause", "pause", "Pause one; it keeps its place", "Paused: nothing is sent until it is resumed.", true)
}

func (a *app) subscribeResumeCmd() *cobra.Command {
	return a.changing("resume", "resume", "Let a paused one go on", "Resumed.", false)
}

func (a *app) subscribeDeleteCmd() *cobra.Command {
	return a.changing("delete", "end", "End one for good", "Ended: nothing is sent any more.", true)
}

func (a *app) subscribeReplayCmd() *cobra.Command {
	var from int64
	var r web.Replay
	cmd := &cobra.Command{Use: "replay ID (--from POSITION | --dead | --drop | --now)", Short: "Deliver events once more, or at once", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("from") {
				at := domain.Position(from)
				r.From = &at
			}
			return a.post(cmd, path("subscriptions", args[0], "replay"), "", r, func([]byte) error {
				a.say("Ordered: it is done within seconds, by the server that delivers.")
				return nil
			})
		}}
	cmd.Flags().Int64Var(&from, "from", 0, "deliver again all after this position")
	cmd.Flags().BoolVar(&r.Dead, "dead", false, "deliver the dead letters again")
	cmd.Flags().BoolVar(&r.Drop, "drop", false, "forget the dead letters: they stay in the history, and are not delivered")
	cmd.Flags().BoolVar(&r.Now, "now", false, "don't wait for the next try")
	return cmd
}

func (a *app) subscribePingCmd() *cobra.Command {
	return &cobra.Command{Use: "ping ID", Short: "Send a test event to a webhook", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			return a.with(ctx, func(c *client) error {
				got, err := c.do(ctx, request{method: http.MethodPost, path: path("subscriptions", args[0], "ping"), accept: "application/json"})
				if err != nil {
					return err
				}
				var pong web.Pong
				if err := decode(got.body, &pong); err != nil {
					return err
				}
				if err := a.show(got, func() error { a.say("The target answered %d. %s", pong.Status, oneLine(pong.Error)); return nil }); err != nil {
					return err
				}
				if pong.Error != "" {
					return domain.Errorf(domain.Unavailable, "target", "%s", strings.TrimSpace(pong.Error))
				}
				return nil
			})
		}}
}
