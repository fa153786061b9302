package pages_test

import (
	"regexp"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/web/pages/pagestest"
)

// atWork is a house in which the officer owns an item that they inherited.
func atWork(t testing.TB) *pagestest.House {
	h := pagestest.New(t)
	h.Do(t, "works",
		domain.OpenPlan{Basis: stated(2026, 1, 5), Title: "Works"},
		domain.AddItem{Basis: stated(2026, 1, 5), Title: "Mend the roof", Owner: "Fred <b>Former", Due: domain.Month(2026, 3)},
		domain.Rate{Basis: stated(2026, 1, 6), Item: "item-01", To: "amber", Justification: "The slates are late"},
		domain.AssignOwner{Basis: stated(2026, 2, 1), Item: "item-01", Owner: "Olive Officer", Person: pagestest.Officer.ID, Reason: "Fred left"})
	return h
}

func TestMyWorkShowsWhatWasInherited(t *testing.T) {
	h := atWork(t)
	holds(t, h, "/mine", 200, "Inherited</strong> from Fred &lt;b&gt;Former", "The slates are late", "Update it here", "overdue")
	h.SignIn.Session.Actor.Role = domain.Reader
	if _, page, _ := fetch(t, h, "/mine"); strings.Contains(page, "Update it here") {
		t.Error("a reader is offered to update")
	}
	if status, _, _ := post(t, h, "/mine", "plan", "works", "item", "item-01", "progress", "x"); status != 403 {
		t.Errorf("a reader updated: %d", status)
	}
}

func TestAnItemIsUpdatedWhereItIsListed(t *testing.T) {
	h := atWork(t)
	update := []string{"plan", "works", "item", "item-01", "key", "row-1", "to", "green", "justification", "The slates are <i>here", "progress", "Half is tiled", "percent", "50%"}
	before := plan(t, h, "works").Version
	status, page, _ := post(t, h, "/mine", append(update, "check", "yes")...)
	if status != 200 || !strings.Contains(page, "Checked, not yet recorded") || !strings.Contains(page, "Half is tiled</textarea>") || strings.Contains(page, "<i>here") || plan(t, h, "works").Version != before {
		t.Fatalf("check: %d %s", status, problemIn(page))
	}
	for range 2 { // sent twice, it is recorded once
		if status, page, to := post(t, h, "/mine", update...); status != 303 || to != "/mine?done=recorded#u-works-item-01" {
			t.Fatalf("%d %s %s", status, to, problemIn(page))
		}
	}
	p := plan(t, h, "works")
	if it := p.Items[0]; p.Version != before+2 || it.Ratings[0].Value != "green" || it.Progress == nil || it.Percent == nil || *it.Percent != 50 {
		t.Errorf("version %d after %d: %+v", p.Version, before, it)
	}
	holds(t, h, "/mine", 200, "Half is tiled")
	if status, page, _ := post(t, h, "/mine", "plan", "works", "item", "item-01", "justification", "Still fine"); status != 303 {
		t.Errorf("affirmed: %d %s", status, problemIn(page))
	}
}

func TestARefusedUpdateLeadsToItsRow(t *testing.T) {
	h := atWork(t)
	for _, c := range []struct {
		pairs []string
		want  int
		link  string
	}{
		{[]string{"item", "item-01"}, 400, "#u-works-item-01-progress"},
		{[]string{"item", "item-01", "to", "puce", "justification", "Because"}, 400, "#u-works-item-01-to"},
		{[]string{"item", "item-01", "to", "red"}, 400, "#u-works-item-01-justification"},
		{[]string{"item", "item-01", "progress", "Half", "percent", "lots"}, 400, "#u-works-item-01-percent"},
		{[]string{"item", "item-77", "progress", "Half"}, 404, ""},
	} {
		status, page, _ := post(t, h, "/mine", append([]string{"plan", "works"}, c.pairs...)...)
		if status != c.want || c.link != "" && (!strings.Contains(page, `href="`+c.link+`"`) || !regexp.MustCompile(`id="`+c.link[1:]+`"`).MatchString(page)) {
			t.Errorf("%v: %d %s", c.pairs, status, problemIn(page))
		}
	}
	status, page, _ := post(t, h, "/mine", "plan", "works", "item", "item-01", "key", "half", "justification", "Still late", "progress", strings.Repeat("x", 70_000))
	if status < 400 || status >= 500 || !strings.Contains(page, "The rating is recorded; the progress is not") {
		t.Errorf("half of it: %d %s", status, problemIn(page))
	}
	if strings.Contains(page, "Still late</textarea>") || strings.Contains(page, `value="half"`) || !strings.Contains(page, "xxxxx</textarea>") {
		t.Error("what is recorded would be sent again, or what is not is lost")
	}
}
