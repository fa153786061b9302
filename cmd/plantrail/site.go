package main

import (
	"context"
	"crypto/rand"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"plantrail/domain"
	"plantrail/web"
	"plantrail/web/pages"
	"plantrail/web/signin"
)

// door is how people sign in to the pages.
type door struct{ publicURL, issuer, client, secretFile string }

func (d *door) flags(f *pflag.FlagSet) {
	f.StringVar(&d.publicURL, "public-url", os.Getenv("PLANTRAIL_PUBLIC_URL"), "address at which people reach the pages, e.g. https://plans.example.gov.uk")
	f.StringVar(&d.issuer, "oidc-issuer", os.Getenv("PLANTRAIL_OIDC_ISSUER"), "the council's own sign-in: its issuer; of Entra ID https://login.microsoftonline.com/TENANT-ID/v2.0")
	f.StringVar(&d.client, "oidc-client-id", os.Getenv("PLANTRAIL_OIDC_CLIENT_ID"), "the id under which plantrail is registered there")
	f.StringVar(&d.secretFile, "oidc-client-secret-file", os.Getenv("PLANTRAIL_OIDC_CLIENT_SECRET_FILE"), "file with the secret that goes with it")
}

// provider finds the council's own sign-in; nil when none is named.
func (d *door) provider(ctx context.Context, n *node) (*signin.Provider, error) {
	if d.issuer == "" {
		return nil, nil
	}
	if d.client == "" || !strings.HasPrefix(d.publicURL, "https://") && !strings.HasPrefix(d.publicURL, "http://127.0.0.1") && !strings.HasPrefix(d.publicURL, "http://localhost") {
		return nil, misuse("--oidc-issuer", "the council's sign-in needs --oidc-client-id, and --public-url with https").WithHint("register PUBLIC-URL/sign-in/council/back as the address to come back to")
	}
	secret := ""
	if d.secretFile != "" {
		b, err := os.ReadFile(d.secretFile)
		if err != nil {
			return nil, misuse("--oidc-client-secret-file", "%s can't be read", d.secretFile).Because(err)
		}
		secret = strings.TrimSpace(string(b))
	}
	return signin.Discover(ctx, signin.OIDC{Issuer: d.issuer, ClientID: d.client, ClientSecret: secret, PublicURL: d.publicURL, Register: n.register})
}

// register gives a person who signs in for the first time an id with their name.
func (n *node) register(ctx context.Context, id domain.ActorID, name string) error {
	if name == "" {
		name = string(id)
	}
	return web.EnsureActor(ctx, domain.NewService(n.store), n.reads, domain.Actor{ID: id, Kind: domain.User}, name)
}

// faces is the whole HTTP face: the API, and the pages for all that the API does not answer. The link's secret is printed
// where the server was started.
func (n *node) faces(ctx context.Context, d *door, secure, behindProxy bool) (h http.Handler, link string, err error) {
	provider, err := d.provider(ctx, n)
	if err != nil {
		return nil, "", err
	}
	link = rand.Text()
	in := signin.New(signin.Deps{Org: domain.OrgID(n.settings.Org), Log: n.log, OIDC: provider, LinkCode: link,
		Secure: secure || behindProxy || strings.HasPrefix(d.publicURL, "https://"), BehindProxy: behindProxy,
		Local: signin.Person{Actor: n.actor, Name: osName()},
		Bearer: func(ctx context.Context, token string) (p signin.Person, err error) {
			p.Actor, p.Name, p.Token, err = n.handler.Bearer(ctx, token)
			return p, err
		},
		Still: func(ctx context.Context, p signin.Person) bool { return n.handler.Still(ctx, p.Actor, p.Token) }})
	site := in.Wrap(pages.New(pages.Deps{Org: domain.OrgID(n.settings.Org), API: n.handler, As: web.AsActor, SignIn: in, Papers: n.dir.file("papers"), Log: n.log}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.handler.Answers(r) {
			n.handler.ServeHTTP(w, r)
			return
		}
		site.ServeHTTP(w, r)
	}), link, nil
}
