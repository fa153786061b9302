package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"plantrail/domain"
)

// The forms of output.
const (
	asTable = "table"
	asJSON  = "json"
	asCSV   = "csv"
)

func (a *app) checkOutput() error {
	switch a.output {
	case "", asTable, asJSON, asCSV:
		return nil
	}
	wrong := a.output
	a.output = ""
	return misuse("--output", "%q is not a form of output", shorten(wrong, 40)).WithHint("use table, json or csv")
}

// form is how answers are written: tables for people on a terminal, JSON for programs.
func (a *app) form() string {
	switch {
	case a.output != "":
		return a.output
	case a.screen.terminal:
		return asTable
	}
	return asJSON
}

// show writes an answer: the server's bytes, or for people what tell makes of it.
func (a *app) show(got *answer, tell func() error) error {
	switch a.form() {
	case asTable:
		return tell()
	case asCSV:
		return notList()
	}
	return a.write(got.body)
}

func notList() error {
	return misuse("--output", "this answer is not a list").WithHint("use --output json")
}

// write passes bytes of the server on, ending in a line end.
func (a *app) write(b []byte) error {
	if !bytes.HasSuffix(b, []byte("\n")) {
		b = append(b[:len(b):len(b)], '\n')
	}
	if _, err := a.stdout.Write(b); err != nil && !errors.Is(err, syscall.EPIPE) {
		return failure(err, "the answer can't be written")
	}
	return nil
}

// writeJSON writes what this program itself knows.
func (a *app) writeJSON(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return failure(err, "the answer can't be written")
	}
	return a.write(b)
}

// list answers a question whose answer is a list: as the server's JSON or CSV, or as tell writes it for people.
func (a *app) list(ctx context.Context, c *client, path string, query url.Values, tell func(body []byte) error) error {
	if a.form() == asCSV {
		got, err := c.do(ctx, request{method: http.MethodGet, path: path, query: query, accept: "text/csv"})
		switch {
		case err != nil:
			return err
		case !strings.HasPrefix(got.header.Get("Content-Type"), "text/csv"):
			return notList()
		}
		return a.write(got.body)
	}
	got, err := c.get(ctx, path, query, nil)
	if err != nil {
		return err
	}
	return a.show(got, func() error { return tell(got.body) })
}

// moment is a time of recording for people. It is UTC, and says so: history has one clock.
func moment(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04 UTC") }

// day is a stated date for people, short enough for a column.
func day(d domain.Date) string {
	switch {
	case d.Exact():
		return d.Start().Format("2 Jan 2006")
	case d.Known():
		return d.Start().Format("Jan 2006")
	}
	return d.String()
}

// say writes a line for people.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.stdout, format+"\n", args...) }

// note writes a line beside the answer: it never mixes with what is read by programs.
func (a *app) note(format string, args ...any) { fmt.Fprintf(a.stderr, format+"\n", args...) }

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
