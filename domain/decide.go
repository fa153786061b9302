package domain

import (
	"fmt"
	"slices"
	"strings"
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
	if err == nil && it.State.Ended() {
		err = Errorf(Refused, "item", "the item %s has ended: it is %s", quote(string(id)), strings.ReplaceAll(string(it.State), "_", " ")).
			WithHint("reopen it for further work, or add a new item")
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

func (c OpenPlan) decide(h against) ([]Event, error) {
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
	levels := c.Levels
	if len(levels) == 0 {
		levels = []Level{{Key: "action", Label: "Action"}}
	}
	dims, err := dimensions(c.Scheme, c.Dimensions)
	return levels, dims, first(checkLevels(levels), err)
}

func checkLevels(levels []Level) error {
	if len(levels) == 0 || len(levels) > 16 {
		return Errorf(TooLarge, "levels", "a plan has 1 to 16 levels")
	}
	seen := map[string]bool{}
	for _, l := range levels {
		if !isID(l.Key) || seen[l.Key] {
			return Errorf(Invalid, "levels", "level key %s is not an id or stands twice", quote(l.Key)).WithHint("use " + idRule)
		}
		seen[l.Key] = true
		if err := checkLine("levels", l.Label, 100); err != nil {
			return err
		}
	}
	return nil
}

// dimensions are those given, or one for delivery with a preset scheme, by default rag.v1.
func dimensions(preset string, dims []Dimension) ([]Dimension, error) {
	if len(dims) == 0 {
		if preset == "" {
			preset = "rag.v1"
		}
		for _, set := range SchemeSets() {
			if set.ID == preset {
				return set.Dimensions, nil
			}
		}
		return nil, Errorf(Invalid, "scheme", "there is no preset scheme %s", quote(preset)).WithHint("one of " + presetIDs())
	}
	if len(dims) > 8 {
		return nil, Errorf(TooLarge, "dimensions", "a plan has at most 8 dimensions")
	}
	seen := map[string]bool{}
	for _, d := range dims {
		if !isID(d.Key) || seen[d.Key] {
			return nil, Errorf(Invalid, "dimensions", "dimension key %s is not an id or stands twice", quote(d.Key)).WithHint("use " + idRule)
		}
		seen[d.Key] = true
		if err := first(checkLine("dimensions", d.Label, 100), d.Scheme.check("dimensions")); err != nil {
			return nil, err
		}
	}
	return dims, nil
}

func presetIDs() string {
	var ids []string
	for _, s := range SchemeSets() {
		ids = append(ids, s.ID)
	}
	return oneOf(ids)
}

func (c ClosePlan) decide(h against) ([]Event, error) {
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

func (c AddItem) decide(h against) ([]Event, error) {
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
	case !slices.Contains([]ItemKind{Action, Recommendation, Milestone, MeasureKind, StandingDuty}, c.Kind):
		return nil, Errorf(Invalid, "kind", "%s is no kind of item", quote(string(c.Kind))).WithHint("one of recommendation, milestone, measure, standing; left out: an action")
	case c.Source != "" && c.Kind != Recommendation:
		return nil, Errorf(Invalid, "source", "only a recommendation has a source").WithHint("say kind recommendation")
	case c.From != nil && (!isID(string(c.From.Plan)) || !isID(string(c.From.Item)) || !c.From.Since.Known()):
		return nil, Errorf(Invalid, "from", "an origin names a plan, an item and since when it was there")
	}
	return one(&ItemAdded{Item: c.Item, Ref: c.Ref, Level: c.Level, Parent: c.Parent, Due: c.Due, Person: c.Person,
		Owned: c.Owner != "" || c.Person != "", Kind: c.Kind, Start: c.Start, From: c.From, Title: c.Title, Owner: c.Owner, Source: c.Source},
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

func (c RewordItem) decide(h against) ([]Event, error) {
	_, _, err := h.item(c.Item)
	return one(&ItemReworded{Item: c.Item, Title: c.Title, Reason: c.Reason}, first(err,
		needText("title", c.Title, "say the new words"), needText("reason", c.Reason, "say why the words change")))
}

func (c MoveItem) decide(h against) ([]Event, error) {
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

func (c AssignOwner) decide(h against) ([]Event, error) {
	_, _, err := h.item(c.Item)
	for _, person := range append([]ActorID{c.Person}, c.Persons...) {
		if err == nil && person != "" && !isID(string(person)) {
			err = Errorf(Invalid, "person", "%s is not a person's id", quote(string(person)))
		}
	}
	return one(&OwnerAssigned{Item: c.Item, Person: c.Person, Persons: c.Persons, Post: c.Post, Interim: c.Interim,
		Owner: c.Owner, With: c.With, Reason: c.Reason}, first(err,
		needText("owner", c.Owner, "name the owner, a post or a person")))
}

func (c SuspendItem) decide(h against) ([]Event, error) {
	_, it, err := h.item(c.Item)
	if err == nil && it.State == ItemOnHold {
		err = Errorf(Refused, "item", "the item %s is suspended already", quote(string(c.Item)))
	}
	return one(&ItemSuspended{Item: c.Item, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why work is suspended")))
}

func (c ResumeItem) decide(h against) ([]Event, error) {
	_, it, err := h.item(c.Item)
	if err == nil && it.State != ItemOnHold {
		err = Errorf(Refused, "item", "the item %s is not suspended", quote(string(c.Item)))
	}
	return one(&ItemResumed{Item: c.Item, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why work goes on")))
}

func (c CancelItem) decide(h against) ([]Event, error) {
	_, _, err := h.item(c.Item)
	return one(&ItemCancelled{Item: c.Item, Reason: c.Reason}, first(err, c.ending("the item", c.Reason)))
}

func (c ReportProgress) decide(h against) ([]Event, error) {
	_, _, err := h.item(c.Item)
	if err == nil && c.Percent != nil && (*c.Percent < 0 || *c.Percent > 100) {
		err = Errorf(Invalid, "percent", "%d is no percentage", *c.Percent).WithHint("0 to 100")
	}
	return one(&ProgressReported{Item: c.Item, Percent: c.Percent, Progress: c.Progress}, first(err, needText("progress", c.Progress, "say what was done")))
}

func (c RecordOutcome) decide(h against) ([]Event, error) {
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

func (c voidCommand) decide(against) ([]Event, error) {
	return []Event{&CommandVoided{Command: c.Command, Parts: c.Parts}}, nil
}
