package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/projections"
)

// NewToken asks for a token: for a person who is registered, or for a new one by name.
type NewToken struct {
	Person  domain.ActorID  `json:"person,omitempty" doc:"id of a registered person; or give a name"`
	Name    domain.Text     `json:"name,omitempty" doc:"name of a person to register" maxLength:"65536"`
	Role    domain.Role     `json:"role" enum:"reader,inspector,auditor,clerk,editor,data-protection,admin"`
	Expires domain.Date     `json:"expires,omitzero" doc:"the last day on which it is good; left out: it does not expire"`
	Plans   []domain.PlanID `json:"plans,omitempty" doc:"the only plans that it opens; left out: all" maxItems:"100"`
}

// IssuedToken is a new token. The secret is in this one answer and nowhere else.
type IssuedToken struct {
	Token    domain.TokenID  `json:"token_id"`
	Person   domain.ActorID  `json:"person"`
	Secret   string          `json:"secret" doc:"the whole token, to be sent as Authorization: Bearer; it can't be had again"`
	Role     domain.Role     `json:"role"`
	Position domain.Position `json:"position"`
}

// RevokeReason says why a token ends.
type RevokeReason struct {
	Reason domain.Text `json:"reason" maxLength:"65536"`
}

// NewName is another name for a person.
type NewName struct {
	Name domain.Text `json:"name" maxLength:"65536"`
}

type tokensAnswer struct {
	Tokens []projections.TokenView `json:"tokens"`
}

type personsAnswer struct {
	Persons []projections.PersonView `json:"persons"`
}

type peopleInput struct {
	Reading
	Tabled
}

type personPath struct {
	Keyed
	Person string `path:"person" doc:"the person's id" example:"p-7f3a9c2e"`
}

type tokenPath struct {
	Keyed
	Token string `path:"token" doc:"the token's id, not the token" example:"k3m9x2p7q4ab"`
}

func (s *Server) registerPeople() {
	query(s, "/v1/persons", about{
		id: "list-persons", tag: "people", summary: "The registered persons", csv: true}, func(ctx context.Context, _ *peopleInput) (personsAnswer, error) {
		all, err := s.deps.Reads.Persons(ctx)
		return personsAnswer{all}, err
	})
	query(s, "/v1/tokens", about{
		id: "list-tokens", tag: "people", summary: "The tokens, without their secrets", csv: true}, func(ctx context.Context, _ *peopleInput) (tokensAnswer, error) {
		all, err := s.deps.Reads.Tokens(ctx)
		return tokensAnswer{all}, err
	})
	s.registerIssue()
	personal(s, "/v1/persons/{person}/rename", about{id: "rename-person", summary: "Give a person another name"}, NewName{"Ada Byron"},
		func(in *personPath, body NewName) (domain.Command, error) {
			id, err := parseActor("person", in.Person)
			return domain.RenamePerson{Person: id, Name: body.Name}, err
		})
	personal(s, "/v1/persons/{person}/leave", about{
		id: "person-leaves", summary: "A person no longer acts for the organisation; their tokens end"}, struct{}{},
		func(in *personPath, _ struct{}) (domain.Command, error) {
			id, err := parseActor("person", in.Person)
			return domain.PersonLeaves{Person: id}, err
		})
	s.registerEraseName()
	personal(s, "/v1/tokens/{token}/revoke", about{id: "revoke-token", summary: "End a token"}, RevokeReason{"The laptop was lost."},
		func(in *tokenPath, body RevokeReason) (domain.Command, error) {
			id, err := domain.ParseItemID(in.Token)
			return domain.RevokeToken{Token: domain.TokenID(id), Reason: body.Reason}, at("token", err)
		})
}

// personal registers a command on the history of people, whose id stands in the path and the rest in the body. A body
// without any fields may be left out.
func personal[I interface {
	command() (domain.CommandID, error)
}, B any](s *Server, path string, a about, example B, make func(*I, B) (domain.Command, error)) {
	a.tag, a.errors = "people", commandErrors
	op := s.operation(http.MethodPost, path, a, jsonRoute())
	op.DefaultStatus = http.StatusCreated
	_, bodiless := any(example).(struct{})
	if !bodiless {
		s.takesJSON(&op, example, true)
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*receipt, error) {
		var body B
		if given := callOf(ctx).body; !bodiless || len(given) > 0 {
			if err := decodeBody(given, &body); err != nil {
				return nil, err
			}
		}
		what, err := make(in, body)
		if err != nil {
			return nil, err
		}
		id, err := (*in).command()
		if err != nil {
			return nil, err
		}
		got, err := s.onPeople(ctx, id, what)
		if err != nil {
			return nil, commanded{err, id}
		}
		s.settle(ctx, got.Position)
		return receiptOf(got), nil
	})
	documentRepeat(op)
}

// onPeople gives a command on the history of people as the caller's.
func (s *Server) onPeople(ctx context.Context, id domain.CommandID, what domain.Command) (domain.Receipt, error) {
	c := callOf(ctx)
	return s.deps.Service.Do(ctx, domain.Order{Plan: domain.People, Actor: c.actor, Command: id, Correlation: c.id, Do: what})
}

// settle waits until this process knows of a change to tokens or persons, so that a revoked token is dead and a new one
// good when the answer arrives. It is recorded in any case: a slow read model only makes the effect late.
func (s *Server) settle(ctx context.Context, p domain.Position) {
	if err := s.waitFor(ctx, p); err != nil {
		callOf(ctx).log().Warn("a change to tokens or persons is recorded but not yet in force here", "position", p, "err", err)
	}
}

