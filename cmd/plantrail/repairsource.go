package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/evidence"
	"plantrail/evidence/backup"
)

// spare is what lost events are put back from.
type spare struct {
	kind   string // as the repair's event names it: backup, tiles, bundle
	backup *backup.Backup
	// leaf gives an event by its position, nil where it has none. It is asked in order.
	leaf func(at int64) ([]byte, error)
}

// openSpare opens a backup, the tiles of a log, or an evidence bundle.
func (a *app) openSpare(ctx context.Context, from string) (spare, error) {
	info, err := os.Stat(from)
	switch {
	case err != nil:
		return spare{}, noFile(from, err)
	case !info.IsDir():
		return bundleSpare(from)
	}
	if _, err := os.Stat(filepath.Join(from, "manifest.json")); errors.Is(err, fs.ErrNotExist) {
		return tileSpare(from), nil
	}
	b, err := backup.Open(ctx, from, a.progress("events of the backup"))
	if err != nil {
		return spare{}, backupError(err, from)
	}
	next, _ := iter.Pull2(b.Leaves(ctx))
	return spare{kind: "backup", backup: b, leaf: func(at int64) ([]byte, error) {
		if at > b.Last.Size {
			return nil, nil
		}
		raw, err, _ := next()
		return raw, err
	}}, nil
}

// tileSpare reads tiles of entries as they were fetched from a log, e.g. by a mirror. Nothing but the root proves them.
func tileSpare(dir string) spare {
	var tile evidence.Tile
	var entries [][]byte
	return spare{kind: "tiles", leaf: func(at int64) ([]byte, error) {
		n := (at - 1) / evidence.TileWidth
		if entries == nil || tile.N != n {
			tile = evidence.Tile{Level: evidence.EntriesLevel, N: n, Width: evidence.TileWidth}
			entries = widest(dir, tile)
		}
		if i := int((at - 1) % evidence.TileWidth); i < len(entries) {
			return entries[i], nil
		}
		return nil, nil
	}}
}

// widest reads a tile of entries, full or as wide as there is one.
func widest(dir string, t evidence.Tile) [][]byte {
	for ; t.Width > 0; t.Width-- {
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(t.Path())))
		if err != nil {
			continue
		}
		if entries, err := t.ParseEntries(b); err == nil {
			return entries
		}
	}
	return [][]byte{}
}

var proofIndex = regexp.MustCompile(`(?m)^index ([0-9]+)$`)

// bundleSpare reads the events of one plan from an evidence bundle, which is verified first.
func bundleSpare(file string) (spare, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return spare{}, noFile(file, err)
	}
	if verdict := evidence.Verify(bytes.NewReader(raw), int64(len(raw)), evidence.Options{}); !verdict.OK() {
		return spare{}, &unproved{fmt.Sprintf("%s is refused at %s: %s", file, verdict.Failure().Name, verdict.Failure().Detail)}
	}
	packed, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return spare{}, failure(err, "%s can't be read", file)
	}
	leaves := map[int64][]byte{}
	for _, f := range packed.File {
		number, ok := strings.CutPrefix(f.Name, "leaves/")
		if !ok {
			continue
		}
		leaf, err := fs.ReadFile(packed, f.Name)
		if err != nil {
			return spare{}, failure(err, "%s can't be read", file)
		}
		proof, err := fs.ReadFile(packed, "proofs/"+strings.TrimSuffix(number, ".json")+".tlog-proof")
		if err != nil {
			return spare{}, failure(err, "%s can't be read", file)
		}
		if m := proofIndex.FindSubmatch(proof); m != nil {
			index, _ := strconv.ParseInt(string(m[1]), 10, 64) // digits
			leaves[index+1] = leaf
		}
	}
	return spare{kind: "bundle", leaf: func(at int64) ([]byte, error) { return leaves[at], nil }}, nil
}

// mended is a damaged journal together with what it is mended from, as one log that a backup can be taken of: so that all
// of it is proved in the one way that there is.
type mended struct {
	org    string
	broken *eventstore.Salvage
	spare  spare
	notes  [][]byte

	next    func() (eventstore.Leaf, error, bool)
	pending eventstore.Leaf
	at      int64
	back    struct{ first, last, count int64 } // the events that were put back
}

func newMended(org string, broken *eventstore.Salvage, from spare) (*mended, error) {
	m := &mended{org: org, broken: broken, spare: from}
	m.next, _ = iter.Pull2(broken.Leaves(0))
	if err := m.advance(); err != nil {
		return nil, err
	}
	sources := []iter.Seq2[[]byte, error]{broken.Checkpoints()}
	if from.backup != nil {
		sources = append(sources, from.backup.Checkpoints())
	}
	for _, source := range sources {
		for raw, err := range source {
			if err != nil {
				return nil, err
			}
			if _, err := evidence.ParseCheckpoint(body(raw)); err != nil {
				continue // damaged: another copy may be whole
			}
			m.notes = append(m.notes, raw)
		}
	}
	slices.SortStableFunc(m.notes, func(x, y []byte) int { return int(sizeOf(x) - sizeOf(y)) })
	m.notes = slices.CompactFunc(m.notes, func(x, y []byte) bool { return body(x) == body(y) })
	return m, nil
}

