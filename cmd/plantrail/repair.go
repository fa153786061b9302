package main

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/evidence/backup"
)

func (a *app) repairCmd() *cobra.Command {
	var from, replace string
	cmd := &cobra.Command{Use: "repair --from DIR|BUNDLE.zip", Short: "Put lost or damaged events back, if the same root results", Args: exactly(0),
		Long: `Put back what a damaged data directory has lost, from a backup, from the tiles of the log (a directory with tile/entries), or from an
evidence bundle; without --from, what the files of the journal still have. The server must be stopped.
In a cluster each server's copy is read and compared with the others', and with what is signed. Where one is damaged and another
whole, the damaged one is made anew from the whole ones, for which an administrator's user must be given in PLANTRAIL_NATS. Where
none is whole, what they have between them, and --from, is put together and proved, and you are told how to put it back.
With --replace SERVER all copies of a server are made anew: so nothing is left in its files of a text that it was killed in erasing.
Nothing is mended in place. What can be read of the damaged journal, past its server, and what is put back are proved together, as a
backup is: every checkpoint that was ever signed must fit, the last one kept outside the journal too. Only then a new data
directory is built from it, which takes the place of the old one; that is kept beside it. What was recorded after the backup
comes from the damaged journal itself: if any of it can't be read, the repair is refused. Erased texts don't come back.
The repair is recorded in the history.`,
		Example: "  plantrail repair --from backups/acme"}
	cmd.Flags().StringVar(&from, "from", "", "a backup, a directory of tiles, or an evidence bundle")
	cmd.Flags().StringVar(&replace, "replace", "", "a server of the cluster whose copies are to be made anew, damaged or not")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return a.repair(cmd.Context(), from, replace) }
	return cmd
}

func (a *app) repair(ctx context.Context, from, replace string) error {
	if a.server != "" {
		return misuse("--server", "a data directory is repaired on its own machine").WithHint("run repair where the data lie, with --data")
	}
	dir := dataDir(absolute(a.data))
	if err := dir.finishSwap(); err != nil {
		return err
	}
	set, err := dir.known()
	if err != nil {
		return err
	}
	lock, err := dir.hold()
	if errors.Is(err, errHeld) {
		refused := a.held(dir)
		return domain.Errorf(domain.Refused, "--data", "another process has %s open", dir).WithHint("stop the server first").Because(refused)
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	if set.NATS != "" {
		if there, err := a.repairCopies(ctx, dir, set, from, replace); there || err != nil {
			return err
		}
	}
	if replace != "" {
		return misuse("--replace", "the journal has no copy on %s", shorten(replace, 60)).WithHint("it is for a journal in a cluster")
	}
	var done mendedReport
	err = dir.buildAside(func(work dataDir) error {
		done, err = a.mend(ctx, dir, work, set, from)
		return err
	}, &done)
	if err != nil {
		return err
	}
	return a.tellRepaired(dir, done)
}

// mendedReport is what a repair did.
type mendedReport struct {
	Size  int64  `json:"size"` // events that the last checkpoint states
	Root  string `json:"root"`
	Back  int64  `json:"put_back"` // events that were lost or damaged
	First int64  `json:"first,omitempty"`
	Last  int64  `json:"last,omitempty"`
	Tail  int64  `json:"unsigned"` // events after the last checkpoint, taken from the journal
	Lost  int    `json:"lost"`     // events and files of which something is lost for good
	Old   string `json:"old"`      // where the damaged directory is
}

// mend builds the new data directory.
func (a *app) mend(ctx context.Context, dir, work dataDir, set settings, from string) (r mendedReport, err error) {
	source := spare{}
	if from != "" {
		if source, err = a.openSpare(ctx, from); err != nil {
			return r, err
		}
	}
	broken, err := eventstore.OpenSalvage(set.journal(dir, a))
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, broken.Close()) }()
	proved := string(work) + ".proved"
	defer func() { err = errors.Join(err, os.RemoveAll(proved)) }()
	all, b, err := a.prove(ctx, set.Org, broken, source, proved)
	if err != nil {
		return r, err
	}
	tail, err := readTail(broken, b)
	if err != nil {
		return r, err
	}
	if _, err := b.Erase(ctx, tail.erased); err != nil {
		return r, err
	}
	r = mendedReport{Size: b.Last.Size, Root: b.Last.Root.String(), Back: all.back.count, First: all.back.first, Last: all.back.last,
		Tail: tail.count, Lost: len(b.Manifest.Lost)}
	if err := a.rebuild(ctx, work, set, b.Manifest.Journal, tail.after(journalOf(ctx, b), broken)); err != nil {
		return r, err
	}
	if err := a.proveRestored(ctx, work, set, b.Last, nil); err != nil {
		return r, err
	}
	if err := a.recordRepair(ctx, work, set, r, source.kind); err != nil {
		return r, err
	}
	return r, work.furnishFrom(dir, set)
}

