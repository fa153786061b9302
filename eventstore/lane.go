package eventstore

import (
	"context"
	"slices"
	"sync"
	"time"
)

// message is one message on its way into a stream. after is the sequence that must be the last on its subject.
type message struct {
	subject string
	after   uint64
	guard   bool     // only the first message of an entry carries the expected sequence
	content []string // its Content-Type
	typ     string   // its ce-type, of events only
	rollup  bool     // it takes the place of what lies under its subject
	body    []byte
}

// entry is what one append asks of one stream: messages that belong together, in order. One entry is stored whole or not.
type entry struct {
	msgs  []message
	bytes int
	until time.Time // it is retried no longer

	done  chan struct{} // closed when the outcome is known; nil while nobody waits for it
	first uint64        // sequence of its first message, when stored
	err   error
	last  verdict // of the last attempt
	tries int     // singly
	maybe bool    // an attempt may have been stored, although the last was not
}

func newEntry(until time.Time, msgs []message) *entry {
	e := &entry{msgs: msgs, until: until}
	for i := range msgs {
		e.bytes += len(msgs[i].body) + len(msgs[i].subject) + 128
	}
	return e
}

func (e *entry) subject() string { return e.msgs[0].subject }
func (e *entry) long() bool      { return len(e.msgs) > 1 }

// limit is how long one attempt may take: the third twice as long as the first two, and those after it four times as long, for
// a machine may be too slow to do in less what it is asked.
func (e *entry) limit() time.Duration {
	if e.until.IsZero() {
		return time.Minute // whoever sends it has a limit of his own
	}
	e.tries++
	return min(attemptFor<<min(max(0, e.tries-2), 2), time.Until(e.until))
}

// lane leads the entries of all appends into one stream. Few at a time go singly, at once; from groupAt waiting they go
// together as one atomic batch, which the server syncs once. Only one batch is on its way: two are slower.
type lane struct {
	pub      publisher
	stats    *counters
	remember bool // keep the last sequence of each subject: not for texts, whose subjects are all different

	mu      sync.Mutex
	waiting []*entry
	singles int           // published singly and not answered
	open    *group        // the batch that is being gathered
	flying  bool          // a batch is committed and not answered
	expect  int           // entries that the next batch waits for: the writers of the last one are about to come again
	expires time.Time     // until when
	linger  time.Duration // and how long it waits
	known   map[string]uint64
}

// publisher makes one attempt to store entries, and says at which sequence the first message of them lies.
type publisher interface {
	single(ctx context.Context, e *entry) (first uint64, err error)
	newBatch() batch
}

// batch is an atomic batch under way: nothing of it is stored before the commit.
type batch interface {
	send(e *entry)
	commit(ctx context.Context, limit time.Duration) (first uint64, err error)
}

func newLane(stats *counters, remember bool, pub publisher) *lane {
	return &lane{pub: pub, stats: stats, remember: remember, known: map[string]uint64{}}
}

// put leads an entry into the stream and returns when its outcome is known, or known to be unknown.
func (l *lane) put(e *entry) {
	l.mu.Lock()
	if l.idle() && !e.long() {
		l.singles++
		l.mu.Unlock()
		l.alone(e)
		return
	}
	e.done = make(chan struct{})
	l.waiting = append(l.waiting, e)
	l.pump()
	l.mu.Unlock()
	<-e.done
}

// idle reports whether nobody waits or is waited for, so that who comes is published singly. The lock is held.
func (l *lane) idle() bool {
	return len(l.waiting) == 0 && l.open == nil && !l.flying && l.singles < groupAt && !l.expecting()
}

func (l *lane) expecting() bool { return l.expect > 0 && time.Now().Before(l.expires) }

// pump starts what can start now. The lock is held.
func (l *lane) pump() {
	switch {
	case len(l.waiting) == 0, l.flying:
	case l.open != nil:
		l.join()
	case len(l.waiting) >= groupAt || l.expecting() || slices.ContainsFunc(l.waiting, (*entry).long):
		l.gather()
	default:
		for len(l.waiting) > 0 && l.singles < groupAt {
			e := l.waiting[0]
			l.waiting = l.waiting[1:]
			l.singles++
			go l.alone(e)
		}
	}
}

// group is a batch while it is gathered.
type group struct {
	batch
	want            int // entries with which it is complete
	entries         []*entry
	messages, bytes int
	subjects        map[string]bool
	out             chan *entry // on their way to the server
	over            *time.Timer
}

