package main

import (
	"context"
	"strings"
	"testing"

	"plantrail/domain"
	"plantrail/web"
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

type failing struct {
	web.Commander
	err error
}

func (f failing) Do(context.Context, domain.Order) (domain.Receipt, error) {
	return domain.Receipt{}, f.err
}

type frozen struct{ err error }

func (f frozen) Writable() error { return f.err }

// Whatever a command fails with on a journal that is stopped, that it is stopped comes first: a plan whose events are gone is
// not there. Only an outcome that is not known stays so.
func TestACommandOnAStoppedJournalIsToldWhy(t *testing.T) {
	why := domain.Errorf(domain.Unavailable, "journal", "it is frozen")
	for _, kind := range []domain.Kind{domain.Internal, domain.NotFound, domain.Conflict, domain.Invalid, domain.Unavailable, domain.Unknown} {
		err := domain.Errorf(kind, "plan", "it fails")
		want := error(why)
		if kind == domain.Unknown {
			want = err
		}
		if _, got := (stopping{failing{err: err}, frozen{why}}).Do(t.Context(), domain.Order{}); got != want {
			t.Errorf("%v: %v", kind, got)
		}
		if _, got := (stopping{failing{err: err}, frozen{}}).Do(t.Context(), domain.Order{}); got != error(err) {
			t.Errorf("%v on a journal that is not stopped: %v", kind, got)
		}
	}
}
