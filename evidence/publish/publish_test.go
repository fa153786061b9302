package publish

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
	"plantrail/evidence/witness"
)

const origin = "plantrail/acme/0badcafe"

// grown is a log in memory. Two of them with other stories are two histories signed by one key.
type grown struct {
	t      testing.TB
	story  string
	signer note.Signer
	key    note.Verifier

	mu     sync.Mutex
	tree   evidence.Tree
	hashes evidence.Hashes
	last   []byte
	alarms []string
}

func newLog(t testing.TB, story string) *grown {
	t.Helper()
	skey, vkey, err := evidence.GenerateKey(bytes.NewReader(bytes.Repeat([]byte{7}, 64)), origin)
	g := &grown{t: t, story: story}
	if err == nil {
		g.signer, err = evidence.NewSigner(skey)
	}
	if err == nil {
		g.key, err = evidence.NewVerifier(vkey)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func (g *grown) grow(leaves int) *grown {
	g.mu.Lock()
	defer g.mu.Unlock()
	for range leaves {
		g.hashes = append(g.hashes, g.tree.Append(evidence.LeafHash(fmt.Append(nil, g.story, g.tree.Size())))...)
	}
	var err error
	if g.last, err = g.tree.Checkpoint(origin).Sign(g.signer); err != nil {
		g.t.Error(err)
	}
	return g
}

func (g *grown) Last() []byte {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.last
}

func (g *grown) Prove(_ context.Context, old, new int64) (tlog.TreeProof, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return evidence.ProveConsistency(old, new, g.hashes)
}

func (g *grown) Stored(context.Context) (int64, error) { return sizeOf(g.Last()), nil }

func (g *grown) Extends(_ context.Context, signed []byte) error {
	c, _, err := evidence.OpenCheckpoint(signed, origin, g.key)
	if err == nil && c.Size > sizeOf(g.Last()) {
		err = errors.New("taken back")
		g.Alarm(err.Error())
	}
	return err
}

func (g *grown) Alarm(reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.alarms = append(g.alarms, reason)
}

func (g *grown) alarmed() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return strings.Join(g.alarms, "; ")
}

var quiet = slog.New(slog.DiscardHandler)

// auditor is a witness on a server, and the outlet that shows it checkpoints.
func auditor(t testing.TB, g *grown, kept string) Outlet {
	t.Helper()
	dir, err := witness.OpenDir(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	skey, vkey, err := evidence.GenerateCosignerKey(nil, "auditor.example")
	if err != nil {
		t.Fatal(err)
	}
	w, err := witness.New(witness.Config{Key: skey, Logs: []note.Verifier{g.key}, Store: dir})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(w)
	t.Cleanup(s.Close)
	v, err := evidence.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return Witness(s.URL, v, kept)
}

func TestAWitnessIsShownEachAndItsWordIsKept(t *testing.T) {
	g, kept := newLog(t, "a").grow(3), filepath.Join(t.TempDir(), "kept")
	o := auditor(t, g, kept)
	p := New(g, quiet, o)
	if p.Status()[0].String() != "witness auditor.example: not yet seen, 3 events behind" {
		t.Error(p.Status()[0])
	}
	for size := int64(3); size < 40; size += 7 {
		p.Flush(t.Context())
		s := p.Status()[0]
		if s.Size != size || s.Error != "" || s.LagEvents != 0 || !bytes.Contains(p.Note(), []byte("\n— auditor.example ")) {
			t.Fatalf("at %d: %+v\n%s", size, s, p.Note())
		}
		g.grow(7)
		if bytes.Contains(p.Note(), []byte("auditor")) || p.Status()[0].LagEvents != 7 {
			t.Fatalf("the witness has not seen %s", p.Note())
		}
	}
	again := New(g, quiet, o).Status()[0]
	if again.Size != 38 || again.At.IsZero() || again.LagEvents != 7 {
		t.Errorf("after a restart: %+v", again)
	}
	if err := os.WriteFile(kept, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	p = New(g, quiet, o) // the witness tells where it stands
	if p.Flush(t.Context()); p.Status()[0].Size != 45 || g.alarmed() != "" {
		t.Errorf("without what was kept: %+v %s", p.Status(), g.alarmed())
	}
}

func TestAWitnessThatSawMoreOrElseRaisesTheAlarm(t *testing.T) {
	for name, c := range map[string]struct {
		size int
		want string
	}{"cut": {5, "were taken back"}, "made again": {12, "another history"}, "of one size": {9, "another history"}} {
		t.Run(name, func(t *testing.T) {
			g := newLog(t, "a").grow(9)
			o := auditor(t, g, filepath.Join(t.TempDir(), "kept"))
			New(g, quiet, o).Flush(t.Context())
			other := newLog(t, "b").grow(c.size)
			p := New(other, quiet, o)
			p.Flush(t.Context())
			if !strings.Contains(other.alarmed(), c.want) || p.Status()[0].Error == "" {
				t.Errorf("%q, %+v", other.alarmed(), p.Status())
			}
		})
	}
}

// One that hangs holds nobody up, and is tried again when it comes back.
func TestADeadOutletCostsTheOthersNothing(t *testing.T) {
	g := newLog(t, "a").grow(1)
	up, got := make(chan bool), make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		select {
		case <-up:
			got <- string(b)
		case <-r.Context().Done():
		}
	}))
	defer s.Close()
	hook, err := Webhook(s.URL, true)
	if err != nil {
		t.Fatal(err)
	}
	file := File(filepath.Join(t.TempDir(), "checkpoint"))
	hook.Every, file.Every = time.Millisecond, time.Millisecond
	p := New(g, quiet, hook, file)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan bool)
	go func() { p.Run(ctx); close(done) }()
	for range 5 {
		g.grow(1)
		until(t, func() bool { s := p.Status()[1]; return s.LagEvents == 0 && s.Size == sizeOf(g.Last()) })
	}
	if s := p.Status()[0]; s.Size != 0 || s.LagSeconds == 0 {
		t.Errorf("the one that hangs: %+v", s)
	}
	close(up)
	if <-got; g.alarmed() != "" {
		t.Error(g.alarmed())
	}
	until(t, func() bool { return p.Status()[0].Size == 6 })
	stop()
	<-done
}

