package pages_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/web"
	"plantrail/web/pages"
	"plantrail/web/pages/pagestest"
	"plantrail/web/signin"
)

// named puts real names into a page's pattern, and gives its method.
func named(pattern string) (method, address string) {
	method, address, _ = strings.Cut(pattern, " ")
	return method, strings.NewReplacer("{plan}", "parks", "{item}", "item-01", "{entry}", "5", "{report}", "ambers", "{meeting}", "scrutiny-committee-2026-03-20", "{evidence}", "evidence-0",
		"{person}", "p-officer", "{token}", "token-1", "{subscription}", "bi", "{work}", "nix", "{$}", "").Replace(address)
}

// visitAs asks for a page as a browser does, or sends an empty form.
func visitAs(t *testing.T, h *pagestest.House, method, address string, header http.Header) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.URL+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	got, err := http.DefaultTransport.RoundTrip(r)
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

var allRoles = []domain.Role{domain.Reader, domain.Auditor, domain.Inspector, domain.Editor, domain.Clerk, domain.DataProtection, domain.Admin}

func TestEveryPageForEveryRole(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	n, roles := 0, allRoles
	if testing.Short() {
		roles = []domain.Role{domain.Reader, domain.Admin}
	}
	for _, role := range roles {
		h.SignIn.Session.Actor.Role = role
		for _, pattern := range h.Site.Patterns() {
			method, address := named(pattern)
			if strings.HasSuffix(address, "/verify") && method == http.MethodPost || strings.HasSuffix(address, "/leave") {
				continue // they say nothing that an empty form could lack
			}
			got, page := visitAs(t, h, method, address, nil)
			n++
			if got.StatusCode >= 500 && got.StatusCode != 503 || !strings.Contains(page, "</html>") && got.StatusCode != 303 && !strings.Contains(got.Header.Get("Content-Type"), "html") {
				t.Errorf("%s as %s: %d", pattern, role, got.StatusCode)
			}
			p := got.Header.Get("Content-Security-Policy")
			if !strings.Contains(p, "'none'") || strings.Contains(p, "unsafe") && !strings.Contains(address, "/reports/") || got.Header.Get("X-Content-Type-Options") != "nosniff" || got.Header.Get("Cache-Control") != "no-store" || got.Header.Get("Referrer-Policy") == "" {
				t.Errorf("%s as %s lacks a header: %v", pattern, role, got.Header)
			}
		}
	}
	t.Logf("%d pages and forms, each as %d roles: %d requests", n/len(roles), len(roles), n)
}

func TestNobodySeesAnythingWithoutSigningIn(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	h.SignIn.Session.Actor = domain.Actor{}
	for _, pattern := range h.Site.Patterns() {
		method, address := named(pattern)
		if address == "/" {
			continue // it leads on
		}
		for _, accept := range []string{"text/html", "application/json", "text/csv"} {
			got, page := visitAs(t, h, method, address, http.Header{"Accept": {accept}})
			if got.StatusCode != 303 || !strings.HasPrefix(got.Header.Get("Location"), "/sign-in") || strings.Contains(page, "bandstand") {
				t.Errorf("%s: %d", pattern, got.StatusCode)
			}
		}
	}
}

func TestWhoIsLetInToAnotherPlanSeesNothingOfThisOne(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	h.Do(t, "ponds", domain.OpenPlan{Basis: on(2026, 1, 5), Title: "Ponds"})
	h.SignIn.Session.Actor.Role, h.SignIn.Session.Actor.Only = domain.Inspector, domain.ScopeOf([]domain.PlanID{"ponds"})
	for _, pattern := range h.Site.Patterns() {
		method, address := named(pattern)
		for _, q := range []string{"", "?format=json", "?format=csv", "?plan=parks", "?e=5"} {
			got, page := visitAs(t, h, method, address+q, nil)
			if got.StatusCode >= 500 && got.StatusCode != 503 || strings.Contains(page, "bandstand") || strings.Contains(page, "Plant forty") || strings.Contains(page, "Scaffolding") {
				t.Errorf("%s%s tells of the plan: %d", pattern, q, got.StatusCode)
			}
			if strings.Contains(pattern, "{plan}") && got.StatusCode < 300 {
				t.Errorf("%s%s answers as if it were theirs: %d", pattern, q, got.StatusCode)
			}
		}
	}
}

