package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// Garbage is collected sooner than the collector would by itself while the program holds more than leanBusy, or leanIdle
// when it makes little garbage. A paper of 10,000 rows then takes 400 MB at its most, and not 550 MB, in the same time; and
// a server that only watches over a million events stays under 300 MB.
const (
	leanBusy = 320 << 20
	leanIdle = 128 << 20
)

// leanStart is what a program may hold before anything is collected at its start and while it makes much garbage: most
// commands end before, and a busy server has not to look for garbage in the middle of each answer.
const leanStart = 64 << 20

// keepLean bounds memory so. The bound grows with what is in use, so that a server that needs more does not spend its time
// on collecting. GOMEMLIMIT says otherwise.
func keepLean() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(leanStart)
	runtime.AddCleanup(&struct{ _ [16]byte }{}, func(percent int) { // runs after the first collection
		debug.SetGCPercent(percent)
		boundMemory(collection{usual: percent, percent: percent})
	}, debug.SetGCPercent(-1))
}

// collection is when garbage was collected, and what was set then.
type collection struct {
	at             time.Time
	bound          int64
	usual, percent int // GOGC as it was at the start, and as it is now
}

func boundMemory(last collection) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	used := int64(live[0].Value.Uint64())
	bound, percent := max(leanBusy, used*7/4), last.usual
	if time.Since(last.at) > time.Second {
		bound = max(leanIdle, used*5/4)
	} else if percent > 0 && used < leanStart/2 {
		percent = max(percent, int(100*leanStart/max(used, 4<<20)-100)/50*50)
	}
	if bound != last.bound { // it stops the program for a moment: not after every collection
		debug.SetMemoryLimit(bound)
	}
	if percent != last.percent {
		debug.SetGCPercent(percent)
	}
	runtime.AddCleanup(&struct{ _ [16]byte }{}, boundMemory, collection{time.Now(), bound, last.usual, percent}) // runs after the next collection
}
