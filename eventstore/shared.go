package eventstore

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
)

// Shared is what the processes of an organisation tell each other and may forget: how far each delivery is and who works on
// it. It is no history: no backup holds it, and without it work is done again, never lost.
//
// It is a key-value bucket, SHARED_<org>, made when it is first used. A change names the revision that it is based on, so
// that of two processes that change the same key one is refused.
type Shared struct {
	s    *Store
	mu   sync.Mutex
	made jetstream.KeyValue
}

// Shared is the store's bucket.
func (s *Store) Shared() *Shared { return &Shared{s: s} }

func (n names) shared() string { return "SHARED_" + string(n.org) }

func (h *Shared) bucket(ctx context.Context) (jetstream.KeyValue, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.made != nil {
		return h.made, nil
	}
	kv, err := h.s.js.KeyValue(ctx, h.s.names.shared())
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		kv, err = h.s.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: h.s.names.shared(), History: 1,
			Description: "plantrail: what its processes tell each other", Storage: jetstream.FileStorage, Replicas: h.s.cfg.Replicas})
	}
	if err != nil {
		return nil, h.s.unavailable(err)
	}
	h.made = kv
	return kv, nil
}

// Get reads a value and its revision; revision 0 says that there is none.
func (h *Shared) Get(ctx context.Context, key string, into any) (revision uint64, err error) {
	kv, err := h.bucket(ctx)
	if err != nil {
		return 0, err
	}
	e, err := kv.Get(ctx, key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return 0, nil
	case err != nil:
		return 0, h.s.unavailable(err)
	}
	return e.Revision(), json.Unmarshal(e.Value(), into)
}

// Put writes a value where its revision is still this one, 0 for none, and answers the new one. Otherwise it is a Conflict.
func (h *Shared) Put(ctx context.Context, key string, value any, revision uint64) (uint64, error) {
	kv, err := h.bucket(ctx)
	if err != nil {
		return 0, err
	}
	b, err := json.Marshal(value)
	if err != nil {
		return 0, err
	}
	if revision == 0 {
		revision, err = kv.Create(ctx, key, b)
	} else {
		revision, err = kv.Update(ctx, key, b, revision)
	}
	api := (*jetstream.APIError)(nil)
	switch {
	case errors.Is(err, jetstream.ErrKeyExists), errors.As(err, &api) && api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence:
		return 0, domain.Errorf(domain.Conflict, key, "another process has changed it").WithHint("look again")
	case err != nil:
		return 0, h.s.unavailable(err)
	}
	return revision, nil
}

// Delete forgets a value.
func (h *Shared) Delete(ctx context.Context, key string) error {
	kv, err := h.bucket(ctx)
	if err == nil {
		err = kv.Purge(ctx, key)
	}
	return err
}

// Keys lists the keys that begin with a prefix.
func (h *Shared) Keys(ctx context.Context, prefix string) (keys []string, err error) {
	kv, err := h.bucket(ctx)
	if err != nil {
		return nil, err
	}
	all, err := kv.ListKeys(ctx)
	if err != nil {
		return nil, h.s.unavailable(err)
	}
	for key := range all.Keys() {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}
