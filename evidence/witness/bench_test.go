package witness

import (
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// BenchmarkAdd is one checkpoint witnessed, with everything: HTTP on the loopback, proof, signatures, and files synced.
func BenchmarkAdd(b *testing.B) {
	h := newHistory(b, "", 5000)
	d := openDir(b, b.TempDir())
	skey, _, err := d.Key(name)
	must(b, err)
	w, err := New(Config{Key: skey, Logs: []note.Verifier{h.key}, Store: d})
	must(b, err)
	c := serve(b, w)
	c.Verifier = w.own
	var old int64
	for b.Loop() {
		size := min(old+1, 5000) // after the last it is the same checkpoint again
		got, err := c.Add(b.Context(), old, h.sign(b, int(size)), h.prove)
		must(b, err)
		old = got.Size
	}
}
