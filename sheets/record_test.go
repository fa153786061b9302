package sheets_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/sheets"
)

var clerk = domain.Actor{ID: "p-clerk", Kind: domain.User, Role: domain.Editor}

// record gives a paper to the domain, as the import does.
func record(t *testing.T, s *domain.Service, p *sheets.Proposal) (domain.Receipt, error) {
	t.Helper()
	c, id, err := p.Command()
	if err != nil {
		t.Fatal(err)
	}
	return s.Do(context.Background(), domain.Order{Plan: p.Plan, Actor: clerk, Command: id, Do: c})
}

// folded is the plan that a journal's events add up to.
func folded(t *testing.T, j domain.Journal, id domain.PlanID) (*domain.Plan, []domain.Recorded) {
	t.Helper()
	h := domain.NewHistory(id)
	var all []domain.Recorded
	for r, err := range j.Read(context.Background(), id, 0) {
		if err != nil {
			t.Fatal(err)
		}
		h.Apply(r)
		all = append(all, r)
	}
	return h.Plan(), all
}

func TestCityOfLondonIsRecordedOnce(t *testing.T) {
	file := domaintest.Paper(t, "seeds/city-of-london-sdp.txt")
	meeting := domain.Day(2020, time.February, 3)
	read := func() *sheets.Proposal {
		p, err := sheets.Read(file, sheets.Options{MeetingDate: meeting, Body: "Safeguarding Sub-Committee", Name: "city.txt"})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	journal := journaltest.New(t)
	service := domain.NewService(journal)
	if _, err := record(t, service, read()); err != nil {
		t.Fatal(err)
	}
	plan, all := folded(t, journal, "service-development-plan-2019-20")
	values := map[string]int{}
	for _, it := range plan.Items() {
		r, _ := it.Rating("delivery")
		values[r.Value]++
		if r.Owed || r.Reason == 0 || r.Since != meeting {
			t.Errorf("%s: %+v, want a reason and the meeting's date", it.ID, r)
		}
	}
	if fmt.Sprint(len(plan.Items()), values) != "13 map[amber:11 green:2]" {
		t.Errorf("%d items, %v, want 13, 11 of them amber and 2 green", len(plan.Items()), values)
	}
	nine, _ := plan.Item("item-09")
	if r, _ := nine.Rating("delivery"); r.SameAs != "item-08" {
		t.Errorf("item 9 repeats %q, want item-08", r.SameAs)
	}
	for _, r := range all {
		_, resolution := r.Event.(*domain.ResolutionRecorded)
		if resolution != (r.Authority != nil) || resolution && r.Authority.Body != "Safeguarding Sub-Committee" {
			t.Errorf("%s rests on %+v", r.Event.Type(), r.Authority)
		}
	}
	receipt, err := record(t, service, read())
	if _, after := folded(t, journal, "service-development-plan-2019-20"); err != nil || !receipt.Repeat || len(after) != len(all) {
		t.Errorf("a second time: %+v, %v, %d events after %d", receipt, err, len(after), len(all))
	}
}

func TestTenThousandRowsAreRecordedAtOnce(t *testing.T) {
	p, err := sheets.Read(tenThousand(), sheets.Options{Plan: "big", Title: "Big plan", MeetingDate: domain.Month(2020, time.May), Name: "big.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if p.Rows[0].Item != "item-00001" || p.Rows[9_999].Item != "item-10000" || p.Counts.Items != 10_000 {
		t.Fatalf("items from %s to %s", p.Rows[0].Item, p.Rows[9_999].Item)
	}
	journal := journaltest.New(t)
	if _, err := record(t, domain.NewService(journal), p); err != nil {
		t.Fatal(err)
	}
	if plan, _ := folded(t, journal, "big"); len(plan.Items()) != 10_000 {
		t.Errorf("%d items", len(plan.Items()))
	}
}

func TestReasonsThatPointDownAndMovesAreRecorded(t *testing.T) {
	in := "Ref,Action,RAG,Reason,Due date,Revised date,Outcome,Progress\n" +
		"1.1,One,amber,see 1.3,31/03/2020,30/06/2020,,Begun\n" +
		"1.2,Two,red,,,,Partly achieved,\n" +
		"1.3,Three,amber,Nobody to do it,,,,\n"
	p, err := sheets.Read([]byte(in), sheets.Options{Title: "Small plan", MeetingDate: domain.Day(2020, time.May, 4), Accept: []string{"all"}, Name: "x.csv"})
	if err != nil {
		t.Fatal(err)
	}
	journal := journaltest.New(t)
	if _, err := record(t, domain.NewService(journal), p); err != nil {
		t.Fatal(err)
	}
	plan, _ := folded(t, journal, "small-plan")
	one, _ := plan.Item("item-01")
	two, _ := plan.Item("item-02")
	if r1, _ := one.Rating("delivery"); r1.SameAs != "item-03" || one.Moves != 1 || one.Due.String() != "2020-06-30" || one.Original.String() != "2020-03-31" || one.Progress == 0 {
		t.Errorf("item 1: %+v, %+v", one, r1)
	}
	if r2, _ := two.Rating("delivery"); !r2.Owed || two.Result != domain.PartlyAchieved {
		t.Errorf("item 2: %+v, %+v", two, r2)
	}
}

func tenThousand() []byte {
	var b strings.Builder
	b.WriteString("Reference,Action,Lead officer,Target date,RAG,Reason\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "%d.%d,Do thing number %d for residents,Head of Service %d,31/03/2021,%s,\"Waiting for part %d, then on\"\n",
			i/100+1, i%100+1, i, i%7, []string{"Red", "Amber", "Green"}[i%3], i)
	}
	return []byte(b.String())
}

func BenchmarkReadTenThousandRows(b *testing.B) {
	file := tenThousand()
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		p, err := sheets.Read(file, sheets.Options{Title: "Big plan", MeetingDate: domain.Month(2020, time.May), Name: "big.csv"})
		if err != nil {
			b.Fatal(err)
		}
		if _, _, err := p.Command(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(10_000*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// TestEveryPaperIsRecorded gives what is read of the corpus and of the minutes to the domain: levels, parents, meeting dates of
// rows and accepted requests are things that it takes.
func TestEveryPaperIsRecorded(t *testing.T) {
	files, _ := filepath.Glob(domaintest.PaperPath(t, "corpus") + "/*.txt")
	recorded := 0
	for _, name := range append(files, domaintest.PaperPath(t, "seeds/worcestershire-through-care.txt"), domaintest.PaperPath(t, "seeds/city-of-london-sdp.txt")) {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := sheets.Read(file, sheets.Options{Plan: "a-plan", Title: "A plan", MeetingDate: domain.Month(2021, time.May), Body: "Cabinet", Accept: []string{"all"}, Name: name})
		if err != nil {
			t.Logf("%s: %v", filepath.Base(name), err)
			continue
		}
		journal := journaltest.New(t)
		if _, err := record(t, domain.NewService(journal), p); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		recorded++
		plan, all := folded(t, journal, "a-plan")
		if len(plan.Items()) != len(p.Rows) {
			t.Errorf("%s: %d items of %d rows", name, len(plan.Items()), len(p.Rows))
		}
		for _, r := range all {
			if e, ok := r.Event.(*domain.ItemAdded); ok && p.Rows[0].Stated.Known() && r.Stated != p.Rows[0].Stated {
				t.Errorf("%s: item %s is stated %s, want %s", name, e.Item, r.Stated, p.Rows[0].Stated)
			}
		}
	}
	if recorded != 15 {
		t.Errorf("%d papers were recorded, want 15: 13 of the corpus and both seeds", recorded)
	}
}

func TestRequestsAndDimensionsAreRecorded(t *testing.T) {
	in := "Action,Progress RAG,Outcome RAG,Comment\nOpen the hub,green,amber,\"Doors are open; the Chairman asked for the figures.\"\n"
	p, err := sheets.Read([]byte(in), sheets.Options{Title: "Hub plan", MeetingDate: domain.Day(2021, time.May, 4), Accept: []string{"request:1"}, Name: "x.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Rows[0].Requests; len(got) != 1 || got[0].Words != "the Chairman asked for the figures." || got[0].AskedBy != "the Chairman" {
		t.Errorf("requests %+v", got)
	}
	journal := journaltest.New(t)
	if _, err := record(t, domain.NewService(journal), p); err != nil {
		t.Fatal(err)
	}
	plan, all := folded(t, journal, "hub-plan")
	item, _ := plan.Item("item-01")
	delivery, _ := item.Rating("delivery")
	outcome, _ := item.Rating("outcome-rag")
	if delivery.Value != "green" || outcome.Value != "amber" || !outcome.Owed {
		t.Errorf("rated %+v and %+v", delivery, outcome)
	}
	for _, r := range all {
		if e, ok := r.Event.(*domain.RequestMade); ok && e.Item == "item-01" {
			return
		}
	}
	t.Error("the Chairman's request is not recorded")
}
