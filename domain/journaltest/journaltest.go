// Package journaltest says in tests what a [domain.Journal] is: [Run] holds one against its contract, whatever it is made
// of, and [Memory] is a strict one for the tests of those who use a journal.
package journaltest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
)

// Run holds journals to the contract of [domain.Journal]. Each call of open gives a journal without events, which it
// closes itself when the test that it was given ends.
func Run(t *testing.T, open func(t *testing.T) domain.Journal) {
	for name, law := range map[string]func(*testing.T, domain.Journal){
		"an appended change reads back as it was returned": readsBack,
		"numbers are dense and leaves are chained":         chained,
		"a stale head is refused and adds nothing":         staleHead,
		"of 64 writers one wins":                           oneWinner,
		"64 writers on plans of their own all win":         ownPlans,
		"a change of many events is there whole":           manyEvents,
		"reading while others append sees no gap":          readWhileAppending,
		"a command is the same only with its own digest":   sameCommand,
		"time does not run backwards in a history":         timeForward,
		"what can't be recorded is refused":                refusals,
		"the service records through it":                   throughService,
	} {
		t.Run(name, func(t *testing.T) { law(t, open(t)) })
	}
}

// Editor is an actor for tests.
var Editor = domain.Actor{ID: "p-7f3a", Kind: domain.User, Role: domain.Editor, OnBehalfOf: "Head of Service"}

// Change is a change of n events to a plan: progress reported on one item, with words or without.
func Change(plan domain.PlanID, command string, n int, words string) domain.Change {
	c := domain.Change{Plan: plan, Actor: Editor, Command: domain.CommandID(command), Digest: DigestOf(command + words),
		Correlation: command}
	for i := range n {
		e := &domain.ProgressReported{Item: "item-01"}
		if words != "" {
			e.Progress = domain.Text(fmt.Sprintf("%s %d", words, i+1))
		}
		c.Facts = append(c.Facts, domain.Fact{Basis: domain.Basis{Stated: domain.Day(2020, 2, 3)}, Event: e})
	}
	return c
}

// DigestOf is some digest for a command.
func DigestOf(s string) (h domain.Hash) { copy(h[:], fmt.Sprintf("%-32s", s)); return h }

// All reads a history to its end, and fails the test if that can't be done or the chain is broken.
func All(t testing.TB, j domain.Journal, plan domain.PlanID) []domain.Recorded {
	t.Helper()
	all, err := collect(j, plan, 0)
	if err != nil {
		t.Fatalf("read %s: %v", plan, err)
	}
	CheckChain(t, all)
	return all
}

