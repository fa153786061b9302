package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawCommand draws something that an officer might try, sensible or not.
func drawCommand(t *rapid.T) Command {
	item := ItemID(fmt.Sprintf("item-%02d", rapid.IntRange(1, 4).Draw(t, "item")))
	words := Text(rapid.SampledFrom([]string{"", "because", "Same as above"}).Draw(t, "words"))
	due := Month(2020, time.Month(rapid.IntRange(1, 12).Draw(t, "month")))
	entry := fmt.Sprint(rapid.IntRange(1, 30).Draw(t, "entry"))
	field := rapid.SampledFrom([]string{"title", "due", "rating", "justification", "stated", "outcome", "result"}).Draw(t, "field")
	to := Text(rapid.SampledFrom([]string{"red", "2021-01", "achieved", "Other words"}).Draw(t, "to"))
	request := RequestID(fmt.Sprintf("request-%02d", rapid.IntRange(1, 3).Draw(t, "request")))
	return rapid.SampledFrom([]Command{
		AddItem{Title: words, Due: due}, AddItem{Title: "An action", Parent: item}, AddItem{Title: "An action"},
		Rate{Item: item, To: rapid.SampledFrom([]string{"red", "amber", "green", "blue"}).Draw(t, "rating"), Justification: words, Owed: words == ""},
		Justify{Item: item, Justification: words, Answers: request}, SetDue{Item: item, Due: due, Reason: words},
		RewordItem{Item: item, Title: words, Reason: words}, SuspendItem{Item: item, Reason: words}, ResumeItem{Item: item, Reason: words},
		CancelItem{Basis: cabinet, Item: item, Reason: words}, RecordOutcome{Item: item, Result: Achieved, Outcome: words},
		ReportProgress{Item: item, Progress: words}, MakeRequest{Item: item, Words: words}, AnswerRequest{Request: request, Answer: words},
		Correct{Entry: entry, Field: field, To: to, Reason: "wrong"}, AssignOwner{Item: item, Owner: words},
		RequestDue{Item: item, Due: due, Reason: words}, ApproveDue{Basis: cabinet, Item: item}, RefuseDue{Basis: cabinet, Item: item, Reason: words},
		ClaimCompletion{Item: item, Claim: words}, VerifyCompletion{Item: item, Verified: words}, RefuseCompletion{Item: item, Reason: words},
		AcceptClosure{Basis: cabinet, Item: item}, ReopenItem{Basis: cabinet, Item: item, Reason: words},
		SupersedeItem{Basis: cabinet, Item: item, By: []ItemID{"item-01"}, Reason: words},
		SetSchemes{Scheme: rapid.SampledFrom([]string{"rag.v1", "brag.v1"}).Draw(t, "scheme"), Reason: words},
	}).Draw(t, "command")
}

func TestWhateverIsTriedTheFoldKeepsItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &teller{History: NewHistory("sdp"), today: Day(2020, time.February, 3), by: officer}
		_, _ = w.give(open1)
		var all []Recorded
		originals := map[ItemID]Date{}
		for range rapid.IntRange(1, 40).Draw(t, "commands") {
			before, entries := w.head, len(w.History.entries)
			if _, err := w.give(drawCommand(t)); err != nil && (w.head != before || len(w.History.entries) != entries) {
				t.Fatalf("refused with %v, and yet something changed", err)
			}
			for _, it := range w.plan.Items() {
				first, seen := originals[it.ID]
				if seen && !first.IsZero() && it.Original != first {
					t.Fatalf("the original date of %s went from %v to %v", it.ID, first, it.Original)
				}
				originals[it.ID] = it.Original
				if it.State == ItemWithdrawn && it.StateAt == 0 {
					t.Fatalf("%s ended with nobody to say so", it.ID)
				}
				for _, r := range it.Ratings {
					if r.Meaning.NeedsReason() && !r.Owed && r.Reason == 0 {
						t.Fatalf("%s is %s without a reason, given or owed", it.ID, r.Value)
					}
				}
			}
		}
		for _, e := range w.History.entries {
			all = append(all, Recorded{Position: e.position, ID: e.id, PlanSeq: e.seq, Event: e.event, Actor: officer, Plan: "sdp", Basis: Basis{Stated: w.today}})
		}
		again := NewHistory("sdp")
		for _, r := range all {
			again.Apply(r)
		}
		if !reflect.DeepEqual(again.plan.items, w.plan.items) || !reflect.DeepEqual(again.plan.requests, w.plan.requests) {
			t.Fatal("folding the same events again gives another plan")
		}
		for _, it := range w.plan.Items() {
			b, _ := json.Marshal(it)
			var back Item
			if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(back, it) {
				t.Fatalf("an item's state does not survive JSON: %v\n%s", err, b)
			}
		}
	})
}

func TestAfterNeverChangesTheStateItStartedFrom(t *testing.T) {
	w := tell(t, open1, add1, amber1)
	it, _ := w.plan.Item("item-01")
	before, _ := json.Marshal(it)
	for _, e := range []Event{&RatingChanged{Item: "item-01", Dimension: "delivery", To: "red"}, &RatingAffirmed{Item: "item-01", Dimension: "delivery"},
		&JustificationGiven{Item: "item-01", Dimension: "delivery"}, &ItemsLinked{Item: "item-01", To: "item-02"}, &MeasureRead{Item: "item-01", Value: "3"},
		&EntryCorrected{Entry: 30, Field: "rating", Value: "red"}} {
		it.After(Recorded{Position: 99, Event: e})
		if after, _ := json.Marshal(it); string(after) != string(before) {
			t.Errorf("%s changed what was before it:\n%s\n%s", e.Type(), before, after)
		}
	}
}
