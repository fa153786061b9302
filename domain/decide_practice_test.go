package domain

import (
	"math"
	"testing"
	"time"
)

var (
	colleague = Actor{ID: "p-2", Kind: User, Role: Editor}
	board     = Basis{Authority: &Authority{Body: "Improvement Board", Meeting: Day(2020, time.January, 20)}}
	policy1   = SetPolicy{Policy: Policy{ID: "acme.v1", MoveDays: 30, ApprovingBodies: []string{"Cabinet"}, VerifyFirst: true}, Reason: "agreed"}
	claim1    = ClaimCompletion{Item: "item-01", Claim: "Packs are out"}
	digest1   = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

func TestWhatPracticeAllows(t *testing.T) {
	begun := []Command{open1, add1}
	for _, c := range []struct {
		name  string
		given []Command
		do    Command
		kind  Kind
		field string
	}{
		{"a move over the threshold needs approval", append(begun, policy1), SetDue{Item: "item-01", Due: Month(2020, time.June), Reason: "late"}, Refused, "due"},
		{"by a body that may", append(begun, policy1), SetDue{Basis: board, Item: "item-01", Due: Month(2020, time.June), Reason: "late"}, Refused, "due"},
		{"approval by another body", append(begun, policy1, RequestDue{Item: "item-01", Due: Month(2020, time.June), Reason: "late"}), ApproveDue{Basis: board, Item: "item-01"}, Refused, "authority"},
		{"approval of nothing", append(begun, policy1), ApproveDue{Basis: cabinet, Item: "item-01"}, Refused, "item"},
		{"two requests at once", append(begun, RequestDue{Item: "item-01", Due: Month(2020, time.June), Reason: "late"}), RequestDue{Item: "item-01", Due: Month(2020, time.July), Reason: "late"}, Refused, "item"},
		{"a policy under an id in use", append(begun, policy1), policy1, Refused, "policy.id"},
		{"a policy with a figure below nothing", begun, SetPolicy{Policy: Policy{ID: "a", MoveDays: -1}, Reason: "r"}, Invalid, "policy"},
		{"verifying one's own claim", append(begun, claim1), VerifyCompletion{Item: "item-01", Verified: "seen"}, Refused, "actor"},
		{"verifying what nobody claims", begun, VerifyCompletion{Item: "item-01", Verified: "seen"}, Refused, "item"},
		{"claiming twice", append(begun, claim1), claim1, Refused, "item"},
		{"claiming with another's evidence", begun, ClaimCompletion{Item: "item-01", Claim: "done", Evidence: []EvidenceID{"evidence-01"}}, NotFound, "evidence.0"},
		{"accepting unverified", append(begun, policy1, claim1), AcceptClosure{Basis: cabinet, Item: "item-01"}, Refused, "item"},
		{"accepting by nobody", append(begun, claim1), AcceptClosure{Item: "item-01"}, Invalid, "authority"},
		{"rating what is closed", append(begun, claim1, AcceptClosure{Basis: cabinet, Item: "item-01"}), amber1, Refused, "item"},
		{"reopening what a body closed, by nobody", append(begun, claim1, AcceptClosure{Basis: cabinet, Item: "item-01"}), ReopenItem{Item: "item-01", Reason: "r"}, Invalid, "authority"},
		{"reopening what is open", begun, ReopenItem{Item: "item-01", Reason: "r"}, Refused, "item"},
		{"superseding by itself", begun, SupersedeItem{Basis: cabinet, Item: "item-01", By: []ItemID{"item-01"}, Reason: "r"}, Invalid, "by"},
		{"carrying into the same plan", begun, CarryForward{Basis: cabinet, Item: "item-01", Plan: "sdp", To: "item-09", Reason: "r"}, Invalid, "plan"},
		{"addressing what is no recommendation", append(begun, AddItem{Title: "x"}), LinkItems{Item: "item-01", Relation: Addresses, To: "item-02"}, Invalid, "to"},
		{"a source of an action", begun, AddItem{Title: "x", Source: "Ofsted"}, Invalid, "source"},
		{"responding to an action", begun, Respond{Item: "item-01", Response: Agreed}, Refused, "item"},
		{"partly agreeing without words", append(begun, AddItem{Title: "x", Kind: Recommendation}), Respond{Item: "item-02", Response: PartlyAgreed}, Invalid, "words"},
		{"reading what is no measure", begun, ReadMeasure{Item: "item-01", Value: "17"}, Refused, "item"},
		{"dropping a level in use", begun, SetLevels{Levels: []Level{{"aim", "Aim"}}, Reason: "r"}, Invalid, "levels"},
		{"changing a scheme under its id", begun, SetSchemes{Dimensions: []Dimension{{"delivery", "D", Scheme{"rag.v1", "S", []Value{green}}}}, Reason: "r"}, Refused, "dimensions"},
		{"a paper for no meeting", begun, PublishPaper{Meeting: "board-2020-02-03", SHA256: digest1}, NotFound, "meeting"},
		{"a paper without what is not there", append(begun, OpenMeeting{Body: "Board", On: Day(2020, time.February, 3)}), PublishPaper{Meeting: "board-2020-02-03", SHA256: digest1, Exempt: []ItemID{"nix"}}, NotFound, "exempt"},
		{"a paper without more than it can name", append(begun, OpenMeeting{Body: "Board", On: Day(2020, time.February, 3)}), PublishPaper{Meeting: "board-2020-02-03", SHA256: digest1, Exempt: make([]ItemID, 501)}, TooLarge, "exempt"},
		{"a paper of what is not there yet", append(begun, OpenMeeting{Body: "Board", On: Day(2020, time.February, 3)}), PublishPaper{Meeting: "board-2020-02-03", Version: 99, SHA256: digest1}, Invalid, "version"},
		{"a deadline after the meeting", begun, OpenMeeting{Body: "Board", On: Day(2020, time.February, 3), Deadline: Day(2020, time.March, 3)}, Invalid, "deadline"},
		{"challenging what is not rated", begun, ChallengeRating{Item: "item-01", Words: "It is red"}, Refused, "item"},
		{"withdrawing twice", append(begun, MakeRequest{Words: "why?"}, WithdrawRequest{Request: "request-01", Reason: "r"}), WithdrawRequest{Request: "request-01", Reason: "r"}, Refused, "request"},
		{"a rating against the rule without why", begun, Rate{Item: "item-01", To: "green", Override: true}, Invalid, "justification"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := tell(t, c.given...).give(c.do)
			e, ok := err.(*Error)
			if !ok || e.Kind != c.kind || e.Field != c.field {
				t.Fatalf("%v, not %s of %s", err, c.kind, c.field)
			}
		})
	}
}

