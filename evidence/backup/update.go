package backup

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

// Source is a log that a backup is taken of. Everything it says is checked against its own signed checkpoint.
type Source interface {
	// About says whose log it is: the organisation and the journal's identity.
	About(ctx context.Context) (org, journal string, err error)
	// Checkpoints yields the signed checkpoints after the first so many, oldest first, up to the newest. The log that it is of
	// has entries for all of them.
	Checkpoints(ctx context.Context, after int) iter.Seq2[[]byte, error]
	// Entries reads a tile of entries that the newest checkpoint covers. Tiles are asked for in order.
	Entries(ctx context.Context, t evidence.Tile) ([]byte, error)
	// Texts yields the texts stored after a mark that it gave, "" for all, in the order in which they were stored; a later
	// record of an event stands for the earlier. What an event was not recorded with is passed over. Each comes with the mark after it, and a last one without an event with
	// that of the end. Where the source does not know the mark it yields all.
	Texts(ctx context.Context, mark string) (iter.Seq2[Stored, error], error)
	// Evidence reads a file of evidence; ErrLost when it can't be had any more.
	Evidence(ctx context.Context, f File) (io.ReadCloser, error)
}

// Stored is a record of the source's texts.
type Stored struct {
	Event       string
	Disclosures []string
	Mark        string
}

// ErrLost says that the source had something once and has no more, or not as it was recorded.
var ErrLost = errors.New("it is lost")

// Report is what an Update did.
type Report struct {
	Org     string `json:"org"`
	Size    int64  `json:"size"`   // events in the backup
	Events  int64  `json:"events"` // of them new
	Files   int    `json:"files"`  // of evidence, new
	Bytes   int64  `json:"bytes"`  // of events and files, new
	Erased  int    `json:"erased"` // texts that were in the backup and are no more
	Lost    int    `json:"lost"`   // events and files of which the source had lost something
	Root    string `json:"root"`
	Earlier int64  `json:"earlier"` // size of the backup that was there before; 0 for none
}

// Options are the settings of an Update.
type Options struct {
	Progress func(done, total int64) // of the backup that is there, then of the events that are new; may be nil
	Pause    time.Duration           // between two looks for what explains a missing text; 0 is 300 ms
}

// rounds bounds how often the log is read on because texts were missing that it had not yet said to be erased.
const rounds = 8

// Update brings the backup in a directory up to the newest checkpoint of its log, or begins one in an empty directory. What
// lies there is checked first, to the last byte, and never written again, but for texts that were erased since. On an error
// the earlier backup is as it was. One at a time: the caller sees to it.
func Update(ctx context.Context, dir string, src Source, o Options) (Report, error) {
	if o.Pause == 0 {
		o.Pause = 300 * time.Millisecond
	}
	u, err := begin(ctx, dir, src, o)
	if err != nil {
		return Report{}, err
	}
	for round := 0; ; round++ {
		if err := u.round(ctx); err != nil {
			return Report{}, errors.Join(err, u.d.sweep(u.was.Size, u.old.Checkpoints, u.kept))
		}
		lost := u.r.unexplained()
		if round == rounds-1 {
			u.m.Mark = "" // a clock may have been set back: look at all texts, once
		}
		if len(lost) == 0 {
			break
		}
		if round == rounds {
			u.r.lost = append(u.r.lost, lost...)
			break
		}
		select {
		case <-ctx.Done():
			return Report{}, ctx.Err()
		case <-time.After(o.Pause):
		}
	}
	return u.finish()
}

// update is an Update under way.
type update struct {
	d   *folder
	src Source
	o   Options
	r   *reading
	old Manifest // of the backup that was there
	m   Manifest // of the one that is made of it
	was evidence.Checkpoint
	now evidence.Checkpoint

	kept   []File // of evidence, of the backup that was there
	late   map[string]int64
	report Report
}

