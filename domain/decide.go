package domain

import (
	"fmt"
)

// maxItems bounds a plan; the longest published ones have some hundreds of items.
const maxItems = 20_000

// live is the plan, if it is open for changes.
func (h *History) live() (*Plan, error) {
	p := &h.plan
	switch {
	case h.ID.Reserved():
		return nil, Errorf(Refused, "plan", "%s is no plan", quote(string(h.ID)))
	case p.Opened == 0:
		return nil, Errorf(NotFound, "plan", "there is no plan %s", quote(string(h.ID))).WithHint("open it first, or look at the list of plans")
	case p.Closed != 0:
		return nil, Errorf(Refused, "plan", "the plan %s is closed", quote(string(h.ID))).
			WithHint("only corrections and answers can follow; open a new plan for further work")
	}
	return p, nil
}

// item is an item of the plan on which work may go on.
func (h *History) item(id ItemID) (*Plan, Item, error) {
	p, err := h.live()
	if err != nil {
		return nil, Item{}, err
	}
	it, err := p.find("item", id)
	if err == nil && it.State == ItemWithdrawn {
		err = Errorf(Refused, "item", "the item %s was cancelled", quote(string(id))).WithHint("add a new item for further work")
	}
	return p, it, err
}

func (p *Plan) find(field string, id ItemID) (Item, error) {
	it, ok := p.items[id]
	if !ok {
		return it, Errorf(NotFound, field, "the plan %s has no item %s", quote(string(p.ID)), quote(string(id))).
			WithHint("show the plan to see its items")
	}
	return it, nil
}

func one(e Event, err error) ([]Event, error) {
	if err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

func (c OpenPlan) decide(h *History) ([]Event, error) {
	if h.ID.Reserved() {
		return nil, Errorf(Refused, "plan", "%s is a reserved name", quote(string(h.ID)))
	}
	if h.plan.Opened != 0 {
		return nil, Errorf(Refused, "plan", "there is a plan %s already", quote(string(h.ID))).WithHint("choose another id")
	}
	levels, dims, err := c.shape()
	return one(&PlanOpened{Title: c.Title, Levels: levels, Dimensions: dims},
		first(needText("title", c.Title, "the plan needs a title"), err))
}

// shape fills in the defaults and checks levels and dimensions.
func (c OpenPlan) shape() ([]Level, []Dimension, error) {
	levels, dims := c.Levels, c.Dimensions
	if len(levels) == 0 {
		levels = []Level{{Key: "action", Label: "Action"}}
	}
	if len(dims) == 0 {
		id := c.Scheme
		if id == "" {
			id = "rag.v1"
		}
		scheme, ok := Preset(id)
		if !ok {
			return nil, nil, Errorf(Invalid, "scheme", "there is no preset scheme %s", quote(id)).WithHint("one of " + presetIDs())
		}
		dims = []Dimension{{Key: "delivery", Label: "Delivery", Scheme: scheme}}
	}
	if len(levels) > 16 || len(dims) > 8 {
		return nil, nil, Errorf(TooLarge, "levels", "a plan has at most 16 levels and 8 dimensions")
	}
	seen := map[string]bool{}
	for _, l := range levels {
		if !isID(l.Key) || seen[l.Key] {
			return nil, nil, Errorf(Invalid, "levels", "level key %s is not an id or stands twice", quote(l.Key)).WithHint("use " + idRule)
		}
		seen[l.Key] = true
		if err := checkLine("levels", l.Label, 100); err != nil {
			return nil, nil, err
		}
	}
	clear(seen)
	for _, d := range dims {
		if !isID(d.Key) || seen[d.Key] {
			return nil, nil, Errorf(Invalid, "dimensions", "dimension key %s is not an id or stands twice", quote(d.Key)).WithHint("use " + idRule)
		}
		seen[d.Key] = true
		if err := first(checkLine("dimensions", d.Label, 100), d.Scheme.check("dimensions")); err != nil {
			return nil, nil, err
		}
	}
	return levels, dims, nil
}

func presetIDs() string {
	var ids []string
	for _, s := range Presets() {
		ids = append(ids, s.ID)
	}
	return oneOf(ids)
}

func (c ClosePlan) decide(h *History) ([]Event, error) {
	_, err := h.live()
	return one(&PlanClosed{Reason: c.Reason}, first(err, c.ending("the plan", c.Reason)))
}

// ending holds for every end state: why, and on whose authority.
func (b Basis) ending(what string, reason Text) error {
	if err := needText("reason", reason, "say why "+what+" ends"); err != nil {
		return err
	}
	if b.Authority == nil || b.Authority.Body == "" {
		return Errorf(Invalid, "authority", "%s can't end without an authority", what).WithHint("name the body that decided it, and its meeting")
	}
	return nil
}

func (c AddItem) decide(h *History) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	if c.Item == "" {
		c.Item = nextID(len(p.order)+1, "item-", func(id ItemID) bool { _, taken := p.items[id]; return taken })
	}
	if c.Level == "" {
		c.Level = p.levelBelow(c.Parent)
	}
	_, taken := p.items[c.Item]
	switch {
	case !isID(string(c.Item)):
		return nil, Errorf(Invalid, "item", "%s is not an id", quote(string(c.Item))).WithHint("use " + idRule)
	case taken:
		return nil, Errorf(Refused, "item", "the plan has an item %s already", quote(string(c.Item))).WithHint("choose another id, or leave it out")
	case len(p.order) >= maxItems:
		return nil, Errorf(TooLarge, "item", "a plan has at most %d items", maxItems)
	case !c.Due.IsZero() && !c.Due.Known():
		return nil, Errorf(Invalid, "due", "an unknown due date is none").WithHint("leave it out")
	case c.Person != "" && !isID(string(c.Person)):
		return nil, Errorf(Invalid, "person", "%s is not a person's id", quote(string(c.Person)))
	}
	return one(&ItemAdded{Item: c.Item, Ref: c.Ref, Level: c.Level, Parent: c.Parent, Due: c.Due, Person: c.Person,
		Owned: c.Owner != "" || c.Person != "", Title: c.Title, Owner: c.Owner},
		first(p.fits("level", c.Level, c.Parent), checkLine("ref", c.Ref, 64), needText("title", c.Title, "the item needs words")))
}

