package eventstoretest

import (
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/eventstore"
)

// Until waits for a condition, and fails the test when it has not come true in time.
func Until(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
		<-tick.C
	}
}

func setOrg(cfg *eventstore.Config, org string) (err error) {
	cfg.Org, err = domain.ParseOrgID(org)
	return err
}
