package web

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/projections"
)

const green = `{"item":"a","to":"green"}`

func TestKindsBecomeStatuses(t *testing.T) {
	h := newHouse(t)
	for kind, status := range map[domain.Kind]int{domain.Invalid: 400, domain.NotFound: 404, domain.Refused: 409, domain.Conflict: 409, domain.Reused: 422,
		domain.Unauthenticated: 401, domain.Forbidden: 403, domain.TooLarge: 413, domain.Unavailable: 503, domain.Unknown: 503, domain.Internal: 500} {
		h.service.fails = fmt.Errorf("step 3 (rate): %w", domain.Errorf(kind, "item", "no").WithHint("do"))
		w := h.send("POST", "/v1/plans/sdp/rate", green, as(domain.Editor), "Idempotency-Key: c-9")
		p := wantProblem(t, w, status, kind)
		if p.Command != "c-9" {
			t.Errorf("%s: the problem does not name the command", kind)
		}
		if (w.Header().Get("Retry-After") != "") != (status == 503) {
			t.Errorf("%s: Retry-After is %q", kind, w.Header().Get("Retry-After"))
		}
		if kind != domain.Internal && (p.Field != "item" || p.Hint != "do" || p.Detail != "no") {
			t.Errorf("%s: %+v", kind, p)
		}
	}
	conflict := domain.Errorf(domain.Conflict, "", "moved on")
	conflict.Expected, conflict.Actual = 0, 5
	h.service.fails = conflict
	p := wantProblem(t, h.send("POST", "/v1/plans/sdp/rate", green, as(domain.Editor), `If-Match: "0"`), 412, domain.Conflict)
	if p.Expected == nil || *p.Expected != 0 || p.Actual == nil || *p.Actual != 5 {
		t.Errorf("%+v", p)
	}
}

func TestACommandAsItReachesTheService(t *testing.T) {
	h := newHouse(t)
	w := h.send("POST", "/v1/plans/sdp/rate", `{"item":"a","to":"amber","justification":"a < b & \"c\"","stated":"2020-02","authority":{"body":"Cabinet","meeting":"2020-02-03"}}`,
		as(domain.Editor), "Idempotency-Key: c-1", `If-Match: "42"`)
	wantStatus(t, w, 201)
	o := h.service.last(t)
	rate, ok := o.Do.(domain.Rate)
	if !ok || rate.Justification != `a < b & "c"` || rate.Stated != domain.Month(2020, 2) || rate.Authority.Meeting != domain.Day(2020, 2, 3) {
		t.Errorf("%#v", o.Do)
	}
	if o.Plan != "sdp" || o.Command != "c-1" || o.IfVersion == nil || *o.IfVersion != 42 || o.Correlation != w.Header().Get("X-Request-Id") {
		t.Errorf("%+v", o)
	}
	if w.Header().Get("ETag") != `"3"` || w.Header().Get("Plantrail-Position") != "7" {
		t.Errorf("%v", w.Header())
	}
	h.service.repeat = true
	wantStatus(t, h.send("POST", "/v1/plans/sdp/rate", green, as(domain.Editor), "Idempotency-Key: c-1"), 200)
	h.send("POST", "/v1/plans/sdp/rate", green, as(domain.Editor))
	first := h.service.last(t)
	h.send("POST", "/v1/plans/sdp/rate", green, as(domain.Editor))
	if second := h.service.last(t); len(first.Command) != 36 || first.Command >= second.Command || first.IfVersion != nil {
		t.Errorf("ids of the server's own: %s, %s", first.Command, second.Command)
	}
}

func TestIfMatch(t *testing.T) {
	h := newHouse(t)
	for _, bad := range []string{"42", `"42`, `"x"`, `W/"42"`, `"1", "2"`, `"-1"`, `""`} {
		wantProblem(t, h.send("POST", "/v1/plans/sdp/rate", green, as(domain.Editor), "If-Match: "+bad), 400, domain.Invalid)
	}
	wantStatus(t, h.send("POST", "/v1/plans/sdp/rate", green, as(domain.Editor), "If-Match: *"), 201)
	if h.service.last(t).IfVersion != nil {
		t.Error("* is no version")
	}
	wantProblem(t, h.send("POST", "/v1/plans/new/open-plan", `{"title":"New"}`, as(domain.Editor), "If-Match: *"), 412, domain.Conflict)
	h.service.fails = domain.Errorf(domain.NotFound, "plan", "there is no plan")
	wantProblem(t, h.send("POST", "/v1/plans/new/rate", green, as(domain.Editor), "If-Match: *"), 412, domain.Conflict)
	wantProblem(t, h.send("POST", "/v1/plans/new/rate", green, as(domain.Editor)), 404, domain.NotFound)
	h.service.fails = domain.Errorf(domain.NotFound, "item", "there is no item")
	wantProblem(t, h.send("POST", "/v1/plans/sdp/rate", green, as(domain.Editor), "If-Match: *"), 404, domain.NotFound)
}

