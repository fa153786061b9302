package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"plantrail/evidence"
	"plantrail/web"
)

// contract sends requests to a server and holds both sides against the document that it serves.
type contract struct {
	*real
	t      *testing.T
	doc    *openapi3.T
	router routers.Router
	seen   map[string]bool // operation ids answered with success
	token  string          // of whoever calls; "" for the process's own user
}

func newContract(t *testing.T) *contract {
	r := newReal(t)
	doc, err := openapi3.NewLoader().LoadFromData(r.must(t, 200, "GET", "/openapi.json", "").Body.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Fatal(err)
	}
	doc.Servers = nil // the router would take "/" for a prefix
	router, err := legacy.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &contract{r, t, doc, router, map[string]bool{}, ""}
}

// call sends a request and validates it, unless it is meant to be wrong, and the answer, always.
func (c *contract) call(want int, method, target, body string, headers ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	if c.token != "" {
		headers = append([]string{"Authorization: Bearer " + c.token}, headers...)
	}
	req := httptest.NewRequest(method, "http://plantrail.test"+target, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	route, params, err := c.router.FindRoute(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, target, err)
	}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, SkipSettingDefaults: true}}
	if err := openapi3filter.ValidateRequest(context.Background(), in); want < 400 && err != nil {
		c.t.Errorf("%s %s: the request is not as documented: %v", method, target, err)
	}
	w := c.send(method, target, body, headers...)
	if w.Code != want {
		c.t.Errorf("%s %s: want %d, got %d: %s", method, target, want, w.Code, w.Body)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: w.Code, Header: w.Header(), Options: in.Options}
	out.SetBodyBytes(w.Body.Bytes())
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		c.t.Errorf("%s %s: the answer %d is not as documented: %v\n%s", method, target, w.Code, err, w.Body)
	}
	if w.Code < 300 {
		c.seen[route.Operation.OperationID] = true
	}
	return w
}

// example is the request that the document shows for an operation.
func (c *contract) example(path string) string {
	c.t.Helper()
	item := c.doc.Paths.Value(path)
	if item == nil || item.Post == nil {
		c.t.Fatalf("no operation POST %s", path)
	}
	b, err := json.Marshal(item.Post.RequestBody.Value.Content["application/json"].Example)
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

// story gives commands as the document shows them, and each once more, under another's id, and in ways that must fail. It
// returns the last one's position.
func (c *contract) story(verbs ...string) (position string) {
	c.t.Helper()
	for _, verb := range verbs {
		target := "/v1/plans/sdp/" + verb
		body := c.example("/v1/plans/{plan}/" + verb)
		position = c.call(201, "POST", target, body, "Idempotency-Key: c-"+verb).Header().Get("Plantrail-Position")
		c.call(200, "POST", target, body, "Idempotency-Key: c-"+verb)
		if verb != "open-plan" {
			c.call(422, "POST", target, body, "Idempotency-Key: c-open-plan")
		}
		c.call(400, "POST", target, `{"nonsense":1}`)
		c.call(400, "POST", "/v1/plans/NOT-AN-ID/"+verb, body)
		c.call(401, "POST", target, body, "Authorization: Bearer x")
		c.call(415, "POST", target, body, "Content-Type: text/plain")
		c.call(412, "POST", target, body, `If-Match: "999"`)
		if c.t.Failed() {
			c.t.FailNow()
		}
	}
	return position
}

func TestEveryOperationIsAsDocumented(t *testing.T) {
	c := newContract(t)
	c.story("open-plan", "add-item")
	c.call(201, "POST", "/v1/plans/sdp/add-item", `{"item":"aim-1","level":"aim","title":"Be reached easily"}`) // under which the first is moved
	c.story("rate", "justify", "make-request", "answer-request", "report-progress", "reword-item", "assign-owner", "set-due", "move-item", "suspend-item",
		"resume-item", "record-outcome", "resolve")
	c.practice()
	c.story("cancel-item", "correct", "close-plan", "set-hold", "release-hold")
	position := c.story("erase-text")
	min := "min_position=" + position
	for _, q := range []string{"/v1/plans?" + min, "/v1/plans/sdp?" + min, "/v1/plans/sdp?position=4", "/v1/plans/sdp/strips", "/v1/plans/sdp?recorded_at=2099-01-01",
		"/v1/plans/sdp/ambers", "/v1/plans/sdp/ambers?meaning=at_risk,off_track", "/v1/plans/sdp/timeline?limit=5", "/v1/plans/sdp/timeline?newest=true&item=action-1&from=2020-01-01",
		"/v1/timeline?type=rating-changed", "/v1/plans/sdp/items/action-1", "/v1/plans/sdp/entries/3", "/v1/plans/sdp/commands/c-rate", "/v1/search?q=posts",
		"/v1/search?q=vacant&plan=sdp&limit=1", "/v1/status", "/v1/whoami", "/v1/persons", "/v1/tokens", "/v1/schemes", "/healthz", "/readyz", "/problems/conflict",
		"/v1/plans/sdp/findings?rule=R20,R01&severity=high&answered=no", "/v1/plans/sdp/findings?valid_at=2020-02-03", "/v1/findings?limit=1", "/v1/findings/rules"} {
		c.call(200, "GET", q, "")
	}
	for _, list := range []string{"/v1/plans", "/v1/plans/sdp", "/v1/plans/sdp/ambers", "/v1/plans/sdp/timeline", "/v1/timeline", "/v1/search?q=posts", "/v1/persons", "/v1/tokens", "/v1/schemes",
		"/v1/plans/sdp/findings", "/v1/findings", "/v1/findings/rules"} {
		w := c.call(200, "GET", list, "", "Accept: text/csv")
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/csv") {
			t.Errorf("%s: %s", list, w.Header().Get("Content-Type"))
		}
	}
	tag := c.call(200, "GET", "/v1/plans/sdp", "").Header().Get("ETag")
	c.call(304, "GET", "/v1/plans/sdp", "", "If-None-Match: "+tag)
	for _, missing := range []string{"/v1/plans/nix", "/v1/plans/nix/findings", "/v1/plans/nix/ambers", "/v1/plans/sdp/items/nix", "/v1/plans/sdp/entries/999", "/v1/plans/sdp/commands/nix"} {
		c.call(404, "GET", missing, "")
	}
	c.call(400, "GET", "/v1/plans?limit=3", "")
	c.hurried = 2 * time.Second
	c.call(503, "GET", "/v1/plans?min_position=99999", "")
	c.hurried = 0
	c.people()
	c.imports()
	c.evidence()
	c.log()
	c.backup()
	c.feeds()
	c.reports()
	c.visits()
	c.call(200, "POST", "/v1/rebuild", "")
	for path, item := range c.doc.Paths.Map() {
		for method, op := range item.Operations() {
			if !c.seen[op.OperationID] {
				t.Errorf("no request of this test succeeded at %s %s (%s)", method, path, op.OperationID)
			}
		}
	}
}

