package projections_test

import (
	"bytes"
	"context"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/evidence"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// ring is what the history says of the log's keys; the keepers of several processes ask it.
type ring struct {
	mu  sync.Mutex
	all []note.Verifier
}

func (r *ring) Keys(context.Context) ([]note.Verifier, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]note.Verifier(nil), r.all...), nil
}

// keyed is a keeper with a key of its own, as another process has one.
func (k *kept) keyed(t *testing.T, s note.Signer, r *ring) *projections.Keeper {
	t.Helper()
	known, _ := r.Keys(t.Context())
	return must[*projections.Keeper](t)(projections.NewKeeper(k.db, k.src, projections.KeeperOptions{Origin: origin, Signer: s, Verifiers: known, Keys: r.Keys,
		OnAlarm: func(reason string) { t.Error(reason) }}))
}

// One process changes the key. The other meets a checkpoint by a key that it does not know, asks the history, and signs
// nothing any more; neither takes the other for a forger.
func TestTwoKeepersWhileTheKeyIsChanged(t *testing.T) {
	k := keep(t, story)
	s1, v1 := key(t)
	s2, v2 := key(t)
	r := &ring{all: []note.Verifier{v1}}
	one, two := k.keyed(t, s1, r), k.keyed(t, s1, r)
	look := func(of *projections.Keeper, by note.Verifier) {
		t.Helper()
		if err := of.Keep(t.Context()); err != nil {
			t.Fatal(err)
		}
		last, _, _ := k.src.LastCheckpoint(t.Context())
		if c, _, err := evidence.OpenCheckpoint(last, origin, by); err != nil || c.Size != int64(len(k.src.Recorded())) {
			t.Fatalf("%v %s", err, last)
		}
	}
	look(one, v1)
	look(two, v1)
	r.mu.Lock()
	r.all = append(r.all, v2)
	r.mu.Unlock()
	if err := one.Adopt(s2, v1); err == nil {
		t.Error("a key was taken that the log does not know")
	}
	if err := one.Adopt(s2, v1, v2); err != nil {
		t.Fatal(err)
	}
	look(one, v2) // although nothing was added
	_, before, _ := k.src.LastCheckpoint(t.Context())
	k.src.Draw(t, `sdp progress b "more"`)
	catchUp(t, k.db, k.src)
	for range 3 {
		if err := two.Keep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, after, _ := k.src.LastCheckpoint(t.Context()); after != before || two.Status().Alarm != "" {
		t.Errorf("the other one has signed, or raised %+v", two.Status())
	}
	look(one, v2)
	look(one, v2)
}

// What an audit says of who signed when. Each step is one event, adopting a key or not, and the key that then signs.
func TestAnAuditOfTheKeys(t *testing.T) {
	for name, c := range map[string]struct {
		steps string // "+b" adopts b; "b" signs by it
		want  string
	}{
		"one":           {"+a a a", ""},
		"changed twice": {"+a a +b a b +c b c c", ""},
		"never adopted": {"+a a b", "had not adopted by then"},
		"too early":     {"+a a b +b", "had not adopted by then"},
		"given up":      {"+a a +b b a", "had been replaced before"},
	} {
		t.Run(name, func(t *testing.T) {
			k := keep(t, story)
			signers, all := map[string]note.Signer{}, []note.Verifier{}
			public := map[string]string{}
			for _, name := range []string{"a", "b", "c"} {
				skey, vkey, err := evidence.GenerateKey(nil, origin)
				if err != nil {
					t.Fatal(err)
				}
				signers[name], public[name] = must[note.Signer](t)(evidence.NewSigner(skey)), vkey
				all = append(all, must[note.Verifier](t)(evidence.NewVerifier(vkey)))
			}
			seq := uint64(0)
			for _, step := range strings.Fields(c.steps) {
				if by, adopts := strings.CutPrefix(step, "+"); adopts {
					k.src.Add(projectionstest.Line{Plan: domain.Log}, &domain.KeyAdopted{Key: public[by]})
					continue
				}
				k.src.Draw(t, `sdp progress b "more"`)
				tree, _ := hashed(t, k.src)
				signed := must[[]byte](t)(tree.Checkpoint(origin).Sign(signers[step]))
				seq = must[uint64](t)(k.src.PutCheckpoint(t.Context(), seq, signed))
			}
			catchUp(t, k.db, k.src)
			v := must[projections.Verdict](t)(k.db.Audit(t.Context(), k.src, projections.AuditOptions{Origin: origin, Verifiers: all}))
			if v.OK != (c.want == "") || !strings.Contains(v.Checks[1].Words, c.want) {
				t.Errorf("%s", v)
			}
		})
	}
}

// onDisk is the journal's files, which may be damaged while the journal goes on giving what it remembers.
type onDisk struct {
	*projectionstest.Source
	mu      sync.Mutex
	spoiled map[domain.Position]func([]byte) []byte // nil: it can't be read
	touched []string
}

func (f *onDisk) spoil(at domain.Position, how func([]byte) []byte, touched ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spoiled[at], f.touched = how, touched
}

func (f *onDisk) Touched() ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() { f.touched = nil }()
	return f.touched, nil
}

// Newest is in the middle of what the tests spoil: both ways to read the newest file are theirs.
func (f *onDisk) Newest() domain.Position { return 4 }

func (f *onDisk) Leaves(ctx context.Context, after domain.Position) iter.Seq2[projections.Leaf, error] {
	return func(yield func(projections.Leaf, error) bool) {
		for leaf, err := range f.Source.Leaves(ctx, after, false) {
			f.mu.Lock()
			how, spoiled := f.spoiled[leaf.Position]
			f.mu.Unlock()
			switch {
			case spoiled && how == nil:
				err = domain.Errorf(domain.Internal, "1.blk", "the record of position %d does not have its checksum", leaf.Position)
			case spoiled:
				leaf.Body = how(bytes.Clone(leaf.Body))
			}
			if !yield(leaf, err) || err != nil {
				return
			}
		}
	}
}

// The files are believed, not what the journal remembers; a file that was touched is read at once.
func TestTheFilesAreReadPastTheJournal(t *testing.T) {
	domaintest.Long(t)
	for name, c := range map[string]struct {
		how     func([]byte) []byte
		touched []string
		want    string
	}{
		"altered":         {replaced("amber", "green"), nil, `its to is "green", it was "amber"`},
		"unreadable":      {nil, nil, "is damaged or missing in the journal's files"},
		"altered in time": {replaced("amber", "green"), []string{"1.blk"}, `its to is "green", it was "amber"`},
	} {
		t.Run(name, func(t *testing.T) {
			k := keep(t, story)
			f := &onDisk{Source: k.src, spoiled: map[domain.Position]func([]byte) []byte{}}
			keeper := must[*projections.Keeper](t)(projections.NewKeeper(k.db, k.src, projections.KeeperOptions{Origin: origin, Signer: k.signer,
				Verifiers: []note.Verifier{k.known}, Every: 5 * time.Millisecond, Disk: f}))
			ctx, stop := context.WithCancel(t.Context())
			var running sync.WaitGroup
			running.Go(func() { _ = keeper.Run(ctx) })
			until(t, func() bool { return !keeper.Status().LastCheck.IsZero() && !keeper.Status().LastServed.IsZero() })
			f.spoil(5, c.how, c.touched...)
			until(t, func() bool { return keeper.Status().Alarm != "" })
			if s := keeper.Status(); s.Bad == nil || s.Bad.Position != 5 || !strings.Contains(s.Alarm, c.want) {
				t.Errorf("%+v", s)
			}
			stop()
			running.Wait()
		})
	}
}
