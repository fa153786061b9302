package domain

import (
	"slices"
	"strconv"
)

func (p *Plan) dimension(key string) (Dimension, error) {
	d, ok := p.Dimension(key)
	if !ok {
		var keys []string
		for _, d := range p.Dimensions {
			keys = append(keys, d.Key)
		}
		return d, Errorf(Invalid, "dimension", "the plan has no dimension %s", quote(key)).WithHint("one of " + oneOf(keys))
	}
	return d, nil
}

// rateable finds an item on which work may go on, and a dimension of its plan.
func (h *History) rateable(id ItemID, dimension string) (*Plan, Item, Dimension, error) {
	p, it, err := h.item(id)
	if err != nil {
		return p, it, Dimension{}, err
	}
	d, err := p.dimension(dimension)
	return p, it, d, err
}

func (d Dimension) value(field, key string) (Value, error) {
	v, ok := d.Scheme.Value(key)
	if !ok {
		if key == "" {
			return v, Errorf(Invalid, field, "no rating is named").WithHint("one of " + oneOf(d.Scheme.Keys()))
		}
		return v, Errorf(Invalid, field, "%s is no rating of the scheme %s", quote(key), d.Scheme.ID).WithHint("one of " + oneOf(d.Scheme.Keys()))
	}
	return v, nil
}

func (c Rate) decide(h against) ([]Event, error) {
	p, it, d, err := h.rateable(c.Item, c.Dimension)
	if err != nil {
		return nil, err
	}
	to, err := d.value("to", c.To)
	if err = first(err, p.reason(c.Item, c.Justification, c.SameAs)); err != nil {
		return nil, err
	}
	now, rated := it.Rating(d.Key)
	same := rated && now.Value == c.To && now.Scheme == d.Scheme.ID
	given := c.Justification != ""
	switch {
	case given && c.Owed:
		return nil, Errorf(Invalid, "owed", "a justification is given and owed at once").WithHint("leave one out")
	case c.Override && !given:
		return nil, Errorf(Invalid, "justification", "say why it is rated otherwise than the scheme's rule says")
	case same && given:
		return one(&RatingAffirmed{Item: c.Item, Dimension: d.Key, Scheme: d.Scheme.ID, Value: to.Key, Meaning: to.Meaning,
			SameAs: c.SameAs, Justification: c.Justification}, nil)
	case same:
		return nil, Errorf(Refused, "to", "the item %s is %s already", quote(string(c.Item)), quote(c.To)).
			WithHint("give a new justification to affirm it")
	case to.Meaning.NeedsReason() && !given && !c.Owed:
		return nil, Errorf(Invalid, "justification", "members will ask why it is %s", quote(to.Label)).
			WithHint("give a justification, or say that one is owed")
	}
	return one(&RatingChanged{Item: c.Item, Dimension: d.Key, Scheme: d.Scheme.ID, From: now.Value, To: to.Key,
		Meaning: to.Meaning, Justified: given, Owed: c.Owed, SameAs: c.SameAs,
		Override: c.Override, Justification: c.Justification}, nil)
}

// reason checks a justification that may be there, and the item whose justification it repeats.
func (p *Plan) reason(id ItemID, why Text, sameAs ItemID) error {
	if sameAs == "" {
		return checkText("justification", why)
	}
	if sameAs == id {
		return Errorf(Invalid, "same_as", "an item can't repeat its own justification")
	}
	if _, err := p.find("same_as", sameAs); err != nil {
		return err
	}
	return needText("justification", why, "keep the words as written beside the item that they point to")
}

func (c Justify) decide(h against) ([]Event, error) {
	p, it, d, err := h.rateable(c.Item, c.Dimension)
	if err != nil {
		return nil, err
	}
	now, rated := it.Rating(d.Key)
	if !rated {
		return nil, Errorf(Refused, "item", "the item %s has no rating to justify", quote(string(c.Item))).WithHint("rate it first")
	}
	if c.Answers != "" {
		_, err = p.answerable("answers", c.Answers)
	}
	return one(&JustificationGiven{Item: c.Item, Dimension: d.Key, Value: now.Value, SameAs: c.SameAs, Answers: c.Answers,
		Justification: c.Justification}, first(err, p.reason(c.Item, c.Justification, c.SameAs),
		needText("justification", c.Justification, "say the reason")))
}

