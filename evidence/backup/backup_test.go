package backup_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/evidence"
	"plantrail/evidence/backup"
)

func TestRoundTrip(t *testing.T) {
	for _, steps := range [][]int{{1}, {255}, {256}, {257}, {10, 1, 244, 1, 1}, {300, 300, 1000}} {
		t.Run(fmt.Sprint(steps), func(t *testing.T) {
			l, dir := newLog(t), t.TempDir()
			for i, n := range steps {
				had := len(l.leaves)
				l.fill(n)
				l.attach("p1", fmt.Sprint("evidence-", i), []byte("content of "+fmt.Sprint(i)))
				l.sign()
				if r := update(t, dir, l); i > 0 && (r.Earlier != int64(had) || r.Events != int64(n+1)) {
					t.Errorf("%+v", r)
				}
				wantAll(t, dir, l)
			}
			l.fetched = 0
			before := files(t, dir)
			if r := update(t, dir, l); r.Events != 0 || l.fetched != 0 {
				t.Errorf("nothing is new, yet %d tiles were fetched: %+v", l.fetched, r)
			}
			if !maps.Equal(before, files(t, dir)) {
				t.Error("nothing is new, yet files differ")
			}
		})
	}
}

// What lies there of the log is never written again: neither other bytes nor the same.
func TestOlderFilesAreNotTouched(t *testing.T) {
	l, dir := newLog(t), t.TempDir()
	l.fill(600)
	update(t, dir, l)
	long := time.Unix(1, 0)
	for name := range files(t, dir) {
		must(t, os.Chtimes(filepath.Join(dir, name), long, long))
	}
	l.fill(300)
	l.fetched = 0
	update(t, dir, l)
	if l.fetched != 2 { // the one that was partial, and the one after it
		t.Errorf("%d tiles were fetched", l.fetched)
	}
	for _, name := range []string{"tile/entries/000", "tile/entries/001", "tile/0/000", "tile/0/001", "texts/000", "texts/001", "checkpoints/000000000"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || !info.ModTime().Equal(long) {
			t.Errorf("%s was written again: %v", name, err)
		}
	}
}

