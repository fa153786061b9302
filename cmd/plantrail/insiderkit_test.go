package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/minio/highwayhash"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/eventstore/eventstoretest"
	"plantrail/evidence"
)

// prepare makes the history in a directory, and lets a file outside know of all of it.
func prepare(t *testing.T) *victim {
	t.Helper()
	v := &victim{older: filepath.Join(t.TempDir(), "older")}
	v.dir, v.key = begin(t)
	v.flags = []string{"--checkpoint-file", filepath.Join(t.TempDir(), "checkpoint.txt")}
	v.fill(t, func() { replaceDir(t, v.older, v.dir) })
	v.other, _ = begin(t)
	return v
}

// prepareFar makes it in a NATS server of its own, which the insider may do anything to.
func prepareFar(t *testing.T) *victim {
	t.Helper()
	nodes := eventstoretest.Cluster(t, 1)
	v := &victim{dir: filepath.Join(t.TempDir(), "data")}
	plantrail(t, v.dir, "init", "--nats", nodes.URL(), "--nats-monitor", nodes.MonitorURLs()[0], "--replicas", "1")
	plantrail(t, v.dir, "plan", "open", "p1", "--title", "A plan")
	plantrail(t, v.dir, "item", "add", "p1", "--item", "a", "--title", "Answer calls")
	v.fill(t, func() {})
	nc, err := nats.Connect(nodes.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	if v.js, err = jetstream.New(nc); err != nil {
		t.Fatal(err)
	}
	return v
}

// fill records number 5 to 7; meanwhile is called after the first.
func (v *victim) fill(t *testing.T, meanwhile func()) {
	t.Helper()
	plantrail(t, v.dir, "progress", "p1", "a", "One post is filled.")
	meanwhile()
	s := startServer(t, v.dir, v.flags...)
	s.record(t, "Two posts are filled.")
	s.record(t, "Three posts are filled.")
	s.interrupt(t)
}

// again is a copy, with a file outside of its own.
func (v *victim) again(t *testing.T) *victim {
	t.Helper()
	one := *v
	one.dir = filepath.Join(t.TempDir(), "data")
	replaceDir(t, one.dir, v.dir)
	outside := filepath.Join(t.TempDir(), "checkpoint.txt")
	writeFile(t, outside, readFile(t, v.flags[1]))
	one.flags = []string{"--checkpoint-file", outside}
	return &one
}

// replaceDir puts a copy of a directory in the place of another.
func replaceDir(t *testing.T, dir, by string) {
	t.Helper()
	err := errors.Join(os.RemoveAll(dir), os.CopyFS(dir, os.DirFS(by)))
	if key := dataDir(dir).keyFile(); err == nil {
		_ = os.Chmod(key, 0o600) // where there is one
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (v *victim) block(t *testing.T) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(v.dir, "jetstream/jetstream/$G/streams/HISTORY_council/msgs/*.blk"))
	if err != nil || len(files) != 1 {
		t.Fatal(files, err)
	}
	return files[0]
}

// rewrite changes the records of the history's only block and sets their checksums right, as somebody does who has read
// how nats-server writes them: see eventstore.Blocks.
func (v *victim) rewrite(t *testing.T, change func(all [][]byte) [][]byte) {
	t.Helper()
	file := v.block(t)
	data := []byte(readFile(t, file))
	var all [][]byte
	for len(data) > 0 {
		n := binary.LittleEndian.Uint32(data) &^ (1 << 31)
		all, data = append(all, data[:n:n]), data[n:]
	}
	all = change(all)
	name := strings.TrimSuffix(filepath.Base(file), ".blk")
	for _, record := range all {
		seal(t, record, "HISTORY_council-"+name)
	}
	if err := os.WriteFile(file, bytes.Join(all, nil), 0o600); err != nil {
		t.Fatal(err)
	}
}

func seal(t *testing.T, record []byte, key string) {
	t.Helper()
	sum := sha256.Sum256([]byte(key))
	hash, err := highwayhash.NewDigest64(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	end := len(record) - 8
	body := 22 + int(binary.LittleEndian.Uint16(record[20:]))
	hash.Write(record[4:20])
	hash.Write(record[22:body])
	if binary.LittleEndian.Uint32(record)&(1<<31) != 0 {
		body += 4 // the length of the headers
	}
	hash.Write(record[body:end])
	copy(record[end:], hash.Sum(nil))
}

// edit has somebody else report what was reported at a position.
func edit(all [][]byte, position int) [][]byte {
	const who = `"authid":"os-`
	all[position-1][bytes.Index(all[position-1], []byte(who))+len(who)] ^= 1
	return all
}

// swap puts two events of the same length of headers in each other's place: the sequences and times stay where they were.
func swap(all [][]byte, a, b int) [][]byte {
	x, y := all[a-1], all[b-1]
	var head [16]byte
	copy(head[:], x[4:20])
	copy(x[4:20], y[4:20])
	copy(y[4:20], head[:])
	all[a-1], all[b-1] = y, x
	return all
}

// stream is how a stream is set.
func (v *victim) stream(t *testing.T, name string) jetstream.StreamConfig {
	t.Helper()
	s, err := v.js.Stream(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().Config
}

// recreate deletes the history and makes it again, under its identity and with all its events, of which one is another.
func recreate(t *testing.T, v *victim) {
	ctx, cfg := t.Context(), v.stream(t, "HISTORY_council")
	s, err := v.js.Stream(ctx, cfg.Name)
	if err != nil {
		t.Fatal(err)
	}
	var all []*jetstream.RawStreamMsg
	for seq := range uint64(7) {
		m, err := s.GetMsg(ctx, seq+1)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	all[5].Data = bytes.Replace(all[5].Data, []byte(`"authrole":"admin"`), []byte(`"authrole":"other"`), 1)
	if err := v.js.DeleteStream(ctx, cfg.Name); err != nil {
		t.Fatal(err)
	}
	if _, err := v.js.CreateStream(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		for name := range m.Header {
			if strings.HasPrefix(name, "Nats-") {
				m.Header.Del(name)
			}
		}
		if _, err := v.js.PublishMsg(ctx, &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data}); err != nil {
			t.Fatal(err)
		}
	}
}

// checkpoint is the last one that was signed.
func (v *victim) checkpoint(t *testing.T) string {
	t.Helper()
	return readFile(t, filepath.Join(v.dir, "checkpoint"))
}

func (v *victim) putCheckpoint(t *testing.T, signed string) {
	t.Helper()
	if _, err := v.js.Publish(t.Context(), "checkpoints.council", []byte(signed)); err != nil {
		t.Fatal(err)
	}
}

// resigned is a checkpoint signed by a key of the insider's own, under the log's name.
func resigned(t *testing.T, signed string) string {
	t.Helper()
	c, err := evidence.ParseCheckpoint(signed[:strings.Index(signed, "\n\n")+1])
	if err != nil {
		t.Fatal(err)
	}
	skey, _, err := evidence.GenerateKey(nil, c.Origin)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := evidence.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	msg, err := c.Sign(signer)
	if err != nil {
		t.Fatal(err)
	}
	return string(msg)
}
