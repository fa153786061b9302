package eventstore

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/minio/highwayhash"
)

// nats-server destroys a message in two steps: it notes that the message is gone, then it overwrites it. Killed in between,
// it takes the message for gone at its next start and never overwrites it: nobody who erases finds it any more, and the text
// stays on the disk for ever. So a start that follows such an end looks for it, before the server opens the files.

const (
	recordErased = 1 << 63 // in a record's sequence: it was overwritten
	recordGone   = 1 << 62 // in a record's sequence: it notes that the message of that sequence is gone
)

// overwriteGone overwrites, in a stream's files, the messages that are noted to be gone and are still there. Nobody may have
// the stream open. A crash in the midst leaves each file as it was or as it is to be.
func overwriteGone(dir, stream string) error {
	leftover, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if err != nil {
		return err
	}
	for _, path := range leftover { // a copy of a file that was to take its place: it may hold what is erased next
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	files, err := (&Blocks{dir: dir}).list()
	if err != nil {
		return err
	}
	gone := map[uint64]bool{}
	for _, f := range files { // the note may lie in a later file than the message
		err = errors.Join(err, eachRecord(f, func(_ []byte, seq uint64) {
			if seq&recordGone != 0 {
				gone[seq&^blockRemoved] = true
			}
		}))
	}
	for _, f := range files {
		if err == nil {
			err = overwriteIn(f, stream, gone)
		}
	}
	return err
}

// eachRecord shows the records of a file, up to the first that is not whole: whether that is damage is not asked here.
func eachRecord(f block, show func(record []byte, seq uint64)) error {
	data, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	eachOf(data, show)
	return nil
}

func eachOf(data []byte, show func(record []byte, seq uint64)) {
	for len(data) > 0 {
		_, rest, ok := cutRecord(data)
		if !ok {
			return
		}
		record := data[:len(data)-len(rest)]
		show(record, binary.LittleEndian.Uint64(record[4:]))
		data = rest
	}
}

func overwriteIn(f block, stream string, gone map[uint64]bool) error {
	data, err := os.ReadFile(f.path)
	if err != nil {
		return err
	}
	changed := false
	eachOf(data, func(record []byte, seq uint64) {
		if gone[seq] { // neither erased already nor a note
			err = errors.Join(err, overwrite(record, seq, stream+"-"+strconv.Itoa(f.index)))
			changed = true
		}
	})
	if err != nil || !changed {
		return err
	}
	return replaceFile(f.path, data)
}

// overwrite makes of a record what nats-server makes of one that it erases.
func overwrite(record []byte, seq uint64, name string) error {
	key := sha256.Sum256([]byte(name))
	sum, err := highwayhash.NewDigest64(key[:])
	if err != nil {
		return err
	}
	end := len(record) - blockChecksum
	clear(record[:blockHeader])
	binary.LittleEndian.PutUint32(record, uint32(len(record)))
	binary.LittleEndian.PutUint64(record[4:], seq|recordErased)
	_, _ = rand.Read(record[blockHeader:end]) // never fails
	_, _ = sum.Write(record[4:20])
	_, _ = sum.Write(record[blockHeader:end])
	sum.Sum(record[end:end])
	return nil
}

// endedWell tells from the lock's file whether the server that had it last came to its end, and notes that this one has
// not yet.
func endedWell(lock *os.File) (bool, error) {
	var b [8]byte
	n, _ := lock.ReadAt(b[:], 0) // an empty file is an error, and an end
	_, err := lock.WriteAt([]byte("open\n"), 0)
	return !strings.HasPrefix(string(b[:n]), "open"), errors.Join(err, lock.Sync())
}
