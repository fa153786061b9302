package web_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Whatever a subscriber sends as its place is refused with a sentence, never followed and never repeated to it; a cursor of
// somebody else leads to a reset that says from where to go on.
func TestHostileReadersOfTheFeed(t *testing.T) {
	r := newReal(t)
	r.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"SDP"}`)
	reader := r.token(t, `{"name":"Ann","role":"reader"}`)
	forged := r.page(t, "/v1/events").Next
	for _, route := range []string{"/v1/events", "/v1/events/export", "/v1/events/stream", "/v1/events/export?proof=true"} {
		sep := "?"
		if strings.Contains(route, "?") {
			sep = "&"
		}
		w := r.must(t, 409, "GET", route+sep+"after="+forged, "", reader)
		var p struct {
			Type, Detail, Hint string
			Actual             *uint64
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Type != "/problems/reset" || p.Actual == nil || *p.Actual != 0 || !strings.Contains(p.Hint, "from=0") {
			t.Errorf("%s: %v %s", route, err, w.Body)
		}
		next := w.Header().Get("Plantrail-Cursor")
		if again := r.page(t, "/v1/events?after="+next, reader); len(again.Events) != 1 {
			t.Errorf("%s: after the reset's cursor come %d events, want 1", route, len(again.Events))
		}
		for name, value := range map[string]string{"huge": strings.Repeat("A", 100_000), "cut": forged[:20], "longer": forged + "AAAA", "other letters": strings.Repeat("é", 40), "a number": "17", "null": "null"} {
			w := r.send("GET", "/v1/events/stream", "", reader, "Last-Event-ID: "+value)
			if w.Code != 400 || strings.Contains(w.Body.String(), value) && len(value) > 4 {
				t.Errorf("%s: %d %.200s", name, w.Code, w.Body)
			}
		}
	}
	for _, query := range []string{"from=18446744073709551616", "from=9223372036854775807", "from=-1", "from=1e3", "from=0x10", "limit=0", "limit=1000000000", "limit=-1", "wait=86400", "type=x", "plan=../x", "item=%00", "after=a&from=0",
		"type=" + strings.Repeat("rating-changed,", 10) + "x", "hashes=perhaps", "proof=1e9"} {
		if w := r.send("GET", "/v1/events?"+query, "", reader); w.Code/100 != 4 && query != "proof=1e9" {
			t.Errorf("%s: %d %.200s", query, w.Code, w.Body)
		}
	}
}

// A header of megabytes does not get as far as to be a cursor; a caller that opens streams and reads nothing holds nobody up.
func TestReadersThatReadNothing(t *testing.T) {
	r := newReal(t)
	srv := httptest.NewServer(r.Server)
	defer srv.Close()
	defer srv.CloseClientConnections()
	req, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL+"/v1/events/stream", nil)
	req.Header.Set("Authorization", "Bearer "+localToken)
	req.Header.Set("Last-Event-ID", strings.Repeat("A", 3<<20))
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a header of 3 MB: %s", resp.Status)
		}
	}
	for range 50 {
		req, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL+"/v1/events/stream?from=0", nil)
		req.Header.Set("Authorization", "Bearer "+localToken)
		resp, err := http.DefaultClient.Do(req)
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(err)
		}
		defer resp.Body.Close() // and not read
	}
	r.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"`+strings.Repeat("long ", 2000)+`"}`)
	for range 40 {
		r.must(t, 201, "POST", "/v1/plans/sdp/add-item", `{"title":"`+strings.Repeat("long ", 2000)+`"}`)
	}
	began := time.Now()
	if got := r.stream(41, "/v1/events/stream?plan=sdp"); len(got) != 41 {
		t.Errorf("a reader beside those that read nothing gets %d events in %v", len(got), time.Since(began))
	}
}
