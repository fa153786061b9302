package eventstore

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"plantrail/domain"
)

// A checkpoint is a signed note (C2SP tlog-checkpoint) that states how many leaves the history had and their root hash.
// This package keeps the notes and knows no more of them than the three lines of their body:
//
//	plantrail/acme/5f0c91d2
//	1042
//	CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//
// They lie in CHECKPOINTS_<org>, from which nothing can be removed, and the last one in the file DATA/checkpoint too: a
// JetStream directory that is put back from an older copy then shows at the next start.

// LastCheckpoint reads the last checkpoint and its sequence; nil and 0, without an error, where there is none yet.
func (s *Store) LastCheckpoint(ctx context.Context) (note []byte, seq uint64, err error) {
	was := s.kept.states()
	var m *kept
	err = s.upToDate(ctx, func() (bool, error) {
		if m, err = s.last(ctx, s.names.checkpoints(), s.names.checkpointSubject()); err != nil || m == nil {
			return err != nil || was == 0, err
		}
		size, _ := checkpointSize(m.Data) // what is none is for the caller to refuse
		return size >= was, nil
	})
	if err != nil || m == nil {
		return nil, 0, err
	}
	// It may be that of another process of the organisation: this one's copy is to know it too.
	if err := s.copyCheckpoint(m.Data); err != nil {
		s.cfg.Logger.Warn("the checkpoint is not copied", "error", err)
	}
	return m.Data, m.Seq, nil
}

// Checkpoints yields all checkpoints, oldest first, as they were stored.
func (s *Store) Checkpoints(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		state, err := s.stream(ctx, s.names.checkpoints())
		if err != nil {
			yield(nil, err)
			return
		}
		next := uint64(1)
		for m, err := range s.fetch(ctx, s.names.checkpoints(), s.names.checkpointSubject(), 1, state.Last) {
			if err == nil && m.Seq != next {
				err = missing("checkpoint", next)
			}
			if !yield(m.Data, err) || err != nil {
				return
			}
			next++
		}
		if next <= state.Last {
			yield(nil, missing("checkpoint", next))
		}
	}
}

// CheckpointCovering reads the first checkpoint that speaks of at least size leaves; nil, without an error, where none does
// yet. Each speaks of more leaves than the one before it, so it is found by halving, however many there are.
func (s *Store) CheckpointCovering(ctx context.Context, size uint64) (note []byte, err error) {
	state, err := s.stream(ctx, s.names.checkpoints())
	if err != nil {
		return nil, err
	}
	for low, high := uint64(1), state.Last; low <= high; {
		middle := low + (high-low)/2
		m, err := s.get(ctx, s.names.checkpoints(), getRequest{Seq: middle})
		if err == nil && m == nil {
			err = missing("checkpoint", middle)
		}
		if err != nil {
			return nil, err
		}
		has, err := checkpointSize(m.Data)
		switch {
		case err != nil:
			return nil, domain.Errorf(domain.Internal, "checkpoint "+strconv.FormatUint(middle, 10), "%v", err)
		case has >= size:
			note, high = m.Data, middle-1
		default:
			low = middle + 1
		}
	}
	return note, nil
}

func missing(what string, seq uint64) error {
	return domain.Errorf(domain.Internal, what+" "+strconv.FormatUint(seq, 10), "it is missing").
		WithHint(mend)
}

// PutCheckpoint stores a checkpoint on condition that after is the sequence of the last one, 0 for none, and returns its
// own. A Conflict means that another process has stored one: read it and decide again. After nil it is on stable storage
// and in DATA/checkpoint; after Unknown it may be stored.
func (s *Store) PutCheckpoint(ctx context.Context, after uint64, note []byte) (uint64, error) {
	if err := s.enter(ctx); err != nil {
		return 0, err
	}
	defer s.leave()
	if _, err := checkpointSize(note); err != nil {
		return 0, domain.Errorf(domain.Internal, "checkpoint", "%v", err)
	}
	e := newEntry(s.patient(), []message{{subject: s.names.checkpointSubject(), guard: true, after: after,
		content: checkpointContent, body: note}})
	s.checkpoints.put(e)
	if e.last == conflict && e.maybe {
		s.resolve(e, s.names.checkpoints())
	}
	switch {
	case e.last == conflict:
		return 0, domain.Errorf(domain.Conflict, "checkpoint", "another checkpoint was stored after %d", after).
			WithHint("read the last one and decide again").Because(e.err)
	case e.last != stored && e.maybe:
		return 0, domain.Errorf(domain.Unknown, "checkpoint", "it is not known whether it was stored").
			WithHint("read the last one").Because(s.because(e.err))
	case e.last != stored:
		return 0, s.unavailable(e.err)
	}
	s.stats.checkpoints.Add(1)
	// A crash here leaves a copy that is older than the stream's last: it claims less than it could, and the next
	// LastCheckpoint brings it up.
	return e.first, s.copyCheckpoint(note)
}

