package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"plantrail/domain"
	"plantrail/feeds"
)

// The ways in which tail can follow.
const (
	viaTimeline = "timeline"
	viaPull     = "pull"
	viaStream   = "stream"
)

// tailing follows the feed as other systems do: it writes the lines that they get, and goes on from the cursor of the last.
type tailing struct {
	*app
	c      *client
	cursor string
}

// tailFeed writes what comes from now on, by pages or by the stream, until interrupted; without follow, what there is.
func (a *app) tailFeed(ctx context.Context, c *client, via string, follow bool) error {
	t := &tailing{app: a, c: c}
	if !follow {
		return t.pull(ctx, url.Values{"from": {"0"}})
	}
	if err := t.pull(ctx, url.Values{"from": {"now"}}); err != nil {
		return err
	}
	for ctx.Err() == nil {
		var err error
		if via == viaStream {
			err = t.stream(ctx)
		} else {
			err = t.pull(ctx, url.Values{"after": {t.cursor}, "wait": {"30"}})
		}
		switch {
		case err == nil || ctx.Err() != nil:
		case domain.KindOf(err) == domain.Unavailable:
			pause(ctx, time.Second)
		default:
			return err
		}
	}
	return nil // interrupted: following has no other end
}

// pull reads pages until there is no more.
func (t *tailing) pull(ctx context.Context, q url.Values) error {
	for {
		var page struct {
			Events []json.RawMessage
			Next   string
			More   bool
		}
		if _, err := t.c.get(ctx, path("events"), q, &page); err != nil {
			return err
		}
		for _, line := range page.Events {
			if err := t.write(line); err != nil {
				return err
			}
		}
		t.cursor = page.Next
		if !page.More {
			return nil
		}
		q = url.Values{"after": {t.cursor}}
	}
}

// stream reads server-sent events until the connection ends. A message counts when the empty line after it is there.
func (t *tailing) stream(ctx context.Context) error {
	resp, err := t.c.send(ctx, request{method: http.MethodGet, path: path("events", "stream"), query: url.Values{"after": {t.cursor}}, accept: "text/event-stream"})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	in := bufio.NewReaderSize(resp.Body, 1<<16)
	var data []byte
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return t.c.unreachable(err)
		}
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case bytes.HasPrefix(line, []byte("data: ")):
			data = append(data[:0], line[len("data: "):]...)
		case len(line) == 0 && len(data) > 0:
			l, err := feeds.ParseLine(data)
			if err != nil {
				return failure(err, "the stream can't be read")
			}
			if err := t.write(data); err != nil {
				return err
			}
			t.cursor, data = l.Cursor, data[:0]
		}
	}
}
