package projections_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// drawn makes a story by chance: two plans, single commands, commands of several parts, some between the parts of others,
// some cut and voided.
func drawn(t *rapid.T) string {
	var b strings.Builder
	items := map[string][]string{}
	cut := map[string]bool{}
	line := func(plan string, pending map[string]bool) string {
		pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "pick") }
		if len(items[plan]) == 0 || rapid.IntRange(0, 5).Draw(t, "add") == 0 {
			id := fmt.Sprintf("i%d", len(items[plan]))
			items[plan] = append(items[plan], id)
			if pending != nil {
				pending[id] = true
			}
			return fmt.Sprintf("%s add %s \"Item %s\"%s", plan, id, id, pick("", " due=2020-03", ` owner="Ann"`))
		}
		it := pick(items[plan]...)
		return plan + " " + pick("rate "+it+" amber \"late\" @2020-01-15", "rate "+it+" red", "rate "+it+" green \"good\"", "progress "+it+" \"more\"",
			"due "+it+" 2020-05 \"slow\"", "due "+it+" 2020-07-31 \"slower\"", "outcome "+it+" achieved \"all\"", "suspend "+it+" \"wait\"",
			"resume "+it+" \"on\"", "reword "+it+" \"Other words\" \"clearer\"", "owner "+it+" \"Bob\" \"left\"", "cancel "+it+" \"no\"")
	}
	b.WriteString("open pa \"Plan A\"\nopen pb \"Plan B\"\n")
	for range rapid.IntRange(1, 25).Draw(t, "steps") {
		plan := rapid.SampledFrom([]string{"pa", "pb"}).Draw(t, "plan")
		switch how := rapid.IntRange(0, 9).Draw(t, "how"); {
		case cut[plan]:
			fmt.Fprintf(&b, "void %s\n", plan)
			cut[plan] = false
		case how == 0 && len(items[plan]) > 0: // items added by a command that is cut don't exist: so none are
			fmt.Fprintf(&b, "begin %s\n%s progress %s \"x\"\n%s progress %s \"y\"\ncut\n", plan, plan, items[plan][0], plan, items[plan][0])
			cut[plan] = true
		case how <= 3:
			fmt.Fprintf(&b, "begin %s\n", plan)
			for range rapid.IntRange(2, 4).Draw(t, "parts") {
				b.WriteString(line(plan, nil) + "\n")
			}
			b.WriteString("end\n")
		default:
			b.WriteString(line(plan, nil) + "\n")
		}
	}
	return b.String()
}

func TestAsAtEqualsANaiveReplay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		src := projectionstest.Draw(t, drawn(rt))
		all := src.Recorded()
		db, err := projections.Open(t.Context(), t.TempDir()+"/read.db", projections.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := db.Rebuild(t.Context(), src, nil); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			n := rapid.IntRange(1, len(all)).Draw(rt, "position")
			plan := rapid.SampledFrom([]domain.PlanID{"pa", "pb"}).Draw(rt, "plan")
			offset := time.Duration(rapid.IntRange(-30, 30).Draw(rt, "seconds")) * time.Second
			instant := all[n-1].RecordedAt.Add(offset)
			naive, known := domain.NewHistory(plan), domain.NewHistory(plan)
			for _, r := range all {
				if r.Plan != plan {
					continue
				}
				if r.Position <= domain.Position(n) {
					naive.Apply(r)
				}
				if !r.RecordedAt.After(instant) {
					known.Apply(r)
				}
			}
			compare(t, db, naive, projections.At{Position: domain.Position(n)})
			compare(t, db, known, projections.At{RecordedAt: instant})
		}
	})
}
