package feeds_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain"
	"plantrail/feeds"
	"plantrail/feeds/feedstest"
)

// How a subscription stands is all that is noted of its delivery, less the tries.
func TestAStandingIsADeliveryWithoutItsTries(t *testing.T) {
	state := feedstest.Open(t).Store.Shared()
	sub := domain.Subscription{SubscriptionMade: domain.SubscriptionMade{Subscription: "bi", From: 7}}
	if d, err := feeds.StandingOf(t.Context(), state, sub); err != nil || !cmp.Equal(d, feeds.Delivery{Position: 7}) {
		t.Errorf("of one that nobody worked on: %+v, %v", d, err)
	}
	at, reset := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC), domain.Position(3)
	noted := feeds.Delivery{Owner: "n1", Until: at, Position: 41, Cursor: "AQ", Reset: &reset, Failures: 2, Since: at, Refused: at, Next: at, Delivered: 39, Failed: 5,
		Again: []feeds.Dead{{Position: 5, Event: "e", Status: 400, At: at}}, Dead: []feeds.Dead{{Position: 6, Event: "f", Status: 404, At: at}},
		Log: []feeds.Try{{At: at, Position: 6, Event: "f", Status: 404, Millis: 12, Error: "no"}}}
	if _, err := state.Put(t.Context(), "delivery.bi", noted, 0); err != nil {
		t.Fatal(err)
	}
	if d, err := feeds.DeliveryOf(t.Context(), state, sub); err != nil || !cmp.Equal(d, noted) {
		t.Errorf("%+v, %v", d, err)
	}
	noted.Log = nil
	if d, err := feeds.StandingOf(t.Context(), state, sub); err != nil || !cmp.Equal(d, noted) {
		t.Errorf("%+v, %v", d, err)
	}
}
