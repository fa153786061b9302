package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/domain/domaintest"
)

// One bit of one event changes on the disk of a running server. Without anybody asking, appends are refused and say why,
// reading goes on under a banner, the probe and the figures say so, and the event is named.
func TestOneBitOnTheDiskStopsTheLog(t *testing.T) {
	domaintest.Long(t)
	dir, _ := begin(t)
	s := startServer(t, dir)
	for _, words := range []string{"One post is filled.", "Two posts are filled.", "Three posts are filled."} {
		s.record(t, words)
	}
	at := spoil(t, dir, `"type":"plantrail.progress-reported.v1"`)
	waitFor(t, func() bool { return s.proof(t).Alarm != "" })
	proof := s.proof(t)
	if proof.Bad == nil || proof.Bad.Plan != "p1" || proof.Bad.Position != 6 || proof.Bad.RecordedAt.IsZero() {
		t.Errorf("the bit at %d is in %+v", at, proof.Bad)
	}
	resp, body := s.ask(t, "POST", "/v1/plans/p1/report-progress", `{"item":"a","progress":"x"}`)
	if resp.StatusCode != 503 || !strings.Contains(body, "the event at position 6 (number 4 of p1, progress reported, recorded") {
		t.Errorf("an append: %s %s", resp.Status, body)
	}
	resp, body = s.ask(t, "GET", "/v1/plans/p1", "")
	if resp.StatusCode != 200 || !strings.Contains(resp.Header.Get("Plantrail-Alarm"), "not what was signed") {
		t.Errorf("a question: %s, %v %s", resp.Status, resp.Header, body)
	}
	var beside strings.Builder
	show := exec.Command("plantrail", "--data", dir, "show", "p1")
	show.Stderr = &beside
	if out, err := show.Output(); err != nil || !strings.Contains(string(out), "Answer calls") || !strings.Contains(beside.String(), "warning: the history is not what was signed") {
		t.Errorf("the command line says %s, and beside it %s: %v", out, beside.String(), err)
	}
	resp, body = s.ask(t, "GET", "/readyz", "")
	if resp.StatusCode != 503 || !strings.Contains(body, "the history is not what was signed") {
		t.Errorf("the probe: %s %s", resp.Status, body)
	}
	_, body = s.ask(t, "GET", "/metrics", "")
	for _, line := range []string{"plantrail_root_match 0", "plantrail_journal_readonly 1"} {
		if !strings.Contains(body, "\n"+line+"\n") {
			t.Errorf("/metrics does not say %s", line)
		}
	}
	s.interrupt(t)
	s = startServer(t, dir) // a new start finds it before it takes anything
	if resp, body := s.ask(t, "POST", "/v1/plans/p1/report-progress", `{"item":"a","progress":"x"}`); resp.StatusCode != 503 || !strings.Contains(body, "position 6") {
		t.Errorf("an append to the next server: %s %s", resp.Status, body)
	}
}

// spoil flips a bit in the middle one of the places in the history's newest file that hold some words, as a disk does.
func spoil(t testing.TB, dir, words string) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "jetstream/jetstream/$G/streams/HISTORY_council/msgs/*.blk"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	b, err := os.ReadFile(files[len(files)-1])
	if err != nil {
		t.Fatal(err)
	}
	at, n := 0, bytes.Count(b, []byte(words))
	for range n/2 + 1 {
		at += bytes.Index(b[at:], []byte(words)) + len(words)
	}
	flipAt(t, files[len(files)-1], int64(at-3))
	return at - 3
}

func flipAt(t testing.TB, file string, at int64) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err = f.ReadAt(b, at); err == nil {
		b[0] ^= 1
		_, err = f.WriteAt(b, at)
	}
	if err != nil {
		t.Fatal(err)
	}
}
