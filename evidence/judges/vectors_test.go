package judges

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

// vector is a proof of one of two kinds, true or not, as transparency-dev/merkle publishes them.
type vector struct {
	LeafIdx, TreeSize, Size1, Size2 uint64
	Root, LeafHash, Root1, Root2    []byte
	Proof                           [][]byte
	Desc                            string
	WantErr                         bool
}

// The leaves and roots that the reference publishes in its released module.
func TestPublishedRoots(t *testing.T) {
	var tree evidence.Tree
	for i, want := range testonly.RootHashes() {
		if root := tree.Root(); !bytes.Equal(root[:], want) {
			t.Errorf("%d leaves: %v, published is %x", i, root, want)
		}
		if i < len(testonly.LeafInputs()) {
			tree.Add(evidence.LeafHash(testonly.LeafInputs()[i]))
		}
	}
}

// The released module lacks the published vectors, so vectors of each of their classes are made here by the reference's own
// tree, of its published leaves and of random ones, and its own verifier says which of them are to be refused. Where its
// repository can be reached, the published ones are tried beside them.
func TestVectors(t *testing.T) {
	count, refused := map[string]int{}, 0
	r := rand.New(rand.NewPCG(20261122, 0))
	for _, size := range []int{8, 1, 2, 3, 7, 31, 64, 65, 100, 257, 1000} {
		tree := testonly.New(rfc6962.DefaultHasher)
		for i := range size {
			if size == 8 {
				tree.AppendData(testonly.LeafInputs()[i])
			} else {
				tree.AppendData(binary(r.Uint64()))
			}
		}
		for range 12 {
			n := 1 + uint64(r.IntN(size))
			for _, v := range corrupted(inclusionOf(t, tree, uint64(r.IntN(int(n))), n)) {
				err := proof.VerifyInclusion(rfc6962.DefaultHasher, v.LeafIdx, v.TreeSize, v.LeafHash, v.Proof, v.Root)
				refused += judge(t, "inclusion", v, err, count)
			}
			for _, v := range corrupted(consistencyOf(t, tree, 1+uint64(r.IntN(int(n))), n)) {
				err := proof.VerifyConsistency(rfc6962.DefaultHasher, v.Size1, v.Size2, v.Proof, v.Root1, v.Root2)
				refused += judge(t, "consistency", v, err, count)
			}
		}
	}
	t.Logf("%d vectors of %d classes, %d to be refused", sum(count), len(count), refused)
	if dir, err := published(t); err != nil {
		t.Logf("without the published ones: %v", err)
	} else {
		checkPublished(t, dir)
	}
	if len(count) < 20 || sum(count) < 1000 || refused < sum(count)/2 {
		t.Errorf("the vectors try too little: %v", count)
	}
}

func judge(t *testing.T, kind string, v vector, theirs error, count map[string]int) (refused int) {
	t.Helper()
	count[kind+" "+v.Desc]++
	if bad, known := fromNothing(kind, v); known {
		if theirs = nil; bad {
			theirs = os.ErrInvalid
		}
	}
	if ours := checkVector(kind, v); (ours == nil) != (theirs == nil) {
		t.Errorf("%s, %s: leaf %d of %d, %d to %d: ours %v, theirs %v", kind, v.Desc, v.LeafIdx, v.TreeSize, v.Size1, v.Size2, ours, theirs)
	}
	if theirs != nil {
		refused = 1
	}
	if v.Desc == "as it is" && theirs != nil {
		t.Errorf("the reference refuses its own proof: %v", theirs)
	}
	return refused
}

// fromNothing is the one thing in which we differ: a proof from an empty tree. Earlier versions of the library accept it
// whatever the root, later ones refuse it. C2SP's witnesses begin with just that, so we accept it, but only from the root
// that an empty tree has.
func fromNothing(kind string, v vector) (bad, known bool) {
	return !bytes.Equal(v.Root1, rfc6962.DefaultHasher.EmptyRoot()), kind == "consistency" && v.Size1 == 0 && v.Size2 > 0 && len(v.Proof) == 0
}

func inclusionOf(t *testing.T, tree *testonly.Tree, index, size uint64) vector {
	p, err := tree.InclusionProof(index, size)
	must(t, err)
	return vector{LeafIdx: index, TreeSize: size, Root: tree.HashAt(size), LeafHash: tree.LeafHash(index), Proof: p}
}

func consistencyOf(t *testing.T, tree *testonly.Tree, before, size uint64) vector {
	p, err := tree.ConsistencyProof(before, size)
	must(t, err)
	return vector{Size1: before, Size2: size, Root1: tree.HashAt(before), Root2: tree.HashAt(size), Proof: p}
}

