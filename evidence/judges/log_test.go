package judges

import (
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

const origin = "plantrail.example/acme"

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func leaf(i int) []byte { return fmt.Appendf(nil, `{"planseq":"%020d"}`, i) }

// log is a tree of n leaves with its hashes stored.
func log(n int) (*evidence.Tree, evidence.Hashes) {
	var tree evidence.Tree
	var hashes evidence.Hashes
	for i := range n {
		hashes = append(hashes, tree.Append(evidence.LeafHash(leaf(i)))...)
	}
	return &tree, hashes
}

func logKey(t testing.TB) (note.Signer, string) {
	t.Helper()
	skey, vkey, err := evidence.GenerateKey(nil, origin)
	must(t, err)
	signer, err := evidence.NewSigner(skey)
	must(t, err)
	return signer, vkey
}

func raw(path []tlog.Hash) [][]byte {
	out := make([][]byte, len(path))
	for i := range path {
		out[i] = path[i][:]
	}
	return out
}
