package evidence

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// emptyRoot is the root of no leaves: SHA-256 of nothing.
var emptyRoot = tlog.Hash(sha256.Sum256(nil))

// LeafHash is the RFC 6962 hash of a leaf: SHA-256 of a zero byte and the event's stored bytes, exactly as they are stored.
func LeafHash(leaf []byte) tlog.Hash { return tlog.RecordHash(leaf) }

// Tree is the right edge of a growing Merkle tree: the roots of its complete subtrees, largest first, one for each bit of
// its size. It takes a million leaves in the memory of sixty hashes. The zero Tree is empty and ready. Not for concurrent use.
type Tree struct {
	size int64
	edge []tlog.Hash
}

// Resume builds the right edge of an existing tree from its stored hashes, in one read.
func Resume(size int64, r tlog.HashReader) (*Tree, error) {
	if size < 0 || size > MaxSize {
		return nil, fmt.Errorf("a tree can't have %d leaves", size)
	}
	var indexes []int64
	for rest, start := size, int64(0); rest > 0; {
		level := bits.Len64(uint64(rest)) - 1
		indexes = append(indexes, tlog.StoredHashIndex(level, start>>level))
		start += 1 << level
		rest -= 1 << level
	}
	if len(indexes) == 0 {
		return &Tree{}, nil
	}
	edge, err := r.ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	if len(edge) != len(indexes) {
		return nil, errors.New("the hash reader gave another number of hashes than was asked for")
	}
	return &Tree{size, append([]tlog.Hash(nil), edge...)}, nil
}

// Append adds a leaf and returns the hashes to store for it, from [tlog.StoredHashIndex](0, the leaf's index) upwards: its
// own and that of each subtree it completes. No earlier hash is read.
func (t *Tree) Append(leaf tlog.Hash) []tlog.Hash {
	added := make([]tlog.Hash, 1, 2)
	added[0] = leaf
	for n := t.size; n&1 == 1; n >>= 1 {
		leaf = tlog.NodeHash(t.edge[len(t.edge)-1], leaf)
		t.edge = t.edge[:len(t.edge)-1]
		added = append(added, leaf)
	}
	t.edge = append(t.edge, leaf)
	t.size++
	return added
}

// Add is Append for those who store nothing.
func (t *Tree) Add(leaf tlog.Hash) {
	for n := t.size; n&1 == 1; n >>= 1 {
		leaf = tlog.NodeHash(t.edge[len(t.edge)-1], leaf)
		t.edge = t.edge[:len(t.edge)-1]
	}
	t.edge = append(t.edge, leaf)
	t.size++
}

// Size is the number of leaves.
func (t *Tree) Size() int64 { return t.size }

// Root is the root hash of all leaves so far.
func (t *Tree) Root() tlog.Hash {
	if t.size == 0 {
		return emptyRoot
	}
	root := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		root = tlog.NodeHash(t.edge[i], root)
	}
	return root
}

// Checkpoint states the tree under a log's name.
func (t *Tree) Checkpoint(origin string) Checkpoint {
	return Checkpoint{Origin: origin, Size: t.size, Root: t.Root()}
}

// Root computes the root of the first size leaves from stored hashes.
func Root(size int64, r tlog.HashReader) (tlog.Hash, error) {
	if size < 0 || size > MaxSize {
		return tlog.Hash{}, fmt.Errorf("a tree can't have %d leaves", size)
	}
	if size == 0 {
		return emptyRoot, nil
	}
	return tlog.TreeHash(size, r)
}

// ProveInclusion proves that the leaf at index is in the tree of size leaves.
func ProveInclusion(size, index int64, r tlog.HashReader) (tlog.RecordProof, error) {
	if index < 0 || index >= size || size > MaxSize {
		return nil, fmt.Errorf("leaf %d is not in a tree of %d", index, size)
	}
	return tlog.ProveRecord(size, index, r)
}

// CheckInclusion checks such a proof against a checkpoint, whose signature the caller has checked.
func CheckInclusion(c Checkpoint, index int64, leaf tlog.Hash, proof tlog.RecordProof) error {
	if index < 0 || index >= c.Size || c.Size > MaxSize {
		return fmt.Errorf("leaf %d is not in a tree of %d", index, c.Size)
	}
	return tlog.CheckRecord(proof, c.Size, c.Root, index, leaf)
}

// ProveConsistency proves that the tree of old leaves is the beginning of that of new leaves; see [CheckConsistent].
func ProveConsistency(old, new int64, r tlog.HashReader) (tlog.TreeProof, error) {
	if old < 0 || old > new || new > MaxSize {
		return nil, fmt.Errorf("a tree of %d leaves can't begin with %d", new, old)
	}
	if old == 0 || old == new {
		return nil, nil
	}
	return tlog.ProveTree(new, old, r)
}

// Hashes keeps all hashes of a tree in memory, by stored index: for tests and for small trees.
type Hashes []tlog.Hash

// ReadHashes implements [tlog.HashReader].
func (h Hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, at := range indexes {
		if at < 0 || at >= int64(len(h)) {
			return nil, fmt.Errorf("there is no stored hash %d", at)
		}
		out[i] = h[at]
	}
	return out, nil
}
