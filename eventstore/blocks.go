package eventstore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/minio/highwayhash"

	"plantrail/domain"
)

// Blocks are the files in which the embedded server keeps a stream, read past the server and its caches: what the server
// answers may come from memory long after its files were damaged. They are only ever read here.
//
// A file N.blk holds records one after the other. The numbers are little-endian:
//
//	4  length of the whole record; the highest bit says that there are headers
//	8  sequence; the two highest bits mark records of removed messages, of which a history has none and the texts have the
//	   erased ones, overwritten
//	8  time
//	2  length of the subject
//	   subject, 4 bytes length of headers and headers if there are any, body
//	8  HighwayHash of all but the lengths, under a key made of the stream's and the file's name
//
// This is nats-server's own format, of the very version that is built in: the tests fail when another one changes it.
type Blocks struct {
	dir    string
	stream string
	prefix string // of the history's subjects

	mu       sync.Mutex
	finished map[string]stamp // the files that are not written to any more, as Touched last saw them
}

// Blocks gives the files of the history; nil where they are on other machines.
func (s *Store) Blocks() *Blocks {
	if s.srv == nil {
		return nil
	}
	return s.blocksOf(s.names.history())
}

func (s *Store) blocksOf(stream string) *Blocks {
	return &Blocks{dir: filepath.Join(s.srv.dir, "jetstream", "$G", "streams", stream, "msgs"), stream: stream, prefix: s.names.subject("")}
}

const (
	blockHeader   = 22
	blockChecksum = 8
	blockHeaders  = 1 << 31 // in a record's length
	blockRemoved  = 3 << 62 // in its sequence
)

// block is one file.
type block struct {
	index int
	path  string
}

// first is the sequence of its first record; 0 where that can't be read.
func (f block) first() uint64 {
	var head [blockHeader]byte
	file, err := os.Open(f.path)
	if err != nil {
		return 0
	}
	defer file.Close()
	if _, err := file.ReadAt(head[:], 0); err != nil {
		return 0
	}
	seq := binary.LittleEndian.Uint64(head[4:])
	if seq&blockRemoved != 0 {
		return math.MaxUint64 // it speaks of a message that was removed, perhaps from an earlier file
	}
	return seq
}

// Newest is the position of the first event in the file that the server writes to; 0 where there is none.
func (b *Blocks) Newest() domain.Position {
	files, err := b.list()
	if err != nil || len(files) == 0 {
		return 0
	}
	return domain.Position(files[len(files)-1].first())
}

// Leaves yields the leaves after a position, in order, as they lie in the files now. What was stored before it began is
// among them. An error of kind Internal says that a record is damaged.
func (b *Blocks) Leaves(ctx context.Context, after domain.Position) iter.Seq2[Leaf, error] {
	return func(yield func(Leaf, error) bool) {
		for m, err := range b.messages(ctx, uint64(after)) {
			if !yield(Leaf{domain.Position(m.Seq), domain.PlanID(strings.TrimPrefix(m.Subject, b.prefix)), m.Data}, err) {
				return
			}
		}
	}
}

// messages are Leaves of any stream. The bytes of one are overwritten by those that follow.
func (b *Blocks) messages(ctx context.Context, after uint64) iter.Seq2[kept, error] {
	return func(yield func(kept, error) bool) {
		files, err := b.list()
		if err != nil {
			yield(kept{}, err)
			return
		}
		from := 0
		if after > 0 {
			for from = len(files) - 1; from > 0 && files[from].first() > after+1; from-- {
			}
		}
		var buf []byte
		for i := max(0, from); i < len(files); i++ {
			if buf, err = readInto(buf, files[i].path); err != nil {
				yield(kept{}, b.damaged(files[i], err.Error()))
				return
			}
			if ctx.Err() != nil {
				yield(kept{}, ctx.Err())
				return
			}
			if !b.records(files[i], buf, i == len(files)-1, after, yield) {
				return
			}
		}
	}
}

// list finds the files, in order.
func (b *Blocks) list() ([]block, error) {
	names, err := filepath.Glob(filepath.Join(b.dir, "*.blk"))
	if err != nil {
		return nil, err
	}
	var all []block
	for _, path := range names {
		index, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(path), ".blk"))
		if err != nil {
			continue
		}
		all = append(all, block{index, path})
	}
	slices.SortFunc(all, func(x, y block) int { return x.index - y.index })
	return all, nil
}

