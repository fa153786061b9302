package domain

import "testing"

func TestSubscriptions(t *testing.T) {
	h := NewHistory(People)
	record := func(c Command) error {
		events, err := c.decide(against{History: h, by: Actor{ID: "p-1", Kind: User, Role: Admin}})
		for _, e := range events {
			h.Apply(Recorded{Position: h.head.Position + 1, PlanSeq: h.head.PlanSeq + 1, Plan: People, Part: 1, Parts: 1, Event: e,
				Command: CommandID(rune('a' + h.head.PlanSeq))})
		}
		return err
	}
	hook := Subscribe{Subscription: "bi", Person: "p-ann", Way: ByWebhook, Target: "https://bi.example.org/hook"}
	steps := []struct {
		name string
		do   Command
		want Kind
		ok   bool
	}{
		{"for nobody", hook, NotFound, false},
		{"a person", RegisterPerson{Person: "p-ann", Kind: User, Name: "Ann"}, 0, true},
		{"a webhook", hook, 0, true},
		{"the same id again", hook, Invalid, false},
		{"a webhook to nowhere", Subscribe{Subscription: "b", Person: "p-ann", Way: ByWebhook}, Invalid, false},
		{"types over NATS", Subscribe{Subscription: "b", Person: "p-ann", Way: ByNATS, Wanted: Wanted{Types: []string{"rating-changed"}}}, Invalid, false},
		{"all plans over NATS", Subscribe{Subscription: "b", Person: "p-ann", Way: ByNATS}, Invalid, false},
		{"no such type", Subscribe{Subscription: "b", Person: "p-ann", Way: ByMail, Target: "a@b.c", Wanted: Wanted{Types: []string{"x"}}}, Invalid, false},
		{"no such notice", Subscribe{Subscription: "b", Person: "p-ann", Way: ByMail, Target: "a@b.c", Wanted: Wanted{Notices: []string{"x"}}}, Invalid, false},
		{"notices over NATS", Subscribe{Subscription: "b", Person: "p-ann", Way: ByNATS, Wanted: Wanted{Plans: []PlanID{"sdp"}, Notices: []string{"red"}}}, Invalid, false},
		{"a digest of events", Subscribe{Subscription: "b", Person: "p-ann", Way: ByWebhook, Target: "https://b.example", Wanted: Wanted{Digest: true}}, Invalid, false},
		{"no way", Subscribe{Subscription: "b", Person: "p-ann", Way: "fax", Target: "1"}, Invalid, false},
		{"resumed unpaused", ResumeSubscription{Subscription: "bi"}, Refused, false},
		{"paused without a reason", PauseSubscription{Subscription: "bi"}, Invalid, false},
		{"paused", PauseSubscription{Subscription: "bi", Reason: "They move house."}, 0, true},
		{"paused twice", PauseSubscription{Subscription: "bi", Reason: "r"}, Refused, false},
		{"resumed", ResumeSubscription{Subscription: "bi"}, 0, true},
		{"rotated for too long", RotateSubscription{Subscription: "bi", Hours: 10000}, Invalid, false},
		{"rotated", RotateSubscription{Subscription: "bi", Hours: 24}, 0, true},
		{"another one ended", Unsubscribe{Subscription: "b", Reason: "r"}, NotFound, false},
		{"the person leaves", PersonLeaves{Person: "p-ann"}, 0, true},
		{"ended with the person", ResumeSubscription{Subscription: "bi"}, Refused, false},
	}
	for _, s := range steps {
		if err := record(s.do); (err == nil) != s.ok || err != nil && KindOf(err) != s.want {
			t.Errorf("%s: %v", s.name, err)
		}
	}
	if got, ok := h.Register().Subscription("bi"); !ok || !got.Ended || got.Paused || got.Generation != 2 {
		t.Errorf("%+v", got)
	}
}
