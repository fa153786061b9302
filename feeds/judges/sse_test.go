package judges

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	r3labs "github.com/r3labs/sse/v2"
	tmaxmax "github.com/tmaxmax/go-sse"
	"gopkg.in/cenkalti/backoff.v1"

	"plantrail/domain"
	"plantrail/feeds"
	"plantrail/feeds/feedstest"
)

const events = 10_000

// taker is a subscriber: it takes whole lines, keeps the cursor of the last one, and must see each position once, in order.
type taker struct {
	mu     sync.Mutex
	last   domain.Position
	cursor string
	faults []string
	done   chan struct{}
}

func (k *taker) take(data string) (cursor string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	line, err := feeds.ParseLine([]byte(data))
	switch {
	case err != nil: // what a client takes for a message may be half of one: the next connection brings it whole
	case line.Position != k.last+1:
		k.faults = append(k.faults, "a gap or a repeat")
	default:
		k.last, k.cursor = line.Position, line.Cursor
		if k.last == events {
			close(k.done)
		}
	}
	return k.cursor
}

func TestTwoClientsThroughAProxyThatCutsSeeEveryEventOnce(t *testing.T) {
	h := feedstest.Open(t)
	srv := serve(t, h)
	proxy := newScissors(t, strings.TrimPrefix(srv.URL, "http://"))
	for i := range 20 {
		h.Plan(domain.PlanID("sdp-" + string(rune('a'+i))))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	takers := map[string]*taker{"r3labs": {done: make(chan struct{})}, "tmaxmax": {done: make(chan struct{})}}
	url := proxy.URL() + "/v1/events/stream?from=0"
	go byR3labs(ctx, url, takers["r3labs"])
	go byTmaxmax(ctx, url, takers["tmaxmax"])
	record(ctx, h, events-60)
	for name, k := range takers {
		select {
		case <-k.done:
		case <-ctx.Done():
			t.Errorf("%s: only %d of %d events came", name, k.last, events)
		}
		if len(k.faults) > 0 {
			t.Errorf("%s: %d faults, the first: %s", name, len(k.faults), k.faults[0])
		}
	}
	if proxy.Cuts() < 10 {
		t.Errorf("the proxy cut only %d connections: the test shows little", proxy.Cuts())
	}
	t.Logf("%d events, %d connections cut", events, proxy.Cuts())
}

func byR3labs(ctx context.Context, url string, k *taker) {
	c := r3labs.NewClient(url, r3labs.ClientMaxBufferSize(1<<22))
	c.Headers["Authorization"] = "Bearer " + token
	c.ReconnectStrategy = backoff.NewConstantBackOff(20 * time.Millisecond)
	for ctx.Err() == nil {
		_ = c.SubscribeRawWithContext(ctx, func(m *r3labs.Event) {
			c.LastEventID.Store([]byte(k.take(string(m.Data))))
		})
	}
}

func byTmaxmax(ctx context.Context, url string, k *taker) {
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	client := tmaxmax.Client{Backoff: tmaxmax.Backoff{InitialInterval: 20 * time.Millisecond, Multiplier: 1, MaxInterval: 20 * time.Millisecond}}
	conn := client.NewConnection(req)
	conn.Buffer(nil, 1<<22)
	conn.SubscribeToAll(func(e tmaxmax.Event) { k.take(e.Data) })
	_ = conn.Connect()
}
