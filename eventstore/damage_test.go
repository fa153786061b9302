package eventstore_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/highwayhash"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// damaged is a journal of some 20 MB, in several blocks, with a checkpoint of all of it, closed; copies of it are damaged.
type damaged struct {
	dir    string
	events int
}

func makeDamaged(t testing.TB) damaged {
	t.Helper()
	cfg := eventstoretest.Config(filepath.Join(t.TempDir(), "whole"))
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	d := damaged{dir: cfg.DataDir}
	var head domain.Head
	for i := range 24 {
		got, err := s.Append(context.Background(), head, journaltest.Change("sdp", fmt.Sprint("c-", i), 1000, ""))
		if err != nil {
			t.Fatal(err)
		}
		head = got[999].Head()
		d.events += 1000
	}
	if _, err := s.PutCheckpoint(context.Background(), 0, note(d.events, "r")); err != nil {
		t.Fatal(err)
	}
	eventstoretest.Close(t, s)
	if n := len(blocks(t, cfg.DataDir)); n < 3 {
		t.Fatalf("it has %d blocks: too few to have a middle one", n)
	}
	return d
}

func (d damaged) copy(t testing.TB) eventstore.Config {
	t.Helper()
	cfg := eventstoretest.Config(filepath.Join(t.TempDir(), "copy"))
	if err := os.CopyFS(cfg.DataDir, os.DirFS(d.dir)); err != nil {
		t.Fatal(err)
	}
	return cfg
}

const historyDir = "jetstream/jetstream/$G/streams/HISTORY_acme"

// blocks are the files of the history, in order.
func blocks(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, historyDir, "msgs", "*.blk"))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(files, func(a, b string) int { return len(a) - len(b) + strings.Compare(a, b)/(1+100*abs(len(a)-len(b))) })
	return files
}

func abs(n int) int { return max(n, -n) }

