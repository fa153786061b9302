package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain/domaintest"
	"plantrail/eventstore/eventstoretest"
)

// town is a plan in a cluster of three, with twelve reports after its four first events.
type town struct {
	nodes *eventstoretest.Nodes
	dir   string
	js    jetstream.JetStream
}

func beginTown(t *testing.T) *town {
	t.Helper()
	domaintest.Long(t)
	w := &town{nodes: eventstoretest.Cluster(t, 3), dir: filepath.Join(t.TempDir(), "data")}
	nc, err := nats.Connect(w.nodes.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if w.js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	eventstoretest.Until(t, time.Minute, "three servers take a stream", func() bool { // the leader may not have heard of all of them yet
		_, err := w.js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "probe", Subjects: []string{"probe"}, Replicas: 3})
		return err == nil && w.js.DeleteStream(t.Context(), "probe") == nil
	})
	plantrail(t, w.dir, "init", "--nats", w.nodes.URL(), "--nats-monitor", strings.Join(w.nodes.MonitorURLs(), ","))
	plantrail(t, w.dir, "plan", "open", "p1", "--title", "A plan")
	plantrail(t, w.dir, "item", "add", "p1", "--item", "a", "--title", "Answer calls")
	return w
}

func (w *town) fill(t *testing.T, s *server) {
	t.Helper()
	for i := range 12 {
		s.record(t, fmt.Sprintf("%d posts are filled.", i))
	}
}

