package projections_test

import (
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/eventstore/eventstoretest"
	"plantrail/projections/projectionstest"
)

// BenchmarkReadYourWrite is the time from the journal's answer to a write until a read with its min_position can begin.
func BenchmarkReadYourWrite(b *testing.B) {
	store := eventstoretest.Open(b)
	db := open(b, nil)
	run(b, db, stored{store})
	long := projectionstest.Long{Plans: 1, Items: 10}
	head, waited := domain.Head{}, time.Duration(0)
	p := 0
	for b.Loop() {
		p++
		plan, _, e := long.What(p)
		done, err := store.Append(b.Context(), head, domain.Change{Plan: plan, Actor: domain.Actor{ID: "p-1", Kind: domain.User, Role: domain.Editor},
			Command: domain.CommandID(time.Now().Format("150405.000000000")), Facts: []domain.Fact{{Basis: domain.Basis{Stated: domain.Day(2020, 2, 3)}, Event: e}}})
		if err != nil {
			b.Fatal(err)
		}
		head = done[0].Head()
		began := time.Now()
		if err := db.WaitFor(b.Context(), head.Position); err != nil {
			b.Fatal(err)
		}
		waited += time.Since(began)
	}
	b.ReportMetric(float64(waited.Microseconds())/1000/float64(p), "wait-ms")
}
