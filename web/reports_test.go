package web_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"plantrail/domain/domaintest"
	"plantrail/sheets"
	"plantrail/web"
)

// told gives commands to a server: "verb body" in lines.
func told(t *testing.T, s *real, plan, story string) (position string) {
	t.Helper()
	for line := range strings.Lines(strings.TrimSpace(story)) {
		verb, body, said := strings.Cut(strings.TrimSpace(line), " ")
		if !said {
			continue
		}
		position = s.must(t, 201, "POST", "/v1/plans/"+plan+"/"+verb, body).Header().Get("Plantrail-Position")
	}
	return position
}

const wsoa = `
open-plan {"title":"Improvement plan","scheme":"brag.v1","levels":[{"key":"area","label":"Area"},{"key":"action","label":"Action"}],"stated":"2020-01-06"}
add-item {"item":"homes","ref":"1","level":"area","title":"Good homes","stated":"2020-01-06"}
add-item {"item":"rec-3","ref":"R3","level":"area","kind":"recommendation","title":"Visit every home","source":"Inspection of 2019","stated":"2020-01-06"}
add-item {"item":"visits","ref":"1.1","parent":"homes","title":"Visit every home each quarter","owner":"Head of Homes","due":"2020-03","stated":"2020-01-06"}
add-item {"item":"rota","ref":"1.2","parent":"homes","title":"=Agree a rota","owner":"Head of Homes","due":"2020-02","stated":"2020-01-06"}
add-item {"item":"panel","ref":"1.3","parent":"homes","title":"Set up a panel","owner":"Board Officer","stated":"2020-01-06"}
link-items {"item":"visits","relation":"addresses","to":"rec-3","stated":"2020-01-06"}
respond {"item":"rec-3","response":"agreed","stated":"2020-01-07"}
rate {"item":"visits","to":"green","stated":"2020-01-20"}
rate {"item":"rota","to":"amber","justification":"@Two teams disagree about weekends.","stated":"2020-01-20"}
open-meeting {"meeting":"scrutiny-1","body":"Scrutiny Committee","on":"2020-02-03","deadline":"2020-01-24","stated":"2020-01-20"}
publish-paper {"meeting":"scrutiny-1","stated":"2020-02-03"}
challenge-rating {"item":"visits","words":"Two homes were not visited.","proposed":"red","asked_by":"the Chairman","stated":"2020-02-03"}
rate {"item":"visits","to":"red","justification":"Members are right: two homes were missed.","stated":"2020-02-10"}
set-due {"item":"visits","due":"2020-06","reason":"A surveyor left.","stated":"2020-02-10","authority":{"body":"Cabinet","meeting":"2020-02-06"}}
record-outcome {"item":"rota","result":"achieved","outcome":"The rota holds.","stated":"2020-02-14"}
cancel-item {"item":"panel","reason":"The board does it.","stated":"2020-02-15","authority":{"body":"Cabinet","meeting":"2020-02-06","resolution":"12"}}
`

