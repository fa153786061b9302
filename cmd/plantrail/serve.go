package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/web"
	"plantrail/web/visits"
)

// serving are the flags of serve.
type serving struct {
	journalFlags
	listen, cert, key, logFormat, logLevel string
	demo, behindProxy, insecure, guard     bool

	signingKey, publicLog string
	accessDays            int
	hooks                 hooks
	outward
	door
}

func (a *app) serveCmd() *cobra.Command {
	var s serving
	cmd := &cobra.Command{Use: "serve", Short: "Run the server on a data directory", Args: exactly(0),
		Long: "Run the server. With an empty data directory and no --nats this is the first start of a new journal; a cluster's journal\nis begun with plantrail init, or here with --first-start.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), &s) }}
	s.journalFlags.flags(cmd)
	f := cmd.Flags()
	f.BoolVar(&s.first, "first-start", false, "begin a journal in the cluster if this directory has none yet")
	f.StringVar(&s.listen, "listen", envOr("PLANTRAIL_LISTEN", "127.0.0.1:8080"), "address to listen on")
	f.StringVar(&s.cert, "tls-cert", os.Getenv("PLANTRAIL_TLS_CERT"), "certificate file (PEM)")
	f.StringVar(&s.key, "tls-key", os.Getenv("PLANTRAIL_TLS_KEY"), "key file (PEM)")
	f.BoolVar(&s.behindProxy, "behind-proxy", false, "listen without TLS on a network where a proxy adds it")
	f.BoolVar(&s.insecure, "insecure-listen", false, "listen without TLS on a network: tokens can be read by anybody there")
	f.BoolVar(&s.guard, "guard-metrics", false, "ask for a token at /metrics, too")
	f.BoolVar(&s.demo, "demo", false, "record a small sample plan")
	f.StringVar(&s.signingKey, "signing-key", os.Getenv("PLANTRAIL_SIGNING_KEY"), "file of the key that signs checkpoints (default DATA/keys/checkpoint.key)")
	f.StringVar(&s.publicLog, "public-log", "none", "what anyone may read of the log: checkpoint, tiles (its hashes, too) or none")
	f.IntVar(&s.accessDays, "access-days", 0, "for how many days it is kept who read what (default as it was said last, at first 400)")
	s.outward.flags(f)
	s.hooks.flags(f)
	s.door.flags(f)
	f.StringVar(&s.logFormat, "log-format", envOr("PLANTRAIL_LOG_FORMAT", "text"), "text or json")
	f.StringVar(&s.logLevel, "log-level", envOr("PLANTRAIL_LOG_LEVEL", "warn"), "debug, info, warn or error; info has a line a request")
	return cmd
}

func (a *app) serve(ctx context.Context, s *serving) error {
	log, err := a.serverLog(s.logFormat, s.logLevel)
	if err != nil {
		return err
	}
	if s.publicLog != "none" && s.publicLog != "checkpoint" && s.publicLog != "tiles" {
		return misuse("--public-log", "%q is no choice", s.publicLog).WithHint("use checkpoint, tiles or none")
	}
	if s.accessDays < 0 || s.accessDays > visits.MostDays {
		return misuse("--access-days", "who read what can't be kept for %d days", s.accessDays).WithHint(fmt.Sprintf("say 1 to %d", visits.MostDays))
	}
	outlets, err := s.outlets(dataDir(a.data))
	if err != nil {
		return err
	}
	listener, secure, err := s.open()
	if err != nil {
		return err
	}
	defer listener.Close()
	n, first, err := a.startNode(ctx, &s.journalFlags, nodeOptions{log: log, guardMetrics: s.guard, serving: true, signingKey: s.signingKey, publicLog: s.publicLog,
		outlets: outlets, hooks: s.hooks, accessDays: s.accessDays})
	if err != nil {
		return err
	}
	return errors.Join(a.run(ctx, s, n, listener, secure, first), n.close())
}

// run serves until ctx ends or the listener fails. The data directory is the caller's to close.
func (a *app) run(ctx context.Context, s *serving, n *node, listener net.Listener, secure, first bool) error {
	if s.demo {
		if err := recordDemo(ctx, n.client()); err != nil {
			return err
		}
	}
	address := "http://" + reachable(listener.Addr())
	said := running{Address: address, PID: os.Getpid(), Token: n.local}
	if secure {
		said.Address, said.CA = "https://"+reachable(listener.Addr()), absolute(s.cert)
	}
	if err := n.dir.announce(said); err != nil {
		return err
	}
	// A crash from here on leaves server.json behind; the lock, which dies with the process, tells that it is stale.
	defer n.dir.withdraw()
	handler, link, err := n.faces(ctx, &s.door, secure, s.behindProxy)
	if err != nil {
		return err
	}
	a.greet(n, said, link, first, s.demo)
	server := web.NewHTTPServer(handler)
	server.ErrorLog = slog.NewLogLogger(n.log.Handler(), slog.LevelDebug)
	background, end := context.WithCancel(ctx)
	var tasks sync.WaitGroup
	tasks.Go(func() { every(background, finishPeriod, n.finishErasures) })
	tasks.Go(func() {
		every(background, watchPeriod, func(ctx context.Context) { watch(ctx, n.store, n.keeper.Alarm) })
	})
	tasks.Go(func() { n.subscriptionsDo(background, s.hooks) })
	tasks.Go(func() { _ = n.keeper.Run(background) }) // it ends with background, and says in its status what is wrong
	tasks.Go(func() { n.publisher.Run(background) })
	defer tasks.Wait()
	defer end()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return failure(err, "the server stopped listening")
	case <-ctx.Done():
	}
	err = a.drain(server)
	n.lastWords()
	return err
}

