package signin

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/gob"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"plantrail/domain"
	"plantrail/web/pages"
)

// Limits of a session. Whom the council vouched for is asked for again, without a word to them, when they open a page after
// askAgain; nothing can be done after vouchedFor without that. Between the two what was typed can still be sent.
const (
	idleLimit     = 30 * time.Minute
	absoluteLimit = 10 * time.Hour
	askAgain      = 45 * time.Minute
	vouchedFor    = time.Hour
)

// Person is who signed in, and how.
type Person struct {
	Actor domain.Actor
	Name  string
	Token domain.TokenID // the bearer token used; "" for the other ways
	Began time.Time      // when they signed in
	// Vouched is when the council last vouched for them and their role; zero for the other ways.
	Vouched time.Time
}

// Deps is what signing in needs to know.
type Deps struct {
	Org domain.OrgID
	// Bearer finds the holder of a bearer token.
	Bearer func(ctx context.Context, token string) (Person, error)
	// Still reports whether a person who signed in earlier may still act.
	Still func(ctx context.Context, p Person) bool
	// Local is who the printed link signs in; LinkCode is its secret, "" for none.
	Local    Person
	LinkCode string
	OIDC     *Provider // nil: the council's own sign-in is not set up
	Secure   bool      // the pages are reached over https
	// BehindProxy: a proxy of ours stands before the pages and says in X-Forwarded-For who asks.
	BehindProxy bool
	Log         *slog.Logger
	Now         func() time.Time // nil: time.Now
}

// SignIn is a [pages.SignIn].
type SignIn struct {
	deps     Deps
	sessions *scs.SessionManager
	mux      *http.ServeMux
	limits   *limits
	link     [sha256.Size]byte            // of the printed link's secret; used up: of nothing
	ended    map[domain.ActorID]time.Time // when somebody signed out everywhere; guarded by limits
}

//go:embed signin.html
var page string

var form = template.Must(template.New("signin").Parse(page))

func init() { gob.Register(Person{}) }

// New makes a sign-in.
func New(d Deps) *SignIn {
	if d.Log == nil {
		d.Log = slog.Default()
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	m := scs.New()
	m.IdleTimeout, m.Lifetime, m.HashTokenInStore = idleLimit, absoluteLimit, true
	m.Cookie = scs.SessionCookie{Name: "plantrail", Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if d.Secure {
		m.Cookie.Name, m.Cookie.Secure = "__Host-plantrail", true
	}
	s := &SignIn{deps: d, sessions: m, mux: http.NewServeMux(), limits: newLimits(), ended: map[domain.ActorID]time.Time{}}
	if d.LinkCode != "" {
		s.link = sha256.Sum256([]byte(d.LinkCode))
	}
	s.mux.HandleFunc("GET /sign-in", s.show)
	s.mux.HandleFunc("POST /sign-in", s.limited(s.byToken))
	s.mux.HandleFunc("GET /sign-in/link", s.showLink)
	s.mux.HandleFunc("POST /sign-in/link", s.limited(s.byLink))
	s.mux.HandleFunc("GET /sign-in/council", s.limited(s.toCouncil))
	s.mux.HandleFunc("GET /sign-in/council/back", s.limited(s.fromCouncil))
	s.mux.HandleFunc("POST /sign-out", s.signOut)
	return s
}

// Wrap lets a handler of pages know the sessions of its requests, and refuses forms that other sites send.
func (s *SignIn) Wrap(h http.Handler) http.Handler {
	return s.sessions.LoadAndSave(http.NewCrossOriginProtection().Handler(h))
}

func (s *SignIn) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Who implements [pages.SignIn]. Nobody is there while the council is to be asked again; the session stays, and the page of
// signing in asks.
func (s *SignIn) Who(r *http.Request) (pages.Session, bool) {
	p, ok := s.sessions.Get(r.Context(), "person").(Person)
	if !ok {
		return pages.Session{}, false
	}
	if s.over(p) || !s.deps.Still(r.Context(), p) {
		s.end(r)
		return pages.Session{}, false
	}
	if s.stale(p, r.Method) {
		return pages.Session{}, false
	}
	return pages.Session{Actor: p.Actor, Name: p.Name}, true
}

func (s *SignIn) end(r *http.Request) {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		s.deps.Log.Error("a session could not be ended", "error", err)
	}
}

// stale reports whether the council is to be asked again before somebody does something.
func (s *SignIn) stale(p Person, method string) bool {
	age := s.deps.Now().Sub(p.Vouched)
	return !p.Vouched.IsZero() && (age > vouchedFor || age > askAgain && method == http.MethodGet)
}

// over reports whether a session has lasted its time, or its person signed out everywhere after it began.
func (s *SignIn) over(p Person) bool {
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	return s.deps.Now().Sub(p.Began) > absoluteLimit || !p.Began.After(s.ended[p.Actor.ID])
}

// endAll ends all sessions of somebody. What was noted before the longest session began is forgotten.
func (s *SignIn) endAll(id domain.ActorID) {
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	now := s.deps.Now()
	for other, at := range s.ended {
		if now.Sub(at) > absoluteLimit {
			delete(s.ended, other)
		}
	}
	s.ended[id] = now
}

// begin starts a session under a new token: one that was there before, from whomever, is worth nothing.
func (s *SignIn) begin(w http.ResponseWriter, r *http.Request, p Person, next string) {
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		s.refuse(w, r, http.StatusInternalServerError, "Signing in did not work. Try again.")
		return
	}
	if p.Began.IsZero() {
		p.Began = s.deps.Now()
	}
	s.sessions.Put(r.Context(), "person", p)
	http.Redirect(w, r, local(next), http.StatusSeeOther)
}

