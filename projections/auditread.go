package projections

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
)

// audit is a [Source] that checks all that passes through it on the way into read models built anew. Events and texts are
// read by two goroutines; mu guards what both use.
type audit struct {
	db    *DB
	src   AuditSource
	o     AuditOptions
	limit domain.Position // where the reading ends
	texts uint64
	tree  Tree // of the live read models
	tile  []byte
	own   evidence.Tree

	nextCheckpoint func() ([]byte, error, bool)
	endCheckpoints func()
	pending        *evidence.Checkpoint // the next one to be met
	before         evidence.Checkpoint  // the last one met
	signed         evidence.Checkpoint  // the last one of all
	keys           auditedKeys
	distrusted     bool // the live hashes are known to be wrong
	chains         map[domain.PlanID]chainEnd
	files          []attachedFile
	badFiles       map[domain.PlanID]map[domain.EvidenceID]string

	readingEvents, readingTexts sync.Mutex // each held by its goroutine

	mu      sync.Mutex
	room    *sync.Cond                     // with mu: the texts may go on
	allRead bool                           // the events are at their end
	ended   bool                           // what was found ended the reading
	waiting map[domain.EventID]wantedTexts // events whose texts have not been read
	early   map[domain.EventID][]string    // texts whose events have not been read; disclosures
	missing map[domain.EventID]missingText
	erased  map[domain.EventID]map[string]bool
	extra   []TextRecord // further texts of events that were done with
	done    Verdict
}

type chainEnd struct {
	seq  uint64
	leaf domain.Hash
}

// wantedTexts are the digests that an event holds.
type wantedTexts struct {
	position domain.Position
	digests  []string
	command  string
}

// missingText is an event of whose texts some are not there.
type missingText struct {
	position domain.Position
	count    int
	present  []string
}

func newAudit(ctx context.Context, db *DB, src AuditSource, o AuditOptions) (*audit, error) {
	a := &audit{db: db, src: src, o: o, chains: map[domain.PlanID]chainEnd{}, waiting: map[domain.EventID]wantedTexts{},
		early: map[domain.EventID][]string{}, missing: map[domain.EventID]missingText{}, erased: map[domain.EventID]map[string]bool{},
		badFiles: map[domain.PlanID]map[domain.EvidenceID]string{}}
	a.room = sync.NewCond(&a.mu)
	for _, name := range checkNames {
		a.done.Checks = append(a.done.Checks, Check{Name: name, State: CheckNotDone})
	}
	signed, _, err := src.LastCheckpoint(ctx)
	if err != nil {
		return nil, err
	}
	if len(signed) > 0 {
		// Where it can't be opened, reading all of them says so.
		a.signed, _, _ = evidence.OpenCheckpoint(signed, o.Origin, o.Verifiers...)
	}
	tail, err := src.Tail(ctx)
	if err != nil {
		return nil, err
	}
	a.limit, a.texts, a.allRead = tail.Events, tail.Texts, tail.Events == 0
	a.nextCheckpoint, a.endCheckpoints = iter.Pull2(src.Checkpoints(ctx)) // read with the events, and on when one reading of them has ended
	slices.SortFunc(a.o.Against, func(x, y Claim) int { return int(x.Size - y.Size) })
	return a, nil
}

// fail notes what a check found. The first finding is the verdict's.
func (a *audit) fail(check int, words string, bad *BadEvent) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := &a.done.Checks[check]; c.State != CheckFailed {
		c.State, c.Words = CheckFailed, words
	}
	if a.done.Bad == nil {
		a.done.Bad = bad
	}
}

// found is fail where nothing after it could be believed: it ends the reading.
func (a *audit) found(check int, words string, bad *BadEvent) error {
	a.fail(check, words, bad)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	return errFound
}

func (a *audit) failed(check int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.done.Checks[check].State == CheckFailed
}

// Tail implements [Source].
func (a *audit) Tail(context.Context) (Tail, error) {
	return Tail{Events: a.limit, Texts: a.texts}, nil
}

// Event implements [Source].
func (a *audit) Event(ctx context.Context, p domain.Position) (domain.Recorded, error) {
	return a.src.Event(ctx, p)
}

// auditStall is how long an audit waits for one event.
const auditStall = 30 * time.Second

// Events implements [Source]: it reads each event's bytes and, beside them, what the journal makes of them.
func (a *audit) Events(ctx context.Context, after domain.Position, _ bool) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		a.readingEvents.Lock()
		defer a.readingEvents.Unlock()
		a.reading(true)
		defer a.reading(false)
		reading, stop := context.WithCancelCause(ctx)
		defer stop(nil)
		watch := time.AfterFunc(auditStall, func() { stop(errStalled) })
		defer watch.Stop()
		next, end := iter.Pull2(a.src.Events(reading, after, false))
		defer end()
		at := after
		for leaf, err := range a.src.Leaves(reading, after, false) {
			if at == a.limit {
				return
			}
			if err != nil {
				yield(domain.Recorded{}, a.unreadable(ctx, reading, at+1, err))
				return
			}
			r, err, ok := next()
			watch.Stop()
			if !ok && err == nil {
				err = errors.New("the journal yields its bytes, and no event")
			}
			if err = a.leaf(ctx, at+1, leaf, r, err); err != nil {
				yield(domain.Recorded{}, err)
				return
			}
			at++
			if !yield(r, nil) {
				return
			}
			watch.Reset(auditStall)
		}
	}
}

