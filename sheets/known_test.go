package sheets

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"plantrail/domain"
)

var april = domain.Day(2020, time.April, 30)

// fataler is a test or a drawn case of one.
type fataler interface{ Fatal(...any) }

// recordedAs is the plan that a first copy becomes, with its words.
func recordedAs(t fataler, csv string) *Known {
	p, err := Read([]byte(csv), Options{Plan: "parks", Title: "Parks", AsAt: third, Name: "first.csv"})
	if err != nil {
		t.Fatal(err)
	}
	h := domain.NewHistory("parks")
	open := p.opens()
	scheme, _ := domain.Preset(open.Scheme)
	k := &Known{Title: p.Title, Columns: []map[string]string{p.readAs()}, Latest: third, LatestFile: p.SHA256,
		State: domain.PlanState{ID: h.ID, Levels: []domain.Level{{Key: "action", Label: "Action"}},
			Dimensions: []domain.Dimension{{Key: "delivery", Label: "Delivery", Scheme: scheme}}}}
	for _, r := range p.Rows {
		it := KnownItem{Title: r.Title, Owner: r.Owner, Reasons: map[string]string{"delivery": r.Reason}, Said: append(slices.Clone(r.Progress), r.Outcome),
			Item: domain.Item{ID: r.Item, Ref: r.Ref, Level: "action", Due: r.Due, Original: r.Due, State: domain.ItemOpen, Result: r.Result}}
		if r.Rating.Value != "" {
			it.Ratings = []domain.Rating{{Dimension: "delivery", Scheme: scheme.ID, Value: r.Rating.Value}}
		}
		k.Items = append(k.Items, it)
	}
	return k
}

func next(t fataler, k *Known, csv string, accept ...string) *Proposal {
	p, err := Read([]byte(csv), Options{Plan: "parks", AsAt: april, Known: k, Name: "next.csv", Accept: accept})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// recordsOf are the verbs and items of what would be recorded.
func recordsOf(p *Proposal) string {
	var all []string
	for _, c := range p.steps() {
		switch c := c.(type) {
		case domain.AddItem:
			all = append(all, "add "+string(c.Item))
		case domain.RewordItem:
			all = append(all, "reword "+string(c.Item))
		case domain.Rate:
			all = append(all, "rate "+string(c.Item)+" "+c.To)
		case domain.SetDue:
			all = append(all, "due "+string(c.Item)+" "+c.Due.String())
		case domain.AssignOwner:
			all = append(all, "owner "+string(c.Item))
		case domain.ReportProgress:
			all = append(all, "progress "+string(c.Item))
		default:
			all = append(all, c.Verb())
		}
	}
	return strings.Join(all, ", ")
}

const head = "Ref,Action,Owner,Due date,RAG,Reason,Progress\n"

func TestANewerCopyRecordsWhatDiffers(t *testing.T) {
	first := head + "1,Mend the roof,Ann,31/03/2020,amber,Scaffolding is late,Begun\n2,Plant trees by the lake,Ben,,green,,\n,Paint the railings,Cy,,green,,\n"
	for name, c := range map[string]struct {
		rows, want string
		accept     []string
	}{
		"nothing":               {"1,Mend the roof,Ann,31/03/2020,amber,Scaffolding is late,Begun\n2,Plant trees by the lake,Ben,,green,,\n,Paint the railings,Cy,,green,,\n", "", nil},
		"rows in another order": {",Paint the railings,Cy,,green,,\n2,Plant trees by the lake,Ben,,green,,\n1,Mend the roof,Ann,31/03/2020,amber,Scaffolding is late,Begun\n", "", nil},
		"another rating":        {"1,Mend the roof,Ann,31/03/2020,red,Nobody came,Begun\n", "rate item-01 red", nil},
		"another reason":        {"1,Mend the roof,Ann,31/03/2020,amber,Nobody came,Begun\n", "rate item-01 amber", nil},
		"a date that moved":     {"1,Mend the roof,Ann,30/06/2020,amber,Scaffolding is late,Begun\n", "due item-01 2020-06-30", nil},
		"another owner":         {"1,Mend the roof,Di,31/03/2020,amber,Scaffolding is late,Begun\n", "owner item-01", nil},
		"an empty owner":        {"1,Mend the roof,,31/03/2020,amber,Scaffolding is late,Begun\n", "", nil},
		"more progress":         {"1,Mend the roof,Ann,31/03/2020,amber,Scaffolding is late,Half done\n", "progress item-01", nil},
		"a typing error":        {",Paint the railngs,Cy,,green,,\n", "reword item-03", nil},
		"a new row":             {"3,Open the café,Di,,green,,\n", "add item-04, rate item-04 green", nil},
		"a reference that was given to another action": {"2,Teach children to swim,Ben,,green,,\n", "", nil},
		"and that was accepted":                        {"2,Teach children to swim,Ben,,green,,\n", "reword item-02", []string{"reword:1"}},
		"perhaps the same":                             {",Paint the railings of the old bridge,Cy,,green,,\n", "add item-04, owner item-04, rate item-04 green", nil},
		"and that it is":                               {",Paint the railings of the bridge,Cy,,green,,\n", "reword item-03", []string{"same:1=item-03"}},
		"a gap in the order of words":                  {"2,Plant trees by the lake,Ben,,,,\n", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			want := strings.Replace(c.want, ", owner item-04", "", 1)
			if got := recordsOf(next(t, recordedAs(t, first), head+c.rows, c.accept...)); got != want {
				t.Errorf("%s\nnot %s", got, want)
			}
		})
	}
}

