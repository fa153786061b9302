package web_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/feeds"
)

// BenchmarkScrape asks for the metrics while there are 200 subscriptions, each with a place and the fifty latest tries, of
// deliveries or notices: the journal in this process, and each question a millisecond away. The aim is 50 ms.
func BenchmarkScrape(b *testing.B) {
	r := newReal(b)
	tries := make([]feeds.Try, 50)
	for i := range tries {
		tries[i] = feeds.Try{At: time.Now(), Position: domain.Position(i), Event: "019ab3f2-7c11-7e55-9a0b-000000000001", Status: 503, Millis: 12, Error: "the target answered 503"}
	}
	for i := range 200 {
		id := domain.SubscriptionID(fmt.Sprint("s-", i))
		subscribe := domain.Subscribe{Subscription: id, Person: "os-1000", Way: domain.ByWebhook, Target: "http://127.0.0.1:9/hook"}
		key, value := "delivery."+string(id), any(feeds.Delivery{Position: 1, Log: tries})
		if i%4 == 0 {
			subscribe.Way, subscribe.Target = domain.ByMail, "ann@council.example"
			key, value = "notices."+string(id), map[string]any{"position": 1}
		}
		if _, err := r.service.Do(b.Context(), domain.Order{Plan: domain.People, Actor: localActor, Command: domain.CommandID(fmt.Sprint("c-", i)), Do: subscribe}); err != nil {
			b.Fatal(err)
		}
		if _, err := r.subscribers.State.Put(b.Context(), key, value, 0); err != nil {
			b.Fatal(err)
		}
	}
	if err := r.subscribers.Register.Look(b.Context()); err != nil {
		b.Fatal(err)
	}
	here := r.subscribers.State
	for name, state := range map[string]feeds.State{"in one process": here, "a millisecond away": away{here}} {
		b.Run(name, func(b *testing.B) {
			r.subscribers.State = state
			cpu := processor(b)
			for b.Loop() {
				r.must(b, 200, "GET", "/metrics", "")
			}
			b.ReportMetric(float64((processor(b)-cpu).Milliseconds())/float64(b.N), "cpu-ms/scrape")
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/scrape")
		})
	}
}

// processor is the processor time that this process has used, the journal's part in it, too.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// away is shared state on another machine.
type away struct{ feeds.State }

func (a away) Get(ctx context.Context, key string, into any) (uint64, error) {
	<-time.After(time.Millisecond)
	return a.State.Get(ctx, key, into)
}
