package web_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"plantrail/web"
)

// drawnPlan draws the commands of a plan as a tracker can hold it.
func drawnPlan(t *rapid.T) (story []string) {
	words := rapid.StringMatching(`[=+@'-]?[A-Z][a-zé£]{2,9}( [a-z"',;|&<]{1,9}){2,6}`)
	story = append(story, `open-plan {"title":"Drawn","stated":"2020-01-06"}`)
	body := func(verb string, fields map[string]any) {
		fields["stated"] = "2020-01-20"
		b, _ := json.Marshal(fields)
		story = append(story, verb+" "+string(b))
	}
	for i := range rapid.IntRange(1, 6).Draw(t, "items") {
		item := fmt.Sprint("i-", i)
		add := map[string]any{"item": item, "title": words.Draw(t, "title") + fmt.Sprint(" ", i)}
		if rapid.Bool().Draw(t, "referenced") {
			add["ref"] = fmt.Sprintf("%d.%d", i/3+1, i%3+1)
		}
		if rapid.Bool().Draw(t, "owned") {
			add["owner"] = words.Draw(t, "owner")
		}
		dated := rapid.Bool().Draw(t, "dated")
		if dated {
			add["due"] = rapid.SampledFrom([]string{"2020-03-31", "2020-07", "2021-01-15"}).Draw(t, "due")
		}
		body("add-item", add)
		if to := rapid.SampledFrom([]string{"", "red", "amber", "green"}).Draw(t, "rating"); to != "" {
			body("rate", map[string]any{"item": item, "to": to, "justification": words.Draw(t, "reason") + "."})
		}
		if dated && rapid.Bool().Draw(t, "moved") {
			body("set-due", map[string]any{"item": item, "due": "2021-06-30", "reason": "It took longer."})
		}
		if rapid.Bool().Draw(t, "progress") {
			body("report-progress", map[string]any{"item": item, "progress": words.Draw(t, "progress") + "."})
		}
		if rapid.Bool().Draw(t, "outcome") {
			body("record-outcome", map[string]any{"item": item, "result": "achieved", "outcome": words.Draw(t, "outcome") + "."})
		}
		if !rapid.Bool().Draw(t, "measured") {
			continue
		}
		measure, figure := fmt.Sprint("m-", i), rapid.SampledFrom([]string{"17", "~17", "59.1", "20-22", "-3"})
		body("add-item", map[string]any{"item": measure, "kind": "measure", "title": words.Draw(t, "measure") + fmt.Sprint(" of ", i)})
		body("define-measure", map[string]any{"item": measure, "unit": rapid.SampledFrom([]string{"", "%", "days"}).Draw(t, "unit"), "baseline": figure.Draw(t, "baseline"), "target": "20-22"})
		for range rapid.IntRange(0, 3).Draw(t, "readings") {
			body("read-measure", map[string]any{"item": measure, "value": figure.Draw(t, "reading"), "words": words.Draw(t, "words")})
		}
		if rapid.Bool().Draw(t, "beside") {
			body("link-items", map[string]any{"item": item, "relation": "measured_by", "to": measure})
		}
	}
	return story
}

// TestATrackerThatIsExportedAndImportedChangesNothing exports drawn plans as CSV and XLSX and reads them back.
func TestATrackerThatIsExportedAndImportedChangesNothing(t *testing.T) {
	s, n := newReal(t), 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		plan := fmt.Sprint("drawn-", n)
		story := drawnPlan(rt)
		position := told(t, s, plan, strings.Join(story, "\n"))
		for _, form := range []string{"csv", "xlsx", "docx"} {
			file := s.must(t, 200, "GET", "/v1/plans/"+plan+"/reports/tracker?format="+form+"&min_position="+position, "").Body.String()
			w := s.must(t, 200, "POST", "/v1/import?plan="+plan+"&as_at=2020-06-01&apply=true&name=tracker."+form, file, "Content-Type: application/octet-stream")
			var v web.ImportView
			if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
				t.Fatal(err)
			}
			if v.Receipt != nil || !v.Proposal.Compared {
				var rows []string
				for _, r := range v.Proposal.Rows {
					rows = append(rows, fmt.Sprintf("%s %q: %v", r.Item, r.Title, r.Differs))
				}
				rt.Fatalf("%s of\n%s\nwould record\n%s\n%s", form, strings.Join(story, "\n"), strings.Join(rows, "\n"), file)
			}
		}
	})
}
