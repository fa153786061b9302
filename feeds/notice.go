package feeds

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
)

// Notices tells persons, by mail or by a webhook, what they asked to be told: that an item of theirs turned red, that members asked something
// of it, that the date by which an answer or a paper is due is five days away. What a person's mail says is made of events
// that count: the parts of a command that is not complete tell nobody anything.
//
// Like webhooks, notices hold a place and a lease of their own in the shared state ("notices.<subscription>"): a rebuild
// sends nothing, and of several processes one writes. If we crash between a message and the note of it, it is sent again,
// with the same Message-ID.
type Notices struct {
	Feed     *Feed
	Register *Register
	State    State
	Post     Post     // by mail; nil: nothing is
	Hooks    *Courier // by webhook, signed like an event; nil: nothing is
	Process  string
	Now      func() time.Time
	Log      *slog.Logger
	DigestAt int                              // hour of the day, UTC, from which the day's digest is sent
	Pauses   func(failures int) time.Duration // between tries; nil: [Backoff]
	Every    time.Duration                    // how often it looks; 0 is 2 s
}

// noted is how far the notices of a subscription are.
type noted struct {
	Owner    string          `json:"owner,omitempty"`
	Until    time.Time       `json:"until,omitzero"`
	Position domain.Position `json:"position"`
	Day      string          `json:"day,omitempty"`      // the last one whose deadlines were told
	Digested string          `json:"digested,omitempty"` // the last one whose digest was sent
	Waiting  []string        `json:"waiting,omitempty"`  // lines for the next digest
	More     int             `json:"more,omitempty"`     // lines that had no room among them
	Sent     uint64          `json:"sent,omitempty"`
	Failures int             `json:"failures,omitempty"` // of the next message, in a row
	Since    time.Time       `json:"since,omitzero"`     // the first of them
	Next     time.Time       `json:"next,omitzero"`      // when it is tried again
	Error    string          `json:"error,omitempty"`
}

const (
	noticesKey   = "notices."
	noticesLease = 30 * time.Second
	noticesPause = 2 * time.Second
	daysBefore   = 5   // before a date on which something is due
	mailLength   = 500 // lines of a message; of the others it says how many they are
)

// Run tells until ctx ends.
func (n *Notices) Run(ctx context.Context) {
	b := newBoard()
	for ctx.Err() == nil {
		if err := n.round(ctx, b); err != nil && ctx.Err() == nil {
			n.Log.Warn("notices can't be sent, trying again", "err", err)
		}
		sleep(ctx, cmp.Or(n.Every, noticesPause))
	}
}

// round brings the board up to date and tells each subscriber what is new to them.
func (n *Notices) round(ctx context.Context, b *board) error {
	all, _ := n.Register.All()
	all = slices.DeleteFunc(all, func(s domain.Subscription) bool { return !n.tells(s) })
	if len(all) == 0 {
		return nil
	}
	if err := b.read(ctx, n.Feed); err != nil {
		return err
	}
	for _, s := range all {
		if err := n.tell(ctx, b, s); err != nil {
			n.Log.Warn("a notice was not sent, trying again", "subscription", s.Subscription, "err", err)
		}
	}
	return nil
}

// tells reports whether a subscription is of notices that this process can send.
func (n *Notices) tells(s domain.Subscription) bool {
	if !s.Noticed() || s.Paused || s.Ended {
		return false
	}
	if s.Way == domain.ByMail {
		return n.Post != nil
	}
	return n.Hooks != nil && n.Hooks.signs(s)
}

// tell sends one subscriber what is new. A message that the server did not take is tried again like a webhook: after
// seconds at first, then each hour.
func (n *Notices) tell(ctx context.Context, b *board, s domain.Subscription) error {
	key := noticesKey + string(s.Subscription)
	d := noted{Position: max(s.From, s.Made)} // what was before the subscription is no news
	rev, err := n.State.Get(ctx, key, &d)
	now := n.Now().UTC()
	if err != nil || d.Owner != "" && d.Owner != n.Process && now.Before(d.Until) || now.Before(d.Next) {
		return err
	}
	today := now.Format(time.DateOnly)
	lines := b.news(s, d.Position)
	if d.Day != today {
		lines = append(lines, b.deadlines(s, d.Day, now)...)
	}
	next := noted{Position: b.at, Day: today, Digested: d.Digested, Sent: d.Sent, More: d.More}
	next.wait(append(slices.Clone(d.Waiting), lines...))
	due := len(next.Waiting) > 0 && (!s.Wanted.Digest || d.Digested != today && now.Hour() >= n.DigestAt)
	if len(lines) == 0 && !due && d.Position == b.at {
		return nil
	}
	d.Owner, d.Until = n.Process, now.Add(noticesLease)
	if rev, err = n.State.Put(ctx, key, d, rev); err != nil { // the lease, before anything is sent
		return ignoreConflict(err)
	}
	if due {
		if err := n.send(ctx, s, next, fmt.Sprintf("notice-%s-%d-%s", s.Subscription, b.at, today)); err != nil {
			d.failed(err, now, n.Pauses)
			_, _ = n.State.Put(ctx, key, d, rev)
			return err
		}
		next.Waiting, next.More, next.Digested, next.Sent = nil, 0, today, d.Sent+1
	}
	_, err = n.State.Put(ctx, key, next, rev)
	return ignoreConflict(err)
}

