package eventstore

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"plantrail/domain"
)

// embedded is a nats-server inside this process, without a port, that syncs each write to disk before it answers.
type embedded struct {
	cfg  Config
	dir  string
	lock *storeLock
	mu   sync.Mutex
	srv  *server.Server
}

func startEmbedded(cfg Config) (*embedded, error) {
	if !versionOK(server.VERSION) {
		return nil, oldServer("the embedded server", server.VERSION)
	}
	dir := filepath.Join(cfg.DataDir, "jetstream")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, refuse("data directory", "%v", err)
	}
	lock, err := lockStore(dir)
	if err != nil {
		return nil, err
	}
	if err := beforeStart(cfg, dir, lock); err != nil {
		_ = lock.Close()
		return nil, err
	}
	srv, err := runServer(cfg, dir)
	if err != nil {
		_ = lock.Close()
		return nil, err
	}
	return &embedded{cfg: cfg, dir: dir, lock: lock, srv: srv}, nil
}

// beforeStart looks at the files before a server does. The texts that one which was killed had noted as gone, and not
// overwritten yet, are overwritten.
func beforeStart(cfg Config, dir string, lock *storeLock) error {
	well, err := endedWell(lock.File)
	if err != nil {
		return refuse("data directory", "%v", err)
	}
	if err := leaveAlone(cfg, dir, well); err != nil || well {
		return err
	}
	texts := names{cfg.Org}.texts()
	if err := overwriteGone(filepath.Join(dir, "jetstream", "$G", "streams", texts, "msgs"), texts); err != nil {
		return refuse("data directory", "what was being erased when the server ended can't be overwritten: %v", err)
	}
	return nil
}

func runServer(cfg Config, dir string) (*server.Server, error) {
	srv, err := server.NewServer(&server.Options{
		ServerName:             "plantrail-" + string(cfg.Org),
		DontListen:             true,
		NoSigs:                 true,
		JetStream:              true,
		StoreDir:               dir,
		SyncAlways:             true, // without it an acknowledged event may be two minutes from the disk
		DisableJetStreamBanner: true,
	})
	if err != nil {
		return nil, refuse("embedded server", "%v", err)
	}
	srv.SetLoggerV2(serverLog{cfg.Logger.With("part", "nats-server")}, false, false, false)
	srv.Start()
	if !srv.ReadyForConnections(10*time.Second) || !srv.JetStreamEnabled() {
		srv.Shutdown()
		srv.WaitForShutdown()
		return nil, domain.Errorf(domain.Unavailable, "embedded server", "JetStream did not start on %s", dir).
			WithHint("see the log: a full disk and missing rights are the usual causes")
	}
	return srv, nil
}

// storeLock is a lock on a store's directory.
type storeLock struct{ *os.File }

// Close ends the lock, also where a child that is just being started still has the file open.
func (l storeLock) Close() error {
	return errors.Join(syscall.Flock(int(l.Fd()), syscall.LOCK_UN), l.File.Close())
}

// lockStore keeps two servers off one store: nats-server itself would let both write. The lock ends with the process.
func lockStore(dir string) (*storeLock, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, refuse("data directory", "%v", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, refuse("data directory", "%s is in use by another process", dir).
			WithHint("stop the other plantrail, or give this one its own directory")
	}
	return &storeLock{f}, nil
}

func (e *embedded) current() *server.Server {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.srv
}

// InProcessConn connects to the server that runs now: the client calls it again after a restart.
func (e *embedded) InProcessConn() (net.Conn, error) { return e.current().InProcessConn() }

// sick says what the server itself reports as wrong, "" when nothing. A server that was stopped is not sick.
func (e *embedded) sick() string {
	srv := e.current()
	return persists(func() string {
		if h := srv.Healthz(&server.HealthzOptions{}); srv.Running() && h.StatusCode != 200 {
			return h.Error
		}
		return ""
	})
}

// How often, and how far apart, a server that says it is not well is asked before it is believed.
const (
	sickAsked = 5
	sickPause = 100 * time.Millisecond
)

// persists asks what is wrong again and again, and believes the last answer only if none was "". The server gives itself a
// millisecond to answer, which on a busy machine passes before it was even asked; a full or failing disk stays.
func persists(ask func() string) (wrong string) {
	for n := range sickAsked {
		if n > 0 {
			time.Sleep(sickPause)
		}
		if wrong = ask(); wrong == "" {
			return ""
		}
	}
	return wrong
}

// restart stops the server and starts it on the same store.
func (e *embedded) restart() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.srv.Shutdown()
	e.srv.WaitForShutdown()
	// A crash here is a crash of an idle server: the next start is an ordinary one.
	srv, err := runServer(e.cfg, e.dir)
	if err == nil {
		e.srv = srv
	}
	return err
}

func (e *embedded) stop() {
	srv := e.current()
	srv.Shutdown()
	srv.WaitForShutdown()
	_ = e.lock.Truncate(0) // it has ended well; a crash before this costs the next start a reading of the texts
	_ = e.lock.Close()
}

// leastVersion is the first server that never tears an atomic batch in a power cut.
const leastVersion = "2.15"

func versionOK(v string) bool {
	parts := strings.SplitN(strings.TrimPrefix(v, "v"), ".", 3)
	if len(parts) < 2 {
		return false
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	return err1 == nil && err2 == nil && (major > 2 || major == 2 && minor >= 15)
}

func oldServer(which, version string) error {
	return refuse("nats-server", "%s is version %s, plantrail needs %s or newer", which, version, leastVersion).
		WithHint("upgrade nats-server: older ones can tear a batch in a power cut")
}

// serverLog passes the server's own log on. Its notices are routine.
type serverLog struct{ to *slog.Logger }

func (l serverLog) Noticef(f string, v ...any) { l.to.Debug(fmt.Sprintf(f, v...)) }
func (l serverLog) Warnf(f string, v ...any)   { l.to.Warn(fmt.Sprintf(f, v...)) }
func (l serverLog) Fatalf(f string, v ...any)  { l.to.Error(fmt.Sprintf(f, v...)) }
func (l serverLog) Errorf(f string, v ...any)  { l.to.Error(fmt.Sprintf(f, v...)) }
func (l serverLog) Debugf(string, ...any)      {}
func (l serverLog) Tracef(string, ...any)      {}
