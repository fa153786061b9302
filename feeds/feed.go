package feeds

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"plantrail/domain"
)

// Config is what a feed is made of.
type Config struct {
	Org      domain.OrgID
	Identity string // of the journal: cursors are sealed with it
	Journal  Journal
	Log      *slog.Logger // nil: slog.Default
	Keep     int          // how many of the latest events are kept in memory; 0 is 4,096
}

// Feed reads the history once for all who follow it. The latest events lie in a ring that every reader shares: one that is
// slow or gone costs the others nothing, for it has only a position, and reads from the journal what the ring has let go.
type Feed struct {
	cfg Config

	sealKeys sync.Map // of cursors, by subscriber: string → []byte

	mu    sync.RWMutex
	ring  []Item // position p lies at p modulo its length
	first domain.Position
	last  domain.Position // the ring holds first to last; last < first: nothing
	runs  bool            // the ring is being filled: last is the history's end, within a moment
	grown chan struct{}   // closed when last or runs changes
}

// Item is one event of a feed.
type Item struct {
	Stored
	Disclosures []string // of its texts, where they are wanted and not erased
	Withheld    bool     // it has texts, or had, which the query may not have
	LeftOut     bool     // the query does not want it: only its leaf hash may be told
	mark        mark     // of its position
}

// New makes a feed. It reads from the journal only, until [Feed.Run] fills its ring.
func New(cfg Config) *Feed {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Keep == 0 {
		cfg.Keep = 4096
	}
	return &Feed{cfg: cfg, first: 1, grown: make(chan struct{})}
}

// Journal is the history that the feed reads.
func (f *Feed) Journal() Journal { return f.cfg.Journal }

// rest is how long the feed waits after the journal failed before it tries again.
const rest = 500 * time.Millisecond

// Run fills the ring with what is recorded from now on, until ctx ends. When the journal fails, readers are told nothing:
// those that wait go on waiting, and it begins again.
func (f *Feed) Run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := f.fill(ctx); err != nil && ctx.Err() == nil {
			f.cfg.Log.Warn("the feed lost the journal, trying again", "err", err)
		}
		f.forget()
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}

// fill follows the journal from its end.
func (f *Feed) fill(ctx context.Context) error {
	end, err := f.cfg.Journal.End(ctx)
	if err != nil {
		return err
	}
	at, err := f.markAt(ctx, end)
	if err != nil {
		return err
	}
	f.begin(end)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	coming := make(chan Stored, 512)
	failed := make(chan error, 1)
	go func() {
		for s, err := range f.cfg.Journal.Stored(ctx, end, true) {
			if err != nil {
				failed <- err
				return
			}
			select {
			case coming <- s:
			case <-ctx.Done():
			}
		}
		failed <- ctx.Err()
	}()
	for {
		select {
		case s := <-coming:
			if err := f.take(ctx, &at, more(s, coming)); err != nil {
				return err
			}
		case err := <-failed:
			return err
		}
	}
}

// more takes what else has come meanwhile: texts are read for many at once.
func more(s Stored, coming <-chan Stored) []Stored {
	all := []Stored{s}
	for len(all) < cap(coming) {
		select {
		case s := <-coming:
			all = append(all, s)
		default:
			return all
		}
	}
	return all
}

func (f *Feed) take(ctx context.Context, at *mark, all []Stored) error {
	found, err := f.textsOf(ctx, all, func(Stored) bool { return true })
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range all {
		at.step(s.Position, s.Leaf)
		f.ring[int(s.Position)%len(f.ring)] = Item{Stored: s, Disclosures: found[s.ID], mark: *at}
		f.last = s.Position
		f.first = max(f.first, f.last+1-min(f.last, domain.Position(len(f.ring))))
		f.erase(s.Event)
	}
	f.wake()
	return nil
}

// erase drops a text that is gone from the store from memory, too.
func (f *Feed) erase(e domain.Event) {
	done, ok := e.(*domain.ErasureCompleted)
	if !ok {
		return
	}
	for at := f.first; at <= f.last; at++ {
		it := &f.ring[int(at)%len(f.ring)]
		if it.ID == done.Of {
			it.Disclosures = slices.DeleteFunc(slices.Clone(it.Disclosures), func(enc string) bool {
				_, erased := Disclosed([]string{enc})[done.Field]
				return erased
			})
		}
	}
}

func (f *Feed) begin(end domain.Position) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ring = make([]Item, f.cfg.Keep)
	f.first, f.last, f.runs = end+1, end, true
	f.wake()
}

func (f *Feed) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ring, f.first, f.runs = nil, f.last+1, false
	f.wake()
}

// wake is called with the lock held.
func (f *Feed) wake() {
	close(f.grown)
	f.grown = make(chan struct{})
}

func (f *Feed) remembered(at domain.Position) (Item, bool) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if at < f.first || at > f.last {
		return Item{}, false
	}
	return f.ring[int(at)%len(f.ring)], true
}

// textsOf reads the disclosures of those events that are wanted, as they are now.
func (f *Feed) textsOf(ctx context.Context, all []Stored, wanted func(Stored) bool) (map[domain.EventID][]string, error) {
	var ask []Stored
	for _, s := range all {
		if s.Texts > 0 && wanted(s) {
			ask = append(ask, s)
		}
	}
	if len(ask) == 0 {
		return nil, nil
	}
	return f.cfg.Journal.Disclosures(ctx, ask)
}