// local is an address of this site, whatever was asked for.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.ContainsAny(next, "\\\r\n") || strings.HasPrefix(u.Path, "/sign-") {
		return "/plans"
	}
	return u.RequestURI()
}

// shown is what the page of signing in says.
type shown struct {
	Org     domain.OrgID
	Error   string
	Next    string
	Council bool
	Link    string // the secret of the printed link, to be confirmed
}

func (s *SignIn) render(w http.ResponseWriter, status int, what shown) {
	what.Org, what.Council = s.deps.Org, s.deps.OIDC != nil
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_ = form.Execute(w, what) // the reader is gone if this fails
}

func (s *SignIn) show(w http.ResponseWriter, r *http.Request) {
	if p, ok := s.sessions.Get(r.Context(), "person").(Person); ok && s.deps.OIDC != nil && !s.over(p) && s.stale(p, r.Method) {
		s.ask(w, r, true)
		return
	}
	s.render(w, http.StatusOK, shown{Next: local(r.URL.Query().Get("next"))})
}

func (s *SignIn) refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	s.deps.Log.Warn("sign-in refused", "path", r.URL.Path, "status", status)
	s.render(w, status, shown{Error: why, Next: local(r.FormValue("next"))})
}

const maxForm = 16 << 10

func (s *SignIn) byToken(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	token := strings.TrimSpace(r.PostFormValue("token"))
	p, err := s.deps.Bearer(r.Context(), token)
	if token == "" || err != nil {
		s.refuse(w, r, http.StatusUnauthorized, "This token is not known, was revoked or has expired.")
		return
	}
	s.begin(w, r, p, r.PostFormValue("next"))
}

// showLink asks to confirm: a link that is only fetched, by a mail program say, uses nothing up.
func (s *SignIn) showLink(w http.ResponseWriter, r *http.Request) {
	s.render(w, http.StatusOK, shown{Link: r.URL.Query().Get("code")})
}

func (s *SignIn) byLink(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	given := sha256.Sum256([]byte(r.PostFormValue("code")))
	if !s.useLink(given) {
		s.refuse(w, r, http.StatusUnauthorized, "This link was used already, or is not the one that the server printed when it started last.")
		return
	}
	s.begin(w, r, s.deps.Local, r.PostFormValue("next"))
}

// useLink uses the printed link up, if this is its secret.
func (s *SignIn) useLink(given [sha256.Size]byte) bool {
	s.limits.mu.Lock()
	defer s.limits.mu.Unlock()
	if s.deps.LinkCode == "" || subtle.ConstantTimeCompare(given[:], s.link[:]) != 1 {
		return false
	}
	s.deps.LinkCode, s.link = "", [sha256.Size]byte{}
	return true
}

// signOut ends the session, and with everywhere=yes all sessions of the same person.
func (s *SignIn) signOut(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if p, ok := s.sessions.Get(r.Context(), "person").(Person); ok && r.PostFormValue("everywhere") == "yes" {
		s.endAll(p.Actor.ID)
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		s.refuse(w, r, http.StatusInternalServerError, "Signing out did not work. Close the browser.")
		return
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
}
