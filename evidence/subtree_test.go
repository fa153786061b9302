package evidence

import (
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"
)

// Whatever is left out of a log, the roots of the subtrees between give the same root of the whole, at every size on the way.
func TestSubtreesStandForTheirLeaves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.Int64Range(1, 600).Draw(t, "size")
		var whole Tree
		var stored Hashes
		leaf := func(i int64) tlog.Hash { return LeafHash(fmt.Append(nil, i)) }
		for i := range size {
			stored = append(stored, whole.Append(leaf(i))...)
		}
		var some Tree
		for some.Size() < size {
			to := rapid.Int64Range(some.Size(), size).Draw(t, "to")
			parts := Subtrees(some.Size(), to)
			if len(parts) > 20 {
				t.Fatalf("%d subtrees for %d leaves", len(parts), to-some.Size())
			}
			for _, s := range parts {
				root, err := stored.ReadHashes([]int64{s.Index()})
				if err != nil {
					t.Fatal(err)
				}
				tile := s.Tile(size)
				data, err := tile.Hashes(stored)
				if read, err2 := s.Root(tile, data); err != nil || err2 != nil || read != root[0] || !tile.Exists(size) {
					t.Fatalf("%+v has another root in %+v: %v %v", s, tile, err, err2)
				}
				if err := some.AddSubtree(s.Leaves(), root[0]); err != nil {
					t.Fatal(err)
				}
			}
			if some.Size() != to {
				t.Fatalf("the subtrees end at %d, not at %d", some.Size(), to)
			}
			if to < size {
				some.Add(leaf(to))
			}
		}
		if some.Root() != whole.Root() {
			t.Fatal("another root")
		}
	})
}

func TestOnlyTheNextCompleteSubtreeIsAdded(t *testing.T) {
	for _, c := range []struct{ size, leaves int64 }{{0, 0}, {0, -1}, {0, -1 << 63}, {0, 3}, {1, 2}, {6, 4}, {4, 8}, {0, 1 << 62}} {
		tree := Tree{}
		for range c.size {
			tree.Add(tlog.Hash{})
		}
		before := tree.Root()
		if err := tree.AddSubtree(c.leaves, tlog.Hash{1}); err == nil || tree.Size() != c.size || tree.Root() != before {
			t.Errorf("%d leaves after %d: %v", c.leaves, c.size, err)
		}
	}
	if len(Subtrees(5, 5))+len(Subtrees(5, 2))+len(Subtrees(-1, 3)) != 0 {
		t.Error("nothing has subtrees")
	}
}
