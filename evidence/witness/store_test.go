package witness

import (
	"bytes"
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"plantrail/evidence"
)

func openDir(t testing.TB, path string) *Dir {
	t.Helper()
	d, err := OpenDir(path)
	must(t, err)
	t.Cleanup(func() { d.Close() })
	return d
}

func TestDir(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "state")
	d := openDir(t, path)
	for _, read := range []func(string) ([]byte, error){d.Last, d.Fork} {
		if b, err := read(origin); b != nil || err != nil {
			t.Errorf("new, and yet it has %q %v", b, err)
		}
	}
	for _, origin := range []string{"a", "b", "../../etc/x", strings.Repeat("long/", 40)} {
		for _, text := range []string{"first\n", "second\n"} {
			must(t, d.Put(origin, []byte(text+origin)))
			must(t, d.PutFork(origin, []byte(text+origin)))
		}
	}
	must(t, d.Close())
	d = openDir(t, path)
	for _, origin := range []string{"a", "b", "../../etc/x", strings.Repeat("long/", 40)} {
		if b, err := d.Last(origin); string(b) != "second\n"+origin || err != nil {
			t.Errorf("%q %v", b, err)
		}
		if b, err := d.Fork(origin); string(b) != "first\n"+origin || err != nil {
			t.Errorf("%q %v", b, err)
		}
	}
	names := files(t, path)
	if len(names) != 1+8 {
		t.Errorf("files: %v", names)
	}
	must(t, os.Truncate(filepath.Join(path, fileOf("a", ".checkpoint")), 0))
	if _, err := d.Last("a"); err == nil {
		t.Error("an emptied file is taken for no memory")
	}
}

func files(t *testing.T, path string) (names []string) {
	t.Helper()
	all, err := os.ReadDir(path)
	must(t, err)
	for _, e := range all {
		info, err := e.Info()
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %o", e.Name(), info.Mode())
		}
		names = append(names, e.Name())
	}
	return names
}

func TestDirIsOneProcess(t *testing.T) {
	path := t.TempDir()
	d := openDir(t, path)
	if _, err := OpenDir(path); err == nil || !strings.Contains(err.Error(), "another witness") {
		t.Error(err)
	}
	must(t, d.Close())
	openDir(t, path)
}

func TestKey(t *testing.T) {
	path := t.TempDir()
	d := openDir(t, path)
	if _, _, err := d.Key(""); err == nil {
		t.Error("a witness without a name")
	}
	if _, _, err := d.Key("two words"); err == nil {
		t.Error("a name with a space")
	}
	first, made, err := d.Key(name)
	if err != nil || !made {
		t.Fatal(made, err)
	}
	for _, name := range []string{name, ""} {
		again, made, err := d.Key(name)
		if err != nil || made || again != first {
			t.Errorf("%v %v", made, err)
		}
	}
	if _, _, err := d.Key("other.example"); err == nil || !strings.Contains(err.Error(), name) {
		t.Error(err)
	}
	files(t, path)

	file := filepath.Join(path, "key")
	must(t, os.Chmod(file, 0o640))
	if _, _, err := d.Key(name); err == nil || !strings.Contains(err.Error(), "0600") {
		t.Error(err)
	}
	must(t, os.Remove(file))
	must(t, d.Put(origin, []byte("x")))
	if _, _, err := d.Key(name); err == nil || !strings.Contains(err.Error(), "key is gone") {
		t.Error(err)
	}
	must(t, os.WriteFile(file, []byte("nonsense"), 0o600))
	if _, _, err := d.Key(name); err == nil || strings.Contains(err.Error(), "nonsense") {
		t.Error(err)
	}
}

// What a crash left unfinished is swept away, and is never read.
func TestUnfinishedFiles(t *testing.T) {
	path := t.TempDir()
	d := openDir(t, path)
	must(t, d.Put(origin, []byte("done")))
	must(t, d.Close())
	must(t, os.WriteFile(filepath.Join(path, ".new-123"), []byte("half"), 0o600))
	d = openDir(t, path)
	if b, _ := d.Last(origin); string(b) != "done" {
		t.Errorf("%q", b)
	}
	if names := files(t, path); len(names) != 2 {
		t.Error(names)
	}
}