func collect(j domain.Journal, plan domain.PlanID, after domain.Position) ([]domain.Recorded, error) {
	var all []domain.Recorded
	for r, err := range j.Read(context.Background(), plan, after) {
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
	return all, nil
}

// CheckChain fails the test unless a history, read from its beginning, is dense, ordered and chained.
func CheckChain(t testing.TB, all []domain.Recorded) {
	t.Helper()
	var head domain.Head
	for _, r := range all {
		switch {
		case r.PlanSeq != head.PlanSeq+1:
			t.Fatalf("event %d follows event %d", r.PlanSeq, head.PlanSeq)
		case r.Prev != head.Leaf:
			t.Fatalf("event %d names another leaf than that of event %d", r.PlanSeq, head.PlanSeq)
		case r.Position <= head.Position:
			t.Fatalf("position %d follows %d", r.Position, head.Position)
		case r.RecordedAt.Before(head.RecordedAt):
			t.Fatalf("event %d was recorded before event %d", r.PlanSeq, head.PlanSeq)
		case r.Stated.IsZero() || r.Actor.ID == "" || r.ID == "" || r.Leaf == domain.Hash{}:
			t.Fatalf("event %d lacks a stated date, an actor, an id or a leaf", r.PlanSeq)
		}
		head = r.Head()
	}
}

func appendTo(t testing.TB, j domain.Journal, head domain.Head, c domain.Change) []domain.Recorded {
	t.Helper()
	got, err := j.Append(context.Background(), head, c)
	if err != nil {
		t.Fatalf("append %s: %v", c.Command, err)
	}
	return got
}

func headOf(rs []domain.Recorded) domain.Head {
	if len(rs) == 0 {
		return domain.Head{}
	}
	return rs[len(rs)-1].Head()
}

func readsBack(t *testing.T, j domain.Journal) {
	c := Change("sdp", "c-1", 1, "words")
	c.Causation = "because"
	c.Facts[0].Authority = &domain.Authority{Body: "Sub-Committee", Meeting: domain.Day(2020, 2, 3), Resolution: "7 <b> & \"é\""}
	wrote := appendTo(t, j, domain.Head{}, c)
	read := All(t, j, "sdp")
	if len(wrote) != 1 || len(read) != 1 {
		t.Fatalf("wrote %d, read %d", len(wrote), len(read))
	}
	same(t, wrote[0], read[0])
	if read[0].Texts != 1 || read[0].Event.(*domain.ProgressReported).Progress != "" {
		t.Errorf("the event has %d texts and shows %q: texts are not loaded", read[0].Texts, read[0].Event)
	}
	if rest, err := collect(j, "sdp", read[0].Position); err != nil || len(rest) != 0 {
		t.Errorf("after the end there are %d events, %v", len(rest), err)
	}
	if other, err := collect(j, "another", 0); err != nil || len(other) != 0 {
		t.Errorf("a history never written has %d events, %v", len(other), err)
	}
}

// same compares two views of one event, less its texts.
func same(t testing.TB, a, b domain.Recorded) {
	t.Helper()
	for _, r := range []*domain.Recorded{&a, &b} {
		if r.Authority != nil {
			if a.Authority == nil || b.Authority == nil || *a.Authority != *b.Authority {
				t.Fatalf("authorities differ")
			}
		}
	}
	if a.Item() != b.Item() || a.Event.Type() != b.Event.Type() {
		t.Errorf("events differ: %T %T", a.Event, b.Event)
	}
	a.Event, b.Event, a.Authority, b.Authority = nil, nil, nil, nil
	if a != b {
		t.Errorf("they differ:\n%+v\n%+v", a, b)
	}
}

func chained(t *testing.T, j domain.Journal) {
	var head domain.Head
	for i := range 20 {
		words := ""
		if i%2 == 0 {
			words = "words"
		}
		head = headOf(appendTo(t, j, head, Change("sdp", fmt.Sprint("c-", i), 1+i%3, words)))
		appendTo(t, j, domain.Head{}, Change(domain.PlanID(fmt.Sprint("other-", i)), "c", 1, ""))
	}
	if all := All(t, j, "sdp"); len(all) != 39 {
		t.Errorf("%d events, want 39", len(all))
	}
}

func staleHead(t *testing.T, j domain.Journal) {
	one := appendTo(t, j, domain.Head{}, Change("sdp", "c-1", 1, ""))
	two := appendTo(t, j, headOf(one), Change("sdp", "c-2", 2, "words"))
	for name, head := range map[string]domain.Head{"none": {}, "the first": headOf(one), "within a command": two[0].Head()} {
		for _, n := range []int{1, 3} {
			if _, err := j.Append(context.Background(), head, Change("sdp", "stale", n, "words")); domain.KindOf(err) != domain.Conflict {
				t.Errorf("%d events on head %s: %v, want a conflict", n, name, err)
			}
		}
	}
	ahead := headOf(two)
	ahead.Position++
	if _, err := j.Append(context.Background(), ahead, Change("sdp", "ahead", 1, "")); domain.KindOf(err) != domain.Conflict {
		t.Errorf("a head that does not exist: %v, want a conflict", err)
	}
	if all := All(t, j, "sdp"); len(all) != 3 {
		t.Errorf("%d events, want 3", len(all))
	}
}

// resolve appends as the contract says a caller must: an unknown outcome is tried again with the same head.
func resolve(j domain.Journal, head domain.Head, c domain.Change) ([]domain.Recorded, error) {
	var got []domain.Recorded
	var err error
	for range 10 {
		if got, err = j.Append(context.Background(), head, c); domain.KindOf(err) != domain.Unknown && domain.KindOf(err) != domain.Unavailable {
			break
		}
	}
	return got, err
}

func oneWinner(t *testing.T, j domain.Journal) {
	const writers, rounds = 64, 3
	var head domain.Head
	for round := range rounds {
		won := race(t, j, head, writers, round)
		if len(won) != 1 {
			t.Fatalf("round %d: %d writers won", round, len(won))
		}
		head = headOf(won[0])
	}
	if all := All(t, j, "sdp"); len(all) != rounds {
		t.Errorf("%d events, want %d", len(all), rounds)
	}
}

func race(t *testing.T, j domain.Journal, head domain.Head, writers, round int) (won [][]domain.Recorded) {
	var mu sync.Mutex
	var all sync.WaitGroup
	start := make(chan struct{})
	for w := range writers {
		all.Go(func() {
			<-start
			got, err := resolve(j, head, Change("sdp", fmt.Sprintf("c-%d-%d", round, w), 1, "words"))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				won = append(won, got)
			} else if domain.KindOf(err) != domain.Conflict {
				t.Errorf("a loser got %v, want a conflict", err)
			}
		})
	}
	close(start)
	all.Wait()
	return won
}