// fits: a batch takes so many messages, and each subject from one entry only, for its condition is checked against what was
// there before the batch.
func (g *group) fits(e *entry) bool {
	room := len(g.entries) == 0 || g.messages+len(e.msgs) <= maxBatch && g.bytes+e.bytes <= maxBatchBytes
	return room && !g.subjects[e.subject()]
}

func (g *group) add(e *entry) {
	g.entries = append(g.entries, e)
	g.messages, g.bytes = g.messages+len(e.msgs), g.bytes+e.bytes
	g.subjects[e.subject()] = true
	g.out <- e // there is room: an entry has at least one message
}

// gather begins a batch. What comes is sent at once, for the server needs some milliseconds to set a batch up; the commit
// follows when all that are expected have come, or a moment later. The lock is held.
func (l *lane) gather() {
	want := 0
	if l.expecting() {
		want = l.expect
	}
	g := &group{batch: l.pub.newBatch(), want: want, entries: make([]*entry, 0, want), subjects: make(map[string]bool, want),
		out: make(chan *entry, maxBatch)}
	l.open = g
	go l.carry(g)
	g.over = time.AfterFunc(l.linger, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.open == g {
			l.dispatch()
		}
	})
	l.join()
}

// join moves what fits from the queue into the open batch. An entry that builds on less than this process has already seen
// stored on its subject can't succeed and is answered at once: history is never shortened. The lock is held.
func (l *lane) join() {
	g := l.open
	l.waiting = slices.DeleteFunc(l.waiting, func(e *entry) bool {
		switch {
		case e.msgs[0].after < l.known[e.subject()]:
			e.last, e.err = conflict, errMoved
			close(e.done)
		case g.fits(e):
			g.add(e)
		default:
			return false
		}
		return true
	})
	if len(g.entries) >= g.want || g.messages >= maxBatch {
		l.dispatch()
	}
}

// dispatch ends the gathering of a batch. The lock is held.
func (l *lane) dispatch() {
	g := l.open
	g.over.Stop()
	l.open, l.flying = nil, true
	close(g.out)
}

// carry sends a batch while it is gathered, without the lock, for the connection is at times busy; then it commits it. One
// that fails for any reason falls apart: each entry goes alone, and so gets the verdict that is its own.
func (l *lane) carry(g *group) {
	for e := range g.out {
		g.send(e)
	}
	var first uint64
	var err error
	start := time.Now()
	if len(g.entries) > 0 {
		first, err = g.commit(context.Background(), attemptFor)
	}
	l.mu.Lock()
	l.flying, l.expect = false, 0
	if err == nil && len(g.entries) >= groupAt {
		l.expect, l.expires, l.linger = len(g.entries)+len(l.waiting), time.Now().Add(comeback), min(comeback, 2*time.Since(start))
	}
	if err == nil {
		l.stats.batches.Add(1)
		l.stats.batched.Add(uint64(g.messages))
		for _, e := range g.entries {
			l.store(e, first)
			close(e.done)
			first += uint64(len(e.msgs))
		}
	} else {
		l.stats.retries.Add(1)
		l.singles += len(g.entries)
		for _, e := range g.entries {
			e.maybe = e.maybe || judge(err) == unknown
			go l.alone(e)
		}
	}
	l.pump()
	l.mu.Unlock()
}

var errMoved = &apiError{Status: 400, Code: codeWrongLast, Text: "a later event of this plan was stored by this process"}

// alone publishes one entry until its outcome is known or its time is over: the same bytes and the same expected sequence
// each time, so it can't be stored twice.
func (l *lane) alone(e *entry) {
	var first uint64
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 400*time.Millisecond) {
		first, e.err = l.pub.single(context.Background(), e)
		e.last = judge(e.err)
		if e.last == stored || e.last == conflict || e.last == never {
			break
		}
		e.maybe = e.maybe || e.last == unknown
		if time.Now().Add(wait).After(e.until) {
			break
		}
		l.stats.retries.Add(1)
		time.Sleep(wait)
	}
	l.mu.Lock()
	l.singles--
	if e.last == stored {
		l.store(e, first)
	}
	l.pump()
	l.mu.Unlock()
	if e.done != nil {
		close(e.done)
	}
}

// store notes where an entry was stored. The lock is held.
func (l *lane) store(e *entry, first uint64) {
	e.first, e.last, e.err = first, stored, nil
	if len(l.known) > 1<<16 {
		clear(l.known) // it only saves requests
	}
	if l.remember {
		l.known[e.subject()] = first + uint64(len(e.msgs)) - 1
	}
}