func TestIfNoneMatch(t *testing.T) {
	h := newHouse(t)
	for tag, status := range map[string]int{`"3"`: 304, `W/"3"`: 304, `"1", "3"`: 304, `*`: 304, `"33"`: 200, `3`: 200, ``: 200} {
		w := h.send("GET", "/v1/plans/sdp", "", as(domain.Reader), "If-None-Match: "+tag)
		if w.Code != status || status == 304 && w.Body.Len() != 0 || w.Header().Get("ETag") != `"3"` {
			t.Errorf("%q: %d %q %v", tag, w.Code, w.Body, w.Header())
		}
	}
}

func TestBodiesAreReadStrictly(t *testing.T) {
	for body, field := range map[string]string{
		"":                                   "body",
		"null":                               "body",
		"[]":                                 "body",
		"{":                                  "body",
		`{"item":"a"} {}`:                    "body",
		"\xff\xfe{}":                         "body",
		"{\"item\":\"\xe9\"}":                "body",
		`{"Item":"a"}`:                       "Item",
		`{"item":"a","item":"b"}`:            "item",
		`{"item":null}`:                      "item",
		`{"item":1}`:                         "item",
		`{"owed":"yes"}`:                     "owed",
		`{"stated":"Oct 12"}`:                "stated",
		`{"stated":"2020-02-30"}`:            "stated",
		`{"stated":20200203}`:                "stated",
		`{"authority":{"meeting":"x"}}`:      "authority.meeting",
		`{"authority":[]}`:                   "authority",
		`{"authority":{"body":"x","x":1}}`:   "authority.x",
		strings.Repeat(`{"item":`, 9000):     "body",
		`{"item":` + strings.Repeat("[", 20): "body",
	} {
		var c domain.Rate
		e := (*domain.Error)(nil)
		if err := decodeBody([]byte(body), &c); !errors.As(err, &e) || e.Kind != domain.Invalid || e.Field != field || e.Message == "" || e.Hint == "" {
			t.Errorf("%.60q: %+v", body, err)
		}
	}
	var plan domain.OpenPlan
	good := `{"title":"T","dimensions":[{"key":"d","label":"D","scheme":{"id":"s","title":"S","values":[{"key":"k","label":"K","colour":"red","shape":"ring","meaning":"at_risk"}]}}]}`
	if err := decodeBody([]byte(good), &plan); err != nil || plan.Dimensions[0].Scheme.Values[0].Meaning != domain.AtRisk {
		t.Errorf("%v %+v", err, plan)
	}
	e := (*domain.Error)(nil)
	bad := strings.Replace(good, `"shape":"ring"`, `"shape":7`, 1)
	if err := decodeBody([]byte(bad), &plan); !errors.As(err, &e) || e.Field != "dimensions[0].scheme.values[0].shape" {
		t.Errorf("%v", err)
	}
}