func TestAnItemIsClosedInStagesByDifferentPeople(t *testing.T) {
	w := tell(t, open1, add1, policy1, claim1)
	w.by = colleague
	for _, c := range []Command{VerifyCompletion{Item: "item-01", Verified: "Saw the packs"}, AcceptClosure{Basis: cabinet, Item: "item-01"}} {
		if _, err := w.give(c); err != nil {
			t.Fatal(err)
		}
	}
	it, _ := w.plan.Item("item-01")
	if it.State != ItemClosed || it.Claimer != officer.ID || it.Checker != colleague.ID {
		t.Fatalf("%+v", it)
	}
	if _, err := w.give(ReopenItem{Basis: cabinet, Item: "item-01", Reason: "Two homes had none"}); err != nil {
		t.Fatal(err)
	}
	if it, _ = w.plan.Item("item-01"); it.State != ItemOpen || it.Claimed != 0 {
		t.Fatalf("%+v", it)
	}
}

func TestAMoveIsAskedForAndApproved(t *testing.T) {
	w := tell(t, open1, add1, policy1, RequestDue{Item: "item-01", Due: Month(2020, time.June), Reason: "late"},
		RefuseDue{Basis: cabinet, Item: "item-01", Reason: "no"}, RequestDue{Item: "item-01", Due: Month(2020, time.May), Reason: "late"},
		ApproveDue{Basis: cabinet, Item: "item-01"}, SetDue{Item: "item-01", Due: Month(2020, time.September), Reason: "drift", Unapproved: true})
	it, _ := w.plan.Item("item-01")
	if it.Moves != 2 || it.Original != Month(2020, time.March) || it.Due != Month(2020, time.September) || it.Asked != nil {
		t.Fatalf("%+v", it)
	}
}

