package signin

import (
	"net"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/time/rate"
)

// Tries of signing in: ten at once from one address and then one every six seconds; from all together fifty and five a
// second. Addresses are forgotten all at once when there are too many of them: whoever has that many gets the common limit.
const (
	perAddress, burst    = rate.Limit(1.0 / 6), 10
	together, burstOfAll = rate.Limit(5), 50
	maxAddresses         = 10_000
)

type limits struct {
	mu    sync.Mutex
	all   *rate.Limiter
	known map[string]*rate.Limiter
}

func newLimits() *limits {
	return &limits{all: rate.NewLimiter(together, burstOfAll), known: map[string]*rate.Limiter{}}
}

func (l *limits) allow(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.known) >= maxAddresses {
		clear(l.known)
	}
	own, ok := l.known[address]
	if !ok {
		own = rate.NewLimiter(perAddress, burst)
		l.known[address] = own
	}
	return own.Allow() && l.all.Allow()
}

// limited refuses tries that come too fast.
func (s *SignIn) limited(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.limits.allow(s.client(r)) {
			w.Header().Set("Retry-After", "60")
			s.refuse(w, r, http.StatusTooManyRequests, "Too many tries. Wait a minute.")
			return
		}
		h(w, r)
	}
}

// client is the address from which a request comes: behind a proxy the one that the proxy saw, which it adds last. What a
// client itself put before that says nothing.
func (s *SignIn) client(r *http.Request) string {
	if seen := r.Header.Values("X-Forwarded-For"); s.deps.BehindProxy && len(seen) > 0 {
		last := seen[len(seen)-1]
		return strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])
	}
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return address
}
