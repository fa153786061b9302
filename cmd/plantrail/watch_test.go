package main

import (
	"context"
	"strings"
	"testing"

	"plantrail/domain"
)

type looked struct{ err error }

func (l looked) Check(context.Context) error { return l.err }

func TestAJournalThatIsAnotherRaisesTheAlarm(t *testing.T) {
	for _, test := range []struct {
		err   error
		alarm bool
	}{
		{nil, false},
		{domain.Errorf(domain.Unavailable, "journal", "it does not answer"), false},
		{domain.Errorf(domain.Refused, "stream", "max_msgs is 5, it must be -1"), true},
	} {
		said := ""
		watch(context.Background(), looked{test.err}, func(reason string) { said = reason })
		if (said != "") != test.alarm || test.alarm && !strings.Contains(said, "max_msgs") {
			t.Errorf("%v: alarm %q", test.err, said)
		}
	}
}