// readInto reads a file into a buffer, or into a new one where it is too small.
func readInto(buf []byte, path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return buf, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return buf, err
	}
	if need := int(info.Size()); need > cap(buf) {
		buf = make([]byte, need+need/16) // files of one stream differ by a record or two
	}
	n, err := io.ReadFull(f, buf[:info.Size()])
	return buf[:n], err
}

// records yields those of one file. The last file may be in the middle of being written to: a record that is not whole
// there is not there yet, and whoever knows that it should be finds it missing.
func (b *Blocks) records(f block, data []byte, last bool, after uint64, yield func(kept, error) bool) (more bool) {
	right, err := b.summer(f.index)
	if err != nil {
		yield(kept{}, err)
		return false
	}
	for len(data) > 0 {
		r, rest, ok := cutRecord(data)
		if !ok {
			if last {
				return false
			}
			yield(kept{}, b.damaged(f, "a record is not whole"))
			return false
		}
		data = rest
		seq := binary.LittleEndian.Uint64(r.head[4:])
		if seq&blockRemoved != 0 || seq <= after {
			continue
		}
		m := kept{Subject: string(r.subject), Seq: seq, Data: r.body}
		if !right(r) {
			yield(m, b.damaged(f, fmt.Sprintf("the record of position %d does not have its checksum", seq)))
			return false
		}
		if !yield(m, nil) {
			return false
		}
	}
	return true
}

// summer tells of the records of one file whether they have their checksum.
func (b *Blocks) summer(index int) (right func(record) bool, err error) {
	key := sha256.Sum256([]byte(b.stream + "-" + strconv.Itoa(index)))
	sum, err := highwayhash.NewDigest64(key[:])
	if err != nil {
		return nil, err
	}
	var own [blockChecksum]byte
	return func(r record) bool {
		sum.Reset()
		for _, part := range [][]byte{r.head[4:20], r.subject, r.headers, r.body} {
			_, _ = sum.Write(part) // a hash takes everything
		}
		return bytes.Equal(sum.Sum(own[:0]), r.sum)
	}, nil
}

// record is one in its parts; all point into the file's bytes.
type record struct{ head, subject, headers, body, sum []byte }

func cutRecord(data []byte) (r record, rest []byte, ok bool) {
	if len(data) < blockHeader+blockChecksum {
		return r, nil, false
	}
	length := binary.LittleEndian.Uint32(data)
	size, subject := int(length&^blockHeaders), int(binary.LittleEndian.Uint16(data[20:]))
	if size < blockHeader+blockChecksum || size > len(data) || blockHeader+subject > size-blockChecksum {
		return r, nil, false
	}
	r.head, rest = data[:blockHeader], data[size:]
	r.subject, r.body, r.sum = data[blockHeader:blockHeader+subject], data[blockHeader+subject:size-blockChecksum], data[size-blockChecksum:size]
	if length&blockHeaders == 0 {
		return r, rest, true
	}
	if len(r.body) < 4 {
		return r, nil, false
	}
	headers := binary.LittleEndian.Uint32(r.body)
	if int64(headers) > int64(len(r.body)-4) {
		return r, nil, false
	}
	r.headers, r.body = r.body[4:4+headers], r.body[4+headers:]
	return r, rest, true
}

func (b *Blocks) damaged(f block, why string) error {
	return domain.Errorf(domain.Internal, filepath.Base(f.path), "%s", why).WithHint(mend)
}

// stamp is what a file system says of a file. Nothing that writes to a file by its name leaves all of it as it was: the
// time of the last change can't be set.
type stamp struct {
	inode         uint64
	size          int64
	written, made syscall.Timespec
}

// Touched says which finished files were changed, or are gone, since it was last asked: the server never writes to one
// again. The newest file, to which it writes, is not watched.
func (b *Blocks) Touched() (names []string, err error) {
	files, err := b.list()
	if err != nil {
		return nil, err
	}
	now := map[string]stamp{}
	for _, f := range files[:max(0, len(files)-1)] {
		var st syscall.Stat_t
		if err := syscall.Stat(f.path, &st); err != nil {
			continue // it is gone, which shows below
		}
		now[filepath.Base(f.path)] = stamp{st.Ino, st.Size, st.Mtim, st.Ctim}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, was := range b.finished {
		if now[name] != was {
			names = append(names, name)
		}
	}
	b.finished = now
	slices.Sort(names)
	return names, nil
}
