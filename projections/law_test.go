package projections_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/projections"
	"plantrail/projections/projectionstest"
)

// rating reads an item's rating: the last change or affirmation, the reasons given since it began, and whether one is owed.
func (n *naive) rating(id domain.ItemID, say func(field, value string)) {
	last := n.last(id, nil, &domain.RatingChanged{}, &domain.RatingAffirmed{})
	if last == nil {
		return
	}
	value, scheme := n.value(last)
	key, _ := n.keys[scheme].Value(value)
	say("rating", value+" "+key.Label)
	began := last
	for _, affirms := began.Event.(*domain.RatingAffirmed); affirms; _, affirms = began.Event.(*domain.RatingAffirmed) {
		i := slices.IndexFunc(n.all, func(o told) bool { return o.ID == began.ID })
		before := (&naive{all: n.all[:i]}).last(id, nil, &domain.RatingChanged{}, &domain.RatingAffirmed{})
		if before == nil {
			break
		}
		if was, _ := n.value(before); was != value {
			break
		}
		began = before
	}
	since := began.Stated.String()
	if fix := n.fix(began.ID, "stated"); fix != nil {
		since = fix.Value
	}
	say("since", since)
	because := ""
	for i := range n.all {
		r := &n.all[i]
		if r.Item() != id || r.compare(*began) < 0 {
			continue
		}
		switch e := r.Event.(type) {
		case *domain.RatingChanged:
			if e.Justified {
				because = n.words(r, "justification")
			}
		case *domain.RatingAffirmed:
			because = n.words(r, "justification")
		case *domain.JustificationGiven:
			if of, _ := n.value(r); of == value {
				because = n.words(r, "justification")
			}
		}
	}
	say("because", because)
	changed, _ := began.Event.(*domain.RatingChanged)
	owed := changed != nil && changed.Owed
	if fix := n.fix(began.ID, "rating"); fix != nil {
		owed = fix.Meaning.NeedsReason()
	}
	say("owed", fmt.Sprint(owed && because == ""))
}

// value is the rating that an entry gives or is about, as it was corrected after the entry.
func (n *naive) value(r *told) (value, scheme string) {
	of := domain.EventID("")
	switch e := r.Event.(type) {
	case *domain.RatingChanged:
		of, value, scheme = r.ID, e.To, e.Scheme
	case *domain.RatingAffirmed:
		value, scheme = e.Value, e.Scheme
	case *domain.JustificationGiven:
		value = e.Value
	}
	at := domain.Position(0)
	for _, o := range n.known { // the rating that stood when it was recorded
		if _, changes := o.Event.(*domain.RatingChanged); of == "" && changes && o.Item() == r.Item() && o.Position < r.Position && o.Position > at {
			at = o.Position
		}
	}
	for _, o := range n.known {
		if o.Position == at {
			of = o.ID
		}
	}
	for _, f := range n.fixes {
		if e := f.Event.(*domain.EntryCorrected); e.Corrects == of && e.Field == "rating" && f.Position > r.Position {
			value = e.Value
		}
	}
	return value, scheme
}

// shown is what a plan's view says, by field.
func shown(v projections.PlanView) map[string]string {
	all := map[string]string{"title": text(&v.Title), "policy": v.Policy.ID, "key": v.Dimensions[0].Scheme.ID}
	if v.Adopted != nil {
		all["issue"] = v.Issue + " " + text(&v.Adopted.Words)
	}
	for _, m := range v.Meetings {
		all["meeting "+string(m.Meeting)], all["papers "+string(m.Meeting)] = m.Body, fmt.Sprint(len(m.Papers))
		if m.Minutes != nil {
			all["minutes "+string(m.Meeting)] = text(&m.Minutes.Words)
		}
	}
	for _, r := range v.Resolutions {
		all["resolution "+string(r.Resolution)] = text(&r.Words)
	}
	for _, h := range v.Holds {
		all["hold "+string(h.Hold)] = text(&h.Words)
		if h.Released != nil {
			all["released "+string(h.Hold)] = text(&h.Released.Words)
		}
	}
	for _, q := range v.Requests {
		all["request "+string(q.Request)] = text(&q.Words)
		if q.Answer != nil {
			all["answer "+string(q.Request)] = text(&q.Answer.Words)
		}
		if q.Withdrawn != nil {
			all["withdrawn "+string(q.Request)] = text(&q.Withdrawn.Words)
		}
	}
	for _, it := range v.Items {
		showItem(it, func(field, value string) {
			if value != "" {
				all[string(it.Item)+" "+field] = value
			}
		})
	}
	return all
}

