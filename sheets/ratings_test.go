package sheets

import (
	"strings"
	"testing"

	"plantrail/domain"
)

func TestRatingsOfOnesOwn(t *testing.T) {
	s, err := ParseRatings([]string{"On course=on track", "Slipping = at_risk", "Late=off_track", "Very late=off-track", "Done=Completed", "Paused=paused"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, v := range s.Values {
		got = append(got, v.Key+" "+v.Colour+" "+v.Shape+" "+string(v.Meaning))
	}
	want := "on-course green circle on_track, slipping amber triangle at_risk, late red diamond off_track, very-late red circle off_track, done blue square complete_claimed, paused grey square suspended"
	if strings.Join(got, ", ") != want {
		t.Errorf("%s", strings.Join(got, ", "))
	}
	for _, wrong := range []string{"Slipping", "=at_risk", "Slipping=amber", "Slipping=", "?=at_risk"} {
		if _, err := ParseRatings([]string{wrong}); domain.KindOf(err) != domain.Invalid {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	all := []string{}
	for range 7 {
		all = append(all, "Late "+string(rune('a'+len(all)))+"=off_track")
	}
	if s, err := ParseRatings(all); err != nil || len(s.Values) != 7 {
		t.Error("more ratings of one meaning than shapes", err)
	}
}

func TestWordsOfAnotherKeyAreNeverTakenUnasked(t *testing.T) {
	for in, want := range map[string]string{
		"Action,RAG\nMend,Amber\nPlant,Blue\n":                    "--scheme brag.v1",
		"Action,Status\nMend,On target\nPlant,Going badly\n":      "--rating 'On target=on_track' --rating 'Going badly=MEANING'",
		"Action,RAG\nMend,over one month behind\nPlant,Suspended": "--rating 'Suspended=suspended'",
		"Action,RAG\nMend,Amber\nPlant,Green\n":                   "",
	} {
		p, err := Read([]byte(in), Options{Plan: "p", Title: "P", AsAt: third})
		if err != nil {
			t.Fatal(err)
		}
		todo := ""
		for _, q := range p.Problems {
			todo += q.Todo + "\n"
		}
		if !strings.Contains(todo, want) || want == "" && strings.Contains(todo, "--rating ") {
			t.Errorf("%s: %s", in, todo)
		}
	}
	p, err := Read([]byte("Action,RAG\nMend,over one month behind\n"), Options{Plan: "p", Title: "P", AsAt: third, Scheme: "month-behind.v1"})
	if err != nil || p.Rows[0].Rating.Value != "red" {
		t.Errorf("a key's own words are not read: %+v, %v", p, err)
	}
}

func TestAShapeBesideARatingSaysTheSame(t *testing.T) {
	for cell, want := range map[string]string{"● Green": "green", "▲\u00a0Amber": "amber", "🔴 red": "red", "Amber ⚠️": "amber", "◆ Red - no bids": "red", "🟢": "", "✔": ""} {
		p, err := Read([]byte("Action,RAG\nMend,"+cell+"\n"), Options{Plan: "p", Title: "P", AsAt: third})
		if err != nil || p.Rows[0].Rating.Value != want {
			t.Errorf("%s is read as %q, %v", cell, p.Rows[0].Rating.Value, err)
		}
	}
}
