package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// A start that is refused because a block of the history was cut off, or is gone, names the first event that was lost: its
// plan, its number there and when it was recorded, by the read models or, without those, by the event before it.
func TestARefusedStartNamesTheFirstLostEvent(t *testing.T) {
	domaintest.Long(t)
	whole := inThreeBlocks(t)
	for name, c := range map[string]struct {
		block  int // from the end, where it is negative
		cut    int64
		killed bool
	}{
		"middle block truncated":         {1, 5000, false},
		"middle block truncated, killed": {1, 5000, true},
		"middle block gone":              {1, -1, false},
		"last block truncated":           {-1, 5000, false},
		"last block truncated, killed":   {-1, 5000, true},
		"last block gone":                {-1, -1, false},
		"last block gone, killed":        {-1, -1, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			replaceDir(t, dir, whole)
			msgs := filepath.Join(dir, "jetstream/jetstream/$G/streams/HISTORY_council/msgs")
			files := blocksIn(t, msgs)
			if file := files[(len(files)+c.block)%len(files)]; c.cut < 0 {
				mustDo(t, os.Remove(file))
			} else {
				mustDo(t, os.Truncate(file, sizeOfFile(t, file)-c.cut))
			}
			if c.killed {
				mustDo(t, os.Remove(filepath.Join(msgs, "index.db")))
			}
			first := firstHole(t, dir)
			// Before the first event of p1 lie the two that begin a journal.
			named := fmt.Sprintf(`The first that is not as it was recorded: the event at position %d \(number %d of p1, progress reported, recorded \d+ \w+ \d{4} [\d:]+ UTC\) is damaged or missing in the journal's files`, first, first-2)
			wantMatch(t, startRefused(t, dir), named, `plantrail repair, with --from the newest backup`)
			if got := firstHole(t, dir); got != first {
				t.Errorf("the first hole was at %d, after two starts it is at %d", first, got)
			}
			views, err := filepath.Glob(filepath.Join(dir, "read*"))
			mustDo(t, err)
			for _, file := range views {
				mustDo(t, os.Remove(file))
			}
			wantMatch(t, startRefused(t, dir), fmt.Sprintf(`the event at position %d is damaged or missing in the journal's files; the one before it is number %d of p1, progress reported, recorded`, first, first-3))
		})
	}
}

// inThreeBlocks is a data directory with a history of some 20 MB, known to its read models and signed.
func inThreeBlocks(t *testing.T) string {
	t.Helper()
	dir, _ := begin(t)
	plantrail(t, dir, "item", "add", "p1", "--item", "item-01", "--title", "Fill posts")
	cfg := eventstoretest.Config(dir)
	cfg.Org = "council"
	s := eventstoretest.OpenWith(t, cfg)
	all := journaltest.All(t, s, "p1")
	head := all[len(all)-1].Head()
	for i := range 24 {
		got, err := s.Append(t.Context(), head, journaltest.Change("p1", fmt.Sprint("c-", i), 1000, ""))
		if err != nil {
			t.Fatal(err)
		}
		head = got[999].Head()
	}
	eventstoretest.Close(t, s)
	plantrail(t, dir, "plan", "list")
	return dir
}

func blocksIn(t *testing.T, msgs string) []string {
	t.Helper()
	var files []string
	for n := 1; ; n++ {
		file := filepath.Join(msgs, strconv.Itoa(n)+".blk")
		if _, err := os.Stat(file); err != nil {
			break
		}
		files = append(files, file)
	}
	if len(files) < 3 {
		t.Fatalf("%d blocks are too few to have a middle one", len(files))
	}
	return files
}

// firstHole is the first position that can't be read in the files, found without what is tested.
func firstHole(t *testing.T, dir string) domain.Position {
	t.Helper()
	cfg := eventstoretest.Config(dir)
	cfg.Org = "council"
	files, err := eventstore.OpenSalvage(cfg)
	mustDo(t, err)
	defer files.Close()
	next := domain.Position(1)
	for leaf, err := range files.Leaves(0) {
		mustDo(t, err)
		if leaf.Position != next {
			break
		}
		next++
	}
	return next
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func sizeOfFile(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	mustDo(t, err)
	return info.Size()
}

func wantMatch(t *testing.T, said string, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		if !regexp.MustCompile(p).MatchString(said) {
			t.Errorf("it does not say %q, but %s", p, said)
		}
	}
}

// In a cluster the server that leads is asked for what it still has: of a history that lost its beginning by a limit, and of
// one that is gone, the first event is named, too.
func TestARefusedStartInAClusterNamesTheFirstLostEvent(t *testing.T) {
	w := beginTown(t)
	s := startServer(t, w.dir)
	w.fill(t, s)
	s.interrupt(t)
	stream, err := w.js.Stream(t.Context(), "HISTORY_council")
	mustDo(t, err)
	cfg := stream.CachedInfo().Config
	few := cfg
	few.MaxMsgs, few.Discard = 5, jetstream.DiscardOld
	_, err = w.js.UpdateStream(t.Context(), few)
	mustDo(t, err)
	_, err = w.js.UpdateStream(t.Context(), cfg)
	mustDo(t, err)
	wantMatch(t, startRefused(t, w.dir), `it is not whole: first 1\d`, `the event at position 1 \(number 1 of _log, key adopted, recorded [^)]*\) is missing on n\d`)
	mustDo(t, w.js.DeleteStream(t.Context(), "HISTORY_council"))
	wantMatch(t, startRefused(t, w.dir), `HISTORY_council: it is missing`, `the event at position 1 \(number 1 of _log, key adopted, recorded [^)]*\) is missing`)
}
