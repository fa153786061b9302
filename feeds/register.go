package feeds

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"sync"
	"time"

	"plantrail/domain"
)

// Register knows the subscriptions, as the history of people has them.
type Register struct {
	feed *Feed

	mu      sync.Mutex
	people  *domain.History
	at      domain.Position
	changed chan struct{} // closed when something changed
}

// NewRegister makes a register that knows nothing until it is told to look.
func NewRegister(f *Feed) *Register {
	return &Register{feed: f, people: domain.NewHistory(domain.People), changed: make(chan struct{})}
}

// Look reads what happened to people and subscriptions since the last look. Where it fails, what it has read already counts.
func (g *Register) Look(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	was := g.at
	defer func() {
		if g.at > was {
			close(g.changed)
			g.changed = make(chan struct{})
		}
	}()
	for r, err := range g.feed.cfg.Journal.Read(ctx, domain.People, g.at) {
		if err != nil {
			return err
		}
		g.people.Apply(r)
		g.at = r.Position
	}
	return nil
}

// Run looks again whenever the history of people grows, until ctx ends.
func (g *Register) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := g.follow(ctx); err != nil && ctx.Err() == nil {
			g.feed.cfg.Log.Warn("the subscriptions can't be read, trying again", "err", err)
			select {
			case <-ctx.Done():
			case <-time.After(rest):
			}
		}
	}
}

func (g *Register) follow(ctx context.Context) error {
	end, err := g.feed.cfg.Journal.End(ctx)
	if err != nil {
		return err
	}
	r, err := g.feed.Reader(ctx, end, Query{Plans: []domain.PlanID{domain.People}, Reserved: true})
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		if err := g.Look(ctx); err != nil {
			return err
		}
		for found := false; !found; {
			items, caught, err := r.Next(ctx, pageful)
			if err != nil {
				return err
			}
			if found = len(items) > 0; !found && caught {
				if err := r.Wait(ctx); err != nil {
					return err
				}
			}
		}
	}
}

// All is every subscription that there was, in the order in which they were made, and a channel that is closed when that
// has changed.
func (g *Register) All() ([]domain.Subscription, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.people.Register().Subscriptions(), g.changed
}

// Find is one of them.
func (g *Register) Find(id domain.SubscriptionID) (domain.Subscription, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.people.Register().Subscription(id)
}

// Target reads where a subscription is sent to; "" when that was erased.
func (g *Register) Target(ctx context.Context, s domain.Subscription) (string, error) {
	found, err := g.feed.cfg.Journal.Disclosures(ctx, []Stored{{Recorded: domain.Recorded{Plan: domain.People, ID: s.Event, Texts: 1}}})
	if err != nil {
		return "", err
	}
	return Disclosed(found[s.Event])["target"], nil
}

// Disclosed reads disclosures: the texts by name.
func Disclosed(disclosures []string) map[string]string {
	texts := map[string]string{}
	for _, enc := range disclosures {
		var parts [3]string
		if b, err := base64.RawURLEncoding.DecodeString(enc); err == nil && json.Unmarshal(b, &parts) == nil {
			texts[parts[1]] = parts[2]
		}
	}
	return texts
}

// query is what of the history a subscription gets: only what happens to plans.
func query(w domain.Wanted) Query {
	return Query{Plans: w.Plans, Types: w.Types, Items: w.Items, Meanings: w.Meanings, Texts: w.Texts}
}
