package eventstore

import (
	"github.com/nats-io/nats.go"

	"plantrail/domain"
)

// Conn is the store's connection, for tests that go behind its back.
func (s *Store) Conn() *nats.Conn { return s.nc }

// Encode and Decode are the wire form.
func Encode(org domain.OrgID, r domain.Recorded, digests []string) ([]byte, error) {
	return encode(org, r, digests)
}

func Decode(org domain.OrgID, at domain.Position, body []byte) (domain.Recorded, error) {
	return decode(org, at, body)
}

// SetWatchdogNow measures the disk at once.
func (s *Store) LookAtDisk() { s.disk.look() }

// StopServer stops the embedded server under the store.
func (s *Store) StopServer() { s.srv.Shutdown(); s.srv.WaitForShutdown() }
