package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"plantrail/domain"
)

// call is one request on its way through the server.
type call struct {
	s       *Server
	w       *response
	r       *http.Request
	id      string // in the header X-Request-Id and in the log
	pattern string // "" while no route was found
	route   route
	actor   domain.Actor
	body    []byte
	begun   time.Time

	holdsFile bool // it has a slot of Server.files
}

type callKey struct{}

// callOf is the call to which a context belongs.
func callOf(ctx context.Context) *call { return ctx.Value(callKey{}).(*call) }

// ServeHTTP answers one request: find the route, know the caller, check the role, read the body within its limits, and only
// then let the handler see it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := &call{s: s, id: uuid.Must(uuid.NewV7()).String(), begun: time.Now(), w: &response{ResponseWriter: w, head: r.Method == http.MethodHead}}
	c.r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
	c.safeHeaders()
	defer c.end()
	defer c.recover()
	c.hurry(s.jsonPeriod)
	if err := c.admit(); err != nil {
		c.render(c.fail(err))
		return
	}
	s.mux.ServeHTTP(c.w, c.r)
}

// safeHeaders go with every answer. Nothing here is a page or may be kept: pages, when they come, set their own policy.
func (c *call) safeHeaders() {
	h := c.w.Header()
	h.Set("X-Request-Id", c.id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	c.s.banner(h)
}

// admit is the gate before every handler.
func (c *call) admit() error {
	if err := c.findRoute(); err != nil {
		return err
	}
	if c.route.least != anyone {
		actor, err := c.s.authenticate(c.r)
		if err != nil {
			return err
		}
		c.actor = actor
		if err := authorise(actor, c); err != nil {
			return err
		}
	}
	if err := c.checkQuery(); err != nil {
		return err
	}
	if err := c.chooseFormat(); err != nil {
		return err
	}
	return c.readBody()
}

// findRoute asks the mux, which would answer unclean paths with a redirect and unknown ones in plain text.
func (c *call) findRoute() error {
	if p := c.r.URL.Path; p != "/" && path.Clean(p) != p || strings.Contains(c.r.URL.RawPath, "%2F") || strings.Contains(c.r.URL.RawPath, "%2f") {
		return notHere()
	}
	h, pattern := c.s.mux.Handler(c.r)
	if route, ok := c.s.routes[pattern]; ok {
		c.pattern, c.route = pattern, route
		return nil
	}
	// The mux's own handler for "no such method" knows which methods there are.
	probe := &probe{header: http.Header{}}
	h.ServeHTTP(probe, c.r)
	if probe.status != http.StatusMethodNotAllowed {
		return notHere()
	}
	allow := probe.header.Get("Allow")
	p := refusal(http.StatusMethodNotAllowed, domain.Invalid, "", "use "+allow, "this path does not take the method of the request")
	p.headers = http.Header{"Allow": {allow}}
	return p
}

func notHere() error {
	return domain.Errorf(domain.NotFound, "", "there is nothing at this path").WithHint("/openapi.json lists what there is")
}

// probe is a ResponseWriter that only looks at the status and headers.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }

// checkQuery refuses what would otherwise be read in two ways: a broken escape, a parameter given twice.
func (c *call) checkQuery() error {
	q, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return domain.Errorf(domain.Invalid, "", "the query after the ? can't be read").WithHint("escape & ; % and others as %26 and so on")
	}
	for name, values := range q {
		if len(values) > 1 {
			return domain.Errorf(domain.Invalid, shorten(name), "the parameter is given %d times", len(values)).WithHint("give it once")
		}
	}
	return nil
}

// chooseFormat makes ?format= and Accept one thing, and JSON of what has no CSV.
func (c *call) chooseFormat() error {
	format := c.r.URL.Query().Get("format")
	accept := "application/json"
	switch {
	case !c.route.csv:
	case format == "csv", format == "" && prefersCSV(strings.Join(c.r.Header.Values("Accept"), ",")):
		accept = "text/csv"
	case format != "" && format != "json":
		return domain.Errorf(domain.Invalid, "format", "there is no such format").WithHint("use json or csv")
	}
	if c.route.csv {
		c.w.Header().Set("Vary", "Accept, Authorization")
	}
	c.r.Header = c.r.Header.Clone()
	c.r.Header.Set("Accept", accept)
	return nil
}

// prefersCSV reports whether an Accept header asks for CSV rather than JSON: by weight, and by order where that is the same.
// Wildcards mean JSON, unless CSV is named too.
func prefersCSV(accept string) bool {
	weight := map[string]float64{}
	first := ""
	for _, part := range strings.Split(accept, ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil || media != "text/csv" && media != "application/json" {
			continue
		}
		q, err := strconv.ParseFloat(params["q"], 64)
		if err != nil {
			q = 1
		}
		if weight[media] = q; first == "" {
			first = media
		}
	}
	csv, json := weight["text/csv"], weight["application/json"]
	return csv > json || csv == json && csv > 0 && first == "text/csv"
}

// readBody takes the whole body before the handler begins, within a limit and a period.
func (c *call) readBody() error {
	limit := c.route.body
	if limit == 0 {
		return nil
	}
	if c.r.ContentLength > limit {
		return tooLarge(limit)
	}
	if limit > jsonLimit {
		if err := c.takeFileSlot(); err != nil {
			return err
		}
		c.hurry(c.s.filePeriod)
	}
	if c.route.streams {
		c.r.Body = http.MaxBytesReader(c.w, c.r.Body, limit)
		return c.checkMedia(1)
	}
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, limit))
	if err != nil {
		return bodyError(err)
	}
	c.hurry(0)
	if err := c.checkMedia(len(body)); err != nil {
		return err
	}
	c.body = body
	c.r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// hurry gives the caller a period in which the request's body must come. It holds from before the body is wanted: a server
