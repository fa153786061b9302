package web

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
)

// fakeReads answers from what it is given; it is stricter than a database about ids that should not have come so far.
type fakeReads struct {
	status projections.Status
	tokens map[domain.TokenID]projections.Credential
	plan   projections.PlanView
	panics string
	fails  error
}

func (f *fakeReads) check(id domain.PlanID) error {
	if id != "" && id != projections.AnyPlan {
		if _, err := domain.ParsePlanID(string(id)); err != nil {
			panic("an unchecked id came through: " + string(id))
		}
	}
	if f.panics != "" {
		panic(f.panics)
	}
	return f.fails
}

func (f *fakeReads) WaitFor(ctx context.Context, p domain.Position) error {
	if p <= f.status.Position {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}
func (f *fakeReads) Status(context.Context) projections.Status { return f.status }
func (f *fakeReads) Plans(context.Context, time.Time) ([]projections.PlanSummary, error) {
	return []projections.PlanSummary{{Plan: "sdp", Title: projections.Words{Text: "=cmd|' /C calc'!A0"}, Counts: map[domain.Meaning]int{domain.AtRisk: 2}}}, f.check("")
}
func (f *fakeReads) Plan(_ context.Context, id domain.PlanID, _ projections.At) (projections.PlanView, error) {
	if id != "sdp" {
		return projections.PlanView{}, domain.Errorf(domain.NotFound, "plan", "there is no plan %s", id)
	}
	return f.plan, f.check(id)
}
func (f *fakeReads) Ambers(_ context.Context, id domain.PlanID, _ projections.At, _ ...domain.Meaning) (projections.AmberTable, error) {
	return projections.AmberTable{Key: []domain.Dimension{}, Rows: []projections.Amber{}}, f.check(id)
}
func (f *fakeReads) ItemHistory(_ context.Context, id domain.PlanID, item domain.ItemID, _ projections.At) (projections.ItemHistory, error) {
	if _, err := domain.ParseItemID(string(item)); err != nil {
		panic("an unchecked id came through")
	}
	return projections.ItemHistory{Spans: []projections.Span{}, Entries: []projections.Entry{}, Requests: []projections.RequestView{}}, f.check(id)
}
func (f *fakeReads) Timeline(_ context.Context, q projections.TimelineQuery) (projections.Page[projections.Entry], error) {
	return projections.Page[projections.Entry]{Entries: []projections.Entry{}, Next: "c2"}, f.check(q.Plan)
}
func (f *fakeReads) Entry(_ context.Context, id domain.PlanID, _ domain.EventID, _ uint64) (projections.Entry, error) {
	return projections.Entry{Data: json.RawMessage(`{}`), Leaf: []byte{}}, f.check(id)
}
func (f *fakeReads) Command(_ context.Context, id domain.PlanID, c domain.CommandID) (domain.Receipt, bool, error) {
	return domain.Receipt{}, c == "c-1", f.check(id)
}
func (f *fakeReads) SearchIn(_ context.Context, _ string, q projections.TimelineQuery) (projections.Page[projections.Hit], error) {
	return projections.Page[projections.Hit]{Entries: []projections.Hit{}}, f.check(q.Plan)
}
func (f *fakeReads) Findings(_ context.Context, id domain.PlanID, at projections.At, today domain.Date) (projections.FindingsView, error) {
	return projections.FindingsView{Plan: id, Judged: today, Findings: found}, f.check(id)
}
func (f *fakeReads) FindingsOn(_ context.Context, id domain.PlanID, _ projections.At, day domain.Date) (projections.FindingsView, error) {
	return projections.FindingsView{Plan: id, Judged: day, Findings: found}, f.check(id)
}
func (f *fakeReads) DraftFindings(_ context.Context, id domain.PlanID, _ []domain.Recorded, _ domain.Date) (raised, cleared []findings.Finding, err error) {
	return found[:1], found[1:2], f.check(id)
}
func (f *fakeReads) AllFindings(_ context.Context, _ domain.Date, wanted func(*findings.Finding) bool, after domain.PlanID, _ int) (projections.Page[findings.Finding], error) {
	page := projections.Page[findings.Finding]{Entries: []findings.Finding{}, Next: "sdp"}
	for i := range found {
		if wanted(&found[i]) {
			page.Entries = append(page.Entries, found[i])
		}
	}
	return page, f.check(after)
}
func (f *fakeReads) Persons(context.Context) ([]projections.PersonView, error) {
	return []projections.PersonView{}, f.check("")
}
func (f *fakeReads) Person(_ context.Context, id domain.ActorID) (projections.PersonView, error) {
	return projections.PersonView{}, domain.Errorf(domain.NotFound, "person", "there is no person %s", id)
}
func (f *fakeReads) Token(_ context.Context, id domain.TokenID) (projections.Credential, error) {
	t, ok := f.tokens[id]
	if !ok {
		return t, domain.Errorf(domain.NotFound, "token", "there is no token %s", id)
	}
	return t, nil
}
func (f *fakeReads) Tokens(context.Context) ([]projections.TokenView, error) {
	return []projections.TokenView{}, f.check("")
}

func (f *fakeReads) Tree(context.Context) (projections.Tree, error) {
	return projections.Tree{}, f.fails
}

func (f *fakeReads) Changed(context.Context, domain.Position, ...domain.PlanID) (map[domain.PlanID]map[domain.ItemID]bool, error) {
	return nil, f.fails
}

func (f *fakeReads) Settled(context.Context, ...domain.PlanID) (domain.Position, error) {
	return f.status.Position, f.fails
}

func (f *fakeReads) EraseText(context.Context, domain.EventID, string) error { return f.fails }

// fakeService remembers orders and answers what it is told.
type fakeService struct {
	mu     sync.Mutex
	orders []domain.Order
	fails  error
	repeat bool
}

func (f *fakeReads) Compare(context.Context, domain.PlanID, projections.At, projections.At) (projections.Comparison, error) {
	return projections.Comparison{Plan: "sdp", Differences: []projections.DifferenceView{}}, f.fails
}

func (f *fakeReads) Strips(context.Context, domain.PlanID, string, projections.At) (projections.Strips, error) {
	return projections.Strips{Plan: "sdp", Items: []projections.Strip{}}, f.fails
}

func (f *fakeService) Do(_ context.Context, o domain.Order) (domain.Receipt, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if o.Actor.ID == "" || o.Command == "" || o.Do == nil {
		panic("an order without actor, command or content")
	}
	f.orders = append(f.orders, o)
	return domain.Receipt{Plan: o.Plan, Command: o.Command, Position: 7, Version: 3, Repeat: f.repeat, Event: "e"}, f.fails
}

func (f *fakeService) Draft(context.Context, domain.Order) ([]domain.Recorded, error) {
	return nil, f.fails
}

func (f *fakeService) last(t *testing.T) domain.Order {
	t.Helper()
	if len(f.orders) == 0 {
		t.Fatal("no command reached the service")
	}
	return f.orders[len(f.orders)-1]
}

var testSecret = strings.Repeat("s", 43)

// house is a server with fakes behind it and one token for each role.
type house struct {
	*Server
	reads   *fakeReads
	service *fakeService
	log     *strings.Builder
}

func newHouse(t testing.TB) *house {
	t.Helper()
	cred := func(r domain.Role) projections.Credential {
		return projections.Credential{Person: domain.ActorID("p-" + string(r)), Kind: domain.User, Role: r, SHA256: digestOf(testSecret)}
	}
	h := &house{service: &fakeService{}, log: &strings.Builder{}, reads: &fakeReads{status: projections.Status{Position: 7, Tail: 7, CaughtUp: true},
		tokens: map[domain.TokenID]projections.Credential{},
		plan: projections.PlanView{Moment: projections.Moment{Position: 7, Version: 3}, Levels: []domain.Level{}, Dimensions: []domain.Dimension{},
			Items: []projections.ItemView{}, Requests: []projections.RequestView{}, Resolutions: []projections.ResolutionView{}, Meetings: []projections.MeetingView{}}}}
	for _, role := range domain.Roles() {
		h.reads.tokens[domain.TokenID(role)] = cred(role)
	}
	h.Server = New(Deps{Org: "acme", Version: "test", Service: h.service, Reads: h.reads, Rebuild: func(context.Context, func(domain.Position, domain.Position)) error { return nil },
		LocalToken: "pt_local_" + strings.Repeat("L", 43), LocalActor: domain.Actor{ID: "os-1000", Kind: domain.OSUser, Role: domain.Admin},
		Now: func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) },
		Log: slog.New(slog.NewJSONHandler(&lockedWriter{w: h.log}, nil))})
	return h
}

type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// send makes one request; headers are "Name: value".
func (h *house) send(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://plantrail.test/", strings.NewReader(body))
	r.URL, _ = url.ParseRequestURI(target) // as a server reads it: nothing is resolved
	r.RequestURI = target
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func as(role domain.Role) string {
	return "Authorization: Bearer " + formatToken(domain.TokenID(role), testSecret)
}

// wantProblem checks that an answer is a whole problem of a status and kind.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, kind domain.Kind) Problem {
	t.Helper()
	var p Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("status %d, not a problem: %v: %q", w.Code, err, w.Body)
	}
	if w.Code != status || p.Status != status || p.Type != "/problems/"+kind.String() || w.Header().Get("Content-Type") != "application/problem+json" || p.Title == "" || p.Detail == "" {
		t.Fatalf("want %d %s, got %d %s %+v", status, kind, w.Code, w.Header().Get("Content-Type"), p)
	}
	return p
}

func wantStatus(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Fatalf("want %d, got %d: %s", status, w.Code, w.Body)
	}
}

var _ http.Handler = (*Server)(nil)

var _ Reads = (*projections.DB)(nil)
var _ Commander = (*domain.Service)(nil)
