package projections_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

func built(t *testing.T, story string) (*projections.DB, *projectionstest.Source) {
	t.Helper()
	src := projectionstest.Draw(t, story)
	db, err := projections.Open(t.Context(), t.TempDir()+"/read.db", projections.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Rebuild(t.Context(), src, nil); err != nil {
		t.Fatal(err)
	}
	return db, src
}

// ratings are a plan's ratings at a moment, in one line.
func ratings(t *testing.T, db *projections.DB, at projections.At) string {
	t.Helper()
	v, err := db.Plan(t.Context(), "pa", at)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, it := range v.Items {
		value := "-"
		if len(it.Ratings) > 0 {
			value = it.Ratings[0].Value
		}
		all = append(all, string(it.Item)+" "+value)
	}
	return strings.Join(all, ", ")
}

// A paper is imported today: what members received, and what was said at their meeting, in one command.
const paperStory = `
begin pa
open pa "Plan A" @2020-02-03
pa add i0 "Welcome packs" @2020-02-03
pa add i1 "Health checks" @2020-02-03
pa rate i0 amber "not yet" @2020-02-03
pa rate i1 amber "late" @2020-02-03
pa meeting sub-2020-02-03 "Sub-Committee" 2020-02-03
pa paper sub-2020-02-03
pa rate i1 green "said at the meeting" @2020-02-03
end
pa rate i0 green "done" @2020-03-10
pa rate i0 red "it was worse in January" @2020-01-15
`

func TestOneDayThreeClocks(t *testing.T) {
	db, _ := built(t, paperStory)
	day := domain.Day
	for _, c := range []struct {
		name string
		at   projections.At
		want string
	}{
		{"now", projections.At{}, "i0 red, i1 green"},
		{"as members received it", projections.At{AsReported: "sub-2020-02-03"}, "i0 amber, i1 amber"},
		{"as known after the import", projections.At{Position: 8}, "i0 amber, i1 green"},
		{"in January, as is known now", projections.At{ValidAt: day(2020, 1, 20)}, "i0 red"},
		{"in February, as is known now", projections.At{ValidAt: day(2020, 2, 3)}, "i0 amber, i1 green"},
		{"in March, as is known now", projections.At{ValidAt: domain.Month(2020, 3)}, "i0 green, i1 green"},
		{"in March, as was known after the import", projections.At{Position: 8, ValidAt: domain.Month(2020, 3)}, "i0 amber, i1 green"},
		{"in March, as members knew in February", projections.At{AsReported: "sub-2020-02-03", ValidAt: domain.Month(2020, 3)}, "i0 amber, i1 amber"},
	} {
		if got := ratings(t, db, c.at); got != c.want {
			t.Errorf("%s: %s, not %s", c.name, got, c.want)
		}
	}
}

func TestWhatChangedSinceTheMeeting(t *testing.T) {
	db, _ := built(t, paperStory)
	v, err := db.Compare(t.Context(), "pa", projections.At{AsReported: "sub-2020-02-03"}, projections.At{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range v.Differences {
		got = append(got, fmt.Sprintf("%s %s %s→%s %q by %s on %s", d.Item, d.What, d.From, d.To, d.After.Words.Text, d.After.Said.By.ID, d.After.Said.Stated))
	}
	want := `i0 re_rated amber→red "it was worse in January" by p-0 on 2020-01-15
i1 re_rated amber→green "said at the meeting" by p-0 on 2020-02-03`
	if strings.Join(got, "\n") != want {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
}

func TestAClockThatShowsNothingSaysSo(t *testing.T) {
	db, _ := built(t, paperStory)
	for field, at := range map[string]projections.At{"as_reported": {AsReported: "cabinet"}, "valid_at": {ValidAt: domain.Day(2019, 1, 1)}, "position": {Position: 89}} {
		_, err := db.Plan(t.Context(), "pa", at)
		if e, ok := err.(*domain.Error); !ok || e.Kind != domain.NotFound || e.Field != field || e.Hint == "" || strings.HasSuffix(e.Hint, ": ") {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := db.Plan(t.Context(), "pb", projections.At{ValidAt: domain.Day(2020, 1, 1)}); domain.KindOf(err) != domain.NotFound {
		t.Error(err)
	}
}

// TestTheTablesAndTheFoldSayTheSame holds the plan that the tables give against the one that its entries fold into.
func TestTheTablesAndTheFoldSayTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		story := rapid.Custom(drawn).Filter(func(story string) bool { return strings.Count(story, "cut\n") == strings.Count(story, "void ") }).Draw(rt, "story")
		db, src := built(t, story+"pa meeting m-1 \"Board\" 2020-02-03\npa paper m-1\n")
		n := domain.Position(len(src.Recorded()))
		tables, err := db.Plan(t.Context(), "pa", projections.At{Position: n - 1})
		if err != nil {
			t.Fatal(err)
		}
		folded, err := db.Plan(t.Context(), "pa", projections.At{AsReported: "m-1"})
		if err != nil {
			t.Fatal(err)
		}
		folded.AsReported = ""
		if diff := cmp.Diff(tables, folded, cmp.Comparer(func(a, b domain.Date) bool { return a == b })); diff != "" {
			rt.Fatal(diff)
		}
	})
}
