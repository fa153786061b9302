package domain

import (
	"cmp"
	"maps"
	"slices"
)

// History is what a history's events add up to: the consistency boundary against which commands are decided. It is a
// plan's, or the reserved [People]'s.
type History struct {
	ID     PlanID
	head   Head
	gather Gather
	done   map[CommandID]Done
	plan   Plan
	people Register

	entries  []entry         // that count, by position
	holds    map[HoldID]bool // true while it is in force
	erasures map[textRef]Erasure
	key      string // of the history Log: the key that signs
}

// Erasure is how far the erasing of one text has come.
type Erasure struct {
	Of      EventID
	Entry   Position
	Field   string
	Request EventID // the event that asked for it
	Done    bool
}

type textRef struct {
	of    EventID
	field string
}

// NewHistory is a history before its first event.
func NewHistory(id PlanID) *History {
	return &History{ID: id, done: map[CommandID]Done{}, holds: map[HoldID]bool{}, erasures: map[textRef]Erasure{}}
}

// Head is the history's end, counting parts of commands that are not complete.
func (h *History) Head() Head { return h.head }

// Plan is the plan that the events describe; its zero value before [PlanOpened].
func (h *History) Plan() *Plan { return &h.plan }

// Register is the persons and tokens that the events of [People] describe.
func (h *History) Register() *Register { return &h.people }

// Done finds a command that the history has recorded in full.
func (h *History) Done(c CommandID) (Done, bool) { d, ok := h.done[c]; return d, ok }

// Pending are the stored parts of a command whose last part is missing: it is being appended, or was cut short.
func (h *History) Pending() []Recorded { return h.gather.Pending() }

// clone is a copy to decide a command of several steps against, step by step.
func (h *History) clone() *History {
	c := *h
	c.done = maps.Clone(h.done)
	c.plan.items, c.plan.order = maps.Clone(h.plan.items), slices.Clone(h.plan.order)
	c.plan.requests, c.plan.resolutions = maps.Clone(h.plan.requests), maps.Clone(h.plan.resolutions)
	c.plan.evidence = maps.Clone(h.plan.evidence)
	c.entries, c.holds, c.erasures = slices.Clone(h.entries), maps.Clone(h.holds), maps.Clone(h.erasures)
	return &c
}

// Apply folds the next event. It cannot fail: what is recorded has happened.
func (h *History) Apply(r Recorded) {
	h.head = r.Head()
	for _, counts := range h.gather.Add(r) {
		h.applied(counts)
	}
}

func (h *History) applied(r Recorded) {
	if done, seen := h.done[r.Command]; seen && done.Last < r.Position {
		done.Last, done.PlanSeq = r.Position, r.PlanSeq
		h.done[r.Command] = done
	} else if !seen {
		h.done[r.Command] = Done{r.Command, r.CommandHash, r.ID, r.Position, r.Position, r.PlanSeq}
	}
	h.entries = append(h.entries, entry{r.Position, r.ID, r.PlanSeq, r.Event})
	switch e := r.Event.(type) {
	case *HoldSet:
		h.holds[e.Hold] = true
	case *HoldReleased:
		h.holds[e.Hold] = false
	case *ErasureRequested:
		h.erasures[textRef{e.Of, e.Field}] = Erasure{Of: e.Of, Entry: e.Entry, Field: e.Field, Request: r.ID}
	case *ErasureCompleted:
		done := h.erasures[textRef{e.Of, e.Field}]
		done.Done = true
		h.erasures[textRef{e.Of, e.Field}] = done
	case *KeyAdopted:
		h.key = e.Key
	}
	if h.ID == People {
		h.people.apply(r)
	}
	if !h.ID.Reserved() {
		h.plan.apply(r)
	}
}

// Key is the key that signs checkpoints, as the history [Log] has it; "" before the first.
func (h *History) Key() string { return h.key }

