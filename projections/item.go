package projections

import (
	"context"
	"encoding/json"

	"plantrail/domain"
)

// ItemHistory is everything about one item up to a moment.
func (db *DB) ItemHistory(ctx context.Context, plan domain.PlanID, item domain.ItemID, at At) (h ItemHistory, err error) {
	if at.AsReported != "" || !at.ValidAt.IsZero() {
		return h, domain.Errorf(domain.Invalid, "valid_at", "an item's history is told by the clock of recording").
			WithHint("ask the plan what it said of the item on that day or in that paper")
	}
	err = db.view(ctx, func(s *snapshot) error {
		upto, err := s.position(plan, at)
		if err != nil {
			return err
		}
		h, err = s.itemHistory(plan, item, upto)
		return err
	})
	return h, err
}

func (s *snapshot) itemHistory(plan domain.PlanID, item domain.ItemID, upto domain.Position) (h ItemHistory, err error) {
	v, err := s.planState(plan, upto)
	if err != nil {
		return h, err
	}
	ref, err := s.itemRef(plan, item)
	if err != nil {
		return h, err
	}
	f := filter{index: "timeline_item"}
	f.and("ref = ? AND visible <= ?", int64(ref), int64(upto))
	if h.Entries, err = s.entries(upto, f, -1); err != nil {
		return h, err
	}
	if len(h.Entries) == 0 {
		return h, domain.Errorf(domain.NotFound, "item", "plan %s had no item %s then", plan, item)
	}
	if h.PlanMoment, err = s.moment(plan, upto); err != nil {
		return h, err
	}
	steps, err := refold(h.Entries)
	if err != nil {
		return h, err
	}
	requests, err := s.requestsAbout(plan, item, upto)
	if err != nil {
		return h, err
	}
	c := newCites(s, upto)
	for _, st := range steps {
		c.needItem(st.item)
		c.need(st.entry.Position, st.item.DueAt)
	}
	c.needRequests(requests)
	if err := c.load(); err != nil {
		return h, err
	}
	h.Item = c.itemView(v, steps[len(steps)-1].item)
	h.Spans = spans(c, steps)
	h.Requests = []RequestView{}
	for _, q := range requests {
		h.Requests = append(h.Requests, c.requestView(q))
	}
	return h, nil
}

func (s *snapshot) requestsAbout(plan domain.PlanID, item domain.ItemID, upto domain.Position) (about []domain.Request, err error) {
	all, err := s.requests(plan, upto)
	for _, q := range all {
		if q.Item == item {
			about = append(about, q)
		}
	}
	return about, err
}

// step is an item just after one of its entries.
type step struct {
	entry *Entry
	item  domain.Item
}

// refold folds an item's entries again, for the states between the events of one command, which the tables don't keep.
func refold(entries []Entry) ([]step, error) {
	steps := make([]step, len(entries))
	var it domain.Item
	for i := range entries {
		e := &entries[i]
		event := domain.NewEvent(e.Type)
		if err := json.Unmarshal(e.Data, event); err != nil {
			return nil, err
		}
		if aboutState(event) {
			it = it.After(domain.Recorded{Position: e.Position, ID: e.Event, Plan: e.Plan, Event: event, Actor: domain.Actor{ID: e.By.ID},
				Basis: domain.Basis{Stated: e.Stated, Authority: e.Authority}})
		}
		steps[i] = step{e, it}
	}
	return steps, nil
}

// held is a value of one field: what it is, and the event that its span begins with.
type held struct {
	value   string
	meaning domain.Meaning
	at      domain.Position // what identifies the value beside its text: two outcomes of the same result are two spans
	reason  domain.Position
	name    string // of the reason's text
	erased  bool   // the value was a text
}

// fields lists the values of an item, by field.
func fields(c *cites, it domain.Item) map[string]held {
	all := map[string]held{
		"title": c.held(it.Title, "title", it.Title),
		"state": {value: string(it.State), at: it.StateAt, reason: it.StateAt, name: "reason"},
	}
	if it.Owner > 0 {
		all["owner"] = c.held(it.Owner, "owner", it.Owner)
	}
	if !it.Due.IsZero() {
		all["due"] = held{value: it.Due.String(), at: it.DueAt, reason: it.DueAt, name: "reason"}
	}
	if it.Parent != "" {
		all["parent"] = held{value: string(it.Parent)}
	}
	if it.Progress > 0 {
		all["progress"] = c.held(it.Progress, "progress", 0)
	}
	if it.Outcome > 0 {
		all["outcome"] = held{value: string(it.Result), at: it.Outcome, reason: it.Outcome, name: "outcome"}
	}
	for _, r := range it.Ratings {
		all["rating:"+r.Dimension] = held{value: r.Value, meaning: r.Meaning, at: r.Set, reason: r.Reason, name: "justification"}
	}
	return all
}

// held is a text as a value.
func (c *cites) held(at domain.Position, text string, reason domain.Position) held {
	w := c.words(at, text)
	return held{value: w.Text, erased: w.Erased, at: at, reason: reason, name: "reason"}
}

// spans turns the item's states into stretches during which a value held, in the order in which they began.
func spans(c *cites, steps []step) []Span {
	all := []Span{}
	open := map[string]int{} // field → its span that still holds
	was := map[string]held{}
	for _, st := range steps {
		now := fields(c, st.item)
		_, correction := correctionOf(st.entry)
		for _, field := range append([]string{"title", "owner", "due", "state", "parent", "progress", "outcome"}, dimensions(st.item)...) {
			before, had := was[field]
			after, has := now[field]
			same := had == has && before.value == after.value && before.at == after.at
			if !same && had {
				until := st.entry.Said
				all[open[field]].Until, all[open[field]].Corrected = &until, correction
			}
			if !same && has {
				open[field] = len(all)
				all = append(all, Span{Field: field, Value: after.value, Erased: after.erased, From: st.entry.Said, Meaning: after.meaning})
			}
			if has && after.reason > 0 {
				all[open[field]].Reason = c.reason(after)
			}
		}
		was = now
	}
	return all
}

func correctionOf(e *Entry) (domain.EventID, bool) { return e.Corrects, e.Corrects != "" }

func dimensions(it domain.Item) (names []string) {
	for _, r := range it.Ratings {
		names = append(names, "rating:"+r.Dimension)
	}
	return names
}

// reason is why a value was given; nil when nobody said.
func (c *cites) reason(h held) *Statement {
	s := c.statement(h.reason, h.name)
	if s == nil || s.Words == (Words{}) {
		return nil
	}
	return s
}
