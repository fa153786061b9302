package eventstore_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"

	"plantrail/domain"
	"plantrail/domain/domaintest"

	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// onDisk reads all leaves from the files, until the first that is damaged.
func onDisk(t *testing.T, s *eventstore.Store) (all []eventstore.Leaf, err error) {
	t.Helper()
	for leaf, err := range s.Blocks().Leaves(t.Context(), 0) {
		if err != nil {
			return all, err
		}
		leaf.Body = bytes.Clone(leaf.Body)
		all = append(all, leaf)
	}
	return all, nil
}

func sameLeaf(a, b eventstore.Leaf) bool {
	return a.Position == b.Position && a.Plan == b.Plan && bytes.Equal(a.Body, b.Body)
}

// The files hold what the server gives, from any position on, also while it has them open.
func TestTheFilesHoldWhatTheServerGives(t *testing.T) {
	domaintest.Long(t)
	s := eventstoretest.OpenWith(t, makeDamaged(t).copy(t))
	for _, after := range []int{0, 1, 9_000, 23_990, 24_000} {
		i := 0
		next := s.Blocks().Leaves(t.Context(), domain.Position(after))
		var files []eventstore.Leaf
		for leaf, err := range next {
			if err != nil {
				t.Fatal(err)
			}
			leaf.Body = bytes.Clone(leaf.Body)
			files = append(files, leaf)
		}
		for leaf, err := range s.Leaves(t.Context(), domain.Position(after), false) {
			if err != nil || i >= len(files) || !sameLeaf(leaf, files[i]) {
				t.Fatalf("after %d, leaf %d: %v", after, i, err)
			}
			i++
		}
		if i != len(files) {
			t.Errorf("after %d: %d in the files, %d from the server", after, len(files), i)
		}
	}
}

// Whatever single bit of a finished file changes, its leaves are read otherwise or not at all, and the file is noticed,
// while the server that has read it before may go on giving what it remembers.
func TestEachBitOfAFileIsMissed(t *testing.T) {
	domaintest.Long(t)
	cfg := makeDamaged(t).copy(t)
	s := eventstoretest.OpenWith(t, cfg)
	want, err := onDisk(t, s)
	if err != nil || len(want) != 24_000 {
		t.Fatalf("%d leaves, %v", len(want), err)
	}
	files := blocks(t, cfg.DataDir)
	middle := files[len(files)/2]
	whole, err := os.ReadFile(middle)
	if err != nil {
		t.Fatal(err)
	}
	watch := s.Blocks()
	if names, err := watch.Touched(); err != nil || len(names) > 0 {
		t.Fatalf("at first %v, %v", names, err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		at, bit := r.IntN(2000)+r.IntN(len(whole)-2000), r.IntN(8)
		flipBit(t, middle, at, bit)
		got, err := onDisk(t, s)
		differs := err != nil || len(got) != len(want)
		for i := range got {
			differs = differs || !sameLeaf(got[i], want[i])
		}
		if !differs {
			t.Errorf("bit %d of byte %d was not missed", bit, at)
		}
		if names, err := watch.Touched(); err != nil || len(names) != 1 {
			t.Errorf("bit %d of byte %d: touched %v, %v", bit, at, names, err)
		}
		flipBit(t, middle, at, bit)
		_, _ = watch.Touched()
	}
	if err := os.Remove(middle); err != nil {
		t.Fatal(err)
	}
	if names, err := watch.Touched(); err != nil || len(names) != 1 {
		t.Errorf("after it was removed: touched %v, %v", names, err)
	}
}

// flipBit changes one bit in place, as a disk does.
func flipBit(t *testing.T, path string, at, bit int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, int64(at)); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1 << bit
	if _, err := f.WriteAt(b, int64(at)); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkBlocks reads the files of a history, checksums included.
func BenchmarkBlocks(b *testing.B) {
	s := eventstoretest.OpenWith(b, makeDamaged(b).copy(b))
	n := 0
	for b.Loop() {
		for _, err := range s.Blocks().Leaves(b.Context(), 0) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "leaves/s")
}
