package eventstore_test

import (
	"fmt"
	"testing"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/eventstore/eventstoretest"
)

func TestOneNode(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) domain.Journal { return eventstoretest.Open(t) })
}

func TestThreeNodes(t *testing.T) {
	domaintest.Long(t)
	nodes := eventstoretest.Cluster(t, 3)
	n := 0
	journaltest.Run(t, func(t *testing.T) domain.Journal {
		n++
		return nodes.Open(t, fmt.Sprint("org-", n))
	})
}
