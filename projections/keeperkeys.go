package projections

import (
	"context"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"plantrail/domain"
	"plantrail/evidence"
)

// signing is the keys that the log is known by, oldest first, and the one that this process signs with. Guarded by Keeper.mu.
type signing struct {
	known  []note.Verifier
	signer note.Signer // nil: it watches and signs nothing
}

func sameKey(a, b interface{ KeyHash() uint32 }) bool { return a.KeyHash() == b.KeyHash() }

// may says why a signer is not to sign for the log.
func (ks signing) may(s note.Signer, origin string) error {
	switch {
	case s.Name() != origin:
		return domain.Errorf(domain.Invalid, "key", "the signing key is named %s, the log %s", s.Name(), origin)
	case !slices.ContainsFunc(ks.known, func(v note.Verifier) bool { return v.Name() == s.Name() && sameKey(v, s) }):
		return domain.Errorf(domain.Invalid, "key", "the signing key is not among those that the log is known by").WithHint("adopt it first")
	}
	return nil
}

// Adopt makes another key the one to sign with. The log has adopted it already. A checkpoint by it is signed at the next
// look, also if nothing was added: what follows must not be in doubt about whether the change came about.
func (k *Keeper) Adopt(signer note.Signer, known ...note.Verifier) error {
	next := signing{known, signer}
	if err := next.may(signer, k.opts.Origin); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = next
	return nil
}

func (k *Keeper) known() []note.Verifier {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys.known
}

func (k *Keeper) signer() note.Signer {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.keys.signer
}

// relearn asks the history itself which keys the log has: another process may have changed them. One whose own key was
// replaced signs nothing any more.
func (k *Keeper) relearn(ctx context.Context) error {
	if k.opts.Keys == nil {
		return nil
	}
	known, err := k.opts.Keys(ctx)
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.keys.signer; s != nil && len(known) > 0 && !sameKey(s, known[len(known)-1]) {
		k.logger().Warn("the signing key was replaced by a later one: this process signs no checkpoints")
		k.keys.signer = nil
	}
	k.keys.known = known
	return nil
}

// openNote opens a checkpoint with the keys known, or with those that the history has by now.
func (k *Keeper) openNote(ctx context.Context, signed []byte) (evidence.Checkpoint, *note.Note, error) {
	c, n, err := evidence.OpenCheckpoint(signed, k.opts.Origin, k.known()...)
	if err == nil {
		return c, n, nil
	}
	if err := k.relearn(ctx); err != nil {
		return c, nil, err
	}
	return evidence.OpenCheckpoint(signed, k.opts.Origin, k.known()...)
}

// bySigner reports whether this process's own key has signed a note; it has if this process signs nothing.
func (k *Keeper) bySigner(n *note.Note) bool {
	s := k.signer()
	return s == nil || n != nil && slices.ContainsFunc(n.Sigs, func(sig note.Signature) bool { return sig.Name == s.Name() && sig.Hash == s.KeyHash() })
}
