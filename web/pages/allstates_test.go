package pages_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/web/pages/pagestest"
)

func TestWhereThereIsNothingThePageSaysSo(t *testing.T) {
	h := pagestest.New(t)
	h.SignIn.Session.Actor.Role = domain.Admin
	for address, want := range map[string]string{"/plans": "There is no plan yet", "/schemes": "There is no plan yet", "/mine": "No open item has you as its owner", "/findings": "finding", "/search": "Words, as anybody ever wrote them here",
		"/search?q=nothing": "Nobody wrote that here", "/persons": "Nobody is registered yet", "/tokens": "There is no token", "/subscriptions": "Nobody is told of changes yet", "/access?actor=p-none": "Nobody looked at anything", "/verify": "No proof is kept",
		"/import": "The paper or tracker", "/new-plan": "Begin a plan"} {
		holds(t, h, address, 200, want, "</html>")
	}
	h.SignIn.Session.Actor.Role = domain.Reader // who can't begin a plan is not led to it
	if _, page, _ := fetch(t, h, "/plans"); !strings.Contains(page, "Those who keep plans") || strings.Contains(page, "/new-plan") || strings.Contains(page, `href="/import"`) {
		t.Error("a reader is led to what they may not do")
	}
	h.SignIn.Session.Actor.Only = domain.ScopeOf([]domain.PlanID{"other"})
	holds(t, h, "/plans", 200, "There is no plan yet to which you are let in")
	h.SignIn.Session.Actor.Role, h.SignIn.Session.Actor.Only = domain.Admin, ""
	h.Do(t, "empty", domain.OpenPlan{Basis: on(2026, 1, 5), Title: "Empty"})
	for page, want := range map[string]string{"": "The plan has no items yet", "?position=1": "The plan had no items then", "/timeline": "Empty", "/strips": "The plan had no items then", "/meetings": "meeting", "/findings": "finding", "/evidence": "No file of evidence is attached",
		"/compare": "Compare", "/policy": "default.v1", "/reports": "Also as", "/bundle": "Why do you take it?", "/timeline?type=rating-changed": "Nothing was recorded like that", "/answer-request": "Answer a request"} {
		holds(t, h, "/plans/empty"+page, 200, want, "</html>")
	}
	holds(t, h, "/plans", 200, "1 plan<")
}

var onward = regexp.MustCompile(`href="([^"]*after=[^"]*)">(?:Earlier|More|Findings in)`)

// paged follows a list's pages to its end and gives what is found on them, each once.
func paged(t *testing.T, h *pagestest.House, address string, one *regexp.Regexp) (all map[string]bool, pages int) {
	t.Helper()
	all = map[string]bool{}
	for ; address != "" && pages < 20; pages++ {
		_, page, _ := fetch(t, h, address)
		for _, m := range one.FindAllStringSubmatch(page, -1) {
			if all[m[1]] {
				t.Errorf("%s stands on two pages", m[1])
			}
			all[m[1]] = true
		}
		address = ""
		if m := onward.FindStringSubmatch(page); m != nil {
			address = html.UnescapeString(m[1])
		}
	}
	return all, pages
}

