package eventstore_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

func contains(s string) func([]byte) bool {
	return func(b []byte) bool { return bytes.Contains(b, []byte(s)) }
}

// Both halves of every failure of a publish: the connection is cut before the server has it, and after it has stored it but
// before its answer passes. Either way the command is recorded once, whatever was reported.
func TestCutConnections(t *testing.T) {
	domaintest.Long(t)
	for _, replicas := range []int{1, 3} {
		nodes := eventstoretest.Cluster(t, replicas)
		for name, cut := range map[string]struct {
			events int
			plan   func(*eventstoretest.Proxy)
		}{
			"event lost":        {1, func(p *eventstoretest.Proxy) { p.CutUp(contains("PUB history.")) }},
			"event unanswered":  {1, func(p *eventstoretest.Proxy) { p.CutDown(contains(`{"stream":"HISTORY_`)) }},
			"text lost":         {1, func(p *eventstoretest.Proxy) { p.CutUp(contains("PUB texts.")) }},
			"text unanswered":   {1, func(p *eventstoretest.Proxy) { p.CutDown(contains(`{"stream":"TEXTS_`)) }},
			"batch lost":        {40, func(p *eventstoretest.Proxy) { p.CutUp(contains("PUB history.")) }},
			"commit lost":       {40, func(p *eventstoretest.Proxy) { p.CutUp(commitOf("history.")) }},
			"commit unanswered": {40, func(p *eventstoretest.Proxy) { p.CutDown(contains(`{"stream":"HISTORY_`)) }},
		} {
			t.Run(fmt.Sprintf("%d nodes/%s", replicas, name), func(t *testing.T) {
				org := fmt.Sprintf("o%d", orgs.Add(1))
				checkCut(t, nodes, org, cut.events, cut.plan)
			})
		}
	}
}

// hang is for how long no answer may be out. The store gives up after four seconds, so that a caller has its 503 within five;
// on a machine with ten times as much to do as it can, the tests hear of it later, and a hang never ends.
const hang = 30 * time.Second

var orgs atomic.Int64

// commitOf matches what the client sends when it commits a batch to a subject.
func commitOf(subject string) func([]byte) bool {
	return func(b []byte) bool {
		at := bytes.Index(b, []byte("eob"))
		return at >= 0 && bytes.Contains(b, []byte("PUB "+subject))
	}
}

func checkCut(t *testing.T, nodes *eventstoretest.Nodes, org string, events int, plan func(*eventstoretest.Proxy)) {
	proxy := eventstoretest.NewProxy(t, nodes.Addr(0))
	cfg := nodes.Config(t.TempDir())
	cfg.Org, cfg.URL, cfg.Init, cfg.Patience = domain.OrgID(org), proxy.URL(), true, hang/2
	s := eventstoretest.OpenWith(t, cfg)
	first, err := s.Append(context.Background(), domain.Head{}, journaltest.Change("sdp", "c-1", 1, "words"))
	if err != nil {
		t.Fatal(err)
	}
	plan(proxy)
	start := time.Now()
	_, err = s.Append(context.Background(), first[0].Head(), journaltest.Change("sdp", "c-2", events, "words"))
	if took := time.Since(start); took > hang {
		t.Errorf("the answer took %v", took)
	}
	if kind := domain.KindOf(err); err != nil && kind != domain.Conflict && kind != domain.Unknown {
		t.Errorf("got %v", err)
	}
	if answered := strings.Contains(t.Name(), "unanswered"); answered && err != nil {
		t.Errorf("what was stored is reported as %v", err)
	}
	all := journaltest.All(t, s, "sdp")
	if len(all) == 1 && domain.KindOf(err) == domain.Unknown { // it was not recorded, and could not be said to be
		if _, err := s.Append(context.Background(), all[0].Head(), journaltest.Change("sdp", "c-2", events, "words")); err != nil {
			t.Errorf("the second try got %v", err)
		}
	}
	reverify(t, s, events+1)
	eventstoretest.Close(t, s)
	cfg.Init = false
	s = eventstoretest.OpenWith(t, cfg)
	reverify(t, s, events+1)
	all = journaltest.All(t, s, "sdp")
	if _, err := s.Append(context.Background(), all[len(all)-1].Head(), journaltest.Change("sdp", "c-3", 1, "words")); err != nil {
		t.Errorf("it does not go on: %v", err)
	}
}

