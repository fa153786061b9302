package eventstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/eventstore"
	"plantrail/eventstore/eventstoretest"
)

// A power cut, as a machine without one can make it: the data directory lies on an ext4 file system in an image file on a
// file system that can copy files by reference (XFS). The writer is stopped, the image copied in that instant, and the writer
// goes on later. The copy holds only what had reached the device: pages that nobody had synced are not in it.
//
// Each cut is mounted and opened like after a real one. With SyncAlways no acknowledged event may be missing; the negative
// control, the server's own default, must lose some, or the test proves nothing.

const writerEnv = "PLANTRAIL_POWERCUT_WRITER"

func TestPowerCutsLoseNothingAcknowledged(t *testing.T) {
	t.Parallel()
	disk := newCutDisk(t)
	cuts := 30
	if testing.Short() {
		cuts = 3
	}
	w := disk.startWriter(t, "plantrail")
	for n := range cuts {
		acked := disk.cut(t, w, time.Duration(20+rand.IntN(120))*time.Millisecond)
		disk.mounted(t, func(dir string) { checkAfterCut(t, n, dir, acked) })
		if t.Failed() {
			return
		}
	}
}

func TestPowerCutControlLoses(t *testing.T) {
	t.Parallel()
	disk := newCutDisk(t)
	w := disk.startWriter(t, "control")
	for range 10 {
		acked := disk.cut(t, w, 150*time.Millisecond)
		lost := false
		disk.mounted(t, func(dir string) { lost = controlLast(dir) < uint64(len(acked)) })
		if lost {
			return
		}
	}
	t.Error("ten cuts without sync always lost nothing: the cuts do not cut")
}

// checkAfterCut opens the journal as after a power cut and looks for every acknowledged event.
func checkAfterCut(t *testing.T, n int, dir string, acked []string) {
	ctx := context.Background()
	s, err := eventstore.Open(ctx, cutConfig(dir, false))
	if err != nil {
		t.Errorf("cut %d: the journal does not open: %v", n+1, err)
		return
	}
	defer s.Close(ctx)
	found := map[string]bool{}
	last := domain.Position(0)
	for r, err := range s.Events(ctx, 0, false) {
		if err != nil {
			t.Errorf("cut %d: %v", n+1, err)
			return
		}
		if r.Position != last+1 {
			t.Errorf("cut %d: a gap after position %d", n+1, last)
		}
		last = r.Position
		found[string(r.Command)] = true
		if r.Texts > 0 {
			if texts, err := s.TextsOf(ctx, r.Plan, r.ID); err != nil || len(texts) == 0 {
				t.Errorf("cut %d: event %s has lost its texts: %v", n+1, r.ID, err)
			}
		}
	}
	for _, id := range acked {
		if !found[id] {
			t.Errorf("cut %d: %s was acknowledged and is gone; %d of %d are there", n+1, id, len(found), len(acked))
			return
		}
	}
	t.Logf("cut %d: all %d acknowledged commands there, %d events", n+1, len(acked), last)
}

func cutConfig(dir string, first bool) eventstore.Config {
	return eventstore.Config{Org: "acme", DataDir: filepath.Join(dir, "data"), Init: first, MinFreeBytes: 1, MinFreeRatio: 0.0001, Patience: time.Minute,
		Logger: slog.New(slog.DiscardHandler)}
}

// TestPowerCutWriter is no test: it is the process whose power is cut, started by the two above.
func TestPowerCutWriter(t *testing.T) {
	dir := os.Getenv("PLANTRAIL_POWERCUT_DIR")
	switch os.Getenv(writerEnv) {
	case "plantrail":
		writePlans(t, dir)
	case "control":
		writeControl(t, dir)
	}
}

func writePlans(t *testing.T, dir string) {
	ctx := context.Background()
	s, err := eventstore.Open(ctx, cutConfig(dir, true))
	if err != nil {
		t.Fatal(err)
	}
	service := domain.NewService(s)
	me := domain.Actor{ID: "p-writer", Kind: domain.User, Role: domain.Editor}
	var group sync.WaitGroup
	for w := range 24 { // enough to make group commits, too
		group.Go(func() {
			plan := domain.PlanID(fmt.Sprintf("plan-%d", w))
			for i := 0; ; i++ {
				var do domain.Command = domain.AddItem{Title: "A thing to do"}
				if i == 0 {
					do = domain.OpenPlan{Title: "A plan"}
				}
				id := domain.CommandID(fmt.Sprintf("c-%d-%d", w, i))
				if _, err := service.Do(ctx, domain.Order{Plan: plan, Actor: me, Command: id, Do: do}); err != nil {
					fmt.Printf("error %v\n", err)
					return
				}
				fmt.Printf("ack %s\n", id)
			}
		})
	}
	group.Wait()
}

func writeControl(t *testing.T, dir string) {
	s, js := startControl(t, dir)
	defer s.Shutdown()
	if _, err := js.CreateStream(context.Background(), jetstream.StreamConfig{Name: "C", Subjects: []string{"c"}}); err != nil {
		t.Fatal(err)
	}
	for i := 0; ; i++ {
		if _, err := js.Publish(context.Background(), "c", []byte("an event that nobody syncs")); err != nil {
			return
		}
		fmt.Printf("ack %d\n", i)
	}
}

func startControl(t testing.TB, dir string) (*server.Server, jetstream.JetStream) {
	s, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: filepath.Join(dir, "control"), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	if !s.ReadyForConnections(time.Minute) {
		t.Fatal("the control server does not start")
	}
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return s, js
}

