package projections

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"plantrail/domain"
)

// file is one SQLite file: a writer with one connection, and readers that can't write.
//
// The file that is read is named by a pointer file: read.db says "read-3.db". A rebuild makes read-4.db and then replaces
// the pointer by a rename. So no open file is ever renamed, and no write-ahead log can join another file.
type file struct {
	number int
	path   string
	write  *sql.DB // its one connection is the projector's
	erase  *sql.DB // a second writer, for the rare erasure
	read   *sql.DB
	tree   *sql.DB        // readers of the tree's hashes
	users  sync.WaitGroup // queries in flight
}

func filePath(pointer string, number int) string {
	ext := filepath.Ext(pointer)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(pointer, ext), number, ext)
}

// readPointer gives the number of the current file; 0 when there is none yet, or the pointer was deleted.
func readPointer(pointer string) (int, error) {
	b, err := os.ReadFile(pointer)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	name, ext := strings.TrimSpace(string(b)), filepath.Ext(pointer)
	digits := strings.TrimPrefix(strings.TrimSuffix(name, ext), strings.TrimSuffix(filepath.Base(pointer), ext)+"-")
	if number, err := strconv.Atoi(digits); err == nil && filepath.Base(filePath(pointer, number)) == name {
		return number, nil
	}
	return 0, unusable(domain.Internal, "%s does not name a read model", pointer)
}

// writePointer makes a file the current one. A crash before the rename leaves the old one current, and the new file is
// removed at the next Open; a crash after it leaves the old file to be removed then.
func writePointer(pointer string, number int) error {
	tmp := pointer + ".new"
	f, err := os.Create(tmp)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(f, filepath.Base(filePath(pointer, number)))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, pointer); err != nil {
		return err
	}
	return syncPath(filepath.Dir(pointer))
}

func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// removeOthers deletes every numbered file but one: what a rebuild cut short, or an old file still being read then, left.
func removeOthers(pointer string, keep int) error {
	ext := filepath.Ext(pointer)
	found, err := filepath.Glob(strings.TrimSuffix(pointer, ext) + "-*" + ext + "*")
	if err != nil {
		return err
	}
	kept := filePath(pointer, keep)
	for _, path := range found {
		if path != kept && path != kept+"-wal" && path != kept+"-shm" {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// openFile opens a numbered file. When it is empty, the statements of empty create what is in it.
func openFile(ctx context.Context, pointer string, number, readers int, empty string) (*file, error) {
	return openPath(ctx, filePath(pointer, number), number, readers, empty)
}

func openPath(ctx context.Context, path string, number, readers int, empty string) (*file, error) {
	if err := private(path); err != nil {
		return nil, unusable(domain.Internal, "read model %s can't be opened: %v", path, err)
	}
	f := &file{number: number, path: path}
	// NORMAL: a power cut may take the last commits, never tear one, and they are read from the journal again.
	writer := url.Values{"_journal_mode": {"WAL"}, "_txlock": {"immediate"}, "_synchronous": {"NORMAL"},
		"_secure_delete": {"true"}, "_cache_size": {"-16384"}}
	f.write, f.erase = pool(f.path, 1, writer, ""), pool(f.path, 1, writer, "")
	f.read = pool(f.path, readers, url.Values{"mode": {"ro"}, "_query_only": {"true"}, "_cache_size": {"-8192"}, "_stmt_cache_size": {"32"}}, mapped)
	// The keeper reads every hash over and over: mapped, they would stay in memory once for each connection.
	f.tree = pool(f.path, 2, url.Values{"mode": {"ro"}, "_query_only": {"true"}, "_cache_size": {"-1024"}}, "")
	if err := f.prepare(ctx, empty); err != nil {
		return nil, errors.Join(err, f.close())
	}
	return f, nil
}

// private makes a file that is its owner's alone, before SQLite would make one that the umask leaves open: all texts are in it.
// SQLite makes the logs beside it alike; those that an older version left are closed here.
func private(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return err
	}
	for _, log := range []string{path + "-wal", path + "-shm"} {
		if err := os.Chmod(log, 0o600); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

func (f *file) prepare(ctx context.Context, empty string) error {
	version, err := readVersion(ctx, f.write)
	switch {
	case err != nil:
		return unusable(domain.Internal, "read model %s can't be read: %v", f.path, err)
	case version == 0:
		return create(ctx, f.write, empty)
	case version > schemaVersion:
		return unusable(domain.Refused, "read model is schema %d, this binary knows %d", version, schemaVersion).
			WithHint("upgrade, or run `plantrail rebuild`")
	case version < schemaVersion:
		return errOlder
	}
	return nil
}

// ErrUnusable is in the errors of [Open] that a rebuild puts right: the read models are damaged, or of a newer schema. Open
// with [Options].Anew begins others.
var ErrUnusable = errors.New("the read models can't be used")

func unusable(kind domain.Kind, format string, args ...any) *domain.Error {
	return domain.Errorf(kind, "", format, args...).WithHint("run `plantrail rebuild`").Because(ErrUnusable)
}

// errOlder says that a file is of an earlier schema; the caller begins an empty one.
var errOlder = errors.New("read model of an earlier schema")

// close ends the file's connections. The last one checkpoints the write-ahead log.
func (f *file) close() error {
	return errors.Join(f.read.Close(), f.tree.Close(), f.erase.Close(), f.write.Close())
}

// remove closes and deletes the file. Nobody may be reading it.
func (f *file) remove() error {
	return errors.Join(f.close(), f.delete())
}

// delete deletes a file that nobody has open.
func (f *file) delete() (err error) {
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if e := os.Remove(f.path + suffix); e != nil && !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// size is what the file and its write-ahead log take on disk, in bytes.
func (f *file) size() (bytes int64) {
	for _, suffix := range []string{"", "-wal"} {
		if info, err := os.Stat(f.path + suffix); err == nil {
			bytes += info.Size()
		}
	}
	return bytes
}
