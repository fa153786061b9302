// Package publish takes a log's checkpoints out of the house. As long as nobody else has seen what a log signed, whoever
// holds its disks and its key can begin its history again; each copy that lies elsewhere is a history that can't be changed
// any more without being found out.
//
// An [Outlet] is one place outside: a witness that an auditor runs, a webhook, a file on another machine's disk. A
// [Publisher] shows each of them the newest checkpoint, each at its own pace and in its own goroutine: one that is dead or
// slow costs the others nothing, and the log nothing. What can't be delivered is not queued, for a later checkpoint covers
// all earlier ones; it is tried again, less and less often, with the newest there is by then.
package publish

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

// Log is what is published.
type Log interface {
	// Last is the newest signed checkpoint, a signed note; nil while there is none.
	Last() []byte
	// Prove proves that the tree of old leaves is the beginning of that of new ones, 0 < old < new.
	Prove(ctx context.Context, old, new int64) (tlog.TreeProof, error)
	// Stored asks the log's own storage how many leaves its newest checkpoint states, other processes' among them.
	Stored(ctx context.Context) (int64, error)
	// Extends says why the log does not begin with what a note states, or that the note is not the log's. Where the log has
	// signed the note and does not begin with it, it raises its own alarm.
	Extends(ctx context.Context, signed []byte) error
	// Alarm is told that somebody outside has seen another history than this one.
	Alarm(reason string)
}

// Outlet is one place that checkpoints are shown to. [Witness], [Webhook] and [File] make them.
type Outlet struct {
	Kind  string        // witness, webhook or file
	Name  string        // which; nothing secret
	Every time.Duration // it is shown a checkpoint no more often than that
	// show hands one over. since is the receipt of the one before.
	show  func(ctx context.Context, log Log, signed []byte, since Receipt) (Receipt, error)
	known func() Receipt // what is known at the start of what was handed over before
	signs bool           // it is a witness
}

// Receipt is what is known of a checkpoint that was handed over.
type Receipt struct {
	Size int64     // that it states
	At   time.Time // when; a witness's by its own clock
	Note []byte    // the checkpoint, with a witness's signature below
}

// OutletStatus is how an outlet stands.
type OutletStatus struct {
	Kind       string    `json:"kind"`
	Name       string    `json:"name"`
	Size       int64     `json:"size"`                 // events of the last checkpoint that arrived; 0 for none
	At         time.Time `json:"at,omitzero"`          // when it did; a witness's by its own clock
	LagEvents  int64     `json:"lag_events"`           // by how much what is signed is ahead of it
	LagSeconds float64   `json:"lag_seconds"`          // and for how long it has been
	Error      string    `json:"error,omitempty"`      // why the last try failed
	Tries      int       `json:"tries,omitempty"`      // that have failed since one succeeded
	Checkpoint string    `json:"checkpoint,omitempty"` // as a witness has signed it
}

// String says how an outlet stands in one line of plain words.
func (s OutletStatus) String() string {
	text := s.Kind + " " + s.Name
	verb := map[string]string{"witness": "seen", "webhook": "posted", "file": "written"}[s.Kind]
	if s.Size == 0 {
		text += ": not yet " + verb
	} else {
		text += fmt.Sprintf(": %s at %s, size %d", verb, s.At.UTC().Format("2006-01-02 15:04:05 UTC"), s.Size)
	}
	if s.LagEvents > 0 {
		text += fmt.Sprintf(", %d events behind", s.LagEvents)
	}
	if s.Error != "" {
		text += "; " + s.Error
	}
	return text
}

// Publisher shows checkpoints to outlets.
type Publisher struct {
	log     Log
	to      *slog.Logger
	outlets []*outlet
	cover   atomic.Int64 // the size that is to be shown out of turn
}

// outlet is an Outlet at work.
type outlet struct {
	Outlet
	handing sync.Mutex // held while one is handed over

	mu     sync.Mutex
	last   Receipt
	behind time.Time // since when there is a newer checkpoint
	err    error
	tries  int
}

// New makes a publisher; Run starts it.
func New(log Log, to *slog.Logger, outlets ...Outlet) *Publisher {
	p := &Publisher{log: log, to: to}
	named := map[string]int{}
	for _, o := range outlets {
		if named[o.Kind+o.Name]++; named[o.Kind+o.Name] > 1 {
			o.Name = fmt.Sprintf("%s (%d)", o.Name, named[o.Kind+o.Name])
		}
		one := &outlet{Outlet: o}
		if o.known != nil {
			one.last = o.known()
		}
		p.outlets = append(p.outlets, one)
	}
	return p
}

