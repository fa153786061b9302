package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
)

// TestKilledWhileErasing kills the real binary with SIGKILL at random moments while texts are erased, and starts it again,
// round after round: in between are all that lies between "requested", "destroyed" and "completed". After each start each
// erasure that was recorded is finished, its text lies in no file, and one that was not recorded has erased nothing. In the
// end the history extends its checkpoint of before, and what was taken before still proves itself.
func TestKilledWhileErasing(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	dir, key := begin(t)
	e := &erasing{dir: dir, asked: map[int]bool{}, acked: map[int]bool{}}
	s := startServer(t, dir)
	for n := range 160 {
		var r domain.Receipt
		s.must(t, "/v1/plans/p1/report-progress", `{"item":"a","progress":"`+secretOf(n)+`"}`, &r)
		e.entries = append(e.entries, fmt.Sprint(r.Version))
	}
	waitFor(t, func() bool { return s.proof(t).LagEvents == 0 })
	s.interrupt(t)
	early, bundle := filepath.Join(t.TempDir(), "early.txt"), filepath.Join(t.TempDir(), "early.zip")
	plantrail(t, dir, "bundle", "p1", "--reason", "Inspection", "-o", bundle)
	writeFile(t, early, plantrail(t, dir, "checkpoint"))
	if where := found(t, dir, secretOf(3)); len(where) == 0 {
		t.Fatal("the texts are not found before they are erased: the test can't tell")
	}
	for round := range 8 {
		s := startServer(t, dir)
		e.check(t, s)
		before := e.done()
		stop := e.run(s)
		waitFor(t, func() bool { return e.done() >= before+3 })
		<-time.After(rand.N(60 * time.Millisecond)) // the moment of the kill is meant to be any
		s.kill(t)
		stop()
		t.Logf("round %d: %d texts erased, %d asked for", round+1, e.done(), len(e.asked))
	}
	s = startServer(t, dir)
	e.check(t, s)
	s.interrupt(t)
	plantrail(t, dir, "verify", "--against", early)
	plantrail(t, dir, "verify", bundle, "--key", key)
}

// secretOf is the text that goes.
func secretOf(n int) string { return fmt.Sprintf("Zebulon Quarkwright the %03dth is ill.", n) }

// erasing is what those know who erase.
type erasing struct {
	dir     string
	entries []string // by number of the secret
	mu      sync.Mutex
	next    int
	asked   map[int]bool // sent
	acked   map[int]bool // answered: it is destroyed
}

func (e *erasing) done() int { e.mu.Lock(); defer e.mu.Unlock(); return len(e.acked) }

// run erases one text after the other, three at a time, until the server is gone.
func (e *erasing) run(s *server) (stop func()) {
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			for e.one(s) {
			}
		})
	}
	return all.Wait
}

func (e *erasing) one(s *server) bool {
	e.mu.Lock()
	n := e.next
	if n == len(e.entries) {
		e.mu.Unlock()
		return false
	}
	e.next++
	e.asked[n] = true
	e.mu.Unlock()
	code, err := s.call("POST", "/v1/plans/p1/erase-text", "", map[string]any{"entry": e.entries[n], "field": "progress",
		"reason": "It names a patient.", "authority": map[string]string{"body": "Data Protection Officer"}}, &domain.Receipt{})
	if err != nil {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if code == http.StatusCreated {
		e.acked[n] = true
	}
	return true
}

// check: each text is there, as it was, or gone, everywhere.
func (e *erasing) check(t *testing.T, s *server) {
	t.Helper()
	shown, types := map[string]bool{}, map[string]int{}
	waitFor(t, func() bool { // a start may answer before the read models show what it has finished
		clear(types)
		clear(shown)
		for _, entry := range wholeTimeline(t, s, "p1") {
			types[entry.Type]++
			shown[entry.Texts["progress"].Text] = true
		}
		return types["erasure-requested"] == types["erasure-completed"]
	})
	for n := range e.entries {
		words := secretOf(n)
		switch {
		case shown[words] && e.acked[n]:
			t.Errorf("%q was erased and is shown", words)
		case !shown[words] && !e.asked[n]:
			t.Errorf("%q is gone, and nobody asked for that", words)
		case !shown[words]:
			if where := found(t, e.dir, words); len(where) > 0 {
				t.Errorf("%q is erased, and lies in %v", words, where)
			}
		}
	}
	t.Logf("%d erasures requested and completed", types["erasure-completed"])
}

// found lists the files below a directory that hold some words, as they are or in base64.
func found(t *testing.T, dir, words string) (where []string) {
	t.Helper()
	forms := [][]byte{[]byte(words)}
	for shift := range 3 {
		coded := base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + words))
		forms = append(forms, []byte(coded[4:len(coded)-4]))
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // a file that went while we looked
		}
		b, _ := os.ReadFile(path)
		for _, form := range forms {
			if bytes.Contains(b, form) {
				where = append(where, path)
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return where
}
