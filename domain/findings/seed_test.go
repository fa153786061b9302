package findings_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/findings"
	"plantrail/domain/journaltest"
	"plantrail/sheets"
)

// cityStory is the City of London's paper, imported the day after the meeting with all that it offers.
func cityStory(t *testing.T, imported time.Time) findings.Story {
	t.Helper()
	file := domaintest.Paper(t, "seeds/city-of-london-sdp.txt")
	p, err := sheets.Read(file, sheets.Options{MeetingDate: domain.Day(2020, time.February, 3), Body: "Safeguarding Sub-Committee", Accept: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	c, id, err := p.Command()
	if err != nil {
		t.Fatal(err)
	}
	journal := journaltest.New(t)
	journal.Now = func() time.Time { return imported }
	clerk := domain.Actor{ID: "p-clerk", Kind: domain.User, Role: domain.Editor}
	if _, err := domain.NewService(journal).Do(context.Background(), domain.Order{Plan: p.Plan, Actor: clerk, Command: id, Do: c}); err != nil {
		t.Fatal(err)
	}
	return whole(t, journal, p.Plan)
}

// whole is a plan's story as its journal has it, with all texts.
func whole(t *testing.T, journal *journaltest.Memory, plan domain.PlanID) findings.Story {
	t.Helper()
	story := findings.Story{Plan: plan}
	for r, err := range journal.Read(context.Background(), plan, 0) {
		if err != nil {
			t.Fatal(err)
		}
		texts := journal.TextsOf(r.ID)
		for name, text := range domain.Texts(r.Event) {
			*text = domain.Text(texts[name])
		}
		story.Entries = append(story.Entries, r)
	}
	return story
}

// byRule lists, for each rule, the rows in which it found something; 0 is the plan itself.
func byRule(all []findings.Finding) map[string][]int {
	rows := map[string][]int{}
	for _, f := range all {
		row := 0
		_, _ = fmt.Sscanf(strings.TrimPrefix(string(f.Item), "item-"), "%d", &row)
		rows[f.Rule] = append(rows[f.Rule], row)
	}
	return rows
}

// The expected result was written down before the rules were. What an auditor would see the day after the meeting: the row
// that says nothing, the three that contradict themselves, the twelve without a date, the two that turned green with nothing
// to show, and that the plan names no owner at all. Nothing else.
func TestCityOfLondon(t *testing.T) {
	all := findings.Evaluate(cityStory(t, time.Date(2020, 2, 4, 9, 0, 0, 0, time.UTC)), domain.Day(2020, time.February, 4))
	rows := byRule(all)
	want := map[string][]int{"R26": {9}, "R27": {2, 10, 11}, "R01": {10, 11}, "R02": {10, 11},
		"R20": {0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13}}
	for rule, expected := range want {
		slices.Sort(rows[rule])
		if !slices.Equal(rows[rule], expected) {
			t.Errorf("%s: rows %v, want %v", rule, rows[rule], expected)
		}
		delete(rows, rule)
	}
	for rule, others := range rows {
		t.Errorf("%s: rows %v, want none", rule, others)
	}
	for _, f := range all {
		t.Log(f.ID, f.Words)
	}
}

// Years later, nothing having been recorded, the plan is stale, and that is all that is new.
func TestCityOfLondonYearsLater(t *testing.T) {
	for _, imported := range []int{2020, 2026} {
		story := cityStory(t, time.Date(imported, 2, 4, 9, 0, 0, 0, time.UTC))
		rows := byRule(findings.Evaluate(story, domain.Day(2026, time.November, 22)))
		var rules []string
		for rule := range rows {
			rules = append(rules, rule)
		}
		slices.Sort(rules)
		if got := fmt.Sprint(rules, len(rows["R09"]), len(rows["R11"]), len(rows["R12"])); got != "[R01 R02 R09 R11 R12 R20 R26 R27] 1 11 13" {
			t.Errorf("imported in %d: %s", imported, got)
		}
	}
}

// BenchmarkEvaluate is a plan of the ordinary size with three years of months, and the largest one that can be kept.
func BenchmarkEvaluate(b *testing.B) {
	for _, size := range []struct{ items, rounds int }{{100, 36}, {20_000, 3}} {
		b.Run(fmt.Sprintf("%d-items-%d-rounds", size.items, size.rounds), func(b *testing.B) {
			story := findings.Story{Plan: "sdp"}
			at := time.Date(2020, 1, 6, 9, 0, 0, 0, time.UTC)
			add := func(e domain.Event) {
				n := len(story.Entries) + 1
				story.Entries = append(story.Entries, domain.Recorded{Position: domain.Position(n), PlanSeq: uint64(n), ID: domain.EventID(fmt.Sprint(n)),
					Plan: "sdp", RecordedAt: at, Basis: domain.Basis{Stated: domain.DayOf(at)}, Command: domain.CommandID(fmt.Sprint(n)), Event: e})
			}
			scheme, _ := domain.Preset("brag.v1")
			add(&domain.PlanOpened{Dimensions: []domain.Dimension{{Key: "delivery", Scheme: scheme}}})
			name := func(i int) domain.ItemID { return domain.ItemID(fmt.Sprintf("item-%05d", i)) }
			for i := range size.items {
				add(&domain.ItemAdded{Item: name(i), Title: domain.Text(fmt.Sprintf("Publish the charter of service %d", i)), Due: domain.Day(2022, 3, 31)})
				add(&domain.RatingChanged{Item: name(i), Dimension: "delivery", Scheme: "brag.v1", To: "amber", Meaning: domain.AtRisk, Justified: true,
					Justification: domain.Text(fmt.Sprintf("The printer of service %d has been late since the summer", i))})
			}
			for round := range size.rounds {
				at = at.AddDate(0, 1, 0)
				for i := range size.items {
					add(&domain.RatingAffirmed{Item: name(i), Dimension: "delivery", Scheme: "brag.v1", Value: "amber", Meaning: domain.AtRisk,
						Justification: domain.Text(fmt.Sprintf("Month %d: the printer of service %d is late again", round, i))})
				}
			}
			found := 0
			for b.Loop() {
				found = len(findings.Evaluate(story, domain.DayOf(at)))
			}
			b.ReportMetric(float64(len(story.Entries)), "entries")
			b.ReportMetric(float64(found), "findings")
		})
	}
}
