package web

import (
	"context"
	"fmt"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/sheets"
)

// received sets what members received for a meeting beside what is known now of the day of the meeting, and beside how things
// stand now. Without a meeting it is the last one for which a paper was published.
func (r *reporting) received(ctx context.Context) error {
	known := projections.At{Position: r.until()}
	now, err := r.s.deps.Reads.Plan(ctx, r.plan, known)
	if err != nil {
		return err
	}
	m, err := r.paperFor(now)
	if err != nil {
		return err
	}
	if m == nil {
		r.section("No paper", "No paper of this plan was published for a meeting by "+r.day.Words()+".")
		return nil
	}
	paper, then := projections.At{AsReported: m.Meeting, Position: known.Position}, projections.At{ValidAt: m.On, Position: known.Position}
	said, err := r.s.deps.Reads.Plan(ctx, r.plan, paper)
	if err != nil {
		return err
	}
	held, err := r.s.deps.Reads.Plan(ctx, r.plan, then)
	if err != nil {
		return err
	}
	last := m.Papers[len(m.Papers)-1]
	r.Moment = append(r.Moment, sheets.Fact{Name: "Paper", Is: fmt.Sprintf("for %s, %s (%s): version %d of the plan, published as entry %d, SHA-256 %s", m.Body, m.On.Words(), m.Meeting,
		last.Version, last.Published.Entry, last.SHA256)})
	s := r.section("What the paper said, what is known of that day now, and how it stands", "The plan had no items.",
		columns("Item", "~Aim", "The paper said", "~For this reason", "Due, it said", "Known now of "+m.On.Words(), "Now", "Due now")...)
	for _, it := range said.Items {
		rating := nth(it, said.Dimensions, 0)
		row(s, r.item(it), sheets.Words(plainWords(it.Title)), ratingOrState(it, rating), sheets.Words(statement(rating.Reason)), dateCell(it.Due),
			stands(held, it.Item), stands(now, it.Item), dueOf(now, it.Item))
	}
	if err := r.learnt(ctx, "What is known now of "+m.On.Words()+", and the paper did not say", "Nothing: what the paper said of that day still holds.", paper, then); err != nil {
		return err
	}
	return r.learnt(ctx, "What was recorded beyond that, until now", "Nothing was.", then, known)
}

// paperFor is the meeting that is asked for, by its id or its day, or the last one by the report's day for which a paper was
// published.
func (r *reporting) paperFor(v projections.PlanView) (last *projections.MeetingView, err error) {
	on, _ := domain.ParseDate(r.meeting)
	for i, m := range v.Meetings {
		asked := r.meeting == "" && !m.On.Start().After(r.day.Start()) || string(m.Meeting) == r.meeting || on.Known() && m.On == on
		if asked && len(m.Papers) > 0 && (last == nil || !m.On.Start().Before(last.On.Start())) {
			last = &v.Meetings[i]
		}
	}
	if last == nil && r.meeting != "" {
		return nil, domain.Errorf(domain.NotFound, "meeting", "no paper of this plan was published for such a meeting").WithHint("`plantrail meeting list` names the meetings, their days and papers; a paper that is imported with --body is one")
	}
	if last != nil {
		r.meeting = string(last.Meeting)
	}
	return last, nil
}