// also waits for one that it refuses to read. 0 ends it, because a deadline that passes while the request is being answered
// would give the answer up. A caller in the same process has no connection, and so no deadline: the error says just that.
func (c *call) hurry(period time.Duration) {
	deadline := time.Time{}
	if period > 0 {
		deadline = time.Now().Add(period)
	}
	if c.r.ContentLength != 0 {
		_ = http.NewResponseController(c.w).SetReadDeadline(deadline)
	}
}

// takeFileSlot keeps the number of large files that are in memory at the same time small. The slot is given back at the end.
func (c *call) takeFileSlot() error {
	select {
	case c.s.files <- struct{}{}:
		c.holdsFile = true
		return nil
	case <-c.r.Context().Done():
		return c.r.Context().Err()
	case <-time.After(waitLimit):
		return domain.Errorf(domain.Unavailable, "", "other files are being read").WithHint("try again in a moment")
	}
}

func bodyError(err error) error {
	timeout := interface{ Timeout() bool }(nil)
	tooBig := (*http.MaxBytesError)(nil)
	switch {
	case errors.As(err, &tooBig):
		return tooLarge(tooBig.Limit)
	case errors.As(err, &timeout) && timeout.Timeout():
		return refusal(http.StatusRequestTimeout, domain.Invalid, "body", "send it faster, or in parts", "the request's body took too long to come")
	}
	return domain.Errorf(domain.Invalid, "body", "the request's body broke off").WithHint("send it again").Because(err)
}

func (c *call) checkMedia(size int) error {
	given := c.r.Header.Get("Content-Type")
	if given == "" && size == 0 {
		return nil
	}
	if coding := c.r.Header.Get("Content-Encoding"); coding != "" && coding != "identity" {
		return refusal(http.StatusUnsupportedMediaType, domain.Invalid, "Content-Encoding", "send the body as it is", "the request's body is compressed or otherwise coded")
	}
	media, params, err := mime.ParseMediaType(given)
	charset := strings.ToLower(params["charset"])
	if err != nil || media != c.route.media || media == "application/json" && charset != "" && charset != "utf-8" {
		return refusal(http.StatusUnsupportedMediaType, domain.Invalid, "Content-Type", "send Content-Type: "+c.route.media,
			"the request's body is not declared as %s", c.route.media)
	}
	return nil
}

// fail turns an error into a problem and, where the caller can't mend it, tells the log.
func (c *call) fail(err error) *Problem {
	p := problemOf(err, c.id, c.r.Header.Get("If-Match") != "")
	switch {
	case p.Status == http.StatusServiceUnavailable:
		c.log().Warn("request not possible now", "request", c.id, "route", c.pattern, "err", err, "cause", cause(err))
	case p.Status >= http.StatusInternalServerError:
		c.log().Error("request failed", "request", c.id, "route", c.pattern, "err", err, "cause", cause(err))
	}
	return p
}

// cause is what is behind an error, which the caller is not told; "" where there is nothing.
func cause(err error) string {
	e := (*domain.Error)(nil)
	if !errors.As(err, &e) || e.Err == nil {
		return ""
	}
	if deeper := cause(e.Err); deeper != "" {
		return e.Err.Error() + ": " + deeper
	}
	return e.Err.Error()
}

// render writes a problem that no handler wrote.
func (c *call) render(p *Problem) {
	for name, values := range p.headers {
		c.w.Header()[name] = values
	}
	c.w.Header().Set("Content-Type", p.ContentType(""))
	c.w.WriteHeader(p.Status)
	_ = encodeJSON(c.w, p) // into memory, of strings and numbers
}

// recover turns a panic into a problem. What was panicked with goes to the log, never to the caller.
func (c *call) recover() {
	what := recover()
	if what == nil {
		return
	}
	err := fmt.Errorf("panic: %v\n%s", what, debug.Stack())
	if what == http.ErrAbortHandler || !c.w.reset() {
		c.log().Error("answer cut short", "request", c.id, "route", c.pattern, "err", err)
		c.w.sent = true
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	c.render(c.fail(err))
}

// end sends the answer and writes the line about it: no path, no query, no token, no text, for they may name people.
func (c *call) end() {
	if c.holdsFile {
		<-c.s.files
	}
	if h := c.w.Header(); h.Get("Content-Type") == "text/csv" {
		h.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	}
	c.w.finish()
	c.visited()
	took := time.Since(c.begun)
	c.s.metrics.observe(c.pattern, c.r.Method, c.w.status, took)
	c.log().LogAttrs(c.r.Context(), slog.LevelInfo, "request", slog.String("request", c.id), slog.String("method", knownMethod(c.r.Method)),
		slog.String("route", c.pattern), slog.Int("status", c.w.status), slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("actor", string(c.actor.ID)))
}

func (c *call) log() *slog.Logger { return c.s.deps.Log }

// knownMethod keeps what a caller invents out of logs and labels.
func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// shorten shows a caller's own name for something in an error.
func shorten(s string) string {
	if len(s) > 40 {
		s = s[:40] + "…"
	}
	return strings.ToValidUTF8(s, "?")
}
