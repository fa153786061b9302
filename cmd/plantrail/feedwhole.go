package main

import (
	"context"
	"fmt"
	"strings"

	"plantrail/domain"
	"plantrail/evidence"
)

// stretch is which entries of one plan were received. They are numbered without gaps, and each names the one before, so that a
// file filtered by plan shows by itself whether any is missing up to its last. Whether one follows, it shows only where all that
// follows is here: a hash does not say of which plan it is.
type stretch struct {
	First   int64 `json:"first"`
	Last    int64 `json:"last"`
	Missing int64 `json:"missing"` // between them
	Unseen  int64 `json:"unseen"`  // events of the log after its last that are here as hashes only: of whichever plan
	head    domain.Hash
	hidden  int64 // when its last came
}

func (r *stretch) add(e evidence.Event, leaf domain.Hash) error {
	n := e.Seq()
	switch {
	case n == 0 || n <= r.Last:
		return fmt.Errorf("is number %d of its plan and follows number %d", n, r.Last)
	case n == r.Last+1 && r.Last > 0 && (e.Prev == nil || domain.Hash(*e.Prev) != r.head):
		return fmt.Errorf("does not follow event %d of its plan", r.Last)
	case r.First == 0:
		r.First = n
	default:
		r.Missing += n - r.Last - 1
	}
	r.Last, r.head = n, leaf
	return nil
}

// whole says which plan has not all entries up to the last that was received.
func (v *received) whole() error {
	for _, source := range v.order {
		if r := v.plans[source]; r.First != 1 || r.Missing > 0 {
			return &unproved{"not complete: " + planName(source) + ": " + r.words()}
		}
	}
	return nil
}

func planName(source string) string { return source[strings.LastIndexByte(source, '/')+1:] }

func (r *stretch) words() string {
	if r.Missing == 0 {
		return fmt.Sprintf("entries %d to %d, none missing between", r.First, r.Last)
	}
	return fmt.Sprintf("%d of the entries %d to %d, the other %d were left out", r.Last-r.First+1-r.Missing, r.First, r.Last, r.Missing)
}

// after says whether anything follows the last entry.
func (r *stretch) after() string {
	if r.Unseen == 0 {
		return "and none after them, up to the checkpoint"
	}
	return fmt.Sprintf("whether one follows is not shown: of what was recorded later %d events are here as hashes only", r.Unseen)
}

func (a *app) tellReceived(v *received) error {
	for _, r := range v.plans {
		r.Unseen = v.hidden - r.hidden
	}
	if a.form() != asTable {
		plans := map[string]*stretch{}
		for source, r := range v.plans {
			plans[planName(source)] = r
		}
		return a.writeJSON(map[string]any{"proved": true, "size": v.covered, "events": v.events, "texts": v.texts, "after": v.later, "plans": plans})
	}
	a.say("Proved: %d events of the %d that the checkpoint covers are here as they were recorded; %d texts are those that were recorded.", v.events, v.covered, v.texts)
	for _, source := range v.order {
		r := v.plans[source]
		a.say("%s: %s; %s.", oneLine(planName(source)), r.words(), r.after())
	}
	if v.later > 0 {
		a.note("%d lines came after the checkpoint was signed: it says nothing of them.", v.later)
	}
	return nil
}

// tileHashes reads the hashes of a log from the tiles that its server shows (c2sp.org/tlog-tiles).
type tileHashes struct {
	ctx   context.Context
	c     *client
	size  int64
	tiles map[evidence.Tile][]byte
}

// tilesKept bounds the memory for tiles: 8 KB each.
const tilesKept = 1000

// add adds to a tree what it lacks up to a size.
func (h *tileHashes) add(t *evidence.Tree, size int64) error {
	for _, part := range evidence.Subtrees(t.Size(), size) {
		root, err := h.root(part)
		if err == nil {
			err = t.AddSubtree(part.Leaves(), [len(root)]byte(root))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// root reads the root of a complete subtree from the tile that holds the hashes below it.
func (h *tileHashes) root(s evidence.Subtree) (domain.Hash, error) {
	tile := s.Tile(h.size)
	data, err := h.tile(tile)
	if err != nil {
		return domain.Hash{}, err
	}
	root, err := s.Root(tile, data)
	if err != nil {
		return domain.Hash{}, failure(err, "the server's tiles can't be read")
	}
	return domain.Hash(root), nil
}

func (h *tileHashes) tile(t evidence.Tile) ([]byte, error) {
	if data, ok := h.tiles[t]; ok {
		return data, nil
	}
	if len(h.tiles) >= tilesKept || h.tiles == nil {
		h.tiles = map[evidence.Tile][]byte{}
	}
	got, err := h.c.do(h.ctx, request{method: "GET", path: "/log/" + t.Path()})
	if err != nil && domain.KindOf(err) == domain.Forbidden {
		return nil, domain.Errorf(domain.Forbidden, "--fetch", "the log's hashes are not for a token that opens some plans only").WithHint("plantrail feed export --proof brings them with the file")
	}
	if err != nil {
		return nil, err
	}
	h.tiles[t] = got.body
	return got.body, nil
}
