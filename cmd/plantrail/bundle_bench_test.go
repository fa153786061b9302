package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"plantrail/projections/projectionstest"
)

// BenchmarkBundle takes evidence of a plan of 1,000 events among 1,000,000, from a running server and as a user does: by a
// command. It reports how long that takes when the taking is new and when it was taken before, and how large it is. Each new
// taking stays in the history, as one event.
func BenchmarkBundle(b *testing.B) {
	dir := millionDir(b)
	s := serveFor(b, dir)
	idleMemory(b, s.cmd.Process.Pid) // what a start does in the background is over, or nearly
	plan := string(projectionstest.Long{Plans: 1000}.PlanName(500))
	to := filepath.Join(b.TempDir(), "bundle.zip")
	var first, again time.Duration
	n := 0
	for b.Loop() {
		reason := fmt.Sprint("Measured at ", time.Now().UnixNano())
		first += taking(b, dir, plan, to, reason)
		again += taking(b, dir, plan, to, reason)
		n++
	}
	b.ReportMetric(first.Seconds()/float64(n), "first-s")
	b.ReportMetric(again.Seconds()/float64(n), "again-s")
	info, err := os.Stat(to)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(info.Size())/1e6, "zip-MB")
	_ = s.cmd.Process.Signal(os.Interrupt)
	<-s.done
}

func taking(b *testing.B, dir, plan, to, reason string) time.Duration {
	b.Helper()
	began := time.Now()
	if out, err := exec.Command("plantrail", "--data", dir, "bundle", plan, "-o", to, "--reason", reason).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return time.Since(began)
}
