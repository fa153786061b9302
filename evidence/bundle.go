package evidence

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Script is verify.sh, the verifier that each bundle carries: a POSIX shell, Python's standard library and openssl run it.
//
//go:embed verify.sh
var Script []byte

// Entry is one event as it goes into a bundle.
type Entry struct {
	Leaf        []byte // the exact stored bytes
	Index       int64  // its place in the log, from 0
	Path        tlog.RecordProof
	Disclosures []string // encoded; those that the reader may see
}

// File is a file that the bundle carries: report.html, timeline.csv, timeline.json, or a document as files/<name>.
type File struct {
	Name   string
	Event  int64  // of a document: the number of the event that records its SHA-256 and size (data.sha256 in hex, data.size)
	SHA256 string // of a document, as that event has it; "" has it read to be sealed
	Size   int64
	Open   func() (io.ReadCloser, error)
}

// BytesFile is a File held in memory.
func BytesFile(name string, data []byte) File {
	return File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// Bundle is everything that shows one plan's history to somebody who trusts nobody.
type Bundle struct {
	Source     string  // the plan, as the CloudEvents source of its events
	Events     []Entry // all of them, from planseq 1
	Head       Entry   // the event of type HeadType that issues the bundle: the plan's next after Events
	Related    []Entry // events of other histories that belong to the tale: who a person is
	Checkpoint []byte  // signed; covers Head; all Paths lead to it
	Keys       []string
	Files      []File
}

// Seal is what the issuing event states of a bundle's files and related events, before they are written: base64 of SHA-256
// over one line "<sha-256 in hex> <size> <name>" for each, in the order of names, verify.sh among them.
func (b *Bundle) Seal() (string, error) {
	files := []source{memory(scriptName, Script)}
	for _, f := range b.Files {
		files = append(files, source{member: member{name: f.Name, sha256: f.SHA256, size: uint32(f.Size)}, open: f.Open})
	}
	for i, e := range b.Related {
		files = append(files, memory(relatedSlot(int64(i+1)).leaf, e.Leaf))
	}
	slices.SortFunc(files, func(a, b source) int { return strings.Compare(a.name, b.name) })
	members := make([]member, len(files))
	for i := range files {
		if files[i].sha256 == "" {
			if err := files[i].measure(); err != nil {
				return "", err
			}
		}
		members[i] = files[i].member
	}
	return seal(members), nil
}

func seal(files []member) string {
	h := sha256.New()
	for _, f := range files {
		fmt.Fprintf(h, "%s %d %s\n", f.sha256, f.size, f.name)
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Write writes the bundle. The same bundle gives the same bytes, always. It holds the leaves and texts in memory, documents
// are streamed. It doesn't judge: pass what it wrote to [Verify] before you hand it out.
func (b *Bundle) Write(w io.Writer) error {
	if !sourceForm.MatchString(b.Source) || len(b.Events) == 0 {
		return errors.New("a bundle needs a plan and its events")
	}
	m := manifest{Format: bundleFormat, Version: bundleVersion, Plan: planOf(b.Source), Source: b.Source, First: 1,
		Last: int64(len(b.Events)), Related: int64(len(b.Related)), Documents: []document{}, Files: []listed{}}
	files := b.collect(m)
	for _, f := range b.Files {
		files = append(files, source{member: member{name: f.Name}, open: f.Open})
		if strings.HasPrefix(f.Name, "files/") {
			m.Documents = append(m.Documents, document{f.Name, f.Event})
		}
	}
	slices.SortFunc(files, func(a, b source) int { return strings.Compare(a.name, b.name) })
	slices.SortFunc(m.Documents, func(a, b document) int { return strings.Compare(a.Name, b.Name) })
	for i := range files {
		if !fileName.MatchString(files[i].name) {
			return fmt.Errorf("%.100q can't be the name of a file in a bundle", files[i].name)
		}
		if err := files[i].measure(); err != nil {
			return err
		}
		m.Files = append(m.Files, listed{files[i].name, int64(files[i].size), files[i].sha256})
	}
	first := memory(manifestName, m.encode())
	if err := first.measure(); err != nil {
		return err
	}
	return writeContainer(w, append([]source{first}, files...))
}

// collect makes the files that come of the events, the checkpoint and the keys.
func (b *Bundle) collect(m manifest) []source {
	files := []source{
		memory(checkpointName, b.Checkpoint),
		memory(keysName, []byte(strings.Join(b.Keys, "\n")+"\n")),
		memory(scriptName, Script),
	}
	for i, s := range m.slots() {
		e := b.entry(i)
		proof := Proof{Index: e.Index, Path: e.Path, Checkpoint: b.Checkpoint}
		files = append(files, memory(s.leaf, e.Leaf), memory(s.proof, proof.Format()))
		if len(e.Disclosures) > 0 {
			files = append(files, memory(s.texts, []byte(strings.Join(e.Disclosures, "\n")+"\n")))
		}
	}
	return files
}

// entry is the event at slot i.
func (b *Bundle) entry(i int) *Entry {
	switch n := len(b.Events); {
	case i < n:
		return &b.Events[i]
	case i == n:
		return &b.Head
	default:
		return &b.Related[i-n-1]
	}
}

// Prove fills in the paths of all events for a tree of size leaves, from stored hashes, which it asks for all at once.
func (b *Bundle) Prove(size int64, r tlog.HashReader) error {
	want := &wanted{hashes: map[int64]tlog.Hash{}}
	if err := b.prove(size, want); err != nil {
		return err
	}
	indexes := slices.Sorted(maps.Keys(want.hashes))
	found, err := r.ReadHashes(indexes)
	if err != nil {
		return err
	}
	for i, index := range indexes {
		want.hashes[index] = found[i]
	}
	return b.prove(size, want)
}

func (b *Bundle) prove(size int64, r tlog.HashReader) error {
	for i := range len(b.Events) + 1 + len(b.Related) {
		e := b.entry(i)
		path, err := ProveInclusion(size, e.Index, r)
		if err != nil {
			return err
		}
		e.Path = path
	}
	return nil
}

// wanted is a reader of hashes that notes what it is asked for, and answers with what it was given since: a proof of zeros
// the first time. Which hashes a proof is made of does not depend on what they are.
type wanted struct{ hashes map[int64]tlog.Hash }

// ReadHashes implements [tlog.HashReader].
func (w *wanted) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	all := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		all[i] = w.hashes[index]
		w.hashes[index] = all[i]
	}
	return all, nil
}

func memory(name string, data []byte) source {
	f := BytesFile(name, data)
	return source{member: member{name: name}, open: f.Open}
}
