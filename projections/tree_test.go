package projections_test

import (
	"bytes"
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// hashed is the tree of a source's leaves as package evidence computes it, and all its stored hashes.
func hashed(t testing.TB, src projections.Source) (tree evidence.Tree, hashes evidence.Hashes) {
	t.Helper()
	for r, err := range src.Events(t.Context(), 0, false) {
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, tree.Append(tlog.Hash(r.Leaf))...)
	}
	return tree, hashes
}

func TestTheTreeIsThatOfAllLeaves(t *testing.T) {
	src := projectionstest.Long{Plans: 3, Items: 5, Length: 66_000, Bare: true} // three levels of tiles
	db := open(t, nil)
	if err := db.Rebuild(t.Context(), src, nil); err != nil {
		t.Fatal(err)
	}
	want, hashes := hashed(t, src)
	tree := must[projections.Tree](t)(db.Tree(t.Context()))
	if tree.Size != want.Size() || must[tlog.Hash](t)(tree.Root(tree.Size)) != want.Root() {
		t.Fatalf("the tree has %d leaves, want %d, or another root", tree.Size, want.Size())
	}
	root := tlog.Hash(must[tlog.Hash](t)(tree.Root(tree.Size)))
	for range 200 {
		size := rand.Int64N(tree.Size) + 1
		at := rand.Int64N(size)
		small := must[tlog.Hash](t)(tree.Root(size))
		if small != must[tlog.Hash](t)(evidence.Root(size, hashes)) {
			t.Fatalf("the root of the first %d differs", size)
		}
		leaf := must[tlog.Hash](t)(tree.Leaf(at))
		if err := tlog.CheckRecord(must[tlog.RecordProof](t)(tree.ProveRecord(size, at)), size, small, at, leaf); err != nil {
			t.Fatalf("leaf %d of %d: %v", at, size, err)
		}
		if err := tlog.CheckTree(must[tlog.TreeProof](t)(tree.ProveTree(tree.Size, size)), tree.Size, root, size, small); err != nil {
			t.Fatalf("the first %d: %v", size, err)
		}
		if err := db.AgainstCheckpoint(t.Context(), size, small); err != nil {
			t.Fatal(err)
		}
	}
	for _, tile := range evidence.NewTiles(0, tree.Size) {
		if tile.Level == evidence.EntriesLevel {
			continue
		}
		if !bytes.Equal(must[[]byte](t)(tree.Tile(tile)), must[[]byte](t)(tile.Hashes(hashes))) {
			t.Errorf("%s differs", tile.Path())
		}
	}
	if got := must[[]byte](t)(tree.Tile(evidence.Tile{N: 3, Width: 7})); len(got) != 7*32 {
		t.Errorf("a narrow tile has %d bytes", len(got))
	}
	for _, tile := range []evidence.Tile{{N: 1000, Width: 256}, {N: 257, Width: 256}, {Level: 3, Width: 1}, {Level: evidence.EntriesLevel, Width: 1}} {
		if _, err := tree.Tile(tile); domain.KindOf(err) != domain.NotFound {
			t.Errorf("%s: %v, want not found", tile.Path(), err)
		}
	}
	if err := db.AgainstCheckpoint(t.Context(), tree.Size+1, root); domain.KindOf(err) != domain.Refused {
		t.Errorf("a longer history: %v", err)
	}
	if err := db.AgainstCheckpoint(t.Context(), tree.Size-1, root); domain.KindOf(err) != domain.Refused {
		t.Errorf("another history: %v", err)
	}
}

func TestTheTreeGrowsEventByEvent(t *testing.T) {
	src := projectionstest.Draw(t, torn)
	db := open(t, src)
	for range 300 {
		src.Draw(t, `sdp progress b "more"`)
		catchUp(t, db, src)
	}
	want, _ := hashed(t, src)
	tree := must[projections.Tree](t)(db.Tree(t.Context()))
	if got := must[tlog.Hash](t)(tree.Root(tree.Size)); got != want.Root() {
		t.Error("another root")
	}
}

func TestTilesThatDoNotFitStopTheProjector(t *testing.T) {
	src := projectionstest.Draw(t, story)
	dir := t.TempDir()
	db := must[*projections.DB](t)(projections.Open(t.Context(), dir+"/read.db", projections.Options{}))
	defer db.Close()
	stop := run(t, db, src)
	catchUp(t, db, src)
	stop()
	if err := db.Exec("DELETE FROM tiles"); err != nil {
		t.Fatal(err)
	}
	if err := db.Run(t.Context(), src); err == nil {
		t.Error("it went on without its hashes")
	}
}

// BenchmarkTreeUpkeep is what the hashes add to a replay from memory: the processor time of a replay with and without.
func BenchmarkTreeUpkeep(b *testing.B) {
	src := projectionstest.Long{Plans: 100, Items: 100, Length: 100_000}
	took := func(o projections.Options) float64 {
		db, err := projections.Open(b.Context(), b.TempDir()+"/read.db", o)
		if err != nil {
			b.Fatal(err)
		}
		defer db.Close()
		cpu := cpuTime(b)
		if err := db.Rebuild(b.Context(), src, nil); err != nil {
			b.Fatal(err)
		}
		return (cpuTime(b) - cpu).Seconds()
	}
	var with, without []float64
	for b.Loop() {
		with, without = append(with, took(projections.Options{})), append(without, took(projections.Hashless()))
	}
	b.ReportMetric(slices.Min(with)/slices.Min(without), "with/without")
	b.ReportMetric(slices.Min(with)*1e6/float64(src.Length), "cpu-µs/event")
}

// BenchmarkProof proves random events of a million, once all tiles have been read: the keeper does that when a server starts,
// and again every few seconds, so that the system keeps them at hand. What that first reading takes is reported too; what
// it finds in memory already depends on what ran before.
func BenchmarkProof(b *testing.B) {
	db := openMillion(b)
	warm := time.Now()
	whole := must[projections.Tree](b)(db.Tree(b.Context()))
	for n := range whole.Size / evidence.TileWidth {
		if _, err := whole.Tile(evidence.Tile{N: n, Width: evidence.TileWidth}); err != nil {
			b.Fatal(err)
		}
	}
	first := time.Since(warm)
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		tree, err := db.Tree(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		at := rand.Int64N(tree.Size)
		if _, err := tree.ProveRecord(tree.Size, at); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.SortFunc(took, cmp.Compare[time.Duration])
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(first.Seconds(), "first-reading-s")
}
