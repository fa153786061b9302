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
	asked, resolved := map[string]int{}, 0
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
		switch rapid.IntRange(0, 11).Draw(t, "members") {
		case 0:
			asked[plan]++
			return fmt.Sprintf("%s request q%d %s \"Why?\"", plan, asked[plan], pick("-", it))
		case 1:
			if asked[plan] > 0 {
				return fmt.Sprintf("%s answer q%d \"So\"", plan, rapid.IntRange(1, asked[plan]).Draw(t, "request"))
			}
		case 2:
			resolved++
			return fmt.Sprintf("%s resolve r%d \"Noted\"", plan, resolved)
		}
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
			at := domain.Position(n)
			compare(t, db, replay(plan, all, func(r domain.Recorded) bool { return r.Position <= at }), projections.At{Position: at})
			compare(t, db, replay(plan, all, func(r domain.Recorded) bool { return !r.RecordedAt.After(instant) }), projections.At{RecordedAt: instant})
		}
	})
}

// replayed is a history, and what was resolved in it.
type replayed struct {
	*domain.History
	resolved []string
}

// replay folds those of all events that are of one plan and known.
func replay(plan domain.PlanID, all []domain.Recorded, known func(domain.Recorded) bool) replayed {
	h := replayed{History: domain.NewHistory(plan)}
	var gather domain.Gather
	for _, r := range all {
		if r.Plan != plan || !known(r) {
			continue
		}
		h.Apply(r)
		for _, counts := range gather.Add(r) {
			if e, ok := counts.Event.(*domain.ResolutionRecorded); ok {
				h.resolved = append(h.resolved, string(e.Resolution))
			}
		}
	}
	return h
}
