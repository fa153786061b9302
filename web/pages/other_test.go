package pages_test

import (
	"encoding/csv"
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/web/pages/pagestest"
)

// withData are the addresses of all pages that show data, each with words that its JSON and its CSV must have.
var withData = map[string]string{
	"/plans": "parks", "/plans/parks": "Mend the roof", "/plans/parks?rating=green&owner=&state=&words=&valid_at=": "item-01", "/plans/parks/items/item-01": "Frost",
	"/plans/parks/entries/5": "rating", "/plans/parks/timeline?actor=&type=": "Frost", "/plans/parks/strips": "amber", "/plans/parks/compare?from=valid:2026-03-01&to=": "item-01",
	"/plans/parks/compare?from=meeting:scrutiny-committee-2026-03-20": "item-01", "/plans/parks/meetings": "Which trees?", "/plans/parks/findings?rule=&severity=": "R", "/plans/parks/policy": "default.v1",
	"/plans/parks/evidence": "", "/plans/parks/reports": "ambers", "/findings?answered=": "parks", "/search?q=scaffolding&plan=": "«Scaffolding»", "/verify": "acme", "/persons": "",
	"/tokens": "", "/subscriptions": "", "/access?actor=&from=": "parks", "/help": "Three clocks", "/accessibility": "Accessibility", "/events": "parks", "/plans/parks/reports?valid_at=2026-02-01&exempt=item-01&exempt=item-02": "ambers", "/schemes": "rag.v1", "/mine": "p-officer",
}

var forms = []string{"/search?q=", "/plans/parks/compare?", "/import?", "/new-plan?", "/plans/parks/bundle?", "/plans/parks/rate?item=item-01", "/plans/parks/publish-paper?", "/plans/parks/attach-evidence?item=item-01"}

func TestEveryPageHasItsDataAsJSONAndCSV(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	h.SignIn.Session.Actor.Role = domain.Admin
	_ = as(t, h, "/plans/parks") // what the access log tells of
	for address, want := range withData {
		sep := "?"
		if strings.Contains(address, "?") {
			sep = "&"
		}
		status, page, _ := fetch(t, h, address)
		if status != 200 || !strings.Contains(page, "format=json") || !strings.Contains(page, "format=csv") {
			t.Errorf("%s: %d, or it leads to no other form", address, status)
		}
		status, body, header := fetch(t, h, address+sep+"format=json&done=recorded")
		if status != 200 || !json.Valid([]byte(body)) || !strings.Contains(body, want) || !strings.HasPrefix(header.Get("Content-Type"), "application/json") {
			t.Errorf("%s as JSON: %d %s %.200s", address, status, header.Get("Content-Type"), body)
		}
		status, body, header = fetch(t, h, address+sep+"format=csv")
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if status != 200 || err != nil || len(rows) == 0 || len(rows[0]) < 2 || !strings.Contains(body, want) || !strings.HasPrefix(header.Get("Content-Type"), "text/csv") {
			t.Errorf("%s as CSV: %d %s %v %.200s", address, status, header.Get("Content-Type"), err, body)
		}
	}
	for _, address := range forms { // a form's data is what it says
		if status, body, _ := fetch(t, h, address+"&format=json"); status != 200 || !json.Valid([]byte(body)) || !strings.Contains(body, `"says":["`) {
			t.Errorf("%s as JSON: %d %.200s", address, status, body)
		}
	}
	for _, body := range []string{as(t, h, "/plans/parks/policy?format=json"), as(t, h, "/plans/parks/meetings?format=csv")} {
		if strings.Contains(body, "Fish in the pond") {
			t.Errorf("the data is another page's: %.300s", body)
		}
	}
}

func as(t *testing.T, h *pagestest.House, address string) string {
	t.Helper()
	_, body, _ := fetch(t, h, address)
	return body
}

func TestTheFiltersOfThePageCutItsData(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	for filter, want := range map[string]string{"rating=green": "item-01 item-02", "rating=amber": "", "owner=ANN": "item-01", "state=cancelled": "item-03", "words=trees": "item-02", "words=nix": ""} {
		var items []string
		rows, err := csv.NewReader(strings.NewReader(as(t, h, "/plans/parks?format=csv&"+filter))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			items = append(items, row[0])
		}
		page := as(t, h, "/plans/parks?"+filter)
		if got := strings.Join(items, " "); got != want {
			t.Errorf("%s: %q", filter, got)
		}
		for _, item := range []string{"item-01", "item-02", "item-03"} {
			if row := `item-title"><a class="govuk-link" href="/plans/parks/items/` + item + `">`; strings.Contains(page, row) != strings.Contains(want, item) {
				t.Errorf("the page with %s shows something else of %s", filter, item)
			}
		}
	}
}

var againOf = regexp.MustCompile(`This address shows the same again: <a class="govuk-footer__link address" href="([^"]+)"`)

func TestTheAddressBelowAPageShowsTheSameAgain(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	before := map[string]string{}
	for _, address := range []string{"/plans/parks", "/plans/parks?rating=green&done=recorded", "/plans/parks?valid_at=2026-02-01", "/plans/parks/items/item-01", "/plans/parks/strips",
		"/plans/parks/meetings", "/plans/parks/policy", "/plans/parks/findings?severity=high", "/plans/parks/compare?from=meeting:scrutiny-committee-2026-03-20"} {
		m := againOf.FindStringSubmatch(as(t, h, address))
		if m == nil {
			t.Fatalf("%s has no such address", address)
		}
		again := html.UnescapeString(m[1])
		if strings.Contains(again, "done=") {
			t.Errorf("%s says what was done: %s", address, again)
		}
		before[again] = as(t, h, again)
		if next := againOf.FindStringSubmatch(before[again]); next == nil || html.UnescapeString(next[1]) != again {
			t.Errorf("%s leads on to %v", again, next)
		}
	}
	h.Do(t, "parks", domain.RewordItem{Basis: on(2026, 5, 1), Item: "item-01", Title: "Another roof", Reason: "It is another"},
		domain.Rate{Basis: on(2026, 5, 1), Item: "item-02", To: "red", Owed: true}, domain.OpenMeeting{Basis: on(2026, 5, 1), Body: "Cabinet", On: domain.Day(2026, 6, 1)},
		domain.SetLevels{Basis: on(2026, 5, 2), Levels: []domain.Level{{Key: "action", Label: "Deed"}}, Reason: "Finer"})
	for again, was := range before {
		if is := as(t, h, again); keyOf.ReplaceAllString(is, "") != keyOf.ReplaceAllString(was, "") {
			t.Errorf("%s shows something else:\n%s", again, firstDifference(was, is))
		}
	}
}

var keyOf = regexp.MustCompile(`name="key" value="[^"]*"`)

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return as[i] + "\n" + bs[i]
		}
	}
	return "one is longer"
}
