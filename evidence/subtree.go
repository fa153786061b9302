package evidence

import (
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// Subtree is a complete subtree of a log: the 2^Level leaves from N<<Level on. Its root stands for leaves that somebody
// does not have, so that those that they do have can be held against the root of the whole.
type Subtree struct {
	Level int
	N     int64
}

// Leaves is how many leaves it has.
func (s Subtree) Leaves() int64 { return 1 << s.Level }

// Index is where its root stands among the stored hashes of the log.
func (s Subtree) Index() int64 { return tlog.StoredHashIndex(s.Level, s.N) }

// Tile is the tile of a log of size leaves from which the subtree's root can be had, as wide as it is there.
func (s Subtree) Tile(size int64) Tile {
	t := tlog.TileForIndex(8, s.Index())
	return Tile{Level: t.L, N: t.N, Width: int(min(TileWidth, size>>(8*t.L)-t.N*TileWidth))}
}

// Root reads the subtree's root from the encoded form of its tile.
func (s Subtree) Root(t Tile, data []byte) (tlog.Hash, error) {
	if _, err := t.ParseHashes(data); err != nil {
		return tlog.Hash{}, err
	}
	return tlog.HashFromTile(tlog.Tile{H: 8, L: t.Level, N: t.N, W: t.Width}, data, s.Index())
}

// Subtrees divides the leaves from an index up to another one, which is not among them, into the fewest complete subtrees,
// in order: at most two for each bit of the distance.
func Subtrees(from, to int64) (all []Subtree) {
	for from >= 0 && from < to {
		level := bits.Len64(uint64(to-from)) - 1
		if from > 0 {
			level = min(level, bits.TrailingZeros64(uint64(from)))
		}
		all = append(all, Subtree{level, from >> level})
		from += 1 << level
	}
	return all
}

// AddSubtree is [Tree.Add] for all leaves of the complete subtree that comes next, given its root. The number of leaves must
// be a power of two that divides the tree's size.
func (t *Tree) AddSubtree(leaves int64, root tlog.Hash) error {
	level := bits.TrailingZeros64(uint64(leaves))
	if leaves <= 0 || leaves&(leaves-1) != 0 || t.size&(leaves-1) != 0 || leaves > MaxSize-t.size {
		return fmt.Errorf("%d leaves are no complete subtree after %d", leaves, t.size)
	}
	for n := t.size >> level; n&1 == 1; n >>= 1 {
		root = tlog.NodeHash(t.edge[len(t.edge)-1], root)
		t.edge = t.edge[:len(t.edge)-1]
	}
	t.edge = append(t.edge, root)
	t.size += leaves
	return nil
}
