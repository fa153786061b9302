package eventstore_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// orphan stores a text as a process that died before it stored the event.
func orphan(t *testing.T, s *eventstore.Store, plan, event string) secrets {
	t.Helper()
	body, _, _, err := eventstore.Disclose(&domain.PlanClosed{Reason: "words of nobody"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Conn().Request("texts.acme."+plan+"."+event, body, time.Minute); err != nil {
		t.Fatal(err)
	}
	return disclosuresOf(t, s, domain.EventID(event), "reason")
}

func TestSweep(t *testing.T) {
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	w := writeTexts(t, s)
	gone := orphan(t, s, "sdp", "orphan-1")
	maps.Copy(gone, orphan(t, s, "no-plan", "orphan-2"))
	w.erase(t, s) // the texts that are left lie after the orphans now, as those of an event before them
	if err := putPiece(s, "left"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.PutEvidence(context.Background(), "sdp", "one", bytes.NewReader(content(300<<10)), 1<<20); err != nil {
		t.Fatal(err)
	}
	before := textsByEvent(t, s)
	sweep := func(age time.Duration, want int) {
		t.Helper()
		if n, err := s.Sweep(age); err != nil || n != want {
			t.Errorf("%d swept, %v; want %d", n, err, want)
		}
	}
	sweep(0, 0) // no checkpoint: it could be that the history is short
	if _, err := s.PutCheckpoint(context.Background(), 0, note(111, "r")); err != nil {
		t.Fatal(err)
	}
	late := orphan(t, s, "sdp", "orphan-3") // after the checkpoint
	sweep(time.Hour, 0)
	sweep(0, 2)
	if where := gone.found(t, cfg.DataDir); where != nil {
		t.Errorf("still there: %v", where)
	}
	if len(late.found(t, cfg.DataDir)) == 0 {
		t.Error("a text was swept that is newer than the checkpoint")
	}
	delete(before, "orphan-1")
	delete(before, "orphan-2")
	after := textsByEvent(t, s)
	delete(after, "orphan-3")
	if !maps.Equal(before, after) {
		t.Error("the sweep has touched texts of events")
	}
	w.check(t, s)
	if pieces := subjects(t, s, "$O.EVIDENCE_acme.C.>"); len(pieces) != 1 || pieces["$O.EVIDENCE_acme.C.left"] != 0 {
		t.Errorf("pieces left: %v", pieces)
	}
	sweep(0, 0)
	eventstoretest.Close(t, s)
	cfg.Init = false
	s = eventstoretest.OpenWith(t, cfg)
	if _, err := s.PutCheckpoint(context.Background(), 1, note(111, "r2")); err != nil {
		t.Fatal(err)
	}
	sweep(0, 1)
	if err := os.WriteFile(filepath.Join(cfg.DataDir, "swept"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	sweep(0, 0) // everything once more
	w.check(t, s)
}

func putPiece(s *eventstore.Store, id string) error {
	_, err := s.Conn().Request("$O.EVIDENCE_acme.C."+id, content(1000), time.Minute)
	return err
}

// While writers write, a sweep of everything that is older than now takes none of their texts: a text that is newer than
// the checkpoint may be between text and event.
func TestSweepWhileWriting(t *testing.T) {
	domaintest.Long(t)
	s := eventstoretest.Open(t)
	ctx := context.Background()
	stop := make(chan struct{})
	done := make(chan error, 4)
	for i := range 4 {
		go func() {
			var head domain.Head
			for n := 0; ; n++ {
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
				got, err := s.Append(ctx, head, journaltest.Change(domain.PlanID(fmt.Sprint("p-", i)), fmt.Sprint("c-", n), 3, "words"))
				if err != nil {
					done <- err
					return
				}
				head = got[2].Head()
			}
		}()
	}
	for i := range 30 {
		tail, err := s.Tail(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.PutCheckpoint(ctx, uint64(i), note(int(tail.Events), "r")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Sweep(200 * time.Millisecond); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	for range 4 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	texts := textsByEvent(t, s)
	for r, err := range s.Events(ctx, 0, false) {
		if err != nil || texts[r.ID] == "" {
			t.Fatalf("event %d has lost its texts, %v", r.Position, err)
		}
	}
}

// Killed between the two steps of erasing, for which a missing right stands: both messages are there. The next try finishes.
func TestEraseCutShort(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	var users []*server.User
	for name, deny := range map[string][]string{"app": nil, "weak": {"$JS.API.STREAM.MSG.DELETE.>"}} {
		users = append(users, &server.User{Username: name, Password: "x",
			Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: deny}}})
	}
	nodes := eventstoretest.ClusterWith(t, 1, func(o *server.Options) { o.Users = users })
	cfg := nodes.Config(t.TempDir())
	cfg.Init, cfg.URL, cfg.Patience = true, "nats://weak:x@"+nodes.Addr(0), 8*time.Second // what is refused gets no answer
	s := eventstoretest.OpenWith(t, cfg)
	w := writeTexts(t, s)
	gone := w.secrets(t, s)
	if err := s.EraseText(context.Background(), "sdp", w.one.ID, w.one.ID, "progress"); domain.KindOf(err) != domain.Unavailable {
		t.Fatalf("erasing without the right to: %v", err)
	}
	if texts, err := s.TextsOf(context.Background(), "sdp", w.one.ID); err != nil || len(texts) != 0 {
		t.Errorf("after the first step it reads as %v %v", texts, err)
	}
	if where := gone.found(t, nodes.Dirs()...); len(where) != 4 {
		t.Errorf("after the first step %d are found", len(where))
	}
	eventstoretest.Close(t, s)
	cfg.Init, cfg.URL, cfg.Patience = false, "nats://app:x@"+nodes.Addr(0), time.Minute
	s = eventstoretest.OpenWith(t, cfg)
	w.erase(t, s)
	w.check(t, s)
	if where := gone.found(t, nodes.Dirs()...); where != nil {
		t.Errorf("still there: %v", where)
	}
}
