package domain

import "slices"

// Meaning is what a rating says in every council. Amber is "on track" in one and "a month behind" in the next:
// rules and reports run on the meaning, pages show the label.
type Meaning string

// The meanings.
const (
	NotStarted       Meaning = "not_started"
	OnTrack          Meaning = "on_track"
	AtRisk           Meaning = "at_risk"
	OffTrack         Meaning = "off_track"
	CompleteClaimed  Meaning = "complete_claimed"
	CompleteVerified Meaning = "complete_verified"
	Suspended        Meaning = "suspended"
	Cancelled        Meaning = "cancelled"
	NoData           Meaning = "no_data"
)

var meanings = []Meaning{NotStarted, OnTrack, AtRisk, OffTrack, CompleteClaimed, CompleteVerified, Suspended, Cancelled, NoData}

// NeedsReason reports whether members will ask why: a rating of this meaning carries a justification or owes one.
func (m Meaning) NeedsReason() bool { return m == AtRisk || m == OffTrack }

// Complete reports whether the rating says that the item is done.
func (m Meaning) Complete() bool { return m == CompleteClaimed || m == CompleteVerified }

// Value is one rating of a scheme. Shape is there because colour alone is no meaning to many readers.
type Value struct {
	Key     string  `json:"key" doc:"stable key, e.g. amber" maxLength:"64"`
	Label   string  `json:"label" doc:"the word that is printed" maxLength:"100"`
	Colour  string  `json:"colour" doc:"red, amber, green, blue, grey, ..." maxLength:"32"`
	Shape   string  `json:"shape" doc:"circle, triangle, square, diamond, ring, star" maxLength:"32"`
	Meaning Meaning `json:"meaning" doc:"what it says in every council" enum:"not_started,on_track,at_risk,off_track,complete_claimed,complete_verified,suspended,cancelled,no_data"`
	Says    string  `json:"says,omitempty" doc:"the key's own words for it, e.g. over one month behind" maxLength:"300"`
	Rule    *Rule   `json:"rule,omitempty" doc:"when the scheme says that it applies, if it says so in figures"`
	Or      *Rule   `json:"or,omitempty" doc:"or when this holds"`
}

// Rules are the value's own formula: it applies while any of them holds. Most schemes state none.
func (v Value) Rules() (all []Rule) {
	for _, u := range []*Rule{v.Rule, v.Or} {
		if u != nil {
			all = append(all, *u)
		}
	}
	return all
}

// Applies reports whether the scheme's figures give an item this value; known is false when it states none, or when what
// they need was not stated.
func (v Value) Applies(behind, percent *int) (holds, known bool) {
	rules := v.Rules()
	known = len(rules) > 0
	for _, u := range rules {
		is, certain := u.Applies(behind, percent)
		if is && certain {
			return true, true
		}
		known = known && certain
	}
	return false, known
}

// Rule is a value's own formula: it applies while every bound that is given holds. Days behind are counted from the due
// date; they are negative before it.
type Rule struct {
	BehindFrom  *int `json:"behind_from,omitempty" doc:"at least so many days behind"`
	BehindTo    *int `json:"behind_to,omitempty" doc:"at most so many days behind"`
	PercentFrom *int `json:"percent_from,omitempty" doc:"at least so many per cent complete"`
	PercentTo   *int `json:"percent_to,omitempty" doc:"at most so many per cent complete"`
}

// Applies reports whether the rule holds for an item; known is false when what it needs was not stated.
func (u Rule) Applies(behind, percent *int) (holds, known bool) {
	within := func(x, from, to *int) (bool, bool) {
		if from == nil && to == nil {
			return true, true
		}
		if x == nil {
			return false, false
		}
		return (from == nil || *x >= *from) && (to == nil || *x <= *to), true
	}
	days, knownDays := within(behind, u.BehindFrom, u.BehindTo)
	share, knownShare := within(percent, u.PercentFrom, u.PercentTo)
	return days && share, knownDays && knownShare
}

// Scheme is a rating scheme: versioned data. Its id names its version ("rag.v1"); a changed scheme is another id.
type Scheme struct {
	ID     string  `json:"id" maxLength:"64"`
	Title  string  `json:"title" maxLength:"200"`
	Values []Value `json:"values" maxItems:"32"`
}

// Value finds a value by its key.
func (s Scheme) Value(key string) (Value, bool) {
	i := slices.IndexFunc(s.Values, func(v Value) bool { return v.Key == key })
	if i < 0 {
		return Value{}, false
	}
	return s.Values[i], true
}

// Keys lists the scheme's keys in order, for messages.
func (s Scheme) Keys() []string {
	keys := make([]string, len(s.Values))
	for i, v := range s.Values {
		keys[i] = v.Key
	}
	return keys
}

// Complete reports whether the scheme has a value for complete. In one that has none, such as plain red, amber and green,
// the best that can be said of an item is that it is on track.
func (s Scheme) Complete() bool {
	return slices.ContainsFunc(s.Values, func(v Value) bool { return v.Meaning.Complete() })
}

// Dimension is one thing that is rated of an item, by its own scheme: delivery, impact.
type Dimension struct {
	Key    string `json:"key" maxLength:"64"`
	Label  string `json:"label" maxLength:"100"`
	Scheme Scheme `json:"scheme"`
}

// Level is a named level of a plan (priority, aim, action); a plan's levels are ordered from the top.
type Level struct {
	Key   string `json:"key" maxLength:"64"`
	Label string `json:"label" maxLength:"100"`
}

func (s Scheme) check(field string) error {
	if !isSchemeID(s.ID) || len(s.Values) == 0 || len(s.Values) > 32 {
		return Errorf(Invalid, field, "scheme %s needs an id and 1 to 32 values", quote(s.ID))
	}
	seen := map[string]bool{}
	for _, v := range s.Values {
		switch {
		case !isID(v.Key) || seen[v.Key]:
			return Errorf(Invalid, field, "rating key %s is not an id or stands twice", quote(v.Key)).WithHint("use " + idRule)
		case !slices.Contains(meanings, v.Meaning):
			return Errorf(Invalid, field, "rating %s has no known meaning", quote(v.Key)).WithHint("one of " + oneOf(meanings))
		}
		if err := first(checkLine(field, v.Label, 100), checkLine(field, v.Says, 300)); err != nil {
			return err
		}
		if !isID(v.Colour) || !isID(v.Shape) {
			return Errorf(Invalid, field, "rating %s needs a colour and a shape", quote(v.Key)).WithHint("colour alone is no meaning to many readers")
		}
		seen[v.Key] = true
	}
	return checkLine(field, s.Title, 200)
}
