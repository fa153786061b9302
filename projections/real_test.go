package projections_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/eventstore/eventstoretest"
	"plantrail/evidence"
	"plantrail/projections"
)

var _ projections.AuditSource = stored{}

// below finds words in the files below a directory.
func below(t *testing.T, dir, words string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte(words)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestOnTheRealJournal lets three keepers race over real JetStream, erases a text from end to end, and audits all of it.
func TestOnTheRealJournal(t *testing.T) {
	cfg := eventstoretest.Config(t.TempDir())
	cfg.Init = true
	store := eventstoretest.OpenWith(t, cfg)
	src := stored{store}
	signer, known := key(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running sync.WaitGroup
	var alarms []string
	var dbs []*projections.DB
	var mu sync.Mutex
	for range 3 {
		db := open(t, nil)
		run(t, db, src)
		dbs = append(dbs, db)
		one := must[*projections.Keeper](t)(projections.NewKeeper(db, src, projections.KeeperOptions{Origin: origin, Signer: signer,
			Verifiers: []note.Verifier{known}, Every: 20 * time.Millisecond, OnAlarm: func(reason string) {
				mu.Lock()
				defer mu.Unlock()
				alarms = append(alarms, reason)
			}}))
		running.Go(func() { _ = one.Run(ctx) })
	}
	service := domain.NewService(store)
	given := 0
	do := func(c domain.Command) domain.Receipt {
		t.Helper()
		given++
		return must[domain.Receipt](t)(service.Do(ctx, domain.Order{Plan: "sdp", Command: domain.CommandID(fmt.Sprintf("c-%d", given)),
			Actor: domain.Actor{ID: "p-1", Kind: domain.User, Role: domain.Admin}, Do: c}))
	}
	do(domain.OpenPlan{Title: "Service Development Plan", Scheme: "rag.v1"})
	do(domain.AddItem{Item: "a", Level: "action", Title: "Publish the charter"})
	for range 50 {
		do(domain.ReportProgress{Item: "a", Progress: "more of the same"})
	}
	told := do(domain.ReportProgress{Item: "a", Progress: "Zwingli Quackenbush is ill"})
	do(domain.EraseText{Basis: domain.Basis{Authority: &domain.Authority{Body: "Data protection officer"}},
		Entry: string(told.Event), Field: "progress", Reason: "The person asked"})
	for _, db := range dbs {
		catchUp(t, db, src)
	}
	for _, e := range must[[]projections.OpenErasure](t)(dbs[0].OpenErasures(ctx)) {
		if err := store.EraseText(ctx, e.Plan, e.Of, e.First, e.Field); err != nil {
			t.Fatal(err)
		}
		for _, db := range dbs {
			if err := db.EraseText(ctx, e.Of, e.Field); err != nil {
				t.Fatal(err)
			}
		}
		do(domain.CompleteErasure{Of: e.Of, Field: e.Field})
	}
	tail := must[projections.Tail](t)(src.Tail(ctx))
	until(t, func() bool {
		last, _, err := src.LastCheckpoint(ctx)
		c, _, err2 := evidence.OpenCheckpoint(last, origin, known)
		return err == nil && err2 == nil && c.Size == int64(tail.Events)
	})
	cancel()
	running.Wait()
	if len(alarms) > 0 {
		t.Fatal(alarms)
	}
	_, hashes := hashed(t, src)
	before := int64(0)
	for signed, err := range src.Checkpoints(t.Context()) {
		c, _, err2 := evidence.OpenCheckpoint(signed, origin, known)
		if err != nil || err2 != nil || c.Size <= before || must[tlog.Hash](t)(evidence.Root(c.Size, hashes)) != c.Root {
			t.Fatalf("after %d: %+v %v %v", before, c, err, err2)
		}
		before = c.Size
	}
	v := must[projections.Verdict](t)(dbs[0].Audit(t.Context(), src, projections.AuditOptions{Origin: origin, Verifiers: []note.Verifier{known}}))
	if !v.OK || v.Erased != 1 || v.Lost != 0 {
		t.Errorf("%s%+v", v, v)
	}
	for _, dir := range []string{cfg.DataDir, filepath.Dir(dbs[0].Path())} {
		if found := below(t, dir, "Quackenbush"); len(found) > 0 {
			t.Errorf("the erased words are in %v", found)
		}
	}
}
