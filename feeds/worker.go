package feeds

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"plantrail/domain"
)

// worker delivers one subscription's webhooks while this process holds its lease.
type worker struct {
	c   *Courier
	id  domain.SubscriptionID
	log *slog.Logger

	sub    domain.Subscription
	target string
	d      Delivery
	rev    uint64
	saved  time.Time
	place  mark // of d.Position, when that was noted last
	body   []byte
}

// answer is what came back; status 0: nothing.
type answer struct {
	status int
	after  time.Duration // for which the target wants to be left alone
}

func (a answer) good() bool { return a.status/100 == 2 }

// refusal reports whether the target is there and does not want what it was sent, rather than being away, busy or gone.
func (a answer) refusal() bool {
	switch a.status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests, http.StatusGone:
		return false
	}
	return a.status/100 == 4
}

// poisonAfter is how long a target may refuse an event before the ones behind it get their turn. A target that can't be
// reached, or says that it is its own fault, is waited for without end: the journal keeps its place.
const poisonAfter = 48 * time.Hour

// errLost says that another process has the lease.
var errLost = errors.New("the lease is another process's")

func (w *worker) work(ctx context.Context) {
	err := w.take(ctx)
	if err == nil {
		w.c.count.leases.Add(1)
		err = w.deliver(ctx)
		w.leave()
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, errLost) && !errors.Is(err, errGone) {
		w.log.Warn("deliveries stopped, they will be taken up again", "err", err)
		sleep(ctx, rest)
	}
}

// take takes the lease, unless another process has it.
func (w *worker) take(ctx context.Context) (err error) {
	sub, ok := w.c.cfg.Register.Find(w.id)
	if !ok {
		return errLost
	}
	w.sub, w.d = sub, Delivery{Position: sub.From}
	if w.rev, err = w.c.cfg.State.Get(ctx, deliveryKey+string(w.id), &w.d); err != nil {
		return err
	}
	if now := w.c.cfg.Now(); w.d.Owner != w.c.cfg.Process && now.Before(w.d.Until) {
		return errLost
	}
	if w.target, err = w.c.cfg.Register.Target(ctx, sub); err != nil {
		return err
	}
	if err := w.compare(ctx); err != nil {
		return err
	}
	return w.save(ctx)
}

// save notes how far it is and renews the lease.
func (w *worker) save(ctx context.Context) error {
	w.d.Owner, w.d.Until = w.c.cfg.Process, w.c.cfg.Now().Add(w.c.cfg.Lease)
	return w.write(ctx)
}

func (w *worker) write(ctx context.Context) error {
	if err := w.mark(ctx); err != nil {
		return err
	}
	rev, err := w.c.cfg.State.Put(ctx, deliveryKey+string(w.id), w.d, w.rev)
	if domain.KindOf(err) == domain.Conflict && err != nil {
		return errLost
	}
	if err == nil {
		w.rev, w.saved = rev, w.c.cfg.Now()
	}
	return err
}

// leave gives the lease back, with what was delivered.
func (w *worker) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	w.d.Owner, w.d.Until = "", time.Time{}
	_ = w.write(ctx) // where it can't be noted, the lease runs out, and what was delivered since is delivered again
}

// due saves when a fifth of the lease is over: a note after each event would cost a sync to disk each.
func (w *worker) due(ctx context.Context) error {
	if w.c.cfg.Now().Sub(w.saved) < min(w.c.cfg.Lease/5, time.Second) {
		return nil
	}
	if err := w.save(ctx); err != nil {
		return err
	}
	return w.orders(ctx)
}

// errMoved says that what was read ahead is to be read anew: the place was changed by an order, or time has passed.
var errMoved = errors.New("what was read ahead is old")

// orders carries out what a person ordered. If we crash after the note and before the order is struck out, it is carried out
// again: events are delivered once more, with the same ids.
func (w *worker) orders(ctx context.Context) error {
	var o Order
	rev, err := w.c.cfg.State.Get(ctx, orderKey+string(w.id), &o)
	if err != nil || rev == 0 {
		return err
	}
	if o == (Order{}) {
		return nil
	}
	w.d.obey(o)
	if err := w.save(ctx); err != nil {
		return err
	}
	if _, err := w.c.cfg.State.Put(ctx, orderKey+string(w.id), Order{}, rev); ignoreConflict(err) != nil {
		return err
	}
	return errMoved // after a conflict something was added to the order meanwhile: it is read again
}

// deliver goes on from the noted place until ctx or the lease ends.
func (w *worker) deliver(ctx context.Context) error {
	for {
		if err := w.onward(ctx); !errors.Is(err, errMoved) {
			return err
		}
	}
}

