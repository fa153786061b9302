package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// TestAHundredRollbacks copies a journal a hundred times while it grows, and puts each copy back: beside a checkpoint that
// knows more it is refused at the start, with how many events it has and how many were signed for. The newest one is not.
func TestAHundredRollbacks(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	dir, _ := begin(t)
	cfg := eventstoretest.Config(dir)
	cfg.Org = "council"
	store, copies := filepath.Join(dir, "jetstream"), t.TempDir()
	sizes := make([]uint64, 101)
	for n := range sizes {
		sizes[n] = lengthen(t, cfg, n)
		replaceDir(t, filepath.Join(copies, fmt.Sprint(n)), store)
	}
	newest := sizes[100]
	refused := 0
	for n, size := range sizes[:100] {
		replaceDir(t, store, filepath.Join(copies, fmt.Sprint(n)))
		said := startRefused(t, dir)
		if has, states := fmt.Sprintf("it has %d events", size), fmt.Sprintf("states %d. The first", newest); strings.Contains(said, has) && strings.Contains(said, states) {
			refused++
		} else {
			t.Errorf("copy %d: want %q and %q, it says %s", n, has, states, said)
		}
	}
	t.Logf("%d of 100 rollbacks refused at start", refused)
	replaceDir(t, store, filepath.Join(copies, "100"))
	startServer(t, dir).interrupt(t)
}

// lengthen adds an event and a checkpoint, and gives how many events there are.
func lengthen(t *testing.T, cfg eventstore.Config, n int) uint64 {
	t.Helper()
	s := eventstoretest.OpenWith(t, cfg)
	defer eventstoretest.Close(t, s)
	ctx := t.Context()
	plan := domain.PlanID(fmt.Sprint("plan-", n))
	got, err := s.Append(ctx, domain.Head{}, journaltest.Change(plan, "c-1", 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	last, seq, err := s.LastCheckpoint(ctx)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfterN(string(last), "\n", 3)
	lines[1] = fmt.Sprintln(got[0].Position)
	if _, err := s.PutCheckpoint(ctx, seq, []byte(strings.Join(lines, ""))); err != nil {
		t.Fatal(err)
	}
	return uint64(got[0].Position)
}
