package domain_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/journaltest"
)

var (
	ann  = domain.Actor{ID: "p-ann", Kind: domain.User, Role: domain.Editor}
	open = domain.OpenPlan{Title: "Service Development Plan"}
	add  = domain.AddItem{Title: "Welcome pack"}
)

func order(id string, c domain.Command) domain.Order {
	return domain.Order{Plan: "sdp", Actor: ann, Command: domain.CommandID(id), Do: c}
}

func do(t *testing.T, s *domain.Service, id string, c domain.Command) domain.Receipt {
	t.Helper()
	r, err := s.Do(context.Background(), order(id, c))
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return r
}

// commands are the ids of the stored events' commands, in order.
func commands(m *journaltest.Memory) string {
	var ids []string
	for _, r := range m.Events() {
		ids = append(ids, string(r.Command))
	}
	return strings.Join(ids, " ")
}

func TestARepeatReturnsTheFirstReceiptForEver(t *testing.T) {
	m := journaltest.New(t)
	s := domain.NewService(m)
	first := do(t, s, "c-1", open)
	do(t, s, "c-2", add)
	for name, s := range map[string]*domain.Service{"the same process": s, "another process": domain.NewService(m)} {
		again := do(t, s, "c-1", open)
		if !again.Repeat || again.Position != first.Position || again.Event != first.Event || again.Version != 1 {
			t.Errorf("%s: %+v, first %+v", name, again, first)
		}
	}
	if got := commands(m); got != "c-1 c-2" {
		t.Error(got)
	}
	if _, err := s.Do(context.Background(), order("c-2", domain.AddItem{Title: "Another"})); domain.KindOf(err) != domain.Reused {
		t.Errorf("the same id with another body: %v", err)
	}
}

func TestBothHalvesOfAFailedAppend(t *testing.T) {
	unknown := domain.Errorf(domain.Unknown, "", "no answer")
	conflict := domain.Errorf(domain.Conflict, "plan", "moved on")
	for _, test := range []struct {
		name   string
		break_ func(m *journaltest.Memory)
		kind   domain.Kind // of the first try, -1: none
		stored string      // after it
	}{
		{"lost", func(m *journaltest.Memory) { m.Before = once(unknown) }, domain.Unknown, "c-1"},
		{"done but reported failed", func(m *journaltest.Memory) { m.After = once(unknown) }, domain.Unknown, "c-1 c-2"},
		{"done but reported a conflict", func(m *journaltest.Memory) { m.After = once(conflict) }, -1, "c-1 c-2"},
		{"lost to a conflict that was none", func(m *journaltest.Memory) { m.Before = once(conflict) }, -1, "c-1 c-2"},
		{"refused by a full disk", func(m *journaltest.Memory) { m.Before = once(domain.Errorf(domain.Unavailable, "", "full")) }, domain.Unavailable, "c-1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := journaltest.New(t)
			s := domain.NewService(m)
			do(t, s, "c-1", open)
			test.break_(m)
			_, err := s.Do(context.Background(), order("c-2", add))
			if err == nil && test.kind != -1 || err != nil && domain.KindOf(err) != test.kind {
				t.Errorf("first try: %v", err)
			}
			if got := commands(m); got != test.stored {
				t.Errorf("stored %q, want %q", got, test.stored)
			}
			do(t, s, "c-2", add)
			do(t, s, "c-3", domain.AddItem{Title: "Next"})
			if got := commands(m); got != "c-1 c-2 c-3" {
				t.Errorf("in the end %q", got)
			}
		})
	}
}

// unreadable is a journal that does not answer while it is silent.
type unreadable struct {
	*journaltest.Memory
	silent bool
}

func (u *unreadable) Read(ctx context.Context, history domain.PlanID, after domain.Position) iter.Seq2[domain.Recorded, error] {
	if !u.silent {
		return u.Memory.Read(ctx, history, after)
	}
	return func(yield func(domain.Recorded, error) bool) {
		yield(domain.Recorded{}, domain.Errorf(domain.Unavailable, "journal", "no answer"))
	}
}

// A command whose outcome is not known stays one until the history can be read, and is then what it came to.
func TestAnUnknownOutcomeStaysUnknownUntilTheHistoryIsRead(t *testing.T) {
	u := &unreadable{Memory: journaltest.New(t)}
	s := domain.NewService(u)
	do(t, s, "c-1", open)
	u.After = once(domain.Errorf(domain.Unknown, "", "no answer"))
	if _, err := s.Do(context.Background(), order("c-2", add)); domain.KindOf(err) != domain.Unknown {
		t.Fatalf("first try: %v", err)
	}
	u.silent = true
	if _, err := s.Do(context.Background(), order("c-2", add)); domain.KindOf(err) != domain.Unknown {
		t.Errorf("asked again while nothing can be read: %v", err)
	}
	if _, err := s.Do(context.Background(), order("c-3", add)); domain.KindOf(err) != domain.Unavailable {
		t.Errorf("another command: %v", err)
	}
	u.silent = false
	if got, err := s.Do(context.Background(), order("c-2", add)); err != nil || !got.Repeat {
		t.Errorf("in the end %+v, %v", got, err)
	}
}