func text(w *projections.Words) string {
	switch {
	case w == nil:
		return ""
	case w.Erased:
		return "(erased)"
	}
	return w.Text
}

func said(s *projections.Statement) string {
	if s == nil {
		return ""
	}
	return text(&s.Words)
}

func showItem(it projections.ItemView, say func(field, value string)) {
	say("title", text(&it.Title))
	say("owner", text(it.Owner))
	say("with", text(it.With))
	say("parent", string(it.Parent))
	say("original", it.Original.String())
	say("due", it.Due.String())
	say("moves", fmt.Sprint(it.Moves))
	if it.Asked != nil {
		say("asked", it.Asked.To.String()+" "+text(&it.Asked.Words))
	}
	say("state", string(it.State))
	say("why", text(it.StateReason))
	say("claimed", said(it.Claimed))
	say("verified", said(it.Verified))
	say("waived", said(it.Waived))
	say("progress", said(it.Progress))
	if it.Outcome != nil {
		say("outcome", string(it.Outcome.Result)+" "+text(&it.Outcome.Words))
	}
	if it.Response != nil {
		say("response", string(it.Response.Response)+" "+text(&it.Response.Words))
	}
	for _, r := range it.Ratings {
		say("rating", r.Value+" "+r.Label)
		say("since", r.Since.String())
		say("because", said(r.Reason))
		say("owed", fmt.Sprint(r.Owed))
	}
	var files []string
	for _, f := range it.Evidence {
		files = append(files, fmt.Sprintf("%s %q", f.ID, text(&f.Title)))
		if f.Withdrawn != nil {
			files = append(files, fmt.Sprintf("-%s %q", f.ID, text(&f.Withdrawn.Words)))
		}
	}
	slices.Sort(files)
	say("evidence", strings.Join(files, ", "))
	for _, l := range it.Links {
		say(fmt.Sprint("link ", l.Relation, " ", l.To), "yes")
	}
	if m := it.Measure; m != nil {
		say("measure", fmt.Sprint(m.Better, " ", m.Target, m.Unit))
		if m.Last != "" {
			say("reading", string(m.Last)+" on "+m.LastOn.String()+" "+said(m.Read))
		}
		say("reading before", string(m.Before))
	}
}

// journal records what a service decides into a source.
type journal struct{ *projectionstest.Source }

func (j journal) Append(_ context.Context, _ domain.Head, c domain.Change) (all []domain.Recorded, _ error) {
	for i, f := range c.Facts {
		all = append(all, j.Add(projectionstest.Line{Plan: c.Plan, Actor: c.Actor.ID, Stated: f.Stated, Authority: f.Authority, Command: c.Command,
			Part: i + 1, Parts: len(c.Facts)}, f.Event))
	}
	return all, nil
}

func (j journal) Read(_ context.Context, plan domain.PlanID, after domain.Position) iter.Seq2[domain.Recorded, error] {
	return func(yield func(domain.Recorded, error) bool) {
		for _, r := range j.Recorded() {
			if r.Plan == plan && r.Position > after && !yield(r, nil) {
				return
			}
		}
	}
}

func (j journal) Same(context.Context, domain.PlanID, domain.Done, domain.Hash) (bool, error) {
	return true, nil
}

// council gives commands by chance; those that the domain refuses are passed over.
type council struct {
	*rapid.T
	src     *projectionstest.Source
	service *domain.Service
	given   int
	items   int
}

func (c *council) pick(of ...string) string { return rapid.SampledFrom(of).Draw(c.T, "pick") }

func (c *council) give(do domain.Command) error {
	c.given++
	by := domain.Actor{ID: domain.ActorID(c.pick("p-1", "p-2")), Kind: domain.User, Role: domain.Admin}
	_, err := c.service.Do(context.Background(), domain.Order{Plan: "pa", Actor: by, Command: domain.CommandID(fmt.Sprint("c-", c.given)), Do: do})
	return err
}

