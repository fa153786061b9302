package domain

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Order is one command as somebody gives it.
type Order struct {
	Plan        PlanID
	Actor       Actor
	Command     CommandID // the caller's; a repeat of the same id and command returns the first receipt
	IfVersion   *uint64   // the plan version (planseq) that the caller saw; nil: whatever it is now
	Correlation string    // "" is the command id
	Causation   string    // the event that led to it, if one did
	Do          Command
}

// Receipt says what was recorded.
type Receipt struct {
	Plan     PlanID    `json:"plan"`
	Command  CommandID `json:"command"`
	Position Position  `json:"position"` // of the command's last event
	Version  uint64    `json:"version"`  // the plan's version (planseq) after it
	Repeat   bool      `json:"repeat"`   // the command had been recorded before; nothing was recorded now
	Event    EventID   `json:"event"`    // the command's first event
}

const (
	maxTries    = 24               // conflicts with other processes before a command gives up
	appendLimit = 2 * time.Minute  // for one command, however many events it has
	voidAfter   = 15 * time.Second // a part this old without its last was cut short
)

// Service records commands: it loads a history, decides and appends, and resolves conflicts, repeats and lost answers.
//
// Commands on one plan are taken one after another within a process; several processes meet in the journal, which lets
// one win. It is safe for use by many goroutines.
type Service struct {
	Now   func() time.Time
	Alone bool // no other process appends: a command found cut short can be voided at once

	journal Journal
	shelf   shelf
}

// NewService records into a journal.
func NewService(j Journal) *Service { return &Service{Now: time.Now, journal: j, shelf: newShelf()} }

// Do records one command, or says why not. After Unknown the caller asks again with the same command id; after any other
// error nothing was recorded.
func (s *Service) Do(ctx context.Context, o Order) (Receipt, error) {
	if err := o.check(s.Now()); err != nil {
		return Receipt{}, err
	}
	b, err := s.shelf.take(ctx, o.Plan)
	if err != nil {
		return Receipt{}, err
	}
	defer s.shelf.putBack(b)
	// A caller who hangs up must not tear a command of several appends: from here it runs to its end.
	receipt, err := (&attempt{Service: s, order: o, book: b, digest: digest(o), until: time.Now().Add(appendLimit)}).run(context.WithoutCancel(ctx))
	return receipt, b.settle(o.Command, err)
}

// attempt is one command on its way.
type attempt struct {
	*Service
	order  Order
	book   *book
	digest Hash
	until  time.Time // it reads no longer
	fresh  bool      // the history was read to its end after this command came in or last lost a race
}

var errAgain = errors.New("look again")

func (a *attempt) run(ctx context.Context) (Receipt, error) {
	for try := range maxTries {
		if a.book.history == nil {
			a.book.history = NewHistory(a.order.Plan)
			if err := a.catchUp(ctx); err != nil {
				return Receipt{}, err
			}
		}
		receipt, err := a.once(ctx)
		if !errors.Is(err, errAgain) {
			return receipt, err
		}
		pause(ctx, try)
	}
	return Receipt{}, Errorf(Unavailable, "plan", "the plan %s is being changed too fast", quote(string(a.order.Plan))).WithHint("try again")
}

// once looks, decides and appends, against the history as it is known now.
func (a *attempt) once(ctx context.Context) (Receipt, error) {
	h := a.book.history
	if done, ok := h.Done(a.order.Command); ok {
		return a.repeat(ctx, done)
	}
	if err := a.clear(ctx, h); err != nil {
		return Receipt{}, err
	}
	if v := h.Head().PlanSeq; a.order.IfVersion != nil && *a.order.IfVersion != v {
		return Receipt{}, a.unlessStale(ctx, &Error{Kind: Conflict, Field: "version", Expected: *a.order.IfVersion, Actual: v,
			Message: "the plan has changed since you looked", Hint: "look at it again, then decide"})
	}
	facts, err := decide(against{h, a.order.Actor}, a.order.Do, a.basis())
	if err != nil {
		return Receipt{}, a.unlessStale(ctx, err)
	}
	last, err := a.append(ctx, h, Change{Plan: a.order.Plan, Actor: a.order.Actor, Command: a.order.Command, Digest: a.digest,
		Correlation: a.order.Correlation, Causation: a.order.Causation, Facts: facts})
	if err != nil {
		return Receipt{}, err
	}
	done, _ := h.Done(a.order.Command)
	return Receipt{a.order.Plan, a.order.Command, last.Position, last.PlanSeq, false, done.Event}, nil
}