// reading notes that the events are being read, or no longer.
func (a *audit) reading(on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.allRead = !on
	a.room.Broadcast()
}

// unreadable tells an event that is gone from a journal that can't be asked.
func (a *audit) unreadable(ctx, reading context.Context, at domain.Position, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if context.Cause(reading) != errStalled && domain.KindOf(err) != domain.Internal {
		return err
	}
	bad := a.db.badEvent(ctx, at, nil)
	return a.found(checkLeaves, fmt.Sprintf("the event at position %d can't be read: %v", at, err), &bad)
}

// leaf checks one event.
func (a *audit) leaf(ctx context.Context, at domain.Position, leaf Leaf, r domain.Recorded, failed error) error {
	hash := evidence.LeafHash(leaf.Body)
	if leaf.Position != at {
		bad := a.db.badEvent(ctx, at, nil)
		return a.found(checkLeaves, fmt.Sprintf("position %d follows %d", leaf.Position, at-1), &bad)
	}
	if err := a.againstTile(ctx, leaf, hash); err != nil {
		return err
	}
	wrong := ""
	switch {
	case failed != nil && ctx.Err() != nil:
		return ctx.Err()
	case failed != nil:
		wrong = "can't be read: " + failed.Error()
	case tlog.Hash(r.Leaf) != hash || r.Position != at:
		wrong = "is read as another than its bytes are"
	case leaf.Plan != r.Plan:
		wrong = fmt.Sprintf("is of %s and lies under %s", r.Plan, leaf.Plan)
	}
	if wrong != "" {
		bad := a.db.badEvent(ctx, at, leaf.Body)
		bad.Differs = wrong
		return a.found(checkLeaves, "an event is not what it should be", &bad)
	}
	a.own.Add(hash)
	if e, ok := r.Event.(*domain.KeyAdopted); ok {
		a.keys.adopt(e.Key, at)
	}
	if err := a.roots(ctx); err != nil {
		return err
	}
	end := a.chains[r.Plan]
	if r.PlanSeq != end.seq+1 || r.Prev != end.leaf {
		bad := BadEvent{Position: at, Plan: r.Plan, Entry: r.PlanSeq, Event: r.ID, Type: r.Event.Type(), RecordedAt: r.RecordedAt,
			Differs: fmt.Sprintf("does not follow number %d of its plan: an event before it is missing, was replaced or moved", end.seq)}
		return a.found(checkChains, "the chain of "+string(r.Plan)+" is broken", &bad)
	}
	a.chains[r.Plan] = chainEnd{r.PlanSeq, r.Leaf}
	return a.content(ctx, leaf, r)
}

// againstTile compares a leaf with the hash that the live read models keep of it.
func (a *audit) againstTile(ctx context.Context, leaf Leaf, hash tlog.Hash) (err error) {
	index := int64(leaf.Position) - 1
	if index >= a.tree.Size || a.distrusted {
		return nil
	}
	if index%evidence.TileWidth == 0 || a.tile == nil {
		first := index - index%evidence.TileWidth
		width := min(a.tree.Size-first, evidence.TileWidth)
		if a.tile, err = a.tree.Tile(evidence.Tile{N: index / evidence.TileWidth, Width: int(width)}); err != nil {
			return err
		}
	}
	kept := tlog.Hash(a.tile[index%evidence.TileWidth*tlog.HashSize:])
	if kept == hash {
		return nil
	}
	if index < a.signed.Size && a.signed.Size <= a.tree.Size {
		proof, err := a.tree.ProveRecord(a.signed.Size, index)
		if err != nil {
			return err
		}
		if evidence.CheckInclusion(a.signed, index, kept, proof) != nil && evidence.CheckInclusion(a.signed, index, hash, proof) == nil {
			a.distrusted = true
			a.fail(checkReads, fmt.Sprintf("they hold another hash for the event at position %d than what is signed: run `plantrail rebuild`", leaf.Position), nil)
			return nil
		}
	}
	bad := a.db.badEvent(ctx, leaf.Position, leaf.Body)
	return a.found(checkLeaves, "an event is not the one that was hashed when it was recorded", &bad)
}

// whyOther tells a slip of whoever typed a root from a paper from a root of something else: two roots are alike by chance in
// one character of forty or so.
func whyOther(have, typed string) string {
	differ := 0
	for i := range min(len(have), len(typed)) {
		if have[i] != typed[i] {
			differ++
		}
	}
	if differ > 4 {
		return "it is another history"
	}
	return fmt.Sprintf("they differ in %d of %d characters only, so see first that it was typed as it is printed", differ, len(have))
}

