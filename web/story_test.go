package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/web"
)

// receipt decodes the answer to a command.
func receipt(t *testing.T, body []byte) (r domain.Receipt) {
	t.Helper()
	if err := json.Unmarshal(body, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAWriteIsReadByItsPosition(t *testing.T) {
	s := newReal(t)
	s.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"Service plan"}`)
	s.must(t, 201, "POST", "/v1/plans/sdp/add-item", `{"item":"a","title":"Answer calls"}`)
	s.must(t, 201, "POST", "/v1/plans/sdp/rate", `{"item":"a","to":"amber","justification":"Two posts are vacant."}`)
	was := receipt(t, s.must(t, 201, "POST", "/v1/plans/sdp/report-progress", `{"item":"a","progress":"One filled."}`).Body.Bytes())
	for i := range 20 {
		to := []string{"red", "amber"}[i%2]
		w := s.must(t, 201, "POST", "/v1/plans/sdp/rate", fmt.Sprintf(`{"item":"a","to":%q,"justification":"Month %d."}`, to, i))
		got := s.must(t, 200, "GET", "/v1/plans/sdp?min_position="+w.Header().Get("Plantrail-Position"), "")
		var v projections.PlanView
		if err := json.Unmarshal(got.Body.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		if r := v.Items[0].Ratings[0]; r.Value != to || r.Reason.Words.Text != fmt.Sprintf("Month %d.", i) || r.Set.By.Name != "ada" {
			t.Fatalf("after write %d: %+v", i, r)
		}
		if got.Header().Get("ETag") != w.Header().Get("ETag") {
			t.Errorf("the command answers %s, the plan %s", w.Header().Get("ETag"), got.Header().Get("ETag"))
		}
	}
	var v projections.AmberTable
	w := s.must(t, 200, "GET", fmt.Sprintf("/v1/plans/sdp/ambers?position=%d", was.Position), "")
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || len(v.Rows) != 1 || v.Rows[0].Rating.Reason.Words.Text != "Two posts are vacant." {
		t.Errorf("as it was: %v %s", err, w.Body)
	}
}

func TestPagesByCursorAreTheWholeTimeline(t *testing.T) {
	s := newReal(t)
	s.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"Service plan"}`)
	var last string
	for i := range 11 {
		last = s.must(t, 201, "POST", "/v1/plans/sdp/add-item", fmt.Sprintf(`{"title":"Item %d"}`, i)).Header().Get("Plantrail-Position")
	}
	for _, order := range []string{"false", "true"} {
		var entries []uint64
		next := "/v1/plans/sdp/timeline?limit=5&newest=" + order + "&min_position=" + last
		for pages := 0; next != "" && pages < 10; pages++ {
			w := s.must(t, 200, "GET", next, "")
			var page projections.Page[projections.Entry]
			if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Entries {
				entries = append(entries, e.Entry)
			}
			next, _, _ = strings.Cut(strings.TrimPrefix(w.Header().Get("Link"), "<"), ">")
		}
		if len(entries) != 12 || (order == "true") != (entries[0] == 12) {
			t.Errorf("newest=%s: %v", order, entries)
		}
	}
}

func TestAStaleIfMatchNamesBothVersions(t *testing.T) {
	s := newReal(t)
	tag := s.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"Service plan"}`).Header().Get("ETag")
	s.must(t, 201, "POST", "/v1/plans/sdp/add-item", `{"title":"One"}`, "If-Match: "+tag)
	w := s.must(t, 412, "POST", "/v1/plans/sdp/add-item", `{"title":"Two"}`, "If-Match: "+tag, "Idempotency-Key: c-2")
	var p web.Problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Expected == nil || *p.Expected != 1 || p.Actual == nil || *p.Actual != 2 || p.Command != "c-2" {
		t.Errorf("%v %s", err, w.Body)
	}
}

func TestOneOfManyWithTheSameVersionWins(t *testing.T) {
	s := newReal(t)
	tag := s.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"Service plan"}`).Header().Get("ETag")
	var mu sync.Mutex
	statuses := map[int]int{}
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			w := s.send("POST", "/v1/plans/sdp/add-item", fmt.Sprintf(`{"item":"i-%d","title":"Item"}`, i), "If-Match: "+tag)
			mu.Lock()
			defer mu.Unlock()
			statuses[w.Code]++
		})
	}
	all.Wait()
	if statuses[201] != 1 || statuses[412] != 15 {
		t.Errorf("%v", statuses)
	}
}

