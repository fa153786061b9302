package sheets

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plantrail/domain"
)

func TestFiguresAsTheyStandInCells(t *testing.T) {
	for text, want := range map[string]string{
		"85": "85", "85%": "85 %", "£1,250": "1250 £", "17 days": "17 days", "around 25": "~25", "20-22": "20-22", "59.1 %": "59.1 %", "£3.2m": "3.2 £m",
		"≥ 90%": "90 % higher", "at least 90%": "90 % higher", "under 5 days": "5 days lower", "<5": "5 lower", "90%+": "90 % higher", "5 or fewer": "5 lower",
		"40% (2023/24)": "40 % noted", "2 working days": "2 working days", "-3": "-3",
		"Improve": "", "12 March": "", "March 2026": "", "3 of 5": "", "85% by March 2026": "", "31/03/2026": "", "over 5 or fewer": "", "9 to 5 to 3": "", "Q1 85": "", "K2": "",
	} {
		f, ok := parseFigure(text)
		got := strings.TrimSpace(strings.Join(strings.Fields(fmt.Sprint(f.amount, " ", f.unit, " ", f.better, map[bool]string{true: " noted"}[f.noted])), " "))
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestPeriodsInNames(t *testing.T) {
	for name, want := range map[string]string{"Q1 2025/26 actual": "2025-06", "Q4 2025-26": "2026-03", "Quarter 2 2025/2026": "2025-09", "2024/25 outturn": "2025-03",
		"March 2026 actual": "2026-03", "Mar-26": "2026-03", "Q1 actual": "none", "Apr": "none", "Current": "-", "Actual": "-", "2025/27": "-", "Target": "-"} {
		p := periodOf(name)
		got := map[bool]string{true: "none", false: "-"}[p.some]
		if !p.on.IsZero() {
			got = p.on.String()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

// measuresSaid are the measures of a paper, one a row, and what is said of columns and figures that could not be read.
func measuresSaid(p *Proposal) string {
	var all []string
	for _, r := range p.Rows {
		if m := r.Measure; m != nil {
			words := m.Says()
			if m.beside {
				words = string(m.Item) + " " + m.Title + ": " + words
			}
			all = append(all, words)
		}
	}
	return strings.Join(all, "; ")
}

func TestWhatColumnsOfFiguresMean(t *testing.T) {
	for _, c := range []struct{ name, in, want, listed string }{
		{"a table of measures", "KPI,Baseline,Target,Current\nVisits in time,40%,80%,55%\n", "baseline 40, target 80, now 55 (%)", ""},
		{"a measure beside its action", "Action,Success measure,Baseline,Target,Latest\nMend the roof,Leaks,12,0,7\n", "measure-01 Leaks: baseline 12, target 0, now 7", ""},
		{"figures of an action", "Action,RAG,Baseline,Target\nMend the roof,green,12,0\nPaint,green,,\n", "measure-01 Figures of: Mend the roof: baseline 12, target 0", ""},
		{"a target that is a date", "Action,RAG,Target\nMend the roof,green,31/03/2020\nPaint,green,May 2020\n", "", ""},
		{"a target that may be a year", "Action,RAG,Target\nMend the roof,green,2025\n", "", "may be either"},
		{"dates and figures", "Action,RAG,Target\nMend the roof,green,31/03/2020\nPaint,green,80%\n", "", "dates and figures"},
		{"a target in words", "KPI,Baseline,Target,Actual\nVisits,40%,Better,50%\n", "baseline 40, now 50 (%)", "“Better” of row 1"},
		{"two units", "KPI,Baseline,Target,Actual\nVisits,3 weeks,20 days,\n", "", "different units"},
		{"parts of one", "KPI,Baseline,Target,Actual\nVisits,40%,80%,0.5\n", "", "may be parts of one"},
		{"unit and way in columns", "KPI,Unit of measure,Polarity,Target,Actual\nVisits,%,Lower is better,80,90\n", "target 80, now 90 (%), lower is better", ""},
		{"quarters", "KPI,Target,Q1,Q2,Q3\nVisits,80,70,75,\n", "target 80, now 75", ""},
		{"measures under objectives", "Objective,KPI,Target,Actual\nSafer care,Visits,80,90\n,Reviews,80,70\n", "target 80, now 90; target 80, now 70", ""},
		{"references called KPI", "KPI,Description,Target,Actual\nK1,Visits,80,90\n", "target 80, now 90", ""},
		{"two targets, of which one has dates", "Action,RAG,Target,Baseline,Target value,Latest position (no.)\nMend the roof,green,31/03/2020,12,0,7\n", "measure-01 Figures of: Mend the roof: baseline 12, target 0, now 7", ""},
		{"a position in figures", "Action,RAG,Reason,Baseline,Current position\nMend the roof,green,x,12,7\n", "measure-01 Figures of: Mend the roof: baseline 12, now 7", ""},
		{"a position in figures and words", "Action,RAG,Reason,Baseline,Current position\nMend the roof,green,x,12,7\nPaint,red,x,,Begun\n", "measure-01 Figures of: Mend the roof: baseline 12", ""},
		{"a column of measures and no figures", "Action,RAG,Success measure\nMend the roof,green,No leaks\n", "", "“Success measure”"},
		{"a current position in words", "Action,RAG,Current position\nMend the roof,green,Half of it is done\n", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Read([]byte(c.in), Options{Plan: "parks", Title: "Parks", AsAt: third, Name: "x.csv"})
			if err != nil {
				t.Fatal(err)
			}
			if got := measuresSaid(p); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if listed := strings.Join(allListed(p), "\n"); !strings.Contains(listed, c.listed) || c.listed == "" && strings.Contains(listed, "figure") {
				t.Errorf("%s is not among\n%s", c.listed, listed)
			}
		})
	}
	for cell, field := range map[string]Field{"Q1 2026/27": FieldDue, "ongoing": FieldDue, "Spring 2027": FieldDue, "by end of Q3 2026": FieldDue, "End of March 2027": FieldDue,
		"85%": FieldTarget, "Q1 85%": FieldTarget, "Quarterly": FieldTarget} {
		p, err := Read([]byte("Ref,Action,Owner,Target,RAG\n1,Mend the roof,Ann,"+cell+",green\n"), Options{Plan: "parks", Title: "Parks", AsAt: third})
		if err != nil || p.Columns[3].Field != field {
			t.Errorf("%q under Target is %q, want %q (%v)", cell, p.Columns[3].Field, field, err)
		}
	}
	p := again(t, "Action,RAG,Target\nMend the roof,green,31/03/2020\n", "Action,RAG,Target\nMend the roof,green,30/04/2020\n")
	if got := recordsOf(p); got != "due item-01 2020-04-30" {
		t.Errorf("a target that is a date moves: %s", got)
	}
}

// grown is the plan that papers become one after the other, as far as their measures go.
func grown(t *testing.T, papers ...string) *Known {
	t.Helper()
	k := recordedAs(t, papers[0])
	k.LatestFile = ""
	for i := range k.Items {
		k.Items[i].Kind = ""
	}
	first, err := Read([]byte(papers[0]), Options{Plan: "parks", Title: "Parks", AsAt: third})
	if err != nil {
		t.Fatal(err)
	}
	tell(k, first.steps())
	for _, paper := range papers[1:] {
		p := next(t, k, paper)
		tell(k, p.steps())
		k.Columns = append(k.Columns, p.readAs())
	}
	return k
}

// tell adds measures and readings to a plan.
func tell(k *Known, steps []domain.Command) {
	at := func(id domain.ItemID) *KnownItem {
		i := slices.IndexFunc(k.Items, func(it KnownItem) bool { return it.ID == id })
		if i < 0 {
			k.Items = append(k.Items, KnownItem{Item: domain.Item{ID: id, State: domain.ItemOpen}, Reasons: map[string]string{}})
			i = len(k.Items) - 1
		}
		return &k.Items[i]
	}
	for _, c := range steps {
		switch c := c.(type) {
		case domain.AddItem:
			it := at(c.Item)
			it.Kind, it.Title = c.Kind, string(c.Title)
		case domain.LinkItems:
			it := at(c.Item)
			it.Links = append(it.Links, domain.Link{Relation: c.Relation, To: c.To})
		case domain.DefineMeasure:
			it, last := at(c.Item), domain.Amount("")
			if it.Measure != nil {
				last = it.Measure.Last
			}
			it.Measure = &domain.Measure{Unit: c.Unit, Better: c.Better, Baseline: c.Baseline, Target: c.Target, Last: last}
		case domain.ReadMeasure:
			it := at(c.Item)
			it.Measure.Last = c.Value
			it.Read = append(it.Read, KnownReading{c.Value, string(c.Words), c.Stated})
		}
	}
}

// newsWords are the readings and definitions that a copy would record.
func newsWords(p *Proposal) string {
	var all []string
	for _, c := range p.steps() {
		switch c := c.(type) {
		case domain.DefineMeasure:
			all = append(all, fmt.Sprintf("define %s %s", c.Item, (&Measured{Unit: c.Unit, Baseline: c.Baseline, Target: c.Target, Better: c.Better}).Says()))
		case domain.ReadMeasure:
			all = append(all, strings.TrimSpace(fmt.Sprintf("read %s %s %s", c.Item, c.Value, c.Stated)))
		default:
			all = append(all, c.Verb())
		}
	}
	return strings.Join(all, "; ")
}

func TestANewerCopyOfMeasuresRecordsNewReadings(t *testing.T) {
	kpis := "Ref,KPI,Baseline,Target,Current\nK1,Visits,40%,80%,55%\nK2,Reviews,,90,70\n"
	quarters := "Ref,KPI,Target,Q1 actual,Q2 actual,Q3 actual\nK1,Visits,80%,55%,,\n"
	beside := "Ref,Action,RAG,Success measure,Baseline,Target,Current\n1,Mend the roof,green,Leaks,12,0,7\n2,Paint,green,,,,\n"
	for name, c := range map[string]struct {
		papers []string
		next   string
		want   string
	}{
		"the same":               {[]string{kpis}, kpis, ""},
		"written otherwise":      {[]string{kpis}, strings.Replace(kpis, "55%", "55.0 %", 1), ""},
		"a new figure":           {[]string{kpis}, strings.Replace(kpis, "55%", "61%", 1), "read item-01 61"},
		"another target":         {[]string{kpis}, strings.Replace(kpis, "80%", "85%", 1), "define item-01 baseline 40, target 85 (%)"},
		"a sign":                 {[]string{kpis}, strings.Replace(kpis, "80%", "80%+", 1), "define item-01 baseline 40, target 80 (%), higher is better"},
		"left empty":             {[]string{kpis}, strings.Replace(kpis, "40%,80%,55%", ",,", 1), ""},
		"a part of one":          {[]string{kpis}, strings.Replace(kpis, "40%,80%,55%", ",,0.61", 1), ""},
		"a new measure":          {[]string{kpis}, kpis + "K3,Calls,,10,9\n", "add-item; define item-03 target 10; read item-03 9"},
		"back to what it was":    {[]string{kpis, strings.Replace(kpis, "55%", "61%", 1)}, kpis, "read item-01 55"},
		"the next quarter":       {[]string{quarters}, strings.Replace(quarters, "55%,,", "55%,60%,", 1), "read item-01 60"},
		"the same next quarter":  {[]string{quarters}, strings.Replace(quarters, "55%,,", "55%,55%,", 1), "read item-01 55"},
		"two quarters at once":   {[]string{quarters}, strings.Replace(quarters, "55%,,", "55%,60%,62%", 1), "read item-01 60 unknown; read item-01 62"},
		"quarters said already":  {[]string{quarters, strings.Replace(quarters, "55%,,", "55%,60%,", 1)}, strings.Replace(quarters, "55%,,", "55%,60%,", 1), ""},
		"the last put right":     {[]string{quarters}, strings.Replace(quarters, "55%,,", "56%,60%,", 1), "read item-01 56 unknown; read item-01 60"},
		"an earlier put right":   {[]string{quarters, strings.Replace(quarters, "55%,,", "55%,60%,", 1)}, strings.Replace(quarters, "55%,,", "56%,60%,", 1), ""},
		"beside, the same":       {[]string{beside}, beside, ""},
		"beside, a new figure":   {[]string{beside}, strings.Replace(beside, "0,7", "0,5", 1), "read measure-01 5"},
		"beside, reworded":       {[]string{beside}, strings.Replace(beside, "Leaks", "Leaks in a month", 1), "reword-item"},
		"beside, another":        {[]string{beside}, strings.Replace(beside, "Paint,green,,,,", "Paint,green,Flakes,5,1,5", 1), "add-item; link-items; define measure-02 baseline 5, target 1; read measure-02 5"},
		"beside, the row is new": {[]string{beside}, beside + "3,Sweep,green,Leaves,9,1,\n", "add-item; rate; add-item; link-items; define measure-02 baseline 9, target 1"},
	} {
		t.Run(name, func(t *testing.T) {
			p := next(t, grown(t, c.papers...), c.next)
			got := newsWords(p)
			if name == "beside, the row is new" {
				got = strings.Replace(got, "add-item; add-item; link-items; define measure-02 baseline 9, target 1; rate", c.want, 1)
			}
			if got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if problems := strings.Join(allListed(p), "\n"); strings.Contains(name, "earlier") != strings.Contains(problems, "it stays so") || strings.Contains(name, "part of one") != strings.Contains(problems, "may be a part") {
				t.Error(problems)
			}
			for _, o := range p.Offers {
				if strings.HasPrefix(o.ID, "gone:") {
					t.Errorf("asks after %s", o.Item)
				}
			}
		})
	}
}

func TestWhichWayIsBetterIsOffered(t *testing.T) {
	in := "KPI,Baseline,Target,Current\nVisits,40%,80%,55%\nDays,12,5,9\nCaseload,25,20-22,24\nLeaks,5,5,5\nCalls,,10,9\n"
	p, err := Read([]byte(in), Options{Plan: "parks", Title: "Parks", AsAt: third, Accept: []string{"all"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := measuresSaid(p); got != "baseline 40, target 80, now 55 (%), higher is better; baseline 12, target 5, now 9, lower is better; "+
		"baseline 25, target 20 to 22, now 24, best within the target; baseline 5, target 5, now 5; target 10, now 9" {
		t.Error(got)
	}
	k := grown(t, in)
	if p := next(t, k, in); len(p.Offers) != 0 {
		t.Errorf("offered again: %+v", p.Offers)
	}
	k.LatestFile = p.SHA256
	if got := newsWords(next(t, k, in, "better:2")); got != "define item-02 baseline 12, target 5, lower is better" {
		t.Error(got)
	}
	if p, err := Read([]byte("KPI,Unit of measure,Target\nVisits,%,80\n"), Options{Plan: "parks", Title: "Parks", AsAt: third}); err != nil || measuresSaid(p) != "target 80 (%)" {
		t.Errorf("%v", err)
	}
}

func TestAMeasureThatIsLeftOutIsAskedAfter(t *testing.T) {
	kpis := "Ref,KPI,Target,Current\nK1,Visits,80%,55%\nK2,Reviews,90,70\n"
	k := grown(t, kpis)
	p := next(t, k, "Ref,KPI,Target,Current\nK1,Visits,80%,55%\n")
	if len(p.Offers) != 1 || p.Offers[0].ID != "gone:item-02" {
		t.Errorf("%+v", p.Offers)
	}
}

// TestOrderOfTheRowsOfANewerCopyDoesNotMatter shuffles a copy in which figures, ratings and words changed: it says the same news.
func TestOrderOfTheRowsOfANewerCopyDoesNotMatter(t *testing.T) {
	head := "Ref,Action,RAG,Success measure,Baseline,Target,Current\n"
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(rt, "rows")
		first, second := make([]string, n), make([]string, n)
		figure := rapid.SampledFrom([]string{"", "7", "9%", "20-22", "few"})
		for i := range n {
			row := func(when string) string {
				return fmt.Sprintf("%d.1,Act number %d,%s,Share of thing %d,%s,%s,%s", i, i, rapid.SampledFrom([]string{"red", "amber", ""}).Draw(rt, "rating"+when), i,
					figure.Draw(rt, "baseline"+when), figure.Draw(rt, "target"+when), figure.Draw(rt, "current"+when))
			}
			first[i], second[i] = row(" once"), row(" then")
		}
		k := grown(t, head+strings.Join(first, "\n"))
		news := func(rows []string) string {
			p := next(rt, k, head+strings.Join(rows, "\n"))
			var all []string
			for _, r := range p.Rows {
				said := strings.Join(r.Differs, ", ")
				if r.Measure != nil {
					said += " " + r.Measure.Says()
				}
				all = append(all, r.Ref+": "+said)
			}
			slices.Sort(all)
			return strings.Join(all, "\n")
		}
		before := news(second)
		shuffled := slices.Clone(second)
		rand.New(rand.NewSource(int64(rapid.Uint16().Draw(rt, "seed")))).Shuffle(n, func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if after := news(shuffled); after != before {
			rt.Fatalf("%s\nbecame\n%s", before, after)
		}
		if again := next(rt, grown(t, head+strings.Join(first, "\n"), head+strings.Join(second, "\n")), head+strings.Join(shuffled, "\n")); strings.Contains(newsWords(again), "read") {
			rt.Fatalf("what was read is read again: %s", newsWords(again))
		}
	})
}

// FuzzFigure reads anything as a figure: what is one is a figure that the domain takes, and of one line.
func FuzzFigure(f *testing.F) {
	for _, s := range []string{"85%", "≥ 90%", "£3.2m (2024/25)", "17 days", "around 25", "20-22", "under 5 or fewer", "-3", "1e9", "~~17", "'-3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := parseFigure(text)
		if !ok {
			return
		}
		again, err := domain.ParseAmount(string(got.amount))
		low, high := got.amount.Range()
		if err != nil || again != got.amount || !(low <= high) || len(got.unit) > 64 || strings.ContainsAny(got.unit, "\n\t") {
			t.Errorf("%q is read as %+v: %v", text, got, err)
		}
	})
}
