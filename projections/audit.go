package projections

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
)

// AuditSource is the journal with everything that an audit re-reads. Its text records carry their disclosures.
type AuditSource interface {
	Source
	CheckpointStore
	// Checkpoints yields all checkpoints ever kept, oldest first.
	Checkpoints(ctx context.Context) iter.Seq2[[]byte, error]
	// Evidence reads a file of evidence.
	Evidence(ctx context.Context, plan domain.PlanID, id domain.EvidenceID) (io.ReadCloser, int64, error)
}

// AuditOptions are the settings of an audit.
type AuditOptions struct {
	Origin    string
	Verifiers []note.Verifier // of every key the log ever had
	Against   []Claim         // what the caller knows from elsewhere, e.g. typed from a printed paper
	Progress  func(done, total domain.Position)
	Far       bool // the journal's files are on other machines
}

// Claim is a tree size and its root.
type Claim struct {
	Size int64     `json:"size"`
	Root tlog.Hash `json:"root"`
}

// The states of a check.
const (
	CheckOK      = "ok"
	CheckFailed  = "failed"
	CheckNotDone = "not done" // an earlier one failed
)

// Check is one of the things that an audit checks, and what came of it in plain words.
type Check struct {
	Name  string `json:"name"`
	State string `json:"state"`
	Words string `json:"words"`
}

// Verdict is what an audit found. Checks are in the order in which they build upon each other.
type Verdict struct {
	OK          bool          `json:"ok"`
	Size        int64         `json:"size"` // events re-read
	Root        string        `json:"root"` // their root, from the journal's own bytes
	Checkpoints int           `json:"checkpoints"`
	Texts       int           `json:"texts"`  // disclosures held against their digests
	Erased      int           `json:"erased"` // texts that are gone because somebody had them erased
	Lost        int           `json:"lost"`   // and those for which nobody had
	Files       int           `json:"files"`
	Checks      []Check       `json:"checks"`
	Bad         *BadEvent     `json:"bad,omitempty"` // the first event found wrong
	Took        time.Duration `json:"took_ns"`
}

// String is the verdict in a few lines of plain words.
func (v Verdict) String() string {
	var b strings.Builder
	if v.OK {
		fmt.Fprintf(&b, "The history is whole: %d events, root %s.\n", v.Size, v.Root)
	} else {
		b.WriteString(v.Wrong() + ".\n")
	}
	for _, c := range v.Checks {
		fmt.Fprintf(&b, "%-8s  %s: %s\n", c.State, c.Name, c.Words)
	}
	if v.Bad != nil {
		fmt.Fprintf(&b, "First found: %s.\n", v.Bad)
	}
	return b.String()
}

// Wrong says in a sentence what is not right, without its full stop. Read models alone are made anew from the history, which is
// whole: whoever reads that must not be told otherwise.
func (v Verdict) Wrong() string {
	for _, c := range v.Checks {
		if c.State != CheckOK && c.Name != checkNames[checkReads] {
			return "The history is NOT as it was recorded"
		}
	}
	return "The history is as it was recorded, but what is shown of it is NOT"
}

// The checks, in their order.
const (
	checkLeaves = iota
	checkRoots
	checkChains
	checkTexts
	checkFiles
	checkReads
	checks
)

var checkNames = [checks]string{"events", "checkpoints", "plans", "texts", "evidence", "read models"}

// errFound ends the reading: an audit found something, which stands in its verdict.
var errFound = errors.New("the audit found something")

// Audit re-reads everything and believes nothing: each event's bytes against the hashes kept, the root at the size of
// every checkpoint ever signed, the numbers and links of each plan, each text against its digest, each file of evidence
// against its hash; and from the same reading it builds the read models anew beside the live ones and compares the two row
// by row. An error says that it could not be done; what it finds wrong stands in the verdict.
//
// Memory does not grow with the history but by what is odd in it (plans, erased texts, files of evidence). The disk
// needs room for a second copy of the read models while it runs.
func (db *DB) Audit(ctx context.Context, src AuditSource, o AuditOptions) (Verdict, error) {
	if !db.auditing.TryLock() {
		return Verdict{}, domain.Errorf(domain.Refused, "", "an audit is running already")
	}
	defer db.auditing.Unlock()
	began := time.Now()
	a, err := newAudit(ctx, db, src, o)
	if err != nil {
		return Verdict{}, err
	}
	defer a.close()
	if err := a.run(ctx); err != nil && !errors.Is(err, errFound) {
		return Verdict{}, err
	}
	v := a.verdict()
	v.Took = time.Since(began)
	return v, nil
}

// settle is how long an audit waits for the read models to reach the journal's end.
const settleTime = 10 * time.Second

