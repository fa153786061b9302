package sheets

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plantrail/domain"
)

// again records a first copy and reads another against it.
func again(t fataler, first, second string, accept ...string) *Proposal {
	return next(t, recordedAs(t, first), second, accept...)
}

func TestAimsAreTheSameWhereverTheirColumnStands(t *testing.T) {
	first := "Objective,Ref,Action,RAG\nSafer care,1,Mend the roof,green\nBetter plans,2,Plant trees,green\nSafer care,3,Open the café,green\n"
	k := recordedAs(t, first)
	if len(k.Items) != 5 {
		t.Fatalf("an aim that comes again is another: %d items", len(k.Items))
	}
	k.State.Levels = []domain.Level{{Key: "objective", Label: "Objective"}, {Key: "action", Label: "Action"}}
	for i := range k.Items {
		if k.Items[i].Ref == "" {
			k.Items[i].Level = "objective"
		}
	}
	parents := map[string]int{"1": 0, "2": 2, "3": 0}
	for i := range k.Items {
		if at, under := parents[k.Items[i].Ref]; under {
			k.Items[i].Parent = k.Items[at].ID
		}
	}
	for _, copied := range []string{first, "RAG,Action,Objective,Ref\ngreen,Plant trees,Better plans,2\ngreen,Open the café,Safer care,3\ngreen,Mend the roof,Safer care,1\n",
		"Ref,Action,RAG\n1,Mend the roof,green\n2,Plant trees,green\n3,Open the café,green\n"} {
		if p := next(t, k, copied); recordsOf(p) != "" || len(p.Offers) > 0 {
			t.Errorf("%s: %s, offers %+v", copied, recordsOf(p), p.Offers)
		}
	}
	p := next(t, k, "Aim,Ref,Action,RAG\nGreener streets,4,Sweep the square,green\n")
	if p.Rows[0].Level != "objective" || p.Rows[1].Parent != p.Rows[0].Item {
		t.Errorf("a new aim is at level %q, its action under %q", p.Rows[0].Level, p.Rows[1].Parent)
	}
	if p := again(t, "Ref,Action,RAG\n1,Mend the roof,green\n", first); !p.Fatal() {
		t.Error("aims become actions of a plan that has no aims")
	}
}

func TestPercentAndSourceColumns(t *testing.T) {
	p, err := Read([]byte("Ref,Recommendation,RAG,% complete,Review\n1,Mend the roof,green,40%,Ofsted 2019\n2,Plant trees,red,half,\n"), Options{Plan: "parks", Title: "Parks", AsAt: third})
	if err != nil || p.Rows[0].Percent == nil || *p.Rows[0].Percent != 40 || p.Rows[1].Percent != nil || p.Rows[0].Source != "Ofsted 2019" {
		t.Fatalf("%+v, %v", p, err)
	}
	if !strings.Contains(strings.Join(allListed(p), "\n"), "“half” of row 2") {
		t.Error(allListed(p))
	}
	if add := p.steps()[1].(domain.AddItem); add.Kind != domain.Recommendation || add.Source != "Ofsted 2019" {
		t.Errorf("%+v", add)
	}
	k := recordedAs(t, "Ref,Action,RAG,% complete\n1,Mend the roof,green,40%\n")
	forty := 40
	k.Items[0].Percent = &forty
	for cell, want := range map[string]string{"40%": "", "": "", "55": "progress item-01"} {
		if got := recordsOf(next(t, k, "Ref,Action,RAG,% complete\n1,Mend the roof,green,"+cell+"\n")); got != want {
			t.Errorf("%s: %s", cell, got)
		}
	}
}

func TestProgressThatIsSaidAgainIsRecordedAgain(t *testing.T) {
	k := recordedAs(t, head+"1,Mend the roof,,,green,,Begun\n")
	k.Items[0].Said, k.Items[0].Copied = []string{"Begun", "Halted"}, []string{"Begun", "Halted"}
	for words, want := range map[string]string{"Begun": "progress item-01", "Halted": ""} {
		if got := recordsOf(next(t, k, head+"1,Mend the roof,,,green,,"+words+"\n")); got != want {
			t.Errorf("%s: %s", words, got)
		}
	}
}

func TestAPlanRatedByAKeyOfItsOwn(t *testing.T) {
	k := recordedAs(t, "Ref,Action,RAG\n1,Mend the roof,green\n")
	own := domain.Scheme{ID: "own.v1", Values: []domain.Value{{Key: "fine", Label: "Fine", Colour: "green", Meaning: domain.OnTrack}, {Key: "worry", Label: "Worry", Colour: "amber", Meaning: domain.AtRisk}}}
	k.State.Dimensions[0].Scheme = own
	p := next(t, k, "Ref,Action,RAG\n1,Mend the roof,Worry\n")
	if rate := p.steps()[0].(domain.Rate); rate.To != "worry" || !rate.Owed {
		t.Errorf("%+v", rate)
	}
	if _, err := Read([]byte("Ref,Action,RAG\n1,Mend the roof,red\n"), Options{Plan: "parks", AsAt: april, Known: k, Scheme: "brag.v1"}); domain.KindOf(err) != domain.Invalid {
		t.Errorf("the plan's key and another: %v", err)
	}
}

