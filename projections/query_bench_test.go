package projections_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"syscall"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// million is the history of the query benchmarks: 1,000 plans of 100 items, 1,000,000 events, most with texts.
var million = projectionstest.Long{Plans: 1000, Items: 100, Length: 1_000_000}

// openMillion opens the read models of a million events, built once in the user's cache directory and kept there.
func openMillion(b *testing.B) *projections.DB {
	b.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	dir := filepath.Join(cache, "plantrail-bench", fmt.Sprintf("projections-%d", projections.SchemaVersion))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		b.Fatal(err)
	}
	db, err := projections.Open(b.Context(), filepath.Join(dir, "read.db"), projections.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = db.Close() })
	if db.Status(b.Context()).Position < domain.Position(million.Length) {
		began := time.Now()
		if err := db.Rebuild(b.Context(), million, nil); err != nil {
			b.Fatal(err)
		}
		b.Logf("built in %s", time.Since(began).Round(time.Second))
	}
	return db
}

// cpuTime is the processor time that this process has used: unlike the clock it does not depend on what else is running.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkQueries asks random questions of a million events and reports percentiles.
func BenchmarkQueries(b *testing.B) {
	db := openMillion(b)
	// As in the server, which collects nothing before it holds so much.
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(64 << 20))
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	r := rand.New(rand.NewPCG(1, 2))
	plan := func() domain.PlanID { return million.PlanName(r.IntN(million.Plans)) }
	position := func() projections.At {
		return projections.At{Position: domain.Position(r.IntN(million.Length-300_000) + 300_000)}
	}
	ctx := b.Context()
	for _, c := range []struct {
		name string
		ask  func() error
	}{
		{"timeline-page", func() error {
			_, err := db.Timeline(ctx, projections.TimelineQuery{Plan: plan(), Newest: r.IntN(2) == 0})
			return err
		}},
		{"timeline-page-all-plans", func() error {
			_, err := db.Timeline(ctx, projections.TimelineQuery{After: fmt.Sprintf("%d.%[1]d", r.IntN(million.Length)+1)})
			return err
		}},
		{"timeline-page-actor", func() error {
			_, err := db.Timeline(ctx, projections.TimelineQuery{Actor: domain.ActorID(fmt.Sprintf("p-%d", r.IntN(97))), Newest: true})
			return err
		}},
		{"current-plan", func() error { _, err := db.Plan(ctx, plan(), projections.At{}); return err }},
		{"as-at-position", func() error { _, err := db.Plan(ctx, plan(), position()); return err }},
		{"as-at-recorded", func() error {
			p := position().Position
			_, err := db.Plan(ctx, plan(), projections.At{RecordedAt: projectionstest.Start.Add(time.Duration(p) * time.Second)})
			return err
		}},
		{"item-history", func() error {
			_, err := db.ItemHistory(ctx, plan(), million.ItemName(r.IntN(million.Items)), projections.At{})
			return err
		}},
		{"command", func() error { _, _, err := db.Command(ctx, plan(), "never-given"); return err }},
		{"list-of-plans", func() error { _, err := db.Plans(ctx, time.Time{}); return err }},
		{"table-cursor", func() error { _, err := db.Settled(ctx); return err }},
		{"table-changed-in-1000", func() error { _, err := db.Changed(ctx, domain.Position(million.Length-1000)); return err }},
		{"table-changed-in-all", func() error { _, err := db.Changed(ctx, 0); return err }},
		{"table-changed-in-all-of-one-plan", func() error { _, err := db.Changed(ctx, 0, plan()); return err }},
		{"search", func() error { _, err := db.Search(ctx, "charter printed", "", "", 20); return err }},
		{"search-one-plan", func() error { _, err := db.Search(ctx, "charter printed", plan(), "", 20); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took []time.Duration
			cpu := cpuTime(b)
			for b.Loop() {
				began := time.Now()
				if err := c.ask(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began))
			}
			b.ReportMetric((cpuTime(b)-cpu).Seconds()*1000/float64(len(took)), "cpu-ms")
			slices.SortFunc(took, cmp.Compare[time.Duration])
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
