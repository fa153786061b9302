package signin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"plantrail/domain"
	"plantrail/web/signin"
)

// door is a server with nothing behind the sign-in but who is there.
type door struct {
	*httptest.Server
	in      *signin.SignIn
	revoked atomic.Bool
}

func newDoor(t *testing.T, change func(*signin.Deps)) *door {
	t.Helper()
	d := &door{}
	deps := signin.Deps{Org: "acme", LinkCode: "LINK", Log: slog.New(slog.DiscardHandler),
		Local: signin.Person{Actor: domain.Actor{ID: "os-1000", Kind: domain.OSUser, Role: domain.Admin}, Name: "ada"},
		Bearer: func(_ context.Context, token string) (signin.Person, error) {
			if token != "pt_good" {
				return signin.Person{}, errors.New("no")
			}
			return signin.Person{Actor: domain.Actor{ID: "p-1", Kind: domain.User, Role: domain.Reader}, Name: "Rita", Token: "good"}, nil
		},
		Still: func(context.Context, signin.Person) bool { return !d.revoked.Load() }}
	if change != nil {
		change(&deps)
	}
	d.in = signin.New(deps)
	mux := http.NewServeMux()
	mux.Handle("/sign-in", d.in)
	mux.Handle("/sign-in/", d.in)
	mux.Handle("/sign-out", d.in)
	mux.HandleFunc("/plans", func(w http.ResponseWriter, r *http.Request) {
		if s, ok := d.in.Who(r); ok {
			_, _ = io.WriteString(w, string(s.Actor.ID)+" "+s.Name)
		}
	})
	mux.HandleFunc("POST /who", func(w http.ResponseWriter, r *http.Request) {
		if s, ok := d.in.Who(r); ok {
			w.Header().Set("X-Role", string(s.Actor.Role))
		}
	})
	d.Server = httptest.NewServer(d.in.Wrap(mux))
	t.Cleanup(d.Close)
	return d
}

// browser keeps cookies and follows no redirect.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func send(t *testing.T, c *http.Client, r *http.Request) (*http.Response, string) {
	t.Helper()
	got, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got, string(b)
}

func (d *door) post(t *testing.T, c *http.Client, path string, form url.Values) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return send(t, c, r)
}

func (d *door) who(t *testing.T, c *http.Client) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+"/plans", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, body := send(t, c, r)
	return body
}

func token(next string) url.Values { return url.Values{"token": {"pt_good"}, "next": {next}} }

func TestATokenSignsInUntilItEnds(t *testing.T) {
	d, c := newDoor(t, nil), browser(t)
	got, _ := d.post(t, c, "/sign-in", token("/plans/parks?rating=red"))
	if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/plans/parks?rating=red" || d.who(t, c) != "p-1 Rita" {
		t.Fatalf("%d to %s, %q", got.StatusCode, got.Header.Get("Location"), d.who(t, c))
	}
	cookie := got.Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" {
		t.Errorf("%+v", cookie)
	}
	d.revoked.Store(true)
	if who := d.who(t, c); who != "" {
		t.Fatalf("%q is still there", who)
	}
	d.revoked.Store(false)
	if who := d.who(t, c); who != "" {
		t.Fatalf("the session of a revoked token came back: %q", who)
	}
}

func TestOverHTTPSTheCookieIsBoundToTheHost(t *testing.T) {
	d := newDoor(t, func(deps *signin.Deps) { deps.Secure = true })
	got, _ := d.post(t, browser(t), "/sign-in", token("/plans"))
	if c := got.Cookies()[0]; c.Name != "__Host-plantrail" || !c.Secure || c.Domain != "" || c.Path != "/" {
		t.Errorf("%+v", c)
	}
}

func TestAWrongTokenIsRefusedAndTriesAreLimited(t *testing.T) {
	d, c := newDoor(t, nil), browser(t)
	limited := 0
	for range 30 {
		switch got, body := d.post(t, c, "/sign-in", url.Values{"token": {"pt_bad"}}); got.StatusCode {
		case http.StatusTooManyRequests:
			limited++
		case http.StatusUnauthorized:
			if strings.Contains(body, "pt_bad") {
				t.Fatal("the page says the token again")
			}
		default:
			t.Fatal(got.StatusCode)
		}
	}
	if limited < 15 {
		t.Errorf("%d of 30 tries were held back", limited)
	}
}

