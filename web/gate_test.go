package web

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/projections"
)

// fill puts a good value into each wildcard of a pattern.
func fill(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	return method, strings.NewReplacer("{plan}", "sdp", "{item}", "a", "{entry}", "1", "{command}", "c-1", "{person}", "p-1", "{token}", "t1", "{evidence}", "evidence-1", "{path...}", "0/000").Replace(path)
}

func TestEveryRouteAsksForItsRole(t *testing.T) {
	h := newHouse(t)
	roles := append([]domain.Role{anyone}, domain.Roles()...)
	for pattern, least := range access {
		method, path := fill(pattern)
		for i, role := range roles {
			headers := []string{}
			if role != anyone {
				headers = append(headers, as(role))
			}
			w := h.send(method, path, "", headers...)
			allowed := least == anyone || i > 0 && role.Covers(least)
			switch {
			case allowed && (w.Code == 401 || w.Code == 403):
				t.Errorf("%s as %q is refused: %d %s", pattern, role, w.Code, w.Body)
			case !allowed && role == anyone:
				wantProblem(t, w, 401, domain.Unauthenticated)
				if w.Header().Get("WWW-Authenticate") == "" {
					t.Errorf("%s: a 401 without WWW-Authenticate", pattern)
				}
			case !allowed:
				wantProblem(t, w, 403, domain.Forbidden)
			}
		}
	}
	// Writing is never a reader's or an inspector's, and what touches tokens and persons never an editor's.
	for pattern, least := range access {
		if strings.HasPrefix(pattern, "POST ") && !strings.HasSuffix(pattern, "/bundle") && !strings.HasSuffix(pattern, "/draft") &&
			(domain.Reader.Covers(least) || domain.Inspector.Covers(least)) {
			t.Errorf("%s writes and needs only %q", pattern, least)
		}
		if strings.Contains(pattern, "token") && least != domain.Admin {
			t.Errorf("%s is about tokens and needs only %q", pattern, least)
		}
	}
}

func TestWhoIsLetInToSomePlansSeesNoOther(t *testing.T) {
	h := newHouse(t)
	cred := h.reads.tokens["inspector"]
	cred.Plans = []domain.PlanID{"visited", "parks"}
	h.reads.tokens["inspector"] = cred
	for pattern, least := range access {
		method, path := fill(pattern)
		if least == anyone || !domain.Inspector.Covers(least) || slices.Contains(forAll, pattern) {
			continue
		}
		if strings.Contains(path, "/sdp") || !strings.Contains(path, "/v1/plans/") {
			wantProblem(t, h.send(method, path, "", as("inspector")), 403, domain.Forbidden)
		}
		if own := strings.Replace(path, "/sdp", "/parks", 1); own != path {
			if w := h.send(method, own, "", as("inspector")); w.Code == 403 {
				t.Errorf("%s %s: %d %s", method, own, w.Code, w.Body)
			}
		}
	}
	for _, near := range []string{"park", "arks", "visitedparks", "VISITED"} {
		if w := h.send("GET", "/v1/plans/"+near, "", as("inspector")); w.Code != 403 && w.Code != 400 {
			t.Errorf("%s: %d", near, w.Code)
		}
	}
}

func TestARouteWithoutARuleIsNotServed(t *testing.T) {
	h := newHouse(t)
	for name, register := range map[string]func(){
		"unknown to the table": func() { h.open("GET /v1/secret", route{}) },
		"never announced":      func() { h.HandleFunc("GET /v1/secret", nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a route %s was registered", name)
				}
			}()
			register()
		}()
	}
}

