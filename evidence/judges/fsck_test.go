package judges

import (
	"bytes"
	"context"
	"maps"
	"os"
	"testing"

	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/fsck"

	"plantrail/evidence"
)

// served is a log as it lies on a web server: our paths, our bytes. Their code asks for them by paths of their own making.
type served map[string][]byte

func (s served) get(path string) ([]byte, error) {
	if b, ok := s[path]; ok {
		return b, nil
	}
	return nil, os.ErrNotExist
}

func (s served) ReadCheckpoint(context.Context) ([]byte, error) { return s.get("checkpoint") }

func (s served) ReadTile(_ context.Context, l, i uint64, p uint8) ([]byte, error) {
	return s.get(layout.TilePath(l, i, p))
}

func (s served) ReadEntryBundle(_ context.Context, i uint64, p uint8) ([]byte, error) {
	return s.get(layout.EntriesPath(i, p))
}

func hashEntries(b []byte) ([][]byte, error) {
	var bundle api.EntryBundle
	if err := bundle.UnmarshalText(b); err != nil {
		return nil, err
	}
	var out [][]byte
	for _, e := range bundle.Entries {
		out = append(out, rfc6962.DefaultHasher.HashLeaf(e))
	}
	return out, nil
}

func serve(t *testing.T, n int) (served, string) {
	t.Helper()
	tree, hashes := log(n)
	signer, vkey := logKey(t)
	s := served{}
	for _, tile := range evidence.NewTiles(0, int64(n)) {
		if !tile.Exists(int64(n)) {
			t.Errorf("%s does not exist", tile.Path())
		}
		var data []byte
		var err error
		if tile.Level == evidence.EntriesLevel {
			for i := range tile.Width {
				data, err = evidence.AppendEntry(data, leaf(int(tile.First())+i))
				must(t, err)
			}
		} else {
			data, err = tile.Hashes(hashes)
			must(t, err)
		}
		s[tile.Path()] = data
	}
	var err error
	s["checkpoint"], err = tree.Checkpoint(origin).Sign(signer)
	must(t, err)
	return s, vkey
}

func check(t *testing.T, s served, vkey string) error {
	t.Helper()
	v, err := evidence.NewVerifier(vkey)
	must(t, err)
	return fsck.New(origin, v, s, hashEntries, fsck.Opts{N: 2}).Check(context.Background())
}

func TestFsck(t *testing.T) {
	for _, n := range []int{1, 2, 255, 256, 257, 600, 70000} {
		s, vkey := serve(t, n)
		if err := check(t, s, vkey); err != nil {
			t.Errorf("%d leaves: %v", n, err)
		}
	}
}

// A judge that accepts everything is none.
func TestFsckRefuses(t *testing.T) {
	whole, vkey := serve(t, 600)
	for path := range whole {
		for name, change := range map[string]func([]byte) []byte{
			"a bit flipped": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
			"a byte short":  func(b []byte) []byte { return b[:len(b)-1] },
		} {
			s := maps.Clone(whole)
			s[path] = change(bytes.Clone(s[path]))
			if check(t, s, vkey) == nil {
				t.Errorf("%s: %s, and fsck is content", path, name)
			}
		}
		s := maps.Clone(whole)
		delete(s, path)
		if check(t, s, vkey) == nil {
			t.Errorf("%s: missing, and fsck is content", path)
		}
	}
}