// checkCompared holds what is true of every comparison: no item is recorded twice over, none ends that was not let go by
// name, and the same copy gives the same command.
func checkCompared(t fataler, k *Known, file []byte) {
	options := Options{Plan: "parks", AsAt: april, Known: k, Name: "x.csv", Accept: []string{"all"}}
	p, err := Read(file, options)
	if err != nil {
		return
	}
	rows := map[domain.ItemID]bool{}
	for _, r := range p.Rows {
		if rows[r.Item] {
			t.Fatal(fmt.Sprintf("%s is two rows", r.Item))
		}
		rows[r.Item] = true
	}
	for _, c := range p.steps() {
		if _, ends := c.(domain.CancelItem); ends {
			t.Fatal(fmt.Sprintf("%+v ends", c))
		}
	}
	_, id, err := p.Command()
	copied := *k
	copied.gone, copied.settled = nil, nil
	options.Known = &copied
	q, err2 := Read(file, options)
	if err2 != nil {
		t.Fatal(err2)
	}
	if _, id2, err2 := q.Command(); id != id2 || (err == nil) != (err2 == nil) {
		t.Fatal(fmt.Sprintf("the same copy makes the commands %s and %s", id, id2))
	}
}

func TestEveryComparisonKeepsToItsRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.Custom(func(t *rapid.T) string {
			return strings.Join([]string{rapid.SampledFrom([]string{"", "", "1", "2", "3"}).Draw(t, "ref"),
				rapid.SampledFrom([]string{"Mend the roof", "Mend the roofs", "Mend the roof of the hall", "Plant trees", "Plant tree", "Teach"}).Draw(t, "title"), "Ann",
				rapid.SampledFrom([]string{"", "31/03/2020", "May 2020"}).Draw(t, "due"), rapid.SampledFrom([]string{"red", "amber", "", "?"}).Draw(t, "rag"), "Late", ""}, ",")
		})
		table := func(name string) string {
			return head + strings.Join(rapid.SliceOfN(row, 1, 8).Draw(t, name), "\n") + "\n"
		}
		first := table("first")
		checkCompared(t, recordedAs(t, first), []byte(table("second")))
	})
}

// FuzzCompare compares anything with a plan.
func FuzzCompare(f *testing.F) {
	first := head + "1,Mend the roof,Ann,31/03/2020,amber,Scaffolding is late,Begun\n2,Plant trees by the lake,Ben,,green,,\n,Paint the railings,Cy,,green,,\n"
	f.Add([]byte(first))
	f.Add([]byte(head + "1,Paint the railings,Ann,31/04/2020,green,as above,\n,Mend the roof,Ann,,red,see 1,\n,Mend the roof,,,,,\n"))
	f.Add([]byte("Aim,Action,RAG,Outcome RAG,% complete\nx,Plant trees,green,red,1\n"))
	f.Add([]byte("Ref,Action,Success measure,Baseline,Target,Q1 actual,Q2 2025/26,Current\n1,Mend the roof,Leaks,12%,≥ 0%,7%,0.5,around 6\n2,Plant trees,,20-22,under 5 days,3 days,,tbc\n"))
	f.Add([]byte("KPI,Unit of measure,Polarity,Target,Actual\nMend the roof,%,Lower is better,2025,31/03/2026\n"))
	f.Fuzz(func(t *testing.T, file []byte) { checkCompared(t, recordedAs(t, first), file) })
}

// BenchmarkCompareWithoutReferences compares the most rows with the most items, of which no two say the same.
func BenchmarkCompareWithoutReferences(b *testing.B) {
	for _, n := range []int{2_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			var first, second strings.Builder
			first.WriteString(head)
			second.WriteString(head)
			for i := range n {
				fmt.Fprintf(&first, ",%s number %d,,,green,,\n", strings.Repeat("Mend the roof ", 8), i)
				fmt.Fprintf(&second, ",%s number %dx,,,green,,\n", strings.Repeat("Mend the roof ", 8), i)
			}
			k := recordedAs(b, first.String())
			for b.Loop() {
				start := time.Now()
				next(b, k, second.String())
				b.ReportMetric(time.Since(start).Seconds(), "s/copy")
			}
		})
	}
}

func TestWhatAColumnWasReadAsKeepsItsRating(t *testing.T) {
	first := "Action,Reason for Amber\nMend the roof,Scaffolding is late\nPlant trees,The ground is frozen\n"
	k := recordedAs(t, first)
	p := next(t, k, strings.Replace(first, "is late", "is later", 1))
	if got := recordsOf(p); got != "rate item-01 amber" {
		t.Error(got)
	}
	numbers := "Rec | RAG | Update\n12  | Amber | Begun\n13  | Green | Done\n"
	if got := recordsOf(again(t, numbers, strings.Replace(numbers, "Amber", "Red", 1))); got != "rate item-01 red" {
		t.Error(got)
	}
	said := "Action,RAG,Reason\nMend the roof,amber,Scaffolding is late\n"
	if got := recordsOf(again(t, said, strings.Replace(said, "Scaffolding is late", "The roof is mended. Updated to GREEN", 1))); got != "rate item-01 green" {
		t.Errorf("a change that the row reports is affirmed first: %s", got)
	}
}

func TestTheWordsSayAllThatIsRecorded(t *testing.T) {
	p := again(t, head+"1,Mend the roof,Ann,31/03/2020,amber,Late,\n", head+"1,Mend the roofs,Ben,30/04/2020,red,Later,Begun\n2,Plant,,,green,,\n")
	want := "that this copy was read from this file, 1 new item, 1 rating of a new item, 1 rating changed, or affirmed for another reason, 1 item in other words, " +
		"1 due date set or moved, 1 other owner, 1 progress report"
	if got := strings.Join(p.Records, ", "); got != want {
		t.Error(got)
	}
}
