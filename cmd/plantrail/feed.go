package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/feeds"
	"plantrail/web"
)

// feedSource shows the journal to the feed, which does not know it.
type feedSource struct{ *eventstore.Store }

var _ feeds.Journal = feedSource{}

// Stored yields events with their bytes.
func (s feedSource) Stored(ctx context.Context, after domain.Position, follow bool) iter.Seq2[feeds.Stored, error] {
	return func(yield func(feeds.Stored, error) bool) {
		for l, err := range s.Leaves(ctx, after, follow) {
			stored := feeds.Stored{Body: l.Body}
			if err == nil {
				stored.Recorded, err = s.Decode(l)
			}
			if !yield(stored, err) || err != nil {
				return
			}
		}
	}
}

// Disclosures reads what discloses the texts of events.
func (s feedSource) Disclosures(ctx context.Context, of []feeds.Stored) (map[domain.EventID][]string, error) {
	refs := make([]eventstore.TextRef, len(of))
	for i, one := range of {
		refs[i] = eventstore.TextRef{Plan: one.Plan, Event: one.ID}
	}
	return s.Store.Disclosures(ctx, refs)
}

// End is where the history ends.
func (s feedSource) End(ctx context.Context) (domain.Position, error) {
	tail, err := s.Tail(ctx)
	return tail.Events, err
}

// hooks are the flags of serve about webhooks and mail.
type hooks struct {
	allow []string
	plain bool
	key   string

	mail     feeds.SMTP
	digestAt int
}

func (h *hooks) flags(f *pflag.FlagSet) {
	f.StringArrayVar(&h.allow, "webhook-allow", nil, "range of private addresses to which webhooks may go, as 10.1.0.0/16; may be given several times")
	f.BoolVar(&h.plain, "webhook-http", false, "let webhooks go to http, too")
	f.StringVar(&h.mail.Server, "mail-server", os.Getenv("PLANTRAIL_MAIL_SERVER"), "mail server for notices, host:port (the password in PLANTRAIL_MAIL_PASSWORD)")
	f.StringVar(&h.mail.From, "mail-from", os.Getenv("PLANTRAIL_MAIL_FROM"), "address from which notices come")
	f.StringVar(&h.mail.User, "mail-user", os.Getenv("PLANTRAIL_MAIL_USER"), "user at the mail server")
	f.StringVar((*string)(&h.mail.Security), "mail-tls", os.Getenv("PLANTRAIL_MAIL_TLS"), "starttls, implicit, or none for a relay on a network that one trusts (default implicit on port 465, else starttls)")
	f.IntVar(&h.digestAt, "digest-hour", 6, "hour of the day, UTC, from which daily digests are sent")
	f.StringVar(&h.key, "feeds-key", os.Getenv("PLANTRAIL_FEEDS_KEY"), "file of the key from which webhooks' secrets are made, the same for all processes (default DATA/keys/feeds.key)")
}

func (h hooks) guard() (*feeds.Guard, error) {
	g := &feeds.Guard{Plain: h.plain}
	for _, one := range h.allow {
		p, err := netip.ParsePrefix(one)
		if err != nil {
			return nil, misuse("--webhook-allow", "%q is not a range of addresses", one).WithHint("write it as 10.1.0.0/16")
		}
		g.Allow = append(g.Allow, p)
	}
	return g, nil
}

// openFeed makes the feed, which runs until ctx ends, and all that is needed to keep subscriptions.
func (n *node) openFeed(ctx context.Context, h hooks) error {
	n.feed = feeds.New(feeds.Config{Org: domain.OrgID(n.settings.Org), Identity: n.store.Identity(), Journal: feedSource{n.store}, Log: n.log})
	n.feeding.Go(func() { n.feed.Run(ctx) })
	guard, err := h.guard()
	if err != nil {
		return err
	}
	keys, err := n.feedKeys(h.key)
	if err != nil {
		return err
	}
	if h.mail.Server != "" {
		h.mail.Now = time.Now
		if err := h.mail.Check(); err != nil {
			return err
		}
	}
	register, shared := feeds.NewRegister(n.feed), n.store.Shared()
	n.subscribers = &web.Subscribers{Register: register, State: shared, Keys: keys, Guard: guard}
	if n.settings.NATS != "" {
		n.subscribers.Grants = natsGrants{n.store}
	}
	n.subscribers.Courier = feeds.NewCourier(feeds.CourierConfig{Feed: n.feed, Register: register, State: shared, Keys: keys, Guard: guard,
		Process: processName(), Pause: n.pauseSubscription, Log: n.log})
	return nil
}

// processName tells this process from the others that share its work.
func processName() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	host, _ := os.Hostname()
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), hex.EncodeToString(b[:]))
}

