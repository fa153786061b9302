package backup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

// reading is what is known of a log after its first leaves have passed: the tree, and what the events say about keys,
// files and erased texts.
type reading struct {
	d         *folder
	tree      evidence.Tree
	edge      edge
	keys      []string
	verifiers []note.Verifier
	erasures  []Erasure
	files     []File
	gaps      map[string]gap
	lost      []string

	origin      string
	next        func() ([]byte, error, bool) // the checkpoints that are to be met
	due         evidence.Checkpoint
	dueNote     []byte // nil: none is left
	last        []byte // the last one met
	met         int
	pointer     []byte // content of the file checkpoint
	pointerSeen bool

	cached struct {
		name    string
		entries [][]byte
	}
}

// expect says which checkpoints will be met from now on.
func (r *reading) expect(checkpoints iter.Seq2[[]byte, error]) (stop func(), err error) {
	r.next, stop = iter.Pull2(checkpoints)
	if err := r.advance(); err != nil {
		return stop, err
	}
	return stop, r.meet()
}

func (r *reading) advance() error {
	raw, err, ok := r.next()
	if err != nil {
		return err
	}
	if !ok {
		r.dueNote = nil
		return nil
	}
	text, _, _ := strings.Cut(string(raw), "\n\n")
	c, err := evidence.ParseCheckpoint(text + "\n")
	switch {
	case err != nil:
		return fault("checkpoints", "number %d can't be read: %v", r.met+1, err)
	case c.Origin != r.origin:
		return fault("checkpoints", "number %d is of the log %s, not of %s", r.met+1, c.Origin, r.origin)
	case c.Size < r.tree.Size():
		return fault("checkpoints", "number %d, of %d events, comes after one of more", r.met+1, c.Size)
	}
	r.due, r.dueNote = c, raw
	return nil
}

// leaf takes the next event of the log, and hands over each tile of hashes that it fills.
func (r *reading) leaf(raw []byte, filled func(t evidence.Tile, hashes []tlog.Hash) error) (event, error) {
	e, err := parseEvent(raw)
	if err != nil {
		return e, err
	}
	h := evidence.LeafHash(raw)
	r.tree.Add(h)
	if err := r.edge.add(h, filled); err != nil {
		return e, err
	}
	if err := r.learn(e); err != nil {
		return e, err
	}
	if len(r.keys) > len(r.verifiers) {
		v, err := evidence.NewVerifier(r.keys[len(r.keys)-1])
		if err != nil {
			return e, fmt.Errorf("adopts a key that can't be read: %w", err)
		}
		r.verifiers = append(r.verifiers, v)
	}
	return e, r.meet()
}

// meet checks the checkpoints that state the tree as it is now: root, and signature by a key that the log has adopted.
func (r *reading) meet() error {
	for r.dueNote != nil && r.due.Size == r.tree.Size() {
		if root := r.tree.Root(); root != r.due.Root {
			return fault("checkpoints", "number %d states the root %v for %d events, which have the root %v", r.met+1, r.due.Root, r.due.Size, root)
		}
		if _, _, err := evidence.OpenCheckpoint(r.dueNote, r.origin, r.verifiers...); err != nil {
			return fault("checkpoints", "number %d, of %d events: %v", r.met+1, r.due.Size, err)
		}
		r.pointerSeen = r.pointerSeen || bytes.Equal(r.pointer, r.dueNote)
		r.last = r.dueNote
		r.met++
		if err := r.advance(); err != nil {
			return err
		}
	}
	return nil
}

// entries reads a tile of entries.
func (d *folder) entries(t evidence.Tile) ([][]byte, error) {
	b, err := d.read(t.Path())
	if err != nil {
		return nil, err
	}
	all, err := t.ParseEntries(b)
	if err != nil {
		return nil, fault(t.Path(), "%v", err)
	}
	return all, nil
}

// compare holds a tile of hashes against what the entries give.
func (d *folder) compare(t evidence.Tile, hashes []tlog.Hash) error {
	b, err := d.read(t.Path())
	if err == nil && !bytes.Equal(b, tileBytes(hashes)) {
		err = fault(t.Path(), "its hashes are not those that the entries give")
	}
	return err
}

// compareEntries holds a tile of entries against the hashes that stand for them.
func (d *folder) compareEntries(t evidence.Tile, entries [][]byte) error {
	hashes := t
	hashes.Level = 0
	b, err := d.read(hashes.Path())
	if err != nil {
		return err
	}
	all, err := hashes.ParseHashes(b)
	if err != nil {
		return fault(hashes.Path(), "%v", err)
	}
	for i, raw := range entries {
		if evidence.LeafHash(raw) != all[i] {
			return fault(t.Path(), "event %d has not the hash that stands for it in %s: one of the two was altered", t.First()+int64(i)+1, hashes.Path())
		}
	}
	return nil
}

// A file of checkpoints is named by the number of its first.
func checkpointsName(first int) string { return fmt.Sprintf("checkpoints/%09d", first) }

func parseFirst(name string) (int, bool) {
	n, err := strconv.Atoi(path.Base(name))
	return n, err == nil && checkpointsName(n) == name
}

// checkpointLine is a line of checkpoints.
type checkpointLine struct {
	Checkpoint string `json:"checkpoint"`
}

func (l checkpointLine) encode() []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(l) // a string
	return b.Bytes()
}

// checkpoints yields those kept from number first to before number end.
func (d *folder) checkpoints(first, end int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		at, names := 0, []int{}
		found, err := os.ReadDir(d.path("checkpoints"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield(nil, err)
			return
		}
		for _, f := range found {
			if n, ok := parseFirst("checkpoints/" + f.Name()); ok && n < end {
				names = append(names, n)
			}
		}
		slices.Sort(names)
		for i, n := range names {
			next := end
			if i+1 < len(names) {
				next = names[i+1]
			}
			if n != at {
				break
			}
			if at = next; next <= first {
				continue
			}
			if !d.checkpointFile(n, next, first, yield) {
				return
			}
		}
		if at != end {
			yield(nil, fault(checkpointsName(at), "it is missing"))
		}
	}
}

// checkpointFile yields the checkpoints of one file, which must be exactly those from n to before next.
func (d *folder) checkpointFile(n, next, first int, yield func([]byte, error) bool) bool {
	name := checkpointsName(n)
	b, err := d.read(name)
	if err != nil {
		yield(nil, err)
		return false
	}
	scan := lines(b)
	for ; scan.Scan(); n++ {
		var l checkpointLine
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil || string(l.encode()) != scan.Text()+"\n" {
			yield(nil, fault(name, "the line of checkpoint %d is not as it was written", n+1))
			return false
		}
		if n >= first && !yield([]byte(l.Checkpoint), nil) {
			return false
		}
	}
	if scan.Err() != nil || n != next || !bytes.HasSuffix(b, []byte("\n")) {
		yield(nil, fault(name, "it ends with checkpoint %d, not %d", n, next))
		return false
	}
	return true
}
