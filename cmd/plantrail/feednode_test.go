package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/eventstore/eventstoretest"
	"plantrail/projections"
	"plantrail/web"
)

// copied is the subscriber's copy, as its file has it.
type copied struct {
	Position domain.Position
	Resets   int
	Texts    map[string]map[string]string
	Order    []string
	Items    map[string]struct {
		Title, Owner, Due, Original, State string
		Moves                              int
		Ratings                            map[string]struct{ Value, Meaning, Reason string }
	}
	Requests map[string]struct{ Words, Answer string }
}

// A subscriber in another language, which knows plantrail only from its contracts, follows a live plan on a cluster through
// a kill, a restart, a rebuild, an erasure, the loss of the journal's leader and of a whole server; in the end its copy is
// what the read model says.
func TestASubscriberInAnotherLanguageFollows(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	node, err := exec.LookPath("node")
	domaintest.Need(t, "node, in which the other subscriber is written", err)
	cluster := eventstoretest.Cluster(t, 3)
	dirs := []string{filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")}
	free := domaintest.Ports(t, 2)
	ports := []string{fmt.Sprint("127.0.0.1:", free[0]), fmt.Sprint("127.0.0.1:", free[1])}
	at := []string{"--nats", cluster.URL(), "--nats-monitor", strings.Join(cluster.MonitorURLs(), ","), "--org", "acme"}
	a := startServer(t, dirs[0], append(at, "--first-start", "--listen", ports[0])...)
	b := startServer(t, dirs[1], append(at, "--join", "--listen", ports[1])...)
	var token web.IssuedToken
	a.must(t, "/v1/tokens", `{"name":"Website","role":"reader"}`, &token)
	a.must(t, "/v1/plans/sdp/open-plan", `{"title":"SDP"}`, nil)
	file := filepath.Join(t.TempDir(), "copy.json")
	start := func() *exec.Cmd {
		cmd := exec.Command(node, "../../feeds/testdata/subscriber/subscriber.mjs")
		cmd.Env = append(os.Environ(), "SERVERS="+a.at.Address+","+b.at.Address, "TOKEN="+token.Secret, "PLAN=sdp", "FILE="+file)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
		return cmd
	}
	reader := start()
	write := func(s *server, n int) {
		t.Helper()
		s.must(t, "/v1/plans/sdp/add-item", fmt.Sprintf(`{"item":"i-%d","title":"Item %d","owner":"Head of %d","due":"2030-01-31"}`, n, n, n), nil)
		s.must(t, "/v1/plans/sdp/rate", fmt.Sprintf(`{"item":"i-%d","to":"amber","justification":"Late %d"}`, n, n), nil)
		s.must(t, "/v1/plans/sdp/set-due", fmt.Sprintf(`{"item":"i-%d","due":"2030-03-31","reason":"The tender failed."}`, n), nil)
		s.must(t, "/v1/plans/sdp/make-request", fmt.Sprintf(`{"item":"i-%d","words":"Why %d?","asked_by":"Members"}`, n, n), nil)
	}
	write(a, 1)
	write(b, 2)
	seen(t, file, "the first items", func(c copied) bool { return len(c.Requests) == 2 })
	a.kill(t) // the subscriber goes to the other server with the cursor of this one
	write(b, 3)
	_ = reader.Process.Kill() // and is itself killed
	_ = reader.Wait()
	a = startServer(t, dirs[0], append(at, "--listen", ports[0])...)
	write(a, 4)
	start()
	a.must(t, "/v1/rebuild", ``, nil)
	var done domain.Receipt
	a.must(t, "/v1/plans/sdp/rate", `{"item":"i-1","to":"red","justification":"Mrs Miggins is ill."}`, &done)
	seen(t, file, "a text", func(c copied) bool { return c.Position >= done.Position })
	a.must(t, "/v1/plans/sdp/erase-text", fmt.Sprintf(`{"entry":"%s","field":"justification","reason":"It names a person.","authority":{"body":"Data Protection Officer"}}`, done.Event), nil)
	cluster.Stop(cluster.Leader(t, "HISTORY_acme")) // the journal fails over
	write(b, 5)
	b.must(t, "/v1/plans/sdp/correct", `{"entry":"2","field":"title","to":"Item one","reason":"A slip."}`, nil)
	a.kill(t)
	write(b, 6)
	b.must(t, "/v1/plans/sdp/cancel-item", `{"item":"i-6","reason":"Overtaken.","authority":{"body":"Cabinet"}}`, &done)
	final := seen(t, file, "the last event", func(c copied) bool { return c.Position >= done.Position })
	var plan projections.PlanView
	waitFor(t, func() bool { // while the journal's readers look for its new leader
		resp, body := b.ask(t, "GET", fmt.Sprintf("/v1/plans/sdp?min_position=%d", done.Position), "")
		return resp.StatusCode == 200 && json.Unmarshal([]byte(body), &plan) == nil
	})
	compare(t, final, plan)
	if raw, _ := os.ReadFile(file); strings.Contains(string(raw), "Miggins") {
		t.Error("the copy still has the text that was erased")
	}
	if final.Resets > 0 {
		t.Errorf("the subscriber had to begin anew %d times", final.Resets)
	}
}

// must gives a command and expects it done, at the latest when the journal has found its leader or the machine its breath.
func (s *server) must(t *testing.T, path, body string, into any) {
	t.Helper()
	s.mustAs(t, newCommandID(), path, body, into)
}

// mustAs is must with the command's id.
func (s *server) mustAs(t *testing.T, key, path, body string, into any) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for {
		var raw json.RawMessage
		status, err := s.exchange("POST", path, "application/json", key, []byte(body), &raw)
		if err == nil && status < 300 {
			if into != nil {
				err = json.Unmarshal(raw, into)
			}
			if err != nil {
				t.Fatal(err)
			}
			return
		}
		if status != 503 && err == nil || time.Now().After(deadline) {
			t.Fatalf("%s: %d %v %s", path, status, err, raw)
		}
	}
}

