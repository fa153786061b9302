package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/feeds"
	"plantrail/web"
)

// receiver counts what a subscriber's end was sent, by position.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	lines []domain.Position
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		if line, err := feeds.ParseLine(body); err == nil {
			r.mu.Lock()
			r.lines = append(r.lines, line.Position)
			r.mu.Unlock()
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) got() []domain.Position {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.lines)
}

// Deliveries hold their own place: rebuilding the read models, deleting them and starting again fires nothing, and what is
// recorded afterwards comes once.
func TestARebuildDeliversNothing(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s := startServer(t, dir, "--webhook-http", "--webhook-allow", "127.0.0.0/8")
	r := newReceiver(t)
	s.must(t, "/v1/plans/sdp/open-plan", `{"title":"SDP"}`, nil)
	s.must(t, "/v1/subscriptions", fmt.Sprintf(`{"subscription":"bi","person":%q,"way":"webhook","target":%q,"wanted":{}}`, osUser().ID, r.URL), nil)
	for i := range 5 {
		s.must(t, "/v1/plans/sdp/add-item", fmt.Sprintf(`{"item":"i-%d","title":"Item"}`, i), nil)
	}
	waitFor(t, func() bool { return len(r.got()) == 6 })
	settled := func() bool {
		var v web.SubscriptionView
		_, err := s.call("GET", "/v1/subscriptions/bi", "", nil, &v)
		return err == nil && v.Behind == 0
	}
	waitFor(t, settled)
	s.must(t, "/v1/rebuild", ``, nil)
	s.must(t, "/v1/rebuild", ``, nil)
	s.kill(t)
	views, err := filepath.Glob(filepath.Join(dir, "read*.db*"))
	for _, file := range views {
		err = errors.Join(err, os.Remove(file))
	}
	if err != nil || len(views) == 0 {
		t.Fatalf("the read models can't be deleted: %v", err)
	}
	s = startServer(t, dir, "--webhook-http", "--webhook-allow", "127.0.0.0/8")
	var last domain.Receipt
	s.must(t, "/v1/plans/sdp/add-item", `{"item":"last","title":"Item"}`, &last)
	waitFor(t, func() bool { got := r.got(); return got[len(got)-1] == last.Position })
	if got := r.got(); len(got) != 7 || !slices.IsSorted(got) {
		t.Errorf("positions %v: want 7, in order", got)
	}
}