// prove puts together what is left of a journal and what it is mended from. The proof is that a backup can be taken of it;
// the journal is then built from that.
func (a *app) prove(ctx context.Context, org string, broken *eventstore.Salvage, source spare, to string) (*mended, *backup.Backup, error) {
	all, err := newMended(org, broken, source)
	if err != nil {
		return nil, nil, err
	}
	if err := os.RemoveAll(to); err != nil {
		return nil, nil, failure(err, "%s can't be removed", to)
	}
	if _, err := backup.Update(ctx, to, all, backup.Options{Progress: a.progress("events"), Pause: time.Nanosecond}); err != nil {
		return nil, nil, mendError(err)
	}
	b, err := backup.Open(ctx, to, a.progress("events"))
	if err != nil {
		return nil, nil, mendError(err)
	}
	return all, b, nil
}

// mendError says of what does not fit that the repair is refused.
func mendError(err error) error {
	if f := (*backup.Fault)(nil); errors.As(err, &f) {
		return &unproved{"nothing was changed: put together, the journal and what it is to be mended from are not what was signed: " + f.Error()}
	}
	if e := (*domain.Error)(nil); errors.As(err, &e) {
		return err
	}
	return failure(err, "the repair failed, and nothing was changed: %v", err)
}

// tail is what the journal has after its last checkpoint: it was acknowledged, and not signed yet.
type tail struct {
	from   domain.Position // the last checkpoint's size
	count  int64
	events map[domain.EventID]bool
	erased []backup.Erasure
}

func readTail(broken *eventstore.Salvage, b *backup.Backup) (tail, error) {
	t := tail{from: domain.Position(b.Last.Size), events: map[domain.EventID]bool{}}
	for leaf, err := range broken.Leaves(t.from) {
		if err != nil {
			return t, err
		}
		if leaf.Position != t.from+domain.Position(t.count)+1 {
			break // what comes after a hole can't be proved to be in its place
		}
		id, erased, err := backup.ReadEvent(leaf.Body)
		if err != nil {
			break
		}
		t.count++
		t.events[domain.EventID(id)] = true
		if erased != nil {
			t.erased = append(t.erased, *erased)
		}
	}
	return t, nil
}

// after adds the tail to a backup: its events, and their texts but for those that it says were erased.
func (t tail) after(b eventstore.Backup, broken *eventstore.Salvage) eventstore.Backup {
	b.Leaves = then(b.Leaves, func(yield func(eventstore.Leaf, error) bool) {
		n := int64(0)
		for leaf, err := range broken.Leaves(t.from) {
			if n++; n > t.count || !yield(eventstore.Leaf{Body: leaf.Body}, err) || err != nil {
				return
			}
		}
	})
	b.Texts = then(b.Texts, func(yield func(eventstore.TextRecord, error) bool) {
		for text, err := range broken.Texts() {
			if err == nil && !t.events[text.Event] {
				continue
			}
			for _, e := range t.erased {
				if e.Event == string(text.Event) {
					text.Disclosures = backup.Without(text.Disclosures, e.Field)
				}
			}
			if !yield(text, err) || err != nil {
				return
			}
		}
	})
	return b
}

func then[T any](first, second iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, seq := range []iter.Seq2[T, error]{first, second} {
			for v, err := range seq {
				if !yield(v, err) || err != nil {
					return
				}
			}
		}
	}
}