func ownPlans(t *testing.T, j domain.Journal) {
	const writers, each = 64, 6
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			var head domain.Head
			for i := range each {
				words := ""
				if i%2 == 1 {
					words = "words"
				}
				got, err := resolve(j, head, Change(domain.PlanID(fmt.Sprint("plan-", w)), fmt.Sprint("c-", i), 1+i%2, words))
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				head = headOf(got)
			}
		})
	}
	all.Wait()
	seen := map[domain.Position]bool{}
	for w := range writers {
		for _, r := range All(t, j, domain.PlanID(fmt.Sprint("plan-", w))) {
			seen[r.Position] = true
		}
	}
	want := writers * each * 3 / 2
	for p := range want {
		if !seen[domain.Position(p+1)] {
			t.Fatalf("nothing stands at position %d of %d", p+1, want)
		}
	}
}

func manyEvents(t *testing.T, j domain.Journal) {
	var head domain.Head
	want := 0
	for _, n := range []int{1, 2, 1000, 2500} {
		got := appendTo(t, j, head, Change("sdp", fmt.Sprint("c-", n), n, "words"))
		if len(got) != n {
			t.Fatalf("%d events came back, want %d", len(got), n)
		}
		head, want = headOf(got), want+n
	}
	all := All(t, j, "sdp")
	if len(all) != want {
		t.Fatalf("%d events, want %d", len(all), want)
	}
	var gather domain.Gather
	whole := 0
	for _, r := range all {
		whole += len(gather.Add(r))
	}
	if whole != want || len(gather.Pending()) != 0 {
		t.Errorf("%d events count, %d are held back, want %d and 0", whole, len(gather.Pending()), want)
	}
}

func readWhileAppending(t *testing.T, j domain.Journal) {
	const n = 60
	done := make(chan error, 1)
	go func() {
		var head domain.Head
		for i := range n {
			got, err := resolve(j, head, Change("sdp", fmt.Sprint("c-", i), 1+i%2, ""))
			if err != nil {
				done <- err
				return
			}
			head = headOf(got)
		}
		done <- nil
	}()
	least := 0
	for over := false; !over; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			over = true
		default:
		}
		all := All(t, j, "sdp")
		if len(all) < least {
			t.Fatalf("the history went back from %d to %d events", least, len(all))
		}
		least = len(all)
	}
	if least != n*3/2 {
		t.Errorf("%d events, want %d", least, n*3/2)
	}
}

func sameCommand(t *testing.T, j domain.Journal) {
	for i, words := range []string{"", "words"} {
		plan := domain.PlanID(fmt.Sprint("plan-", i))
		c := Change(plan, "c-1", 3, words)
		first := appendTo(t, j, domain.Head{}, c)[0]
		if strings.Contains(first.CommandHash, "00") && words == "" {
			t.Log(first.CommandHash)
		}
		done := domain.Done{Command: c.Command, Hash: first.CommandHash, Event: first.ID, First: first.Position}
		for digest, want := range map[domain.Hash]bool{c.Digest: true, DigestOf("another"): false} {
			if got, err := j.Same(context.Background(), plan, done, digest); err != nil || got != want {
				t.Errorf("words %q: same is %v, %v; want %v", words, got, err, want)
			}
		}
	}
}

