package eventstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// watchdog measures the disk under the store and makes the store read-only before it is full: on a full disk JetStream
// gives time-outs instead of errors, and can leave a batch torn.
type watchdog struct {
	cfg   Config
	space func() (free, total uint64, err error)
	why   atomic.Pointer[string] // nil: writable
	blind atomic.Bool            // the last measurement failed
	quit  context.CancelFunc
	over  sync.WaitGroup
	heal  func(context.Context) string // mends what a full disk left behind, or says why it can't be mended
}

func watch(cfg Config, heal func(context.Context) string) *watchdog {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watchdog{cfg: cfg, space: cfg.Space, quit: cancel, heal: heal}
	if w.space == nil {
		w.space = func() (uint64, uint64, error) { return diskSpace(cfg.DataDir) }
		if cfg.URL != "" {
			w.space = func() (uint64, uint64, error) { return clusterSpace(ctx, cfg.MonitorURLs) }
		}
	}
	w.look(ctx)
	w.over.Go(func() { w.run(ctx) })
	return w
}

func (w *watchdog) run(ctx context.Context) {
	every := time.NewTicker(w.cfg.WatchEvery)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
			w.look(ctx)
		}
	}
}

func (w *watchdog) stop() { w.quit(); w.over.Wait() }

// look measures once. A figure that can't be had changes nothing: it is no reason to refuse work, nor to take it up again.
func (w *watchdog) look(ctx context.Context) {
	free, total, err := w.space()
	if err != nil {
		if !w.blind.Swap(true) {
			w.cfg.Logger.Warn("the journal's disk can't be measured", "error", err)
		}
		return
	}
	w.blind.Store(false)
	why := ""
	switch {
	case free < w.cfg.MinFreeBytes:
		why = fmt.Sprintf("%d MB of its disk are free, %d are needed", free>>20, w.cfg.MinFreeBytes>>20)
	case float64(free) < w.cfg.MinFreeRatio*float64(total):
		why = fmt.Sprintf("%.1f%% of its disk are free, %.1f%% are needed", 100*float64(free)/float64(total), 100*w.cfg.MinFreeRatio)
	}
	if why == "" {
		why = w.heal(ctx)
	}
	was := w.readOnly()
	w.why.Store(&why)
	if why != "" && was == "" {
		w.cfg.Logger.Error("the journal is read-only", "why", why)
	}
	if why == "" && was != "" {
		w.cfg.Logger.Info("the journal takes events again")
	}
}

// readOnly says why the store takes no events, "" when it does.
func (w *watchdog) readOnly() string {
	if why := w.why.Load(); why != nil {
		return *why
	}
	return ""
}

// heal restarts an embedded server that has met a full or failing disk: JetStream refuses all writes to a stream after one
// failed, until it is started again. It runs only while there is space, for a batch torn by the full disk is completed by a
// start with space and stays torn after one without. It says why the store must not be written to, or "".
func (s *Store) heal(ctx context.Context) string {
	if s.srv == nil {
		return ""
	}
	if sick := s.srv.sick(); sick != "" {
		s.cfg.Logger.Error("the journal's server is not well and is started again", "why", sick)
		s.unproven.Store(true)
		if err := s.srv.restart(); err != nil {
			return err.Error()
		}
	}
	if !s.unproven.Load() {
		return ""
	}
	// The same checks as at Open: until they have passed, nothing is written.
	if err := s.checkAll(ctx, s.id); err != nil {
		return err.Error()
	}
	s.unproven.Store(false)
	return ""
}

func diskSpace(dir string) (free, total uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	return st.Bavail * uint64(st.Bsize), st.Blocks * uint64(st.Bsize), nil
}

// clusterSpace is that of the fullest server, as far as its own limit goes: its disk can't be seen from here.
func clusterSpace(ctx context.Context, urls []string) (free, total uint64, err error) {
	free, total = 1<<62, 1<<62
	seen := false
	for _, url := range urls {
		m, e := monitor(ctx, url)
		if e != nil {
			err = e // a server that is down does not count while another answers
			continue
		}
		seen = true
		size := m.js.Config.MaxStorage
		if left := size - min(size, m.js.Storage); left < free {
			free, total = left, size
		}
	}
	if seen {
		err = nil
	}
	return free, total, err
}
