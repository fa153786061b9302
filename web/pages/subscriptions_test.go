package pages_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/web/pages/pagestest"
)

// subscriber is a house in which an admin is signed in and a person is registered, and a target that takes everything.
func subscriber(t *testing.T) (*pagestest.House, *httptest.Server) {
	h := pagestest.New(t)
	h.SignIn.Session.Actor.Role = domain.Admin
	got, err := h.Service.Do(t.Context(), domain.Order{Plan: domain.People, Actor: domain.Actor{ID: "p-admin", Kind: domain.User, Role: domain.Admin}, Command: "register-bea", Do: domain.RegisterPerson{Person: "p-bi", Kind: domain.User, Name: "Bea <b>Eye"}})
	if err == nil {
		err = h.Reads.WaitFor(t.Context(), got.Position)
	}
	if err != nil {
		t.Fatal(err)
	}
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	t.Cleanup(target.Close)
	return h, target
}

func TestASubscriptionIsMadeAndItsSecretShownOnce(t *testing.T) {
	h, target := subscriber(t)
	holds(t, h, "/subscriptions", 200, "Nobody is told of changes yet", "Bea &lt;b&gt;Eye", "Make a subscription")
	if status, page, _ := post(t, h, "/subscriptions", "subscription", "Not an id", "person", "p-bi", "way", "webhook", "target", target.URL+"/s3cret"); status != 400 ||
		!strings.Contains(page, "#f-subscription") || !strings.Contains(page, `value="Not an id"`) {
		t.Errorf("%d %s", status, problemIn(page))
	}
	if status, page, _ := post(t, h, "/subscriptions", "subscription", "bi", "person", "p-bi", "way", "webhook", "target", "http://10.0.0.1/"); status < 400 || !strings.Contains(page, "#f-target") {
		t.Errorf("a private address: %d %s", status, problemIn(page))
	}
	status, page, _ := post(t, h, "/subscriptions", "key", "sub-1", "subscription", "bi", "person", "p-bi", "way", "webhook", "target", target.URL+"/s3cret", "wanted.texts", "true")
	if status != 201 || !strings.Contains(page, "whsec_") || !strings.Contains(page, "with what people wrote") {
		t.Fatalf("%d %s", status, problemIn(page))
	}
	for _, at := range []string{"/subscriptions", "/subscriptions/bi"} {
		if _, page, _ := fetch(t, h, at); strings.Contains(page, "whsec_") || strings.Contains(page, "s3cret") || !strings.Contains(page, "bi") {
			t.Errorf("%s shows the secret, or not the subscription", at)
		}
	}
	if status, page, _ := post(t, h, "/subscriptions/bi/rotate", "key", "rot-1", "hours", "2"); status != 200 || !strings.Contains(page, "whsec_") {
		t.Errorf("rotate: %d %s", status, problemIn(page))
	}
}

func TestASubscriptionIsPausedTriedReplayedAndEnded(t *testing.T) {
	h, target := subscriber(t)
	if status, page, _ := post(t, h, "/subscriptions", "key", "sub-1", "subscription", "bi", "person", "p-bi", "way", "webhook", "target", target.URL); status != 201 {
		t.Fatal(status, problemIn(page))
	}
	const at = "/subscriptions/bi"
	if status, page, _ := post(t, h, at+"/ping"); status != 200 || !strings.Contains(page, "it answered 204 No Content") {
		t.Errorf("ping: %d %s", status, problemIn(page))
	}
	if status, page, _ := post(t, h, at+"/pause", "key", "p-1", "reason", "They move"); status != 303 {
		t.Errorf("pause: %d %s", status, problemIn(page))
	}
	holds(t, h, at, 200, "paused", "Let it go on")
	if status, _, _ := post(t, h, at+"/resume", "key", "r-1"); status != 303 {
		t.Errorf("resume: %d", status)
	}
	if status, page, _ := post(t, h, at+"/replay", "from", "0", "dead", "true"); status != 200 || !strings.Contains(page, "delivered again within seconds") {
		t.Errorf("replay: %d %s", status, problemIn(page))
	}
	for _, wrong := range [][]string{nil, {"from", "99999"}, {"from", "all"}} {
		if status, page, _ := post(t, h, at+"/replay", wrong...); status != 400 || !strings.Contains(page, "There is a problem") {
			t.Errorf("replay %v: %d", wrong, status)
		}
	}
	if status, _, _ := post(t, h, at+"/end", "key", "e-1", "reason", "Replaced"); status != 303 {
		t.Errorf("end: %d", status)
	}
	if _, page, _ := fetch(t, h, at); !strings.Contains(page, ">ended<") || strings.Contains(page, "What you can do") {
		t.Error("an ended subscription looks alive")
	}
	holds(t, h, "/subscriptions/nix", 404, "</html>")
	if status, _, _ := post(t, h, "/subscriptions/nix/ping"); status != 404 {
		t.Errorf("ping of none: %d", status)
	}
}

func TestOnlyAnAdminSeesSubscriptions(t *testing.T) {
	h := pagestest.New(t)
	for _, role := range []domain.Role{domain.Reader, domain.Editor, domain.Clerk, domain.Auditor, domain.DataProtection} {
		h.SignIn.Session.Actor.Role = role
		holds(t, h, "/subscriptions", 403, "</html>")
		holds(t, h, "/subscriptions/bi", 403, "</html>")
		for name := range map[string]bool{"ping": true, "pause": true, "resume": true, "replay": true, "rotate": true, "end": true} {
			if status, _, _ := post(t, h, "/subscriptions/bi/"+name, "reason", "x", "hours", "1", "now", "true"); status != 403 {
				t.Errorf("%s as %s: %d", name, role, status)
			}
		}
		if status, _, _ := post(t, h, "/subscriptions", "subscription", "x"); status != 403 {
			t.Errorf("make as %s: %d", role, status)
		}
	}
}
