package projections_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// BenchmarkCheckpointLag records 1,000 events a second for ten seconds, one a command, on real JetStream with everything
// that a server runs, and reports for how long an acknowledged event had no checkpoint that covers it.
func BenchmarkCheckpointLag(b *testing.B) {
	const rate, length = 1000, 10_000
	long := projectionstest.Long{Plans: 16, Items: 20, Length: length}
	for b.Loop() {
		store := eventstoretest.Open(b)
		db := open(b, nil)
		ctx, stop := context.WithCancel(b.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = db.Run(ctx, stored{store}) })
		signer, known := key(b)
		keeper := must[*projections.Keeper](b)(projections.NewKeeper(db, stored{store}, projections.KeeperOptions{Origin: origin, Signer: signer,
			Verifiers: []note.Verifier{known}, Disk: onFiles{store.Blocks()}}))
		running.Go(func() { _ = keeper.Run(ctx) })
		acked := make([]time.Time, length+1) // by position
		began := time.Now()
		var writing sync.WaitGroup
		for n := range long.Plans {
			writing.Go(func() { write(b, store, long, n, rate, began, acked) })
		}
		signedAt := watchSigned(ctx, keeper, acked)
		writing.Wait()
		took := time.Since(began)
		var lags []time.Duration
		select {
		case lags = <-signedAt:
		case <-time.After(time.Minute):
			b.Fatalf("it is not signed: %+v, %+v", keeper.Status(), db.Status(ctx))
		}
		stop()
		running.Wait()
		slices.SortFunc(lags, cmp.Compare[time.Duration])
		b.ReportMetric(lags[len(lags)/2].Seconds(), "p50-s")
		b.ReportMetric(lags[len(lags)*99/100].Seconds(), "p99-s")
		b.ReportMetric(lags[len(lags)-1].Seconds(), "max-s")
		b.ReportMetric(length/took.Seconds(), "events/s")
	}
}

// write records one plan, each event when it is due.
func write(b *testing.B, store *eventstore.Store, long projectionstest.Long, n, rate int, began time.Time, acked []time.Time) {
	head := domain.Head{}
	for p := n + 1; p <= long.Length; p += long.Plans {
		<-time.After(time.Until(began.Add(time.Duration(p) * time.Second / time.Duration(rate))))
		plan, _, e := long.What(p)
		done, err := store.Append(b.Context(), head, domain.Change{Plan: plan, Command: domain.CommandID(fmt.Sprint("c-", p)),
			Actor: domain.Actor{ID: "p-1", Kind: domain.User, Role: domain.Editor}, Facts: []domain.Fact{{Basis: domain.Basis{Stated: domain.Day(2020, 2, 3)}, Event: e}}})
		if err != nil {
			b.Error(err)
			return
		}
		head = done[0].Head()
		acked[head.Position] = time.Now() // each position is one writer's
	}
}

// watchSigned notes when each position is first covered by a checkpoint.
func watchSigned(ctx context.Context, keeper *projections.Keeper, acked []time.Time) <-chan []time.Duration {
	out := make(chan []time.Duration, 1)
	go func() {
		signed := make([]time.Time, len(acked))
		for at := 1; at < len(acked) && ctx.Err() == nil; {
			<-time.After(time.Millisecond)
			for now, size := time.Now(), keeper.Status().Size; int64(at) <= size; at++ {
				signed[at] = now
			}
		}
		var lags []time.Duration
		for at := 1; at < len(acked); at++ {
			lags = append(lags, signed[at].Sub(acked[at]))
		}
		out <- lags
	}()
	return out
}

// onFiles shows the journal's files to the keeper, as cmd does.
type onFiles struct{ *eventstore.Blocks }

func (f onFiles) Leaves(ctx context.Context, after domain.Position) iter.Seq2[projections.Leaf, error] {
	return func(yield func(projections.Leaf, error) bool) {
		for l, err := range f.Blocks.Leaves(ctx, after) {
			if !yield(projections.Leaf(l), err) {
				return
			}
		}
	}
}
