package projections

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"net/url"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/domain"
	"plantrail/evidence"
)

// Remains is what can still be read of a journal that does not open.
type Remains struct {
	Leaves iter.Seq2[Leaf, error] // in the order of their positions, with holes
	Signed evidence.Checkpoint    // the last one known, zero where none can be read
	Gone   string                 // what is said of an event that is not among them
}

// FirstBad names the first event of a journal that does not open which is lost, or not as the read models at path remember
// it; nil where every one is there. read says how many were found right before it. The read models are only asked: whatever
// is wrong with them, they stay as they are. Without them, or where they are not what was signed, a loss is still found, and
// named by the event before it; what was altered is not.
func FirstBad(ctx context.Context, path string, r Remains) (bad *BadEvent, read domain.Position, err error) {
	m := memory{ctx: ctx}
	if db, err := openToAsk(path); err == nil {
		defer db.current.close()
		m.remember(db, r.Signed)
	}
	var before []byte
	for leaf, err := range r.Leaves {
		if err == nil {
			err = ctx.Err()
		}
		switch {
		case err != nil:
			return nil, read, err
		case leaf.Position != read+1:
			return m.lost(read+1, r.Gone, before), read, nil
		case !m.right(leaf):
			bad := m.db.badEvent(ctx, leaf.Position, leaf.Body)
			return &bad, read, nil
		}
		read, before = leaf.Position, append(before[:0], leaf.Body...)
	}
	if int64(read) < max(r.Signed.Size, m.tree.Size) {
		return m.lost(read+1, r.Gone, before), read, nil
	}
	return nil, read, nil
}

// openToAsk opens the read models at path for questions only: nothing is created, replaced or removed.
func openToAsk(path string) (*DB, error) {
	number, err := readPointer(path)
	if err == nil && number == 0 {
		err = errors.New("there are no read models")
	}
	if err != nil {
		return nil, err
	}
	f := &file{number: number, path: filePath(path, number)}
	for _, conns := range []**sql.DB{&f.read, &f.tree, &f.erase, &f.write} {
		*conns = pool(f.path, 1, url.Values{"mode": {"ro"}, "_query_only": {"true"}}, "")
	}
	return &DB{pointer: path, opts: Options{}.filled(), current: f}, nil
}

// memory is what the read models know of the events; of none where they can't be asked.
type memory struct {
	ctx  context.Context
	db   *DB
	tree Tree
	tile []byte
}

// remember takes the read models for right, unless their tree is not what was signed.
func (m *memory) remember(db *DB, signed evidence.Checkpoint) {
	tree, err := db.Tree(m.ctx)
	if err == nil && signed.Size > 0 && signed.Size <= tree.Size {
		if root, e := tree.Root(signed.Size); e != nil || root != signed.Root {
			return
		}
	}
	if err == nil {
		m.db, m.tree = db, tree
	}
}

// right reports whether nothing is known against a leaf. Leaves are asked about in order.
func (m *memory) right(leaf Leaf) bool {
	index := int64(leaf.Position) - 1
	if m.db == nil || index >= m.tree.Size {
		return true
	}
	if index%evidence.TileWidth == 0 {
		n := index / evidence.TileWidth
		m.tile, _ = m.tree.Tile(evidence.Tile{N: n, Width: int(min(m.tree.Size-n*evidence.TileWidth, evidence.TileWidth))})
	}
	at := index % evidence.TileWidth * tlog.HashSize
	if int64(len(m.tile)) < at+tlog.HashSize {
		return true
	}
	hash := evidence.LeafHash(leaf.Body)
	return bytes.Equal(hash[:], m.tile[at:at+tlog.HashSize])
}

// lost names an event that is not there, by what is known of it or by the one before it.
func (m *memory) lost(at domain.Position, gone string, before []byte) *BadEvent {
	bad := BadEvent{Position: at}
	if m.db != nil {
		bad = m.db.badEvent(m.ctx, at, nil)
	}
	bad.Differs = gone
	if e, ok := parseStored(before); ok && bad.Plan == "" {
		bad.Differs += fmt.Sprintf("; the one before it is number %d of %s, %s, recorded %s", e.number(), e.plan(), spaced(e.kind()), e.Recordedtime.UTC().Format(momentForm))
	}
	return &bad
}
