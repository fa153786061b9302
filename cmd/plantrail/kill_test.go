package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/projections"
)

// TestKilledUnderLoad kills the real binary with SIGKILL at random moments while writers record over HTTP, and starts it
// again, round after round. Whatever was acknowledged must be there exactly once, whatever was not must be there at most
// once, and the read models that lived through it must equal a clean rebuild row for row.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	rounds := 5
	if testing.Short() {
		rounds = 2
	}
	dir := filepath.Join(t.TempDir(), "data")
	load := newLoad(6, 3)
	for round := range rounds {
		s := startServer(t, dir)
		load.open(t, s)
		before := load.count()
		stop := load.run(t, s)
		waitFor(t, func() bool { return load.count() > before+10 })
		<-time.After(rand.N(400 * time.Millisecond)) // the moment of the kill is meant to be any
		s.kill(t)
		stop()
		t.Logf("round %d: %d commands acknowledged, %d waiting to be asked again", round+1, load.count(), load.unsure())
	}
	s := startServer(t, dir)
	load.finish(t, s)
	load.check(t, s)
	s.interrupt(t)
	sameRows(t, dir)
}

// server is a process that serves a data directory.
type server struct {
	cmd  *exec.Cmd
	at   running
	done chan error
	out  *bytes.Buffer
}

// startServer starts the binary and waits until it listens. The server.json of one that was killed is still there.
func startServer(t *testing.T, dir string, flags ...string) *server {
	t.Helper()
	flags = append([]string{"--data", dir, "serve", "--listen", "127.0.0.1:0"}, flags...)
	s := &server{cmd: exec.Command("plantrail", flags...), done: make(chan error, 1), out: &bytes.Buffer{}}
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.done <- s.cmd.Wait(); close(s.done) }()
	t.Cleanup(func() { // what it writes to goes next
		_ = s.cmd.Process.Kill()
		for range s.done {
		}
	})
	waitFor(t, func() bool {
		select {
		case err := <-s.done:
			t.Fatalf("the server ended at its start: %v\n%s", err, s.out)
		default:
		}
		at, ok := dataDir(dir).running()
		s.at = at
		return ok && at.PID == s.cmd.Process.Pid
	})
	return s
}

func (s *server) kill(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.done
}

func (s *server) interrupt(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := <-s.done; err != nil {
		t.Fatalf("the server did not end well: %v\n%s", err, s.out)
	}
}

// call makes one call of the API; an error is a call whose answer did not come.
func (s *server) call(method, path, key string, body, into any) (int, error) {
	b, err := json.Marshal(body)
	if err != nil {
		return 0, err
	}
	return s.exchange(method, path, "application/json", key, b, into)
}

func (s *server) exchange(method, path, media, key string, body []byte, into any) (int, error) {
	req, err := http.NewRequest(method, s.at.Address+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+s.at.Token)
	req.Header.Set("Content-Type", media)
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return 0, fmt.Errorf("status %d, body cut: %w", resp.StatusCode, err)
	}
	return resp.StatusCode, nil
}

// order is one command of a writer.
type order struct {
	plan, key string
	words     string
	paper     bool // a document of many rows, imported as a plan of its own: many events, all or none
}

// rows is how many items a paper has. Each gives two events, so a paper is more than one atomic batch of the journal (1,000
// messages) and can be cut between two: what was stored of it must then count for nothing.
const rows = 600

// load is writers on several plans, and what they know of what they recorded.
type load struct {
	writers int
	plans   []string
	mu      sync.Mutex
	next    int
	acked   map[string]domain.Receipt // by key
	asked   map[string]order          // every command that was ever sent
	waiting []order                   // sent, and not answered
	late    int                       // had been recorded although the answer never came
}

func newLoad(writers, plans int) *load {
	l := &load{writers: writers, acked: map[string]domain.Receipt{}, asked: map[string]order{}}
	for i := range plans {
		l.plans = append(l.plans, fmt.Sprintf("plan-%d", i))
	}
	return l
}

func (l *load) count() int  { l.mu.Lock(); defer l.mu.Unlock(); return len(l.acked) }
func (l *load) unsure() int { l.mu.Lock(); defer l.mu.Unlock(); return len(l.waiting) }

