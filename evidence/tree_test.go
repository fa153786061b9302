package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

// The leaves and roots that Certificate Transparency implementations have been tested with since RFC 6962.
func TestKnownRoots(t *testing.T) {
	leaves := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	roots := []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
	var tree Tree
	for i, want := range roots {
		root := tree.Root()
		if got := hex.EncodeToString(root[:]); got != want {
			t.Errorf("root of %d leaves: %s, want %s", i, got, want)
		}
		if i < len(leaves) {
			leaf, err := hex.DecodeString(leaves[i])
			must(t, err)
			tree.Add(LeafHash(leaf))
		}
	}
}

// The streaming tree must agree with x/mod's, which reads what it stored.
func TestTreeAgreesWithTlog(t *testing.T) {
	var tree, bare Tree
	var hashes Hashes
	for n := range int64(600) {
		leaf := LeafHash(fmt.Appendf(nil, "leaf %d", n))
		want, err := tlog.StoredHashesForRecordHash(n, leaf, hashes)
		must(t, err)
		got := tree.Append(leaf)
		bare.Add(leaf)
		if fmt.Sprint(got) != fmt.Sprint(want) || int64(len(hashes)) != tlog.StoredHashIndex(0, n) {
			t.Fatalf("leaf %d adds %v at %d, want %v", n, got, len(hashes), want)
		}
		hashes = append(hashes, got...)
		root, err := Root(n+1, hashes)
		must(t, err)
		resumed, err := Resume(n+1, hashes)
		must(t, err)
		if tree.Root() != root || bare.Root() != root || resumed.Root() != root || resumed.Size() != n+1 {
			t.Fatalf("%d leaves: %v, %v, %v, want %v", n+1, tree.Root(), bare.Root(), resumed.Root(), root)
		}
		at := n * 7 % (n + 1)
		proof, err := ProveInclusion(n+1, at, hashes)
		must(t, err)
		c := tree.Checkpoint(origin)
		if err := CheckInclusion(c, at, LeafHash(fmt.Appendf(nil, "leaf %d", at)), proof); err != nil {
			t.Fatal(err)
		}
		if CheckInclusion(c, at, LeafHash([]byte("another")), proof) == nil {
			t.Fatalf("leaf %d of %d: another passes", at, n+1)
		}
	}
	more, err := Resume(600, hashes)
	must(t, err)
	kept := more.Root()
	more.Add(tlog.Hash{})
	if again, err := Resume(600, hashes); err != nil || again.Root() != kept {
		t.Errorf("a resumed tree changed what it was resumed from: %v", err)
	}
}

func TestTreeRefuses(t *testing.T) {
	if r, err := Root(0, nil); err != nil || r != tlog.Hash(sha256.Sum256(nil)) {
		t.Errorf("no leaves: %v %v", r, err)
	}
	for _, size := range []int64{-1, MaxSize + 1} {
		if _, err := Root(size, Hashes{}); err == nil {
			t.Errorf("root of %d leaves", size)
		}
		if _, err := Resume(size, Hashes{}); err == nil {
			t.Errorf("resumed at %d", size)
		}
		if err := CheckInclusion(Checkpoint{Size: size}, 0, tlog.Hash{}, nil); err == nil {
			t.Errorf("included in a tree of %d", size)
		}
	}
	for _, index := range []int64{-1, 3, MaxSize} {
		if _, err := ProveInclusion(3, index, Hashes{}); err == nil {
			t.Errorf("proof for leaf %d of 3", index)
		}
		if err := CheckInclusion(Checkpoint{Size: 3}, index, tlog.Hash{}, nil); err == nil {
			t.Errorf("leaf %d of 3 is included", index)
		}
	}
	short := tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, nil })
	if _, err := Resume(3, short); err == nil {
		t.Error("resumed from a reader that gives nothing")
	}
	if _, err := Resume(3, Hashes{}); err == nil {
		t.Error("resumed from no hashes")
	}
}

func BenchmarkRootOfAMillionLeaves(b *testing.B) {
	leaf := LeafHash([]byte("leaf"))
	b.ReportAllocs()
	for b.Loop() {
		var tree Tree
		for range 1_000_000 {
			tree.Add(leaf)
		}
		_ = tree.Root()
	}
}

// BenchmarkLeavesToRoot counts the hashing of the events themselves, too: what a verifier of a whole history does in CPU time.
func BenchmarkLeavesToRoot(b *testing.B) {
	leaf := make([]byte, 1000)
	b.SetBytes(1000)
	for b.Loop() {
		var tree Tree
		for range 1000 {
			tree.Add(LeafHash(leaf))
		}
	}
}

func BenchmarkAppendAndStore(b *testing.B) {
	leaf := LeafHash([]byte("leaf"))
	var tree Tree
	b.ReportAllocs()
	for b.Loop() {
		_ = tree.Append(leaf)
	}
}

func BenchmarkProofInAMillion(b *testing.B) {
	var tree Tree
	var hashes Hashes
	for i := range 1_000_000 {
		hashes = append(hashes, tree.Append(tlog.Hash{byte(i), byte(i >> 8), byte(i >> 16)})...)
	}
	r := rand.New(rand.NewPCG(1, 1))
	b.ResetTimer()
	for b.Loop() {
		if _, err := ProveInclusion(tree.Size(), r.Int64N(tree.Size()), hashes); err != nil {
			b.Fatal(err)
		}
	}
}
