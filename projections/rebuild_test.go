package projections_test

import (
	"sync"
	"testing"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

func TestRebuildUnderReadLoad(t *testing.T) {
	domaintest.Long(t)
	src := projectionstest.Draw(t, story)
	db := open(t, src)
	var readers, writer sync.WaitGroup
	done := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			last := domain.Position(0)
			for n := 0; ; n++ {
				page, err := db.Timeline(t.Context(), projections.TimelineQuery{Plan: "sdp", Newest: true, Limit: 10})
				if err != nil {
					t.Errorf("read %d failed: %v", n, err)
					return
				}
				if page.Moment < last || page.Entries[0].Position < 16 {
					t.Errorf("read %d went back from %d to %d", n, last, page.Moment)
					return
				}
				last = page.Moment
				if _, err := db.Plan(t.Context(), "sdp", projections.At{Position: last}); err != nil {
					t.Errorf("the position just seen is gone: %v", err)
					return
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	writer.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				src.Draw(t, "sdp progress b \"more\"")
				catchUp(t, db, src)
			}
		}
	})
	for range 8 {
		before := db.Status(t.Context()).Position
		if err := db.Rebuild(t.Context(), src, nil); err != nil {
			t.Fatal(err)
		}
		if after := db.Status(t.Context()).Position; after < before {
			t.Fatalf("went back from %d to %d", before, after)
		}
		src.Draw(t, "sdp progress a \"after the swap\"")
		catchUp(t, db, src)
	}
	close(done)
	readers.Wait()
	writer.Wait()
	catchUp(t, db, src)
	if s := db.Status(t.Context()); s.Rebuilds != 8 || s.Stopped != "" || s.LagEvents != 0 {
		t.Errorf("status %+v", s)
	}
}

func TestAFailedRebuildChangesNothing(t *testing.T) {
	src := projectionstest.Draw(t, story)
	db := open(t, src)
	path := db.Path()
	other := projectionstest.Draw(t, story)
	other.Twist = func(r domain.Recorded) []domain.Recorded {
		if r.Position == 9 {
			return nil
		}
		return []domain.Recorded{r}
	}
	if err := db.Rebuild(t.Context(), other, nil); err == nil {
		t.Fatal("a journal with a gap was rebuilt from")
	}
	if err := db.Rebuild(t.Context(), upTo{other, 5}, nil); err == nil {
		t.Fatal("a shorter journal was rebuilt from")
	}
	src.Draw(t, "sdp progress b \"still here\"")
	catchUp(t, db, src)
	if db.Path() != path {
		t.Errorf("the file changed from %s to %s", path, db.Path())
	}
}
