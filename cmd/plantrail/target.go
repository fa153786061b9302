package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"plantrail/domain"
)

// connect finds what the command talks to: the server that was named, else the server that holds the data directory, else
// the directory itself, opened for the length of this command. The caller closes the client.
func (a *app) connect(ctx context.Context) (*client, error) {
	if a.token == "" {
		a.token = os.Getenv("PLANTRAIL_TOKEN") // not the flag's default: help would print it
	}
	if a.server != "" {
		return a.remote()
	}
	dir := dataDir(a.data)
	set, err := dir.known()
	if err != nil {
		return nil, err
	}
	lock, server, err := dir.holdOrFind(ctx)
	if err != nil {
		return nil, err
	}
	if server != nil {
		return a.local(*server)
	}
	n, err := openNode(ctx, nodeOptions{dir: dir, settings: set, lock: lock, log: a.quietLog()})
	if err != nil {
		return nil, err
	}
	c := n.client()
	c.token = a.token
	if a.token != "" {
		c.enter = nil // who names a token is who the token says, here too
	}
	return c, nil
}

// with connects, does something and closes. Closing releases the data directory.
func (a *app) with(ctx context.Context, do func(*client) error) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	failed, end := do(c), c.close()
	if errors.As(end, new(*unproved)) && domain.KindOf(failed) == domain.Unavailable {
		return end // it says why nothing could be recorded
	}
	return errors.Join(failed, end)
}

func (a *app) remote() (*client, error) {
	u, err := url.Parse(a.server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		return nil, misuse("--server", "%q is not a server's address", a.server).WithHint("write it as https://plans.example.org")
	}
	if a.token == "" {
		return nil, domain.Errorf(domain.Unauthenticated, "--token", "%s asks who you are", a.server).
			WithHint("set PLANTRAIL_TOKEN to a token that its administrator made with plantrail token create")
	}
	return a.netClient(u.Scheme+"://"+u.Host, a.token, nil), nil
}

// local reaches the server that holds the data directory, as the operating-system user, or as the token that was named.
func (a *app) local(r running) (*client, error) {
	token := a.token
	if token == "" {
		token = r.Token
	}
	if r.CA == "" {
		return a.netClient(r.Address, token, nil), nil
	}
	pem, err := os.ReadFile(r.CA)
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		return nil, failure(err, "the server's certificate %s can't be read", r.CA)
	}
	return a.netClient(r.Address, token, pinned(pool, pem)), nil
}

// pinned trusts exactly the certificate that the server on this machine uses, whatever name it was made for.
func pinned(pool *x509.CertPool, pem []byte) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: certName(pem)}
}

func (a *app) netClient(base, token string, tlsConfig *tls.Config) *client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = tlsConfig
	t.ResponseHeaderTimeout = 10 * time.Minute // a rebuild answers when it is done
	hc := &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &client{http: hc, base: base, token: token, where: base, banner: a.warn, close: func() error { t.CloseIdleConnections(); return nil }}
}

// warn shows once what a server says with each of its answers, beside them.
func (a *app) warn(words string) {
	if !a.warned.Swap(true) {
		fmt.Fprintf(a.stderr, "plantrail: warning: %s\n", oneLine(words))
	}
}

// neverSent reports whether a call failed before anything left this machine.
func neverSent(err error) bool {
	op := (*net.OpError)(nil)
	return errors.As(err, &op) && op.Op == "dial"
}
