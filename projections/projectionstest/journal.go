package projectionstest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
)

// disclose makes an encoded disclosure whose salt follows from the event, so that a story drawn twice is the same.
func disclose(event domain.EventID, name, value string) string {
	salt := sha256.Sum256([]byte(string(event) + name))
	b, _ := json.Marshal([]string{base64.RawURLEncoding.EncodeToString(salt[:16]), name, value}) // strings always marshal
	return base64.RawURLEncoding.EncodeToString(b)
}

func without(disclosures []string, name string) (left []string) {
	for _, enc := range disclosures {
		if d, err := evidence.ParseDisclosure(enc); err != nil || d.Name != name {
			left = append(left, enc)
		}
	}
	return left
}

// stored is an event's bytes, much as the journal stores them, and its texts' disclosures.
func stored(r domain.Recorded, words map[string]string) (body []byte, disclosures []string) {
	data := map[string]any{}
	b, _ := json.Marshal(r.Event)
	_ = json.Unmarshal(b, &data)
	var digests []string
	for _, name := range slices.Sorted(maps.Keys(words)) {
		enc := disclose(r.ID, name, words[name])
		disclosures, digests = append(disclosures, enc), append(digests, evidence.Digest(enc))
	}
	if digests != nil {
		data["_sd_alg"], data["_sd"] = "sha-256", digests
	}
	source := "/orgs/acme/plans/" + string(r.Plan)
	if r.Plan.Reserved() {
		source = "/orgs/acme/" + string(r.Plan[1:])
	}
	doc := map[string]any{"id": r.ID, "source": source, "type": "plantrail." + r.Event.Type() + ".v1", "recordedtime": r.RecordedAt,
		"planseq": fmt.Sprintf("%020d", r.PlanSeq), "authid": r.Actor.ID, "commandid": r.Command, "data": data}
	if r.Prev != (domain.Hash{}) {
		doc["prev"] = base64.StdEncoding.EncodeToString(r.Prev[:])
	}
	body, _ = json.Marshal(doc)
	return body, disclosures
}

// Leaves implements [projections.CheckpointStore].
func (s *Source) Leaves(ctx context.Context, after domain.Position, _ bool) iter.Seq2[projections.Leaf, error] {
	return func(yield func(projections.Leaf, error) bool) {
		s.mu.Lock()
		events, bodies := slices.Clone(s.events), slices.Clone(s.bodies)
		s.mu.Unlock()
		if int(after) > len(bodies) {
			yield(projections.Leaf{}, domain.Errorf(domain.Internal, "position", "the history ends before %d", after))
			return
		}
		for i, body := range bodies[after:] {
			at := after + domain.Position(i+1)
			var err error
			switch {
			case ctx.Err() != nil:
				err = ctx.Err()
			case body == nil:
				err = domain.Errorf(domain.Internal, "position", "%d is missing", at)
			}
			if !yield(projections.Leaf{Position: at, Plan: events[at-1].Plan, Body: body}, err) || err != nil {
				return
			}
		}
	}
}

// LastCheckpoint implements [projections.CheckpointStore].
func (s *Source) LastCheckpoint(context.Context) ([]byte, uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.signed) == 0 {
		return nil, 0, nil
	}
	return s.signed[len(s.signed)-1], uint64(len(s.signed)), nil
}

// PutCheckpoint implements [projections.CheckpointStore].
func (s *Source) PutCheckpoint(_ context.Context, after uint64, note []byte) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if after != uint64(len(s.signed)) {
		return 0, domain.Errorf(domain.Conflict, "checkpoint", "another was stored after %d", after)
	}
	s.signed = append(s.signed, bytes.Clone(note))
	return uint64(len(s.signed)), nil
}

// Checkpoints implements [projections.AuditSource].
func (s *Source) Checkpoints(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s.mu.Lock()
		all := slices.Clone(s.signed)
		s.mu.Unlock()
		for _, c := range all {
			if !yield(c, ctx.Err()) {
				return
			}
		}
	}
}

// PutEvidence stores a file; the answer is its SHA-256 in hex.
func (s *Source) PutEvidence(plan domain.PlanID, id domain.EvidenceID, file string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[string(plan)+"/"+string(id)] = []byte(file)
	sum := sha256.Sum256([]byte(file))
	return hex.EncodeToString(sum[:])
}

// Evidence implements [projections.AuditSource].
func (s *Source) Evidence(_ context.Context, plan domain.PlanID, id domain.EvidenceID) (io.ReadCloser, int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	file, ok := s.files[string(plan)+"/"+string(id)]
	if !ok {
		return nil, 0, domain.Errorf(domain.NotFound, "evidence", "there is no file %s", id)
	}
	return io.NopCloser(bytes.NewReader(file)), int64(len(file)), nil
}

// Tamper replaces the stored bytes of the event at a position; nil loses it. Events goes on yielding what was drawn.
func (s *Source) Tamper(at domain.Position, change func([]byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies[at-1] = change(bytes.Clone(s.bodies[at-1]))
}

// Cut takes the last events away, as putting back an older copy does.
func (s *Source) Cut(events int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keep := len(s.events) - events
	s.events, s.bodies = s.events[:keep:keep], s.bodies[:keep:keep]
}

// CutCheckpoints takes the last checkpoints away.
func (s *Source) CutCheckpoints(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.signed = s.signed[:len(s.signed)-n]
}

// Swap puts two events into each other's places, bytes and all.
func (s *Source) Swap(a, b domain.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies[a-1], s.bodies[b-1] = s.bodies[b-1], s.bodies[a-1]
}

// ForgeText puts another text in the place of one, without the event knowing.
func (s *Source) ForgeText(event domain.EventID, name, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range s.texts {
		if t.Event == event {
			t.Texts = maps.Clone(t.Texts)
			t.Texts[name] = text
			t.Disclosures = append(without(t.Disclosures, name), disclose(event, name, text))
			s.texts[i] = t
		}
	}
}
