package domain

import (
	"strconv"
	"strings"
	"time"
)

// Date is a date as councils state it: a day, a month, or "unknown". The zero Date means that nothing was said.
//
// Its text form is ISO 8601 with reduced precision: "2020-02-03", "2020-02" or "unknown"; zero is "".
type Date struct {
	year, month, day int
	unknown          bool
}

// Unstated is the Date of someone who was asked and could not say.
var Unstated = Date{unknown: true}

// Day makes a Date of one day; it must exist.
func Day(y int, m time.Month, d int) Date { return Date{year: y, month: int(m), day: d} }

// Month makes a Date that is a whole month.
func Month(y int, m time.Month) Date { return Date{year: y, month: int(m)} }

// DayOf is the UTC day of an instant.
func DayOf(t time.Time) Date { y, m, d := t.UTC().Date(); return Day(y, m, d) }

// IsZero reports whether nothing was said.
func (d Date) IsZero() bool { return d == Date{} }

// Known reports whether d names a day or a month.
func (d Date) Known() bool { return d.year != 0 }

// Exact reports whether d names one day.
func (d Date) Exact() bool { return d.day != 0 }

// Start is the first instant of the day or month in UTC; the zero time when not known.
func (d Date) Start() time.Time {
	if !d.Known() {
		return time.Time{}
	}
	return time.Date(d.year, time.Month(d.month), max(d.day, 1), 0, 0, 0, 0, time.UTC)
}

// End is the first instant after the day or month in UTC; the zero time when not known.
func (d Date) End() time.Time {
	switch {
	case !d.Known():
		return time.Time{}
	case d.Exact():
		return d.Start().AddDate(0, 0, 1)
	}
	return d.Start().AddDate(0, 1, 0)
}

// String is the ISO text form.
func (d Date) String() string {
	var room [len("2020-02-03")]byte
	return string(d.appendTo(room[:0]))
}

// appendTo writes the ISO text form without fmt: each event that is stored or replayed has a date or two.
func (d Date) appendTo(b []byte) []byte {
	if d.unknown {
		return append(b, "unknown"...)
	}
	if d.year == 0 {
		return b
	}
	two := func(n int) { b = append(b, byte('0'+n/10), byte('0'+n%10)) }
	two(d.year / 100)
	two(d.year % 100)
	b = append(b, '-')
	two(d.month)
	if d.day != 0 {
		b = append(b, '-')
		two(d.day)
	}
	return b
}

// Words is the form councils print: "3 February 2020", "February 2020", "date unknown".
func (d Date) Words() string {
	switch {
	case d.unknown:
		return "date unknown"
	case d.day != 0:
		return d.Start().Format("2 January 2006")
	case d.year != 0:
		return d.Start().Format("January 2006")
	}
	return ""
}

// MarshalText writes the ISO text form.
func (d Date) MarshalText() ([]byte, error) { return d.appendTo(nil), nil }

// UnmarshalText reads the ISO text form only: machines are not asked to guess.
func (d *Date) UnmarshalText(b []byte) error {
	got, ok := parseISO(string(b))
	if !ok {
		return Errorf(Invalid, "date", "%s is not a date", quote(string(b))).WithHint("write it as 2020-02-03, 2020-02 or unknown")
	}
	*d = got
	return nil
}

func dateError(field, s string) error {
	return Errorf(Invalid, field, "%s is not a date", quote(s)).
		WithHint("write it as 2020-02-03, 3 February 2020, 03/02/2020 or February 2020; the day must exist")
}

func parseISO(s string) (Date, bool) {
	switch s {
	case "":
		return Date{}, true
	case "unknown":
		return Unstated, true
	}
	for _, layout := range []string{"2006-01-02", "2006-01"} {
		if len(s) != len(layout) { // which Parse would say with an error of its own, many times for each row of a tracker
			continue
		}
		if t, err := time.Parse(layout, s); err == nil && plausible(t.Year()) {
			d := DayOf(t)
			if layout == "2006-01" {
				d.day = 0
			}
			return d, true
		}
	}
	return Date{}, false
}

// plausible bounds years: local government in its present form is no older, and a plan does not run for a century.
func plausible(year int) bool { return year >= 1888 && year <= 2199 }

// ParseDate reads a date as people in councils type it, day before month: "2020-02-03", "3 February 2020", "3rd Feb 20",
// "03/02/2020", "3.2.20", "February 2020", "Oct 12" (a month and a year, never a day), "03/2020", "unknown".
// A two-digit year is of this century. A day that does not exist is an error, as is a text with more in it than a date.
func ParseDate(s string) (Date, error) {
	clean := strings.ToLower(strings.Join(strings.Fields(s), " "))
	if d, ok := parseISO(clean); ok {
		return d, nil
	}
	parts := strings.FieldsFunc(clean, func(r rune) bool { return strings.ContainsRune(" /.,-", r) })
	if strings.HasPrefix(clean, "-") {
		parts = nil
	}
	parts = dropWeekday(parts)
	var d Date
	var ok bool
	switch len(parts) {
	case 2:
		d, ok = monthYear(parts[0], parts[1])
	case 3:
		d, ok = dayMonthYear(parts[0], parts[1], parts[2])
	}
	if !ok {
		return Date{}, dateError("date", s)
	}
	return d, nil
}

func dropWeekday(parts []string) []string {
	if len(parts) == 4 {
		for wd := time.Sunday; wd <= time.Saturday; wd++ {
			if full := strings.ToLower(wd.String()); parts[0] == full || parts[0] == full[:3] {
				return parts[1:]
			}
		}
	}
	return parts
}

func monthYear(m, y string) (Date, bool) {
	month, okM := parseMonth(m)
	year, okY := parseYear(y)
	_, err := strconv.Atoi(m)
	numeric := err == nil
	return Date{year: year, month: month}, okM && okY && (!numeric || len(y) == 4) // "02/03" is a day without a year
}

func dayMonthYear(d, m, y string) (Date, bool) {
	for _, suffix := range []string{"st", "nd", "rd", "th"} {
		d = strings.TrimSuffix(d, suffix)
	}
	day, err := strconv.Atoi(d)
	month, okM := parseMonth(m)
	year, okY := parseYear(y)
	t := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	exists := t.Day() == day && int(t.Month()) == month
	return Date{year: year, month: month, day: day}, err == nil && len(d) <= 2 && okM && okY && exists
}

func parseMonth(s string) (int, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, n >= 1 && n <= 12 && len(s) <= 2
	}
	if s == "sept" {
		return 9, true
	}
	for m := time.January; m <= time.December; m++ {
		if full := strings.ToLower(m.String()); s == full || s == full[:3] {
			return int(m), true
		}
	}
	return 0, false
}

func parseYear(s string) (int, bool) {
	s = strings.TrimPrefix(s, "'")
	n, err := strconv.Atoi(s)
	if err != nil || len(s) != 2 && len(s) != 4 {
		return 0, false
	}
	if len(s) == 2 {
		n += 2000
	}
	return n, plausible(n)
}
