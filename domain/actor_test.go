package domain

import (
	"testing"
	"time"
)

func TestAnAuthorityInWords(t *testing.T) {
	day := Day(2020, time.February, 6)
	for _, c := range []struct {
		of   *Authority
		want string
	}{
		{nil, ""},
		{&Authority{}, ""},
		{&Authority{Body: "Cabinet"}, "Cabinet"},
		{&Authority{Body: "Cabinet", Meeting: Unstated}, "Cabinet"},
		{&Authority{Body: "Cabinet", Meeting: day}, "Cabinet, 6 February 2020"},
		{&Authority{Body: "Cabinet", Meeting: day, Resolution: "12"}, "Cabinet, 6 February 2020, resolution 12"},
		{&Authority{Meeting: day}, "the meeting of 6 February 2020"},
		{&Authority{Resolution: "12"}, "resolution 12"},
	} {
		if got := c.of.Words(); got != c.want {
			t.Errorf("%+v is said as %q, not %q", c.of, got, c.want)
		}
	}
}
