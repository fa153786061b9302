package eventstore

import (
	"context"
	"iter"
	"os"
	"strconv"
	"time"

	"plantrail/domain"
)

// Backup is what a journal is built anew from. None of it is a file of NATS. The caller has proved that the leaves have
// the root of the last checkpoint; this package only sees that nothing is out of order.
type Backup struct {
	Identity    string                         // as of [Store.Identity]
	Leaves      iter.Seq2[Leaf, error]         // all, from position 1; Position and Plan may be left zero
	Texts       iter.Seq2[TextRecord, error]   // of each the plan, the event and the disclosures
	Checkpoints iter.Seq2[[]byte, error]       // oldest first
	Evidence    iter.Seq2[EvidenceFile, error] // with Body; nil where there are none
}

// Restore builds a journal anew, in an empty data directory or in a cluster where the organisation has no streams. Each
// event gets the position that it had, and the journal its identity; texts get new sequences. It leaves the journal
// closed. Until it is through, the directory says "restoring" and nothing opens it: a restore that was cut short is begun
// again in an empty place.
func Restore(ctx context.Context, cfg Config, b Backup) (err error) {
	if err := cfg.check(); err != nil {
		return err
	}
	if err := emptyTarget(cfg.DataDir); err != nil {
		return err
	}
	if len(b.Identity) != 32 {
		return refuse("backup", "it does not say which journal it is of")
	}
	s := newStore(cfg.withDefaults())
	defer s.release()
	if err := s.connect(ctx); err != nil {
		return err
	}
	s.disk = watch(s.cfg, func(context.Context) string { return "" })
	s.id = identity{Org: cfg.Org, Journal: b.Identity, State: restoring, Version: identityVersion}
	if err := s.emptyStreams(ctx); err != nil {
		return err
	}
	if err := s.id.save(cfg.DataDir); err != nil {
		return err
	}
	// A crash from here on leaves a directory that says "restoring", and in a cluster streams that an operator must delete. The
	// checkpoints go first and the history last: so nobody can join one of which a part is there only.
	if err := s.create(ctx, s.id, make([]*streamInfo, len(s.names.streams()))); err != nil {
		return err
	}
	for _, step := range []func(context.Context, Backup) error{s.restoreCheckpoints, s.restoreTexts, s.restoreEvidence, s.restoreLeaves} {
		if err := step(ctx, b); err != nil {
			return err
		}
	}
	if err := s.checkAll(ctx, s.id); err != nil {
		return err
	}
	s.id.State = begun
	return s.id.save(cfg.DataDir)
}

// emptyTarget refuses a directory with anything in it.
func emptyTarget(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return refuse("data directory", "%v", err)
	}
	if len(files) > 0 {
		return refuse("data directory", "%s is not empty: %s lies in it", dir, files[0].Name()).
			WithHint("restore into a new directory; nothing is ever restored over a journal")
	}
	return nil
}

func (s *Store) emptyStreams(ctx context.Context) error {
	for _, name := range s.names.streams() {
		info, err := s.streamInfo(ctx, name)
		if err != nil {
			return err
		}
		if info != nil {
			return refuse("stream "+name, "it exists already, as journal %s", info.identity()).
				WithHint("nothing is restored over a journal: move it away with the administrator's user first")
		}
	}
	return nil
}

// heap gathers messages and stores them as atomic batches. Nobody else writes, so the stream's end says what an unknown
// outcome was.
type heap struct {
	store  *Store
	stream string
	last   uint64 // sequence of the last message stored
	msgs   []message
	bytes  int
}

func (h *heap) add(ctx context.Context, m message) error {
	if len(h.msgs) == maxBatch || h.bytes+len(m.body) > maxBatchBytes {
		if err := h.flush(ctx); err != nil {
			return err
		}
	}
	h.msgs, h.bytes = append(h.msgs, m), h.bytes+len(m.body)
	return nil
}

