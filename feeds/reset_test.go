package feeds_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/feeds"
	"plantrail/feeds/feedstest"
)

// restored is a journal that was put back from a copy that ended early.
type restored struct {
	feedstest.Source
	end domain.Position
}

func (r restored) End(context.Context) (domain.Position, error) { return r.end, nil }

func (r restored) Stored(ctx context.Context, after domain.Position, follow bool) iter.Seq2[feeds.Stored, error] {
	return func(yield func(feeds.Stored, error) bool) {
		for s, err := range r.Source.Stored(ctx, after, follow) {
			if err == nil && s.Position > r.end || !yield(s, err) {
				return
			}
		}
	}
}

// over is the office as it reads another journal, with the same identity.
func (o *office) over(j feeds.Journal) *office {
	ctx, stop := context.WithCancel(context.Background())
	house, other := *o.House, *o
	other.House = &house
	house.Feed = feeds.New(feeds.Config{Org: "acme", Identity: "the same", Journal: j})
	other.register = feeds.NewRegister(house.Feed)
	if err := other.register.Look(ctx); err != nil {
		o.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); house.Feed.Run(ctx) }()
	o.t.Cleanup(func() { stop(); <-ended })
	return &other
}

// A webhook's subscriber is told of a restore before it is sent anything of the restored history: up to where its copy is
// good. Its target being down then doesn't make it forget.
func TestAWebhookIsToldOfARestore(t *testing.T) {
	domaintest.Long(t)
	o, g := newOffice(t), newTarget(t)
	o = o.over(feedstest.Source{Store: o.Store})
	o.subscribe("bi", g.URL, domain.Wanted{})
	if err := o.register.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.Plan("sdp")
	for range 150 {
		o.Rate("sdp", "red")
		o.Rate("sdp", "amber")
	}
	_, kill := o.courier("one")
	g.until(t, "all", func(l []feeds.Line) bool { return len(l) >= 303 })
	eventually(t, "the note of it", func() bool { return deliveryOf(t, o, "bi").Position == 305 })
	kill()

	o = o.over(restored{feedstest.Source{Store: o.Store}, 260})
	refusals := atomic.Int64{}
	g.answers(func(feeds.Line) int {
		if refusals.Add(1) <= 3 {
			return 503
		}
		return 200
	})
	_, kill = o.courier("two")
	g.until(t, "the restored history", func(l []feeds.Line) bool { return len(l) == 303+1+4 })
	eventually(t, "the note of it", func() bool { return deliveryOf(t, o, "bi").Position == 260 })
	kill()
	lines := g.all()
	reset, next := lines[303], lines[304]
	if !reset.Reset || reset.Position != 256 || len(reset.Event) > 0 || next.Position != 257 || next.Reset {
		t.Errorf("%+v, then position %d", reset, next.Position)
	}
	if at, err := o.Feed.Resolve(t.Context(), reset.Cursor, "p-ann"); at != 256 || err != nil {
		t.Errorf("its cursor leads to %d, %v", at, err)
	}
	if d := deliveryOf(t, o, "bi"); d.Reset != nil || d.Position != 260 {
		t.Errorf("noted: %+v", d)
	}
	_, _ = o.courier("three")
	eventually(t, "a third owner", func() bool { return deliveryOf(t, o, "bi").Owner == "three" })
	if n := len(g.all()); n != 303+1+4 {
		t.Errorf("%d more lines came though nothing had changed", n-308)
	}
}

// When the noted place is lost, what was delivered is not known: the subscriber is told to begin anew, not sent old
// positions as if they were new. A new subscription is told nothing.
func TestALostPlaceIsTold(t *testing.T) {
	o, g := newOffice(t), newTarget(t)
	o.Plan("sdp")
	o.subscribe("bi", g.URL, domain.Wanted{})
	_, kill := o.courier("one")
	g.until(t, "all", func(l []feeds.Line) bool { return len(l) == 3 })
	kill()
	if err := o.Store.Shared().Delete(t.Context(), "delivery.bi"); err != nil {
		t.Fatal(err)
	}
	o.now = func() time.Time { return time.Now().Add(time.Hour) }
	second, _ := o.courier("two")
	g.until(t, "all again", func(l []feeds.Line) bool { return len(l) == 7 })
	sub, _ := o.register.Find("bi")
	if status, err := second.Ping(t.Context(), sub); status != 204 || err != nil {
		t.Errorf("a ping: %d %v", status, err)
	}
	g.asDocumented(t, "line", "reset", "ping")
	if l := g.all(); !l[3].Reset || l[3].Position != 0 || l[4].Position != l[0].Position {
		t.Errorf("%+v", l[3:])
	}
}

func deliveryOf(t testing.TB, o *office, id domain.SubscriptionID) feeds.Delivery {
	t.Helper()
	var s domain.Subscription
	eventually(t, "the subscription", func() (known bool) { s, known = o.register.Find(id); return known })
	d, err := feeds.DeliveryOf(t.Context(), o.Store.Shared(), s)
	if err != nil {
		t.Fatalf("%v: %#v", err, errors.Unwrap(err))
	}
	return d
}

