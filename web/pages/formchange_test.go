package pages_test

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/web/pages/pagestest"
)

var fieldOf = regexp.MustCompile(`(?s)<(?:input|textarea|select)[^>]* name="([^"]+)"[^>]*>`)

// typed are the fields of a page's last form as a browser would send them untouched.
func typed(page string) url.Values {
	all := url.Values{}
	page = page[strings.Index(page, `<form method="post" novalidate>`):]
	page = page[:strings.Index(page, "</form>")]
	for _, at := range fieldOf.FindAllStringSubmatchIndex(page, -1) {
		tag, name := page[at[0]:at[1]], page[at[2]:at[3]]
		rest := page[at[1]:]
		value := ""
		switch {
		case strings.HasPrefix(tag, "<textarea"):
			value = strings.TrimPrefix(rest[:strings.Index(rest, "</textarea>")], "\n")
		case strings.HasPrefix(tag, "<select"):
			if m := regexp.MustCompile(`<option(?: value="([^"]*)")? selected>([^<]*)`).FindStringSubmatch(rest[:strings.Index(rest, "</select>")]); m != nil {
				if value = m[1]; value == "" {
					value = m[2]
				}
			}
		case strings.Contains(tag, `type="checkbox"`) && !strings.Contains(tag, " checked"):
			continue
		default:
			if m := regexp.MustCompile(` value="([^"]*)"`).FindStringSubmatch(tag); m != nil {
				value = m[1]
			}
		}
		all.Add(name, html.UnescapeString(value))
	}
	return all
}

