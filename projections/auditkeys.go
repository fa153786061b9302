package projections

import (
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/note"

	"plantrail/domain"
	"plantrail/evidence"
)

// auditedKeys is what an audit learns of the log's keys from its history. A key signs from the event on by which the log
// adopts it, and no more once a later one has signed: a checkpoint by a key that was given up, or not yet known, was made by
// somebody who has the key and not the log. Logs whose history says nothing of keys are known by what the caller says.
type auditedKeys struct {
	adopted map[uint32]domain.Position // by the key's hash
	signer  uint32                     // of the checkpoint to be met next
	latest  int                        // the newest key that has signed, among the verifiers
}

func (k *auditedKeys) adopt(key string, at domain.Position) {
	if v, err := evidence.NewVerifier(key); err == nil {
		if k.adopted == nil {
			k.adopted = map[uint32]domain.Position{}
		}
		k.adopted[v.KeyHash()] = at
	}
}

// signedBy notes which key has signed a checkpoint, the newest of several, and refuses one that was given up before.
func (a *audit) signedBy(c evidence.Checkpoint, n *note.Note) error {
	at := -1
	for _, sig := range n.Sigs {
		at = max(at, slices.IndexFunc(a.o.Verifiers, func(v note.Verifier) bool { return v.Name() == sig.Name && v.KeyHash() == sig.Hash }))
	}
	if at < a.keys.latest {
		return a.found(checkRoots, fmt.Sprintf("a checkpoint of %d events is signed by a key that had been replaced before", c.Size), nil)
	}
	a.keys.latest, a.keys.signer = at, a.o.Verifiers[at].KeyHash()
	return nil
}

// keyInTime refuses a checkpoint by a key that the log adopted only later. The events up to it are read.
func (a *audit) keyInTime(c evidence.Checkpoint) error {
	if _, known := a.keys.adopted[a.keys.signer]; known || len(a.keys.adopted) == 0 {
		return nil
	}
	return a.found(checkRoots, fmt.Sprintf("the checkpoint of %d events is signed by a key that the log had not adopted by then", c.Size), nil)
}