func (w *worker) onward(ctx context.Context) error {
	if err := w.orders(ctx); err != nil && !errors.Is(err, errMoved) {
		return err
	}
	if err := w.patient(ctx); err != nil {
		return err
	}
	if err := w.tellReset(ctx); err != nil {
		return err
	}
	if err := w.again(ctx); err != nil {
		return err
	}
	r, err := w.c.cfg.Feed.Reader(ctx, w.d.Position, query(w.sub.Wanted))
	if err != nil {
		return err
	}
	defer r.Close()
	for {
		items, caught, err := r.Next(ctx, streamed)
		if err != nil {
			return err
		}
		read := w.c.cfg.Now()
		for _, it := range items {
			if w.c.cfg.Now().Sub(read) > stale {
				return errMoved
			}
			if err := w.one(ctx, it); err != nil {
				return err
			}
		}
		w.d.Position = max(w.d.Position, r.At())
		if err := w.due(ctx); err != nil {
			return err
		}
		if len(items) == 0 && caught {
			if err := w.idle(ctx, r); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// settle is how long nothing must have come until the place is noted at once rather than with the next sign of life.
const settle = 250 * time.Millisecond

// idle waits for more. In a pause what was delivered is noted: a process that is killed in it repeats nothing.
func (w *worker) idle(ctx context.Context, r *Reader) error {
	limit := w.c.cfg.Lease / 5
	noted := w.place.at == w.d.Position
	if !noted {
		limit = min(limit, settle)
	}
	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if r.Wait(waiting) == nil || noted || ctx.Err() != nil {
		return nil
	}
	return w.save(ctx)
}

// streamed is how many events are read ahead of their delivery, stale how long they may wait for it.
const (
	streamed = 128
	stale    = 5 * time.Second
)

// one tries to deliver an event. After a failure it is errMoved: the event is read anew when its next try is due, for a text
// of it may have been erased meanwhile.
func (w *worker) one(ctx context.Context, it Item) error {
	got, err := w.try(ctx, it)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if got.good() {
		w.d.Delivered++
		w.c.count.delivered.Add(1)
		w.d.settled(it.Position)
		return w.due(ctx)
	}
	w.log.Debug("a delivery failed", "position", it.Position, "status", got.status, "err", err)
	now := w.c.cfg.Now()
	w.failed(now, got)
	if w.poisoned(now) {
		w.dead(it, got.status, now)
		return w.save(ctx)
	}
	return w.later(ctx, got)
}

// later notes a failure. The target is asked again when its next try is due, unless it says that it wants no more.
func (w *worker) later(ctx context.Context, got answer) error {
	if err := w.save(ctx); err != nil {
		return err
	}
	if got.status == http.StatusGone {
		return w.c.pause(ctx, w.id)
	}
	return errMoved
}

// errGone says that the target wants no more.
var errGone = errors.New("the target is gone")

// pause has a subscription paused, for its target says that it wants no more. The register hears of it before the worker ends,
// so that no other begins before somebody resumes it.
func (c *Courier) pause(ctx context.Context, id domain.SubscriptionID) error {
	if err := c.cfg.Pause(ctx, id, "The target answered 410 Gone."); err != nil {
		return err
	}
	if err := c.cfg.Register.Look(ctx); err != nil {
		return err
	}
	return errGone
}

func (w *worker) failed(now time.Time, got answer) {
	w.d.Failed++
	w.d.Failures++
	w.c.count.failed.Add(1)
	if w.d.Since.IsZero() {
		w.d.Since = now
	}
	switch {
	case !got.refusal():
		w.d.Refused = time.Time{}
	case w.d.Refused.IsZero():
		w.d.Refused = now
	}
	w.d.Next = now.Add(max(w.c.cfg.Pauses(w.d.Failures), got.after))
}

// poisoned reports whether the target has been there all the time but did not take this event, and there is room to put it
// aside.
func (w *worker) poisoned(now time.Time) bool {
	return !w.d.Refused.IsZero() && now.Sub(w.d.Refused) >= poisonAfter && !w.d.full()
}

func (w *worker) dead(it Item, status int, now time.Time) {
	w.c.count.dead.Add(1)
	w.d.Dead = append(w.d.Dead, Dead{it.Position, it.ID, status, now})
	w.d.settled(it.Position)
	w.log.Error("an event was refused for days and is given up: plantrail subscribe show tells more", "position", it.Position, "status", status)
}

// patient waits for the next try, and meanwhile keeps the lease and listens to orders.
func (w *worker) patient(ctx context.Context) error {
	for {
		left := w.d.Next.Sub(w.c.cfg.Now())
		if left <= 0 {
			return nil
		}
		if !sleep(ctx, min(left, w.c.cfg.Lease/5)) {
			return ctx.Err()
		}
		if err := w.due(ctx); err != nil {
			return err
		}
	}
}

// again delivers the dead letters for which a person asked. What is refused once more is dead again.
func (w *worker) again(ctx context.Context) error {
	for len(w.d.Again) > 0 {
		letter := w.d.Again[0]
		r, err := w.c.cfg.Feed.Reader(ctx, letter.Position-1, query(w.sub.Wanted))
		if err != nil {
			return err
		}
		items, _, err := r.Next(ctx, 1)
		r.Close()
		if err != nil {
			return err
		}
		w.d.Again = w.d.Again[1:]
		if len(items) == 1 && items[0].Position == letter.Position {
			if got, _ := w.try(ctx, items[0]); !got.good() {
				letter.Status, letter.At = got.status, w.c.cfg.Now()
				w.d.Dead = append(w.d.Dead, letter)
			} else {
				w.d.Delivered++
				w.c.count.delivered.Add(1)
			}
		}
		if err := w.save(ctx); err != nil {
			return err
		}
	}
	return nil
}

// try posts an event once.
func (w *worker) try(ctx context.Context, it Item) (answer, error) {
	w.body = w.c.cfg.Feed.AppendLine(w.body[:0], it, string(w.sub.Person))
	return w.send(ctx, it.Position, it.ID)
}

// send posts the body once, and notes what came back.
func (w *worker) send(ctx context.Context, at domain.Position, id domain.EventID) (answer, error) {
	if now, ok := w.c.cfg.Register.Find(w.id); ok {
		w.sub = now // its secrets may have been rotated
	}
	if w.d.Failures > 0 {
		w.c.count.retried.Add(1)
	}
	began := w.c.cfg.Now()
	got, err := w.c.post(ctx, w.sub, w.target, string(id), w.body)
	t := Try{At: began.UTC(), Position: at, Event: id, Status: got.status, Millis: w.c.cfg.Now().Sub(began).Milliseconds()}
	if err != nil {
		t.Error = err.Error()
	}
	w.d.note(t)
	return got, err
}

// post sends a signed body. The error names neither the target nor a secret: it is shown to people.
func (c *Courier) post(ctx context.Context, s domain.Subscription, target, id string, body []byte) (answer, error) {
	if _, err := c.cfg.Guard.ParseTarget(target); err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return answer{}, errors.New("the target is not a URL")
	}
	timestamp, signature := c.cfg.Keys.Sign(s, c.cfg.Now(), id, body)
	for name, value := range map[string]string{"Content-Type": "application/json", "User-Agent": "plantrail", "webhook-id": id,
		"webhook-timestamp": timestamp, "webhook-signature": signature, "Plantrail-Subscription": string(s.Subscription)} {
		req.Header.Set(name, value)
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return answer{}, plain(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, replyLimit)) // so that the connection can be used again
	got := answer{resp.StatusCode, retryAfter(resp.Header.Get("Retry-After"), c.cfg.Now())}
	if !got.good() {
		return got, fmt.Errorf("the target answered %s", strconv.Itoa(got.status))
	}
	return got, nil
}

// mostPatience bounds what a target can ask for with Retry-After.
const mostPatience = 24 * time.Hour

// retryAfter reads the header (RFC 9110): seconds or a date.
func retryAfter(header string, now time.Time) time.Duration {
	if n, err := strconv.ParseUint(header, 10, 31); err == nil {
		return min(time.Duration(n)*time.Second, mostPatience)
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, min(at.Sub(now), mostPatience))
	}
	return 0
}

// plain is why no answer came, without the URL that net/http puts before it.
func plain(err error) error {
	refused := (*domain.Error)(nil)
	timeout := interface{ Timeout() bool }(nil)
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.As(err, &timeout) && timeout.Timeout():
		return errors.New("no answer came in time")
	case errors.Is(err, context.Canceled):
		return context.Canceled
	}
	return errors.New("the target can't be reached, or not by TLS")
}

// Ping posts a test event, which is no part of the history, and says what came back.
func (c *Courier) Ping(ctx context.Context, s domain.Subscription) (status int, err error) {
	if !c.signs(s) {
		return 0, domain.Errorf(domain.Unavailable, "", "this process has not the key that signs for this subscription").
			WithHint("copy keys/feeds.key from the process that made it")
	}
	target, err := c.cfg.Register.Target(ctx, s)
	if err != nil {
		return 0, err
	}
	now := c.cfg.Now().UTC()
	id := fmt.Sprintf("ping-%d", now.UnixMicro())
	body := fmt.Sprintf(`{"position":0,"event":{"specversion":"1.0","id":%q,"source":"/orgs/%s","type":"plantrail.ping.v1","time":%q,"data":{}}}`,
		id, c.cfg.Feed.cfg.Org, now.Format(time.RFC3339))
	got, err := c.post(ctx, s, target, id, []byte(body))
	return got.status, err
}
