package domain

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// teller decides commands and folds what they would record, with no journal between.
type teller struct {
	*History
	today Date
	by    Actor
	all   []Recorded
}

func tell(t *testing.T, steps ...Command) *teller {
	t.Helper()
	w := &teller{History: NewHistory("sdp"), today: Day(2020, time.February, 3), by: officer}
	for i, c := range steps {
		if _, err := w.give(c); err != nil {
			t.Fatalf("step %d, %s: %v", i+1, c.Verb(), err)
		}
	}
	return w
}

func (w *teller) give(c Command) ([]Fact, error) {
	b := c.said()
	if b.Stated.IsZero() {
		b.Stated = w.today
	}
	facts, err := decide(against{w.History, w.by}, c, b)
	for i, f := range facts {
		n := w.head.PlanSeq + 1
		w.all = append(w.all, Recorded{Position: Position(n * 10), PlanSeq: n, Plan: w.ID, Basis: f.Basis, Event: f.Event, Actor: w.by, RecordedAt: w.today.Start(), Part: i + 1,
			Parts: len(facts), ID: EventID(fmt.Sprint("event-", n)), Command: CommandID(fmt.Sprint("command-", n))})
		w.Apply(w.all[len(w.all)-1])
	}
	return facts, err
}

var (
	officer = Actor{ID: "p-1", Kind: User, Role: Editor}
	open1   = OpenPlan{Title: "Service Development Plan"}
	add1    = AddItem{Title: "Welcome pack", Due: Month(2020, time.March)}
	amber1  = Rate{Item: "item-01", To: "amber", Justification: "New staff in place"}
	cabinet = Basis{Authority: &Authority{Body: "Cabinet", Meeting: Day(2020, time.January, 9)}}
)

