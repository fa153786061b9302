package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"iter"
	"os"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

// Backup is a directory that was read to its end and found right.
type Backup struct {
	Manifest Manifest
	Last     evidence.Checkpoint // the backup is as of it
	Erasures []Erasure
	Files    []File
	Leftover int // texts that were erased and still lie there: the last Update was cut short

	d     *folder
	r     *reading
	drops map[int64][]string
}

// Open reads a backup and believes nothing: every entry against the tiles of hashes, the roots at the size of every
// checkpoint and their signatures, each text against its event's digests, each file of evidence against its hash. An error
// that is a [Fault] names the file. Memory does not grow with the history but with what is odd in it.
func Open(ctx context.Context, dir string, progress func(done, total int64)) (b *Backup, err error) {
	d := newFolder(dir)
	m, ok, err := d.readManifest()
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault(manifestName, "it is missing: this is no backup, or its first one never came to its end")
	}
	b = &Backup{Manifest: m, d: d}
	if b.Last, err = m.stated(); err != nil {
		return nil, err
	}
	b.r = &reading{d: d, gaps: map[string]gap{}, lost: m.Lost, origin: b.Last.Origin}
	if b.r.pointer, err = d.read("checkpoint"); err != nil {
		return nil, err
	}
	stop, err := b.r.expect(d.checkpoints(0, m.Checkpoints))
	defer stop()
	if err == nil {
		err = b.log(ctx, progress)
	}
	if err == nil {
		err = b.agree()
	}
	if err == nil {
		err = b.evidence(ctx)
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// log reads entries, hashes, checkpoints and texts in step.
func (b *Backup) log(ctx context.Context, progress func(done, total int64)) error {
	for first := int64(0); first < b.Last.Size; first += evidence.TileWidth {
		if err := ctx.Err(); err != nil {
			return err
		}
		t := tileAt(evidence.EntriesLevel, first, b.Last.Size)
		entries, err := b.d.entries(t)
		if err != nil {
			return err
		}
		if err := b.d.compareEntries(t, entries); err != nil {
			return err
		}
		texts, err := b.d.texts(t)
		if err != nil {
			return err
		}
		for i, raw := range entries {
			at := first + int64(i)
			e, err := b.r.leaf(raw, b.d.compare)
			if err != nil {
				return inFile(err, t.Path(), at)
			}
			l, has := texts[at]
			if has && l.Event != e.ID {
				return fault(textsName(t), "event %d is %s, its texts are said to be of another", at+1, e.ID)
			}
			if err := b.r.match(e, l); err != nil {
				return inFile(err, textsName(t), at)
			}
		}
		if progress != nil {
			progress(first+int64(t.Width), b.Last.Size)
		}
	}
	return b.r.edge.partial(b.d.compare)
}

// inFile names the file and event of what was found, unless a file is named already.
func inFile(err error, name string, index int64) error {
	if errors.As(err, new(*Fault)) {
		return err
	}
	return fault(name, "event %d %v", index+1, err)
}

// agree holds the manifest, and what is derived from the log, against the log.
func (b *Backup) agree() error {
	r, m := b.r, b.Manifest
	switch {
	case r.dueNote != nil || r.met != m.Checkpoints:
		return fault("checkpoints", "%d of %d are of no more events than the backup has", r.met, m.Checkpoints)
	case string(r.last) != m.Checkpoint:
		return fault(manifestName, "its checkpoint is not the last of those kept")
	case !r.pointerSeen:
		return fault("checkpoint", "it is none of those kept")
	case !slices.Equal(r.keys, m.Keys):
		return fault(manifestName, "its keys are not those that the log has adopted")
	}
	if err := r.place(b.Last.Size); err != nil {
		return err
	}
	if lost := r.unexplained(); len(lost) > 0 {
		return fault("texts", "%d events miss a text that nobody had erased, first %s", len(lost), lost[0])
	}
	b.Erasures, b.Files, b.drops = r.erasures, r.files, r.drops()
	if err := b.d.checkErasures(r.erasures); err != nil {
		return err
	}
	return b.leftover()
}

// leftover counts texts that are to be removed.
func (b *Backup) leftover() error {
	for leaf, names := range b.drops {
		texts, err := b.d.texts(tileAt(evidence.EntriesLevel, leaf, b.Last.Size))
		if err != nil {
			return err
		}
		b.Leftover += len(texts[leaf].Disclosures) - len(texts[leaf].without(names).Disclosures)
	}
	return nil
}

func (b *Backup) evidence(ctx context.Context) error {
	for _, f := range b.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if slices.Contains(b.Manifest.Lost, f.Plan+"/"+f.ID) {
			continue
		}
		in, err := b.OpenFile(f)
		if err != nil {
			return err
		}
		err = f.check(in)
		_ = in.Close() // it was only read
		if err != nil {
			return err
		}
	}
	return nil
}

// OpenFile opens a file of evidence.
func (b *Backup) OpenFile(f File) (*os.File, error) {
	in, err := os.Open(b.d.path(f.name()))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault(f.name(), "it is missing")
	}
	return in, err
}

// Leaves yields the events, to the byte, oldest first.
func (b *Backup) Leaves(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for first := int64(0); first < b.Last.Size; first += evidence.TileWidth {
			entries, err := b.d.entries(tileAt(evidence.EntriesLevel, first, b.Last.Size))
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, raw := range entries {
				if !yield(raw, nil) {
					return
				}
			}
		}
	}
}