func TestTokensThatCantBeUsed(t *testing.T) {
	h := newHouse(t)
	good := h.reads.tokens["reader"]
	change := func(id domain.TokenID, f func(*projections.Credential)) {
		c := good
		f(&c)
		h.reads.tokens[id] = c
	}
	change("revoked", func(c *projections.Credential) { c.Revoked = true })
	change("expired", func(c *projections.Credential) { c.Expires = domain.Day(2026, 11, 21) })
	change("left", func(c *projections.Credential) { c.Left = true })
	change("norole", func(c *projections.Credential) { c.Role = "" })
	change("lastday", func(c *projections.Credential) { c.Expires = domain.Day(2026, 11, 22) })

	wantStatus(t, h.send("GET", "/v1/whoami", "", "Authorization: bearer "+formatToken("lastday", testSecret)), 200)
	wantProblem(t, h.send("GET", "/v1/whoami", "", as("norole")), 403, domain.Forbidden)
	wrong := strings.Repeat("w", 43)
	for name, header := range map[string]string{
		"none":              "X: y",
		"revoked":           as("revoked"),
		"expired":           as("expired"),
		"left":              as("left"),
		"another's secret":  "Authorization: Bearer " + formatToken("reader", wrong),
		"unknown id":        "Authorization: Bearer " + formatToken("nobody", testSecret),
		"short secret":      "Authorization: Bearer pt_reader_s",
		"id with a path":    "Authorization: Bearer pt_../x_" + testSecret,
		"id in upper case":  "Authorization: Bearer pt_READER_" + testSecret,
		"no prefix":         "Authorization: Bearer reader_" + testSecret,
		"basic":             "Authorization: Basic " + formatToken("reader", testSecret),
		"only the scheme":   "Authorization: Bearer",
		"the digest itself": "Authorization: Bearer pt_reader_" + digestOf(testSecret)[:43],
		"local, shortened":  "Authorization: Bearer pt_local_" + strings.Repeat("L", 42),
	} {
		w := h.send("GET", "/v1/whoami", "", header)
		if w.Code != 401 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
			continue
		}
		wantProblem(t, w, 401, domain.Unauthenticated)
	}
	unknown := h.send("GET", "/v1/whoami", "", "Authorization: Bearer "+formatToken("nobody", testSecret)).Body.String()
	forged := h.send("GET", "/v1/whoami", "", "Authorization: Bearer "+formatToken("reader", wrong)).Body.String()
	if unknown != forged {
		t.Errorf("the answers tell which tokens exist:\n%s\n%s", unknown, forged)
	}
	w := h.send("GET", "/v1/whoami", "", "Authorization: Bearer pt_local_"+strings.Repeat("L", 43))
	if wantStatus(t, w, 200); !strings.Contains(w.Body.String(), `"os-1000"`) {
		t.Errorf("the local token is not its holder's: %s", w.Body)
	}
	h.reads.status.LagSeconds = 60
	wantProblem(t, h.send("GET", "/v1/whoami", "", as("nobody")), 503, domain.Unavailable)
}

func TestTwoTokensAreNotOne(t *testing.T) {
	h := newHouse(t)
	r := httptest.NewRequest("GET", "/v1/whoami", nil)
	r.Header["Authorization"] = []string{strings.TrimPrefix(as(domain.Reader), "Authorization: "), strings.TrimPrefix(as(domain.Admin), "Authorization: ")}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	wantProblem(t, w, 401, domain.Unauthenticated)
}

func TestTheActorIsTheTokens(t *testing.T) {
	h := newHouse(t)
	wantProblem(t, h.send("POST", "/v1/plans/sdp/rate", `{"item":"a","to":"green","actor":"p-admin"}`, as(domain.Editor)), 400, domain.Invalid)
	wantStatus(t, h.send("POST", "/v1/plans/sdp/rate", `{"item":"a","to":"green"}`, as(domain.Editor), "X-Actor: p-admin", "X-Forwarded-User: root"), 201)
	if a := h.service.last(t).Actor; a != (domain.Actor{ID: "p-editor", Kind: domain.User, Role: domain.Editor}) {
		t.Errorf("the actor is %+v", a)
	}
}

