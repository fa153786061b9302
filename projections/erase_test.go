package projections_test

import (
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// files checks that words are in no file of the read models, or in one.
func files(t testing.TB, db *projections.DB, words string, want bool) {
	t.Helper()
	found := false
	for _, suffix := range []string{"", "-wal", "-shm"} {
		found = found || holds(t, db.Path()+suffix, words)
	}
	if found != want {
		t.Errorf("%q in the files: %v, want %v", words, found, want)
	}
}

func TestErasingStepByStep(t *testing.T) {
	src := projectionstest.Draw(t, story+`sdp outcome b achieved "Zwingli says so" owner=x
		sdp reword b "Quixotic training" "Zwingli asked"`)
	db := open(t, src)
	files(t, db, "wingli", true)
	reworded := src.Recorded()[len(src.Recorded())-1]
	of := reworded.Position
	same := func(step string) {
		t.Helper()
		catchUp(t, db, src)
		if diff := cmp.Diff(dump(t, db), rebuilt(t, src)); diff != "" {
			t.Errorf("%s, a rebuild gives: %s", step, diff)
		}
	}
	src.Draw(t, `sdp erase `+number(of)+` reason "The person asked" item=b body="Data protection officer"`)
	same("after the request") // the journal still has the text
	open1 := must[[]projections.OpenErasure](t)(db.OpenErasures(t.Context()))
	if len(open1) != 1 || open1[0].Of != reworded.ID || open1[0].Field != "reason" || open1[0].Plan != "sdp" || open1[0].First != reworded.ID || open1[0].Entry != of {
		t.Errorf("open erasures %+v", open1)
	}
	src.EraseText(reworded.ID, "reason")
	if err := db.EraseText(t.Context(), reworded.ID, "reason"); err != nil {
		t.Fatal(err)
	}
	src.Draw(t, `sdp erased `+number(of)+` reason item=b`)
	same("when it is completed")
	if left := must[[]projections.OpenErasure](t)(db.OpenErasures(t.Context())); len(left) != 0 {
		t.Errorf("still open: %+v", left)
	}
	files(t, db, "Zwingli asked", false)
	e := must[projections.Entry](t)(db.Entry(t.Context(), "sdp", reworded.ID, 0))
	why := e.Texts["reason"]
	if !why.Erased || why.Text != "" || why.ErasedBy == nil || why.ErasedBy.Authority.Body != "Data protection officer" || e.Texts["title"].Text != "Quixotic training" {
		t.Errorf("the entry's texts: %+v", e.Texts)
	}
	if page := must[projections.Page[projections.Hit]](t)(db.Search(t.Context(), "quixotic", "", "", 0)); len(page.Entries) != 1 {
		t.Errorf("what was not erased is not found: %+v", page)
	}
}

func TestAnErasedTitleIsErasedInEveryView(t *testing.T) {
	src := projectionstest.Draw(t, story+`
		sdp add z "Xylophone lessons" owner="Yolanda"
		people register p-2 "Zebedee"`)
	db := open(t, src)
	all := src.Recorded()
	added, registered := all[len(all)-2], all[len(all)-1]
	erase := func(plan string, r domain.Recorded, field, item string) {
		src.Draw(t, plan+" erase "+number(r.Position)+" "+field+` "On request" item=`+item)
		src.EraseText(r.ID, field)
		catchUp(t, db, src)
		if err := db.EraseText(t.Context(), r.ID, field); err != nil {
			t.Fatal(err)
		}
		src.Draw(t, plan+" erased "+number(r.Position)+" "+field+" item="+item)
	}
	erase("sdp", added, "title", "z")
	src.Draw(t, `sdp correct `+number(added.Position)+` owner "Ursula" "Wrong name" item=z`)
	catchUp(t, db, src)
	if diff := cmp.Diff(dump(t, db), rebuilt(t, src)); diff != "" {
		t.Error(diff)
	}
	h := must[projections.ItemHistory](t)(db.ItemHistory(t.Context(), "sdp", "z", projections.At{}))
	if !h.Item.Title.Erased || h.Item.Title.ErasedBy == nil || h.Item.Owner.Text != "Ursula" || !h.Spans[0].Erased || h.Spans[0].Field != "title" {
		t.Errorf("the item: %+v, spans %+v", h.Item, h.Spans)
	}
	files(t, db, "ylophon", false) // nor the stem of it in the search index
	files(t, db, "Yolanda", true)
	corrected := src.Recorded()[len(src.Recorded())-1]
	erase("sdp", corrected, "text", "z")
	catchUp(t, db, src)
	h = must[projections.ItemHistory](t)(db.ItemHistory(t.Context(), "sdp", "z", projections.At{}))
	if !h.Item.Owner.Erased || h.Item.Owner.ErasedBy == nil {
		t.Errorf("an erased correction reads %+v", h.Item.Owner)
	}
	src.Draw(t, `people rename p-2 "Zebulon"`)
	renamed := src.Recorded()[len(src.Recorded())-1]
	catchUp(t, db, src)
	_ = registered
	src.EraseText(renamed.ID, "name")
	src.Add(projectionstest.Line{Plan: domain.People}, &domain.ErasureRequested{Of: renamed.ID, Entry: renamed.Position, Field: "name"})
	catchUp(t, db, src)
	p := must[projections.PersonView](t)(db.Person(t.Context(), "p-2"))
	if !p.Name.Erased || p.Name.ErasedBy == nil || p.Name.Text != "" {
		t.Errorf("the person reads %+v", p)
	}
}

// Whoever erases is not sent away because the projector empties the log just then.
func TestErasingBesideTheProjector(t *testing.T) {
	domaintest.Long(t)
	src := projectionstest.Draw(t, story)
	db := open(t, src)
	over := make(chan struct{})
	var erasing sync.WaitGroup
	erasing.Go(func() {
		for {
			select {
			case <-over:
				return
			default:
			}
			if err := db.EraseText(t.Context(), "0190b0a0-0000-7000-8000-000000000000", "reason"); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for i := range 150 {
		src.Draw(t, `sdp add n`+strconv.Itoa(i)+` "Training"`)
		added := src.Recorded()[len(src.Recorded())-1]
		src.Draw(t, `sdp erase `+number(added.Position)+` title "On request" item=n`+strconv.Itoa(i))
		catchUp(t, db, src)
	}
	close(over)
	erasing.Wait()
}

func TestEvidenceAndHolds(t *testing.T) {
	src := projectionstest.Draw(t, story+`
		sdp attach ev-1 a "The charter as printed" file="charter.pdf" sha256=ab12
		sdp hold h-1 "An inquiry" body="The court"
		sdp withdraw ev-1 a "Another version"
		sdp release h-1 "Closed"`)
	db := open(t, src)
	end := domain.Position(len(src.Recorded()))
	v := must[projections.PlanView](t)(db.Plan(t.Context(), "sdp", projections.At{Position: end - 2}))
	if ev := v.Items[0].Evidence; len(ev) != 1 || ev[0].Title.Text != "The charter as printed" || ev[0].File.Text != "charter.pdf" || ev[0].SHA256 != "ab12" ||
		ev[0].Withdrawn != nil || ev[0].Attached.Position != end-3 {
		t.Errorf("the evidence reads %+v", ev)
	}
	if len(v.Holds) != 1 || v.Holds[0].Words.Text != "An inquiry" || v.Holds[0].Released != nil || v.Holds[0].Authority.Body != "The court" {
		t.Errorf("the holds read %+v", v.Holds)
	}
	v = must[projections.PlanView](t)(db.Plan(t.Context(), "sdp", projections.At{}))
	if v.Items[0].Evidence[0].Withdrawn.Words.Text != "Another version" || v.Holds[0].Released.Words.Text != "Closed" {
		t.Errorf("at the end: %+v %+v", v.Items[0].Evidence, v.Holds)
	}
	if ev := must[projections.EvidenceView](t)(db.Evidence(t.Context(), "sdp", "ev-1")); ev.Item != "a" || ev.MediaType != "text/plain" {
		t.Errorf("found %+v", ev)
	}
	if _, err := db.Evidence(t.Context(), "sdp", "ev-2"); domain.KindOf(err) != domain.NotFound {
		t.Error(err)
	}
	if diff := cmp.Diff(dump(t, db), rebuilt(t, src)); diff != "" {
		t.Error(diff)
	}
}
