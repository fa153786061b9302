package projections

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
)

// Leaf is the exact bytes of one stored event: leaf Position-1 of the log. Plan is the history under which it lies.
type Leaf struct {
	Position domain.Position
	Plan     domain.PlanID
	Body     []byte
}

// CheckpointStore is the journal as the keeper sees it: raw leaves, and the checkpoints kept beside them.
type CheckpointStore interface {
	// LastCheckpoint reads the last checkpoint and its sequence; nil and 0 when there is none.
	LastCheckpoint(ctx context.Context) (note []byte, seq uint64, err error)
	// PutCheckpoint keeps a checkpoint on condition that after is still the sequence of the last one; a Conflict means that
	// it is not, Unknown that nobody knows whether it was kept.
	PutCheckpoint(ctx context.Context, after uint64, note []byte) (uint64, error)
	// Leaves yields the leaves after a position in order, without a hole. An error of kind Internal means that one of them
	// is gone or can't be read; of kind Unavailable, that the journal can't be asked now.
	Leaves(ctx context.Context, after domain.Position, follow bool) iter.Seq2[Leaf, error]
	// Tail is the journal's end now.
	Tail(ctx context.Context) (Tail, error)
}

// KeeperOptions are the settings of a [Keeper].
type KeeperOptions struct {
	Origin    string          // names the log, and its key
	Signer    note.Signer     // nil: it watches and signs nothing
	Verifiers []note.Verifier // of every key the log ever had, oldest first, the signer's among them
	// Keys asks the history which keys the log has by now, oldest first; nil: it never changes them.
	Keys    func(ctx context.Context) ([]note.Verifier, error)
	OnAlarm func(reason string) // it must not ask the keeper anything
	Disk    Disk                // nil where the journal's files are on other machines
	Copies  Copies              // nil where one server has the journal
	Every   time.Duration       // between two looks at the tree; 0 is half a second
	Pass    time.Duration       // how long re-reading the whole history should take; 0 is 5 seconds
	Rate    int                 // leaves a second that are asked of one server at most, whatever Pass says; 0 is 25,000
}

// Keeper signs checkpoints of the history and never stops doubting it.
//
// Twice a second it looks at the last checkpoint kept with the journal: where the read models' tree begins with what that
// one states, and has grown, it signs the new tree and keeps it by compare-and-swap. Any number of keepers, in any number
// of processes, may do so: each builds on the last one kept, so there is one line of checkpoints and no fork. Beside that it
// re-reads every leaf from the journal, over and over, and holds it against the tree.
//
// When the journal is found shorter, or other, than what was signed or projected, it raises the alarm, once, signs nothing
// any more, and names the first bad event. Its holder stops the appends.
type Keeper struct {
	db   *DB
	log  CheckpointStore
	opts KeeperOptions

	mu     sync.Mutex
	keys   signing
	status KeeperStatus
	last   evidence.Checkpoint // the last one kept, signature and root verified
	mild   bool                // the alarm is about the read models, not the journal
	behind time.Time           // since when the tree is ahead of what is signed
	wake   chan struct{}       // a check of all leaves is wanted at once
}

// KeeperStatus is how far the history is signed and re-read. Alarm is why nothing is signed any more, "" while all is well.
type KeeperStatus struct {
	Origin     string            `json:"origin"`
	Size       int64             `json:"size"` // of the last checkpoint
	Root       string            `json:"root,omitempty"`
	Signed     time.Time         `json:"signed,omitzero"` // when this process last saw a new one
	Checkpoint []byte            `json:"-"`               // the signed note
	LagEvents  int64             `json:"lag_events"`      // events not yet signed
	LagSeconds float64           `json:"lag_seconds"`     // for how long the oldest of them has been in the tree
	LastLag    float64           `json:"last_lag_seconds"`
	LastCheck  time.Time         `json:"last_check,omitzero"`        // when every leaf was last found right
	CheckTook  float64           `json:"check_seconds"`              // and how long that took
	LastServed time.Time         `json:"last_served_check,omitzero"` // where LastCheck is of the journal's files: when its server last gave each right
	Checked    domain.Position   `json:"checked"`                    // of the pass under way, or the last one
	Passes     uint64            `json:"passes"`
	Copies     map[string]string `json:"copies,omitempty"` // in a cluster, how each server's own copy was found, by the server's name
	Alarm      string            `json:"alarm,omitempty"`
	Bad        *BadEvent         `json:"bad,omitempty"`   // the first event that is not as it was recorded
	Error      string            `json:"error,omitempty"` // why the last look failed, where nothing follows from that
}

