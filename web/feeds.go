package web

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/feeds"
)

// FeedInput is what every way of reading the feed can be asked with.
type FeedInput struct {
	After   string `query:"after" doc:"cursor: go on after it; the history is checked to be the one in which it was given"`
	From    string `query:"from" doc:"instead of a cursor: the position after which to begin, 0 for the beginning, or now" example:"0"`
	Plan    string `query:"plan" doc:"only these plans, separated by commas" example:"sdp-2019-20"`
	Type    string `query:"type" doc:"only these types of event, e.g. rating-changed,due-date-moved; erasures, corrections and voided commands come in any case"`
	Item    string `query:"item" doc:"only these items"`
	Meaning string `query:"meaning" doc:"only ratings of these meanings, e.g. at_risk,off_track"`
	Texts   string `query:"texts" enum:"true,false" doc:"false: without the disclosures of texts"`
	Hashes  bool   `query:"hashes" doc:"for each event that is left out its leaf hash: what comes can then be proved as a whole"`
}

type pageInput struct {
	FeedInput
	Limit int    `query:"limit" minimum:"1" maximum:"5000" doc:"most events of a page; left out: 500"`
	Wait  int    `query:"wait" minimum:"0" maximum:"60" doc:"seconds to wait for an event where there is none yet"`
	Form  string `query:"form" enum:"lines,cloudevents" doc:"cloudevents: a batch of the CloudEvents alone, each on a line of its own"`
}

type streamInput struct {
	FeedInput
	LastEventID string `header:"Last-Event-ID" doc:"cursor of the last event that was received: a browser sends it by itself"`
}

// FeedPage is a page of the feed. Each of events is a line as the streams have it.
type FeedPage struct {
	Events []feedLine `json:"events"`
	Next   string     `json:"next" doc:"cursor of the next page; where events is empty, of what is yet to come"`
	More   bool       `json:"more" doc:"the next page has something already"`
}

// feedLine describes a line for the OpenAPI document.
type feedLine struct {
	Position    domain.Position `json:"position" doc:"place in the history: leaf position-1 of the log"`
	Cursor      string          `json:"cursor,omitempty" doc:"of the place just after this event"`
	Disclosures []string        `json:"disclosures,omitempty" doc:"RFC 9901 disclosures of the event's texts"`
	Withheld    int             `json:"withheld,omitempty" doc:"texts that the event has, or had, and that the caller may not have"`
	Hash        string          `json:"hash,omitempty" doc:"of an event that is left out: its leaf hash, base64"`
	Event       *anyObject      `json:"event,omitempty" doc:"the CloudEvent as it is stored, byte for byte, and always the last member of its object"`
}

const (
	ndjson    = "application/x-ndjson"
	batchForm = "application/cloudevents-batch+json"
)

func (s *Server) registerFeeds() {
	page := about{id: "read-events", tag: "feeds", summary: "A page of the feed",
		text:   "Every change, once, in the order of the history, each as the CloudEvent that is stored. With `wait` it is a long poll. A cursor that no longer fits the history is answered with 409 and type /problems/reset: actual is the last position up to which a copy is still right.",
		errors: []int{409}}
	feed(s, "/v1/events", page, "application/json", pageSchema, s.eventPage)
	feed(s, "/v1/events/stream", about{id: "stream-events", tag: "feeds", summary: "The feed as server-sent events", errors: []int{409},
		text: "id is the cursor, data a line of the feed. Reconnect with Last-Event-ID, as browsers do by themselves. A message with an id and no data moves the cursor on and keeps the connection alive."},
		"text/event-stream", nil, s.eventStream)
	feed(s, "/v1/events/export", about{id: "export-events", tag: "feeds", summary: "The feed as one file of lines", errors: []int{409},
		text: "All that there is now, a line an event. The last line has \"end\":true; a file without it was cut short. With `proof` the file proves itself: hashes stand for what is left out, and the last line brings the signed checkpoint up to which it goes."},
		ndjson, nil, s.eventExport)
	s.registerContracts()
	s.registerSubscriptions()
	s.registerTables()
}

func pageSchema(s *Server) *huma.Schema {
	return s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[FeedPage](), true, "FeedPage")
}

