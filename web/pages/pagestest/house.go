// Package pagestest is a whole server for tests of the pages: a real journal, real read models, the API and the site over it,
// and a sign-in that believes what it is told.
package pagestest

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
	"plantrail/feeds"
	"plantrail/feeds/feedstest"
	"plantrail/projections"
	"plantrail/web"
	"plantrail/web/pages"
	"plantrail/web/visits"
)

// Officer keeps plans; all commands of [House.Do] are theirs.
var Officer = domain.Actor{ID: "p-officer", Kind: domain.User, Role: domain.Editor}

// House is a server of one organisation, "acme".
type House struct {
	*httptest.Server
	Service *domain.Service
	Reads   *projections.DB
	SignIn  *SignIn
	Proof   *Proof
	Site    *pages.Site
	API     http.Handler // as the pages ask it; a test may put another before it
}

// SignIn is a sign-in in which one person at most is signed in.
type SignIn struct{ Session pages.Session }

// Who implements [pages.SignIn].
func (s *SignIn) Who(*http.Request) (pages.Session, bool) { return s.Session, s.Session.Actor.ID != "" }

func (s *SignIn) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusNoContent)
}

type source struct{ *eventstore.Store }

func (s source) Texts(ctx context.Context, after, until uint64) iter.Seq2[projections.TextRecord, error] {
	return func(yield func(projections.TextRecord, error) bool) {
		for t, err := range s.Store.Texts(ctx, after, until) {
			if !yield(projections.TextRecord{Sequence: t.Sequence, Plan: t.Plan, Event: t.Event, Texts: t.Texts, Disclosures: t.Disclosures}, err) {
				return
			}
		}
	}
}

func (s source) Tail(ctx context.Context) (projections.Tail, error) {
	t, err := s.Store.Tail(ctx)
	return projections.Tail{Events: t.Events, Texts: t.Texts}, err
}

// New opens a house in which the officer is signed in.
func New(t testing.TB) *House {
	t.Helper()
	store, log := eventstoretest.Open(t), slog.New(slog.DiscardHandler)
	reads, err := projections.Open(t.Context(), filepath.Join(t.TempDir(), "views"), projections.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- reads.Run(ctx, source{store}) }()
	h := &House{Service: domain.NewService(store), Reads: reads, SignIn: &SignIn{pages.Session{Actor: Officer, Name: "Olive Officer"}}, Proof: &Proof{}}
	looked, err := visits.Open(t.TempDir(), 400, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	feed := feeds.New(feeds.Config{Org: "acme", Identity: store.Identity(), Journal: feedstest.Source{Store: store}, Log: log})
	fed := make(chan struct{})
	go func() { defer close(fed); feed.Run(ctx) }()
	api := web.New(web.Deps{Org: "acme", Version: "test", Service: h.Service, Reads: reads, Vault: store, Eraser: store, Visits: looked, Log: log, Patience: time.Minute, Feed: feed, Subscribers: subscribers(t, store, feed), Proof: h.Proof.deps(journal{source{store}})})
	h.API = api
	h.Site = pages.New(pages.Deps{Org: "acme", API: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.API.ServeHTTP(w, r) }), As: web.AsActor, SignIn: h.SignIn, Papers: t.TempDir(), Log: log})
	h.Server = httptest.NewServer(h.Site)
	t.Cleanup(func() {
		h.Server.Close()
		_ = looked.Close()
		stop()
		<-ended
		<-fed
		if err := reads.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// subscribers keeps subscriptions; webhooks may reach this machine.
func subscribers(t testing.TB, store *eventstore.Store, feed *feeds.Feed) *web.Subscribers {
	t.Helper()
	keys, err := feeds.NewKeys([]byte(strings.Repeat("k", feeds.MasterSize)))
	if err != nil {
		t.Fatal(err)
	}
	p := &web.Subscribers{Register: feeds.NewRegister(feed), State: store.Shared(), Keys: keys, Guard: &feeds.Guard{Plain: true, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	p.Courier = feeds.NewCourier(feeds.CourierConfig{Feed: feed, Register: p.Register, State: p.State, Keys: keys, Guard: p.Guard, Process: "test"})
	return p
}

// Do records commands on a plan, in order, and waits until they can be read.
func (h *House) Do(t testing.TB, plan domain.PlanID, commands ...domain.Command) {
	t.Helper()
	for i, c := range commands {
		got, err := h.Service.Do(t.Context(), domain.Order{Plan: plan, Actor: Officer, Command: domain.CommandID(string(plan) + "-" + c.Verb() + "-" + string(rune('a'+i))), Do: c})
		if err != nil {
			t.Fatalf("command %d, %s: %v", i+1, c.Verb(), err)
		}
		if err := h.Reads.WaitFor(t.Context(), got.Position); err != nil {
			t.Fatal(err)
		}
	}
}

// Proof is a proof that stands as it is told to; at first nothing was ever signed.
type Proof struct {
	status atomic.Pointer[projections.KeeperStatus]
}

// Stand says how the proof stands from now on.
func (p *Proof) Stand(s projections.KeeperStatus) { p.status.Store(&s) }

// Status is how it stands.
func (p *Proof) Status() (s projections.KeeperStatus) {
	if told := p.status.Load(); told != nil {
		s = *told
	}
	return s
}

// Keep does nothing.
func (p *Proof) Keep(context.Context) error { return nil }

func (p *Proof) deps(raw web.Raw) *web.Proof {
	return &web.Proof{Keeper: p, Keys: func() []string { return []string{"acme+1a2b3c4d+AQ"} }, Raw: raw}
}

// journal is a journal of which no bundle can be made: nothing in it was ever signed.
type journal struct{ source }

func unsigned() error {
	return domain.Errorf(domain.Unavailable, "", "no bundle can be made here")
}

func (journal) LeavesOf(context.Context, domain.PlanID) iter.Seq2[projections.Leaf, error] {
	return func(yield func(projections.Leaf, error) bool) { yield(projections.Leaf{}, unsigned()) }
}

func (journal) Leaf(context.Context, domain.Position) ([]byte, error) { return nil, unsigned() }

func (journal) Disclosures(context.Context, domain.PlanID, []domain.EventID) (map[domain.EventID][]string, error) {
	return nil, unsigned()
}

func (journal) Checkpoints(context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) { yield(nil, unsigned()) }
}

func (journal) CheckpointCovering(context.Context, uint64) ([]byte, error) { return nil, unsigned() }