func (h *heap) flush(ctx context.Context) error {
	if len(h.msgs) == 0 {
		return ctx.Err()
	}
	e := newEntry(time.Time{}, h.msgs)
	want := h.last + uint64(len(h.msgs))
	for until := h.store.patient(); ; {
		try, cancel := context.WithTimeout(ctx, h.store.cfg.Patience)
		first, err := h.store.single(try, e)
		cancel()
		if err == nil && first == h.last+1 {
			break
		}
		state, serr := h.store.stream(ctx, h.stream)
		if serr == nil && state.Last == want && err != nil {
			break // stored, and the answer lost
		}
		if serr != nil || state.Last != h.last || err == nil || time.Now().After(until) {
			return domain.Errorf(domain.Unavailable, "stream "+h.stream, "messages %d to %d could not be restored", h.last+1, want).
				WithHint("empty the target and begin again").Because(h.store.because(err))
		}
	}
	h.last, h.msgs, h.bytes = want, h.msgs[:0], 0
	return nil
}

func (s *Store) restoreLeaves(ctx context.Context, b Backup) error {
	h := &heap{store: s, stream: s.names.history()}
	at := domain.Position(0)
	for leaf, err := range b.Leaves {
		if err != nil {
			return err
		}
		at++
		r, err := decode(s.cfg.Org, at, leaf.Body)
		switch {
		case err != nil:
			return err
		case leaf.Position != 0 && leaf.Position != at:
			return refuse("backup", "leaf %d comes where %d is due", leaf.Position, at)
		case leaf.Plan != "" && leaf.Plan != r.Plan:
			return refuse("backup", "leaf %d is said to be of %s and is of %s", at, leaf.Plan, r.Plan)
		}
		err = h.add(ctx, message{subject: s.names.subject(r.Plan), content: cloudEventsContent, typ: typePrefix + r.Event.Type() + ".v1", body: leaf.Body})
		if err != nil {
			return err
		}
	}
	return h.flush(ctx)
}

func (s *Store) restoreTexts(ctx context.Context, b Backup) error {
	h := &heap{store: s, stream: s.names.texts()}
	for t, err := range b.Texts {
		if err != nil {
			return err
		}
		if !token(string(t.Event)) {
			return refuse("backup", "texts of %q are not those of an event", cut(string(t.Event), 80))
		}
		body, err := marshal(textBody{Disclosures: t.Disclosures})
		if err == nil {
			_, _, err = decodeTexts(body)
		}
		if err != nil {
			return refuse("backup", "the texts of event %s can't be read: %v", t.Event, err)
		}
		if err := h.add(ctx, message{subject: s.names.textSubject(t.Plan, t.Event), content: textsContent, body: body}); err != nil {
			return err
		}
	}
	return h.flush(ctx)
}

func (s *Store) restoreEvidence(ctx context.Context, b Backup) error {
	if b.Evidence == nil {
		return nil
	}
	for f, err := range b.Evidence {
		if err != nil {
			return err
		}
		sha, _, err := s.PutEvidence(ctx, f.Plan, f.ID, f.Body, f.Size)
		if err != nil {
			return err
		}
		if f.SHA256 != "" && sha != f.SHA256 {
			return refuse("backup", "the file %s/%s has digest %s, it must be %s", f.Plan, f.ID, sha, f.SHA256)
		}
	}
	return nil
}

func (s *Store) restoreCheckpoints(ctx context.Context, b Backup) error {
	h := &heap{store: s, stream: s.names.checkpoints()}
	var last []byte
	for note, err := range b.Checkpoints {
		if err != nil {
			return err
		}
		if _, err := checkpointSize(note); err != nil {
			return refuse("backup", "a checkpoint can't be read: %v", err)
		}
		last = note
		if err := h.add(ctx, message{subject: s.names.checkpointSubject(), content: checkpointContent, body: note}); err != nil {
			return err
		}
	}
	if err := h.flush(ctx); err != nil || last == nil {
		return err
	}
	return s.copyCheckpoint(last)
}

// TextsMade names the text stream as it was made: the sequences of two streams have nothing to do with each other, and a
// restored journal has another one.
func (s *Store) TextsMade(ctx context.Context) (string, error) {
	info, err := s.streamInfo(ctx, s.names.texts())
	if err == nil && info == nil {
		_, err = s.stream(ctx, s.names.texts()) // says so
	}
	if err != nil {
		return "", err
	}
	return strconv.FormatInt(info.Created.UnixNano(), 36), nil
}