func change(t *testing.T, path string, f func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, f(b), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// flip changes one bit in the first event that begins after an offset, or for -1 in the last one, so that its JSON stays
// whole: the actor is another.
func flip(b []byte, at int) []byte {
	const mark = `"authid":"`
	i := bytes.LastIndex(b, []byte(mark))
	if at >= 0 {
		i = at + bytes.Index(b[at:], []byte(mark))
	}
	b[i+len(mark)] ^= 1
	return b
}

// forge is what an insider does who can write the files and has read JetStream's source: he alters an event in a middle
// block and sets the message's checksum right.
func forge(t *testing.T, dir string) {
	const header = 22 // length, sequence, time, length of the subject
	change(t, blocks(t, dir)[1], func(b []byte) []byte {
		key := sha256.Sum256([]byte("HISTORY_acme-2"))
		at := 0
		for at < 100_000 {
			at += int(binary.LittleEndian.Uint32(b[at:]) &^ (1 << 31))
		}
		n := int(binary.LittleEndian.Uint32(b[at:]) &^ (1 << 31))
		record := flip(b[at:at+n], 0)
		subject := int(binary.LittleEndian.Uint16(record[20:]))
		hash, err := highwayhash.NewDigest64(key[:])
		if err != nil {
			t.Fatal(err)
		}
		rest := record[header+subject : n-8]
		if binary.LittleEndian.Uint32(record)&(1<<31) != 0 {
			rest = rest[4:] // the length of the headers is not hashed
		}
		hash.Write(record[4:20])
		hash.Write(record[header : header+subject])
		hash.Write(rest)
		copy(record[n-8:], hash.Sum(nil))
		return b
	})
}

// What a start, and after it a check and a reading of all leaves, say of each damage.
func TestDamageAtRest(t *testing.T) {
	domaintest.Long(t)
	whole := makeDamaged(t)
	want := allLeavesAt(t, whole.copy(t))
	without := func(names ...string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			for _, name := range names {
				if err := os.Remove(filepath.Join(dir, historyDir, name)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	flipIn := func(block, at int) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			files := blocks(t, dir)
			change(t, files[(len(files)+block)%len(files)], func(b []byte) []byte { return flip(b, at) })
		}
	}
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string)
		killed bool // index.db is gone too, as an old one is after a kill
		says   string
	}{
		"truncated last block":                {truncate(-1, 5000), false, "start: stream HISTORY_acme: it is not whole"},
		"truncated last block, killed":        {truncate(-1, 5000), true, "start: history: it has 2399"},
		"truncated middle block":              {truncate(1, 5000), false, "start: stream HISTORY_acme: it is not whole|check: stream HISTORY_acme: it is not whole|reading: position 18"}, // it counts again beside us
		"truncated middle block, killed":      {truncate(1, 5000), true, "start: stream HISTORY_acme: it is not whole"},
		"last block gone":                     {truncate(-1, -1), false, "start: stream HISTORY_acme: it is not whole"},
		"last block gone, killed":             {truncate(-1, -1), true, "start: history: it has 1"},
		"middle block gone":                   {truncate(1, -1), false, "start: stream HISTORY_acme: it is not whole"},
		"bit in a middle block":               {flipIn(1, 100_000), false, "reading: position 9"},
		"bit in a middle block, killed":       {flipIn(1, 100_000), true, "start: stream HISTORY_acme: number 93"},
		"bit in the last block":               {flipIn(-1, 100_000), false, "reading: position 18"},
		"bit in the last block, killed":       {flipIn(-1, 100_000), true, "start: stream HISTORY_acme: number 18"},
		"bit in the last message":             {flipIn(-1, -1), false, "reading: position 24000"},
		"bit in the last message, killed":     {flipIn(-1, -1), true, "start: history: it has 23999"},
		"event altered with a right checksum": {forge, false, "root: leaf 9"},
		"no index.db":                         {func(*testing.T, string) {}, true, "nothing: the history is whole"},
		"no meta.inf":                         {without("meta.inf"), false, "start: stream HISTORY_acme: it is missing"},
		"no meta.sum":                         {without("meta.sum"), false, "start: stream HISTORY_acme: it is missing"},
		"bit in meta.inf": {func(t *testing.T, dir string) {
			change(t, filepath.Join(dir, historyDir, "meta.inf"), func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
		}, false, "start: stream HISTORY_acme: it is missing"},
		"stream gone": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(filepath.Join(dir, historyDir)); err != nil {
				t.Fatal(err)
			}
		}, false, "start: stream HISTORY_acme: it is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := whole.copy(t)
			c.damage(t, cfg.DataDir)
			if c.killed {
				_ = os.Remove(filepath.Join(cfg.DataDir, historyDir, "msgs", "index.db"))
			}
			before := readable(t, cfg)
			if got := verdictOf(t, cfg, want); !slices.ContainsFunc(strings.Split(c.says, "|"), func(says string) bool { return strings.HasPrefix(got, says) }) {
				t.Errorf("it says %q, want %q", got, c.says)
			}
			if after := readable(t, cfg); after != before {
				t.Errorf("of %d events that could be read %d were left by the start", before, after)
			}
		})
	}
}