func FuzzDecodeBody(f *testing.F) {
	f.Add([]byte(`{"item":"a","to":"green","authority":{"body":"x"}}`))
	f.Add([]byte(`{"item":{"item":[]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var c domain.OpenPlan
		err := decodeBody(body, &c)
		if err == nil && !json.Valid(body) {
			t.Errorf("%q was read as JSON", body)
		}
		if e := (*domain.Error)(nil); err != nil && !errors.As(err, &e) {
			t.Errorf("%q: %v has no kind", body, err)
		}
	})
}

func TestParametersAreReadStrictly(t *testing.T) {
	h := newHouse(t)
	for target, field := range map[string]string{
		"/v1/plans?min_position=-1": "min_position", "/v1/timeline?limit=0": "limit", "/v1/timeline?limit=1001": "limit", "/v1/timeline?newest=maybe": "newest",
		"/v1/timeline?type=rated": "type", "/v1/timeline?from=yesterday": "from", "/v1/timeline?to=2020-13-01": "to", "/v1/plans/sdp?position=0": "position",
		"/v1/plans/sdp?position=1&recorded_at=2020-01-01": "recorded_at", "/v1/plans/sdp/ambers?meaning=amber": "meaning", "/v1/search": "q", "/v1/search?q=%20": "q",
		"/v1/plans?format=xml": "format", "/v1/plans?min_position=1&min_position=2": "min_position", "/v1/plans?plan=sdp": "plan", "/v1/plans?%zz": "",
		"/v1/whoami?format=csv": "format",
	} {
		if p := wantProblem(t, h.send("GET", target, "", as(domain.Reader)), 400, domain.Invalid); p.Field != field || p.Hint == "" {
			t.Errorf("%s: %+v", target, p)
		}
	}
}

func TestABodyThatIsNotThereIsAskedFor(t *testing.T) {
	w := newHouse(t).send("POST", "/v1/plans/sdp/rate", "", as(domain.Editor), "Content-Type: application/json")
	if p := wantProblem(t, w, 400, domain.Invalid); p.Field != "body" || p.Hint == "" {
		t.Errorf("%+v", p)
	}
}

func TestWaitingForOnesOwnWrite(t *testing.T) {
	h := newHouse(t)
	wantStatus(t, h.send("GET", "/v1/plans?min_position=7", "", as(domain.Reader)), 200)
	w := h.send("GET", "/v1/plans?min_position=8", "", as(domain.Reader))
	if wantProblem(t, w, 503, domain.Unavailable); w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestReadyOrNot(t *testing.T) {
	h := newHouse(t)
	wantStatus(t, h.send("GET", "/readyz", ""), 200)
	h.reads.status.CaughtUp = false
	if w := h.send("GET", "/readyz", ""); w.Code != 503 || !strings.Contains(w.Body.String(), "being built") {
		t.Errorf("while the read models are being built: %d %s", w.Code, w.Body)
	}
	h.reads.status.Stopped, h.reads.status.LagSeconds = "a gap at position 12: /data/views.sqlite", 60
	h.Server.deps.Journal = func() JournalStats { return JournalStats{Down: "nats://secret@x", ReadOnly: "disk is full"} }
	w := h.send("GET", "/readyz", "")
	wantStatus(t, w, 503)
	var health Health
	if err := json.Unmarshal(w.Body.Bytes(), &health); err != nil || len(health.Reasons) != 4 || strings.Contains(w.Body.String(), "secret") || strings.Contains(w.Body.String(), "/data") {
		t.Errorf("%v %s", err, w.Body)
	}
	wantStatus(t, h.send("GET", "/healthz", ""), 200)
	for role, told := range map[domain.Role]bool{domain.Reader: false, domain.Admin: true} {
		if w := h.send("GET", "/v1/status", "", as(role)); strings.Contains(w.Body.String(), "secret@x") != told {
			t.Errorf("the status for a %s: %s", role, w.Body)
		}
	}
}

func TestCSV(t *testing.T) {
	h := newHouse(t)
	h.reads.plan.Items = []projections.ItemView{{Item: "a", Title: projections.Words{Text: "-1+1|cmd"}}, {Item: "b", Title: projections.Words{Text: "two\nlines, \"quoted\""}}}
	for _, how := range [][2]string{{"/v1/plans/sdp?format=csv", "X: y"}, {"/v1/plans/sdp", "Accept: text/csv"}, {"/v1/plans/sdp", "Accept: text/csv, application/json;q=0.5"}} {
		w := h.send("GET", how[0], "", as(domain.Reader), how[1])
		if wantStatus(t, w, 200); w.Header().Get("Content-Type") != "text/csv; charset=utf-8; header=present" || !strings.Contains(w.Header().Get("Vary"), "Accept") {
			t.Errorf("%v: %v", how, w.Header())
		}
		rows, err := csv.NewReader(w.Body).ReadAll()
		if err != nil || len(rows) != 3 || rows[0][4] != "title" || rows[1][4] != "'-1+1|cmd" || rows[2][4] != "two\nlines, \"quoted\"" {
			t.Errorf("%v: %v %q", how, err, rows)
		}
	}
	for _, how := range [][2]string{{"/v1/plans/sdp?format=json", "Accept: text/csv"}, {"/v1/plans/sdp", "Accept: */*"}, {"/v1/plans/sdp", "Accept: text/html"}, {"/v1/plans/sdp", "X: y"}, {"/v1/whoami", "Accept: text/csv"}} {
		if w := h.send("GET", how[0], "", as(domain.Reader), how[1]); w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%v: %v", how, w.Header())
		}
	}
	wantProblem(t, h.send("GET", "/v1/plans/nix?format=csv", "", as(domain.Reader)), 404, domain.NotFound)
}

func TestTablesHaveAsManyCellsAsColumns(t *testing.T) {
	said := &projections.Statement{}
	entry := projections.Entry{Said: projections.Said{Position: 1}, Authority: &domain.Authority{}, Texts: map[string]projections.Words{"justification": {Text: "x"}, "reason": {Text: "y"}}}
	for _, v := range []any{
		plansAnswer{[]projections.PlanSummary{{}}},
		projections.PlanView{Items: []projections.ItemView{{}, {Ratings: []projections.RatingView{{Reason: said}}, Outcome: &projections.OutcomeView{}}}},
		projections.AmberTable{Rows: []projections.Amber{{}, {Rating: projections.RatingView{Reason: said}}}},
		projections.Page[projections.Entry]{Entries: []projections.Entry{entry}},
		projections.Page[projections.Hit]{Entries: []projections.Hit{{Entry: entry}}},
		tokensAnswer{[]projections.TokenView{{}}}, personsAnswer{[]projections.PersonView{{}}},
	} {
		header, rows := tableOf(v)
		if len(header) == 0 || len(rows) == 0 {
			t.Errorf("%T has no table", v)
		}
		for _, row := range rows {
			if len(row) != len(header) {
				t.Errorf("%T: %d cells under %d columns", v, len(row), len(header))
			}
		}
	}
}

func TestThePageThatFollows(t *testing.T) {
	h := newHouse(t)
	link := h.send("GET", "/v1/plans/sdp/timeline?limit=5&item=a&after=c1", "", as(domain.Reader)).Header().Get("Link")
	if link != `</v1/plans/sdp/timeline?after=c2&item=a&limit=5>; rel="next"` {
		t.Error(link)
	}
}
