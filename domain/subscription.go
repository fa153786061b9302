package domain

import (
	"cmp"
	"maps"
	"slices"
)

// SubscriptionID names a subscription: what a person's other systems, or the person, are told of.
type SubscriptionID string

// Way is how a subscriber is told.
type Way string

// The ways.
const (
	ByWebhook Way = "webhook" // each event, or notices, posted to a URL and signed
	ByNATS    Way = "nats"    // a durable consumer of the subscriber's own
	ByMail    Way = "mail"    // notices for a person
)

// Wanted is what of the history a subscription covers. An empty list stands for all plans, types, items or meanings.
type Wanted struct {
	Plans    []PlanID  `json:"plans,omitempty" doc:"only these plans" maxItems:"64"`
	Types    []string  `json:"types,omitempty" doc:"only these types of event; what mends earlier ones comes in any case" maxItems:"100"`
	Items    []ItemID  `json:"items,omitempty" doc:"only these items" maxItems:"200"`
	Meanings []Meaning `json:"meanings,omitempty" doc:"only ratings of these meanings" maxItems:"16"`
	Texts    bool      `json:"texts,omitempty" doc:"also what people wrote, as disclosures"`
	Notices  []string  `json:"notices,omitempty" doc:"which notices: red, asked, deadline; by mail left out: all; a webhook that names some gets them instead of each event" maxItems:"8"`
	Digest   bool      `json:"digest,omitempty" doc:"of notices: one message a day"`
}

// SubscriptionMade grants a person's system, or the person, a feed of what happens. It is kept in [People], and ends with the
// person. Target may name people or hold secrets of the other side, so it is a text. Key names the private key of this side
// from which the subscription's signing secrets are derived: the secrets themselves lie nowhere.
type SubscriptionMade struct {
	Subscription SubscriptionID `json:"subscription"`
	Person       ActorID        `json:"person"`
	Way          Way            `json:"way"`
	Wanted       Wanted         `json:"wanted"`
	From         Position       `json:"from,omitempty"` // the first event that it gets is after this one
	Key          string         `json:"key,omitempty"`
	Target       Text           `json:"target,omitempty"` // a URL or an address
	Label        Text           `json:"label,omitempty"`
}

// SubscriptionPaused stops a subscription until it is resumed; it keeps its place.
type SubscriptionPaused struct {
	Subscription SubscriptionID `json:"subscription"`
	Reason       Text           `json:"reason,omitempty"`
}

// SubscriptionResumed ends a pause.
type SubscriptionResumed struct {
	Subscription SubscriptionID `json:"subscription"`
}

// SubscriptionRotated gives a subscription new signing secrets. For Hours the old ones sign too.
type SubscriptionRotated struct {
	Subscription SubscriptionID `json:"subscription"`
	Generation   int            `json:"generation"` // from 1 for the first secrets
	Hours        int            `json:"hours"`
}

// SubscriptionEnded ends it for good.
type SubscriptionEnded struct {
	Subscription SubscriptionID `json:"subscription"`
	Reason       Text           `json:"reason,omitempty"`
}

func (*SubscriptionMade) Type() string     { return "subscription-made" }
func (*SubscriptionMade) about() ItemID    { return "" }
func (*SubscriptionPaused) Type() string   { return "subscription-paused" }
func (*SubscriptionPaused) about() ItemID  { return "" }
func (*SubscriptionResumed) Type() string  { return "subscription-resumed" }
func (*SubscriptionResumed) about() ItemID { return "" }
func (*SubscriptionRotated) Type() string  { return "subscription-rotated" }
func (*SubscriptionRotated) about() ItemID { return "" }
func (*SubscriptionEnded) Type() string    { return "subscription-ended" }
func (*SubscriptionEnded) about() ItemID   { return "" }

// Subscribe makes a subscription, in the history [People].
type Subscribe struct {
	Basis
	Subscription SubscriptionID `json:"subscription"`
	Person       ActorID        `json:"person"`
	Way          Way            `json:"way"`
	Wanted       Wanted         `json:"wanted"`
	From         Position       `json:"from,omitempty"`
	Key          string         `json:"key,omitempty"`
	Target       Text           `json:"target,omitempty"`
	Label        Text           `json:"label,omitempty"`
}

// PauseSubscription stops one, with a reason.
type PauseSubscription struct {
	Basis
	Subscription SubscriptionID `json:"subscription"`
	Reason       Text           `json:"reason"`
}

// ResumeSubscription lets it go on.
type ResumeSubscription struct {
	Basis
	Subscription SubscriptionID `json:"subscription"`
}

// RotateSubscription gives it new secrets, beside which the old ones sign for some hours.
type RotateSubscription struct {
	Basis
	Subscription SubscriptionID `json:"subscription"`
	Hours        int            `json:"hours"`
}

// Unsubscribe ends it.
type Unsubscribe struct {
	Basis
	Subscription SubscriptionID `json:"subscription"`
	Reason       Text           `json:"reason"`
}

func (Subscribe) Verb() string          { return "subscribe" }
func (PauseSubscription) Verb() string  { return "pause-subscription" }
func (ResumeSubscription) Verb() string { return "resume-subscription" }
func (RotateSubscription) Verb() string { return "rotate-subscription" }
func (Unsubscribe) Verb() string        { return "unsubscribe" }

// Subscription is the current state of one. Its target is a text of the event at Made.
type Subscription struct {
	SubscriptionMade
	Made       Position
	Event      EventID // the one at Made
	Paused     bool
	Ended      bool
	Generation int
	Rotated    Recorded // the rotation that is in force; zero before the first
}

// Noticed reports whether it is of notices, rather than of each event.
func (s Subscription) Noticed() bool {
	return s.Way == ByMail || s.Way == ByWebhook && len(s.Wanted.Notices) > 0
}

// Subscription finds a subscription, ended or not.
func (g *Register) Subscription(id SubscriptionID) (Subscription, bool) {
	s, ok := g.subscriptions[id]
	return s, ok
}

// Subscriptions are all of them, in the order in which they were made. Those of persons who left have ended.
func (g *Register) Subscriptions() []Subscription {
	return slices.SortedFunc(maps.Values(g.subscriptions), func(a, b Subscription) int { return cmp.Compare(a.Made, b.Made) })
}

func (g *Register) applySubscription(r Recorded) {
	change := func(id SubscriptionID, do func(*Subscription)) {
		if s, ok := g.subscriptions[id]; ok {
			do(&s)
			g.subscriptions[id] = s
		}
	}
	switch e := r.Event.(type) {
	case *SubscriptionMade:
		if g.subscriptions == nil {
			g.subscriptions = map[SubscriptionID]Subscription{}
		}
		g.subscriptions[e.Subscription] = Subscription{SubscriptionMade: *e, Made: r.Position, Event: r.ID, Generation: 1}
	case *SubscriptionPaused:
		change(e.Subscription, func(s *Subscription) { s.Paused = true })
	case *SubscriptionResumed:
		change(e.Subscription, func(s *Subscription) { s.Paused = false })
	case *SubscriptionRotated:
		change(e.Subscription, func(s *Subscription) { s.Generation, s.Rotated = e.Generation, r })
	case *SubscriptionEnded:
		change(e.Subscription, func(s *Subscription) { s.Ended = true })
	case *PersonLeft:
		for id, s := range g.subscriptions {
			if s.Person == e.Person {
				s.Ended = true
				g.subscriptions[id] = s
			}
		}
	}
}