// The directory can't be written: nothing is signed, and what was seen stays.
func TestDirCannotBeWritten(t *testing.T) {
	if os.Getuid() == 0 {
		// Root writes everywhere; a file where the directory was has the same effect.
		t.Log("as root: the directory is replaced by a file instead of being made read-only")
	}
	h := newHistory(t, "", 20)
	path := filepath.Join(t.TempDir(), "state")
	d := openDir(t, path)
	w := newWitness(t, d, h.key)
	if status, _, text := post(w, h.body(t, 0, 10)); status != 200 {
		t.Fatal(status, text)
	}
	if os.Getuid() == 0 {
		must(t, os.Rename(path, path+".away"))
		must(t, os.WriteFile(path, nil, 0o600))
	} else {
		must(t, os.Chmod(path, 0o500))
	}
	if status, _, text := post(w, h.body(t, 10, 20)); status != 500 || strings.Contains(text, "— ") {
		t.Error(status, text)
	}
	if os.Getuid() == 0 {
		must(t, os.Remove(path))
		must(t, os.Rename(path+".away", path))
	} else {
		must(t, os.Chmod(path, 0o700))
	}
	if status, _, text := post(w, h.body(t, 10, 20)); status != 200 {
		t.Error(status, text)
	}
}

// dying is a store whose process is killed at one place of a Put.
type dying struct {
	*Dir
	after bool
}

func (d dying) Put(origin string, msg []byte) error {
	if d.after {
		if err := d.Dir.Put(origin, msg); err != nil {
			return err
		}
	} else if err := os.WriteFile(filepath.Join(d.path, ".new-1"), msg[:len(msg)/2], 0o600); err != nil {
		return err
	}
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// TestDyingWitness is not a test but the process that TestKilled kills.
func TestDyingWitness(t *testing.T) {
	path := os.Getenv("WITNESS_DIES")
	if path == "" {
		return
	}
	h := newHistory(t, "", 20)
	w := newWitness(t, dying{openDir(t, path), os.Getenv("WITNESS_AFTER") == "yes"}, h.key)
	_, _, text := post(w, h.body(t, 10, 20))
	fmt.Println("ANSWERED", text)
}

// kill -9 between the memory and the answer: the memory is kept, nobody got a signature, and the log gets one by asking
// again, but no other history does. Killed before, nothing has happened.
func TestKilled(t *testing.T) {
	for _, after := range []string{"yes", "no"} {
		h, other := newHistory(t, "", 20), newHistory(t, "told otherwise", 20)
		path := t.TempDir()
		d := openDir(t, path)
		if _, no := serve(t, newWitness(t, d, h.key)).add(t, 0, h, 10); no != nil {
			t.Fatal(no)
		}
		must(t, d.Close())

		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDyingWitness$")
		cmd.Env = append(os.Environ(), "WITNESS_DIES="+path, "WITNESS_AFTER="+after)
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(err.Error(), "killed") || bytes.Contains(out, []byte("ANSWERED")) {
			t.Fatalf("%v: %s", err, out)
		}

		w := newWitness(t, openDir(t, path), h.key)
		want := map[string]int64{"yes": 20, "no": 10}[after]
		if all, err := w.Seen(); err != nil || all[0].Size != want {
			t.Errorf("%+v %v", all, err)
		}
		c := serve(t, w)
		if _, no := c.add(t, 10, other, 20); no == nil || !no.Forked() {
			t.Errorf("another history: %v", no)
		}
		got, no := c.add(t, 10, h, 20)
		if no != nil || got.Since != want {
			t.Errorf("%+v %v", got, no)
		}
	}
}

// A witness's files are evidence by themselves: any reader of signed notes can check them.
func TestStoredCheckpointIsANote(t *testing.T) {
	h := newHistory(t, "", 20)
	d := openDir(t, t.TempDir())
	skey, _, err := d.Key(name)
	must(t, err)
	w, err := New(Config{Key: skey, Logs: []note.Verifier{h.key}, Store: d})
	must(t, err)
	v, err := evidence.NewVerifier(w.VerifierKey())
	must(t, err)
	s := httptest.NewServer(w)
	defer s.Close()
	got, err := (&Client{URL: s.URL + "/", Verifier: v}).Add(context.Background(), 0, h.sign(t, 20), h.prove)
	must(t, err)
	msg, err := d.Last(origin)
	must(t, err)
	if want := string(h.sign(t, 20)) + got.Line; string(msg) != want {
		t.Errorf("%s\nwant\n%s", msg, want)
	}
}