func TestEveryRefusalNamesThePlaceAndTheRemedy(t *testing.T) {
	long := Text(strings.Repeat("x", MaxText+1))
	for _, test := range []struct {
		name   string
		before []Command
		give   Command
		kind   Kind
		field  string
		says   string
	}{
		{"no plan", nil, add1, NotFound, "plan", "no plan"},
		{"a plan twice", []Command{open1}, open1, Refused, "plan", "already"},
		{"no title", nil, OpenPlan{Title: " \n"}, Invalid, "title", "needs a title"},
		{"unknown preset", nil, OpenPlan{Title: "x", Scheme: "traffic"}, Invalid, "scheme", "rag.v1"},
		{"level twice", nil, OpenPlan{Title: "x", Levels: []Level{{"a", "A"}, {"a", "B"}}}, Invalid, "levels", "twice"},
		{"colour without shape", nil, OpenPlan{Title: "x", Dimensions: []Dimension{{"d", "D", Scheme{"s.v1", "S", []Value{{Key: "red", Label: "Red", Colour: "red", Meaning: OffTrack}}}}}}, Invalid, "dimensions", "shape"},
		{"unknown meaning", nil, OpenPlan{Title: "x", Dimensions: []Dimension{{"d", "D", Scheme{"s.v1", "S", []Value{{Key: "red", Label: "Red", Colour: "red", Shape: "dot", Meaning: "bad"}}}}}}, Invalid, "dimensions", "meaning"},
		{"item without words", []Command{open1}, AddItem{}, Invalid, "title", "words"},
		{"item twice", []Command{open1, add1}, AddItem{Item: "item-01", Title: "x"}, Refused, "item", "already"},
		{"unknown level", []Command{open1}, AddItem{Title: "x", Level: "aim"}, Invalid, "level", "one of action"},
		{"unknown parent", []Command{open1}, AddItem{Title: "x", Parent: "item-9"}, NotFound, "parent", "item-9"},
		{"under its own level", []Command{open1, add1}, AddItem{Title: "x", Parent: "item-01"}, Refused, "parent", "can't stand under"},
		{"text too long", []Command{open1}, AddItem{Title: long}, TooLarge, "title", "65536"},
		{"not UTF-8", []Command{open1}, AddItem{Title: "caf\xe9"}, Invalid, "title", "UTF-8"},
		{"a NUL byte", []Command{open1}, AddItem{Title: "a\x00b"}, Invalid, "title", "control"},
		{"an escape", []Command{open1}, AddItem{Title: "a\x1b[31mb"}, Invalid, "title", "control"},
		{"unknown item", []Command{open1}, amber1, NotFound, "item", "no item"},
		{"unknown rating", []Command{open1, add1}, Rate{Item: "item-01", To: "purple"}, Invalid, "to", "red, amber, green"},
		{"unknown dimension", []Command{open1, add1}, Rate{Item: "item-01", To: "red", Dimension: "impact"}, Invalid, "dimension", "delivery"},
		{"amber without a reason", []Command{open1, add1}, Rate{Item: "item-01", To: "amber"}, Invalid, "justification", "owed"},
		{"given and owed", []Command{open1, add1}, Rate{Item: "item-01", To: "amber", Justification: "x", Owed: true}, Invalid, "owed", "at once"},
		{"amber already", []Command{open1, add1, amber1}, Rate{Item: "item-01", To: "amber"}, Refused, "to", "affirm"},
		{"same as itself", []Command{open1, add1}, Rate{Item: "item-01", To: "amber", Justification: "as above", SameAs: "item-01"}, Invalid, "same_as", "its own"},
		{"same as nothing", []Command{open1, add1}, Rate{Item: "item-01", To: "amber", Justification: "as above", SameAs: "item-07"}, NotFound, "same_as", "item-07"},
		{"nothing to justify", []Command{open1, add1}, Justify{Item: "item-01", Justification: "x"}, Refused, "item", "rate it first"},
		{"answers nothing", []Command{open1, add1, amber1}, Justify{Item: "item-01", Justification: "x", Answers: "request-01"}, NotFound, "answers", "request"},
		{"date moved without a reason", []Command{open1, add1}, SetDue{Item: "item-01", Due: Month(2020, time.June)}, Invalid, "reason", "2020-03"},
		{"same date", []Command{open1, add1}, SetDue{Item: "item-01", Due: Month(2020, time.March)}, Refused, "due", "already"},
		{"unknown date", []Command{open1, add1}, SetDue{Item: "item-01", Due: Unstated}, Invalid, "due", "2020-03"},
		{"no such result", []Command{open1, add1}, RecordOutcome{Item: "item-01", Result: "done", Outcome: "x"}, Invalid, "result", "achieved"},
		{"outcome without words", []Command{open1, add1}, RecordOutcome{Item: "item-01", Result: Achieved}, Invalid, "outcome", "words"},
		{"cancelled without authority", []Command{open1, add1}, CancelItem{Item: "item-01", Reason: "x"}, Invalid, "authority", "body"},
		{"cancelled without reason", []Command{open1, add1}, CancelItem{Basis: cabinet, Item: "item-01"}, Invalid, "reason", "why"},
		{"after cancelling", []Command{open1, add1, CancelItem{Basis: cabinet, Item: "item-01", Reason: "x"}}, amber1, Refused, "item", "cancelled"},
		{"resumed while open", []Command{open1, add1}, ResumeItem{Item: "item-01", Reason: "x"}, Refused, "item", "not suspended"},
		{"suspended twice", []Command{open1, add1, SuspendItem{Item: "item-01", Reason: "x"}}, SuspendItem{Item: "item-01", Reason: "x"}, Refused, "item", "already"},
		{"answer to nothing", []Command{open1}, AnswerRequest{Request: "request-01", Answer: "x"}, NotFound, "request", "request-01"},
		{"resolution of no meeting", []Command{open1}, Resolve{Printed: "RESOLVED"}, Invalid, "authority", "meeting"},
		{"correcting nothing", []Command{open1}, Correct{Entry: "9", Field: "title", To: "x", Reason: "x"}, NotFound, "entry", "timeline"},
		{"correcting what is not there", []Command{open1}, Correct{Entry: "1", Field: "due", To: "2020-03", Reason: "x"}, Invalid, "field", "plan-opened"},
		{"correcting to no rating", []Command{open1, add1, amber1}, Correct{Entry: "3", Field: "rating", To: "pink", Reason: "x"}, Invalid, "to", "pink"},
		{"correcting without reason", []Command{open1, add1, amber1}, Correct{Entry: "3", Field: "rating", To: "red"}, Invalid, "reason", "wrong"},
		{"correcting to no date", []Command{open1, add1}, Correct{Entry: "2", Field: "due", To: "31/02/2020", Reason: "x"}, Invalid, "to", "31/02/2020"},
		{"plan closed without authority", []Command{open1}, ClosePlan{Reason: "x"}, Invalid, "authority", "body"},
		{"after closing", []Command{open1, add1, ClosePlan{Basis: cabinet, Reason: "done"}}, amber1, Refused, "plan", "closed"},
		{"a person in a plan", []Command{open1}, RegisterPerson{Person: "p-1", Kind: User, Name: "A"}, Refused, "plan", "_people"},
		{"an empty import", nil, Import{}, Invalid, "file", "nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := tell(t, test.before...)
			before := w.head
			_, err := w.give(test.give)
			e, ok := err.(*Error)
			if !ok || e.Kind != test.kind || e.Field != test.field || !strings.Contains(e.Error(), test.says) {
				t.Fatalf("got %v (%v), want %v at %q saying %q", err, KindOf(err), test.kind, test.field, test.says)
			}
			if w.head != before {
				t.Error("something was recorded all the same")
			}
		})
	}
}

