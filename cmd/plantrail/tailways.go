package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/feeds"
)

// The ways on which a subscription of one's own is followed, without asking the server.
const (
	viaWebhook = "webhook"
	viaNATS    = "nats"
)

// ways are the flags of tail for them.
type ways struct {
	listen, secret string
	granted        eventstore.Granted
}

func (w *ways) flags(f *pflag.FlagSet) {
	f.StringVar(&w.listen, "listen", "127.0.0.1:0", "of webhook: address to which they are posted")
	f.StringVar(&w.secret, "secret", "", "of webhook: file of the secret (whsec_) or the public key (whpk_) that checks them")
	f.StringVar(&w.granted.URL, "nats", "", "of nats: the servers' URLs")
	f.StringVar(&w.granted.Seed, "nkey", "", "of nats: file of the seed that subscribe create printed")
	f.StringVar((*string)(&w.granted.ID), "subscription", "", "of nats: the subscription's id")
	f.StringVar((*string)(&w.granted.Org), "org", "", "of nats: the organisation")
}

// tailWay writes the lines that come to a subscription, until interrupted.
func (a *app) tailWay(ctx context.Context, via string, w ways, follow bool) error {
	switch {
	case !follow:
		return misuse("--via", "a subscription can only be followed").WithHint("give -f")
	case via == viaNATS && (w.granted.URL == "" || w.granted.Seed == "" || w.granted.ID == "" || w.granted.Org == ""):
		return misuse("--via", "which subscription is it").WithHint("give --nats, --nkey, --subscription and --org")
	case via == viaNATS:
		return w.granted.Follow(ctx, func(at domain.Position, body []byte) error {
			_, err := fmt.Fprintf(a.stdout, "{\"position\":%d,\"event\":%s}\n", at, body)
			return err
		})
	case w.secret == "":
		return misuse("--secret", "nothing says who may post here").WithHint("give the file of the secret that subscribe create printed")
	}
	return a.tailWebhook(ctx, w)
}

func (a *app) tailWebhook(ctx context.Context, w ways) error {
	ln, err := net.Listen("tcp", w.listen)
	if err != nil {
		return failure(err, "nothing can be heard at %s", shorten(w.listen, 60))
	}
	srv := &http.Server{Handler: &hearing{to: a.stdout, secret: w.secret}, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	defer context.AfterFunc(ctx, func() { _ = srv.Close() })()
	a.note("listening on http://%s", ln.Addr())
	if err := srv.Serve(ln); ctx.Err() == nil {
		return failure(err, "nothing is heard any more")
	}
	return nil // interrupted: following has no other end
}

// hearing takes webhooks, as a subscriber does: it checks who signed them, leaves out what it has, and answers when it has
// written what is new.
type hearing struct {
	secret string // its file: it may be written after the subscription was made for this address

	mu   sync.Mutex
	to   io.Writer
	last domain.Position
}

// longest is the longest body that is heard.
const longest = 64 << 20

// ServeHTTP takes one.
func (h *hearing) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, longest))
	secret, err2 := os.ReadFile(h.secret)
	switch {
	case err != nil:
		rw.WriteHeader(http.StatusBadRequest)
	case err2 != nil:
		rw.WriteHeader(http.StatusServiceUnavailable) // it is asked again
	case feeds.CheckSignature(strings.TrimSpace(string(secret)), r.Header, body, time.Now()) != nil:
		rw.WriteHeader(http.StatusUnauthorized)
	case h.take(body) != nil:
		rw.WriteHeader(http.StatusInternalServerError)
	default:
		rw.WriteHeader(http.StatusNoContent)
	}
}

func (h *hearing) take(body []byte) error {
	l, err := feeds.ParseLine(body)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if l.Position > 0 && l.Position <= h.last && !l.Reset {
		return nil
	}
	if l.Position > 0 || l.Reset {
		h.last = l.Position
	}
	_, err = h.to.Write(append(bytes.TrimSpace(body), '\n'))
	return err
}
