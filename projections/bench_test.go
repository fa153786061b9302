package projections_test

import (
	"testing"

	"plantrail/projections/projectionstest"
)

// BenchmarkReplayFromMemory is the projector alone: what it takes when the source costs nothing but making the events.
func BenchmarkReplayFromMemory(b *testing.B) {
	for name, bare := range map[string]bool{"texts": false, "bare": true} {
		b.Run(name, func(b *testing.B) {
			src := projectionstest.Long{Plans: 100, Items: 100, Length: 200_000, Bare: bare}
			cpu := cpuTime(b)
			for b.Loop() {
				if err := open(b, nil).Rebuild(b.Context(), src, nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(src.Length*b.N), "cpu-µs/event")
			b.ReportMetric(float64(src.Length*b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}
