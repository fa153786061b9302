package eventstore_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// note is a checkpoint as far as this package looks at one.
func note(size int, root string) []byte {
	return fmt.Appendf(nil, "plantrail/acme/5f0c91d2\n%d\n%s\n\n\u2014 plantrail/acme/5f0c91d2 AAAA\n", size, root)
}

// fillPlan appends n events to one plan.
func fillPlan(t testing.TB, s *eventstore.Store, plan domain.PlanID, n int) []domain.Recorded {
	t.Helper()
	var head domain.Head
	for _, r := range journaltest.All(t, s, plan) {
		head = r.Head()
	}
	got, err := s.Append(context.Background(), head, journaltest.Change(plan, fmt.Sprint("c-", head.PlanSeq), n, "words"))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestCheckpoints(t *testing.T) {
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	testCheckpoints(t, s, cfg.DataDir)
	eventstoretest.Close(t, s)
	cfg.Init = false
	s = eventstoretest.OpenWith(t, cfg)
	last, seq, err := s.LastCheckpoint(context.Background())
	if err != nil || seq != 20 || !bytes.Equal(last, note(20, "r")) {
		t.Errorf("after a restart: %d %q %v", seq, last, err)
	}
}

func TestCheckpointsOnThreeNodes(t *testing.T) {
	domaintest.Long(t)
	nodes := eventstoretest.Cluster(t, 3)
	cfg := nodes.Config(t.TempDir())
	cfg.Init = true
	testCheckpoints(t, eventstoretest.OpenWith(t, cfg), cfg.DataDir)
	cfg.Init, cfg.Join, cfg.DataDir = false, true, t.TempDir()
	other := eventstoretest.OpenWith(t, cfg)
	if _, _, err := other.LastCheckpoint(context.Background()); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(filepath.Join(cfg.DataDir, "checkpoint")); !bytes.Equal(b, note(20, "r")) {
		t.Errorf("the other process's copy is %q", b)
	}
}

// Of many that store a checkpoint after the same one, one succeeds.
func testCheckpoints(t *testing.T, s *eventstore.Store, dir string) {
	ctx := context.Background()
	fillPlan(t, s, "sdp", 20)
	if got, err := s.CheckpointCovering(ctx, 0); got != nil || err != nil {
		t.Errorf("a new journal has checkpoint %q %v", got, err)
	}
	if last, seq, err := s.LastCheckpoint(ctx); last != nil || seq != 0 || err != nil {
		t.Fatalf("a new journal has checkpoint %d %q %v", seq, last, err)
	}
	for i := range 20 {
		var stored, refused int
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				seq, err := s.PutCheckpoint(ctx, uint64(i), note(i+1, "r"))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && seq == uint64(i+1):
					stored++
				case domain.KindOf(err) == domain.Conflict:
					refused++
				default:
					t.Errorf("%d %v", seq, err)
				}
			})
		}
		all.Wait()
		if stored != 1 || refused != 3 {
			t.Fatalf("%d stored, %d refused", stored, refused)
		}
	}
	n := 0
	for got, err := range s.Checkpoints(ctx) {
		if n++; err != nil || !bytes.Equal(got, note(n, "r")) {
			t.Fatalf("checkpoint %d: %q %v", n, got, err)
		}
	}
	for size, want := range map[uint64][]byte{0: note(1, "r"), 1: note(1, "r"), 13: note(13, "r"), 20: note(20, "r"), 21: nil} {
		if got, err := s.CheckpointCovering(ctx, size); err != nil || !bytes.Equal(got, want) {
			t.Errorf("covering %d: %q %v", size, got, err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "checkpoint")); n != 20 || err != nil || !bytes.Equal(b, note(20, "r")) {
		t.Errorf("%d checkpoints, the copy is %q %v", n, b, err)
	}
	if _, err := s.PutCheckpoint(ctx, 20, []byte("words")); err == nil {
		t.Error("something that is no checkpoint is stored as one")
	}
	if s.Stats().Checkpoints != 20 {
		t.Errorf("%d counted", s.Stats().Checkpoints)
	}
}