func TestAnItemsStory(t *testing.T) {
	w := tell(t, open1, add1, // entries 1 and 2, positions 10 and 20
		amber1, // 30
		Rate{Item: "item-01", To: "amber", Justification: "Still recruiting"},                // 40
		SetDue{Item: "item-01", Due: Month(2020, time.June), Reason: "Translation"},          // 50
		MakeRequest{Item: "item-01", Words: "Why amber?", Due: Day(2020, time.May, 4)},       // 60
		Justify{Item: "item-01", Justification: "Sheet at printer's", Answers: "request-01"}, // 70
		Rate{Item: "item-01", To: "green"},                                                   // 80
		RecordOutcome{Item: "item-01", Result: PartlyAchieved, Outcome: "In three languages"},
	)
	it, _ := w.plan.Item("item-01")
	r, _ := it.Rating("delivery")
	if r.Value != "green" || r.Meaning != OnTrack || r.Set != 80 || r.Reason != 0 {
		t.Errorf("rating %+v", r)
	}
	if it.Original != Month(2020, time.March) || it.Due != Month(2020, time.June) || it.Moves != 1 {
		t.Errorf("dates %v %v %d", it.Original, it.Due, it.Moves)
	}
	if it.Result != PartlyAchieved || it.Outcome != 90 {
		t.Errorf("outcome %v %v", it.Result, it.Outcome)
	}
	if q := w.plan.requests["request-01"]; q.Made != 60 || q.Answered != 70 {
		t.Errorf("request %+v", q)
	}
}

func TestAffirmingKeepsSinceAndTakesTheNewReason(t *testing.T) {
	w := tell(t, open1, add1, amber1)
	w.today = Day(2020, time.May, 4)
	if _, err := w.give(Rate{Item: "item-01", To: "amber", Justification: "Still recruiting"}); err != nil {
		t.Fatal(err)
	}
	it, _ := w.plan.Item("item-01")
	r, _ := it.Rating("")
	if _, ok := it.Rating(""); ok {
		t.Error("a rating without a dimension")
	}
	r, _ = it.Rating("delivery")
	if r.Since != Day(2020, time.February, 3) || r.Set != 30 || r.Held != 40 || r.Reason != 40 {
		t.Errorf("%+v", r)
	}
}

func TestOwedUntilGiven(t *testing.T) {
	w := tell(t, open1, add1, Rate{Item: "item-01", To: "red", Owed: true})
	it, _ := w.plan.Item("item-01")
	if r, _ := it.Rating("delivery"); !r.Owed || r.Reason != 0 {
		t.Errorf("%+v", r)
	}
	if _, err := w.give(Justify{Item: "item-01", Justification: "Supplier failed"}); err != nil {
		t.Fatal(err)
	}
	it, _ = w.plan.Item("item-01")
	if r, _ := it.Rating("delivery"); r.Owed || r.Reason != 40 {
		t.Errorf("%+v", r)
	}
}

func TestACorrectionPointsAndTheOriginalStays(t *testing.T) {
	w := tell(t, open1, add1, amber1,
		Correct{Entry: "2", Field: "due", To: "April 2020", Reason: "Typed the wrong month"},
		Correct{Entry: "3", Field: "rating", To: "red", Reason: "Misread the paper"},
		Correct{Entry: "event-3", Field: "justification", To: "No staff in place", Reason: "Left out a word"},    // position 60
		Correct{Entry: "3", Field: "justification", To: "No new staff in place", Reason: "Left out a word more"}, // 70
		Correct{Entry: "3", Field: "stated", To: "2020-02-01", Reason: "It was the Saturday"})
	it, _ := w.plan.Item("item-01")
	r, _ := it.Rating("delivery")
	if it.Due != Month(2020, time.April) || it.Original != Month(2020, time.March) || it.Moves != 0 {
		t.Errorf("dates %v %v %d", it.Due, it.Original, it.Moves)
	}
	if r.Value != "red" || r.Meaning != OffTrack || r.Reason != 70 || r.Since != Day(2020, time.February, 1) || r.Set != 30 {
		t.Errorf("rating %+v", r)
	}
	if _, err := w.give(Correct{Entry: "5", Field: "reason", To: "x", Reason: "x"}); KindOf(err) != Refused {
		t.Errorf("a correction of a correction: %v", err)
	}
}

func TestACorrectionOfThePastLeavesThePresent(t *testing.T) {
	w := tell(t, open1, add1, amber1, Rate{Item: "item-01", To: "green"},
		Correct{Entry: "3", Field: "rating", To: "red", Reason: "Misread"})
	it, _ := w.plan.Item("item-01")
	if r, _ := it.Rating("delivery"); r.Value != "green" {
		t.Errorf("%+v", r)
	}
}

