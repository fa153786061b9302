package witness

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

const (
	origin = "plantrail/acme/0badcafe"
	name   = "auditor.example"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// zeros is a source of "random" bytes that gives the same key every time; another seed, another key.
type zeros byte

func (z zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(z)
	}
	return len(p), nil
}

// history is a growing log. Two histories with other stories part after their first five entries.
type history struct {
	story  string
	signer note.Signer
	key    note.Verifier
	tree   evidence.Tree
	hashes evidence.Hashes
	states []evidence.Checkpoint // by size
}

func newHistory(t testing.TB, story string, size int) *history {
	t.Helper()
	skey, vkey, err := evidence.GenerateKey(zeros(1), origin)
	must(t, err)
	h := &history{story: story}
	h.signer, err = evidence.NewSigner(skey)
	must(t, err)
	h.key, err = evidence.NewVerifier(vkey)
	must(t, err)
	h.states = []evidence.Checkpoint{h.tree.Checkpoint(origin)}
	for i := range size {
		leaf := fmt.Sprintf("entry %d", i)
		if i >= 5 {
			leaf += story
		}
		h.hashes = append(h.hashes, h.tree.Append(evidence.LeafHash([]byte(leaf)))...)
		h.states = append(h.states, h.tree.Checkpoint(origin))
	}
	return h
}

func (h *history) sign(t testing.TB, size int) []byte {
	t.Helper()
	msg, err := h.states[size].Sign(h.signer)
	must(t, err)
	return msg
}

func (h *history) prove(old, new int64) (tlog.TreeProof, error) {
	return evidence.ProveConsistency(old, new, h.hashes)
}

// body is a request that is right if the witness has seen old.
func (h *history) body(t testing.TB, old, size int) []byte {
	t.Helper()
	proof, err := h.prove(int64(old), int64(size))
	must(t, err)
	return request{int64(old), proof, h.sign(t, size)}.format()
}

// memory is a strict [Store]: it fails the test on two calls at a time for one log, and on a smaller tree.
type memory struct {
	t testing.TB
	sync.Mutex
	last, fork map[string][]byte
	putting    map[string]bool
	fail       error // what Put says
	lost       bool  // Put keeps nothing when it fails
}

func newMemory(t testing.TB) *memory {
	return &memory{t: t, last: map[string][]byte{}, fork: map[string][]byte{}, putting: map[string]bool{}}
}

func (m *memory) Last(origin string) ([]byte, error) {
	m.Lock()
	defer m.Unlock()
	return m.last[origin], nil
}

func (m *memory) Put(origin string, msg []byte) error {
	m.Lock()
	if m.putting[origin] {
		m.t.Error("two Puts at once for one log")
	}
	m.putting[origin] = true
	before := m.last[origin]
	m.Unlock()
	if before != nil && sizeOf(m.t, msg) < sizeOf(m.t, before) {
		m.t.Errorf("Put goes back from %d to %d", sizeOf(m.t, before), sizeOf(m.t, msg))
	}
	m.Lock()
	defer m.Unlock()
	m.putting[origin] = false
	if m.fail == nil || !m.lost {
		m.last[origin] = msg
	}
	return m.fail
}

func (m *memory) Fork(origin string) ([]byte, error) {
	m.Lock()
	defer m.Unlock()
	return m.fork[origin], nil
}

func (m *memory) PutFork(origin string, msg []byte) error {
	m.Lock()
	defer m.Unlock()
	if m.fork[origin] == nil {
		m.fork[origin] = msg
	}
	return nil
}

func sizeOf(t testing.TB, msg []byte) int64 {
	text, ok := noteText(msg)
	c, err := evidence.ParseCheckpoint(text)
	if !ok || err != nil {
		t.Errorf("%v: not a checkpoint: %q", err, msg)
	}
	return c.Size
}

func secret(t testing.TB) string {
	t.Helper()
	skey, _, err := evidence.GenerateCosignerKey(zeros(7), name)
	must(t, err)
	return skey
}

var noon = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func newWitness(t testing.TB, store Store, logs ...note.Verifier) *Witness {
	t.Helper()
	w, err := New(Config{Key: secret(t), Logs: logs, Store: store, Clock: func() time.Time { return noon }})
	must(t, err)
	return w
}

func serve(t testing.TB, w http.Handler) *Client {
	t.Helper()
	s := httptest.NewServer(w)
	t.Cleanup(s.Close)
	vkey, err := evidence.CosignerKey(secret(t))
	must(t, err)
	v, err := evidence.NewVerifier(vkey)
	must(t, err)
	return &Client{URL: s.URL, Verifier: v}
}

// post is a request that no Client would make.
func post(w http.Handler, body []byte) (status int, kind, text string) {
	r := httptest.NewRequest(http.MethodPost, "/add-checkpoint", strings.NewReader(string(body)))
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, r)
	b, _ := io.ReadAll(rec.Body)
	return rec.Code, rec.Header().Get("Content-Type"), string(b)
}

func get(w http.Handler, path string) (status int, text string) {
	rec := httptest.NewRecorder()
	w.ServeHTTP(rec, httptest.NewRequest(http.MethodGet, path, nil))
	return rec.Code, rec.Body.String()
}

func (c *Client) add(t testing.TB, old int, h *history, size int) (Cosigned, *Refused) {
	t.Helper()
	got, err := c.Add(context.Background(), int64(old), h.sign(t, size), h.prove)
	var no *Refused
	if err != nil && !errors.As(err, &no) {
		t.Fatal(err)
	}
	return got, no
}
