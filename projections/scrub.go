package projections

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
)

const (
	restBetween = 2 * time.Second // between two passes
	stall       = 5 * time.Second // a leaf that has not come by then can't be read
)

// scrub re-reads the history pass by pass until ctx ends.
func (k *Keeper) scrub(ctx context.Context) {
	for ctx.Err() == nil {
		if err := k.Check(ctx); err != nil && ctx.Err() == nil {
			k.logger().Warn("the history could not be re-read", "error", err)
		}
		select {
		case <-time.After(restBetween):
		case <-k.wake:
		case <-ctx.Done():
		}
	}
}

// Check re-reads every leaf that the tree has from the journal and compares: each with the tree, and the root of all with
// the tree's and with what is signed. It raises the alarm over the first that differs. An error says that it could not be
// done.
func (k *Keeper) Check(ctx context.Context) error { return k.check(ctx, k.halted()) }

func (k *Keeper) check(ctx context.Context, fast bool) error {
	tree, err := k.db.Tree(ctx)
	if err != nil {
		return err
	}
	p := pass{k: k, tree: tree, began: time.Now()}
	if !fast {
		p.rate = min(float64(k.opts.Rate), max(1000, float64(tree.Size)/k.opts.Pass.Seconds()))
	}
	k.mu.Lock()
	p.signed = k.last
	k.mu.Unlock()
	good, err := p.read(ctx)
	if err != nil || !good {
		return err
	}
	root, err := tree.Root(tree.Size)
	switch {
	case err != nil:
		return err
	case p.then != nil && *p.then != p.signed.Root:
		k.raise(fmt.Sprintf("the first %d events of the history have the root %v, the checkpoint signed for them states %v: events were altered, "+
			"and the read models were built from the altered ones: `plantrail verify` narrows down which", p.signed.Size, *p.then, p.signed.Root), nil)
		return nil
	case root != p.own.Root():
		k.distrust(fmt.Sprintf("the read models state the root %v for the %d events of the journal, whose root is %v: run `plantrail rebuild`",
			root, tree.Size, p.own.Root()))
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mild { // the read models are right again
		k.status.Alarm, k.mild = "", false
	}
	k.status.LastCheck = time.Now()
	k.status.Passes++
	return nil
}

// pass is one reading of all leaves.
type pass struct {
	k      *Keeper
	tree   Tree
	signed evidence.Checkpoint
	own    evidence.Tree
	then   *tlog.Hash // the root at the size that is signed
	tile   []byte
	rate   float64 // leaves a second; 0 does not wait
	began  time.Time
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
	for leaf, err := range p.k.log.Leaves(reading, 0, false) {
		switch {
		case err != nil && ctx.Err() != nil:
			return false, ctx.Err()
		case err != nil && (context.Cause(reading) == errStalled || domain.KindOf(err) == domain.Internal):
			return false, p.lost(ctx, err)
		case err != nil:
			return false, err
		case int64(leaf.Position) != p.own.Size()+1:
			return false, p.lost(ctx, fmt.Errorf("position %d follows %d", leaf.Position, p.own.Size()))
		}
		if good, err := p.leaf(ctx, leaf); err != nil || !good {
			return false, err
		}
		if p.own.Size() == p.tree.Size {
			return true, nil
		}
		if p.own.Size()%evidence.TileWidth == 0 {
			watch.Stop()
			if err := p.pace(ctx); err != nil {
				return false, err
			}
			watch.Reset(stall)
		}
	}
	return false, p.lost(ctx, errors.New("the journal ends before it"))
}

// leaf compares one.
func (p *pass) leaf(ctx context.Context, leaf Leaf) (good bool, err error) {
	index := p.own.Size()
	if index%evidence.TileWidth == 0 {
		width := min(p.tree.Size-index, evidence.TileWidth)
		if p.tile, err = p.tree.Tile(evidence.Tile{N: index / evidence.TileWidth, Width: int(width)}); err != nil {
			return false, err
		}
	}
	hash := evidence.LeafHash(leaf.Body)
	if want := tlog.Hash(p.tile[index%evidence.TileWidth*tlog.HashSize:]); want != hash {
		return false, p.blame(ctx, leaf, want, hash)
	}
	p.own.Add(hash)
	if p.own.Size() == p.signed.Size {
		root := p.own.Root()
		p.then = &root
	}
	return true, nil
}

// blame finds out whether the journal or the read models changed: what is signed decides.
func (p *pass) blame(ctx context.Context, leaf Leaf, kept, read tlog.Hash) error {
	index := p.own.Size()
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

// lost raises the alarm over a leaf that is not there any more, when a second try does not find it either and the journal
// answers otherwise.
func (p *pass) lost(ctx context.Context, why error) error {
	at := domain.Position(p.own.Size() + 1)
	if _, err := p.k.log.Tail(ctx); err != nil {
		return err
	}
	if _, err := readLeaf(ctx, p.k.log, at); err == nil {
		return fmt.Errorf("the event at position %d was not read at the first try: %w", at, why)
	} else if ctx.Err() != nil {
		return ctx.Err()
	}
	bad := p.k.db.badEvent(ctx, at, nil)
	p.k.raise(fmt.Sprintf("the history has lost events: %s (%v)", bad, why), &bad)
	return nil
}

// readLeaf reads one leaf.
func readLeaf(ctx context.Context, log CheckpointStore, at domain.Position) (Leaf, error) {
	ctx, cancel := context.WithTimeout(ctx, stall)
	defer cancel()
	for leaf, err := range log.Leaves(ctx, at-1, false) {
		if err == nil && leaf.Position != at {
			err = fmt.Errorf("position %d comes in place of %d", leaf.Position, at)
		}
		return leaf, err
	}
	return Leaf{}, fmt.Errorf("the journal ends before position %d", at)
}

// pace waits until the leaves read so far are due.
func (p *pass) pace(ctx context.Context) error {
	p.k.mu.Lock()
	p.k.status.Checked = domain.Position(p.own.Size())
	p.k.mu.Unlock()
	if p.rate == 0 {
		return ctx.Err()
	}
	due := p.began.Add(time.Duration(float64(p.own.Size()) / p.rate * float64(time.Second)))
	select {
	case <-time.After(time.Until(due)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
