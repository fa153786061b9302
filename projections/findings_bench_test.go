package projections_test

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// BenchmarkFindings evaluates 1,000 plans of 100 items from scratch, and again after one event: the plan that it touched, and
// all plans, of which only that one is evaluated anew.
func BenchmarkFindings(b *testing.B) {
	for _, events := range []int{300, 1000} {
		b.Run(fmt.Sprintf("%d-events-a-plan", events), func(b *testing.B) {
			src := projectionstest.Long{Plans: 1000, Items: 100, Length: 1000 * events}
			db := open(b, nil)
			if err := db.Rebuild(b.Context(), src, nil); err != nil {
				b.Fatal(err)
			}
			today := domain.Day(2020, time.December, 1)
			count := 0
			all := func() time.Duration {
				count = 0
				began := time.Now()
				_, err := db.AllFindings(b.Context(), today, func(*findings.Finding) bool { count++; return false }, "", 0)
				if err != nil {
					b.Fatal(err)
				}
				return time.Since(began)
			}
			cpu := cpuTime(b)
			scratch := all()
			scratchCPU := cpuTime(b) - cpu
			grown := &grown{Long: src, came: make(chan struct{})}
			run(b, db, grown)
			touched, _, _ := src.What(src.Length)
			var planCPU time.Duration
			after := func() time.Duration { // one more event about the same plan
				grown.report(b, touched)
				catchUp(b, db, grown)
				began, cpu := time.Now(), cpuTime(b)
				if _, err := db.Findings(b.Context(), touched, projections.At{}, today); err != nil {
					b.Fatal(err)
				}
				planCPU += cpuTime(b) - cpu
				return time.Since(began)
			}
			first := after()
			var plan, rest time.Duration
			planCPU = 0
			for b.Loop() {
				plan += after()
				grown.report(b, touched)
				catchUp(b, db, grown)
				rest += all()
			}
			b.ReportMetric(scratch.Seconds(), "s-scratch")
			b.ReportMetric(scratchCPU.Seconds(), "cpu-s-scratch")
			b.ReportMetric(float64(count), "findings")
			b.ReportMetric(first.Seconds()*1000, "ms-plan-first")
			b.ReportMetric(plan.Seconds()*1000/float64(b.N), "ms-plan")
			b.ReportMetric(planCPU.Seconds()*1000/float64(b.N), "cpu-ms-plan")
			b.ReportMetric(rest.Seconds()*1000/float64(b.N), "ms-all")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// grown is a computed history to which events are added.
type grown struct {
	projectionstest.Long
	mu   sync.Mutex
	more []domain.Recorded
	came chan struct{}
}

// report adds an update about the first item of a plan.
func (g *grown) report(b *testing.B, plan domain.PlanID) {
	b.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	last, err := g.Long.Event(b.Context(), domain.Position(g.Length))
	if err != nil {
		b.Fatal(err)
	}
	if n := len(g.more); n > 0 {
		last = g.more[n-1]
	}
	r := last
	r.Position, r.PlanSeq, r.Prev, r.Texts = domain.Position(g.Length+len(g.more)+1), last.PlanSeq+1, last.Leaf, 0
	r.ID, r.Command = domain.EventID(fmt.Sprintf("019ab3f2-7c11-7e55-9a0b-%012x", r.Position)), domain.CommandID(fmt.Sprint("more-", r.Position))
	r.Leaf[0]++
	r.Leaf[1] += byte(r.Position)
	r.Event = &domain.ProgressReported{Item: g.ItemName(0)}
	g.more = append(g.more, r)
	close(g.came)
	g.came = make(chan struct{})
}

// Events implements [projections.Source].
func (g *grown) Events(ctx context.Context, after domain.Position, follow bool) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		for r, err := range g.Long.Events(ctx, after, false) {
			if !yield(r, err) {
				return
			}
		}
		for at := max(int(after)-g.Length, 0); ; {
			g.mu.Lock()
			more, came := g.more[min(at, len(g.more)):], g.came
			g.mu.Unlock()
			for _, r := range more {
				if !yield(r, nil) {
					return
				}
			}
			if at += len(more); len(more) > 0 {
				continue
			}
			select {
			case <-came:
			case <-ctx.Done():
				yield(domain.Recorded{}, ctx.Err())
				return
			}
		}
	}
}

// Tail implements [projections.Source].
func (g *grown) Tail(context.Context) (projections.Tail, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return projections.Tail{Events: domain.Position(g.Length + len(g.more)), Texts: uint64(g.Length)}, nil
}

// Event implements [projections.Source].
func (g *grown) Event(ctx context.Context, p domain.Position) (domain.Recorded, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := int(p) - g.Length; n > 0 && n <= len(g.more) {
		return g.more[n-1], nil
	}
	return g.Long.Event(ctx, p)
}
