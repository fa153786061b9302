package projections_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// practised is a plan kept as councils keep it.
const practised = `
	people register p-1 "Ann Officer"
	people register p-2 "Ben Checker"
	open pa "Improvement plan" by=p-1
	pa policy acme.v1 "Agreed" body="Cabinet"
	pa add visits "Visit every home" due=2024-03 start=2024-01 owner="Head of Homes" by=p-1
	pa add rec "Homes are not visited" kind=recommendation
	pa add cases "Cases a worker" kind=measure
	pa add old "Visit some homes"
	pa link visits addresses rec
	pa link visits measured_by cases
	pa respond rec partly_agreed "Each quarter, not each month"
	pa measure cases within 20-22 baseline=~25 unit=cases
	pa read cases ~18 "averaging around 18" @2024-03-31
	pa rate visits amber "Two were missed" @2024-02-01
	pa meeting board-2024-03-20 "Board" 2024-03-20
	pa challenge r-1 visits red "Two of nine is red" asked="the Chairman"
	pa minutes board-2024-03-20 "Members noted it"
	pa ask visits 2024-06 "The surveyor left"
	pa approve visits body="Board"
	pa ask visits 2024-12 "Again"
	pa waive old "Nobody needs to see it"
	pa supersede old visits "All, not some" body="Board"
	pa claim visits "All were visited" by=p-1
	pa verify visits "The visit book is full" by=p-2
	pa accept visits body="Board"
	pa reopen visits "One was not" body="Board"
	pa drop r-1 "Answered on the day" item=visits
	pa scheme month-behind.v1 "Blue says suspended"
	pa adopt 2.0 "With the new key" body="Cabinet"
`

func TestAPlanIsShownAsItIsKept(t *testing.T) {
	db := open(t, projectionstest.Draw(t, practised))
	v, err := db.Plan(t.Context(), "pa", projections.At{})
	if err != nil {
		t.Fatal(err)
	}
	of := map[domain.ItemID]projections.ItemView{}
	for _, it := range v.Items {
		of[it.Item] = it
	}
	visits, rec, cases, old := of["visits"], of["rec"], of["cases"], of["old"]
	if len(visits.Links) != 2 || visits.State != domain.ItemOpen || visits.Claimed != nil || visits.Due.String() != "2024-06" || visits.Asked == nil || visits.Asked.To.String() != "2024-12" {
		t.Errorf("visits: %+v", visits)
	}
	if r := visits.Ratings[0]; r.Label != "Amber" || r.Scheme != "brag.v1" || r.Shape == "" {
		t.Errorf("a rating lost its key when the scheme changed: %+v", r)
	}
	if rec.Response == nil || rec.Response.Response != domain.PartlyAgreed || rec.Response.Words.Text != "Each quarter, not each month" {
		t.Errorf("rec: %+v", rec.Response)
	}
	if m := cases.Measure; m == nil || m.Last != "~18" || m.LastOn.String() != "2024-03-31" || m.AtTarget == nil || *m.AtTarget || m.Direction != domain.Improving {
		t.Errorf("cases: %+v", cases.Measure)
	}
	if old.State != domain.ItemReplaced || old.Waived == nil || old.StateReason == nil || old.StateReason.Text != "All, not some" || old.StateAuthority.Body != "Board" {
		t.Errorf("old: %+v", old)
	}
	if q := v.Requests[0]; !q.Challenge || q.Withdrawn == nil || q.AskedBy == nil {
		t.Errorf("the challenge: %+v", q)
	}
	if m := v.Meetings[0]; m.Minutes == nil || m.Minutes.Words.Text != "Members noted it" {
		t.Errorf("the meeting: %+v", m)
	}
	if v.Policy.ID != "acme.v1" || v.Issue != "2.0" || v.Dimensions[0].Scheme.ID != "month-behind.v1" || len(v.Retired) != 1 {
		t.Errorf("policy %s, version %s, %d schemes retired", v.Policy.ID, v.Issue, len(v.Retired))
	}
}

func TestAPracticedPlanBuiltAnewIsTheSameRowForRow(t *testing.T) {
	grown := open(t, projectionstest.Draw(t, practised))
	anew, _ := built(t, practised)
	a, errA := grown.Dump(t.Context())
	b, errB := anew.Dump(t.Context())
	if diff := cmp.Diff(a, b); errA != nil || errB != nil || diff != "" {
		t.Errorf("%v %v\n%s", errA, errB, diff)
	}
}

// Every event of the domain has a line of its own words: none is told by its type's name alone.
func TestEveryEventIsSaidInPlainWords(t *testing.T) {
	for _, e := range domain.Events() {
		switch e.(type) {
		case *domain.PlanOpened, *domain.PlanClosed, *domain.OwnerAssigned, *domain.CompletionVerified, *domain.ClosureAccepted, *domain.ProgressReported,
			*domain.MeasureDefined: // whose words are those
			continue
		}
		if line := projections.Summary(e); line == "" || line == strings.ReplaceAll(e.Type(), "-", " ") {
			t.Errorf("%s is told as %q", e.Type(), line)
		}
	}
}
