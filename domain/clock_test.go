package domain

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestOnADayAsItIsKnownNow(t *testing.T) {
	feb, mar := Day(2020, time.February, 3), Day(2020, time.March, 2)
	w := tell(t, open1, add1, amber1)
	w.today = mar
	for _, c := range []Command{
		Rate{Item: "item-01", To: "green"},
		Rate{Basis: Basis{Stated: Day(2020, time.January, 10)}, Item: "item-01", To: "red", Justification: "It was worse"},
	} {
		if _, err := w.give(c); err != nil {
			t.Fatal(err)
		}
	}
	for day, want := range map[Date]string{Day(2020, time.January, 9): "", Day(2020, time.January, 10): "red", feb: "amber", mar: "green",
		Month(2020, time.January): "red", Month(2020, time.February): "amber"} {
		it, _ := Fold("sdp", On(w.all, day)).Item("item-01")
		got := ""
		if len(it.Ratings) > 0 {
			got = it.Ratings[0].Value
		}
		if got != want {
			t.Errorf("on %s it was %q, not %q", day.Words(), got, want)
		}
	}
}

func TestACorrectionHoldsFromTheDayOfWhatItCorrects(t *testing.T) {
	w := tell(t, open1, add1, amber1)
	w.today = Day(2020, time.June, 1)
	for _, c := range []Command{
		Correct{Entry: "3", Field: "rating", To: "red", Reason: "misread"},
		Correct{Entry: "3", Field: "stated", To: "2020-01-20", Reason: "misdated"},
	} {
		if _, err := w.give(c); err != nil {
			t.Fatal(err)
		}
	}
	it, _ := Fold("sdp", On(w.all, Day(2020, time.January, 25))).Item("item-01")
	if len(it.Ratings) != 1 || it.Ratings[0].Value != "red" {
		t.Fatalf("%+v", it.Ratings)
	}
	if it, _ = Fold("sdp", On(w.all, Day(2020, time.January, 19))).Item("item-01"); len(it.Ratings) != 0 {
		t.Fatalf("%+v", it.Ratings)
	}
}

func TestWhatMembersReceivedIsNotWhatFollowed(t *testing.T) {
	w := tell(t, open1, add1, amber1, OpenMeeting{Body: "Safeguarding Sub-Committee", On: Day(2020, time.February, 3)},
		PublishPaper{Meeting: "safeguarding-sub-committee-2020-02-03", SHA256: digest1}, Rate{Item: "item-01", To: "green"})
	got, paper, err := Reported(w.all, "safeguarding-sub-committee-2020-02-03")
	if err != nil || paper.Version != 4 || len(got) != 4 {
		t.Fatalf("%d entries, %+v, %v", len(got), paper, err)
	}
	if _, _, err := Reported(w.all, "cabinet"); KindOf(err) != NotFound {
		t.Fatal(err)
	}
}

// heldOn says the same as On and Fold for ratings and due dates, in the plainest way: look at each entry, ask what day it
// holds from, and let the latest win.
func heldOn(entries []Recorded, day Date) map[string]string {
	type say struct {
		on       time.Time
		position Position
		value    string
	}
	rated := func(by Recorded) (id EventID) { // the rating that an entry gives, or says again
		for _, r := range entries {
			if e, ok := r.Event.(*RatingChanged); ok && r.Position <= by.Position && e.Item == by.Item() {
				id = r.ID
			}
		}
		return id
	}
	best := map[string]say{}
	for _, r := range entries {
		var field, value string
		on := r.Happened()
		for _, c := range entries {
			if e, ok := c.Event.(*EntryCorrected); ok && e.Corrects == r.ID && e.Field == "stated" {
				on, _ = parseISO(e.Value)
				if !on.Known() {
					on = DayOf(r.RecordedAt)
				}
			}
		}
		switch e := r.Event.(type) {
		case *RatingChanged:
			field, value = "rating:"+string(e.Item), e.To
		case *RatingAffirmed:
			field, value = "rating:"+string(e.Item), e.Value
		default:
			continue
		}
		for _, c := range entries {
			if e, ok := c.Event.(*EntryCorrected); ok && e.Corrects == rated(r) && e.Field == "rating" && c.Position > r.Position {
				value = e.Value
			}
		}
		s := say{on.Start(), r.Position, value}
		if was := best[field]; s.on.Before(day.End()) && (was.value == "" || !s.on.Before(was.on)) {
			best[field] = s
		}
	}
	plain := map[string]string{}
	for field, s := range best {
		plain[field] = s.value
	}
	return plain
}

func TestOnEqualsThePlainestReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &teller{History: NewHistory("sdp"), today: Day(2020, time.June, 1), by: officer}
		for _, c := range []Command{open1, AddItem{Title: "a"}, AddItem{Title: "b", Parent: ""}} {
			if _, err := w.give(c); err != nil {
				t.Fatal(err)
			}
		}
		day := func(label string) Date { return Day(2020, time.Month(rapid.IntRange(1, 6).Draw(t, label)), 1) }
		for range rapid.IntRange(0, 30).Draw(t, "commands") {
			item := ItemID(fmt.Sprintf("item-%02d", rapid.IntRange(1, 2).Draw(t, "item")))
			entry := fmt.Sprint(rapid.IntRange(4, 20).Draw(t, "entry"))
			_, _ = w.give(rapid.SampledFrom([]Command{
				Rate{Basis: Basis{Stated: day("stated")}, Item: item, To: rapid.SampledFrom([]string{"red", "amber", "green"}).Draw(t, "to"), Justification: "x"},
				Correct{Entry: entry, Field: "rating", To: "red", Reason: "wrong"},
				Correct{Entry: entry, Field: "stated", To: Text(day("corrected").String()), Reason: "wrong"},
			}).Draw(t, "command"))
		}
		on := day("on")
		got := map[string]string{}
		for _, it := range Fold("sdp", On(w.all, on)).Items() {
			for _, r := range it.Ratings {
				got["rating:"+string(it.ID)] = r.Value
			}
		}
		if want := heldOn(w.all, on); !reflect.DeepEqual(got, want) {
			t.Fatalf("on %s: %v, not %v", on, got, want)
		}
		if last := Fold("sdp", w.all); !slices.EqualFunc(last.Items(), w.plan.Items(), func(a, b Item) bool { return reflect.DeepEqual(a, b) }) {
			t.Fatal("folding the entries gives another plan than the history has")
		}
	})
}

func TestTwoStatesAreCompared(t *testing.T) {
	w := tell(t, open1, add1, amber1)
	before := Fold("sdp", w.all)
	for _, c := range []Command{Rate{Item: "item-01", To: "green"}, SetDue{Item: "item-01", Due: Month(2020, time.June), Reason: "late"}, AddItem{Title: "Another"},
		RewordItem{Item: "item-01", Title: "Packs", Reason: "shorter"}, CancelItem{Basis: cabinet, Item: "item-02", Reason: "no money"}} {
		if _, err := w.give(c); err != nil {
			t.Fatal(err)
		}
	}
	after := Fold("sdp", w.all)
	var got []string
	for _, d := range Compare(before, after) {
		got = append(got, fmt.Sprintf("%s %s %s>%s", d.Item, d.What, d.From, d.To))
	}
	want := []string{"item-01 re_rated amber>green", "item-01 re_dated 2020-03>2020-06", "item-01 re_worded >", "item-02 added >cancelled", "item-02 ended open>cancelled"}
	if !slices.Equal(got, want) {
		t.Fatalf("%q", got)
	}
	if back := Compare(after, before); back[len(back)-1].What != Absent {
		t.Fatalf("%+v", back)
	}
	if same := Compare(after, after); len(same) != 0 {
		t.Fatalf("%+v", same)
	}
}

func TestSpansTellWhatHeldWhen(t *testing.T) {
	w := tell(t, open1, add1, amber1)
	w.today = Day(2020, time.March, 2)
	for _, c := range []Command{Rate{Item: "item-01", To: "green"}, Correct{Entry: "3", Field: "rating", To: "red", Reason: "misread"},
		CancelItem{Basis: Basis{Stated: Day(2020, time.May, 1), Authority: cabinet.Authority}, Item: "item-01", Reason: "no money"}} {
		if _, err := w.give(c); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, s := range Spans(w.all, "delivery") {
		got = append(got, fmt.Sprint(s.From.Format("Jan 2"), " ", s.Value, " ", s.State))
	}
	if want := []string{"Feb 3 red open", "Mar 2 green open", "May 1 green cancelled"}; !slices.Equal(got, want) {
		t.Fatalf("%q", got)
	}
}
