package pages_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/web/pages/pagestest"
)

// holds fetches a page and looks for words.
func holds(t *testing.T, h *pagestest.House, address string, status int, wants ...string) {
	t.Helper()
	got, body, header := fetch(t, h, address)
	if got != status {
		t.Errorf("%s: %d", address, got)
	}
	for _, want := range wants {
		if !strings.Contains(body, want) {
			t.Errorf("%s lacks %q", address, want)
		}
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Cross-Origin-Opener-Policy": "same-origin"} {
		if header.Get(name) != want {
			t.Errorf("%s: %s is %q", address, name, header.Get(name))
		}
	}
}

func TestReadingPages(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	holds(t, h, "/plans/parks/meetings", 200, "the plan as it was reported", "Which trees?", "That the trees be planted.", "What has changed since")
	holds(t, h, "/plans/parks/findings", 200, "It follows from", "What would clear it", "/plans/parks/entries/")
	holds(t, h, "/plans/parks/findings?severity=high&rule=", 200, "Choose findings")
	holds(t, h, "/findings", 200, "Findings in all plans")
	holds(t, h, "/plans/parks/policy", 200, "default.v1", "Amber")
	holds(t, h, "/plans/parks/evidence", 200, "No file of evidence is attached")
	holds(t, h, "/plans/parks/bundle", 200, "Why do you take it?")
	holds(t, h, "/plans/parks/reports", 200, "Read it")
	holds(t, h, "/plans/parks/reports/nix", 404)
	holds(t, h, "/plans/parks/evidence/nix", 404, "</html>")
	holds(t, h, "/persons", 200, "People")
	holds(t, h, "/schemes", 200, "What it means everywhere")
	holds(t, h, "/help", 200, "Three clocks")
	holds(t, h, "/accessibility", 200, "known not to be accessible")
	holds(t, h, "/plans", 200, "Findings not answered")
}

func TestAnInspectorBeginsWithThePlansNamed(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	h.Do(t, "ponds", domain.OpenPlan{Basis: domain.Basis{Stated: domain.Day(2026, 1, 5)}, Title: "Ponds"})
	h.SignIn.Session.Actor = domain.Actor{ID: "p-inspector", Kind: domain.User, Role: domain.Inspector, Only: domain.ScopeOf([]domain.PlanID{"parks"})}
	holds(t, h, "/plans", 200, "1 plan", "Findings not answered", "/plans/parks/findings?answered=no")
	holds(t, h, "/plans/parks/reports", 200, "Read it")
	_, body, _ := fetch(t, h, "/plans")
	for _, shut := range []string{"Ponds", "/search", "/mine", "/persons", `href="/findings"`} { // nothing is offered that is refused
		if strings.Contains(body, shut) {
			t.Errorf("an inspector is shown %q", shut)
		}
	}
	holds(t, h, "/plans/ponds", 403, "the list of plans shows where you are let in")
}

func TestStatesOfTheProof(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	holds(t, h, "/verify", 200, "No proof is kept on this server")
	h.Proof.Stand(projections.KeeperStatus{Origin: "acme", Size: 14, LastCheck: time.Now()})
	holds(t, h, "/verify", 200, "Nothing that was recorded here has been changed", "14 entries")
	holds(t, h, "/verify?size=2&root=nonsense", 400, "There is a problem")
	h.Proof.Stand(projections.KeeperStatus{Origin: "acme", Size: 14, LastCheck: time.Now(), LagEvents: 3, LagSeconds: 600})
	holds(t, h, "/verify", 200, "3 entries since then are recorded and not yet signed")
	h.Proof.Stand(projections.KeeperStatus{Origin: "acme", Size: 14, Alarm: "entry 5 is another"})
	holds(t, h, "/verify", 200, "No: verification failed", "entry 5 is another")
	holds(t, h, "/plans", 200, "Verification failed", "not as it was signed")
	holds(t, h, "/plans/parks/entries/5", 200, "proves nothing until it is known why")
}

func TestWhoMaySeeWhoLooked(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	holds(t, h, "/plans/parks", 200)
	holds(t, h, "/access", 403, "</html>")
	h.SignIn.Session.Actor.Role = domain.Auditor
	holds(t, h, "/access", 200, "p-officer", "viewed", "parks")
	holds(t, h, "/access?plan=other", 200, "Nobody looked at anything like that")
}

// big is a plan of 100 items whose ratings changed each month of five years.
func big(t testing.TB, h *pagestest.House) {
	t.Helper()
	var all []domain.Command
	all = append(all, domain.OpenPlan{Basis: on(2021, 1, 1), Title: "A long plan"})
	for i := range 100 {
		all = append(all, domain.AddItem{Basis: on(2021, 1, 1), Item: domain.ItemID(fmt.Sprintf("item-%03d", i)), Title: domain.Text(fmt.Sprintf("Improve service number %d by what was agreed", i))})
	}
	for m := range 60 {
		for i := m % 3; i < 100; i += 3 {
			day := domain.DayOf(time.Date(2021, 1, 15, 0, 0, 0, 0, time.UTC).AddDate(0, m, 0))
			all = append(all, domain.Rate{Basis: domain.Basis{Stated: day}, Item: domain.ItemID(fmt.Sprintf("item-%03d", i)), To: []string{"amber", "green", "red"}[m/3%3],
				Justification: domain.Text(fmt.Sprintf("In month %d the supplier of service %d kept us waiting again", m, i))})
		}
	}
	for i, c := range all {
		got, err := h.Service.Do(t.Context(), domain.Order{Plan: "long", Actor: pagestest.Officer, Command: domain.CommandID(fmt.Sprintf("c-%d", i)), Do: c})
		if err != nil {
			t.Fatal(i, err)
		}
		if i == len(all)-1 {
			if err := h.Reads.WaitFor(t.Context(), got.Position); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// BenchmarkPlanPage asks for the page of a plan of 100 items and 60 months, and reports the median, its size on the wire and
// that of its picture. The targets are 50 ms, 200 KB and 100 KB.
func BenchmarkPlanPage(b *testing.B) {
	h := pagestest.New(b)
	big(b, h)
	var took []time.Duration
	var wire, picture int
	for b.Loop() {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "/plans/long", nil)
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		began := time.Now()
		h.Config.Handler.ServeHTTP(w, r)
		took = append(took, time.Since(began))
		wire = w.Body.Len()
		if picture == 0 {
			picture = svgSize(b, w.Body.Bytes())
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms")
	b.ReportMetric(float64(wire)/1000, "wire-KB")
	b.ReportMetric(float64(picture)/1000, "svg-KB")
}

func svgSize(b *testing.B, page []byte) int {
	b.Helper()
	z, err := gzip.NewReader(bytes.NewReader(page))
	if err != nil {
		b.Fatal(err)
	}
	var all bytes.Buffer
	if _, err := all.ReadFrom(z); err != nil {
		b.Fatal(err)
	}
	return strings.Index(all.String(), "</svg>") - strings.Index(all.String(), "<svg")
}
