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

func TestTheFolderSaysForHowLong(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	open := func(days int) *Log {
		t.Helper()
		l, err := Open(dir, days, clock)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	if days := open(0).Days(); days != DefaultDays {
		t.Errorf("at first %d", days)
	}
	if err := open(500).Note(Visit{Actor: "p-1", Did: Viewed, Plan: "parks"}); err != nil {
		t.Fatal(err)
	}
	now = now.AddDate(0, 0, 450)
	l := open(0) // a command of the same machine, which knows no policy, forgets nothing that is kept
	if all, _, err := l.List(Query{Limit: 9}); err != nil || len(all) != 1 || l.Days() != 500 {
		t.Errorf("%v %v, %d days", all, err, l.Days())
	}
	if err := open(30).Note(Visit{Actor: "p-2", Did: Viewed, Plan: "parks"}); err != nil {
		t.Fatal(err)
	}
	if all, _, err := open(0).List(Query{Limit: 9}); err != nil || len(all) != 1 || all[0].Actor != "p-2" {
		t.Errorf("%v %v", all, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "2026-11-22.jsonl")); !os.IsNotExist(err) {
		t.Error("what is too old is still there")
	}
	for _, wrong := range []string{"", "-3", "many", "0", "99999"} {
		if err := os.WriteFile(filepath.Join(dir, "keep"), []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, 0, clock); err == nil {
			t.Errorf("%q is a number of days", wrong)
		}
	}
	for _, wrong := range []int{-1, MostDays + 1} {
		if _, err := Open(dir, wrong, clock); err == nil {
			t.Errorf("%d days can be said", wrong)
		}
	}
}
