package pages

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"plantrail/domain"
	"plantrail/projections"
)

// work is what goes on for longer than a browser should wait for an answer: reading a paper, recording it, and showing it. It
// goes on when nobody looks; whoever began it looks at its own address, which says how far it is. A process that ends forgets
// it: what it recorded is recorded, the paper lies on the shelf, and the same paper again records nothing twice.
type work struct {
	ID    string
	of    domain.ActorID
	Began time.Time
	paperWork
	done chan struct{}

	mu      sync.Mutex
	receipt *domain.Receipt
	page    importPage
	problem *problem
	err     error
}

// paperWork is what a paper's work is about.
type paperWork struct {
	Name    string
	Size    int
	Records bool // it records, and does not only look
}

// Bounds of the work that one process does at once and remembers.
const (
	worksAtOnce = 8
	worksKept   = 100
	workPeriod  = 10 * time.Minute
	workSoon    = time.Second // work that takes no longer is answered at once
)

// works is the work that goes on and the last that was done, the oldest first.
type works struct {
	mu  sync.Mutex
	all []*work
}

// begin starts work, unless too much goes on already.
func (w *works) begin(of domain.ActorID, now time.Time, what paperWork, do func(context.Context, *work)) (*work, *problem) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = slices.DeleteFunc(w.all, func(j *work) bool {
		return j.over() && (now.Sub(j.Began) > workPeriod || len(w.all) > worksKept)
	})
	going := 0
	for _, j := range w.all {
		if !j.over() {
			going++
		}
	}
	if going >= worksAtOnce {
		return nil, &problem{Status: http.StatusServiceUnavailable, Detail: "Too many papers are being read just now", Hint: "try again in a minute"}
	}
	j := &work{ID: uuid.NewString(), of: of, Began: now, paperWork: what, done: make(chan struct{})}
	w.all = append(w.all, j)
	go func() {
		defer close(j.done)
		defer func() {
			if r := recover(); r != nil {
				j.err = fmt.Errorf("a paper's work broke: %v", r)
			}
		}()
		ctx, cancel := context.WithTimeout(context.Background(), workPeriod)
		defer cancel()
		do(ctx, j)
	}()
	return j, nil
}

// find is somebody's own work.
func (w *works) find(of domain.ActorID, id string) *work {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, j := range w.all {
		if j.ID == id && j.of == of {
			return j
		}
	}
	return nil
}

func (j *work) over() bool {
	select {
	case <-j.done:
		return true
	default:
		return false
	}
}

// soon waits a little for the work to be done.
func (j *work) soon(ctx context.Context, period time.Duration) bool {
	wait, cancel := context.WithTimeout(ctx, period)
	defer cancel()
	select {
	case <-j.done:
		return true
	case <-wait.Done():
		return false
	}
}

func (j *work) set(do func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	do()
}

// workPage says how far work is.
type workPage struct {
	*work
	Seconds  int
	Recorded *domain.Receipt
	Shown    domain.Position // up to where the pages show the history
}

// Left is how many events the pages have still to read.
func (p workPage) Left() int {
	if p.Recorded == nil || p.Shown >= p.Recorded.Position {
		return 0
	}
	return int(p.Recorded.Position - p.Shown)
}

// showWork says how far somebody's work is, asks to be looked at again, and in the end leads to what came of it.
func (v *visit) showWork() error {
	j := v.works.find(v.Actor.ID, v.r.PathValue("work"))
	if j == nil {
		return &problem{Status: http.StatusNotFound, Detail: "This is not known here any more", Hint: "look whether the plan is there: a paper is recorded whole or not at all. If it is not, the page Import still has your paper, and recording it again records nothing twice"}
	}
	if j.soon(v.r.Context(), v.soon) {
		return v.finished(j)
	}
	page := workPage{work: j, Seconds: int(v.deps.Now().Sub(j.Began).Seconds())}
	j.set(func() { page.Recorded = j.receipt })
	var s struct{ Projections projections.Status }
	if err := v.get("/status", nil, &s); err != nil {
		return err
	}
	page.Shown = s.Projections.Position
	v.w.Header().Set("Refresh", "2")
	return v.show("work", "Import goes on", "import", page)
}

// finished is what came of work: the plan that was recorded, what a paper says, or why not.
func (v *visit) finished(j *work) error {
	switch {
	case j.err != nil:
		return j.err
	case j.receipt != nil && j.problem == nil:
		return v.imported(*j.receipt)
	}
	return v.showImport(j.page, j.problem)
}

// beside is the visitor apart from their request, for work that goes on when it has been answered.
func (v *visit) beside(ctx context.Context) *visit {
	return &visit{Site: v.Site, r: v.r.WithContext(ctx), Session: v.Session}
}

// shown waits until the pages show what was recorded.
func (v *visit) shown(got domain.Receipt) (err error) {
	for range 30 {
		var seen json.RawMessage
		if err = v.get(path("plans", string(got.Plan)), minPosition(got.Position), &seen); err == nil || v.r.Context().Err() != nil {
			return err
		}
	}
	return err
}
