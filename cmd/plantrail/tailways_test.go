package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
	"plantrail/feeds"
	"plantrail/feeds/feedstest"
)

// lines is what a command wrote, safe to look at while it goes on.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.b.Write(b) }

func (l *lines) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.b.String() }

// Following over NATS brings the lines of what was granted, and nothing twice to who comes back.
func TestTailOverNATS(t *testing.T) {
	public, seed, err := eventstore.NewNATSUser()
	if err != nil {
		t.Fatal(err)
	}
	grant := eventstore.Grant{ID: "bi", Plans: []domain.PlanID{"sdp"}, User: public}
	store, url := eventstoretest.Granted(t, grant)
	h := feedstest.Over(t, store)
	h.Plan("secret")
	h.Plan("sdp")
	if err := store.EnsureGrant(t.Context(), grant); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "bi.nk")
	if err := os.WriteFile(file, []byte(seed), 0o600); err != nil {
		t.Fatal(err)
	}
	tail := func(ok func(all string) bool) string {
		t.Helper()
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		out, complaint := &lines{}, &lines{}
		ended := make(chan int, 1)
		go func() {
			ended <- run(ctx, []string{"tail", "-f", "--via", "nats", "--nats", url, "--nkey", file, "--subscription", "bi", "--org", "acme"}, strings.NewReader(""), out, complaint)
		}()
		waitFor(t, func() bool { return ok(out.String()) || len(ended) > 0 })
		stop()
		if code := <-ended; code != 0 {
			t.Fatalf("it ended with %d: %s", code, complaint)
		}
		return out.String()
	}
	got := tail(func(all string) bool { return strings.Count(all, "\n") == 3 })
	for i, one := range strings.Split(strings.TrimSpace(got), "\n") {
		l, err := feeds.ParseLine([]byte(one))
		body, err2 := store.Leaf(t.Context(), l.Position)
		if err != nil || err2 != nil || l.Position != domain.Position(4+i) || string(body) != string(l.Event) {
			t.Errorf("line %d is %s: %v %v", i, one, err, err2)
		}
	}
	h.Rate("sdp", "red")
	again := tail(func(all string) bool { return strings.Contains(all, `"position":7,`) })
	if strings.Contains(again, `"position":4,`) {
		t.Errorf("what was acknowledged comes again:\n%s", again)
	}
}
