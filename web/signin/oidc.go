package signin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"plantrail/domain"
)

// OIDC says how the council's own sign-in is reached.
type OIDC struct {
	// Issuer is the provider's address; of Microsoft Entra ID https://login.microsoftonline.com/TENANT/v2.0 with the tenant's
	// own id: the common one would let in any organisation's people.
	Issuer       string
	ClientID     string
	ClientSecret string
	PublicURL    string // of these pages, e.g. https://plans.example.gov.uk
	// Register gives a person who signs in for the first time an id with their name.
	Register func(ctx context.Context, id domain.ActorID, name string) error
}

// Provider is the council's own sign-in, found and checked.
type Provider struct {
	OIDC
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
}

// Discover asks the issuer for its addresses and keys. The tokens that it takes are signed with RS256, ES256 or PS256 by a key of the issuer,
// for this client.
func Discover(ctx context.Context, o OIDC) (*Provider, error) {
	found, err := oidc.NewProvider(ctx, o.Issuer)
	if err != nil {
		return nil, domain.Errorf(domain.Unavailable, "oidc", "the sign-in of %s can't be reached", o.Issuer).WithHint("look at the issuer's address").Because(err)
	}
	return &Provider{OIDC: o, verifier: found.Verifier(&oidc.Config{ClientID: o.ClientID, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256, oidc.PS256}}),
		config: oauth2.Config{ClientID: o.ClientID, ClientSecret: o.ClientSecret, Endpoint: found.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile"},
			RedirectURL: strings.TrimRight(o.PublicURL, "/") + "/sign-in/council/back"}}, nil
}

// toCouncil sends the browser to the council's sign-in: authorisation code with PKCE, a state and a nonce of this session.
func (s *SignIn) toCouncil(w http.ResponseWriter, r *http.Request) {
	if s.deps.OIDC == nil {
		s.refuse(w, r, http.StatusNotFound, "The council's own sign-in is not set up here.")
		return
	}
	s.ask(w, r, false)
}

// ask sends the browser to the council's sign-in. Asked quietly it answers at once: as before, with another role, or that it
// would have to ask the person; then the session is over.
func (s *SignIn) ask(w http.ResponseWriter, r *http.Request, quietly bool) {
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	ctx := r.Context()
	s.sessions.Put(ctx, "state", state)
	s.sessions.Put(ctx, "nonce", nonce)
	s.sessions.Put(ctx, "verifier", verifier)
	s.sessions.Put(ctx, "next", local(r.URL.Query().Get("next")))
	s.sessions.Put(ctx, "quietly", quietly)
	options := []oauth2.AuthCodeOption{oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)}
	if quietly {
		options = append(options, oauth2.SetAuthURLParam("prompt", "none"))
	}
	http.Redirect(w, r, s.deps.OIDC.config.AuthCodeURL(state, options...), http.StatusSeeOther)
}

func (s *SignIn) fromCouncil(w http.ResponseWriter, r *http.Request) {
	ctx, q := r.Context(), r.URL.Query()
	state, nonce, verifier := s.sessions.PopString(ctx, "state"), s.sessions.PopString(ctx, "nonce"), s.sessions.PopString(ctx, "verifier")
	next, quietly := s.sessions.PopString(ctx, "next"), s.sessions.PopBool(ctx, "quietly")
	had, _ := s.sessions.Get(ctx, "person").(Person)
	if s.deps.OIDC == nil || state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(q.Get("state"))) != 1 {
		s.refuse(w, r, http.StatusBadRequest, "This answer belongs to no sign-in that was begun here. Try again.")
		return
	}
	p, err := s.deps.OIDC.person(ctx, q, nonce, verifier)
	switch {
	case err != nil && quietly: // the council would ask the person, or no longer lets them in: they are asked, and told
		s.deps.Log.Info("the council no longer vouches for somebody unasked", "actor", had.Actor.ID, "error", err)
		s.end(r)
		http.Redirect(w, r, "/sign-in?"+url.Values{"next": {local(next)}}.Encode(), http.StatusSeeOther)
		return
	case err != nil:
		s.deps.Log.Warn("the council's sign-in was refused", "error", err)
		s.refuse(w, r, http.StatusForbidden, "The council's sign-in did not vouch for you, or gave you no role here. Ask whoever keeps the accounts.")
		return
	}
	p.Vouched = s.deps.Now()
	if quietly && had.Actor.ID == p.Actor.ID {
		p.Began = had.Began // it is the same session, and lasts no longer for being looked at
	}
	s.begin(w, r, p, next)
}

// claims are what an identity token says of a person.
type claims struct {
	Name  string   `json:"name"`
	Roles []string `json:"roles"` // app roles, as Entra ID has them
}

// person exchanges the code and checks the identity token: signature, issuer, audience, time, and that it answers our question.
func (p *Provider) person(ctx context.Context, q url.Values, nonce, verifier string) (Person, error) {
	refused := func(why string) error { return domain.Errorf(domain.Unauthenticated, "", "%s", why) }
	if q.Get("code") == "" {
		return Person{}, refused("the provider gave no code: " + shortened(q.Get("error")))
	}
	got, err := p.config.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		return Person{}, err
	}
	raw, ok := got.Extra("id_token").(string)
	if !ok {
		return Person{}, refused("the provider gave no identity token")
	}
	token, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return Person{}, err
	}
	if subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1 {
		return Person{}, refused("the identity token answers another question")
	}
	var c claims
	if err := token.Claims(&c); err != nil {
		return Person{}, err
	}
	role := roleOf(c.Roles)
	if role == "" {
		return Person{}, refused("the identity token names no role of plantrail")
	}
	who := Person{Actor: domain.Actor{ID: idOf(token.Issuer, token.Subject), Kind: domain.User, Role: role}, Name: c.Name}
	return who, p.Register(ctx, who.Actor.ID, c.Name)
}

// idOf is a person's id here: made of who vouches for them and under which name, and telling neither.
func idOf(issuer, subject string) domain.ActorID {
	sum := sha256.Sum256([]byte(issuer + "\x00" + subject))
	return domain.ActorID("p-" + hex.EncodeToString(sum[:8]))
}

// roleOf is the highest role that app roles "plantrail.reader", "plantrail.editor" and so on give.
func roleOf(roles []string) (best domain.Role) {
	for _, name := range roles {
		name, ours := strings.CutPrefix(strings.ToLower(name), "plantrail.")
		if role := domain.Role(name); ours && role.Valid() && (best == "" || role.Covers(best)) {
			best = role
		}
	}
	return best
}

func shortened(s string) string {
	if len(s) > 60 {
		s = s[:60]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}
