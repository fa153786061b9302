package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
)

// Tree is the history's Merkle tree as the read models keep it (see package evidence), of Size leaves: leaf i is the event
// at position i+1. It only grows, so a Tree stays right for as long as its context lives, and every smaller tree is in it.
//
// What it says is what the read models were told. The [Keeper] holds it against the journal and what was signed.
type Tree struct {
	Size int64
	ctx  context.Context
	db   *DB
}

// Tree is the tree as the read models have it now. The context bounds all that is read from it.
func (db *DB) Tree(ctx context.Context) (Tree, error) {
	t := Tree{ctx: ctx, db: db}
	err := db.view(ctx, func(s *snapshot) error {
		t.Size = int64(s.end.position)
		return nil
	})
	return t, err
}

func (t Tree) view(query func(*snapshot) error) error {
	return t.db.viewBy(t.ctx, func(f *file) *sql.DB { return f.tree }, query)
}

// ReadHashes implements [tlog.HashReader].
func (t Tree) ReadHashes(indexes []int64) (hashes []tlog.Hash, err error) {
	hashes = make([]tlog.Hash, len(indexes))
	err = t.view(func(s *snapshot) error {
		tiles := map[[2]int64][]byte{}
		for i, index := range indexes {
			tile := tlog.TileForIndex(8, index)
			at := [2]int64{int64(tile.L), tile.N}
			if tiles[at] == nil {
				if tiles[at], err = s.tile(at[0], at[1]); err != nil {
					return err
				}
			}
			if hashes[i], err = tlog.HashFromTile(tile, tiles[at], index); err != nil {
				return err
			}
		}
		return nil
	})
	return hashes, err
}

// tile reads a tile's hashes, as many as there are.
func (s *snapshot) tile(level, n int64) (hashes []byte, err error) {
	err = s.row("SELECT hashes FROM tiles WHERE level = ? AND n = ?", level, n).Scan(&hashes)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, noTile(evidence.Tile{Level: int(level), N: n, Width: evidence.TileWidth}, int64(s.end.position))
	}
	return hashes, err
}

func noTile(t evidence.Tile, size int64) error {
	return domain.Errorf(domain.NotFound, "tile", "there is no %s in a log of %d events", t.Path(), size)
}

// Root is the root of the first size leaves.
func (t Tree) Root(size int64) (tlog.Hash, error) {
	if err := t.has(size); err != nil {
		return tlog.Hash{}, err
	}
	return evidence.Root(size, t)
}

// ProveRecord proves that the leaf at an index is in the tree of the first size leaves.
func (t Tree) ProveRecord(size, index int64) (tlog.RecordProof, error) {
	if err := t.has(size); err != nil {
		return nil, err
	}
	if index < 0 || index >= size {
		return nil, domain.Errorf(domain.NotFound, "position", "the event at position %d is not among the first %d", index+1, size)
	}
	return evidence.ProveInclusion(size, index, t)
}

// ProveTree proves that the tree of old leaves is the beginning of that of size leaves.
func (t Tree) ProveTree(size, old int64) (tlog.TreeProof, error) {
	if err := t.has(size); err != nil {
		return nil, err
	}
	if old < 0 || old > size {
		return nil, domain.Errorf(domain.Invalid, "old", "a log of %d events can't begin with %d", size, old)
	}
	return evidence.ProveConsistency(old, size, t)
}

// Leaf is the leaf hash at an index.
func (t Tree) Leaf(index int64) (tlog.Hash, error) {
	h, err := t.ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return tlog.Hash{}, err
	}
	return h[0], nil
}

// Tile gives the hashes of a tile in their encoded form (c2sp.org/tlog-tiles). Tiles of entries come from the journal.
func (t Tree) Tile(tile evidence.Tile) (hashes []byte, err error) {
	if tile.Level == evidence.EntriesLevel || !tile.Exists(t.Size) {
		return nil, noTile(tile, t.Size)
	}
	err = t.view(func(s *snapshot) error {
		if hashes, err = s.tile(int64(tile.Level), tile.N); err != nil {
			return err
		}
		if len(hashes) < tile.Width*tlog.HashSize {
			return errTiles
		}
		hashes = hashes[:tile.Width*tlog.HashSize]
		return nil
	})
	return hashes, err
}

func (t Tree) has(size int64) error {
	if size < 0 || size > t.Size {
		return domain.Errorf(domain.NotFound, "size", "the log has %d events, not %d", t.Size, size).WithHint("try again in a moment")
	}
	return nil
}

// AgainstCheckpoint proves that today's history extends one of which only size and root are known, such as a printed paper
// shows them: nothing of what it saw was altered, dropped or put in another order. The error says in plain words why not.
//
// It asks the read models. [DB.Audit] with such a checkpoint asks the journal itself.
func (db *DB) AgainstCheckpoint(ctx context.Context, size int64, root tlog.Hash) error {
	t, err := db.Tree(ctx)
	if err != nil {
		return err
	}
	if size > t.Size {
		return domain.Errorf(domain.Refused, "size", "the history has %d events, the checkpoint speaks of %d: events are missing at the end", t.Size, size).
			WithHint("if the read models are behind the journal, try again")
	}
	have, err := t.Root(size)
	if err != nil {
		return err
	}
	if have != root {
		return domain.Errorf(domain.Refused, "root", "the first %d events have the root %v today, the checkpoint says %v: they are not the same history", size, have, root)
	}
	now, err := t.Root(t.Size)
	if err != nil {
		return err
	}
	proof, err := t.ProveTree(t.Size, size)
	if err != nil {
		return err
	}
	if err := evidence.CheckConsistent(evidence.Checkpoint{Size: size, Root: root}, evidence.Checkpoint{Size: t.Size, Root: now}, proof); err != nil {
		return fmt.Errorf("today's history does not extend that of the checkpoint: %w", err)
	}
	return nil
}
