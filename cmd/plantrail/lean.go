package main

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// leanMemory is what the program may hold before its garbage is collected sooner than the collector would by itself. A
// paper of 10,000 rows then takes 400 MB at its most, and not 550 MB, in the same time.
const leanMemory = 320 << 20

// keepLean collects garbage sooner while memory is over the bound. The bound grows with what is in use, so that a server that
// needs more does not spend its time on collecting. GOMEMLIMIT says otherwise.
func keepLean() {
	if os.Getenv("GOMEMLIMIT") == "" {
		boundMemory(0)
	}
}

func boundMemory(was int64) {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	bound := max(leanMemory, int64(live[0].Value.Uint64())*7/4)
	if bound != was { // it stops the program for a moment: not after every collection
		debug.SetMemoryLimit(bound)
	}
	runtime.AddCleanup(&struct{ _ [16]byte }{}, boundMemory, bound) // runs after the next collection
}