// Of 205 events that a target refuses for days, 200 are put aside and none is dropped: the next one waits until a person has
// them delivered again, or forgets them, and every event is delivered, a dead letter or still to come.
func TestDeadLettersAreNeverDroppedForRoom(t *testing.T) {
	o, g := newOffice(t), newTarget(t)
	var ahead atomic.Int64
	o.now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	tries := atomic.Int64{}
	good := atomic.Bool{}
	g.answers(func(feeds.Line) int {
		if good.Load() {
			return 200
		}
		tries.Add(1)
		ahead.Add(int64(49 * time.Hour))
		return 422
	})
	o.Plan("sdp")
	for i := range 202 {
		o.Rate("sdp", []string{"red", "amber"}[i%2])
	}
	o.subscribe("bi", g.URL, domain.Wanted{})
	var dead []feeds.Dead // 199 of them have been refused before
	for at := domain.Position(2); at <= 200; at++ {
		dead = append(dead, feeds.Dead{Position: at, Status: 422})
	}
	if _, err := o.Store.Shared().Put(t.Context(), "delivery.bi", feeds.Delivery{Position: 200, Dead: dead}, 0); err != nil {
		t.Fatal(err)
	}
	o.courier("one")
	full := func() bool { d := deliveryOf(t, o, "bi"); return len(d.Dead) == 200 && d.Failures > 5 }
	eventually(t, "200 dead letters, and one that waits", full)
	d := deliveryOf(t, o, "bi")
	if d.Position != 201 || d.Dead[0].Position != 2 || d.Dead[199].Position != 201 {
		t.Errorf("it is at %d, the dead letters are %d to %d", d.Position, d.Dead[0].Position, d.Dead[199].Position)
	}
	good.Store(true)
	if err := feeds.Tell(t.Context(), o.Store.Shared(), "bi", feeds.Order{Dead: true}); err != nil {
		t.Fatal(err)
	}
	g.until(t, "all of them", func(l []feeds.Line) bool { return len(l) == 205 })
	seen := positions(g.all())
	if slices.Sort(seen); seen[0] != 2 || seen[204] != 206 || len(slices.Compact(seen)) != 205 {
		t.Errorf("positions %v", seen)
	}

	good.Store(false)
	o.Rate("sdp", "red")
	eventually(t, "another dead letter", func() bool { return len(deliveryOf(t, o, "bi").Dead) == 1 })
	if err := feeds.Tell(t.Context(), o.Store.Shared(), "bi", feeds.Order{Drop: true}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "none, as was asked for", func() bool { return len(deliveryOf(t, o, "bi").Dead) == 0 })
}

// What a target answers is heard as far as it is meant well: Retry-After is kept to, for a day at most; a redirect and a
// header without end are failures like others, and the event comes again.
func TestHostileTargets(t *testing.T) {
	domaintest.Long(t)
	o := newOffice(t)
	o.Plan("sdp")
	type hostile struct {
		answer http.HandlerFunc
		least  time.Duration // until the next try
		status int
	}
	cases := map[domain.SubscriptionID]hostile{}
	for name, c := range map[string]hostile{
		"429, seconds":      {says(429, "90"), time.Minute, 429},
		"503, a date":       {says(503, time.Now().Add(2*time.Hour).UTC().Format(http.TimeFormat)), time.Hour, 503},
		"ten years":         {says(429, "315360000"), 23 * time.Hour, 429},
		"a negative number": {says(429, "-5"), 0, 429},
		"a past date":       {says(429, "Mon, 02 Jan 2006 15:04:05 GMT"), 0, 429},
		"words":             {says(429, strings.Repeat("later ", 100)), 0, 429},
		"an endless header": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 1<<20))
			w.WriteHeader(200)
		}, 0, 0},
		"a switch":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(101) }, 0, 101},
		"a closed line": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, 0},
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, 0, 307},
		"a redirect to me": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusPermanentRedirect)
		}, 0, 308},
	} {
		hear := c.answer
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // a server hears that its caller has gone only when it has read all
			hear(w, r)
		}))
		t.Cleanup(srv.Close)
		id := domain.SubscriptionID(strings.NewReplacer(" ", "-", ",", "").Replace(name))
		o.subscribe(id, srv.URL, domain.Wanted{})
		cases[id] = c
	}
	o.courier("one")
	for id, c := range cases {
		eventually(t, string(id), func() bool { return deliveryOf(t, o, id).Failed > 0 })
		d := deliveryOf(t, o, id)
		if wait := d.Next.Sub(d.Log[len(d.Log)-1].At); wait < c.least || wait > 25*time.Hour {
			t.Errorf("%s: tried again in %v", id, wait)
		}
		if d.Position >= 2 || d.Delivered > 0 || d.Log[0].Status != c.status || d.LastError() == "" {
			t.Errorf("%s: %+v", id, d)
		}
	}
}

// A target that does not answer is a failure like others, when its time is over.
func TestATargetThatDoesNotAnswer(t *testing.T) {
	o := newOffice(t)
	o.reply = 100 * time.Millisecond
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	t.Cleanup(srv.Close)
	o.Plan("sdp")
	o.subscribe("bi", srv.URL, domain.Wanted{})
	o.courier("one")
	eventually(t, "a second try", func() bool { return deliveryOf(t, o, "bi").Failed > 1 })
	if d := deliveryOf(t, o, "bi"); d.Delivered > 0 || d.Position >= 2 || d.LastError() != "no answer came in time" {
		t.Errorf("%+v", d)
	}
}

func says(status int, retryAfter string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", retryAfter)
		w.WriteHeader(status)
	}
}