// roots meets the checkpoints of the size just reached.
func (a *audit) roots(ctx context.Context) error {
	for len(a.o.Against) > 0 && a.o.Against[0].Size == a.own.Size() {
		if root := a.own.Root(); root != a.o.Against[0].Root {
			return a.found(checkRoots, fmt.Sprintf("the first %d events have the root %v, and the one they are held against is %v: %s",
				a.own.Size(), root, a.o.Against[0].Root, whyOther(root.String(), a.o.Against[0].Root.String())), nil)
		}
		a.o.Against = a.o.Against[1:]
		a.done.Checkpoints++
	}
	for {
		if err := a.nextPending(ctx); err != nil || a.pending == nil || a.pending.Size > a.own.Size() {
			return err
		}
		c := *a.pending
		a.pending = nil
		if c.Size < a.own.Size() {
			return a.found(checkRoots, fmt.Sprintf("a checkpoint of %d events was kept after one of %d", c.Size, a.before.Size), nil)
		}
		if root := a.own.Root(); root != c.Root {
			return a.found(checkRoots, fmt.Sprintf("the first %d events have the root %v, the checkpoint signed for them states %v: "+
				"an event after position %d was altered, and all that was computed from it since", c.Size, root, c.Root, a.before.Size), nil)
		}
		if err := a.keyInTime(c); err != nil {
			return err
		}
		a.before = c
		a.done.Checkpoints++
	}
}

// nextPending reads the next checkpoint, if it is not read yet.
func (a *audit) nextPending(ctx context.Context) error {
	if a.pending != nil {
		return nil
	}
	signed, err, ok := a.nextCheckpoint()
	switch {
	case !ok:
		return nil
	case err != nil && ctx.Err() != nil:
		return ctx.Err()
	case err != nil && domain.KindOf(err) == domain.Internal:
		return a.found(checkRoots, "a checkpoint can't be read: "+err.Error(), nil)
	case err != nil:
		return err
	}
	c, n, err := evidence.OpenCheckpoint(signed, a.o.Origin, a.o.Verifiers...)
	if err != nil {
		return a.found(checkRoots, fmt.Sprintf("the checkpoint after that of %d events is not this log's: %v", a.before.Size, err), nil)
	}
	a.pending = &c
	return a.signedBy(c, n)
}

// lastRoots looks for checkpoints that claim more than there is. One signed while the audit runs is not among them.
func (a *audit) lastRoots(ctx context.Context) error {
	if len(a.o.Against) > 0 {
		return a.found(checkRoots, fmt.Sprintf("the history has %d events, it is held against a root of %d: events are missing at the end",
			a.own.Size(), a.o.Against[0].Size), nil)
	}
	if err := a.nextPending(ctx); err != nil || a.pending == nil {
		return err
	}
	tail, err := a.src.Tail(ctx)
	if err != nil {
		return err
	}
	if a.pending.Size > int64(tail.Events) {
		return a.found(checkRoots, fmt.Sprintf("the history has %d events, a checkpoint states %d: events are missing at the end", tail.Events, a.pending.Size), nil)
	}
	return nil
}

func (a *audit) close() { a.endCheckpoints() }

// content notes what an event says of texts and files.
func (a *audit) content(ctx context.Context, leaf Leaf, r domain.Recorded) error {
	switch e := r.Event.(type) {
	case *domain.EvidenceAttached:
		a.files = append(a.files, attachedFile{r.Position, r.Plan, e.Evidence, e.SHA256, e.Size})
	case *domain.ErasureRequested:
		a.mu.Lock()
		if a.erased[e.Of] == nil {
			a.erased[e.Of] = map[string]bool{}
		}
		a.erased[e.Of][e.Field] = true
		a.mu.Unlock()
	}
	if r.Texts == 0 {
		return nil
	}
	digests, err := digestsOf(leaf.Body, r.Texts)
	if err != nil {
		bad := a.db.badEvent(ctx, r.Position, leaf.Body)
		bad.Differs = err.Error()
		return a.found(checkTexts, "an event's digests of texts can't be read", &bad)
	}
	a.mu.Lock()
	want := wantedTexts{r.Position, digests, r.CommandHash}
	defer a.room.Broadcast()
	disclosures, here := a.early[r.ID]
	if !here {
		a.waiting[r.ID] = want
		a.mu.Unlock()
		return nil
	}
	delete(a.early, r.ID)
	a.mu.Unlock()
	return a.match(ctx, r.ID, want, disclosures)
}

// digestsOf finds the digests in an event's bytes. The quotes around the name can't stand so within a JSON string.
func digestsOf(body []byte, count int) ([]string, error) {
	const name = `"_sd":["`
	if at := bytes.LastIndex(body, []byte(name)); at >= 0 {
		list, _, ok := strings.Cut(string(body[at+len(name):]), `"]`)
		if all := strings.Split(list, `","`); ok && len(all) == count {
			return all, nil
		}
	}
	e, err := evidence.ParseEvent(body)
	if err == nil && len(e.Digests) != count {
		err = fmt.Errorf("holds %d digests of texts and is read as having %d", len(e.Digests), count)
	}
	return e.Digests, err
}
