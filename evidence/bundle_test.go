package evidence

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

var urlEncoding = base64.URLEncoding

func TestBundleVerifies(t *testing.T) {
	_, b, vkey := sample(t, 7)
	data := write(t, b)
	if !bytes.Equal(data, write(t, b)) {
		t.Error("the same bundle, written twice, differs")
	}
	v := verifyBytes(data, vkey)
	if !v.OK() || !v.Trusted || v.Last != 7 || v.HeadIndex != 17 || v.Checkpoint.Size != 19 {
		t.Fatalf("%+v\n%s", v, v)
	}
	if v := verifyBytes(data); !v.OK() || v.Trusted || !strings.Contains(v.String(), "compare it") {
		t.Errorf("without a trusted key:\n%s", v)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	must(t, err)
	for _, f := range z.File {
		r, err := f.Open()
		must(t, err)
		if _, err := io.Copy(io.Discard, r); err != nil {
			t.Errorf("archive/zip: %s: %v", f.Name, err)
		}
	}
}

func TestCosignedBundle(t *testing.T) {
	h, b, vkey := sample(t, 3)
	skey, wkey, err := GenerateCosignerKey(zeros(9), "auditor.example/w")
	must(t, err)
	witness, err := NewCosigner(skey, func() time.Time { return time.Unix(1679315147, 0) })
	must(t, err)
	logKey, err := NewVerifier(vkey)
	must(t, err)
	b.Checkpoint, err = Cosign(b.Checkpoint, witness, logKey)
	must(t, err)
	if v := verifyBytes(write(t, b), vkey); v.OK() || v.Failure().Name != "signature" {
		t.Errorf("a signature by a key that is not in the bundle:\n%s", v)
	}
	b.Keys = append(b.Keys, wkey)
	must(t, b.Prove(h.tree.Size(), h.hashes))
	data := write(t, b)
	v := verifyBytes(data, vkey)
	if !v.OK() || !strings.Contains(v.Checks[1].Detail, "seen by auditor.example/w+") || !strings.Contains(v.Checks[1].Detail, "2023-03-20T12:25:47Z") {
		t.Errorf("\n%s", v)
	}
	sameAsScript(t, []string{vkey}, data)
}

// A plan's bundle may be issued again and again: the earlier statements are events like others then.
func TestIssuedAgain(t *testing.T) {
	h, b, _ := sample(t, 4)
	b.Events = append(b.Events, b.Head)
	h.issue(b)
	signer, vkey := newKey(t, 7)
	h.sign(b, signer, vkey)
	data := write(t, b)
	if v := verifyBytes(data, vkey); !v.OK() || v.Last != 5 {
		t.Errorf("\n%s", v)
	}
	sameAsScript(t, []string{vkey}, data)
}

func TestUndisclosedTextsAreNoFault(t *testing.T) {
	_, b, vkey := sample(t, 7)
	for i := range b.Events {
		b.Events[i].Disclosures = nil
	}
	data := write(t, b)
	if v := verifyBytes(data, vkey); !v.OK() || !strings.Contains(v.Checks[5].Detail, "2 texts are as recorded, 8 are not") {
		t.Errorf("\n%s", v)
	}
	sameAsScript(t, []string{vkey}, data)
}

// asked counts how often stored hashes are asked for.
type asked struct {
	Hashes
	times int
}

func (a *asked) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	a.times++
	return a.Hashes.ReadHashes(indexes)
}

func TestAllProofsAreMadeOfOneReading(t *testing.T) {
	h, b, _ := sample(t, 40)
	r := &asked{Hashes: h.hashes}
	must(t, b.Prove(h.tree.Size(), r))
	for _, e := range append(b.Events, b.Head, b.Related[0]) {
		path, err := ProveInclusion(h.tree.Size(), e.Index, h.hashes)
		must(t, err)
		if !slices.Equal(path, e.Path) {
			t.Errorf("leaf %d has another path", e.Index)
		}
	}
	if r.times != 1 {
		t.Errorf("hashes were read %d times", r.times)
	}
	if err := b.Prove(h.tree.Size()+1, h.hashes); err == nil {
		t.Error("a proof for a tree that is not there")
	}
}

