package eventstore_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// refused opens a journal that must not open, and returns why.
func refused(t *testing.T, cfg eventstore.Config) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	s, err := eventstore.Open(ctx, cfg)
	if err == nil {
		eventstoretest.Close(t, s)
		t.Fatal("it opened")
	}
	if kind := domain.KindOf(err); kind != domain.Refused && kind != domain.Unavailable && kind != domain.Invalid {
		t.Errorf("it is refused as %v: %v", kind, err)
	}
	return err.Error()
}

func wantWords(t *testing.T, said string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("%q does not say %q", said, w)
		}
	}
}

// Each setting of the history stream that an administrator can change behind our back is noticed and named.
func TestAlteredStreamIsRefused(t *testing.T) {
	nodes := eventstoretest.Cluster(t, 1)
	for field, alter := range map[string]func(*jetstream.StreamConfig){
		"max_msgs":                func(c *jetstream.StreamConfig) { c.MaxMsgs = 1_000_000 },
		"max_bytes":               func(c *jetstream.StreamConfig) { c.MaxBytes = 1 << 20 },
		"max_age":                 func(c *jetstream.StreamConfig) { c.MaxAge = 24 * 365 * time.Hour },
		"max_msgs_per_subject":    func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1000 },
		"max_msg_size":            func(c *jetstream.StreamConfig) { c.MaxMsgSize = 1 << 20 },
		"max_consumers":           func(c *jetstream.StreamConfig) { c.MaxConsumers = 7 },
		"discard":                 func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		"discard_new_per_subject": func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject, c.DiscardNewPerSubject = 9, true },
		"retention":               func(c *jetstream.StreamConfig) { c.Retention = jetstream.InterestPolicy },
		"storage":                 func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"compression":             func(c *jetstream.StreamConfig) { c.Compression = jetstream.S2Compression },
		"deny_delete":             func(c *jetstream.StreamConfig) { c.DenyDelete = false },
		"deny_purge":              func(c *jetstream.StreamConfig) { c.DenyPurge = false },
		"allow_rollup_hdrs":       func(c *jetstream.StreamConfig) { c.DenyPurge, c.AllowRollup = false, true },
		"allow_msg_ttl":           func(c *jetstream.StreamConfig) { c.AllowMsgTTL = true },
		"allow_msg_schedules":     func(c *jetstream.StreamConfig) { c.AllowMsgSchedules, c.Discard = true, jetstream.DiscardOld },
		"allow_msg_counter":       func(c *jetstream.StreamConfig) { c.AllowMsgCounter, c.Discard = true, jetstream.DiscardOld },
		"allow_atomic":            func(c *jetstream.StreamConfig) { c.AllowAtomicPublish = false },
		"allow_batched":           func(c *jetstream.StreamConfig) { c.AllowBatchPublish = true },
		"allow_direct":            func(c *jetstream.StreamConfig) { c.AllowDirect = false },
		"persist_mode": func(c *jetstream.StreamConfig) {
			c.PersistMode, c.AllowAtomicPublish = jetstream.AsyncPersistMode, false
		},
		"no_ack": func(c *jetstream.StreamConfig) { c.NoAck, c.AllowAtomicPublish = true, false },
		"sealed": func(c *jetstream.StreamConfig) { c.Sealed = true },
		"republish": func(c *jetstream.StreamConfig) {
			c.RePublish = &jetstream.RePublish{Source: ">", Destination: "copy.>"}
		},
		"sources": func(c *jetstream.StreamConfig) { c.Sources = []*jetstream.StreamSource{{Name: "ELSEWHERE"}} },
		"subject_transform": func(c *jetstream.StreamConfig) {
			c.SubjectTransform = &jetstream.SubjectTransformConfig{Source: ">", Destination: "x.>"}
		},
		"subjects":         func(c *jetstream.StreamConfig) { c.Subjects = append(c.Subjects, "more") },
		"duplicate_window": func(c *jetstream.StreamConfig) { c.Duplicates = time.Minute },
		"description":      func(c *jetstream.StreamConfig) { c.Description = "ours" },
	} {
		t.Run(field, func(t *testing.T) {
			cfg := nodes.Config(t.TempDir())
			cfg.Init, cfg.Org = true, domain.OrgID("org-"+strings.ReplaceAll(field, "_", "-"))
			s := eventstoretest.OpenWith(t, cfg)
			eventstoretest.Close(t, s)
			remake(t, nodes, "HISTORY_"+string(cfg.Org), alter)
			cfg.Init = false
			said := refused(t, cfg)
			if !strings.Contains(said, " is ") || !strings.Contains(said, "must be") {
				t.Errorf("%q does not say what it is and must be", said)
			}
			if field != "discard_new_per_subject" && field != "allow_rollup_hdrs" && field != "persist_mode" && field != "no_ack" && field != "sealed" {
				wantWords(t, said, field)
			}
		})
	}
}

