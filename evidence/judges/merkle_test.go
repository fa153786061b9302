package judges

import (
	"math/rand/v2"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

func TestRootsAgree(t *testing.T) {
	var ours evidence.Tree
	theirs := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for i := range 3000 {
		ours.Add(evidence.LeafHash(leaf(i)))
		must(t, theirs.Append(rfc6962.DefaultHasher.HashLeaf(leaf(i)), nil))
		want, err := theirs.GetRootHash(nil)
		must(t, err)
		if root := ours.Root(); string(root[:]) != string(want) {
			t.Fatalf("%d leaves: %v, theirs %x", i+1, root, want)
		}
	}
}

// Both must accept every true proof and refuse the same false ones.
func TestProofsAgree(t *testing.T) {
	const most = 130
	_, hashes := log(most)
	r := rand.New(rand.NewPCG(1, 1))
	for size := int64(1); size <= most; size++ {
		root, err := evidence.Root(size, hashes)
		must(t, err)
		c := evidence.Checkpoint{Origin: origin, Size: size, Root: root}
		for i := range size {
			path, err := evidence.ProveInclusion(size, i, hashes)
			must(t, err)
			for range 4 {
				at, p := i, append(tlog.RecordProof(nil), path...)
				if r.IntN(3) > 0 {
					at, p = damage(r, at, p)
				}
				h := evidence.LeafHash(leaf(int(i)))
				ours := evidence.CheckInclusion(c, at, h, p) == nil
				theirs := at >= 0 && proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(at), uint64(size), h[:], raw(p), root[:]) == nil
				if ours != theirs {
					t.Fatalf("leaf %d of %d, claimed at %d with %d hashes: ours %v, theirs %v", i, size, at, len(p), ours, theirs)
				}
			}
		}
		for old := range size + 1 {
			before, err := evidence.Root(old, hashes)
			must(t, err)
			path, err := evidence.ProveConsistency(old, size, hashes)
			must(t, err)
			for range 3 {
				n, p := old, append(tlog.RecordProof(nil), path...)
				if r.IntN(3) > 0 {
					n, p = damage(r, n, p)
				}
				ours := n >= 0 && evidence.CheckConsistent(evidence.Checkpoint{Origin: origin, Size: n, Root: before}, c, tlog.TreeProof(p)) == nil
				theirs := n >= 0 && proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(n), uint64(size), raw(p), before[:], root[:]) == nil
				if ours && !theirs {
					t.Fatalf("%d to %d, claimed from %d with %d hashes: ours accepts", old, size, n, len(p))
				}
				if theirs && !ours && n > 0 { // theirs doesn't look at the root of an empty tree
					t.Fatalf("%d to %d, claimed from %d with %d hashes: theirs accepts", old, size, n, len(p))
				}
			}
		}
	}
}

func damage(r *rand.Rand, n int64, p tlog.RecordProof) (int64, tlog.RecordProof) {
	switch r.IntN(5) {
	case 0:
		n += int64(r.IntN(3) - 1)
	case 1:
		p = append(p, tlog.Hash{})
	case 2:
		if len(p) > 0 {
			p = p[:len(p)-1]
		}
	case 3:
		if len(p) > 0 {
			p[r.IntN(len(p))][r.IntN(32)] ^= 1
		}
	case 4:
		r.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
	}
	return n, p
}
