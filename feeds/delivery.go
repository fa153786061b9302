package feeds

import (
	"context"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
)

// Delivery is how far the deliveries of a subscription are: the value of the key "delivery.<subscription>" of the shared
// state. Only the process that holds the lease changes it, each time naming the revision that it read: one that lost its
// lease without noticing is refused, and stops. If we crash between a delivery and the note of it, the event is delivered
// again, with the same id: at least once, and in order, for the next begins at the noted place.
type Delivery struct {
	Owner string    `json:"owner,omitempty"` // the process that works on it
	Until time.Time `json:"until,omitzero"`  // as long as its lease is not renewed

	Position  domain.Position  `json:"position"`           // all up to here is delivered, given up or not wanted
	Cursor    string           `json:"cursor,omitempty"`   // of that place: it tells whether the history is still the one that was delivered
	Reset     *domain.Position `json:"reset,omitempty"`    // what came after it must be dropped: to be told before anything else
	Failures  int              `json:"failures,omitempty"` // of the next event, in a row
	Since     time.Time        `json:"since,omitzero"`     // the first of them
	Refused   time.Time        `json:"refused,omitzero"`   // since when each of them was a refusal of the event, by a target that is there
	Next      time.Time        `json:"next,omitzero"`      // when it is tried again
	Delivered uint64           `json:"delivered"`
	Failed    uint64           `json:"failed"`
	Again     []Dead           `json:"again,omitempty"` // dead letters that are to be tried once more
	Dead      []Dead           `json:"dead,omitempty"`
	Log       []Try            `json:"log,omitempty"` // the latest, oldest first
}

// Dead is an event that was given up: its target answered for days that it does not take it.
type Dead struct {
	Position domain.Position `json:"position"`
	Event    domain.EventID  `json:"event"`
	Status   int             `json:"status"`
	At       time.Time       `json:"at"`
}

// Try is one try to deliver.
type Try struct {
	At       time.Time       `json:"at"`
	Position domain.Position `json:"position"`
	Event    domain.EventID  `json:"event"`
	Status   int             `json:"status,omitempty"` // of HTTP; 0: no answer came
	Millis   int64           `json:"ms"`
	Error    string          `json:"error,omitempty"`
}

// Order is what a person wants of a delivery: the value of "order.<subscription>", which the process that works on it
// carries out and then strikes out: an order for nothing stays.
type Order struct {
	Replay *domain.Position `json:"replay,omitempty"` // deliver again all after this position
	Dead   bool             `json:"dead,omitempty"`   // deliver the dead letters again
	Drop   bool             `json:"drop,omitempty"`   // forget the dead letters: they are not delivered
	Now    bool             `json:"now,omitempty"`    // try at once
}

const (
	deliveryKey = "delivery."
	orderKey    = "order."

	logLength  = 50
	deadLength = 200 // no further event is given up beside so many: it is waited for
)

func (d *Delivery) note(t Try) {
	d.Log = append(d.Log, t)
	d.Log = d.Log[max(0, len(d.Log)-logLength):]
}

// settled goes on behind an event.
func (d *Delivery) settled(at domain.Position) {
	d.Position, d.Failures, d.Since, d.Refused, d.Next = at, 0, time.Time{}, time.Time{}, time.Time{}
}

func (d *Delivery) obey(o Order) {
	if o.Replay != nil && *o.Replay < d.Position { // what was not delivered yet can't be delivered again: nothing is skipped
		d.settled(*o.Replay)
	}
	if o.Dead {
		d.Again, d.Dead = append(d.Again, d.Dead...), nil
	}
	if o.Drop {
		d.Again, d.Dead = nil, nil
	}
	if o.Now || o.Replay != nil || o.Dead || o.Drop {
		d.Next = time.Time{}
	}
}

// full reports whether there is no room for another dead letter. Nothing is dropped to make room.
func (d *Delivery) full() bool { return len(d.Dead)+len(d.Again) >= deadLength }

// Tell gives an order. A second one before the first was carried out is added to it.
func Tell(ctx context.Context, s State, id domain.SubscriptionID, o Order) error {
	for {
		var before Order
		rev, err := s.Get(ctx, orderKey+string(id), &before)
		if err != nil {
			return err
		}
		_, err = s.Put(ctx, orderKey+string(id), o.and(before), rev)
		if err == nil || domain.KindOf(err) != domain.Conflict {
			return err
		}
	}
}

// and is both orders.
func (o Order) and(before Order) Order {
	if o.Replay == nil || before.Replay != nil && *before.Replay < *o.Replay {
		o.Replay = before.Replay
	}
	o.Dead, o.Drop, o.Now = o.Dead || before.Dead, o.Drop || before.Drop, o.Now || before.Now
	return o
}

// DeliveryOf is how far a subscription's deliveries are; those of one that nobody worked on yet are at its beginning.
func DeliveryOf(ctx context.Context, s State, sub domain.Subscription) (Delivery, error) {
	d := Delivery{Position: sub.From}
	_, err := s.Get(ctx, deliveryKey+string(sub.Subscription), &d)
	return d, err
}

// StandingOf is DeliveryOf without the log of tries, which is most of what there is to read: for whoever asks of all often.
func StandingOf(ctx context.Context, s State, sub domain.Subscription) (Delivery, error) {
	d := struct {
		Delivery
		Log unread `json:"log"` // instead of the delivery's
	}{Delivery: Delivery{Position: sub.From}}
	_, err := s.Get(ctx, deliveryKey+string(sub.Subscription), &d)
	return d.Delivery, err
}

type unread struct{}

func (unread) UnmarshalJSON([]byte) error { return nil }

// LastError is why the latest try failed, for people.
func (d *Delivery) LastError() string {
	for _, t := range slices.Backward(d.Log) {
		if t.Error != "" {
			return strings.TrimSpace(t.Error)
		}
		if t.Status/100 == 2 {
			return ""
		}
	}
	return ""
}
