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
	quit  context.CancelFunc
	over  sync.WaitGroup
}

func watch(cfg Config) *watchdog {
	ctx, cancel := context.WithCancel(context.Background())
	w := &watchdog{cfg: cfg, space: cfg.Space, quit: cancel}
	if w.space == nil {
		w.space = func() (uint64, uint64, error) { return diskSpace(cfg.DataDir) }
		if cfg.URL != "" {
			w.space = func() (uint64, uint64, error) { return clusterSpace(ctx, cfg.MonitorURLs) }
		}
	}
	w.look()
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
			w.look()
		}
	}
}

func (w *watchdog) stop() { w.quit(); w.over.Wait() }

// look measures once. A figure that can't be had changes nothing: it is no reason to refuse work, nor to take it up again.
func (w *watchdog) look() {
	free, total, err := w.space()
	if err != nil {
		w.cfg.Logger.Warn("the journal's disk can't be measured", "error", err)
		return
	}
	why := ""
	switch {
	case free < w.cfg.MinFreeBytes:
		why = fmt.Sprintf("%d MB of its disk are free, %d are needed", free>>20, w.cfg.MinFreeBytes>>20)
	case float64(free) < w.cfg.MinFreeRatio*float64(total):
		why = fmt.Sprintf("%.1f%% of its disk are free, %.1f%% are needed", 100*float64(free)/float64(total), 100*w.cfg.MinFreeRatio)
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
