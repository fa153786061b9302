package eventstore_test

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"plantrail/domain"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// A grant that is paused brings nothing and keeps its place: after it the subscriber gets what it had not acknowledged, and
// nothing twice.
func TestAPausedGrantKeepsItsPlace(t *testing.T) {
	public, seed, err := eventstore.NewNATSUser()
	if err != nil {
		t.Fatal(err)
	}
	grant := eventstore.Grant{ID: "bi", Plans: []domain.PlanID{"sdp"}, User: public}
	s, url := eventstoretest.Granted(t, grant)
	ctx := t.Context()
	_, err = s.Append(ctx, domain.Head{}, journaltest.Change("sdp", "c-1", 3, "words"))
	if err != nil {
		t.Fatal(err)
	}
	pair, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(url, nats.Nkey(public, pair.Sign), nats.CustomInboxPrefix(grant.Inbox()))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ensure := func(paused bool) jetstream.Consumer {
		t.Helper()
		grant.Paused = paused
		for range 2 {
			if err := s.EnsureGrant(ctx, grant); err != nil {
				t.Fatal(err)
			}
		}
		c, err := js.Consumer(ctx, "HISTORY_acme", "feed-bi")
		if err != nil || c.CachedInfo().Paused != paused {
			t.Fatalf("%v; paused, as asked for: %v", err, paused)
		}
		return c
	}
	next := func(c jetstream.Consumer, wait time.Duration) uint64 {
		t.Helper()
		m, err := c.Next(jetstream.FetchMaxWait(wait))
		if err != nil {
			return 0
		}
		if err := m.DoubleAck(ctx); err != nil {
			t.Fatal(err)
		}
		meta, err := m.Metadata()
		if err != nil {
			t.Fatal(err)
		}
		return meta.Sequence.Stream
	}
	c := ensure(false)
	first := next(c, time.Minute)
	if got := next(ensure(true), 200*time.Millisecond); got != 0 {
		t.Errorf("message %d came although it is paused", got)
	}
	if got := next(ensure(false), time.Minute); got != first+1 {
		t.Errorf("after the pause comes message %d, before it was %d", got, first)
	}
}
