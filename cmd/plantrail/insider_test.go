package main

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain/domaintest"
)

// attack is something that an insider does: somebody with rights over the files, the NATS server, the database or the key.
type attack struct {
	name string
	// far: the journal lies in a NATS server of its own, and the insider is its administrator.
	far bool
	do  func(t *testing.T, v *victim)
	// rest is done while plantrail is stopped instead; the next start is with more flags.
	rest func(t *testing.T, v *victim)
	by   teller
	says []string // patterns
}

// teller is who names an attack.
type teller int

const (
	byItself  teller = iota // the running server does: how soon is a benchmark's figure
	nextStart               // the start refuses
	verify                  // plantrail verify does, asked by somebody: what is edited is no part of the history
)

// victim is a history of seven events in plan p1, number 5 to 7 of which report progress, and two older states of it.
type victim struct {
	dir, key     string
	older, other string // the directory two events before, and that of another journal of an organisation of the same name
	flags        []string
	s            *server
	js           jetstream.JetStream
}

// Each attack is named by the place: which event, which stream, which checkpoint, with both numbers where there are two.
// What a running server names stops its appends; reading goes on, under a banner.
var attacks = []attack{
	{name: "edit a stored block, checksums and all", do: func(t *testing.T, v *victim) {
		v.rewrite(t, func(all [][]byte) [][]byte { return edit(all, 6) })
	}, says: []string{"position 6", "number 4 of p1", "progress reported", "recorded"}},
	{name: "delete a block", do: func(t *testing.T, v *victim) {
		if err := os.Remove(v.block(t)); err != nil {
			t.Fatal(err)
		}
	}, says: []string{"has lost events", "position 1"}},
	{name: "reorder two events", do: func(t *testing.T, v *victim) {
		v.rewrite(t, func(all [][]byte) [][]byte { return swap(all, 5, 6) })
	}, says: []string{"position 5", "number 3 of p1", "replaced by another"}},
	{name: "drop the last events from the file", do: func(t *testing.T, v *victim) {
		v.rewrite(t, func(all [][]byte) [][]byte { return all[:5] })
	}, says: []string{`position 6 .*number 4 of p1|has 5 events, the last checkpoint states 7`}},
	{name: "drop the last events at rest", by: nextStart, rest: func(t *testing.T, v *victim) {
		v.rewrite(t, func(all [][]byte) [][]byte { return all[:5] })
		if err := os.Remove(filepath.Join(filepath.Dir(v.block(t)), "index.db")); err != nil {
			t.Fatal(err)
		}
	}, says: []string{"it has 5 events", "states 7", firstLost}},
	{name: "lower limits", far: true, do: func(t *testing.T, v *victim) {
		cfg := v.stream(t, "HISTORY_council")
		cfg.MaxMsgs = 100
		if _, err := v.js.UpdateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}, says: []string{"stream HISTORY_council: max_msgs is 100, it must be -1"}},
	{name: "lower limits so that events go", far: true, do: func(t *testing.T, v *victim) {
		cfg := v.stream(t, "HISTORY_council")
		cfg.MaxMsgs, cfg.Discard = 3, jetstream.DiscardOld
		if _, err := v.js.UpdateStream(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}, says: []string{`position 1 \(number 1 of _log, key adopted, recorded .* is missing`, "max_msgs is 3|lost events"}},
	{name: "delete the stream", far: true, do: func(t *testing.T, v *victim) {
		if err := v.js.DeleteStream(t.Context(), "HISTORY_council"); err != nil {
			t.Fatal(err)
		}
	}, says: []string{"HISTORY_council", "gone", `position 1 \(number 1 of _log, key adopted, recorded .* is missing`}},
	{name: "recreate the stream with one event edited", far: true, do: recreate, says: []string{`position 6 .*was altered|stream HISTORY_council: it was made at`}},
	{name: "put an older journal back", by: nextStart, rest: func(t *testing.T, v *victim) {
		replaceDir(t, filepath.Join(v.dir, "jetstream"), filepath.Join(v.older, "jetstream"))
	}, says: []string{"it has 5 events", "states 7", firstLost, "newest backup"}},
	{name: "put the whole directory back", rest: func(t *testing.T, v *victim) { replaceDir(t, v.dir, v.older) },
		says: []string{"states 7 events, the newest one here 5", "taken back"}},
	{name: "swap two directories", by: nextStart, rest: func(t *testing.T, v *victim) {
		replaceDir(t, filepath.Join(v.dir, "jetstream"), filepath.Join(v.other, "jetstream"))
	}, says: []string{"stream HISTORY_council", "it is journal .*, this data directory belongs to", `position 1 \(number 1 of _log.* was replaced by another`}},
	{name: "edit a row of the read models", by: verify, do: editRow, says: []string{"read models", "timeline"}},
	{name: "edit the last checkpoint", far: true, do: func(t *testing.T, v *victim) {
		v.putCheckpoint(t, strings.Replace(v.checkpoint(t), "\n7\n", "\n8\n", 1))
	}, says: []string{"last checkpoint kept is not this log's"}},
	{name: "edit the checkpoint's copy", do: func(t *testing.T, v *victim) {
		lines := strings.SplitAfter(v.checkpoint(t), "\n")
		lines[2] = strings.Repeat("A", 43) + "=\n"
		writeFile(t, filepath.Join(v.dir, "checkpoint"), strings.Join(lines, ""))
	}, says: []string{"state another root for 7 events"}},
	{name: "sign the checkpoint again with another key", far: true, do: func(t *testing.T, v *victim) {
		v.putCheckpoint(t, resigned(t, v.checkpoint(t)))
	}, says: []string{"last checkpoint kept is not this log's"}},
	{name: "show two views", rest: func(t *testing.T, v *victim) { // the key is the insider's: all but the copy outside is in order
		replaceDir(t, v.dir, v.older)
		for _, words := range []string{"Ten posts are filled.", "All posts are filled.", "All is well."} {
			plantrail(t, v.dir, "progress", "p1", "a", words)
		}
	}, says: []string{"for the first 7 events", "made again"}},
}

// firstLost is what a start says of the first event that is not in its files any more.
const firstLost = `position 6 \(number 4 of p1, progress reported, recorded \d+ \w+ \d{4} [\d:]+ UTC\) is damaged or missing in the journal's files`

// TestEachInsiderIsNamed does what insiders can do, to real data, and holds what is said of it against the above.
func TestEachInsiderIsNamed(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	near := prepare(t)
	named := 0
	for _, a := range attacks {
		if t.Run(a.name, func(t *testing.T) {
			v := near.again(t)
			if a.far {
				v = prepareFar(t)
			}
			said, took := a.commit(t, v)
			for _, words := range a.says {
				if !regexp.MustCompile(words).MatchString(said) {
					t.Errorf("it does not say %q", words)
				}
			}
			t.Logf("%s, after %.1f s: %s", []string{"the server", "the start", "verify"}[a.by], took.Seconds(), strings.TrimSpace(said))
		}) {
			named++
		}
	}
	t.Logf("%d of %d insider attacks named", named, len(attacks))
}

func (a attack) said(words string) bool {
	return !slices.ContainsFunc(a.says, func(want string) bool { return !regexp.MustCompile(want).MatchString(words) })
}

// commit does it and gives what was said, and how long after it was done or after the start that followed.
func (a attack) commit(t *testing.T, v *victim) (said string, took time.Duration) {
	if a.rest != nil {
		a.rest(t, v)
	}
	began := time.Now()
	if a.by == nextStart {
		return startRefused(t, v.dir), time.Since(began)
	}
	v.s = startServer(t, v.dir, v.flags...)
	if a.do != nil {
		waitFor(t, func() bool { return v.s.proof(t).Passes > 0 })
		a.do(t, v)
		began = time.Now()
	}
	if a.by == verify {
		return refused(t, 8, v.dir, "verify"), time.Since(began)
	}
	waitFor(t, func() bool { return v.s.proof(t).Alarm != "" })
	took = time.Since(began)
	// What is seen of the streams may come first; which event is lost is read, and added.
	for late := time.Now().Add(time.Minute); !a.said(v.s.proof(t).Alarm) && time.Now().Before(late); {
		<-time.After(20 * time.Millisecond)
	}
	said = v.s.proof(t).Alarm
	v.stopped(t)
	return said, took
}

// stopped: nothing is recorded any more; reading goes on, and whoever reads is told.
func (v *victim) stopped(t *testing.T) {
	t.Helper()
	resp, body := v.s.ask(t, "POST", "/v1/plans/p1/report-progress", `{"item":"a","progress":"x"}`)
	if resp.StatusCode != 503 || !strings.Contains(body, "frozen") {
		t.Errorf("an append: %s %s", resp.Status, body)
	}
	resp, body = v.s.ask(t, "GET", "/v1/plans/p1/timeline", "")
	if resp.StatusCode != 200 || !strings.Contains(body, "posts") && !strings.Contains(body, "post is") || resp.Header.Get("Plantrail-Alarm") == "" {
		t.Errorf("a question: %s, %v %s", resp.Status, resp.Header, body)
	}
	if resp, _ := v.s.ask(t, "GET", "/readyz", ""); resp.StatusCode != 503 {
		t.Errorf("the probe: %s", resp.Status)
	}
	_, figures := v.s.ask(t, "GET", "/metrics", "")
	for _, line := range []string{"plantrail_root_match 0", "plantrail_journal_readonly 1"} {
		if !strings.Contains(figures, "\n"+line+"\n") {
			t.Errorf("/metrics does not say %s", line)
		}
	}
}

// startRefused starts a server that must not start, and gives what it says.
func startRefused(t *testing.T, dir string, flags ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "plantrail", append([]string{"--data", dir, "serve", "--listen", "127.0.0.1:0"}, flags...)...).CombinedOutput()
	if ended := (*exec.ExitError)(nil); !errors.As(err, &ended) || ended.ExitCode() != exitRefused {
		t.Fatalf("the start ended with %v\n%s", err, out)
	}
	return string(out)
}

// editRow has the read models tell that somebody else recorded what was recorded.
func editRow(t *testing.T, v *victim) {
	current := strings.TrimSpace(readFile(t, dataDir(v.dir).views()))
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(v.dir, current)+"?_busy_timeout=5000")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("UPDATE timeline SET item = 'b' WHERE position = 6"); err != nil {
		t.Fatal(err)
	}
}
