package judges

import (
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/web/pages"
	"plantrail/web/pages/pagestest"
)

// house is a server in one process, with an admin signed in and items in every state in which something can be done.
func house(t *testing.T) *pagestest.House {
	t.Helper()
	h := pagestest.New(t)
	h.Parks(t)
	then := domain.Basis{Stated: domain.Day(2026, 4, 2)}
	for i, c := range []domain.Command{
		domain.AddItem{Basis: then, Item: "measured", Title: "Visitors a day", Kind: domain.MeasureKind},
		domain.AddItem{Basis: then, Item: "advised", Title: "Count the visitors", Kind: domain.Recommendation},
		domain.AddItem{Basis: then, Item: "mine", Title: "Mow the lawn", Owner: "Olive Officer"},
		domain.AddItem{Basis: then, Item: "claimed", Title: "Paint the benches"},
		domain.AddItem{Basis: then, Item: "late", Title: "Dig the pond", Due: domain.Month(2026, 5)},
		domain.AddItem{Basis: then, Item: "resting", Title: "Feed the ducks"},
		domain.Rate{Basis: then, Item: "late", To: "red", Justification: "Nobody has a spade"},
		domain.ClaimCompletion{Basis: then, Item: "claimed", Claim: "All are green"},
		domain.RequestDue{Basis: then, Item: "late", Due: domain.Month(2026, 9), Reason: "A spade is ordered"},
		domain.SuspendItem{Basis: then, Item: "resting", Reason: "The ducks left"},
		domain.LinkItems{Basis: then, Item: "late", Relation: domain.Addresses, To: "advised"},
		domain.AttachEvidence{Basis: then, Item: "late", Evidence: "spade", Title: "The order", File: "order.txt", MediaType: "text/plain", SHA256: strings.Repeat("ab", 32), Size: 12},
		domain.EraseText{Basis: domain.Basis{Stated: domain.Day(2026, 4, 3), Authority: &domain.Authority{Body: "Data Protection Officer"}}, Entry: "5", Field: "justification", Reason: "It names a resident"},
		domain.RegisterPerson{Person: pagestest.Officer.ID, Kind: domain.User, Name: "Olive Officer"},
		domain.Subscribe{Subscription: "board", Person: pagestest.Officer.ID, Way: domain.ByNATS, Wanted: domain.Wanted{Plans: []domain.PlanID{"parks"}}},
	} {
		actor := pagestest.Officer
		actor.Role = domain.Admin
		plan := domain.PlanID("parks")
		switch c.(type) {
		case domain.RegisterPerson, domain.Subscribe:
			plan = domain.People
		}
		got, err := h.Service.Do(t.Context(), domain.Order{Plan: plan, Actor: actor, Command: domain.CommandID(fmt.Sprint("judged-", i)), Do: c})
		if err != nil {
			t.Fatalf("%s: %v", c.Verb(), err)
		}
		if err := h.Reads.WaitFor(t.Context(), got.Position); err != nil {
			t.Fatal(err)
		}
	}
	h.SignIn.Session.Actor.Role = domain.Admin
	h.Proof.Stand(projections.KeeperStatus{Origin: "acme", Size: 14, Root: "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", LastCheck: time.Now()})
	return h
}

// states are pages in states that no link leads to at first.
var states = []string{"/plans/parks?rating=green", "/plans/parks?valid_at=2026-02-01", "/plans/parks?valid_at=1999-01-01", "/plans/parks?words=nothing+is+like+that", "/plans/parks/items/late",
	"/plans/parks/compare?from=meeting:scrutiny-committee-2026-03-20", "/plans/parks/compare?from=valid:2026-02-01&to=recorded:2026-02-01", "/plans/parks/reports?judged=2026-07-01", "/search?q=scaffolding", "/search?q=nothing+of+the+kind",
	"/verify?size=2&root=x", "/plans/parks/timeline?type=rating-changed", "/events?from=3&type=rating-changed", "/plans/nowhere", "/plans/parks/items/nowhere", "/nowhere"}

// notLooked are patterns of which no page is looked at here: a file, the same page as another's, an import that is under way, and
// a paper that questions_test reads: those of this house were printed elsewhere.
var notLooked = []string{"GET /", "GET /tokens", "GET /import/{work}", "GET /plans/{plan}/evidence/{evidence}", "GET /plans/{plan}/meetings/{meeting}/paper"}

var links = regexp.MustCompile(`(?:href|action)="(/[^"#]*)`)

// walked are all addresses to which links lead from the first page on, by the pattern of their page. A link that leads to
// nothing is told.
func walked(t *testing.T, h *pagestest.House) map[string][]string {
	t.Helper()
	mux := http.NewServeMux()
	for _, pattern := range pages.New(pages.Deps{SignIn: &pagestest.SignIn{}}).Patterns() {
		mux.Handle(pattern, http.NotFoundHandler())
	}
	found, seen, after := map[string][]string{}, map[string]bool{}, []string{"/plans"}
	for len(after) > 0 && len(seen) < 1500 {
		address := after[0]
		after = after[1:]
		r, err := http.NewRequest(http.MethodGet, h.URL+address, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, pattern := mux.Handler(r)
		if pattern == "GET /" || len(found[pattern]) >= 40 {
			continue // of the API or a file; or one of very many
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode >= 400 && !slices.Contains(notLooked, pattern) {
			t.Errorf("a link leads to %s, which answers %d", address, resp.StatusCode)
			continue
		}
		found[pattern] = append(found[pattern], address)
		for _, m := range links.FindAllStringSubmatch(string(body), -1) {
			next := html.UnescapeString(m[1])
			if u, err := url.Parse(next); err == nil && !seen[next] && !strings.HasPrefix(next, "/sign-") && !u.Query().Has("format") {
				seen[next] = true
				after = append(after, next)
			}
		}
	}
	t.Logf("%d links from the first page on", len(seen))
	return found
}

// all are the pages to look at: one of each pattern, and the states. Every page of the site must be reached by clicks.
func all(t *testing.T, h *pagestest.House) []string {
	t.Helper()
	found := walked(t, h)
	addresses := slices.Clone(states)
	for _, pattern := range pages.New(pages.Deps{SignIn: &pagestest.SignIn{}}).Patterns() {
		if !strings.HasPrefix(pattern, "GET ") || slices.Contains(notLooked, pattern) {
			continue
		}
		if len(found[pattern]) == 0 {
			t.Errorf("no click leads to %s", pattern)
			continue
		}
		addresses = append(addresses, found[pattern][0])
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

// forms are the pages with a form that changes something, by the addresses of [all].
func forms(t *testing.T, h *pagestest.House) []string {
	t.Helper()
	found, chosen := walked(t, h), map[string]bool{}
	for _, pattern := range pages.New(pages.Deps{SignIn: &pagestest.SignIn{}}).Patterns() {
		if at, posts := strings.CutPrefix(pattern, "POST "); posts && len(found["GET "+at]) > 0 {
			chosen[found["GET "+at][0]] = true
		}
	}
	return slices.Sorted(maps.Keys(chosen))
}