// feed registers a way to read the feed. The answer is written by the handler itself.
func feed[I any](s *Server, path string, a about, media string, schema func(*Server) *huma.Schema, answer func(*call, *feeds.Feed, *I) error) {
	op := s.operation(http.MethodGet, path, a, route{})
	ok := &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
	op.Responses["200"] = &huma.Response{Description: "The feed.", Content: map[string]*huma.MediaType{media: ok}}
	if schema != nil {
		ok.Schema = schema(s)
		op.Responses["200"].Content[batchForm] = &huma.MediaType{Schema: &huma.Schema{Type: "array", Items: &huma.Schema{Type: "object"}}}
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		if s.deps.Feed == nil {
			return nil, domain.Errorf(domain.Unavailable, "", "there is no feed here")
		}
		c := callOf(ctx)
		c.w.Header().Set("Content-Type", media)
		return nil, told(c, s.deps.Feed, answer(c, s.deps.Feed, in))
	})
}

// told makes a broken cursor a problem of its own, with a cursor to go on from.
func told(c *call, f *feeds.Feed, err error) error {
	reset := (*feeds.Reset)(nil)
	if !errors.As(err, &reset) {
		return err
	}
	p := problemOf(err, c.id, false)
	p.Type, p.Title = resetType, resetTitle
	if cursor, err := f.Cursor(c.r.Context(), reset.Good, c.subscriber()); err == nil {
		p.headers = http.Header{"Plantrail-Cursor": {cursor}}
	}
	return p
}

// subscriber is whom cursors are sealed to.
func (c *call) subscriber() string { return string(c.actor.ID) }

// query is what the caller asked for, as far as their role covers it.
func (in *FeedInput) query(a domain.Actor) (q feeds.Query, err error) {
	q = feeds.Query{Types: list[string](in.Type), Meanings: list[domain.Meaning](in.Meaning), Texts: in.Texts != "false", Hashes: in.Hashes,
		Reserved: a.Role.Covers(domain.Admin), Within: a.Only}
	for _, id := range list[string](in.Plan) {
		plan, err := domain.ParsePlanID(strings.TrimPrefix(id, "_"))
		if err != nil {
			return q, err
		}
		if strings.HasPrefix(id, "_") {
			plan = domain.PlanID(id)
		}
		q.Plans = append(q.Plans, plan)
	}
	for _, id := range list[string](in.Item) {
		item, err := domain.ParseItemID(id)
		if err != nil {
			return q, err
		}
		q.Items = append(q.Items, item)
	}
	for _, t := range q.Types {
		if domain.NewEvent(t) == nil {
			return q, domain.Errorf(domain.Invalid, "type", "there is no type of event %q", shorten(t)).WithHint("/schemas lists them")
		}
	}
	return q, nil
}

func list[T ~string](s string) (all []T) {
	for _, one := range strings.Split(s, ",") {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, T(one))
		}
	}
	return all
}

// reader begins reading where the caller wants.
func (in *FeedInput) reader(c *call, f *feeds.Feed) (*feeds.Reader, error) {
	q, err := in.query(c.actor)
	if err != nil {
		return nil, err
	}
	ctx := c.r.Context()
	at, err := in.place(ctx, c, f)
	if err != nil {
		return nil, err
	}
	return f.Reader(ctx, at, q)
}

func (in *FeedInput) place(ctx context.Context, c *call, f *feeds.Feed) (domain.Position, error) {
	switch {
	case in.After != "" && in.From != "":
		return 0, domain.Errorf(domain.Invalid, "from", "a cursor says where to begin").WithHint("give after or from")
	case in.After != "":
		return f.Resolve(ctx, in.After, c.subscriber())
	case in.From == "now":
		return f.Journal().End(ctx)
	}
	n, err := strconv.ParseUint(in.From, 10, 63)
	if in.From != "" && err != nil {
		return 0, domain.Errorf(domain.Invalid, "from", "this is not a position").WithHint("give a number, 0 for the beginning, or now")
	}
	return domain.Position(n), nil
}

