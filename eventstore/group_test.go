package eventstore_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"plantrail/domain"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// Commands that wait at the same moment go as one batch. Where one of them builds on what another process has overtaken, the
// server refuses the batch whole: then each goes alone, and only that one conflicts.
func TestStaleEntryInAGroup(t *testing.T) {
	nodes := eventstoretest.Cluster(t, 1)
	s := nodes.Open(t, "group")
	cfg := nodes.Config(t.TempDir())
	cfg.Org, cfg.Join = "group", true
	other := eventstoretest.OpenWith(t, cfg)

	const plans = 100
	heads := make([]domain.Head, plans)
	expect(t, appendToAll(s, heads, "c-1"), plans, "first")
	for i := 0; i < plans; i += 10 {
		if _, err := other.Append(context.Background(), heads[i], journaltest.Change(groupPlan(i), "c-other", 1, "")); err != nil {
			t.Fatal(err)
		}
	}
	expect(t, appendToAll(s, heads, "c-2"), plans-plans/10, "with stale entries")
	if s.Stats().Retries == 0 {
		t.Error("no batch fell apart")
	}
	for i := 0; i < plans; i += 10 {
		all := journaltest.All(t, s, groupPlan(i))
		heads[i] = all[len(all)-1].Head()
	}
	before := s.Stats()
	expect(t, appendToAll(s, heads, "c-3"), plans, "looked again")
	if after := s.Stats(); after.Batches == before.Batches || after.Batched-before.Batched > plans {
		t.Errorf("%d batches with %d messages", after.Batches-before.Batches, after.Batched-before.Batched)
	}
	reverify(t, s, 3*plans)
}

func groupPlan(i int) domain.PlanID { return domain.PlanID(fmt.Sprint("plan-", i)) }

// appendToAll appends to each plan at the same moment, and moves the heads on of those that were recorded.
func appendToAll(s *eventstore.Store, heads []domain.Head, command string) []error {
	errs := make([]error, len(heads))
	var all sync.WaitGroup
	for i := range heads {
		all.Go(func() {
			got, err := s.Append(context.Background(), heads[i], journaltest.Change(groupPlan(i), command, 1, ""))
			if errs[i] = err; err == nil {
				heads[i] = got[0].Head()
			}
		})
	}
	all.Wait()
	return errs
}

func expect(t *testing.T, errs []error, stored int, when string) {
	t.Helper()
	for i, err := range errs {
		switch {
		case err == nil:
			stored--
		case domain.KindOf(err) != domain.Conflict || i%10 != 0:
			t.Errorf("%s: plan %d: %v", when, i, err)
		}
	}
	if stored != 0 {
		t.Errorf("%s: %d appends too few were recorded", when, stored)
	}
}
