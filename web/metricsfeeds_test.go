package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"plantrail/domain"
)

// What Prometheus is told of deliveries: how each subscription is, of a bounded number of them, and what this process did.
func TestDeliveriesAreMeasured(t *testing.T) {
	r := newReal(t)
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	defer good.Close()
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }))
	defer bad.Close()
	r.must(t, 201, "POST", "/v1/plans/sdp/open-plan", `{"title":"SDP"}`)
	for id, to := range map[string]string{"good": good.URL, "bad": bad.URL, "paused": good.URL} {
		r.must(t, 201, "POST", "/v1/subscriptions", fmt.Sprintf(`{"subscription":%q,"person":"os-1000","way":"webhook","target":%q,"wanted":{}}`, id, to))
	}
	r.must(t, 201, "POST", "/v1/subscriptions", `{"subscription":"ann","person":"os-1000","way":"mail","target":"ann@council.example","wanted":{}}`)
	r.must(t, 201, "POST", "/v1/subscriptions/paused/pause", `{"reason":"They move house."}`)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go r.subscribers.Register.Run(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); r.subscribers.Courier.Run(ctx) }()
	want := []string{
		`plantrail_deliveries_total 1`, `plantrail_subscriptions{state="works",way="webhook"} 1`, `plantrail_subscriptions{state="failing",way="webhook"} 1`,
		`plantrail_subscriptions{state="paused",way="webhook"} 1`, `plantrail_subscriptions{state="works",way="mail"} 1`, `plantrail_subscriptions{state="ended",way="nats"} 0`,
		`plantrail_subscription_lag_events{subscription="good"} 0`, `plantrail_subscription_dead_letters{subscription="bad"} 0`,
		`plantrail_subscription_failing_seconds{subscription="good"} 0`, `plantrail_delivery_working 2`,
	}
	metrics := func() string { return r.must(t, 200, "GET", "/metrics", "").Body.String() }
	lacks := func(text string) string {
		for _, line := range want {
			if !strings.Contains(text, line+"\n") {
				return line
			}
		}
		if strings.Contains(text, `plantrail_subscription_failing_seconds{subscription="bad"} 0`+"\n") || strings.Contains(text, "plantrail_delivery_failures_total 0\n") {
			return "the failure"
		}
		return ""
	}
	told := func(when string) string {
		t.Helper()
		for end := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
			text := metrics()
			missing := lacks(text)
			if missing == "" {
				return text
			}
			if time.Now().After(end) {
				t.Fatalf("%s, not within a minute: %s\n%s", when, missing, text)
			}
		}
	}
	told("of four subscriptions")
	if problems, err := promlint.New(strings.NewReader(metrics())).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	stop()
	<-ended
	for i := range 105 {
		if _, err := r.service.Do(t.Context(), domain.Order{Plan: domain.People, Actor: localActor, Command: domain.CommandID(fmt.Sprint("many-", i)),
			Do: domain.Subscribe{Subscription: domain.SubscriptionID(fmt.Sprint("many-", i)), Person: "os-1000", Way: domain.ByMail, Target: "x@council.example"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.subscribers.Register.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	want = []string{`plantrail_subscriptions{state="works",way="mail"} 106`} // a scrape that had no time to ask for all tells of none
	text := told("after more subscriptions were made")
	if n := strings.Count(text, "plantrail_subscription_lag_events{"); n != 100 || !strings.Contains(text, `failing_seconds{subscription="bad"}`) {
		t.Errorf("%d of 108 subscriptions have figures of their own, want the worst 100", n)
	}
}