func begin(ctx context.Context, dir string, src Source, o Options) (*update, error) {
	u := &update{d: newFolder(dir), src: src, o: o, late: map[string]int64{}}
	org, journal, err := src.About(ctx)
	if err != nil {
		return nil, err
	}
	u.report.Org = org
	_, there, err := u.d.readManifest()
	if err != nil {
		return nil, err
	}
	if !there {
		u.m = Manifest{Format: formatName, Version: formatNumber, Org: org, Journal: journal}
		u.r = &reading{d: u.d, gaps: map[string]gap{}}
		return u, u.emptyTarget()
	}
	b, err := Open(ctx, dir, o.Progress)
	if err != nil {
		return nil, err
	}
	if m := b.Manifest; m.Org != org || m.Journal != journal {
		return nil, fault(manifestName, "this is a backup of journal %s of %s, not of %s of %s", m.Journal, m.Org, journal, org)
	}
	u.old, u.m, u.r, u.was, u.now, u.kept = b.Manifest, b.Manifest, b.r, b.Last, b.Last, slices.Clone(b.Files)
	u.report.Earlier = u.was.Size
	return u, u.d.sweep(u.was.Size, u.old.Checkpoints, u.kept)
}

// emptyTarget refuses a directory that holds anything but what an interrupted first backup left, which it removes.
func (u *update) emptyTarget() error {
	if err := os.MkdirAll(u.d.dir, 0o700); err != nil {
		return err
	}
	found, err := os.ReadDir(u.d.dir)
	if err != nil {
		return err
	}
	ours := []string{"tile", "texts", "checkpoints", "evidence", "lock", manifestName + ".new"}
	for _, f := range found {
		if !slices.Contains(ours, f.Name()) {
			return fault(f.Name(), "it lies in %s, which is neither empty nor a backup", u.d.dir)
		}
	}
	return u.d.sweep(0, 0, nil)
}