// What must be shown at once does not wait for its turn.
func TestWhatIsPublishedIsShownOutOfTurn(t *testing.T) {
	g := newLog(t, "a").grow(1)
	file := File(filepath.Join(t.TempDir(), "checkpoint")) // once a minute
	p := New(g, quiet, file)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan bool)
	go func() { p.Run(ctx); close(done) }()
	until(t, func() bool { return p.Status()[0].Size == 1 })
	g.grow(1)
	p.Cover(3)
	g.grow(2)
	until(t, func() bool { return p.Status()[0].Size == 4 })
	stop()
	<-done
}

func TestAFileIsNotOverwrittenByWhatDoesNotContinueIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "checkpoint")
	New(newLog(t, "a").grow(9), quiet, File(path)).Flush(t.Context())
	cut := newLog(t, "a").grow(5)
	p := New(cut, quiet, File(path))
	if p.Flush(t.Context()); cut.alarmed() == "" || p.Status()[0].Error == "" {
		t.Errorf("a history that was cut: %+v", p.Status())
	}
	if err := os.WriteFile(path, []byte("my letters\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	g := newLog(t, "a").grow(12)
	New(g, quiet, File(path)).Flush(t.Context())
	if b, err := os.ReadFile(path); err != nil || string(b) != "my letters\n" || g.alarmed() != "" {
		t.Errorf("somebody's file: %v %q %q", err, b, g.alarmed())
	}
}

func TestWhereAWebhookMayLead(t *testing.T) {
	inner := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was posted to this machine") }))
	defer inner.Close()
	hook, err := Webhook(inner.URL, false)
	if err != nil {
		t.Fatal(err)
	}
	p := New(newLog(t, "a").grow(1), quiet, hook)
	if p.Flush(t.Context()); !strings.Contains(p.Status()[0].Error, "not one of the public internet") {
		t.Errorf("%+v", p.Status())
	}
	for _, address := range []string{"http://example.org/", "ftp://example.org/", "example.org", "https://", ":"} {
		if _, err := Webhook(address, false); err == nil {
			t.Errorf("%s was taken", address)
		}
	}
	check := guard(false)
	for _, address := range []string{"127.0.0.1:80", "[::1]:80", "10.0.0.1:80", "192.168.1.1:80", "172.16.0.1:80", "169.254.169.254:80", "100.64.0.1:80",
		"[fd00::1]:80", "[fe80::1]:80", "[::ffff:10.0.0.1]:80", "0.0.0.0:80", "224.0.0.1:80", "nonsense"} {
		if check("tcp", address, nil) == nil {
			t.Errorf("%s may be dialled", address)
		}
	}
	if err := check("tcp", "93.184.216.34:443", nil); err != nil {
		t.Error(err)
	}
}

func TestAWebhookThatDoesNotTakeIt(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer elsewhere.Close()
	for status, want := range map[int]string{302: "status 302", 404: "status 404", 500: "status 500"} {
		s := httptest.NewServer(http.RedirectHandler(elsewhere.URL, status))
		hook, err := Webhook(s.URL+"/secret?token=secret", true)
		if err != nil {
			t.Fatal(err)
		}
		p := New(newLog(t, "a").grow(1), quiet, hook, hook)
		p.Flush(t.Context())
		st := p.Status()[0]
		if !strings.Contains(st.Error, want) || st.Tries != 1 || strings.Contains(fmt.Sprint(st), "secret") || p.Status()[1].Name == st.Name {
			t.Errorf("%d: %+v", status, p.Status())
		}
		s.Close()
		if p.Flush(t.Context()); strings.Contains(p.Status()[0].Error, "secret") || p.Status()[0].Tries != 2 {
			t.Errorf("%+v", p.Status()[0])
		}
	}
}

func until(t *testing.T, there func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !there(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come about")
		}
	}
}
