package findings

import (
	"fmt"
	"strings"
	"testing"

	"plantrail/domain"
)

// The kinds of history that each rule must be shown.
const (
	fires = "fires"
	guard = "guarded"
	below = "just below"
)

// example is a history, the day on which it is judged, and whether the rule finds something in it.
type example struct {
	rule, kind, what string
	on               string
	story            string
}

func TestRules(t *testing.T) {
	for _, x := range examples() {
		t.Run(x.rule+" "+x.kind+": "+x.what, func(t *testing.T) {
			got := only(t, x.story, x.on, x.rule)
			if (len(got) > 0) != (x.kind == fires) {
				t.Errorf("found %d: %v", len(got), got)
			}
			for _, f := range got {
				check(t, f)
			}
		})
	}
}

// only gives what one rule finds, in words.
func only(t *testing.T, story, on, rule string) (found []Finding) {
	t.Helper()
	d, err := domain.ParseDate(on)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Evaluate(draw(t, story), d) {
		if f.Rule == rule {
			found = append(found, f)
		}
	}
	return found
}

// check holds a finding against what every one must be.
func check(t *testing.T, f Finding) {
	t.Helper()
	if testing.Verbose() {
		t.Log(f.Since, f.Words)
	}
	if _, err := domain.ParseItemID(string(f.ID)); err != nil {
		t.Errorf("%s can't be answered: %v", f.ID, err)
	}
	if !f.Since.Known() || len(f.Proof) == 0 || f.Title == "" || f.Clears == "" || f.Policy == "" || f.Plan != "sdp" {
		t.Errorf("%+v lacks something", f)
	}
	if !strings.HasSuffix(f.Words, ".") || strings.Contains(f.Words, "%!") || strings.Contains(f.Words, "  ") {
		t.Errorf("%q is no sentence", f.Words)
	}
}

// TestAFindingIsTrueSinceTheDayThatItNames holds in each history that fires: on the day named the rule finds it, on the day
// before it does not. An entry made after the day that it tells of is known from the day on which it was made.
func TestAFindingIsTrueSinceTheDayThatItNames(t *testing.T) {
	for _, x := range examples() {
		for _, f := range only(t, x.story, x.on, x.rule) {
			then := func(day domain.Date) bool {
				for _, g := range only(t, x.story, day.String(), x.rule) {
					if g.ID == f.ID {
						return true
					}
				}
				return false
			}
			first := f.Since
			if !first.Exact() {
				first = domain.DayOf(first.Start())
			}
			if before := domain.DayOf(first.Start().AddDate(0, 0, -1)); !then(first) || then(before) {
				t.Errorf("%s %s: %s says since %s: found then %t, the day before %t", x.rule, x.what, f.ID, f.Since, then(first), then(before))
			}
		}
	}
}

func TestEachRuleIsShownThreeHistories(t *testing.T) {
	has := map[string]int{}
	for _, x := range examples() {
		has[x.rule+" "+x.kind]++
		if !Known(x.rule) {
			t.Errorf("there is no rule %s", x.rule)
		}
	}
	if len(Rules()) != 32 {
		t.Errorf("%d rules, want 32", len(Rules()))
	}
	for i, r := range Rules() {
		if want := fmt.Sprintf("R%02d", i+1); r.ID != want {
			t.Errorf("%s stands where %s belongs", r.ID, want)
		}
		if r.Title == "" || r.Means == "" || r.Clears == "" || r.Source == "" || r.Severity.Rank() > 2 {
			t.Errorf("%s is not described: %+v", r.ID, r)
		}
		for _, kind := range []string{fires, guard, below} {
			if has[r.ID+" "+kind] == 0 {
				t.Errorf("%s: no history in which it is %s", r.ID, kind)
			}
		}
	}
}

func TestSwitchedOff(t *testing.T) {
	const story = `
		2020-01-06 policy off=R20
		2020-01-06 add a`
	if got := only(t, story, "2020-01-07", "R20"); len(got) != 0 {
		t.Errorf("a rule that is off found %v", got)
	}
}

func TestAnswered(t *testing.T) {
	const story = `
		2020-01-06 add a owner="Head of Service"
		2020-01-08 finding r20-a-2 "At the end of the month" until=2020-01-31 by=p-2`
	for on, lapsed := range map[string]bool{"2020-01-31": false, "2020-02-01": true} {
		got := only(t, story, on, "R20")
		if len(got) != 1 || got[0].Answer == nil || got[0].Answer.Lapsed != lapsed || got[0].Answer.By != "p-2" || got[0].Answer.Entry != 3 {
			t.Errorf("on %s: %+v", on, got)
		}
	}
	if got := only(t, story, "2020-01-07", "R20"); len(got) != 1 || got[0].Answer != nil {
		t.Errorf("the day before the answer: %+v", got)
	}
}

func TestKnownBy(t *testing.T) {
	story := draw(t, `
		2020-01-06 add a due=2020-03-31
		2020-02-03 rate a amber
		2020-04-10 justify a "The printer has been ill since January" on=2020-02-03`)
	on := domain.Day(2020, 3, 1)
	found := func(s Story) bool {
		for _, f := range Evaluate(s, on) {
			if f.Rule == "R08" {
				return true
			}
		}
		return false
	}
	if found(story) {
		t.Error("with what is known today, the rating of February is justified")
	}
	if !found(story.Known(on.End())) {
		t.Error("with what was known on 1 March nobody had said why")
	}
}

func TestAFindingKeepsItsName(t *testing.T) {
	long := domain.ItemID(strings.Repeat("a", 63) + "b")
	for _, x := range []struct {
		item  domain.ItemID
		entry uint64
		want  domain.FindingID
	}{{"item-09", 42, "r26-item-09-42"}, {"", 7, "r26-7"}, {long, 18446744073709551615, "r26-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-"}} {
		id := idOf("R26", x.item, x.entry)
		if _, err := domain.ParseItemID(string(id)); err != nil || !strings.HasPrefix(string(id), string(x.want)) {
			t.Errorf("%s of %s", id, x.item)
		}
	}
	if idOf("R26", long, 1) == idOf("R26", long[:63]+"c", 1) {
		t.Error("two long ids give one name")
	}
}
