package domain

import (
	"container/list"
	"context"
	"sync"
)

// maxShelved bounds the events of the histories kept in memory; some 500 bytes each.
const maxShelved = 250_000

// shelf keeps the folded histories of the plans that were changed last, one taker at a time for each.
type shelf struct {
	mu     sync.Mutex
	books  map[PlanID]*book
	recent *list.List // of *book, the last used in front; only books that nobody holds or waits for are put away
	events uint64
}

// book is one history on the shelf. Whoever holds it may use and replace the history.
type book struct {
	id      PlanID
	history *History // nil: not read yet, or no longer trusted
	turn    chan struct{}
	doubt   map[CommandID]bool // of which it is not known whether they were recorded
	users   int                // holders and waiters, under shelf.mu
	weight  uint64
	place   *list.Element
}

func newShelf() shelf { return shelf{books: map[PlanID]*book{}, recent: list.New()} }

// take waits for its turn with a history, or for ctx to end.
func (s *shelf) take(ctx context.Context, id PlanID) (*book, error) {
	s.mu.Lock()
	b := s.books[id]
	if b == nil {
		b = &book{id: id, turn: make(chan struct{}, 1)}
		b.place = s.recent.PushFront(b)
		s.books[id] = b
	}
	b.users++
	s.mu.Unlock()
	select {
	case b.turn <- struct{}{}:
		return b, nil
	case <-ctx.Done():
		s.leave(b)
		return nil, Errorf(Unavailable, "plan", "the plan %s is busy", quote(string(id))).WithHint("try again").Because(ctx.Err())
	}
}

// putBack ends the taker's turn and forgets the histories that were not used for longest.
func (s *shelf) putBack(b *book) {
	weight := uint64(0)
	if b.history != nil {
		weight = b.history.head.PlanSeq + 8
	}
	s.mu.Lock()
	s.events += weight - b.weight
	b.weight = weight
	s.recent.MoveToFront(b.place)
	s.mu.Unlock()
	<-b.turn
	s.leave(b)
}

func (s *shelf) leave(b *book) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.users--
	for at := s.recent.Back(); at != nil && s.events > maxShelved; {
		old := at.Value.(*book)
		at = at.Prev()
		if old.users == 0 && old != b {
			s.recent.Remove(old.place)
			delete(s.books, old.id)
			s.events -= old.weight
		}
	}
}

// settle keeps in mind of which commands the outcome is not known. A journal that does not answer says nothing new of them:
// that nothing was recorded would be true of the last try only.
func (b *book) settle(c CommandID, err error) error {
	switch kind := KindOf(err); {
	case err != nil && kind == Unknown:
		if b.doubt == nil || len(b.doubt) > 1000 { // of most nobody asks again
			b.doubt = map[CommandID]bool{}
		}
		b.doubt[c] = true
	case err != nil && (kind == Unavailable || kind == Internal):
		if b.doubt[c] {
			return Errorf(Unknown, "", "it is still not known whether command %s was recorded", c).
				WithHint("ask again with the same command id: it can't be recorded twice").Because(err)
		}
	default:
		delete(b.doubt, c) // the history was read
	}
	return err
}