func TestWhatIsGoneIsAskedAfter(t *testing.T) {
	first := head + "1,Mend the roof,,,green,,\n2,Plant trees,,,green,,\n"
	p := next(t, recordedAs(t, first), head+"1,Mend the roof,,,green,,\n")
	if len(p.Offers) != 1 || p.Offers[0].ID != "gone:item-02" || recordsOf(p) != "" {
		t.Fatalf("%+v, %s", p.Offers, recordsOf(p))
	}
	p = next(t, recordedAs(t, first), head+"1,Mend the roof,,,green,,\n", "gone:item-02")
	if _, _, err := p.Command(); err == nil || !strings.Contains(err.Error(), "--body") {
		t.Fatalf("an item ends on nobody's authority: %v", err)
	}
}

func TestAnOlderCopyIsNotANewerOne(t *testing.T) {
	k := recordedAs(t, head+"1,Mend the roof,,,green,,\n")
	k.Latest = domain.Day(2020, time.May, 1)
	if p := next(t, k, head+"1,Mend the roof,,,red,,\n"); !p.Fatal() {
		t.Fatalf("%+v", p.Problems)
	}
}

func TestAColumnIsReadAsItWasLastTime(t *testing.T) {
	in := []byte("Thing,Who is it,RAG\nMend the roof,Ann,green\nPlant trees,Ben,green\n")
	p, err := Read(in, Options{Plan: "parks", Title: "Parks", AsAt: third, Columns: map[string]Field{"Thing": FieldTitle, "Who is it": FieldOwner}})
	if err != nil || p.Rows[1].Owner != "Ben" {
		t.Fatalf("%+v, %v", p, err)
	}
	c, _, err := p.Command()
	if err != nil || c.Paper.Columns["who is it"] != "owner" {
		t.Fatalf("%+v, %v", c.Paper, err)
	}
	k := recordedAs(t, head+",Mend the roof,Ann,,green,,\n,Plant trees,Ben,,green,,\n")
	k.Columns = append(k.Columns, c.Paper.Columns)
	if p := next(t, k, string(in)); recordsOf(p) != "" {
		t.Fatal(recordsOf(p))
	}
	if _, err := Read(in, Options{Columns: map[string]Field{"Thing": "nonsense"}}); domain.KindOf(err) != domain.Invalid {
		t.Fatal(err)
	}
}

