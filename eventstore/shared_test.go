package eventstore_test

import (
	"errors"
	"sync"
	"testing"

	"plantrail/domain"
	"plantrail/eventstore/eventstoretest"
)

// Processes that begin at the same moment all find the bucket that they share, whoever made it, and agree on what is in it.
func TestProcessesBeginToShareAtTheSameMoment(t *testing.T) {
	for range 20 {
		store := eventstoretest.Open(t)
		var wg sync.WaitGroup
		var won sync.Map
		for i := range 8 {
			wg.Go(func() {
				shared := store.Shared()
				if _, err := shared.Get(t.Context(), "first", new(int)); err != nil {
					t.Error(err, errors.Unwrap(err))
				}
				_, err := shared.Put(t.Context(), "first", i, 0)
				if err == nil {
					won.Store(i, true)
				} else if domain.KindOf(err) != domain.Conflict {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		n := 0
		won.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d of 8 were the first", n)
		}
		eventstoretest.Close(t, store)
	}
}