func TestCheckpointsAtOpen(t *testing.T) {
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	fillPlan(t, s, "sdp", 5)
	for i := range 2 {
		if _, err := s.PutCheckpoint(context.Background(), uint64(i), note(i+4, "r")); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Check(context.Background()); err != nil {
		t.Error(err)
	}
	eventstoretest.Close(t, s)
	cfg.Init = false
	path := filepath.Join(cfg.DataDir, "checkpoint")
	for said, b := range map[string][]byte{
		"it has 5 events":        note(9, "r"),
		"another root":           note(5, "other"),
		"can't be read":          []byte("plantrail/acme/5f0c91d2\n"),
		"second line is not":     note(-5, "r"),
		"the last one stored st": note(6, "r"),
	} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := refused(t, cfg); !strings.Contains(got, said) && said != "the last one stored st" || !strings.Contains(got, path) {
			t.Errorf("%q: it says %q", b, got)
		}
	}
	// An older copy is what a crash leaves, and none at all says nothing.
	for _, older := range [][]byte{note(4, "r"), nil} {
		if err := os.WriteFile(path, older, 0o600); err != nil {
			t.Fatal(err)
		}
		if older == nil {
			_ = os.Remove(path)
		}
		s := eventstoretest.OpenWith(t, cfg)
		if _, _, err := s.LastCheckpoint(context.Background()); err != nil {
			t.Error(err)
		}
		if b, _ := os.ReadFile(path); !bytes.Equal(b, note(5, "r")) {
			t.Errorf("the copy is not brought up: %q", b)
		}
		eventstoretest.Close(t, s)
	}
}