// basis states a day, a month, nothing or that nobody knows it, and an authority.
func (c *council) basis() domain.Basis {
	b := domain.Basis{Authority: &domain.Authority{Body: "Cabinet"}}
	now := c.src.Now()
	switch rapid.IntRange(0, 5).Draw(c.T, "stated") {
	case 0, 1, 2:
		b.Stated = domain.DayOf(now.AddDate(0, 0, -rapid.IntRange(0, 60).Draw(c.T, "days ago")))
	case 3:
		b.Stated = domain.Month(2019, time.Month(rapid.IntRange(11, 12).Draw(c.T, "month")))
	case 4:
		b.Stated = domain.Unstated
	}
	return b
}

func (c *council) item() domain.ItemID {
	return domain.ItemID(fmt.Sprintf("item-%02d", rapid.IntRange(1, c.items).Draw(c.T, "item")))
}

func (c *council) words() domain.Text {
	return domain.Text(fmt.Sprintf("%s %d", c.pick("Said", "Written", "Heard"), c.given))
}

func (c *council) due() domain.Date {
	return domain.Month(2020, time.Month(rapid.IntRange(3, 12).Draw(c.T, "due")))
}

func (c *council) step() domain.Command {
	b, it, w := c.basis(), c.item(), c.words()
	request := domain.RequestID(fmt.Sprintf("request-%02d", rapid.IntRange(1, 2).Draw(c.T, "request")))
	evidence := domain.EvidenceID(fmt.Sprintf("evidence-%02d", rapid.IntRange(1, 2).Draw(c.T, "evidence")))
	meeting := domain.MeetingID(c.pick("m-1", "m-2"))
	switch rapid.IntRange(0, 15).Draw(c.T, "what") {
	case 0:
		return rapid.SampledFrom([]domain.Command{
			domain.AddItem{Basis: b, Title: w, Owner: domain.Text(c.pick("", "Ann")), Due: c.due(), Kind: domain.ItemKind(c.pick("", "measure", "recommendation"))},
			domain.SetSchemes{Basis: b, Scheme: c.pick("rag.v1", "brag.v1", "month-behind.v1"), Reason: w},
		}).Draw(c.T, "shape")
	case 1, 2, 3:
		return rapid.SampledFrom([]domain.Command{
			domain.Rate{Basis: b, Item: it, To: c.pick("red", "amber", "green"), Justification: w},
			domain.Rate{Basis: b, Item: it, To: c.pick("red", "amber", "green"), Owed: true},
			domain.Justify{Basis: b, Item: it, Justification: w, Answers: domain.RequestID(c.pick("", string(request)))},
		}).Draw(c.T, "rating")
	case 4, 5:
		return rapid.SampledFrom([]domain.Command{
			domain.SetDue{Basis: b, Item: it, Due: c.due(), Reason: w}, domain.RequestDue{Basis: b, Item: it, Due: c.due(), Reason: w},
			domain.ApproveDue{Basis: b, Item: it, Reason: w}, domain.RefuseDue{Basis: b, Item: it, Reason: w},
		}).Draw(c.T, "due")
	case 6, 7:
		return rapid.SampledFrom([]domain.Command{
			domain.ClaimCompletion{Basis: b, Item: it, Claim: w}, domain.VerifyCompletion{Basis: b, Item: it, Verified: w},
			domain.RefuseCompletion{Basis: b, Item: it, Reason: w}, domain.AcceptClosure{Basis: b, Item: it, Reason: w},
			domain.ClaimCompletion{Basis: b, Item: it, Claim: w}, domain.VerifyCompletion{Basis: b, Item: it, Verified: w},
			domain.ReopenItem{Basis: b, Item: it, Reason: w}, domain.ReopenItem{Basis: b, Item: it, Reason: w}, domain.SuspendItem{Basis: b, Item: it, Reason: w},
			domain.ResumeItem{Basis: b, Item: it, Reason: w}, domain.CancelItem{Basis: b, Item: it, Reason: w},
			domain.SupersedeItem{Basis: b, Item: it, By: []domain.ItemID{c.item()}, Reason: w},
		}).Draw(c.T, "stage")
	case 8:
		return rapid.SampledFrom([]domain.Command{
			domain.RewordItem{Basis: b, Item: it, Title: w, Reason: w}, domain.MoveItem{Basis: b, Item: it, Parent: c.item(), Reason: w},
			domain.AssignOwner{Basis: b, Item: it, Owner: domain.Text(c.pick("Ann", "Bob")), With: domain.Text(c.pick("", "Cy")), Reason: w},
			domain.LinkItems{Basis: b, Item: it, Relation: domain.ContributesTo, To: c.item()},
			domain.UnlinkItems{Basis: b, Item: it, Relation: domain.ContributesTo, To: c.item(), Reason: w},
			domain.Respond{Basis: b, Item: it, Response: domain.Agreed, Words: w},
			domain.ReportProgress{Basis: b, Item: it, Progress: w}, domain.RecordOutcome{Basis: b, Item: it, Result: domain.Achieved, Outcome: w},
		}).Draw(c.T, "item")
	case 9:
		return rapid.SampledFrom([]domain.Command{
			domain.MakeRequest{Basis: b, Item: it, Words: w}, domain.AnswerRequest{Basis: b, Request: request, Answer: w},
			domain.ChallengeRating{Basis: b, Item: it, Words: w}, domain.WithdrawRequest{Basis: b, Request: request, Reason: w},
		}).Draw(c.T, "request")
	case 10:
		return rapid.SampledFrom([]domain.Command{
			domain.DefineMeasure{Basis: b, Item: it, Better: domain.Lower, Target: domain.Amount(c.pick("20", "30")), Reason: w},
			domain.ReadMeasure{Basis: b, Item: it, Value: domain.Amount(c.pick("17", "23", "31")), Words: w},
			domain.AttachEvidence{Basis: b, Item: it, Evidence: evidence, SHA256: strings.Repeat("ab", 32), Size: 1, Title: w},
			domain.WithdrawEvidence{Basis: b, Evidence: evidence, Reason: w}, domain.WaiveEvidence{Basis: b, Item: it, Reason: w},
		}).Draw(c.T, "proof")
	case 11:
		return rapid.SampledFrom([]domain.Command{
			domain.OpenMeeting{Basis: b, Meeting: meeting, Body: "Board", On: domain.Day(2020, 2, 3)},
			domain.PublishPaper{Basis: b, Meeting: meeting, SHA256: strings.Repeat("ab", 32)}, domain.RecordMinutes{Basis: b, Meeting: meeting, Minutes: w},
			domain.Resolve{Basis: b, Printed: w}, domain.AdoptVersion{Basis: b, Version: c.pick("1", "2"), Reason: w},
			domain.SetHold{Basis: b, Reason: w}, domain.ReleaseHold{Basis: b, Hold: "hold-01", Reason: w},
		}).Draw(c.T, "plan")
	}
	return c.afterthought()
}