// round reads the log on to its newest checkpoint, and the texts and files that belong to it.
func (u *update) round(ctx context.Context) error {
	have, files := u.now.Size, len(u.r.files)
	stop, err := u.checkpoints(ctx)
	defer stop()
	if err != nil {
		return err
	}
	if u.now.Size == 0 {
		return errors.New("no checkpoint has been signed yet: there is nothing to take a backup as of")
	}
	if have < u.now.Size {
		if err := u.leaves(ctx, have); err != nil {
			return err
		}
	}
	if err := u.r.place(u.now.Size); err != nil {
		return err
	}
	if err := u.texts(ctx, have); err != nil {
		return err
	}
	for _, f := range u.r.files[files:] {
		if err := u.file(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// checkpoints stores those that are new, and takes the last one for what the backup will be as of. The source is asked for
// the last one known, too: where it has another one in its place, or none, its history is not the one that was backed up.
func (u *update) checkpoints(ctx context.Context) (stop func(), err error) {
	stop = func() {}
	first, n, name := u.r.met, 0, checkpointsName(u.r.met)
	after := max(first-1, 0)
	err = u.d.stream(name, func(w io.Writer) error {
		for raw, err := range u.src.Checkpoints(ctx, after) {
			if err != nil {
				return err
			}
			if after++; after == first {
				if string(raw) == u.m.Checkpoint {
					continue
				}
				return u.fork()
			}
			if _, err := w.Write(checkpointLine{string(raw)}.encode()); err != nil {
				return err
			}
			n++
			u.m.Checkpoint = string(raw)
		}
		if after < first {
			return u.fork()
		}
		return nil
	})
	if err == nil && n == 0 {
		return stop, os.Remove(u.d.path(name))
	}
	if err != nil {
		return stop, err
	}
	u.m.Checkpoints = first + n
	if u.now, err = u.m.stated(); err != nil {
		return stop, err
	}
	u.r.origin = u.now.Origin
	return u.r.expect(u.d.checkpoints(first, first+n))
}

func (u *update) fork() error {
	return fault("checkpoint", "the log does not have the checkpoint of %d events that this backup is as of: it was put back to an earlier state, or is another. The backup stays as it is; keep it, and begin another elsewhere", u.was.Size)
}

// leaves reads the new entries, a tile at a time, and writes them with the hashes that they give.
func (u *update) leaves(ctx context.Context, have int64) error {
	for first := have - have%evidence.TileWidth; first < u.now.Size; first += evidence.TileWidth {
		t := tileAt(evidence.EntriesLevel, first, u.now.Size)
		data, err := u.src.Entries(ctx, t)
		if err != nil {
			return err
		}
		entries, err := t.ParseEntries(data)
		if err != nil {
			return fault(t.Path(), "as the log gives it: %v", err)
		}
		for i, raw := range entries {
			if at := first + int64(i); at < have {
				if evidence.LeafHash(raw) != u.r.edge.levels[0].hashes[i] {
					return fault(t.Path(), "the log has another event %d than this backup", at+1)
				}
			} else if _, err := u.r.leaf(raw, u.hashes); err != nil {
				return inFile(err, t.Path(), at)
			}
		}
		if err := u.d.write(t.Path(), data); err != nil {
			return err
		}
		u.report.Bytes += int64(len(data))
		if u.o.Progress != nil {
			u.o.Progress(first+int64(t.Width), u.now.Size)
		}
	}
	if u.r.dueNote != nil || u.r.tree.Size() != u.now.Size || u.r.tree.Root() != u.now.Root {
		return fault("checkpoint", "the events of the log do not have the root that its checkpoint states")
	}
	return u.r.edge.partial(u.hashes)
}

func (u *update) hashes(t evidence.Tile, hashes []tlog.Hash) error {
	return u.d.write(t.Path(), tileBytes(hashes))
}

func (u *update) file(ctx context.Context, f File) error {
	in, err := u.src.Evidence(ctx, f)
	if err == nil {
		err = u.d.copyChecked(f, in)
		_ = in.Close() // it was only read
	}
	if errors.Is(err, ErrLost) || errors.As(err, new(*Fault)) {
		u.r.lost = append(u.r.lost, f.Plan+"/"+f.ID)
		return nil
	}
	if err != nil {
		return err
	}
	u.report.Files++
	u.report.Bytes += f.Size
	return nil
}

// finish makes the new state the one that counts.
func (u *update) finish() (Report, error) {
	u.m.Keys, u.m.Lost = u.r.keys, u.r.lost
	manifest, err := u.m.encode()
	if err == nil {
		err = u.d.sync()
	}
	// A crash before this leaves the earlier backup, and beside it files that the next Update removes.
	if err == nil {
		err = u.d.write(manifestName, manifest)
	}
	if err == nil {
		err = u.d.sync()
	}
	// A crash from here on leaves the new one, and with it what the next Update removes: erased texts that are not handed
	// out, and files of the earlier one.
	if err == nil {
		err = u.d.write("checkpoint", []byte(u.m.Checkpoint))
	}
	if err == nil {
		err = u.drop()
	}
	if err == nil {
		err = u.d.write("erasures", encodeErasures(u.r.erasures))
	}
	if err == nil {
		err = u.d.sync()
	}
	if err == nil {
		err = u.d.sweep(u.now.Size, u.m.Checkpoints, u.r.files)
	}
	u.report.Size, u.report.Events, u.report.Root, u.report.Lost = u.now.Size, u.now.Size-u.was.Size, u.now.Root.String(), len(u.r.lost)
	return u.report, err
}

// drop takes texts that were erased since out of their files, and overwrites where they lay.
func (u *update) drop() error {
	drops := u.r.drops()
	tiles := map[int64]evidence.Tile{}
	for leaf := range drops {
		t := tileAt(evidence.EntriesLevel, leaf, u.now.Size)
		tiles[t.N] = t
	}
	for _, t := range tiles {
		texts, err := u.d.texts(t)
		if err != nil {
			return err
		}
		gone := 0
		for leaf, l := range texts {
			less := l.without(drops[leaf])
			gone += len(l.Disclosures) - len(less.Disclosures)
			texts[leaf] = less
		}
		if gone == 0 {
			continue
		}
		u.report.Erased += gone
		if err := u.d.replaceTexts(t, texts); err != nil {
			return err
		}
	}
	return nil
}

// replaceTexts is writeTexts that leaves nothing of the old file on the disk.
func (d *folder) replaceTexts(t evidence.Tile, texts map[int64]line) error {
	old, err := os.OpenFile(d.path(textsName(t)), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer old.Close()
	info, err := old.Stat()
	if err == nil {
		err = d.writeTexts(t, texts)
	}
	if err == nil {
		_, err = old.Write(make([]byte, info.Size()))
	}
	return errors.Join(err, old.Sync())
}
