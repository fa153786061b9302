package projections

import (
	"sync"

	"plantrail/domain"
	"plantrail/domain/findings"
)

// Limits of what is kept of findings: as many entries of stories take some 60 MB, as many findings 120 MB. Beyond them all
// is let go and begun anew, which costs what it cost the first time.
const (
	keepEntries  = 100_000
	keepFindings = 400_000
)

// shelf keeps findings of today, the stories that were read for them, and what the last audit found of files of evidence.
type shelf struct {
	mu       sync.Mutex
	plans    map[domain.PlanID]judged
	entries  int
	findings int
	epoch    int // counts how often all was let go
	faults   map[domain.PlanID]map[domain.EvidenceID]string
	audits   int
}

func (b *shelf) get(plan domain.PlanID) judged {
	b.mu.Lock()
	defer b.mu.Unlock()
	j := b.plans[plan]
	j.epoch = b.epoch
	return j
}

func (b *shelf) put(plan domain.PlanID, j judged) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if j.epoch != b.epoch {
		return // it may hold words that have been erased since it was read
	}
	old := b.plans[plan]
	b.entries += len(j.story.Entries) - len(old.story.Entries)
	b.findings += len(j.found) - len(old.found)
	switch {
	case b.plans == nil || b.findings > keepFindings:
		b.plans, b.entries, b.findings = map[domain.PlanID]judged{}, len(j.story.Entries), len(j.found)
	case b.entries > keepEntries:
		for id, other := range b.plans {
			other.story = findings.Story{}
			b.plans[id] = other
		}
		b.entries = len(j.story.Entries)
	}
	b.plans[plan] = j
}

// forget lets go of all that was read: words among it are to be erased.
func (b *shelf) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.plans, b.entries, b.findings = nil, 0, 0
	b.epoch++
}

// audited notes what an audit found of files of evidence. It holds until the next one, or until the process ends.
func (b *shelf) audited(faults map[domain.PlanID]map[domain.EvidenceID]string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = faults
	b.audits++
}

func (b *shelf) faultsOf(plan domain.PlanID) map[domain.EvidenceID]string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.faults[plan]
}

func (b *shelf) lastAudit() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.audits
}
