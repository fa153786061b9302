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

// checkpointLimit is how long a bundle or a paper waits for the checkpoint that covers it.
const checkpointLimit = 10 * time.Second

// proveBundle waits for the first checkpoint that covers the issuing event, and proves every event against it.
func (s *Server) proveBundle(ctx context.Context, p *Proof, b *evidence.Bundle, issued domain.Position) error {
	signed, size, key, err := p.await(ctx, issued, "the bundle is issued: take it again, and see plantrail status for the checkpoints")
	if err != nil {
		return err
	}
	tree, err := s.deps.Reads.Tree(ctx)
	if err != nil {
		return err
	}
	b.Checkpoint, b.Keys = signed, []string{key}
	return b.Prove(size, tree)
}

// await waits for the first checkpoint that covers a position.
func (p *Proof) await(ctx context.Context, at domain.Position, hint string) (signed []byte, size int64, key string, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkpointLimit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := p.Keeper.Keep(ctx)
		if err == nil {
			signed, size, key, err = p.covering(ctx, at)
		}
		if err == nil && signed != nil || err != nil && ctx.Err() == nil {
			return signed, size, key, err
		}
		if why := p.Keeper.Status().Alarm; why != "" {
			return nil, 0, "", domain.Errorf(domain.Unavailable, "", "no checkpoint covers position %d, and none is signed any more: %s", at, why).WithHint(hint)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, 0, "", domain.Errorf(domain.Unavailable, "", "no checkpoint covers position %d yet", at).WithHint(hint)
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
