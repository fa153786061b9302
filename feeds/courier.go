package feeds

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"plantrail/domain"
)

// State is what the processes of an organisation share and may forget: JetStream's key-value store. A Put is refused with a
// Conflict where the key's revision is not the one named; revision 0 means that there is no value.
type State interface {
	Get(ctx context.Context, key string, into any) (revision uint64, err error)
	Put(ctx context.Context, key string, value any, revision uint64) (uint64, error)
}

// CourierConfig is what a courier is made of.
type CourierConfig struct {
	Feed     *Feed
	Register *Register
	State    State
	Keys     *Keys  // nil: this process signs nothing and so delivers no webhooks
	Guard    *Guard // of what may be reached
	Process  string // names this process among those of the organisation
	// Pause records that a subscription was paused by plantrail itself: its target said that it wants no more.
	Pause  func(ctx context.Context, id domain.SubscriptionID, reason string) error
	Now    func() time.Time                 // nil: time.Now
	Pauses func(failures int) time.Duration // between tries; nil: [Backoff]
	Lease  time.Duration                    // how long a process keeps a subscription without a sign of life; 0 is 15 s
	Log    *slog.Logger
}

// Courier delivers webhooks. Of all processes of the organisation one works on a subscription at a time: it holds a lease in
// the shared state, beside the place up to which it has delivered. Nothing of this is a read model: no rebuild and no
// replay of one moves a place or sends anything.
type Courier struct {
	cfg    CourierConfig
	client *http.Client
	count  counts

	mu   sync.Mutex
	busy map[domain.SubscriptionID]context.CancelFunc
}

type counts struct{ delivered, failed, retried, dead, leases, resets atomic.Uint64 }

// CourierStats are counts since the process began.
type CourierStats struct {
	Delivered uint64 // answered with a 2xx
	Failed    uint64 // tries that were not
	Retried   uint64 // tries of an event that were not its first
	Dead      uint64 // events given up on
	Resets    uint64 // times that a subscriber was told to drop what a restored history does not have
	Guarded   uint64 // connections not made, because they led to a private address
	Leases    uint64 // subscriptions taken over from nobody or from a process that stopped
	Working   int    // subscriptions that this process works on now
}

// NewCourier makes a courier.
func NewCourier(cfg CourierConfig) *Courier {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Pauses == nil {
		cfg.Pauses = Backoff
	}
	if cfg.Lease == 0 {
		cfg.Lease = 15 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Courier{cfg: cfg, client: cfg.Guard.Client(), busy: map[domain.SubscriptionID]context.CancelFunc{}}
}

// Stats reads the counts.
func (c *Courier) Stats() CourierStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return CourierStats{Delivered: c.count.delivered.Load(), Failed: c.count.failed.Load(), Retried: c.count.retried.Load(), Resets: c.count.resets.Load(), Dead: c.count.dead.Load(),
		Guarded: c.cfg.Guard.Refused(), Leases: c.count.leases.Load(), Working: len(c.busy)}
}

// Backoff is how long to wait after so many failures in a row: from seconds to an hour, each a fifth more or less, so that
// subscribers that failed together are not tried together.
func Backoff(failures int) time.Duration {
	steps := []time.Duration{2 * time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}
	d := steps[min(failures, len(steps))-1]
	return d - d/5 + rand.N(2*d/5)
}

// Run works until ctx ends. What is under way then is given up; the next process begins with it.
func (c *Courier) Run(ctx context.Context) {
	var workers sync.WaitGroup
	defer workers.Wait()
	for ctx.Err() == nil {
		all, changed := c.cfg.Register.All()
		for _, s := range all {
			c.keep(ctx, s, &workers)
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-time.After(c.cfg.Lease / 5):
		}
	}
}

// keep lets a worker work on a subscription that needs one and has none, and stops one that is not needed any more.
func (c *Courier) keep(ctx context.Context, s domain.Subscription, workers *sync.WaitGroup) {
	wanted := s.Way == domain.ByWebhook && !s.Noticed() && !s.Paused && !s.Ended && c.signs(s)
	c.mu.Lock()
	defer c.mu.Unlock()
	stop, working := c.busy[s.Subscription]
	switch {
	case working && !wanted:
		stop()
	case !working && wanted:
		ctx, stop := context.WithCancel(ctx)
		c.busy[s.Subscription] = stop
		workers.Go(func() {
			defer stop()
			(&worker{c: c, id: s.Subscription, log: c.cfg.Log.With("subscription", s.Subscription)}).work(ctx)
			c.mu.Lock()
			defer c.mu.Unlock()
			delete(c.busy, s.Subscription)
		})
	}
}

// signs reports whether this process has the key for a webhook.
func (c *Courier) signs(s domain.Subscription) bool {
	return c.cfg.Keys != nil && s.Key == c.cfg.Keys.Name()
}

// sleep waits, and reports whether ctx is still good.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
