package projections_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

func TestTheProjectorStopsLoudly(t *testing.T) {
	for name, c := range map[string]struct {
		twist func(domain.Recorded) []domain.Recorded
		says  string
	}{
		"a gap": {func(r domain.Recorded) []domain.Recorded { return nil }, "gap: position 7 was to follow, 8 came"},
		"an unknown event": {func(r domain.Recorded) []domain.Recorded {
			r.Event = nil
			return []domain.Recorded{r}
		}, "position 7 "},
		"a number left out": {func(r domain.Recorded) []domain.Recorded {
			r.PlanSeq++
			return []domain.Recorded{r}
		}, "position 7 "},
		"another chain": {func(r domain.Recorded) []domain.Recorded {
			r.Prev[0] ^= 1
			return []domain.Recorded{r}
		}, "position 7 "},
		"an item never added": {func(r domain.Recorded) []domain.Recorded {
			r.Event = &domain.ProgressReported{Item: "ghost"}
			return []domain.Recorded{r}
		}, "position 7 "},
		"an item added twice": {func(r domain.Recorded) []domain.Recorded {
			r.Event = &domain.ItemAdded{Item: "a"}
			return []domain.Recorded{r}
		}, "item a was added before"},
	} {
		t.Run(name, func(t *testing.T) {
			src := projectionstest.Draw(t, story)
			src.Twist = func(r domain.Recorded) []domain.Recorded {
				if r.Position == 7 {
					return c.twist(r)
				}
				return []domain.Recorded{r}
			}
			db := open(t, nil)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			err := db.Run(ctx, src)
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("%v, want it to say %q", err, c.says)
			}
			s := db.Status(t.Context())
			if s.Position != 6 || !strings.Contains(s.Stopped, c.says) || s.Gaps > 0 != (name == "a gap") || s.LagEvents == 0 {
				t.Errorf("status %+v", s)
			}
			if v := must[projections.PlanView](t)(db.Plan(t.Context(), "sdp", projections.At{})); len(v.Items) != 2 {
				t.Errorf("reads don't go on: %+v", v)
			}
			if err := db.WaitFor(t.Context(), 8); domain.KindOf(err) != domain.Unavailable {
				t.Errorf("waiting for what won't come: %v", err)
			}
			src.Twist = nil // mended: the next run goes on from where it stopped
			run(t, db, src)
			until(t, func() bool { s := db.Status(t.Context()); return s.Stopped == "" && s.Position == 18 })
		})
	}
}

// A disk that is full stops the projector for as long as it is: Status says so, and with space it goes on from where it was.
func TestAFullDiskStopsTheProjectorForAWhile(t *testing.T) {
	domaintest.Long(t)
	dir := domaintest.SmallDisk(t, "8m")
	src := projectionstest.Draw(t, story)
	db := must[*projections.DB](t)(projections.Open(t.Context(), filepath.Join(dir, "read.db"), projections.Options{}))
	t.Cleanup(func() { _ = db.Close() })
	run(t, db, src)
	catchUp(t, db, src)
	fillDisk(t, filepath.Join(dir, "filler"))
	for range 300 { // more than lies unused in the files
		src.Draw(t, fmt.Sprintf("sdp progress a %q", strings.Repeat("more ", 500)))
	}
	until(t, func() bool { return db.Status(t.Context()).Stopped != "" })
	if v, err := db.Plan(t.Context(), "sdp", projections.At{}); err != nil || len(v.Items) == 0 {
		t.Errorf("reads don't go on: %+v, %v", v, err)
	}
	if err := os.Remove(filepath.Join(dir, "filler")); err != nil {
		t.Fatal(err)
	}
	until(t, func() bool {
		s := db.Status(t.Context())
		return s.Stopped == "" && int(s.Position) == len(src.Recorded())
	})
	if diff := cmp.Diff(rebuilt(t, src), dump(t, db)); diff != "" {
		t.Error(diff)
	}
}

