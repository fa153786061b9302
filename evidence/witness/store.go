package witness

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"plantrail/evidence"
)

// Dir is a [Store] of files, and where a witness has its key:
//
//	key                    the private key, mode 0600
//	lock                   held (flock) by the one process that is the witness
//	<origin>.checkpoint    the last cosigned checkpoint of a log; <origin> is the hex SHA-256 of its origin
//	<origin>.fork          a checkpoint that the log signed against it, if it ever did
//
// Each file is replaced whole: written aside, synced, renamed, and the directory synced. Files whose names begin with "."
// are such as a crash left unfinished; nobody was told of them.
type Dir struct {
	path string
	lock *os.File
}

// OpenDir opens a witness's directory, and makes it if it is not there. Only one process can have it open: two would each
// sign by their own memory.
func OpenDir(path string) (*Dir, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	d := &Dir{path, lock}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("another witness has %s open: %w", path, err)
	}
	err = syncDir(filepath.Dir(path))
	if errors.Is(err, fs.ErrPermission) {
		err = nil // a parent that may be passed but not read: whoever made it so made the directory, too
	}
	if err = errors.Join(err, d.sweep(), syncDir(path)); err != nil {
		lock.Close()
		return nil, err
	}
	return d, nil
}

// Close lets another process open the directory.
func (d *Dir) Close() error { return d.lock.Close() }

func (d *Dir) sweep() error {
	left, err := filepath.Glob(filepath.Join(d.path, ".new-*"))
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// Key reads the private key, or makes one named name if the directory is new. An empty name is whichever the key has. A
// directory that remembers checkpoints but has lost its key is refused: a new key can't vouch for them.
func (d *Dir) Key(name string) (skey string, made bool, err error) {
	file := filepath.Join(d.path, "key")
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		skey, err = d.makeKey(name)
		return skey, err == nil, err
	}
	if err != nil {
		return "", false, err
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", false, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", false, fmt.Errorf("others may read the key in %s: it must have the mode 0600", file)
	}
	skey = strings.TrimSpace(string(b))
	vkey, err := evidence.CosignerKey(skey)
	if err != nil {
		return "", false, fmt.Errorf("%s: %w", file, err)
	}
	if has, _, _ := strings.Cut(vkey, "+"); name != "" && has != name {
		return "", false, fmt.Errorf("the witness in %s is named %s, not %s: a new name needs a new directory", d.path, has, name)
	}
	return skey, false, nil
}

func (d *Dir) makeKey(name string) (string, error) {
	if name == "" {
		return "", errors.New("a new witness needs a name")
	}
	seen, err := filepath.Glob(filepath.Join(d.path, "*.checkpoint"))
	if err != nil {
		return "", err
	}
	if len(seen) > 0 {
		return "", fmt.Errorf("%s remembers checkpoints but its key is gone: put the key back, or begin a new witness elsewhere", d.path)
	}
	skey, _, err := evidence.GenerateCosignerKey(nil, name)
	if err != nil {
		return "", err
	}
	return skey, d.replace("key", []byte(skey+"\n"))
}

// Last implements [Store].
func (d *Dir) Last(origin string) ([]byte, error) { return d.read(fileOf(origin, ".checkpoint")) }

// Put implements [Store].
func (d *Dir) Put(origin string, msg []byte) error {
	return d.replace(fileOf(origin, ".checkpoint"), msg)
}

// Fork implements [Store].
func (d *Dir) Fork(origin string) ([]byte, error) { return d.read(fileOf(origin, ".fork")) }

// PutFork implements [Store].
func (d *Dir) PutFork(origin string, msg []byte) error {
	if kept, err := d.Fork(origin); err != nil || kept != nil {
		return err
	}
	return d.replace(fileOf(origin, ".fork"), msg)
}

func fileOf(origin, ending string) string {
	sum := sha256.Sum256([]byte(origin))
	return hex.EncodeToString(sum[:]) + ending
}

func (d *Dir) read(name string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(d.path, name))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case len(b) == 0:
		return nil, fmt.Errorf("%s is empty", filepath.Join(d.path, name)) // replace never leaves that
	}
	return b, nil
}

// replace is atomic and durable. A crash before the rename leaves the old file and a stray one; after it, before the last
// sync, either of the two: whoever waits for the outcome has not been answered.
func (d *Dir) replace(name string, b []byte) error {
	f, err := os.CreateTemp(d.path, ".new-") // mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), filepath.Join(d.path, name)); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return syncDir(d.path)
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
