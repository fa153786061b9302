package web

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"plantrail/domain"
	"plantrail/feeds"
)

// What is told of deliveries. Counts are this process's; how each subscription is, is the same in every process: take the
// greatest. Ids of subscriptions are given by admins, and the label holds at most labelled of them, those that are most behind.
var (
	delivered  = counter("deliveries_total", "Webhooks that this process delivered.")
	undeliver  = counter("delivery_failures_total", "Tries to deliver a webhook that were not answered with a 2xx.")
	redeliver  = counter("delivery_retries_total", "Tries to deliver a webhook that were not its first.")
	deadTotal  = counter("dead_letters_total", "Events that this process gave up delivering.")
	resetTotal = counter("delivery_resets_total", "Times that a subscriber was told of a restored history.")
	guarded    = counter("delivery_guarded_total", "Connections to webhooks' targets not made, because they led to an address that is not public.")
	leased     = counter("delivery_leases_total", "Subscriptions taken over from nobody or from a process that stopped.")
	working    = gauge("delivery_working", "Subscriptions that this process delivers.")
	subState   = gauge("subscriptions", "Subscriptions by way and state.", "way", "state")
	subLag     = gauge("subscription_lag_events", "Events of the history that a subscription's deliveries have not looked at yet.", "subscription")
	subFailing = gauge("subscription_failing_seconds", "For how long a subscription's next event or message has been refused; 0 when it is not.", "subscription")
	subDead    = gauge("subscription_dead_letters", "Events of a subscription that were given up and are kept for a person to look at.", "subscription")
	feedFigure = []figure{delivered, undeliver, redeliver, deadTotal, resetTotal, guarded, leased, working, subState, subLag, subFailing, subDead}
)

// labelled bounds how many subscriptions have figures of their own.
const labelled = 100

// askedAtOnce is of how many subscriptions the shared state is asked together: each answer waits for another machine.
const askedAtOnce = 16

func (m *metrics) collectFeeds(ctx context.Context, send func(f figure, v float64, labels ...string)) {
	p := m.deps.Subscribers
	if p == nil || p.Courier == nil {
		return
	}
	s := p.Courier.Stats()
	send(delivered, float64(s.Delivered))
	send(undeliver, float64(s.Failed))
	send(redeliver, float64(s.Retried))
	send(deadTotal, float64(s.Dead))
	send(resetTotal, float64(s.Resets))
	send(guarded, float64(s.Guarded))
	send(leased, float64(s.Leases))
	send(working, float64(s.Working))
	all, err := m.deps.subscriptionFigures(ctx)
	if err != nil {
		return // what can't be read is not told: an old figure would be worse than none
	}
	states := map[[2]string]float64{}
	for _, f := range all {
		states[[2]string{string(f.way), f.state}]++
	}
	for _, way := range []domain.Way{domain.ByWebhook, domain.ByNATS, domain.ByMail} {
		for _, state := range []string{"works", "failing", "paused", "ended"} {
			send(subState, states[[2]string{string(way), state}], string(way), state)
		}
	}
	for _, f := range worst(all) {
		send(subLag, float64(f.lag), string(f.id))
		send(subFailing, f.failing.Seconds(), string(f.id))
		send(subDead, float64(f.dead), string(f.id))
	}
}

// subscriptionFigure is how one subscription is.
type subscriptionFigure struct {
	id      domain.SubscriptionID
	way     domain.Way
	state   string
	lag     domain.Position
	failing time.Duration
	dead    int
}

func (d Deps) subscriptionFigures(ctx context.Context) ([]subscriptionFigure, error) {
	subs, _ := d.Subscribers.Register.All()
	if len(subs) == 0 {
		return nil, nil
	}
	end, err := d.Feed.Journal().End(ctx)
	if err != nil {
		return nil, err
	}
	all, errs := make([]subscriptionFigure, len(subs)), make([]error, len(subs))
	var asked sync.WaitGroup
	slots := make(chan struct{}, askedAtOnce)
	for i, sub := range subs {
		slots <- struct{}{}
		asked.Go(func() {
			all[i], errs[i] = d.subscriptionFigure(ctx, sub, end)
			<-slots
		})
	}
	asked.Wait()
	return all, cmp.Or(errs...)
}

func (d Deps) subscriptionFigure(ctx context.Context, s domain.Subscription, end domain.Position) (f subscriptionFigure, err error) {
	f = subscriptionFigure{id: s.Subscription, way: s.Way, state: "ended"}
	if s.Ended {
		return f, nil
	}
	var at feeds.Delivery
	if s.Noticed() {
		at, _, err = feeds.NoticesOf(ctx, d.Subscribers.State, s)
	} else {
		at, err = feeds.StandingOf(ctx, d.Subscribers.State, s)
	}
	f.state, f.dead = stateOf(s, at), len(at.Dead)
	if f.state == "works" || f.state == "failing" {
		f.lag = end - min(end, at.Position)
	}
	if f.state == "failing" {
		f.failing = max(0, time.Since(at.Since))
	}
	return f, err
}

// worst are those that have figures of their own: not NATS's, of which JetStream knows, nor such as have ended.
func worst(all []subscriptionFigure) []subscriptionFigure {
	all = slices.DeleteFunc(all, func(f subscriptionFigure) bool { return f.state == "ended" || f.way == domain.ByNATS })
	slices.SortStableFunc(all, func(a, b subscriptionFigure) int {
		return cmp.Or(cmp.Compare(b.failing, a.failing), cmp.Compare(b.lag, a.lag))
	})
	return all[:min(len(all), labelled)]
}

// deliveryOf is how far a subscription is, and why its latest try failed.
func (p *Subscribers) deliveryOf(ctx context.Context, s domain.Subscription) (feeds.Delivery, string, error) {
	if s.Noticed() {
		return feeds.NoticesOf(ctx, p.State, s)
	}
	d, err := feeds.DeliveryOf(ctx, p.State, s)
	return d, d.LastError(), err
}

// stateOf is a subscription's state in a word.
func stateOf(s domain.Subscription, d feeds.Delivery) string {
	switch {
	case s.Ended:
		return "ended"
	case s.Paused:
		return "paused"
	case d.Failures > 0:
		return "failing"
	}
	return "works"
}