// reportOf asks for a report as JSON.
func reportOf(t *testing.T, s *real, name, query string) (r sheets.Report) {
	t.Helper()
	w := s.must(t, 200, "GET", "/v1/plans/wsoa/reports/"+name+query, "")
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// table is a section in a line for each row.
func table(r sheets.Report, title string) (lines []string) {
	for _, s := range r.Sections {
		if s.Title != title {
			continue
		}
		for _, row := range s.Rows {
			var cells []string
			for _, c := range row {
				cells = append(cells, strings.ReplaceAll(c.Text, "\n", " / "))
			}
			lines = append(lines, strings.Join(cells, " | "))
		}
	}
	return lines
}

func TestReportsAnswer(t *testing.T) {
	s := newReal(t)
	min := "?min_position=" + told(t, s, "wsoa", wsoa)
	for name, want := range map[string][]string{
		"ambers At risk":                         {"1.2 (rota) | =Agree a rota | Amber | @Two teams disagree about weekends. | ada | 20 January 2020 | Head of Homes | February 2020 | "},
		"exceptions Off track":                   {"1.1 (visits) | Visit every home each quarter | Red | 10 February 2020 | worse: was Green until 10 February 2020 | Members are right: two homes were missed. | ada | Head of Homes | June 2020 | request-01: Two homes were not visited."},
		"changes Re-rated":                       {"1.1 (visits) | Visit every home each quarter | delivery re-rated | Green | Red | Members are right: two homes were missed. | ada | 10 February 2020 | "},
		"changes Closed or ended":                {"1.3 (panel) | Set up a panel | ended | open | cancelled | The board does it. | ada | 15 February 2020 | Cabinet, 6 February 2020, resolution 12"},
		"recommendations Recommendations":        {"R3 (rec-3) | Visit every home | Inspection of 2019 | agreed | 1.1 (visits) | Visit every home each quarter | Red |  | June 2020 | none | Challenged 3 February 2020: Two homes were not visited. / Not answered."},
		"dates-moved Items":                      {"1.1 (visits) | Visit every home each quarter | Head of Homes | March 2020 | June 2020 | 1 | 91 | 0"},
		"ended Ended":                            {"1.3 (panel) | Set up a panel | cancelled | 15 February 2020 | The board does it. | ada | Cabinet, 6 February 2020, resolution 12"},
		"owners Each owner":                      {"(nobody) | 1 | 0 | 0 | 0 | 0 | 0 | 0 | ", "Head of Homes | 1 | 1 | 0 | 0 | 0 | 1 | 0 | "},
		"forecast At the rate of closing so far": {"the last 3 months | 1 | 0.33 | 1 | can't be said | The plan is younger than this period."},
	} {
		report, title, _ := strings.Cut(name, " ")
		got := table(reportOf(t, s, report, min+"&judged=2020-02-20"), title)
		if len(got) < len(want) || strings.Join(got[:len(want)], "\n") != strings.Join(want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// TestAReportIsMadeAgainByItsCommand asks for each report in each form, records more, and asks again as the command that it
// prints would.
func TestAReportIsMadeAgainByItsCommand(t *testing.T) {
	domaintest.Long(t)
	s := newReal(t)
	first := "?min_position=" + told(t, s, "wsoa", wsoa)
	var names struct{ Reports []struct{ Report string } }
	if err := json.Unmarshal(s.must(t, 200, "GET", "/v1/reports", "").Body.Bytes(), &names); err != nil || len(names.Reports) < 8 {
		t.Fatal(err, names)
	}
	type made struct{ again, body string }
	all := map[string]made{}
	for _, n := range names.Reports {
		for _, clock := range []string{"", "&valid_at=2020-02-12", "&recorded_at=2099-01-01", "&as_reported=scrutiny-1"} {
			command := strings.Fields(reportOf(t, s, n.Report, first+clock).Command)
			q := url.Values{}
			for i := 4; i+1 < len(command); i += 2 {
				q.Set(strings.ReplaceAll(strings.TrimPrefix(command[i], "--"), "-", "_"), command[i+1])
			}
			for _, form := range []string{"html", "csv", "xlsx", "docx", "json"} {
				path := "/v1/plans/wsoa/reports/" + n.Report
				q.Set("format", form)
				all[n.Report+clock+form] = made{path + "?" + q.Encode(), s.must(t, 200, "GET", path+first+clock+"&format="+form, "").Body.String()}
			}
		}
	}
	later := told(t, s, "wsoa", `
rate {"item":"rota","to":"green","stated":"2020-02-20"}
reword-item {"item":"rota","title":"Agree a rota with both teams","reason":"Clearer.","stated":"2020-02-20"}
`)
	s.must(t, 200, "GET", "/v1/plans?min_position="+later, "")
	for name, m := range all {
		if again := s.must(t, 200, "GET", m.again, "").Body.String(); again != m.body {
			t.Errorf("%s: %s gives other bytes", name, m.again)
		}
	}
}

func TestReportsThatCantBe(t *testing.T) {
	s := newReal(t)
	told(t, s, "wsoa", wsoa)
	for query, want := range map[string]int{"nix": 404, "ambers?format=doc": 400, "ambers?judged=spring": 400, "ambers?judged=2020-02": 400, "changes?since=whenever": 400, "changes?since=meeting:nix": 404,
		"ambers?position=1&recorded_at=2020-01-01": 400, "ambers?as_reported=nix": 404, "ambers?position=99999": 404,
		"ambers?exempt=nix": 404, "ambers?part=public": 400, "trend?exempt=rota": 400, "received?meeting=2020-02-04": 404} {
		w := s.must(t, want, "GET", "/v1/plans/wsoa/reports/"+query, "")
		var p web.Problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Detail == "" {
			t.Errorf("%s: %s", query, w.Body)
		}
	}
	s.must(t, 404, "GET", "/v1/plans/nix/reports/ambers", "")
	w := s.must(t, 200, "GET", "/v1/plans/wsoa/reports/ambers?format=html", "")
	if policy := fmt.Sprint(w.Header()["Content-Security-Policy"]); policy != "["+sheets.ReportPolicy()+"]" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Errorf("%v", w.Header())
	}
}

// TestAReportIsSplit takes what is exempt out of what is published, and says so on both parts.
func TestAReportIsSplit(t *testing.T) {
	s := newReal(t)
	min := "?min_position=" + told(t, s, "wsoa", wsoa)
	for part, want := range map[string][2]string{"": {"Public: 1 of 5 items are exempt and left out", "visits"}, "&part=exempt": {"Exempt: not for publication; 1 of 5 items", "rota"}} {
		r := reportOf(t, s, "exceptions", min+"&exempt=rota"+part)
		rows := strings.Join(append(table(r, "Off track"), table(r, "At risk")...), "\n")
		if r.Class != want[0] || !strings.Contains(rows, want[1]) || strings.Contains(rows, "weekends") != (part != "") || strings.Contains(rows, "two homes") != (part == "") {
			t.Errorf("%s: %s\n%s", part, r.Class, rows)
		}
		whole, err := json.Marshal(r)
		if err != nil || strings.Contains(string(whole), "rota") != (part != "") {
			t.Errorf("%s: the public part names an item that it leaves out, or the exempt one does not: %s %v", part, whole, err)
		}
		if command := map[string]string{"": "--exempt ITEMS --part public", "&part=exempt": "--exempt rota --part exempt"}[part]; !strings.Contains(r.Command, command) {
			t.Errorf("%s: made again by %s", part, r.Command)
		}
	}
	min = "?min_position=" + told(t, s, "wsoa", `rate {"item":"visits","to":"amber","same_as":"rota","justification":"As above, for the same reason as the rota","stated":"2020-03-01"} `)
	s.must(t, 409, "GET", "/v1/plans/wsoa/reports/exceptions"+min+"&exempt=rota", "")
}

func TestWhatMembersReceivedBesideWhatIsKnown(t *testing.T) {
	s := newReal(t)
	min := "?min_position=" + told(t, s, "wsoa", wsoa)
	for _, meeting := range []string{"", "&meeting=3+February+2020", "&meeting=scrutiny-1", "&as_reported=2020-02-03"} {
		r := reportOf(t, s, "received", min+meeting)
		got := table(r, "What the paper said, what is known of that day now, and how it stands")
		if len(got) != 5 || got[2] != "1.1 (visits) | Visit every home each quarter | Green |  | March 2020 | Green | Red | June 2020" {
			t.Errorf("%s:\n%s", meeting, strings.Join(got, "\n"))
		}
		if later := table(r, "What was recorded beyond that, until now"); len(later) == 0 || !strings.Contains(later[0], "delivery re-rated | Green | Red | Members are right") {
			t.Errorf("%s:\n%s", meeting, strings.Join(later, "\n"))
		}
		if !strings.Contains(r.Command, "--meeting scrutiny-1 --judged") || !strings.Contains(fmt.Sprint(r.Moment), "SHA-256") {
			t.Error(r.Command, r.Moment)
		}
	}
}

// reports asks for each new kind of answer as the document has it.
func (c *contract) reports() {
	c.t.Helper()
	c.call(201, "POST", "/v1/plans/rep/open-plan", `{"title":"Reports"}`)
	c.call(201, "POST", "/v1/plans/rep/add-item", `{"item":"action-1","title":"Answer calls","owner":"Ann"}`)
	c.call(201, "POST", "/v1/plans/rep/open-meeting", `{"meeting":"scrutiny-committee-2020-03-20","body":"Scrutiny Committee","on":"2020-03-20"}`)
	paper := c.example("/v1/plans/{plan}/publish-paper")
	for _, want := range []int{201, 200} {
		c.call(want, "POST", "/v1/plans/rep/publish-paper", paper, "Idempotency-Key: paper-1")
	}
	c.call(404, "POST", "/v1/plans/rep/publish-paper", `{"meeting":"nix"}`)
	c.call(200, "GET", "/v1/plans/rep/meetings/scrutiny-committee-2020-03-20/paper", "")
	c.call(404, "GET", "/v1/plans/rep/meetings/nix/paper", "")
	c.call(200, "POST", "/v1/plans/rep/draft", c.example("/v1/plans/{plan}/draft"))
	c.call(404, "POST", "/v1/plans/nix/draft", c.example("/v1/plans/{plan}/draft"))
	for _, form := range []string{"", "?format=json", "?format=csv"} {
		c.call(200, "GET", "/v1/plans/rep/reports/ambers"+form, "")
	}
	c.call(404, "GET", "/v1/plans/rep/reports/nix", "")
	c.call(200, "GET", "/v1/reports", "")
	c.call(200, "GET", "/v1/mine", "")
}

// TestAReportOfImpactLeavesNoMeasureOut holds for those that no item is linked to, as prose gives them.
func TestAReportOfImpactLeavesNoMeasureOut(t *testing.T) {
	s := newReal(t)
	min := "?min_position=" + told(t, s, "wsoa", wsoa+`
add-item {"item":"caseloads","level":"action","kind":"measure","title":"Caseloads","stated":"2020-01-06"}
define-measure {"item":"caseloads","better":"lower","baseline":"20-22","stated":"2020-01-06"}
read-measure {"item":"caseloads","value":"17","stated":"2020-02-14"}`)
	r := reportOf(t, s, "impact", min)
	if got := table(r, "Measures of no item"); len(got) != 1 || got[0] != "caseloads | Caseloads | 20-22 | 17 | 14 February 2020 | none | improving" {
		t.Errorf("%q", got)
	}
}

// TestTheLogTellsAPaperFromABackdatedEntry holds also for whoever names a command as those of papers are named.
func TestTheLogTellsAPaperFromABackdatedEntry(t *testing.T) {
	s := newReal(t)
	s.must(t, 200, "POST", "/v1/import?plan=wsoa&title=Plan&as_at=2020-01-31&apply=true&name=a.csv", "Ref,Action,RAG\n1,Mend the roof,green\n",
		"Content-Type: application/octet-stream")
	position := s.must(t, 201, "POST", "/v1/plans/wsoa/report-progress", `{"item":"item-01","progress":"Begun","stated":"2020-02-01"}`, "Idempotency-Key: import-me").
		Header().Get("Plantrail-Position")
	r := reportOf(t, s, "log", "?min_position="+position)
	if got := table(r, "Entries recorded long after what they tell"); len(got) != 1 || !strings.Contains(got[0], "Begun") {
		t.Errorf("%q", got)
	}
	said := fmt.Sprint(r.Sections)
	if !strings.Contains(said, "4 entries came with the papers above") {
		t.Error(said)
	}
}
