package eventstore

import (
	"context"
	"sync"
	"time"
)

// message is one message on its way into a stream. after is the sequence that must be the last on its subject.
type message struct {
	subject string
	after   uint64
	guard   bool // only the first message of an entry carries the expected sequence
	typ     string
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
	try      func(ctx context.Context, group []*entry) (first uint64, err error) // one attempt to publish
	stats    *counters
	remember bool // keep the last sequence of each subject: not for texts, whose subjects are all different

	mu      sync.Mutex
	waiting []*entry
	singles int  // published singly and not answered
	batch   bool // a batch is in flight
	linger  int  // how many entries the next batch waits for, for a moment; 0: none
	known   map[string]uint64
}

func newLane(stats *counters, remember bool, try func(context.Context, []*entry) (uint64, error)) *lane {
	return &lane{try: try, stats: stats, remember: remember, known: map[string]uint64{}}
}

// put leads an entry into the stream and returns when its outcome is known, or known to be unknown.
func (l *lane) put(e *entry) {
	l.mu.Lock()
	l.waiting = append(l.waiting, e)
	l.pump()
	l.mu.Unlock()
	<-e.done
}

// pump starts what can start now. The lock is held.
func (l *lane) pump() {
	if l.linger > 0 && len(l.waiting) < l.linger || len(l.waiting) == 0 {
		return
	}
	l.linger = 0
	if len(l.waiting) >= groupAt {
		if !l.batch {
			if group := l.take(); len(group) > 0 {
				l.batch = true
				go l.together(group)
			}
		}
		return
	}
	if l.batch {
		return
	}
	for len(l.waiting) > 0 && l.singles < groupAt {
		e := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.singles++
		go l.alone(e)
	}
}

// take takes the next group from the queue: as many entries as fit into a batch, of different subjects. An entry that
// builds on less than this process has already seen stored on its subject can't succeed and is answered at once: history
// is never shortened.
func (l *lane) take() []*entry {
	var group, rest []*entry
	count, size, subjects := 0, 0, map[string]bool{}
	for _, e := range l.waiting {
		switch {
		case e.msgs[0].after < l.known[e.subject()]:
			e.last, e.err = conflict, errMoved
			close(e.done)
		case subjects[e.subject()] || len(group) > 0 && (count+len(e.msgs) > maxBatch || size+e.bytes > maxBatchBytes):
			rest = append(rest, e)
		default:
			subjects[e.subject()] = true
			group = append(group, e)
			count, size = count+len(e.msgs), size+e.bytes
		}
	}
	l.waiting = rest
	return group
}

var errMoved = &apiError{Status: 400, Code: codeWrongLast, Text: "a later event of this plan was stored by this process"}

// together publishes a group as one batch. A batch that fails for any reason falls apart: each entry goes alone, and so
// gets the verdict that is its own.
func (l *lane) together(group []*entry) {
	ctx, cancel := context.WithTimeout(context.Background(), attemptFor)
	first, err := l.try(ctx, group)
	cancel()
	l.mu.Lock()
	l.batch = false
	if err == nil {
		l.stats.batches.Add(1)
		l.stats.batched.Add(uint64(countMessages(group)))
		for _, e := range group {
			l.settled(e, first)
			first += uint64(len(e.msgs))
		}
		l.wait(len(group))
	} else {
		l.stats.retries.Add(1)
		l.singles += len(group)
		for _, e := range group {
			e.maybe = e.maybe || judge(err) == unknown
			go l.alone(e)
		}
	}
	l.pump()
	l.mu.Unlock()
}

// wait lets the next group gather for a moment: the writers of the last one are about to come again, and a batch with half
// of them would make the other half wait for the one after.
func (l *lane) wait(n int) {
	l.linger = n
	time.AfterFunc(lingerFor, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.linger = 0
		l.pump()
	})
}

// alone publishes one entry until its outcome is known or its time is over: the same bytes and the same expected sequence
// each time, so it can't be stored twice.
func (l *lane) alone(e *entry) {
	var first uint64
	for wait := 5 * time.Millisecond; ; wait = min(2*wait, 400*time.Millisecond) {
		ctx, cancel := context.WithDeadline(context.Background(), minTime(e.until, time.Now().Add(attemptFor)))
		first, e.err = l.try(ctx, []*entry{e})
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

func countMessages(group []*entry) (n int) {
	for _, e := range group {
		n += len(e.msgs)
	}
	return n
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
