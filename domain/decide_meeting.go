package domain

import (
	"slices"
	"strings"
)

func (c MakeRequest) decide(h against) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	if c.Item != "" {
		_, err = p.find("item", c.Item)
	}
	err = first(err, p.newRequest(&c.Request))
	return one(&RequestMade{Request: c.Request, Item: c.Item, Commitment: c.Commitment, Due: c.Due, Meeting: c.Meeting, DueAs: c.DueAs,
		Words: c.Words, AskedBy: c.AskedBy}, first(err, p.sits(c.Meeting), checkLine("due_as", c.DueAs, 200),
		needText("words", c.Words, "say what was asked")))
}

// newRequest checks the id of a new request, or makes the next one.
func (p *Plan) newRequest(id *RequestID) error {
	if *id == "" {
		*id = nextID(len(p.requests)+1, "request-", func(id RequestID) bool { _, taken := p.requests[id]; return taken })
	}
	if !isID(string(*id)) {
		return Errorf(Invalid, "request", "%s is not an id", quote(string(*id))).WithHint("use " + idRule)
	}
	if _, taken := p.requests[*id]; taken {
		return Errorf(Refused, "request", "the plan has a request %s already", quote(string(*id)))
	}
	return nil
}

// sits checks that the plan has a meeting, if one is named.
func (p *Plan) sits(id MeetingID) error {
	if _, ok := p.Meeting(id); id != "" && !ok {
		return Errorf(NotFound, "meeting", "the plan has no meeting %s", quote(string(id))).WithHint("open it first, or look at the plan's meetings")
	}
	return nil
}

// answerable finds a request; a closed plan's requests can still be answered.
func (p *Plan) answerable(field string, id RequestID) (Request, error) {
	q, ok := p.requests[id]
	if !ok {
		return q, Errorf(NotFound, field, "the plan has no request %s", quote(string(id))).WithHint("show the plan to see its requests")
	}
	return q, nil
}

func (c AnswerRequest) decide(h against) ([]Event, error) {
	if _, err := h.live(); err != nil && h.plan.Closed == 0 {
		return nil, err
	}
	q, err := h.plan.answerable("request", c.Request)
	return one(&RequestAnswered{Request: c.Request, Item: q.Item, Answer: c.Answer}, first(err,
		needText("answer", c.Answer, "say the answer")))
}

func (c Resolve) decide(h against) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	if c.Resolution == "" {
		c.Resolution = nextID(len(p.resolutions)+1, "resolution-", func(id ResolutionID) bool { return p.resolutions[id] })
	}
	switch {
	case !isID(string(c.Resolution)):
		err = Errorf(Invalid, "resolution", "%s is not an id", quote(string(c.Resolution))).WithHint("use " + idRule)
	case p.resolutions[c.Resolution]:
		err = Errorf(Refused, "resolution", "the plan has a resolution %s already", quote(string(c.Resolution)))
	case c.Authority == nil:
		err = Errorf(Invalid, "authority", "say which meeting resolved it").WithHint("give the body, the meeting's date, or both")
	}
	return one(&ResolutionRecorded{Resolution: c.Resolution, Printed: c.Printed}, first(err,
		needText("printed", c.Printed, "give the resolution as printed")))
}

func (c ChallengeRating) decide(h against) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	it, err := p.find("item", c.Item)
	d, noDimension := p.dimension(c.Dimension)
	if err = first(err, noDimension, p.newRequest(&c.Request)); err != nil {
		return nil, err
	}
	now, rated := it.Rating(d.Key)
	if !rated {
		return nil, Errorf(Refused, "item", "the item %s has no rating to challenge", quote(string(c.Item)))
	}
	if c.Proposed != "" {
		_, err = d.value("proposed", c.Proposed)
	}
	return one(&RatingChallenged{Request: c.Request, Item: c.Item, Dimension: d.Key, Value: now.Value, Proposed: c.Proposed, Due: c.Due,
		Meeting: c.Meeting, Words: c.Words, AskedBy: c.AskedBy}, first(err, p.sits(c.Meeting), needText("words", c.Words, "say what members hold to be wrong")))
}

