package evidence

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// pack writes a container of such files as no bundle has.
func pack(t *testing.T, names ...string) []byte {
	t.Helper()
	var files []source
	for _, n := range names {
		s := memory(n, []byte("x"))
		must(t, s.measure())
		files = append(files, s)
	}
	var out bytes.Buffer
	must(t, writeContainer(&out, files))
	return out.Bytes()
}

func TestContainerRefusesNames(t *testing.T) {
	for _, names := range [][]string{
		{"manifest.json", "../x"}, {"manifest.json", "/x"}, {"manifest.json", "a/../x"}, {"manifest.json", "a//x"}, {"manifest.json", "a/b/c"},
		{"manifest.json", "a\\x"}, {"manifest.json", ".x"}, {"manifest.json", "a/.x"}, {"manifest.json", "a/"}, {"manifest.json", ""}, {"manifest.json", "x y"},
		{"manifest.json", "\xff"}, {"manifest.json", "x\x00y"}, {"manifest.json", "x\n"}, {"manifest.json", strings.Repeat("x", 101)}, {"manifest.json", "C:x"},
		{"manifest.json", "a", "a"}, {"manifest.json", "A", "a"}, {"manifest.json", "Files/a", "files/A"}, {"manifest.json", "b", "a"}, {"manifest.json", "manifest.json"},
		{"a", "manifest.json"}, {"a"}, nil,
	} {
		data := pack(t, names...)
		if v := verifyBytes(data); v.OK() || v.Failure().Name != "container" || strings.ContainsAny(v.Failure().Detail, "\x00\n") {
			t.Errorf("%q: %s", names, v)
		}
	}
}

func TestContainerLimits(t *testing.T) {
	_, b, vkey := sample(t, 2)
	good := write(t, b)
	for name, says := range map[string]string{"leaves/000001.json": "it may have 65536", "disclosures/000001.txt": "it may have 4194304", "checkpoint": "it may have 65536"} {
		data := repack(t, good, func(_ *manifest, f map[string][]byte) { f[name] = make([]byte, sizeLimit(name)+1) })
		if v := verifyBytes(data, vkey); v.OK() || !strings.Contains(v.Failure().Detail, name) || !strings.Contains(v.Failure().Detail, says) {
			t.Errorf("%s: %s", name, v)
		}
	}
	tooMany := make([]source, MaxFiles+1)
	if err := writeContainer(io.Discard, tooMany); err == nil {
		t.Error("65,536 files are written")
	}
	huge := source{member: member{name: "x", size: MaxBundle}}
	if err := writeContainer(io.Discard, []source{huge}); err == nil {
		t.Error("4 GiB are written")
	}
	if v := Verify(bytes.NewReader(nil), MaxBundle+1, Options{}); v.OK() {
		t.Error("4 GiB are read")
	}
}

// A bundle packed again by another program has the same files, and yet other bytes: what can't be compared is refused. With
// compression refused, no bundle can be a bomb.
func TestContainerRefusesOtherPrograms(t *testing.T) {
	_, b, vkey := sample(t, 2)
	data := write(t, b)
	in, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	must(t, err)
	var mutants [][]byte
	for _, method := range []uint16{zip.Store, zip.Deflate} {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		w.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, 9) })
		for _, f := range in.File {
			to, err := w.CreateHeader(&zip.FileHeader{Name: f.Name, Method: method})
			must(t, err)
			from, err := f.Open()
			must(t, err)
			_, err = io.Copy(to, from)
			must(t, err)
		}
		must(t, w.Close())
		mutants = append(mutants, out.Bytes())
	}
	mutants = append(mutants, append([]byte("MZ"), data...), append(bytes.Clone(data), 0), slices.Concat(data, data))
	for i, m := range mutants {
		if v := verifyBytes(m, vkey); v.OK() || v.Failure().Detail != errContainer.Error() {
			t.Errorf("%d: %s", i, v)
		}
	}
	sameAsScript(t, []string{vkey}, mutants...)
}

func TestFailingStorageIsNoVerdictOfInnocence(t *testing.T) {
	_, b, vkey := sample(t, 2)
	data := write(t, b)
	for bad := 0; bad < len(data); bad += 301 {
		r := failing{data, int64(bad)}
		if v := Verify(r, int64(len(data)), Options{Trusted: []string{vkey}}); v.OK() {
			t.Fatalf("byte %d can't be read, and the bundle passes", bad)
		}
	}
	b.Files[0] = File{Name: "report.html", Open: func() (io.ReadCloser, error) { return nil, errors.New("gone") }}
	if err := b.Write(io.Discard); err == nil {
		t.Error("written without its report")
	}
	if _, err := b.Seal(); err == nil {
		t.Error("sealed without its report")
	}
}

// failing is a file with one byte that can't be read.
type failing struct {
	data []byte
	bad  int64
}

func (f failing) ReadAt(p []byte, at int64) (int, error) {
	if at <= f.bad && f.bad < at+int64(len(p)) {
		return 0, errors.New("input/output error")
	}
	return bytes.NewReader(f.data).ReadAt(p, at)
}

func thousand(b *testing.B) (*history, *Bundle, string) {
	h, bundle, vkey := sample(b, 1000)
	b.ResetTimer()
	return h, bundle, vkey
}

func BenchmarkWriteBundleOfAThousand(b *testing.B) {
	h, bundle, _ := thousand(b)
	for b.Loop() {
		if err := bundle.Prove(h.tree.Size(), h.hashes); err != nil {
			b.Fatal(err)
		}
		if err := bundle.Write(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyBundleOfAThousand(b *testing.B) {
	_, bundle, vkey := thousand(b)
	data := write(b, bundle)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if v := verifyBytes(data, vkey); !v.OK() {
			b.Fatal(v)
		}
	}
}

func BenchmarkScriptOfAThousand(b *testing.B) {
	_, bundle, _ := thousand(b)
	dir := b.TempDir()
	must(b, os.WriteFile(filepath.Join(dir, "b.zip"), write(b, bundle), 0o600))
	must(b, os.WriteFile(filepath.Join(dir, "verify.sh"), Script, 0o600))
	for b.Loop() {
		cmd := exec.Command("sh", "verify.sh", "b.zip")
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
}

func BenchmarkParseEvent(b *testing.B) {
	_, bundle, _ := sample(b, 4)
	leaf := bundle.Events[3].Leaf
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseEvent(leaf); err != nil {
			b.Fatal(err)
		}
	}
}