func nextID[T ~string](n int, prefix string, taken func(T) bool) T {
	for ; ; n++ {
		if id := T(fmt.Sprintf("%s%02d", prefix, n)); !taken(id) {
			return id
		}
	}
}

// levelBelow is the level of a new item under a parent when none is named.
func (p *Plan) levelBelow(parent ItemID) string {
	at := 0
	if parent != "" {
		at = p.level(p.items[parent].Level) + 1
	}
	return p.Levels[min(at, len(p.Levels)-1)].Key
}

// fits checks that an item of a level may stand under a parent: levels only go down, so there is never a circle.
func (p *Plan) fits(field, level string, parent ItemID) error {
	at := p.level(level)
	if at < 0 {
		var keys []string
		for _, l := range p.Levels {
			keys = append(keys, l.Key)
		}
		return Errorf(Invalid, field, "the plan has no level %s", quote(level)).WithHint("one of " + oneOf(keys))
	}
	if parent == "" {
		return nil
	}
	above, err := p.find("parent", parent)
	if err == nil && p.level(above.Level) >= at {
		err = Errorf(Refused, "parent", "an item of level %s can't stand under one of level %s", quote(level), quote(above.Level))
	}
	return err
}

func (c RewordItem) decide(h *History) ([]Event, error) {
	_, _, err := h.item(c.Item)
	return one(&ItemReworded{Item: c.Item, Title: c.Title, Reason: c.Reason}, first(err,
		needText("title", c.Title, "say the new words"), needText("reason", c.Reason, "say why the words change")))
}

func (c MoveItem) decide(h *History) ([]Event, error) {
	p, it, err := h.item(c.Item)
	if err != nil {
		return nil, err
	}
	if it.Parent == c.Parent {
		return nil, Errorf(Refused, "parent", "the item %s stands there already", quote(string(c.Item)))
	}
	return one(&ItemMoved{Item: c.Item, From: it.Parent, To: c.Parent, Reason: c.Reason}, first(
		p.fits("parent", it.Level, c.Parent), needText("reason", c.Reason, "say why the item moves")))
}