func once(err error) func(domain.Change) error {
	var used bool
	return func(domain.Change) error {
		if used {
			return nil
		}
		used = true
		return err
	}
}

func TestTwoProcessesOnOnePlan(t *testing.T) {
	m := journaltest.New(t)
	a, b := domain.NewService(m), domain.NewService(m)
	do(t, a, "c-1", open)
	do(t, b, "c-2", add) // b has never read the plan
	do(t, a, "c-3", domain.Rate{Item: "item-01", To: "amber", Justification: "New staff"})
	if r := do(t, b, "c-4", domain.Rate{Item: "item-01", To: "green"}); r.Version != 4 {
		t.Errorf("%+v", r)
	}
	// What a refuses it must refuse by the plan as it is, not as a last saw it.
	if _, err := a.Do(context.Background(), order("c-5", domain.Rate{Item: "item-01", To: "amber"})); domain.KindOf(err) != domain.Invalid {
		t.Errorf("amber without a reason: %v", err)
	}
	if _, err := a.Do(context.Background(), order("c-6", domain.Rate{Item: "item-01", To: "green"})); domain.KindOf(err) != domain.Refused {
		t.Errorf("green again: %v", err)
	}
}

func TestIfVersion(t *testing.T) {
	m := journaltest.New(t)
	a, b := domain.NewService(m), domain.NewService(m)
	do(t, a, "c-1", open)
	seen := do(t, a, "c-2", add).Version
	do(t, b, "c-3", domain.ReportProgress{Item: "item-01", Progress: "Begun"})
	stale := order("c-4", domain.ReportProgress{Item: "item-01", Progress: "Half done"})
	stale.IfVersion = &seen
	_, err := a.Do(context.Background(), stale)
	if e := (*domain.Error)(nil); !errors.As(err, &e) || e.Kind != domain.Conflict || e.Expected != 2 || e.Actual != 3 {
		t.Errorf("%+v", err)
	}
	now := uint64(3)
	stale.IfVersion = &now
	if _, err := a.Do(context.Background(), stale); err != nil {
		t.Error(err)
	}
	// A repeat is answered whatever the version is by now.
	if r, err := a.Do(context.Background(), stale); err != nil || !r.Repeat {
		t.Errorf("%+v %v", r, err)
	}
}

func TestIfVersionWhenTheRaceIsLostInTheJournal(t *testing.T) {
	m := journaltest.New(t)
	a, b := domain.NewService(m), domain.NewService(m)
	do(t, a, "c-1", open)
	m.Before = func(c domain.Change) error {
		if c.Command == "c-2" {
			m.Before = nil
			do(t, b, "c-rival", domain.AddItem{Title: "Rival"})
		}
		return nil
	}
	one := uint64(1)
	o := order("c-2", add)
	o.IfVersion = &one
	_, err := a.Do(context.Background(), o)
	if e := (*domain.Error)(nil); !errors.As(err, &e) || e.Kind != domain.Conflict || e.Actual != 2 {
		t.Errorf("%v", err)
	}
	if got := commands(m); got != "c-1 c-rival" {
		t.Error(got)
	}
}

