package eventstore

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"plantrail/domain"
)

// The sweep removes what a crash has left without anything that speaks of it: texts whose event never came, and pieces of
// evidence files that were never whole. Nobody finds them, so that nobody could erase them either. It runs after each
// Open, beside the work.
//
// A text is destroyed only when all of this holds:
//   - it is older than sweepAge by the server's clock, when an append has long given up;
//   - it is older than the last checkpoint: the history, which has just been measured against that checkpoint, then holds
//     every event that could be its own, and one put back from an older copy does not open at all;
//   - its plan, read without an error, has no event of its id;
//   - nor has any plan: the whole history was read from 1 to its end without a gap. A damaged block is an error here, so
//     that the texts of an event that can't be read now are there when it is put back.
//
// How far it has come is in the file DATA/swept. Losing the file costs reading the texts once more.
const (
	sweepAge   = time.Hour
	sweepBatch = 100_000 // texts looked at in one go: their ids are held in memory
)

// waitingText is a text whose event has not been seen.
type waitingText struct {
	seq  uint64
	plan domain.PlanID
}

// sweepAtStart runs until it is through or the store is closed.
func (s *Store) sweepAtStart(ctx context.Context) {
	texts, err := s.sweepTexts(ctx, sweepAge)
	if err == nil {
		err = s.sweepPieces(ctx, sweepAge)
	}
	if texts > 0 {
		s.cfg.Logger.Info("texts whose event never came were removed", "texts", texts)
	}
	if err != nil && ctx.Err() == nil {
		s.cfg.Logger.Warn("what a crash may have left is not swept; the next start tries again", "error", err)
	}
}

// sweepTexts looks at the texts older than age that no sweep has looked at, and says how many it removed.
func (s *Store) sweepTexts(ctx context.Context, age time.Duration) (removed int, err error) {
	before, err := s.sweepBefore(ctx, age)
	if err != nil || before.IsZero() {
		return 0, err
	}
	state, err := s.stream(ctx, s.names.texts())
	if err != nil {
		return 0, err
	}
	for at := s.readSwept(); ; {
		texts, until, err := s.oldTexts(ctx, at, state.Last, before)
		if err == nil {
			err = s.dropKnown(ctx, texts)
		}
		if err == nil && len(texts) > 0 {
			err = s.dropAnywhere(ctx, texts)
		}
		if err == nil {
			err = s.sweepAway(ctx, texts)
		}
		if err != nil || until == at {
			return removed, err
		}
		removed += len(texts)
		at = until
		b, err := json.Marshal(sweptFile{at})
		if err == nil {
			err = replaceFile(s.sweptPath(), b)
		}
		if err != nil {
			return removed, err
		}
	}
}

// sweptFile says up to which sequence the texts have been looked at: {"texts":1042}.
type sweptFile struct {
	Texts uint64 `json:"texts"`
}

func (s *Store) sweptPath() string { return filepath.Join(s.cfg.DataDir, "swept") }

func (s *Store) readSwept() uint64 {
	var f sweptFile
	if b, err := os.ReadFile(s.sweptPath()); err != nil || json.Unmarshal(b, &f) != nil {
		return 0 // it only saves reading
	}
	return f.Texts
}

// sweepBefore is the time before which texts may be swept; zero when none may.
func (s *Store) sweepBefore(ctx context.Context, age time.Duration) (time.Time, error) {
	last, err := s.last(ctx, s.names.checkpoints(), s.names.checkpointSubject())
	if err != nil || last == nil {
		return time.Time{}, err
	}
	before, err := s.longAgo(ctx, s.names.texts(), age)
	if err == nil && last.Time.Before(before) {
		before = last.Time
	}
	return before, err
}

// longAgo is a time by the server's clock, which is that of the messages too.
func (s *Store) longAgo(ctx context.Context, stream string, age time.Duration) (time.Time, error) {
	info, err := s.streamInfo(ctx, stream)
	if err != nil || info == nil || info.Now.IsZero() {
		return time.Time{}, err
	}
	return info.Now.Add(-age), nil
}

// oldTexts reads the next texts that are old enough, by event, and says up to which sequence it has looked.
func (s *Store) oldTexts(ctx context.Context, after, end uint64, before time.Time) (map[domain.EventID]waitingText, uint64, error) {
	texts, until := map[domain.EventID]waitingText{}, after
	for m, err := range s.fetch(ctx, s.names.texts(), "texts."+string(s.cfg.Org)+".>", after+1, end) {
		if err != nil {
			return nil, after, err
		}
		if m.Time.IsZero() || !m.Time.Before(before) || len(texts) == sweepBatch {
			break
		}
		t, err := decodeTextRecord(m)
		if err != nil {
			return nil, after, err
		}
		texts[t.Event], until = waitingText{m.Seq, t.Plan}, m.Seq
	}
	return texts, until, nil
}

// dropKnown leaves only those texts whose plan has no such event.
func (s *Store) dropKnown(ctx context.Context, texts map[domain.EventID]waitingText) error {
	plans := map[domain.PlanID]bool{}
	for _, t := range texts {
		plans[t.plan] = true
	}
	for plan := range plans {
		for r, err := range s.Read(ctx, plan, 0) {
			if err != nil {
				return err
			}
			delete(texts, r.ID)
		}
	}
	return nil
}

// dropAnywhere reads the whole history for the few texts that are left.
func (s *Store) dropAnywhere(ctx context.Context, texts map[domain.EventID]waitingText) error {
	for r, err := range s.Events(ctx, 0, false) {
		if err != nil {
			return err
		}
		delete(texts, r.ID)
	}
	return nil
}

func (s *Store) sweepAway(ctx context.Context, texts map[domain.EventID]waitingText) error {
	for _, t := range texts {
		if err := s.enter(ctx); err != nil {
			return err
		}
		err := s.destroy(ctx, []kept{{Seq: t.seq}})
		s.leave()
		if err != nil {
			return err
		}
		s.stats.swept.Add(1)
	}
	return nil
}

// sweepPieces takes away old pieces that belong to no file.
func (s *Store) sweepPieces(ctx context.Context, age time.Duration) error {
	before, err := s.longAgo(ctx, s.names.evidence(), age)
	if err != nil {
		return err
	}
	pieces, err := s.subjects(ctx, s.names.evidence(), s.names.pieceSubject("*"))
	if err != nil || len(pieces) == 0 {
		return err
	}
	// The names are read after the pieces: a file that becomes whole in between is seen.
	state, err := s.stream(ctx, s.names.evidence())
	if err != nil {
		return err
	}
	for m, err := range s.fetch(ctx, s.names.evidence(), "$O."+s.names.bucket()+".M.>", 1, state.Last) {
		if err != nil {
			return err
		}
		info, err := readFileInfo(m)
		if err != nil {
			return err
		}
		if !info.Deleted {
			delete(pieces, s.names.pieceSubject(info.NUID))
		}
	}
	for subject := range pieces {
		last, err := s.last(ctx, s.names.evidence(), subject)
		if err != nil {
			return err
		}
		if last != nil && last.Time.Before(before) {
			s.purgePieces(strings.TrimPrefix(subject, s.names.pieceSubject("")))
			s.stats.swept.Add(1)
		}
	}
	return nil
}
