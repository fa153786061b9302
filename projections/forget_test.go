package projections_test

import (
	"context"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// torn is a story with everything that holds parts back: a command cut and voided, another between the parts of one.
const torn = story + `
	open other "Another plan"
	other add x "Item of the other plan"
	begin sdp
	  sdp add d "Never counts"
	  sdp rate d red "Nor this"
	cut
	other rate x red "In between"
	void sdp
	begin other
	  other rate x green "Done"
	  other add y "New"
	end
	begin sdp
	  sdp add e "Still on its way"
	cut
	other progress x "Later"
	other correct 20 rating amber "wrong" item=x
	other close "Finished"
`

// upTo is a source that ends at a position.
type upTo struct {
	*projectionstest.Source
	end domain.Position
}

func (u upTo) Events(ctx context.Context, after domain.Position, follow bool) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		for _, r := range u.Recorded()[after:max(u.end, after)] {
			if !yield(r, nil) {
				return
			}
		}
		if follow {
			<-ctx.Done()
		}
	}
}

func (u upTo) Tail(ctx context.Context) (projections.Tail, error) {
	tail, err := u.Source.Tail(ctx)
	tail.Events, tail.Texts = min(tail.Events, u.end), 0
	for _, r := range u.Recorded()[:tail.Events] {
		if r.Texts > 0 {
			tail.Texts++ // each of them has one record, in their order
		}
	}
	return tail, err
}

func dump(t testing.TB, db *projections.DB) []string {
	t.Helper()
	if err := db.CheckIndexes(t.Context()); err != nil {
		t.Error(err)
	}
	return must[[]string](t)(db.Dump(t.Context()))
}

func rebuilt(t testing.TB, src projections.Source) []string {
	t.Helper()
	db := open(t, nil)
	if err := db.Rebuild(t.Context(), src, nil); err != nil {
		t.Fatal(err)
	}
	return dump(t, db)
}

func TestARebuildEqualsWhatGrew(t *testing.T) {
	src := projectionstest.Draw(t, torn)
	grown := open(t, src)
	want := dump(t, grown)
	if diff := cmp.Diff(want, rebuilt(t, src)); diff != "" {
		t.Error("rebuilt elsewhere:", diff)
	}
	if err := grown.Rebuild(t.Context(), src, nil); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, dump(t, grown)); diff != "" {
		t.Error("rebuilt in place:", diff)
	}
	if s := grown.Status(t.Context()); s.Rebuilds != 1 || s.Rebuilding || s.Position != domain.Position(len(src.Recorded())) {
		t.Errorf("status %+v", s)
	}
}

