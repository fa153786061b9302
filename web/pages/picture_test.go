package pages_test

import (
	"regexp"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/web/pages/pagestest"
)

var cellOf = regexp.MustCompile(`<a href=(\?e=\d+) class="([a-z]{2}) w(\d+)( z)?">([^<]*)</a>`)

func TestEachCellOfThePictureLeadsToTheChangeBehindIt(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	_, page, _ := fetch(t, h, "/plans/parks")
	cells := cellOf.FindAllStringSubmatch(page, -1)
	if len(cells) != 3 {
		t.Fatalf("%d cells: %v", len(cells), cells)
	}
	for i, want := range [][2]string{{"at", "delivery rated amber"}, {"gc", "delivery amber → green"}, {"gc", "delivery rated green"}} {
		status, _, header := fetch(t, h, "/plans/parks"+cells[i][1])
		if cells[i][2] != want[0] || status != 303 {
			t.Fatalf("cell %d: %v, %d", i, cells[i], status)
		}
		if _, entry, _ := fetch(t, h, header.Get("Location")); !strings.Contains(entry, want[1]) {
			t.Errorf("cell %d leads to %s", i, header.Get("Location"))
		}
	}
	if _, list, _ := fetch(t, h, "/plans/parks/strips"); !strings.Contains(list, "/plans/parks/entries/5") || !strings.Contains(list, "cancelled") {
		t.Error("the list lacks a change")
	}
	if status, _, header := fetch(t, h, "/plans/parks?e=%2F%2Fevil"); status != 200 || header.Get("Location") != "" {
		t.Errorf("no number: %d", status)
	}
}

func TestThePictureForgetsWordsAndKeepsMoments(t *testing.T) {
	h := pagestest.New(t)
	h.Parks(t)
	_, before, _ := fetch(t, h, "/plans/parks?position=5")
	if n := len(cellOf.FindAllString(before, -1)); n != 1 || !strings.Contains(before, "January 2026") || strings.Contains(before, ">March 2026<") && strings.Contains(before, "February 2030") {
		t.Errorf("at entry 5 there are %d cells", n)
	}
	fetch(t, h, "/plans/parks") // it is remembered now
	h.Do(t, "parks", domain.RewordItem{Basis: on(2026, 4, 2), Item: "item-01", Title: "Replace the roof <i>", Reason: "It fell in"},
		domain.Rate{Basis: on(2026, 4, 3), Item: "item-02", To: "red", Owed: true})
	_, after, _ := fetch(t, h, "/plans/parks")
	if !strings.Contains(after, "<b>1.1 Replace the roof &lt;i&gt;</b>") || len(cellOf.FindAllString(after, -1)) < 3 {
		t.Error("the picture shows what was remembered")
	}
	if _, again, _ := fetch(t, h, "/plans/parks?position=5"); again != before {
		t.Error("the same address shows something else")
	}
}
