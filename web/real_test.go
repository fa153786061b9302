package web_test

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
	"plantrail/evidence"
	"plantrail/evidence/publish"
	"plantrail/feeds/feedstest"
	"plantrail/projections"
	"plantrail/web"
	"plantrail/web/visits"
)

// real is a server over a real journal and real read models.
type real struct {
	*web.Server
	store   *eventstore.Store
	reads   *projections.DB
	proof   *web.Proof
	service *domain.Service

	subscribers *web.Subscribers
	hurried     time.Duration // after which a caller gives up; 0: never
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

// patient is how long a test's reader waits for his own write, on a machine with too much to do.
const patient = time.Minute

var (
	localToken = "pt_local_" + strings.Repeat("L", 43)
	localActor = domain.Actor{ID: "os-1000", Kind: domain.OSUser, Role: domain.Admin}
)

func newReal(t testing.TB) *real {
	t.Helper()
	r := &real{store: eventstoretest.Open(t)}
	log := slog.New(slog.DiscardHandler)
	reads, err := projections.Open(context.Background(), filepath.Join(t.TempDir(), "views"), projections.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- reads.Run(ctx, source{r.store}) }()
	t.Cleanup(func() {
		stop()
		<-ended
		if err := reads.Close(); err != nil {
			t.Error(err)
		}
	})
	r.reads, r.service = reads, domain.NewService(r.store)
	if err := web.EnsureActor(ctx, r.service, reads, localActor, "ada"); err != nil {
		t.Fatal(err)
	}
	if err := reads.WaitFor(ctx, 1); err != nil { // until the name is known
		t.Fatal(err)
	}
	house := feedstest.Over(t, r.store)
	r.subscribers = newSubscribers(t, house)
	r.proof = newProof(ctx, t, reads, source{r.store})
	r.Server = web.New(web.Deps{Org: "acme", Version: "test", Service: r.service, Reads: reads, Log: log, Eraser: r.store, Vault: r.store, Visits: newVisits(t), Backed: source{r.store}, Feed: house.Feed, Subscribers: r.subscribers, Proof: r.proof,
		Rebuild: func(ctx context.Context, p func(done, total domain.Position)) error {
			return reads.Rebuild(ctx, source{r.store}, p)
		}, LocalToken: localToken, LocalActor: localActor, Patience: patient})
	return r
}

// Leaves yields raw leaves in the keeper's type.
func (s source) Leaves(ctx context.Context, after domain.Position, follow bool) iter.Seq2[projections.Leaf, error] {
	return func(yield func(projections.Leaf, error) bool) {
		for l, err := range s.Store.Leaves(ctx, after, follow) {
			if !yield(projections.Leaf{Position: l.Position, Plan: l.Plan, Body: l.Body}, err) {
				return
			}
		}
	}
}

// LeavesOf yields one history's leaves in the same type.
func (s source) LeavesOf(ctx context.Context, history domain.PlanID) iter.Seq2[projections.Leaf, error] {
	return func(yield func(projections.Leaf, error) bool) {
		for l, err := range s.Store.LeavesOf(ctx, history) {
			if !yield(projections.Leaf{Position: l.Position, Plan: l.Plan, Body: l.Body}, err) {
				return
			}
		}
	}
}

// Disclosures reads what discloses the texts of a history's events.
func (s source) Disclosures(ctx context.Context, history domain.PlanID, events []domain.EventID) (map[domain.EventID][]string, error) {
	refs := make([]eventstore.TextRef, len(events))
	for i, event := range events {
		refs[i] = eventstore.TextRef{Plan: history, Event: event}
	}
	return s.Store.Disclosures(ctx, refs)
}

// newProof is a log with a key of its own, kept until the test ends.
func newProof(ctx context.Context, t testing.TB, reads *projections.DB, from source) *web.Proof {
	t.Helper()
	const origin = "plantrail/acme/test"
	secret, public, err := evidence.GenerateKey(nil, origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := evidence.NewSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := evidence.NewVerifier(public)
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := projections.NewKeeper(reads, from, projections.KeeperOptions{Origin: origin, Signer: signer, Verifiers: []note.Verifier{verifier}, Every: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	go func() { ended <- keeper.Run(running) }()
	t.Cleanup(func() { stop(); <-ended })
	return &web.Proof{Keeper: keeper, Keys: func() []string { return []string{public} },
		Rotate: func(context.Context, domain.Actor) (web.RotateView, error) {
			return web.RotateView{Key: public, Position: 1}, nil
		},
		Publisher: publish.New(keeper, slog.New(slog.DiscardHandler), publish.File(filepath.Join(t.TempDir(), "checkpoint"))), Leaves: from.Leaves, Raw: from, Audit: func(ctx context.Context, claims []projections.Claim, progress func(done, total domain.Position)) (projections.Verdict, error) {
			return reads.Audit(ctx, from, projections.AuditOptions{Origin: origin, Verifiers: []note.Verifier{verifier}, Against: claims, Progress: progress})
		}}
}

// send makes one request as the local user; headers are "Name: value" and may name another.
func (r *real) send(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	ctx := context.Background()
	if r.hurried > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.hurried)
		defer cancel()
	}
	req := httptest.NewRequestWithContext(ctx, method, target, strings.NewReader(body))
	req.Header.Set("Authorization", "Bearer "+localToken)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

// must is send with the status that is wanted.
func (r *real) must(t testing.TB, status int, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	w := r.send(method, target, body, headers...)
	if w.Code != status {
		t.Fatalf("%s %s: want %d, got %d: %s", method, target, status, w.Code, w.Body)
	}
	return w
}

var _ http.Handler = (*real)(nil)

func newVisits(t testing.TB) *visits.Log {
	t.Helper()
	l, err := visits.Open(t.TempDir(), 400, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}
