package feeds_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"plantrail/domain"
	"plantrail/feeds"
	"plantrail/feeds/feedstest"
)

// all reads everything there is after a position, in pages of a size.
func all(t testing.TB, f *feeds.Feed, after domain.Position, q feeds.Query, size int) (items []feeds.Item, end string) {
	t.Helper()
	r, err := f.Reader(t.Context(), after, q)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for caught := false; !caught; {
		var some []feeds.Item
		if some, caught, err = r.Next(t.Context(), size); err != nil {
			t.Fatal(err)
		}
		if len(some) > size {
			t.Fatalf("%d items, at most %d were asked for", len(some), size)
		}
		items = append(items, some...)
	}
	return items, r.Cursor("p-ada")
}

// caughtUp waits until the feed's memory has the position.
func caughtUp(t testing.TB, h *feedstest.House, at domain.Position) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := h.Feed.Reader(ctx, at-1, feeds.Query{Reserved: true})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Wait(ctx); err != nil {
		t.Fatalf("the feed did not reach %d: %v", at, err)
	}
}

// late is a journal whose followers are told of nothing until a door opens.
type late struct {
	feedstest.Source
	door chan struct{}
}

func (l late) Stored(ctx context.Context, after domain.Position, follow bool) iter.Seq2[feeds.Stored, error] {
	return func(yield func(feeds.Stored, error) bool) {
		for s, err := range l.Source.Stored(ctx, after, follow) {
			if follow {
				select {
				case <-l.door:
				case <-ctx.Done():
				}
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

// Who reads after a write sees it, though the feed hears of it later.
func TestAReaderSeesWhatWasRecordedBefore(t *testing.T) {
	h := feedstest.Open(t)
	h.Plan("sdp")
	l := late{feedstest.Source{Store: h.Store}, make(chan struct{})}
	f := feeds.New(feeds.Config{Org: "acme", Identity: "the same", Journal: l})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); f.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	at := h.Rate("sdp", "red").Position
	r, err := f.Reader(ctx, at-1, feeds.Query{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	seen := make(chan int, 1)
	go func() {
		items, _, err := r.Next(ctx, 10)
		if err != nil {
			t.Error(err)
		}
		seen <- len(items)
	}()
	close(l.door)
	if n := <-seen; n != 1 {
		t.Errorf("%d events, want the one that was recorded before", n)
	}
}

func TestEveryEventOnceInOrderByteForByte(t *testing.T) {
	h := feedstest.Open(t)
	h.Plan("sdp")
	h.Plan("sen")
	for range 20 {
		h.Rate("sdp", "red")
		h.Rate("sdp", "amber")
	}
	last := h.Rate("sen", "red").Position
	caughtUp(t, h, last)
	for _, size := range []int{1, 3, 1000} {
		items, _ := all(t, h.Feed, 0, feeds.Query{Texts: true}, size)
		if len(items) != int(last) {
			t.Fatalf("pages of %d: %d items of %d", size, len(items), last)
		}
		for i, it := range items {
			body, err := h.Store.Leaf(t.Context(), it.Position)
			if it.Position != domain.Position(i+1) || err != nil || string(body) != string(it.Body) {
				t.Fatalf("pages of %d: item %d is at %d, %v", size, i, it.Position, err)
			}
			if len(it.Disclosures) != it.Texts {
				t.Errorf("position %d has %d texts and %d disclosures", it.Position, it.Texts, len(it.Disclosures))
			}
			line, err := feeds.ParseLine(h.Feed.AppendLine(nil, it, "p-ada"))
			if leaf, _ := line.Leaf(); err != nil || string(line.Event) != string(it.Body) || leaf != it.Leaf || line.Position != it.Position {
				t.Errorf("a line does not read back: %+v %v", line, err)
			}
		}
	}
}

func TestQueriesLeaveOutButNeverWhatMends(t *testing.T) {
	h := feedstest.Open(t)
	h.Plan("sdp")
	h.Plan("sen")
	h.Rate("sdp", "red")
	wrong := h.Rate("sdp", "green")
	h.Do("sdp", domain.Correct{Entry: "4", Field: "rating", To: "amber", Reason: "A slip."})
	caughtUp(t, h, wrong.Position+1)
	for _, c := range []struct {
		name string
		q    feeds.Query
		want int
	}{
		{"a plan", feeds.Query{Plans: []domain.PlanID{"sen"}}, 3},
		{"a type", feeds.Query{Types: []string{"plan-opened"}}, 3},
		{"a meaning", feeds.Query{Meanings: []domain.Meaning{domain.OffTrack}}, 2},
		{"an item", feeds.Query{Items: []domain.ItemID{"item-01"}, Plans: []domain.PlanID{"sen"}}, 2},
		{"all, as hashes", feeds.Query{Plans: []domain.PlanID{"none"}, Hashes: true}, int(wrong.Position) + 1},
	} {
		for _, from := range []string{"memory", "journal"} {
			f := h.Feed
			if from == "journal" {
				f = feeds.New(feeds.Config{Org: "acme", Identity: h.Store.Identity(), Journal: feedstest.Source{Store: h.Store}})
			}
			items, _ := all(t, f, 0, c.q, 2)
			if len(items) != c.want {
				t.Errorf("%s, from %s: %d items, want %d", c.name, from, len(items), c.want)
			}
			for _, it := range items {
				if len(it.Disclosures) > 0 || it.LeftOut && it.Body != nil {
					t.Errorf("%s, from %s: position %d says more than was asked for", c.name, from, it.Position)
				}
			}
		}
	}
}

func TestCursors(t *testing.T) {
	h := feedstest.Open(t)
	h.Plan("sdp")
	caughtUp(t, h, 3)
	ctx := t.Context()
	_, cursor := all(t, h.Feed, 0, feeds.Query{}, 10)
	if at, err := h.Feed.Resolve(ctx, cursor, "p-ada"); err != nil || at != 3 {
		t.Errorf("the cursor leads to %d, %v", at, err)
	}
	other := feeds.New(feeds.Config{Org: "other", Identity: h.Store.Identity(), Journal: feedstest.Source{Store: h.Store}})
	begun := feeds.New(feeds.Config{Org: "acme", Identity: "another journal", Journal: feedstest.Source{Store: h.Store}})
	for name, err := range map[string]error{
		"another subscriber":   second(h.Feed.Resolve(ctx, cursor, "p-bob")),
		"another organisation": second(other.Resolve(ctx, cursor, "p-ada")),
		"another journal":      second(begun.Resolve(ctx, cursor, "p-ada")),
	} {
		if !errors.As(err, new(*feeds.Reset)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range cursor {
		c := []byte(cursor)
		if c[i] = 'A'; cursor[i] == 'A' {
			c[i] = 'B'
		}
		if at, err := h.Feed.Resolve(ctx, string(c), "p-ada"); err == nil {
			t.Errorf("a cursor changed at %d leads to %d", i, at)
		}
		if at, err := h.Feed.Resolve(ctx, cursor[:i], "p-ada"); err == nil {
			t.Errorf("a cursor cut at %d leads to %d", i, at)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// A restore from an older copy makes another history of what came after it. Whoever read that is told so, and from where
// on, also when the new history has grown beyond it.
func TestAHistoryThatWasSetBackIsTold(t *testing.T) {
	old, restored := feedstest.Open(t), feedstest.Open(t)
	same := func(s feedstest.Source) *feeds.Feed {
		return feeds.New(feeds.Config{Org: "acme", Identity: "the same", Journal: s})
	}
	for range 200 {
		old.Do("_people", domain.RegisterPerson{Person: domain.ActorID(fmt.Sprintf("p-%d", old.N())), Kind: domain.User, Name: "A"})
	}
	old.Plan("sdp")
	for range 40 {
		old.Rate("sdp", "red")
		old.Rate("sdp", "amber")
	}
	before := same(feedstest.Source{Store: old.Store})
	_, cursor := all(t, before, 0, feeds.Query{Reserved: true}, 1000)
	reset := new(feeds.Reset)
	restored.Plan("sdp")
	after := same(feedstest.Source{Store: restored.Store})
	if _, err := after.Resolve(t.Context(), cursor, "p-ada"); !errors.As(err, &reset) || reset.At != 283 || reset.Good != 0 {
		t.Errorf("a shorter history of other events: %+v %v", reset, err)
	}
	cut := feeds.New(feeds.Config{Org: "acme", Identity: "the same", Journal: &shorter{feedstest.Source{Store: old.Store}, 260}})
	if _, err := cut.Resolve(t.Context(), cursor, "p-ada"); !errors.As(err, &reset) || reset.Good != 256 {
		t.Errorf("a shorter history of the same events: %+v %v", reset, err)
	}
	if _, err := cut.Reader(t.Context(), 283, feeds.Query{}); !errors.As(err, &reset) || reset.Good != 260 {
		t.Errorf("a position beyond the end: %+v %v", reset, err)
	}
}

// shorter is a journal that ends early: before what was recorded since, or restored from a copy.
type shorter struct {
	feedstest.Source
	end domain.Position
}

func (s *shorter) End(context.Context) (domain.Position, error) { return s.end, nil }

func (s *shorter) Stored(ctx context.Context, after domain.Position, follow bool) iter.Seq2[feeds.Stored, error] {
	return func(yield func(feeds.Stored, error) bool) {
		for one, err := range s.Source.Stored(ctx, after, follow) {
			if err == nil && one.Position > s.end || !yield(one, err) {
				return
			}
		}
	}
}
