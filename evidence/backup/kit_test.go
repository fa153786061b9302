package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plantrail/evidence"
	"plantrail/evidence/backup"
)

const (
	journal = "5f0c91d2aaaaaaaaaaaaaaaaaaaaaaaa"
	origin  = "plantrail/acme/5f0c91d2"
)

// fakeLog is a log in memory that a backup can be taken of. It counts what is fetched.
type fakeLog struct {
	t       testing.TB
	signer  note.Signer
	leaves  [][]byte
	tree    evidence.Tree
	notes   [][]byte
	texts   []backup.Stored // in the order in which they were stored; an empty event is an erased record
	files   map[string][]byte
	made    string // names the text stream
	fetched int    // tiles
	before  func(what string) error
}

func newLog(t testing.TB) *fakeLog {
	t.Helper()
	secret, public, err := evidence.GenerateKey(nil, origin)
	must(t, err)
	l := &fakeLog{t: t, files: map[string][]byte{}, made: "a", before: func(string) error { return nil }}
	l.signer, err = evidence.NewSigner(secret)
	must(t, err)
	l.event("log", "key-adopted", fmt.Sprintf(`"key":%q`, public), nil)
	return l
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func idOf(n int) string {
	ms := 1763800000000 + int64(n)*1000
	return fmt.Sprintf("%08x-%04x-7000-8000-%012x", ms>>16, ms&0xffff, n)
}

// event records one, with texts by name, and returns its id.
func (l *fakeLog) event(plan, kind, data string, texts map[string]string) string {
	return l.part(plan, kind, data, texts, fmt.Sprint("c-", len(l.leaves)), 1, 1)
}

func (l *fakeLog) part(plan, kind, data string, texts map[string]string, command string, part, parts int) string {
	l.t.Helper()
	id := idOf(len(l.leaves) + 1)
	var all, digests []string
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		d, err := evidence.NewDisclosure(name, texts[name])
		must(l.t, err)
		all, digests = append(all, d.Encoded), append(digests, evidence.Digest(d.Encoded))
	}
	hash := strings.Repeat("ef", 32)
	if len(all) > 0 {
		d, err := evidence.NewDisclosure("command", strings.Repeat("ab", 32))
		must(l.t, err)
		if hash = evidence.Digest(d.Encoded); part == 1 {
			all = append(all, d.Encoded)
		}
		sd, err := json.Marshal(digests)
		must(l.t, err)
		data += `,"_sd_alg":"sha-256","_sd":` + string(sd)
	}
	source := "/orgs/acme/plans/" + plan
	if plan == "log" {
		source = "/orgs/acme/log"
	}
	leaf := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":%q,"type":"plantrail.%s.v1","recordedtime":"2026-11-22T09:30:12.123456Z","commandid":%q,"commandhash":%q,"part":"%d","parts":"%d","data":{"stated":"2020-02-03",%s}}`,
		id, source, kind, command, hash, part, parts, data)
	if len(all) > 0 {
		l.texts = append(l.texts, backup.Stored{Event: id, Disclosures: all})
	}
	l.leaves = append(l.leaves, []byte(leaf))
	l.tree.Add(evidence.LeafHash([]byte(leaf)))
	return id
}

// fill adds events with texts, of two plans, and signs.
func (l *fakeLog) fill(n int) {
	for i := range n {
		l.event([]string{"p1", "p2"}[i%2], "justification-given", `"item":"a"`, map[string]string{"text": "words of " + strconv.Itoa(len(l.leaves))})
	}
	l.sign()
}

func (l *fakeLog) sign() {
	l.t.Helper()
	signed, err := l.tree.Checkpoint(origin).Sign(l.signer)
	must(l.t, err)
	l.notes = append(l.notes, signed)
}

func (l *fakeLog) attach(plan, id string, content []byte) {
	sum := sha256.Sum256(content)
	l.event(plan, "evidence-attached", fmt.Sprintf(`"evidence":%q,"item":"a","sha256":%q,"size":%d`, id, hex.EncodeToString(sum[:]), len(content)), nil)
	l.files[plan+"/"+id] = content
}

// request records that a text is to be erased; destroy does it, as the journal does: the record is stored anew without it.
func (l *fakeLog) request(event, field string) {
	entry := 0
	for i, leaf := range l.leaves {
		if bytes.Contains(leaf, []byte(`"id":"`+event)) {
			entry = i + 1
		}
	}
	l.event("p1", "erasure-requested", fmt.Sprintf(`"of":%q,"entry":%d,"field":%q,"authority":{"body":"DPO"}`, event, entry, field), nil)
}