// remake makes the stream again under the same identity with changed settings: whatever may be updated and whatever not.
func remake(t *testing.T, nodes *eventstoretest.Nodes, name string, alter func(*jetstream.StreamConfig)) {
	t.Helper()
	js, ctx := adminOf(t, nodes)
	stream, err := js.Stream(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	cfg := stream.CachedInfo().Config
	if err := js.DeleteStream(ctx, name); err != nil {
		t.Fatal(err)
	}
	alter(&cfg)
	sealed := cfg.Sealed
	cfg.Sealed = false
	if _, err := js.CreateStream(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	if sealed {
		cfg.Sealed = true
		if _, err := js.UpdateStream(ctx, cfg); err != nil {
			t.Fatal(err)
		}
	}
}

func adminOf(t *testing.T, nodes *eventstoretest.Nodes) (jetstream.JetStream, context.Context) {
	t.Helper()
	nc, err := nats.Connect(nodes.URL())
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(func() { cancel(); nc.Close() })
	return js, ctx
}

// streams are those of a journal, in the order in which a first start makes them.
var streams = []string{"HISTORY_acme", "TEXTS_acme", "OBJ_EVIDENCE_acme", "CHECKPOINTS_acme"}

// A stream that is gone is never made again by itself, and one made again under its name is not taken for it.
func TestLostStreamIsRefused(t *testing.T) {
	nodes := eventstoretest.Cluster(t, 1)
	cfg := nodes.Config(t.TempDir())
	cfg.Init = true
	eventstoretest.Close(t, eventstoretest.OpenWith(t, cfg))
	cfg.Init = false
	js, ctx := adminOf(t, nodes)
	if err := js.DeleteStream(ctx, "HISTORY_acme"); err != nil {
		t.Fatal(err)
	}
	wantWords(t, refused(t, cfg), "HISTORY_acme", "missing", "backup")
	again := cfg
	again.Init = true
	wantWords(t, refused(t, again), "has begun already")
	for _, name := range streams[1:] {
		if err := js.DeleteStream(ctx, name); err != nil {
			t.Fatal(err)
		}
	}
	again.DataDir = t.TempDir()
	eventstoretest.Close(t, eventstoretest.OpenWith(t, again))
	wantWords(t, refused(t, cfg), "HISTORY_acme", "it is journal", "belongs to")
}

func TestFirstStarts(t *testing.T) {
	nodes := eventstoretest.Cluster(t, 1)
	none := nodes.Config(t.TempDir())
	wantWords(t, refused(t, none), "does not know", "plantrail init", "--join")
	join := none
	join.Join = true
	wantWords(t, refused(t, join), "nothing to join")
	init := none
	init.Init = true
	eventstoretest.Close(t, eventstoretest.OpenWith(t, init))
	wantWords(t, refused(t, init), "has begun already")
	join.DataDir = t.TempDir()
	other := init
	other.DataDir = t.TempDir()
	wantWords(t, refused(t, other), "exists already")
	eventstoretest.Close(t, eventstoretest.OpenWith(t, join))
	join.Join = false
	eventstoretest.Close(t, eventstoretest.OpenWith(t, join))
	foreign := join
	foreign.Org = "other"
	wantWords(t, refused(t, foreign), "belongs to organisation acme")
	none.MonitorURLs = nil
	wantWords(t, refused(t, none), "monitor")
	wantWords(t, refused(t, eventstoretest.Config(t.TempDir())), "no journal has begun", "plantrail init")
	bad := eventstoretest.Config(t.TempDir())
	bad.Org = "Acme.>"
	wantWords(t, refused(t, bad), "not an id")
}

// A first start that was cut short, at each of its steps, is finished by the next one and by nothing else.
func TestInterruptedFirstStart(t *testing.T) {
	nodes := eventstoretest.Cluster(t, 1)
	js, ctx := adminOf(t, nodes)
	for step, lose := range map[string][]string{"before the streams": streams, "between them": streams[1:], "before the last": streams[3:], "after them": nil} {
		t.Run(step, func(t *testing.T) {
			cfg := nodes.Config(t.TempDir())
			cfg.Init = true
			eventstoretest.Close(t, eventstoretest.OpenWith(t, cfg))
			setState(t, cfg.DataDir, "beginning")
			for _, name := range lose {
				if err := js.DeleteStream(ctx, name); err != nil {
					t.Fatal(err)
				}
			}
			again := cfg
			again.Init = false
			wantWords(t, refused(t, again), "cut short", "plantrail init")
			// A server that has just deleted a stream may still be clearing its directory away.
			eventstoretest.Until(t, time.Minute, "the first start is finished", func() bool {
				s, err := eventstore.Open(ctx, cfg)
				if err == nil {
					eventstoretest.Close(t, s)
				}
				return err == nil
			})
			for _, name := range streams {
				if err := js.DeleteStream(ctx, name); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

func setState(t *testing.T, dir, state string) {
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
	id["state"] = state
	b, _ = json.Marshal(id)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamagedIdentityIsRefused(t *testing.T) {
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	eventstoretest.Close(t, eventstoretest.OpenWith(t, cfg))
	path := filepath.Join(cfg.DataDir, "identity.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Init = false
	for n := range len(whole) - 2 {
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		wantWords(t, refused(t, cfg), "identity.json", "backup")
	}
}

// Each figure alone says that something is missing: a server that lost a block need not be right about the others.
func TestAHistoryIsWholeOrRefused(t *testing.T) {
	for name, c := range map[string]struct {
		first, last, messages uint64
		deleted               int
		lost                  string
		whole                 bool
	}{
		"empty":            {whole: true},
		"whole":            {first: 1, last: 7, messages: 7, whole: true},
		"its beginning":    {first: 2, last: 7, messages: 7},
		"fewer than last":  {first: 1, last: 7, messages: 6},
		"deleted":          {first: 1, last: 7, messages: 7, deleted: 1},
		"lost":             {first: 1, last: 7, messages: 7, lost: `{"msgs":[4]}`},
		"all but a number": {first: 8, last: 7},
	} {
		if err := eventstore.Whole(c.first, c.last, c.messages, c.deleted, c.lost); (err == nil) != c.whole {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What it is good for the power cuts show, on machines where they can be made.
func TestTheEmbeddedServerSyncsEachWrite(t *testing.T) {
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	if !eventstoretest.OpenWith(t, cfg).Syncs() {
		t.Error("the embedded server does not sync each write before it answers")
	}
}

func TestOldServersAreRefused(t *testing.T) {
	for version, ok := range map[string]bool{"2.15.0": true, "v2.15.2": true, "2.16.0-RC.1": true, "3.0.0": true, "2.14.9": false, "2.9.25": false,
		"1.99.0": false, "2": false, "": false, "new": false} {
		if eventstore.VersionOK(version) != ok {
			t.Errorf("version %q: want %v", version, ok)
		}
	}
}

func TestServersThatDoNotSyncAreRefused(t *testing.T) {
	nodes := eventstoretest.ClusterWith(t, 1, func(o *server.Options) { o.SyncAlways = false })
	cfg := nodes.Config(t.TempDir())
	cfg.Init = true
	wantWords(t, refused(t, cfg), "sync_interval: always")
}

func TestMonitorURLsMustShowTheCluster(t *testing.T) {
	nodes := eventstoretest.Cluster(t, 3)
	cfg := nodes.Config(t.TempDir())
	cfg.Init = true
	cfg.MonitorURLs = cfg.MonitorURLs[:2]
	wantWords(t, refused(t, cfg), "2 servers", "has 3")
	cfg.MonitorURLs = eventstoretest.Cluster(t, 1).MonitorURLs()
	wantWords(t, refused(t, cfg), "none of them is the server")
	cfg.MonitorURLs = []string{"http://127.0.0.1:1"}
	wantWords(t, refused(t, cfg), "can't be read")
}

func TestStoreInUseIsRefused(t *testing.T) {
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	eventstoretest.OpenWith(t, cfg)
	cfg.Init = false
	wantWords(t, refused(t, cfg), "in use by another process")
}

// A message removed by an administrator's restore or an old server shows as a hole.
func TestHoleInHistoryIsRefused(t *testing.T) {
	nodes := eventstoretest.Cluster(t, 1)
	cfg := nodes.Config(t.TempDir())
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	eventstoretest.Close(t, s)
	js, ctx := adminOf(t, nodes)
	remake(t, nodes, "HISTORY_acme", func(c *jetstream.StreamConfig) { c.FirstSeq = 5 })
	if _, err := js.Publish(ctx, "history.acme.sdp", []byte("x")); err != nil {
		t.Fatal(err)
	}
	cfg.Init = false
	wantWords(t, refused(t, cfg), "HISTORY_acme")
}

// What is written below reading's contract stops the reader loudly, with the position.
func TestForeignBytesStopReaders(t *testing.T) {
	s := eventstoretest.Open(t)
	got, err := s.Append(context.Background(), domain.Head{}, journaltest.Change("sdp", "c-1", 1, ""))
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := s.Leaf(context.Background(), got[0].Position)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range []struct{ subject, body string }{
		{"history.acme.sdp", "not json"},
		{"history.acme.other", string(leaf)},
		{"history.acme.sdp", strings.Replace(string(leaf), "progress-reported.v1", "progress-reported.v9", 1)},
	} {
		if _, err := s.Conn().Request(m.subject, []byte(m.body), time.Minute); err != nil {
			t.Fatal(err)
		}
		at := domain.Position(2 + i)
		_, err := s.Event(context.Background(), at)
		if err == nil || !strings.Contains(err.Error(), "position") {
			t.Errorf("%s: event %d reads as %v", m.body, at, err)
		}
		n := 0
		for _, err = range s.Events(context.Background(), at-1, false) {
			n++
		}
		if n != 1 || err == nil {
			t.Errorf("%s: events gave %d, %v", m.body, n, err)
		}
	}
	for _, err = range s.Read(context.Background(), "sdp", 0) {
	}
	if err == nil {
		t.Error("the history reads to its end")
	}
	for _, err = range s.Events(context.Background(), 99, true) {
	}
	if err == nil || !strings.Contains(err.Error(), "99") {
		t.Errorf("a reader beyond the end gets %v", err)
	}
}

// A store that was closed can be opened at once, also while children are being started, which have its files open until they
// run.
func TestAClosedStoreIsFreeAtOnce(t *testing.T) {
	domaintest.Long(t)
	over := make(chan struct{})
	var starting sync.WaitGroup
	for range 4 {
		starting.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					_ = exec.Command("true").Run()
				}
			}
		})
	}
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	for range 30 {
		eventstoretest.Close(t, eventstoretest.OpenWith(t, cfg))
		cfg.Init = false
	}
	close(over)
	starting.Wait()
}
