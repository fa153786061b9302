package plantrail_test

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"plantrail/domain/domaintest"
)

// The README's shell blocks are run, in their order, in one fresh directory that holds a copy of the repository.
// The word behind ```sh says how:
//
//	(none)   run; it must succeed
//	serve    started in the background and waited for; it runs until the end of the test
//	fails    run; it must fail: the README shows an error
//	paper    run where the City of London's paper lies beside the tree, which may not hold it; elsewhere left out
//	cluster  needs a docker engine, so it is only parsed by the shell; deploy's tests try the parts
//	test     this very test runs below it, so it is only parsed
var shellBlock = regexp.MustCompile("(?ms)^```sh *(\\w*)\n(.*?)^```$")

func TestREADME(t *testing.T) {
	domaintest.Long(t)
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := shellBlock.FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 5 {
		t.Fatalf("only %d shell blocks found", len(blocks))
	}
	if n := strings.Count(string(text), "```sh"); n != len(blocks) {
		t.Fatalf("%d shell blocks begin, %d were understood", n, len(blocks))
	}
	dir := freshCheckout(t)
	port := strconv.Itoa(domaintest.Ports(t, 1)[0])
	for _, block := range blocks {
		kind, script := block[1], strings.ReplaceAll(block[2], "127.0.0.1:8080", "127.0.0.1:"+port)
		cmd := shell(dir, port, script)
		switch kind {
		case "cluster", "test":
			if out, err := exec.Command("sh", "-n", "-c", script).CombinedOutput(); err != nil {
				t.Fatalf("the shell can't read\n%s\n%s", script, out)
			}
		case "serve":
			serve(t, cmd, "http://127.0.0.1:"+port+"/readyz")
		case "paper":
			t.Run("the City of London's paper", func(t *testing.T) {
				paper := domaintest.Paper(t, "seeds/city-of-london-sdp.txt")
				if err := os.WriteFile(filepath.Join(dir, "city-of-london.txt"), paper, 0o600); err != nil {
					t.Fatal(err)
				}
				out, err := cmd.CombinedOutput()
				t.Logf("$ %s\n%s", strings.TrimSpace(script), out)
				if err != nil || !strings.Contains(string(out), "RESOLVED, that – the report be received and its contents noted.") {
					t.Fatalf("README block ended with %v:\n%s\n%s", err, script, out)
				}
			})
		case "", "fails":
			out, err := cmd.CombinedOutput()
			t.Logf("$ %s\n%s", strings.TrimSpace(script), out)
			if (err != nil) != (kind == "fails") {
				t.Fatalf("README block ended with %v:\n%s\n%s", err, script, out)
			}
		default:
			t.Fatalf("a shell block is marked %q", kind)
		}
	}
	everyFileIsNamed(t, string(text), filepath.Join(dir, "data"))
}

var readModel = regexp.MustCompile(`^read-\d+\.db(-wal|-shm)?$`)

// everyFileIsNamed finds what lies in a data directory of which the README does not say who may write it.
func everyFileIsNamed(t *testing.T, readme, data string) {
	t.Helper()
	top, err := os.ReadDir(data)
	keys, errKeys := os.ReadDir(filepath.Join(data, "keys"))
	if err != nil || errKeys != nil {
		t.Fatal(err, errKeys)
	}
	var names []string
	for _, e := range top {
		switch {
		case e.Name() == "keys":
		case e.IsDir():
			names = append(names, e.Name()+"/")
		default:
			names = append(names, readModel.ReplaceAllString(e.Name(), "read-*.db"))
		}
	}
	for _, e := range keys {
		names = append(names, "keys/"+e.Name())
	}
	for _, name := range names {
		if !strings.Contains(readme, "`"+name+"`") {
			t.Errorf("the README does not say who may write %s in the data directory", name)
		}
	}
}

// freshCheckout copies what git tracks or would track, so that nothing of this machine is beside it.
func freshCheckout(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	list, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Split(strings.TrimSuffix(string(list), "\x00"), "\x00") {
		content, err := os.ReadFile(name)
		if os.IsNotExist(err) {
			continue // deleted and not yet committed
		}
		info, statErr := os.Stat(name)
		if err != nil || statErr != nil {
			t.Fatal(err, statErr)
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, content, info.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func shell(dir, port, script string) *exec.Cmd {
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PLANTRAIL_LISTEN=127.0.0.1:"+port, "NO_COLOR=1")
	return cmd
}

func serve(t *testing.T, cmd *exec.Cmd, ready string) {
	t.Helper()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // make starts plantrail: both get the signal
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
		_ = cmd.Wait()
		t.Logf("the server said:\n%s", out.String())
	})
	for deadline := time.Now().Add(5 * time.Minute); ; <-time.After(100 * time.Millisecond) {
		if answer, err := http.Get(ready); err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("the server is not ready:\n%s", out.String())
		}
	}
}
