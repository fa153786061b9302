package deploy

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain removes the program that the tests built.
func TestMain(m *testing.M) {
	code := m.Run()
	if builtIn != "" {
		_ = os.RemoveAll(builtIn)
	}
	os.Exit(code)
}

var (
	builtIn string
	build   = sync.OnceValues(func() (string, error) {
		dir, err := os.MkdirTemp("", "plantrail-deploy-")
		if err != nil {
			return "", err
		}
		builtIn = dir
		program := filepath.Join(dir, "plantrail")
		if out, err := exec.Command("go", "build", "-o", program, "../cmd/plantrail").CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w\n%s", err, out)
		}
		return program, nil
	})
)

// plantrail is the program, built once for all tests.
func plantrail(t *testing.T) string {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// serve runs the program as a server, with more in its environment, until the test ends, and returns where it serves.
func serve(t *testing.T, env []string, args ...string) (base string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, plantrail(t), args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	errs := &said{}
	cmd.Stderr = errs
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	drained := make(chan struct{})
	t.Cleanup(func() { cancel(); <-drained; _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	for base == "" && lines.Scan() {
		base = address.FindString(lines.Text())
	}
	go func() { defer close(drained); _, _ = io.Copy(io.Discard, out) }()
	if base == "" {
		t.Fatalf("plantrail %v ended without saying where it serves:\n%s", args, errs)
	}
	return base
}

// said keeps what a process says while it runs.
type said struct {
	mu sync.Mutex
	b  []byte
}

func (s *said) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.b = append(s.b, b...)
	return len(b), nil
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.b)
}