// reverify reads everything from storage: each history is whole, each event has its texts, and nothing stands twice.
func reverify(t *testing.T, s *eventstore.Store, want int) {
	t.Helper()
	ctx := context.Background()
	byPlan, n := map[domain.PlanID][]domain.Recorded{}, 0
	for r, err := range s.Events(ctx, 0, false) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		byPlan[r.Plan] = append(byPlan[r.Plan], r)
		if r.Texts > 0 {
			if texts, err := s.TextsOf(ctx, r.Plan, r.ID); err != nil || len(texts) != r.Texts {
				t.Fatalf("event %d has %d of %d texts: %v", r.Position, len(texts), r.Texts, err)
			}
		}
	}
	if n != want {
		t.Errorf("%d events are stored, want %d", n, want)
	}
	for plan, events := range byPlan {
		journaltest.CheckChain(t, events)
		seen := map[string]bool{}
		for _, r := range events {
			key := fmt.Sprint(r.Command, r.Part)
			if seen[key] {
				t.Errorf("part %d of %s stands twice in %s", r.Part, r.Command, plan)
			}
			seen[key] = true
		}
	}
}

// A command of several batches that is cut between them is unknown; the service voids its parts and records it again.
func TestLongCommandCutBetweenBatches(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	nodes := eventstoretest.Cluster(t, 1)
	proxy := eventstoretest.NewProxy(t, nodes.Addr(0))
	cfg := nodes.Config(t.TempDir())
	cfg.URL, cfg.Init, cfg.Patience = proxy.URL(), true, 8*time.Second // of which all is waited for what never comes
	s := eventstoretest.OpenWith(t, cfg)
	var acks atomic.Int32
	proxy.CutDown(func(b []byte) bool {
		second := bytes.Contains(b, []byte(`{"stream":"HISTORY_`)) && acks.Add(1) == 2
		if second {
			proxy.Refuse(true)
		}
		return second
	})
	_, err := s.Append(context.Background(), domain.Head{}, journaltest.Change("sdp", "c-1", 2500, ""))
	if domain.KindOf(err) != domain.Unknown {
		t.Errorf("the cut command got %v, want unknown", err)
	}
	proxy.Refuse(false)
	all := journaltest.All(t, s, "sdp")
	if len(all) != 2000 {
		t.Fatalf("not cut between batches: %d parts are stored", len(all))
	}
	var gather domain.Gather
	for _, r := range all {
		if counts := gather.Add(r); len(counts) > 0 {
			t.Fatalf("part %d of a command cut short counts", r.Part)
		}
	}
	service := domain.NewService(s)
	service.Alone = true
	receipt, err := service.Do(context.Background(), domain.Order{Plan: "sdp", Actor: journaltest.Editor, Command: "c-2", Do: domain.OpenPlan{Title: "t"}})
	if err != nil || receipt.Version != 2002 {
		t.Errorf("the next command got %+v, %v: want the parts voided, then it", receipt, err)
	}
	reverify(t, s, 2002)
}

// Another process records in the plan between the batches of a long command: the second batch finds that the first is no
// longer the plan's last, and is not stored.
func TestLongCommandOvertakenBetweenBatches(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	nodes := eventstoretest.Cluster(t, 1)
	proxy := eventstoretest.NewProxy(t, nodes.Addr(0))
	cfg := nodes.Config(t.TempDir())
	cfg.URL, cfg.Init, cfg.Patience = proxy.URL(), true, time.Minute
	s := eventstoretest.OpenWith(t, cfg)
	cfg.URL, cfg.Init, cfg.Join, cfg.DataDir = nodes.URL(), false, true, t.TempDir()
	other := eventstoretest.OpenWith(t, cfg)
	_, release := proxy.Hold(contains(`{"stream":"HISTORY_`), contains("PUB history."))
	t.Cleanup(release)
	done := make(chan error, 1)
	go func() {
		_, err := s.Append(context.Background(), domain.Head{}, journaltest.Change("sdp", "c-1", 2500, ""))
		done <- err
	}()
	var parts []domain.Recorded
	eventstoretest.Until(t, time.Minute, "the first batch is stored", func() bool {
		parts = journaltest.All(t, other, "sdp")
		return len(parts) > 0
	})
	if _, err := other.Append(context.Background(), parts[len(parts)-1].Head(), journaltest.Change("sdp", "c-2", 1, "")); err != nil {
		t.Fatal(err)
	}
	release()
	if err := <-done; domain.KindOf(err) != domain.Conflict {
		t.Errorf("the overtaken command got %v, want a conflict", err)
	}
	reverify(t, other, len(parts)+1)
}

// Who follows the history can go, also while the server stands still and the consumer is being made again.
func TestFollowingEndsWhileTheServerStandsStill(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	proxy, s, _ := behindProxy(t, time.Minute)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	came, over := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(over)
		for range s.Events(ctx, 0, true) {
			select {
			case came <- true:
			default:
			}
		}
	}()
	<-came
	sent, release := proxy.Hold(contains(""), contains("PUB $JS.API.CONSUMER.CREATE.HISTORY_"))
	t.Cleanup(release)
	eventstoretest.Until(t, time.Minute, "the consumer is made again", func() bool { return sent() > 0 })
	cancel()
	select {
	case <-over:
	case <-time.After(hang):
		t.Error("it goes on for ever")
	}
}

