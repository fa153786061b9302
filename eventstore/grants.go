package eventstore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"plantrail/domain"
)

// Grant is what a subscriber of one's own NATS may read: some plans' events by a durable consumer and, where granted, their
// texts by a second one. The reserved histories can't be granted so.
type Grant struct {
	ID     domain.SubscriptionID
	Plans  []domain.PlanID
	Texts  bool
	From   domain.Position // it begins after this position; its texts begin at their beginning
	User   string          // public nkey
	Paused bool            // nothing comes; its place is kept
}

// NewNATSUser makes the key of a NATS user. The seed is the subscriber's and kept nowhere.
func NewNATSUser() (public, seed string, err error) {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return "", "", err
	}
	defer pair.Wipe()
	public, err = pair.PublicKey()
	if err != nil {
		return "", "", err
	}
	b, err := pair.Seed()
	return public, string(b), err
}

func (g Grant) consumer() string { return "feed-" + string(g.ID) }

// Inbox is the prefix of the subjects on which a granted user gets answers: everybody's own, so that nobody hears another's.
func (g Grant) Inbox() string { return "_INBOX_" + g.consumer() }

// streams are those that the grant covers, with the subjects in each.
func (s *Store) grantedStreams(g Grant) map[string][]string {
	all := map[string][]string{s.names.history(): nil}
	for _, plan := range g.Plans {
		all[s.names.history()] = append(all[s.names.history()], s.names.subject(plan))
		if g.Texts {
			all[s.names.texts()] = append(all[s.names.texts()], fmt.Sprintf("texts.%s.%s.*", s.names.org, plan))
		}
	}
	return all
}

// EnsureGrant makes the consumers of a grant where they are not there yet, and pauses or resumes those that are. Their place
// is kept by JetStream: a subscriber that comes back goes on where it was.
func (s *Store) EnsureGrant(ctx context.Context, g Grant) error {
	for stream, subjects := range s.grantedStreams(g) {
		c := jetstream.ConsumerConfig{Durable: g.consumer(), FilterSubjects: subjects, AckPolicy: jetstream.AckExplicitPolicy,
			MaxAckPending: 1000, DeliverPolicy: jetstream.DeliverAllPolicy, Description: "plantrail: granted to a subscriber"}
		if stream == s.names.history() && g.From > 0 {
			c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, uint64(g.From)+1
		}
		made, err := s.js.Consumer(ctx, stream, g.consumer())
		if errors.Is(err, jetstream.ErrConsumerNotFound) {
			made, err = s.js.CreateConsumer(ctx, stream, c)
		}
		if errors.Is(err, jetstream.ErrConsumerExists) { // another process made it just now
			made, err = s.js.Consumer(ctx, stream, g.consumer())
		}
		if err == nil {
			err = s.pauseGrant(ctx, stream, g, made.CachedInfo().Paused)
		}
		if err != nil {
			return s.unavailable(err)
		}
	}
	return nil
}

// pauseGrant has a consumer paused, or not, as its grant is.
func (s *Store) pauseGrant(ctx context.Context, stream string, g Grant, paused bool) (err error) {
	switch {
	case g.Paused && !paused:
		_, err = s.js.PauseConsumer(ctx, stream, g.consumer(), time.Now().AddDate(100, 0, 0))
	case !g.Paused && paused:
		_, err = s.js.ResumeConsumer(ctx, stream, g.consumer())
	}
	return err
}

// EndGrant removes the consumers of a grant.
func (s *Store) EndGrant(ctx context.Context, g Grant) error {
	for stream := range s.grantedStreams(g) {
		if err := s.js.DeleteConsumer(ctx, stream, g.consumer()); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return s.unavailable(err)
		}
	}
	return nil
}

// NATSUser writes the user of a grant for the list "users" of the organisation's account in the configuration of the NATS
// servers (deploy/nats/accounts.conf). It may ask for the next messages of its own consumers, look at them, acknowledge, and
// hear its own inbox: nothing else, not even the names of streams.
func (s *Store) NATSUser(g Grant) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{ # subscription %s\n  nkey: %s\n  permissions {\n    publish { allow: [\n", g.ID, g.User)
	for _, stream := range []string{s.names.history(), s.names.texts()} {
		if stream == s.names.texts() && !g.Texts {
			continue
		}
		of := stream + "." + g.consumer()
		fmt.Fprintf(&b, "      %q\n      %q\n      %q\n", "$JS.API.CONSUMER.INFO."+of, "$JS.API.CONSUMER.MSG.NEXT."+of, "$JS.ACK."+of+".>")
	}
	fmt.Fprintf(&b, "    ] }\n    subscribe { allow: [ %q ] }\n  }\n}\n", g.Inbox()+".>")
	return b.String()
}
