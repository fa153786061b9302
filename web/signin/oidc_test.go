package signin_test

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/coreos/go-oidc/v3/oidc/oidctest"

	"plantrail/domain"
	"plantrail/web/signin"
)

// council is a council's sign-in that signs real tokens, good or bad.
type council struct {
	*httptest.Server
	key       *rsa.PrivateKey
	challenge string         // of the sign-in under way
	nonce     string         // likewise
	claims    map[string]any // set over those of a good token
	forge     func(token string) string
	names     map[domain.ActorID]string
}

// councilKey is the key of all councils: making one takes longer than a sign-in.
var councilKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func newCouncil(t *testing.T) *council {
	t.Helper()
	key, err := councilKey()
	if err != nil {
		t.Fatal(err)
	}
	c := &council{key: key, claims: map[string]any{}, names: map[domain.ActorID]string{}}
	provider := &oidctest.Server{PublicKeys: []oidctest.PublicKey{{PublicKey: key.Public(), KeyID: "k", Algorithm: oidc.RS256}}}
	mux := http.NewServeMux()
	mux.Handle("/", provider)
	mux.HandleFunc("POST /token", c.token)
	c.Server = httptest.NewServer(mux)
	provider.SetIssuer(c.URL)
	t.Cleanup(c.Close)
	return c
}

