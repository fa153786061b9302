package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

// Manifest is manifest.json.
type Manifest struct {
	Format      string   `json:"format"`
	Version     int      `json:"version"`
	Org         string   `json:"org"`
	Journal     string   `json:"journal"`     // the journal's identity, 32 hex digits
	Checkpoint  string   `json:"checkpoint"`  // signed: the backup is as of it
	Checkpoints int      `json:"checkpoints"` // how many are kept
	Keys        []string `json:"keys"`        // that the log has adopted, oldest first
	Mark        string   `json:"mark"`        // where reading the source's texts goes on
	Lost        []string `json:"lost"`        // events and files, as "plan/id", that the source had lost
	SHA256      string   `json:"sha256"`      // of these bytes with an empty sha256
}

const (
	manifestName = "manifest.json"
	formatName   = "plantrail-backup"
	formatNumber = 1
)

func (m Manifest) encode() ([]byte, error) {
	for _, list := range []*[]string{&m.Keys, &m.Lost} {
		if *list == nil {
			*list = []string{}
		}
	}
	m.SHA256 = ""
	b, err := marshalManifest(m)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	m.SHA256 = hex.EncodeToString(sum[:])
	return marshalManifest(m)
}

func marshalManifest(m Manifest) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(m)
	return b.Bytes(), err
}

// readManifest reads and checks it; ok is false where there is none.
func (d *folder) readManifest() (m Manifest, ok bool, err error) {
	b, err := os.ReadFile(d.path(manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	switch {
	case err != nil:
		return m, false, fault(manifestName, "it can't be read: %v", err)
	case m.Format != formatName:
		return m, false, fault(manifestName, "it is not that of a backup")
	case m.Version != formatNumber:
		return m, false, fault(manifestName, "it has version %d, this program knows %d", m.Version, formatNumber)
	}
	if again, err := m.encode(); err != nil || !bytes.Equal(again, b) {
		return m, false, fault(manifestName, "it was altered: its own sum does not fit it")
	}
	if !strings.HasSuffix(m.origin(), "/"+m.Org+"/"+m.Journal[:min(8, len(m.Journal))]) || len(m.Journal) != 32 {
		return m, false, fault(manifestName, "its checkpoint is of the log %s, not of the journal %s of %s", m.origin(), m.Journal, m.Org)
	}
	return m, true, nil
}

// origin is the log's name, as the checkpoint states it.
func (m Manifest) origin() string {
	origin, _, _ := strings.Cut(m.Checkpoint, "\n")
	return origin
}

// stated is the checkpoint's text, its signature not looked at.
func (m Manifest) stated() (evidence.Checkpoint, error) {
	text, _, ok := strings.Cut(m.Checkpoint, "\n\n")
	c, err := evidence.ParseCheckpoint(text + "\n")
	if !ok || err != nil {
		return c, fault(manifestName, "it has no checkpoint that can be read")
	}
	return c, nil
}

// edge is the right edge of the tiles of a growing log: of each level the hashes of the tile that is not full yet.
type edge struct {
	levels []struct {
		n      int64
		hashes []tlog.Hash
	}
}

// add takes the next leaf's hash and hands over each tile that it fills, lowest first.
func (e *edge) add(h tlog.Hash, filled func(t evidence.Tile, hashes []tlog.Hash) error) error {
	for l := 0; ; l++ {
		if l == len(e.levels) {
			e.levels = append(e.levels, struct {
				n      int64
				hashes []tlog.Hash
			}{})
		}
		level := &e.levels[l]
		level.hashes = append(level.hashes, h)
		if len(level.hashes) < evidence.TileWidth {
			return nil
		}
		if err := filled(evidence.Tile{Level: l, N: level.n, Width: evidence.TileWidth}, level.hashes); err != nil {
			return err
		}
		h = fold(level.hashes)
		level.n, level.hashes = level.n+1, level.hashes[:0]
	}
}

// partial hands over the tiles that are not full, lowest first.
func (e *edge) partial(f func(t evidence.Tile, hashes []tlog.Hash) error) error {
	for l, level := range e.levels {
		if len(level.hashes) == 0 {
			continue
		}
		if err := f(evidence.Tile{Level: l, N: level.n, Width: len(level.hashes)}, level.hashes); err != nil {
			return err
		}
	}
	return nil
}

// fold is the root of a full tile. It leaves the hashes as they are.
func fold(hashes []tlog.Hash) tlog.Hash {
	for len(hashes) > 1 {
		up := make([]tlog.Hash, len(hashes)/2)
		for i := range up {
			up[i] = tlog.NodeHash(hashes[2*i], hashes[2*i+1])
		}
		hashes = up
	}
	return hashes[0]
}

func tileBytes(hashes []tlog.Hash) []byte {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}
