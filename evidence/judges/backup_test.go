package judges

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"

	"plantrail/evidence"
	"plantrail/evidence/backup"
)

const journal = "5f0c91d2aaaaaaaaaaaaaaaaaaaaaaaa"

// source is a log that a backup is taken of: events without texts.
type source struct {
	leaves [][]byte
	notes  [][]byte
	tree   evidence.Tree
	name   string
	signer note.Signer
}

func (s *source) add(t *testing.T, n int, public string) {
	for range n {
		typ, data, of := "item-added", `"item":"a"`, "plans/p1"
		if len(s.leaves) == 0 {
			typ, data, of = "key-adopted", fmt.Sprintf(`"key":%q`, public), "log"
		}
		leaf := fmt.Appendf(nil, `{"specversion":"1.0","id":"%d","source":"/orgs/acme/%s","type":"plantrail.%s.v1","recordedtime":"2026","commandid":"c","commandhash":"h","part":"1","parts":"1","data":{%s}}`,
			len(s.leaves), of, typ, data)
		s.leaves = append(s.leaves, leaf)
		s.tree.Add(evidence.LeafHash(leaf))
	}
	signed, err := s.tree.Checkpoint(s.name).Sign(s.signer)
	must(t, err)
	s.notes = append(s.notes, signed)
}

func (s *source) About(context.Context) (string, string, error) { return "acme", journal, nil }

func (s *source) Checkpoints(_ context.Context, after int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, n := range s.notes[after:] {
			if !yield(n, nil) {
				return
			}
		}
	}
}

func (s *source) Entries(_ context.Context, t evidence.Tile) (data []byte, err error) {
	for i := range t.Width {
		if data, err = evidence.AppendEntry(data, s.leaves[t.First()+int64(i)]); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func (s *source) Texts(context.Context, string) (iter.Seq2[backup.Stored, error], error) {
	return func(yield func(backup.Stored, error) bool) { yield(backup.Stored{Mark: "end"}, nil) }, nil
}

func (s *source) Evidence(context.Context, backup.File) (io.ReadCloser, error) {
	return nil, backup.ErrLost
}

// onDisk is a backup's directory as tessera reads a log: by paths of its own making.
type onDisk string

func (d onDisk) read(path string) ([]byte, error) { return os.ReadFile(filepath.Join(string(d), path)) }

func (d onDisk) ReadCheckpoint(context.Context) ([]byte, error) { return d.read("checkpoint") }

func (d onDisk) ReadTile(_ context.Context, l, i uint64, p uint8) ([]byte, error) {
	return d.read(layout.TilePath(l, i, p))
}

func (d onDisk) ReadEntryBundle(_ context.Context, i uint64, p uint8) ([]byte, error) {
	return d.read(layout.EntriesPath(i, p))
}

// The log in a backup is right, after each time that it was brought up to date, and one with a byte altered is not.
func TestFsckOfABackup(t *testing.T) {
	s := &source{name: "plantrail/acme/" + journal[:8]}
	secret, public, err := evidence.GenerateKey(nil, s.name)
	must(t, err)
	s.signer, err = evidence.NewSigner(secret)
	must(t, err)
	v, err := evidence.NewVerifier(public)
	must(t, err)
	dir := t.TempDir()
	check := func() error {
		return fsck.New(s.name, v, onDisk(dir), hashEntries, fsck.Opts{N: 2}).Check(context.Background())
	}
	for _, n := range []int{1, 254, 1, 1, 20_000, 300} {
		s.add(t, n, public)
		_, err := backup.Update(context.Background(), dir, s, backup.Options{})
		must(t, err)
		if err := check(); err != nil {
			t.Fatalf("%d events: %v", len(s.leaves), err)
		}
	}
	// In the last tile: of a fault in an early one of many the judge's readers never come to their end.
	path := filepath.Join(dir, evidence.Tile{Level: evidence.EntriesLevel, N: int64(len(s.leaves) / 256), Width: len(s.leaves) % 256}.Path())
	b, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path, []byte(strings.Replace(string(b), "item-added", "item-aDded", 1)), 0o600))
	if check() == nil {
		t.Error("an altered entry, and fsck is content")
	}
}
