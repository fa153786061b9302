package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/projections"
)

// usable says why a token whose secret was right may not be used, nil when it may. The day on which it expires still counts.
func usable(t projections.Credential, now time.Time) error {
	switch {
	case t.Revoked:
		return unauthenticated("the token was revoked")
	case t.Left:
		return unauthenticated("the token's person no longer acts for the organisation")
	case t.Expires.Known() && !now.Before(t.Expires.End()):
		return unauthenticated("the token expired on " + t.Expires.String())
	}
	return nil
}

type actorKey struct{}

// AsActor returns a context whose calls in the same process are by an actor who has been authenticated already: the
// command line on a data directory. No request over the network can carry one.
func AsActor(ctx context.Context, a domain.Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

func unauthenticated(why string) *domain.Error {
	return domain.Errorf(domain.Unauthenticated, "Authorization", "%s", why).
		WithHint("send a token: Authorization: Bearer pt_...; an admin makes one with plantrail token create")
}

// authenticate finds out whose request it is.
func (s *Server) authenticate(r *http.Request) (domain.Actor, error) {
	if a, ok := r.Context().Value(actorKey{}).(domain.Actor); ok {
		return a, nil
	}
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		return domain.Actor{}, unauthenticated("the request has no token")
	}
	scheme, token, _ := strings.Cut(given[0], " ")
	if len(given) > 1 || !strings.EqualFold(scheme, "Bearer") {
		return domain.Actor{}, unauthenticated("the request's authorization is not one bearer token")
	}
	if s.deps.LocalToken != "" && sameSecret(digestOf(token), digestOf(s.deps.LocalToken)) {
		return s.deps.LocalActor, nil
	}
	return s.actorOfToken(r.Context(), token)
}

// actorOfToken looks a token up and compares the digest of its secret. Every way in which it can be wrong before that
// comparison gives the same answer: which ids exist is nobody's business.
func (s *Server) actorOfToken(ctx context.Context, token string) (domain.Actor, error) {
	wrong := unauthenticated("the token is not known")
	id, secret, ok := parseToken(token)
	if !ok {
		return domain.Actor{}, wrong
	}
	issued, err := s.deps.Reads.Token(ctx, id)
	if err != nil && domain.KindOf(err) != domain.NotFound {
		return domain.Actor{}, err
	}
	if err != nil {
		sameSecret(digestOf(secret), nobodys) // a token that there is takes no longer
		return domain.Actor{}, s.notYetKnown(ctx, wrong)
	}
	if !sameSecret(digestOf(secret), issued.SHA256) {
		return domain.Actor{}, wrong
	}
	if err := usable(issued, s.deps.Now()); err != nil {
		return domain.Actor{}, err
	}
	return domain.Actor{ID: issued.Person, Kind: issued.Kind, Role: issued.Role, Only: domain.ScopeOf(issued.Plans)}, nil
}

// Bearer finds the holder of a bearer token, for faces that keep sessions of their own: the actor, their name, and the token's
// id, "" for the process's own.
func (s *Server) Bearer(ctx context.Context, token string) (a domain.Actor, name string, id domain.TokenID, err error) {
	if s.deps.LocalToken != "" && sameSecret(digestOf(token), digestOf(s.deps.LocalToken)) {
		a = s.deps.LocalActor
	} else if a, err = s.actorOfToken(ctx, token); err != nil {
		return a, "", "", err
	} else {
		id, _, _ = parseToken(token)
	}
	p, err := s.deps.Reads.Person(ctx, a.ID)
	if err != nil && domain.KindOf(err) != domain.NotFound {
		return a, "", "", err
	}
	return a, p.Name.Text, id, nil
}

// Still reports whether a person who was let in earlier, by a token or otherwise, may still act: the token holds, and they
// have not left.
func (s *Server) Still(ctx context.Context, a domain.Actor, id domain.TokenID) bool {
	if id != "" {
		t, err := s.deps.Reads.Token(ctx, id)
		return err == nil && t.Role == a.Role && usable(t, s.deps.Now()) == nil
	}
	p, err := s.deps.Reads.Person(ctx, a.ID)
	return domain.KindOf(err) == domain.NotFound && err != nil || err == nil && !p.Left
}

// Answers reports whether a request is for this server, and not for a page.
func (s *Server) Answers(r *http.Request) bool {
	_, pattern := s.mux.Handler(r)
	return pattern != "" || strings.HasPrefix(r.URL.Path, "/v1/") || strings.HasPrefix(r.URL.Path, "/log/")
}

// notYetKnown keeps a server whose read models are being filled from calling good tokens forged.
func (s *Server) notYetKnown(ctx context.Context, wrong error) error {
	if s.deps.Reads.Status(ctx).LagSeconds > s.deps.ReadyLag.Seconds() {
		return domain.Errorf(domain.Unavailable, "", "the read models are catching up and don't know all tokens yet").WithHint("try again in a moment")
	}
	return wrong
}

// A token is "pt_", the token's id, "_" and the secret: 256 random bits in 43 characters of unpadded base64url, which
// itself may hold "_". Another form would begin otherwise than "pt_".
const tokenPrefix = "pt_"

func formatToken(id domain.TokenID, secret string) string {
	return tokenPrefix + string(id) + "_" + secret
}

func parseToken(s string) (id domain.TokenID, secret string, ok bool) {
	rest, ok := strings.CutPrefix(s, tokenPrefix)
	name, secret, found := strings.Cut(rest, "_")
	if _, err := domain.ParseItemID(name); err != nil || !ok || !found || len(secret) != 43 {
		return "", "", false
	}
	return domain.TokenID(name), secret, true
}

// digestOf is the SHA-256 of a secret's text in hex, as [domain.IssueToken] records it.
func digestOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// nobodys is compared with where there is no token of that id.
var nobodys = digestOf("")

// sameSecret takes as long for a digest that differs in its first digit as for one that differs in its last. No secret is compared
// otherwise; TestSecretsAreComparedInConstantTime reads that from the source.
func sameSecret(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// forAll are the routes that answer whoever is let in to some plans only: what they say is of the caller, or is cut to their plans.
var forAll = []string{"GET /v1/whoami", "GET /v1/status", "GET /v1/plans", "GET /v1/verify", "GET /v1/reports", "GET /log/checkpoint", "GET /v1/schemes", "GET /v1/findings/rules",
	"GET /v1/events", "GET /v1/events/stream", "GET /v1/events/export"}

// authorise says no when an actor may not do what a route is for, or is not let in to its plan.
func authorise(a domain.Actor, c *call) error {
	least := c.route.least
	if plan, named := planOf(c.r.URL.Path); a.Only != "" && !slices.Contains(forAll, c.pattern) && (!named || !a.Only.Reaches(plan)) {
		return domain.Errorf(domain.Forbidden, "", "you are let in to other plans, and this is of none of them").WithHint("the list of plans shows where you are let in (GET /v1/plans)")
	}
	if !a.Role.Covers(least) {
		return domain.Errorf(domain.Forbidden, "", "this needs the role %s; the token has %s", least, a.Role).
			WithHint("ask an admin for a token with that role")
	}
	return nil
}

// planOf is the plan that a path is about.
func planOf(path string) (domain.PlanID, bool) {
	rest, ok := strings.CutPrefix(path, "/v1/plans/")
	plan, _, _ := strings.Cut(rest, "/")
	return domain.PlanID(plan), ok && plan != ""
}
