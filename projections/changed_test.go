package projections_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// interleaved is a history of two plans and the people by chance, in which commands lie between the parts of others, are
// voided, or never end.
func interleaved(rt *rapid.T) *projectionstest.Source {
	src := projectionstest.NewSource()
	for _, plan := range []domain.PlanID{"pa", "pb"} {
		src.Add(projectionstest.Line{Plan: plan}, &domain.PlanOpened{Dimensions: []domain.Dimension{projectionstest.Delivery()}})
		src.Add(projectionstest.Line{Plan: plan}, &domain.ItemAdded{Item: "one"})
		src.Add(projectionstest.Line{Plan: plan}, &domain.ItemAdded{Item: "two"})
	}
	open := map[domain.PlanID]projectionstest.Line{}
	for n := range rapid.IntRange(1, 40).Draw(rt, "events") {
		plan := rapid.SampledFrom([]domain.PlanID{"pa", "pb", domain.People}).Draw(rt, "plan")
		line, is := open[plan]
		switch {
		case is && rapid.IntRange(0, 7).Draw(rt, "void") == 0:
			src.Add(projectionstest.Line{Plan: plan}, &domain.CommandVoided{Command: line.Command, Parts: line.Part})
			delete(open, plan)
			continue
		case is:
			line.Part++
		default:
			line = projectionstest.Line{Plan: plan, Command: domain.CommandID(fmt.Sprintf("command-%d", n)), Part: 1, Parts: rapid.IntRange(1, 4).Draw(rt, "parts")}
		}
		if open[plan] = line; line.Part == line.Parts {
			delete(open, plan)
		}
		var e domain.Event = &domain.HoldSet{Hold: domain.HoldID(fmt.Sprintf("h-%d", n))}
		if item := rapid.SampledFrom([]domain.ItemID{"one", "two", ""}).Draw(rt, "item"); item != "" {
			e = &domain.ProgressReported{Item: item}
		}
		if plan == domain.People {
			e = &domain.PersonRegistered{Person: domain.ActorID(fmt.Sprintf("p-%d", n)), Kind: domain.User}
		}
		src.Add(line, e)
	}
	return src
}

// readFrom is how whoever has no read models finds out what counts after a position: event by event, parts held back until
// their last is there. settled is the last place at which nothing is held back.
func readFrom(all []domain.Recorded, after domain.Position, wanted func(domain.PlanID) bool) (counts []domain.Recorded, settled domain.Position) {
	gathers, open := map[domain.PlanID]*domain.Gather{}, 0
	settled = after
	for _, r := range all[min(int(after), len(all)):] {
		if wanted(r.Plan) {
			g := gathers[r.Plan]
			if g == nil {
				g = &domain.Gather{}
				gathers[r.Plan] = g
			}
			open -= min(1, len(g.Pending()))
			counts = append(counts, g.Add(r)...)
			open += min(1, len(g.Pending()))
		}
		if open == 0 {
			settled = r.Position
		}
	}
	return counts, settled
}

// What the tables say of what changed since a cursor, and the next cursor, are what a reading of the history says. The next
// may be later in one case: the reading stays before a command as long as it was open, though it has been voided since.
func TestWhatChangedIsWhatAReadingOfTheHistorySays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		src := interleaved(rt)
		all := src.Recorded()
		end := rapid.IntRange(1, len(all)).Draw(rt, "end")
		shown, voided := all[:end], false
		for _, r := range shown {
			_, void := r.Event.(*domain.CommandVoided)
			voided = voided || void
		}
		db, err := projections.Open(t.Context(), t.TempDir()+"/read.db", projections.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.Rebuild(t.Context(), upTo{src, domain.Position(end)}, nil); err != nil {
			t.Fatal(err)
		}
		for _, plans := range [][]domain.PlanID{nil, {"pb"}, {"pa", "pb"}} {
			wanted := func(p domain.PlanID) bool { return !p.Reserved() && (len(plans) != 1 || p == plans[0]) }
			_, after := readFrom(all[:rapid.IntRange(0, end).Draw(rt, "when the cursor was given")], 0, wanted)
			counts, settled := readFrom(shown, after, wanted)
			got, err := db.Changed(t.Context(), after, plans...)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(itemsOf(counts), got); diff != "" {
				rt.Fatalf("%v after %d, shown to %d: read -, asked +\n%s\n%s", plans, after, end, diff, listed(src))
			}
			middle := domain.Position(rapid.IntRange(0, end).Draw(rt, "a cursor of another kind")) // events, which parts commands
			until, _ := readFrom(all[:middle], 0, wanted)
			whole, _ := readFrom(shown, 0, wanted)
			if got, err = db.Changed(t.Context(), middle, plans...); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(itemsOf(whole[len(until):]), got); diff != "" {
				rt.Fatalf("%v after %d, shown to %d: read -, asked +\n%s\n%s", plans, middle, end, diff, listed(src))
			}
			next, err := db.Settled(t.Context(), plans...)
			if err != nil || next < settled || next > settled && !voided {
				rt.Fatalf("%v shown to %d: read up to %d, asked %d, %v\n%s", plans, end, settled, next, err, listed(src))
			}
			from, _ := readFrom(all, next, wanted)
			zero, _ := readFrom(all, 0, wanted)
			for len(zero) > 0 && zero[0].Position <= next {
				zero = zero[1:]
			}
			if diff := cmp.Diff(placesOf(zero), placesOf(from)); diff != "" {
				rt.Fatalf("%v: who goes on from %d misses something: all -, read +\n%s\n%s", plans, next, diff, listed(src))
			}
		}
	})
}

func itemsOf(all []domain.Recorded) map[domain.PlanID]map[domain.ItemID]bool {
	items := map[domain.PlanID]map[domain.ItemID]bool{}
	for _, r := range all {
		if items[r.Plan] == nil {
			items[r.Plan] = map[domain.ItemID]bool{}
		}
		items[r.Plan][r.Item()] = true
	}
	return items
}

func placesOf(all []domain.Recorded) (ps []domain.Position) {
	for _, r := range all {
		ps = append(ps, r.Position)
	}
	return ps
}
