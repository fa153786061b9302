package findings

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain"
)

// compare looks into dates.
var compare = cmp.AllowUnexported(domain.Date{})

// lawful evaluates a story on a day and holds the result against what must hold of every one.
func lawful(t *testing.T, s Story, on domain.Date) []Finding {
	t.Helper()
	all := Evaluate(s, on)
	if diff := cmp.Diff(all, Evaluate(s, on), compare); diff != "" {
		t.Fatalf("the same story gives on the same day: %s", diff)
	}
	names := map[domain.FindingID]bool{}
	for i, f := range all {
		if names[f.ID] {
			t.Errorf("%s stands twice: %s", f.ID, f.Words)
		}
		names[f.ID] = true
		check(t, f)
		if f.Since.Start().After(on.End()) {
			t.Errorf("%s is true since %s, on %s: %s", f.ID, f.Since, on, f.Words)
		}
		if i > 0 && all[i-1].Severity.Rank() > f.Severity.Rank() {
			t.Errorf("%s stands after %s", f.ID, all[i-1].ID)
		}
		for _, p := range f.Proof {
			if p.Entry == 0 || p.Entry > uint64(len(s.Entries)) || s.Entries[p.Entry-1].ID != p.Event {
				t.Errorf("%s is proved by %+v, which is not there", f.ID, p)
			}
		}
	}
	return all
}

// Every history that is drawn for a rule is a history for all of them: each beginning of it, on many days.
func TestEveryDrawnHistoryObeysTheLaws(t *testing.T) {
	for _, x := range examples() {
		whole := draw(t, x.story)
		for n := range whole.Entries {
			s := whole
			s.Entries = whole.Entries[:n+1]
			s.Left, s.Evidence, s.Papers = nil, nil, nil
			for _, on := range []domain.Date{domain.Day(2019, 12, 31), domain.Day(2020, 2, 10), domain.DayOf(s.Entries[n].RecordedAt), domain.Day(2031, 1, 1)} {
				lawful(t, s, on)
			}
			if t.Failed() {
				t.Fatalf("%s %s: %s, first %d entries", x.rule, x.kind, x.what, n+1)
			}
		}
	}
}

// Histories that no plan would let happen, as they may come from elsewhere: lines of all examples in any order, entries left
// out, dates that are not known. Nothing is asked but that the laws hold.
func TestImpossibleHistoriesObeyTheLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	var pool []domain.Recorded
	for _, x := range examples() {
		pool = append(pool, draw(t, x.story).Entries...)
	}
	opened := draw(t, "2020-01-06 add a").Entries
	dates := []domain.Date{{}, domain.Unstated, domain.Month(2020, 2), domain.Day(2020, 3, 2), domain.Day(1999, 1, 1)}
	for round := range 300 {
		s := Story{Plan: "sdp", Entries: append([]domain.Recorded{}, opened...)}
		for range r.IntN(40) {
			e := pool[r.IntN(len(pool))]
			if _, again := e.Event.(*domain.PlanOpened); again {
				continue
			}
			n := len(s.Entries) + 1
			e.Position, e.PlanSeq, e.ID = domain.Position(n), uint64(n), domain.EventID(fmt.Sprint("x-", n))
			e.RecordedAt = s.Entries[n-2].RecordedAt.Add(time.Duration(r.IntN(40*24)) * time.Hour)
			if r.IntN(4) == 0 {
				e.Stated = dates[r.IntN(len(dates))]
			}
			if r.IntN(6) == 0 {
				e.Command = "one-command"
			}
			s.Entries = append(s.Entries, e)
		}
		for _, on := range []domain.Date{domain.Day(2020, 3, 1), domain.Day(2021, 3, 1), domain.Day(2031, 1, 1)} {
			lawful(t, s, on)
		}
		if t.Failed() {
			t.Fatalf("round %d: %s", round, kinds(s))
		}
	}
}

func kinds(s Story) string {
	var all []string
	for _, r := range s.Entries {
		all = append(all, fmt.Sprintf("%s %s %s", r.Event.Type(), r.Item(), r.Stated))
	}
	return strings.Join(all, "\n")
}

// What is found does not depend on what happened later: known by a day, a story gives what its beginning gives.
func TestAsAtIsTheBeginning(t *testing.T) {
	for _, x := range examples() {
		whole := draw(t, x.story)
		for n, r := range whole.Entries {
			if n+1 < len(whole.Entries) && whole.Entries[n+1].RecordedAt.Equal(r.RecordedAt) {
				continue
			}
			first := whole
			first.Entries = whole.Entries[:n+1]
			on := domain.DayOf(r.RecordedAt)
			if diff := cmp.Diff(Evaluate(first, on), Evaluate(whole.Known(r.RecordedAt), on), compare); diff != "" {
				t.Fatalf("%s %s: after entry %d: %s", x.rule, x.what, n+1, diff)
			}
		}
	}
}

// After more was recorded, looking again at what it is about gives what looking at everything gives.
func TestLookingAgainIsLookingAtAll(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	again := func(s Story, on domain.Date, last int) {
		first := s
		first.Entries = s.Entries[:len(s.Entries)-last]
		if diff := cmp.Diff(Evaluate(s, on), Again(s, on, Evaluate(first, on), last), compare); diff != "" {
			t.Fatalf("on %s, after the last %d of\n%s\n%s", on, last, kinds(s), diff)
		}
	}
	again(draw(t, `
		2020-01-06 add a
		2020-03-02 add b due=2019-11-01
		2020-03-03 supersede a b on=2020-02-03 body=Committee`), domain.Day(2020, 2, 20), 1) // b is there earlier than it was
	var pool []domain.Recorded
	for _, x := range examples() {
		whole := draw(t, x.story)
		pool = append(pool, whole.Entries...)
		on, err := domain.ParseDate(x.on)
		if err != nil {
			t.Fatal(err)
		}
		for n := 2; n <= len(whole.Entries); n++ {
			s := whole
			s.Entries = whole.Entries[:n]
			again(s, on, 1)
			again(s, domain.Day(2031, 1, 1), 1+r.IntN(n-1))
		}
	}
	for range 200 {
		s := Story{Plan: "sdp", Entries: draw(t, "2020-01-06 add a").Entries}
		for range 10 + r.IntN(60) {
			e := pool[r.IntN(len(pool))]
			if _, opens := e.Event.(*domain.PlanOpened); !opens {
				n := len(s.Entries) + 1
				e.Position, e.PlanSeq, e.ID = domain.Position(n), uint64(n), domain.EventID(fmt.Sprint("x-", n))
				e.RecordedAt = s.Entries[n-2].RecordedAt.Add(time.Duration(r.IntN(20*24)) * time.Hour)
				s.Entries = append(s.Entries, e)
			}
		}
		for _, on := range []domain.Date{domain.Day(2020, 2, 20), domain.Day(2021, 3, 1), domain.Day(2031, 1, 1)} {
			again(s, on, 1+r.IntN(4))
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"Same as above", "Updated to GREEN", "not yet completed", "Ann Smith / Bob Jones", "resources", "\xff\x00", "9 – 10%"} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if n := normal(a); normal(n) != n || strings.Contains(n, "  ") {
			t.Errorf("%q: the normal form of a normal form is another: %q", a, n)
		}
		if s := similarity(a, b); s < 0 || s > 1 || s != similarity(b, a) {
			t.Errorf("%q, %q: similarity %v", a, b, s)
		}
		contradicts(a)
		empty(a, 20)
		people(a)
		weak(a, []string{b})
		answers(a, b)
		reworded(a, b)
	})
}
