package journaltest_test

import (
	"testing"

	"plantrail/domain"
	"plantrail/domain/journaltest"
)

func TestMemory(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) domain.Journal { return journaltest.New(t) })
}
