package projections

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
)

// Last is the newest checkpoint that this process has seen or signed, a signed note; nil while there is none, and after an
// alarm, when nothing more is to leave the house.
func (k *Keeper) Last() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.status.Alarm != "" {
		return nil
	}
	return k.status.Checkpoint
}

// Stored asks the journal how many events the newest checkpoint states that any process has kept.
func (k *Keeper) Stored(ctx context.Context) (int64, error) {
	last, ok, err := k.stored(ctx)
	if err == nil && !ok {
		err = domain.Errorf(domain.Unavailable, "checkpoint", "the last one kept can't be trusted")
	}
	return last.Size, err
}

// Prove proves that the tree of old events is the beginning of that of new ones, by what the read models hold. A proof that
// does not hold together is not given: whoever is shown it would take the history for another.
func (k *Keeper) Prove(ctx context.Context, old, new int64) (tlog.TreeProof, error) {
	tree, err := k.db.Tree(ctx)
	if err != nil {
		return nil, err
	}
	var roots [2]evidence.Checkpoint
	for i, size := range []int64{old, new} {
		root, err := tree.Root(size)
		if err != nil {
			return nil, err
		}
		roots[i] = evidence.Checkpoint{Origin: k.opts.Origin, Size: size, Root: root}
	}
	proof, err := tree.ProveTree(new, old)
	if err != nil {
		return nil, err
	}
	return proof, evidence.CheckConsistent(roots[0], roots[1], proof)
}

// Extends says why the history does not begin with what a checkpoint from elsewhere states. If the log itself has signed it,
// that raises the alarm.
func (k *Keeper) Extends(ctx context.Context, signed []byte) error {
	c, _, err := evidence.OpenCheckpoint(signed, k.opts.Origin, k.known()...)
	if err != nil {
		return fmt.Errorf("what is there is no checkpoint of this log: %w", err)
	}
	stored, err := k.Stored(ctx)
	if err != nil {
		return err
	}
	if stored < c.Size {
		why := fmt.Sprintf("a checkpoint that this log signed states %d events, the newest one here %d: events and checkpoints were taken back", c.Size, stored)
		k.Alarm(why)
		return domain.Errorf(domain.Refused, "checkpoint", "%s", why)
	}
	tree, err := k.db.Tree(ctx)
	if err != nil {
		return err
	}
	root, err := tree.Root(c.Size)
	if err != nil {
		return err
	}
	if root == c.Root {
		return nil
	}
	why := fmt.Sprintf("a checkpoint that this log signed states the root %v for the first %d events, which is %v today: the history was made again", c.Root, c.Size, root)
	// If the read models are wrong instead, reading all leaves says so.
	if err := k.doubt(ctx, k.newest(), why); err != nil {
		return err
	}
	return domain.Errorf(domain.Refused, "checkpoint", "%s", why)
}

// Alarm is for whoever has found outside of the journal that the history is not what it was: a witness, or the one who
// holds the key.
func (k *Keeper) Alarm(reason string) { k.raise(reason, nil) }

func (k *Keeper) newest() evidence.Checkpoint {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.last
}
