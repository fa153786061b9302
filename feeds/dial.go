package feeds

import (
	"cmp"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	"plantrail/domain"
)

// Guard keeps what subscribers name from being used to reach this side's own network: it looks at each address when it is
// dialled, after the name was resolved, so that a name that changes its mind between two looks gains nothing.
type Guard struct {
	Allow []netip.Prefix // addresses that are reached although they are not public: configured, never asked for
	Plain bool           // http is allowed, too
	Reply time.Duration  // in which a target must have answered; 0 is 15 s

	refused atomic.Uint64
}

// closed are the ranges that are not the public Internet, beyond those that net/netip knows by name.
var closed = func() (all []netip.Prefix) {
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
		"2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}()

// Refused counts the connections that were not made.
func (g *Guard) Refused() uint64 { return g.refused.Load() }

// check says why an address may not be reached, nil when it may.
func (g *Guard) check(at netip.Addr) error {
	at = at.Unmap().WithZone("")
	for _, p := range g.Allow {
		if p.Contains(at) {
			return nil
		}
	}
	open := at.IsGlobalUnicast() && !at.IsPrivate()
	for _, p := range closed {
		open = open && !p.Contains(at)
	}
	if open {
		return nil
	}
	g.refused.Add(1)
	return domain.Errorf(domain.Refused, "target", "the address %s is not on the public Internet", at).
		WithHint("if it is meant, allow it with --webhook-allow when plantrail is started")
}

// control looks at an address just before it is connected to.
func (g *Guard) control(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	return g.check(to.Addr())
}

// ParseTarget checks a URL to which webhooks are to be sent.
func (g *Guard) ParseTarget(target string) (*url.URL, error) {
	u, err := url.Parse(target)
	switch {
	case err != nil || u.Host == "" || u.Opaque != "" || len(target) > 2000:
		return nil, domain.Errorf(domain.Invalid, "target", "this is not a URL").WithHint("write it as https://bi.example.org/plantrail")
	case u.Scheme != "https" && (u.Scheme != "http" || !g.Plain):
		return nil, domain.Errorf(domain.Invalid, "target", "webhooks go to https only")
	case u.User != nil || u.Fragment != "":
		return nil, domain.Errorf(domain.Invalid, "target", "it holds a user or a fragment").WithHint("the signature says who sends: leave them out")
	}
	if at, err := netip.ParseAddr(u.Hostname()); err == nil {
		return u, g.check(at)
	}
	return u, nil
}

// Limits of one delivery.
const (
	dialPeriod  = 5 * time.Second
	replyPeriod = 15 * time.Second
	replyLimit  = 64 << 10 // bytes of an answer that are read: only its status counts
)

// Client is an HTTP client behind the guard: no proxy, no redirects, bounded in time.
func (g *Guard) Client() *http.Client {
	dialer := &net.Dialer{Timeout: dialPeriod, Control: g.control}
	reply := cmp.Or(g.Reply, replyPeriod)
	return &http.Client{
		Timeout:       reply,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: dialPeriod, ResponseHeaderTimeout: reply,
			MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, DisableCompression: true, MaxResponseHeaderBytes: 32 << 10, ForceAttemptHTTP2: true},
	}
}