func TestPathsAndIdsThatPlayTricks(t *testing.T) {
	h := newHouse(t)
	for _, target := range []string{"/v1/plans/..%2f..%2fetc", "/v1/plans/%2e%2e/tokens", "/v1/plans//sdp", "/v1/plans/sdp/", "/v1/./plans", "/v1/plans/sdp%2Ftimeline", "/", "//evil.test/", "/docs", "/openapi.yaml", "/schemas/Rate.json", "/v2/plans"} {
		w := h.send("GET", target, "", as(domain.Admin))
		wantProblem(t, w, 404, domain.NotFound)
		if w.Header().Get("Location") != "" {
			t.Errorf("%s is redirected to %s", target, w.Header().Get("Location"))
		}
	}
	for _, id := range []string{"_people", "SDP", "a%20b", "a%0d%0aSet-Cookie:x=y", "a%00b", "a.b", "*", "%3E", "a*", "%F0%9F%98%80", strings.Repeat("a", 65), strings.Repeat("a", 5000)} {
		for _, path := range []string{"/v1/plans/" + id, "/v1/plans/" + id + "/timeline", "/v1/plans/sdp/items/" + id, "/v1/timeline?item=" + id, "/v1/timeline?actor=" + id, "/v1/search?q=x&plan=" + id} {
			w := h.send("GET", path, "", as(domain.Admin))
			if w.Code != 400 {
				t.Errorf("%s: %d %s", path, w.Code, w.Body)
			}
			if w.Header().Get("Set-Cookie") != "" {
				t.Errorf("%s sets a header of its own", path)
			}
		}
		wantStatus(t, h.send("POST", "/v1/plans/"+id+"/rate", `{"item":"a","to":"green"}`, as(domain.Editor)), 400)
	}
	for _, key := range []string{"a b", "a\nb", "é", strings.Repeat("k", 65), "a/b", "\x00"} {
		wantProblem(t, h.send("POST", "/v1/plans/sdp/rate", `{"item":"a","to":"green"}`, as(domain.Editor), "Idempotency-Key: "+key), 400, domain.Invalid)
	}
	if len(h.service.orders) != 0 {
		t.Errorf("%d of these reached the service", len(h.service.orders))
	}
}

func TestOtherMethods(t *testing.T) {
	h := newHouse(t)
	for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"} {
		w := h.send(method, "/v1/plans/sdp", "", as(domain.Admin))
		wantProblem(t, w, 405, domain.Invalid)
		if allow := w.Header().Get("Allow"); !strings.Contains(allow, "GET") {
			t.Errorf("%s: Allow is %q", method, allow)
		}
	}
	wantProblem(t, h.send("POST", "/v1/plans/sdp", "{}", as(domain.Admin)), 405, domain.Invalid)
	wantProblem(t, h.send("GET", "/v1/plans/sdp/rate", "", as(domain.Admin)), 405, domain.Invalid)
	get, head := h.send("GET", "/v1/plans/sdp", "", as(domain.Reader)), h.send("HEAD", "/v1/plans/sdp", "", as(domain.Reader))
	if wantStatus(t, head, 200); head.Body.Len() != 0 || head.Header().Get("Content-Length") != get.Header().Get("Content-Length") || head.Header().Get("ETag") != `"3"` {
		t.Errorf("HEAD: %q %v", head.Body, head.Header())
	}
	wantStatus(t, h.send("HEAD", "/v1/plans/sdp", ""), 401)
}

