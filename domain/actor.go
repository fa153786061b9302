package domain

// Role says what an authenticated actor may do.
type Role string

// The roles of the foundation, each able to do what the one before it can.
const (
	Reader Role = "reader" // sees plans, timelines, tokens' own identity
	Editor Role = "editor" // keeps plans
	Admin  Role = "admin"  // also persons and tokens
)

var roleRank = map[Role]int{Reader: 1, Editor: 2, Admin: 3}

// Valid reports whether r is a role that plantrail knows.
func (r Role) Valid() bool { return roleRank[r] > 0 }

// Covers reports whether r may do what least may. An unknown role covers nothing.
func (r Role) Covers(least Role) bool { return roleRank[r] > 0 && roleRank[r] >= roleRank[least] }

// ActorKind says how an actor was authenticated.
type ActorKind string

// The kinds of actor.
const (
	User   ActorKind = "user"    // a person, by a token
	OSUser ActorKind = "os-user" // whoever could open the data directory: an operating-system user, by numeric id
	System ActorKind = "system"  // plantrail itself, repairing
)

// Actor is who did something, at the time: authenticated, never self-declared.
type Actor struct {
	ID         ActorID   `json:"id"`
	Kind       ActorKind `json:"kind"`
	Role       Role      `json:"role"`
	OnBehalfOf string    `json:"on_behalf_of,omitempty"` // a post or body, not a person's name
}

// Authority is the decision on which an act rests: a body, the date of its meeting, and the resolution's words or number.
type Authority struct {
	Body       string `json:"body" doc:"the deciding body or post" maxLength:"200"`
	Meeting    Date   `json:"meeting,omitzero" doc:"date of the meeting: 2020-02-03 or 2020-02"`
	Resolution string `json:"resolution,omitempty" doc:"number or short reference of the resolution" maxLength:"200"`
}

// Basis is common to all commands: when it happened, as stated, and on whose authority.
//
// Stated is the day or month that the speaker gives; when it is left out it is the day of recording. The time of
// recording is never an input: it is the journal's clock.
type Basis struct {
	Stated    Date       `json:"stated,omitzero" doc:"when it happened: 2020-02-03, 2020-02 or unknown; left out, the day it is recorded"`
	Authority *Authority `json:"authority,omitempty" doc:"the decision it rests on"`
}