// NewKeeper makes a keeper; Run starts it.
func NewKeeper(db *DB, log CheckpointStore, opts KeeperOptions) (*Keeper, error) {
	if opts.Every == 0 {
		opts.Every = 500 * time.Millisecond
	}
	if opts.Pass == 0 {
		opts.Pass = 5 * time.Second
	}
	if opts.Rate == 0 {
		opts.Rate = 25_000
	}
	ks := signing{opts.Verifiers, opts.Signer}
	if opts.Signer != nil {
		if err := ks.may(opts.Signer, opts.Origin); err != nil {
			return nil, err
		}
	}
	return &Keeper{db: db, log: log, opts: opts, keys: ks, status: KeeperStatus{Origin: opts.Origin}, wake: make(chan struct{}, 1)}, nil
}

// Run keeps until ctx ends.
func (k *Keeper) Run(ctx context.Context) error {
	var scrubbing sync.WaitGroup
	for i, r := range k.routes() {
		scrubbing.Go(func() { k.scrub(ctx, r, i == 0) })
	}
	if k.opts.Disk != nil {
		scrubbing.Go(func() { k.watchNewest(ctx) })
	}
	if k.opts.Copies != nil {
		scrubbing.Go(func() { k.scrubCopies(ctx) })
	}
	defer scrubbing.Wait()
	tick := time.NewTicker(k.opts.Every)
	defer tick.Stop()
	for {
		if err := k.Keep(ctx); err != nil && ctx.Err() == nil {
			k.logger().Warn("checkpoint not signed", "error", err)
		}
		k.watchFiles()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func (k *Keeper) logger() *slog.Logger { return k.db.opts.Log }

// Status is how the keeper stands.
func (k *Keeper) Status() KeeperStatus {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.status
	if !k.behind.IsZero() {
		s.LagSeconds = time.Since(k.behind).Seconds()
	}
	return s
}

// raceTries bounds how often one look begins again because another keeper was faster.
const raceTries = 4

// Keep takes one look, and signs if the tree grew. An error says that it could not look; what it finds wrong raises the
// alarm and is no error.
func (k *Keeper) Keep(ctx context.Context) error {
	var err error
	for range raceTries {
		if err = k.keep(ctx); domain.KindOf(err) != domain.Conflict || err == nil {
			break
		}
	}
	if err != nil && domain.KindOf(err) == domain.Conflict {
		err = nil // others sign as fast as this one looks: so it is signed
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.status.Error = ""
	if err != nil {
		k.status.Error = err.Error()
	}
	return err
}

func (k *Keeper) keep(ctx context.Context) error {
	if k.halted() {
		return nil
	}
	last, ok, err := k.stored(ctx)
	if err != nil || !ok {
		return err
	}
	tree, err := k.db.Tree(ctx)
	if err != nil {
		return err
	}
	// The end is asked for after the tree's size: it can only have grown since.
	tail, err := k.log.Tail(ctx)
	if err != nil {
		return err
	}
	switch end := int64(tail.Events); {
	case end < last.Size:
		k.raise(fmt.Sprintf("the history has %d events, the last checkpoint states %d: events are missing at the end", end, last.Size), nil)
		return nil
	case end < tree.Size:
		k.raise(fmt.Sprintf("the history has %d events, %d were read from it before: events are missing at the end", end, tree.Size), nil)
		return nil
	case tree.Size < last.Size:
		return nil // the read models are behind; another keeper is not
	}
	if ok, err := k.extends(ctx, tree, last.Checkpoint); err != nil || !ok {
		return err
	}
	k.seen(last.Checkpoint, last.signed, tree.Size)
	if signer := k.signer(); signer != nil && (tree.Size > last.Size || last.Size > 0 && !k.bySigner(last.note)) {
		return k.sign(ctx, signer, tree, last.Checkpoint, last.seq)
	}
	return nil
}

// latest is the last checkpoint that the journal keeps; that of an empty history where there is none.
type latest struct {
	evidence.Checkpoint
	note   *note.Note
	signed []byte
	seq    uint64
}

// stored reads the newest checkpoint that any process has kept, and compares it with the one seen before. ok is false when it
// can't be right.
func (k *Keeper) stored(ctx context.Context) (last latest, ok bool, err error) {
	before := k.newest() // asked for first: another look may sign while this one reads
	var empty evidence.Tree
	last.Checkpoint = empty.Checkpoint(k.opts.Origin)
	if last.signed, last.seq, err = k.log.LastCheckpoint(ctx); err != nil {
		return last, false, err
	}
	if len(last.signed) > 0 {
		if last.Checkpoint, last.note, err = k.openNote(ctx, last.signed); domain.KindOf(err) == domain.Unavailable && err != nil {
			return last, false, err
		}
		if err != nil {
			k.raise(fmt.Sprintf("the last checkpoint kept is not this log's: %v", err), nil)
			return last, false, nil
		}
	}
	switch {
	case last.Size < before.Size:
		k.raise(fmt.Sprintf("the last checkpoint kept states %d events, one of %d was seen before: checkpoints were taken back", last.Size, before.Size), nil)
		return last, false, nil
	case last.Size == before.Size && before.Origin != "" && last.Root != before.Root:
		k.raise(fmt.Sprintf("two checkpoints of %d events state the roots %v and %v: two histories were signed", last.Size, before.Root, last.Root), nil)
		return last, false, nil
	}
	return last, true, nil
}

// halted reports whether nothing may be signed: after an alarm, or while the read models are known to be damaged.
func (k *Keeper) halted() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.status.Alarm != ""
}

// extends proves that the tree begins with what the last checkpoint states.
func (k *Keeper) extends(ctx context.Context, tree Tree, last evidence.Checkpoint) (bool, error) {
	root, err := tree.Root(last.Size)
	if err != nil {
		return false, err
	}
	if root != last.Root {
		return false, k.doubt(ctx, last, fmt.Sprintf("the first %d events have the root %v, the checkpoint signed for them states %v: the history was altered",
			last.Size, root, last.Root))
	}
	return true, nil
}

// sign states the whole tree. A crash after PutCheckpoint leaves a checkpoint that the next look finds.
func (k *Keeper) sign(ctx context.Context, signer note.Signer, tree Tree, last evidence.Checkpoint, seq uint64) error {
	root, err := tree.Root(tree.Size)
	if err != nil {
		return err
	}
	next := evidence.Checkpoint{Origin: k.opts.Origin, Size: tree.Size, Root: root}
	var proof tlog.TreeProof
	if proof, err = tree.ProveTree(tree.Size, last.Size); err != nil {
		return err
	}
	if err := evidence.CheckConsistent(last, next, proof); err != nil {
		return k.doubt(ctx, last, "the tree of today does not extend the last checkpoint: "+err.Error())
	}
	signed, err := next.Sign(signer)
	if err != nil {
		return err
	}
	if k.halted() { // the other half of the keeper has found something since
		return nil
	}
	if _, err := k.log.PutCheckpoint(ctx, seq, signed); err != nil {
		return err
	}
	k.seen(next, signed, tree.Size)
	return nil
}

// seen notes the last checkpoint kept, and by how much the tree is ahead of it.
func (k *Keeper) seen(c evidence.Checkpoint, signed []byte, size int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if c.Size < k.last.Size {
		return // another look has seen more since
	}
	now := time.Now()
	if c.Size > k.status.Size {
		k.status.Signed = now
		if !k.behind.IsZero() {
			k.status.LastLag = now.Sub(k.behind).Seconds()
		}
		k.behind = time.Time{}
	}
	k.last = c
	k.status.Size, k.status.Root, k.status.Checkpoint = c.Size, c.Root.String(), signed
	k.status.LagEvents = size - c.Size
	if k.status.LagEvents == 0 {
		k.behind = time.Time{}
	} else if k.behind.IsZero() {
		k.behind = now
	}
}

// raise stops the signing and tells the holder, once. What is found later may only add the event's name.
func (k *Keeper) raise(reason string, bad *BadEvent) {
	k.mu.Lock()
	first := k.status.Alarm == "" || k.mild
	if first {
		k.status.Alarm = reason
	}
	k.mild = false
	switch was := k.status.Bad; {
	case was == nil && bad != nil && !first:
		k.status.Alarm += "; " + reason
		fallthrough
	case was == nil || bad != nil && bad.Position == was.Position: // it may be known by now on which servers
		k.status.Bad = bad
	}
	if first && k.opts.OnAlarm != nil {
		k.opts.OnAlarm(reason) // before anybody can see the alarm, and take what is recorded after it for refused
	}
	k.mu.Unlock()
	if !first {
		return
	}
	k.logger().Error("the history is not what it was", "reason", reason)
	if bad == nil {
		k.hurry() // to name it
	}
}

// doubt is about a tree that is not what was signed. It may be the read models that were changed and not the journal: all
// leaves are read again, at once, to tell. Nothing is signed in the meantime.
func (k *Keeper) doubt(ctx context.Context, last evidence.Checkpoint, reason string) error {
	k.mu.Lock()
	k.last = last
	k.mu.Unlock()
	if _, err := k.check(ctx, k.routes()[0], true, true); err != nil {
		return err
	}
	if !k.halted() {
		k.raise(reason, nil)
	}
	return nil
}

// distrust notes that the read models, not the journal, are damaged: nothing is signed until they are right again, and the
// journal may go on.
func (k *Keeper) distrust(reason string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.status.Alarm == "" {
		k.status.Alarm, k.mild = reason, true
		k.logger().Error("the read models are damaged", "reason", reason)
	}
}

var errStalled = errors.New("no leaf came for too long")
