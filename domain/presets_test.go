package domain

import (
	"encoding/json"
	"testing"
)

func meaningOf(t *testing.T, set, dimension, key string) Meaning {
	t.Helper()
	for _, s := range SchemeSets() {
		for _, d := range s.Dimensions {
			if s.ID == set && d.Key == dimension {
				v, ok := d.Scheme.Value(key)
				if !ok {
					t.Fatalf("%s has no %s", set, key)
				}
				return v.Meaning
			}
		}
	}
	t.Fatalf("there is no preset %s with a dimension %s", set, dimension)
	return ""
}

func TestTheSameColourMeansOppositeThings(t *testing.T) {
	for _, c := range []struct {
		set, dimension, key string
		meaning             Meaning
	}{
		{"rag.v1", "delivery", "amber", AtRisk},
		{"amber-on-track.v1", "delivery", "amber", OnTrack},
		{"amber-on-track.v1", "delivery", "green", CompleteClaimed},
		{"amber-on-track.v1", "delivery", "blue", CompleteVerified},
		{"month-behind.v1", "delivery", "amber", AtRisk},
		{"month-behind.v1", "delivery", "blue", Suspended},
		{"ragb-objective.v1", "delivery", "amber", AtRisk},
		{"ragb-milestone.v1", "delivery", "red", OffTrack},
		{"percent-complete.v1", "delivery", "green", OnTrack},
		{"percent-complete.v1", "delivery", "complete", CompleteClaimed},
		{"issue-or-risk.v1", "delivery", "green", OnTrack},
		{"acceptable-progress.v1", "progress", "green", CompleteClaimed},
		{"acceptable-progress.v1", "progress", "amber", OnTrack},
		{"acceptable-progress.v1", "status", "paused", Suspended},
		{"ten-percent-off.v1", "delivery", "amber", AtRisk},
		{"better-than-last-year.v1", "delivery", "green", OnTrack},
		{"progress-and-outcome.v1", "progress", "amber", OnTrack},
		{"progress-and-outcome.v1", "outcome", "amber", AtRisk},
		{"remedy.v1", "delivery", "amber", AtRisk},
		{"concern.v1", "delivery", "amber", AtRisk},
		{"green-achieved.v1", "delivery", "green", CompleteClaimed},
		{"schedule.v1", "delivery", "no-longer-applicable", Cancelled},
		{"schedule.v1", "delivery", "not-updated", NoData},
		{"stage-and-status.v1", "status", "green", OnTrack},
		{"stage-and-status.v1", "stage", "complete", CompleteClaimed},
		{"amber-in-hand.v1", "delivery", "amber", OnTrack},
		{"amber-in-hand.v1", "delivery", "green", CompleteClaimed},
		{"stars.v1", "delivery", "blue", OnTrack},
		{"poor-or-no-data.v1", "delivery", "red-no-data", NoData},
		{"ticks.v1", "delivery", "achieved", CompleteClaimed},
		{"action-and-impact.v1", "action", "complete", CompleteClaimed},
		{"action-and-impact.v1", "impact", "green", OnTrack},
	} {
		if got := meaningOf(t, c.set, c.dimension, c.key); got != c.meaning {
			t.Errorf("%s %s %s means %s, want %s", c.set, c.dimension, c.key, got, c.meaning)
		}
	}
}

func TestEveryPresetCanBePrintedAndOpensAPlan(t *testing.T) {
	seen := map[string]bool{}
	for _, set := range SchemeSets() {
		if seen[set.ID] {
			t.Errorf("%s stands twice", set.ID)
		}
		seen[set.ID] = true
		w := tell(t, OpenPlan{Title: "A plan", Scheme: set.ID})
		if got := w.plan.Dimensions; len(got) != len(set.Dimensions) {
			t.Errorf("%s opens a plan with %d dimensions", set.ID, len(got))
		}
		looks := map[[2]string]bool{}
		for _, d := range set.Dimensions {
			if err := d.Scheme.check("scheme"); err != nil {
				t.Errorf("%s: %v", set.ID, err)
			}
			for _, v := range d.Scheme.Values {
				if looks[[2]string{v.Label, v.Shape}] {
					t.Errorf("%s: a reader can't tell %s from another value without its colour", set.ID, v.Label)
				}
				looks[[2]string{v.Label, v.Shape}] = true
			}
		}
	}
	if len(seen) != 23 {
		t.Errorf("%d presets, want three plain ones and twenty of the field", len(seen))
	}
	if ids := Presets()[:3]; ids[0].ID != "rag.v1" || ids[1].ID != "brag.v1" || ids[2].ID != "rag-not-started.v1" {
		t.Errorf("the plain presets are not first: %v", ids)
	}
}

// A scheme with figures gives each item one value, and no item two.
func TestFiguresOfPresets(t *testing.T) {
	at := func(n int) *int { return &n }
	for _, c := range []struct {
		preset          string
		behind, percent *int
		want            string
	}{
		{"month-behind.v1", at(-20), nil, "green"}, {"month-behind.v1", at(0), nil, "green"}, {"month-behind.v1", at(1), nil, "amber"},
		{"month-behind.v1", at(31), nil, "amber"}, {"month-behind.v1", at(32), nil, "red"}, {"month-behind.v1", nil, nil, ""},
		{"percent-complete.v1", at(-9), at(0), "red"}, {"percent-complete.v1", nil, at(25), "red"}, {"percent-complete.v1", at(-9), at(26), "amber"},
		{"percent-complete.v1", at(1), at(49), "red"}, {"percent-complete.v1", at(0), at(49), "amber"}, {"percent-complete.v1", at(400), at(50), "amber"},
		{"percent-complete.v1", nil, at(75), "amber"}, {"percent-complete.v1", at(1), at(76), "green"}, {"percent-complete.v1", nil, at(40), ""},
		{"percent-complete.v1", at(3), nil, ""},
	} {
		scheme, _ := Preset(c.preset)
		got := ""
		for _, v := range scheme.Values {
			if holds, known := v.Applies(c.behind, c.percent); holds && known {
				got += v.Key
			}
		}
		if got != c.want {
			b, _ := json.Marshal([]*int{c.behind, c.percent})
			t.Errorf("%s, days behind and per cent done %s: %q, want %q", c.preset, b, got, c.want)
		}
	}
}
