package projections

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
)

// Disk is the journal's own files, where this process can read them. What the journal answers may come from its memory long
// after its files were damaged.
type Disk interface {
	// Leaves yields the leaves after a position in order, as they lie in the files. A leaf's bytes are good until the next
	// one is asked for. An error of kind Internal means that the next one is damaged.
	Leaves(ctx context.Context, after domain.Position) iter.Seq2[Leaf, error]
	// Newest is the position from which on they are still written to.
	Newest() domain.Position
	// Touched names the files that were changed, or are gone, since it was last asked, though nothing should ever do so.
	Touched() ([]string, error)
}

const (
	restBetween = time.Second     // between two passes
	stall       = 5 * time.Second // a leaf that has not come by then can't be read
	diskRate    = 200_000         // leaves a second of the files: a million in five seconds
	besideRate  = 2_000           // leaves a second through the journal's server, where the files are read too
	share       = 2               // a pass works for at most one part in so many of its time
)

// errWoken ends a pass that is slow for one that is not.
var errWoken = errors.New("all leaves are to be read at once")

// route is one way to read the history again.
type route struct {
	server string // whose copy it is, "" for the journal's
	leaves func(ctx context.Context, after domain.Position) iter.Seq2[Leaf, error]
	rate   int                             // leaves a second, at most
	tries  int                             // after which a leaf that did not come is gone
	gone   string                          // what is said of it then
	up     func(ctx context.Context) error // why it can't be asked at all now
}

// routes are the ways to read the history; the first is the one that finds what is wrong in time. Where the files are read,
// the journal's server is asked slowly, too: it may give something else than its files hold.
func (k *Keeper) routes() []route {
	journal := route{leaves: func(ctx context.Context, after domain.Position) iter.Seq2[Leaf, error] {
		return k.log.Leaves(ctx, after, false)
	}, rate: k.opts.Rate, tries: 1, gone: "is missing", up: k.answers}
	if k.opts.Disk == nil {
		return []route{journal}
	}
	journal.rate = min(journal.rate, besideRate)
	// The newest leaves may be on their way to the file.
	return []route{{leaves: k.opts.Disk.Leaves, rate: diskRate, tries: 10, gone: "is damaged or missing in the journal's files",
		up: func(context.Context) error { return nil }}, journal}
}

// scrub re-reads the history pass by pass until ctx ends. The first one of those that lead does not wait: it says how the
// history was found.
func (k *Keeper) scrub(ctx context.Context, r route, leads bool) {
	wake := k.wake
	if !leads {
		wake = nil
	}
	for fast := leads; ctx.Err() == nil; {
		_, err := k.check(ctx, r, leads, fast)
		if fast = errors.Is(err, errWoken); fast {
			continue
		}
		if err != nil && ctx.Err() == nil {
			k.logger().Warn("the history could not be re-read", "error", err)
		}
		select {
		case <-time.After(restBetween):
		case <-wake:
			fast = true
		case <-ctx.Done():
		}
	}
}

// watchNewest re-reads, every second or two until ctx ends, what lies in the file that is written to. Of the files before
// it a change shows by itself; of this one only reading tells, and a pass over a long history comes to it last.
func (k *Keeper) watchNewest(ctx context.Context) {
	for pause(ctx, restBetween) == nil {
		if err := k.checkNewest(ctx); err != nil && ctx.Err() == nil {
			k.logger().Warn("the newest events could not be re-read", "error", err)
		}
	}
}

func (k *Keeper) checkNewest(ctx context.Context) error {
	tree, err := k.db.Tree(ctx)
	first := int64(k.opts.Disk.Newest()) - 1
	if err != nil || first <= 0 || first >= tree.Size { // with one file, the pass over all is as soon there
		return err
	}
	p := pass{k: k, route: k.routes()[0], tree: tree, first: first, signed: k.newest()}
	_, err = p.read(ctx)
	return err
}

// watchFiles has all leaves read at once when a file was changed that never should be. That is no proof of anything: a
// change of its rights or another name for it shows, too.
func (k *Keeper) watchFiles() {
	if k.opts.Disk == nil {
		return
	}
	touched, err := k.opts.Disk.Touched()
	switch {
	case err != nil:
		k.logger().Warn("the journal's files can't be watched", "error", err)
	case len(touched) > 0:
		k.logger().Warn("finished files of the journal were touched: all are read again", "files", touched)
		k.hurry()
	}
}

