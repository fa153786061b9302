package projections

import (
	"context"
	"time"

	"plantrail/domain"
)

// Strips is the picture of a plan: each item's ratings over its life in one dimension, by the days that entries state.
type Strips struct {
	Moment
	Plan      domain.PlanID    `json:"plan"`
	Title     Words            `json:"title"`
	Dimension domain.Dimension `json:"dimension"` // with its key
	Items     []Strip          `json:"items"`
}

// Strip is one item's ratings, from the first to the one that holds.
type Strip struct {
	Item  domain.ItemID `json:"item"`
	Ref   string        `json:"ref,omitempty"`
	Aim   Words         `json:"aim"`
	Spans []StripSpan   `json:"spans"`
}

// StripSpan is a rating, from the day on which it began to hold until the next one does. Value is "" while the item was
// not rated; Ended says that the item had come to an end.
type StripSpan struct {
	From    time.Time      `json:"from"`
	Value   string         `json:"value,omitempty"`
	Label   string         `json:"label,omitempty"`
	Colour  string         `json:"colour,omitempty"`
	Shape   string         `json:"shape,omitempty"`
	Meaning domain.Meaning `json:"meaning,omitempty"`
	Ended   string         `json:"ended,omitempty"` // the item's state
	Entry   uint64         `json:"entry"`           // of the timeline, that says so
}

// Strips is the picture of a plan in a dimension, "" for its first, as known at a moment.
func (db *DB) Strips(ctx context.Context, plan domain.PlanID, dimension string, at At) (v Strips, err error) {
	err = db.view(ctx, func(s *snapshot) error {
		upto, err := s.position(plan, at)
		if err != nil {
			return err
		}
		entries, err := s.recorded(plan, upto)
		if err != nil {
			return err
		}
		if v.Moment, err = s.moment(plan, upto); err != nil {
			return err
		}
		if at.AsReported != "" { // a paper may end in the midst of the command that recorded it
			if entries, v.Moment, err = received(entries, at.AsReported); err != nil {
				return err
			}
			upto = v.Position
		}
		return s.strips(&v, domain.Fold(plan, entries), entries, dimension, upto)
	})
	return v, err
}

func (s *snapshot) strips(v *Strips, p *domain.Plan, entries []domain.Recorded, dimension string, upto domain.Position) error {
	v.Plan, v.Items = p.ID, []Strip{}
	var known bool
	if v.Dimension, known = p.Dimension(dimension); !known {
		return domain.Errorf(domain.NotFound, "dimension", "the plan has no dimension %.40q", dimension)
	}
	number := make(map[domain.Position]uint64, len(entries))
	for _, e := range entries {
		number[e.Position] = e.PlanSeq
	}
	c := newCites(s, upto)
	c.need(p.Title)
	place := map[domain.ItemID]int{}
	for i, it := range p.Items() {
		c.need(it.Title)
		place[it.ID] = i
	}
	if err := c.load(); err != nil {
		return err
	}
	v.Title = c.words(p.Title, "title")
	for _, it := range p.Items() {
		v.Items = append(v.Items, Strip{Item: it.ID, Ref: it.Ref, Aim: c.words(it.Title, "title"), Spans: []StripSpan{}})
	}
	for _, span := range domain.Spans(entries, v.Dimension.Key) {
		to := &v.Items[place[span.Item]]
		view := StripSpan{From: span.From, Value: span.Value, Meaning: span.Meaning, Entry: number[span.At]}
		if key, ok := p.Value(span.Scheme, span.Value); ok {
			view.Label, view.Colour, view.Shape = key.Label, key.Colour, key.Shape
		}
		if span.State.Ended() {
			view.Ended = string(span.State)
		}
		to.Spans = append(to.Spans, view)
	}
	return nil
}