// The pace at which an outlet that fails is tried again.
const (
	look      = time.Second // how often it is looked whether there is a newer checkpoint
	firstWait = time.Second
	longest   = time.Minute
)

// Run shows checkpoints until ctx ends. It does not show the last one then: that is what Flush is for.
func (p *Publisher) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, o := range p.outlets {
		all.Go(func() { p.serve(ctx, o) })
	}
	all.Wait()
}

func (p *Publisher) serve(ctx context.Context, o *outlet) {
	tick := time.NewTicker(min(look, o.Every))
	defer tick.Stop()
	for next := time.Now(); ; {
		if now := time.Now(); !now.Before(next) || p.due(o) {
			shown, err := p.show(ctx, o)
			switch {
			case err != nil:
				wait := min(longest, firstWait<<min(o.failed(), 10))
				next = now.Add(wait + rand.N(wait/4)) // so that many logs do not come back at once
			case shown:
				next = now.Add(o.Every)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Cover asks that every outlet is shown a checkpoint of at least so many leaves as soon as there is one, whatever its pace.
func (p *Publisher) Cover(size int64) { p.cover.Store(max(size, p.cover.Load())) }

// due reports whether an outlet that does not fail is to be shown one out of turn.
func (p *Publisher) due(o *outlet) bool {
	wanted := p.cover.Load()
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err == nil && o.last.Size < wanted && sizeOf(p.log.Last()) >= wanted
}

// Flush shows the newest checkpoint to every outlet that has not got it, now, and waits for them as long as ctx allows.
func (p *Publisher) Flush(ctx context.Context) {
	var all sync.WaitGroup
	for _, o := range p.outlets {
		all.Go(func() { _, _ = p.show(ctx, o) }) // its status says what came of it
	}
	all.Wait()
}

// show hands the newest checkpoint over, if there is one that the outlet has not got.
func (p *Publisher) show(ctx context.Context, o *outlet) (shown bool, err error) {
	o.handing.Lock()
	defer o.handing.Unlock()
	signed := p.log.Last()
	if sizeOf(signed) == 0 || !o.wants(signed) {
		return false, nil
	}
	got, err := o.show(ctx, p.log, signed, o.last)
	if ctx.Err() != nil && err != nil {
		return false, nil // it was told to end
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err = err; err != nil {
		if o.tries++; o.tries == 1 {
			p.to.Warn("a checkpoint could not be shown", "kind", o.Kind, "to", o.Name, "error", err)
		}
		return false, err
	}
	o.last, o.tries, o.behind = got, 0, time.Time{}
	return true, nil
}

// wants reports whether the outlet has not got this checkpoint. The same tree signed by another key is nothing new.
func (o *outlet) wants(signed []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if bytes.Equal(textOf(signed), textOf(o.last.Note)) {
		return false
	}
	if o.behind.IsZero() {
		o.behind = time.Now()
	}
	return true
}

func (o *outlet) failed() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.tries - 1
}

// Status is how each outlet stands, in the order in which they were given.
func (p *Publisher) Status() []OutletStatus {
	size := sizeOf(p.log.Last())
	all := make([]OutletStatus, 0, len(p.outlets))
	for _, o := range p.outlets {
		o.mu.Lock()
		s := OutletStatus{Kind: o.Kind, Name: o.Name, Size: o.last.Size, At: o.last.At, LagEvents: max(0, size-o.last.Size), Tries: o.tries}
		if o.signs {
			s.Checkpoint = string(o.last.Note)
		}
		if o.err != nil {
			s.Error = o.err.Error()
		}
		if !o.behind.IsZero() {
			s.LagSeconds = time.Since(o.behind).Seconds()
		}
		o.mu.Unlock()
		all = append(all, s)
	}
	return all
}

// Note is the newest checkpoint with the signatures that witnesses have given for it by now.
func (p *Publisher) Note() []byte {
	signed := p.log.Last()
	for _, o := range p.outlets {
		o.mu.Lock()
		note := o.last.Note
		o.mu.Unlock()
		if text := textOf(signed); o.signs && text != nil && bytes.Equal(text, textOf(note)) {
			at := bytes.LastIndexByte(note[:len(note)-1], '\n')
			signed = append(bytes.Clone(signed), note[at+1:]...)
		}
	}
	return signed
}

// textOf is the signed part of a note, with its last newline; nil where it is none.
func textOf(msg []byte) []byte {
	at := bytes.LastIndex(msg, []byte("\n\n"))
	if at < 0 {
		return nil
	}
	return msg[:at+1]
}

// sizeOf is what a checkpoint that the log itself gave states.
func sizeOf(signed []byte) int64 {
	c, err := evidence.ParseCheckpoint(string(textOf(signed)))
	if err != nil {
		return 0
	}
	return c.Size
}