// thenAndNow sets a plan as it was on a day, by all that is known, beside what it is: what an inspector saw, and sees.
func (r *reporting) thenAndNow(ctx context.Context) error {
	then, known := r.at, projections.At{Position: r.until()}
	if !then.ValidAt.Known() {
		then.ValidAt = r.day
		r.Notes = append(r.Notes, "No day was given, so it is the day on which the report is judged. Another one, of a visit say, is given with --valid-at.")
	}
	held, err := r.s.deps.Reads.Plan(ctx, r.plan, then)
	if err != nil {
		return err
	}
	now, err := r.s.deps.Reads.Plan(ctx, r.plan, known)
	if err != nil {
		return err
	}
	s := r.section("The plan on "+then.ValidAt.Words()+", and now", "The plan had no items.",
		columns("Item", "~Aim", "Then", "~For this reason", "Owner", "Due", "Now", "Due now")...)
	for _, it := range held.Items {
		rating := nth(it, held.Dimensions, 0)
		row(s, r.item(it), sheets.Words(plainWords(it.Title)), ratingOrState(it, rating), sheets.Words(statement(rating.Reason)), sheets.Words(plainWords(it.Owner)), dateCell(it.Due),
			stands(now, it.Item), dueOf(now, it.Item))
	}
	return r.learnt(ctx, "What is different now", "Nothing is.", then, known)
}

// learnt is how a plan differs between two moments: who said so, and when it was recorded.
func (r *reporting) learnt(ctx context.Context, title, none string, from, to projections.At) error {
	v, err := r.s.deps.Reads.Compare(ctx, r.plan, from, to)
	if err != nil {
		return err
	}
	s := r.section(title, none, columns("Item", "~Aim", "What", "From", "To", "~In whose words", "By", "Stated", "On whose authority", "Recorded")...)
	for _, d := range v.Differences {
		r.change(s, d)
		recorded := sheets.Cell{Kind: sheets.DateCell}
		if d.After != nil {
			recorded = dateCell(domain.DayOf(d.After.Said.RecordedAt))
		}
		s.Rows[len(s.Rows)-1] = append(s.Rows[len(s.Rows)-1], recorded)
	}
	return nil
}

// ratingOrState is how an item stands: its rating, and its state where that says more.
func ratingOrState(it projections.ItemView, rating projections.RatingView) sheets.Cell {
	switch {
	case it.State != domain.ItemOpen && rating.Value != "":
		c := ratingCell(rating)
		c.Text += ", " + spacedOut(it.State)
		return c
	case it.State != domain.ItemOpen:
		return sheets.Words(spacedOut(it.State))
	case rating.Value == "":
		return sheets.Words("not rated")
	}
	return ratingCell(rating)
}

func stands(v projections.PlanView, id domain.ItemID) sheets.Cell {
	for _, it := range v.Items {
		if it.Item == id {
			return ratingOrState(it, nth(it, v.Dimensions, 0))
		}
	}
	return sheets.Words("not there")
}

func dueOf(v projections.PlanView, id domain.ItemID) sheets.Cell {
	for _, it := range v.Items {
		if it.Item == id {
			return dateCell(it.Due)
		}
	}
	return sheets.Cell{Kind: sheets.DateCell}
}

// asks is everything that members asked or challenged, officers promised and meetings resolved, and what came of it.
func (r *reporting) asks(ctx context.Context) error {
	strips, err := r.strips(ctx)
	if err != nil {
		return err
	}
	heads := columns("Request", "Kind", "Item", "~Aim", "~What was asked", "By whom", "On", "Wanted by", "~Answer", "~What happened next")
	waiting := r.section("Not answered", "Every request and challenge is answered or withdrawn.", heads...)
	settled := r.section("Answered or withdrawn", "None is.", heads...)
	for _, q := range r.view.Requests {
		s, answer := waiting, r.waits(q)
		switch {
		case q.Answer != nil:
			s, answer = settled, q.Answer.Said.Stated.Words()+", "+sayer(q.Answer)+": "+said(q.Answer)
		case q.Withdrawn != nil:
			s, answer = settled, "Withdrawn "+q.Withdrawn.Said.Stated.Words()+": "+said(q.Withdrawn)
		}
		item, aim := sheets.Words("the whole plan"), ""
		if it := itemOf(r.view, q.Item); it != nil {
			item, aim = r.item(*it), plainWords(it.Title)
		}
		row(s, sheets.Words(string(q.Request)), sheets.Words(kindOf(q)), item, sheets.Words(aim), sheets.Words(plainWords(q.Words)), sheets.Words(plainWords(q.AskedBy)),
			dateCell(q.Said.Stated), r.wantedBy(q), sheets.Words(answer), sheets.Words(r.after(strips[q.Item], q.Said.Stated)))
	}
	return r.resolutions(ctx)
}