func TestManyAreShownPageByPage(t *testing.T) {
	h := pagestest.New(t)
	all := []domain.Command{domain.OpenPlan{Basis: on(2026, 1, 5), Title: "Many"}}
	for i := range 120 {
		all = append(all, domain.AddItem{Basis: on(2026, 1, 5), Title: domain.Text(fmt.Sprintf("Step number %d of many", i))})
	}
	for i, c := range all {
		got, err := h.Service.Do(t.Context(), domain.Order{Plan: "many", Actor: pagestest.Officer, Command: domain.CommandID(fmt.Sprintf("m-%d", i)), Do: c})
		if err == nil && i == len(all)-1 {
			err = h.Reads.WaitFor(t.Context(), got.Position)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if entries, pages := paged(t, h, "/plans/many/timeline", regexp.MustCompile(`entries/(\d+)">Entry`)); len(entries) != 121 || pages != 3 {
		t.Errorf("%d entries of the timeline on %d pages", len(entries), pages)
	}
	if hits, pages := paged(t, h, "/search?q=step", regexp.MustCompile(`<h3><a class="govuk-link" href="/plans/many/entries/(\d+)"`)); len(hits) != 120 || pages != 3 {
		t.Errorf("%d hits on %d pages", len(hits), pages)
	}
	holds(t, h, "/plans/many", 200, "120 items")
}

func TestTooManyPlansAreListedWithoutTheirFindings(t *testing.T) {
	domaintest.Long(t)
	h := pagestest.New(t)
	for i := range 101 {
		h.Do(t, domain.PlanID(fmt.Sprintf("plan-%03d", i)), domain.OpenPlan{Basis: on(2026, 1, 5), Title: "One of many"})
	}
	if _, page, _ := fetch(t, h, "/plans"); strings.Contains(page, "Findings not answered") || !strings.Contains(page, "101 plans") {
		t.Error("the list of very many plans asks for the findings of each")
	}
	holds(t, h, "/schemes", 200, "51 plans are not shown")
}

func TestErasedWordsAreGoneFromEveryPage(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	holds(t, h, "/plans/parks", 200, "bandstand") // the picture is remembered now
	if status, _, _ := fetch(t, h, "/plans/parks/erase-text?entry=2&field=title"); status != 403 {
		t.Errorf("an editor may erase: %d", status)
	}
	h.SignIn.Session.Actor.Role = domain.DataProtection
	holds(t, h, "/plans/parks/entries/2", 200, "Erase its title")
	for _, one := range [][2]string{{"2", "title"}, {"5", "justification"}} {
		if status, page, _ := post(t, h, "/plans/parks/erase-text", "entry", one[0], "field", one[1], "reason", "It named somebody", "authority.body", "Data protection officer"); status != 303 {
			t.Fatalf("%v: %d %s", one, status, problemIn(page))
		}
	}
	holds(t, h, "/plans/parks", 200, "[erased on ")
	holds(t, h, "/plans/parks/items/item-01", 200, "[erased on ", "under Data protection officer")
	h.SignIn.Session.Actor.Role = domain.Admin
	for address := range withData {
		for _, form := range []string{"", "format=json", "format=csv"} {
			sep := "?"
			if strings.Contains(address, "?") {
				sep = "&"
			}
			if _, page, _ := fetch(t, h, address+sep+form); strings.Contains(page, "bandstand") || strings.Contains(page, "Scaffolding is late") {
				t.Errorf("%s%s still has the words", address+sep, form)
			}
		}
	}
	if status, page, _ := post(t, h, "/plans/parks/set-hold", "reason", "Inquiry", "authority.body", "Monitoring officer"); status != 403 && status != 303 {
		t.Errorf("hold: %d %s", status, problemIn(page))
	}
}

// The state of the whole is said at the head of every page, and a form that can't be recorded keeps what was typed.
func TestTheStateOfTheWholeIsOnEveryPage(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	h.SignIn.Session.Actor.Role = domain.Admin
	real, status := h.API, ""
	h.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/v1/status":
			_, _ = io.WriteString(w, status)
		case r.Method == http.MethodPost && strings.Contains(status, "read_only"):
			w.WriteHeader(503)
			_, _ = io.WriteString(w, `{"status":503,"detail":"the journal takes no changes at the moment","hint":"try again later"}`)
		default:
			real.ServeHTTP(w, r)
		}
	})
	for name, c := range map[string][2]string{
		"read-only":     {`{"read_only":"the journal can't be reached"}`, "Nothing can be changed at the moment, everything can be read: the journal can&#39;t be reached"},
		"standing":      {`{"projections":{"stopped":"event 7 can't be read"}}`, "What you see here stands still, because the history can&#39;t be read any further: event 7"},
		"not as it was": {`{"proof":{"alarm":"entry 5 is another"}}`, "The record is not as it was signed. Do not rely on what you see here until it is known why: entry 5 is another"},
	} {
		status = c[0]
		n := 0
		for _, pattern := range h.Site.Patterns() {
			method, address := named(pattern)
			if method != http.MethodGet || strings.Contains(address, "/reports/") || strings.Contains(address, "/paper") || address == "/" {
				continue // documents of their own
			}
			got, page := visitAs(t, h, method, address, http.Header{"Accept": {"text/html"}})
			if n++; got.StatusCode >= 500 && got.StatusCode != 503 || strings.Contains(page, "<main") && !strings.Contains(page, c[1]) {
				t.Errorf("%s does not say that it is %s: %d", address, name, got.StatusCode)
			}
		}
		t.Logf("%s: %d pages", name, n)
	}
	status = `{"read_only":"the journal can't be reached"}`
	for _, one := range [][]string{{"/plans/parks/rate", "item", "item-01", "to", "red", "justification", "Typed with care"}, {"/plans/parks/set-levels", "levels", "a = Typed with care"}, {"/new-plan", "plan", "new", "title", "Typed with care"}} {
		if got, page, _ := post(t, h, one[0], one[1:]...); got != 503 || !strings.Contains(page, "takes no changes") || !strings.Contains(page, "Typed with care") {
			t.Errorf("%s: %d %s", one[0], got, problemIn(page))
		}
	}
}