// open opens the plans; later rounds repeat the same commands.
func (l *load) open(t *testing.T, s *server) {
	t.Helper()
	for _, plan := range l.plans {
		s.mustAs(t, plan+".open", "/v1/plans/"+plan+"/open-plan", `{"title":"`+plan+`"}`, nil)
		s.mustAs(t, plan+".item", "/v1/plans/"+plan+"/add-item", `{"item":"item-01","title":"Work"}`, nil)
	}
}

// take gives a writer its next command: one that was left without an answer, or a new one.
func (l *load) take() order {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.waiting); n > 0 {
		o := l.waiting[0]
		l.waiting = l.waiting[1:]
		return o
	}
	l.next++
	if l.next%25 == 0 {
		o := order{plan: fmt.Sprintf("paper-%d", l.next), key: fmt.Sprintf("paper-%d", l.next), paper: true}
		l.asked[o.key] = o
		return o
	}
	o := order{plan: l.plans[l.next%len(l.plans)], key: fmt.Sprintf("w-%06d", l.next), words: fmt.Sprintf("Update number %d.", l.next)}
	l.asked[o.key] = o
	return o
}

func (l *load) put(o order) { l.mu.Lock(); defer l.mu.Unlock(); l.waiting = append(l.waiting, o) }

// send sends a command, or a paper.
func (s *server) send(o order) (domain.Receipt, int, error) {
	var r domain.Receipt
	if !o.paper {
		code, err := s.call("POST", "/v1/plans/"+o.plan+"/report-progress", o.key, map[string]string{"item": "item-01", "progress": o.words}, &r)
		return r, code, err
	}
	var paper strings.Builder
	paper.WriteString("Action,RAG,Reason\n")
	for i := range rows {
		fmt.Fprintf(&paper, "Action %d of %s,Amber,Reason %d\n", i, o.plan, i)
	}
	var got struct{ Receipt domain.Receipt }
	code, err := s.exchange("POST", "/v1/import?apply=true&title=Paper&meeting_date=2024-02-03&plan="+o.plan, "application/octet-stream", "", []byte(paper.String()), &got)
	return got.Receipt, code, err
}

// run writes until stop is called.
func (l *load) run(t *testing.T, s *server) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range l.writers {
		wg.Go(func() {
			for ctx.Err() == nil {
				if !l.step(t, s, l.take()) {
					return
				}
			}
		})
	}
	return func() { cancel(); wg.Wait() }
}