func TestStoppedAfterAnyEventItGoesOn(t *testing.T) {
	domaintest.Long(t)
	src := projectionstest.Draw(t, torn)
	path := t.TempDir() + "/read.db"
	for end := range domain.Position(len(src.Recorded()) + 1) {
		db := must[*projections.DB](t)(projections.Open(t.Context(), path, projections.Options{}))
		part := upTo{src, end}
		stop := run(t, db, part)
		catchUp(t, db, part)
		stop()
		if diff := cmp.Diff(rebuilt(t, part), dump(t, db)); diff != "" {
			t.Errorf("up to %d: %s", end, diff)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnEventDeliveredTwiceChangesNothing(t *testing.T) {
	src := projectionstest.Draw(t, torn)
	want := rebuilt(t, src)
	src.Twist = func(r domain.Recorded) []domain.Recorded {
		twice := []domain.Recorded{r, r}
		if r.Position > 3 {
			twice = append(twice, src.Recorded()[r.Position-3])
		}
		return twice
	}
	if diff := cmp.Diff(want, dump(t, open(t, src))); diff != "" {
		t.Error(diff)
	}
}

func TestDeletedFilesAreBuiltAgain(t *testing.T) {
	src := projectionstest.Draw(t, torn)
	want := rebuilt(t, src)
	for _, deleted := range []string{"read.db", "read-1.db"} {
		t.Run(deleted, func(t *testing.T) {
			dir := t.TempDir()
			db := must[*projections.DB](t)(projections.Open(t.Context(), dir+"/read.db", projections.Options{}))
			run(t, db, src)()
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			remove(t, dir+"/"+deleted)
			db = must[*projections.DB](t)(projections.Open(t.Context(), dir+"/read.db", projections.Options{}))
			defer db.Close()
			stop := run(t, db, src)
			catchUp(t, db, src)
			stop()
			if diff := cmp.Diff(want, dump(t, db)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestALongReplayAgreesWithTheDomain(t *testing.T) {
	src := projectionstest.Long{Plans: 7, Items: 5, Length: 25_000}
	db := open(t, src) // long enough for Run to fill the empty file by a rebuild
	if s := db.Status(t.Context()); s.Rebuilds != 1 || s.Plans != 7 || s.Events != 25_000 {
		t.Errorf("status %+v", s)
	}
	var all []domain.Recorded
	for r := range src.Events(t.Context(), 0, false) {
		all = append(all, r)
	}
	for n := range src.Plans {
		compare(t, db, replay(src.PlanName(n), all, func(domain.Recorded) bool { return true }), projections.At{})
	}
}

// compare checks a plan as it is read against the domain's own fold.
func compare(t testing.TB, db *projections.DB, h replayed, at projections.At) {
	t.Helper()
	v, err := db.Plan(t.Context(), h.ID, at)
	if h.Plan().Opened == 0 {
		if domain.KindOf(err) != domain.NotFound {
			t.Fatalf("%s at %+v: %v, want not found", h.ID, at, err)
		}
		return
	}
	if err != nil {
		t.Fatalf("%s at %+v: %v", h.ID, at, err)
	}
	var want, got []string
	for _, it := range h.Plan().Items() {
		line := fmt.Sprint(it.ID, it.Parent, it.Due, it.Original, it.Moves, it.State, it.StateAt, it.Result)
		for _, r := range it.Ratings {
			line += fmt.Sprint(r.Value, r.Meaning, r.Since, r.Set, r.Reason, r.Owed, r.SameAs)
		}
		want = append(want, line)
	}
	for _, it := range v.Items {
		result := domain.Result("")
		if it.Outcome != nil {
			result = it.Outcome.Result
		}
		line := fmt.Sprint(it.Item, it.Parent, it.Due, it.Original, it.Moves, it.State, it.StateSaid.Position, result)
		for _, r := range it.Ratings {
			reason := domain.Position(0)
			if r.Reason != nil {
				reason = r.Reason.Said.Position
			}
			line += fmt.Sprint(r.Value, r.Meaning, r.Since, r.Set.Position, reason, r.Owed, r.SameAs)
		}
		got = append(got, line)
	}
	for _, q := range h.Plan().Requests() {
		want = append(want, fmt.Sprint(q.ID, q.Item, q.Made, q.Answered))
	}
	for _, q := range v.Requests {
		answered := domain.Position(0)
		if q.Answer != nil {
			answered = q.Answer.Said.Position
		}
		got = append(got, fmt.Sprint(q.Request, q.Item, q.Said.Position, answered))
	}
	want = append(want, h.resolved...)
	for _, r := range v.Resolutions {
		got = append(got, string(r.Resolution))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s at %+v: %s", h.ID, at, diff)
	}
	if (v.Closed != nil) != (h.Plan().Closed > 0) {
		t.Fatalf("%s at %+v: closed %v", h.ID, at, v.Closed)
	}
}

// Whoever may look into the directory may not read the texts: not in the files as they are made, nor in those that an older
// version left open.
func TestTheFilesAreTheirOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		db := must[*projections.DB](t)(projections.Open(t.Context(), dir+"/read.db", projections.Options{}))
		files := must[[]string](t)(filepath.Glob(dir + "/read-*"))
		if len(files) < 2 {
			t.Fatalf("only %v is there", files)
		}
		for _, name := range files {
			if mode := must[os.FileInfo](t)(os.Stat(name)).Mode(); mode != 0o600 {
				t.Errorf("%s has the mode %v", name, mode)
			}
			if err := os.Chmod(name, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