func (c AssignOwner) decide(h *History) ([]Event, error) {
	_, _, err := h.item(c.Item)
	if err == nil && c.Person != "" && !isID(string(c.Person)) {
		err = Errorf(Invalid, "person", "%s is not a person's id", quote(string(c.Person)))
	}
	return one(&OwnerAssigned{Item: c.Item, Person: c.Person, Owner: c.Owner, Reason: c.Reason}, first(err,
		needText("owner", c.Owner, "name the owner, a post or a person")))
}

func (c SetDue) decide(h *History) ([]Event, error) {
	_, it, err := h.item(c.Item)
	switch {
	case err != nil:
		return nil, err
	case !c.Due.Known():
		return nil, Errorf(Invalid, "due", "say the due date").WithHint("as 2020-03-31 or 2020-03")
	case it.Due.IsZero():
		return one(&DueDateSet{Item: c.Item, Due: c.Due}, nil)
	case it.Due == c.Due:
		return nil, Errorf(Refused, "due", "the item %s is due then already", quote(string(c.Item)))
	}
	return one(&DueDateMoved{Item: c.Item, From: it.Due, To: c.Due, Reason: c.Reason},
		needText("reason", c.Reason, "say why the due date moves from "+it.Due.String()))
}

func (c SuspendItem) decide(h *History) ([]Event, error) {
	_, it, err := h.item(c.Item)
	if err == nil && it.State == ItemOnHold {
		err = Errorf(Refused, "item", "the item %s is suspended already", quote(string(c.Item)))
	}
	return one(&ItemSuspended{Item: c.Item, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why work is suspended")))
}

func (c ResumeItem) decide(h *History) ([]Event, error) {
	_, it, err := h.item(c.Item)
	if err == nil && it.State != ItemOnHold {
		err = Errorf(Refused, "item", "the item %s is not suspended", quote(string(c.Item)))
	}
	return one(&ItemResumed{Item: c.Item, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why work goes on")))
}

func (c CancelItem) decide(h *History) ([]Event, error) {
	_, _, err := h.item(c.Item)
	return one(&ItemCancelled{Item: c.Item, Reason: c.Reason}, first(err, c.ending("the item", c.Reason)))
}

func (c ReportProgress) decide(h *History) ([]Event, error) {
	_, _, err := h.item(c.Item)
	return one(&ProgressReported{Item: c.Item, Progress: c.Progress}, first(err, needText("progress", c.Progress, "say what was done")))
}

func (c RecordOutcome) decide(h *History) ([]Event, error) {
	_, _, err := h.item(c.Item)
	return one(&OutcomeRecorded{Item: c.Item, Result: c.Result, Outcome: c.Outcome}, first(err, checkResult("result", c.Result),
		needText("outcome", c.Outcome, "say in words what the action came to")))
}

func checkResult(field string, r Result) error {
	if r != Achieved && r != PartlyAchieved && r != NotAchieved {
		return Errorf(Invalid, field, "%s is no result", quote(string(r))).WithHint("one of achieved, partly_achieved, not_achieved")
	}
	return nil
}

func (c MakeRequest) decide(h *History) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	if c.Request == "" {
		c.Request = nextID(len(p.requests)+1, "request-", func(id RequestID) bool { _, taken := p.requests[id]; return taken })
	}
	if c.Item != "" {
		_, err = p.find("item", c.Item)
	}
	if _, taken := p.requests[c.Request]; taken {
		err = Errorf(Refused, "request", "the plan has a request %s already", quote(string(c.Request)))
	}
	if !isID(string(c.Request)) {
		err = Errorf(Invalid, "request", "%s is not an id", quote(string(c.Request))).WithHint("use " + idRule)
	}
	return one(&RequestMade{Request: c.Request, Item: c.Item, Due: c.Due, Words: c.Words, AskedBy: c.AskedBy}, first(err,
		needText("words", c.Words, "say what was asked")))
}

// answerable finds a request; a closed plan's requests can still be answered.
func (p *Plan) answerable(field string, id RequestID) (Request, error) {
	q, ok := p.requests[id]
	if !ok {
		return q, Errorf(NotFound, field, "the plan has no request %s", quote(string(id))).WithHint("show the plan to see its requests")
	}
	return q, nil
}

func (c AnswerRequest) decide(h *History) ([]Event, error) {
	if _, err := h.live(); err != nil && h.plan.Closed == 0 {
		return nil, err
	}
	q, err := h.plan.answerable("request", c.Request)
	return one(&RequestAnswered{Request: c.Request, Item: q.Item, Answer: c.Answer}, first(err,
		needText("answer", c.Answer, "say the answer")))
}

func (c Resolve) decide(h *History) ([]Event, error) {
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

func (c voidCommand) decide(*History) ([]Event, error) {
	return []Event{&CommandVoided{Command: c.Command, Parts: c.Parts}}, nil
}

func (c RegisterPerson) decide(h *History) ([]Event, error) {
	_, taken := h.people.persons[c.Person]
	var err error
	switch {
	case h.ID != People:
		err = Errorf(Refused, "plan", "persons are kept in %s", People)
	case !isID(string(c.Person)):
		err = Errorf(Invalid, "person", "%s is not an id", quote(string(c.Person))).WithHint("use " + idRule)
	case c.Kind != User && c.Kind != OSUser:
		err = Errorf(Invalid, "kind", "%s is no kind of person", quote(string(c.Kind)))
	case taken:
		err = Errorf(Refused, "person", "%s is registered already", quote(string(c.Person)))
	}
	return one(&PersonRegistered{Person: c.Person, Kind: c.Kind, Name: c.Name}, first(err, needText("name", c.Name, "say the person's name")))
}

// person finds a person who still acts.
func (h *History) person(id ActorID) error {
	p, ok := h.people.persons[id]
	switch {
	case h.ID != People:
		return Errorf(Refused, "plan", "persons are kept in %s", People)
	case !ok:
		return Errorf(NotFound, "person", "nobody is registered as %s", quote(string(id)))
	case p.Left:
		return Errorf(Refused, "person", "%s has left", quote(string(id)))
	}
	return nil
}

func (c RenamePerson) decide(h *History) ([]Event, error) {
	return one(&PersonRenamed{Person: c.Person, Name: c.Name}, first(h.person(c.Person), needText("name", c.Name, "say the new name")))
}

func (c PersonLeaves) decide(h *History) ([]Event, error) {
	return one(&PersonLeft{Person: c.Person}, h.person(c.Person))
}

func (c IssueToken) decide(h *History) ([]Event, error) {
	err := h.person(c.Person)
	_, taken := h.people.tokens[c.Token]
	switch {
	case err != nil:
	case !isID(string(c.Token)) || taken:
		err = Errorf(Invalid, "token", "%s is not an id or is taken", quote(string(c.Token)))
	case !c.Role.Valid():
		err = Errorf(Invalid, "role", "%s is no role", quote(string(c.Role))).WithHint("one of reader, editor, admin")
	case !isSHA256(c.SHA256):
		err = Errorf(Invalid, "sha256", "the secret's digest is not 64 hexadecimal digits")
	case !c.Expires.IsZero() && !c.Expires.Exact():
		err = Errorf(Invalid, "expires", "a token ends on a day").WithHint("as 2027-03-31")
	}
	return one(&TokenIssued{Token: c.Token, Person: c.Person, Role: c.Role, SHA256: c.SHA256, Expires: c.Expires}, err)
}

func (c RevokeToken) decide(h *History) ([]Event, error) {
	t, ok := h.people.tokens[c.Token]
	var err error
	switch {
	case h.ID != People || !ok:
		err = Errorf(NotFound, "token", "there is no token %s", quote(string(c.Token))).WithHint("list the tokens")
	case t.Revoked:
		err = Errorf(Refused, "token", "the token %s is revoked already", quote(string(c.Token)))
	}
	return one(&TokenRevoked{Token: c.Token, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why the token ends")))
}
