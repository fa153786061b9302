package backup_test

import (
	"runtime"
	"testing"
)

// BenchmarkUpdate takes the first backup of a history of 100,000 events with a text each, and one that finds nothing new;
// BenchmarkOpen checks it.
func BenchmarkUpdate(b *testing.B) {
	l := newLog(b)
	l.fill(benchSize)
	for b.Loop() {
		dir := b.TempDir()
		r := update(b, dir, l)
		b.SetBytes(r.Bytes)
	}
	b.ReportMetric(float64(benchSize)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

const benchSize = 100_000

func BenchmarkOpen(b *testing.B) {
	l, dir := newLog(b), b.TempDir()
	l.fill(benchSize)
	update(b, dir, l)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for b.Loop() {
		open(b, dir)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(benchSize)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(after.HeapAlloc)-float64(before.HeapAlloc), "B-held")
}