func TestAClosedPlanStillTakesAnswersAndCorrections(t *testing.T) {
	w := tell(t, open1, add1, MakeRequest{Words: "When?"}, ClosePlan{Basis: cabinet, Reason: "Replaced"})
	for _, c := range []Command{AnswerRequest{Request: "request-01", Answer: "In June"}, Correct{Entry: "1", Field: "title", To: "SDP", Reason: "Shorter"}} {
		if _, err := w.give(c); err != nil {
			t.Errorf("%s: %v", c.Verb(), err)
		}
	}
}

func TestAnImportIsDecidedStepByStepAndWhole(t *testing.T) {
	steps := []Command{open1, add1, amber1, Rate{Item: "item-01", To: "green", Justification: "Updated to GREEN"}}
	paper := PaperImported{SHA256: strings.Repeat("0", 64), Size: 1, Format: "text-pipe", Rows: 1, Source: "paper.txt"}
	w := tell(t)
	facts, err := w.give(Import{Paper: paper, Steps: steps})
	if err != nil || len(facts) != 5 {
		t.Fatalf("%d facts, %v", len(facts), err)
	}
	if it, _ := w.plan.Item("item-01"); it.Ratings[0].Value != "green" {
		t.Errorf("%+v", it)
	}
	w = tell(t)
	if _, err := w.give(Import{Paper: paper, Steps: append(steps, Rate{Item: "item-02", To: "green"})}); err == nil || !strings.Contains(err.Error(), "step 5 (rate)") {
		t.Errorf("a bad step: %v", err)
	}
	if w.plan.Opened != 0 {
		t.Error("half an import was recorded")
	}
}

func TestPersonsAndTokens(t *testing.T) {
	w := &teller{History: NewHistory(People), today: Day(2020, time.February, 3), by: officer}
	sum := strings.Repeat("ab", 32)
	for i, step := range []struct {
		c    Command
		kind Kind
	}{
		{IssueToken{Token: "t-1", Person: "p-1", Role: Editor, SHA256: sum}, NotFound},
		{RegisterPerson{Person: "p-1", Kind: User, Name: "Ann Example"}, -1},
		{RegisterPerson{Person: "p-1", Kind: User, Name: "Ann Example"}, Refused},
		{RegisterPerson{Person: "p-2", Kind: "robot", Name: "R"}, Invalid},
		{IssueToken{Token: "t-1", Person: "p-1", Role: "king", SHA256: sum}, Invalid},
		{IssueToken{Token: "t-1", Person: "p-1", Role: Editor, SHA256: "zz"}, Invalid},
		{IssueToken{Token: "t-1", Person: "p-1", Role: Editor, SHA256: sum, Expires: Month(2020, 3)}, Invalid},
		{IssueToken{Token: "t-1", Person: "p-1", Role: Editor, SHA256: sum}, -1},
		{RevokeToken{Token: "t-2", Reason: "x"}, NotFound},
		{RevokeToken{Token: "t-1"}, Invalid},
		{RevokeToken{Token: "t-1", Reason: "Lost laptop"}, -1},
		{RevokeToken{Token: "t-1", Reason: "Lost laptop"}, Refused},
		{RenamePerson{Person: "p-1", Name: "Ann Other"}, -1},
		{PersonLeaves{Person: "p-1"}, -1},
		{PersonLeaves{Person: "p-1"}, Refused},
		{add1, Refused},
	} {
		if _, err := w.give(step.c); (err == nil) != (step.kind == -1) || err != nil && KindOf(err) != step.kind {
			t.Errorf("step %d, %s: %v", i+1, step.c.Verb(), err)
		}
	}
	if tok, _ := w.people.Token("t-1"); !tok.Revoked || tok.Person != "p-1" {
		t.Errorf("%+v", tok)
	}
}

func TestGatherHoldsPartsBack(t *testing.T) {
	part := func(i, n int) Recorded {
		return Recorded{Part: i, Parts: n, Position: Position(i), Event: &PlanClosed{}}
	}
	var g Gather
	if got := g.Add(part(1, 1)); len(got) != 1 {
		t.Errorf("a single event: %d", len(got))
	}
	if got := g.Add(part(1, 2)); len(got) != 0 || len(g.Pending()) != 1 {
		t.Errorf("part 1 of 2: %d shown", len(got))
	}
	if got := g.Add(part(2, 2)); len(got) != 2 || len(g.Pending()) != 0 {
		t.Errorf("part 2 of 2: %d shown", len(got))
	}
	g.Add(part(1, 3))
	if got := g.Add(Recorded{Part: 1, Parts: 1, Event: &CommandVoided{}}); len(got) != 1 || len(g.Pending()) != 0 {
		t.Errorf("voided: %d shown, %d pending", len(got), len(g.Pending()))
	}
}