// feedKeys reads the key from which webhooks' secrets are derived, or makes it where this process began the journal. Each
// subscription names its key: a process that has another one leaves it to those that have the right one.
func (n *node) feedKeys(file string) (*feeds.Keys, error) {
	supplied := file != ""
	if !supplied {
		file = filepath.Join(n.dir.file("keys"), "feeds.key")
	}
	b, err := os.ReadFile(file)
	switch {
	case err == nil:
		return feeds.NewKeys(b)
	case supplied || !errors.Is(err, fs.ErrNotExist):
		return nil, noFile(file, err)
	case n.settings.Join:
		n.log.Warn("there is no key for webhooks here: this process delivers none", "file", file)
		return nil, nil
	}
	b = make([]byte, feeds.MasterSize)
	_, _ = rand.Read(b) // never fails
	dir := dataDir(filepath.Dir(file))
	if err := dir.make(); err != nil {
		return nil, err
	}
	if err := dir.replace(filepath.Base(file), b); err != nil {
		return nil, err
	}
	return feeds.NewKeys(b)
}

// pauseSubscription records that a target wants no more. Of two processes that hear it the second is refused: it is paused.
func (n *node) pauseSubscription(ctx context.Context, id domain.SubscriptionID, reason string) error {
	sub, _ := n.subscribers.Register.Find(id)
	_, err := domain.NewService(n.store).Do(ctx, domain.Order{Plan: domain.People, Actor: domain.Actor{ID: "system", Kind: domain.System, Role: domain.Admin},
		Command: domain.CommandID("paused-" + newCommandID()), Do: domain.PauseSubscription{Subscription: sub.Subscription, Reason: domain.Text(reason)}})
	if domain.KindOf(err) == domain.Refused && err != nil {
		return nil // it is paused already, or has ended
	}
	return err
}

// natsGrants makes the consumers of those who read from the organisation's NATS themselves.
type natsGrants struct{ store *eventstore.Store }

// NewUser makes a NATS user.
func (natsGrants) NewUser() (public, seed string, err error) { return eventstore.NewNATSUser() }

// Grant makes what a subscription may read, and the lines for the servers' configuration.
func (g natsGrants) Grant(ctx context.Context, s domain.Subscription) (config string, err error) {
	grant := grantOf(s)
	return g.store.NATSUser(grant), g.store.EnsureGrant(ctx, grant)
}

// End takes it away.
func (g natsGrants) End(ctx context.Context, s domain.Subscription) error {
	return g.store.EndGrant(ctx, grantOf(s))
}

func grantOf(s domain.Subscription) eventstore.Grant {
	return eventstore.Grant{ID: s.Subscription, Plans: s.Wanted.Plans, Texts: s.Wanted.Texts, From: s.From, User: s.Key, Paused: s.Paused}
}

// subscriptionsDo delivers, and keeps what is granted over NATS as it was recorded, until ctx ends.
func (n *node) subscriptionsDo(ctx context.Context, h hooks) {
	n.feeding.Go(func() { n.subscribers.Register.Run(ctx) })
	notices := &feeds.Notices{Feed: n.feed, Register: n.subscribers.Register, State: n.subscribers.State, Hooks: n.subscribers.Courier, Process: processName(),
		Now: time.Now, Log: n.log, DigestAt: h.digestAt}
	if h.mail.Server != "" {
		h.mail.Password, h.mail.Now = os.Getenv("PLANTRAIL_MAIL_PASSWORD"), time.Now
		notices.Post = h.mail
	}
	n.feeding.Go(func() { notices.Run(ctx) })
	if n.subscribers.Grants != nil {
		n.feeding.Go(func() { n.keepGrants(ctx) })
	}
	n.subscribers.Courier.Run(ctx)
}

// keepGrants makes consumers agree with the subscriptions, also where a process crashed between the two.
func (n *node) keepGrants(ctx context.Context) {
	for ctx.Err() == nil {
		all, changed := n.subscribers.Register.All()
		var again <-chan time.Time
		for _, s := range all {
			if err := n.keepGrant(ctx, s); err != nil && ctx.Err() == nil {
				n.log.Warn("a subscription's consumer is not as it was granted, trying again", "subscription", s.Subscription, "err", err)
				again = time.After(grantPause)
			}
		}
		select {
		case <-changed:
		case <-again:
		case <-ctx.Done():
		}
	}
}

// grantPause is how long a consumer that could not be made or ended is left before it is tried again.
const grantPause = 10 * time.Second

func (n *node) keepGrant(ctx context.Context, s domain.Subscription) error {
	switch {
	case s.Way != domain.ByNATS:
		return nil
	case s.Ended:
		return n.subscribers.Grants.End(ctx, s)
	}
	_, err := n.subscribers.Grants.Grant(ctx, s)
	return err
}
