package feeds_test

import (
	"fmt"
	"testing"

	"plantrail/domain"
	"plantrail/feeds"
	"plantrail/feeds/feedstest"
)

// bulk records a command of many parts.
func bulk(t *testing.T, h *feedstest.House, plan domain.PlanID, parts int) {
	t.Helper()
	c := domain.Change{Plan: plan, Actor: feedstest.Actor, Command: "fill"}
	for i := range parts {
		c.Facts = append(c.Facts, domain.Fact{Basis: domain.Basis{Stated: domain.Day(2026, 1, 1)}, Event: &domain.RatingChanged{
			Item: domain.ItemID(fmt.Sprintf("item-%d", i)), Dimension: "delivery", Scheme: "rag.v1", To: "red", Meaning: domain.OffTrack}})
	}
	if _, err := h.Store.Append(t.Context(), domain.Head{}, c); err != nil {
		t.Fatal(err)
	}
}

// A command has more parts than a page: each page moves on, and each row comes.
func TestATableGoesOnThroughALongCommand(t *testing.T) {
	h := feedstest.Open(t)
	h.Plan("sdp")
	bulk(t, h, "bulk", 1200)
	last := h.Rate("sdp", "red").Position
	table, _ := feeds.FindTable("rating-changes")
	seen, at, pages := map[string]bool{}, domain.Position(0), 0
	for caught := false; !caught; pages++ {
		r, err := h.Feed.Reader(t.Context(), at, feeds.Query{})
		if err != nil {
			t.Fatal(err)
		}
		var rows [][]string
		var cursor string
		if rows, cursor, caught, err = table.Rows(t.Context(), r, 1, "p-ada"); err != nil {
			t.Fatal(err)
		}
		r.Close()
		for _, row := range rows {
			seen[row[0]] = true
		}
		next, err := h.Feed.Resolve(t.Context(), cursor, "p-ada")
		if err != nil || next <= at && !caught {
			t.Fatalf("page %d leads from %d to %d, %v", pages, at, next, err)
		}
		at = next
	}
	if len(seen) != 1202 || at != last {
		t.Errorf("%d rows in %d pages, up to position %d: want 1202 up to %d", len(seen), pages, at, last)
	}
}

// Where a command is cut by the history's end, none of its events count yet, and the cursor is before it: who goes on from
// there gets them all.
func TestTheCursorWaitsBeforeAnIncompleteCommand(t *testing.T) {
	h := feedstest.Open(t)
	h.Plan("sdp")
	bulk(t, h, "bulk", 600)
	end := h.Rate("sdp", "red").Position
	table, _ := feeds.FindTable("rating-changes")
	read := func(after, until domain.Position) (rows int, next domain.Position) {
		t.Helper()
		f := feeds.New(feeds.Config{Org: "acme", Identity: h.Store.Identity(), Journal: &shorter{feedstest.Source{Store: h.Store}, until}})
		r, err := f.Reader(t.Context(), after, feeds.Query{})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got, cursor, caught, err := table.Rows(t.Context(), r, 10_000, "p-ada")
		if err != nil || !caught {
			t.Fatalf("up to %d: %v, all of it: %v", until, err, caught)
		}
		if next, err = f.Resolve(t.Context(), cursor, "p-ada"); err != nil {
			t.Fatal(err)
		}
		if again, err := f.Cursor(t.Context(), next, "p-ada"); err != nil || again != cursor {
			t.Errorf("the cursor of position %d is %s, %v: want %s", next, again, err, cursor)
		}
		return len(got), next
	}
	for _, until := range []domain.Position{4, 100, 503, 602} {
		if n, next := read(0, until); n != 1 || next != 3 {
			t.Errorf("up to %d: %d rows come and the cursor is at %d, want 1 and 3", until, n, next)
		}
	}
	if n, next := read(0, 603); n != 601 || next != 603 {
		t.Errorf("with its last part: %d rows come, and the cursor is at %d", n, next)
	}
	if n, next := read(3, end); n != 601 || next != end {
		t.Errorf("from before it: %d rows come, and the cursor is at %d", n, next)
	}
}
