package eventstore_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// backupOf is everything that a backup of a journal holds, read from the open journal itself.
func backupOf(t testing.TB, s *eventstore.Store) eventstore.Backup {
	t.Helper()
	ctx := context.Background()
	tail, err := s.Tail(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return eventstore.Backup{Identity: s.Identity(), Leaves: s.Leaves(ctx, 0, false), Texts: s.Texts(ctx, 0, tail.Texts), Checkpoints: s.Checkpoints(ctx),
		Evidence: func(yield func(eventstore.EvidenceFile, error) bool) {
			for f, err := range s.EvidenceFiles(ctx) {
				if err == nil {
					f.Body, _, err = s.Evidence(ctx, f.Plan, f.ID)
				}
				if !yield(f, err) {
					return
				}
			}
		}}
}

func TestRestore(t *testing.T) {
	domaintest.Long(t)
	from := eventstoretest.Open(t)
	ctx := context.Background()
	w := writeTexts(t, from)
	fillPlan(t, from, "large", 2300)
	fillPlan(t, from, domain.People, 3)
	w.erase(t, from)
	for i := range 3 {
		if _, err := from.PutCheckpoint(ctx, uint64(i), note(i+10, "r")); err != nil {
			t.Fatal(err)
		}
	}
	sha, _, err := from.PutEvidence(ctx, "sdp", "one", bytes.NewReader(content(300<<10)), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	nodes := eventstoretest.Cluster(t, 3)
	for name, cfg := range map[string]eventstore.Config{"embedded": eventstoretest.Config(filepath.Join(t.TempDir(), "new")), "three nodes": nodes.Config(t.TempDir())} {
		t.Run(name, func(t *testing.T) {
			if err := eventstore.Restore(ctx, cfg, backupOf(t, from)); err != nil {
				t.Fatal(err)
			}
			s := eventstoretest.OpenWith(t, cfg)
			if s.Identity() != from.Identity() {
				t.Error("it is another journal now")
			}
			if !slices.EqualFunc(allLeaves(t, from), allLeaves(t, s), bytes.Equal) {
				t.Error("the leaves differ")
			}
			w.check(t, s)
			if !maps.Equal(textsByEvent(t, from), textsByEvent(t, s)) {
				t.Error("the texts differ")
			}
			last, seq, err := s.LastCheckpoint(ctx)
			if copied, _ := os.ReadFile(filepath.Join(cfg.DataDir, "checkpoint")); err != nil || seq != 3 || !bytes.Equal(last, note(12, "r")) || !bytes.Equal(copied, last) {
				t.Errorf("checkpoint %d %q, its copy %q, %v", seq, last, copied, err)
			}
			for f, err := range s.EvidenceFiles(ctx) {
				if err != nil || f.SHA256 != sha {
					t.Errorf("%+v %v", f, err)
				}
			}
			got, err := s.Append(ctx, journaltest.All(t, s, "large")[2299].Head(), journaltest.Change("large", "c-9", 1, "words"))
			if err != nil || got[0].Position != 2415 {
				t.Errorf("it does not go on: %v %v", got, err)
			}
			// Never over a journal, open or closed.
			if err := eventstore.Restore(ctx, cfg, backupOf(t, from)); domain.KindOf(err) != domain.Refused {
				t.Errorf("restored over a journal: %v", err)
			}
			eventstoretest.Close(t, s)
		})
	}
	cfg := nodes.Config(t.TempDir())
	if err := eventstore.Restore(ctx, cfg, backupOf(t, from)); domain.KindOf(err) != domain.Refused {
		t.Errorf("restored over the streams of a cluster: %v", err)
	}
}

func textsByEvent(t testing.TB, s *eventstore.Store) map[domain.EventID]string {
	t.Helper()
	tail, err := s.Tail(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	all := map[domain.EventID]string{}
	for text, err := range s.Texts(context.Background(), 0, tail.Texts) {
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range text.Disclosures {
			all[text.Event] += d + " "
		}
	}
	return all
}

// A restore that stops half way leaves nothing that opens, however it stopped.
func TestRestoreCutShort(t *testing.T) {
	from := eventstoretest.Open(t)
	writeTexts(t, from)
	ctx := context.Background()
	broken := func(b *eventstore.Backup, change func(i int, l eventstore.Leaf) (eventstore.Leaf, error)) {
		leaves := b.Leaves
		b.Leaves = func(yield func(eventstore.Leaf, error) bool) {
			i := 0
			for l, err := range leaves {
				if err == nil {
					l, err = change(i, l)
				}
				if i++; !yield(l, err) || err != nil {
					return
				}
			}
		}
	}
	for name, change := range map[string]func(i int, l eventstore.Leaf) (eventstore.Leaf, error){
		"a read error": func(i int, l eventstore.Leaf) (eventstore.Leaf, error) { return l, errAt(i, 50) },
		"a gap": func(i int, l eventstore.Leaf) (eventstore.Leaf, error) {
			l.Position += domain.Position(i / 50)
			return l, nil
		},
		"foreign bytes": func(i int, l eventstore.Leaf) (eventstore.Leaf, error) { l.Body = l.Body[i/50:]; return l, nil },
		"another plan": func(i int, l eventstore.Leaf) (eventstore.Leaf, error) {
			l.Plan += domain.PlanID("x"[:i/50%2])
			return l, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := eventstoretest.Config(t.TempDir())
			b := backupOf(t, from)
			broken(&b, change)
			if err := eventstore.Restore(ctx, cfg, b); err == nil {
				t.Fatal("it was restored")
			}
			wantWords(t, refused(t, cfg), "cut short", "restore again")
			cfg.Init = true
			wantWords(t, refused(t, cfg), "cut short", "restore again")
			cfg.Init = false
			if err := eventstore.Restore(ctx, cfg, backupOf(t, from)); domain.KindOf(err) != domain.Refused {
				t.Errorf("restored over a half restored one: %v", err)
			}
		})
	}
	// A history that is shorter than a checkpoint of it is no backup.
	if _, err := from.PutCheckpoint(ctx, 0, note(5000, "r")); err != nil {
		t.Fatal(err)
	}
	cfg := eventstoretest.Config(t.TempDir())
	if err := eventstore.Restore(ctx, cfg, backupOf(t, from)); err == nil {
		t.Error("a history that is too short was restored")
	} else {
		wantWords(t, err.Error(), "111", "5000")
	}
}

// In a cluster a further process does not know of a restore that was cut short: it finds a history that is too short.
func TestNobodyJoinsHalfARestore(t *testing.T) {
	from := eventstoretest.Open(t)
	writeTexts(t, from)
	ctx := context.Background()
	if _, err := from.PutCheckpoint(ctx, 0, note(111, "r")); err != nil {
		t.Fatal(err)
	}
	b := backupOf(t, from)
	leaves := b.Leaves
	b.Leaves = func(yield func(eventstore.Leaf, error) bool) {
		i := 0
		for l, err := range leaves {
			if i++; !yield(l, errors.Join(err, errAt(i, 110))) || i == 110 {
				return
			}
		}
	}
	nodes := eventstoretest.Cluster(t, 1)
	if err := eventstore.Restore(ctx, nodes.Config(t.TempDir()), b); err == nil {
		t.Fatal("it was restored")
	}
	cfg := nodes.Config(t.TempDir())
	cfg.Join = true
	wantWords(t, refused(t, cfg), "events, its last checkpoint states 111")
}

func errAt(i, at int) error {
	if i == at {
		return errors.New("the tape is torn")
	}
	return nil
}
