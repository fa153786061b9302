package main

import (
	"context"
	"log/slog"
	"strings"
	"testing"

	"plantrail/domain"
)

type looked struct {
	err    error
	frozen string
}

func (l *looked) Check(context.Context) error { return l.err }
func (l *looked) Freeze(why string)           { l.frozen = why }

func TestAJournalThatIsAnotherIsFrozen(t *testing.T) {
	for _, test := range []struct {
		err    error
		frozen bool
	}{
		{nil, false},
		{domain.Errorf(domain.Unavailable, "journal", "it does not answer"), false},
		{domain.Errorf(domain.Refused, "stream", "max_msgs is 5, it must be -1"), true},
	} {
		l := &looked{err: test.err}
		watch(context.Background(), l, slog.New(slog.DiscardHandler))
		if (l.frozen != "") != test.frozen || test.frozen && !strings.Contains(l.frozen, "max_msgs") {
			t.Errorf("%v: frozen %q", test.err, l.frozen)
		}
	}
}