// recordRepair has the history say what was put back. Where nothing was, there is nothing to say: the events are those that
// were there.
func (a *app) recordRepair(ctx context.Context, work dataDir, set settings, r mendedReport, kind string) (err error) {
	store, err := eventstore.Open(ctx, set.journal(work, a))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close(ctx)) }()
	// Reading each plan to its end follows its chain, also through what was not signed.
	seen := map[domain.PlanID]bool{}
	for leaf, err := range store.Leaves(ctx, domain.Position(r.Size), false) {
		if err != nil {
			return err
		}
		seen[leaf.Plan] = true
	}
	for plan := range seen {
		for _, err := range store.Read(ctx, plan, 0) {
			if err != nil {
				return err
			}
		}
	}
	if r.Back == 0 {
		return nil
	}
	return tellHistory(ctx, store, domain.HistoryRepaired{First: domain.Position(r.First), Last: domain.Position(r.Last), Source: kind, Root: r.Root, Size: uint64(r.Size)})
}

// tellHistory records a repair.
func tellHistory(ctx context.Context, store *eventstore.Store, what domain.HistoryRepaired) error {
	_, err := domain.NewService(store).Do(ctx, domain.Order{Plan: domain.Log, Command: domain.CommandID("repair-" + strconv.FormatInt(time.Now().UnixMilli(), 36)),
		Actor: osUser(), Do: domain.RecordRepair{HistoryRepaired: what}})
	return err
}

// furnishFrom takes over from the damaged directory what is not the journal: settings and keys. The read models are built anew.
func (d dataDir) furnishFrom(old dataDir, set settings) error {
	secret, err := os.ReadFile(old.keyFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return failure(err, "%s can't be read", old.keyFile())
	}
	return d.furnish(set, string(trimLine(secret)))
}

func trimLine(b []byte) []byte {
	for len(b) > 0 && (b[len(b)-1] == '\n' || b[len(b)-1] == '\r') {
		b = b[:len(b)-1]
	}
	return b
}

// The two names beside a data directory that is being repaired: the new one, whole, and the old one.
func (d dataDir) repaired() string { return string(d) + ".repaired" }

// buildAside builds a new data directory and puts it in the place of the old one, which it keeps beside it.
func (d dataDir) buildAside(fill func(work dataDir) error, r *mendedReport) error {
	whole := dataDir(d.repaired())
	if err := os.RemoveAll(string(whole)); err != nil { // of a repair that was cut short before it moved the old one
		return failure(err, "%s can't be removed", whole)
	}
	if err := whole.build(".building", fill); err != nil {
		return err
	}
	r.Old = string(d) + ".damaged-" + time.Now().UTC().Format("20060102-150405.000")
	if err := os.Rename(string(d), r.Old); err != nil {
		return errors.Join(failure(err, "%s can't be moved aside", d), os.RemoveAll(string(whole)))
	}
	// A crash here leaves no data directory, and the new one beside it, whole: the next repair does the rest.
	return d.finishSwap()
}

// finishSwap puts a directory that was repaired whole into an empty place.
func (d dataDir) finishSwap() error {
	if _, err := os.Stat(string(d)); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Stat(d.repaired()); err != nil {
		return nil
	}
	if err := os.Rename(d.repaired(), string(d)); err != nil {
		return failure(err, "%s can't be put in the place of %s", d.repaired(), d).WithHint("rename it")
	}
	return syncDir(filepath.Dir(string(d)))
}

func (a *app) tellRepaired(dir dataDir, r mendedReport) error {
	if a.form() != asTable {
		return a.writeJSON(r)
	}
	switch r.Back {
	case 0:
		a.say("All %d signed events were still to be read: the journal was built anew from them, with the same root.", r.Size)
	default:
		a.say("%d events between %d and %d were put back: the %d signed events have the same root, %s.", r.Back, r.First, r.Last, r.Size, r.Root)
	}
	if r.Tail > 0 {
		a.say("%d events that were recorded after the last checkpoint were taken from the journal as they are.", r.Tail)
	}
	if r.Lost > 0 {
		a.say("Texts or files of %d entries are lost: plantrail verify names them.", r.Lost)
	}
	a.say("The damaged directory is kept as %s: delete it when plantrail verify is content.", r.Old)
	a.say("Go on with plantrail verify and plantrail serve.")
	return nil
}