// A journal that was begun before there were checkpoints gets their stream, once, and only such a journal.
func TestOlderJournal(t *testing.T) {
	nodes := eventstoretest.Cluster(t, 1)
	cfg := nodes.Config(t.TempDir())
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	journal := s.Identity()
	fillPlan(t, s, "sdp", 3)
	eventstoretest.Close(t, s)
	cfg.Init = false
	js, ctx := adminOf(t, nodes)
	lose := func(names ...string) {
		t.Helper()
		for _, name := range names {
			if err := js.DeleteStream(ctx, name); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, lost := range [][]string{streams[2:], streams[3:]} { // the second is what a crash between the two leaves
		lose(lost...)
		setVersion(t, cfg.DataDir, 0)
		s = eventstoretest.OpenWith(t, cfg)
		reverify(t, s, 3)
		if s.Identity() != journal {
			t.Error("it became another journal")
		}
		if _, err := s.PutCheckpoint(ctx, 0, note(3, "r")); err != nil {
			t.Fatal(err)
		}
		eventstoretest.Close(t, s)
		if b, _ := os.ReadFile(filepath.Join(cfg.DataDir, "identity.json")); !bytes.Contains(b, []byte(`"version":2`)) {
			t.Errorf("identity.json is %s", b)
		}
		if err := os.Remove(filepath.Join(cfg.DataDir, "checkpoint")); err != nil {
			t.Fatal(err)
		}
	}
	lose(streams[3])
	wantWords(t, refused(t, cfg), "CHECKPOINTS_acme", "missing", "backup")
	setVersion(t, cfg.DataDir, 0)
	if err := os.WriteFile(filepath.Join(cfg.DataDir, "checkpoint"), note(3, "r"), 0o600); err != nil {
		t.Fatal(err)
	}
	wantWords(t, refused(t, cfg), "CHECKPOINTS_acme", "missing", "backup")
}

// setVersion makes identity.json that of an older plantrail.
func setVersion(t *testing.T, dir string, version int) {
	t.Helper()
	path := filepath.Join(dir, "identity.json")
	b, err := os.ReadFile(path)
	var id map[string]any
	if err == nil {
		err = json.Unmarshal(b, &id)
	}
	if err != nil {
		t.Fatal(err)
	}
	delete(id, "version")
	if version > 0 {
		id["version"] = version
	}
	b, _ = json.Marshal(id)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFreeze(t *testing.T) {
	s := eventstoretest.Open(t)
	ctx := context.Background()
	last := fillPlan(t, s, "sdp", 2)[1]
	s.Freeze("leaf 17 is not what was signed")
	s.Freeze("and more")
	again := journaltest.Change("sdp", "c-9", 1, "words")
	if _, err := s.Append(ctx, last.Head(), again); domain.KindOf(err) != domain.Unavailable || !strings.Contains(err.Error(), "leaf 17") {
		t.Errorf("an append to a frozen journal: %v", err)
	}
	if _, err := s.PutCheckpoint(ctx, 0, note(2, "r")); domain.KindOf(err) != domain.Unavailable {
		t.Errorf("a checkpoint of a frozen journal: %v", err)
	}
	if s.Healthy(ctx) == nil || s.Stats().ReadOnly != "leaf 17 is not what was signed" {
		t.Errorf("healthy: %v, read-only: %q", s.Healthy(ctx), s.Stats().ReadOnly)
	}
	reverify(t, s, 2)
	s.Thaw()
	if _, err := s.Append(ctx, last.Head(), again); err != nil || s.Stats().ReadOnly != "" {
		t.Errorf("after the thaw: %v", err)
	}
}

func TestLeaves(t *testing.T) {
	s := eventstoretest.Open(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	all := append(fillPlan(t, s, "sdp", 700), fillPlan(t, s, domain.People, 3)...)
	if _, err := s.Conn().Request("history.acme.sdp", []byte("not json"), 5e9); err != nil {
		t.Fatal(err)
	}
	n := 0
	for leaf, err := range s.Leaves(ctx, 10, true) {
		if err != nil {
			t.Fatal(err)
		}
		i := 10 + n
		if n++; i == len(all) {
			if string(leaf.Body) != "not json" {
				t.Errorf("foreign bytes come as %q", leaf.Body)
			}
			cancel()
			break
		}
		if leaf.Position != all[i].Position || leaf.Plan != all[i].Plan || eventstore.LeafHash(leaf.Body) != all[i].Leaf {
			t.Fatalf("leaf %d of %s is not that of the event", leaf.Position, leaf.Plan)
		}
	}
	if want := []domain.PlanID{"sdp", domain.People}; !slices.Contains(want, all[0].Plan) || n != 694 {
		t.Errorf("%d leaves", n)
	}
}

// A checkpoint that is stored while somebody looks is no checkpoint taken back.
func TestCheckWhileCheckpointsAreStored(t *testing.T) {
	s := eventstoretest.Open(t)
	fillPlan(t, s, "sdp", 1500)
	ctx, done := context.WithCancel(context.Background())
	defer done()
	go func() {
		defer done()
		for n := range uint64(300) {
			if _, err := s.PutCheckpoint(ctx, n, note(int(n)+1, "r")); err != nil {
				t.Errorf("checkpoint %d: %v", n+1, err)
				return
			}
		}
	}()
	for ctx.Err() == nil {
		if err := s.Check(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
}

// Several may look at the streams at once while they grow: an answer that is overtaken is no shorter stream.
func TestLooksAtOnceAreNoAlarm(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	s := eventstoretest.Open(t)
	over := make(chan struct{})
	var looking sync.WaitGroup
	for range 16 {
		looking.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if err := s.Check(context.Background()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	fillPlan(t, s, "sdp", 1500)
	close(over)
	looking.Wait()
}

// A leader that has been replaced and does not know it yet answers with less than was seen: it is asked again, for as long as
// it may take to hear of the new one. What stays away is missing.
func TestALeaderOfBeforeIsAskedAgain(t *testing.T) {
	domaintest.Long(t)
	t.Parallel()
	nodes := eventstoretest.Cluster(t, 3)
	cfg := nodes.Config(t.TempDir())
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	ctx := context.Background()
	last := fillPlan(t, s, "sdp", 4)[3]
	seq, err := s.PutCheckpoint(ctx, 0, note(4, "r"))
	if err != nil {
		t.Fatal(err)
	}
	s.HasSeen(5)
	caughtUp := make(chan struct{})
	time.AfterFunc(time.Second, func() { // as if the answers so far had been of before
		defer close(caughtUp)
		if _, err := s.Append(ctx, last.Head(), journaltest.Change("sdp", "c-9", 1, "words")); err != nil {
			t.Error(err)
		}
		if _, err := s.PutCheckpoint(ctx, seq, note(5, "r")); err != nil {
			t.Error(err)
		}
	})
	tail, err := s.Tail(ctx)
	if err != nil || tail.Events != 5 {
		t.Errorf("the history ends at %d, %v", tail.Events, err)
	}
	if newest, _, err := s.LastCheckpoint(ctx); err != nil || !bytes.Equal(newest, note(5, "r")) {
		t.Errorf("the last checkpoint is %q, %v", newest, err)
	}
	<-caughtUp
	if err := s.Check(ctx); err != nil {
		t.Error(err)
	}
	s.HasSeen(6)
	if err := s.Check(ctx); domain.KindOf(err) != domain.Refused || !strings.Contains(err.Error(), "it ends at 5, it has ended at 6 before") {
		t.Errorf("of a history that lost its end: %v", err)
	}
}