func TestBodiesAreBounded(t *testing.T) {
	h := newHouse(t)
	big := `{"item":"` + strings.Repeat("a", jsonLimit) + `"}`
	wantProblem(t, h.send("POST", "/v1/plans/sdp/rate", big, as(domain.Editor)), 413, domain.TooLarge)
	r := httptest.NewRequest("POST", "/v1/plans/sdp/rate", io.MultiReader(strings.NewReader(big))) // of no stated length
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", strings.TrimPrefix(as(domain.Editor), "Authorization: "))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	wantProblem(t, w, 413, domain.TooLarge)

	// Nobody's body is read before it is known who sends it.
	never := httptest.NewRequest("POST", "/v1/plans/sdp/rate", broken{errors.New("it was read")})
	w = httptest.NewRecorder()
	h.ServeHTTP(w, never)
	wantProblem(t, w, 401, domain.Unauthenticated)
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

func TestMediaTypes(t *testing.T) {
	h := newHouse(t)
	body := `{"item":"a","to":"green"}`
	for media, status := range map[string]int{"application/json": 201, "application/json; charset=utf-8": 201, "application/json;charset=UTF-8": 201,
		"": 415, "text/plain": 415, "application/x-www-form-urlencoded": 415, "multipart/form-data; boundary=x": 415, "application/json; charset=utf-16": 415,
		"application/cbor": 415, "application/problem+json": 415, "a/b/c": 415} {
		if w := h.send("POST", "/v1/plans/sdp/rate", body, as(domain.Editor), "Content-Type: "+media); w.Code != status {
			t.Errorf("%q: want %d, got %d %s", media, status, w.Code, w.Body)
		}
	}
	wantProblem(t, h.send("POST", "/v1/import", "x|", as(domain.Editor)), 415, domain.Invalid)
	coded := h.send("POST", "/v1/plans/sdp/rate", body, as(domain.Editor), "Content-Type: application/json", "Content-Encoding: gzip")
	if p := wantProblem(t, coded, 415, domain.Invalid); p.Field != "Content-Encoding" {
		t.Errorf("%+v", p)
	}
}

func TestASlowBodyIsGivenUp(t *testing.T) {
	h := newHouse(t)
	conn, answer := dial(t, h)
	fmt.Fprintf(conn, "POST /v1/plans/sdp/rate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 30\r\n%s\r\n\r\n{", as(domain.Editor))
	resp, err := http.ReadResponse(answer, nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusRequestTimeout {
		t.Errorf("a body that never came was answered with %s", resp.Status)
	}
}

func TestARefusedBodyDoesNotHoldTheConnection(t *testing.T) {
	h := newHouse(t)
	conn, answer := dial(t, h)
	fmt.Fprint(conn, "POST /v1/plans/sdp/rate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 30\r\n\r\n{")
	resp, err := http.ReadResponse(answer, nil)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		t.Fatalf("%v %v", resp, err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	if _, err := answer.ReadByte(); err == nil || errors.Is(err, os.ErrDeadlineExceeded) { // it ends, or is cut off with what was not read
		t.Errorf("the connection of a caller who keeps a body back: %v", err)
	}
}

func TestLargeFilesAreReadAFewAtATime(t *testing.T) {
	domaintest.Long(t)
	h := newHouse(t)
	for range fileSlots {
		h.files <- struct{}{}
	}
	wantProblem(t, h.send("POST", "/v1/import", "x", as(domain.Editor), "Content-Type: application/octet-stream"), 503, domain.Unavailable)
	for range fileSlots {
		<-h.files
	}
	h.send("POST", "/v1/import", "x", as(domain.Editor), "Content-Type: application/octet-stream")
	if len(h.files) != 0 {
		t.Error("a slot was not given back")
	}
}

// dial connects to a house whose periods are short.
func dial(t *testing.T, h *house) (net.Conn, *bufio.Reader) {
	t.Helper()
	h.Server.jsonPeriod = 50 * time.Millisecond
	server := NewHTTPServer(h)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn, bufio.NewReader(conn)
}

func TestEveryAnswerIsSafeToShow(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/healthz", "/openapi.json", "/metrics", "/v1/plans", "/v1/plans?format=csv", "/nothing", "/v1/tokens", "/v1/plans/UP"} {
		for _, header := range []string{as(domain.Reader), "X: y"} {
			got := h.send("GET", path, "", header).Header()
			for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'"} {
				if got.Get(name) != want {
					t.Errorf("%s: %s is %q", path, name, got.Get(name))
				}
			}
			if got.Get("X-Request-Id") == "" || path != "/openapi.json" && got.Get("Cache-Control") != "no-store" || got.Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %v", path, got)
			}
		}
	}
}

