package eventstore_test

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// salvaged reads all that can be read: leaves by position, texts and checkpoints as the store itself would give them.
func salvaged(t *testing.T, cfg eventstore.Config) (leaves map[int][]byte, texts map[domain.EventID]string, checkpoints [][]byte) {
	t.Helper()
	s, err := eventstore.OpenSalvage(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	leaves, texts = map[int][]byte{}, map[domain.EventID]string{}
	last := domain.Position(0)
	for leaf, err := range s.Leaves(0) {
		if err != nil || leaf.Position <= last {
			t.Fatalf("position %d after %d: %v", leaf.Position, last, err)
		}
		last = leaf.Position
		leaves[int(last)-1] = leaf.Body
	}
	for text, err := range s.Texts() {
		if err != nil {
			t.Fatal(err)
		}
		delete(texts, text.Event) // a later record stands for the earlier
		for _, d := range text.Disclosures {
			texts[text.Event] += d + " "
		}
	}
	for note, err := range s.Checkpoints() {
		if err != nil {
			t.Fatal(err)
		}
		checkpoints = append(checkpoints, note)
	}
	return leaves, texts, checkpoints
}

// What the files of a whole journal hold is what the journal gives; erased texts are not among it.
func TestSalvageOfAWholeJournal(t *testing.T) {
	cfg := eventstoretest.Config(filepath.Join(t.TempDir(), "data"))
	cfg.Init = true
	s := eventstoretest.OpenWith(t, cfg)
	ctx := context.Background()
	w := writeTexts(t, s)
	w.erase(t, s)
	if _, err := s.PutCheckpoint(ctx, 0, note(10, "r")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.PutEvidence(ctx, "sdp", "one", bytes.NewReader(content(300<<10)), 1<<20); err != nil {
		t.Fatal(err)
	}
	if _, err := eventstore.OpenSalvage(cfg); domain.KindOf(err) != domain.Refused {
		t.Errorf("opened while the journal is: %v", err)
	}
	want, texts := allLeaves(t, s), textsByEvent(t, s)
	eventstoretest.Close(t, s)
	leaves, got, checkpoints := salvaged(t, cfg)
	for i, leaf := range want {
		if !bytes.Equal(leaves[i], leaf) {
			t.Errorf("leaf %d differs", i)
		}
	}
	if len(leaves) != len(want) || !maps.Equal(got, texts) {
		t.Errorf("%d leaves of %d, %d texts of %d", len(leaves), len(want), len(got), len(texts))
	}
	for id, words := range got {
		if texts[id] != words {
			t.Errorf("%s: %q, want %q", id, words, texts[id])
		}
	}
	if len(checkpoints) != 2 || !bytes.Equal(checkpoints[0], note(10, "r")) || !bytes.Equal(checkpoints[1], note(10, "r")) {
		t.Errorf("checkpoints %q: want the stored one and its copy", checkpoints)
	}
	left, err := eventstore.OpenSalvage(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer left.Close()
	var file bytes.Buffer
	if err := left.Evidence(&file, "sdp", "one"); err != nil || !bytes.Equal(file.Bytes(), content(300<<10)) {
		t.Errorf("%d bytes of the file, %v", file.Len(), err)
	}
	if err := left.Evidence(&file, "sdp", "two"); domain.KindOf(err) != domain.NotFound {
		t.Errorf("a file that is not there: %v", err)
	}
	if left.Identity() != s.Identity() {
		t.Error("another journal")
	}
}

// However a file is damaged, all records that still have their checksum are found, and nothing else.
func TestSalvageOfADamagedJournal(t *testing.T) {
	domaintest.Long(t)
	whole := makeDamaged(t)
	want := allLeavesAt(t, whole.copy(t))
	for name, c := range map[string]struct {
		damage func(b []byte) []byte
		least  int // leaves that must be found
	}{
		"a bit in an event":       {func(b []byte) []byte { return flip(b, 100_000) }, len(want) - 1},
		"a bit in a length":       {func(b []byte) []byte { b[1] ^= 1; return b }, len(want) - 1},
		"a length of nothing":     {func(b []byte) []byte { copy(b, make([]byte, 4)); return b }, len(want) - 1},
		"4 KB overwritten":        {func(b []byte) []byte { copy(b[50_000:], make([]byte, 4096)); return b }, len(want) - 10},
		"4 KB cut out":            {func(b []byte) []byte { return append(b[:50_000:50_000], b[54_096:]...) }, len(want) - 10},
		"cut off":                 {func(b []byte) []byte { return b[:len(b)-5000] }, len(want) - 20},
		"gone":                    {func(b []byte) []byte { return nil }, len(want) / 2},
		"a record from elsewhere": {func(b []byte) []byte { return append([]byte("x"), b...) }, len(want)},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := whole.copy(t)
			change(t, blocks(t, cfg.DataDir)[1], c.damage)
			_ = os.Remove(filepath.Join(cfg.DataDir, historyDir, "meta.inf"))
			leaves, _, _ := salvaged(t, cfg)
			for i, leaf := range leaves {
				if !bytes.Equal(leaf, want[i]) {
					t.Fatalf("leaf %d is not what was stored", i)
				}
			}
			if len(leaves) < c.least {
				t.Errorf("%d of %d leaves were found, want %d", len(leaves), len(want), c.least)
			}
		})
	}
}