func TestOtherSitesCanSendNoForm(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	h.SignIn.Session.Actor.Role = domain.Admin
	h.Config.Handler = signin.New(signin.Deps{Org: "acme", Still: func(context.Context, signin.Person) bool { return true }}).Wrap(h.Site)
	n := 0
	for _, pattern := range append(h.Site.Patterns(), "POST /sign-in", "POST /sign-in/link", "POST /sign-out") {
		method, address := named(pattern)
		if method != http.MethodPost {
			continue
		}
		for _, from := range []http.Header{{"Sec-Fetch-Site": {"cross-site"}}, {"Sec-Fetch-Site": {"same-site"}}, {"Origin": {"https://evil.example"}}, {"Origin": {"null"}}} {
			n++
			if got, _ := visitAs(t, h, method, address, from); got.StatusCode != 403 {
				t.Errorf("%s from %v: %d", pattern, from, got.StatusCode)
			}
		}
	}
	t.Logf("%d forms from elsewhere", n)
}

func TestAddressesThatPlayTricks(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	tricks := []string{"/plans/..%2f..%2fetc%2fpasswd", "/plans/parks/items/..%2fitem-01", "/plans/%00", "/plans/parks%00", "/plans/_people", "/plans/_log/timeline", "/plans/parks/items/item-01%2f..%2f..%2f_people", "/plans/PARKS",
		"/plans/parks/entries/-1", "/plans/parks/entries/5%20or%201=1", "/plans/parks/entries/99999999999999999999", "/plans/parks/evidence/..%2f..%2fkeys", "/plans/parks/reports/..%2f..%2f..%2fsecret", "/assets/..%2ftemplates%2flayout.html",
		"/plans/parks?e=5%0d%0aSet-Cookie:%20a=b", "/plans/parks?done=%3Cscript%3Ealert(1)%3C/script%3E", "/plans/parks?position=-1", "/plans/parks?position=1%27--", "/plans/parks?valid_at=%0d%0aX-Evil:1", "/search?q=%22%20OR%20text:*", "/search?q=" + strings.Repeat("a%20", 4000),
		"/plans/parks?format=%0d%0aX-Evil:1", "/access?after=..%2f..%2fkeep", "/plans/parks/timeline?after=%27;drop", "/subscriptions/..%2ftokens", "/import/..%2f..%2fx", "/schemes?plan=%3Cb%3E", "/plans/parks?words=%3Cscript%3Ealert(1)%3C/script%3E"}
	h.SignIn.Session.Actor.Role = domain.Admin
	for _, at := range tricks {
		got, page := visitAs(t, h, http.MethodGet, at, nil)
		if got.StatusCode >= 500 || got.Header.Get("X-Evil") != "" || got.Header.Get("Set-Cookie") != "" || strings.Contains(page, "<script>alert") || strings.Contains(page, "root:") || strings.Contains(page, "register-person") ||
			strings.Contains(got.Header.Get("Location"), "//") {
			t.Errorf("%s: %d %v %.300s", at, got.StatusCode, got.Header, page)
		}
	}
	t.Logf("%d addresses", len(tricks))
}

func TestOversizeFormsAreRefused(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	h.SignIn.Session.Actor.Role = domain.Admin
	large, n := "reason="+strings.Repeat("x", 1<<20+1), 0
	for _, pattern := range h.Site.Patterns() {
		method, address := named(pattern)
		if method != http.MethodPost || address == "/verify" || strings.HasSuffix(address, "/attach-evidence") { // the one has no form, the other a file
			continue
		}
		status, page, _ := send(t, h, address, "application/x-www-form-urlencoded", strings.NewReader(large))
		n++
		if address != "/import" && status != 413 || status >= 500 || status < 400 || strings.Contains(page, strings.Repeat("x", 100)) {
			t.Errorf("%s: %d", pattern, status)
		}
	}
	t.Logf("%d forms", n)
}

