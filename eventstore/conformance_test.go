package eventstore_test

import (
	"fmt"
	"testing"

	"plantrail/domain"
	"plantrail/domain/journaltest"
	"plantrail/eventstore/eventstoretest"
)

func TestOneNode(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) domain.Journal { return eventstoretest.Open(t) })
}

func TestThreeNodes(t *testing.T) {
	slow(t)
	nodes := eventstoretest.Cluster(t, 3)
	n := 0
	journaltest.Run(t, func(t *testing.T) domain.Journal {
		n++
		return nodes.Open(t, fmt.Sprint("org-", n))
	})
}

// slow keeps a test of several seconds, or of three nodes, out of the short run.
func slow(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds: run without -short")
	}
}
