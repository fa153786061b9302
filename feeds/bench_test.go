package feeds_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/feeds"
	"plantrail/feeds/feedstest"
)

// fill records events in commands of many parts, quickly.
func fill(b *testing.B, h *feedstest.House, n int) {
	b.Helper()
	for plan := 0; n > 0; plan++ {
		c := domain.Change{Plan: domain.PlanID(fmt.Sprintf("bulk-%d", plan)), Actor: feedstest.Actor, Command: "fill"}
		for i := range min(n, 10_000) {
			c.Facts = append(c.Facts, domain.Fact{Basis: domain.Basis{Stated: domain.Day(2026, 1, 1)}, Event: &domain.ProgressReported{
				Item: domain.ItemID(fmt.Sprintf("item-%d", i%100)), Progress: "Two of the three posts are filled, the third is advertised."}})
		}
		if _, err := h.Store.Append(b.Context(), domain.Head{}, c); err != nil {
			b.Fatal(err)
		}
		n -= len(c.Facts)
	}
}

// BenchmarkExport writes the whole history as lines with all texts, as the export does: events/s against 50,000.
func BenchmarkExport(b *testing.B) {
	h := feedstest.Open(b)
	const n = 100_000
	fill(b, h, n)
	for _, texts := range []bool{true, false} {
		b.Run(fmt.Sprintf("texts=%v", texts), func(b *testing.B) {
			for b.Loop() {
				f := feeds.New(feeds.Config{Org: "acme", Identity: h.Store.Identity(), Journal: feedstest.Source{Store: h.Store}})
				r, err := f.Reader(b.Context(), 0, feeds.Query{Texts: texts})
				if err != nil {
					b.Fatal(err)
				}
				var out []byte
				count := 0
				for caught := false; !caught; {
					var items []feeds.Item
					if items, caught, err = r.Next(b.Context(), 2000); err != nil {
						b.Fatal(err)
					}
					out = out[:0]
					for _, it := range items {
						out = append(f.AppendLine(out, it, "p-ada"), '\n')
					}
					count += len(items)
				}
				r.Close()
				if count != n {
					b.Fatalf("%d events", count)
				}
			}
			perSecond := float64(b.N) * n / b.Elapsed().Seconds()
			b.ReportMetric(perSecond, "events/s")
			b.ReportMetric(perSecond/50_000, "of-target")
		})
	}
}

// BenchmarkCatchUp delivers 100,000 events by webhook to a subscriber on this machine: events/s against 1,000.
func BenchmarkCatchUp(b *testing.B) {
	const n = 100_000
	for b.Loop() {
		o := newOffice(b)
		fill(b, o.House, n)
		var got atomic.Int64
		done := make(chan struct{})
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			if w.WriteHeader(204); got.Add(1) == n {
				close(done)
			}
		}))
		o.subscribe("bi", srv.URL, domain.Wanted{Texts: true})
		began := time.Now()
		_, kill := o.courier("one")
		<-done
		perSecond := n / time.Since(began).Seconds()
		b.ReportMetric(perSecond, "events/s")
		b.ReportMetric(perSecond/1000, "of-target")
		kill()
		srv.Close()
	}
}
