package judges

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
	"plantrail/feeds"
	"plantrail/feeds/feedstest"
)

// documented are the lines for the nats command in DESIGN.md, as they are written there.
func documented(t *testing.T) (lines []string) {
	t.Helper()
	b, err := os.ReadFile("../DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if strings.HasPrefix(line, "nats --server nats://n1 ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if len(lines) != 2 {
		t.Fatalf("DESIGN.md has %d lines for nats, want 2", len(lines))
	}
	return lines
}

// The documented lines are run as they are typed, with NATS's own command line, by a user who has nothing but the printed
// seed: they bring the stored bytes of the plans granted, in order, and their texts, and nothing of another plan.
func TestTheDocumentedNATSLinesWork(t *testing.T) {
	domaintest.Long(t)
	program := filepath.Join(t.TempDir(), "nats")
	build := exec.Command("go", "build", "-o", program, "github.com/nats-io/natscli/nats")
	build.Dir, build.Env = "natscli", append(os.Environ(), "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the nats command can't be built: %v\n%s", err, out)
	}
	public, seed, err := eventstore.NewNATSUser()
	if err != nil {
		t.Fatal(err)
	}
	grant := eventstore.Grant{ID: "bi", Plans: []domain.PlanID{"sdp"}, Texts: true, User: public}
	store, url := eventstoretest.Granted(t, grant)
	h := feedstest.Over(t, store)
	h.Plan("secret")
	h.Plan("sdp")
	h.Rate("sdp", "red")
	if err := store.EnsureGrant(t.Context(), grant); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bi.nk"), []byte(seed+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(line string) []string {
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
		defer cancel()
		line = strings.NewReplacer("nats://n1", url, "_council", "_acme").Replace(line)
		cmd := exec.CommandContext(ctx, "sh", "-c", line)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"), "HOME="+dir, "XDG_CONFIG_HOME="+dir)
		out, err := cmd.Output()
		if ended := new(exec.ExitError); !errors.As(err, &ended) || strings.Contains(string(ended.Stderr), "ermission") {
			t.Fatalf("%s: %v, want the exit status 1 that says that there are fewer than 100 messages", line, err)
		}
		return strings.Split(strings.TrimSpace(string(out)), "\n")
	}
	lines := documented(t)
	var bodies []string
	for at := domain.Position(4); at <= 7; at++ {
		body, err := store.Leaf(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, string(body))
	}
	if got := run(lines[0]); strings.Join(got, "\n") != strings.Join(bodies, "\n") {
		t.Errorf("the first line brings\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(bodies, "\n"))
	}
	if again := run(lines[0]); strings.Join(again, "") != "" {
		t.Errorf("what was acknowledged comes again: %s", again)
	}
	checkTexts(t, run(lines[1]), strings.Join(bodies, "\n"))
}

// checkTexts holds what the texts' consumer brings against the events that were granted: each disclosure is of one of them, or
// the digest of a command, which is a hash and no words.
func checkTexts(t *testing.T, messages []string, events string) {
	t.Helper()
	texts, commands := 0, 0
	for _, m := range messages {
		var body struct{ Disclosures []string }
		if err := json.Unmarshal([]byte(m), &body); err != nil {
			t.Fatalf("%q: %v", m, err)
		}
		for name, text := range feeds.Disclosed(body.Disclosures) {
			if name != "command" {
				texts++
				continue
			}
			commands++
			if hash, err := hex.DecodeString(text); err != nil || len(hash) != 32 {
				t.Errorf("a command's disclosure is no hash: %q", text)
			}
		}
		for _, enc := range body.Disclosures {
			if !strings.Contains(events, `"`+eventstore.Digest(enc)+`"`) {
				t.Errorf("a disclosure is of no event that was granted: %s", enc)
			}
		}
	}
	if texts != 5 || commands != 4 {
		t.Errorf("%d texts and %d commands' digests came, want 5 and 4", texts, commands)
	}
}
