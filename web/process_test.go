package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"plantrail/domain"
)

func TestMetricsAreWellNamedAndHoldNoIds(t *testing.T) {
	h := newHouse(t)
	h.Server.metrics.deps.Journal = func() JournalStats { return JournalStats{Appends: 5, ReadOnly: "full", HistoryBytes: 9} }
	for _, path := range []string{"/v1/plans/sdp", "/v1/plans/my-secret-plan", "/nix/my-secret-plan", "/v1/plans/UP"} {
		h.send("GET", path, "", as(domain.Reader))
	}
	h.send("MY-SECRET-METHOD", "/v1/plans", "", as(domain.Reader))
	problems, err := testutil.GatherAndLint(registryOf(t, h))
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", err, problems)
	}
	text := h.send("GET", "/metrics", "").Body.String()
	for _, line := range []string{"plantrail_appends_total 5", "plantrail_append_conflicts_total 0", "plantrail_append_retries_total 0", "plantrail_append_unknown_total 0",
		"plantrail_projection_lag_events 0", "plantrail_projection_lag_seconds 0", "plantrail_projection_gaps_total 0", "plantrail_projection_stopped 0", "plantrail_projection_rebuilds_total 0",
		"plantrail_journal_readonly 1", `plantrail_store_bytes{store="history"} 9`, `plantrail_http_request_duration_seconds_count{code="404",method="get",route="/v1/plans/{plan}"} 1`,
		`plantrail_http_request_duration_seconds_count{code="404",method="get",route="none"} 1`, `plantrail_build_info{`} {
		if !strings.Contains(text, line) {
			t.Errorf("/metrics does not say %s", line)
		}
	}
	if strings.Contains(strings.ToLower(text), "secret") {
		t.Error("/metrics tells what was asked")
	}
}

func registryOf(t *testing.T, h *house) prometheus.Gatherer {
	r := prometheus.NewPedanticRegistry()
	if err := r.Register(h.Server.metrics); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGuardedMetricsNeedAToken(t *testing.T) {
	h := newHouse(t)
	d := h.Server.deps
	d.GuardMetrics = true
	h.Server = New(d)
	wantProblem(t, h.send("GET", "/metrics", ""), 401, domain.Unauthenticated)
	wantStatus(t, h.send("GET", "/metrics", "", as(domain.Reader)), 200)
}

func TestCallsWithinTheProcess(t *testing.T) {
	h := newHouse(t)
	client := &http.Client{Transport: Transport(h)}
	get := func(ctx context.Context, target string) (*http.Response, error) {
		r, err := http.NewRequestWithContext(ctx, "GET", target, nil)
		if err != nil {
			t.Fatal(err)
		}
		return client.Do(r)
	}
	resp, err := get(context.Background(), "http://plantrail.invalid/v1/whoami")
	if err != nil || resp.StatusCode != 401 {
		t.Fatalf("%v %v", resp, err)
	}
	resp.Body.Close()
	ctx := AsActor(context.Background(), domain.Actor{ID: "os-7", Kind: domain.OSUser, Role: domain.Reader})
	resp, err = get(ctx, "http://plantrail.invalid/v1/whoami")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 || !strings.Contains(string(body), `"os-7"`) || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%v %d %s", err, resp.StatusCode, body)
	}
	if resp, err = get(ctx, "http://plantrail.invalid/v1/tokens"); err != nil || resp.StatusCode != 403 {
		t.Errorf("an actor of the process has every role: %v %v", resp, err)
	}
	resp.Body.Close()
}

func TestStreamsWithinTheProcess(t *testing.T) {
	next, ended := make(chan string), make(chan error, 1)
	stream := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := &response{ResponseWriter: w}
		defer out.finish()
		for {
			select {
			case s := <-next:
				_, _ = io.WriteString(out, s)
				out.Flush()
			case <-r.Context().Done():
				ended <- r.Context().Err()
				return
			}
		}
	})
	go func() { next <- "one" }()
	resp, err := (&http.Client{Transport: Transport(stream)}).Get("http://x.invalid/")
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 3)
	for _, want := range []string{"one", "two"} {
		if _, err := io.ReadFull(resp.Body, b); err != nil || string(b) != want {
			t.Fatalf("%q %v", b, err)
		}
		if want == "one" {
			go func() { next <- "two" }()
		}
	}
	resp.Body.Close()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestABrokenAnswerWithinTheProcessIsAnError(t *testing.T) {
	early := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if _, err := (&http.Client{Transport: Transport(early)}).Get("http://x.invalid/"); err == nil {
		t.Error("no answer was an answer")
	}
	late := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic(http.ErrAbortHandler)
	})
	resp, err := (&http.Client{Transport: Transport(late)}).Get("http://x.invalid/")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("half an answer looked whole: %q", b)
	}
}

func TestAnActorIsRegisteredOnce(t *testing.T) {
	service, reads := &fakeService{}, &fakeReads{}
	os := domain.Actor{ID: "os-1000", Kind: domain.OSUser, Role: domain.Editor}
	if err := EnsureActor(context.Background(), service, reads, os, "ada"); err != nil {
		t.Fatal(err)
	}
	o := service.last(t)
	if o.Plan != domain.People || o.Actor.ID != "system" || o.Do.(domain.RegisterPerson) != (domain.RegisterPerson{Person: "os-1000", Kind: domain.OSUser, Name: "ada"}) {
		t.Errorf("%+v", o)
	}
	service.fails = domain.Errorf(domain.Reused, "", "registered under another name")
	if err := EnsureActor(context.Background(), service, reads, os, "grace"); err != nil {
		t.Error(err)
	}
	service.fails = domain.Errorf(domain.Unavailable, "", "down")
	if err := EnsureActor(context.Background(), service, reads, os, "ada"); domain.KindOf(err) != domain.Unavailable {
		t.Error(err)
	}
}
