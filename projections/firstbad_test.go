package projections_test

import (
	"bytes"
	"iter"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
)

// What is said of a journal that does not open, by read models that know it, that know it wrong, and by none.
func TestTheFirstBadEventOfAJournalThatDoesNotOpen(t *testing.T) {
	k := keep(t, story)
	path := filepath.Join(t.TempDir(), "read.db")
	db := must[*projections.DB](t)(projections.Open(t.Context(), path, projections.Options{}))
	if err := db.Rebuild(t.Context(), k.src, nil); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var all []projections.Leaf
	for leaf, err := range k.src.Leaves(t.Context(), 0, false) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, leaf)
	}
	tree, _ := hashed(t, k.src)
	signed := tree.Checkpoint(origin)
	other := signed
	other.Root = tlog.Hash{1}
	n := domain.Position(len(all))
	with := func(at domain.Position, change func([]byte) []byte) []projections.Leaf {
		some := append([]projections.Leaf(nil), all...)
		some[at-1].Body = change(bytes.Clone(some[at-1].Body))
		return some
	}
	amber := replaced("amber", "green")
	for name, c := range map[string]struct {
		path   string
		signed evidence.Checkpoint
		left   []projections.Leaf
		bad    domain.Position
		read   domain.Position
		says   string
	}{
		"whole":                            {path, signed, all, 0, n, ""},
		"more than is known":               {path, evidence.Checkpoint{}, append(all[:n:n], projections.Leaf{Position: n + 1, Body: []byte("{}")}), 0, n + 1, ""},
		"a hole":                           {path, signed, append(all[:3:3], all[4:]...), 4, 3, "(number "},
		"the end lost":                     {path, signed, all[:n-1], n, n - 1, "(number "},
		"all lost":                         {path, signed, nil, 1, 0, "(number 1 of "},
		"altered":                          {path, signed, with(5, amber), 5, 4, `its to is "green", it was "amber"`},
		"no read models: a hole":           {path + "x", signed, append(all[:3:3], all[4:]...), 4, 3, "position 4 is lost; the one before it is number "},
		"no read models: the end":          {path + "x", signed, all[:n-1], n, n - 1, "the one before it is number "},
		"no read models: altered":          {path + "x", signed, with(5, amber), 0, n, ""},
		"read models that were not signed": {path, other, with(5, amber), 0, n, ""},
		"nothing known":                    {path + "x", evidence.Checkpoint{}, nil, 0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bad, read, err := projections.FirstBad(t.Context(), c.path, projections.Remains{Leaves: each(c.left), Signed: c.signed, Gone: "is lost"})
			if err != nil || read != c.read || (bad == nil) != (c.bad == 0) {
				t.Fatalf("%v, after %d, %v", bad, read, err)
			}
			if bad != nil && (bad.Position != c.bad || !strings.Contains(bad.String(), c.says)) {
				t.Errorf("it names %s", bad)
			}
		})
	}
}

func each(leaves []projections.Leaf) iter.Seq2[projections.Leaf, error] {
	return func(yield func(projections.Leaf, error) bool) {
		for _, leaf := range leaves {
			if !yield(leaf, nil) {
				return
			}
		}
	}
}
