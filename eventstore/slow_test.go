package eventstore_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// behindProxy begins a plan in a journal whose server is reached through a proxy.
func behindProxy(t *testing.T, patience time.Duration) (*eventstoretest.Proxy, *eventstore.Store, *domain.Service) {
	t.Helper()
	nodes := eventstoretest.Cluster(t, 1)
	proxy := eventstoretest.NewProxy(t, nodes.Addr(0))
	cfg := nodes.Config(t.TempDir())
	cfg.URL, cfg.Init, cfg.Patience = proxy.URL(), true, patience
	s := eventstoretest.OpenWith(t, cfg)
	service := domain.NewService(s)
	eventstoretest.Until(t, time.Minute, "the plan is opened", func() bool {
		_, err := add(service, "c-1", domain.OpenPlan{Title: "t"})
		return err == nil
	})
	return proxy, s, service
}

func add(service *domain.Service, id domain.CommandID, do domain.Command) (domain.Receipt, error) {
	return service.Do(context.Background(), domain.Order{Plan: "sdp", Actor: journaltest.Editor, Command: id, Do: do})
}

// The server stores the event at once and answers after the store has tried again: the second try's refusal is the first
// one's success.
func TestAnAnswerThatComesLate(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	proxy, s, service := behindProxy(t, time.Minute)
	sent, release := proxy.Hold(contains(`{"stream":"HISTORY_`), contains("PUB history."))
	t.Cleanup(release)
	done := make(chan error, 1)
	go func() {
		_, err := add(service, "c-2", domain.AddItem{Title: "i"})
		done <- err
	}()
	eventstoretest.Until(t, time.Minute, "the event is sent again", func() bool { return sent() > 1 })
	release()
	if err := <-done; err != nil {
		t.Errorf("what was stored is reported as %v", err)
	}
	reverify(t, s, 2)
}

// The server stores the event and does not answer while anybody waits: the outcome is unknown, not a hang and not a failure, and
// the same command finds its receipt once the server answers.
func TestAnAnswerThatComesTooLate(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	proxy, s, service := behindProxy(t, 0) // as long as in earnest
	_, release := proxy.Hold(contains(`{"stream":"HISTORY_`), contains("PUB history."))
	t.Cleanup(release)
	if _, err := add(service, "c-2", domain.AddItem{Title: "i"}); domain.KindOf(err) != domain.Unknown {
		t.Errorf("an answer that is out ends as %v", err)
	}
	release()
	var got domain.Receipt
	eventstoretest.Until(t, time.Minute, "the server answers", func() (ok bool) {
		var err error
		got, err = add(service, "c-2", domain.AddItem{Title: "i"})
		return err == nil
	})
	if got.Version != 2 || !got.Repeat {
		t.Errorf("the same command gives %+v, want the first receipt", got)
	}
	reverify(t, s, 2)
}

// The server takes nothing any more, and the connection is full of what was to be sent: each command is answered all the same, and
// what was not stored is not reported as recorded.
func TestAServerThatTakesNothing(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	proxy, s, service := behindProxy(t, 0) // as long as in earnest
	const writers = 120
	give := func(i int, id domain.CommandID, do domain.Command) error {
		_, err := service.Do(context.Background(), domain.Order{Plan: groupPlan(i), Actor: journaltest.Editor, Command: id, Do: do})
		return err
	}
	for i := range writers {
		eventstoretest.Until(t, time.Minute, "a plan is opened", func() bool { return give(i, "c-1", domain.OpenPlan{Title: "t"}) == nil })
	}
	release := proxy.Stop()
	t.Cleanup(release)
	words := domain.Text(strings.Repeat("The works go on. ", 3600))
	answers := make(chan error, writers)
	for i := range writers {
		go func() { answers <- give(i, "c-2", domain.AddItem{Title: words}) }()
	}
	for range writers {
		select {
		case err := <-answers:
			if k := domain.KindOf(err); k != domain.Unavailable && k != domain.Unknown {
				t.Fatalf("a command ends as %v while nothing is taken", err)
			}
		case <-time.After(40 * time.Second):
			t.Fatal("commands hang while the server takes nothing")
		}
	}
	release()
	for i := range writers {
		eventstoretest.Until(t, time.Minute, "the server takes something again", func() bool { return give(i, "c-2", domain.AddItem{Title: words}) == nil })
	}
	reverify(t, s, 1+2*writers)
}