// A form whose body never comes holds its connection for a while and no longer.
func TestASlowFormIsGivenUp(t *testing.T) {
	api := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") })
	past := func() time.Time { return time.Now().Add(-14 * time.Second) } // of fifteen seconds one is left
	site := pages.New(pages.Deps{Org: "acme", API: api, As: func(ctx context.Context, _ domain.Actor) context.Context { return ctx }, Now: past, Log: slog.New(slog.DiscardHandler),
		SignIn: &pagestest.SignIn{Session: pages.Session{Actor: domain.Actor{ID: "p-1", Kind: domain.User, Role: domain.Admin}}}})
	server := httptest.NewServer(web.NewHTTPServer(site).Handler)
	defer server.Close()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "POST /tokens HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nname=")
	_ = c.SetReadDeadline(time.Now().Add(time.Minute))
	b, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(b), "HTTP/1.1 400") {
		t.Errorf("%v %.100s", err, b)
	}
}

// freeText are the fields in which people write what they like.
var freeText = map[string]bool{"progress": true, "justification": true, "words": true, "reason": true, "asked_by": true, "owner": true, "title": true, "claim": true, "verified": true, "outcome": true,
	"printed": true, "answer": true, "minutes": true, "body": true, "authority.body": true, "authority.resolution": true, "version": true, "levels": true, "with": true, "ref": true, "policy.approving_bodies": true, "policy.weak_reasons": true}

const markup = `</textarea><script>alert(1)</script>"'><img src=x onerror=alert(1)>`

func TestMarkupInEveryFieldIsWordsOnEveryPage(t *testing.T) {
	domaintest.Long(t)
	h := house(t)
	h.Do(t, "next", domain.OpenPlan{Basis: stated(2026, 1, 5), Title: "Next"})
	h.SignIn.Session.Actor.Role, h.SignIn.Session.Name = domain.Admin, "Olive "+markup
	fields := map[string]bool{}
	for i, one := range append([][]string{{"add-item", "ref", "9", "title", "Cut the hedge", "owner", "Hedger"}}, story...) {
		if one[0] == "add-item" && i > 0 && one[2] == "Clean the gutter" {
			continue // the one above is item-03
		}
		pairs := []string{"key", "m-" + string(rune('a'+i/26)) + string(rune('a'+i%26)), "stated", "20 March 2026", "version", ""}
		for j := 1; j+1 < len(one); j += 2 {
			value := one[j+1]
			if one[0] == "correct" && one[j] == "entry" {
				value = "7" // one later than without the item above
			}
			if freeText[one[j]] || one[0] == "correct" && one[j] == "to" {
				value += " " + markup
				fields[one[0]+"."+one[j]] = true
			}
			pairs = append(pairs, one[j], value)
		}
		if status, _, _ := post(t, h, "/plans/works/"+one[0], pairs...); status != 303 && status != 412 {
			if status, page, _ := post(t, h, "/plans/works/"+one[0], append([]string{"key", pairs[1] + "x", "stated", "20 March 2026"}, one[1:]...)...); status != 303 && status != 412 { // the field takes no such words: that is as good
				t.Errorf("%s: %d %s", one[0], status, problemIn(page))
			}
		}
	}
	n := 0
	for _, pattern := range h.Site.Patterns() {
		method, address := named(pattern)
		if method != http.MethodGet {
			continue
		}
		address = strings.NewReplacer("parks", "works", "scrutiny-committee-2026-03-20", meetingID).Replace(address)
		addresses := []string{address, address + "?q=alert&plan=works", address + "?item=item-01", address + "?item=item-02"}
		if strings.Contains(pattern, "{entry}") {
			for entry := range 45 {
				addresses = append(addresses, "/plans/works/entries/"+string(rune('0'+entry/10))+string(rune('0'+entry%10)))
			}
		}
		if strings.Contains(pattern, "/timeline") {
			addresses = append(addresses, address+"?type="+url.QueryEscape(markup))
		}
		if strings.Contains(pattern, "/reports/") {
			for _, report := range []string{"ambers", "exceptions", "dates", "ended", "changes", "requests"} {
				addresses = append(addresses, "/plans/works/reports/"+report)
			}
		}
		for _, at := range addresses {
			got, page := visitAs(t, h, method, at, http.Header{"Accept": {"text/html"}})
			if n++; got.StatusCode >= 500 && got.StatusCode != 503 || strings.Contains(page, "<script>alert") || strings.Contains(page, "<img src=x") {
				t.Errorf("%s: %d, or it carries markup that somebody wrote", at, got.StatusCode)
			}
		}
	}
	t.Logf("%d fields with markup, %d pages", len(fields), n)
}
