package projections_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/evidence"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

var later = domain.Day(2020, time.September, 1)

// found lists what the rules find in a plan, as "R12 a".
func found(t testing.TB, db *projections.DB, at projections.At, today domain.Date, rules ...string) []string {
	t.Helper()
	v := must[projections.FindingsView](t)(db.Findings(t.Context(), "sdp", at, today))
	all := []string{}
	for _, f := range v.Findings {
		if len(rules) == 0 || slices.Contains(rules, f.Rule) {
			all = append(all, strings.TrimSpace(f.Rule+" "+string(f.Item)))
		}
	}
	return all
}

// What is kept and gone on with is what is found from the beginning, after every entry.
func TestFindingsGoOn(t *testing.T) {
	src := projectionstest.NewSource()
	src.Draw(t, `open sdp "Service Development Plan"`)
	db := open(t, src)
	lines := strings.Split(strings.TrimSpace(story), "\n")[2:]
	lines = append(lines, `sdp due a 2020-07 "resources"`, `sdp due a 2020-08 "resources"`, `sdp rate b green`, `sdp rate b amber`, `sdp rate b green`,
		`people leave p-1`, `sdp justify b "Same as above"`)
	group := ""
	for _, line := range lines {
		switch line = strings.TrimSpace(line); {
		case line == "begin sdp":
			group = line
			continue
		case group != "" && line != "end":
			group += "\n" + line
			continue
		case group != "":
			line, group = group+"\n"+line, ""
		}
		src.Draw(t, line)
		catchUp(t, db, src)
		kept := must[projections.FindingsView](t)(db.Findings(t.Context(), "sdp", projections.At{}, later))
		fresh := must[projections.FindingsView](t)(open(t, src).Findings(t.Context(), "sdp", projections.At{}, later))
		if diff := cmp.Diff(fresh, kept, cmp.AllowUnexported(domain.Date{})); diff != "" {
			t.Fatalf("after %s: from the beginning, and going on: %s", line, diff)
		}
		if kept.Judged != later || kept.Version != src.History("sdp").Head().PlanSeq {
			t.Fatalf("after %s: judged %s at version %d", line, kept.Judged, kept.Version)
		}
	}
	if got := found(t, db, projections.At{}, later, "R05", "R07"); !slices.Equal(got, []string{"R05 a", "R07 a", "R07 a"}) {
		t.Errorf("in the end %q", got)
	}
}