// basis is the command's own, with the day of recording where no day was stated.
func (a *attempt) basis() Basis {
	b := a.order.Do.said()
	if b.Stated.IsZero() {
		b.Stated = DayOf(a.Now())
	}
	return b
}

// unlessStale returns a refusal only when it was decided against the history's very end; else it reads on first.
func (a *attempt) unlessStale(ctx context.Context, refusal error) error {
	if a.fresh {
		return refusal
	}
	if err := a.catchUp(ctx); err != nil {
		return err
	}
	return errAgain
}

func (a *attempt) catchUp(ctx context.Context) error {
	ctx, cancel := context.WithDeadline(ctx, a.until)
	defer cancel()
	h := a.book.history
	for r, err := range a.journal.Read(ctx, a.order.Plan, h.Head().Position) {
		if err != nil {
			a.book.history = nil
			return err
		}
		h.Apply(r)
	}
	a.fresh = true
	return nil
}

func (a *attempt) append(ctx context.Context, h *History, c Change) (last Recorded, err error) {
	recorded, err := a.journal.Append(ctx, h.Head(), c)
	if KindOf(err) == Conflict {
		// Somebody else was first, or an earlier try of our own was stored and its answer lost: reading on tells which.
		a.fresh = false
		return last, a.unlessStale(ctx, err)
	}
	if err != nil {
		a.book.history = nil // what is stored now is not known: the next command reads it afresh
		return last, err
	}
	for _, r := range recorded {
		for _, text := range Texts(r.Event) {
			*text = "" // words stay in memory no longer than their command: they may have to be erased
		}
		h.Apply(r)
		last = r
	}
	return last, nil
}

// repeat answers a command that was recorded before.
func (a *attempt) repeat(ctx context.Context, done Done) (Receipt, error) {
	ctx, cancel := context.WithDeadline(ctx, a.until)
	defer cancel()
	same, err := a.journal.Same(ctx, a.order.Plan, done, a.digest)
	if err != nil {
		return Receipt{}, err
	}
	if !same {
		return Receipt{}, Errorf(Reused, "command", "the command id %s was used for another command", quote(string(a.order.Command))).
			WithHint("give each command an id of its own")
	}
	return Receipt{a.order.Plan, a.order.Command, done.Last, done.PlanSeq, true, done.Event}, nil
}

// clear makes way when the history ends in a command without its last part. While that may still be coming, this command
// waits its turn; when it can't come any more, the parts are voided: the history goes on, and whoever gave the command
// can give it again. If we crash here the next command does the same.
func (a *attempt) clear(ctx context.Context, h *History) error {
	parts := h.Pending()
	if len(parts) == 0 {
		return nil
	}
	cut := parts[len(parts)-1]
	dead := a.Alone || cut.Command == a.order.Command || a.Now().Sub(cut.RecordedAt) > voidAfter
	if !dead {
		return a.unlessStale(ctx, Errorf(Unavailable, "plan", "a longer command is being recorded in the plan %s", quote(string(a.order.Plan))).
			WithHint("try again in a few seconds"))
	}
	void := voidCommand{Command: cut.Command, Parts: len(parts)}
	id := CommandID("void." + string(cut.ID))
	_, err := a.append(ctx, h, Change{Plan: a.order.Plan, Actor: Actor{ID: "system", Kind: System, Role: Admin}, Command: id,
		Digest: digest(Order{Plan: a.order.Plan, Do: void}), Correlation: string(cut.Command), Causation: string(cut.ID),
		Facts: []Fact{{Basis{Stated: DayOf(a.Now())}, &CommandVoided{Command: void.Command, Parts: void.Parts}}}})
	return err
}

// pause waits a little longer after each conflict, so that writers of several processes stop meeting.
func pause(ctx context.Context, try int) {
	if try == 0 {
		return
	}
	most := min(time.Millisecond<<min(try, 7), 100*time.Millisecond)
	select {
	case <-time.After(rand.N(most)):
	case <-ctx.Done():
	}
}