// TestATrackerAndAPaperOfMeasuresDoNotShareTheirColumns holds that what "Target" means in the one is not taken for the other.
func TestATrackerAndAPaperOfMeasuresDoNotShareTheirColumns(t *testing.T) {
	tracker, measures := "Ref,Action,Owner,Target,Status\n", "Ref,Measure,Owner,Target,Status,Actual\n"
	k := recordedAs(t, tracker+"1,Mend the roof,Ann,31/03/2021,green\n")
	p := next(t, k, measures+"K1,Calls answered in a minute,Ben,85%,green,70%\n")
	if m := p.Rows[0].Measure; m == nil || m.Target != "85" || m.Unit != "%" {
		t.Fatalf("the target of a measure is read as a date: %+v, %+v", p.Columns, p.Problems)
	}
	k.Columns = append(k.Columns, p.readAs())
	if p = next(t, k, tracker+"1,Mend the roof,Ann,30/06/2021,green\n"); recordsOf(p) != "due item-01 2021-06-30" {
		t.Fatalf("a tracker after a paper of measures: %s, %+v", recordsOf(p), p.Columns)
	}
	if got := next(t, k, measures+"K1,Calls answered in a minute,Ben,90%,green,71%\n").Rows[0].Measure; got == nil || got.Target != "90" {
		t.Fatalf("%+v", got)
	}
}

func TestAStrangeHeaderIsReadByItsNamesAndSaysSo(t *testing.T) {
	said := func(p *Proposal) bool {
		return slices.ContainsFunc(p.Problems, func(q Problem) bool { return strings.Contains(q.What, "none of the plan's earlier papers") })
	}
	k := recordedAs(t, head+"1,Mend the roof,Ann,,green,,\n")
	if p := next(t, k, head+"1,Mend the roof,Ann,,red,,\n"); said(p) {
		t.Fatalf("the same header is strange: %+v", p.Problems)
	}
	p := next(t, k, "No,Task,Who,Deadline,Colour\n1,Mend the roof,Ben,,green\n")
	if !said(p) || recordsOf(p) != "owner item-01" {
		t.Fatalf("%s, %+v", recordsOf(p), p.Problems)
	}
}

// TestTheOrderOfUnrelatedRowsDoesNotMatter holds that a copy whose rows were shuffled says nothing new.
func TestTheOrderOfUnrelatedRowsDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(t, "rows")
		rows := make([]string, n)
		for i := range rows {
			ref := ""
			if rapid.Bool().Draw(t, "referenced") {
				ref = fmt.Sprintf("%d.%d", i/5+1, i%5+1)
			}
			rows[i] = fmt.Sprintf("%s,%s number %d,Owner %d,,%s,Reason %d,", ref,
				rapid.SampledFrom([]string{"Mend the roof", "Plant trees", "Teach children", "Open the café"}).Draw(t, "title"), i, i%3,
				rapid.SampledFrom([]string{"red", "amber", "green"}).Draw(t, "rating"), i)
		}
		k := recordedAs(t, head+strings.Join(rows, "\n")+"\n")
		seed := rapid.Uint64().Draw(t, "seed")
		rand.New(rand.NewPCG(seed, 1)).Shuffle(n, func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		if p := next(t, k, head+strings.Join(rows, "\n")+"\n"); recordsOf(p) != "" || len(p.Offers) != 0 {
			t.Fatalf("%s, offers %+v", recordsOf(p), p.Offers)
		}
	})
}

func TestLikeness(t *testing.T) {
	for _, c := range []struct {
		a, b     string
		from, to float64
	}{
		{"Mend the roof", "mend the ROOF.", 1, 1}, {"Paint the railings", "Paint the railngs", sameWords, 1},
		{"Recruit two social workers by March", "Recruit three social workers by May", maybeWords, 0.95},
		{"Mend the roof", "Teach children to swim", 0, doubtWords}, {"", "", 0, 0},
	} {
		if got := likeness(c.a, c.b); got < c.from || got > c.to {
			t.Errorf("likeness(%q, %q) = %.2f, want %.2f to %.2f", c.a, c.b, got, c.from, c.to)
		}
	}
}
