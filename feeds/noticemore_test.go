package feeds_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/feeds"
)

// secretary sends notices by a clock that the test turns.
type secretary struct {
	*feeds.Notices
	post *postbox
	mu   sync.Mutex
	now  time.Time
}

// newSecretary is one whose mail server refuses the first few messages.
func newSecretary(t *testing.T, o *office, refused int) *secretary {
	hooks, _ := o.courier("hooks")
	s := &secretary{post: &postbox{fails: refused}, now: time.Date(2030, 1, 10, 5, 0, 0, 0, time.UTC)}
	s.Notices = &feeds.Notices{Feed: o.Feed, Register: o.register, State: o.Store.Shared(), Post: s.post, Hooks: hooks, Process: "one", Log: slog.New(slog.DiscardHandler),
		DigestAt: 6, Every: 5 * time.Millisecond, Now: func() time.Time { s.mu.Lock(); defer s.mu.Unlock(); return s.now }}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return s
}

func (s *secretary) later(d time.Duration) { s.mu.Lock(); defer s.mu.Unlock(); s.now = s.now.Add(d) }

func (s *secretary) sent() string { return strings.Join(s.post.all(), "\n---\n") }

func status(t *testing.T, o *office, id domain.SubscriptionID) (feeds.Delivery, string) {
	t.Helper()
	var sub domain.Subscription
	eventually(t, "the subscription", func() (known bool) { sub, known = o.register.Find(id); return known })
	d, failed, err := feeds.NoticesOf(t.Context(), o.Store.Shared(), sub)
	if err != nil {
		t.Fatal(err)
	}
	return d, failed
}

func byMail(id domain.SubscriptionID, w domain.Wanted) domain.Subscribe {
	return domain.Subscribe{Subscription: id, Person: "p-ann", Way: domain.ByMail, Target: domain.Text(id + "@council.example"), Wanted: w}
}

// Five days before a paper is due, whoever named the plan or has an item in it is told, once; of a paper that was published
// or is not near, nobody is.
func TestPapersThatAreDueAreTold(t *testing.T) {
	o := newOffice(t)
	o.Plan("sdp")
	o.Plan("sen")
	o.Plan("other")
	for _, s := range []domain.Subscribe{byMail("named", domain.Wanted{Plans: []domain.PlanID{"sdp", "sen"}}), byMail("owner", domain.Wanted{}), byMail("red", domain.Wanted{Plans: []domain.PlanID{"sdp"}, Notices: []string{"red"}})} {
		o.Do(domain.People, s)
	}
	o.Do("sdp", domain.AddItem{Item: "anns", Level: "action", Title: "Ann's", Person: "p-ann", Owner: "Ann"})
	at := domain.Position(0)
	for plan, deadline := range map[domain.PlanID]domain.Date{"sdp": domain.Day(2030, 1, 16), "sen": domain.Day(2030, 1, 17), "other": domain.Day(2030, 1, 16)} {
		at = max(at, o.Do(plan, domain.OpenMeeting{Meeting: "m-1", Body: "Cabinet", On: domain.Day(2030, 1, 24), Deadline: deadline}).Position)
	}
	s := newSecretary(t, o, 0)
	looked := func(at domain.Position) {
		t.Helper()
		eventually(t, "a look", func() bool { d, _ := status(t, o, "named"); return d.Position >= at })
	}
	looked(at)
	if s.sent() != "" {
		t.Errorf("six days before: %s", s.sent())
	}
	s.later(24 * time.Hour)
	const line = "On 16 January 2030 the paper about sdp is due, for the Cabinet of 24 January 2030."
	eventually(t, "the deadline", func() bool { return strings.Count(s.sent(), "\n"+line) == 2 })
	looked(o.Do("sen", domain.PublishPaper{Meeting: "m-1", SHA256: strings.Repeat("a", 64)}).Position)
	s.later(24 * time.Hour)
	looked(o.Do("sdp", domain.Rate{Item: "item-01", To: "red", Justification: "A sign that the day was looked at."}).Position)
	if got := s.sent(); strings.Count(got, "\n"+line) != 2 || strings.Contains(got, "about sen") || strings.Contains(got, "about other") || strings.Contains(got, "red") {
		t.Errorf("told otherwise:\n%s", got)
	}
}