func TestAChangedSchemeReRatesNothing(t *testing.T) {
	w := tell(t, open1, add1, amber1, SetSchemes{Scheme: "brag.v1", Reason: "blue for complete"})
	it, _ := w.plan.Item("item-01")
	if r := it.Ratings[0]; r.Scheme != "rag.v1" || r.Value != "amber" {
		t.Fatalf("%+v", r)
	}
	if v, ok := w.plan.Value("rag.v1", "amber"); !ok || v.Label != "Amber" {
		t.Fatal("the earlier key is lost")
	}
	if _, err := w.give(Rate{Item: "item-01", To: "amber", Owed: true}); err != nil {
		t.Fatal("the same word under another key is another rating:", err)
	}
}

func TestACarriedItemKeepsItsAge(t *testing.T) {
	w := tell(t, open1, AddItem{Title: "x", Due: Month(2021, time.May), From: &Origin{Plan: "old", Item: "item-07", Since: Day(2018, time.May, 1),
		Original: Month(2019, time.March), Moves: 3}})
	if it, _ := w.plan.Item("item-01"); it.Original != Month(2019, time.March) || it.Moves != 3 || it.Due != Month(2021, time.May) {
		t.Fatalf("%+v", it)
	}
	w = tell(t, open1, AddItem{Title: "x", From: &Origin{Plan: "old", Item: "item-07", Since: Day(2018, time.May, 1), Original: Month(2019, time.March)}},
		SetDue{Item: "item-01", Due: Month(2022, time.May)})
	if it, _ := w.plan.Item("item-01"); it.Original != Month(2019, time.March) || it.Due != Month(2022, time.May) {
		t.Fatalf("given a date anew: %+v", it)
	}
}

func TestAMeasureTravels(t *testing.T) {
	w := tell(t, open1, AddItem{Title: "Caseloads", Kind: MeasureKind},
		DefineMeasure{Item: "item-01", Unit: "cases a worker", Better: Lower, Baseline: "20-22", Target: "16"}, ReadMeasure{Item: "item-01", Value: "~17"})
	it, _ := w.plan.Item("item-01")
	if reached, known := it.Measure.AtTarget(); reached || !known || it.Measure.Direction() != Improving {
		t.Fatalf("%+v", it.Measure)
	}
	if _, err := w.give(ReadMeasure{Item: "item-01", Value: "19"}); err != nil {
		t.Fatal(err)
	}
	if it, _ = w.plan.Item("item-01"); it.Measure.Direction() != Worsening {
		t.Fatalf("%+v", it.Measure)
	}
}

func TestAmounts(t *testing.T) {
	for in, want := range map[string]Amount{"17": "17", "around 17": "~17", "c. 17": "~17", "20 - 22": "20-22", "20–22": "20-22",
		"59.1%": "59.1", "1,250": "1250", "-3": "-3", "20 to 22": "20-22"} {
		if got, err := ParseAmount(in); err != nil || got != want {
			t.Errorf("ParseAmount(%q) = %q, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "many", "22-20", "1.2.3", "17 days", "NaN", "1e9", "~"} {
		if got, err := ParseAmount(in); err == nil {
			t.Errorf("ParseAmount(%q) = %q", in, got)
		}
	}
	if low, _ := Amount("").Range(); !math.IsNaN(low) {
		t.Error("none is a figure")
	}
}

func FuzzParseAmount(f *testing.F) {
	f.Add("around 17")
	f.Add("20-22")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAmount(s)
		if err != nil {
			return
		}
		if again, err := ParseAmount(string(a)); err != nil || again != a {
			t.Errorf("%q becomes %q, and that %q: %v", s, a, again, err)
		}
	})
}
