package findings

import (
	"math"
	"testing"

	"plantrail/domain"
)

func TestNormal(t *testing.T) {
	for in, want := range map[string]string{"": "", " – ": "", "Same as above.": "same as above", "N/A": "n a", "On-going!": "on going", "  Ünder\nWAY ": "ünder way"} {
		if got := normal(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestSimilarity(t *testing.T) {
	for _, x := range []struct {
		a, b string
		want float64
	}{{"night", "nacht", 0.25}, {"", "", 1}, {"a", "b", 0}, {"a", "", 0}, {"The printer is late", "the printer is LATE!", 1}, {"aaaa", "aa", 0.5}} {
		if got := similarity(x.a, x.b); math.Abs(got-x.want) > 1e-9 || got != similarity(x.b, x.a) {
			t.Errorf("%q and %q: %v, want %v", x.a, x.b, got, x.want)
		}
	}
}

func TestContradicts(t *testing.T) {
	for text, want := range map[string]bool{
		"Updated to GREEN":                              true,
		"RAG changed to green.":                         true,
		"Rating is green":                               true,
		"Moved to Blue":                                 true,
		"Target date March 2020 and not overdue":        true,
		"On track":                                      true,
		"On track to complete by March":                 true,
		"Complete":                                      true,
		"Completed.":                                    true,
		"This action is now complete":                   true,
		"The action has been completed in full.":        true,
		"Training delivered in June. Action complete.":  true,
		"Information published; this has been achieved": true,

		"New training has been undertaken, not yet completed": false,
		"Not complete":             false,
		"Will be complete by June": false,
		"To be updated to green once the policy is signed":              false,
		"Will be updated to green next month":                           false,
		"Cannot be updated to green":                                    false,
		"Not on track":                                                  false,
		"Work to get back on track":                                     false,
		"Recruitment is on track but training is delayed":               false,
		"On target except for translation":                              false,
		"Not overdue yet, the supplier is late":                         false,
		"The first phase has been completed":                            false,
		"Complete but for the translation":                              false,
		"Completed the consultation":                                    false,
		"Complete review of all policies":                               false,
		"Green spaces strategy drafted":                                 false,
		"The process was formalised in January":                         false,
		"Information sheet needs to be translated":                      false,
		"A plan to bring this back to green":                            false,
		"Partly complete":                                               false,
		"90% complete":                                                  false,
		"Half of staff trained. Complete list of names to be drawn up.": false,
		"Never updated to green":                                        false,
		"":                                                              false,
	} {
		if got := contradicts(text); (got != "") != want {
			t.Errorf("%q: %q, want a contradiction: %v", text, got, want)
		}
	}
}

func TestEmpty(t *testing.T) {
	for text, want := range map[string]bool{
		"Same as above": true, "N/A": true, "Ongoing": true, "In progress": true, "In progress.": true, "See 1.3": true, "As per action 4 above": true,
		"Refer to main report": true, "": true, "…": true, "TBC": true, "The printer is ill.": true, "Please see comments above": true, "Work is ongoing": true,
		"The printer is late.":                                      false,
		"In progress with a new partner to develop the service":     false,
		"See the delay in recruitment of two social workers":        false,
		"Same as above, and the translator has left the council":    false,
		"This is discussed with young people in the CiCC.":          false,
		"As per the new law a consultation of three months is open": false,
	} {
		if got := empty(text, 20); (got != "") != want {
			t.Errorf("%q: %q, want it empty: %v", text, got, want)
		}
	}
}

func TestWeak(t *testing.T) {
	list := domain.DefaultPolicy().WeakReasons
	for text, want := range map[string]bool{
		"": true, ".": true, "Resources": true, "Capacity issues": true, "Lack of resources": true, "Due to staffing pressures": true,
		"Workload of the team": true, "Limited capacity within the service": true, "Staffing/capacity": true,
		"Resources: the contractor withdrew":       false,
		"Capacity of the contractor":               false,
		"Two of three posts are vacant":            false,
		"Waiting for translation":                  false,
		"Delayed":                                  false,
		"The team":                                 false,
		"Staffing: the lead officer left in March": false,
	} {
		if got := weak(text, list); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestPeople(t *testing.T) {
	for owner, want := range map[string]int{
		"Ann Smith": 1, "Ann Smith / Bob Jones": 2, "Ann Smith and Bob Jones": 2, "AS, BJ": 2, "Ann Smith, Bob van Dyke & Carol Jones": 2,
		"Head of Children and Families": 0, "Director of Children, Schools and Families": 0, "Service Manager; Team Leader": 0, "IT": 0, "": 0,
		"Assistant Director, Education": 0, "Ann Smith (Head of Service)": 0, "Ann Smith, Head of Service": 1, "Corporate Director and Chief Executive": 0,
	} {
		if got := people(owner); got != want {
			t.Errorf("%q: %d names, want %d", owner, got, want)
		}
	}
}

func TestAnswers(t *testing.T) {
	const aim = "Young people have a choice of support services including wellbeing"
	for reason, want := range map[string]bool{
		"The Corporation is developing extended service for UASC. In progress with new partnership with Coram to develop service.": false,
		"A choice of three support groups opens in May":  true,
		"Young people were asked, and services mapped":   true,
		"People are asked about their plans, and people": false,
	} {
		if got := answers(aim, reason); got != want {
			t.Errorf("%q: %v, want %v", reason, got, want)
		}
	}
}

func TestWorkingDays(t *testing.T) {
	for _, x := range []struct {
		from, to domain.Date
		want     int
	}{{domain.Day(2020, 3, 2), domain.Day(2020, 3, 16), 10}, {domain.Day(2020, 3, 6), domain.Day(2020, 3, 8), 0},
		{domain.Day(2020, 3, 8), domain.Day(2020, 3, 9), 1}, {domain.Day(2020, 3, 9), domain.Day(2020, 3, 2), 0}, {domain.Date{}, domain.Day(2020, 3, 2), 0}} {
		if got := workingDays(x.from, x.to); got != x.want {
			t.Errorf("%s to %s: %d working days, want %d", x.from, x.to, got, x.want)
		}
	}
}
