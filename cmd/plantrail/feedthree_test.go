package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/eventstore/eventstoretest"
	"plantrail/feeds"
)

// gated is a subscriber's end that can be made to hold what it was sent before it answers.
type gated struct {
	*httptest.Server
	mu    sync.Mutex
	came  []domain.Position
	ids   map[domain.Position]string
	holds int
	gate  chan struct{} // closed: it answers
}

func newGated(t *testing.T) *gated {
	g := &gated{ids: map[domain.Position]string{}, gate: make(chan struct{})}
	close(g.gate)
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		line, err := feeds.ParseLine(body)
		id := r.Header.Get("webhook-id")
		g.mu.Lock()
		if before, again := g.ids[line.Position]; err != nil || line.Reset || again && before != id {
			t.Errorf("position %d came as %s, before as %s: %v", line.Position, id, before, err)
		}
		g.came, g.ids[line.Position] = append(g.came, line.Position), id
		gate := g.gate
		g.holds++
		g.mu.Unlock()
		<-gate
		g.mu.Lock()
		g.holds--
		g.mu.Unlock()
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(g.Close)
	return g
}

func (g *gated) hold() { g.mu.Lock(); defer g.mu.Unlock(); g.gate = make(chan struct{}) }

func (g *gated) open() { g.mu.Lock(); defer g.mu.Unlock(); close(g.gate) }

func (g *gated) holding() bool { g.mu.Lock(); defer g.mu.Unlock(); return g.holds > 0 }

func (g *gated) all() []domain.Position {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.came)
}

// Three processes on a cluster share the deliveries; one is killed with each of its subscribers having an event in hand that
// it has not answered for. The others take over: every event comes, in order; only those come twice, with the same id, that
// the killed one had in hand, and nobody else's do.
func TestThreeServersOneKilledWhileItDelivers(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	cluster := eventstoretest.Cluster(t, 3)
	at := []string{"--nats", cluster.URL(), "--nats-monitor", strings.Join(cluster.MonitorURLs(), ","), "--org", "acme", "--webhook-http", "--webhook-allow", "127.0.0.0/8"}
	dirs := []string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b"), filepath.Join(t.TempDir(), "c")}
	servers := []*server{startServer(t, dirs[0], append(at, "--first-start")...)}
	key := filepath.Join(dirs[0], "keys", "feeds.key")
	for _, dir := range dirs[1:] {
		servers = append(servers, startServer(t, dir, append(at, "--join", "--feeds-key", key)...))
	}
	servers[0].must(t, "/v1/plans/sdp/open-plan", `{"title":"SDP"}`, nil)
	servers[0].must(t, "/v1/plans/sdp/add-item", `{"item":"x","title":"Item"}`, nil)
	ends := map[string]*gated{}
	for i := range 9 {
		id := fmt.Sprintf("s-%d", i)
		ends[id] = newGated(t)
		servers[0].must(t, "/v1/subscriptions", fmt.Sprintf(`{"subscription":%q,"person":%q,"way":"webhook","target":%q,"wanted":{"plans":["sdp"]}}`, id, osUser().ID, ends[id].URL), nil)
	}
	write := func(s *server, n int) (last domain.Position) {
		for i := range n {
			var done domain.Receipt
			s.must(t, "/v1/plans/sdp/report-progress", fmt.Sprintf(`{"item":"x","progress":"Step %d"}`, i), &done)
			last = done.Position
		}
		return last
	}
	last := write(servers[1], 20)
	arrived := func(at domain.Position) func() bool {
		return func() bool {
			for _, g := range ends {
				if came := g.all(); len(came) == 0 || came[len(came)-1] != at {
					return false
				}
			}
			return true
		}
	}
	waitFor(t, arrived(last))
	owners := ownersOf(t, cluster.URL(), ends, last)
	victim := busiest(servers, owners)
	held := map[string]bool{}
	for id, g := range ends {
		if held[id] = owners[id] == victim.cmd.Process.Pid; held[id] {
			g.hold()
		}
	}
	others := slices.DeleteFunc(slices.Clone(servers), func(s *server) bool { return s == victim })
	write(others[0], 10)
	waitFor(t, func() bool {
		for id, g := range ends {
			if held[id] && !g.holding() {
				return false
			}
		}
		return true
	})
	before := map[string]int{}
	victim.kill(t)
	for id, g := range ends {
		if held[id] {
			before[id] = len(g.all())
			g.open()
		}
	}
	last = write(others[1], 10)
	waitFor(t, arrived(last))
	for id, g := range ends {
		checkArrivals(t, id, g.all(), last, before[id])
	}
	t.Logf("process %d delivered %d of 9 subscriptions and was killed", victim.cmd.Process.Pid, len(before))
}

// checkArrivals holds what came against what was recorded: all of it, in order but for a repeat of the last before a kill.
func checkArrivals(t *testing.T, id string, came []domain.Position, last domain.Position, before int) {
	t.Helper()
	seen := map[domain.Position]int{}
	var order []domain.Position
	for _, at := range came {
		if seen[at]++; seen[at] == 1 {
			order = append(order, at)
		}
	}
	if !slices.IsSorted(order) || len(order) != 42 || order[len(order)-1] != last {
		t.Errorf("%s: %d events came, in the order %v; 42 were recorded, the last at %d", id, len(order), order, last)
	}
	repeats := 0
	for at, n := range seen {
		if n > 1 {
			repeats += n - 1
		}
		if n > 2 || n == 2 && (before == 0 || at != came[before-1]) {
			t.Errorf("%s: position %d came %d times; %d had come before the kill", id, at, n, before)
		}
	}
	if want := min(before, 1); repeats != want {
		t.Errorf("%s: %d events came twice, want %d: the one in hand when the process was killed", id, repeats, want)
	}
}

// ownersOf is which process holds the lease on each subscription, once each has noted that it is at a position.
func ownersOf(t *testing.T, url string, ends map[string]*gated, at domain.Position) map[string]int {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	bucket, err := js.KeyValue(ctx, "SHARED_acme")
	if err != nil {
		t.Fatal(err)
	}
	owners := map[string]int{}
	for id := range ends {
		waitFor(t, func() bool {
			var d feeds.Delivery
			e, err := bucket.Get(ctx, "delivery."+id)
			if err != nil || json.Unmarshal(e.Value(), &d) != nil || d.Owner == "" || d.Position < at {
				return false
			}
			parts := strings.Split(d.Owner, "-")
			owners[id], err = strconv.Atoi(parts[len(parts)-2])
			return err == nil
		})
	}
	return owners
}

// busiest is the process that delivers most.
func busiest(servers []*server, owners map[string]int) *server {
	count := map[int]int{}
	for _, pid := range owners {
		count[pid]++
	}
	return slices.MaxFunc(servers, func(a, b *server) int { return count[a.cmd.Process.Pid] - count[b.cmd.Process.Pid] })
}
