package pages

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"plantrail/domain"
)

// Session is a signed-in person.
type Session struct {
	Actor domain.Actor
	Name  string
}

// SignIn knows who is there. It answers the paths below /sign-in and /sign-out itself.
type SignIn interface {
	http.Handler
	// Who is the session of a request; false when nobody is signed in, or no more.
	Who(r *http.Request) (Session, bool)
}

// Deps is what the site is made of.
type Deps struct {
	Org domain.OrgID
	// API answers /v1/...; As marks a context with the actor for whom it is asked.
	API    http.Handler
	As     func(context.Context, domain.Actor) context.Context
	SignIn SignIn
	Papers string           // folder for papers that are looked at and not recorded yet; "": they must be chosen again
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: slog.Default
}

// Site is an [http.Handler] for all pages and their files.
type Site struct {
	deps      Deps
	mux       *http.ServeMux
	templates map[string]*template.Template
	patterns  []string
	drawn     *drawn
	works     works
	papers    *shelf
	soon      time.Duration // work that takes no longer is answered at once
}

// plansDrawn is of how many plans the picture's ratings are kept; of a hundred items over five years they are half a megabyte.
const plansDrawn = 64

//go:embed assets templates
var files embed.FS

// New makes the site. It panics when a template is broken: that is found by the first test.
func New(d Deps) *Site {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	s := &Site{deps: d, mux: http.NewServeMux(), templates: templates(), drawn: newDrawn(plansDrawn), soon: workSoon, papers: newShelf(d.Papers, d.Now)}
	s.mux.Handle("GET /assets/{name}", http.HandlerFunc(serveAsset))
	for _, pattern := range []string{"GET /sign-in", "POST /sign-in", "GET /sign-in/{way...}", "POST /sign-in/{way...}", "POST /sign-out"} {
		s.mux.Handle(pattern, d.SignIn)
	}
	s.register()
	return s
}

// ServeHTTP answers a request for a page.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
	if r.Method == http.MethodPost {
		deadline(w, s.deps.Now().Add(formPeriod))
	}
	s.mux.ServeHTTP(w, r)
}

// How long a form, and a file, may take to come.
const (
	formPeriod = 15 * time.Second
	filePeriod = 10 * time.Minute
)

// deadline says until when a request's body has to be there. It is lifted when it is: net/http gives a request up whose deadline
// passes while it is answered.
func deadline(w http.ResponseWriter, until time.Time) {
	_ = http.NewResponseController(w).SetReadDeadline(until) // a test's recorder has none
}

// Patterns are those of all pages and forms, as [http.ServeMux] has them: so that a test forgets none.
func (s *Site) Patterns() []string { return slices.Clone(s.patterns) }

// visit is one request for a page, by somebody who is signed in.
type visit struct {
	*Site
	w http.ResponseWriter
	r *http.Request
	Session
	stable string // the address that shows the same again; "" for a page of how things stand
}

// page registers a page for those who are signed in. Others are asked to sign in, and come back.
func (s *Site) page(pattern string, show func(*visit) error) {
	s.patterns = append(s.patterns, pattern)
	s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		who, ok := s.deps.SignIn.Who(r)
		if !ok {
			s.askToSignIn(w, r)
			return
		}
		v := &visit{Site: s, w: w, r: r, Session: who}
		if r.Method == http.MethodGet && v.otherForm(pattern, show) {
			return
		}
		if err := show(v); err != nil {
			v.fail(err)
		}
	})
}

func (s *Site) askToSignIn(w http.ResponseWriter, r *http.Request) {
	to := "/sign-in"
	if r.Method == http.MethodGet {
		to += "?" + encode("next", r.URL.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// frame is what every page has.
type frame struct {
	Title   string
	Org     domain.OrgID
	Session Session
	Here    string // the part of the site: plans, search, verify, ...
	Plan    domain.PlanID
	Address string // of this page, for its other forms
	Again   string // where the same is shown again; "" on a page of how things stand
	Banner  banner // what is wrong with the whole
	Flash   string // what was just done
	Page    any
}

// show fills a template and sends it, whole or not at all.
func (v *visit) show(name, title, here string, page any) error {
	return v.showStatus(http.StatusOK, name, title, here, page)
}

func (v *visit) showStatus(status int, name, title, here string, page any) error {
	t, ok := v.templates[name]
	if !ok {
		return fmt.Errorf("there is no template %q", name)
	}
	f := frame{Title: title, Org: v.deps.Org, Session: v.Session, Here: here, Plan: domain.PlanID(v.r.PathValue("plan")), Address: v.r.URL.RequestURI(), Again: v.stable,
		Banner: v.banner(), Flash: flashes[v.r.URL.Query().Get("done")], Page: page}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, "layout", f); err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	body := b.Bytes()
	if v.r.Method == http.MethodGet { // an answer to a form may hold a new secret beside what was typed, and its size would tell of it
		body = smaller(v.w, v.r, body)
	}
	v.w.WriteHeader(status)
	_, _ = v.w.Write(body) // the reader is gone if this fails
	return nil
}

// templates are all pages, each with the layout and the parts that pages share: read once for all sites of a process, and what
// pages share once for all pages.
var templates = sync.OnceValue(func() map[string]*template.Template {
	all := map[string]*template.Template{}
	shared := template.Must(template.New("").Funcs(funcs).ParseFS(files, "templates/layout.html", "templates/part-*.html"))
	names, _ := fs.Glob(files, "templates/*.html")
	for _, name := range names {
		base := strings.TrimSuffix(strings.TrimPrefix(name, "templates/"), ".html")
		if base == "layout" || strings.HasPrefix(base, "part-") {
			continue
		}
		all[base] = template.Must(template.Must(shared.Clone()).ParseFS(files, name))
	}
	return all
})