func TestWriteRefuses(t *testing.T) {
	for name, change := range map[string]func(*Bundle){
		"path out of the directory": func(b *Bundle) { b.Files[0] = BytesFile("files/../../x", nil) },
		"absolute path":             func(b *Bundle) { b.Files[0] = BytesFile("/x", nil) },
		"no events":                 func(b *Bundle) { b.Events = nil },
		"no plan":                   func(b *Bundle) { b.Source = "acme" },
		"a file that changes": func(b *Bundle) {
			n := byte(0)
			b.Files[0] = File{Name: "report.html", Open: func() (io.ReadCloser, error) {
				n++
				return io.NopCloser(bytes.NewReader([]byte{n})), nil
			}}
		},
	} {
		_, b, _ := sample(t, 3)
		b.Files = slices.Clone(b.Files)
		change(b)
		if err := b.Write(io.Discard); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

// The documentation promises that the script needs nothing of ours: it runs here with an empty directory and environment.
func TestScriptAlone(t *testing.T) {
	_, b, vkey := sample(t, 7)
	dir := t.TempDir()
	data := write(t, b)
	must(t, os.WriteFile(filepath.Join(dir, "b.zip"), data, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "key"), []byte(vkey+"\n"), 0o600))
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	must(t, err)
	script, err := z.Open("verify.sh")
	must(t, err)
	text, err := io.ReadAll(script)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "verify.sh"), text, 0o600))
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"b.zip"}, 0, "VERIFIED: plan sdp-2019-20, complete from event 1 to 7, if"},
		{[]string{"--key", "key", "b.zip"}, 0, "VERIFIED: plan sdp-2019-20, complete from event 1 to 7\n"},
		{[]string{"key"}, 1, "REFUSED at container"},
		{[]string{"nothing.zip"}, 2, "No such file"},
		{nil, 2, "usage"},
		{[]string{"--key"}, 2, "--key needs a file"},
	} {
		cmd := exec.Command("sh", append([]string{"verify.sh"}, c.args...)...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != c.code || !strings.Contains(string(out), c.want) {
			t.Errorf("verify.sh %v: exit %d\n%s", c.args, cmd.ProcessState.ExitCode(), out)
		}
	}
}

// What the script lacks must not look like a forgery.
func TestScriptSaysWhatItLacks(t *testing.T) {
	_, b, _ := sample(t, 2)
	python, err := exec.LookPath("python3")
	must(t, err)
	shell, err := exec.LookPath("sh")
	must(t, err)
	if real, err := exec.Command(python, "-c", "import sys; print(sys.executable)").Output(); err == nil {
		python = strings.TrimSpace(string(real)) // not a wrapper that needs more of the PATH
	}
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "b.zip"), write(t, b), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "verify.sh"), Script, 0o600))
	run := func(want string) {
		t.Helper()
		cmd := exec.Command(shell, "verify.sh", "b.zip")
		cmd.Dir, cmd.Env = dir, []string{"PATH=" + filepath.Join(dir, "bin")}
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), want) {
			t.Errorf("exit %d, want 2 and %q:\n%s", cmd.ProcessState.ExitCode(), want, out)
		}
	}
	must(t, os.Mkdir(filepath.Join(dir, "bin"), 0o700))
	run("needs python3")
	must(t, os.Symlink(python, filepath.Join(dir, "bin", "python3")))
	run("needs openssl")
	for _, answer := range []string{"0", "1"} { // one that finds everything right, one that can do nothing
		must(t, os.WriteFile(filepath.Join(dir, "bin", "openssl"), []byte("#!"+shell+"\nexit "+answer+"\n"), 0o700))
		run("can't check Ed25519")
	}
}

// sameAsScript compares our verdicts with the script's, word for word.
func sameAsScript(t *testing.T, trusted []string, bundles ...[]byte) {
	t.Helper()
	dir := t.TempDir()
	args := []string{filepath.Join(dir, "verify.sh")}
	must(t, os.WriteFile(args[0], Script, 0o600))
	if len(trusted) > 0 {
		must(t, os.WriteFile(filepath.Join(dir, "key"), []byte(strings.Join(trusted, "\n")), 0o600))
		args = append(args, "--key", "key")
	}
	var want []string
	for i, data := range bundles {
		name := "b" + string(rune('a'+i/676)) + string(rune('a'+i/26%26)) + string(rune('a'+i%26)) + ".zip"
		must(t, os.WriteFile(filepath.Join(dir, name), data, 0o600))
		args = append(args, name)
		want = append(want, verifyBytes(data, trusted...).String())
	}
	cmd := exec.Command("sh", args...)
	cmd.Dir = dir
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, _ := cmd.Output()
	if stderr.Len() > 0 {
		t.Fatalf("verify.sh: %s", &stderr)
	}
	got := []string{string(out)}
	if len(bundles) > 1 {
		got = got[:0]
		for part := range strings.SplitSeq("\n"+string(out), "\n== ") {
			if _, verdict, ok := strings.Cut(part, ".zip\n"); ok {
				got = append(got, strings.TrimSuffix(verdict, "\n")+"\n")
			}
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%d verdicts of the script, want %d:\n%s", len(got), len(want), out)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("bundle %d: the script says\n%sand we\n%s", i, got[i], want[i])
		}
	}
}
