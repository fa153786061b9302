package pages_test

import (
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
	holds(t, h, "/plans/parks/reports", 200, "Also as")
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
	holds(t, h, "/plans/parks/reports", 200, "Also as")
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
	holds(t, h, "/plans", 200, "<td class=\"govuk-table__cell\">not known</td>")
	h.Proof.Stand(projections.KeeperStatus{Origin: "acme", Size: 14, LastCheck: time.Now()})
	holds(t, h, "/verify", 200, "Nothing that was recorded here has been changed", "14 entries")
	holds(t, h, "/plans", 200, "<td class=\"govuk-table__cell\">✓ as signed</td>")
	holds(t, h, "/verify?size=2&root=nonsense", 400, "There is a problem")
	h.Proof.Stand(projections.KeeperStatus{Origin: "acme", Size: 14, LastCheck: time.Now(), LagEvents: 3, LagSeconds: 600})
	holds(t, h, "/verify", 200, "3 entries since then are recorded and not yet signed")
	holds(t, h, "/plans", 200, "<td class=\"govuk-table__cell\">not signed yet</td>")
	h.Proof.Stand(projections.KeeperStatus{Origin: "acme", Size: 14, Alarm: "entry 5 is another"})
	holds(t, h, "/verify", 200, "No: verification failed", "entry 5 is another")
	holds(t, h, "/plans", 200, "Verification failed", "not as it was signed", "<td class=\"govuk-table__cell\">✕ verification failed</td>")
	holds(t, h, "/plans/parks/entries/5", 200, "proves nothing until it is known why")
}

func TestWhoMaySeeWhoLooked(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	holds(t, h, "/plans/parks", 200)
	holds(t, h, "/access", 403, "</html>")
	h.SignIn.Session.Actor.Role = domain.Auditor
	holds(t, h, "/access", 200, "p-officer", "viewed", "parks")
	holds(t, h, "/access?plan=other", 200, "Nobody looked at anything like that", "for 400 days")
	holds(t, h, "/access?actor=p-officer&plan=&from=&to=", 200, `<option value="p-officer" selected>`)
	if _, table, _ := fetch(t, h, "/access?format=csv&plan="); !strings.HasPrefix(table, "at,actor,role,did,plan,of,name") {
		t.Errorf("%.200s", table)
	}
}

func TestASearchIsNarrowedByWhoWhatAndWhen(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	holds(t, h, "/search?q=scaffolding&actor=p-officer&type=rating-changed&from=2026-01-01&to=2030-01-01", 200, "«Scaffolding»", `<option value="rating-changed" selected>`)
	for _, other := range []string{"actor=p-other", "type=item-added", "to=2020-01-01", "item=item-02"} {
		holds(t, h, "/search?q=scaffolding&"+other, 200, "Nobody wrote that here")
	}
	holds(t, h, "/search?q=scaffolding&type=nix", 400, "there is no such type")
}

// A paper that was split: the page of the plan as it was reported shows all of it, and says so, and which parts there were.
func TestThePlanAsReportedSaysWhichPartsItsPaperHad(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	const meeting, address = "scrutiny-committee-2026-03-20", "/plans/parks?as_reported=scrutiny-committee-2026-03-20"
	if _, page, _ := fetch(t, h, address); strings.Contains(page, `id="parts"`) {
		t.Error("a paper that was whole and public is called a part")
	}
	apart := []domain.ItemID{"item-01"}
	h.Do(t, "parks", domain.PublishPaper{Meeting: meeting, SHA256: strings.Repeat("a", 64), Classification: domain.Public, Exempt: apart},
		domain.PublishPaper{Meeting: meeting, SHA256: strings.Repeat("b", 64), Classification: domain.Exempt, Exempt: apart})
	holds(t, h, address, 200, "with the items that are exempt from publication", "public</a>, without 1 item; ", "exempt</a>, only of 1 item. To the public", `href="/plans/parks/meetings#`+meeting+`"`)
	if _, page, _ := fetch(t, h, "/plans/parks"); strings.Contains(page, `id="parts"`) {
		t.Error("the plan as it is speaks of a paper's parts")
	}
}