// Notices go to a web address, too: signed, gathered where that is wanted, tried again, and nothing but notices. Where it is
// gone the subscription is paused.
func TestNoticesGoToAWebhook(t *testing.T) {
	o, g := newOffice(t), newTarget(t)
	o.Plan("sdp")
	o.Do("sdp", domain.AddItem{Item: "mine", Level: "action", Title: "Ann's", Person: "p-ann", Owner: "Ann"})
	g.answers(func(feeds.Line) int { return 503 })
	o.subscribe("chat", g.URL, domain.Wanted{Notices: []string{"red"}})
	s := newSecretary(t, o, 0)
	o.Do("sdp", domain.Rate{Item: "mine", To: "red", Justification: "Mrs Miggins is ill."})
	eventually(t, "a failure", func() bool {
		d, why := status(t, o, "chat")
		return d.Failures == 1 && why == "the target answered 503"
	})
	g.answers(func(feeds.Line) int { return 204 })
	s.later(time.Minute)
	eventually(t, "the notice", func() bool { d, _ := status(t, o, "chat"); return d.Delivered == 1 })
	o.Do("sdp", domain.MakeRequest{Item: "mine", Words: "Why?", AskedBy: "Members"})
	o.subscribe("daily", g.URL, domain.Wanted{Notices: []string{"red", "asked"}, Digest: true})
	o.Do("sdp", domain.MakeRequest{Item: "mine", Words: "How?", AskedBy: "Members"})
	at := o.Rate("sdp", "red").Position // nobody's
	at = max(at, o.Do("sdp", domain.Rate{Item: "mine", To: "red", Justification: "Still.", Dimension: "delivery"}).Position)
	eventually(t, "a look", func() bool { d, _ := status(t, o, "daily"); return d.Position >= at })
	s.later(time.Hour)
	eventually(t, "the digest", func() bool { d, _ := status(t, o, "daily"); return d.Delivered == 1 })
	g.asDocumented(t, "notice")
	g.mu.Lock()
	got := strings.Join(g.bodies, "\n")
	if !strings.Contains(got, `"lines":["sdp/mine is rated red (delivery), it was not rated."]`) || strings.Count(got, "daily") != 1 || strings.Contains(got, "item-01") || strings.Contains(got, "Miggins") {
		t.Errorf("told otherwise:\n%s", got)
	}
	for i, id := range g.ids {
		if !strings.HasPrefix(id, "notice-") || !strings.Contains(g.heads[i].Get("webhook-signature"), "v1a,") {
			t.Errorf("%s is signed %q", id, g.heads[i].Get("webhook-signature"))
		}
	}
	g.mu.Unlock()
	g.answers(func(feeds.Line) int { return 410 })
	o.Do("sdp", domain.Rate{Item: "mine", To: "amber", Justification: "So it is."})
	o.Do("sdp", domain.Rate{Item: "mine", To: "red", Justification: "So it is."})
	eventually(t, "the pause", func() bool { sub, _ := o.register.Find("chat"); return sub.Paused })
}

// A server that does not take a message is not hammered: it is tried again later and later, nothing is lost meanwhile, and
// whoever looks sees why. What is too much for a message is counted.
func TestMailThatIsNotTakenWaits(t *testing.T) {
	o := newOffice(t)
	o.Do("sdp", domain.OpenPlan{Title: "Plan"})
	o.Do(domain.People, byMail("ann", domain.Wanted{}))
	var cells []domain.Fact
	on := domain.Basis{Stated: domain.Day(2030, 1, 9)}
	for i := range 510 {
		item := domain.ItemID(fmt.Sprintf("i-%d", i))
		cells = append(cells, domain.Fact{Basis: on, Event: &domain.ItemAdded{Item: item, Level: "action", Title: "x", Person: "p-ann"}},
			domain.Fact{Basis: on, Event: &domain.RatingChanged{Item: item, Dimension: "delivery", Scheme: "rag.v1", To: "red", Meaning: domain.OffTrack}})
	}
	if _, err := o.Store.Append(t.Context(), domain.Head{}, domain.Change{Plan: "bulk", Actor: domain.Actor{ID: "p-ada", Kind: domain.User, Role: domain.Admin}, Command: "fill", Facts: cells}); err != nil {
		t.Fatal(err)
	}
	s := newSecretary(t, o, 3)
	for failures := 1; failures <= 3; failures++ {
		eventually(t, "a failure", func() bool { d, _ := status(t, o, "ann"); return d.Failures == failures })
		d, failed := status(t, o, "ann")
		if wait := d.Next.Sub(s.Now()); failed == "" || wait < time.Second || wait > time.Minute {
			t.Errorf("after failure %d: %q, tried again in %v", failures, failed, wait)
		}
		s.later(time.Minute)
	}
	eventually(t, "the message", func() bool { return s.sent() != "" })
	if got := s.sent(); !strings.Contains(got, "ann@council.example: 510 notices") || strings.Count(got, "is rated red") != 500 || !strings.Contains(got, "and 10 more") {
		t.Errorf("%.300s … %s", got, got[len(got)-200:])
	}
	eventually(t, "the note of it", func() bool {
		d, failed := status(t, o, "ann")
		return d.Delivered == 1 && d.Failures == 0 && failed == ""
	})
}

// A digest gathers a day's notices, also those of the hours before it is sent, and is sent once a day.
func TestADigestIsSentOnceADay(t *testing.T) {
	o := newOffice(t)
	o.Plan("sdp")
	o.Do("sdp", domain.AddItem{Item: "mine", Level: "action", Title: "Ann's", Person: "p-ann", Owner: "Ann"})
	o.Do(domain.People, byMail("ann", domain.Wanted{Digest: true}))
	s := newSecretary(t, o, 0)
	turn := func() {
		for _, to := range []string{"red", "amber"} {
			at := o.Do("sdp", domain.Rate{Item: "mine", To: to, Justification: "So it is."}).Position
			eventually(t, "a look", func() bool { d, _ := status(t, o, "ann"); return d.Position >= at })
		}
	}
	turn()
	turn()
	if s.sent() != "" {
		t.Errorf("sent before its hour: %s", s.sent())
	}
	s.later(time.Hour)
	eventually(t, "the digest", func() bool { return strings.Count(s.sent(), "rated red") == 2 })
	turn()
	s.later(20 * time.Hour)
	turn()
	if len(s.post.all()) != 1 {
		t.Errorf("a second one the same day, or before its hour:\n%s", s.sent())
	}
	s.later(4 * time.Hour)
	eventually(t, "the next digest", func() bool { return len(s.post.all()) == 2 && strings.Count(s.sent(), "\nsdp/mine is rated red") == 4 })
}