// hurry has all leaves read at once.
func (k *Keeper) hurry() {
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Check re-reads every leaf that the tree has from the journal, in every way there is, and compares: each with the tree, and
// the root of all with the tree's and with what is signed. It raises the alarm over the first that differs. An error says
// that it could not be done.
func (k *Keeper) Check(ctx context.Context) error {
	for i, r := range k.routes() {
		if _, err := k.check(ctx, r, i == 0, true); err != nil {
			return err
		}
	}
	return nil
}

// Glance re-reads the journal's files, where this process can read them and they hold at most so many events, and raises the
// alarm over what it finds: for whoever has no time to run.
func (k *Keeper) Glance(ctx context.Context, most int64) error {
	tree, err := k.db.Tree(ctx)
	if err != nil || k.opts.Disk == nil || tree.Size > most {
		return err
	}
	_, err = k.check(ctx, k.routes()[0], true, true)
	return err
}

// check is one pass; good is false when something was found.
func (k *Keeper) check(ctx context.Context, r route, leads, fast bool) (good bool, err error) {
	tree, err := k.db.Tree(ctx)
	if err != nil {
		return false, err
	}
	p := pass{k: k, route: r, leads: leads, tree: tree, began: time.Now()}
	if p.resumed = p.began; !fast {
		p.pace = min(float64(r.rate), max(1000, float64(tree.Size)/k.opts.Pass.Seconds()))
	}
	k.mu.Lock()
	p.signed = k.last
	k.mu.Unlock()
	if good, err = p.read(ctx); err != nil || !good {
		return false, err
	}
	root, err := tree.Root(tree.Size)
	switch {
	case err != nil:
		return false, err
	case p.then != nil && *p.then != p.signed.Root:
		k.raise(fmt.Sprintf("the first %d events of the history have the root %v, the checkpoint signed for them states %v: events were altered, "+
			"and the read models were built from the altered ones: `plantrail verify` narrows down which", p.signed.Size, *p.then, p.signed.Root), nil)
		return false, nil
	case root != p.own.Root():
		k.distrust(fmt.Sprintf("the read models state the root %v for the %d events of the journal, whose root is %v: run `plantrail rebuild`",
			root, tree.Size, p.own.Root()))
		return false, nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mild { // the read models are right again
		k.status.Alarm, k.mild = "", false
	}
	if r.server == "" {
		k.status.Passes++
	}
	if leads {
		k.status.Checked = domain.Position(tree.Size)
		k.status.LastCheck, k.status.CheckTook = time.Now(), time.Since(p.began).Seconds()
	} else if r.server == "" {
		k.status.LastServed = time.Now()
	}
	return true, nil
}

// pass is one reading of all leaves.
type pass struct {
	route
	k      *Keeper
	leads  bool
	first  int64 // the index of the leaf that it begins with
	tree   Tree
	signed evidence.Checkpoint
	own    evidence.Tree
	then   *tlog.Hash // the root at the size that is signed
	tile   []byte

	pace           float64 // leaves a second; 0 does not wait
	began, resumed time.Time
	worked         time.Duration
}

// read compares leaf by leaf; good is false when something was found.
func (p *pass) read(ctx context.Context) (good bool, err error) {
	if p.tree.Size == 0 {
		return true, nil
	}
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	watch := time.AfterFunc(stall, func() { stop(errStalled) })
	defer watch.Stop()
	for leaf, err := range p.leaves(reading, domain.Position(p.first)) {
		switch {
		case err != nil && ctx.Err() != nil:
			return false, ctx.Err()
		case err != nil && (context.Cause(reading) == errStalled || domain.KindOf(err) == domain.Internal):
			return false, p.lost(ctx, err)
		case err != nil:
			return false, err
		case int64(leaf.Position) != p.index()+1:
			return false, p.lost(ctx, fmt.Errorf("position %d follows %d", leaf.Position, p.index()))
		}
		if good, err := p.leaf(ctx, leaf); err != nil || !good {
			return false, err
		}
		if p.index() == p.tree.Size {
			return true, nil
		}
		if p.index()%evidence.TileWidth == 0 {
			watch.Stop()
			if err := p.rest(ctx); err != nil {
				return false, err
			}
			watch.Reset(stall)
		}
	}
	return false, p.lost(ctx, errors.New("the journal ends before it"))
}

// index is that of the leaf that comes next.
func (p *pass) index() int64 { return p.first + p.own.Size() }

// leaf compares one.
func (p *pass) leaf(ctx context.Context, leaf Leaf) (good bool, err error) {
	index := p.index()
	if index%evidence.TileWidth == 0 || p.tile == nil {
		n := index / evidence.TileWidth
		width := min(p.tree.Size-n*evidence.TileWidth, evidence.TileWidth)
		if p.tile, err = p.tree.Tile(evidence.Tile{N: n, Width: int(width)}); err != nil {
			return false, err
		}
	}
	hash := evidence.LeafHash(leaf.Body)
	if want := tlog.Hash(p.tile[index%evidence.TileWidth*tlog.HashSize:]); want != hash {
		return false, p.blame(ctx, leaf, want, hash)
	}
	p.own.Add(hash)
	if p.first == 0 && p.own.Size() == p.signed.Size {
		root := p.own.Root()
		p.then = &root
	}
	return true, nil
}

// blame finds out whether the journal or the read models changed: what is signed decides.
func (p *pass) blame(ctx context.Context, leaf Leaf, kept, read tlog.Hash) error {
	index := p.index()
	last := p.signed
	if index < last.Size && last.Size <= p.tree.Size {
		proof, err := p.tree.ProveRecord(last.Size, index)
		if err != nil {
			return err
		}
		if evidence.CheckInclusion(last, index, kept, proof) != nil && evidence.CheckInclusion(last, index, read, proof) == nil {
			p.k.distrust(fmt.Sprintf("the read models hold another hash for the event at position %d than what is signed, the journal has the right event: "+
				"run `plantrail rebuild`", index+1))
			return nil
		}
	}
	bad := p.k.db.badEvent(ctx, leaf.Position, leaf.Body)
	p.k.raise("the history was altered: "+bad.String(), &bad)
	return nil
}

// lost raises the alarm over a leaf that is not there any more, when trying again does not find it either.
func (p *pass) lost(ctx context.Context, why error) error {
	at := domain.Position(p.index() + 1)
	if err := p.up(ctx); err != nil && domain.KindOf(err) != domain.Internal { // of that kind is a journal that is gone
		return err
	}
	for try := range p.tries {
		if try > 0 {
			if err := pause(ctx, 100*time.Millisecond); err != nil {
				return err
			}
		}
		if _, err := readLeaf(ctx, p.leaves, at); err == nil {
			return fmt.Errorf("the event at position %d was not read at the first try: %w", at, why)
		} else if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	bad := p.k.db.badEvent(ctx, at, nil)
	bad.Differs = p.gone
	switch where := p.k.whoLacks(ctx, at); {
	case where != "":
		bad.Differs = where
	case p.server != "":
		return fmt.Errorf("the event at position %d was not read at the first try: %w", at, why)
	}
	p.k.raise(fmt.Sprintf("the history has lost events: %s (%v)", bad, why), &bad)
	return nil
}

// readLeaf reads one leaf.
func readLeaf(ctx context.Context, leaves func(context.Context, domain.Position) iter.Seq2[Leaf, error], at domain.Position) (Leaf, error) {
	ctx, cancel := context.WithTimeout(ctx, stall)
	defer cancel()
	for leaf, err := range leaves(ctx, at-1) {
		if err == nil && leaf.Position != at {
			err = fmt.Errorf("position %d comes in place of %d", leaf.Position, at)
		}
		return leaf, err
	}
	return Leaf{}, fmt.Errorf("the journal ends before position %d", at)
}

// rest waits until the leaves read so far are due, and for as long as the share of time that a pass may take wants it.
func (p *pass) rest(ctx context.Context) error {
	if p.leads {
		p.k.mu.Lock()
		p.k.status.Checked = domain.Position(p.own.Size())
		p.k.mu.Unlock()
	}
	if p.pace == 0 {
		return ctx.Err()
	}
	p.worked += time.Since(p.resumed)
	defer func() { p.resumed = time.Now() }()
	due := max(time.Duration(float64(p.own.Size())/p.pace*float64(time.Second)), share*p.worked)
	wake := p.k.wake
	if !p.leads {
		wake = nil
	}
	select {
	case <-time.After(time.Until(p.began.Add(due))):
		return nil
	case <-wake:
		return errWoken
	case <-ctx.Done():
		return ctx.Err()
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
