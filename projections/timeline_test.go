package projections_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

func positions(all []projections.Entry) (p []domain.Position) {
	for _, e := range all {
		p = append(p, e.Position)
	}
	return p
}

func TestPagesAreStableWhileEventsArrive(t *testing.T) {
	src := projectionstest.Draw(t, torn)
	db := open(t, src)
	for _, newest := range []bool{false, true} {
		whole := must[projections.Page[projections.Entry]](t)(db.Timeline(t.Context(), projections.TimelineQuery{Newest: newest}))
		var got []domain.Position
		q := projections.TimelineQuery{Newest: newest, Limit: 3}
		for {
			page := must[projections.Page[projections.Entry]](t)(db.Timeline(t.Context(), q))
			got = append(got, positions(page.Entries)...)
			if q.After = page.Next; page.Next == "" || len(got) >= len(whole.Entries) {
				break
			}
			src.Draw(t, "sdp progress b \"more\"")
			catchUp(t, db, src)
		}
		if want := positions(whole.Entries); !slices.Equal(got[:len(want)], want) {
			t.Errorf("newest %v: pages %v, want %v", newest, got, want)
		}
	}
}

func TestATailByCursorMissesNothing(t *testing.T) {
	src := projectionstest.Draw(t, "open p \"P\"\np add i \"I\"\nbegin p\np rate i red\ncut")
	db := open(t, src)
	q := projections.TimelineQuery{Plan: "p", Limit: 1000}
	seen := map[domain.Position]bool{}
	look := func() {
		catchUp(t, db, src)
		page := must[projections.Page[projections.Entry]](t)(db.Timeline(t.Context(), q))
		for _, e := range page.Entries {
			if seen[e.Position] {
				t.Errorf("position %d came twice", e.Position)
			}
			seen[e.Position] = true
			q.After = e.Cursor()
		}
	}
	look()
	src.Draw(t, "p progress i \"between the parts\"")
	look()
	src.Finish(t, "p", "p outcome i achieved \"the last part\"")
	look()
	if len(seen) != 5 {
		t.Errorf("seen %v, want all five", seen)
	}
}

func TestTimelineFilters(t *testing.T) {
	src := projectionstest.Draw(t, torn)
	db := open(t, src)
	everything := must[projections.Page[projections.Entry]](t)(db.Timeline(t.Context(), projections.TimelineQuery{Limit: 1000})).Entries
	at := func(n int) time.Time { return projectionstest.Start.Add(time.Duration(n) * time.Minute) }
	for name, c := range map[string]struct {
		q    projections.TimelineQuery
		keep func(projections.Entry) bool
	}{
		"plan":    {projections.TimelineQuery{Plan: "sdp"}, func(e projections.Entry) bool { return e.Plan == "sdp" }},
		"people":  {projections.TimelineQuery{Plan: domain.People}, func(e projections.Entry) bool { return e.Plan == domain.People }},
		"item":    {projections.TimelineQuery{Plan: "sdp", Item: "b"}, func(e projections.Entry) bool { return e.Item == "b" }},
		"actor":   {projections.TimelineQuery{Actor: "p-1"}, func(e projections.Entry) bool { return e.By.ID == "p-1" }},
		"type":    {projections.TimelineQuery{Type: "item-added"}, func(e projections.Entry) bool { return e.Type == "item-added" }},
		"from":    {projections.TimelineQuery{From: at(9)}, func(e projections.Entry) bool { return !e.RecordedAt.Before(at(9)) }},
		"to":      {projections.TimelineQuery{To: at(9)}, func(e projections.Entry) bool { return e.RecordedAt.Before(at(9)) }},
		"command": {projections.TimelineQuery{Plan: "sdp", Command: everything[10].Command}, func(e projections.Entry) bool { return e.Command == everything[10].Command }},
		"all of plan": {projections.TimelineQuery{Plan: "sdp", Actor: "p-0", From: at(9), To: at(13)}, func(e projections.Entry) bool {
			return e.Plan == "sdp" && e.By.ID == "p-0" && !e.RecordedAt.Before(at(9)) && e.RecordedAt.Before(at(13))
		}},
		"as at": {projections.TimelineQuery{Plan: "sdp", At: projections.At{Position: 12}}, func(e projections.Entry) bool { return e.Plan == "sdp" && e.Visible <= 12 }},
		"as known": {projections.TimelineQuery{Plan: "sdp", At: projections.At{RecordedAt: at(9)}}, func(e projections.Entry) bool {
			return e.Plan == "sdp" && e.Visible <= 9
		}},
	} {
		for _, newest := range []bool{false, true} {
			var want []domain.Position
			for _, e := range everything {
				if c.keep(e) {
					want = append(want, e.Position)
				}
			}
			if newest {
				slices.Reverse(want)
			}
			c.q.Newest = newest
			got := positions(must[projections.Page[projections.Entry]](t)(db.Timeline(t.Context(), c.q)).Entries)
			if len(want) == 0 || !slices.Equal(got, want) {
				t.Errorf("%s (newest %v): %v, want %v", name, newest, got, want)
			}
		}
	}
}