// controlLast is the last sequence that the control stream still has, 0 when the stream itself is gone.
func controlLast(dir string) uint64 {
	s, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: filepath.Join(dir, "control"), NoLog: true, NoSigs: true})
	if err != nil {
		return 0
	}
	go s.Start()
	defer func() { s.Shutdown(); s.WaitForShutdown() }()
	if !s.ReadyForConnections(time.Minute) {
		return 0
	}
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		return 0
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stream, err := js.Stream(ctx, "C")
	if err != nil {
		return 0
	}
	return stream.CachedInfo().State.LastSeq
}

// cutDisk is a disk whose power can be cut.
type cutDisk struct{ host, image, copy, mount, look string }

func newCutDisk(t *testing.T) *cutDisk {
	t.Helper()
	dir := t.TempDir()
	d := &cutDisk{host: filepath.Join(dir, "host"), mount: filepath.Join(dir, "mount"), look: filepath.Join(dir, "look")}
	d.image, d.copy = filepath.Join(d.host, "disk.img"), filepath.Join(d.host, "cut.img")
	for _, p := range []string{d.host, d.mount, d.look} {
		must(t, os.Mkdir(p, 0o700))
	}
	whole := filepath.Join(dir, "host.img")
	must(t, os.WriteFile(whole, nil, 0o600))
	must(t, os.Truncate(whole, 4<<30))
	if why := try("mkfs.xfs", "-q", "-m", "reflink=1", whole); why != "" {
		domaintest.Need(t, "power cuts need mkfs.xfs and mkfs.ext4 (packages xfsprogs, e2fsprogs)", errors.New(why))
	}
	if why := try("mount", "-o", "loop", whole, d.host); why != "" {
		domaintest.Need(t, "power cuts need loop mounts (root, /dev/loop*)", errors.New(why))
	}
	t.Cleanup(func() { unmount(t, d.host) })
	must(t, os.WriteFile(d.image, nil, 0o600))
	must(t, os.Truncate(d.image, 1<<30))
	if why := try("mkfs.ext4", "-q", d.image); why != "" {
		t.Fatal(why)
	}
	if why := try("mount", "-o", "loop", d.image, d.mount); why != "" {
		t.Fatal(why)
	}
	t.Cleanup(func() { unmount(t, d.mount) })
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func try(name string, args ...string) string {
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		return fmt.Sprintf("%s: %v: %s", name, err, strings.TrimSpace(string(out)))
	}
	return ""
}

// unmount waits until nobody has a file open any more.
func unmount(t *testing.T, dir string) {
	t.Helper()
	eventstoretest.Until(t, time.Minute, "nobody uses "+dir, func() bool { return try("umount", dir) == "" })
}

// writer is the process whose power is cut; acked is what it has been promised.
type writer struct {
	cmd   *exec.Cmd
	mu    sync.Mutex
	acked []string
	said  chan struct{} // an acknowledgement came
}

func (d *cutDisk) startWriter(t *testing.T, kind string) *writer {
	t.Helper()
	w := &writer{cmd: exec.Command(os.Args[0], "-test.run=^TestPowerCutWriter$", "-test.timeout=10m"), said: make(chan struct{}, 1)}
	w.cmd.Env = append(os.Environ(), writerEnv+"="+kind, "PLANTRAIL_POWERCUT_DIR="+d.mount)
	w.cmd.Stderr = os.Stderr
	out, err := w.cmd.StdoutPipe()
	must(t, err)
	must(t, w.cmd.Start())
	t.Cleanup(func() { _ = w.cmd.Process.Kill(); _ = w.cmd.Wait() })
	go w.listen(out)
	w.hear(t)
	return w
}

// hear waits for an acknowledgement.
func (w *writer) hear(t *testing.T) {
	t.Helper()
	select {
	case <-w.said:
	case <-time.After(2 * time.Minute):
		t.Fatal("the writer does not write")
	}
}

func (w *writer) listen(out io.Reader) {
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if id, ok := strings.CutPrefix(lines.Text(), "ack "); ok {
			w.mu.Lock()
			w.acked = append(w.acked, id)
			w.mu.Unlock()
			select {
			case w.said <- struct{}{}:
			default:
			}
		}
	}
}

// cut lets the writer write for a while from its next acknowledgement on, then stops it and takes the disk as it is at that instant, with what had been
// acknowledged. The writer stays stopped until the next cut, so that the history does not outgrow the test.
func (d *cutDisk) cut(t *testing.T, w *writer, after time.Duration) []string {
	t.Helper()
	select {
	case <-w.said: // before it was stopped
	default:
	}
	must(t, w.cmd.Process.Signal(syscall.SIGCONT))
	w.hear(t)
	<-time.After(after)
	must(t, w.cmd.Process.Signal(syscall.SIGSTOP))
	waitStopped(t, w.cmd.Process.Pid)
	w.mu.Lock()
	acked := append([]string(nil), w.acked...)
	w.mu.Unlock()
	if why := try("cp", "--reflink=always", d.image, d.copy); why != "" {
		t.Fatal(why)
	}
	return acked
}

func waitStopped(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		must(t, err)
		if strings.Contains(string(stat), ") T ") {
			return
		}
	}
	t.Fatal("the writer does not stop")
}

// mounted mounts the last cut, as after the power came back, and puts it away again.
func (d *cutDisk) mounted(t *testing.T, look func(dir string)) {
	t.Helper()
	if why := try("mount", "-o", "loop", d.copy, d.look); why != "" {
		t.Fatal(why)
	}
	look(d.look)
	unmount(t, d.look)
	must(t, os.Remove(d.copy))
}