// damage stops a server in order, changes an event in its copy of the history, and starts it again: JetStream is content.
func (w *town) damage(t *testing.T, i, event int) {
	t.Helper()
	w.nodes.Stop(i)
	files, err := filepath.Glob(filepath.Join(w.nodes.Dirs()[i], "jetstream/$G/streams/HISTORY_council/msgs/*.blk"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	for range event {
		at += bytes.Index(b[at:], []byte(`"authid":"`)) + len(`"authid":"`)
	}
	flipAt(t, files[0], int64(at))
	w.nodes.Start(i)
}

// lead has a server lead the history. It asks seldom: each time it is asked, the servers begin a new election.
func (w *town) lead(t *testing.T, i int) {
	t.Helper()
	name, asked := fmt.Sprintf("n%d", i+1), time.Time{}
	eventstoretest.Until(t, 120*time.Second, name+" leads", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		stream, err := w.js.Stream(ctx, "HISTORY_council")
		if err != nil || stream.CachedInfo().Cluster == nil {
			return false
		}
		cluster := stream.CachedInfo().Cluster
		if cluster.Leader != "" && cluster.Leader != name && time.Since(asked) > 8*time.Second {
			asked = time.Now()
			_, _ = w.js.Conn().RequestWithContext(ctx, "$JS.API.STREAM.LEADER.STEPDOWN.HISTORY_council", fmt.Appendf(nil, `{"placement":{"preferred":%q}}`, name))
		}
		return cluster.Leader == name
	})
}

// One of three copies has a bit that is another. It is named with its server as soon as that is back, whoever leads; nothing
// is recorded any more, reading goes on; and repair makes the copy anew from the others.
func TestADamagedCopyIsNamedWithItsServerAndMended(t *testing.T) {
	t.Parallel()
	w := beginTown(t)
	s := startServer(t, w.dir)
	w.fill(t, s)
	bad := (w.nodes.Leader(t, "HISTORY_council") + 1) % 3
	w.damage(t, bad, 9)
	name := fmt.Sprintf("n%d", bad+1)
	w.named(t, s, "the copy of a follower", name)
	w.lead(t, bad)
	(&victim{s: s}).stopped(t)
	s.interrupt(t)
	s = startServer(t, w.dir) // what it finds is led by the damaged copy
	w.named(t, s, "the copy of the leader", name)
	(&victim{s: s}).stopped(t)
	s.interrupt(t)

	began := time.Now()
	said := plantrail(t, w.dir, "repair")
	t.Logf("repair, after %.1f s:\n%s", time.Since(began).Seconds(), said)
	if !strings.Contains(said, "lacks number 9") || !strings.Contains(said, "HISTORY_council on "+name) {
		t.Errorf("repair says:\n%s", said)
	}
	s = startServer(t, w.dir)
	s.record(t, "All is well again.")
	waitFor(t, func() bool {
		copies := s.proof(t).Copies
		for _, words := range copies {
			if !strings.HasPrefix(words, "read to its end, and right") {
				return false
			}
		}
		return len(copies) == 3
	})
	if p := s.proof(t); p.Alarm != "" {
		t.Error(p.Alarm)
	}
	s.interrupt(t)
	// As a repair leaves it that was killed while the group was smaller: no start, and the next repair goes on.
	stream, err := w.js.Stream(t.Context(), "HISTORY_council")
	if err != nil {
		t.Fatal(err)
	}
	smaller := stream.CachedInfo().Config
	smaller.Replicas = 2
	if _, err := w.js.UpdateStream(t.Context(), smaller); err != nil {
		t.Fatal(err)
	}
	if said := refused(t, 4, w.dir, "plan", "list"); !strings.Contains(said, "num_replicas is 2, it must be 3") {
		t.Errorf("a start with two copies says: %s", said)
	}
	if said := plantrail(t, w.dir, "repair"); !strings.Contains(said, "nothing to repair") {
		t.Errorf("a second repair says:\n%s", said)
	}
	plantrail(t, w.dir, "verify")
	if told := plantrail(t, w.dir, "timeline"); !strings.Contains(told, "put back from replica") {
		t.Errorf("the history does not tell of the repair: %s", told)
	}
}

// A server that was killed between noting that a text is gone and overwriting it keeps the text, and nobody who asks the
// cluster sees it. Its copies can be made anew.
func TestAServersCopiesAreMadeAnew(t *testing.T) {
	t.Parallel()
	w := beginTown(t)
	plantrail(t, w.dir, "rate", "p1", "a", "amber", "--reason", "Zebulon Quarkwright is ill.")
	texts := filepath.Join(w.nodes.Dirs()[1], "jetstream/$G/streams/TEXTS_council/msgs")
	var file string
	waitFor(t, func() bool {
		in := lyingIn(t, texts, "Quarkwright")
		file = strings.Join(in, "")
		return len(in) == 1
	})
	before := readFile(t, file)
	plantrail(t, w.dir, "erase", "p1", "3", "--field", "justification", "--reason", "It names a person.", "--authority-body", "DPO")
	waitFor(t, func() bool { return len(lyingIn(t, texts, "Quarkwright")) == 0 })
	w.nodes.Stop(1)
	writeFile(t, file, before+readFile(t, file)[len(before):])
	w.nodes.Start(1)
	if said := plantrail(t, w.dir, "verify"); !strings.Contains(said, "1 were erased (in the files of the journal's servers") {
		t.Errorf("verify says:\n%s", said)
	}
	if len(lyingIn(t, texts, "Quarkwright")) == 0 {
		t.Fatal("the text is not where the test put it")
	}
	refused(t, 2, w.dir, "repair", "--replace", "n9")
	t.Log(plantrail(t, w.dir, "repair", "--replace", "n2"))
	nowhere(t, filepath.Join(w.nodes.Dirs()[1], "jetstream/$G/streams"), "Quarkwright")
	if said := plantrail(t, w.dir, "repair"); !strings.Contains(said, "nothing to repair") {
		t.Errorf("a second repair says:\n%s", said)
	}
}

// No copy is whole. What they have between them, and a backup, is proved; an administrator takes the streams away; and the
// journal is built anew from that, in the same cluster. Nothing is taken away as long as something can't be proved.
func TestWhenNoCopyIsWhole(t *testing.T) {
	t.Parallel()
	w := beginTown(t)
	backup := filepath.Join(t.TempDir(), "backup")
	s := startServer(t, w.dir)
	for range 5 {
		s.record(t, "One post is filled.")
	}
	plantrail(t, w.dir, "backup", backup)
	w.fill(t, s)
	s.interrupt(t)
	was := plantrail(t, w.dir, "checkpoint")
	plantrail(t, w.dir, "verify")
	for i, event := range []int{6, 12, 6} {
		w.damage(t, i, event)
	}
	w.damage(t, 1, 6)
	refused(t, 4, w.dir, "repair")
	said := plantrail(t, w.dir, "repair", "--from", backup)
	t.Log(said)
	if !strings.Contains(said, "It lies in "+w.dir+".proved") {
		t.Errorf("repair says:\n%s", said)
	}
	for _, name := range []string{"HISTORY_council", "TEXTS_council", "CHECKPOINTS_council", "OBJ_EVIDENCE_council"} {
		if err := w.js.DeleteStream(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, 4, w.dir, "repair", "--from", backup) // it has less than what the data directory knows to be signed
	plantrail(t, w.dir, "repair", "--from", w.dir+".proved")
	paper := filepath.Join(t.TempDir(), "checkpoint.txt")
	writeFile(t, paper, was)
	if told := plantrail(t, w.dir, "verify", "--against", paper); !strings.Contains(told, "The history is whole") {
		t.Error(told)
	}
	startServer(t, w.dir).record(t, "It goes on.")
}

// named waits for the alarm, and holds what it says against what was damaged.
func (w *town) named(t *testing.T, s *server, what, server string) {
	t.Helper()
	began := time.Now()
	waitFor(t, func() bool { return s.proof(t).Alarm != "" })
	p := s.proof(t)
	t.Logf("%s, after %.1f s: %s", what, time.Since(began).Seconds(), p.Alarm)
	if p.Bad == nil || p.Bad.Position != 9 || p.Bad.Plan != "p1" {
		t.Fatalf("%s: it names %+v", what, p.Bad)
	}
	waitFor(t, func() bool { return strings.Contains(s.proof(t).Bad.Differs, "is missing on "+server) })
}
