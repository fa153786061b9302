package projectionstest

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
)

// Long is a history of any length that is computed and not kept: plans take turns, each is opened, gets its items, and then
// its items are rated, reported on and moved in rounds. About three in four events carry a text.
type Long struct {
	Plans, Items, Length int
	Bare                 bool // without texts
	Bodies               bool // with leaves that are the hashes of bytes, which Leaves yields
}

// PlanName is the id of a plan, from 0.
func (l Long) PlanName(n int) domain.PlanID { return domain.PlanID(fmt.Sprintf("plan-%05d", n)) }

// ItemName is the id of an item, from 0.
func (l Long) ItemName(n int) domain.ItemID { return domain.ItemID(fmt.Sprintf("item-%03d", n)) }

var vocabulary = [...]string{"charter", "printed", "recruitment", "delayed", "training", "complete", "workers", "social", "awaiting",
	"approval", "committee", "quality", "audit", "children", "pledge", "review", "published", "interviews", "appointed", "evidence"}

// sentence is some twelve words that differ from position to position.
func sentence(p int) domain.Text {
	n := uint32(p)*2654435761 + 12345
	b := make([]byte, 0, 128)
	for range 12 {
		n = n*1664525 + 1013904223
		b = append(append(b, vocabulary[n>>16%uint32(len(vocabulary))]...), ' ')
	}
	return domain.Text(fmt.Appendf(b, "%d", p))
}

func leaf(p int) domain.Hash {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(p))
	return sha256.Sum256(b[:])
}

// What gives the event at a position with its texts, its plan, and its number there.
func (l Long) What(p int) (domain.PlanID, uint64, domain.Event) {
	plan, seq := (p-1)%l.Plans, (p-1)/l.Plans+1
	return l.PlanName(plan), uint64(seq), l.event(p, seq)
}

func (l Long) event(p, seq int) domain.Event {
	if seq == 1 {
		return &domain.PlanOpened{Title: sentence(p), Levels: []domain.Level{{Key: "action", Label: "Action"}},
			Dimensions: []domain.Dimension{Delivery()}}
	}
	if seq <= l.Items+1 {
		return &domain.ItemAdded{Item: l.ItemName(seq - 2), Level: "action", Title: sentence(p), Due: domain.Day(2020, 3, 31)}
	}
	k := seq - l.Items - 2
	item, round := l.ItemName(k%l.Items), k/l.Items
	switch round % 4 {
	case 0:
		from := ""
		if round > 0 {
			from = "green"
		}
		return &domain.RatingChanged{Item: item, Dimension: "delivery", Scheme: "brag.v1", From: from, To: "amber",
			Meaning: domain.AtRisk, Justified: true, Justification: sentence(p)}
	case 1:
		return &domain.ProgressReported{Item: item, Progress: sentence(p)}
	case 2:
		return &domain.RatingChanged{Item: item, Dimension: "delivery", Scheme: "brag.v1", From: "amber", To: "green", Meaning: domain.OnTrack}
	}
	return &domain.DueDateMoved{Item: item, From: domain.Day(2020, 3, 31), To: domain.Day(2020, 6, 30), Reason: sentence(p)}
}

func (l Long) recorded(p int) (r domain.Recorded, texts map[string]string) {
	plan, seq, e := l.What(p)
	random := leaf(p)
	r = domain.Recorded{Position: domain.Position(p), PlanSeq: seq, Leaf: leaf(p), Plan: plan,
		ID: domain.EventID(fmt.Sprintf("019ab3f2-7c11-7e55-9a0b-%012x", p)), RecordedAt: Start.Add(time.Duration(p) * time.Second),
		Actor: domain.Actor{ID: domain.ActorID(fmt.Sprintf("p-%d", p%97)), Kind: domain.User, Role: domain.Editor},
		// Command ids are random, as callers' are.
		Command: domain.CommandID(fmt.Sprintf("%x", random[:12])), Part: 1, Parts: 1, Event: e}
	if l.Bodies {
		r.Leaf = l.hash(p)
	}
	r.Stated = domain.DayOf(r.RecordedAt)
	if seq > 1 {
		if r.Prev = leaf(p - l.Plans); l.Bodies {
			r.Prev = l.hash(p - l.Plans)
		}
	}
	texts = map[string]string{}
	for name, t := range domain.Texts(e) {
		if *t != "" {
			texts[name] = string(*t)
			*t = ""
		}
	}
	if !l.Bare {
		r.Texts = len(texts)
	}
	return r, texts
}