// readable is how many events can be read past the server.
func readable(t *testing.T, cfg eventstore.Config) (n int) {
	t.Helper()
	s, err := eventstore.OpenSalvage(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, err := range s.Leaves(0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func truncate(block int, by int) func(t *testing.T, dir string) {
	return func(t *testing.T, dir string) {
		files := blocks(t, dir)
		path := files[(len(files)+block)%len(files)]
		if by < 0 {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			return
		}
		change(t, path, func(b []byte) []byte { return b[:len(b)-by] })
	}
}

func allLeavesAt(t *testing.T, cfg eventstore.Config) [][]byte {
	s := eventstoretest.OpenWith(t, cfg)
	defer eventstoretest.Close(t, s)
	return allLeaves(t, s)
}

// A plan whose last event can't be read is not a plan without events.
func TestUnreadableEnd(t *testing.T) {
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	fillPlan(t, s, "other", 3)
	fillPlan(t, s, "sdp", 3)
	eventstoretest.Close(t, s)
	files := blocks(t, cfg.DataDir)
	change(t, files[len(files)-1], func(b []byte) []byte { return flip(b, -1) })
	cfg.Init = false
	s = eventstoretest.OpenWith(t, cfg)
	for plan, want := range map[domain.PlanID]bool{"sdp": true, "other": false, "none": false} {
		var err error
		for _, err = range s.Read(context.Background(), plan, 0) {
		}
		if (err != nil) != want {
			t.Errorf("%s reads with %v", plan, err)
		}
	}
}

// verdictOf opens a journal and says who tells that it is damaged: "start: …", "check: …", "reading: …" or "root".
func verdictOf(t *testing.T, cfg eventstore.Config, want [][]byte) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	s, err := eventstore.Open(ctx, cfg)
	if err != nil {
		return "start: " + err.Error()
	}
	defer eventstoretest.Close(t, s)
	if err := s.Check(ctx); err != nil {
		return "check: " + err.Error()
	}
	i := 0
	for leaf, err := range s.Leaves(ctx, 0, false) {
		if err != nil {
			return "reading: " + err.Error()
		}
		if !bytes.Equal(leaf.Body, want[i]) {
			return fmt.Sprint("root: leaf ", i)
		}
		i++
	}
	if i < len(want) {
		return fmt.Sprint("root: the last is ", i)
	}
	return "nothing: the history is whole"
}

// What a check says while plantrail runs and an administrator does what he should not.
func TestDamageWhileRunning(t *testing.T) {
	history := func(js jetstream.JetStream, f func(*jetstream.StreamConfig)) error {
		stream, err := js.Stream(context.Background(), "HISTORY_acme")
		if err != nil {
			return err
		}
		cfg := stream.CachedInfo().Config
		f(&cfg)
		_, err = js.UpdateStream(context.Background(), cfg)
		return err
	}
	remade := func(js jetstream.JetStream, name string, f func(*jetstream.StreamConfig)) error {
		stream, err := js.Stream(context.Background(), name)
		if err != nil {
			return err
		}
		cfg := stream.CachedInfo().Config
		f(&cfg)
		if err := js.DeleteStream(context.Background(), name); err != nil {
			return err
		}
		_, err = js.CreateStream(context.Background(), cfg)
		return err
	}
	for name, c := range map[string]struct {
		do   func(js jetstream.JetStream) error
		says []string
		next []string // and the next start
	}{
		"limit lowered": {func(js jetstream.JetStream) error {
			return history(js, func(c *jetstream.StreamConfig) { c.MaxMsgs = 5 })
		}, []string{"HISTORY_acme", "max_msgs is 5"}, []string{"max_msgs is 5"}},
		"limit lowered and set back": {func(js jetstream.JetStream) error {
			err := history(js, func(c *jetstream.StreamConfig) { c.MaxMsgs, c.Discard = 5, jetstream.DiscardOld })
			return errors.Join(err, history(js, func(c *jetstream.StreamConfig) { c.MaxMsgs, c.Discard = -1, jetstream.DiscardNew }))
		}, []string{"not whole", "first 16"}, []string{"not whole", "first 16"}},
		"discard changed": {func(js jetstream.JetStream) error {
			return history(js, func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld })
		}, []string{"discard is"}, []string{"discard is"}},
		"history deleted": {func(js jetstream.JetStream) error { return js.DeleteStream(context.Background(), "HISTORY_acme") },
			[]string{"HISTORY_acme", "gone"}, []string{"HISTORY_acme", "missing"}},
		"history made again": {func(js jetstream.JetStream) error {
			return remade(js, "HISTORY_acme", func(c *jetstream.StreamConfig) { c.Metadata = nil })
		}, []string{"HISTORY_acme", `it is journal ""`}, []string{"HISTORY_acme", `it is journal ""`}},
		"history made again under its identity": {func(js jetstream.JetStream) error {
			return remade(js, "HISTORY_acme", func(*jetstream.StreamConfig) {})
		}, []string{"HISTORY_acme", "was made at"}, []string{"it has 0 events", "states 20"}},
		"checkpoints made again": {func(js jetstream.JetStream) error {
			return remade(js, "CHECKPOINTS_acme", func(*jetstream.StreamConfig) {})
		}, []string{"CHECKPOINTS_acme", "was made at"}, []string{"checkpoints", "states 0", "states 20"}},
		"texts made again": {func(js jetstream.JetStream) error {
			return remade(js, "TEXTS_acme", func(*jetstream.StreamConfig) {})
		}, []string{"TEXTS_acme", "was made at"}, nil},
		"evidence deleted": {func(js jetstream.JetStream) error { return js.DeleteStream(context.Background(), "OBJ_EVIDENCE_acme") },
			[]string{"OBJ_EVIDENCE_acme", "gone"}, []string{"OBJ_EVIDENCE_acme", "missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := eventstoretest.Config(t.TempDir())
			cfg.Init = true
			s := eventstoretest.OpenWith(t, cfg)
			ctx := context.Background()
			fillPlan(t, s, "sdp", 20)
			if _, err := s.PutCheckpoint(ctx, 0, note(20, "r")); err != nil {
				t.Fatal(err)
			}
			if err := s.Check(ctx); err != nil {
				t.Fatal(err)
			}
			js, err := jetstream.New(s.Conn())
			if err != nil {
				t.Fatal(err)
			}
			if err := c.do(js); err != nil {
				t.Fatal(err)
			}
			if err := s.Check(ctx); err == nil {
				t.Error("the check is content")
			} else {
				wantWords(t, err.Error(), c.says...)
			}
			eventstoretest.Close(t, s)
			cfg.Init = false
			if c.next == nil {
				eventstoretest.Close(t, eventstoretest.OpenWith(t, cfg)) // only the digests in the history tell
				return
			}
			wantWords(t, refused(t, cfg), c.next...)
		})
	}
}

// The running server does not miss the file that its next start will not do without.
func TestMetaTakenAwayWhileRunning(t *testing.T) {
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	if err := os.Remove(filepath.Join(cfg.DataDir, historyDir, "meta.inf")); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(context.Background()); domain.KindOf(err) != domain.Refused {
		t.Errorf("the check says %v", err)
	} else {
		wantWords(t, err.Error(), "HISTORY_acme", "meta.inf", "take a backup before the server is stopped")
	}
}

// An older state of the JetStream directory is put back: the checkpoint beside it knows more.
func TestOlderStatePutBack(t *testing.T) {
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	cfg.Init = false
	store, old := filepath.Join(cfg.DataDir, "jetstream"), filepath.Join(t.TempDir(), "old")
	fillPlan(t, s, "sdp", 10)
	if _, err := s.PutCheckpoint(context.Background(), 0, note(10, "r")); err != nil {
		t.Fatal(err)
	}
	eventstoretest.Close(t, s)
	if err := os.CopyFS(old, os.DirFS(store)); err != nil {
		t.Fatal(err)
	}
	s = eventstoretest.OpenWith(t, cfg)
	fillPlan(t, s, "sdp", 5)
	if _, err := s.PutCheckpoint(context.Background(), 1, note(15, "r")); err != nil {
		t.Fatal(err)
	}
	eventstoretest.Close(t, s)
	if err := errors.Join(os.RemoveAll(store), os.CopyFS(store, os.DirFS(old))); err != nil {
		t.Fatal(err)
	}
	wantWords(t, refused(t, cfg), "it has 10 events", filepath.Join(cfg.DataDir, "checkpoint"), "states 15", "newest backup")
}
