package feeds_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/feeds"
	"plantrail/feeds/feedstest"
)

// target is a subscriber's end: it keeps what it was sent and answers as it is told.
type target struct {
	*httptest.Server
	mu     sync.Mutex
	lines  []feeds.Line
	ids    []string
	heads  []http.Header
	bodies []string
	answer func(feeds.Line) int
	grown  chan struct{}
}

func newTarget(t testing.TB) *target {
	g := &target{answer: func(feeds.Line) int { return 204 }, grown: make(chan struct{})}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // its process was killed while it sent
		}
		line, err := feeds.ParseLine(body)
		if err != nil {
			t.Errorf("a webhook's body is no line: %v", err)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		status := g.answer(line)
		if status/100 == 2 {
			g.lines, g.ids = append(g.lines, line), append(g.ids, r.Header.Get("webhook-id"))
			g.heads, g.bodies = append(g.heads, r.Header), append(g.bodies, string(body))
		}
		close(g.grown)
		g.grown = make(chan struct{})
		w.WriteHeader(status)
	}))
	t.Cleanup(g.Close)
	return g
}

// until waits until the target has been sent what ok wants to see.
func (g *target) until(t testing.TB, what string, ok func(lines []feeds.Line) bool) {
	t.Helper()
	end := time.After(patience)
	for {
		g.mu.Lock()
		done, grown := ok(g.lines), g.grown
		g.mu.Unlock()
		if done {
			return
		}
		select {
		case <-grown:
		case <-end:
			t.Fatalf("%s: not within %v; %v came", what, patience, positions(g.all()))
		}
	}
}

// patience is how long a test waits for what must come, on a machine however busy.
const patience = time.Minute

// all is what it was sent and took.
func (g *target) all() []feeds.Line { g.mu.Lock(); defer g.mu.Unlock(); return slices.Clone(g.lines) }

func (g *target) answers(f func(feeds.Line) int) { g.mu.Lock(); defer g.mu.Unlock(); g.answer = f }

func positions(lines []feeds.Line) (all []domain.Position) {
	for _, l := range lines {
		all = append(all, l.Position)
	}
	return all
}

var (
	master    = []byte(strings.Repeat("k", feeds.MasterSize))
	loopbacks = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
)

// office is a house with a register and couriers.
type office struct {
	*feedstest.House
	register *feeds.Register
	keys     *feeds.Keys
	now      func() time.Time
	reply    time.Duration // in which a target must have answered
	t        testing.TB
}

func newOffice(t testing.TB) *office {
	t.Helper()
	h := feedstest.Open(t)
	keys, err := feeds.NewKeys(master)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{House: h, register: feeds.NewRegister(h.Feed), keys: keys, now: time.Now, reply: patience, t: t}
	h.Do(domain.People, domain.RegisterPerson{Person: "p-ann", Kind: domain.User, Name: "Ann"})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); o.register.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	return o
}

// severable is shared state that a process can be cut off from, as a kill does: it can't even say goodbye.
type severable struct {
	feeds.State
	cut atomic.Bool
}

func (s *severable) Put(ctx context.Context, key string, v any, rev uint64) (uint64, error) {
	if s.cut.Load() {
		return 0, errors.New("killed")
	}
	return s.State.Put(ctx, key, v, rev)
}

// courier starts a process that delivers, and gives what kills it.
func (o *office) courier(process string) (c *feeds.Courier, kill func()) {
	o.t.Helper()
	state := &severable{State: o.Store.Shared()}
	c = feeds.NewCourier(feeds.CourierConfig{Feed: o.Feed, Register: o.register, State: state, Keys: o.keys, Process: process, Log: slog.New(slog.DiscardHandler),
		Guard: &feeds.Guard{Allow: loopbacks, Plain: true, Reply: o.reply}, Now: o.now, Lease: time.Second,
		Pauses: func(int) time.Duration { return 5 * time.Millisecond },
		Pause: func(ctx context.Context, id domain.SubscriptionID, why string) error {
			_, err := o.Service.Do(ctx, domain.Order{Plan: domain.People, Actor: domain.Actor{ID: "system", Kind: domain.System, Role: domain.Admin},
				Command: domain.CommandID(fmt.Sprintf("pause-%s-%d", id, time.Now().UnixNano())), Do: domain.PauseSubscription{Subscription: id, Reason: domain.Text(why)}})
			return err
		}})
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); c.Run(ctx) }()
	kill = sync.OnceFunc(func() { state.cut.Store(true); end(); <-ended })
	o.t.Cleanup(kill)
	return c, kill
}

