package eventstore

import (
	"context"
	"iter"
	"time"

	"github.com/nats-io/nats.go"

	"plantrail/domain"
)

// Conn is the store's connection, for tests that go behind its back.
func (s *Store) Conn() *nats.Conn { return s.nc }

// HasSeen makes the store believe that it saw the history and its last checkpoint at a size.
func (s *Store) HasSeen(size uint64) {
	name := s.names.history()
	s.seen.note(name, sight{s.seen.of(name).created, size})
	s.kept.Lock()
	defer s.kept.Unlock()
	s.kept.size = size
}

// Encode and Decode are the wire form.
func Encode(org domain.OrgID, r domain.Recorded, digests []string) ([]byte, error) {
	return encode(org, &r, digests)
}

func Decode(org domain.OrgID, at domain.Position, body []byte) (domain.Recorded, error) {
	return decode(org, at, body)
}

// VersionOK reports whether a server is new enough.
func VersionOK(v string) bool { return versionOK(v) }

// Syncs reports whether the embedded server syncs each write before it answers.
func (s *Store) Syncs() bool { return s.srv.current().JetStreamConfig().SyncAlways }

// LookAtDisk measures the disk at once.
func (s *Store) LookAtDisk() { s.disk.look(context.Background()) }

// StopServer stops the embedded server under the store.
func (s *Store) StopServer() { s.srv.current().Shutdown(); s.srv.current().WaitForShutdown() }

// Disclose makes the text message of an event.
func Disclose(e domain.Event, command string) (body []byte, digests []string, commandDigest string, err error) {
	d, err := disclose(e, command)
	return d.body, d.digests, d.command, err
}

// DecodeTexts reads a text message.
func DecodeTexts(body []byte) (map[string]string, []string, error) { return decodeTexts(body) }

// Judge is what one attempt came to, as a word.
func Judge(err error) string {
	return [...]string{"stored", "conflict", "racing", "again", "unknown", "never"}[judge(err)]
}

// APIError is an error of JetStream's.
func APIError(status, code int) error { return &apiError{Status: status, Code: code} }

// Raw is Events without decoding.
func (s *Store) Raw(yield func(error) bool) {
	for _, err := range s.raw(context.Background(), 0, false) {
		if !yield(err) {
			return
		}
	}
}

// FetchTexts is Texts by direct gets, however many they are.
func (s *Store) FetchTexts(ctx context.Context, after, until uint64) iter.Seq2[TextRecord, error] {
	return func(yield func(TextRecord, error) bool) {
		for m, err := range s.fetch(ctx, s.names.texts(), "texts."+string(s.cfg.Org)+".>", after+1, until) {
			if err != nil {
				yield(TextRecord{}, err)
				return
			}
			if t, err := decodeTextRecord(m); !yield(t, err) {
				return
			}
		}
	}
}

// Sweep removes the orphans that are older than an age.
func (s *Store) Sweep(age time.Duration) (int, error) {
	n, err := s.sweepTexts(context.Background(), age)
	if err == nil {
		err = s.sweepPieces(context.Background(), age)
	}
	return n, err
}

// Persists is what a server is believed to suffer from, given what it says at each asking.
var Persists = persists

// Whole says what a history of such a state is missing, nil when nothing.
func Whole(first, last, messages uint64, deleted int, lost string) error {
	st := streamState{First: first, Last: last, Msgs: messages, NumDeleted: deleted}
	if lost != "" {
		st.Lost = []byte(lost)
	}
	return st.whole("HISTORY_acme")
}