func (c *contract) people() {
	c.t.Helper()
	var got web.IssuedToken
	w := c.call(201, "POST", "/v1/tokens", c.example("/v1/tokens"), "Idempotency-Key: t-1")
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		c.t.Fatal(err)
	}
	if again := c.call(422, "POST", "/v1/tokens", c.example("/v1/tokens"), "Idempotency-Key: t-1"); !strings.Contains(again.Body.String(), "revoke "+string(got.Token)) {
		c.t.Errorf("who lost the first answer is told %s", again.Body)
	}
	c.call(400, "POST", "/v1/tokens", `{"role":"god","name":"x"}`)
	mine := "Authorization: Bearer " + got.Secret
	c.call(200, "GET", "/v1/whoami", "", mine)
	c.call(403, "GET", "/v1/tokens", "", mine)
	person := "/v1/persons/" + string(got.Person)
	c.call(201, "POST", person+"/rename", c.example("/v1/persons/{person}/rename"))
	c.call(201, "POST", "/v1/tokens/"+string(got.Token)+"/revoke", c.example("/v1/tokens/{token}/revoke"))
	c.call(401, "GET", "/v1/whoami", "", mine)
	c.call(201, "POST", person+"/leave", "")
	erase := c.example("/v1/persons/{person}/erase-name")
	c.call(201, "POST", person+"/erase-name", erase, "Idempotency-Key: gone-1")
	c.call(200, "POST", person+"/erase-name", erase, "Idempotency-Key: gone-1")
	c.call(409, "POST", person+"/erase-name", erase)
	c.call(404, "POST", "/v1/persons/p-nobody/erase-name", erase)
	c.call(404, "POST", "/v1/persons/p-nobody/leave", "")
}

func (c *contract) imports() {
	c.t.Helper()
	paper := "Action|Reason for amber|\nAnswer calls|Two posts are vacant|\nAnswer letters|The printer is late|\n"
	if seed, err := os.ReadFile("../../shared/seeds/city-of-london-sdp.txt"); err == nil {
		paper = string(seed)
	}
	file := "Content-Type: application/octet-stream"
	c.call(200, "POST", "/v1/import?plan=col&title=SDP&name=x.txt", paper, file)
	w := c.call(200, "POST", "/v1/import?plan=col&title=SDP&meeting_date=2020-02-03&body=Committee&apply=true&name=x.txt", paper, file)
	var first, second web.ImportView
	if err := json.NewDecoder(bytes.NewReader(w.Body.Bytes())).Decode(&first); err != nil || first.Receipt == nil {
		c.t.Fatalf("not recorded: %v %s", err, w.Body)
	}
	w = c.call(200, "POST", "/v1/import?plan=col&title=SDP&meeting_date=2020-02-03&body=Committee&apply=true&name=x.txt", paper, file)
	if err := json.Unmarshal(w.Body.Bytes(), &second); err != nil || second.Receipt == nil || !second.Receipt.Repeat || second.Receipt.Position != first.Receipt.Position {
		c.t.Errorf("the same paper again: %v %s", err, w.Body)
	}
	c.call(400, "POST", "/v1/import?plan=col", "", file)
}

