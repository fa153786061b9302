package projections_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

const origin = "plantrail/acme/5f0c91d2"

func key(t testing.TB) (note.Signer, note.Verifier) {
	t.Helper()
	skey, vkey, err := evidence.GenerateKey(nil, origin)
	if err != nil {
		t.Fatal(err)
	}
	return must[note.Signer](t)(evidence.NewSigner(skey)), must[note.Verifier](t)(evidence.NewVerifier(vkey))
}

// kept is a keeper over a drawn story, and what it was told.
type kept struct {
	*projections.Keeper
	src    *projectionstest.Source
	db     *projections.DB
	signer note.Signer
	known  note.Verifier
	mu     sync.Mutex
	alarms []string
}

func (k *kept) alarmed() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.alarms)
}

func keep(t testing.TB, text string) *kept {
	t.Helper()
	k := &kept{src: projectionstest.Draw(t, text)}
	k.db = open(t, k.src)
	k.signer, k.known = key(t)
	k.Keeper = k.another(t, k.db)
	return k
}

func (k *kept) another(t testing.TB, db *projections.DB) *projections.Keeper {
	t.Helper()
	return must[*projections.Keeper](t)(projections.NewKeeper(db, k.src, projections.KeeperOptions{Origin: origin, Signer: k.signer,
		Verifiers: []note.Verifier{k.known}, Every: 5 * time.Millisecond, OnAlarm: func(reason string) {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.alarms = append(k.alarms, reason)
		}}))
}