// seen waits until the copy in the file is as it should be.
func seen(t *testing.T, file, what string, ok func(copied) bool) (c copied) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		c = copied{}
		if b, err := os.ReadFile(file); err == nil && json.Unmarshal(b, &c) == nil && ok(c) {
			return c
		}
		if time.Now().After(deadline) {
			t.Fatalf("the copy does not get to %s: it is at position %d", what, c.Position)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// compare holds the copy against the read model.
func compare(t *testing.T, c copied, plan projections.PlanView) {
	t.Helper()
	if len(c.Items) != len(plan.Items) || len(c.Requests) != len(plan.Requests) {
		t.Fatalf("the copy has %d items and %d requests, the read model %d and %d", len(c.Items), len(c.Requests), len(plan.Items), len(plan.Requests))
	}
	for i, want := range plan.Items {
		got := c.Items[string(want.Item)]
		if c.Order[i] != string(want.Item) || got.Due != want.Due.String() || got.Original != want.Original.String() || got.Moves != want.Moves || got.State != string(want.State) {
			t.Errorf("item %s: the copy says %+v, the read model %+v", want.Item, got, want)
		}
		if title := c.Texts[got.Title]["title"]; title != want.Title.Text {
			t.Errorf("item %s: the copy is titled %q, the read model %q", want.Item, title, want.Title.Text)
		}
		for _, r := range want.Ratings {
			mine := got.Ratings[r.Dimension]
			reason := ""
			if r.Reason != nil {
				reason = r.Reason.Words.Text
			}
			if mine.Value != r.Value || mine.Meaning != string(r.Meaning) || c.Texts[mine.Reason]["justification"] != reason {
				t.Errorf("item %s is %+v in the copy, %+v in the read model", want.Item, mine, r)
			}
		}
	}
}
