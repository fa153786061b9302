package visits

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestVisits(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 22, 23, 59, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	l, err := Open(dir, 400, clock)
	if err != nil {
		t.Fatal(err)
	}
	note := func(v Visit) {
		t.Helper()
		if err := l.Note(v); err != nil {
			t.Fatal(err)
		}
	}
	view := Visit{Actor: "p-1", Role: "reader", Did: Viewed, Plan: "parks"}
	note(view)
	note(view) // the same within a minute
	note(Visit{Actor: "p-2", Role: "auditor", Did: Bundle, Plan: "parks"})
	now = now.Add(2 * time.Minute)
	note(view)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	torn, err := os.OpenFile(filepath.Join(dir, "2026-11-23.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = torn.WriteString(`{"at":"2026-1`)
	_ = torn.Close()
	if l, err = Open(dir, 400, clock); err != nil {
		t.Fatal(err)
	}
	note(Visit{Actor: "p-3", Role: "reader", Did: Exported, Plan: "roads"})
	var got []Visit
	for after, pages := "", 0; ; pages++ {
		page, next, err := l.List(Query{Limit: 1, After: after})
		if err != nil || pages > 9 {
			t.Fatal(err, pages)
		}
		got = append(got, page...)
		if after = next; after == "" {
			break
		}
	}
	if len(got) != 4 || got[0].Actor != "p-3" || got[1].Actor != "p-1" || got[2].Did != Bundle || got[3].At.Day() != 22 {
		t.Errorf("%+v", got)
	}
	if some, _, err := l.List(Query{Limit: 9, Plan: "parks", Actor: "p-1", From: "2026-11-23"}); err != nil || len(some) != 1 {
		t.Errorf("%+v, %v", some, err)
	}
	if _, _, err := l.List(Query{Limit: 1, After: "../x"}); err == nil {
		t.Error("nonsense is a cursor")
	}
	now = now.AddDate(0, 0, 401) // forgotten when the day turns
	note(view)
	if all, _, err := l.List(Query{Limit: 9}); err != nil || len(all) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
}
