package eventstore

import (
	"context"
	"os"
	"path/filepath"

	"plantrail/domain"
)

// Freeze refuses everything that writes from now on, saying why, until Thaw. Reading goes on. It is for whoever has found
// that the history is not what was signed: what is added now would be added to a history that nobody can vouch for. A
// second Freeze keeps the first reason.
func (s *Store) Freeze(reason string) {
	if s.frozen.CompareAndSwap(nil, &reason) {
		s.cfg.Logger.Error("the journal is frozen", "why", reason)
	}
}

// Thaw ends a Freeze. Nothing calls it by itself: a person has looked.
func (s *Store) Thaw() {
	if was := s.frozen.Swap(nil); was != nil {
		s.cfg.Logger.Info("the journal is no longer frozen", "was", *was)
	}
}

// readOnly says why nothing can be written now, "" when it can.
func (s *Store) readOnly() string {
	if why := s.frozen.Load(); why != nil {
		return *why
	}
	return s.disk.readOnly()
}

// Writable says why nothing can be recorded now, as an append would.
func (s *Store) Writable() error {
	if why := s.frozen.Load(); why != nil {
		return domain.Errorf(domain.Unavailable, "journal", "it is frozen: %s", *why).
			WithHint("nothing is recorded until someone has looked into it; reading goes on")
	}
	if why := s.disk.readOnly(); why != "" {
		return domain.Errorf(domain.Unavailable, "journal", "it is read-only: %s", why).
			WithHint("make space on the disk of the journal; it goes on by itself")
	}
	return nil
}

// Identity is the journal's random id, 32 hexadecimal digits, given at its first start and kept through every restore.
func (s *Store) Identity() string { return s.id.Journal }

// Check looks whether the journal is still the one that was opened: each stream there, not made again, its identity, each
// setting, nothing missing in the middle, not shorter than before, than its last checkpoint or the copy of that. It costs a few requests, so that it
// can be asked every few seconds. What it can't see is an altered byte: for that the tree must be computed again.
func (s *Store) Check(ctx context.Context) error { return s.checkAll(ctx, s.id) }

// checkAll is what Open, Check and a server started again look at.
func (s *Store) checkAll(ctx context.Context, id identity) error {
	if err := s.checkStreams(ctx, id); err != nil {
		return err
	}
	if err := s.checkFiles(); err != nil {
		return err
	}
	return s.checkCheckpoints(ctx)
}

// checkFiles looks for the files without which an embedded server will not know a stream at its next start; the one that
// runs does not miss them.
func (s *Store) checkFiles() error {
	if s.srv == nil {
		return nil
	}
	for _, name := range s.names.streams() {
		for _, file := range []string{"meta.inf", "meta.sum"} {
			if _, err := os.Stat(filepath.Join(s.srv.dir, "jetstream", "$G", "streams", name, file)); err != nil {
				return refuse("stream "+name, "its file %s can't be found: %v", file, err).
					WithHint("take a backup before the server is stopped: its next start will not find the stream; plantrail repair then builds it anew")
			}
		}
	}
	return nil
}
