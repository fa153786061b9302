package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/google/uuid"

	"plantrail/domain"
)

// client speaks the HTTP API, over the network or within the process.
type client struct {
	http  *http.Client
	base  string // scheme and host, no final slash
	token string // "" within the process
	// enter marks the context of a call within the process with the actor; nil over the network.
	enter func(context.Context) context.Context
	// where says what it talks to, for messages.
	where string
	// banner shows that the server has raised the alarm over its history; nil within the process, where closing says so.
	banner func(words string)
	close  func() error
}

// request is one call of the API.
type request struct {
	method, path string
	query        url.Values
	body         []byte
	mediaType    string // of the body
	accept       string
	key          string // Idempotency-Key
	ifMatch      string
	// file is the body where it is too large to be held: it is opened anew for each try. Size is its length.
	file func() (io.ReadCloser, error)
	size int64
}

// answer is a good answer of the API: its bytes as they came.
type answer struct {
	header http.Header
	body   []byte
}

// maxAnswer bounds an answer: a page of the largest texts is well below it.
const maxAnswer = 1 << 30

// do makes a call. An answer that is a problem is a [problemError].
func (c *client) do(ctx context.Context, r request) (*answer, error) {
	resp, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, c.unreachable(err)
	}
	return &answer{resp.Header, body}, nil
}

// send makes a call whose good answer the caller reads, and closes.
func (c *client) send(ctx context.Context, r request) (*http.Response, error) {
	if c.enter != nil {
		ctx = c.enter(ctx)
	}
	u := c.base + r.path
	if len(r.query) > 0 {
		u += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u, bytes.NewReader(r.body))
	if err == nil && r.file != nil {
		req.Body, err = r.file()
		req.ContentLength, req.GetBody = r.size, r.file
	}
	if e := (*domain.Error)(nil); errors.As(err, &e) {
		return nil, err
	}
	if err != nil {
		return nil, misuse("--server", "%q is not a URL", c.base).WithHint("write it as http://127.0.0.1:8080")
	}
	for name, value := range map[string]string{"Content-Type": r.mediaType, "Accept": r.accept, "Idempotency-Key": r.key,
		"If-Match": r.ifMatch} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.unreachable(err)
	}
	if words := resp.Header.Get("Plantrail-Alarm"); words != "" && c.banner != nil {
		c.banner(words)
	}
	if resp.StatusCode < 300 {
		return resp, nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, c.unreachable(err)
	}
	return nil, asError(resp.StatusCode, body)
}

// errLost marks a call whose answer did not come: what it asked for may have been done.
var errLost = errors.New("no answer")

func (c *client) unreachable(err error) error {
	return domain.Errorf(domain.Unavailable, "", "%s does not answer", c.where).
		WithHint("check that it runs, or use --data on the machine that holds the data").Because(errors.Join(errLost, err))
}

// get asks a question and decodes the answer into out, when it is not nil.
func (c *client) get(ctx context.Context, path string, query url.Values, out any) (*answer, error) {
	got, err := c.do(ctx, request{method: http.MethodGet, path: path, query: query, accept: "application/json"})
	if err != nil || out == nil {
		return got, err
	}
	return got, decode(got.body, out)
}

func decode(body []byte, out any) error {
	if err := json.Unmarshal(body, out); err != nil {
		return failure(err, "the answer can't be read").WithHint("the server may be of another version: compare plantrail version with plantrail status")
	}
	return nil
}

// How often and how long a command without an answer is given again, and how long one that was recorded waits to be shown.
const (
	commandTries = 3
	retryPause   = 300 * time.Millisecond
	showing      = 5 * time.Second
)

// command posts something to be recorded. Every command has an id before it is sent, so that one whose answer was lost
// can be given again without harm: the server records an id once.
func (c *client) command(ctx context.Context, r request) (*answer, string, error) {
	if r.key == "" {
		r.key = newCommandID()
	}
	r.method, r.accept = http.MethodPost, "application/json"
	var gone error // the last try that may have reached the server, and whose answer did not come
	var err error
	for try := range commandTries {
		if try > 0 {
			pause(ctx, retryPause)
		}
		var got *answer
		if got, err = c.do(ctx, r); err == nil {
			c.shown(ctx, got)
			return got, r.key, nil
		}
		if !errors.Is(err, errLost) {
			return nil, r.key, named(unsettled(gone, err), r.key)
		}
		if !neverSent(err) {
			gone = err
		}
	}
	return nil, r.key, named(unsettled(gone, err), r.key)
}

// shown waits until questions show what was recorded: whoever gives a command and then asks, in another process too, reads it.
func (c *client) shown(ctx context.Context, recorded *answer) {
	ctx, cancel := context.WithTimeout(ctx, showing)
	defer cancel()
	if at := recorded.header.Get("Plantrail-Position"); at != "" {
		_, _ = c.get(ctx, path("whoami"), url.Values{"min_position": {at}}, nil) // recorded it is: a failure now must not say otherwise
	}
}

// unsettled is what a command came to of which a try was lost, when what was said to a later one does not say what became
// of the lost one: that nobody was there, that the server can't say just now, or, started anew, no longer knows who asks.
func unsettled(gone, err error) error {
	if gone == nil || err == nil {
		return err
	}
	switch domain.KindOf(err) {
	case domain.Unavailable, domain.Unauthenticated, domain.Forbidden, domain.Internal:
		return domain.Errorf(domain.Unknown, "", "the answer was lost: it may or may not have been recorded").Because(gone)
	}
	return err
}

// newCommandID is a UUIDv7: sorted by time, as the ids of events are.
func newCommandID() string { return uuid.Must(uuid.NewV7()).String() }

// named adds to an unknown outcome how to find out.
func named(err error, key string) error {
	if e := (*domain.Error)(nil); errors.As(err, &e) && e.Kind == domain.Unknown {
		e.Hint = again(key)
	}
	return err
}

func again(key string) string { return "give the same command again with --key " + key }

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
