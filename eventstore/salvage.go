package eventstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"plantrail/domain"
)

// Salvage reads what is left in the files of an embedded journal that is damaged, whether it opens or not. No server is
// started on them, because a server that finds a damaged record cuts the file off there, and with it whatever comes after;
// and nothing is written. Of each record the checksum is right: what it says is not proved by that. The caller computes the
// root.
type Salvage struct {
	dir     string // of the embedded journal, where it is one
	names   names
	journal string
	lock    *storeLock
	copied  string                                                           // the file of the last checkpoint that this process knew
	read    func(stream, prefix string, after uint64) iter.Seq2[kept, error] // what can be read of a stream, in order
}

// OpenSalvage opens the files of a data directory that no process has open.
func OpenSalvage(cfg Config) (*Salvage, error) {
	s := &Salvage{dir: filepath.Join(cfg.DataDir, "jetstream"), names: names{cfg.Org}, copied: cfg.DataDir}
	s.read = s.fromFiles
	if id, ok, err := loadIdentity(cfg); err == nil && ok {
		s.journal = id.Journal
	}
	var err error
	if s.lock, err = lockStore(s.dir); err != nil && !errors.Is(statError(s.dir), fs.ErrNotExist) {
		return nil, err
	}
	return s, nil
}

func statError(path string) error { _, err := os.Stat(path); return err }

// Close lets others at the files.
func (s *Salvage) Close() error {
	if s.lock == nil {
		return nil
	}
	return s.lock.Close()
}

// Identity is the journal's, "" where it can't be read.
func (s *Salvage) Identity() string { return s.journal }

func (s *Salvage) fromFiles(stream, prefix string, after uint64) iter.Seq2[kept, error] {
	b := &Blocks{dir: filepath.Join(s.dir, "jetstream", "$G", "streams", stream, "msgs"), stream: stream, prefix: prefix}
	return b.readable(after)
}

// Leaves yields the events that can be read after a position, in the order of their positions, with holes.
func (s *Salvage) Leaves(after domain.Position) iter.Seq2[Leaf, error] {
	return func(yield func(Leaf, error) bool) {
		for m, err := range s.read(s.names.history(), s.names.subject(""), uint64(after)) {
			if !yield(s.names.leaf(m), err) || err != nil {
				return
			}
		}
	}
}

// Texts yields the texts that can be read, in the order in which they were stored. A later record of an event stands for
// the earlier one, which then was about to be destroyed.
func (s *Salvage) Texts() iter.Seq2[TextRecord, error] {
	return func(yield func(TextRecord, error) bool) {
		for m, err := range s.read(s.names.texts(), "texts."+string(s.names.org)+".", 0) {
			var t TextRecord
			if err == nil {
				if t, err = decodeTextRecord(m); err != nil {
					continue // its checksum is right and it is no text: nobody can use it
				}
			}
			if !yield(t, err) || err != nil {
				return
			}
		}
	}
}

// Checkpoints yields the signed checkpoints that can be read, oldest first, and last the copy beside the journal.
func (s *Salvage) Checkpoints() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for m, err := range s.read(s.names.checkpoints(), s.names.checkpointSubject(), 0) {
			if !yield(m.Data, err) || err != nil {
				return
			}
		}
		note, ok, err := readCopy(s.copied)
		if ok || err != nil {
			yield(note, err)
		}
	}
}

// Evidence reads a file of evidence into w, as much of it as there is; NotFound where its name can't be read. The caller
// compares what came with the digest that its event states.
func (s *Salvage) Evidence(w io.Writer, plan domain.PlanID, id domain.EvidenceID) error {
	name, err := fileName(plan, id)
	if err != nil {
		return err
	}
	files := func() iter.Seq2[kept, error] { return s.read(s.names.evidence(), "$O."+s.names.bucket()+".", 0) }
	var info *fileInfo
	for m, err := range files() {
		if err != nil {
			return err
		}
		if m.Subject != s.names.fileSubject(name) {
			continue
		}
		if got, err := readFileInfo(m); err == nil {
			if info = &got; got.Deleted {
				info = nil
			}
		}
	}
	if info == nil {
		return domain.Errorf(domain.NotFound, "evidence", "nothing of the file %s can be read", name)
	}
	for m, err := range files() {
		if err == nil && m.Subject == s.names.pieceSubject(info.NUID) {
			_, err = w.Write(m.Data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readable yields the records whose checksum is right, in order, and passes over what lies between them.
func (b *Blocks) readable(after uint64) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		files, err := b.list()
		if err != nil {
			yield(kept{}, err)
			return
		}
		for _, f := range files {
			data, err := os.ReadFile(f.path)
			if err != nil {
				continue // another copy may have what it had
			}
			next, stop := iter.Pull(b.whole(f.index, data))
			for r, ok := next(); ok; r, ok = next() {
				seq := binary.LittleEndian.Uint64(r.head[4:])
				if seq&blockRemoved != 0 || seq <= after {
					continue
				}
				if after = seq; !yield(kept{Subject: string(r.subject), Seq: seq, Data: bytes.Clone(r.body)}, nil) {
					stop()
					return
				}
			}
			stop()
		}
	}
}

// whole yields the records of a file that have their checksum. After one that has not, it looks for the next at each byte:
// 64 bits of checksum are not met by chance.
func (b *Blocks) whole(index int, data []byte) iter.Seq[record] {
	return func(yield func(record) bool) {
		right, err := b.summer(index)
		if err != nil {
			return
		}
		for len(data) > 0 {
			r, rest, ok := cutRecord(data)
			if ok && bytes.HasPrefix(r.subject, []byte(b.prefix)) && right(r) {
				if data = rest; !yield(r) {
					return
				}
				continue
			}
			data = data[1:]
		}
	}
}
