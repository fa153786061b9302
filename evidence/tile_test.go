package evidence

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestTilePaths(t *testing.T) {
	for path, tile := range map[string]Tile{
		"tile/0/000":                    {0, 0, 256},
		"tile/0/000.p/1":                {0, 0, 1},
		"tile/4/x001/x234/067":          {4, 1234067, 256}, // the example of c2sp.org/tlog-tiles
		"tile/4/x001/x234/067.p/255":    {4, 1234067, 255},
		"tile/63/999":                   {63, 999, 256},
		"tile/entries/x001/000":         {EntriesLevel, 1000, 256},
		"tile/entries/x012/x003/004":    {EntriesLevel, 12003004, 256},
		"tile/entries/000.p/17":         {EntriesLevel, 0, 17},
		"tile/2/x999/x999/x999/999.p/2": {2, 999999999999, 2},
	} {
		if got := tile.Path(); got != path {
			t.Errorf("%+v: %s, want %s", tile, got, path)
		}
		if got, err := ParseTilePath(path); err != nil || got != tile {
			t.Errorf("%s: %+v %v", path, got, err)
		}
	}
	for _, bad := range []string{"", "tile", "tile/", "tile/0", "tile/0/", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/data/000",
		"tile/8/0/000", "tile/0/0", "tile/0/0000", "tile/0/x000/000", "tile/0/001/002", "tile/0/x001", "tile/0/000.p/0", "tile/0/000.p/256",
		"tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p/1/", "tile/0/+01", "tile/0/000/", "/tile/0/000", "tile/0/xx01/000",
		"tile/0/" + strings.Repeat("x999/", 30) + "999", "tile/0/x999/x999/x999/x999/x999/x999/999"} {
		if got, err := ParseTilePath(bad); err == nil {
			t.Errorf("%q: %+v", bad, got)
		}
	}
}

// The example of c2sp.org/tlog-tiles: which tiles a tree of 70,000 has, and one of 256.
func TestNewTiles(t *testing.T) {
	count := map[string]int{}
	for _, tile := range NewTiles(0, 70000) {
		full := ""
		if tile.Width < TileWidth {
			full = fmt.Sprintf(" of %d", tile.Width)
		}
		count[fmt.Sprintf("level %d%s", tile.Level, full)]++
		if !tile.Exists(70000) {
			t.Errorf("%s does not exist", tile.Path())
		}
	}
	want := map[string]int{"level -1": 273, "level -1 of 112": 1, "level 0": 273, "level 0 of 112": 1, "level 1": 1, "level 1 of 17": 1, "level 2 of 1": 1}
	if fmt.Sprint(count) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", count, want)
	}
	if got := NewTiles(0, 256); fmt.Sprint(got) != fmt.Sprint([]Tile{{-1, 0, 256}, {0, 0, 256}, {1, 0, 1}}) {
		t.Errorf("%v", got)
	}
	if got := NewTiles(256, 258); fmt.Sprint(got) != fmt.Sprint([]Tile{{-1, 1, 2}, {0, 1, 2}}) {
		t.Errorf("%v", got)
	}
	if got := append(NewTiles(5, 5), NewTiles(0, 0)...); len(got) != 0 {
		t.Errorf("%v", got)
	}
	for _, none := range []Tile{{0, 273, 113}, {0, 274, 1}, {1, 1, 18}, {2, 0, 2}, {3, 0, 1}, {63, 0, 1}, {0, -1, 1}, {0, 0, 0}, {0, 0, 257}, {0, MaxSize, 1}} {
		if none.Exists(70000) {
			t.Errorf("%+v exists", none)
		}
	}
}

func TestTileContents(t *testing.T) {
	var tree Tree
	var hashes Hashes
	for i := range 600 {
		hashes = append(hashes, tree.Append(LeafHash(fmt.Appendf(nil, "%d", i)))...)
	}
	for _, tile := range NewTiles(0, 600) {
		if tile.Level == EntriesLevel {
			if _, err := tile.Hashes(hashes); err == nil {
				t.Errorf("%s has hashes", tile.Path())
			}
			var data []byte
			for i := range tile.Width {
				var err error
				data, err = AppendEntry(data, fmt.Appendf(nil, "%d", tile.First()+int64(i)))
				must(t, err)
			}
			entries, err := tile.ParseEntries(data)
			must(t, err)
			if string(entries[0]) != fmt.Sprint(tile.First()) {
				t.Errorf("%s begins with %s", tile.Path(), entries[0])
			}
			for i := range data {
				if _, err := tile.ParseEntries(data[:i]); err == nil {
					t.Fatalf("%s cut to %d bytes is read", tile.Path(), i)
				}
			}
			continue
		}
		data, err := tile.Hashes(hashes)
		must(t, err)
		parsed, err := tile.ParseHashes(data)
		must(t, err)
		if want, _ := hashes.ReadHashes([]int64{tlog.StoredHashIndex(tile.Level*8, tile.N*TileWidth)}); parsed[0] != want[0] {
			t.Errorf("%s begins with another hash", tile.Path())
		}
		if _, err := tile.ParseHashes(data[1:]); err == nil {
			t.Errorf("%s a byte short is read", tile.Path())
		}
	}
	if _, err := AppendEntry(nil, make([]byte, MaxEntry+1)); err == nil {
		t.Error("an entry of 65,536 bytes")
	}
	data, err := AppendEntry(nil, bytes.Repeat([]byte("x"), MaxEntry))
	must(t, err)
	if e, err := (Tile{EntriesLevel, 0, 1}).ParseEntries(data); err != nil || len(e[0]) != MaxEntry {
		t.Errorf("the largest entry: %v", err)
	}
}
