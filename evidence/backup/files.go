package backup

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"plantrail/evidence"
)

// Fault is what is wrong with a backup, and in which of its files.
type Fault struct{ File, Why string }

// Error is "file: why".
func (f *Fault) Error() string { return f.File + ": " + f.Why }

func fault(file, format string, args ...any) error {
	return &Fault{file, fmt.Sprintf(format, args...)}
}

// folder is the directory of a backup. Names within it have slashes.
type folder struct {
	dir     string
	touched map[string]bool // directories in which names were added since the last sync
}

func newFolder(dir string) *folder {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	return &folder{dir: dir, touched: map[string]bool{}}
}

func (d *folder) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

// read reads a file that must be there.
func (d *folder) read(name string) ([]byte, error) {
	b, err := os.ReadFile(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault(name, "it is missing")
	}
	if err != nil {
		return nil, fault(name, "it can't be read: %v", err)
	}
	return b, nil
}

// write puts a file there, whole or not at all. It is durable with the next sync.
func (d *folder) write(name string, b []byte) error {
	return d.stream(name, func(w io.Writer) error { _, err := w.Write(b); return err })
}

// beforeWrite is where tests end the process.
var beforeWrite = func() {}

func (d *folder) stream(name string, write func(io.Writer) error) error {
	beforeWrite()
	to := d.path(name)
	if err := d.mkdir(filepath.Dir(to)); err != nil {
		return err
	}
	f, err := os.OpenFile(to+".new", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(to+".new", to)
	}
	if err != nil {
		_ = os.Remove(to + ".new")
		return err
	}
	d.touched[filepath.Dir(to)] = true
	return nil
}

func (d *folder) mkdir(dir string) error {
	if d.touched[dir] {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for d.touched[dir] = true; len(dir) > len(d.dir); d.touched[dir] = true {
		dir = filepath.Dir(dir)
	}
	return nil
}

// sync makes the names durable that were added.
func (d *folder) sync() error {
	for dir := range d.touched {
		f, err := os.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	clear(d.touched)
	return nil
}

// copyChecked writes a file of evidence, if it is the one that its event describes.
func (d *folder) copyChecked(f File, r io.Reader) error {
	return d.stream(f.name(), func(w io.Writer) error { return f.check(io.TeeReader(io.LimitReader(r, f.Size+1), w)) })
}

// check reads a file to its end and holds it against its event.
func (f File) check(r io.Reader) error {
	h := sha256.New()
	n, err := io.Copy(h, r)
	if err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); n != f.Size || got != f.SHA256 {
		return fault(f.name(), "it has %d bytes with SHA-256 %s, its event says %d with %s", n, got, f.Size, f.SHA256)
	}
	return nil
}

// textsName is where the texts of a tile of entries lie.
func textsName(t evidence.Tile) string {
	return "texts/" + strings.TrimPrefix(t.Path(), "tile/entries/")
}

// tileAt is the tile of a level that the leaf at an index falls into, as it is in a log of size leaves.
func tileAt(level int, index, size int64) evidence.Tile {
	n := index / evidence.TileWidth
	return evidence.Tile{Level: level, N: n, Width: int(min(size-n*evidence.TileWidth, evidence.TileWidth))}
}

// inLog reports whether a file of tile/ or texts/ belongs to a log of size leaves.
func inLog(name string, size int64) bool {
	if rest, ok := strings.CutPrefix(name, "texts/"); ok {
		name = "tile/entries/" + rest
	}
	t, err := evidence.ParseTilePath(name)
	if err != nil || !t.Exists(size) {
		return false
	}
	there := size >> (8 * max(t.Level, 0))
	return t.Width == evidence.TileWidth || t.N == there/evidence.TileWidth && int64(t.Width) == there%evidence.TileWidth
}

// sweep removes what does not belong to the backup as its manifest describes it: what an interrupted Update left, and what
// only the state before had. Files at the top that are not ours are left alone.
func (d *folder) sweep(size int64, checkpoints int, files []File) error {
	known := map[string]bool{}
	for _, f := range files {
		known[f.name()] = true
	}
	for _, top := range []string{"tile", "texts", "checkpoints", "evidence"} {
		err := filepath.WalkDir(d.path(top), func(at string, e fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || e.IsDir() {
				return err
			}
			name := path.Join(top, filepath.ToSlash(strings.TrimPrefix(at, d.path(top))))
			keep := known[name] || inLog(name, size)
			if top == "checkpoints" {
				first, ok := parseFirst(name)
				keep = ok && first < checkpoints
			}
			if keep {
				return nil
			}
			return os.Remove(at)
		})
		if err != nil {
			return err
		}
	}
	for _, name := range []string{"manifest.json", "checkpoint", "erasures"} {
		if err := os.Remove(d.path(name + ".new")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}
