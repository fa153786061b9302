package eventstore_test

import (
	"testing"

	"plantrail/domain"
	"plantrail/domain/journaltest"
	"plantrail/eventstore/eventstoretest"
)

func TestOneNode(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) domain.Journal { return eventstoretest.Open(t) })
}