func kindOf(q projections.RequestView) string {
	switch {
	case q.Challenge:
		return "challenge of a rating"
	case q.Commitment:
		return "promise of officers"
	}
	return "request"
}

func (r *reporting) waits(q projections.RequestView) string {
	if by, on := r.wanted(q); on.Known() && domain.DaysBetween(on, r.day) > 0 {
		return fmt.Sprintf("None: it was wanted by %s, %d days ago.", by, domain.DaysBetween(on, r.day))
	}
	return "None yet."
}

func (r *reporting) wantedBy(q projections.RequestView) sheets.Cell {
	by, _ := r.wanted(q)
	return sheets.Words(by)
}

// wanted is when an answer is wanted, in words and as a day.
func (r *reporting) wanted(q projections.RequestView) (words string, on domain.Date) {
	for _, m := range r.view.Meetings {
		if m.Meeting == q.Meeting {
			return "the " + m.Body + ", " + m.On.Words(), m.On
		}
	}
	switch {
	case q.Due.Known():
		return q.Due.Words(), q.Due
	case q.DueAs != "":
		return q.DueAs, domain.Date{}
	}
	return "no day was named", domain.Date{}
}

func itemOf(v projections.PlanView, id domain.ItemID) *projections.ItemView {
	for i := range v.Items {
		if v.Items[i].Item == id {
			return &v.Items[i]
		}
	}
	return nil
}

func (r *reporting) strips(ctx context.Context) (map[domain.ItemID][]projections.StripSpan, error) {
	v, err := r.s.deps.Reads.Strips(ctx, r.plan, "", projections.At{Position: r.until()})
	all := map[domain.ItemID][]projections.StripSpan{}
	for _, it := range v.Items {
		all[it.Item] = it.Spans
	}
	return all, err
}

// after is how an item's rating went on after a day.
func (r *reporting) after(spans []projections.StripSpan, day domain.Date) string {
	words := ""
	for _, s := range spans {
		if from := domain.DayOf(s.From); day.Known() && s.From.Before(r.day.End()) && domain.DaysBetween(day, from) > 0 {
			words += "Rated " + s.Label + " from " + from.Words()
			if s.Ended != "" {
				words += ", " + spacedOut(s.Ended)
			}
			words += ". "
		}
	}
	if words == "" && len(spans) > 0 {
		return "The rating has not changed since."
	}
	return words
}

// resolutions are what meetings resolved, and what was recorded on their authority.
func (r *reporting) resolutions(ctx context.Context) error {
	acted := map[string][]string{}
	err := r.s.eachEntry(ctx, projections.TimelineQuery{Plan: r.plan, At: projections.At{Position: r.until()}}, func(e projections.Entry) error {
		if e.Authority != nil && e.Type != (&domain.ResolutionRecorded{}).Type() {
			key := e.Authority.Body + e.Authority.Meeting.String()
			acted[key] = append(acted[key], fmt.Sprintf("entry %d: %s", e.Entry, e.Summary))
		}
		return nil
	})
	s := r.section("Resolutions of meetings", "None was recorded.", columns("Resolution", "Body", "~As printed", "~Recorded on the authority of that meeting")...)
	for _, q := range r.view.Resolutions {
		done, body := []string{"nothing yet"}, ""
		if q.Authority != nil {
			body = q.Authority.Words()
			if all := acted[q.Authority.Body+q.Authority.Meeting.String()]; len(all) > 0 {
				done = all
			}
		}
		row(s, sheets.Words(string(q.Resolution)), sheets.Words(body), sheets.Words(plainWords(q.Words)), sheets.Words(done...))
	}
	return err
}
