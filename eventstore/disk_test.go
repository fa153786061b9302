package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

func TestReadOnlyBeforeTheDiskIsFull(t *testing.T) {
	var free, total atomic.Uint64
	free.Store(50 << 30)
	total.Store(100 << 30)
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init, cfg.MinFreeBytes, cfg.MinFreeRatio = true, 0, 0 // the defaults
	cfg.Space = func() (uint64, uint64, error) { return free.Load(), total.Load(), nil }
	s := eventstoretest.OpenWith(t, cfg)
	var head domain.Head
	try := func() error {
		got, err := s.Append(context.Background(), head, journaltest.Change("sdp", "c", 1, "words"))
		if err == nil {
			head = got[0].Head()
		}
		return err
	}
	for _, step := range []struct {
		free, total uint64
		ok          bool
	}{{50 << 30, 100 << 30, true}, {9 << 30, 100 << 30, false}, {1 << 30, 100 << 30, false}, {11 << 30, 100 << 30, true},
		{2<<30 - 1, 8 << 30, false}, {2 << 30, 8 << 30, true}} {
		free.Store(step.free)
		total.Store(step.total)
		s.LookAtDisk()
		err := try()
		if (err == nil) != step.ok || err != nil && (domain.KindOf(err) != domain.Unavailable || !strings.Contains(err.Error(), "read-only")) {
			t.Errorf("%d of %d GB free: %v", step.free>>30, step.total>>30, err)
		}
		if healthy := s.Healthy(context.Background()) == nil; healthy != step.ok {
			t.Errorf("%d of %d GB free: healthy is %v", step.free>>30, step.total>>30, healthy)
		}
	}
	if n := len(journaltest.All(t, s, "sdp")); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
}

// A disk that is really full, with the watchdog deceived: appends fail in time, nothing is half there, and when there is
// space again the journal goes on by itself.
func TestFullDisk(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	dir := domaintest.SmallDisk(t, "24m")
	filler := filepath.Join(dir, "filler")
	cfg := eventstoretest.Config(filepath.Join(dir, "data"))
	cfg.Init = true
	cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	var full atomic.Bool
	cfg.Space = func() (uint64, uint64, error) {
		if full.Load() {
			return 0, 0, errors.New("the watchdog can't see the disk")
		}
		return 1 << 40, 1 << 41, nil
	}
	cfg.WatchEvery, cfg.Patience = 50*time.Millisecond, 0 // the patience as in earnest
	s := eventstoretest.OpenWith(t, cfg)
	acked := map[domain.PlanID]int{}
	heads := map[domain.PlanID]domain.Head{}
	write := func(plan domain.PlanID, n int) error {
		start := time.Now()
		c := journaltest.Change(plan, fmt.Sprint("c-", acked[plan]), n, "")
		got, err := s.Append(context.Background(), heads[plan], c)
		if took := time.Since(start); took > hang {
			t.Errorf("an append took %v", took)
		}
		if err == nil {
			acked[plan] += n
			heads[plan] = got[n-1].Head()
		}
		return err
	}
	for _, plan := range []domain.PlanID{"one", "many"} {
		if err := write(plan, 3); err != nil {
			t.Fatal(err)
		}
	}
	full.Store(true)
	fill(t, filler)
	failures := 0
	for range 40 {
		for plan, n := range map[domain.PlanID]int{"one": 1, "many": 400} {
			if err := write(plan, n); err != nil {
				failures++
				if kind := domain.KindOf(err); kind != domain.Unknown && kind != domain.Unavailable && kind != domain.Conflict {
					t.Errorf("a full disk gives %v: %v", kind, err)
				}

			}
		}
		if failures > 3 {
			break
		}
	}
	if failures == 0 {
		t.Fatal("the disk did not fill up")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if s.Healthy(context.Background()) == nil {
		t.Error("after a failed write it says that it is healthy")
	}
	full.Store(false)
	eventstoretest.Until(t, time.Minute, "the journal is well again", func() bool { return s.Healthy(context.Background()) == nil })
	for _, plan := range []domain.PlanID{"one", "many"} {
		service := domain.NewService(s)
		service.Alone = true
		order := domain.Order{Plan: plan, Actor: journaltest.Editor, Command: "after", Do: domain.OpenPlan{Title: "after"}}
		if _, err := service.Do(context.Background(), order); err != nil {
			t.Fatalf("%s does not go on: %v", plan, err)
		}
	}
	checkNothingHalf(t, s, acked)
	eventstoretest.Close(t, s)
	cfg.Init = false
	s = eventstoretest.OpenWith(t, cfg)
	checkNothingHalf(t, s, acked)
}

// checkNothingHalf: every acknowledged event is there, histories are whole, and a change counts whole or not at all.
func checkNothingHalf(t *testing.T, s *eventstore.Store, acked map[domain.PlanID]int) {
	t.Helper()
	for plan, n := range acked {
		all := journaltest.All(t, s, plan)
		if len(all) < n {
			t.Errorf("%s: %d events acknowledged, %d stored", plan, n, len(all))
		}
		var gather domain.Gather
		for _, r := range all {
			if counts := gather.Add(r); len(counts) > 1 && len(counts) != r.Parts {
				t.Errorf("%s: %d of %d parts count", plan, len(counts), r.Parts)
			}
		}
		if len(gather.Pending()) != 0 {
			t.Errorf("%s: %d parts are held back for ever", plan, len(gather.Pending()))
		}
	}
}

// fill writes a file until the disk is full but for a little.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block, n := make([]byte, 64<<10), int64(0)
	for {
		if _, err := f.Write(block); err != nil {
			break
		}
		n += int64(len(block))
	}
	if err := f.Truncate(n - 300<<10); err != nil {
		t.Fatal(err)
	}
}

// On a busy machine the server takes itself for sick now and then: only what it says each time is believed.
func TestAPassingSicknessIsNone(t *testing.T) {
	for name, c := range map[string]struct {
		says []string
		want string
	}{
		"well":   {[]string{""}, ""},
		"busy":   {[]string{"not ready after 1ms", "not ready after 1ms", ""}, ""},
		"failed": {[]string{"not ready after 1ms", "no space", "no space", "no space", "no space"}, "no space"},
	} {
		asked := 0
		got := eventstore.Persists(func() string { asked++; return c.says[asked-1] })
		if got != c.want || asked != len(c.says) {
			t.Errorf("%s: believed to be %q after %d times", name, got, asked)
		}
	}
}
