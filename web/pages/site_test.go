package pages_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/web/pages/pagestest"
)

func on(y int, m time.Month, d int) domain.Basis { return domain.Basis{Stated: domain.Day(y, m, d)} }

func fetch(t testing.TB, h *pagestest.House, address string) (int, string, http.Header) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got.StatusCode, string(b), got.Header
}

func TestEachPageShowsWhatItIsFor(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	for address, wants := range map[string][]string{
		"/plans":                           {"Parks &lt;b&gt;plan&lt;/b&gt;", "2 on track", "1 not rated"},
		"/plans/parks":                     {"first March 2026, moved 1 time", "Which trees?", "<svg", "The Chairman asked"},
		"/plans/parks?rating=green":        {"2 items"},
		"/plans/parks?valid_at=2026-02-01": {"As it was on 1 February 2026", "Amber", "Scaffolding is late &lt;script&gt;"},
		"/plans/parks?as_reported=scrutiny-committee-2026-03-20":          {"As members received it for the meeting of Scrutiny Committee on 20 March 2026.", "Amber", `<option value="scrutiny-committee-2026-03-20" selected>`, `name="everywhere" value="yes"`},
		"/plans/parks/items/item-01":                                      {"The whole story", "delivery amber → green", "Frost", "Ann Lee"},
		"/plans/parks/entries/5":                                          {"How it can be proved", "delivery rated amber"},
		"/plans/parks/timeline":                                           {"cancelled", "No fish", "Scrutiny Committee"},
		"/plans/parks/compare":                                            {"Compare"},
		"/plans/parks/compare?from=meeting:scrutiny-committee-2026-03-20": {"rated otherwise", "ended", "another due date"},
		"/search?q=scaffolding":                                           {"«Scaffolding»"},
	} {
		status, body, _ := fetch(t, h, address)
		if status != http.StatusOK {
			t.Errorf("%s: %d", address, status)
		}
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q", address, want)
			}
		}
		if strings.Contains(body, "<script>alert") || strings.Contains(body, "<b>plan") {
			t.Errorf("%s carries markup that somebody wrote", address)
		}
	}
}

func TestTheSameAddressAnswersJSONAndCSV(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	for address, want := range map[string]string{"/plans?format=json": `"owing":2,"verified":"not known"}]}`, "/plans?format=csv": "changes,findings,owing,verified\r\nparks,", "/plans/parks?format=csv": "item,ref,level", "/plans/parks/timeline?format=csv": "position,plan,entry",
		"/plans/nix?format=json": `"status":404`} {
		if _, body, _ := fetch(t, h, address); !strings.Contains(body, want) {
			t.Errorf("%s: %.200s", address, body)
		}
	}
}

func TestErrorsArePages(t *testing.T) {
	h := pagestest.New(t)
	for address, want := range map[string]int{"/plans/nix": 404, "/nowhere": 404, "/plans/parks/items/x": 404, "/plans/UPPER": 400} {
		if status, body, _ := fetch(t, h, address); status != want || !strings.Contains(body, "</html>") {
			t.Errorf("%s: %d", address, status)
		}
	}
	if _, body, _ := fetch(t, h, "/plans"); !strings.Contains(body, "There is no plan yet") {
		t.Error("no plan is no page")
	}
}

func TestNobodySeesAPageWithoutSigningIn(t *testing.T) {
	h := pagestest.New(t)
	h.SignIn.Session.Actor = domain.Actor{}
	for _, address := range []string{"/plans", "/plans/parks?format=json", "/search?q=x"} {
		status, _, header := fetch(t, h, address)
		if status != http.StatusSeeOther || !strings.HasPrefix(header.Get("Location"), "/sign-in?next=%2F") {
			t.Errorf("%s: %d to %s", address, status, header.Get("Location"))
		}
	}
}

func TestEveryAnswerCarriesThePolicy(t *testing.T) {
	h := pagestest.New(t)
	for _, address := range []string{"/plans", "/nowhere", "/assets/plantrail.css", "/sign-in"} {
		_, _, header := fetch(t, h, address)
		if p := header.Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "unsafe") {
			t.Errorf("%s: %q", address, p)
		}
	}
}
