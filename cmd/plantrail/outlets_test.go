package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"plantrail/domain/domaintest"
	"plantrail/evidence"
	"plantrail/web"
)

// plantrail runs a command on a data directory and gives what it printed.
func plantrail(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("plantrail", append([]string{"--data", dir}, args...)...)
	cmd.Env = append(os.Environ(), "PLANTRAIL_OUTPUT=table")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("plantrail %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// ask makes one request of a server.
func (s *server) ask(t *testing.T, method, path, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.at.Address+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.at.Token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// proof is what the server says of its log.
func (s *server) proof(t *testing.T) (v web.ProofView) {
	t.Helper()
	if _, body := s.ask(t, "GET", "/v1/verify", ""); json.Unmarshal([]byte(body), &v) != nil {
		t.Fatalf("not the state of a log: %s", body)
	}
	return v
}

// record adds an event and waits until it is signed.
func (s *server) record(t *testing.T, words string) {
	t.Helper()
	was := s.proof(t).Size
	s.must(t, "/v1/plans/p1/report-progress", `{"item":"a","progress":"`+words+`"}`, nil)
	waitFor(t, func() bool { return s.proof(t).Size > was })
}

// begin makes a data directory with a plan, and gives the log's key.
func begin(t *testing.T) (dir, key string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "data")
	plantrail(t, dir, "init")
	plantrail(t, dir, "plan", "open", "p1", "--title", "A plan")
	plantrail(t, dir, "item", "add", "p1", "--item", "a", "--title", "Answer calls")
	return dir, strings.TrimSpace(plantrail(t, dir, "checkpoint", "--key"))
}

func openedBy(t *testing.T, signed string, keys ...string) int {
	t.Helper()
	var all []note.Verifier
	for _, key := range keys {
		v, err := evidence.NewVerifier(key)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(all...))
	if err != nil {
		return 0
	}
	return len(n.Sigs)
}

// hook takes what is posted to it.
type hook struct {
	*httptest.Server
	mu    sync.Mutex
	notes []string
}

func newHook(t *testing.T) *hook {
	h := &hook{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.notes = append(h.notes, string(b))
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) last() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.notes) == 0 {
		return ""
	}
	return h.notes[len(h.notes)-1]
}

// Checkpoints reach a real witness, a webhook and a file; what they said is shown; and one that has gone costs nothing.
func TestCheckpointsLeaveTheHouse(t *testing.T) {
	domaintest.Long(t)
	dir, key := begin(t)
	w := startWitness(t, filepath.Join(t.TempDir(), "witness"), key)
	h := newHook(t)
	file := filepath.Join(t.TempDir(), "checkpoint.txt")
	flags := []string{"--witness", w.URL + "=" + w.key, "--checkpoint-webhook", h.URL + "/secret", "--checkpoint-webhook-inside", "--checkpoint-file", file}
	s := startServer(t, dir, flags...)
	s.record(t, "Half of the calls are answered.")
	waitFor(t, func() bool {
		_, signed := s.ask(t, "GET", "/log/checkpoint", "")
		return openedBy(t, signed, key, w.key) == 2
	})
	waitFor(t, func() bool { b, _ := os.ReadFile(file); return openedBy(t, string(b), key) == 1 })
	waitFor(t, func() bool { return openedBy(t, h.last(), key) == 1 })
	status := plantrail(t, dir, "status")
	if told := strings.Join(strings.Fields(status), " "); !strings.Contains(told, "witness auditor.example seen at 20") || strings.Contains(told, "secret") {
		t.Errorf("the status says %s", status)
	}
	_, figures := s.ask(t, "GET", "/metrics", "")
	if !strings.Contains(figures, `plantrail_outlet_lag_events{kind="witness",outlet="auditor.example"} 0`) || strings.Contains(figures, "secret") {
		t.Error("/metrics does not say how far the witness is")
	}
	w.kill(t)
	s.record(t, "All calls are answered.")
	waitFor(t, func() bool { return s.proof(t).Outlets[0].Error != "" })
	if seen := s.proof(t).Outlets[0]; seen.Size == 0 || seen.LagEvents == 0 || s.proof(t).Alarm != "" {
		t.Errorf("with a dead witness: %+v", s.proof(t))
	}
	s.interrupt(t) // and it shows its last checkpoint to the others
	if b, err := os.ReadFile(file); err != nil || openedBy(t, string(b), key) != 1 || h.last() != string(b) {
		t.Errorf("the last words: %v, file %q, webhook %q", err, b, h.last())
	}
	s = startServer(t, dir, flags...)
	if seen := s.proof(t).Outlets[0]; seen.Size == 0 || openedBy(t, seen.Checkpoint, key, w.key) != 2 {
		t.Errorf("after a restart, without the witness: %+v", seen)
	}
	s.interrupt(t)
}

// A whole data directory that was put back to an older state proves itself right. Only who stands outside knows better: a
// witness, by a size it has seen or, when the history was made longer again, by its tree; or a file on another disk.
func TestWhoStandsOutsideKnowsOfARollback(t *testing.T) {
	domaintest.Long(t)
	for _, by := range []string{"witness", "file"} {
		for _, further := range []bool{false, true} {
			t.Run(fmt.Sprint(by, " further ", further), func(t *testing.T) {
				dir, key := begin(t)
				older := filepath.Join(t.TempDir(), "older")
				if err := os.CopyFS(older, os.DirFS(dir)); err != nil {
					t.Fatal(err)
				}
				flags := []string{"--checkpoint-file", filepath.Join(t.TempDir(), "checkpoint.txt")}
				if by == "witness" {
					w := startWitness(t, filepath.Join(t.TempDir(), "witness"), key)
					flags = []string{"--witness", w.URL + "=" + w.key}
				}
				s := startServer(t, dir, flags...)
				s.record(t, "What somebody wants to be forgotten.")
				if by == "witness" { // a file is written at the end, if its minute is not over
					waitFor(t, func() bool { p := s.proof(t); return p.Outlets[0].Size == p.Size })
				}
				s.interrupt(t)
				if err := os.Chmod(filepath.Join(older, "keys", "checkpoint.key"), 0o600); err != nil {
					t.Fatal(err)
				}
				if further {
					plantrail(t, older, "item", "add", "p1", "--item", "b", "--title", "Another story")
					plantrail(t, older, "item", "add", "p1", "--item", "c", "--title", "Told at length")
				}
				s = startServer(t, older, flags...)
				waitFor(t, func() bool { return s.proof(t).Alarm != "" })
				resp, body := s.ask(t, "POST", "/v1/plans/p1/report-progress", `{"item":"a","progress":"x"}`)
				if resp.StatusCode != 503 || !strings.Contains(body, "frozen") {
					t.Errorf("%s: %s", resp.Status, body)
				}
				t.Log(s.proof(t).Alarm)
			})
		}
	}
}
