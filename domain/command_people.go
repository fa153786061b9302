package domain

// RegisterPerson gives a person an id, in the history [People].
type RegisterPerson struct {
	Basis
	Person ActorID   `json:"person"`
	Kind   ActorKind `json:"kind"`
	Name   Text      `json:"name"`
}

// RenamePerson gives a registered person another name.
type RenamePerson struct {
	Basis
	Person ActorID `json:"person"`
	Name   Text    `json:"name"`
}

// PersonLeaves ends a person's acting for the organisation, and their tokens.
type PersonLeaves struct {
	Basis
	Person ActorID `json:"person"`
}

// IssueToken records a bearer token whose secret has this SHA-256 (hex).
type IssueToken struct {
	Basis
	Token   TokenID `json:"token"`
	Person  ActorID `json:"person"`
	Role    Role    `json:"role"`
	SHA256  string  `json:"sha256"`
	Expires Date    `json:"expires,omitzero"`
	// Plans are the only ones that it opens; none: all.
	Plans []PlanID `json:"plans,omitempty" maxItems:"100"`
}

// RevokeToken ends a token.
type RevokeToken struct {
	Basis
	Token  TokenID `json:"token"`
	Reason Text    `json:"reason"`
}

func (RegisterPerson) Verb() string { return "register-person" }
func (RenamePerson) Verb() string   { return "rename-person" }
func (PersonLeaves) Verb() string   { return "person-leaves" }
func (IssueToken) Verb() string     { return "issue-token" }
func (RevokeToken) Verb() string    { return "revoke-token" }
