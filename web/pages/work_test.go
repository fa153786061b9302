package pages_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/web/pages"
	"plantrail/web/pages/pagestest"
)

// slow is an API whose imports take as long as they are told to, and whose read models are where they are told to be.
type slow struct {
	release chan string // what the import answers
	shown   atomic.Int64
}

func (s *slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path == "/v1/import":
		answer := <-s.release
		if strings.Contains(answer, `"detail"`) {
			w.WriteHeader(409)
		}
		_, _ = io.WriteString(w, answer)
	case r.URL.Path == "/v1/status":
		fmt.Fprintf(w, `{"projections":{"position":%d}}`, s.shown.Load())
	case r.URL.Query().Get("min_position") != "" && s.shown.Load() < 9:
		w.WriteHeader(503)
		_, _ = io.WriteString(w, `{"detail":"not yet"}`)
	default:
		_, _ = io.WriteString(w, `{}`)
	}
}

func slowSite(t *testing.T) (*slow, *pages.Site, *pagestest.SignIn) {
	t.Helper()
	api, in := &slow{release: make(chan string)}, &pagestest.SignIn{Session: pages.Session{Actor: pagestest.Officer}}
	site := pages.New(pages.Deps{Org: "acme", API: api, As: func(ctx context.Context, _ domain.Actor) context.Context { return ctx }, SignIn: in, Papers: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	site.Hurry()
	return api, site, in
}

// bring sends a paper to be recorded and gives where its progress is shown.
func bring(t *testing.T, site http.Handler) string {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("record", "yes") // into memory, as the next two
	part, _ := form.CreateFormFile("file", "<b>paper.csv")
	_, _ = io.WriteString(part, "Action,RAG\nMend,Amber\n")
	_ = form.Close()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/import", &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	if w.Code != 303 || !strings.HasPrefix(w.Header().Get("Location"), "/import/") {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Location"))
	}
	return w.Header().Get("Location")
}

// look asks for a page until it holds what it should.
func look(t *testing.T, site http.Handler, at string, status int, want string) *httptest.ResponseRecorder {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; {
		w := httptest.NewRecorder()
		site.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, at, nil))
		if w.Code == status && strings.Contains(w.Body.String()+w.Header().Get("Location"), want) {
			return w
		}
		if time.Now().After(end) {
			t.Fatalf("%s: %d %s %s", at, w.Code, w.Header().Get("Location"), w.Body)
		}
	}
}

func TestALongImportSaysHowFarItIs(t *testing.T) {
	api, site, in := slowSite(t)
	at := bring(t, site)
	w := look(t, site, at, 200, "all of it at once, or nothing")
	if w.Header().Get("Refresh") == "" || strings.Contains(w.Body.String(), "<b>paper") {
		t.Errorf("%v %s", w.Header(), w.Body)
	}
	in.Session.Actor.ID = "p-other"
	look(t, site, at, 404, "not known here")
	in.Session.Actor.ID = pagestest.Officer.ID
	api.shown.Store(3)
	api.release <- `{"proposal":{},"receipt":{"plan":"parks","position":9}}`
	look(t, site, at, 200, "6 events to go")
	api.shown.Store(9)
	look(t, site, at, 303, "/plans/parks?done=imported")
	look(t, site, at, 303, "/plans/parks?done=imported") // and again
}

func TestALongImportThatIsRefusedSaysWhy(t *testing.T) {
	api, site, _ := slowSite(t)
	at := bring(t, site)
	api.release <- `{"status":409,"detail":"the plan was changed meanwhile","hint":"look again"}`
	w := look(t, site, at, 409, "the plan was changed meanwhile")
	if !strings.Contains(w.Body.String(), `name="sha256"`) {
		t.Error("the file must be chosen again")
	}
}

func TestOnlySoMuchWorkGoesOnAtOnce(t *testing.T) {
	api, site, _ := slowSite(t)
	for range 8 {
		bring(t, site)
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, _ := form.CreateFormFile("file", "a.csv") // into memory
	_, _ = io.WriteString(part, "Action\nMend\n")
	_ = form.Close()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/import", &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	site.ServeHTTP(w, r)
	if w.Code != 503 || !strings.Contains(w.Body.String(), "Too many papers") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for range 8 {
		api.release <- `{"proposal":{}}`
	}
}