func TestFaultsTellNothing(t *testing.T) {
	const secret = "select * from texts where value = 'Mrs Smith'"
	for name, breakIt := range map[string]func(*house){
		"panic":          func(h *house) { h.reads.panics = secret },
		"raw error":      func(h *house) { h.reads.fails = errors.New(secret) },
		"internal error": func(h *house) { h.reads.fails = domain.Errorf(domain.Internal, secret, secret).WithHint(secret) },
		"cause":          func(h *house) { h.reads.fails = fmt.Errorf("%s: %w", secret, domain.Errorf(domain.Internal, "", "x")) },
		"not a number":   func(h *house) { h.reads.status.LagSeconds = nan() },
	} {
		h := newHouse(t)
		breakIt(h)
		path := "/v1/plans/sdp"
		if name == "not a number" {
			path = "/v1/status"
		}
		w := h.send("GET", path, "", as(domain.Reader))
		p := wantProblem(t, w, 500, domain.Internal)
		if id := w.Header().Get("X-Request-Id"); !strings.Contains(p.Detail, id) || !strings.Contains(h.log.String(), id) {
			t.Errorf("%s: the answer does not lead to the log: %s", name, p.Detail)
		}
		if strings.Contains(w.Body.String(), "Smith") || strings.Contains(w.Body.String(), "goroutine") || w.Header().Get("ETag") != "" {
			t.Errorf("%s: %v %s", name, w.Header(), w.Body)
		}
	}
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestProblemsAndLogsHoldNoTexts(t *testing.T) {
	h := newHouse(t)
	const private = "Mrs-Smith-is-ill"
	for _, body := range []string{
		`{"item":"a","to":"green","justification":["` + private + `"]}`,
		`{"item":"a","to":"green","justification":{"` + private + `":1}}`,
		`{"item":{"a":"` + private + `"}}`,
		`{"item":"a","owed":"` + private + `"}`,
		`{"item":"a","justification":"` + private + `"`,
		`"` + private + `"`,
		`["` + private + `"]`,
		private,
		`{"item":"a","justification":"` + private + `","justification":"x"}`,
	} {
		w := h.send("POST", "/v1/plans/sdp/rate", body, as(domain.Editor))
		wantProblem(t, w, 400, domain.Invalid)
		if strings.Contains(w.Body.String(), "Smith") {
			t.Errorf("%s: %s", body, w.Body)
		}
	}
	for _, target := range []string{"/v1/search?q=" + private + "&limit=" + private, "/v1/timeline?from=" + private, "/v1/timeline?newest=" + private, "/v1/plans?min_position=" + private, "/v1/plans/sdp?position=" + private} {
		w := h.send("GET", target, "", as(domain.Reader))
		wantProblem(t, w, 400, domain.Invalid)
		if strings.Contains(w.Body.String(), "Smith") {
			t.Errorf("%s: %s", target, w.Body)
		}
	}
	h.send("GET", "/v1/search?q="+private, "", as(domain.Reader))
	h.send("POST", "/v1/plans/sdp/rate", `{"item":"a","to":"green","justification":"`+private+`"}`, as(domain.Editor))
	if l := h.log.String(); strings.Contains(l, "Smith") || strings.Contains(l, testSecret) || strings.Contains(l, "LLLL") {
		t.Errorf("the log tells: %s", l)
	}
	if !strings.Contains(h.log.String(), `"route":"POST /v1/plans/{plan}/rate"`) {
		t.Error("the log has no line about the request")
	}
}
