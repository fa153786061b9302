package main

import (
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"plantrail/domain"
)

// maxWords bounds what is read from a file or standard input as words: over the domain's limit, so that the limit's own
// message is seen, and far below what would fill the memory.
const maxWords = 1 << 20

// words gives the words meant by an argument: "-" is standard input, "@FILE" a file, "@@..." begins with an @.
func (a *app) words(place, arg string) (domain.Text, error) {
	var from io.Reader
	switch {
	case arg == "-":
		from = a.stdin
	case strings.HasPrefix(arg, "@@"):
		return checkWords(place, arg[1:])
	case strings.HasPrefix(arg, "@"):
		f, err := os.Open(arg[1:])
		if err != nil {
			return "", misuse(place, "%s can't be read", arg[1:]).WithHint(`words that begin with "@" are written "@@"`).Because(err)
		}
		defer f.Close()
		from = f
	default:
		return checkWords(place, arg)
	}
	b, err := io.ReadAll(io.LimitReader(from, maxWords))
	if err != nil {
		return "", failure(err, "%s: the words can't be read", place)
	}
	return checkWords(place, strings.TrimRight(strings.ReplaceAll(string(b), "\r\n", "\n"), "\n"))
}

// checkWords refuses what is not UTF-8 here: encoded as JSON it would arrive as something else.
func checkWords(place, s string) (domain.Text, error) {
	if !utf8.ValidString(s) {
		return "", misuse(place, "the words are not valid UTF-8").WithHint("save the source as UTF-8")
	}
	return domain.Text(s), nil
}

// date reads a date as people type it.
func date(place, s string) (domain.Date, error) {
	d, err := domain.ParseDate(s)
	if e, ok := err.(*domain.Error); ok {
		e.Field = place
		return d, e
	}
	return d, err
}

// instant reads a time of recording: an RFC 3339 time, or a day or month. A day means its start, or with end its end, so
// that --from and --to, both given as days, include both.
func instant(place, s string, end bool) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC(), nil
	}
	d, err := date(place, s)
	switch {
	case err != nil:
		return time.Time{}, err
	case !d.Known():
		return time.Time{}, misuse(place, "%q is no time of recording", s).WithHint("write a date, or a time as 2020-02-03T15:04:05Z")
	case end:
		return d.End(), nil
	}
	return d.Start(), nil
}
