package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"plantrail/domain"
)

// A data directory, which only its owner may read, holds:
//
//	plantrail.json  what it is: the organisation and where its journal is (settings); written once, by the first start
//	lock            held (flock) by the one process that has the directory open; it ends with the process, however that ends
//	keys/           the key that signs checkpoints, and that of webhooks
//	access/         who read what (package visits)
//	papers/         papers that were looked at in a browser and not recorded yet, for a day at most
//	server.json     how to reach a running server (running); believed only while the lock is held
//	identity.json   which journal this is; with checkpoint, swept and the embedded journal itself, in jetstream/, it is
//	                package eventstore's
//	read*.db        the read models: may be deleted, and are then built again
type dataDir string

func (d dataDir) file(name string) string { return filepath.Join(string(d), name) }

func (d dataDir) views() string { return d.file("read.db") }

// settings is plantrail.json. Format is 1; a binary that reads a higher one refuses the directory.
type settings struct {
	Format      int      `json:"format"`
	Org         string   `json:"org"`
	NATS        string   `json:"nats,omitempty"` // cluster addresses, comma-separated, without passwords; "" is the embedded journal
	Monitor     []string `json:"nats_monitor,omitempty"`
	Credentials string   `json:"nats_credentials,omitempty"` // path of a credentials file
	Replicas    int      `json:"replicas,omitempty"`
	Join        bool     `json:"join,omitempty"`  // the journal was begun by another process of the cluster
	Begun       bool     `json:"begun,omitempty"` // the first start is over
}

const settingsFormat = 1

// settings reads what the directory is; a directory that is absent or empty is a NotFound.
func (d dataDir) settings() (settings, error) {
	var s settings
	b, err := os.ReadFile(d.file("plantrail.json"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, domain.Errorf(domain.NotFound, "--data", "there is no plantrail data in %s", d).
			WithHint("start with plantrail init or plantrail serve, or name the directory with --data or a server with --server")
	case err != nil:
		return s, failure(err, "%s can't be read", d.file("plantrail.json"))
	}
	if err := json.Unmarshal(b, &s); err != nil || s.Org == "" {
		return s, failure(err, "%s is damaged", d.file("plantrail.json")).
			WithHint(`it says which organisation this is: {"format":1,"org":"NAME"}`)
	}
	if s.Format > settingsFormat {
		return s, failure(nil, "%s has format %d, this binary knows %d", d, s.Format, settingsFormat).WithHint("upgrade plantrail")
	}
	return s, nil
}

// begin writes what the directory is. Passwords are left out: they are given anew, by PLANTRAIL_NATS.
func (d dataDir) begin(s settings) error {
	s.Format = settingsFormat
	s.NATS = withoutUsers(s.NATS)
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return failure(err, "settings can't be written")
	}
	return d.replace("plantrail.json", append(b, '\n'))
}

// withoutUsers takes users and passwords out of a list of addresses.
func withoutUsers(addresses string) string {
	all := strings.Split(addresses, ",")
	for i, one := range all {
		scheme, rest, found := strings.Cut(one, "://")
		if at := strings.LastIndexByte(rest, '@'); found && at >= 0 {
			all[i] = scheme + "://" + rest[at+1:]
		}
	}
	return strings.Join(all, ",")
}

// replace writes a file whole, or not at all: a crash leaves the old one or the new one.
func (d dataDir) replace(name string, b []byte) error {
	tmp, err := os.CreateTemp(string(d), name+".*")
	if err != nil {
		return failure(err, "%s can't be written", d.file(name))
	}
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Chmod(0o600), tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), d.file(name))
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
		return failure(err, "%s can't be written", d.file(name))
	}
	return syncDir(string(d))
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return failure(err, "%s can't be opened", path)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return failure(err, "%s can't be synced", path)
	}
	return nil
}

// make makes the directory, for its owner alone.
func (d dataDir) make() error {
	if err := os.MkdirAll(string(d), 0o700); err != nil {
		return failure(err, "%s can't be made", d).WithHint("name another with --data")
	}
	return nil
}

// errHeld says that another process has the directory open.
var errHeld = errors.New("held")

// hold takes the directory's lock, or errHeld. The lock is the kernel's: a killed process leaves none behind.
func (d dataDir) hold() (*os.File, error) {
	f, err := os.OpenFile(d.file("lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, failure(err, "%s can't be opened", d.file("lock")).WithHint("are you the user who runs plantrail?")
	}
	switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case errors.Is(err, syscall.EWOULDBLOCK):
		_ = f.Close()
		return nil, errHeld
	case err != nil:
		_ = f.Close()
		return nil, failure(err, "%s can't be locked", d)
	}
	return f, nil
}

// running is server.json: how a command on this machine reaches the server that holds the directory. The token acts as
// the operating-system user who runs the server, which is why only that user may read the file.
type running struct {
	Address string `json:"address"` // http://127.0.0.1:8080
	PID     int    `json:"pid"`
	Token   string `json:"token"`
	CA      string `json:"ca,omitempty"` // path of the certificate, where the server has one of its own
}

func (d dataDir) announce(r running) error {
	b, err := json.Marshal(r)
	if err != nil {
		return failure(err, "server.json can't be written")
	}
	return d.replace("server.json", append(b, '\n'))
}

// running reads server.json. It counts only if its process is alive: after a kill the file is still there.
func (d dataDir) running() (running, bool) {
	var r running
	b, err := os.ReadFile(d.file("server.json"))
	if err != nil || json.Unmarshal(b, &r) != nil || r.PID <= 0 {
		return r, false
	}
	return r, syscall.Kill(r.PID, 0) == nil
}

// withdraw removes server.json; the caller holds the lock, so nobody else's is removed.
func (d dataDir) withdraw() { _ = os.Remove(d.file("server.json")) }

// patience is how long a command waits for another that has the directory open: they are brief.
const patience = 10 * time.Second

// holdOrFind takes the lock, or finds the server that has it. A lock held without a server is another command's, or a
// server's that is starting or stopping: both pass.
func (d dataDir) holdOrFind(ctx context.Context) (*os.File, *running, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		lock, err := d.hold()
		if !errors.Is(err, errHeld) {
			if err == nil {
				d.withdraw() // whoever wrote it no longer holds the directory
			}
			return lock, nil, err
		}
		if r, ok := d.running(); ok {
			return nil, &r, nil
		}
		pause(ctx, 20*time.Millisecond)
		if ctx.Err() != nil {
			return nil, nil, domain.Errorf(domain.Unavailable, "--data", "another process has %s open and does not answer", d).
				WithHint("wait for it, or look for a plantrail that hangs")
		}
	}
}
