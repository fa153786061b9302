package web

import (
	"encoding/json"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/domain/findings"
)

// found is what the fake finds in each plan.
var found = []findings.Finding{
	{ID: "r05-a-7", Plan: "sdp", Rule: "R05", Severity: findings.High, Item: "a", Aim: "=cmd|' /C calc'!A0", Words: "-2 days.", Since: domain.Day(2020, 2, 3),
		Proof: []findings.Proof{{Entry: 7, Event: "e-7"}, {Entry: 9, Event: "e-9"}}, Answer: &findings.Answer{Entry: 10, Words: "+1"}},
	{ID: "r05-b-8", Plan: "sdp", Rule: "R05", Severity: findings.High, Item: "b", Proof: []findings.Proof{{Entry: 8}}, Answer: &findings.Answer{Entry: 11, Lapsed: true}},
	{ID: "r12-a-7", Plan: "sdp", Rule: "R12", Severity: findings.Medium, Item: "a", Proof: []findings.Proof{{Entry: 7}}},
	{ID: "r24-9", Plan: "sdp", Rule: "R24", Severity: findings.Low, Proof: []findings.Proof{{Entry: 9}}},
}

func TestFindingsAreFiltered(t *testing.T) {
	h, as := newHouse(t), as(domain.Reader)
	for query, want := range map[string]string{
		"":                        "r05-a-7 r05-b-8 r12-a-7 r24-9",
		"?rule=r05":               "r05-a-7 r05-b-8",
		"?rule=R05,R24":           "r05-a-7 r05-b-8 r24-9",
		"?severity=Medium,low":    "r12-a-7 r24-9",
		"?item=a":                 "r05-a-7 r12-a-7",
		"?item=a&severity=high":   "r05-a-7",
		"?answered=yes":           "r05-a-7",
		"?answered=no":            "r05-b-8 r12-a-7 r24-9",
		"?answered=no&rule=R05":   "r05-b-8",
		"?rule=R32":               "",
		"?valid_at=2020-02-03":    "r05-a-7 r05-b-8 r12-a-7 r24-9",
		"?recorded_at=2020-02-03": "r05-a-7 r05-b-8 r12-a-7 r24-9",
		"?position=7":             "r05-a-7 r05-b-8 r12-a-7 r24-9",
		"?position=x":             "400",
		"?rule=R33":               "400", "?severity=grave": "400", "?item=A%20B": "400", "?answered=perhaps": "400", "?valid_at=spring": "400",
	} {
		for _, path := range []string{"/v1/plans/sdp/findings", "/v1/findings"} {
			if path == "/v1/findings" && (strings.Contains(query, "_at=") || strings.Contains(query, "position")) {
				continue // over all plans there is only today
			}
			w := h.send("GET", path+query, "", as)
			if w.Code == 400 {
				if want != "400" {
					t.Errorf("%s%s: %s", path, query, w.Body)
				}
				continue
			}
			var got struct{ Findings, Entries []findings.Finding }
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
				t.Fatal(path, query, w.Code, err, w.Body)
			}
			var ids []string
			for _, f := range append(got.Findings, got.Entries...) {
				ids = append(ids, string(f.ID))
			}
			if strings.Join(ids, " ") != want {
				t.Errorf("%s%s: %q, want %q", path, query, ids, want)
			}
		}
	}
	if link := h.send("GET", "/v1/findings?rule=R05", "", as).Header().Get("Link"); link != `</v1/findings?after=sdp&rule=R05>; rel="next"` {
		t.Errorf("the next page is %s", link)
	}
	if w := h.send("GET", "/v1/findings?after=_people", "", as); w.Code != 400 {
		t.Errorf("a cursor that is none: %d", w.Code)
	}
}

func TestFindingsAsCSV(t *testing.T) {
	h, as := newHouse(t), as(domain.Reader)
	for _, path := range []string{"/v1/plans/sdp/findings", "/v1/findings"} {
		w := h.send("GET", path+"?format=csv&item=a&rule=R05", "", as)
		lines := strings.Split(strings.TrimSpace(w.Body.String()), "\r\n")
		want := `r05-a-7,sdp,R05,high,no,a,,'=cmd|' /C calc'!A0,,'-2 days.,2020-02-03,7 9,,,,'+1,,no`
		if len(lines) != 2 || lines[1] != want || !strings.HasPrefix(lines[0], "finding,plan,rule,severity,") {
			t.Errorf("%s: %q, want %q", path, lines, want)
		}
	}
	if w := h.send("GET", "/v1/findings/rules?format=csv", "", as); strings.Count(w.Body.String(), "\r\n") != 33 {
		t.Errorf("the rules: %s", w.Body)
	}
}