// token gives an identity token for a code, if the caller knows what the challenge was made of.
func (c *council) token(w http.ResponseWriter, r *http.Request) {
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge || r.PostFormValue("code") != "CODE" {
		http.Error(w, "wrong verifier", http.StatusBadRequest)
		return
	}
	claims := map[string]any{"iss": c.URL, "aud": "plantrail", "sub": "subject-1", "name": "Clara Clerk", "nonce": c.nonce,
		"exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "roles": []string{"plantrail.reader", "plantrail.editor", "other.admin"}}
	for name, value := range c.claims {
		claims[name] = value
	}
	b, _ := json.Marshal(claims) // plain values
	token := oidctest.SignIDToken(c.key, "k", oidc.RS256, string(b))
	if c.forge != nil {
		token = c.forge(token)
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": token})
}

func (c *council) door(t *testing.T) *door { return c.doorAt(t, nil) }

// doorAt is a door at which it is a certain time.
func (c *council) doorAt(t *testing.T, now func() time.Time) *door {
	t.Helper()
	d := newDoor(t, nil)
	provider, err := signin.Discover(t.Context(), signin.OIDC{Issuer: c.URL, ClientID: "plantrail", ClientSecret: "s", PublicURL: d.URL,
		Register: func(_ context.Context, id domain.ActorID, name string) error { c.names[id] = name; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return newDoor(t, func(deps *signin.Deps) { deps.OIDC, deps.Now = provider, now })
}

// through goes to the council and comes back, as a browser would, with what the council would answer.
func (c *council) through(t *testing.T, d *door, b *http.Client, change func(url.Values)) *http.Response {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+"/sign-in/council?next=/plans/parks", nil)
	got, _ := send(t, b, r)
	to, err := url.Parse(got.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(to.String(), c.URL) || to.Query().Get("code_challenge_method") != "S256" {
		t.Fatalf("sent to %s", to)
	}
	c.challenge = to.Query().Get("code_challenge")
	if c.nonce = to.Query().Get("nonce"); c.nonce == "" {
		t.Fatal("no nonce")
	}
	back := url.Values{"code": {"CODE"}, "state": {to.Query().Get("state")}}
	if change != nil {
		change(back)
	}
	r, _ = http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+"/sign-in/council/back?"+back.Encode(), nil)
	got, _ = send(t, b, r)
	return got
}

func TestTheCouncilsOwnSignIn(t *testing.T) {
	c := newCouncil(t)
	d, b := c.door(t), browser(t)
	if got := c.through(t, d, b, nil); got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/plans/parks" {
		t.Fatalf("%d to %s", got.StatusCode, got.Header.Get("Location"))
	}
	who := d.who(t, b)
	id, name, _ := strings.Cut(who, " ")
	if name != "Clara Clerk" || !strings.HasPrefix(id, "p-") || c.names[domain.ActorID(id)] != "Clara Clerk" || strings.Contains(id, "subject") {
		t.Fatalf("%q, registered %v", who, c.names)
	}
}

// headed is a token's head and body, with another head.
func headed(head, token string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(head)) + "." + strings.Split(token, ".")[1]
}

// sealed forges a token that is signed as between two who share a key.
func sealed(key []byte) func(string) string {
	return func(token string) string {
		text := headed(`{"alg":"HS256","kid":"k"}`, token)
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
}

// signedBy signs a head and body by a key, with the hash that the head names.
func signedBy(key *rsa.PrivateKey, text string) string {
	hash, sum := crypto.SHA256, sha256.Sum256([]byte(text))
	digest := sum[:]
	if head, _ := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[0]); strings.Contains(string(head), "RS512") {
		long := sha512.Sum512([]byte(text))
		hash, digest = crypto.SHA512, long[:]
	}
	signature, _ := rsa.SignPKCS1v15(rand.Reader, key, hash, digest) // a key that was just made
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func publicPEM(c *council) []byte {
	der, _ := x509.MarshalPKIXPublicKey(c.key.Public()) // likewise
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func TestABadIdentityTokenLetsNobodyIn(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	unsigned := func(token string) string {
		body := strings.Split(token, ".")[1]
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + body + "."
	}
	for name, change := range map[string]func(*council){
		"expired":            func(c *council) { c.claims["exp"] = time.Now().Add(-time.Hour).Unix() },
		"for another client": func(c *council) { c.claims["aud"] = "payroll" },
		"of another issuer":  func(c *council) { c.claims["iss"] = "https://evil.example" },
		"of another sign-in": func(c *council) { c.claims["nonce"] = "n" },
		"without a role":     func(c *council) { c.claims["roles"] = []string{"plantrail.emperor", "admin"} },
		"unsigned":           func(c *council) { c.forge = unsigned },
		"unsigned, in other letters": func(c *council) {
			c.forge = func(s string) string { return headed(`{"alg":"nOnE","typ":"JWT"}`, s) + "." }
		},
		"signed with the client's secret":    func(c *council) { c.forge = sealed([]byte("s")) },
		"signed with the public key":         func(c *council) { c.forge = sealed(publicPEM(c)) },
		"signed with the public key's bytes": func(c *council) { c.forge = sealed(c.key.N.Bytes()) },
		"signed with nothing":                func(c *council) { c.forge = sealed(nil) },
		"with its own key in its head": func(c *council) {
			c.forge = func(s string) string {
				key := fmt.Sprintf(`{"kty":"RSA","n":%q,"e":"AQAB"}`, base64.RawURLEncoding.EncodeToString(other.N.Bytes()))
				return signedBy(other, headed(`{"alg":"RS256","jwk":`+key+`}`, s))
			}
		},
		"of an algorithm that was not agreed": func(c *council) {
			c.forge = func(s string) string { return signedBy(c.key, headed(`{"alg":"RS512","kid":"k"}`, s)) }
		},
		"with the head of another": func(c *council) {
			c.forge = func(s string) string {
				return headed(`{"alg":"RS256","kid":"../../k"}`, s) + "." + strings.Split(s, ".")[2]
			}
		},
		"changed": func(c *council) { c.forge = func(s string) string { return s[:len(s)-4] + "AAAA" } },
		"of another key": func(c *council) {
			c.forge = func(s string) string {
				body, _ := base64.RawURLEncoding.DecodeString(strings.Split(s, ".")[1])
				return oidctest.SignIDToken(other, "k", oidc.RS256, string(body))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCouncil(t)
			change(c)
			d, b := c.door(t), browser(t)
			if got := c.through(t, d, b, nil); got.StatusCode != http.StatusForbidden || d.who(t, b) != "" {
				t.Fatalf("%d, %q is in", got.StatusCode, d.who(t, b))
			}
		})
	}
}

func TestAnAnswerThatNobodyAskedFor(t *testing.T) {
	c := newCouncil(t)
	for name, change := range map[string]func(url.Values){"another state": func(q url.Values) { q.Set("state", "x") }, "no state": func(q url.Values) { q.Del("state") }} {
		d, b := c.door(t), browser(t)
		if got := c.through(t, d, b, change); got.StatusCode != http.StatusBadRequest || d.who(t, b) != "" {
			t.Errorf("%s: %d", name, got.StatusCode)
		}
	}
	d, b := c.door(t), browser(t)
	if got := c.through(t, d, b, func(q url.Values) { q.Set("code", "STOLEN") }); got.StatusCode != http.StatusForbidden {
		t.Error(got.StatusCode)
	}
}

// clock goes forward when it is told to.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time       { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) pass(d time.Duration) { c.ahead.Add(int64(d)) }

// again opens a page later, and follows to the council and back if it is sent there; "" is where it ends when it is not.
func (c *council) again(t *testing.T, d *door, b *http.Client, refuse string) string {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+"/sign-in?next=/plans/parks", nil)
	got, _ := send(t, b, r)
	to, err := url.Parse(got.Header.Get("Location"))
	if got.StatusCode != http.StatusSeeOther {
		return ""
	}
	if err != nil || !strings.HasPrefix(to.String(), c.URL) || to.Query().Get("prompt") != "none" {
		t.Fatalf("sent to %s", to)
	}
	c.challenge, c.nonce = to.Query().Get("code_challenge"), to.Query().Get("nonce")
	back := url.Values{"code": {"CODE"}, "state": {to.Query().Get("state")}}
	if refuse != "" {
		back = url.Values{"error": {refuse}, "state": {to.Query().Get("state")}}
	}
	r, _ = http.NewRequestWithContext(t.Context(), http.MethodGet, d.URL+"/sign-in/council/back?"+back.Encode(), nil)
	got, _ = send(t, b, r)
	return got.Header.Get("Location")
}

func TestARoleThatIsTakenAwayLastsAnHourAtTheLongest(t *testing.T) {
	c := newCouncil(t)
	clock := &clock{}
	d, b := c.doorAt(t, clock.now), browser(t)
	c.through(t, d, b, nil)
	id := d.who(t, b)
	if id == "" || c.again(t, d, b, "") != "" {
		t.Fatal("nobody is in, or is asked for at once")
	}
	clock.pass(46 * time.Minute)
	if d.who(t, b) != "" {
		t.Error("a page opens without the council being asked")
	}
	if got, _ := d.post(t, b, "/who", nil); got.StatusCode != http.StatusOK || got.Header.Get("X-Role") != "editor" {
		t.Errorf("a form that was typed is lost: %d", got.StatusCode)
	}
	c.claims["roles"] = []string{"plantrail.reader"}
	if to := c.again(t, d, b, ""); to != "/plans/parks" || d.who(t, b) != id {
		t.Errorf("after the council was asked: %q, %q", to, d.who(t, b))
	}
	if got, _ := d.post(t, b, "/who", nil); got.Header.Get("X-Role") != "reader" {
		t.Errorf("the role is still %q", got.Header.Get("X-Role"))
	}
	clock.pass(61 * time.Minute)
	if got, _ := d.post(t, b, "/who", nil); got.Header.Get("X-Role") != "" {
		t.Error("a form is taken after an hour without an answer")
	}
	if to := c.again(t, d, b, "login_required"); to != "/sign-in?next=%2Fplans%2Fparks" || c.again(t, d, b, "") != "" || d.who(t, b) != "" {
		t.Errorf("whom the council would ask is %q, sent to %q", d.who(t, b), to)
	}
}

func TestASessionLastsNoLongerForBeingLookedAt(t *testing.T) {
	c := newCouncil(t)
	clock := &clock{}
	d, b := c.doorAt(t, clock.now), browser(t)
	c.through(t, d, b, nil)
	for range 5 {
		clock.pass(3 * time.Hour)
		if c.again(t, d, b, "") == "" {
			break
		}
	}
	if age := time.Duration(clock.ahead.Load()); age != 12*time.Hour || d.who(t, b) != "" {
		t.Errorf("%q is still in after %s", d.who(t, b), age)
	}
}

func TestWhoComesBackAsSomebodyElseBeginsAnew(t *testing.T) {
	c := newCouncil(t)
	clock := &clock{}
	d, b := c.doorAt(t, clock.now), browser(t)
	c.through(t, d, b, nil)
	first := d.who(t, b)
	clock.pass(50 * time.Minute)
	c.claims["sub"] = "subject-2"
	if c.again(t, d, b, ""); d.who(t, b) == first || d.who(t, b) == "" {
		t.Errorf("%q came back as %q", first, d.who(t, b))
	}
}