// body is the text of a signed note.
func body(raw []byte) string {
	text, _, _ := strings.Cut(string(raw), "\n\n")
	return text + "\n"
}

func sizeOf(raw []byte) int64 {
	c, _ := evidence.ParseCheckpoint(body(raw)) // it was read before
	return c.Size
}

func (m *mended) advance() error {
	leaf, err, ok := m.next()
	if m.pending = leaf; !ok {
		m.pending.Position = 0
	}
	return err
}

// About implements [backup.Source].
func (m *mended) About(context.Context) (org, journal string, err error) {
	journal = m.broken.Identity()
	if b := m.spare.backup; b != nil && journal == "" {
		journal = b.Manifest.Journal
	}
	if b := m.spare.backup; b != nil && (b.Manifest.Journal != journal || b.Manifest.Org != m.org) {
		return "", "", domain.Errorf(domain.Refused, "--from", "the backup is of the journal %s of %s, not of %s of %s", b.Manifest.Journal, b.Manifest.Org, journal, m.org)
	}
	if journal == "" {
		return "", "", domain.Errorf(domain.Refused, "--data", "it can't be told which journal this is: identity.json is missing or damaged").WithHint("give a backup of it with --from")
	}
	return m.org, journal, nil
}

// Checkpoints implements [backup.Source].
func (m *mended) Checkpoints(_ context.Context, after int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, raw := range m.notes[min(after, len(m.notes)):] {
			if !yield(raw, nil) {
				return
			}
		}
	}
}

// Entries implements [backup.Source]. Tiles are asked for in order.
func (m *mended) Entries(_ context.Context, t evidence.Tile) (data []byte, err error) {
	for range t.Width {
		m.at++
		leaf, err := m.leaf()
		if err != nil {
			return nil, err
		}
		if data, err = evidence.AppendEntry(data, leaf); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// leaf gives the next event: from the spare, which was proved, where it has it, else from the journal.
func (m *mended) leaf() (leaf []byte, err error) {
	if m.spare.leaf != nil {
		if leaf, err = m.spare.leaf(m.at); err != nil {
			return nil, err
		}
	}
	var own []byte
	if int64(m.pending.Position) == m.at {
		own = m.pending.Body
		if err := m.advance(); err != nil {
			return nil, err
		}
	}
	switch {
	case leaf == nil && own == nil:
		return nil, domain.Errorf(domain.Refused, "--from", "event %d can't be read and is not in what it should be put back from", m.at).
			WithHint("give a later backup, or restore the newest one")
	case leaf == nil:
		return own, nil
	case !bytes.Equal(leaf, own):
		if m.back.first == 0 {
			m.back.first = m.at
		}
		m.back.last = m.at
		m.back.count++
	}
	return leaf, nil
}

// Texts implements [backup.Source]: those of the journal, and from the backup those of events for which it has none. An event
// whose texts were erased has a record without them: they don't come back, even where the event that says so is lost.
func (m *mended) Texts(ctx context.Context, _ string) (iter.Seq2[backup.Stored, error], error) {
	return func(yield func(backup.Stored, error) bool) {
		have := map[string]bool{}
		for t, err := range m.broken.Texts() {
			have[string(t.Event)] = true
			if !yield(backup.Stored{Event: string(t.Event), Disclosures: t.Disclosures, Mark: "journal"}, err) || err != nil {
				return
			}
		}
		if m.spare.backup != nil {
			for t, err := range m.spare.backup.Texts(ctx) {
				if err == nil && have[t.Event] {
					continue
				}
				if !yield(backup.Stored{Event: t.Event, Disclosures: t.Disclosures, Mark: "backup"}, err) || err != nil {
					return
				}
			}
		}
		yield(backup.Stored{Mark: "end"}, nil)
	}, nil
}

// Evidence implements [backup.Source].
func (m *mended) Evidence(_ context.Context, f backup.File) (io.ReadCloser, error) {
	if b := m.spare.backup; b != nil && slices.Contains(b.Files, f) && !slices.Contains(b.Manifest.Lost, f.Plan+"/"+f.ID) {
		return b.OpenFile(f)
	}
	in, out := io.Pipe()
	go func() { out.CloseWithError(m.broken.Evidence(out, domain.PlanID(f.Plan), domain.EvidenceID(f.ID))) }()
	return lostFile{in}, nil
}

// lostFile says of a file of evidence that can't be read to its end that it is lost.
type lostFile struct{ *io.PipeReader }

func (l lostFile) Read(p []byte) (int, error) {
	n, err := l.PipeReader.Read(p)
	if err != nil && err != io.EOF {
		err = backup.ErrLost
	}
	return n, err
}
