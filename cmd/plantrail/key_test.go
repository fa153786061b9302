package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/domain/domaintest"
	"plantrail/evidence"
)

// refused runs a command that must end with an exit code, and gives what it printed.
func refused(t *testing.T, code int, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("plantrail", append([]string{"--data", dir}, args...)...)
	cmd.Env = append(os.Environ(), "PLANTRAIL_OUTPUT=table")
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != code {
		t.Fatalf("plantrail %v: exit code %d, want %d\n%s", args, got, code, out)
	}
	return string(out)
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The key is changed twice, while a server runs and without one. What the old keys signed stays good, what the new one
// signs is not taken for the old one's, and each change can be read in the history.
func TestTheKeyIsChanged(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	dir, first := begin(t)
	work := t.TempDir()
	early, bundle := filepath.Join(work, "early.txt"), filepath.Join(work, "early.zip")
	writeFile(t, early, plantrail(t, dir, "checkpoint"))
	plantrail(t, dir, "bundle", "p1", "--reason", "Inspection", "-o", bundle)
	s := startServer(t, dir)
	plantrail(t, dir, "key", "rotate")
	waitFor(t, func() bool {
		_, signed := s.ask(t, "GET", "/log/checkpoint", "")
		return openedBy(t, signed, first) == 0
	})
	s.record(t, "Signed by the second.")
	second := keysOf(t, dir)[1]
	if signed := plantrail(t, dir, "checkpoint"); openedBy(t, signed, second) != 1 {
		t.Errorf("after the first change: %s", signed)
	}
	s.interrupt(t)
	plantrail(t, dir, "key", "rotate")
	plantrail(t, dir, "progress", "p1", "a", "Signed by the third.")
	keys := keysOf(t, dir)
	if signed := plantrail(t, dir, "checkpoint"); len(keys) != 3 || keys[0] != first || openedBy(t, signed, keys[2]) != 1 || openedBy(t, signed, first, second) != 0 {
		t.Errorf("after the second change, of %v: %s", keys, signed)
	}
	if out := plantrail(t, dir, "verify", "--against", early, "--key", first); !strings.Contains(out, "The history is whole") {
		t.Error(out)
	}
	plantrail(t, dir, "verify", "--against", early)
	refused(t, 8, dir, "verify", "--against", early, "--key", keys[2])
	plantrail(t, dir, "verify", bundle, "--key", first)
	refused(t, 8, dir, "verify", bundle, "--key", keys[2])
	later := filepath.Join(work, "later.zip")
	plantrail(t, dir, "bundle", "p1", "--reason", "Inspection", "-o", later)
	plantrail(t, dir, "verify", later, "--key", keys[2])
}

func keysOf(t *testing.T, dir string) []string {
	t.Helper()
	return strings.Fields(plantrail(t, dir, "key", "list"))
}

// A change of the key that a crash cut short, after the log had adopted the new one, is finished by the next start.
func TestAChangeOfTheKeyIsFinished(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	dir, _ := begin(t)
	file := dataDir(dir).keyFile()
	old := readFile(t, file)
	plantrail(t, dir, "key", "rotate")
	writeFile(t, file+".next", readFile(t, file))
	writeFile(t, file, old)
	plantrail(t, dir, "progress", "p1", "a", "After the crash.")
	keys := keysOf(t, dir)
	if signed := plantrail(t, dir, "checkpoint"); len(keys) != 2 || openedBy(t, signed, keys[1]) != 1 {
		t.Errorf("%v: %s", keys, signed)
	}
	if _, err := os.Stat(file + ".next"); !os.IsNotExist(err) {
		t.Error("the new key still lies beside the old one")
	}
	plantrail(t, dir, "verify")
}

// Whoever puts another key in the place of the log's, without a word in the history, stops the log instead of signing for it.
func TestAKeyThatTheLogDidNotAdopt(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	dir, key := begin(t)
	file := dataDir(dir).keyFile()
	secret, forged, err := evidence.GenerateKey(nil, strings.SplitN(key, "+", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	mine := readFile(t, file)
	writeFile(t, file, secret+"\n")
	if out := refused(t, 8, dir, "progress", "p1", "a", "Signed by whom?"); !strings.Contains(out, "is not one that the log has adopted") {
		t.Error(out)
	}
	refused(t, 8, dir, "key", "rotate")
	s := startServer(t, dir)
	if resp, body := s.ask(t, "POST", "/v1/plans/p1/report-progress", `{"item":"a","progress":"x"}`); resp.StatusCode != 503 || !strings.Contains(body, "somebody has put another in its place") {
		t.Errorf("%s %s", resp.Status, body)
	}
	if resp, _ := s.ask(t, "GET", "/v1/plans/p1", ""); resp.StatusCode != 200 {
		t.Errorf("reading: %s", resp.Status)
	}
	s.interrupt(t)
	if out := refused(t, 8, dir, "key", "list"); strings.Contains(out, forged) {
		t.Error("the log has adopted the forger's key")
	}
	writeFile(t, file, mine)
	plantrail(t, dir, "progress", "p1", "a", "The right key is back.")
	if err := os.Remove(file); err != nil { // and a key that is lost is changed
		t.Fatal(err)
	}
	plantrail(t, dir, "key", "rotate")
	plantrail(t, dir, "verify")
}