// Behind a proxy all come from one address: each is held back by the address that the proxy saw, whatever they say before it.
func TestBehindAProxyEachAddressHasItsOwnTries(t *testing.T) {
	try := func(d *door, from string) int {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+"/sign-in", strings.NewReader("token=pt_bad"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("X-Forwarded-For", from)
		got, _ := send(t, browser(t), r)
		return got.StatusCode
	}
	proxied := newDoor(t, func(deps *signin.Deps) { deps.BehindProxy = true })
	direct := newDoor(t, nil)
	for i := range 10 {
		try(proxied, fmt.Sprintf("10.0.0.%d, 192.0.2.1", i))
		try(direct, fmt.Sprintf("10.0.0.%d", i))
	}
	if got := try(proxied, "10.0.0.99, 192.0.2.1"); got != http.StatusTooManyRequests {
		t.Errorf("an address that says to be another is answered %d", got)
	}
	if got := try(proxied, "192.0.2.2"); got != http.StatusUnauthorized {
		t.Errorf("another address is answered %d", got)
	}
	if got := try(direct, "10.0.0.99"); got != http.StatusTooManyRequests {
		t.Errorf("without a proxy the header is believed: %d", got)
	}
}

func TestTheLinkWorksOnceAndOnlyWhenConfirmed(t *testing.T) {
	d, c := newDoor(t, nil), browser(t)
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+"/sign-in/link?code=LINK", nil)
	send(t, c, r)
	if d.who(t, c) != "" {
		t.Fatal("fetching the link signs in")
	}
	if got, _ := d.post(t, c, "/sign-in/link", url.Values{"code": {"OTHER"}}); got.StatusCode != http.StatusUnauthorized {
		t.Fatal(got.StatusCode)
	}
	if got, _ := d.post(t, c, "/sign-in/link", url.Values{"code": {"LINK"}}); got.StatusCode != http.StatusSeeOther || d.who(t, c) != "os-1000 ada" {
		t.Fatal(got.StatusCode)
	}
	if got, _ := d.post(t, browser(t), "/sign-in/link", url.Values{"code": {"LINK"}}); got.StatusCode != http.StatusUnauthorized {
		t.Fatal("the link works twice")
	}
}

func TestASessionFromBeforeIsWorthNothing(t *testing.T) {
	d, c := newDoor(t, nil), browser(t)
	at, _ := url.Parse(d.URL)
	c.Jar.SetCookies(at, []*http.Cookie{{Name: "plantrail", Value: "an-attacker-knows-this", Path: "/"}})
	got, _ := d.post(t, c, "/sign-in", token("/plans"))
	if v := got.Cookies()[0].Value; v == "an-attacker-knows-this" || len(v) < 40 {
		t.Fatalf("%q", v)
	}
	thief := browser(t)
	thief.Jar.SetCookies(at, []*http.Cookie{{Name: "plantrail", Value: "an-attacker-knows-this", Path: "/"}})
	if who := d.who(t, thief); who != "" {
		t.Fatalf("the thief is %q", who)
	}
}

func TestSigningOutHereAndEverywhere(t *testing.T) {
	d, here, there := newDoor(t, nil), browser(t), browser(t)
	for _, c := range []*http.Client{here, there} {
		d.post(t, c, "/sign-in", token("/plans"))
	}
	d.post(t, here, "/sign-out", nil)
	if d.who(t, here) != "" || d.who(t, there) == "" {
		t.Fatal("signing out here ended another session, or none")
	}
	d.post(t, here, "/sign-in", token("/plans"))
	d.post(t, here, "/sign-out", url.Values{"everywhere": {"yes"}})
	if d.who(t, here) != "" || d.who(t, there) != "" {
		t.Fatal("a session is left")
	}
}

func TestOtherSitesCantSendForms(t *testing.T) {
	d, c := newDoor(t, nil), browser(t)
	for _, header := range []map[string]string{{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "same-site"}} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, d.URL+"/sign-in", strings.NewReader(token("/plans").Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for name, value := range header {
			r.Header.Set(name, value)
		}
		if got, _ := send(t, c, r); got.StatusCode != http.StatusForbidden {
			t.Errorf("%v: %d", header, got.StatusCode)
		}
	}
}

func TestSigningInLeadsNowhereElse(t *testing.T) {
	d := newDoor(t, nil)
	for _, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example`, "javascript:alert(1)", "/sign-out", "plans", "http:/plans", "/%5Cevil", "/a\r\nSet-Cookie: x=y", ""} {
		got, _ := d.post(t, browser(t), "/sign-in", token(next))
		if got.StatusCode == http.StatusTooManyRequests {
			d = newDoor(t, nil)
			got, _ = d.post(t, browser(t), "/sign-in", token(next))
		}
		if to := got.Header.Get("Location"); to != "/plans" && to != "/%5Cevil" {
			t.Errorf("%q leads to %q", next, to)
		}
	}
}