// Every byte counts: whichever is altered, the backup is refused, and a file is named.
func TestEachByteCounts(t *testing.T) {
	l, dir := newLog(t), t.TempDir()
	l.fill(3)
	id := l.event("p1", "justification-given", `"item":"b"`, map[string]string{"text": "To be erased", "note": "To stay"})
	l.attach("p1", "evidence-1", []byte("a letter"))
	l.sign()
	l.request(id, "text")
	l.destroy(id, "text", "command")
	l.fill(2)
	update(t, dir, l)
	places := 150 // in each file
	if testing.Short() {
		places = 20
	}
	whole := files(t, dir)
	for name, content := range whole {
		step := 1 + len(content)/places
		for at := 0; at < len(content); at += step {
			for _, bit := range []byte{1, 0x20} {
				b := []byte(content)
				b[at] ^= bit
				refused(t, dir, name, string(b), content)
			}
		}
		refused(t, dir, name, content[:len(content)-1], content)
		refused(t, dir, name, content+"x", content)
		must(t, os.Remove(filepath.Join(dir, name)))
		if _, err := backup.Open(context.Background(), dir, nil); name != "erasures" && !errors.As(err, new(*backup.Fault)) {
			t.Errorf("%s is missing: %v", name, err)
		}
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	wantAll(t, dir, l)
}

// refused writes other content, wants it to be found, and puts the old one back.
func refused(t *testing.T, dir, name, content, old string) {
	t.Helper()
	path := filepath.Join(dir, name)
	must(t, os.WriteFile(path, []byte(content), 0o600))
	_, err := backup.Open(context.Background(), dir, nil)
	f := (*backup.Fault)(nil)
	top, _, _ := strings.Cut(name, "/")
	if !errors.As(err, &f) || !strings.Contains(f.Error(), top) && top != "checkpoint" {
		t.Errorf("%s: altered, and it says: %v", name, err)
	}
	must(t, os.WriteFile(path, []byte(old), 0o600))
}

// Wherever taking a backup ends, the earlier one is whole, and the next one finds nothing in its way.
func TestInterrupted(t *testing.T) {
	broken := errors.New("the line is cut")
	for _, first := range []bool{true, false} {
		for cut, through := 1, false; !through; cut++ {
			l, dir := newLog(t), t.TempDir()
			l.fill(8)
			id := l.event("p1", "justification-given", `"item":"b"`, map[string]string{"text": "Zebulon"})
			l.attach("p1", "evidence-1", []byte("a letter"))
			l.sign()
			old := *l
			old.leaves, old.texts = slices.Clone(l.leaves), slices.Clone(l.texts)
			old.files = maps.Clone(l.files)
			if !first {
				update(t, dir, l)
			}
			l.request(id, "text")
			l.destroy(id, "text", "command")
			l.attach("p2", "evidence-2", []byte("another letter"))
			l.fill(3)
			calls := 0
			l.before = func(string) error {
				if calls++; calls == cut {
					return broken
				}
				return nil
			}
			_, err := backup.Update(context.Background(), dir, l, backup.Options{Pause: time.Nanosecond})
			if through = err == nil; !through && !errors.Is(err, broken) {
				t.Fatal(err)
			}
			l.before = func(string) error { return nil }
			if !through && !first {
				wantAll(t, dir, &old)
			}
			if _, err := backup.Open(context.Background(), dir, nil); !through && first && err == nil {
				t.Fatal("a first backup that was cut short opens")
			}
			update(t, dir, l)
			wantAll(t, dir, l)
		}
	}
}

// A crash between two writes of files: each state of the directory on the way is the earlier backup or the new one.
func TestCrashed(t *testing.T) {
	l, dir := newLog(t), t.TempDir()
	l.fill(300)
	id := l.event("p1", "justification-given", `"item":"b"`, map[string]string{"text": "Zebulon"})
	l.attach("p1", "evidence-1", []byte("a letter"))
	l.sign()
	update(t, dir, l)
	had := len(l.leaves)
	l.request(id, "text")
	l.destroy(id, "text", "command")
	l.attach("p2", "evidence-2", []byte("another letter"))
	l.fill(300)
	whole := t.TempDir()
	for at, through := 0, false; !through; at++ {
		must(t, os.RemoveAll(whole))
		must(t, os.CopyFS(whole, os.DirFS(dir)))
		_, through = backup.UpdateUntil(whole, l, at)
		b := open(t, whole)
		if b.Last.Size == int64(had) {
			if got := textsOf(t, b); len(got) != 301 {
				t.Fatalf("after %d writes the earlier backup has %d texts", at, len(got))
			}
		} else if b.Last.Size != int64(len(l.leaves)) || textsOf(t, b)[id] != "" {
			t.Fatalf("after %d writes it has %d events, or hands out what was erased", at, b.Last.Size)
		}
		update(t, whole, l)
		wantAll(t, whole, l)
		if b := open(t, whole); b.Leftover > 0 {
			t.Fatalf("after %d writes %d erased texts are left", at, b.Leftover)
		}
	}
}

func TestErasedTexts(t *testing.T) {
	l, dir := newLog(t), t.TempDir()
	l.fill(5)
	one := l.event("p1", "justification-given", `"item":"b"`, map[string]string{"text": "Zebulon Quarkwright", "note": "Stays"})
	first := l.part("p1", "item-added", `"item":"c"`, map[string]string{"title": "A title"}, "c-import", 1, 2)
	l.event("p2", "item-added", `"item":"d"`, map[string]string{"title": "In between"})
	second := l.part("p1", "item-added", `"item":"e"`, map[string]string{"title": "Quarkwright's"}, "c-import", 2, 2)
	l.fill(3)
	update(t, dir, l)
	before := textsOf(t, open(t, dir))
	l.request(one, "text")
	l.destroy(one, "text", "command")
	l.request(second, "title")
	l.destroy(first, "command")
	l.destroy(second, "title")
	l.fill(1)
	r := update(t, dir, l)
	if r.Erased != 4 { // two texts, and the digests of the two commands
		t.Errorf("%+v", r)
	}
	b := wantAll(t, dir, l)
	if len(b.Erasures) != 2 || b.Erasures[0].Authority != "DPO" || b.Erasures[1].Plan != "p1" {
		t.Errorf("%+v", b.Erasures)
	}
	gone := slices.Concat(strings.Fields(before[one]), strings.Fields(before[first]), strings.Fields(before[second]))
	kept := textsOf(t, b)
	for name, content := range files(t, dir) {
		for _, enc := range gone {
			if strings.Contains(content, enc) && !strings.Contains(kept[one]+kept[first]+kept[second], enc) {
				t.Errorf("%s still holds an erased disclosure", name)
			}
		}
	}
	list, err := os.ReadFile(filepath.Join(dir, "erasures"))
	must(t, err)
	if got, err := backup.ParseErasures(list); err != nil || len(got) != 2 || got[1].Event != second || got[1].Field != "title" {
		t.Errorf("%+v %v", got, err)
	}
}

// A text is erased while the backup is taken: it is missing before the log has said why, and the log is read on until it has.
func TestErasedMeanwhile(t *testing.T) {
	l, dir := newLog(t), t.TempDir()
	l.fill(20)
	one := l.event("p1", "justification-given", `"item":"b"`, map[string]string{"text": "Zebulon", "note": "Stays"})
	l.fill(20)
	texts := 0
	l.before = func(what string) error {
		if what == "texts" {
			texts++
		}
		switch {
		case what == "entries" && texts == 0:
			l.destroy(one, "text", "command")
		case what == "checkpoint" && texts > 0 && len(l.leaves) == 42:
			l.request(one, "text")
			l.sign()
		}
		return nil
	}
	r := update(t, dir, l)
	l.before = func(string) error { return nil }
	if r.Size != 43 || r.Lost != 0 {
		t.Errorf("%+v", r)
	}
	update(t, dir, l)
	wantAll(t, dir, l)
}

// What the source has lost does not stand in the way of a backup of the rest, and is said.
func TestLost(t *testing.T) {
	l, dir := newLog(t), t.TempDir()
	l.fill(4)
	l.attach("p1", "evidence-1", []byte("a letter"))
	l.sign()
	delete(l.files, "p1/evidence-1")
	l.destroy(idOf(3), "text")
	for i, s := range l.texts { // one is altered where it lies
		if s.Event == idOf(4) {
			l.texts[i].Disclosures = l.texts[i-1].Disclosures
		}
	}
	if r := update(t, dir, l); r.Lost != 3 {
		t.Errorf("%+v", r)
	}
	if b := open(t, dir); !slices.Equal(b.Manifest.Lost, []string{"p1/evidence-1", idOf(3), idOf(4)}) {
		t.Errorf("%+v", b.Manifest)
	}
	l.fill(2)
	if r := update(t, dir, l); r.Lost != 3 || r.Size != 8 {
		t.Errorf("%+v", r)
	}
}

// A text that is stored long after others, and a text stream made again, as after a restore.
func TestTextsInAnyOrder(t *testing.T) {
	l, dir := newLog(t), t.TempDir()
	l.fill(1000)
	slices.Reverse(l.texts)
	update(t, dir, l)
	wantAll(t, dir, l)
	l.made = "b"
	l.fill(10)
	update(t, dir, l)
	wantAll(t, dir, l)
	slices.Reverse(l.texts)
	l.made = "c"
	l.fill(10)
	update(t, dir, l)
	wantAll(t, dir, l)
}

// Another log, one that was put back to an earlier state, and one that was altered are never mixed into a backup.
func TestAnotherHistory(t *testing.T) {
	l, dir := newLog(t), t.TempDir()
	l.fill(10)
	before := *l
	before.leaves = slices.Clone(l.leaves)
	l.fill(10)
	update(t, dir, l)
	whole := files(t, dir)
	forked := before
	forked.fill(11)
	altered := *l
	altered.leaves = slices.Clone(l.leaves)
	altered.fill(5)
	altered.leaves[23] = []byte(strings.Replace(string(altered.leaves[23]), `"item":"a"`, `"item":"b"`, 1))
	for name, c := range map[string]struct {
		from *fakeLog
		says string
	}{
		"another journal":              {newLog(t), "does not have the checkpoint"},
		"put back":                     {&before, "does not have the checkpoint"},
		"put back and gone on":         {&forked, "does not have the checkpoint"},
		"altered since the checkpoint": {&altered, "states the root"},
	} {
		c.from.sign()
		_, err := backup.Update(context.Background(), dir, c.from, backup.Options{})
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if !maps.Equal(whole, files(t, dir)) {
			t.Errorf("%s: the backup is not as it was", name)
		}
	}
	if _, err := backup.Update(context.Background(), dir, other{l}, backup.Options{}); err == nil || !strings.Contains(err.Error(), "is a backup of journal") {
		t.Error(err)
	}
}

type other struct{ *fakeLog }

func (other) About(context.Context) (string, string, error) {
	return "acme", strings.Repeat("0", 32), nil
}

func TestRootsAndErasuresOfOthers(t *testing.T) {
	l, dir := newLog(t), t.TempDir()
	var tree evidence.Tree
	l.fill(700)
	update(t, dir, l)
	b := open(t, dir)
	for i, leaf := range l.leaves {
		tree.Add(evidence.LeafHash(leaf))
		if root, err := b.Root(int64(i + 1)); err != nil || root != tree.Root() {
			t.Fatalf("root of %d: %v", i+1, err)
		}
	}
	if _, err := b.Root(int64(len(l.leaves) + 1)); err == nil {
		t.Error("a root of more than there is")
	}
	had, err := b.Erase(context.Background(), []backup.Erasure{{Plan: "p1", Event: idOf(500), Field: "text"}, {Plan: "p1", Event: idOf(9999), Field: "text"}})
	if err != nil || len(had) != 1 || textsOf(t, b)[idOf(500)] != "" || len(textsOf(t, b)) != 699 {
		t.Errorf("%+v %v", had, err)
	}
}
