package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/evidence/witness"
)

// witnessing are the flags of witness. It shares no data with a plantrail server and wants no token: it runs on the machine
// of somebody else, who need not trust the log.
type witnessing struct {
	listen, state, name, logFormat, logLevel string
	logs                                     []string
}

func (a *app) witnessCmd() *cobra.Command {
	var s witnessing
	cmd := &cobra.Command{Use: "witness --state DIR --name NAME --log KEY", Short: "Watch other people's histories: sign only what continues what was seen",
		Long: `Run a witness, as an auditor does: a log shows it each of its checkpoints, and it signs those that continue what it saw before.
It never signs a shorter history than yesterday's, nor a second one of the same size, and it keeps the proof if it is shown one.
It speaks c2sp.org/tlog-witness, so it may watch logs that are not plantrail's, and other witnesses may watch plantrail's.

The first start makes the witness's key in --state and prints its public half: give that to those whose logs you watch.
Requests need no token: only what a watched log has signed is taken, and nothing secret is told. For TLS, put a proxy before it.
Keep --state: a witness that has lost it must begin again with a new directory and a new name.`,
		Example: `  plantrail witness --state ./witness --name auditor.example --log 'plantrail/acme/0badcafe+4c86a06d+AU...'`,
		Args:    exactly(0),
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.witness(cmd.Context(), &s) }}
	f := cmd.Flags()
	f.StringVar(&s.listen, "listen", "127.0.0.1:7380", "address to listen on")
	f.StringVar(&s.state, "state", "", "directory for the key and for what was seen")
	f.StringVar(&s.name, "name", "", "the witness's name, a host's or a path below one; needed at the first start")
	f.StringArrayVar(&s.logs, "log", nil, "a log's verifier key, or a file that holds it; may be given several times")
	f.StringVar(&s.logFormat, "log-format", envOr("PLANTRAIL_LOG_FORMAT", "text"), "text or json")
	f.StringVar(&s.logLevel, "log-level", envOr("PLANTRAIL_LOG_LEVEL", "warn"), "debug, info, warn or error; info has a line for each refusal")
	return cmd
}

func (a *app) witness(ctx context.Context, s *witnessing) error {
	log, err := a.serverLog(s.logFormat, s.logLevel)
	if err != nil {
		return err
	}
	config, err := s.watched()
	if err != nil {
		return err
	}
	config.Log = log
	if s.state == "" {
		return misuse("--state", "say where the witness keeps its key and what it has seen")
	}
	dir, err := witness.OpenDir(s.state)
	if err != nil {
		return cantWitness(err)
	}
	config.Store = dir
	w, made, err := openWitness(dir, s.name, config)
	if err == nil {
		err = a.runWitness(ctx, s, w, made, log)
	}
	return errors.Join(err, dir.Close())
}

func openWitness(dir *witness.Dir, name string, c witness.Config) (w *witness.Witness, made bool, err error) {
	if c.Key, made, err = dir.Key(name); err != nil {
		return nil, false, cantWitness(err)
	}
	if w, err = witness.New(c); err != nil {
		return nil, false, cantWitness(err)
	}
	return w, made, nil
}

// cantWitness is a start that is refused: the witness's memory or its key is not what it must be.
func cantWitness(err error) error {
	return domain.Errorf(domain.Refused, "--state", "the witness can't begin: %v", err).
		WithHint("see plantrail witness --help; what a witness has seen is never repaired by hand")
}

func (a *app) runWitness(ctx context.Context, s *witnessing, w *witness.Witness, made bool, log *slog.Logger) error {
	if _, _, err := net.SplitHostPort(s.listen); err != nil {
		return misuse("--listen", "%q is not an address", s.listen).WithHint("write it as 127.0.0.1:7380")
	}
	listener, err := net.Listen("tcp", s.listen)
	if err != nil {
		return failure(err, "%s can't be listened on", s.listen).WithHint("choose another address with --listen")
	}
	if made {
		a.say("Made a new key in %s", s.state)
	}
	a.say("Verifier key: %s", w.VerifierKey())
	seen, err := w.Seen()
	if err != nil {
		return cantWitness(err)
	}
	for _, one := range seen {
		a.say("Watching %s", watching(one))
	}
	a.say("Witnessing on http://%s", reachable(listener.Addr()))
	server := &http.Server{Handler: w, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 15 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return failure(err, "the witness stopped listening")
	case <-ctx.Done():
	}
	return a.drain(server)
}

func watching(s witness.Seen) string {
	switch {
	case s.At.IsZero():
		return s.Origin + ", not seen yet"
	case s.Fork:
		return s.Origin + ", which has SIGNED TWO HISTORIES; the one seen first has " + count(int(s.Size), "entry", "entries")
	}
	return s.Origin + ", seen " + moment(s.At) + " with " + count(int(s.Size), "entry", "entries")
}

// watched reads the logs' verifier keys as given: the text itself, or the name of a file that holds one.
func (s *witnessing) watched() (c witness.Config, err error) {
	if len(s.logs) == 0 {
		return c, misuse("--log", "say which log to watch").WithHint("give the log's verifier key, or a file that holds it")
	}
	for _, one := range s.logs {
		if b, err := os.ReadFile(one); err == nil {
			one = string(b)
		}
		v, err := evidence.NewVerifier(strings.TrimSpace(one))
		if err != nil {
			// What was given is not repeated: it may be a private key by mistake.
			return c, misuse("--log", "%v", err).WithHint("give the log's verifier key, or a file that holds it")
		}
		if v.Name() == s.name { // said before a key is made for it
			return c, misuse("--name", "%s is the name of a log", s.name).WithHint("give the witness a name of its own")
		}
		c.Logs = append(c.Logs, v)
	}
	return c, nil
}