// OpenErasures are those that were requested and not completed: they are finished at the next start.
func (h *History) OpenErasures() []Erasure {
	var open []Erasure
	for _, e := range h.erasures {
		if !e.Done {
			open = append(open, e)
		}
	}
	slices.SortFunc(open, func(a, b Erasure) int { return cmp.Compare(a.Entry, b.Entry) })
	return open
}

// Plan is the current state of a plan.
type Plan struct {
	PlanState
	items       map[ItemID]Item
	order       []ItemID
	requests    map[RequestID]Request
	resolutions map[ResolutionID]bool
	evidence    map[EvidenceID]ItemID
}

// PlanState is the state of a plan as a whole, less its items. Its JSON is what the read models keep.
type PlanState struct {
	ID         PlanID      `json:"id"`
	Title      Position    `json:"title"`
	Levels     []Level     `json:"levels"`
	Dimensions []Dimension `json:"dimensions"`
	Opened     Position    `json:"opened"`
	Closed     Position    `json:"closed,omitempty"`
	Retired    []Scheme    `json:"retired,omitempty"` // schemes of earlier ratings
	Policy     *Policy     `json:"policy,omitempty"`  // nil: the default
	PolicyAt   Position    `json:"policy_at,omitempty"`
	Version    string      `json:"version,omitempty"` // as adopted
	Adopted    Position    `json:"adopted,omitempty"`
	Meetings   []Meeting   `json:"meetings,omitempty"` // in the order in which they were opened
}

// Meeting is a meeting at which the plan is before a body.
type Meeting struct {
	ID       MeetingID `json:"meeting"`
	Body     string    `json:"body"`
	On       Date      `json:"on"`
	Deadline Date      `json:"deadline,omitzero"`
	Opened   Position  `json:"opened"`
	Papers   []Paper   `json:"papers,omitempty"`  // the last is what members received
	Minutes  Position  `json:"minutes,omitempty"` // the last entry that records some
}

// Paper is what members received: see [PaperPublished].
type Paper struct {
	At             Position       `json:"at"` // the event that published it
	Version        uint64         `json:"version"`
	Position       Position       `json:"position,omitempty"`
	Size           uint64         `json:"size,omitempty"`
	Root           string         `json:"root,omitempty"`
	SHA256         string         `json:"sha256"`
	Classification Classification `json:"classification"`
	Exempt         []ItemID       `json:"exempt,omitempty"`
}

// InForce is the plan's policy.
func (p PlanState) InForce() Policy {
	if p.Policy == nil {
		return DefaultPolicy()
	}
	return *p.Policy
}

// Meeting finds a meeting of the plan.
func (p PlanState) Meeting(id MeetingID) (Meeting, bool) {
	i := slices.IndexFunc(p.Meetings, func(m Meeting) bool { return m.ID == id })
	if i < 0 {
		return Meeting{}, false
	}
	return p.Meetings[i], true
}

// Value finds a rating by its scheme, whether the plan uses the scheme now or did so earlier.
func (p PlanState) Value(scheme, key string) (Value, bool) {
	for _, d := range p.Dimensions {
		if d.Scheme.ID == scheme {
			return d.Scheme.Value(key)
		}
	}
	for _, s := range p.Retired {
		if s.ID == scheme {
			return s.Value(key)
		}
	}
	return Value{}, false
}

