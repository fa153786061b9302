package eventstore

import (
	"context"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
)

// Granted is what a subscriber of the organisation's NATS needs to read what was granted to it, from outside.
type Granted struct {
	URL  string // of the servers
	Seed string // file of the nkey's seed
	Org  domain.OrgID
	ID   domain.SubscriptionID
}

// Follow hands over each event that was granted, in order, and acknowledges it after: what take refuses comes again another
// time. It ends with ctx, and then without an error, or with what went wrong.
func (g Granted) Follow(ctx context.Context, take func(at domain.Position, body []byte) error) error {
	grant := Grant{ID: g.ID}
	seed, err := nats.NkeyOptionFromSeed(g.Seed)
	if err != nil {
		return domain.Errorf(domain.Invalid, "--nkey", "this file holds no seed").WithHint("put what plantrail subscribe create --nats printed there").Because(err)
	}
	nc, err := nats.Connect(g.URL, seed, nats.CustomInboxPrefix(grant.Inbox()), nats.MaxReconnects(-1))
	if err != nil {
		return domain.Errorf(domain.Unavailable, "--nats", "the NATS servers don't let this user in").Because(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	c, err := js.Consumer(ctx, names{org: g.Org}.history(), grant.consumer())
	if err != nil {
		return domain.Errorf(domain.NotFound, "--subscription", "there is nothing granted by that name, or it is paused or has ended").Because(err)
	}
	messages, err := c.Messages()
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, messages.Stop)()
	for {
		m, err := messages.Next()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return domain.Errorf(domain.Unavailable, "--nats", "the NATS servers bring nothing more").Because(err)
		}
		meta, err := m.Metadata()
		if err == nil {
			err = take(domain.Position(meta.Sequence.Stream), m.Data())
		}
		if err == nil {
			err = m.Ack()
		}
		if err != nil {
			return err
		}
	}
}