func (c WithdrawRequest) decide(h against) ([]Event, error) {
	if _, err := h.live(); err != nil {
		return nil, err
	}
	q, err := h.plan.answerable("request", c.Request)
	if err == nil && !q.Open() {
		err = Errorf(Refused, "request", "the request %s is answered or withdrawn already", quote(string(c.Request)))
	}
	return one(&RequestWithdrawn{Request: c.Request, Item: q.Item, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why no answer is wanted")))
}

func (c OpenMeeting) decide(h against) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	if c.Meeting == "" {
		c.Meeting = MeetingIDOf(c.Body, c.On)
	}
	_, taken := p.Meeting(c.Meeting)
	switch {
	case !isID(string(c.Meeting)):
		err = Errorf(Invalid, "meeting", "%s is not an id", quote(string(c.Meeting))).WithHint("use " + idRule)
	case taken:
		err = Errorf(Refused, "meeting", "the plan has a meeting %s already", quote(string(c.Meeting)))
	case !c.On.Known():
		err = Errorf(Invalid, "on", "say when the meeting is").WithHint("as 2020-02-03")
	case c.Deadline.Known() && c.Deadline.Start().After(c.On.End()):
		err = Errorf(Invalid, "deadline", "the paper would be ready only after the meeting")
	case len(p.Meetings) >= maxMeetings:
		err = Errorf(TooLarge, "meeting", "a plan has at most %d meetings", maxMeetings)
	}
	return one(&MeetingOpened{Meeting: c.Meeting, Body: c.Body, On: c.On, Deadline: c.Deadline}, first(err,
		needText("body", Text(c.Body), "say which body meets"), checkLine("body", c.Body, 200)))
}

// maxMeetings bounds a plan's meetings: one a week for ten years, and room.
const maxMeetings = 600

// MeetingIDOf is the id that a meeting gets when none is given: the same for every plan that is before it.
func MeetingIDOf(body string, on Date) MeetingID {
	day := on.String()
	name := Slug(body)
	if most := 64 - len(day) - 1; len(name) > most {
		name = strings.Trim(name[:most], "-")
	}
	return MeetingID(strings.Trim(name+"-"+day, "-"))
}

func (c PublishPaper) decide(h against) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	if c.Version == 0 {
		c.Version = h.head.PlanSeq
	}
	if c.Classification == "" {
		c.Classification = Public
	}
	m, ok := p.Meeting(c.Meeting)
	switch {
	case !ok:
		err = p.sits(c.Meeting)
		if c.Meeting == "" {
			err = Errorf(Invalid, "meeting", "say for which meeting")
		}
	case len(m.Papers) >= 20:
		err = Errorf(TooLarge, "meeting", "a meeting has at most 20 papers of one plan")
	case c.Version > h.head.PlanSeq:
		err = Errorf(Invalid, "version", "the plan has only %d entries", h.head.PlanSeq)
	case !isSHA256(c.SHA256):
		err = Errorf(Invalid, "sha256", "the paper's digest is not 64 hexadecimal digits")
	case c.Classification != Public && c.Classification != Exempt:
		err = Errorf(Invalid, "classification", "%s is no classification", quote(string(c.Classification))).WithHint("public or exempt")
	}
	return one(&PaperPublished{Meeting: c.Meeting, Version: c.Version, Position: c.Position, Size: c.Size, Root: c.Root, SHA256: c.SHA256,
		Classification: c.Classification, Exempt: c.Exempt, Title: c.Title}, first(err, p.apart(c.Exempt), checkASCII("root", c.Root)))
}

// mostExempt is how many items a split paper keeps apart at most: an event has room for no more.
const mostExempt = 500

// apart checks the items that a split paper keeps apart.
func (p *Plan) apart(exempt []ItemID) (err error) {
	if len(exempt) > mostExempt {
		return Errorf(TooLarge, "exempt", "a paper keeps at most %d items apart", mostExempt).WithHint("call the whole paper exempt")
	}
	for i, item := range exempt {
		if _, err := p.find("exempt", item); err != nil {
			return err
		}
		if slices.Contains(exempt[:i], item) {
			return Errorf(Invalid, "exempt", "the item %s is named twice", quote(string(item)))
		}
	}
	return nil
}

func (c RecordMinutes) decide(h against) ([]Event, error) {
	if _, err := h.live(); err != nil && h.plan.Closed == 0 {
		return nil, err
	}
	var err error
	if _, ok := h.plan.Meeting(c.Meeting); !ok {
		err = Errorf(NotFound, "meeting", "the plan has no meeting %s", quote(string(c.Meeting))).WithHint("open it first")
	}
	return one(&MinutesRecorded{Meeting: c.Meeting, Minutes: c.Minutes}, first(err, needText("minutes", c.Minutes, "give the minutes as printed")))
}

func (c AnswerFinding) decide(h against) ([]Event, error) {
	if _, err := h.live(); err != nil && h.plan.Closed == 0 {
		return nil, err
	}
	var err error
	if c.Item != "" {
		_, err = h.plan.find("item", c.Item)
	}
	if !isID(string(c.Finding)) || !isID(strings.ToLower(c.Rule)) {
		err = Errorf(Invalid, "finding", "%s is not the id of a finding", quote(string(c.Finding))).WithHint("as the list of findings shows it")
	}
	return one(&FindingAnswered{Finding: c.Finding, Rule: c.Rule, Item: c.Item, Until: c.Until, Answer: c.Answer}, first(err,
		needText("answer", c.Answer, "say what is done about it, or why it does not stand")))
}