// eventPage answers one page.
func (s *Server) eventPage(c *call, f *feeds.Feed, in *pageInput) error {
	r, err := in.reader(c, f)
	if err != nil {
		return err
	}
	defer r.Close()
	if in.Limit == 0 {
		in.Limit = 500
	}
	items, more, err := s.fillPage(c, r, in)
	if err != nil {
		return err
	}
	c.w.Header().Set("Plantrail-Cursor", r.Cursor(c.subscriber()))
	c.w.Header().Set("Link", nextLink(c.r.URL, r.Cursor(c.subscriber())))
	if in.Form == "cloudevents" {
		c.w.Header().Set("Content-Type", batchForm)
		_, err = c.w.Write(feeds.AppendBatch(nil, items))
		return err
	}
	b := []byte(`{"events":[`)
	for i, it := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = f.AppendLine(append(b, '\n'), it, c.subscriber())
	}
	b = append(append(b, "\n],\"next\":\""...), r.Cursor(c.subscriber())...)
	if more {
		b = append(b, `","more":true}`...)
	} else {
		b = append(b, `","more":false}`...)
	}
	_, err = c.w.Write(append(b, '\n'))
	return err
}

// fillPage reads a page and waits for one where nothing is there yet.
func (s *Server) fillPage(c *call, r *feeds.Reader, in *pageInput) (items []feeds.Item, more bool, err error) {
	waiting, cancel := context.WithTimeout(c.r.Context(), time.Duration(in.Wait)*time.Second)
	defer cancel()
	for {
		items, caught, err := r.Next(c.r.Context(), in.Limit)
		if err != nil || len(items) > 0 || !caught {
			return items, !caught, err
		}
		if r.Wait(waiting) != nil {
			return nil, false, c.r.Context().Err()
		}
	}
}

// How streams are written: as soon as something is there, at most so many events before they leave, and a sign of life when
// nothing comes.
const (
	streamBurst = 256
	heartbeat   = 15 * time.Second
	linger      = 10 * time.Millisecond // so long a stream that was written to a moment ago gathers what comes: a write each is what 100 streams cost
	askAgain    = 5 * time.Second       // after which a stream looks whether its token is still good
	writePeriod = 30 * time.Second      // in which a caller must take what is sent
)

// eventStream sends the feed as server-sent events until the caller goes.
func (s *Server) eventStream(c *call, f *feeds.Feed, in *streamInput) error {
	if in.LastEventID != "" {
		in.After, in.From = in.LastEventID, ""
	}
	r, err := in.reader(c, f)
	if err != nil {
		return err
	}
	defer r.Close()
	c.w.Header().Set("Cache-Control", "no-cache")
	c.w.Header().Set("X-Accel-Buffering", "no")
	sent, pushed, asked := r.At(), time.Time{}, time.Now()
	out := []byte("retry: 1000\n\n")
	for {
		if time.Since(asked) > askAgain {
			if _, err := s.authenticate(c.r); err != nil {
				return c.broken(err) // the token was revoked or has expired
			}
			asked = time.Now()
		}
		if !c.push(out) {
			return nil
		}
		if len(out) > 0 {
			pushed = time.Now()
		}
		out = out[:0]
		items, caught, err := r.Next(c.r.Context(), streamBurst)
		if err != nil {
			return c.broken(err)
		}
		for _, it := range items {
			out = f.AppendSSE(out, it, c.subscriber())
			sent = it.Position
		}
		if len(items) > 0 || !caught {
			continue
		}
		idle := c.await(r)
		if !idle && time.Since(pushed) < 2*linger {
			<-time.After(linger)
		}
		if idle && r.At() > sent {
			out = append(append(append(out, "id: "...), r.Cursor(c.subscriber())...), "\n\n"...)
			sent = r.At()
		} else if idle {
			out = append(out, ":\n\n"...)
		}
	}
}

// await waits for more; idle says that nothing came for so long that the connection needs a sign of life.
func (c *call) await(r *feeds.Reader) (idle bool) {
	waiting, cancel := context.WithTimeout(c.r.Context(), heartbeat)
	defer cancel()
	return r.Wait(waiting) != nil
}

// push sends bytes on their way, and reports whether the caller is still there. Each has a period of its own: a stream has
// no end at which it could be late.
func (c *call) push(b []byte) bool {
	if len(b) == 0 {
		return c.r.Context().Err() == nil
	}
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(writePeriod)) // in the same process there is none
	_, err := c.w.Write(b)
	c.w.Flush()
	return err == nil && c.r.Context().Err() == nil
}

// broken ends a stream of which something may have left already, so that it can't be taken for a whole one.
func (c *call) broken(err error) error {
	if !c.w.sent || c.r.Context().Err() != nil {
		return err
	}
	c.log().Warn("a stream of the feed broke off", "request", c.id, "err", err)
	panic(http.ErrAbortHandler)
}