func (a *audit) run(ctx context.Context) (err error) {
	waiting, stop := context.WithTimeout(ctx, settleTime)
	_ = a.db.WaitFor(waiting, a.limit) // the comparison says if it did not come about
	stop()
	tree, err := a.db.Tree(ctx)
	if err != nil {
		return err
	}
	a.tree = tree
	// Its name is one of those that Open removes, should the process die.
	ext := filepath.Ext(a.db.pointer)
	path := strings.TrimSuffix(a.db.pointer, ext) + "-audit" + ext
	if err := (&file{path: path}).delete(); err != nil {
		return err
	}
	fresh, err := openPath(ctx, path, 0, 1, schema)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, fresh.remove()) }()
	p, err := newProjector(ctx, a.db, fresh, a, false, func(at progress) {
		if a.o.Progress != nil {
			a.o.Progress(at.position, max(a.limit, at.position))
		}
	})
	if err != nil {
		return err
	}
	closing := p.close
	defer func() { err = errors.Join(err, closing()) }()
	p.wait = a.behind
	if _, err := p.conn.ExecContext(ctx, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF"); err != nil {
		return err
	}
	if err := a.reach(ctx, p, Tail{Events: a.limit, Texts: a.texts}); err != nil {
		return err
	}
	c, err := a.db.compare(ctx, fresh)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if c.live.position < a.limit {
		a.fail(checkReads, fmt.Sprintf("they are at position %d of %d: see why they do not follow", c.live.position, a.limit), nil)
	} else {
		// What the live read models have taken in since is read too, so that both stand at the same position.
		a.limit = c.live.position
		if err := a.reach(ctx, p, Tail{Events: a.limit, Texts: max(a.texts, c.live.texts)}); err != nil {
			return err
		}
	}
	if err := a.finish(ctx, p); err != nil {
		return err
	}
	closing = func() error { return nil }
	if err := p.close(); err != nil || a.failed(checkReads) {
		return err
	}
	return a.compare(ctx, c)
}

// reach reads both streams up to an end.
func (a *audit) reach(ctx context.Context, p *projector, end Tail) error {
	a.texts = end.Texts
	if p.fold.at.position >= end.Events && p.fold.at.texts >= end.Texts {
		return nil
	}
	err := p.fill(ctx, end)
	// The reading goroutines have nothing more to hand over, and end before what they use is touched again.
	a.readingEvents.Lock()
	defer a.readingEvents.Unlock()
	a.readingTexts.Lock()
	defer a.readingTexts.Unlock()
	return err
}

// finish is what can only be said when everything was read.
func (a *audit) finish(ctx context.Context, p *projector) error {
	if int64(a.limit) > a.own.Size() {
		return a.found(checkLeaves, fmt.Sprintf("the journal says that it has %d events, and ends after %d", a.limit, a.own.Size()), nil)
	}
	if err := a.lastRoots(ctx); err != nil {
		return err
	}
	if err := a.leftTexts(ctx, p); err != nil {
		return err
	}
	for _, f := range a.files {
		if err := a.file(ctx, f); err != nil {
			return err
		}
		a.done.Files++
	}
	a.db.shelf.audited(a.badFiles)
	return nil
}

// attachedFile is a file that an event says there is.
type attachedFile struct {
	position domain.Position
	plan     domain.PlanID
	id       domain.EvidenceID
	sha256   string
	size     int64
}

func (a *audit) file(ctx context.Context, f attachedFile) error {
	why := ""
	r, _, err := a.src.Evidence(ctx, f.plan, f.id)
	switch {
	case err != nil && domain.KindOf(err) == domain.Unavailable || ctx.Err() != nil:
		return errors.Join(err, ctx.Err())
	case err != nil:
		why = "attached a file that can't be read any more: " + err.Error()
	default:
		h := sha256.New()
		n, err := io.Copy(h, r)
		_ = r.Close() // it was only read
		switch got := hex.EncodeToString(h.Sum(nil)); {
		case err != nil:
			why = "attached a file that can't be read to its end: " + err.Error()
		case n != f.size || got != f.sha256:
			why = fmt.Sprintf("attached a file of %d bytes with SHA-256 %s; the one stored has %d and %s", f.size, f.sha256, n, got)
		}
	}
	if why == "" {
		return nil
	}
	if a.badFiles[f.plan] == nil {
		a.badFiles[f.plan] = map[domain.EvidenceID]string{}
	}
	a.badFiles[f.plan][f.id] = "can't be read any more, or is not what was attached"
	bad := a.db.badEvent(ctx, f.position, nil)
	bad.Differs = why
	a.fail(checkFiles, "the file "+string(f.id)+" of "+string(f.plan)+" is not as recorded", &bad)
	return nil
}

// compare holds the live read models against those just built.
func (a *audit) compare(ctx context.Context, c *comparison) error {
	differs, at, err := c.run(ctx)
	if err != nil || differs == "" {
		return err
	}
	var bad *BadEvent
	if at > 0 {
		b := a.db.badEvent(ctx, at, nil)
		b.Differs = "is shown otherwise than it was recorded: " + differs
		bad = &b
	}
	a.fail(checkReads, differs+": run `plantrail rebuild`", bad)
	return nil
}