// wait keeps lines for the next message, as many as it has room for.
func (d *noted) wait(lines []string) {
	d.Waiting = lines[:min(len(lines), mailLength)]
	d.More += len(lines) - len(d.Waiting)
}

func (d *noted) failed(err error, now time.Time, pauses func(int) time.Duration) {
	if pauses == nil {
		pauses = Backoff
	}
	d.Failures++
	if d.Since.IsZero() {
		d.Since = now
	}
	d.Owner, d.Until, d.Error, d.Next = "", time.Time{}, err.Error(), now.Add(pauses(d.Failures))
}

// NoticesOf is how far a subscription of notices is, in the form of deliveries: what was sent, and why the latest was not.
func NoticesOf(ctx context.Context, s State, sub domain.Subscription) (d Delivery, failed string, err error) {
	n := noted{Position: max(sub.From, sub.Made)}
	_, err = s.Get(ctx, noticesKey+string(sub.Subscription), &n)
	return Delivery{Position: n.Position, Delivered: n.Sent, Failures: n.Failures, Since: n.Since, Next: n.Next}, n.Error, err
}

func ignoreConflict(err error) error {
	if err != nil && domain.KindOf(err) == domain.Conflict {
		return nil // another process tells
	}
	return err
}

func (n *Notices) send(ctx context.Context, s domain.Subscription, d noted, id string) error {
	to, err := n.Register.Target(ctx, s)
	if err != nil || to == "" {
		return err // an address that was erased gets nothing more
	}
	if s.Way == domain.ByWebhook {
		return n.Hooks.notify(ctx, s, to, id, d.Waiting, d.More)
	}
	subject, more := d.Waiting[0], ""
	if all := len(d.Waiting) + d.More; all > 1 {
		subject = fmt.Sprintf("%d notices about your plans", all)
	}
	if d.More > 0 {
		more = fmt.Sprintf("\n… and %d more.", d.More)
	}
	body := strings.Join(d.Waiting, "\n") + more + "\n\nYou get this because a subscription (" + string(s.Subscription) + ") of " + string(n.Feed.cfg.Org) + " names you.\n"
	return n.Post.Send(ctx, to, subject, body, id)
}

// board is what notices need to know of all plans: who owns which item, what was asked and not answered, and what happened
// lately. It is folded from the history once, in memory: a few dozen bytes an item.
type board struct {
	at     domain.Position
	gather map[domain.PlanID]*domain.Gather
	items  map[itemKey]*itemNow
	asked  map[askKey]asking
	latest []newsLine

	meetings map[meetingKey]domain.MeetingOpened // before which no paper was published yet
}

type meetingKey struct {
	plan    domain.PlanID
	meeting domain.MeetingID
}

type itemKey struct {
	plan domain.PlanID
	item domain.ItemID
}

type askKey struct {
	plan    domain.PlanID
	request domain.RequestID
}

type itemNow struct {
	person domain.ActorID
	with   []domain.ActorID
	ref    string
}

type asking struct {
	item domain.ItemID
	due  domain.Date
}

type newsLine struct {
	at   domain.Position
	key  itemKey
	kind string
	line string
}

// newsKept is how many of the latest happenings, at least, are remembered for those who were not told yet.
const newsKept = 10_000

func newBoard() *board {
	return &board{gather: map[domain.PlanID]*domain.Gather{}, items: map[itemKey]*itemNow{}, asked: map[askKey]asking{}, meetings: map[meetingKey]domain.MeetingOpened{}}
}

func (b *board) read(ctx context.Context, f *Feed) error {
	r, err := f.Reader(ctx, b.at, Query{})
	if err != nil {
		return err
	}
	defer r.Close()
	for caught := false; !caught; {
		var items []Item
		if items, caught, err = r.Next(ctx, scan); err != nil {
			return err
		}
		for _, it := range items {
			g := b.gather[it.Plan]
			if g == nil {
				g = &domain.Gather{}
				b.gather[it.Plan] = g
			}
			for _, counts := range g.Add(it.Recorded) {
				b.fold(counts, it.Position)
			}
		}
		b.at = r.At()
	}
	return nil
}

