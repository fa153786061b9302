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

	done  chan struct{}
	first uint64 // sequence of its first message, when stored
	err   error
	last  verdict // of the last attempt
	maybe bool    // an attempt may have been stored, although the last was not
}

func newEntry(until time.Time, msgs []message) *entry {
	e := &entry{msgs: msgs, until: until, done: make(chan struct{})}
	for _, m := range msgs {
		e.bytes += len(m.body) + len(m.subject) + 128
	}
	return e
}

func (e *entry) subject() string { return e.msgs[0].subject }

// lane leads the entries of all appends into one stream. Few at a time go singly, at once; from groupAt waiting they go
// together as one atomic batch, which the server syncs once. Only one batch is in flight: two are slower.
type lane struct {
	pub      publisher
	stats    *counters
	remember bool // keep the last sequence of each subject: not for texts, whose subjects are all different

	mu      sync.Mutex
	waiting []*entry
	arrived chan struct{} // something new waits, for the batch that is being gathered
	singles int           // published singly and not answered
	batch   bool          // a batch is being gathered or is in flight
	expect  int           // entries of the last batch: their writers are about to come again
	expires time.Time     // until when
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
	commit(ctx context.Context) (first uint64, err error)
}

func newLane(stats *counters, remember bool, pub publisher) *lane {
	return &lane{pub: pub, stats: stats, remember: remember, known: map[string]uint64{}, arrived: make(chan struct{}, 1)}
}

// put leads an entry into the stream and returns when its outcome is known, or known to be unknown.
func (l *lane) put(e *entry) {
	l.mu.Lock()
	if len(l.waiting) == 0 && l.alone1(e) {
		l.singles++
		l.mu.Unlock()
		l.alone(e)
		return
	}
	l.waiting = append(l.waiting, e)
	l.pump()
	l.mu.Unlock()
	<-e.done
}

// alone1 reports whether an entry that comes while nobody waits is published singly. The lock is held.
func (l *lane) alone1(e *entry) bool {
	return !l.batch && len(e.msgs) == 1 && l.singles < groupAt && !l.expecting()
}

func (l *lane) expecting() bool { return l.expect > 0 && time.Now().Before(l.expires) }

// pump starts what can start now. The lock is held.
func (l *lane) pump() {
	switch {
	case len(l.waiting) == 0:
	case l.batch:
		select {
		case l.arrived <- struct{}{}:
		default: // it has been told
		}
	case len(l.waiting) >= groupAt || l.expecting() || slices.ContainsFunc(l.waiting, (*entry).long):
		l.batch = true
		go l.together()
	default:
		for len(l.waiting) > 0 && l.singles < groupAt {
			e := l.waiting[0]
			l.waiting = l.waiting[1:]
			l.singles++
			go l.alone(e)
		}
	}
}

func (e *entry) long() bool { return len(e.msgs) > 1 }

// group is a batch while it is gathered.
type group struct {
	entries         []*entry
	messages, bytes int
	subjects        map[string]bool
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
}

// take moves what fits from the queue into the group and returns it. An entry that builds on less than this process has
// already seen stored on its subject can't succeed and is answered at once: history is never shortened.
func (l *lane) take(g *group) (more []*entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var rest []*entry
	for _, e := range l.waiting {
		switch {
		case e.msgs[0].after < l.known[e.subject()]:
			e.last, e.err = conflict, errMoved
			close(e.done)
		case g.fits(e):
			g.add(e)
			more = append(more, e)
		default:
			rest = append(rest, e)
		}
	}
	l.waiting = rest
	return more
}

// together publishes what waits as one batch. What comes is sent at once, for the server needs some milliseconds to set a
// batch up; the commit follows when as many have come as last time, or a moment later.
func (l *lane) together() {
	g := &group{subjects: map[string]bool{}}
	b := l.pub.newBatch()
	l.mu.Lock()
	want := 0
	if l.expecting() {
		want = l.expect
	}
	l.mu.Unlock()
	over := time.NewTimer(lingerFor)
	defer over.Stop()
	for gathering := true; gathering; {
		for _, e := range l.take(g) {
			b.send(e)
		}
		if len(g.entries) >= want || g.messages >= maxBatch {
			break
		}
		select {
		case <-l.arrived:
		case <-over.C:
			gathering = false
		}
	}
	l.finish(g, b)
}

// finish commits a batch. One that fails for any reason falls apart: each entry goes alone, and so gets the verdict that
// is its own.
func (l *lane) finish(g *group, b batch) {
	var first uint64
	var err error
	if len(g.entries) > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), attemptFor)
		first, err = b.commit(ctx)
		cancel()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.batch = false
	l.expect, l.expires = 0, time.Now().Add(5*lingerFor)
	if len(g.entries) >= groupAt {
		l.expect = len(g.entries)
	}
	if err == nil {
		l.stats.batches.Add(1)
		l.stats.batched.Add(uint64(g.messages))
		for _, e := range g.entries {
			l.settled(e, first)
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
}

var errMoved = &apiError{Status: 400, Code: codeWrongLast, Text: "a later event of this plan was stored by this process"}

// alone publishes one entry until its outcome is known or its time is over: the same bytes and the same expected sequence
// each time, so it can't be stored twice.
func (l *lane) alone(e *entry) {
	var first uint64
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 400*time.Millisecond) {
		ctx, cancel := context.WithDeadline(context.Background(), minTime(e.until, time.Now().Add(attemptFor)))
		first, e.err = l.pub.single(ctx, e)
		cancel()
		e.last = judge(e.err)
		if e.last == stored || e.last == conflict || e.last == never {
			break
		}
		e.maybe = e.maybe || e.last == unknown
		if time.Now().Add(wait).After(e.until) {
			break
		}
		l.stats.retries.Add(1)
		_ = pause(context.Background(), wait)
	}
	l.mu.Lock()
	l.singles--
	if e.last == stored {
		l.settled(e, first)
	} else {
		close(e.done)
	}
	l.pump()
	l.mu.Unlock()
}

// settled ends a stored entry. The lock is held.
func (l *lane) settled(e *entry, first uint64) {
	e.first, e.last, e.err = first, stored, nil
	if len(l.known) > 1<<16 {
		clear(l.known) // it only saves requests
	}
	if l.remember {
		l.known[e.subject()] = first + uint64(len(e.msgs)) - 1
	}
	close(e.done)
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