func (l *fakeLog) destroy(event string, fields ...string) {
	for i, s := range l.texts {
		if s.Event != event {
			continue
		}
		less := slices.DeleteFunc(slices.Clone(s.Disclosures), func(enc string) bool {
			d, err := evidence.ParseDisclosure(enc)
			must(l.t, err)
			return slices.Contains(fields, d.Name)
		})
		l.texts[i] = backup.Stored{}
		l.texts = append(l.texts, backup.Stored{Event: event, Disclosures: less})
	}
}

func (l *fakeLog) About(context.Context) (string, string, error) {
	return "acme", journal, l.before("about")
}

func (l *fakeLog) Checkpoints(_ context.Context, after int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i, n := range l.notes {
			if i >= after && !yield(n, l.before("checkpoint")) {
				return
			}
		}
	}
}

func (l *fakeLog) Entries(_ context.Context, t evidence.Tile) (data []byte, err error) {
	l.fetched++
	for i := range t.Width {
		data, err = evidence.AppendEntry(data, l.leaves[t.First()+int64(i)])
		must(l.t, err)
	}
	return data, l.before("entries")
}

func (l *fakeLog) Texts(_ context.Context, mark string) (iter.Seq2[backup.Stored, error], error) {
	after := 0
	if made, seq, ok := strings.Cut(mark, "."); ok && made == l.made {
		after, _ = strconv.Atoi(seq)
	}
	at := func(n int) string { return l.made + "." + strconv.Itoa(n) }
	return func(yield func(backup.Stored, error) bool) {
		for i, s := range slices.Clone(l.texts) {
			s.Mark = at(i + 1)
			if err := l.before("texts"); i < after || s.Event == "" {
				continue
			} else if !yield(s, err) || err != nil {
				return
			}
		}
		yield(backup.Stored{Mark: at(len(l.texts))}, nil)
	}, nil
}

func (l *fakeLog) Evidence(_ context.Context, f backup.File) (io.ReadCloser, error) {
	content, ok := l.files[f.Plan+"/"+f.ID]
	if !ok {
		return nil, backup.ErrLost
	}
	return io.NopCloser(bytes.NewReader(content)), l.before("evidence")
}

func update(t testing.TB, dir string, l *fakeLog) backup.Report {
	t.Helper()
	r, err := backup.Update(context.Background(), dir, l, backup.Options{Pause: time.Nanosecond})
	must(t, err)
	return r
}

func open(t testing.TB, dir string) *backup.Backup {
	t.Helper()
	b, err := backup.Open(context.Background(), dir, nil)
	must(t, err)
	return b
}

// wantAll checks that a backup hands out what the log has: leaves, checkpoints, files, and the texts that were not erased.
func wantAll(t testing.TB, dir string, l *fakeLog) *backup.Backup {
	t.Helper()
	b := open(t, dir)
	var tree evidence.Tree
	i := 0
	for leaf, err := range b.Leaves(context.Background()) {
		must(t, err)
		if !bytes.Equal(leaf, l.leaves[i]) {
			t.Fatalf("leaf %d differs", i)
		}
		tree.Add(evidence.LeafHash(leaf))
		i++
	}
	if i != len(l.leaves) || b.Last.Root != tree.Root() {
		t.Fatalf("%d leaves of %d", i, len(l.leaves))
	}
	want := map[string]string{}
	for _, s := range l.texts {
		if len(s.Disclosures) > 0 {
			want[s.Event] = strings.Join(s.Disclosures, " ")
		}
	}
	if got := textsOf(t, b); !maps.Equal(got, want) {
		t.Fatalf("%d texts of %d, or others", len(got), len(want))
	}
	n := 0
	for raw, err := range b.Checkpoints() {
		must(t, err)
		if !bytes.Equal(raw, l.notes[n]) {
			t.Fatalf("checkpoint %d differs", n)
		}
		n++
	}
	if n != len(l.notes) || len(b.Files) != len(l.files) {
		t.Fatalf("%d checkpoints of %d, %d files of %d", n, len(l.notes), len(b.Files), len(l.files))
	}
	return b
}

func textsOf(t testing.TB, b *backup.Backup) map[string]string {
	t.Helper()
	got := map[string]string{}
	for s, err := range b.Texts(context.Background()) {
		must(t, err)
		got[s.Event] = strings.Join(s.Disclosures, " ")
	}
	return got
}

// files reads a directory: the content of each file by its name.
func files(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[name] = string(b)
		return err
	}))
	return all
}
