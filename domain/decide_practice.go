package domain

import (
	"reflect"
	"slices"
)

func (c SetLevels) decide(h against) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	err = first(checkLevels(c.Levels), needText("reason", c.Reason, "say why the levels change"))
	after := Plan{PlanState: PlanState{ID: p.ID, Levels: c.Levels}, items: p.items}
	for _, it := range p.Items() {
		err = first(err, after.fits("levels", it.Level, it.Parent))
	}
	return one(&LevelsSet{Levels: c.Levels, Reason: c.Reason}, err)
}

func (c SetSchemes) decide(h against) ([]Event, error) {
	p, err := h.live()
	if err != nil {
		return nil, err
	}
	dims, err := dimensions(c.Scheme, c.Dimensions)
	for _, d := range dims {
		for _, had := range p.Dimensions {
			if had.Scheme.ID == d.Scheme.ID && !slices.EqualFunc(had.Scheme.Values, d.Scheme.Values, sameValue) {
				err = first(err, Errorf(Refused, "dimensions", "the scheme %s changes and keeps its id", quote(d.Scheme.ID)).
					WithHint("a changed scheme is another id, e.g. with .v2 at its end: earlier ratings keep the key they were given under"))
			}
		}
	}
	return one(&SchemesSet{Dimensions: dims, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why the scheme changes")))
}

func sameValue(a, b Value) bool { return reflect.DeepEqual(a, b) }

func (c SetPolicy) decide(h against) ([]Event, error) {
	p, err := h.live()
	if err == nil && p.InForce().ID == c.Policy.ID {
		err = Errorf(Refused, "policy.id", "the policy %s is in force already", quote(c.Policy.ID)).WithHint("a changed policy is another id")
	}
	return one(&PolicySet{Policy: c.Policy.filled(), Reason: c.Reason}, first(err, c.Policy.check(), needText("reason", c.Reason, "say why the policy changes")))
}

func (c AdoptVersion) decide(h against) ([]Event, error) {
	_, err := h.live()
	if err == nil && (c.Authority == nil || c.Authority.Body == "") {
		err = Errorf(Invalid, "authority", "say which body adopted it")
	}
	return one(&VersionAdopted{Version: c.Version, Reason: c.Reason}, first(err, needText("version", Text(c.Version), "say which version, as printed"),
		checkLine("version", c.Version, 64), needText("reason", c.Reason, "say what the version is for")))
}

func (c LinkItems) decide(h against) ([]Event, error) {
	p, it, err := h.item(c.Item)
	if err != nil {
		return nil, err
	}
	to, err := p.find("to", c.To)
	switch {
	case err != nil:
	case c.To == c.Item:
		err = Errorf(Invalid, "to", "an item can't be linked to itself")
	case slices.ContainsFunc(it.Links, func(l Link) bool { return l.Relation == c.Relation && l.To == c.To }):
		err = Errorf(Refused, "to", "the items are linked so already")
	case c.Relation == Addresses && to.Kind != Recommendation:
		err = Errorf(Invalid, "to", "the item %s is no recommendation", quote(string(c.To))).WithHint("add it with kind recommendation")
	case c.Relation == MeasuredBy && to.Kind != MeasureKind:
		err = Errorf(Invalid, "to", "the item %s is no measure", quote(string(c.To))).WithHint("add it with kind measure")
	case c.Relation != Addresses && c.Relation != MeasuredBy && c.Relation != ContributesTo:
		err = Errorf(Invalid, "relation", "%s is no relation", quote(string(c.Relation))).WithHint("one of addresses, contributes_to, measured_by")
	}
	return one(&ItemsLinked{Item: c.Item, Relation: c.Relation, To: c.To}, err)
}

func (c UnlinkItems) decide(h against) ([]Event, error) {
	_, it, err := h.item(c.Item)
	if err == nil && !slices.ContainsFunc(it.Links, func(l Link) bool { return l.Relation == c.Relation && l.To == c.To }) {
		err = Errorf(NotFound, "to", "the items are not linked so")
	}
	return one(&ItemsUnlinked{Item: c.Item, Relation: c.Relation, To: c.To, Reason: c.Reason}, first(err, needText("reason", c.Reason, "say why the link goes")))
}

func (c Respond) decide(h against) ([]Event, error) {
	_, it, err := h.item(c.Item)
	switch {
	case err != nil:
	case it.Kind != Recommendation:
		err = Errorf(Refused, "item", "the item %s is no recommendation", quote(string(c.Item)))
	case c.Response != Agreed && c.Response != PartlyAgreed && c.Response != NotAgreed:
		err = Errorf(Invalid, "response", "%s is no response", quote(string(c.Response))).WithHint("one of agreed, partly_agreed, not_agreed")
	case c.Response != Agreed:
		err = needText("words", c.Words, "say why it is not agreed in full")
	}
	return one(&ResponseGiven{Item: c.Item, Response: c.Response, Words: c.Words}, err)
}

func (c DefineMeasure) decide(h against) ([]Event, error) {
	_, it, err := h.item(c.Item)
	var from Amount
	switch {
	case err != nil:
	case it.Kind != MeasureKind:
		err = Errorf(Refused, "item", "the item %s is no measure", quote(string(c.Item))).WithHint("add it with kind measure")
	case !slices.Contains([]Better{"", Higher, Lower, Within}, c.Better):
		err = Errorf(Invalid, "better", "%s says no way", quote(string(c.Better))).WithHint("one of higher, lower, within")
	case c.Better == Within && c.Target == "":
		err = Errorf(Invalid, "target", "a measure that should stay within a range needs the range").WithHint("as 20-22")
	case it.Measure != nil:
		from, err = it.Measure.Target, needText("reason", c.Reason, "say why the measure changes")
	}
	return one(&MeasureDefined{Item: c.Item, Unit: c.Unit, Better: c.Better, Baseline: c.Baseline, Target: c.Target, From: from,
		Contextual: c.Contextual, Reason: c.Reason}, first(err, checkLine("unit", c.Unit, 64), checkAmount("baseline", c.Baseline), checkAmount("target", c.Target)))
}

func checkAmount(field string, a Amount) error {
	if a == "" {
		return nil
	}
	parsed, err := ParseAmount(string(a))
	if err != nil || parsed != a {
		return Errorf(Invalid, field, "%s is not a figure", quote(string(a))).WithHint("write it as 17, 59.1, ~17 or 20-22")
	}
	return nil
}

func (c ReadMeasure) decide(h against) ([]Event, error) {
	_, it, err := h.item(c.Item)
	switch {
	case err != nil:
	case it.Measure == nil:
		err = Errorf(Refused, "item", "the item %s is no measure, or nobody has said what it measures", quote(string(c.Item))).WithHint("define the measure first")
	case c.Value == "":
		err = Errorf(Invalid, "value", "say the reading")
	}
	return one(&MeasureRead{Item: c.Item, Value: c.Value, Words: c.Words}, first(err, checkAmount("value", c.Value)))
}