// After is the plan's own state after one more event; most leave it as it was.
func (p PlanState) After(r Recorded) PlanState {
	switch e := r.Event.(type) {
	case *PlanOpened:
		p = PlanState{ID: r.Plan, Title: r.Position, Levels: e.Levels, Dimensions: e.Dimensions, Opened: r.Position}
	case *PlanClosed:
		p.Closed = r.Position
	case *LevelsSet:
		p.Levels = e.Levels
	case *SchemesSet:
		p = p.retire(e.Dimensions)
		p.Dimensions = e.Dimensions
	case *PolicySet:
		p.Policy, p.PolicyAt = &e.Policy, r.Position
	case *VersionAdopted:
		p.Version, p.Adopted = e.Version, r.Position
	case *MeetingOpened:
		p.Meetings = append(slices.Clip(p.Meetings), Meeting{ID: e.Meeting, Body: e.Body, On: e.On, Deadline: e.Deadline, Opened: r.Position})
	case *PaperPublished:
		p = p.meeting(e.Meeting, func(m *Meeting) {
			m.Papers = append(slices.Clip(m.Papers), Paper{r.Position, e.Version, e.Position, e.Size, e.Root, e.SHA256, e.Classification, e.Exempt})
		})
	case *MinutesRecorded:
		p = p.meeting(e.Meeting, func(m *Meeting) { m.Minutes = r.Position })
	case *EntryCorrected:
		if e.Field == "minutes" {
			p.Meetings = slices.Clone(p.Meetings)
			for i := range p.Meetings {
				if p.Meetings[i].Minutes == e.Entry {
					p.Meetings[i].Minutes = r.Position
				}
			}
		}
		if e.Field == "title" && p.Title == e.Entry {
			p.Title = r.Position
		}
	}
	return p
}

// retire keeps the schemes that the new dimensions no longer have: earlier ratings are still shown in them.
func (p PlanState) retire(now []Dimension) PlanState {
	has := func(all []Dimension, id string) bool {
		return slices.ContainsFunc(all, func(d Dimension) bool { return d.Scheme.ID == id })
	}
	p.Retired = slices.DeleteFunc(slices.Clone(p.Retired), func(s Scheme) bool { return has(now, s.ID) })
	for _, d := range p.Dimensions {
		if !has(now, d.Scheme.ID) {
			p.Retired = append(p.Retired, d.Scheme)
		}
	}
	return p
}

func (p PlanState) meeting(id MeetingID, change func(*Meeting)) PlanState {
	p.Meetings = slices.Clone(p.Meetings)
	for i := range p.Meetings {
		if p.Meetings[i].ID == id {
			change(&p.Meetings[i])
		}
	}
	return p
}

// Dimension finds a dimension of the plan by key; "" is the plan's first.
func (p PlanState) Dimension(key string) (Dimension, bool) {
	if key == "" && len(p.Dimensions) > 0 {
		return p.Dimensions[0], true
	}
	i := slices.IndexFunc(p.Dimensions, func(d Dimension) bool { return d.Key == key })
	if i < 0 {
		return Dimension{}, false
	}
	return p.Dimensions[i], true
}

func (p PlanState) level(key string) int {
	return slices.IndexFunc(p.Levels, func(l Level) bool { return l.Key == key })
}

// Request is what members asked and whether it was answered. Its JSON is what the read models keep.
type Request struct {
	ID       RequestID `json:"id"`
	Item     ItemID    `json:"item,omitempty"`
	Due      Date      `json:"due,omitzero"`
	Made     Position  `json:"made"`
	Answered Position  `json:"answered,omitempty"`

	Meeting    MeetingID `json:"meeting,omitempty"` // by which the answer is wanted
	DueAs      string    `json:"due_as,omitempty"`
	Commitment bool      `json:"commitment,omitempty"`
	Challenge  bool      `json:"challenge,omitempty"` // of a rating
	Withdrawn  Position  `json:"withdrawn,omitempty"`
}

// Open reports whether an answer is still wanted.
func (q Request) Open() bool { return q.Answered == 0 && q.Withdrawn == 0 }

// RequestAbout is the members' request that an event makes, answers or withdraws, "" for other events.
func RequestAbout(e Event) RequestID {
	switch e := e.(type) {
	case *RequestMade:
		return e.Request
	case *RatingChallenged:
		return e.Request
	case *RequestAnswered:
		return e.Request
	case *RequestWithdrawn:
		return e.Request
	case *JustificationGiven:
		return e.Answers
	}
	return ""
}