// issued is the answer to a new token.
type issued struct {
	Position uint64 `header:"Plantrail-Position" doc:"the position of what was recorded"`
	Body     IssuedToken
}

func (s *Server) registerIssue() {
	op := s.operation(http.MethodPost, "/v1/tokens", about{id: "issue-token", tag: "people", summary: "Make a token", errors: commandErrors,
		text: "The secret is in this answer only. The same Idempotency-Key again is answered with 422: a secret is not given twice."}, jsonRoute())
	op.DefaultStatus = http.StatusCreated
	s.takesJSON(&op, NewToken{Name: "Ada Lovelace", Role: domain.Editor, Expires: domain.Day(2099, 12, 31)}, true)
	huma.Register(s.api, op, func(ctx context.Context, in *Keyed) (*issued, error) {
		var want NewToken
		if err := decodeBody(callOf(ctx).body, &want); err != nil {
			return nil, err
		}
		id, err := in.command()
		if err != nil {
			return nil, err
		}
		got, err := s.issue(ctx, id, want)
		if err != nil {
			return nil, commanded{err, id}
		}
		return &issued{Position: uint64(got.Position), Body: got}, nil
	})
	op.Responses["201"].Description = "The token, with its secret, once."
}

// issue registers the person when it is new, and then the token. Ids are made from the command's, so that a second try after
// a crash between the two finds the person of the first instead of registering another.
func (s *Server) issue(ctx context.Context, id domain.CommandID, want NewToken) (IssuedToken, error) {
	switch {
	case (want.Person == "") == (strings.TrimSpace(string(want.Name)) == ""):
		return IssuedToken{}, domain.Errorf(domain.Invalid, "person", "a token is for one person").WithHint("give person (an id) or name (of a new person)")
	case !want.Role.Valid():
		return IssuedToken{}, domain.Errorf(domain.Invalid, "role", "there is no such role").WithHint("use reader, inspector, auditor, clerk, editor, data-protection or admin")
	case !want.Expires.IsZero() && !want.Expires.Exact():
		return IssuedToken{}, domain.Errorf(domain.Invalid, "expires", "a token ends on a day").WithHint("write it as 2027-03-31")
	case want.Expires.Known() && !s.deps.Now().Before(want.Expires.End()):
		return IssuedToken{}, domain.Errorf(domain.Invalid, "expires", "the token would have expired already").WithHint("give a day to come")
	}
	if err := (domain.IssueToken{Role: want.Role, Expires: want.Expires, Plans: want.Plans}).CheckPlans(); err != nil {
		return IssuedToken{}, err // before anybody is registered for it
	}
	if want.Person == "" {
		want.Person = domain.ActorID("p-" + derive("person", id, 8))
		register := domain.RegisterPerson{Person: want.Person, Kind: domain.User, Name: want.Name}
		if _, err := s.onPeople(ctx, domain.CommandID("register-"+derive("register", id, 16)), register); err != nil {
			return IssuedToken{}, err
		}
	} else if _, err := parseActor("person", string(want.Person)); err != nil {
		return IssuedToken{}, err
	}
	token, secret := domain.TokenID(derive("token", id, 12)), newSecret()
	got, err := s.onPeople(ctx, id, domain.IssueToken{Token: token, Person: want.Person, Role: want.Role, SHA256: digestOf(secret), Expires: want.Expires, Plans: want.Plans})
	switch {
	case domain.KindOf(err) == domain.Reused:
		return IssuedToken{}, domain.Errorf(domain.Reused, "Idempotency-Key", "it was used already, and where it made a token, the secret is not given again").
			WithHint("make another token with another key; revoke " + string(token) + " if it is listed and its secret was lost")
	case err != nil:
		return IssuedToken{}, err
	}
	s.settle(ctx, got.Position)
	return IssuedToken{Token: token, Person: want.Person, Secret: formatToken(token, secret), Role: want.Role, Position: got.Position}, nil
}

// newSecret is 256 random bits.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: the program ends instead
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// derive makes an id of n characters of a command's id. It is no secret, only unlikely to meet another.
func derive(purpose string, id domain.CommandID, n int) string {
	sum := sha256.Sum256([]byte(purpose + "\n" + string(id)))
	return strings.ToLower(base32.StdEncoding.EncodeToString(sum[:]))[:n]
}

// EnsureActor registers an actor who was authenticated otherwise than by a token, under a name, when first seen: the user of
// the operating system. It may be called each time. Registering needs the role admin; where the actor has less it is
// plantrail itself that registers.
func EnsureActor(ctx context.Context, service Commander, reads Reads, actor domain.Actor, name string) error {
	_, err := reads.Person(ctx, actor.ID)
	if domain.KindOf(err) != domain.NotFound || err == nil {
		return err
	}
	by := actor
	if !by.Role.Covers(domain.Admin) {
		by = domain.Actor{ID: "system", Kind: domain.System, Role: domain.Admin}
	}
	_, err = service.Do(ctx, domain.Order{Plan: domain.People, Actor: by, Command: domain.CommandID("register-" + actor.ID),
		Do: domain.RegisterPerson{Person: actor.ID, Kind: actor.Kind, Name: domain.Text(name)}})
	// The read model may be behind: then the person is there already, perhaps under an earlier name.
	if e := (*domain.Error)(nil); errors.As(err, &e) && (e.Kind == domain.Reused || e.Kind == domain.Refused) {
		return nil
	}
	return err
}
