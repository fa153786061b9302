package sheets

import (
	"strings"
	"testing"

	"plantrail/domain"
)

func TestWhatStandsInAColumnOfDueDates(t *testing.T) {
	for in, want := range map[string]string{
		"31/03/2027": "2027-03-31", "March 2027": "2027-03", "by 31 March 2027": "2027-03-31", "End of March 2027": "2027-03", "by the end of March 2027": "2027-03",
		"due March 2027": "2027-03", "no later than 1 May 2027": "2027-05-01",
		"Q4 2026/27": "words, offered 2027-03", "Quarter 1 2026-27": "words, offered 2026-06", "by end of Q3 2026/2027": "words, offered 2026-12", "2026/27": "words, offered 2027-03",
		"End of 2027": "words, offered 2027-12", "by end 2027": "words, offered 2027-12",
		"Q4 2026": "words", "Q4": "words", "Spring 2027": "words", "Winter 2026/27": "words", "Ongoing": "words", "TBC": "words", "2027": "words", "early March 2027": "words", "before March 2027": "words", "March 2027, then ongoing": "words",
		"Q4 2026/29": "words", "31 February 2027": "words", "end of the world": "words", "end of": "words", "春 2027": "words", "by": "words",
		"-": "", "–": "", " ": "", "44286": "", "-5": "", "1.5": "", "99999999": "",
	} {
		p, err := Read([]byte("Ref,Action,Timescale,RAG\n1,Mend the roof,\""+in+"\",green\n"), Options{Plan: "parks", Title: "Parks", AsAt: third})
		if err != nil {
			t.Fatal(err)
		}
		r, got := p.Rows[0], p.Rows[0].Due.String()
		if len(r.Timescale) == 1 && r.Timescale[0] == "Timescale: "+in {
			got += "words"
		}
		for _, o := range p.Offers {
			got += ", offered " + o.Date.String()
		}
		if got != want {
			t.Errorf("%q is read as %q, want %q (%+v)", in, got, want, r.Timescale)
		}
	}
}

func TestATimescaleIsKeptOnceAndAgainWhenItMoves(t *testing.T) {
	const head = "Ref,Action,Due date,Revised date,RAG,Reason,Progress\n"
	k := recordedAs(t, head+"1,Mend the roof,Q1 2026/27,,green,,Begun\n2,Plant trees,31/03/2027,,green,,\n")
	tell := func(words ...string) {
		k.Items[0].Said, k.Items[0].Copied = append(k.Items[0].Said, words...), append(k.Items[0].Copied, words...)
	}
	tell("Due date: Q1 2026/27", "Begun")
	if got := recordsOf(next(t, k, head+"1,Mend the roof,Q1 2026/27,,green,,Begun\n")); got != "" {
		t.Errorf("the same timescale again: %s", got)
	}
	p := next(t, k, head+"1,Mend the roof,Q2  2026/27,,green,,Begun\n", "due:1")
	if got := recordsOf(p); got != "due item-01 2026-09, progress item-01" || p.Rows[0].Timescale[0] != "Due date: Q2 2026/27" {
		t.Errorf("another timescale, and its month accepted: %s, %+v", got, p.Rows[0].Timescale)
	}
	tell("Due date: Q2 2026/27")
	if got := recordsOf(next(t, k, head+"1,Mend the roof,Q2 2026/27,,green,,Begun\n")); got != "" {
		t.Errorf("what was last said is not said again because the timescale was: %s", got)
	}
	if got := recordsOf(next(t, k, head+"1,Mend the roof,,,green,,Due date: Q2 2026/27\n")); got != "" {
		t.Errorf("what the plan's own tracker shows as the last progress: %s", got)
	}
	if got := recordsOf(next(t, k, head+"1,Mend the roof,Q1 2026/27,,green,,Begun\n")); got != "progress item-01" {
		t.Errorf("back to what it was: %s", got)
	}
	if got := recordsOf(next(t, k, head+"2,Plant trees,31/03/2027,Q2 2027/28,green,,\n", "moved:1")); got != "due item-02 2027-09, progress item-02" {
		t.Errorf("a date moved to a quarter: %s", got)
	}
}

func TestATimescaleComesBeforeWhatWasDone(t *testing.T) {
	p, err := Read([]byte("Action,When?,RAG,Reason,Progress\nMend the roof,Ongoing,green,,Begun\n"), Options{Plan: "parks", Title: "Parks", AsAt: third})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, c := range p.steps() {
		if r, is := c.(domain.ReportProgress); is {
			said = append(said, string(r.Progress))
		}
	}
	if got := strings.Join(said, "; "); got != "When?: Ongoing; Begun" || p.Counts.Progress != 2 {
		t.Errorf("%s, %d", got, p.Counts.Progress)
	}
}