// checkpointSize reads the second line of a checkpoint: how many leaves it speaks of.
func checkpointSize(note []byte) (uint64, error) {
	lines := strings.SplitN(string(note), "\n", 4)
	if len(lines) < 4 || lines[0] == "" || lines[2] == "" {
		return 0, errors.New("it is not a checkpoint: it must begin with the lines origin, size and root")
	}
	size, err := strconv.ParseUint(lines[1], 10, 63)
	if err != nil || strconv.FormatUint(size, 10) != lines[1] {
		return 0, errors.New("its second line is not a size")
	}
	return size, nil
}

// body is the signed part of a note without extension lines: origin, size and root.
func checkpointBody(note []byte) string {
	lines := strings.SplitN(string(note), "\n", 4)
	return strings.Join(lines[:min(3, len(lines))], "\n")
}

// copied remembers how far the copy in the data directory is, so that it is only written when it changes.
type copied struct {
	sync.Mutex
	note []byte
	size uint64
}

// states is how many leaves the newest checkpoint seen speaks of.
func (c *copied) states() uint64 {
	c.Lock()
	defer c.Unlock()
	return c.size
}

func copyPath(dir string) string { return filepath.Join(dir, "checkpoint") }

// readCopy reads DATA/checkpoint; ok is false where there is none.
func readCopy(dir string) (note []byte, ok bool, err error) {
	note, err = os.ReadFile(copyPath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err == nil {
		_, err = checkpointSize(note)
	}
	if err != nil {
		return nil, false, refuse("checkpoint", "%s can't be read: %v", copyPath(dir), err).
			WithHint("restore it from the backup; it says how long the history must at least be")
	}
	return note, true, nil
}

// readKept reads the copy, which from then on is not written when it would not change.
func (s *Store) readKept() (note []byte, known bool, size uint64, err error) {
	s.kept.Lock()
	defer s.kept.Unlock()
	if note, known, err = readCopy(s.cfg.DataDir); err != nil {
		return nil, false, 0, err
	}
	if known {
		size, _ = checkpointSize(note) // readCopy has read it
	}
	s.kept.note, s.kept.size = note, size
	return note, known, size, nil
}

// copyCheckpoint writes the copy, unless it is as new already. It never goes back.
func (s *Store) copyCheckpoint(note []byte) error {
	size, err := checkpointSize(note)
	if err != nil {
		return domain.Errorf(domain.Internal, "checkpoint", "%v", err)
	}
	s.kept.Lock()
	defer s.kept.Unlock()
	if size < s.kept.size || bytes.Equal(note, s.kept.note) {
		return nil
	}
	if err := replaceFile(copyPath(s.cfg.DataDir), note); err != nil {
		return domain.Errorf(domain.Unavailable, "checkpoint", "its copy can't be written").
			WithHint("see that the data directory can be written to").Because(err)
	}
	s.kept.note, s.kept.size = bytes.Clone(note), size
	return nil
}

// checkCheckpoints compares the history's end with the last checkpoint, and that with its copy in the data directory. Only
// sizes are compared, and roots where the sizes are the same: whether a root is right takes the whole tree.
func (s *Store) checkCheckpoints(ctx context.Context) error {
	// The copy is read first, for it is written last: a checkpoint that is stored meanwhile makes it only the older.
	note, known, copySize, err := s.readKept()
	if err != nil {
		return err
	}
	last, err := s.last(ctx, s.names.checkpoints(), s.names.checkpointSubject())
	if err != nil {
		return err
	}
	var size uint64
	if last != nil {
		if size, err = checkpointSize(last.Data); err != nil {
			return refuse("stream "+s.names.checkpoints(), "its last message: %v", err).WithHint(mend)
		}
	}
	// The history is asked for last: it can only have grown since.
	history, err := s.stream(ctx, s.names.history())
	if err != nil {
		return err
	}
	return compareSizes(s.cfg.DataDir, history.Last, size, copySize, last == nil || !known || checkpointBody(last.Data) == checkpointBody(note))
}

// compareSizes says what is wrong with a history of a size, given what its last checkpoint and that one's copy state.
func compareSizes(dir string, history, size, copySize uint64, same bool) error {
	const hint = "an older state of the store was put back, or its end was lost: " + mend
	switch {
	case history < size:
		return refuse("history", "it has %d events, its last checkpoint states %d", history, size).WithHint(hint)
	case history < copySize:
		return refuse("history", "it has %d events, the checkpoint in %s states %d", history, copyPath(dir), copySize).WithHint(hint)
	case size < copySize:
		return refuse("checkpoints", "the last one stored states %d events, the one in %s states %d", size, copyPath(dir), copySize).WithHint(hint)
	case size == copySize && !same:
		return refuse("checkpoints", "the last one stored and the one in %s state another root for %d events", copyPath(dir), size).
			WithHint("one of them was exchanged: keep both and compare them with those that others have seen")
	}
	return nil
}