// After is the request's state after one more event about it.
func (q Request) After(r Recorded) Request {
	switch e := r.Event.(type) {
	case *RequestMade:
		return Request{ID: e.Request, Item: e.Item, Due: e.Due, Made: r.Position, Meeting: e.Meeting, DueAs: e.DueAs, Commitment: e.Commitment}
	case *RatingChallenged:
		return Request{ID: e.Request, Item: e.Item, Due: e.Due, Made: r.Position, Meeting: e.Meeting, Challenge: true}
	case *RequestWithdrawn:
		q.Withdrawn = r.Position
	default:
		q.Answered = r.Position
	}
	return q
}

type entry struct {
	position Position
	id       EventID
	seq      uint64
	event    Event
}

// Item finds an item.
func (p *Plan) Item(id ItemID) (Item, bool) { it, ok := p.items[id]; return it, ok }

// Items are all items in the order in which they were added.
func (p *Plan) Items() []Item {
	all := make([]Item, len(p.order))
	for i, id := range p.order {
		all[i] = p.items[id]
	}
	return all
}

// PlanOf is a plan in a state of which the items are known, in the order in which they were added.
func PlanOf(state PlanState, items []Item) *Plan {
	p := &Plan{PlanState: state, items: make(map[ItemID]Item, len(items))}
	for _, it := range items {
		p.items[it.ID] = it
		p.order = append(p.order, it.ID)
	}
	return p
}

// Requests are all requests, answered or not, in the order in which they were made.
func (p *Plan) Requests() []Request {
	return slices.SortedFunc(maps.Values(p.requests), func(a, b Request) int { return cmp.Compare(a.Made, b.Made) })
}

func (p *Plan) apply(r Recorded) {
	if p.items == nil {
		p.items, p.requests = map[ItemID]Item{}, map[RequestID]Request{}
		p.resolutions, p.evidence = map[ResolutionID]bool{}, map[EvidenceID]ItemID{}
	}
	p.PlanState = p.PlanState.After(r)
	switch e := r.Event.(type) {
	case *ItemAdded:
		p.order = append(p.order, e.Item)
	case *ResolutionRecorded:
		p.resolutions[e.Resolution] = true
	case *EvidenceAttached:
		p.evidence[e.Evidence] = e.Item
	}
	if id := RequestAbout(r.Event); id != "" {
		p.requests[id] = p.requests[id].After(r)
	}
	if id := r.Item(); id != "" {
		p.items[id] = p.items[id].After(r)
	}
}

// Register is the current state of the history [People].
type Register struct {
	persons map[ActorID]Person
	tokens  map[TokenID]Token

	subscriptions map[SubscriptionID]Subscription
}

// Person is someone whose acts are recorded.
type Person struct {
	ID   ActorID
	Kind ActorKind
	Name Position // the event that carries the name
	Left bool
}

// Token is an issued bearer token, without its secret.
type Token struct {
	ID      TokenID
	Person  ActorID
	Role    Role
	SHA256  string
	Expires Date
	Revoked bool
}

// Person finds a registered person.
func (g *Register) Person(id ActorID) (Person, bool) { p, ok := g.persons[id]; return p, ok }

// Token finds a token, revoked or not.
func (g *Register) Token(id TokenID) (Token, bool) { t, ok := g.tokens[id]; return t, ok }

func (g *Register) apply(r Recorded) {
	if g.persons == nil {
		g.persons, g.tokens = map[ActorID]Person{}, map[TokenID]Token{}
	}
	switch e := r.Event.(type) {
	case *PersonRegistered:
		g.persons[e.Person] = Person{ID: e.Person, Kind: e.Kind, Name: r.Position}
	case *PersonRenamed:
		p := g.persons[e.Person]
		p.Name = r.Position
		g.persons[e.Person] = p
	case *PersonLeft:
		p := g.persons[e.Person]
		p.Left = true
		g.persons[e.Person] = p
	case *TokenIssued:
		g.tokens[e.Token] = Token{ID: e.Token, Person: e.Person, Role: e.Role, SHA256: e.SHA256, Expires: e.Expires}
	case *TokenRevoked:
		t := g.tokens[e.Token]
		t.Revoked = true
		g.tokens[e.Token] = t
	}
	g.applySubscription(r)
}
