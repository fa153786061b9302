package eventstore

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// nats-server that has no index of a stream's files, or an old one, reads them at its start, and cuts a file off at the first
// record that does not have its checksum: one flipped bit then costs whatever lies behind it in the same file, of which the
// newest is in no backup. So a start that follows a kill looks first, and leaves such files alone: repair can read what
// lies behind the damage.

// inFlight is how far apart in time records may be that were being written when the power was cut. Behind a gap that such a
// cut has left nothing was ever acknowledged: that the server cuts it off is right.
const inFlight = 5 * time.Second

// leaveAlone refuses to start a server on files that it would cut off, where that would lose what was acknowledged.
func leaveAlone(cfg Config, dir string, endedWell bool) error {
	n := names{cfg.Org}
	signed := uint64(0)
	if note, ok, err := readCopy(cfg.DataDir); err == nil && ok {
		signed, _ = checkpointSize(note)
	}
	for _, look := range []struct {
		stream, prefix string
		synced         uint64 // up to here it certainly lay on the disk
	}{{n.history(), n.subject(""), signed}, {n.texts(), "texts." + string(n.org) + ".", 0}, {n.checkpoints(), n.checkpointSubject(), 0}} {
		b := &Blocks{dir: filepath.Join(dir, "jetstream", "$G", "streams", look.stream, "msgs"), stream: look.stream, prefix: look.prefix}
		if _, err := os.Stat(filepath.Join(b.dir, "index.db")); endedWell && err == nil {
			continue
		}
		w, err := b.wound()
		if err != nil {
			return refuse("stream "+look.stream, "%v", err)
		}
		if w == nil || w.after >= look.synced && w.newest.Sub(w.next) < inFlight {
			continue
		}
		return refuse("stream "+look.stream, "number %d is damaged in %s: %d behind it can still be read", w.after+1, filepath.Base(w.file), w.behind).
			WithHint("nothing was touched, and a server that opened the file would cut it off there: run plantrail repair, with --from the newest backup")
	}
	return nil
}

// wound is the first record of a stream's files that does not have its checksum, where there are others behind it in the file.
type wound struct {
	file   string
	after  uint64    // the last sequence before it
	behind int       // records behind it
	next   time.Time // of the first of them
	newest time.Time // of all
}

// wound looks for one.
func (b *Blocks) wound() (found *wound, err error) {
	files, err := b.list()
	if err != nil {
		return nil, err
	}
	var buf []byte
	last, newest := uint64(0), int64(0)
	note := func(r record) {
		seq, at := binary.LittleEndian.Uint64(r.head[4:]), int64(binary.LittleEndian.Uint64(r.head[12:]))
		if seq&blockRemoved == 0 {
			last = seq
		}
		newest = max(newest, at)
	}
	for _, f := range files {
		if buf, err = readInto(buf, f.path); err != nil {
			return nil, fmt.Errorf("%s can't be read: %w", f.path, err)
		}
		rest, err := b.inOrder(f.index, buf, note)
		if err != nil {
			return nil, err
		}
		w := wound{file: f.path, after: last}
		for r := range b.whole(f.index, rest) {
			if w.behind++; w.behind == 1 {
				w.next = time.Unix(0, int64(binary.LittleEndian.Uint64(r.head[12:])))
			}
			note(r)
		}
		if w.behind > 0 && found == nil {
			found = &w
		}
	}
	if found != nil {
		found.newest = time.Unix(0, newest)
	}
	return found, nil
}

// inOrder shows the records of a file up to the first that does not have its checksum, and gives what is left.
func (b *Blocks) inOrder(index int, data []byte, show func(record)) (rest []byte, err error) {
	sum, err := b.summer(index)
	if err != nil {
		return nil, err
	}
	for len(data) > 0 {
		r, next, ok := cutRecord(data)
		if !ok || !sum(r) {
			return data, nil
		}
		show(r)
		data = next
	}
	return nil, nil
}
