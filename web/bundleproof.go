package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"plantrail/domain"
	"plantrail/evidence"
)

// checkpointLimit is how long a bundle waits for the checkpoint that covers it.
const checkpointLimit = 10 * time.Second

// proveBundle waits for the first checkpoint that covers the issuing event, and proves every event against it.
func (s *Server) proveBundle(ctx context.Context, p *Proof, b *evidence.Bundle, issued domain.Position) error {
	ctx, cancel := context.WithTimeout(ctx, checkpointLimit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := p.Keeper.Keep(ctx); err != nil {
			return err
		}
		signed, size, key, err := p.covering(ctx, issued)
		if err != nil {
			return err
		}
		if signed != nil {
			tree, err := s.deps.Reads.Tree(ctx)
			if err != nil {
				return err
			}
			b.Checkpoint, b.Keys = signed, []string{key}
			return b.Prove(size, tree)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return domain.Errorf(domain.Unavailable, "", "no checkpoint covers the bundle yet").WithHint("the bundle is issued: take it again, and see plantrail status for the checkpoints")
		}
	}
}

// covering finds the first checkpoint kept that covers a position, its size, and the key that signed it; nil when there is
// none yet.
func (p *Proof) covering(ctx context.Context, at domain.Position) (signed []byte, size int64, key string, err error) {
	signed, err = p.Raw.CheckpointCovering(ctx, uint64(at))
	if err != nil || signed == nil {
		return nil, 0, "", err
	}
	for _, key := range p.Keys() {
		v, err := evidence.NewVerifier(key)
		if err != nil {
			return nil, 0, "", err
		}
		if c, _, err := evidence.OpenCheckpoint(signed, "", v); err == nil {
			return signed, c.Size, key, nil
		}
	}
	return nil, 0, "", errors.New("no key of the log fits a checkpoint that it kept")
}

// writeBundle writes a bundle and judges it as its reader will. What does not pass is not handed out.
func writeBundle(b *evidence.Bundle) (*os.File, error) {
	f, err := os.CreateTemp("", "bundle-*.zip")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // it lives as long as it is open
	if err = b.Write(f); err == nil {
		var size int64
		if size, err = f.Seek(0, io.SeekEnd); err == nil {
			if failed := evidence.Verify(f, size, evidence.Options{Trusted: b.Keys[:1]}).Failure(); failed != nil {
				err = fmt.Errorf("the bundle does not pass its own check at %s: %s", failed.Name, failed.Detail)
			}
			_, rewind := f.Seek(0, io.SeekStart)
			err = errors.Join(err, rewind)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