// thread gives a few commands of which each builds on the one before.
func (c *council) thread() {
	it, w := c.item(), c.words()
	last := func(back int) string { return fmt.Sprint(len(c.src.Recorded()) - back) }
	fix := func(back int, field, to string) domain.Command {
		return domain.Correct{Entry: last(back), Field: field, To: domain.Text(to), Reason: w}
	}
	steps := map[string][]func() domain.Command{
		"closing": {func() domain.Command { return domain.ClaimCompletion{Basis: c.basis(), Item: it, Claim: w} },
			func() domain.Command { return domain.VerifyCompletion{Basis: c.basis(), Item: it, Verified: w} },
			func() domain.Command { return domain.ReopenItem{Basis: c.basis(), Item: it, Reason: w} }},
		"readings": {func() domain.Command {
			return domain.ReadMeasure{Basis: c.basis(), Item: "item-03", Value: "23", Words: w}
		},
			func() domain.Command {
				return domain.ReadMeasure{Basis: c.basis(), Item: "item-03", Value: "22", Words: w}
			},
			func() domain.Command { return fix(1, "value", "24") }},
		"owner": {func() domain.Command {
			return domain.AssignOwner{Basis: c.basis(), Item: it, Owner: "Bob", With: "Cy", Reason: w}
		},
			func() domain.Command { return fix(0, "owner", "Bobby") }},
		"rating": {func() domain.Command { return domain.Rate{Basis: c.basis(), Item: it, To: "red", Justification: w} },
			func() domain.Command {
				return domain.Rate{Basis: c.basis(), Item: it, To: "red", Justification: "Still " + w}
			},
			func() domain.Command {
				return domain.Justify{Basis: c.basis(), Item: it, Justification: "Because " + w}
			},
			func() domain.Command { return fix(2, "rating", "amber") }},
		"move": {func() domain.Command { return domain.RequestDue{Basis: c.basis(), Item: it, Due: c.due(), Reason: w} },
			func() domain.Command { return domain.ApproveDue{Basis: c.basis(), Item: it} }},
		"key": {func() domain.Command {
			return domain.SetSchemes{Basis: c.basis(), Scheme: c.pick("brag.v1", "month-behind.v1"), Reason: w}
		},
			func() domain.Command { return domain.Rate{Basis: c.basis(), Item: it, To: "amber", Justification: w} }},
	}[c.pick("closing", "readings", "owner", "rating", "move", "key")]
	for _, step := range steps {
		_ = c.give(step())
	}
}

