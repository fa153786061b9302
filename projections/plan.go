package projections

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"plantrail/domain"
)

// Plans lists all plans, by id. With since each says how many of its entries were recorded from then on.
func (db *DB) Plans(ctx context.Context, since time.Time) (all []PlanSummary, err error) {
	all = []PlanSummary{}
	err = db.view(ctx, func(s *snapshot) error {
		c := newCites(s, s.end.position)
		titles := map[domain.PlanID]domain.Position{}
		err := s.each(func(rows *sql.Rows) error {
			var p PlanSummary
			var counts []byte
			var changed int64
			var title domain.Position
			if err := rows.Scan(&p.Plan, &p.Version, &changed, &p.Items, &counts, &title, &p.Closed); err != nil {
				return err
			}
			p.Changed = micros(changed)
			titles[p.Plan] = title
			c.need(title)
			err := json.Unmarshal(counts, &p.Counts)
			all = append(all, p)
			return err
		}, `SELECT h.plan, h.version, h.changed, h.items, h.counts, s.state ->> '$.title', s.state ->> '$.closed' IS NOT NULL FROM histories h JOIN plan_states s ON s.plan = h.plan
			WHERE s.visible = (SELECT max(visible) FROM plan_states WHERE plan = h.plan) ORDER BY h.plan`)
		if err != nil {
			return err
		}
		if err := c.load(); err != nil {
			return err
		}
		for i := range all {
			all[i].Title = c.words(titles[all[i].Plan], "title")
			if !since.IsZero() {
				if all[i].Changes, err = s.changes(all[i], since); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return all, err
}

// changes are how many versions a plan has gone on from an instant.
func (s *snapshot) changes(p PlanSummary, since time.Time) (*uint64, error) {
	none := uint64(0)
	if p.Changed.Before(since) {
		return &none, nil
	}
	last, err := s.recordedBy(p.Plan, since.Add(-time.Microsecond))
	if err != nil {
		return nil, err
	}
	before := uint64(0)
	if last > 0 {
		err = s.row("SELECT planseq FROM timeline WHERE position = ?", int64(last)).Scan(&before)
	}
	n := p.Version - before
	return &n, err
}

// Plan is a plan at a moment.
func (db *DB) Plan(ctx context.Context, plan domain.PlanID, at At) (v PlanView, err error) {
	err = db.view(ctx, func(s *snapshot) error {
		r, upto, err := s.rowsAt(plan, at)
		if err != nil {
			return err
		}
		v, err = s.planView(r, upto)
		return err
	})
	return v, err
}

// planRows are the states of a plan and all that is in it, at a moment.
type planRows struct {
	moment      Moment
	plan        domain.PlanState
	items       []domain.Item
	requests    []domain.Request
	resolutions []resolutionRow
	holds       []holdRow
}

type resolutionRow struct {
	id domain.ResolutionID
	at domain.Position
}

func (s *snapshot) planRows(plan domain.PlanID, upto domain.Position) (r planRows, err error) {
	if r.plan, err = s.planState(plan, upto); err != nil {
		return r, err
	}
	if r.moment, err = s.moment(plan, upto); err != nil {
		return r, err
	}
	if r.items, err = s.items(plan, upto); err != nil {
		return r, err
	}
	if r.requests, err = s.requests(plan, upto); err != nil {
		return r, err
	}
	if r.holds, err = s.holds(plan, upto); err != nil {
		return r, err
	}
	err = s.each(func(rows *sql.Rows) error {
		var row resolutionRow
		err := rows.Scan(&row.id, &row.at)
		r.resolutions = append(r.resolutions, row)
		return err
	}, "SELECT resolution, position FROM resolutions WHERE plan = ? AND visible <= ? ORDER BY visible, position", string(plan), int64(upto))
	return r, err
}

func (s *snapshot) planState(plan domain.PlanID, upto domain.Position) (p domain.PlanState, err error) {
	var state []byte
	err = s.row("SELECT state FROM plan_states WHERE plan = ? AND visible <= ? ORDER BY visible DESC LIMIT 1",
		string(plan), int64(upto)).Scan(&state)
	if errors.Is(err, sql.ErrNoRows) {
		return p, noPlan(plan)
	}
	if err == nil {
		err = json.Unmarshal(state, &p)
	}
	return p, err
}

// items gives the states of a plan's items, in the order in which they were added.
func (s *snapshot) items(plan domain.PlanID, upto domain.Position) (all []domain.Item, err error) {
	type added struct {
		visible, ref domain.Position
		item         *domain.Item
	}
	var found []added
	err = s.each(func(rows *sql.Rows) error {
		a := added{item: &domain.Item{}}
		var state []byte
		if err := rows.Scan(&a.visible, &a.ref, &state); err != nil {
			return err
		}
		err := json.Unmarshal(state, a.item)
		found = append(found, a)
		return err
	}, `SELECT i.visible, i.ref, (SELECT state FROM item_states s WHERE s.ref = i.ref AND s.visible <= ?2 ORDER BY s.visible DESC LIMIT 1)
		FROM items i WHERE i.plan = ?1 AND i.visible <= ?2`, string(plan), int64(upto))
	slices.SortFunc(found, func(a, b added) int {
		return cmp.Or(cmp.Compare(a.visible, b.visible), cmp.Compare(a.ref, b.ref))
	})
	all = slices.Grow(all, len(found))
	for _, a := range found {
		all = append(all, *a.item)
	}
	return all, err
}

func (s *snapshot) requests(plan domain.PlanID, upto domain.Position) (all []domain.Request, err error) {
	err = s.each(func(rows *sql.Rows) error {
		var state []byte
		var q domain.Request
		if err := rows.Scan(&state); err != nil {
			return err
		}
		err := json.Unmarshal(state, &q)
		all = append(all, q)
		return err
	}, `SELECT state FROM (SELECT request, state, max(visible) FROM request_states WHERE plan = ? AND visible <= ? GROUP BY request)`,
		string(plan), int64(upto))
	slices.SortFunc(all, func(a, b domain.Request) int { return cmp.Compare(a.Made, b.Made) })
	return all, err
}

func (s *snapshot) planView(r planRows, upto domain.Position) (v PlanView, err error) {
	c := newCites(s, upto)
	c.need(r.plan.Title, r.plan.Opened, r.plan.Closed)
	c.needMeetings(r.plan)
	for _, it := range r.items {
		c.needItem(it)
	}
	for _, h := range r.holds {
		c.need(h.set, h.released)
	}
	for _, q := range r.resolutions {
		c.need(q.at)
	}
	c.needRequests(r.requests)
	if err := c.load(); err != nil {
		return v, err
	}
	v = PlanView{Moment: r.moment, Plan: r.plan.ID, Title: c.words(r.plan.Title, "title"), Levels: r.plan.Levels,
		Dimensions: r.plan.Dimensions, Opened: c.at(r.plan.Opened), CloseReason: c.optional(r.plan.Closed, "reason"),
		Items: []ItemView{}, Requests: []RequestView{}, Resolutions: []ResolutionView{},
		Retired: r.plan.Retired, Policy: r.plan.InForce(), Issue: r.plan.Version, Adopted: c.statement(r.plan.Adopted, "reason"),
		Meetings: c.meetingViews(r.plan)}
	if r.plan.Closed > 0 {
		closed := c.at(r.plan.Closed)
		v.Closed = &closed
	}
	v.Items = slices.Grow(v.Items, len(r.items))
	for _, it := range r.items {
		v.Items = append(v.Items, c.itemView(r.plan, it))
	}
	for _, q := range r.requests {
		v.Requests = append(v.Requests, c.requestView(q))
	}
	for _, q := range r.resolutions {
		v.Resolutions = append(v.Resolutions, c.resolutionView(q))
	}
	for _, h := range r.holds {
		v.Holds = append(v.Holds, c.holdView(h))
	}
	return v, nil
}

func (c *cites) needItem(it domain.Item) {
	c.need(it.Title, it.Owner, it.StateAt, it.Progress, it.Outcome)
	for _, r := range it.Ratings {
		c.need(r.Set, r.Reason)
	}
	for _, f := range it.Evidence {
		c.need(f.Attached, f.Withdrawn)
	}
	c.needPractice(it)
}

func (c *cites) itemView(plan domain.PlanState, it domain.Item) ItemView {
	v := ItemView{Item: it.ID, Ref: it.Ref, Level: it.Level, Parent: it.Parent, Title: c.words(it.Title, "title"),
		Owner: c.optional(it.Owner, "owner"), Person: it.Person, Due: it.Due, Original: it.Original, Moves: it.Moves, State: it.State,
		StateSaid: c.at(it.StateAt), Ratings: []RatingView{}, Progress: c.statement(it.Progress, "progress")}
	for _, r := range it.Ratings {
		v.Ratings = append(v.Ratings, c.ratingView(plan, r))
	}
	if it.Outcome > 0 {
		v.Outcome = &OutcomeView{Result: it.Result, Statement: *c.statement(it.Outcome, "outcome")}
	}
	for _, f := range it.Evidence {
		v.Evidence = append(v.Evidence, c.evidenceView(it.ID, f))
	}
	c.practiceView(plan, it, &v)
	return v
}

func (c *cites) ratingView(plan domain.PlanState, r domain.Rating) RatingView {
	v := RatingView{Dimension: r.Dimension, Scheme: r.Scheme, Value: r.Value, Label: r.Value,
		Meaning: r.Meaning, Since: r.Since, Set: c.at(r.Set), Reason: c.statement(r.Reason, "justification"), Owed: r.Owed, SameAs: r.SameAs}
	if key, ok := plan.Value(r.Scheme, r.Value); ok {
		v.Label, v.Colour, v.Shape = key.Label, key.Colour, key.Shape
	}
	return v
}

func (c *cites) needRequests(all []domain.Request) {
	for _, q := range all {
		c.need(q.Made, q.Answered, q.Withdrawn)
	}
}

func (c *cites) requestView(q domain.Request) RequestView {
	v := RequestView{Request: q.ID, Item: q.Item, Due: q.Due,
		Statement: *c.statement(q.Made, "words"),
		Meeting:   q.Meeting, DueAs: q.DueAs, Commitment: q.Commitment, Challenge: q.Challenge, Withdrawn: c.statement(q.Withdrawn, "reason")}
	if asked := c.words(q.Made, "asked_by"); asked != (Words{}) {
		v.AskedBy = &asked
	}
	v.Answer = c.statement(q.Answered, "answer")
	return v
}

func (c *cites) resolutionView(q resolutionRow) ResolutionView {
	v := ResolutionView{Resolution: q.id, Statement: *c.statement(q.at, "printed")}
	if e := c.said[q.at]; e != nil {
		v.Authority = e.authority
	}
	return v
}

// Ambers is the members' table: the items whose rating in the plan's first dimension has one of the meanings, at risk when
// none are given, with the reason in somebody's words.
func (db *DB) Ambers(ctx context.Context, plan domain.PlanID, at At, meanings ...domain.Meaning) (t AmberTable, err error) {
	if len(meanings) == 0 {
		meanings = []domain.Meaning{domain.AtRisk}
	}
	v, err := db.Plan(ctx, plan, at)
	if err != nil {
		return t, err
	}
	t = AmberTable{Moment: v.Moment, Plan: plan, Title: v.Title, Key: v.Dimensions, Rows: []Amber{}}
	reasons := map[domain.ItemID]*Statement{}
	for _, it := range v.Items {
		if r := it.first(v); r != nil {
			reasons[it.Item] = r.Reason
		}
	}
	for _, it := range v.Items {
		r := it.first(v)
		if r == nil || !slices.Contains(meanings, r.Meaning) || it.State.Ended() {
			continue
		}
		row := Amber{Item: it.Item, Ref: it.Ref, Aim: it.Title, Rating: *r, Owner: it.Owner, Due: it.Due}
		if r.SameAs != "" {
			row.SameAs = reasons[r.SameAs]
		}
		for _, q := range v.Requests {
			if q.Item == it.Item && q.Answer == nil && q.Withdrawn == nil {
				row.Request = append(row.Request, q)
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// first is the item's rating in the plan's first dimension, nil when it has none.
func (it *ItemView) first(v PlanView) *RatingView {
	for i := range it.Ratings {
		if len(v.Dimensions) > 0 && it.Ratings[i].Dimension == v.Dimensions[0].Key {
			return &it.Ratings[i]
		}
	}
	return nil
}
