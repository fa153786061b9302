package projections_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// story is a plan's life as members and officers would tell it.
const story = `
	people register p-1 "Ann Officer"
	open sdp "Service Development Plan" by=p-1
	sdp add a "Publish the charter" due=2020-03 owner="Head of Service" by=p-1
	sdp add b "Train every social worker" by=p-1
	sdp rate a amber "The printer is late" @2020-02-03 by=p-1 body="Sub-Committee"
	sdp rate b amber same=a by=p-1
	sdp request r-1 a "In which languages?" asked="the Chairman"
	sdp due a 2020-06 "Waiting for translation"
	sdp answer r-1 "Four languages and audio" item=a
	sdp rate a amber "Still at the printer"
	begin sdp
	  sdp rate a green "Printed"
	  sdp outcome a achieved "In every home"
	  sdp add c "Review it"
	end
	sdp resolve res-1 "RESOLVED: that the report be noted" body="Sub-Committee"
	sdp correct 5 justification "The designer was late" "Wrong firm named" item=a
	sdp progress b "Twelve of forty trained"
	people rename p-1 "Ann Elder"
	people token t-1 p-1 editor
`

// open opens read models in a directory of the test, and projects a source until all of it is there.
func open(t testing.TB, src projections.Source) *projections.DB {
	t.Helper()
	db, err := projections.Open(t.Context(), t.TempDir()+"/read.db", projections.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if src != nil {
		run(t, db, src)
		catchUp(t, db, src)
	}
	return db
}

// run projects in the background until the test ends, or until the returned function is called.
func run(t testing.TB, db *projections.DB, src projections.Source) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = db.Run(ctx, src) // Status says why it stopped
	}()
	stop = func() { cancel(); <-done }
	t.Cleanup(stop)
	return stop
}

