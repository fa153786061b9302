package main

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"plantrail/domain/domaintest"
	"plantrail/projections/projectionstest"
)

// BenchmarkDetection flips a bit on the disk of a running server and reports how long it takes until the server says so:
// in a finished file in the middle of the history, whose change shows, and in the newest file, where only reading it again
// does. It also reports how much of one processor the reading takes while nothing else is done.
//
// One of 1,000,000 events takes minutes to make: it is left out with -short.
func BenchmarkDetection(b *testing.B) {
	for _, events := range []int{10_000, 200_000, 1_000_000} {
		b.Run(fmt.Sprint(events), func(b *testing.B) {
			if events > 200_000 {
				domaintest.Long(b)
			}
			dir := damagedHistory(b, events)
			files := historyFiles(b, dir)
			var middle, newest []float64
			share := 0.0
			for n := 0; b.Loop(); n++ {
				s := serveFor(b, dir)
				if share == 0 {
					eventually(b, time.Minute, func() bool { return figure(b, s, "scrub_passes_total") > 0 })
					share = processorShare(b, s, 16*time.Second)
				}
				middle = append(middle, detect(b, s, files[len(files)/2]))
				newest = append(newest, detect(b, serveFor(b, dir), files[len(files)-1]))
			}
			b.ReportMetric(slices.Max(middle), "middle-max-s")
			b.ReportMetric(slices.Max(newest), "newest-max-s")
			b.ReportMetric(share, "cores")
			b.ReportMetric(float64(len(files)), "files")
		})
	}
}

// damagedHistory makes a history to be damaged; of the one of a million events that benchmarks keep it is a copy.
func damagedHistory(b *testing.B, events int) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "data")
	if events == 1_000_000 {
		if err := os.CopyFS(dir, os.DirFS(millionDir(b))); err != nil {
			b.Fatal(err)
		}
		return dir
	}
	if out, err := exec.Command("plantrail", "--data", dir, "init").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	fillHistory(b, dir, projectionstest.Long{Plans: 1000, Items: 100, Length: events})
	return dir
}

// detect damages a file, waits for the alarm, stops the server and mends the file.
func detect(b *testing.B, s *server, file string) float64 {
	b.Helper()
	eventually(b, time.Minute, func() bool { return figure(b, s, "scrub_passes_total") > 0 })
	info, err := os.Stat(file)
	if err != nil {
		b.Fatal(err)
	}
	at := info.Size() / 2
	flipAt(b, file, at)
	began := time.Now()
	eventually(b, 5*time.Minute, func() bool { return figure(b, s, "root_match") == 0 })
	took := time.Since(began).Seconds()
	_ = s.cmd.Process.Signal(os.Interrupt)
	<-s.done
	flipAt(b, file, at)
	return took
}

func historyFiles(b *testing.B, dir string) []string {
	b.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "jetstream/jetstream/$G/streams/HISTORY_council/msgs/*.blk"))
	if err != nil || len(files) == 0 {
		b.Fatal(files, err)
	}
	number := func(path string) int {
		n, _ := strconv.Atoi(strings.TrimSuffix(filepath.Base(path), ".blk"))
		return n
	}
	slices.SortFunc(files, func(x, y string) int { return number(x) - number(y) })
	return files
}

// figure reads one of the server's metrics.
func figure(b *testing.B, s *server, name string) float64 {
	b.Helper()
	at, _ := dataDir(s.cmd.Args[2]).running()
	answer, err := http.Get(at.Address + "/metrics")
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) == 2 && strings.TrimPrefix(words[0], "plantrail_") == name {
			v, err := strconv.ParseFloat(words[1], 64)
			if err != nil {
				b.Fatal(err)
			}
			return v
		}
	}
	b.Fatalf("/metrics has no %s", name)
	return 0
}

// processorShare is how many processors a process uses over a while.
func processorShare(b *testing.B, s *server, over time.Duration) float64 {
	b.Helper()
	before := figure(b, s, "process_cpu_seconds_total")
	<-time.After(over)
	return (figure(b, s, "process_cpu_seconds_total") - before) / over.Seconds()
}