// step sends one command; it reports false when the server is gone.
func (l *load) step(t *testing.T, s *server, o order) bool {
	r, code, err := s.send(o)
	switch {
	case err != nil || code == http.StatusServiceUnavailable:
		l.put(o)
		return err == nil
	case code >= 300:
		t.Errorf("%s: status %d", o.key, code)
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if first, again := l.acked[o.key]; again && first.Position != r.Position {
		t.Errorf("%s: acknowledged at %d and again at %d", o.key, first.Position, r.Position)
	}
	if r.Repeat {
		l.late++
	}
	l.acked[o.key] = r
	return true
}

// finish asks again for what was left without an answer: now each has a receipt.
func (l *load) finish(t *testing.T, s *server) {
	t.Helper()
	for l.unsure() > 0 {
		if !l.step(t, s, l.take()) {
			t.Fatal("the server is gone")
		}
	}
}

// check reads the whole history back and compares it with the receipts.
func (l *load) check(t *testing.T, s *server) {
	t.Helper()
	var last domain.Position
	for _, r := range l.acked {
		last = max(last, r.Position)
	}
	waitFor(t, func() bool { // read one's own writes
		code, err := s.call("GET", fmt.Sprintf("/v1/plans?min_position=%d", last), "", nil, &struct{}{})
		return err == nil && code == http.StatusOK
	})
	found := map[string][]projections.Entry{}
	for _, plan := range l.plans {
		for n, e := range wholeTimeline(t, s, plan) {
			if e.Entry != uint64(n+1) {
				t.Fatalf("%s: entry %d stands at place %d", plan, e.Entry, n+1)
			}
			found[string(e.Command)] = append(found[string(e.Command)], e)
		}
	}
	for key, o := range l.asked {
		r, acked := l.acked[key]
		all := found[key]
		if o.paper {
			l.checkPaper(t, s, o)
			continue
		}
		switch {
		case !acked:
			t.Errorf("%s was never answered", key)
		case len(all) != 1:
			t.Errorf("%s was acknowledged and is there %d times", key, len(all))
		case all[0].Position != r.Position || all[0].Event != r.Event || string(all[0].Plan) != o.plan:
			t.Errorf("%s: the receipt says %s at %d, the history %s at %d", key, r.Event, r.Position, all[0].Event, all[0].Position)
		case all[0].Texts["progress"].Text != o.words:
			t.Errorf("%s: its words are %q", key, all[0].Texts["progress"].Text)
		}
	}
	var voided projections.Page[projections.Entry]
	if code, err := s.call("GET", "/v1/timeline?type=command-voided", "", nil, &voided); err != nil || code != http.StatusOK {
		t.Errorf("voided commands: status %d, %v", code, err)
	}
	t.Logf("%d commands asked, %d of them papers of %d rows; %d had been recorded without an answer, %d papers were cut in two and voided",
		len(l.asked), len(l.papers()), rows, l.late, len(voided.Entries))
}

func (l *load) papers() (plans []string) {
	for _, o := range l.asked {
		if o.paper {
			plans = append(plans, o.plan)
		}
	}
	return plans
}

// checkPaper sees that a paper was recorded whole, once, however often its server was killed in the middle of it.
func (l *load) checkPaper(t *testing.T, s *server, o order) {
	t.Helper()
	var p projections.PlanView
	code, err := s.call("GET", "/v1/plans/"+o.plan, "", nil, &p)
	r, acked := l.acked[o.key]
	if err != nil || code != http.StatusOK || !acked || len(p.Items) != rows || p.Position != r.Position || p.Version != r.Version {
		t.Errorf("%s: status %d, %v, %d items, at %d where the receipt says %d", o.plan, code, err, len(p.Items), p.Position, r.Position)
	}
}

func wholeTimeline(t *testing.T, s *server, plan string) (all []projections.Entry) {
	t.Helper()
	after := ""
	for {
		var page projections.Page[projections.Entry]
		code, err := s.call("GET", "/v1/plans/"+plan+"/timeline?limit=1000&after="+after, "", nil, &page)
		if err != nil || code != http.StatusOK {
			t.Fatalf("timeline of %s: status %d, %v", plan, code, err)
		}
		all = append(all, page.Entries...)
		if after = page.Next; after == "" {
			return all
		}
	}
}

// sameRows compares the read models as they are with those of a clean rebuild, row for row.
func sameRows(t *testing.T, dir string) {
	t.Helper()
	lived := rowsOf(t, dir)
	views, err := filepath.Glob(filepath.Join(dir, "read*.db*"))
	for _, name := range views {
		err = errors.Join(err, os.Remove(name))
	}
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("plantrail", "--data", dir, "status").CombinedOutput(); err != nil {
		t.Fatalf("opening without read models: %v\n%s", err, out)
	}
	clean := rowsOf(t, dir)
	all := 0
	for _, rows := range lived {
		all += len(rows)
	}
	if len(lived) < 5 || all < 500 {
		t.Fatalf("only %d tables with %d rows compared", len(lived), all)
	}
	t.Logf("%d rows of %d tables compared", all, len(lived))
	for name, rows := range clean {
		if !slices.Equal(lived[name], rows) {
			t.Errorf("table %s: %d rows lived through the kills, %d come of a clean rebuild, and they differ", name, len(lived[name]), len(rows))
		}
	}
}

// rowsOf reads every table of the current read model but the inner ones of the search index.
func rowsOf(t *testing.T, dir string) map[string][]string {
	t.Helper()
	current, err := os.ReadFile(dataDir(dir).views())
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(dir, strings.TrimSpace(string(current)))+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := map[string][]string{}
	for _, row := range query(t, db, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
		AND name NOT GLOB '*_data' AND name NOT GLOB '*_idx' AND name NOT GLOB '*_docsize' AND name NOT GLOB '*_config'`) {
		name := strings.Trim(row, "[]")
		all[name] = query(t, db, `SELECT * FROM "`+name+`"`)
		slices.Sort(all[name])
	}
	return all
}

func query(t *testing.T, db *sql.DB, q string) (out []string) {
	t.Helper()
	rows, err := db.Query(q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		out = append(out, fmt.Sprint(values))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

func waitFor(t *testing.T, there func() bool) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for !there() {
		if time.Now().After(deadline) {
			t.Fatal("waited two minutes in vain")
		}
		<-time.After(2 * time.Millisecond)
	}
}
