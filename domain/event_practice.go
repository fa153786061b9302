package domain

// LevelsSet gives the plan other named levels. A level that has items can't be dropped.
type LevelsSet struct {
	Levels []Level `json:"levels"`
	Reason Text    `json:"reason,omitempty"`
}

// SchemesSet gives the plan other dimensions or schemes. It re-rates nothing: an item keeps the rating that it has, in the
// scheme in which it was given, until somebody rates it anew.
type SchemesSet struct {
	Dimensions []Dimension `json:"dimensions"`
	Reason     Text        `json:"reason,omitempty"`
}

// PolicySet gives the plan another policy.
type PolicySet struct {
	Policy Policy `json:"policy"`
	Reason Text   `json:"reason,omitempty"`
}

// VersionAdopted says that the body of the event's authority adopted the plan as it now stands. Items go on across versions
// with their identity; those that do not have an end of their own.
type VersionAdopted struct {
	Version string `json:"version"` // as printed: "2.0", "Revised, March 2015"
	Reason  Text   `json:"reason,omitempty"`
}

func (*LevelsSet) Type() string  { return "levels-set" }
func (*LevelsSet) about() ItemID { return "" }

func (*SchemesSet) Type() string  { return "schemes-set" }
func (*SchemesSet) about() ItemID { return "" }

func (*PolicySet) Type() string  { return "policy-set" }
func (*PolicySet) about() ItemID { return "" }

func (*VersionAdopted) Type() string  { return "version-adopted" }
func (*VersionAdopted) about() ItemID { return "" }
