// Package eventstoretest starts real journals for tests: embedded ones in milliseconds, a cluster of three in a second or
// two, and a proxy that cuts a connection at the wrong moment. Nothing of JetStream is imitated.
package eventstoretest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"plantrail/eventstore"
)

// Org is the organisation of the journals opened here.
const Org = "acme"

// Config is that of an embedded journal in a directory, to be changed and opened. It has the patience that a machine with too
// much to do needs; what is tried in vain takes all of it.
func Config(dir string) eventstore.Config {
	return eventstore.Config{
		Org: Org, DataDir: dir, Logger: slog.New(slog.DiscardHandler),
		MinFreeBytes: 1, MinFreeRatio: 1e-9, Patience: time.Minute,
	}
}

// Open begins an embedded journal in a temporary directory; it is closed when the test ends.
func Open(t testing.TB) *eventstore.Store {
	t.Helper()
	cfg := Config(t.TempDir())
	cfg.Init = true
	return OpenWith(t, cfg)
}

// OpenWith opens a journal; it is closed when the test ends, if it was not before.
func OpenWith(t testing.TB, cfg eventstore.Config) *eventstore.Store {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	s, err := eventstore.Open(ctx, cfg)
	if err != nil {
		t.Fatalf("open the journal: %v", err)
	}
	t.Cleanup(func() { Close(t, s) })
	return s
}

// Close closes a journal.
func Close(t testing.TB, s *eventstore.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Errorf("close the journal: %v", err)
	}
}
