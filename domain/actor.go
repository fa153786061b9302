package domain

import (
	"slices"
	"strings"
)

// Role says what an authenticated actor may do.
type Role string

// The roles. A right is named after the role that has it first: what needs the right editor, an editor may do and whoever
// covers one.
const (
	Reader         Role = "reader"    // sees plans and their history: members, subscribers
	Inspector      Role = "inspector" // a reader for a time, of the plans named, who takes bundles
	Auditor        Role = "auditor"   // also checks the log and sees who read what
	Editor         Role = "editor"    // keeps plans
	Clerk          Role = "clerk"     // keeps meetings: papers, minutes, resolutions, requests, decisions of bodies
	DataProtection Role = "data-protection"
	Admin          Role = "admin" // all of it, persons, tokens and policies too
)

// covers says which rights each role has. It is the one table of roles; what needs which right stand in [LeastRole] and, for
// the routes, in package web.
var covers = map[Role][]Role{
	Reader:         {Reader},
	Inspector:      {Reader, Inspector},
	Auditor:        {Reader, Auditor},
	Editor:         {Reader, Editor, Clerk},
	Clerk:          {Reader, Clerk},
	DataProtection: {Reader, Auditor, DataProtection},
	Admin:          {Reader, Inspector, Auditor, Editor, Clerk, DataProtection, Admin},
}

// Roles lists all roles, the one with the fewest rights first.
func Roles() []Role {
	return []Role{Reader, Inspector, Auditor, Clerk, Editor, DataProtection, Admin}
}

// Valid reports whether r is a role that plantrail knows.
func (r Role) Valid() bool { return covers[r] != nil }

// Covers reports whether r may do what least may. An unknown role covers nothing.
func (r Role) Covers(least Role) bool { return slices.Contains(covers[r], least) }

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
	Only       Scope     `json:"-"`                      // where they are let in; it is no part of an event
}

// Scope is the plans to which somebody is let in: ids, each on a line; "" for all plans.
type Scope string

// ScopeOf is the scope of plans; none: all.
func ScopeOf(plans []PlanID) Scope {
	var b strings.Builder
	for _, p := range plans {
		b.WriteString(string(p) + "\n")
	}
	return Scope(b.String())
}

// Reaches reports whether a history is within the scope.
func (s Scope) Reaches(plan PlanID) bool {
	return s == "" || strings.HasPrefix(string(s), string(plan)+"\n") || strings.Contains(string(s), "\n"+string(plan)+"\n")
}

// Authority is the decision on which an act rests: a body, the date of its meeting, and the resolution's words or number.
type Authority struct {
	Body       string `json:"body" doc:"the deciding body or post" maxLength:"200"`
	Meeting    Date   `json:"meeting,omitzero" doc:"date of the meeting: 2020-02-03 or 2020-02"`
	Resolution string `json:"resolution,omitempty" doc:"number or short reference of the resolution" maxLength:"200"`
}

// Words is the authority as people write it: "Cabinet, 6 February 2020, resolution 12". A paper may print the resolution of
// a meeting without naming the body: then it is "the meeting of 6 February 2020". There are none for no authority.
func (a *Authority) Words() string {
	if a == nil {
		return ""
	}
	words := a.Body
	switch {
	case !a.Meeting.Known():
	case a.Body == "":
		words = "the meeting of " + a.Meeting.Words()
	default:
		words += ", " + a.Meeting.Words()
	}
	if a.Resolution != "" {
		words = strings.TrimPrefix(words+", resolution "+a.Resolution, ", ")
	}
	return words
}

// Basis is common to all commands: when it happened, as stated, and on whose authority.
//
// Stated is the day or month that the speaker gives; when it is left out it is the day of recording. The time of
// recording is never an input: it is the journal's clock.
type Basis struct {
	Stated    Date       `json:"stated,omitzero" doc:"when it happened: 2020-02-03, 2020-02 or unknown; left out, the day it is recorded"`
	Authority *Authority `json:"authority,omitempty" doc:"the decision it rests on"`
}
