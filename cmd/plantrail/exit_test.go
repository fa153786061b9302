package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"plantrail/domain"
)

func TestEveryKindHasAnExitCode(t *testing.T) {
	for k := domain.Internal; k <= domain.Unknown; k++ {
		code, ok := exitCodes[k]
		if !ok || code == exitDone {
			t.Errorf("%s has no exit code", k)
		}
		if !strings.Contains(exitCodesTopic().Long, "\n  "+string(rune('0'+code))+"  ") {
			t.Errorf("exit code %d is not documented", code)
		}
		if kindNamed(k.String()) != k {
			t.Errorf("%s is not found by its name", k)
		}
	}
	if exitCode(errors.New("plain")) != exitFailed || exitCode(nil) != exitDone {
		t.Error("an error of no kind must fail, no error must not")
	}
}

// A server that hangs up once has recorded the command: asked again with the same key, it says so.
func TestALostAnswerIsAskedForAgainWithTheSameKey(t *testing.T) {
	var calls atomic.Int32
	var keys [2]string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		keys[min(n-1, 1)] = r.Header.Get("Idempotency-Key")
		if n == 1 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusOK)
		_, _ = w.Write([]byte(`{"plan":"p1","repeat":true}`))
	}))
	defer server.Close()
	server.Config.ErrorLog = nil
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"-o", "json", "--server", server.URL, "--token", "pt_a_b", "plan", "open", "p1", "--title", "x"}, strings.NewReader(""), &out, &errs)
	if code != exitDone || !strings.Contains(out.String(), `"repeat":true`) {
		t.Fatalf("exit %d, %s%s", code, &out, &errs)
	}
	if keys[0] == "" || keys[0] != keys[1] {
		t.Errorf("asked with %q and then with %q", keys[0], keys[1])
	}
}

// A command ends when questions show what it recorded, however its answer is printed: a script asks in its next line.
func TestACommandEndsWhenItIsShown(t *testing.T) {
	asked := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			asked <- r.URL.String()
			w.WriteHeader(http.StatusServiceUnavailable) // recorded it is all the same
			return
		}
		w.Header().Set("Plantrail-Position", "7")
		_, _ = w.Write([]byte(`{"plan":"p1","position":7}`))
	}))
	defer server.Close()
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"-o", "json", "--server", server.URL, "--token", "pt_a_b", "plan", "open", "p1", "--title", "x"}, strings.NewReader(""), &out, &errs)
	if code != exitDone || !strings.Contains(out.String(), `"position":7`) || errs.Len() > 0 {
		t.Fatalf("exit %d, %s%s", code, &out, &errs)
	}
	select {
	case url := <-asked:
		if url != "/v1/whoami?min_position=7" {
			t.Errorf("it asked %s", url)
		}
	default:
		t.Error("it did not wait")
	}
}

func TestAnAnswerThatNeverComesIsAnUnknownOutcome(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer server.Close()
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"--server", server.URL, "--token", "pt_a_b", "plan", "open", "p1", "--title", "x", "--key", "my-key"}, strings.NewReader(""), &out, &errs)
	if code != exitUnknown || !strings.Contains(errs.String(), "--key my-key") {
		t.Fatalf("exit %d: %s", code, &errs)
	}
}

// The server is killed while it records, and is not there or knows nobody when it is asked again: that says nothing of what it
// did before.
func TestAnAnswerLostBeforeTheServerEndedIsAnUnknownOutcome(t *testing.T) {
	refuse := func(kind string, status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(status)
			_, _ = fmt.Fprintf(w, `{"type":"/problems/%s","status":%d,"detail":"no"}`, kind, status)
		}
	}
	for name, then := range map[string]http.HandlerFunc{
		"gone":             nil,
		"starting":         refuse("unavailable", http.StatusServiceUnavailable),
		"knows me no more": refuse("unauthenticated", http.StatusUnauthorized),
	} {
		t.Run(name, func(t *testing.T) {
			var server *httptest.Server
			var calls atomic.Int32
			server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if calls.Add(1) > 1 {
					then(w, r)
					return
				}
				if then == nil {
					_ = server.Listener.Close()
				}
				panic(http.ErrAbortHandler)
			}))
			defer server.Close()
			var out, errs bytes.Buffer
			code := run(context.Background(), []string{"--server", server.URL, "--token", "pt_a_b", "plan", "open", "p1", "--title", "x", "--key", "my-key"}, strings.NewReader(""), &out, &errs)
			if code != exitUnknown || !strings.Contains(errs.String(), "--key my-key") {
				t.Fatalf("exit %d: %s", code, &errs)
			}
		})
	}
}

func TestAnAnswerOfSomethingElseIsNotTakenForPlantrail(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html>\x1b[2Jsorry</html>"))
	}))
	defer server.Close()
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"--server", server.URL, "--token", "pt_a_b", "whoami"}, strings.NewReader(""), &out, &errs)
	if code != exitFailed || strings.Contains(errs.String(), "\x1b") || strings.Count(errs.String(), "\n") != 1 {
		t.Fatalf("exit %d: %q", code, &errs)
	}
}

func TestTheSamplePlanReadsAllItsDates(t *testing.T) {
	keys := map[string]bool{}
	for _, step := range demoSteps() {
		if keys[step.key] {
			t.Errorf("the key %s stands twice", step.key)
		}
		keys[step.key] = true
		if add, ok := step.do.(domain.AddItem); ok && add.Parent != "" && !add.Due.Known() {
			t.Errorf("%s has no due date", add.Item)
		}
		if due, ok := step.do.(domain.SetDue); ok && !due.Due.Known() {
			t.Errorf("%s: the moved date can't be read", due.Item)
		}
	}
}
