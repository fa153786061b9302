package eventstore

import "sync/atomic"

// Stats are counts since Open, and the state now. They are plain numbers: whoever publishes them chooses the form.
type Stats struct {
	Appends     uint64 // changes recorded
	Events      uint64 // events recorded
	Bytes       uint64 // of those events' bodies
	Conflicts   uint64 // appends refused because the plan had moved on
	Retries     uint64 // attempts repeated
	Resolved    uint64 // appends whose answer was lost, and that were found stored
	Unknowns    uint64 // appends whose outcome could not be found out
	Batches     uint64 // atomic batches stored, of either stream
	Batched     uint64 // messages in them
	Checkpoints uint64 // checkpoints stored
	Erased      uint64 // text messages destroyed
	Files       uint64 // files of evidence stored or removed
	Swept       uint64 // texts and uploads removed that a crash had left
	ReadOnly    string // why no events are taken now; "" when they are
	Connected   bool
}

type counters struct {
	appends, events, bytes, conflicts, retries, unknowns, resolved, batches, batched, checkpoints, erased, files, swept atomic.Uint64
}

// Stats reads the counts.
func (s *Store) Stats() Stats {
	c := &s.stats
	return Stats{
		Appends: c.appends.Load(), Events: c.events.Load(), Bytes: c.bytes.Load(), Conflicts: c.conflicts.Load(),
		Retries: c.retries.Load(), Resolved: c.resolved.Load(), Unknowns: c.unknowns.Load(),
		Batches: c.batches.Load(), Batched: c.batched.Load(), Checkpoints: c.checkpoints.Load(),
		Erased: c.erased.Load(), Files: c.files.Load(), Swept: c.swept.Load(),
		ReadOnly: s.readOnly(), Connected: s.nc.IsConnected(),
	}
}