func (k *kept) look(t testing.TB) projections.KeeperStatus {
	t.Helper()
	if err := k.Keep(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k.Status()
}

func TestTheKeeperSignsWhatGrew(t *testing.T) {
	k := keep(t, torn)
	for range 5 {
		k.src.Draw(t, `sdp progress b "more"`)
		catchUp(t, k.db, k.src)
		s := k.look(t)
		tree, _ := hashed(t, k.src)
		c, _, err := evidence.OpenCheckpoint(s.Checkpoint, origin, k.known)
		if err != nil || c.Size != tree.Size() || c.Root != tree.Root() || s.Size != c.Size || s.LagEvents != 0 {
			t.Fatalf("signed %+v, %v; status %+v", c, err, s)
		}
	}
	if k.look(t); len(k.alarms) > 0 {
		t.Error(k.alarms)
	}
	if _, seq, _ := k.src.LastCheckpoint(t.Context()); seq != 5 {
		t.Errorf("%d checkpoints, want 5", seq)
	}
	if err := k.Check(t.Context()); err != nil || k.Status().Passes != 1 || k.Status().LastCheck.IsZero() {
		t.Errorf("the check: %v, %+v", err, k.Status())
	}
}

// meanwhile is a journal in which something happens while the answer about the last checkpoint is on its way.
type meanwhile struct {
	*projectionstest.Source
	happens func()
}

func (m *meanwhile) LastCheckpoint(ctx context.Context) ([]byte, uint64, error) {
	signed, seq, err := m.Source.LastCheckpoint(ctx)
	if happens := m.happens; happens != nil {
		m.happens = nil
		happens()
	}
	return signed, seq, err
}

// A look that another overtakes has an older checkpoint in its hands than the one seen since: nothing was taken back.
func TestALookOvertakenByAnotherIsNoAlarm(t *testing.T) {
	k := keep(t, story)
	k.look(t)
	journal := &meanwhile{Source: k.src}
	var err error
	if k.Keeper, err = projections.NewKeeper(k.db, journal, projections.KeeperOptions{Origin: origin, Signer: k.signer, Verifiers: []note.Verifier{k.known}}); err != nil {
		t.Fatal(err)
	}
	k.look(t)
	grown := int64(0)
	for name, look := range map[string]func() error{
		"signing": func() error { return k.Keep(t.Context()) },
		"asking":  func() error { _, err := k.Stored(t.Context()); return err },
	} {
		journal.happens = func() {
			k.src.Draw(t, `sdp progress b "more"`)
			catchUp(t, k.db, k.src)
			grown = k.look(t).Size
		}
		if err := look(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s := k.Status(); s.Alarm != "" || s.Size != grown {
			t.Errorf("%s: %d events are signed, want %d; alarm %q", name, s.Size, grown, s.Alarm)
		}
	}
}

func TestKeepersNeverFork(t *testing.T) {
	k := keep(t, story)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for range 3 {
		one := k.another(t, open(t, k.src))
		running.Go(func() { _ = one.Run(ctx) })
	}
	for range 100 {
		k.src.Draw(t, `sdp progress b "more"`)
		catchUp(t, k.db, k.src)
	}
	tree, hashes := hashed(t, k.src)
	until(t, func() bool {
		last, _, _ := k.src.LastCheckpoint(t.Context())
		c, _, err := evidence.OpenCheckpoint(last, origin, k.known)
		return err == nil && c.Size == tree.Size()
	})
	cancel()
	running.Wait()
	before := int64(0)
	for signed := range k.src.Checkpoints(t.Context()) {
		c, _, err := evidence.OpenCheckpoint(signed, origin, k.known)
		if err != nil || c.Size <= before || must[tlog.Hash](t)(evidence.Root(c.Size, hashes)) != c.Root {
			t.Fatalf("after %d: %+v %v", before, c, err)
		}
		before = c.Size
	}
	if k.alarmed() > 0 {
		t.Error(k.alarms)
	}
}

// replaced puts other words into an event's bytes.
func replaced(old, new string) func([]byte) []byte {
	return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
}

func TestTheKeeperRaisesTheAlarm(t *testing.T) {
	for name, c := range map[string]struct {
		damage func(t *testing.T, k *kept)
		want   string
		bad    domain.Position
	}{
		"altered":  {func(_ *testing.T, k *kept) { k.src.Tamper(5, replaced("amber", "green")) }, `its to is "green", it was "amber"`, 5},
		"replaced": {func(_ *testing.T, k *kept) { k.src.Tamper(5, replaced("9a0b-0", "9a0b-1")) }, "was replaced by another", 5},
		"flipped":  {func(_ *testing.T, k *kept) { k.src.Tamper(7, replaced(`"data":`, `"data";`)) }, "can't be read any more", 7},
		"lost":     {func(_ *testing.T, k *kept) { k.src.Tamper(6, func([]byte) []byte { return nil }) }, "(number 5 of sdp, rating changed", 6},
		"swapped":  {func(_ *testing.T, k *kept) { k.src.Swap(4, 5) }, "replaced by another: rating changed", 4},
		"actor":    {func(_ *testing.T, k *kept) { k.src.Tamper(5, replaced("p-1", "p-2")) }, "was altered: its bytes", 5},
		"cut":      {func(_ *testing.T, k *kept) { k.src.Cut(2) }, "events are missing at the end", 0},
		"foreign checkpoint": {func(t *testing.T, k *kept) {
			s, _ := key(t)
			signed, err := evidence.Checkpoint{Origin: origin, Size: 3}.Sign(s)
			if _, err2 := k.src.PutCheckpoint(t.Context(), 1, signed); err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
		}, "not this log's", 0},
		"checkpoint re-signed": {func(t *testing.T, k *kept) {
			signed, err := evidence.Checkpoint{Origin: origin, Size: 3}.Sign(k.signer)
			if _, err2 := k.src.PutCheckpoint(t.Context(), 1, signed); err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
		}, "taken back", 0},
		"checkpoints cut": {func(_ *testing.T, k *kept) { k.src.CutCheckpoints(1) }, "taken back", 0},
		"two views": {func(t *testing.T, k *kept) {
			k.src.CutCheckpoints(1)
			signed, err := evidence.Checkpoint{Origin: origin, Size: k.Status().Size}.Sign(k.signer)
			if _, err2 := k.src.PutCheckpoint(t.Context(), 0, signed); err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
		}, "two histories were signed", 0},
	} {
		t.Run(name, func(t *testing.T) {
			k := keep(t, story)
			k.look(t)
			c.damage(t, k)
			k.look(t)
			if err := k.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			s := k.Status()
			if k.alarmed() != 1 || !strings.Contains(k.alarms[0], c.want) {
				t.Fatalf("alarms %q, want %q", k.alarms, c.want)
			}
			if c.bad > 0 && (s.Bad == nil || s.Bad.Position != c.bad || s.Bad.Plan != "sdp" || s.Bad.RecordedAt.IsZero()) {
				t.Errorf("the bad event is %+v", s.Bad)
			}
			_, before, _ := k.src.LastCheckpoint(t.Context())
			k.src.Draw(t, `sdp progress b "more"`)
			k.look(t)
			if _, after, _ := k.src.LastCheckpoint(t.Context()); after != before {
				t.Error("it signed after the alarm")
			}
		})
	}
}

func TestAFreshKeeperRefusesAHistoryRolledBackOrRewritten(t *testing.T) {
	for name, instead := range map[string]string{
		"rolled back": strings.Replace(story, "people token t-1 p-1 editor", "", 1),
		"rewritten":   strings.Replace(story, "Still at the printer", "Printed long ago", 1) + `sdp progress b "more"`,
	} {
		t.Run(name, func(t *testing.T) {
			k := keep(t, story)
			signed := k.look(t).Checkpoint
			k.src = projectionstest.Draw(t, instead)
			if _, err := k.src.PutCheckpoint(t.Context(), 0, signed); err != nil {
				t.Fatal(err)
			}
			one := k.another(t, open(t, k.src)) // read models built from it, too
			if err := one.Keep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s := one.Status(); s.Alarm == "" || k.alarmed() != 1 {
				t.Errorf("status %+v, alarms %q", s, k.alarms)
			}
			if _, seq, _ := k.src.LastCheckpoint(t.Context()); seq != 1 {
				t.Error("it signed")
			}
		})
	}
}

func TestDamagedReadModelsAreNotBlamedOnTheJournal(t *testing.T) {
	for name, damage := range map[string]string{
		"a leaf's hash": "UPDATE tiles SET hashes = CAST(zeroblob(32) || substr(hashes, 33) AS BLOB) WHERE level = 0 AND n = 0",
		"an inner hash": "UPDATE tiles SET hashes = zeroblob(32) WHERE level = 1",
	} {
		t.Run(name, func(t *testing.T) {
			k := keep(t, story)
			for range 300 {
				k.src.Draw(t, `sdp progress b "more"`)
			}
			catchUp(t, k.db, k.src)
			k.look(t)
			if err := k.db.Exec(damage); err != nil {
				t.Fatal(err)
			}
			k.look(t)
			if err := k.Check(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s := k.Status(); !strings.Contains(s.Alarm, "plantrail rebuild") || k.alarmed() > 0 || s.Bad != nil {
				t.Fatalf("status %+v, alarms %q", s, k.alarms)
			}
			if err := k.db.Rebuild(t.Context(), k.src, nil); err != nil {
				t.Fatal(err)
			}
			if err := k.Check(t.Context()); err != nil || k.Status().Alarm != "" {
				t.Errorf("after a rebuild: %v, %+v", err, k.Status())
			}
		})
	}
}

func TestTheKeeperIsAtMostASecondBehind(t *testing.T) {
	k := keep(t, story)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = k.Run(ctx) })
	for range 50 {
		k.src.Draw(t, `sdp progress b "more"`)
	}
	until(t, func() bool { return k.Status().Size == int64(len(k.src.Recorded())) && k.Status().Passes > 0 })
	if s := k.Status(); s.LastLag > 1 || s.LagEvents != 0 || s.Alarm != "" {
		t.Errorf("status %+v", s)
	}
	cancel()
	running.Wait()
}