// fold takes an event that counts from the position seen on.
func (b *board) fold(r domain.Recorded, seen domain.Position) {
	key := itemKey{r.Plan, r.Item()}
	item := func() *itemNow {
		if b.items[key] == nil {
			b.items[key] = &itemNow{}
		}
		return b.items[key]
	}
	switch e := r.Event.(type) {
	case *domain.ItemAdded:
		item().person, item().ref = e.Person, e.Ref
	case *domain.OwnerAssigned:
		item().person, item().with = e.Person, e.Persons
	case *domain.RatingChanged:
		if e.Meaning == domain.OffTrack {
			b.note(newsLine{seen, key, "red", fmt.Sprintf("%s is rated %s (%s), it was %s.", b.name(key), e.To, e.Dimension, orNone(e.From))})
		}
	case *domain.RequestMade:
		b.asked[askKey{r.Plan, e.Request}] = asking{e.Item, e.Due}
		b.note(newsLine{seen, key, "asked", fmt.Sprintf("Members asked about %s (%s)%s.", b.name(key), e.Request, byDate(e.Due))})
	case *domain.MeetingOpened:
		b.meetings[meetingKey{r.Plan, e.Meeting}] = *e
	case *domain.PaperPublished:
		delete(b.meetings, meetingKey{r.Plan, e.Meeting})
	case *domain.RequestAnswered:
		delete(b.asked, askKey{r.Plan, e.Request})
	case *domain.RequestWithdrawn:
		delete(b.asked, askKey{r.Plan, e.Request})
	}
}

func (b *board) note(n newsLine) {
	if b.latest = append(b.latest, n); len(b.latest) >= 2*newsKept {
		b.latest = slices.Clone(b.latest[newsKept:])
	}
}

// name is an item without any words of people: a mail lies where no erasure reaches it.
func (b *board) name(k itemKey) string {
	if k.item == "" {
		return "the plan " + string(k.plan)
	}
	name := string(k.plan) + "/" + string(k.item)
	if it := b.items[k]; it != nil && it.ref != "" {
		name += " (" + it.ref + ")"
	}
	return name
}

func orNone(s string) string {
	if s == "" {
		return "not rated"
	}
	return s
}

func byDate(d domain.Date) string {
	if d.Known() {
		return ", due " + d.Words()
	}
	return ""
}

// mine reports whether an item is the subscriber's: they own it, or are responsible with the owner. What is asked of a whole
// plan is everybody's who subscribed to that plan by name.
func (b *board) mine(s domain.Subscription, k itemKey) bool {
	if len(s.Wanted.Plans) > 0 && !slices.Contains(s.Wanted.Plans, k.plan) || len(s.Wanted.Items) > 0 && !slices.Contains(s.Wanted.Items, k.item) {
		return false
	}
	it := b.items[k]
	return it == nil && len(s.Wanted.Plans) > 0 || it != nil && (it.person == s.Person || slices.Contains(it.with, s.Person))
}

func wantsNotice(s domain.Subscription, kind string) bool {
	return len(s.Wanted.Notices) == 0 || slices.Contains(s.Wanted.Notices, kind)
}

// news is what happened to the subscriber's items after a position.
func (b *board) news(s domain.Subscription, after domain.Position) (lines []string) {
	for _, n := range b.latest {
		if n.at > after && wantsNotice(s, n.kind) && b.mine(s, n.key) {
			lines = append(lines, n.line)
		}
	}
	return lines
}

// deadlines is what will be due in five days, or sooner if it was not told on its day: after what had been told on the day
// named, "" for never, up to now.
func (b *board) deadlines(s domain.Subscription, told string, now time.Time) (lines []string) {
	if !wantsNotice(s, "deadline") {
		return nil
	}
	after, until := now.AddDate(0, 0, -1), now.AddDate(0, 0, daysBefore)
	if day, err := time.Parse(time.DateOnly, told); err == nil {
		after = day.AddDate(0, 0, daysBefore)
	}
	near := func(d domain.Date) bool { return d.Exact() && d.Start().After(after) && !d.Start().After(until) }
	for k, a := range b.asked {
		if key := (itemKey{k.plan, a.item}); near(a.due) && b.mine(s, key) {
			lines = append(lines, fmt.Sprintf("On %s an answer about %s (%s) is due.", a.due.Words(), b.name(key), k.request))
		}
	}
	for k, m := range b.meetings {
		if near(m.Deadline) && b.involved(s, k.plan) {
			lines = append(lines, fmt.Sprintf("On %s the paper about %s is due, for the %s of %s.", m.Deadline.Words(), k.plan, m.Body, m.On.Words()))
		}
	}
	slices.Sort(lines)
	return lines
}

// involved reports whether the subscriber named the plan, or has an item in it.
func (b *board) involved(s domain.Subscription, plan domain.PlanID) bool {
	if len(s.Wanted.Plans) > 0 {
		return slices.Contains(s.Wanted.Plans, plan)
	}
	for k := range b.items {
		if k.plan == plan && b.mine(s, k) {
			return true
		}
	}
	return false
}