func (c Correct) decide(h against) ([]Event, error) {
	if _, err := h.live(); err != nil && h.plan.Closed == 0 {
		return nil, err
	}
	target, ok := h.entry(c.Entry)
	if !ok {
		return nil, Errorf(NotFound, "entry", "the plan has no entry %s", quote(c.Entry)).
			WithHint("give the number or event id that its timeline shows")
	}
	e := &EntryCorrected{Corrects: target.id, Entry: target.position, Item: target.event.about(), Field: c.Field, Reason: c.Reason}
	return one(e, first(c.fill(e, h.History, target), needText("reason", c.Reason, "say why the entry was wrong"),
		needText("to", c.To, "say what the entry should have said")))
}

func (h *History) entry(name string) (entry, bool) {
	seq, _ := strconv.ParseUint(name, 10, 64)
	i := slices.IndexFunc(h.entries, func(e entry) bool { return e.seq == seq || string(e.id) == name })
	if i < 0 {
		return entry{}, false
	}
	return h.entries[i], true
}

// fill puts what the entry should have said into the correction, if the entry has such a field.
func (c Correct) fill(e *EntryCorrected, h *History, target entry) error {
	date := func() error {
		d, err := ParseDate(string(c.To))
		if err != nil {
			return dateError("to", string(c.To))
		}
		e.Value = d.String()
		return nil
	}
	switch was := target.event.(type) {
	case *EntryCorrected:
		return Errorf(Refused, "entry", "entry %s is itself a correction", quote(c.Entry)).WithHint("correct the entry that it corrects once more")
	case *RatingChanged:
		if c.Field == "rating" {
			d, err := h.plan.keyOf(was)
			if err != nil {
				return err
			}
			v, err := d.value("to", string(c.To))
			e.Value, e.Meaning = v.Key, v.Meaning
			return err
		}
	case *OutcomeRecorded:
		if c.Field == "result" {
			e.Value, e.Entry = string(c.To), h.corrected(target, "outcome")
			return checkResult("to", Result(c.To))
		}
	case *MeasureRead:
		if c.Field == "value" {
			v, err := ParseAmount(string(c.To))
			e.Value = string(v)
			return err
		}
	case *ItemAdded, *DueDateSet, *DueDateMoved:
		if c.Field == "due" && !unsaid(target.event, "due") {
			return date()
		}
	}
	if unsaid(target.event, c.Field) {
		return Errorf(Refused, "field", "entry %s says nothing of the %s, so nothing of it is wrong", quote(c.Entry), c.Field).WithHint("record it anew")
	}
	if c.Field == "stated" {
		return date()
	}
	for name := range Texts(target.event) {
		if name == c.Field {
			e.Text, e.Entry = c.To, h.corrected(target, name)
			return nil
		}
	}
	return Errorf(Invalid, "field", "a %s entry has no %s to correct", target.event.Type(), quote(c.Field))
}

// unsaid reports whether an entry could have said a thing, and did not: a correction of it would change nothing.
func unsaid(e Event, field string) bool {
	switch e := e.(type) {
	case *ItemAdded:
		return field == "due" && e.Due.IsZero() || field == "owner" && !e.Owned
	case *RatingChanged:
		return field == "justification" && !e.Justified
	}
	return false
}

// keyOf is the dimension of a rating with the scheme in which it was given, which the plan may have left since.
func (p *Plan) keyOf(r *RatingChanged) (Dimension, error) {
	for _, s := range p.Retired {
		if s.ID == r.Scheme {
			return Dimension{Key: r.Dimension, Scheme: s}, nil
		}
	}
	return p.dimension(r.Dimension)
}

// corrected is where a text of an entry stands now: in its latest correction, or in itself.
func (h *History) corrected(target entry, field string) Position {
	at := target.position
	for _, later := range h.entries {
		if e, ok := later.event.(*EntryCorrected); ok && e.Corrects == target.id && e.Field == field {
			at = later.position
		}
	}
	return at
}