func (o *office) subscribe(id domain.SubscriptionID, to string, w domain.Wanted) {
	o.t.Helper()
	o.Do(domain.People, domain.Subscribe{Subscription: id, Person: "p-ann", Way: domain.ByWebhook, Target: domain.Text(to), Wanted: w, Key: o.keys.Name()})
}

func TestWebhooksComeOnceInOrderWithTexts(t *testing.T) {
	o, g := newOffice(t), newTarget(t)
	o.Plan("sdp")
	o.subscribe("bi", g.URL, domain.Wanted{Plans: []domain.PlanID{"sdp"}, Texts: true})
	o.courier("one")
	for range 10 {
		o.Rate("sdp", "red")
		o.Rate("sdp", "amber")
	}
	g.until(t, "23 events of the plan", func(l []feeds.Line) bool { return len(l) >= 23 })
	lines := g.all()
	if !slices.IsSorted(positions(lines)) || len(lines) != 23 {
		t.Errorf("positions %v", positions(lines))
	}
	for i, l := range lines {
		body, err := o.Store.Leaf(t.Context(), l.Position)
		if err != nil || string(body) != string(l.Event) || !strings.Contains(string(l.Event), `"id":"`+g.ids[i]+`"`) {
			t.Errorf("position %d: other bytes, or another id: %v", l.Position, err)
		}
		if len(l.Disclosures) == 0 {
			t.Errorf("position %d comes without its texts", l.Position)
		}
	}
}

// A target that is down is waited for: nothing is given up, nothing overtakes, and other subscribers are not kept waiting.
func TestASlowOrDeadTargetCostsTheOthersNothing(t *testing.T) {
	o, dead, slow, good := newOffice(t), newTarget(t), newTarget(t), newTarget(t)
	dead.answers(func(feeds.Line) int { return 503 })
	hang := make(chan struct{})
	wake := sync.OnceFunc(func() { close(hang) })
	t.Cleanup(wake) // or a test that failed would wait for the slow target for ever
	slow.answers(func(feeds.Line) int { <-hang; return 200 })
	o.subscribe("dead", dead.URL, domain.Wanted{})
	o.subscribe("slow", slow.URL, domain.Wanted{})
	o.subscribe("good", good.URL, domain.Wanted{})
	o.courier("one")
	o.Plan("sdp")
	for range 10 {
		o.Rate("sdp", "red")
		o.Rate("sdp", "amber")
	}
	good.until(t, "all for the good one", func(l []feeds.Line) bool { return len(l) == 23 })
	wake()
	dead.answers(func(feeds.Line) int { return 200 })
	for _, g := range []*target{dead, slow} {
		g.until(t, "all for the others, later", func(l []feeds.Line) bool { return len(l) >= 23 })
		if got := positions(g.all()); !slices.IsSorted(got) || len(got) != 23 {
			t.Errorf("out of order or twice: %v", got)
		}
	}
}

// A week of sleep, by the clock of the courier: nothing is lost, nothing is a dead letter. Nor is it when the target, on its
// return, refuses an event for some hours: it has not been there and refused it for days.
func TestASubscriberThatSleepsAWeekCatchesUp(t *testing.T) {
	o, g := newOffice(t), newTarget(t)
	var mu sync.Mutex
	ahead := time.Duration(0)
	o.now = func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(ahead) }
	tries := 0
	g.answers(func(feeds.Line) int {
		mu.Lock()
		defer mu.Unlock()
		if tries++; tries > 50 {
			return 200
		}
		ahead += 4*time.Hour + time.Hour/2
		if tries > 40 {
			return 404 // 45 hours in all
		}
		return 503
	})
	o.Plan("sdp")
	o.subscribe("bi", g.URL, domain.Wanted{})
	o.courier("one")
	g.until(t, "all after a week", func(l []feeds.Line) bool { return len(l) == 3 })
	if d := deliveryOf(t, o, "bi"); len(d.Dead) > 0 || d.Failed != 50 {
		t.Errorf("%+v", d)
	}
}

