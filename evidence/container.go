package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"regexp"
	"strings"
	"sync"
)

// A bundle's container is a zip file that any zip program opens, of which every byte is prescribed: files stored without
// compression (so nothing can swell), in the order manifest.json and then the names' byte order, all dated 1980-01-01, no
// gap, no comment, no extra field. The same content is therefore always the same bytes, and to read one is to write it
// again and compare. Names are plain ASCII with at most one folder, so that none can point out of a directory.
const (
	MaxBundle = 1<<32 - 1 // bytes: beyond, zip needs another form (a version 2 of ours)
	MaxFiles  = 1<<16 - 1 // files, likewise

	maxSmall    = 1 << 16 // a leaf, a proof, the key file, the checkpoint
	maxTexts    = 1 << 22 // the texts of one event
	maxManifest = 1 << 24

	localSize, centralSize, endSize = 30, 46, 22
)

var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$`)

// member is a file within the container.
type member struct {
	name   string
	size   uint32
	crc    uint32
	offset uint32 // of its local header
	sha256 string // hex
}

func (m member) local() []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0x04034b50)
	b = m.common(b)
	return append(b, m.name...)
}

// common is the part that both headers of a file share: version needed, no flags, stored, date, checksum, sizes, no extra.
func (m member) common(b []byte) []byte {
	le := binary.LittleEndian
	b = append(b, 10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0)
	b = le.AppendUint32(b, m.crc)
	b = le.AppendUint32(b, m.size)
	b = le.AppendUint32(b, m.size)
	b = le.AppendUint16(b, uint16(len(m.name)))
	return append(b, 0, 0)
}

func (m member) central() []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0x02014b50)
	b = append(b, 20, 3) // made by version 2.0 on Unix
	b = m.common(b)
	b = append(b, 0, 0, 0, 0, 0, 0)
	b = le.AppendUint32(b, 0o100644<<16)
	b = le.AppendUint32(b, m.offset)
	return append(b, m.name...)
}

func end(files int, size, offset uint32) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, 0x06054b50)
	b = append(b, 0, 0, 0, 0)
	b = le.AppendUint16(b, uint16(files))
	b = le.AppendUint16(b, uint16(files))
	b = le.AppendUint32(b, size)
	b = le.AppendUint32(b, offset)
	return append(b, 0, 0)
}

// source is a file to be written; it is opened twice, to measure and to copy.
type source struct {
	member
	open func() (io.ReadCloser, error)
}

// measure fills in size and sums.
func (s *source) measure() error {
	r, err := s.open()
	if err != nil {
		return err
	}
	defer r.Close()
	return s.member.sum(r)
}

// buffers are lent to sum: a bundle has many small files, and a buffer made for each costs more than to sum it.
var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

func (m *member) sum(r io.Reader) error {
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	crc, sha := crc32.NewIEEE(), sha256.New()
	n, err := io.CopyBuffer(io.MultiWriter(crc, sha), r, buffer[:])
	if err != nil {
		return fmt.Errorf("%s: %w", m.name, err)
	}
	if n > MaxBundle {
		return fmt.Errorf("%s has %d bytes, too many for a bundle", m.name, n)
	}
	m.size, m.crc, m.sha256 = uint32(n), crc.Sum32(), hex.EncodeToString(sha.Sum(nil))
	return nil
}

// writeContainer writes measured files in the order given, which is the prescribed one.
func writeContainer(w io.Writer, files []source) error {
	if len(files) > MaxFiles {
		return fmt.Errorf("the bundle would have %d files, the limit is %d", len(files), MaxFiles)
	}
	total := int64(endSize)
	for _, f := range files {
		total += int64(localSize+centralSize+2*len(f.name)) + int64(f.size)
	}
	if total > MaxBundle {
		return fmt.Errorf("the bundle would have %d bytes, the limit is %d", total, int64(MaxBundle))
	}
	var central []byte
	offset := uint32(0)
	for _, f := range files {
		f.offset = offset
		if _, err := w.Write(f.local()); err != nil {
			return err
		}
		if err := f.copy(w); err != nil {
			return err
		}
		offset += uint32(localSize+len(f.name)) + f.size
		central = append(central, f.central()...)
	}
	if _, err := w.Write(central); err != nil {
		return err
	}
	_, err := w.Write(end(len(files), uint32(len(central)), offset))
	return err
}

func (s *source) copy(w io.Writer) error {
	r, err := s.open()
	if err != nil {
		return err
	}
	defer r.Close()
	again := member{name: s.name}
	if err := again.sum(io.TeeReader(r, w)); err != nil {
		return err
	}
	if again.sha256 != s.sha256 {
		return fmt.Errorf("%s changed while it was being written", s.name)
	}
	return nil
}

// container is a bundle opened for reading: every byte outside of the files is as prescribed, every checksum right.
type container struct {
	r     io.ReaderAt
	files []member
	named map[string]int
}

var errContainer = errors.New("it is not laid out as a bundle: it was cut short, damaged, added to, or packed again by another program")

// openContainer reads headers first, so that a name may be told with what is wrong, and then all content once.
func openContainer(r io.ReaderAt, size int64) (*container, error) {
	if size < endSize || size > MaxBundle {
		return nil, errContainer
	}
	last := make([]byte, endSize)
	if !readFull(r, last, 0+size-endSize) {
		return nil, errContainer
	}
	le := binary.LittleEndian
	count, length, offset := int(le.Uint16(last[10:])), le.Uint32(last[12:]), le.Uint32(last[16:])
	if !bytes.Equal(last, end(count, length, offset)) || int64(offset)+int64(length)+endSize != size || int(length) > count*(centralSize+201) {
		return nil, errContainer
	}
	directory := make([]byte, length)
	if !readFull(r, directory, int64(offset)) {
		return nil, errContainer
	}
	c := &container{r: r, named: map[string]int{}}
	if err := c.readDirectory(directory, count, int64(offset)); err != nil {
		return nil, err
	}
	return c, c.readContents()
}

func (c *container) readDirectory(b []byte, count int, end int64) error {
	folded := map[string]bool{}
	at := int64(0)
	for i := range count {
		if len(b) < centralSize {
			return errContainer
		}
		le := binary.LittleEndian
		n := centralSize + int(le.Uint16(b[28:]))
		if len(b) < n {
			return errContainer
		}
		m := member{name: string(b[centralSize:n]), size: le.Uint32(b[24:]), crc: le.Uint32(b[16:]), offset: uint32(at)}
		if !fileName.MatchString(m.name) || !bytes.Equal(m.central(), b[:n]) {
			return errContainer
		}
		if at += int64(localSize+len(m.name)) + int64(m.size); at > end {
			return errContainer
		}
		if !c.inOrder(m.name) || folded[strings.ToLower(m.name)] {
			return fmt.Errorf("the file %s is given twice or out of order", m.name)
		}
		folded[strings.ToLower(m.name)] = true
		c.named[m.name] = i
		c.files = append(c.files, m)
		b = b[n:]
	}
	if len(b) != 0 || at != end || count == 0 {
		return errContainer
	}
	return nil
}

// inOrder reports whether name may follow the files so far: manifest.json first, then in byte order.
func (c *container) inOrder(name string) bool {
	switch len(c.files) {
	case 0:
		return name == manifestName
	case 1:
		return name != manifestName
	}
	return c.files[len(c.files)-1].name < name && name != manifestName
}

func (c *container) readContents() error {
	for i := range c.files {
		m := &c.files[i]
		header := make([]byte, localSize+len(m.name))
		if !readFull(c.r, header, int64(m.offset)) || !bytes.Equal(header, m.local()) {
			return errContainer
		}
		if int64(m.size) > sizeLimit(m.name) {
			return fmt.Errorf("the file %s has %d bytes, it may have %d", m.name, m.size, sizeLimit(m.name))
		}
		found := member{name: m.name}
		if err := found.sum(c.content(*m)); err != nil {
			return errContainer
		}
		if found.crc != m.crc || found.size != m.size {
			return fmt.Errorf("the file %s is damaged: its checksum differs", m.name)
		}
		m.sha256 = found.sha256
	}
	return nil
}

func (c *container) content(m member) io.Reader {
	return io.NewSectionReader(c.r, int64(m.offset)+int64(localSize+len(m.name)), int64(m.size))
}

// read gives a small file's bytes; nil if it is not there.
func (c *container) read(name string) []byte {
	i, ok := c.named[name]
	if !ok {
		return nil
	}
	b, _ := io.ReadAll(c.content(c.files[i])) // its sum was checked a moment ago
	return b
}

func (c *container) has(name string) bool { _, ok := c.named[name]; return ok }

func sizeLimit(name string) int64 {
	folder, _, _ := strings.Cut(name, "/")
	switch {
	case name == manifestName:
		return maxManifest
	case folder == "disclosures":
		return maxTexts
	case streamed(name):
		return MaxBundle
	}
	return maxSmall
}

func readFull(r io.ReaderAt, b []byte, at int64) bool {
	n, err := r.ReadAt(b, at)
	return n == len(b) && (err == nil || err == io.EOF)
}