// afterthought corrects or erases what stands in an entry.
func (c *council) afterthought() domain.Command {
	entry := fmt.Sprint(rapid.IntRange(1, len(c.src.Recorded())).Draw(c.T, "entry"))
	field := c.pick("stated", "stated", "title", "owner", "with", "due", "rating", "rating", "justification", "reason", "claim", "words", "value", "result",
		"outcome", "answer", "minutes", "printed", "verified", "progress")
	if c.pick("correct", "correct", "correct", "erase") == "erase" {
		return domain.EraseText{Basis: domain.Basis{Authority: &domain.Authority{Body: "Monitoring Officer"}}, Entry: entry, Field: field, Reason: "a child's name"}
	}
	to := domain.Text(c.words())
	switch field {
	case "stated":
		to = domain.Text(c.pick("2020-01-15", "2019-12", "unknown"))
	case "due":
		to = "2020-10"
	case "rating":
		to = domain.Text(c.pick("red", "amber", "green"))
	case "value":
		to = "29"
	case "result":
		to = "not_achieved"
	}
	return domain.Correct{Entry: entry, Field: field, To: to, Reason: "misread"}
}

// histories makes the history of one plan by chance, in commands of one event and of several.
func histories(rt *rapid.T) *projectionstest.Source {
	src := projectionstest.NewSource()
	src.Pace = 37 * time.Hour
	c := &council{T: rt, src: src, service: domain.NewService(journal{src})}
	c.service.Now = src.Now
	if err := c.give(domain.OpenPlan{Basis: c.basis(), Title: "Plan A"}); err != nil {
		rt.Fatal(err)
	}
	for _, first := range []domain.Command{
		domain.AddItem{Basis: c.basis(), Title: "One", Owner: "Ann", Due: c.due()}, domain.AddItem{Basis: c.basis(), Title: "Two"},
		domain.AddItem{Basis: c.basis(), Title: "Three", Owner: "Ann", Kind: domain.MeasureKind},
		domain.OpenMeeting{Basis: c.basis(), Meeting: "m-1", Body: "Board", On: domain.Day(2020, 2, 3)},
		domain.DefineMeasure{Basis: c.basis(), Item: "item-03", Better: domain.Lower, Target: "20"},
		domain.MakeRequest{Basis: c.basis(), Item: "item-01", Words: "Why?", Meeting: "m-1"},
	} {
		if err := c.give(first); err != nil {
			rt.Fatal(err)
		}
	}
	c.items = 3
	for range rapid.IntRange(2, 70).Draw(rt, "commands") {
		switch c.pick("one", "one", "one", "one", "thread", "several") {
		case "one":
			_ = c.give(c.step())
		case "thread":
			c.thread()
		default:
			_ = c.give(domain.Import{Basis: c.basis(), Paper: domain.PaperImported{Rows: 1}, Steps: []domain.Command{c.step(), c.step()}})
		}
		c.items = len(src.History("pa").Plan().Items())
	}
	return src
}