// Events implements [projections.Source]; it waits at the end when asked to follow.
func (l Long) Events(ctx context.Context, after domain.Position, follow bool) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		for p := int(after) + 1; p <= l.Length; p++ {
			if r, _ := l.recorded(p); !yield(r, nil) {
				return
			}
		}
		if follow {
			<-ctx.Done()
			yield(domain.Recorded{}, ctx.Err())
		}
	}
}

// Texts implements [projections.Source].
func (l Long) Texts(_ context.Context, after, until uint64) iter.Seq2[projections.TextRecord, error] {
	return func(yield func(projections.TextRecord, error) bool) {
		for p := int(after) + 1; p <= int(until); p++ {
			r, texts := l.recorded(p)
			if len(texts) > 0 && !yield(projections.TextRecord{Sequence: uint64(p), Plan: r.Plan, Event: r.ID, Texts: texts,
				Disclosures: l.disclosures(r.ID, texts)}, nil) {
				return
			}
		}
	}
}

// Tail implements [projections.Source].
func (l Long) Tail(context.Context) (projections.Tail, error) {
	if l.Bare {
		return projections.Tail{Events: domain.Position(l.Length)}, nil
	}
	return projections.Tail{Events: domain.Position(l.Length), Texts: uint64(l.Length)}, nil
}

// Event implements [projections.Source].
func (l Long) Event(_ context.Context, p domain.Position) (domain.Recorded, error) {
	if p == 0 || int(p) > l.Length {
		return domain.Recorded{}, errors.New("no such event")
	}
	r, _ := l.recorded(int(p))
	return r, nil
}

// disclosures are the texts in encoded form, when there are bytes to hold their digests.
func (l Long) disclosures(event domain.EventID, texts map[string]string) (all []string) {
	if l.Bodies {
		for name, value := range texts {
			all = append(all, disclose(event, name, value))
		}
	}
	return all
}

// body is the bytes of an event: less than a journal writes, and as long.
func (l Long) body(p int) []byte {
	id := domain.EventID(fmt.Sprintf("019ab3f2-7c11-7e55-9a0b-%012x", p))
	plan, seq, e := l.What(p)
	b := fmt.Appendf(nil, `{"specversion":"1.0","id":"%s","source":"/orgs/acme/plans/%s","type":"plantrail.%s.v1","planseq":"%020d",`+
		`"authid":"p-1","authtype":"user","authrole":"editor","commandid":"c-1","data":{"stated":"2020-02-03"`, id, plan, e.Type(), seq)
	sep := `,"_sd_alg":"sha-256","_sd":["`
	for name, t := range domain.Texts(e) {
		if *t != "" && !l.Bare {
			b = append(append(b, sep...), evidence.Digest(disclose(id, name, string(*t)))...)
			sep = `","`
		}
	}
	if sep == `","` {
		b = append(b, `"]`...)
	}
	return append(b, "}}"...)
}

func (l Long) hash(p int) domain.Hash { return domain.Hash(evidence.LeafHash(l.body(p))) }

// Leaves implements [projections.CheckpointStore].
func (l Long) Leaves(_ context.Context, after domain.Position, _ bool) iter.Seq2[projections.Leaf, error] {
	return func(yield func(projections.Leaf, error) bool) {
		for p := int(after) + 1; p <= l.Length; p++ {
			plan, _, _ := l.What(p)
			if !yield(projections.Leaf{Position: domain.Position(p), Plan: plan, Body: l.body(p)}, nil) {
				return
			}
		}
	}
}

// LastCheckpoint implements [projections.CheckpointStore]: none was kept.
func (l Long) LastCheckpoint(context.Context) ([]byte, uint64, error) { return nil, 0, nil }

// PutCheckpoint implements [projections.CheckpointStore].
func (l Long) PutCheckpoint(context.Context, uint64, []byte) (uint64, error) {
	return 0, errors.New("a computed history keeps nothing")
}

// Checkpoints implements [projections.AuditSource].
func (l Long) Checkpoints(context.Context) iter.Seq2[[]byte, error] {
	return func(func([]byte, error) bool) {}
}

// Evidence implements [projections.AuditSource].
func (l Long) Evidence(context.Context, domain.PlanID, domain.EvidenceID) (io.ReadCloser, int64, error) {
	return nil, 0, errors.New("a computed history has no files")
}