func TestATokensLife(t *testing.T) {
	s := newReal(t)
	var made web.IssuedToken
	if err := json.Unmarshal(s.must(t, 201, "POST", "/v1/tokens", `{"name":"Grace Hopper","role":"editor"}`).Body.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	hers := "Authorization: Bearer " + made.Secret
	if w := s.must(t, 200, "GET", "/v1/whoami", "", hers); !strings.Contains(w.Body.String(), "Grace Hopper") {
		t.Errorf("%s", w.Body)
	}
	s.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"Hers"}`, hers)
	s.must(t, 403, "POST", "/v1/rebuild", "", hers)
	for _, list := range []string{"/v1/tokens", "/v1/tokens?format=csv", "/v1/timeline", "/v1/status"} {
		if w := s.must(t, 200, "GET", list, ""); strings.Contains(w.Body.String(), made.Secret[len(made.Secret)-43:]) {
			t.Errorf("%s tells the secret", list)
		}
	}
	var second web.IssuedToken
	body := fmt.Sprintf(`{"person":%q,"role":"reader"}`, made.Person)
	if err := json.Unmarshal(s.must(t, 201, "POST", "/v1/tokens", body).Body.Bytes(), &second); err != nil || second.Person != made.Person {
		t.Fatalf("%v %+v", err, second)
	}
	s.must(t, 403, "POST", "/v1/plans/sdp/add-item", `{"title":"x"}`, "Authorization: Bearer "+second.Secret)
	s.must(t, 201, "POST", "/v1/tokens/"+string(made.Token)+"/revoke", `{"reason":"Lost."}`)
	s.must(t, 401, "GET", "/v1/whoami", "", hers)
	s.must(t, 201, "POST", "/v1/persons/"+string(made.Person)+"/leave", "")
	s.must(t, 401, "GET", "/v1/whoami", "", "Authorization: Bearer "+second.Secret)
	for _, bad := range []string{`{"role":"reader"}`, `{"role":"reader","name":" "}`, `{"role":"reader","name":"x","person":"p-1"}`, `{"name":"x","role":"root"}`,
		`{"name":"x","role":"reader","expires":"2020-01-01"}`, `{"name":"x","role":"reader","expires":"2099-01"}`, `{"person":"../x","role":"reader"}`,
		`{"name":"x","role":"inspector"}`, `{"name":"x","role":"inspector","plans":["sdp"]}`, `{"name":"x","role":"reader","plans":["../sdp"]}`} {
		before := len(s.must(t, 200, "GET", "/v1/persons", "").Body.Bytes())
		s.must(t, 400, "POST", "/v1/tokens", bad)
		if after := len(s.must(t, 200, "GET", "/v1/persons", "").Body.Bytes()); after != before {
			t.Errorf("%s was refused and left a person behind", bad)
		}
	}
	s.must(t, 404, "POST", "/v1/tokens", `{"person":"p-nobody","role":"reader"}`)
}

func TestTheActorIsKnownByNameFromTheFirstCommand(t *testing.T) {
	s := newReal(t)
	if err := web.EnsureActor(context.Background(), s.service, s.reads, localActor, "ada"); err != nil {
		t.Errorf("a second time: %v", err)
	}
	if w := s.must(t, 200, "GET", "/v1/persons", ""); strings.Count(w.Body.String(), `"ada"`) < 1 || strings.Count(w.Body.String(), `"os-1000"`) < 1 {
		t.Errorf("%s", w.Body)
	}
}

func TestTextsComeBackAsTheyWent(t *testing.T) {
	s := newReal(t)
	title := "<b>Ärger & \"Öl\"</b>\t=1+1\n\u2028🙂"
	b, err := json.Marshal(map[string]string{"title": title})
	if err != nil {
		t.Fatal(err)
	}
	w := s.must(t, 201, "POST", "/v1/plans/sdp/open-plan", string(b))
	got := s.must(t, 200, "GET", "/v1/plans/sdp?min_position="+w.Header().Get("Plantrail-Position"), "")
	var v projections.PlanView
	if err := json.Unmarshal(got.Body.Bytes(), &v); err != nil || v.Title.Text != title {
		t.Errorf("%v %q", err, v.Title.Text)
	}
	s.must(t, 400, "POST", "/v1/plans/b/open-plan", `{"title":"a\u0000b"}`)
	s.must(t, 400, "POST", "/v1/plans/b/open-plan", `{"title":"a\ud800b"}`)
	s.must(t, http.StatusRequestEntityTooLarge, "POST", "/v1/plans/b/open-plan", `{"title":"`+strings.Repeat("a", 65<<10)+`"}`)
	s.must(t, 404, "GET", "/v1/plans/b", "")
}

func TestReadersSeeNothingOfTokens(t *testing.T) {
	s := newReal(t)
	var made web.IssuedToken
	if err := json.Unmarshal(s.must(t, 201, "POST", "/v1/tokens", `{"name":"Grace Hopper","role":"reader"}`).Body.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	s.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"Grace notes"}`)
	last := s.must(t, 201, "POST", "/v1/plans/sdp/add-item", `{"title":"One"}`).Header().Get("Plantrail-Position")
	for _, limited := range []string{"/v1/timeline?limit=2&min_position=" + last, "/v1/search?q=Grace&limit=1"} {
		w := s.must(t, 200, "GET", limited, "", "Authorization: Bearer "+made.Secret)
		if strings.Count(w.Body.String(), `"plan":"sdp"`) != map[bool]int{true: 2, false: 1}[strings.Contains(limited, "timeline")] {
			t.Errorf("%s is not filled up: %s", limited, w.Body)
		}
	}
	if w := s.must(t, 200, "GET", "/v1/timeline?type=token-issued", ""); !strings.Contains(w.Body.String(), string(made.Token)) {
		t.Errorf("an admin does not see who made a token: %s", w.Body)
	}
	for _, path := range []string{"/v1/timeline", "/v1/timeline?type=token-issued", "/v1/search?q=Grace", "/v1/plans", "/v1/timeline?actor=os-1000"} {
		if w := s.must(t, 200, "GET", path, "", "Authorization: Bearer "+made.Secret); strings.Contains(w.Body.String(), "sha256") || strings.Contains(w.Body.String(), "_people") {
			t.Errorf("%s tells a reader of tokens: %s", path, w.Body)
		}
	}
}