func TestEachClockEqualsThePlainestReading(t *testing.T) {
	domaintest.Long(t)
	rapid.Check(t, func(rt *rapid.T) {
		src := histories(rt)
		db := opened(t, src)
		all := src.Recorded()
		for range 6 {
			at, known := moment(rt, all)
			if at.AsReported != "" && known == nil {
				continue
			}
			got, err := view(t, db, at)
			want := readNaively(t, src, known, at.ValidAt).state()
			if domain.KindOf(err) == domain.NotFound && len(want) == 0 {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				rt.Fatalf("%+v: naive -, shown +\n%s\n%s", at, diff, listed(src))
			}
		}
	})
}

// What the rules find as at a moment is what they found when that moment was now, though more has been recorded since. Words
// that were erased since are gone from both.
func TestFindingsAsAtAreThoseOfThatDay(t *testing.T) {
	domaintest.Long(t)
	rapid.Check(t, func(rt *rapid.T) {
		src := histories(rt)
		all := src.Recorded()
		erased := 1
		for i, r := range all {
			if _, erases := r.Event.(*domain.ErasureRequested); erases {
				erased = i + 1 // before it more was known than today
			}
		}
		n := rapid.IntRange(erased, len(all)).Draw(rt, "position")
		for ; all[n-1].Part < all[n-1].Parts; n++ { // nobody sees a command half done
		}
		now := opened(t, src)
		src.Twist = func(r domain.Recorded) []domain.Recorded {
			if int(r.Position) > n {
				return nil
			}
			return []domain.Recorded{r}
		}
		then := opened(t, src)
		last := all[n-1].RecordedAt
		day := domain.DayOf(last)
		want, err := then.Findings(t.Context(), "pa", projections.At{}, day)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []projections.At{{Position: domain.Position(n)}, {RecordedAt: last}} {
			got, err := now.Findings(t.Context(), "pa", at, domain.Day(2031, 1, 1))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.Findings, got.Findings, cmp.Comparer(func(a, b domain.Date) bool { return a == b })); diff != "" || got.Judged != day {
				rt.Fatalf("%+v: then -, as at +\n%s\n%s", at, diff, listed(src))
			}
		}
	})
}

func opened(t *testing.T, src *projectionstest.Source) *projections.DB {
	t.Helper()
	db, err := projections.Open(t.Context(), t.TempDir()+"/read.db", projections.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Rebuild(t.Context(), src, nil); err != nil {
		t.Fatal(err)
	}
	return db
}

// moment is a question by one clock or two, and the entries that were known by then.
func moment(rt *rapid.T, all []domain.Recorded) (at projections.At, known []domain.Recorded) {
	n := rapid.IntRange(1, len(all)).Draw(rt, "position")
	switch rapid.IntRange(0, 3).Draw(rt, "clock") {
	case 0:
		at.Position = domain.Position(n)
	case 1:
		at.RecordedAt = all[n-1].RecordedAt.Add(time.Duration(rapid.IntRange(0, 100).Draw(rt, "hours")) * time.Hour)
		for n < len(all) && !all[n].RecordedAt.After(at.RecordedAt) {
			n++
		}
	case 2:
		at.AsReported = domain.MeetingID(rapid.SampledFrom([]string{"m-1", "m-2"}).Draw(rt, "meeting"))
		n = 0
		for _, r := range all {
			if e, ok := r.Event.(*domain.PaperPublished); ok && e.Meeting == at.AsReported {
				n = int(e.Version)
			}
		}
		known = all[:n]
		if n == 0 {
			return at, nil
		}
	default:
		n = len(all)
	}
	if at.AsReported == "" {
		var gather domain.Gather // of a command of several events, all counts or none
		for _, r := range all[:n] {
			known = append(known, gather.Add(r)...)
		}
	}
	if rapid.Bool().Draw(rt, "valid") {
		at.ValidAt = domain.DayOf(projectionstest.Start.AddDate(0, 0, rapid.IntRange(-60, 60).Draw(rt, "day")))
	}
	return at, known
}

func listed(src *projectionstest.Source) string {
	var b strings.Builder
	for _, r := range src.Recorded() {
		fmt.Fprintf(&b, "%d %s stated %s recorded %s %+v\n", r.Position, r.Event.Type(), r.Stated, r.RecordedAt.Format("2006-01-02 15:04"), r.Event)
	}
	return b.String()
}
