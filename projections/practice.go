package projections

import (
	"plantrail/domain"
)

// practiceView fills in what an item has beyond its words, rating and dates.
func (c *cites) practiceView(plan domain.PlanState, it domain.Item, v *ItemView) {
	v.Kind, v.Start, v.From, v.Persons, v.Post, v.Interim, v.Percent = it.Kind, it.Start, it.From, it.Persons, it.Post, it.Interim, it.Percent
	if it.Kind == domain.Recommendation {
		v.Source = c.given(it.Added, "source")
	}
	v.With = c.given(it.Owner, "with")
	if e := c.said[it.StateAt]; e != nil && it.StateAt != it.Added {
		v.StateReason, v.StateAuthority = c.given(it.StateAt, "reason"), e.authority
	}
	for _, l := range it.Links {
		v.Links = append(v.Links, LinkView{Relation: l.Relation, To: l.To, Said: c.at(l.At)})
	}
	if it.Asked != nil {
		v.Asked = &DueAskedView{To: it.Asked.To, Statement: *c.statement(it.Asked.At, "reason")}
	}
	v.Claimed, v.Verified, v.Waived = c.statement(it.Claimed, "claim"), c.statement(it.Checked, "verified"), c.statement(it.Waived, "reason")
	if it.Replied > 0 {
		v.Response = &ResponseView{Response: it.Answer, Statement: *c.statement(it.Replied, "words")}
	}
	if it.Measure != nil {
		v.Measure = c.measureView(*it.Measure)
	}
}

func (c *cites) measureView(m domain.Measure) *MeasureView {
	v := &MeasureView{Unit: m.Unit, Better: m.Better, Baseline: m.Baseline, Target: m.Target, Contextual: m.Contextual, Defined: c.at(m.Defined),
		Last: m.Last, LastOn: m.LastOn, Before: m.Before, Direction: m.Direction(), Read: c.statement(m.LastAt, "words")}
	if reached, known := m.AtTarget(); known {
		v.AtTarget = &reached
	}
	return v
}

func (c *cites) needPractice(it domain.Item) {
	c.need(it.Added, it.Claimed, it.Checked, it.Waived, it.Replied)
	for _, l := range it.Links {
		c.need(l.At)
	}
	if it.Asked != nil {
		c.need(it.Asked.At)
	}
	if it.Measure != nil {
		c.need(it.Measure.Defined, it.Measure.LastAt)
	}
}

// given is an optional text: nil when it was not given.
func (c *cites) given(p domain.Position, name string) *Words {
	if w := c.words(p, name); w != (Words{}) {
		return &w
	}
	return nil
}

func (c *cites) needMeetings(p domain.PlanState) {
	c.need(p.PolicyAt, p.Adopted)
	for _, m := range p.Meetings {
		c.need(m.Opened, m.Minutes)
		for _, paper := range m.Papers {
			c.need(paper.At)
		}
	}
}

func (c *cites) meetingViews(p domain.PlanState) []MeetingView {
	all := []MeetingView{}
	for _, m := range p.Meetings {
		v := MeetingView{Meeting: m.ID, Body: m.Body, On: m.On, Deadline: m.Deadline, Opened: c.at(m.Opened), Papers: []PaperView{},
			Minutes: c.statement(m.Minutes, "minutes")}
		for _, paper := range m.Papers {
			v.Papers = append(v.Papers, PaperView{Version: paper.Version, Position: paper.Position, Size: paper.Size, Root: paper.Root,
				SHA256: paper.SHA256, Classification: paper.Classification, Exempt: paper.Exempt, Title: c.given(paper.At, "title"), Published: c.at(paper.At)})
		}
		all = append(all, v)
	}
	return all
}
