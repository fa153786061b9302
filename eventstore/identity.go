package eventstore

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"plantrail/domain"
)

// identity is the file identity.json of a data directory: which journal this process belongs to. The same id stands in
// the metadata of both streams, so that a stream lost and made again under the same name is never taken for the old one.
//
//	{"org":"acme","journal":"5f0c…32 hex digits","state":"begun","version":2}
//
// version says which streams exist: 2 adds those of checkpoints and evidence files, and a file without it is of version 1.
// A later format adds fields; a reader that finds one it does not know ignores it.
type identity struct {
	Org     domain.OrgID `json:"org"`
	Journal string       `json:"journal"`
	State   string       `json:"state"` // "beginning" until the streams exist, "restoring" until they are full, then "begun"
	Version int          `json:"version,omitempty"`
}

// identityVersion is that of the journals this plantrail keeps.
const identityVersion = 2

const (
	beginning = "beginning"
	begun     = "begun"
	restoring = "restoring"

	identityKey = "plantrail-journal" // in the streams' metadata
)

func newIdentity(org domain.OrgID) identity {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return identity{Org: org, Journal: hex.EncodeToString(b[:]), State: beginning}
}

func identityPath(dir string) string { return filepath.Join(dir, "identity.json") }

// loadIdentity reads the file; ok is false where there is none.
func loadIdentity(cfg Config) (id identity, ok bool, err error) {
	path := identityPath(cfg.DataDir)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return id, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &id)
	}
	switch {
	case err != nil:
		return id, false, refuse("identity", "%s can't be read: %v", path, err).WithHint("restore it from the backup")
	case len(id.Journal) != 32 || id.State != begun && id.State != beginning && id.State != restoring:
		return id, false, refuse("identity", "%s is damaged", path).WithHint("restore it from the backup")
	case id.Org != cfg.Org:
		return id, false, refuse("identity", "%s belongs to organisation %s, not to %s", path, id.Org, cfg.Org).
			WithHint("one data directory serves one organisation")
	}
	return id, true, nil
}

// save writes the file so that a crash leaves the old or the new one, never half.
func (id identity) save(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return refuse("data directory", "%v", err)
	}
	b, err := json.Marshal(id)
	if err != nil {
		return err
	}
	if err := replaceFile(identityPath(dir), append(b, '\n')); err != nil {
		return refuse("data directory", "%v", err)
	}
	return nil
}

// replaceFile puts a file in the place of another, durably and at once.
func replaceFile(path string, b []byte) error {
	tmp := path + ".new"
	if err := writeSynced(tmp, b); err != nil {
		return err
	}
	// A crash here leaves the old file and a .new that the next one overwrites.
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
