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

// Value is one rating of a scheme. Shape is there because colour alone is no meaning to many readers.
type Value struct {
	Key     string  `json:"key" doc:"stable key, e.g. amber" maxLength:"64"`
	Label   string  `json:"label" doc:"the word that is printed" maxLength:"100"`
	Colour  string  `json:"colour" doc:"red, amber, green, blue, grey, ..." maxLength:"32"`
	Shape   string  `json:"shape" doc:"circle, triangle, square, diamond, ring" maxLength:"32"`
	Meaning Meaning `json:"meaning" doc:"what it says in every council" enum:"not_started,on_track,at_risk,off_track,complete_claimed,complete_verified,suspended,cancelled,no_data"`
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

var (
	red    = Value{"red", "Red", "red", "diamond", OffTrack}
	amber  = Value{"amber", "Amber", "amber", "triangle", AtRisk}
	green  = Value{"green", "Green", "green", "circle", OnTrack}
	blue   = Value{"blue", "Blue: complete", "blue", "square", CompleteClaimed}
	notYet = Value{"not-started", "Not started", "grey", "ring", NotStarted}
)

// Presets are the schemes that need no definition of one's own.
func Presets() []Scheme {
	return []Scheme{
		{"rag.v1", "Red, amber, green", []Value{red, amber, green}},
		{"brag.v1", "Red, amber, green, with blue for complete", []Value{red, amber, green, blue}},
		{"rag-not-started.v1", "Red, amber, green, with not started", []Value{red, amber, green, notYet}},
	}
}

// Preset finds a preset by id.
func Preset(id string) (Scheme, bool) {
	all := Presets()
	i := slices.IndexFunc(all, func(s Scheme) bool { return s.ID == id })
	if i < 0 {
		return Scheme{}, false
	}
	return all[i], true
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
		if err := checkLine(field, v.Label, 100); err != nil {
			return err
		}
		if !isID(v.Colour) || !isID(v.Shape) {
			return Errorf(Invalid, field, "rating %s needs a colour and a shape", quote(v.Key)).WithHint("colour alone is no meaning to many readers")
		}
		seen[v.Key] = true
	}
	return checkLine(field, s.Title, 200)
}
