package web

import (
	"errors"
	"testing"

	"plantrail/domain"
)

// The log says what is behind an error, however deep; the caller is not told.
func TestTheLogSaysTheCause(t *testing.T) {
	disk := errors.New("no space left on device")
	journal := domain.Errorf(domain.Unavailable, "journal", "it does not answer").Because(disk)
	for want, err := range map[string]error{
		"":                        domain.Errorf(domain.Unavailable, "", "there is no feed here"),
		"no space left on device": journal,
		"journal: it does not answer: no space left on device": commanded{domain.Errorf(domain.Unknown, "", "it is not known").Because(journal), "c-1"},
	} {
		if got := cause(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}
