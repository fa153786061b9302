package domain

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestParseDateReadsWhatCouncilsType(t *testing.T) {
	for in, want := range map[string]string{
		"2020-02-03": "2020-02-03", "2020-02": "2020-02", "unknown": "unknown", "": "",
		"3 February 2020": "2020-02-03", "3rd Feb 20": "2020-02-03", "Monday 3 February 2020": "2020-02-03",
		"03/02/2020": "2020-02-03", "3.2.20": "2020-02-03", "13/12/12": "2012-12-13", "2 September 2004": "2004-09-02",
		"February 2020": "2020-02", "Oct 12": "2012-10", "Sept 2019": "2019-09", "03/2020": "2020-03", "Mar '17": "2017-03",
		"29 February 2020": "2020-02-29", "1 Mar 2020": "2020-03-01",
	} {
		got, err := ParseDate(in)
		if err != nil || got.String() != want {
			t.Errorf("ParseDate(%q) = %v, %v; want %s", in, got, err, want)
		}
	}
}

func TestParseDateRefusesWhatIsNoDate(t *testing.T) {
	for _, in := range []string{"31/02/2020", "29 February 2019", "02/03", "13/13/2020", "0 March 2020", "TBC", "ongoing",
		"March", "2020", "3 February 20201", "1066-01-01", "20 20 20 20", "2020-13", "-1 March 2020", "\x00", "12"} {
		if got, err := ParseDate(in); err == nil {
			t.Errorf("ParseDate(%q) = %v, want an error", in, got)
		} else if KindOf(err) != Invalid {
			t.Errorf("ParseDate(%q): kind %v", in, KindOf(err))
		}
	}
}

func TestDateKnowsItsSpan(t *testing.T) {
	month, day := Month(2020, time.February), Day(2020, time.February, 29)
	if got := month.End().Sub(month.Start()); got != 29*24*time.Hour {
		t.Errorf("February 2020 lasts %v", got)
	}
	if got := day.End().Sub(day.Start()); got != 24*time.Hour {
		t.Errorf("a day lasts %v", got)
	}
	if month.Words() != "February 2020" || day.Words() != "29 February 2020" || Unstated.Words() != "date unknown" {
		t.Errorf("in words: %q %q %q", month.Words(), day.Words(), Unstated.Words())
	}
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{"3rd Feb 20", "Oct 12", "2020-02", "31/02/2020", "Monday 3 February 2020"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDate(s)
		if err != nil {
			return
		}
		var back Date
		if err := back.UnmarshalText([]byte(d.String())); err != nil || back != d {
			t.Errorf("%q is %v, which reads back as %v, %v", s, d, back, err)
		}
	})
}

func TestDateTextRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-2_500_000_000, 7_000_000_000).Draw(t, "at"), 0)
		d := DayOf(at)
		if rapid.Bool().Draw(t, "month") {
			d = Month(at.UTC().Year(), at.UTC().Month())
		}
		if back, err := ParseDate(d.Words()); err != nil || back != d {
			t.Fatalf("%v in words reads back as %v, %v", d, back, err)
		}
		if back, ok := parseISO(d.String()); !ok || back != d {
			t.Fatalf("%v reads back as %v, %v", d, back, ok)
		}
	})
}
