package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"plantrail/web"
)

func TestMine(t *testing.T) {
	s := newReal(t)
	var made web.IssuedToken
	if err := json.Unmarshal(s.must(t, 201, "POST", "/v1/tokens", `{"name":"Grace Hopper","role":"editor"}`).Body.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	hers := "Authorization: Bearer " + made.Secret
	position := told(t, s, "wsoa", wsoa+fmt.Sprintf(`
assign-owner {"item":"visits","owner":"Children's Homes Manager","person":%q,"reason":"New structure.","stated":"2020-02-16"}
add-item {"item":"letters","ref":"1.4","parent":"homes","title":"Answer letters","owner":"grace hopper","stated":"2020-02-16"}
open-meeting {"meeting":"scrutiny-9","body":"Scrutiny Committee","on":"2199-03-20","deadline":"2199-03-12","stated":"2020-02-16"}
`, made.Person))
	var v web.MineView
	if err := json.Unmarshal(s.must(t, 200, "GET", "/v1/mine?min_position="+position, "", hers).Body.Bytes(), &v); err != nil || len(v.Plans) != 1 {
		t.Fatal(err, v)
	}
	p := v.Plans[0]
	if v.Name != "Grace Hopper" || p.Meeting != "scrutiny-9" || p.Deadline.String() != "2199-03-12" || len(p.Items) != 2 {
		t.Fatalf("%+v", v)
	}
	visits, letters := p.Items[0], p.Items[1]
	if visits.Item != "visits" || !visits.Overdue || !visits.Update || len(visits.Requests) != 1 || visits.Ratings[0].Reason.Words.Text != "Members are right: two homes were missed." {
		t.Errorf("%+v", visits)
	}
	if in := visits.Inherited; in == nil || in.Value != "Head of Homes" || in.Until == nil || in.Until.Stated.String() != "2020-02-16" {
		t.Errorf("inherited: %+v", in)
	}
	if letters.Item != "letters" || !letters.Update || letters.Inherited != nil || len(visits.Findings) == 0 {
		t.Errorf("%+v", letters)
	}
	if w := s.must(t, 200, "GET", "/v1/mine?person="+string(made.Person)+"&plan=wsoa", ""); !strings.Contains(w.Body.String(), `"visits"`) {
		t.Errorf("%s", w.Body)
	}
	if w := s.must(t, 200, "GET", "/v1/mine", ""); !strings.Contains(w.Body.String(), `"plans":[]`) {
		t.Errorf("%s", w.Body)
	}
	position = told(t, s, "wsoa", `report-progress {"item":"visits","progress":"All nine were visited this month."}`+" ")
	var now web.MineView
	if err := json.Unmarshal(s.must(t, 200, "GET", "/v1/mine?min_position="+position, "", hers).Body.Bytes(), &now); err != nil || now.Plans[0].Items[0].Update {
		t.Errorf("after an update: %v %+v", err, now)
	}
	s.must(t, 404, "GET", "/v1/mine?plan=nix", "")
	s.must(t, 404, "GET", "/v1/mine?person=p-nobody", "")
}

func TestADraftRecordsNothing(t *testing.T) {
	s := newReal(t)
	min := "?min_position=" + told(t, s, "wsoa", wsoa)
	tag := s.must(t, 200, "GET", "/v1/plans/wsoa"+min, "").Header().Get("ETag")
	try := func(status int, body string) (v web.DraftView) {
		t.Helper()
		w := s.must(t, status, "POST", "/v1/plans/wsoa/draft", body)
		if status == http.StatusOK {
			if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
				t.Fatal(err)
			}
		}
		return v
	}
	rules := func(v web.DraftView) (raised, cleared string) {
		for _, f := range v.Raised {
			raised += f.Rule + " "
		}
		for _, f := range v.Cleared {
			cleared += f.Rule + " "
		}
		return raised, cleared
	}
	v := try(200, `{"verb":"rate","command":{"item":"rota","to":"red","justification":"Same as above"}}`)
	if raised, _ := rules(v); v.Entries != 1 || !strings.Contains(raised, "R26") {
		t.Errorf("%+v", v)
	}
	if _, cleared := rules(try(200, `{"verb":"answer-request","command":{"request":"request-01","answer":"Both will be visited this week."}}`)); !strings.Contains(cleared, "R18") && cleared != "" {
		t.Errorf("%q", cleared)
	}
	if raised, _ := rules(try(200, `{"verb":"claim-completion","command":{"item":"visits","claim":"All were visited."}}`)); !strings.Contains(raised, "R01") {
		t.Errorf("a claim without evidence raises %q", raised)
	}
	try(404, `{"verb":"rate","command":{"item":"nix","to":"red","justification":"x"}}`)
	try(400, `{"verb":"rate","command":{"item":"rota","to":"purple"}}`)
	try(400, `{"verb":"rate","command":{"item":"rota","colour":"red"}}`)
	try(400, `{"verb":"drop-everything","command":{}}`)
	try(400, `{"verb":"rate"}`)
	if now := s.must(t, 200, "GET", "/v1/plans/wsoa"+min, "").Header().Get("ETag"); now != tag {
		t.Errorf("the plan was at %s and is at %s", tag, now)
	}
}
