package domain

// PersonRegistered gives a person an id; the name is erasable, the id is not.
type PersonRegistered struct {
	Person ActorID   `json:"person"`
	Kind   ActorKind `json:"kind"`
	Name   Text      `json:"name,omitempty"`
}

// PersonRenamed gives a registered person another name.
type PersonRenamed struct {
	Person ActorID `json:"person"`
	Name   Text    `json:"name,omitempty"`
}

// PersonLeft says that a person no longer acts for the organisation; their tokens end with it.
type PersonLeft struct {
	Person ActorID `json:"person"`
}

// TokenIssued records a bearer token by the SHA-256 of its secret: 256 random bits, so the digest gives nothing away.
type TokenIssued struct {
	Token   TokenID `json:"token"`
	Person  ActorID `json:"person"`
	Role    Role    `json:"role"`
	SHA256  string  `json:"sha256"` // of the secret's text, hex
	Expires Date    `json:"expires,omitzero"`
	// Plans are the only ones that it opens; none: all.
	Plans []PlanID `json:"plans,omitempty"`
}

// TokenRevoked ends a token.
type TokenRevoked struct {
	Token  TokenID `json:"token"`
	Reason Text    `json:"reason,omitempty"`
}

func (*PersonRegistered) Type() string  { return "person-registered" }
func (*PersonRegistered) about() ItemID { return "" }

func (*PersonRenamed) Type() string  { return "person-renamed" }
func (*PersonRenamed) about() ItemID { return "" }

func (*PersonLeft) Type() string  { return "person-left" }
func (*PersonLeft) about() ItemID { return "" }

func (*TokenIssued) Type() string  { return "token-issued" }
func (*TokenIssued) about() ItemID { return "" }

func (*TokenRevoked) Type() string  { return "token-revoked" }
func (*TokenRevoked) about() ItemID { return "" }
