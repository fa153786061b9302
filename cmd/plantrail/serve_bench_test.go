package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/projections/projectionstest"
)

// BenchmarkServe starts the server on a history of 1,000,000 events in 1,000 plans, made once in the user's cache
// directory, and reports how long it takes to be ready and what memory it holds: at most, when idle at first, and half a
// minute later, by when the keeper has read the journal's files a few times. First the read models have to be built, as
// after a change of their schema; then they are there.
func BenchmarkServe(b *testing.B) {
	dir := millionDir(b)
	for _, name := range []string{"build", "built"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if name == "build" {
					removeViews(b, dir)
				}
				began := time.Now()
				s := serveFor(b, dir)
				b.ReportMetric(time.Since(began).Seconds(), "ready-s")
				b.ReportMetric(memory(b, s.cmd.Process.Pid, "VmHWM"), "peak-MB")
				b.ReportMetric(idleMemory(b, s.cmd.Process.Pid), "idle-MB")
				<-time.After(20 * time.Second)
				b.ReportMetric(memory(b, s.cmd.Process.Pid, "VmRSS"), "later-MB")
				b.ReportMetric(memory(b, s.cmd.Process.Pid, "RssAnon"), "later-anon-MB")
				_ = s.cmd.Process.Signal(os.Interrupt)
				<-s.done
			}
		})
	}
}

func removeViews(b *testing.B, dir string) {
	b.Helper()
	views := dataDir(dir).views()
	found, err := filepath.Glob(strings.TrimSuffix(views, filepath.Ext(views)) + "*")
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range found {
		if err := os.Remove(path); err != nil {
			b.Fatal(err)
		}
	}
}

func serveFor(b *testing.B, dir string) *server {
	b.Helper()
	s := &server{cmd: exec.Command("plantrail", "--data", dir, "serve", "--listen", "127.0.0.1:0"), done: make(chan error, 1), out: &bytes.Buffer{}}
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	go func() { s.done <- s.cmd.Wait() }()
	b.Cleanup(func() { _ = s.cmd.Process.Kill() })
	eventually(b, 10*time.Minute, func() bool {
		select {
		case err := <-s.done:
			b.Fatalf("the server ended: %v\n%s", err, s.out)
		default:
		}
		at, ok := dataDir(dir).running()
		if !ok || at.PID != s.cmd.Process.Pid {
			return false
		}
		answer, err := http.Get(at.Address + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
	return s
}

func eventually(b *testing.B, most time.Duration, there func() bool) {
	b.Helper()
	for deadline := time.Now().Add(most); !there(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("it did not happen in time")
		}
	}
}

// idleMemory is the resident memory in MB once it no longer falls: the smallest of ten seconds.
func idleMemory(b *testing.B, pid int) float64 {
	b.Helper()
	least := 1e9
	for range 10 {
		<-time.After(time.Second)
		least = min(least, memory(b, pid, "VmRSS"))
	}
	return least
}

// memory is one of a process's figures of memory in MB.
func memory(b *testing.B, pid int, figure string) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), figure+":")
	var kb float64
	if _, err := fmt.Sscan(rest, &kb); err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}

// millionDir is a data directory with the history, and read models that have caught up.
func millionDir(b *testing.B) string {
	b.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		b.Fatal(err)
	}
	dir := filepath.Join(cache, "plantrail-bench", "serve-1")
	if _, err := os.Stat(filepath.Join(dir, "filled")); err == nil {
		return dir
	}
	if err := os.RemoveAll(dir); err != nil {
		b.Fatal(err)
	}
	if out, err := exec.Command("plantrail", "--data", dir, "init").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	began := time.Now()
	fillHistory(b, dir, projectionstest.Long{Plans: 1000, Items: 100, Length: 1_000_000})
	s := serveFor(b, dir) // builds the read models
	_ = s.cmd.Process.Signal(os.Interrupt)
	<-s.done
	b.Logf("made in %s", time.Since(began).Round(time.Second))
	if b.Failed() {
		b.FailNow() // it lacks events: the next run makes it anew
	}
	if err := os.WriteFile(filepath.Join(dir, "filled"), nil, 0o600); err != nil {
		b.Fatal(err)
	}
	return dir
}

func fillHistory(b *testing.B, dir string, long projectionstest.Long) {
	b.Helper()
	set, err := dataDir(dir).settings()
	if err != nil {
		b.Fatal(err)
	}
	store, err := eventstore.Open(context.Background(), eventstore.Config{Org: domain.OrgID(set.Org), DataDir: dir})
	if err != nil {
		b.Fatal(err)
	}
	defer store.Close(context.Background())
	var group sync.WaitGroup
	plans := make(chan int)
	for range 8 {
		group.Go(func() {
			for n := range plans {
				fillPlan(b, store, long, n)
			}
		})
	}
	for n := range long.Plans {
		plans <- n
	}
	close(plans)
	group.Wait()
}

// fillPlan records a plan's events in commands of twenty.
func fillPlan(b *testing.B, store *eventstore.Store, long projectionstest.Long, n int) {
	var head domain.Head
	var facts []domain.Fact
	for p := n + 1; p <= long.Length; p += long.Plans {
		plan, seq, e := long.What(p)
		facts = append(facts, domain.Fact{Basis: domain.Basis{Stated: domain.Day(2020, 2, 3)}, Event: e})
		if len(facts) < 20 && p+long.Plans <= long.Length {
			continue
		}
		done, err := store.Append(context.Background(), head, domain.Change{Plan: plan, Command: domain.CommandID(fmt.Sprint("c-", seq)),
			Actor: domain.Actor{ID: "p-1", Kind: domain.User, Role: domain.Editor}, Facts: facts})
		if err != nil {
			b.Error(err)
			return
		}
		head, facts = done[len(done)-1].Head(), nil
	}
}
