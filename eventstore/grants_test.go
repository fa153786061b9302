package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// A granted user reads its own consumer and nothing else; each attempt at something else is refused on the wire.
func TestAGrantedUserReadsWhatWasGrantedAndNothingElse(t *testing.T) {
	public, seed, err := eventstore.NewNATSUser()
	if err != nil {
		t.Fatal(err)
	}
	grant := eventstore.Grant{ID: "bi", Plans: []domain.PlanID{"sdp", "sen"}, Texts: true, User: public}
	s, url := eventstoretest.Granted(t, grant)
	ctx := t.Context()
	for _, plan := range []domain.PlanID{"sdp", "secret", "sen"} {
		if _, err := s.Append(ctx, domain.Head{}, journaltest.Change(plan, "c-1", 3, "words")); err != nil {
			t.Fatal(err)
		}
	}
	other := eventstore.Grant{ID: "other", Plans: []domain.PlanID{"secret"}, User: public}
	for _, g := range []eventstore.Grant{grant, grant, other} {
		if err := s.EnsureGrant(ctx, g); err != nil {
			t.Fatal(err)
		}
	}
	pair, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		t.Fatal(err)
	}
	refusals := make(chan error, 100)
	nc, err := nats.Connect(url, nats.Nkey(public, pair.Sign), nats.CustomInboxPrefix(grant.Inbox()),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refusals <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	for stream, want := range map[string]int{"HISTORY_acme": 6, "TEXTS_acme": 6} {
		if got := drain(ctx, t, js, stream, "feed-bi"); len(got) != want || strings.Contains(strings.Join(got, " "), "secret") {
			t.Errorf("%s: %d messages, want %d: %v", stream, len(got), want, got)
		}
	}
	attempts := []string{"history.acme.sdp", "texts.acme.sdp.x", "checkpoints.acme", "$KV.SHARED_acme.delivery.bi", "$O.EVIDENCE_acme.M.x", "x"}
	for _, api := range []string{"INFO", "STREAM.NAMES", "STREAM.LIST", "STREAM.INFO.HISTORY_acme", "STREAM.MSG.GET.HISTORY_acme", "STREAM.MSG.GET.TEXTS_acme", "DIRECT.GET.HISTORY_acme",
		"DIRECT.GET.HISTORY_acme.history.acme.secret", "DIRECT.GET.TEXTS_acme", "CONSUMER.CREATE.HISTORY_acme", "CONSUMER.CREATE.HISTORY_acme.mine", "CONSUMER.CREATE.HISTORY_acme.feed-bi",
		"CONSUMER.DURABLE.CREATE.HISTORY_acme.mine", "CONSUMER.MSG.NEXT.HISTORY_acme.feed-other", "CONSUMER.INFO.HISTORY_acme.feed-other", "CONSUMER.DELETE.HISTORY_acme.feed-bi", "CONSUMER.LIST.HISTORY_acme",
		"CONSUMER.NAMES.HISTORY_acme", "CONSUMER.PAUSE.HISTORY_acme.feed-bi", "STREAM.PURGE.TEXTS_acme", "STREAM.DELETE.HISTORY_acme", "STREAM.UPDATE.HISTORY_acme", "STREAM.MSG.DELETE.TEXTS_acme",
		"STREAM.CREATE.MINE", "STREAM.SNAPSHOT.HISTORY_acme", "CONSUMER.MSG.NEXT.OBJ_EVIDENCE_acme.x"} {
		attempts = append(attempts, "$JS.API."+api)
	}
	attempts = append(attempts, "$JS.ACK.HISTORY_acme.feed-other.1.1.1.1.1", "$JS.FC.HISTORY_acme.x", "$SYS.REQ.SERVER.PING")
	for _, subject := range attempts {
		if err := nc.PublishRequest(subject, nc.NewInbox(), []byte("{}")); err != nil {
			t.Fatal(err)
		}
		turnedAway(t, refusals, subject)
	}
	for _, subject := range []string{">", "history.>", "texts.>", "_INBOX.>", "_INBOX_feed-other.>", "$JS.>", "$KV.>", "$JS.EVENT.>"} {
		if _, err := nc.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		turnedAway(t, refusals, subject)
	}
	if err := s.EndGrant(ctx, grant); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := js.Consumer(ctx, "HISTORY_acme", "feed-bi"); err == nil {
		t.Error("the consumer is there after the grant has ended")
	}
	t.Logf("%d attempts to publish and 8 to subscribe were refused on the wire", len(attempts))
}

func drain(ctx context.Context, t *testing.T, js jetstream.JetStream, stream, consumer string) (subjects []string) {
	t.Helper()
	c, err := js.Consumer(ctx, stream, consumer)
	if err != nil {
		t.Fatal(err)
	}
	batch, err := c.Fetch(int(c.CachedInfo().NumPending), jetstream.FetchMaxWait(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	for m := range batch.Messages() {
		subjects = append(subjects, m.Subject())
		if err := m.DoubleAck(ctx); err != nil {
			t.Error(err)
		}
	}
	return subjects
}

func turnedAway(t *testing.T, refusals <-chan error, what string) {
	t.Helper()
	select {
	case err := <-refusals:
		if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), fmt.Sprintf("%q", what)) {
			t.Errorf("%s: %v", what, err)
		}
	case <-time.After(time.Minute):
		t.Errorf("%s was let through", what)
	}
}