// JetStream goes away under an embedded store: writers and readers get an error in time, not a hang.
func TestServerDown(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init, cfg.Patience = true, 0 // as long as in earnest
	s := eventstoretest.OpenWith(t, cfg)
	got, err := s.Append(context.Background(), domain.Head{}, journaltest.Change("sdp", "c-1", 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	s.StopServer()
	var all sync.WaitGroup
	for name, call := range map[string]func() error{
		"append": func() error {
			return second(s.Append(context.Background(), got[0].Head(), journaltest.Change("sdp", "c-2", 1, "")))
		},
		"with text": func() error {
			return second(s.Append(context.Background(), got[0].Head(), journaltest.Change("sdp", "c-3", 1, "t")))
		},
		"many events": func() error {
			return second(s.Append(context.Background(), got[0].Head(), journaltest.Change("sdp", "c-4", 9, "t")))
		},
		"health": func() error { return s.Healthy(context.Background()) },
		"tail":   func() error { return second(s.Tail(context.Background())) },
		"read": func() (err error) {
			for _, err = range s.Read(context.Background(), "sdp", 0) {
			}
			return err
		},
		"events": func() (err error) {
			for _, err = range s.Events(context.Background(), 0, false) {
			}
			return err
		},
	} {
		all.Go(func() {
			start := time.Now()
			err := call()
			if kind := domain.KindOf(err); kind != domain.Unavailable && kind != domain.Unknown {
				t.Errorf("%s: got %v, want unavailable or unknown", name, err)
			}
			if took := time.Since(start); took > hang {
				t.Errorf("%s: took %v", name, took)
			}
		})
	}
	all.Wait()
}

func second[T any](_ T, err error) error { return err }

// The leader dies while many write; nothing acknowledged is lost, nothing stands twice, and it goes on.
func TestLeaderFailover(t *testing.T) {
	t.Parallel()
	nodes := eventstoretest.Cluster(t, 3)
	cfg := nodes.Config(t.TempDir())
	cfg.Init, cfg.Patience = true, 0 // as long as in earnest: who gets no answer asks again
	s := eventstoretest.OpenWith(t, cfg)
	leader := nodes.Leader(t, "HISTORY_acme")
	var stop atomic.Bool
	var acked, all sync.WaitGroup
	var mu sync.Mutex
	last := map[domain.PlanID]domain.Recorded{}
	acked.Add(32)
	for w := range 32 {
		plan := domain.PlanID(fmt.Sprint("plan-", w))
		all.Go(func() {
			service := domain.NewService(s)
			warm := false
			for i := 0; !stop.Load(); i++ {
				var cmd domain.Command = domain.AddItem{Title: "words"}
				if i == 0 {
					cmd = domain.OpenPlan{Title: "words"}
				}
				o := domain.Order{Plan: plan, Actor: journaltest.Editor, Command: domain.CommandID(fmt.Sprint("c-", i)), Do: cmd}
				receipt, err := service.Do(context.Background(), o)
				for err != nil {
					if kind := domain.KindOf(err); kind != domain.Unknown && kind != domain.Unavailable {
						t.Errorf("%s: %v", plan, err)
						return
					}
					receipt, err = service.Do(context.Background(), o)
				}
				mu.Lock()
				last[plan] = domain.Recorded{Position: receipt.Position, PlanSeq: receipt.Version}
				mu.Unlock()
				if !warm {
					warm = true
					acked.Done()
				}
			}
		})
	}
	acked.Wait()
	nodes.Stop(leader)
	n := s.Stats().Appends
	eventstoretest.Until(t, 4*time.Minute, "appends after the leader died", func() bool { return s.Stats().Appends > n+200 })
	nodes.Start(leader)
	n = s.Stats().Appends
	eventstoretest.Until(t, 4*time.Minute, "appends after it came back", func() bool { return s.Stats().Appends > n+200 })
	stop.Store(true)
	all.Wait()
	total := 0
	for plan, r := range last {
		events := journaltest.All(t, s, plan)
		total += len(events)
		if end := events[len(events)-1]; end.Position != r.Position || end.PlanSeq != r.PlanSeq {
			t.Errorf("%s: acknowledged up to %d, stored up to %d", plan, r.PlanSeq, end.PlanSeq)
		}
	}
	reverify(t, s, total)
	t.Logf("%d events, %+v", total, s.Stats())
}
