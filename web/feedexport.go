package web

import (
	"context"
	"time"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/feeds"
	"plantrail/projections"
)

type exportInput struct {
	FeedInput
	Proof bool `query:"proof" doc:"with hashes for all that is left out and with a signed checkpoint: the file alone proves what it holds"`
}

// exportBurst is how many events are written at a time.
const exportBurst = 2000

// eventExport sends all that is there now, a line an event.
func (s *Server) eventExport(c *call, f *feeds.Feed, in *exportInput) error {
	r, err := in.reader(c, f)
	if err != nil {
		return err
	}
	defer r.Close()
	ctx := c.r.Context()
	end, err := f.Journal().End(ctx)
	if err != nil {
		return err
	}
	var proof *leftOut
	if in.Proof {
		if proof, err = s.proveUpTo(ctx, end); err != nil {
			return err
		}
		if end = domain.Position(proof.tree.Size); r.At() > end {
			return domain.Errorf(domain.Unavailable, "proof", "what comes after the cursor is not signed yet").WithHint("try again in a second")
		}
	}
	var out []byte
	for r.At() < end {
		items, caught, err := r.Next(ctx, exportBurst)
		if err == nil && caught && r.At() < end {
			err = r.Wait(ctx)
		}
		if err == nil {
			out, err = s.exported(out[:0], c, f, items, end, proof)
		}
		if err != nil {
			return c.broken(err)
		}
		if !c.push(out) {
			return c.broken(context.Canceled)
		}
	}
	out, err = s.exportEnd(out[:0], c, f, r, end, proof)
	if err != nil {
		return c.broken(err)
	}
	_, err = c.w.Write(out)
	return err
}

// exported writes some of the lines, with what proves them between.
func (s *Server) exported(out []byte, c *call, f *feeds.Feed, items []feeds.Item, end domain.Position, proof *leftOut) ([]byte, error) {
	for i, it := range items {
		if proof != nil && it.Position > end {
			items = items[:i] // no checkpoint covers the rest
			break
		}
	}
	if err := proof.look(items); err != nil {
		return nil, err
	}
	for _, it := range items {
		out = proof.before(out, int64(it.Position)-1)
		out = append(f.AppendLine(out, it, c.subscriber()), '\n')
	}
	return out, nil
}

// exportEnd writes the last lines.
func (s *Server) exportEnd(out []byte, c *call, f *feeds.Feed, r *feeds.Reader, end domain.Position, proof *leftOut) ([]byte, error) {
	if proof == nil {
		return append(r.AppendEnd(out, c.subscriber(), nil), '\n'), nil
	}
	if err := proof.lookTo(proof.tree.Size); err != nil {
		return nil, err
	}
	out = proof.before(out, proof.tree.Size)
	at, err := f.Reader(c.r.Context(), end, feeds.Query{}) // r may have looked beyond what is signed
	if err != nil {
		return nil, err
	}
	return append(at.AppendEnd(out, c.subscriber(), proof.note), '\n'), nil
}

// leftOut knows the hashes of what a file leaves out, up to a checkpoint. A nil one leaves out nothing.
type leftOut struct {
	tree  projections.Tree // of the checkpoint's size
	note  []byte
	at    int64 // leaves that are written, or stood for
	ahead int64 // leaves for which the hashes are in roots
	parts []evidence.Subtree
	roots []domain.Hash
}

// proveUpTo has the history signed up to a position, and finds the hashes for what a file leaves out of it.
func (s *Server) proveUpTo(ctx context.Context, end domain.Position) (*leftOut, error) {
	p, err := s.proof()
	if err != nil {
		return nil, err
	}
	if err := s.waitFor(ctx, end); err != nil {
		return nil, err
	}
	signed, err := p.signedUpTo(ctx, end)
	if err != nil {
		return nil, err
	}
	tree, err := s.deps.Reads.Tree(ctx)
	if err != nil {
		return nil, err
	}
	if tree.Size < signed.Size {
		return nil, domain.Errorf(domain.Unavailable, "proof", "the read models have not reached position %d", signed.Size).WithHint("try again in a moment")
	}
	tree.Size = signed.Size
	return &leftOut{tree: tree, note: signed.Checkpoint}, nil
}

// signLimit is how long an export waits for the process that signs, where this one does not.
const signLimit = 3 * time.Second

// signedUpTo has the history signed up to a position at least.
func (p *Proof) signedUpTo(ctx context.Context, end domain.Position) (projections.KeeperStatus, error) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(signLimit); ; {
		if err := p.Keeper.Keep(ctx); err != nil {
			return projections.KeeperStatus{}, err
		}
		signed := p.Keeper.Status()
		if signed.Alarm == "" && len(signed.Checkpoint) > 0 && signed.Size >= int64(end) {
			return signed, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return signed, ctx.Err()
		case <-limit:
			return signed, domain.Errorf(domain.Unavailable, "proof", "of %d events %d are signed: the others can't be proved", end, signed.Size).
				WithHint("plantrail status says why; it may be that no process has the signing key")
		}
	}
}

// look reads, in one go, the hashes of what is left out before each of these items.
func (l *leftOut) look(items []feeds.Item) error {
	if l == nil {
		return nil
	}
	for _, it := range items {
		l.parts = append(l.parts, evidence.Subtrees(l.ahead, int64(it.Position)-1)...)
		l.ahead = int64(it.Position)
	}
	return l.read()
}

func (l *leftOut) lookTo(size int64) error {
	l.parts = append(l.parts, evidence.Subtrees(l.ahead, size)...)
	l.ahead = size
	return l.read()
}

func (l *leftOut) read() error {
	if len(l.parts) == 0 {
		return nil
	}
	var indexes []int64
	for _, part := range l.parts {
		indexes = append(indexes, part.Index())
	}
	hashes, err := l.tree.ReadHashes(indexes)
	l.roots = l.roots[:0]
	for _, h := range hashes {
		l.roots = append(l.roots, domain.Hash(h))
	}
	return err
}

// before writes what stands for the leaves up to a size that is about to be written or reached, and counts one that follows.
func (l *leftOut) before(out []byte, size int64) []byte {
	if l == nil {
		return out
	}
	for l.at < size {
		part := l.parts[0]
		l.at += part.Leaves()
		out = append(feeds.AppendLeftOut(out, domain.Position(l.at), part.Leaves(), l.roots[0]), '\n')
		l.parts, l.roots = l.parts[1:], l.roots[1:]
	}
	l.at = size + 1
	return out
}