func TestReservedHistoriesCanBeLeftOut(t *testing.T) {
	db := open(t, projectionstest.Draw(t, torn))
	page := must[projections.Page[projections.Entry]](t)(db.Timeline(t.Context(), projections.TimelineQuery{Plan: projections.AnyPlan, Limit: 3}))
	if got := positions(page.Entries); !slices.Equal(got, []domain.Position{2, 3, 4}) || page.Next == "" {
		t.Errorf("the first page is %v, next %q", got, page.Next)
	}
	for plan, want := range map[domain.PlanID]int{"": 1, projections.AnyPlan: 0} {
		if page := must[projections.Page[projections.Hit]](t)(db.Search(t.Context(), "Elder", plan, "", 0)); len(page.Entries) != want {
			t.Errorf("a search in %q finds %d names, want %d", plan, len(page.Entries), want)
		}
	}
}

func TestBadPagesAreRefused(t *testing.T) {
	db := open(t, projectionstest.Draw(t, story))
	for _, q := range []projections.TimelineQuery{
		{Limit: -1}, {Limit: 1001}, {After: "x"}, {After: "1.2.3"}, {After: "-1.2"}, {After: "1"}, {After: "18446744073709551615.1"}, {Item: "a"}, {Item: "a", Plan: projections.AnyPlan},
	} {
		if _, err := db.Timeline(t.Context(), q); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%+v: %v, want invalid", q, err)
		}
	}
}

func TestSearchIsSafe(t *testing.T) {
	db := open(t, projectionstest.Draw(t, story))
	for _, typed := range []string{`"`, `*`, `-`, `""`, ``, " \x00 ", `:`, `^`, `( )`, "\xff"} {
		if _, err := db.Search(t.Context(), typed, "", "", 0); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%q: %v, want invalid", typed, err)
		}
	}
	for _, typed := range []string{`NEAR(a b)`, `a AND`, `NOT x`, `"open`, `-late`, `value:late`, `^late`, `a"b"c`, `x'--`, `{a}`, `a + b`, `Köln*`, "a\x00b", `"` + strings.Repeat("x ", 300)} {
		if _, err := db.Search(t.Context(), typed, "", "", 0); err != nil {
			t.Errorf("%q: %v", typed, err)
		}
	}
}

func TestSearchFinds(t *testing.T) {
	src := projectionstest.Draw(t, torn)
	db := open(t, src)
	for typed, want := range map[string]int{"printer": 2, "PRINTERS": 2, "pri*": 3, `"at the printer"`: 1, `"the at printer"`: 0, "printer late": 1,
		"counts": 0, "forty trained": 1} {
		page := must[projections.Page[projections.Hit]](t)(db.Search(t.Context(), typed, "", "", 0))
		if len(page.Entries) != want {
			t.Errorf("%q: %d hits, want %d: %+v", typed, len(page.Entries), want, page.Entries)
		}
	}
	first := must[projections.Page[projections.Hit]](t)(db.Search(t.Context(), "printer", "sdp", "", 1))
	then := must[projections.Page[projections.Hit]](t)(db.Search(t.Context(), "printer", "sdp", first.Next, 1))
	if first.Entries[0].Snippet != "Still at the «printer»" || then.Entries[0].Snippet != "The «printer» is late" || then.Next != "" ||
		then.Entries[0].Entry.Entry != 4 || then.Entries[0].Field != "justification" {
		t.Errorf("pages %+v %+v", first, then)
	}
}

func TestAnErasedTextIsGoneEverywhere(t *testing.T) {
	src := projectionstest.Draw(t, story)
	db := open(t, src)
	before := must[projections.Entry](t)(db.Entry(t.Context(), "sdp", "", 4))
	src.EraseTexts(before.Event)
	if err := db.EraseText(t.Context(), before.Event, "justification"); err != nil {
		t.Fatal(err)
	}
	check := func(db *projections.DB) {
		t.Helper()
		after := must[projections.Entry](t)(db.Entry(t.Context(), "sdp", "", 4))
		if w := after.Texts["justification"]; w.Text != "" || !w.Erased || string(after.Leaf) != string(before.Leaf) {
			t.Errorf("the entry reads %+v", after)
		}
		if page := must[projections.Page[projections.Hit]](t)(db.Search(t.Context(), "late", "", "", 0)); len(page.Entries) != 1 {
			t.Errorf("the search finds %+v", page.Entries) // "The designer was late" alone
		}
		dump(t, db)
		for _, suffix := range []string{"", "-wal"} {
			if holds(t, db.Path()+suffix, "The printer is late") {
				t.Errorf("the words are still in the file%s", suffix)
			}
		}
	}
	check(db)
	again := open(t, nil)
	if err := again.Rebuild(t.Context(), src, nil); err != nil {
		t.Fatal(err)
	}
	check(again)
}