func TestWritersOfSeveralProcessesAllGetThrough(t *testing.T) {
	m := journaltest.New(t)
	do(t, domain.NewService(m), "c-0", open)
	var group sync.WaitGroup
	for p := range 4 {
		s := domain.NewService(m)
		for w := range 4 {
			group.Go(func() {
				for i := range 8 {
					if _, err := s.Do(context.Background(), order(fmt.Sprintf("c-%d-%d-%d", p, w, i), add)); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	group.Wait()
	if n := len(m.Events()); n != 1+4*4*8 {
		t.Errorf("%d events", n)
	}
}

// cutShort leaves the plan with the first two of three parts of a command, as a crash between batches does.
func cutShort(t *testing.T, m *journaltest.Memory) {
	t.Helper()
	s := domain.NewService(m)
	do(t, s, "c-1", open)
	m.Cut = 2
	if _, err := s.Do(context.Background(), order("c-import", threeSteps())); domain.KindOf(err) != domain.Unknown {
		t.Fatal(err)
	}
}

func threeSteps() domain.Import {
	return domain.Import{Paper: domain.PaperImported{SHA256: strings.Repeat("0", 64), Rows: 2, Format: "csv"},
		Steps: []domain.Command{add, domain.AddItem{Title: "Second"}}}
}

func TestACommandCutShortIsVoidedAndCanBeGivenAgain(t *testing.T) {
	for _, alone := range []bool{true, false} {
		m := journaltest.New(t)
		cutShort(t, m)
		s := domain.NewService(m)
		s.Alone = alone
		if !alone { // another process may still be at it, until it has been silent for long
			if _, err := s.Do(context.Background(), order("c-2", add)); domain.KindOf(err) != domain.Unavailable {
				t.Errorf("while it may go on: %v", err)
			}
			s.Now = func() time.Time { return time.Now().Add(time.Minute) }
		}
		do(t, s, "c-2", add)
		if r := do(t, s, "c-import", threeSteps()); r.Repeat {
			t.Error("the voided command counts as done")
		}
		h := domain.NewHistory("sdp")
		for r, err := range m.Read(context.Background(), "sdp", 0) {
			if err != nil {
				t.Fatal(err)
			}
			h.Apply(r)
		}
		if n := len(h.Plan().Items()); n != 3 || len(h.Pending()) != 0 {
			t.Errorf("%d items, %d parts pending", n, len(h.Pending()))
		}
	}
}

func TestWhoMayNot(t *testing.T) {
	s := domain.NewService(journaltest.New(t))
	for name, test := range map[string]struct {
		change func(*domain.Order)
		kind   domain.Kind
	}{
		"nobody":           {func(o *domain.Order) { o.Actor = domain.Actor{} }, domain.Unauthenticated},
		"a reader":         {func(o *domain.Order) { o.Actor.Role = domain.Reader }, domain.Forbidden},
		"no role at all":   {func(o *domain.Order) { o.Actor.Role = "" }, domain.Forbidden},
		"an editor":        {func(o *domain.Order) { o.Plan, o.Do = domain.People, domain.PersonLeaves{Person: "p-1"} }, domain.Forbidden},
		"a bad plan id":    {func(o *domain.Order) { o.Plan = "a.>" }, domain.Invalid},
		"a reserved plan":  {func(o *domain.Order) { o.Plan = "_else" }, domain.Invalid},
		"a bad command id": {func(o *domain.Order) { o.Command = "a b" }, domain.Invalid},
		"tomorrow's events": {func(o *domain.Order) {
			o.Do = domain.OpenPlan{Basis: domain.Basis{Stated: domain.Day(2199, 1, 1)}, Title: "x"}
		}, domain.Invalid},
		"a bad correlation": {func(o *domain.Order) { o.Correlation = "é" }, domain.Invalid},
		"no command":        {func(o *domain.Order) { o.Do = nil }, domain.Invalid},
		"nobody's authority": {func(o *domain.Order) {
			o.Do = domain.OpenPlan{Basis: domain.Basis{Authority: &domain.Authority{}}, Title: "x"}
		}, domain.Invalid},
		"future import step": {func(o *domain.Order) {
			imp := threeSteps()
			imp.Steps[0] = domain.AddItem{Basis: domain.Basis{Stated: domain.Day(2199, 1, 1)}, Title: "x"}
			o.Do = imp
		}, domain.Invalid},
	} {
		o := order("c-1", open)
		test.change(&o)
		if _, err := s.Do(context.Background(), o); domain.KindOf(err) != test.kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestManyHistoriesAreForgottenAndFoundAgain(t *testing.T) {
	m := journaltest.New(t)
	s := domain.NewService(m)
	for round := range 2 {
		for p := range 300 {
			o := order(fmt.Sprint("c-", round), open)
			o.Plan = domain.PlanID(fmt.Sprint("plan-", p))
			if r, err := s.Do(context.Background(), o); round == 0 && (err != nil || r.Version != 1) || round == 1 && domain.KindOf(err) != domain.Refused {
				t.Fatalf("round %d, plan %d: %+v %v", round, p, r, err)
			}
		}
	}
}

func TestTheDayOfRecordingIsStatedWhenNothingElseIs(t *testing.T) {
	m := journaltest.New(t)
	s := domain.NewService(m)
	s.Now = func() time.Time { return time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC) }
	do(t, s, "c-1", open)
	do(t, s, "c-2", domain.AddItem{Basis: domain.Basis{Stated: domain.Unstated}, Title: "x"})
	all := m.Events()
	if all[0].Stated != domain.Day(2026, 11, 22) || all[1].Stated != domain.Unstated {
		t.Errorf("%v %v", all[0].Stated, all[1].Stated)
	}
}