// An event that the target refuses for days is put aside, the ones behind it come, and a person can send it again.
func TestDeadLettersAndReplay(t *testing.T) {
	o, g := newOffice(t), newTarget(t)
	var mu sync.Mutex
	ahead := time.Duration(0)
	o.now = func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(ahead) }
	poison := domain.Position(3)
	g.answers(func(l feeds.Line) int {
		mu.Lock()
		defer mu.Unlock()
		if l.Position == poison {
			ahead += 7 * time.Hour
			return 422
		}
		return 200
	})
	o.Plan("sdp")
	o.subscribe("bi", g.URL, domain.Wanted{})
	o.courier("one")
	g.until(t, "the others", func(l []feeds.Line) bool { return len(l) == 2 })
	sub := func() feeds.Delivery { return deliveryOf(t, o, "bi") }
	eventually(t, "a dead letter", func() bool { d := sub(); return len(d.Dead) == 1 && d.Dead[0].Position == 3 && d.Dead[0].Status == 422 })
	mu.Lock()
	poison = 0
	mu.Unlock()
	if err := feeds.Tell(t.Context(), o.Store.Shared(), "bi", feeds.Order{Dead: true}); err != nil {
		t.Fatal(err)
	}
	g.until(t, "the dead letter", func(l []feeds.Line) bool { return len(l) == 3 && l[2].Position == 3 })
	beyond := domain.Position(1000)
	if err := feeds.Tell(t.Context(), o.Store.Shared(), "bi", feeds.Order{Replay: &beyond}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the order is carried out", func() bool {
		left := feeds.Order{}
		_, err := o.Store.Shared().Get(t.Context(), "order.bi", &left)
		return err == nil && left == feeds.Order{}
	})
	if at := sub().Position; at >= beyond {
		t.Errorf("a replay of what is yet to come skips to position %d", at)
	}
	from := domain.Position(0)
	if err := feeds.Tell(t.Context(), o.Store.Shared(), "bi", feeds.Order{Replay: &from}); err != nil {
		t.Fatal(err)
	}
	g.until(t, "all again", func(l []feeds.Line) bool { return len(l) == 6 })
	g.mu.Lock()
	if g.ids[3] != g.ids[0] || g.ids[4] != g.ids[2] {
		t.Errorf("an event has another id when it comes again: %v", g.ids)
	}
	g.mu.Unlock()
	eventually(t, "no dead letter left", func() bool { return len(sub().Dead) == 0 })
}

func TestGonePausesAndPauseKeepsThePlace(t *testing.T) {
	o, g := newOffice(t), newTarget(t)
	g.answers(func(l feeds.Line) int {
		if l.Position > 3 && l.Withheld == 0 {
			return 410
		}
		return 200
	})
	o.Plan("sdp")
	o.subscribe("bi", g.URL, domain.Wanted{})
	o.courier("one")
	g.until(t, "the first", func(l []feeds.Line) bool { return len(l) == 3 })
	o.Do("sdp", domain.SetDue{Item: "item-01", Due: domain.Day(2030, 1, 1)})
	eventually(t, "the pause", func() bool { s, _ := o.register.Find("bi"); return s.Paused })
	g.answers(func(feeds.Line) int { return 200 })
	last := o.Rate("sdp", "red").Position
	o.Do(domain.People, domain.ResumeSubscription{Subscription: "bi"})
	g.until(t, "the rest", func(l []feeds.Line) bool { return len(l) == 5 && l[4].Position == last })
}

// Three processes, of which one after the other is killed: nothing is lost, and the order holds.
func TestThreeProcessesOneKilled(t *testing.T) {
	o := newOffice(t)
	targets := map[domain.SubscriptionID]*target{"a": newTarget(t), "b": newTarget(t), "c": newTarget(t)}
	for id, g := range targets {
		o.subscribe(id, g.URL, domain.Wanted{})
	}
	o.Plan("sdp")
	var kills []func()
	for i := range 3 {
		_, kill := o.courier(fmt.Sprint("process-", i))
		kills = append(kills, kill)
	}
	for i := range 60 {
		if i%20 == 10 {
			kills[i/20]()
			if i/20 == 0 { // it comes back under another name
				_, _ = o.courier("process-again")
			}
		}
		o.Rate("sdp", []string{"red", "amber"}[i%2])
	}
	for id, g := range targets {
		g.until(t, string(id), func(l []feeds.Line) bool { return len(firsts(l)) == 63 })
		if seen := firsts(g.all()); !slices.IsSorted(seen) {
			t.Errorf("%s: out of order: %v", id, seen)
		}
	}
}

// firsts is the positions in the order in which each came first: a repeat is allowed, a gap or a step back is not.
func firsts(lines []feeds.Line) (all []domain.Position) {
	for _, l := range lines {
		if !slices.Contains(all, l.Position) {
			all = append(all, l.Position)
		}
	}
	return all
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(patience); !ok(); {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