func catchUp(t testing.TB, db *projections.DB, src projections.Source) {
	t.Helper()
	tail, err := src.Tail(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := db.WaitFor(ctx, tail.Events); err != nil {
		t.Fatal(err, db.Status(t.Context()).Stopped)
	}
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestAStoryReadsAsItWasTold(t *testing.T) {
	src := projectionstest.Draw(t, story)
	db := open(t, src)
	page := must[projections.Page[projections.Entry]](t)(db.Timeline(t.Context(), projections.TimelineQuery{Plan: "sdp"}))
	var told []string
	for _, e := range page.Entries {
		told = append(told, fmt.Sprintf("%d %s %s: %s", e.Entry, e.By.ID, e.Item, e.Summary))
	}
	want := []string{
		"1 p-1 : plan opened",
		"2 p-1 a: item a added, due March 2020",
		"3 p-1 b: item b added",
		"4 p-1 a: delivery rated amber",
		"5 p-1 b: delivery rated amber, same reason as a",
		"6 p-0 a: members asked (r-1)",
		"7 p-0 a: due date moved from March 2020 to June 2020",
		"8 p-0 a: r-1 answered",
		"9 p-0 a: delivery amber affirmed",
		"10 p-0 a: delivery amber → green",
		"11 p-0 a: outcome: achieved",
		"12 p-0 c: item c added",
		"13 p-0 : resolution recorded (res-1)",
		"14 p-0 a: justification corrected",
		"15 p-0 b: progress reported",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	rated := page.Entries[3]
	if rated.By.Name != "Ann Elder" || rated.ItemTitle != "Publish the charter" || rated.Stated.String() != "2020-02-03" ||
		rated.Authority.Body != "Sub-Committee" || rated.Texts["justification"].Text != "The printer is late" || len(rated.Corrected) != 1 {
		t.Errorf("the rating reads %+v", rated)
	}
	for at, corrected := range map[domain.Position]int{14: 0, 15: 1} {
		page := must[projections.Page[projections.Entry]](t)(db.Timeline(t.Context(), projections.TimelineQuery{Plan: "sdp", At: projections.At{Position: at}}))
		if got := page.Entries[3].Corrected; len(got) != corrected {
			t.Errorf("at %d the rating is corrected by %v", at, got)
		}
	}
}

func TestThePlanAsItStands(t *testing.T) {
	db := open(t, projectionstest.Draw(t, story))
	v := must[projections.PlanView](t)(db.Plan(t.Context(), "sdp", projections.At{}))
	a := v.Items[0]
	if v.Title.Text != "Service Development Plan" || v.Version != 15 || len(v.Items) != 3 || len(v.Resolutions) != 1 ||
		a.Ratings[0].Label != "Green" || a.Ratings[0].Reason.Words.Text != "Printed" || a.Owner.Text != "Head of Service" ||
		a.Due.String() != "2020-06" || a.Original.String() != "2020-03" || a.Moves != 1 ||
		a.Outcome.Words.Text != "In every home" || v.Items[1].Progress.Words.Text != "Twelve of forty trained" ||
		v.Requests[0].Answer.Words.Text != "Four languages and audio" || v.Requests[0].AskedBy.Text != "the Chairman" {
		t.Errorf("the plan reads %+v", v)
	}
	then := must[projections.PlanView](t)(db.Plan(t.Context(), "sdp", projections.At{Position: 12})) // inside the command of three parts
	if len(then.Items) != 2 || then.Items[0].Ratings[0].Value != "amber" || then.Version != 9 || then.Position != 10 {
		t.Errorf("half of a command shows: %+v", then)
	}
	ambers := must[projections.AmberTable](t)(db.Ambers(t.Context(), "sdp", projections.At{Position: 10}))
	if len(ambers.Rows) != 2 || ambers.Rows[1].SameAs == nil || ambers.Rows[1].SameAs.Words.Text != "Still at the printer" {
		t.Errorf("the members' table reads %+v", ambers)
	}
	all := must[[]projections.PlanSummary](t)(db.Plans(t.Context(), time.Time{}))
	want := map[domain.Meaning]int{"": 1, domain.AtRisk: 1, domain.OnTrack: 1}
	if len(all) != 1 || !cmp.Equal(all[0].Counts, want) || all[0].Items != 3 {
		t.Errorf("the plans read %+v", all)
	}
	if all[0].Changes != nil {
		t.Errorf("nobody asked since when, and %d changes are told", *all[0].Changes)
	}
	line := must[projections.Page[projections.Entry]](t)(db.Timeline(t.Context(), projections.TimelineQuery{Plan: "sdp"})).Entries
	for i, e := range line {
		later := 0
		for _, other := range line {
			if !other.RecordedAt.Before(e.RecordedAt) {
				later++
			}
		}
		if all = must[[]projections.PlanSummary](t)(db.Plans(t.Context(), e.RecordedAt)); int(*all[0].Changes) < later || i == 0 && *all[0].Changes != all[0].Version {
			t.Errorf("since entry %d: %d changes, %d entries", e.Entry, *all[0].Changes, later)
		}
	}
	if all = must[[]projections.PlanSummary](t)(db.Plans(t.Context(), all[0].Changed.Add(time.Second))); *all[0].Changes != 0 {
		t.Errorf("%d changes after the last", *all[0].Changes)
	}
}

func TestAnItemsHistoryHasSpans(t *testing.T) {
	db := open(t, projectionstest.Draw(t, story))
	h := must[projections.ItemHistory](t)(db.ItemHistory(t.Context(), "sdp", "a", projections.At{}))
	var told []string
	for _, s := range h.Spans {
		until, why := uint64(0), ""
		if s.Until != nil {
			until = s.Until.Entry
		}
		if s.Reason != nil {
			why = s.Reason.Words.Text
		}
		told = append(told, fmt.Sprintf("%s %s %d-%d %s", s.Field, s.Value, s.From.Entry, until, why))
	}
	want := []string{
		"title Publish the charter 2-0 ",
		"owner Head of Service 2-0 ",
		"due 2020-03 2-7 ",
		"state open 2-0 ",
		"rating:delivery amber 4-10 Still at the printer",
		"due 2020-06 7-0 Waiting for translation",
		"rating:delivery green 10-0 Printed",
		"outcome achieved 11-0 In every home",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
	if len(h.Requests) != 1 || len(h.Entries) != 9 || h.Item.Item != "a" {
		t.Errorf("the history reads %+v", h)
	}
}

func TestPeopleAndTokens(t *testing.T) {
	src := projectionstest.Draw(t, story)
	db := open(t, src)
	c := must[projections.Credential](t)(db.Token(t.Context(), "t-1"))
	if c.Person != "p-1" || c.Role != domain.Editor || c.Revoked || c.Left || c.SHA256 != "00ff" || c.Kind != domain.User {
		t.Errorf("the token reads %+v", c)
	}
	src.Draw(t, "people revoke t-1 \"lost\"\npeople leave p-1")
	catchUp(t, db, src)
	if c = must[projections.Credential](t)(db.Token(t.Context(), "t-1")); !c.Revoked || !c.Left {
		t.Errorf("the ended token reads %+v", c)
	}
	p := must[projections.PersonView](t)(db.Person(t.Context(), "p-1"))
	if p.Name.Text != "Ann Elder" || !p.Left || p.Since.Position != 1 {
		t.Errorf("the person reads %+v", p)
	}
	if tokens := must[[]projections.TokenView](t)(db.Tokens(t.Context())); len(tokens) != 1 || tokens[0].Name != "Ann Elder" {
		t.Errorf("the tokens read %+v", tokens)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	db := open(t, projectionstest.Draw(t, story))
	ctx := t.Context()
	for name, ask := range map[string]func() error{
		"plan":     func() error { _, err := db.Plan(ctx, "nope", projections.At{}); return err },
		"then":     func() error { _, err := db.Plan(ctx, "sdp", projections.At{Position: 1}); return err },
		"item":     func() error { _, err := db.ItemHistory(ctx, "sdp", "nope", projections.At{}); return err },
		"timeline": func() error { _, err := db.Timeline(ctx, projections.TimelineQuery{Plan: "nope"}); return err },
		"entry":    func() error { _, err := db.Entry(ctx, "sdp", "", 99); return err },
		"token":    func() error { _, err := db.Token(ctx, "nope"); return err },
		"person":   func() error { _, err := db.Person(ctx, "nope"); return err },
		"position": func() error { _, err := db.Plan(ctx, "sdp", projections.At{Position: 99}); return err },
	} {
		if err := ask(); domain.KindOf(err) != domain.NotFound {
			t.Errorf("%s: %v, want not found", name, err)
		}
	}
	if _, found, err := db.Command(ctx, "sdp", "nope"); found || err != nil {
		t.Errorf("a command never given: %v %v", found, err)
	}
	e := must[projections.Entry](t)(db.Entry(ctx, "sdp", "", 11))
	r, found, err := db.Command(ctx, "sdp", e.Command)
	if err != nil || !found || r.Position != 13 || r.Version != 12 || r.Event != "019ab3f2-7c11-7e55-9a0b-00000000000b" {
		t.Errorf("the command of three parts: %+v %v %v", r, found, err)
	}
}
