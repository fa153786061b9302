package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/feeds"
)

// arrivals is when each position arrived.
type arrivals struct {
	mu   sync.Mutex
	came []arrival
	n    atomic.Int64
}

type arrival struct {
	at domain.Position
	t  time.Time
}

func (a *arrivals) note(at domain.Position) {
	now := time.Now()
	a.n.Add(1)
	a.mu.Lock()
	a.came = append(a.came, arrival{at, now})
	a.mu.Unlock()
}

func (a *arrivals) p99(b *testing.B, stored map[domain.Position]time.Time) time.Duration {
	b.Helper()
	var all []time.Duration
	for _, c := range a.came {
		if t, ok := stored[c.at]; ok {
			all = append(all, max(0, c.t.Sub(t)))
		}
	}
	if slices.Sort(all); len(all) == 0 {
		b.Fatal("nothing arrived")
	}
	return all[len(all)*99/100]
}

// BenchmarkFeedDelay is the time from an event's acknowledgement to its arrival: at each of 100 clients that stream (p99
// against 50 ms) and at a webhook (against 200 ms), at 500 events/s, with all clients on this machine, too.
func BenchmarkFeedDelay(b *testing.B) {
	const clients, perSecond, events = 100, 500, 5000
	for b.Loop() {
		r := newReal(b)
		srv := httptest.NewServer(r.Server)
		for i := range 20 {
			r.must(b, 201, "POST", fmt.Sprintf("/v1/plans/p-%d/open-plan", i), `{"title":"SDP"}`)
			r.must(b, 201, "POST", fmt.Sprintf("/v1/plans/p-%d/add-item", i), `{"item":"a","title":"Answer calls"}`)
		}
		var streams, hooks arrivals
		ctx, cancel := context.WithCancel(b.Context())
		for range clients {
			go follow(ctx, srv.URL+"/v1/events/stream?from=now", streams.note)
		}
		target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			body, _ := io.ReadAll(q.Body)
			if line, err := feeds.ParseLine(body); err == nil {
				hooks.note(line.Position)
			}
			w.WriteHeader(204)
		}))
		r.must(b, 201, "POST", "/v1/subscriptions", `{"subscription":"bi","person":"os-1000","way":"webhook","target":"`+target.URL+`","wanted":{"texts":true}}`)
		go r.subscribers.Register.Run(ctx)
		go r.subscribers.Courier.Run(ctx)
		until(b, "all streams", func() bool { return streams.n.Load() >= clients })
		stored := load(ctx, r, perSecond, events)
		until(b, "all arrivals", func() bool {
			return streams.n.Load() >= clients*int64(len(stored)) && hooks.n.Load() >= int64(len(stored))
		})
		cancel()
		for name, p99 := range map[string]time.Duration{"stream": streams.p99(b, stored), "webhook": hooks.p99(b, stored)} {
			b.ReportMetric(float64(p99.Microseconds())/1000, name+"-p99-ms")
			b.ReportMetric(map[string]float64{"stream": 50, "webhook": 200}[name]/(float64(p99.Microseconds())/1000), name+"-of-target")
		}
		srv.CloseClientConnections()
		srv.Close()
		target.Close()
	}
}

// load records at a rate, and says when each was acknowledged.
func load(ctx context.Context, r *real, perSecond, events int) map[domain.Position]time.Time {
	var mu sync.Mutex
	stored := map[domain.Position]time.Time{}
	tick := time.NewTicker(time.Second / time.Duration(perSecond))
	defer tick.Stop()
	var writers sync.WaitGroup
	slots := make(chan struct{}, 64)
	for i := range events {
		<-tick.C
		slots <- struct{}{}
		writers.Go(func() {
			defer func() { <-slots }()
			done, err := r.service.Do(ctx, domain.Order{Plan: domain.PlanID(fmt.Sprintf("p-%d", i%20)), Actor: localActor,
				Command: domain.CommandID(fmt.Sprintf("load-%d", i)), Do: domain.ReportProgress{Item: "a", Progress: "On the way."}})
			now := time.Now()
			if err == nil {
				mu.Lock()
				stored[done.Position] = now
				mu.Unlock()
			}
		})
	}
	writers.Wait()
	return stored
}

// follow reads a stream; its first message, the retry hint, counts as position 0.
func follow(ctx context.Context, url string, note func(domain.Position)) {
	req, _ := http.NewRequestWithContext(ctx, "GET", url, nil)
	req.Header.Set("Authorization", "Bearer "+localToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return
	}
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		if strings.HasPrefix(line, "retry: ") {
			note(0)
		}
		if rest, is := strings.CutPrefix(line, `data: {"position":`); is {
			n, _ := strconv.ParseUint(rest[:strings.IndexByte(rest, ',')], 10, 64)
			note(domain.Position(n))
		}
	}
}

// BenchmarkStreamsMemory is what 1,000 connected streams cost in resident memory, the clients' part in it, too: against 200 MB.
func BenchmarkStreamsMemory(b *testing.B) {
	for b.Loop() {
		r := newReal(b)
		srv := httptest.NewServer(r.Server)
		before := resident(b)
		var came arrivals
		ctx, cancel := context.WithCancel(b.Context())
		for range 1000 {
			go follow(ctx, srv.URL+"/v1/events/stream?from=now", came.note)
		}
		until(b, "1,000 streams", func() bool { return came.n.Load() >= 1000 })
		r.must(b, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"SDP"}`)
		until(b, "an event on each", func() bool { return came.n.Load() >= 2000 })
		mb := resident(b) - before
		b.ReportMetric(mb, "MB")
		b.ReportMetric(200/mb, "of-target")
		cancel()
		srv.CloseClientConnections()
		srv.Close()
	}
}

// resident is this process's resident memory in MB.
func resident(b *testing.B) float64 {
	b.Helper()
	stat, err := os.ReadFile("/proc/self/statm")
	domaintest.Need(b, "/proc", err)
	pages, err := strconv.Atoi(strings.Fields(string(stat))[1])
	if err != nil {
		b.Fatal(err)
	}
	return float64(pages*os.Getpagesize()) / 1e6
}

func until(b *testing.B, what string, ok func() bool) {
	b.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(60 * time.Second); !ok(); {
		select {
		case <-tick.C:
		case <-end:
			b.Fatalf("not within a minute: %s", what)
		}
	}
}