// fillDisk writes a file until there is no more space.
func fillDisk(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, size := range []int{64 << 10, 512} {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
}

func TestAnotherJournalIsNoticed(t *testing.T) {
	src := projectionstest.Draw(t, story)
	db := open(t, nil)
	stop := run(t, db, src)
	catchUp(t, db, src)
	stop()
	for name, c := range map[string]struct {
		other projections.Source
		says  string
	}{
		"shorter":            {upTo{src, 5}, "the journal ends at position 5"},
		"another":            {projectionstest.Draw(t, anotherStory), "is not the one that the read models were built from"},
		"another at its end": {projectionstest.Draw(t, strings.Replace(story, "people token t-1 p-1 editor", "people token t-1 p-1 admin", 1)), "at position 18 is not the one"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := db.Run(ctx, c.other); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// anotherStory is as long as story, and different.
var anotherStory = "open x \"X\"\nx add i \"I\"\n" + strings.Repeat("x progress i \"p\"\n", 20)

// TestUnusable opens what a rebuild alone can put right, and begins anew.
func TestUnusable(t *testing.T) {
	src := projectionstest.Draw(t, story)
	for name, c := range map[string]struct {
		spoil func(db *projections.DB, pointer string) error
		words string
	}{
		"a newer schema": {func(db *projections.DB, _ string) error { return db.SetVersion(7777) },
			fmt.Sprintf("read model is schema 7777, this binary knows %d: upgrade, or run `plantrail rebuild`", projections.SchemaVersion)},
		"no database": {func(db *projections.DB, _ string) error {
			return os.WriteFile(db.Path(), []byte("my letters, and not at all what was expected here\n"), 0o600)
		}, "run `plantrail rebuild`"},
		"a foreign pointer": {func(_ *projections.DB, pointer string) error {
			return os.WriteFile(pointer, []byte("my letters\n"), 0o600)
		}, "does not name a read model: run `plantrail rebuild`"},
	} {
		t.Run(name, func(t *testing.T) {
			pointer := t.TempDir() + "/read.db"
			for range 3 { // so that files of several numbers come about
				db := must[*projections.DB](t)(projections.Open(t.Context(), pointer, projections.Options{}))
				if err := errors.Join(db.Rebuild(t.Context(), src, nil), db.Close()); err != nil {
					t.Fatal(err)
				}
			}
			db := must[*projections.DB](t)(projections.Open(t.Context(), pointer, projections.Options{}))
			want := must[[]string](t)(db.Dump(t.Context()))
			if err := errors.Join(c.spoil(db, pointer), db.Close()); err != nil {
				t.Fatal(err)
			}
			_, err := projections.Open(t.Context(), pointer, projections.Options{})
			if !errors.Is(err, projections.ErrUnusable) || !strings.Contains(err.Error(), c.words) {
				t.Fatalf("got %v", err)
			}
			db = must[*projections.DB](t)(projections.Open(t.Context(), pointer, projections.Options{Anew: true}))
			stop := run(t, db, src)
			catchUp(t, db, src)
			stop()
			if got := must[[]string](t)(db.Dump(t.Context())); !slices.Equal(got, want) {
				t.Errorf("built anew: %v", got)
			}
			if left := must[[]string](t)(filepath.Glob(filepath.Dir(pointer) + "/read-*.db")); len(left) != 1 {
				t.Errorf("there are %v", left)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// slow is a source whose events wait for a signal each.
type slow struct {
	*projectionstest.Source
	next chan struct{}
}

func (s slow) Events(ctx context.Context, after domain.Position, follow bool) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		for r, err := range s.Source.Events(ctx, after, follow) {
			select {
			case <-s.next:
			case <-ctx.Done():
				return
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

func TestAWriterReadsItsOwnWrite(t *testing.T) {
	src := slow{projectionstest.Draw(t, story), make(chan struct{}, 100)}
	all := domain.Position(len(src.Recorded()))
	db := open(t, nil)
	run(t, db, src)
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := db.WaitFor(short, 3); domain.KindOf(err) != domain.Unavailable {
		t.Fatalf("%v, want unavailable", err)
	}
	until(t, func() bool { return db.Status(t.Context()).Tail == all })
	if s := db.Status(t.Context()); s.CaughtUp || s.LagEvents != uint64(all) {
		t.Errorf("while it is built the first time the status is %+v", s)
	}
	for range 3 {
		src.next <- struct{}{}
	}
	if err := db.WaitFor(t.Context(), 3); err != nil {
		t.Fatal(err)
	}
	if _, err := db.ItemHistory(t.Context(), "sdp", "a", projections.At{}); err != nil {
		t.Error("the write is not there:", err)
	}
	for range all - 3 {
		src.next <- struct{}{}
	}
	until(t, func() bool { return db.Status(t.Context()).CaughtUp })
}
