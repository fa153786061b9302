package web_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"plantrail/domain/domaintest"
	"plantrail/feeds"
	"plantrail/feeds/feedstest"
	"plantrail/web"
)

// page is a page of the feed as a subscriber reads it.
type page struct {
	Events []feeds.Line
	Next   string
	More   bool
}

func (r *real) page(t *testing.T, target string, headers ...string) (p page) {
	t.Helper()
	if err := json.Unmarshal(r.must(t, 200, "GET", target, "", headers...).Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// feeds reads what the other parts of the contract recorded, in every form.
func (c *contract) feeds() {
	c.t.Helper()
	c.call(200, "GET", "/v1/events?limit=3&wait=1", "")
	c.call(200, "GET", "/v1/events?form=cloudevents&plan=sdp", "")
	c.call(400, "GET", "/v1/events?type=nonsense", "")
	c.call(400, "GET", "/v1/events?after=nonsense", "")
	c.call(400, "GET", "/v1/events?from=-1", "")
	c.call(409, "GET", "/v1/events?from=99999", "")
	c.call(200, "GET", "/schemas", "")
	c.call(200, "GET", "/schemas/rating-changed.v1.json", "")
	c.call(404, "GET", "/schemas/rating-changed.v2.json", "")
	c.call(200, "GET", "/asyncapi.json", "")
	c.subscriptions()
	c.tables()
	var n int
	after := "/v1/events?limit=7&plan=sdp"
	for next := after; ; {
		p := c.page(c.t, next)
		n += len(p.Events)
		next = after + "&after=" + p.Next
		if !p.More && len(p.Events) == 0 {
			break
		}
	}
	export := strings.Split(strings.TrimSpace(c.must(c.t, 200, "GET", "/v1/events/export?plan=sdp", "").Body.String()), "\n")
	if last, err := feeds.ParseLine([]byte(export[len(export)-1])); err != nil || !last.End || len(export)-1 != n {
		c.t.Errorf("the export has %d lines, the pages %d events; the last is %+v %v", len(export), n, last, err)
	}
	c.seen["export-events"] = true
	if got := c.stream(2, "/v1/events/stream?plan=sdp"); len(got) != 2 {
		c.t.Errorf("the stream brings %d messages", len(got))
	}
	c.seen["stream-events"] = true
}

// stream reads some messages of a stream over the network.
func (r *real) stream(n int, target string, headers ...string) (lines []feeds.Line) {
	srv := httptest.NewServer(r.Server)
	defer srv.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", srv.URL+target, nil)
	req.Header.Set("Authorization", "Bearer "+localToken)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil || resp.StatusCode != 200 {
		return nil
	}
	defer resp.Body.Close()
	for in := bufio.NewScanner(resp.Body); len(lines) < n && in.Scan(); {
		if data, is := strings.CutPrefix(in.Text(), "data: "); is {
			line, err := feeds.ParseLine([]byte(data))
			if err != nil {
				return nil
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func TestAStreamGoesOnWhereItWasCut(t *testing.T) {
	r := newReal(t)
	r.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"SDP"}`)
	for range 9 {
		r.must(t, 201, "POST", "/v1/plans/sdp/add-item", `{"title":"Answer calls"}`)
	}
	var got []feeds.Line
	cursor := "Plantrail-Nothing: x"
	for len(got) < 10 {
		some := r.stream(3, "/v1/events/stream?plan=sdp", cursor)
		if len(some) == 0 {
			t.Fatal("the stream brings nothing")
		}
		if len(some) > 10-len(got) {
			some = some[:10-len(got)]
		}
		got = append(got, some...)
		cursor = "Last-Event-ID: " + got[len(got)-1].Cursor
		if len(got) == 9 {
			break // the tenth would be waited for in threes
		}
	}
	for i, l := range got {
		if i > 0 && l.Position != got[i-1].Position+1 {
			t.Errorf("position %d follows %d", l.Position, got[i-1].Position)
		}
	}
}

// What a reader's role does not cover is not in the feed; where the hash of everything was asked for, it is a hash.
func TestTheFeedHoldsToRoles(t *testing.T) {
	r := newReal(t)
	var issued web.IssuedToken
	if err := json.Unmarshal(r.must(t, 201, "POST", "/v1/tokens", `{"name":"Ann","role":"reader"}`).Body.Bytes(), &issued); err != nil {
		t.Fatal(err)
	}
	reader := "Authorization: Bearer " + issued.Secret
	r.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"SDP"}`)
	whole, mine := r.page(t, "/v1/events"), r.page(t, "/v1/events?hashes=true", reader)
	if len(whole.Events) != len(mine.Events) {
		t.Errorf("%d events, %d hashes or events for a reader", len(whole.Events), len(mine.Events))
	}
	for i, l := range mine.Events {
		all, _ := whole.Events[i].Leaf()
		if leaf, err := l.Leaf(); err != nil || leaf != all {
			t.Errorf("position %d has another leaf hash for a reader: %v", l.Position, err)
		}
		if strings.Contains(string(l.Event), "/orgs/acme/people") {
			t.Errorf("a reader sees the history of persons: %s", l.Event)
		}
	}
	r.must(t, 409, "GET", "/v1/events?after="+whole.Next, "", reader)
	none := r.page(t, "/v1/events?plan=_people", reader)
	if len(none.Events) != 0 {
		t.Errorf("a reader sees %d events of persons", len(none.Events))
	}
	for _, l := range r.page(t, "/v1/events?texts=false", reader).Events {
		if len(l.Disclosures) > 0 || l.Withheld == 0 {
			t.Errorf("texts come although they were not wanted: %+v", l)
		}
	}
}

// newSubscribers keeps subscriptions over a house, and lets webhooks reach this machine.
func newSubscribers(t testing.TB, h *feedstest.House) *web.Subscribers {
	t.Helper()
	keys, err := feeds.NewKeys([]byte(strings.Repeat("k", feeds.MasterSize)))
	if err != nil {
		t.Fatal(err)
	}
	p := &web.Subscribers{Register: feeds.NewRegister(h.Feed), State: h.Store.Shared(), Keys: keys,
		Guard: &feeds.Guard{Plain: true, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}}
	p.Courier = feeds.NewCourier(feeds.CourierConfig{Feed: h.Feed, Register: p.Register, State: p.State, Keys: keys, Guard: p.Guard, Process: "test"})
	return p
}

func (c *contract) subscriptions() {
	c.t.Helper()
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	defer target.Close()
	const all = "/v1/subscriptions"
	hook := `{"subscription":"bi","person":"os-1000","way":"webhook","target":"` + target.URL + `","wanted":{"texts":true}}`
	var secrets, again web.Secrets
	if err := json.Unmarshal(c.call(201, "POST", all, hook).Body.Bytes(), &secrets); err != nil || !strings.HasPrefix(secrets.Secret, "whsec_") {
		c.t.Errorf("%v %+v", err, secrets)
	}
	c.call(400, "POST", all, hook)
	for target, want := range map[string]int{"http://10.0.0.1/x": 409, "gopher://127.0.0.1/": 400, "http://ann:x@127.0.0.1/": 400, "http://[::ffff:10.0.0.1]/": 409, "nonsense": 400} {
		c.call(want, "POST", all, `{"subscription":"x","person":"os-1000","way":"webhook","target":"`+target+`","wanted":{}}`)
	}
	c.call(409, "POST", all, `{"subscription":"n","person":"os-1000","way":"nats","wanted":{"plans":["sdp"]}}`)
	c.call(404, "POST", all, `{"subscription":"n","person":"p-none","way":"webhook","target":"`+target.URL+`","wanted":{}}`)
	c.call(200, "GET", all, "")
	c.call(200, "GET", all+"/bi", "")
	c.call(404, "GET", all+"/nix", "")
	c.call(200, "POST", all+"/bi/ping", "")
	c.call(202, "POST", all+"/bi/replay", c.example(all+"/{subscription}/replay"))
	c.call(400, "POST", all+"/bi/replay", `{}`)
	if err := json.Unmarshal(c.call(201, "POST", all+"/bi/rotate", c.example(all+"/{subscription}/rotate")).Body.Bytes(), &again); err != nil || again.Secret == secrets.Secret {
		c.t.Errorf("the secret is the same after a rotation: %v", err)
	}
	c.call(201, "POST", all, `{"subscription":"q","person":"os-1000","way":"webhook","target":"https://example.org?token=hidden","wanted":{}}`)
	if shown := c.call(200, "GET", all+"/q", "").Body.String(); strings.Contains(shown, "hidden") || !strings.Contains(shown, `"https://example.org"`) {
		c.t.Errorf("of a target is shown more than its host: %s", shown)
	}
	c.call(201, "POST", all, `{"subscription":"m","person":"os-1000","way":"mail","target":"ann@council.example","wanted":{}}`)
	c.call(201, "POST", all, `{"subscription":"chat","person":"os-1000","way":"webhook","target":"https://chat.example/hook","wanted":{"notices":["red"],"digest":true}}`)
	c.call(400, "POST", all, `{"subscription":"x","person":"os-1000","way":"webhook","target":"https://chat.example/hook","wanted":{"digest":true}}`)
	c.call(409, "POST", all+"/chat/replay", `{"from":0}`)
	c.call(409, "POST", all+"/m/replay", `{"from":0}`)
	c.call(409, "POST", all+"/m/ping", "")
	c.call(201, "POST", all+"/bi/pause", c.example(all+"/{subscription}/pause"))
	c.call(201, "POST", all+"/bi/resume", "")
	c.call(201, "POST", all+"/bi/end", c.example(all+"/{subscription}/end"))
	c.call(409, "POST", all+"/bi/end", c.example(all+"/{subscription}/end"))
	c.call(409, "POST", all+"/bi/replay", `{"from":0}`)
}

func (c *contract) tables() {
	c.t.Helper()
	for _, name := range []string{"items", "findings", "rating-changes", "dates-moved", "corrections"} {
		var whole, later web.FlatTable
		w := c.call(200, "GET", "/v1/tables/"+name, "")
		if err := json.Unmarshal(w.Body.Bytes(), &whole); err != nil || len(whole.Rows) == 0 && name != "findings" {
			c.t.Errorf("%s: %v, %d rows", name, err, len(whole.Rows))
		}
		for _, row := range whole.Rows {
			if len(row) != len(whole.Columns) {
				c.t.Errorf("%s: %d cells under %d columns", name, len(row), len(whole.Columns))
			}
		}
		csv := c.call(200, "GET", "/v1/tables/"+name+"?format=csv", "")
		if header, _, _ := strings.Cut(csv.Body.String(), "\r\n"); header != strings.Join(whole.Columns, ",") {
			c.t.Errorf("%s as CSV has the columns %s", name, header)
		}
		if name == "findings" {
			continue
		}
		w = c.call(200, "GET", "/v1/tables/"+name+"?after="+whole.Next, "")
		if err := json.Unmarshal(w.Body.Bytes(), &later); err != nil || len(later.Rows) != 0 {
			c.t.Errorf("%s: %d rows came again with the cursor", name, len(later.Rows))
		}
	}
	c.call(400, "GET", "/v1/tables/nonsense", "")
	c.call(400, "GET", "/v1/tables/items?after=nonsense", "")
	c.call(200, "GET", "/v1/tables/items?position=6&plan=sdp", "")
	c.call(201, "POST", "/v1/plans/bi/open-plan", `{"title":"BI"}`)
	var before, after web.FlatTable
	_ = json.Unmarshal(c.call(200, "GET", "/v1/tables/items", "").Body.Bytes(), &before)
	min := c.call(201, "POST", "/v1/plans/bi/add-item", `{"item":"a","title":"=1+1"}`).Header().Get("Plantrail-Position")
	_ = json.Unmarshal(c.call(200, "GET", "/v1/tables/items?min_position="+min+"&after="+before.Next, "").Body.Bytes(), &after)
	if len(after.Rows) != 1 || after.Rows[0][0] != "bi" {
		c.t.Errorf("the refresh brings %v", after.Rows)
	}
}

// A token for one plan has a feed of that plan; a stream ends soon after its token does.
func TestTheFeedHoldsToPlansAndToTheTokensEnd(t *testing.T) {
	domaintest.Long(t)
	r := newReal(t)
	r.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"SDP"}`)
	r.must(t, 201, "POST", "/v1/plans/secret/open-plan", `{"title":"Secret"}`)
	var issued web.IssuedToken
	if err := json.Unmarshal(r.must(t, 201, "POST", "/v1/tokens", `{"name":"Ina","role":"inspector","plans":["sdp"],"expires":"2099-01-01"}`).Body.Bytes(), &issued); err != nil {
		t.Fatal(err)
	}
	mine := "Authorization: Bearer " + issued.Secret
	for _, ask := range []string{"/v1/events", "/v1/events?plan=sdp,secret", "/v1/events?type=plan-opened"} {
		if p := r.page(t, ask, mine); len(p.Events) != 1 || !strings.Contains(string(p.Events[0].Event), "/plans/sdp") {
			t.Errorf("%s: %d events", ask, len(p.Events))
		}
	}
	if p := r.page(t, "/v1/events?plan=secret", mine); len(p.Events) != 0 {
		t.Errorf("another plan's events come: %d", len(p.Events))
	}
	r.must(t, 403, "GET", "/v1/tables/items", "", mine)
	ended := make(chan []feeds.Line)
	go func() { ended <- r.stream(1000, "/v1/events/stream?from=0", mine) }()
	r.must(t, 201, "POST", "/v1/tokens/"+string(issued.Token)+"/revoke", `{"reason":"Done."}`)
	select {
	case <-ended:
	case <-time.After(2 * time.Minute): // a stream that waits looks when it gives its next sign of life
		t.Error("the stream goes on after its token was revoked")
	}
}
