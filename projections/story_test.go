package projections_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

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
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
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

func TestAStoryIsRead(t *testing.T) {
	src := projectionstest.Draw(t, story)
	db := open(t, src)
	page := must[projections.Page[projections.Entry]](t)(db.Timeline(t.Context(), projections.TimelineQuery{Plan: "sdp"}))
	for _, e := range page.Entries {
		t.Log(e.Entry, e.Item, e.ItemTitle, "|", e.Summary, "|", e.By.Name, e.Texts, e.Corrected)
	}
	v := must[projections.PlanView](t)(db.Plan(t.Context(), "sdp", projections.At{}))
	b, _ := json.MarshalIndent(v, "", " ")
	t.Log(string(b))
	h := must[projections.ItemHistory](t)(db.ItemHistory(t.Context(), "sdp", "a", projections.At{}))
	for _, sp := range h.Spans {
		t.Log(sp.Field, sp.Value, sp.From.Entry, sp.Until, sp.Reason, sp.Corrected)
	}
	hits := must[projections.Page[projections.Hit]](t)(db.Search(t.Context(), "PRINTERS", "", "", 0))
	for _, x := range hits.Entries {
		t.Log(x.Field, x.Snippet, x.Entry.Summary)
	}
	t.Log(db.Persons(t.Context()))
	t.Log(db.Tokens(t.Context()))
	t.Log(db.Token(t.Context(), "t-1"))
	t.Log(db.Plans(t.Context()))
	t.Log(db.Ambers(t.Context(), "sdp", projections.At{}, domain.AtRisk))
	t.Log(db.Status(t.Context()))
}
