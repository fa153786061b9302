package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sample writes a module with one test file, and runs the report over its real go test.
func sample(t *testing.T, body string, flags ...string) (int, string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"go.mod": "module sample\n\ngo 1.26\n", "a_test.go": "package sample\n\nimport \"testing\"\n\n" + body}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs bytes.Buffer // two, for the command writes to the second while the report writes to the first
	code := run(append(flags, "--", "go", "test", "-C", dir, "-vet=off", "-json", "./..."), &out, &errs)
	return code, out.String()
}

func expect(t *testing.T, code, want int, out string, has ...string) {
	t.Helper()
	if code != want {
		t.Errorf("exit %d, want %d\n%s", code, want, out)
	}
	for _, h := range has {
		if !strings.Contains(out, h) {
			t.Errorf("the output lacks %q\n%s", h, out)
		}
	}
}

func TestPassingPackageKeepsGoTestsClosingLine(t *testing.T) {
	code, out := sample(t, `func TestA(t *testing.T) { t.Log("unseen") }`, "-strict")
	expect(t, code, 0, out, "ok  \tsample", "1 tests passed, 0 skipped")
	if strings.Contains(out, "unseen") {
		t.Errorf("a passing test's words were printed:\n%s", out)
	}
}

func TestFailureIsPrintedWhole(t *testing.T) {
	code, out := sample(t, `func TestA(t *testing.T) { t.Log("before"); t.Error("wrong") }`)
	expect(t, code, 1, out, "FAILED sample.TestA", "before", "wrong", "FAIL\tsample")
}

func TestPanicNamesTheTest(t *testing.T) {
	code, out := sample(t, `func TestA(t *testing.T) { panic("broken") }`)
	expect(t, code, 1, out, "sample.TestA", "panic: broken")
}

func TestBuildFailureIsPrinted(t *testing.T) {
	code, out := sample(t, `func TestA(t *testing.T) { undefinedName() }`)
	expect(t, code, 1, out, "undefinedName", "[build failed]")
}

func TestSkipFailsWhenStrict(t *testing.T) {
	body := skipping("no tea")
	code, out := sample(t, body)
	expect(t, code, 0, out, "SKIPPED: sample.TestA", "no tea")
	code, out = sample(t, body, "-strict")
	expect(t, code, 1, out, "SKIPPED, which is a failure here: sample.TestA", "no tea")
}

func TestSkipForTheMachineIsLetThroughAndPrinted(t *testing.T) {
	code, out := sample(t, skipping("not on this machine: loop mounts"), "-strict")
	expect(t, code, 0, out, "SKIPPED: sample.TestA", "loop mounts")
}

// skipping is a test that skips and says why.
func skipping(why string) string {
	return "func TestA(t *testing.T) { t." + "Skip(`" + why + "`) }"
}

func TestMisuse(t *testing.T) {
	var out bytes.Buffer
	if code := run(nil, &out, &out); code != 2 {
		t.Errorf("no command: exit %d, want 2", code)
	}
	if code := run([]string{"--", "no-such-command-here"}, &out, &out); code != 1 {
		t.Errorf("a command that is not there: exit %d, want 1", code)
	}
}
