package judges

import (
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"plantrail/domain"
	"plantrail/feeds/feedstest"
	"plantrail/projections"
	"plantrail/web"
)

var token = "pt_local_" + strings.Repeat("L", 43)

// serve is the real server over a real journal.
func serve(t *testing.T, h *feedstest.House) *httptest.Server {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	reads, err := projections.Open(t.Context(), filepath.Join(t.TempDir(), "views"), projections.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = reads.Close() })
	srv := httptest.NewServer(web.New(web.Deps{Org: "acme", Service: h.Service, Reads: reads, Feed: h.Feed, Log: log,
		LocalToken: token, LocalActor: domain.Actor{ID: "p-ada", Kind: domain.User, Role: domain.Reader}}))
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	return srv
}

// scissors is a proxy that cuts each connection after a random number of bytes.
type scissors struct {
	ln   net.Listener
	to   string
	mu   sync.Mutex
	cuts int
}

func newScissors(t *testing.T, to string) *scissors {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &scissors{ln: ln, to: to}
	go s.accept()
	t.Cleanup(func() { _ = ln.Close() })
	return s
}

func (s *scissors) URL() string { return "http://" + s.ln.Addr().String() }

func (s *scissors) Cuts() int { s.mu.Lock(); defer s.mu.Unlock(); return s.cuts }

func (s *scissors) accept() {
	for {
		in, err := s.ln.Accept()
		if err != nil {
			return
		}
		go s.pass(in)
	}
}

func (s *scissors) pass(in net.Conn) {
	defer in.Close()
	out, err := net.Dial("tcp", s.to)
	if err != nil {
		return
	}
	defer out.Close()
	go func() { _, _ = io.Copy(out, in) }()
	if _, err := io.CopyN(in, out, 100_000+rand.Int64N(2_000_000)); err == nil {
		s.mu.Lock()
		s.cuts++
		s.mu.Unlock()
	}
}

// record fills a plan with events while the clients read.
func record(ctx context.Context, h *feedstest.House, n int) {
	for i := range n {
		if ctx.Err() != nil {
			return
		}
		h.Rate(domain.PlanID("sdp-"+string(rune('a'+i%20))), []string{"red", "amber"}[i/20%2])
	}
}