func TestFindingsByFourClocks(t *testing.T) {
	src := projectionstest.Draw(t, `
		open sdp "Service Development Plan"
		sdp meeting m "Scrutiny" 2020-02-20
		sdp add a "Publish the charter" due=2020-03 owner="Head of Service"
		sdp rate a amber @2020-01-10
		sdp paper m
		sdp justify a "Same as above"`)
	db := open(t, src)
	entries := src.Recorded()
	for name, c := range map[string]struct {
		at     projections.At
		judged domain.Date
		want   []string
	}{
		"now":                                  {projections.At{}, later, []string{"R09 a", "R11 a", "R12 a", "R26 a"}},
		"by position, on the day of recording": {projections.At{Position: entries[3].Position}, domain.Day(2020, 1, 1), []string{}},
		"by recording":                         {projections.At{RecordedAt: entries[4].RecordedAt.AddDate(0, 0, 0)}, domain.Day(2020, 1, 1), []string{}},
		"on a day":                             {projections.At{ValidAt: domain.Day(2020, 1, 24)}, domain.Day(2020, 1, 24), []string{"R26 a"}},
		"by a month's end":                     {projections.At{ValidAt: domain.Month(2020, 2)}, domain.Day(2020, 2, 29), []string{"R12 a", "R26 a"}},
		"on a day, by what was known then":     {projections.At{ValidAt: domain.Day(2020, 1, 24), Position: entries[4].Position}, domain.Day(2020, 1, 24), []string{"R08 a"}},
		"on a day, by what was reported":       {projections.At{ValidAt: domain.Day(2020, 1, 24), AsReported: "m"}, domain.Day(2020, 1, 24), []string{"R08 a"}},
	} {
		v := must[projections.FindingsView](t)(db.Findings(t.Context(), "sdp", c.at, later))
		if got := found(t, db, c.at, later); !slices.Equal(got, c.want) || v.Judged != c.judged {
			t.Errorf("%s: %q judged on %s, want %q on %s", name, got, v.Judged, c.want, c.judged)
		}
	}
	for _, at := range []projections.At{{Position: 100}, {AsReported: "x"}, {RecordedAt: time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		if _, err := db.Findings(t.Context(), "sdp", at, later); domain.KindOf(err) != domain.NotFound {
			t.Errorf("%+v: %v", at, err)
		}
	}
	if _, err := db.Findings(t.Context(), "none", projections.At{}, later); domain.KindOf(err) != domain.NotFound {
		t.Error("a plan that is not there: ", err)
	}
}

func TestErasedWordsLeaveTheFindings(t *testing.T) {
	src := projectionstest.Draw(t, `
		open sdp "Service Development Plan"
		sdp add a "Publish the charter" due=2020-12
		sdp rate a amber "Zwingli is ill"`)
	db := open(t, src)
	words := func() string {
		return fmt.Sprintf("%+v", must[projections.FindingsView](t)(db.Findings(t.Context(), "sdp", projections.At{}, domain.Day(2020, 1, 2))))
	}
	if !strings.Contains(words(), "Zwingli") {
		t.Fatalf("the reason is not quoted: %s", words())
	}
	of := src.Recorded()[2]
	src.Draw(t, `sdp erase `+number(of.Position)+` justification "On request" item=a`)
	catchUp(t, db, src)
	if got := words(); strings.Contains(got, "Zwingli") || strings.Contains(got, "R26") {
		t.Errorf("after the request: %s", got)
	}
	src.EraseText(of.ID, "justification")
	if err := db.EraseText(t.Context(), of.ID, "justification"); err != nil {
		t.Fatal(err)
	}
	if got := words(); strings.Contains(got, "Zwingli") || strings.Contains(got, "R08") {
		t.Errorf("after the erasing: %s", got)
	}
}

func TestLeaversAreSeen(t *testing.T) {
	src := projectionstest.Draw(t, `
		people register p-9 "Ann Owner"
		open sdp "Service Development Plan"`)
	src.Add(projectionstest.Line{Plan: "sdp"}, &domain.ItemAdded{Item: "a", Level: "action", Title: "Publish", Owned: true, Person: "p-9", Due: later})
	db := open(t, src)
	today := domain.Day(2020, 1, 20)
	if got := found(t, db, projections.At{}, today, "R14"); len(got) != 0 {
		t.Errorf("before: %q", got)
	}
	src.Draw(t, `people leave p-9`)
	catchUp(t, db, src)
	if got := found(t, db, projections.At{}, today, "R14"); !slices.Equal(got, []string{"R14 a"}) {
		t.Errorf("after: %q", got)
	}
	if got := found(t, db, projections.At{Position: 3, ValidAt: today}, today, "R14"); len(got) != 0 {
		t.Errorf("by what was known before: %q", got)
	}
}

func TestTheFindingsOfAllPlansComeInPages(t *testing.T) {
	src := projectionstest.Draw(t, `people register p-9 "Ann"`)
	for _, plan := range []string{"a", "b", "c"} {
		src.Draw(t, "open "+plan+" \"Plan\"\n"+plan+" add one \"One\"\n"+plan+" add two \"Two\"")
	}
	src.Draw(t, "begin d\nopen d \"Torn\"\nd add one \"One\"\ncut")
	db := open(t, src)
	undated := func(f *findings.Finding) bool { return f.Rule == "R20" && f.Item != "" }
	var all []string
	after := domain.PlanID("")
	for range 5 {
		page := must[projections.Page[findings.Finding]](t)(db.AllFindings(t.Context(), later, undated, after, 3))
		for _, f := range page.Entries {
			all = append(all, string(f.Plan)+"/"+string(f.Item))
		}
		all = append(all, "|")
		if after = domain.PlanID(page.Next); after == "" {
			break
		}
	}
	if got := strings.Join(all, " "); got != "a/one a/two b/one b/two | c/one c/two |" {
		t.Errorf("pages %s", got)
	}
	if _, err := db.AllFindings(t.Context(), later, undated, "", 1001); domain.KindOf(err) != domain.Invalid {
		t.Error(err)
	}
}

func TestWhatAnAuditFoundIsFound(t *testing.T) {
	k := audited(t)
	if got := found(t, k.db, projections.At{}, later, "R03"); len(got) != 0 {
		t.Errorf("before an audit: %q", got)
	}
	k.src.PutEvidence("sdp", "ev-1", "Another")
	k.audit(t)
	if got := found(t, k.db, projections.At{}, later, "R03"); !slices.Equal(got, []string{"R03 a"}) {
		t.Errorf("after it: %q", got)
	}
	k.src.PutEvidence("sdp", "ev-1", "The charter")
	k.audit(t)
	if got := found(t, k.db, projections.At{}, later, "R03"); len(got) != 0 {
		t.Errorf("when the file is back: %q", got)
	}
}

func TestAPaperWithAnotherRootIsFound(t *testing.T) {
	src := projectionstest.Draw(t, `
		open sdp "Service Development Plan"
		sdp meeting m "Scrutiny" 2020-02-20`)
	db := open(t, src)
	tree := must[projections.Tree](t)(db.Tree(t.Context()))
	root := must[[32]byte](t)(func() ([32]byte, error) { h, err := evidence.Root(2, tree); return h, err }())
	publish := func(size uint64, root string) {
		src.Add(projectionstest.Line{Plan: "sdp"}, &domain.PaperPublished{Meeting: "m", Version: 2, Position: 2, Size: size, Root: root})
		catchUp(t, db, src)
	}
	publish(2, base64.StdEncoding.EncodeToString(root[:]))
	publish(2, "")
	if got := found(t, db, projections.At{}, later, "R30"); len(got) != 0 {
		t.Errorf("papers that are right: %q", got)
	}
	root[0]++
	publish(2, base64.StdEncoding.EncodeToString(root[:]))
	publish(99, base64.StdEncoding.EncodeToString(root[:]))
	if got := found(t, db, projections.At{}, later, "R30"); len(got) != 2 {
		t.Errorf("another root, and another size: %q", got)
	}
}

func TestFindingsAreAskedByMany(t *testing.T) {
	src := projectionstest.Draw(t, story)
	db := open(t, src)
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for k := range 20 {
				if n == 0 {
					src.Draw(t, `sdp progress b "More of it"`)
				}
				if _, err := db.Findings(t.Context(), "sdp", projections.At{}, domain.Day(2020, time.September, 1+(n+k)%3)); err != nil {
					t.Error(err)
				}
				if _, err := db.AllFindings(t.Context(), later, func(*findings.Finding) bool { return true }, "", 0); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
}
