package evidence

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// TileWidth is the number of hashes in a full tile, and of entries in a full bundle of entries.
const TileWidth = 256

// EntriesLevel is the Level of a [Tile] that holds entries instead of hashes.
const EntriesLevel = -1

// MaxEntry is the largest entry in bytes that a bundle of entries can hold.
const MaxEntry = 1<<16 - 1

// Tile names a tile of a tiled log (c2sp.org/tlog-tiles).
type Tile struct {
	Level int   // EntriesLevel, or 0 to 63; the hashes of level l are roots of 256^l leaves
	N     int64 // which tile of its level
	Width int   // 1 to 256; less than 256 is a partial tile
}

// Path is the tile's place below a log's prefix: tile/<L>/<N>[.p/<W>] or tile/entries/<N>[.p/<W>], where N is in groups of
// three digits, all but the last prefixed by "x": tile/0/x001/x234/067.p/8.
func (t Tile) Path() string {
	level := "entries"
	if t.Level != EntriesLevel {
		level = strconv.Itoa(t.Level)
	}
	n := fmt.Sprintf("%03d", t.N%1000)
	for rest := t.N / 1000; rest > 0; rest /= 1000 {
		n = fmt.Sprintf("x%03d/%s", rest%1000, n)
	}
	path := "tile/" + level + "/" + n
	if t.Width != TileWidth {
		path += ".p/" + strconv.Itoa(t.Width)
	}
	return path
}

// ParseTilePath is the inverse of [Tile.Path], and accepts nothing that Path would write differently.
func ParseTilePath(path string) (Tile, error) {
	bad := fmt.Errorf("%.80q is not the path of a tile", path)
	rest, ok := strings.CutPrefix(path, "tile/")
	level, number, cut := strings.Cut(rest, "/")
	if !ok || !cut || len(path) > 100 {
		return Tile{}, bad
	}
	t := Tile{Level: EntriesLevel, Width: TileWidth}
	if level != "entries" {
		l, ok := parseSize(level)
		if !ok || l > 63 {
			return Tile{}, bad
		}
		t.Level = int(l)
	}
	if n, width, partial := strings.Cut(number, ".p/"); partial {
		w, ok := parseSize(width)
		if !ok || w < 1 || w >= TileWidth {
			return Tile{}, bad
		}
		number, t.Width = n, int(w)
	}
	for group := range strings.SplitSeq(number, "/") {
		d, err := strconv.ParseUint(strings.TrimPrefix(group, "x"), 10, 16)
		if err != nil || t.N > MaxSize/1000 {
			return Tile{}, bad
		}
		t.N = t.N*1000 + int64(d)
	}
	if t.N > MaxSize || t.Path() != path {
		return Tile{}, bad
	}
	return t, nil
}

// Exists reports whether a log of size leaves has the tile, so that it may be served: its hashes are all there, and a
// partial tile ends where the tree of some size does.
func (t Tile) Exists(size int64) bool {
	shift := 8 * max(t.Level, 0)
	if shift > 62 || t.N < 0 || t.Width < 1 || t.Width > TileWidth {
		return false
	}
	return t.N <= MaxSize/TileWidth && t.N*TileWidth+int64(t.Width) <= size>>shift
}

// First is the index of the first leaf below the tile.
func (t Tile) First() int64 { return t.N * TileWidth << (8 * max(t.Level, 0)) }

// NewTiles are the tiles to publish when a log has grown from old to new leaves: hashes and entries, in the order in which
// they should be written. Partial tiles are those of the new size only.
func NewTiles(old, new int64) []Tile {
	var tiles []Tile
	for level := EntriesLevel; level <= 7; level++ {
		shift := 8 * max(level, 0)
		from, to := old>>shift, new>>shift
		if to == 0 {
			break
		}
		for n := from / TileWidth; n*TileWidth < to; n++ {
			width := min(to-n*TileWidth, TileWidth)
			if n*TileWidth+width > from {
				tiles = append(tiles, Tile{level, n, int(width)})
			}
		}
	}
	return tiles
}

// Hashes reads a tile's hashes from the tree's stored ones, in its encoded form: 32 bytes each, in order.
func (t Tile) Hashes(r tlog.HashReader) ([]byte, error) {
	if t.Level == EntriesLevel {
		return nil, errors.New("a tile of entries has no hashes")
	}
	return tlog.ReadTileData(tlog.Tile{H: 8, L: t.Level, N: t.N, W: t.Width}, r)
}

// ParseHashes divides the encoded form of a tile of hashes.
func (t Tile) ParseHashes(data []byte) ([]tlog.Hash, error) {
	if t.Level == EntriesLevel || len(data) != t.Width*tlog.HashSize {
		return nil, fmt.Errorf("%s has %d bytes, not %d", t.Path(), len(data), t.Width*tlog.HashSize)
	}
	hashes := make([]tlog.Hash, t.Width)
	for i := range hashes {
		copy(hashes[i][:], data[i*tlog.HashSize:])
	}
	return hashes, nil
}

// AppendEntry adds an entry to the encoded form of a tile of entries: its length in two bytes, big-endian, and its bytes.
func AppendEntry(data, entry []byte) ([]byte, error) {
	if len(entry) > MaxEntry {
		return data, fmt.Errorf("an entry has %d bytes, the limit is %d", len(entry), MaxEntry)
	}
	data = binary.BigEndian.AppendUint16(data, uint16(len(entry)))
	return append(data, entry...), nil
}

// ParseEntries divides the encoded form of a tile of entries. The entries share data's memory.
func (t Tile) ParseEntries(data []byte) ([][]byte, error) {
	entries := make([][]byte, 0, t.Width)
	for len(data) > 0 {
		if len(data) < 2 {
			return nil, errCut
		}
		n := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+n {
			return nil, errCut
		}
		entries = append(entries, data[2:2+n:2+n])
		data = data[2+n:]
	}
	if len(entries) != t.Width {
		return nil, fmt.Errorf("%s has %d entries, not %d", t.Path(), len(entries), t.Width)
	}
	return entries, nil
}

var errCut = errors.New("a tile of entries ends within an entry")
