package projections_test

import (
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

func TestASearchIsNarrowed(t *testing.T) {
	db := open(t, projectionstest.Draw(t, `
		open sdp "Roof of the hall"
		sdp add a "Mend the roof"
		sdp add b "Paint the roof" by=p-other
		sdp rate a amber "The roof leaks"
		sdp progress b "The roof is dry" by=p-other`))
	for name, c := range map[string]struct {
		q    projections.TimelineQuery
		want int
	}{
		"not":             {projections.TimelineQuery{}, 5},
		"to an actor":     {projections.TimelineQuery{Actor: "p-other"}, 2},
		"to a type":       {projections.TimelineQuery{Type: "item-added"}, 2},
		"to an item":      {projections.TimelineQuery{Item: "a"}, 2},
		"to another plan": {projections.TimelineQuery{Plan: "none"}, 0},
		"to the past":     {projections.TimelineQuery{To: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)}, 0},
		"to the future":   {projections.TimelineQuery{From: time.Date(2990, 1, 1, 0, 0, 0, 0, time.UTC)}, 0},
		"to all of it":    {projections.TimelineQuery{From: time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2990, 1, 1, 0, 0, 0, 0, time.UTC)}, 5},
		"to several":      {projections.TimelineQuery{Actor: "p-other", Item: "b", Type: "progress-reported"}, 1},
	} {
		got, err := db.SearchIn(t.Context(), "roof", c.q)
		if err != nil || len(got.Entries) != c.want {
			t.Errorf("%s: %d hits, %v", name, len(got.Entries), err)
		}
	}
	var after string
	for n := 0; ; n++ {
		page, err := db.SearchIn(t.Context(), "roof", projections.TimelineQuery{Actor: "p-other", Limit: 1, After: after})
		if err != nil || n > 2 || len(page.Entries) != 1 || page.Entries[0].Entry.By.ID != domain.ActorID("p-other") {
			t.Fatalf("page %d: %v, %+v", n, err, page)
		}
		if after = page.Next; after == "" {
			break
		}
	}
}