func plan(t testing.TB, h *pagestest.House, id string) (p projections.PlanView) {
	t.Helper()
	_, body, _ := fetch(t, h, "/plans/"+id+"?format=json")
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func sendValues(t testing.TB, h *pagestest.House, at string, values url.Values) (int, string) {
	t.Helper()
	status, page, _ := send(t, h, at, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
	return status, page
}

func TestAKeyIsChangedAsItStandsInTheForm(t *testing.T) {
	h := house(t)
	days := 30
	late := domain.Value{Key: "late", Label: "Late", Colour: "amber", Shape: "triangle", Meaning: domain.AtRisk, Rule: &domain.Rule{BehindFrom: &days}}
	fine := domain.Value{Key: "fine", Label: "Fine", Colour: "green", Shape: "circle", Meaning: domain.OnTrack, Says: "<b>all</b> is well"}
	h.Do(t, "works", domain.SetSchemes{Basis: stated(2026, 1, 6), Reason: "Ours", Dimensions: []domain.Dimension{
		{Key: "delivery", Label: "Delivery", Scheme: domain.Scheme{ID: "works.v1", Title: "Works", Values: []domain.Value{late, fine}}},
		{Key: "impact", Label: "Impact", Scheme: domain.Scheme{ID: "impact.v1", Title: "Impact", Values: []domain.Value{fine}}}}})
	_, page, _ := fetch(t, h, "/plans/works/set-schemes")
	values := typed(page)
	values.Set("reason", "Unchanged")
	if status, page := sendValues(t, h, "/plans/works/set-schemes", values); status != 303 {
		t.Fatalf("untouched: %d %s", status, problemIn(page))
	}
	if d := plan(t, h, "works").Dimensions; len(d) != 2 || len(d[0].Scheme.Values) != 2 || d[0].Scheme.Values[0].Rule == nil || *d[0].Scheme.Values[0].Rule.BehindFrom != 30 || d[1].Scheme.Values[0].Says != fine.Says {
		t.Fatalf("the form changed what nobody touched: %+v", d)
	}
	values.Set("key", "another")
	values.Set("d0.v2.key", "stuck")
	values.Set("d0.v2.label", "Stuck")
	values.Set("d0.v2.colour", "red")
	values.Set("d0.v2.shape", "diamond")
	values.Set("d0.v2.meaning", "off_track")
	values.Set("d0.v1.key", "") // taken out
	status, page := sendValues(t, h, "/plans/works/set-schemes", values)
	if status != 409 || !strings.Contains(page, "#f-dimensions") || !strings.Contains(page, `value="Stuck"`) || strings.Contains(page, "<b>all") {
		t.Errorf("a changed key kept its id: %d %s", status, problemIn(page))
	}
	values.Set("d0.id", "works.v2")
	if status, page := sendValues(t, h, "/plans/works/set-schemes", values); status != 303 {
		t.Fatalf("%d %s", status, problemIn(page))
	}
	if s := plan(t, h, "works").Dimensions[0].Scheme; s.ID != "works.v2" || len(s.Values) != 2 || s.Values[1].Key != "stuck" || s.Values[0].Rule == nil {
		t.Errorf("%+v", s)
	}
	if _, page, _ := fetch(t, h, "/plans/works/policy"); !strings.Contains(page, "version works.v2") || !strings.Contains(page, "/plans/works/set-schemes") || strings.Contains(page, "/plans/works/set-policy") {
		t.Error("the page of the policy shows an editor something else")
	}
}

func TestAPolicyIsChangedAsItStandsInTheForm(t *testing.T) {
	h := house(t)
	if status, _, _ := fetch(t, h, "/plans/works/set-policy"); status != 403 {
		t.Errorf("an editor may change the policy: %d", status)
	}
	h.SignIn.Session.Actor.Role = domain.Admin
	_, page, _ := fetch(t, h, "/plans/works/set-policy")
	values := typed(page)
	if values.Get("policy.id") != "works.v1" || values.Get("policy.similarity") != "0.95" {
		t.Fatalf("%v", values)
	}
	values.Set("reason", "Ours")
	values.Set("policy.extensions", "3")
	if status, page := sendValues(t, h, "/plans/works/set-policy", values); status != 303 {
		t.Fatalf("%d %s", status, problemIn(page))
	}
	want := domain.DefaultPolicy()
	want.ID, want.Extensions = "works.v1", 3
	got, _ := json.Marshal(plan(t, h, "works").Policy)
	if wanted, _ := json.Marshal(want); string(got) != string(wanted) {
		t.Errorf("%s\n%s", got, wanted)
	}
	values.Set("key", "another")
	values.Set("policy.id", "works.v2")
	values.Set("policy.flap_days", "many")
	if status, page := sendValues(t, h, "/plans/works/set-policy", values); status != 400 || !strings.Contains(page, `href="#f-policy-flap_days"`) {
		t.Errorf("%d %s", status, problemIn(page))
	}
	if _, page, _ := fetch(t, h, "/plans/works/set-policy"); !strings.Contains(page, `value="works.v2"`) {
		t.Error("the next version is not offered")
	}
}

func TestAnItemIsCarriedIntoAnotherPlan(t *testing.T) {
	h := house(t)
	h.Do(t, "next", domain.OpenPlan{Basis: stated(2026, 1, 5), Title: "Next <i>year</i>"})
	at := "/plans/works/carry-forward"
	if status, page, _ := fetch(t, h, at+"?item=item-01"); status != 200 || !strings.Contains(page, `<option value="next">`) || strings.Contains(page, "<i>year") || strings.Contains(page, `name="check"`) {
		t.Errorf("%d", status)
	}
	if status, page, _ := post(t, h, at, "item", "item-01", "to", "next", "reason", "Later"); status != 400 || !strings.Contains(page, "authority") {
		t.Errorf("without an authority: %d %s", status, problemIn(page))
	}
	if status, page, _ := post(t, h, at, "to", "next", "reason", "Later"); status != 400 {
		t.Errorf("without an item: %d %s", status, problemIn(page))
	}
	if status, page, to := post(t, h, at, "item", "item-02", "to", "next", "reason", "Later", "authority.body", "Board"); status != 303 || !strings.HasPrefix(to, "/plans/works/items/item-02") {
		t.Errorf("%d %s", status, problemIn(page))
	}
	if p := plan(t, h, "next"); len(p.Items) != 1 || p.Items[0].From == nil {
		t.Errorf("%+v", p.Items)
	}
	if status, page, _ := fetch(t, h, "/plans/next/items/item-02"); status != 200 || !strings.Contains(page, "Carried forward") {
		t.Errorf("%d", status)
	}
}
