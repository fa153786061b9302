package projections

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
)

// tileBytes is the size of a full tile.
const tileBytes = evidence.TileWidth * tlog.HashSize

// edge is the right edge of the history's Merkle tree: the last, unfinished tile of each level. Leaf i is the event at
// position i+1, whatever it is: parts of commands not complete, and voided ones, are leaves like all others.
//
// A level's hashes are the roots of the level below, 256 to one, so an event costs one hash and a 255th. Full tiles are
// written once; the unfinished ones are written anew with each transaction that adds to them.
type edge struct{ levels []edgeLevel }

type edgeLevel struct {
	n      int64 // the tile's number
	hashes []byte
	dirty  bool
}

// add takes the next leaf's hash and hands full tiles to out.
func (e *edge) add(hash tlog.Hash, out *rows) {
	for level := 0; ; level++ {
		if len(e.levels) == level {
			e.levels = append(e.levels, edgeLevel{})
		}
		l := &e.levels[level]
		l.hashes, l.dirty = append(l.hashes, hash[:]...), true
		if len(l.hashes) < tileBytes {
			return
		}
		hash = tileRoot(l.hashes)
		out.add(int64(level), l.n, int64(evidence.TileWidth), l.hashes)
		*l = edgeLevel{n: l.n + 1, hashes: make([]byte, 0, tileBytes)}
	}
}

// flush hands over the unfinished tiles that grew.
func (e *edge) flush(out *rows) {
	for level := range e.levels {
		if l := &e.levels[level]; l.dirty {
			out.add(int64(level), l.n, int64(len(l.hashes)/tlog.HashSize), slices.Clone(l.hashes))
			l.dirty = false
		}
	}
}

// tileRoot is the root of a full tile.
func tileRoot(hashes []byte) tlog.Hash {
	var all [evidence.TileWidth]tlog.Hash
	for i := range all {
		all[i] = tlog.Hash(hashes[i*tlog.HashSize:])
	}
	for width := len(all); width > 1; width /= 2 {
		for i := range width / 2 {
			all[i] = tlog.NodeHash(all[2*i], all[2*i+1])
		}
	}
	return all[0]
}

// loadEdge reads the edge of a file that is at a position.
func loadEdge(ctx context.Context, q rowsQuerier, at domain.Position) (e edge, err error) {
	rows, err := q.QueryContext(ctx, `SELECT level, n, hashes FROM tiles t WHERE n = (SELECT max(n) FROM tiles WHERE level = t.level) ORDER BY level`)
	if err != nil {
		return e, err
	}
	defer rows.Close()
	for rows.Next() {
		var level int
		var l edgeLevel
		if err := rows.Scan(&level, &l.n, &l.hashes); err != nil {
			return e, err
		}
		if level != len(e.levels) {
			return e, errTiles
		}
		if len(l.hashes) == tileBytes {
			l = edgeLevel{n: l.n + 1}
		}
		e.levels = append(e.levels, l)
	}
	if err := rows.Err(); err != nil {
		return e, err
	}
	for level := 0; level < len(e.levels) || at>>(8*level) > 0; level++ {
		if level == len(e.levels) || e.levels[level].width() != int64(at>>(8*level)) {
			return e, errTiles
		}
	}
	return e, nil
}

var errTiles = errors.New("the read models' hash tiles do not fit their position: run `plantrail rebuild`")

// width is the number of hashes of the level, over all its tiles.
func (l edgeLevel) width() int64 { return l.n*evidence.TileWidth + int64(len(l.hashes)/tlog.HashSize) }