// log reads the log as an auditor's tool does: checkpoint, then tiles.
func (c *contract) log() {
	c.t.Helper()
	var state web.ProofView
	for deadline := time.Now().Add(time.Minute); ; {
		w := c.call(200, "GET", "/v1/verify", "")
		if err := json.Unmarshal(w.Body.Bytes(), &state); err != nil {
			c.t.Fatal(err)
		}
		if state.Size > 20 && state.LagEvents == 0 {
			break
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("no checkpoint within a minute: %+v", state.KeeperStatus)
		}
	}
	earlier := "/v1/verify?size=" + strconv.FormatInt(state.Size, 10) + "&root=" + url.QueryEscape(state.Root)
	c.call(200, "GET", earlier, "")
	c.call(409, "GET", "/v1/verify?size=1&root="+url.QueryEscape(state.Root), "")
	c.call(400, "GET", "/v1/verify?size=1&root=x", "")
	c.call(200, "POST", "/v1/verify", "")
	c.call(200, "POST", "/v1/keys/rotate", "")
	lines := strings.Split(strings.TrimSpace(c.must(c.t, 200, "POST", "/v1/verify?progress=true", "").Body.String()), "\n")
	var last web.VerifyLine
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Verdict == nil || !last.Verdict.OK {
		c.t.Errorf("the last line of the progress: %v %q", err, lines)
	}
	w := c.must(c.t, 200, "GET", "/log/checkpoint", "")
	if !strings.HasPrefix(w.Body.String(), "plantrail/acme/test\n") || w.Header().Get("Cache-Control") != "no-cache" {
		c.t.Errorf("%v %s", w.Header(), w.Body)
	}
	for _, tile := range evidence.NewTiles(0, state.Size) {
		w := c.must(c.t, 200, "GET", "/log/"+tile.Path(), "")
		if tile.Level == evidence.EntriesLevel {
			if _, err := tile.ParseEntries(w.Body.Bytes()); err != nil {
				c.t.Error(err)
			}
		} else if _, err := tile.ParseHashes(w.Body.Bytes()); err != nil {
			c.t.Error(err)
		}
		if !strings.Contains(w.Header().Get("Cache-Control"), "private, max-age=31536000, immutable") {
			c.t.Errorf("%s: %v", tile.Path(), w.Header())
		}
	}
	c.must(c.t, 404, "GET", "/log/tile/0/001", "")
	c.must(c.t, 404, "GET", "/log/tile/0/x", "")
	c.must(c.t, 404, "GET", "/log/tile/entries/9", "")
}

func (c *contract) evidence() {
	c.t.Helper()
	c.call(201, "POST", "/v1/plans/ev/open-plan", `{"title":"Evidence"}`)
	c.call(201, "POST", "/v1/plans/ev/add-item", `{"item":"a","title":"Answer calls"}`)
	file, target := "Content-Type: application/octet-stream", "/v1/plans/ev/evidence?item=a&title=Letter&file=letter.txt&dated=2020-01-31"
	w := c.call(201, "POST", target, "Thank you.", file, "Idempotency-Key: f-1")
	min := w.Header().Get("Plantrail-Position")
	c.call(200, "POST", target, "Thank you.", file, "Idempotency-Key: f-1")
	c.call(422, "POST", target, "Other words.", file, "Idempotency-Key: f-1")
	c.call(400, "POST", target, "", file)
	c.call(404, "POST", "/v1/plans/ev/evidence?item=nix&title=x", "Thank you.", file)
	c.call(415, "POST", target, "Thank you.", "Content-Type: text/html")
	var got struct{ Files []web.EvidenceFile }
	list := c.call(200, "GET", "/v1/plans/ev/evidence?min_position="+min, "")
	if err := json.Unmarshal(list.Body.Bytes(), &got); err != nil || len(got.Files) != 1 || got.Files[0].MediaType != "text/plain" {
		c.t.Fatalf("%v %s", err, list.Body)
	}
	id := string(got.Files[0].Evidence)
	one := c.send("GET", "/v1/plans/ev/evidence/"+id, "")
	if one.Code != 200 || one.Body.String() != "Thank you." || one.Header().Get("Content-Disposition") != `attachment; filename="letter.txt"` {
		c.t.Errorf("%d %v %s", one.Code, one.Header(), one.Body)
	}
	c.seen["get-evidence"] = true
	c.call(404, "GET", "/v1/plans/ev/evidence/nix", "")
	zip := c.must(c.t, 200, "POST", "/v1/plans/ev/bundle", c.example("/v1/plans/{plan}/bundle"))
	if v := evidence.Verify(bytes.NewReader(zip.Body.Bytes()), int64(zip.Body.Len()), evidence.Options{}); !v.OK() || v.Last != 3 {
		c.t.Errorf("%s", v)
	}
	c.seen["take-bundle"] = true
	c.call(400, "POST", "/v1/plans/ev/bundle", `{"reason":""}`)
	c.call(404, "POST", "/v1/plans/nix/bundle", `{"reason":"x"}`)
	c.call(201, "POST", "/v1/plans/ev/withdraw-evidence", `{"evidence":"`+id+`","reason":"A later one came."}`)
}

var _ http.Handler