// corrupted gives a true proof and every way in which the published vectors make a false one of it.
func corrupted(v vector) []vector {
	some := rfc6962.DefaultHasher.HashLeaf([]byte("some"))
	all := []vector{}
	add := func(desc string, change func(*vector)) {
		c := v
		c.Proof = slices.Clone(v.Proof)
		c.Desc = desc
		change(&c)
		all = append(all, c)
	}
	add("as it is", func(*vector) {})
	add("index or size less one", func(c *vector) { c.LeafIdx, c.Size1 = c.LeafIdx-1, c.Size1-1 })
	add("index or size and one", func(c *vector) { c.LeafIdx, c.Size1 = c.LeafIdx+1, c.Size1+1 })
	add("index or size with a bit changed", func(c *vector) { c.LeafIdx, c.Size1 = c.LeafIdx^2, c.Size1^2 })
	add("twice the size", func(c *vector) { c.TreeSize, c.Size2 = c.TreeSize*2, c.Size2*2 })
	add("half the size", func(c *vector) { c.TreeSize, c.Size2 = c.TreeSize/2, c.Size2/2 })
	add("wrong leaf or first root", func(c *vector) { c.LeafHash, c.Root1 = []byte("WrongLeaf"), []byte("WrongRoot") })
	add("wrong root", func(c *vector) { c.Root, c.Root2 = some, some })
	add("empty root", func(c *vector) {
		c.Root, c.Root2 = rfc6962.DefaultHasher.EmptyRoot(), rfc6962.DefaultHasher.EmptyRoot()
	})
	add("swapped roots", func(c *vector) { c.Root1, c.Root2, c.LeafHash, c.Root = c.Root2, c.Root1, c.Root, c.LeafHash })
	add("empty proof", func(c *vector) { c.Proof = nil })
	add("garbage behind", func(c *vector) { c.Proof = append(c.Proof, []byte{}) })
	add("garbage before", func(c *vector) { c.Proof = slices.Insert(c.Proof, 0, []byte{}) })
	add("root behind", func(c *vector) { c.Proof = append(c.Proof, slices.Concat(v.Root, v.Root2)) })
	add("root before", func(c *vector) { c.Proof = slices.Insert(c.Proof, 0, slices.Concat(v.Root, v.Root2)) })
	for i := range v.Proof {
		add("a bit of a hash changed", func(c *vector) { c.Proof[i] = slices.Clone(c.Proof[i]); c.Proof[i][0] ^= 8 })
	}
	if n := len(v.Proof); n > 0 {
		add("without the last hash", func(c *vector) { c.Proof = c.Proof[:n-1] })
		add("the first hash twice", func(c *vector) { c.Proof = slices.Insert(c.Proof, 0, c.Proof[0]) })
		add("a hash put in", func(c *vector) { c.Proof = slices.Insert(c.Proof, 1, some) })
	}
	return all
}

func binary(n uint64) (b []byte) {
	for range 8 {
		b, n = append(b, byte(n)), n>>8
	}
	return b
}

func sum(count map[string]int) (n int) {
	for _, c := range count {
		n += c
	}
	return n
}

// checkPublished tries the vectors that transparency-dev/merkle publishes.
func checkPublished(t *testing.T, dir string) {
	t.Helper()
	count := 0
	for _, kind := range []string{"inclusion", "consistency"} {
		must(t, filepath.WalkDir(filepath.Join(dir, kind), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			var v vector
			if err := json.Unmarshal(data, &v); err != nil {
				return err
			}
			count++
			if bad, known := fromNothing(kind, v); known {
				v.WantErr = bad
			}
			if got := checkVector(kind, v); (got != nil) != v.WantErr {
				t.Errorf("%s (%s): %v, want an error: %v", path, v.Desc, got, v.WantErr)
			}
			return nil
		}))
	}
	t.Logf("%d vectors", count)
	if count < 194 {
		t.Errorf("%d vectors, want at least 194", count)
	}
}

func checkVector(kind string, v vector) error {
	// Our hashes have a fixed size: a shorter one (one vector compares 12 bytes that nobody is to care about) is padded.
	hash := func(b []byte) (h tlog.Hash, ok bool) { copy(h[:], b); return h, len(b) > 0 && len(b) <= len(h) }
	var path []tlog.Hash
	for _, p := range v.Proof {
		h, ok := hash(p)
		if !ok {
			return os.ErrInvalid // the text formats refuse such a hash before it gets here
		}
		path = append(path, h)
	}
	first, second := v.LeafHash, v.Root
	if kind == "consistency" {
		first, second = v.Root1, v.Root2
	}
	a, ok1 := hash(first)
	b, ok2 := hash(second)
	if !ok1 || !ok2 {
		return os.ErrInvalid
	}
	if kind == "consistency" {
		return evidence.CheckConsistent(evidence.Checkpoint{Size: int64(v.Size1), Root: a}, evidence.Checkpoint{Size: int64(v.Size2), Root: b}, path)
	}
	return evidence.CheckInclusion(evidence.Checkpoint{Size: int64(v.TreeSize), Root: b}, int64(v.LeafIdx), a, path)
}

// published is the folder of the reference's vectors: what MERKLE_VECTORS names, or of its repository.
func published(t *testing.T) (string, error) {
	if dir := os.Getenv("MERKLE_VECTORS"); dir != "" {
		return dir, nil
	}
	const url, commit = "https://github.com/transparency-dev/merkle", "417fb0c314750d94e53942e9f92e79b6d35915db"
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, args := range [][]string{{"init", "--quiet"}, {"fetch", "--quiet", "--depth", "1", url, commit}, {"checkout", "--quiet", "FETCH_HEAD"}} {
		if out, err := exec.CommandContext(ctx, "git", append([]string{"-C", dir}, args...)...).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%s can't be fetched: %w %.200s", url, err, out)
		}
	}
	return filepath.Join(dir, "testdata"), nil
}