// Texts is the disclosures of one event.
type Texts struct {
	Plan, Event string
	Disclosures []string
}

// Texts yields the texts, in the order of their events. Erased ones are not among them, whether they are removed yet or not.
func (b *Backup) Texts(ctx context.Context) iter.Seq2[Texts, error] {
	return func(yield func(Texts, error) bool) {
		for first := int64(0); first < b.Last.Size; first += evidence.TileWidth {
			t := tileAt(evidence.EntriesLevel, first, b.Last.Size)
			texts, err := b.d.texts(t)
			if err == nil {
				err = ctx.Err()
			}
			if err == nil && len(texts) > 0 {
				err = b.tileTexts(t, texts, &yield)
			}
			if err != nil {
				yield(Texts{}, err)
			}
			if err != nil || yield == nil {
				return
			}
		}
	}
}

// tileTexts yields the texts of one tile; *yield is nil after it when no more is wanted.
func (b *Backup) tileTexts(t evidence.Tile, texts map[int64]line, yield *func(Texts, error) bool) error {
	entries, err := b.d.entries(t)
	if err != nil {
		return err
	}
	for i, raw := range entries {
		leaf := t.First() + int64(i)
		l, ok := texts[leaf]
		if ok {
			l = l.without(b.drops[leaf])
		}
		if len(l.Disclosures) == 0 {
			continue
		}
		e, err := parseEvent(raw)
		if err != nil {
			return inFile(err, t.Path(), leaf)
		}
		if !(*yield)(Texts{e.history(), l.Event, l.Disclosures}, nil) {
			*yield = nil
			return nil
		}
	}
	return nil
}

// Checkpoints yields all of them, oldest first.
func (b *Backup) Checkpoints() iter.Seq2[[]byte, error] {
	return b.d.checkpoints(0, b.Manifest.Checkpoints)
}

// checkErasures looks at the list of erasures, which is written after the manifest: it may end early, and no more.
func (d *folder) checkErasures(all []Erasure) error {
	b, err := os.ReadFile(d.path("erasures"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	want := encodeErasures(all)
	if err != nil || !bytes.HasPrefix(want, b) || len(b) > 0 && b[len(b)-1] != '\n' {
		return fault("erasures", "it is not what the log says of erased texts")
	}
	return nil
}

func encodeErasures(all []Erasure) []byte {
	var b bytes.Buffer
	for _, e := range all {
		raw, _ := json.Marshal(e) // strings
		b.Write(append(raw, '\n'))
	}
	return b.Bytes()
}

// ParseErasures reads a list of erasures: the file erasures of a backup, wherever it was kept.
func ParseErasures(list []byte) (all []Erasure, err error) {
	scan := lines(list)
	for n := 1; scan.Scan(); n++ {
		var e Erasure
		if err := json.Unmarshal(scan.Bytes(), &e); err != nil || e.Plan == "" || e.Event == "" || e.Field == "" {
			return nil, fault("erasures", "line %d is not an erasure", n)
		}
		all = append(all, e)
	}
	return all, scan.Err()
}

// Root is the root of the first size events.
func (b *Backup) Root(size int64) (tlog.Hash, error) {
	if size < 0 || size > b.Last.Size {
		return tlog.Hash{}, fault("checkpoint", "the backup has %d events, not %d", b.Last.Size, size)
	}
	return evidence.Root(size, hashReader{b})
}

// hashReader reads stored hashes from the tiles.
type hashReader struct{ b *Backup }

// ReadHashes implements [tlog.HashReader].
func (h hashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		t := tlog.TileForIndex(8, index)
		t.W = int(min(h.b.Last.Size>>(8*t.L)-t.N*evidence.TileWidth, evidence.TileWidth))
		data, err := h.b.d.read(evidence.Tile{Level: t.L, N: t.N, Width: t.W}.Path())
		if err != nil {
			return nil, err
		}
		if out[i], err = tlog.HashFromTile(t, data, index); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Erase has texts left out of [Backup.Texts] that were erased after the backup was taken, and says which of the list it
// had: not those whose events come later, nor those that its own log says were erased. The directory stays as it is.
func (b *Backup) Erase(ctx context.Context, list []Erasure) (had []Erasure, err error) {
	wanted := map[string][]Erasure{}
	for _, e := range list {
		known := func(o Erasure) bool { return o.Event == e.Event && o.Field == e.Field }
		if !slices.ContainsFunc(b.r.erasures, known) && !slices.ContainsFunc(wanted[e.Event], known) {
			wanted[e.Event] = append(wanted[e.Event], e)
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	at := int64(0)
	for raw, err := range b.Leaves(ctx) {
		if err != nil {
			return nil, err
		}
		at++
		e, err := parseEvent(raw)
		if err != nil {
			return nil, err
		}
		for _, w := range wanted[e.ID] {
			w.position, w.Plan = at, e.history()
			had = append(had, w)
		}
	}
	b.r.erasures = append(b.r.erasures, had...)
	if err := b.r.place(b.Last.Size); err != nil {
		return nil, err
	}
	b.drops = b.r.drops()
	return had, nil
}