// drainLimit is how long requests under way may take once the server is told to end.
const drainLimit = 20 * time.Second

func (a *app) drain(server *http.Server) error {
	a.note("Stopping: no new requests, waiting for those under way.")
	ctx, cancel := context.WithTimeout(context.Background(), drainLimit)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return failure(err, "some requests did not end in time").WithHint("what they recorded is kept; their callers ask again with the same key")
	}
	return nil
}

// open listens, with TLS where a certificate is given. A token on an open network is a token for anybody there.
func (s *serving) open() (net.Listener, bool, error) {
	secure := s.cert != "" || s.key != ""
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return nil, false, misuse("--listen", "%q is not an address", s.listen).WithHint("write it as 127.0.0.1:8080")
	}
	if !loopback(host) && !secure && !s.behindProxy && !s.insecure {
		return nil, false, domain.Errorf(domain.Refused, "--listen", "%s can be reached from a network, and without TLS anybody there can read tokens", s.listen).
			WithHint("give --tls-cert and --tls-key, or --behind-proxy where a proxy adds TLS, or --insecure-listen to accept it")
	}
	var config *tls.Config
	if secure {
		pair, err := tls.LoadX509KeyPair(s.cert, s.key)
		if err != nil {
			return nil, false, misuse("--tls-cert", "the certificate and its key can't be read").WithHint("give both files as PEM").Because(err)
		}
		config = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}}
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return nil, false, failure(err, "%s can't be listened on", s.listen).WithHint("choose another address with --listen")
	}
	if secure {
		listener = tls.NewListener(listener, config)
	}
	return listener, secure, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// reachable is an address by which this machine reaches a listener, also one on every address.
func reachable(at net.Addr) string {
	host, port, _ := net.SplitHostPort(at.String())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// certName is a name for which a certificate was made: a command on this machine checks that it talks to its holder.
func certName(file []byte) string {
	block, _ := pem.Decode(file)
	if block == nil {
		return ""
	}
	c, err := x509.ParseCertificate(block.Bytes)
	switch {
	case err != nil:
		return ""
	case len(c.DNSNames) > 0:
		return strings.Replace(c.DNSNames[0], "*", "plantrail", 1)
	case len(c.IPAddresses) > 0:
		return c.IPAddresses[0].String()
	}
	return ""
}

// greet says where to look and how to get in. The token and the link are shown to a person at a terminal only: output that
// is kept in a log would keep them, too.
func (a *app) greet(n *node, at running, link string, first, demo bool) {
	if first {
		a.say("Began a new journal for the organisation %s in %s", n.settings.Org, n.dir)
	}
	a.say("plantrail %s serves %s on %s", version(), n.settings.Org, at.Address)
	if demo {
		a.say("The sample plan is %s: try plantrail show %s", demoPlan, demoPlan)
	}
	a.say("Commands on this machine find it by themselves: plantrail --data %s plan list", n.dir)
	if a.screen.terminal {
		a.say("In a browser, once, as yourself: %s/sign-in/link?code=%s", at.Address, link)
		a.say("For other programs, until the server stops: export PLANTRAIL_TOKEN=%s", n.local)
		a.say("  curl -H \"Authorization: Bearer $PLANTRAIL_TOKEN\" %s/v1/plans", at.Address)
	}
	a.say("For other people and machines: plantrail token create --name NAME --role reader")
}

func (a *app) serverLog(format, level string) (*slog.Logger, error) {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		return nil, misuse("--log-level", "%q is not a level", level).WithHint("use debug, info, warn or error")
	}
	options := &slog.HandlerOptions{Level: least}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(a.stderr, options)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(a.stderr, options)), nil
	}
	return nil, misuse("--log-format", "%q is not a format", format).WithHint("use text or json")
}

// quietLog is for commands that open the directory themselves: what matters comes back as an error.
func (a *app) quietLog() *slog.Logger {
	if os.Getenv("PLANTRAIL_LOG_LEVEL") == "debug" {
		return slog.New(slog.NewTextHandler(a.stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}