func timeForward(t *testing.T, j domain.Journal) {
	head := headOf(appendTo(t, j, domain.Head{}, Change("sdp", "c-1", 1, "")))
	head.RecordedAt = head.RecordedAt.Add(time.Hour) // as if another process's clock were ahead
	got := appendTo(t, j, head, Change("sdp", "c-2", 1, ""))
	if got[0].RecordedAt.Before(head.RecordedAt) {
		t.Errorf("recorded at %v, after an event of %v", got[0].RecordedAt, head.RecordedAt)
	}
	if at := got[0].RecordedAt; at.Location() != time.UTC || !at.Equal(at.Truncate(time.Microsecond)) {
		t.Errorf("recorded at %v, want UTC and microseconds", at)
	}
}

func refusals(t *testing.T, j domain.Journal) {
	spoil := map[string]func(*domain.Change){
		"a wildcard as plan": func(c *domain.Change) { c.Plan = ">" },
		"a dotted plan":      func(c *domain.Change) { c.Plan = "a.b" },
		"no plan":            func(c *domain.Change) { c.Plan = "" },
		"no command":         func(c *domain.Change) { c.Command = "" },
		"no actor":           func(c *domain.Change) { c.Actor = domain.Actor{} },
		"no events":          func(c *domain.Change) { c.Facts = nil },
		"no stated date":     func(c *domain.Change) { c.Facts[0].Stated = domain.Date{} },
		"an event too large": func(c *domain.Change) {
			c.Facts[0].Event = &domain.ItemAdded{Item: "item-01", Ref: strings.Repeat("x", 70_000)}
		},
	}
	for name, f := range spoil {
		c := Change("sdp", "c-1", 1, "")
		f(&c)
		if _, err := j.Append(context.Background(), domain.Head{}, c); err == nil {
			t.Errorf("%s: it was recorded", name)
		}
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := j.Append(gone, domain.Head{}, Change("sdp", "c-1", 1, "")); domain.KindOf(err) != domain.Unavailable {
		t.Errorf("a caller who has gone gets %v", err)
	}
	if all := All(t, j, "sdp"); len(all) != 0 {
		t.Errorf("%d events were recorded", len(all))
	}
}

func throughService(t *testing.T, j domain.Journal) {
	s := domain.NewService(j)
	do := func(command string, c domain.Command) domain.Receipt {
		t.Helper()
		got, err := s.Do(context.Background(), domain.Order{Plan: "sdp", Actor: Editor, Command: domain.CommandID(command), Do: c})
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		return got
	}
	do("c-1", domain.OpenPlan{Title: "Service development plan"})
	do("c-2", domain.AddItem{Title: "Answer the telephone"})
	rate := domain.Rate{Item: "item-01", To: "amber", Justification: "one post is vacant"}
	first := do("c-3", rate)
	again := do("c-3", rate)
	if !again.Repeat || again.Position != first.Position {
		t.Errorf("the repeat of a command got %+v, the first %+v", again, first)
	}
	_, err := s.Do(context.Background(), domain.Order{Plan: "sdp", Actor: Editor, Command: "c-3", Do: domain.Rate{Item: "item-01", To: "red", Owed: true}})
	if domain.KindOf(err) != domain.Reused {
		t.Errorf("another command under a used id got %v", err)
	}
	var e *domain.Error
	if stale := uint64(1); !errors.As(second(s.Do(context.Background(), domain.Order{Plan: "sdp", Actor: Editor, Command: "c-4",
		IfVersion: &stale, Do: rate})), &e) || e.Kind != domain.Conflict || e.Actual != 3 {
		t.Errorf("a stale version got %v", e)
	}
}

func second[T any](_ T, err error) error { return err }
