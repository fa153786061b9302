package eventstore

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"plantrail/domain"
)

// Store is the open journal of one organisation. Its methods may be called at the same time.
type Store struct {
	cfg   Config
	names names
	srv   *embedded // nil in a cluster
	id    identity

	unproven atomic.Bool // the server was started again and its streams are not checked yet

	nc *nats.Conn
	js jetstream.JetStream

	history, texts, checkpoints *lane
	disk                        *watchdog
	stats                       counters
	frozen                      atomic.Pointer[string] // why nothing may be written, from Freeze
	kept                        copied
	seen                        seen
	asyncErr                    atomic.Pointer[refusal]
	line                        atomic.Pointer[line]
	inboxes                     inboxes
	readers                     readers

	mu     sync.Mutex
	closed bool
	busy   sync.WaitGroup // appends under way

	beside     sync.WaitGroup // what runs beside the work
	stopBeside context.CancelFunc
}

var _ domain.Journal = (*Store)(nil)

// refusal is what only the connection's error handler is told: the request that it is about gets a time-out.
type refusal struct {
	at  time.Time
	err error
}

// line lasts as long as one connection: whoever waits for an answer on it waits in vain once it is cut.
type line struct {
	context.Context
	cut context.CancelFunc
}

func newLine() *line {
	ctx, cancel := context.WithCancel(context.Background())
	return &line{ctx, cancel}
}

// Open starts or reaches the server, checks what it finds and is ready to append. It refuses rather than repairs; the
// error says what differs and what to do.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	id, known, err := loadIdentity(cfg)
	if err == nil {
		err = checkStart(cfg, id, known)
	}
	if err != nil {
		return nil, err
	}
	s := newStore(cfg)
	if err := s.connect(ctx); err != nil {
		s.release()
		return nil, err
	}
	if s.id, err = s.settle(ctx, id, known); err != nil {
		s.release()
		return nil, err
	}
	s.disk = watch(cfg, s.heal)
	beside, stop := context.WithCancel(context.Background())
	s.stopBeside = stop
	s.beside.Go(func() { s.sweepAtStart(beside) })
	return s, nil
}

func newStore(cfg Config) *Store {
	s := &Store{cfg: cfg, names: names{cfg.Org}}
	s.line.Store(newLine())
	s.history = newLane(&s.stats, true, s)
	s.texts = newLane(&s.stats, false, s)
	s.checkpoints = newLane(&s.stats, true, s)
	return s
}

// checkStart says whether this kind of start fits what the data directory knows.
func checkStart(cfg Config, id identity, known bool) error {
	switch {
	case known && id.State == restoring:
		return refuse("start", "the restore of journal %s into %s was cut short", id.Journal, cfg.DataDir).
			WithHint("empty the directory and restore again")
	case known && id.State == begun && cfg.Init:
		return refuse("start", "journal %s has begun already in %s", id.Journal, cfg.DataDir).WithHint("start without init")
	case known && id.State == beginning && !cfg.Init:
		return refuse("start", "the first start of journal %s was cut short", id.Journal).WithHint("run plantrail init again")
	case !known && !cfg.Init && !cfg.Join && cfg.URL == "":
		return refuse("start", "no journal has begun in %s", cfg.DataDir).
			WithHint("begin one with plantrail init, or name the right data directory")
	case !known && !cfg.Init && !cfg.Join:
		return refuse("start", "%s does not know the journal of organisation %s", cfg.DataDir, cfg.Org).
			WithHint("begin one with plantrail init, or join the one in the cluster with --join")
	}
	return nil
}

func (s *Store) connect(ctx context.Context) (err error) {
	if s.cfg.URL == "" {
		if s.srv, err = startEmbedded(s.cfg); err != nil {
			return err
		}
	}
	for start, limit := time.Now(), connectFor(s.cfg); ; { // one that took all its time is tried again: the machine may be slow
		began := time.Now()
		if s.nc, err = nats.Connect(s.cfg.URL, s.options()...); err == nil || time.Since(began) < limit || time.Since(start) > s.cfg.Patience {
			break
		}
	}
	if err != nil {
		return domain.Errorf(domain.Unavailable, "NATS", "no connection to %s", redact(s.cfg.URL)).
			WithHint("see that the servers run and that the credentials are right").Because(err)
	}
	if s.js, err = jetstream.New(s.nc); err != nil {
		return err
	}
	if s.srv == nil {
		return checkCluster(ctx, s.cfg.MonitorURLs, s.nc.ConnectedServerId())
	}
	return nil
}

func (s *Store) options() []nats.Option {
	log := s.cfg.Logger.With("part", "nats")
	options := []nats.Option{
		nats.Name("plantrail " + string(s.cfg.Org)),
		nats.Timeout(5 * time.Second),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(100 * time.Millisecond),
		nats.ReconnectJitter(50*time.Millisecond, 100*time.Millisecond),
		nats.ReconnectBufSize(-1), // what can't be sent now fails now: nothing is sent behind the back of its caller
		// A server that takes nothing is left, for all wait while one is sending or connecting.
		nats.ReconnectOnFlusherError(), nats.Timeout(connectFor(s.cfg)), nats.FlusherTimeout(connectFor(s.cfg)),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			s.asyncErr.Store(&refusal{time.Now(), err})
			log.Error("the server refused something", "error", err)
		}),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			s.line.Swap(newLine()).cut()
			if err != nil {
				log.Warn("the connection is lost, trying again", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("connected again") }),
	}
	if s.srv != nil {
		// There is no buffer between the two, so while the disk stands still nothing is taken; and there is no other server.
		options = append(options, nats.InProcessServer(s.srv), nats.FlusherTimeout(s.cfg.Patience))
	}
	if s.cfg.Credentials != "" {
		options = append(options, nats.UserCredentials(s.cfg.Credentials))
	}
	return options
}

// connectFor is how long a connection may take to be made, and a write to be taken.
func connectFor(c Config) time.Duration { return c.Patience / 4 }

// redact removes users and passwords from a list of URLs.
func redact(urls string) string {
	parts := strings.Split(urls, ",")
	for i, u := range parts {
		if at := strings.LastIndex(u, "@"); at >= 0 {
			parts[i] = "nats://" + u[at+1:]
		}
	}
	return strings.Join(parts, ",")
}

// enter lets an append in, unless the store is closed or read-only or nobody waits for it any more.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return domain.Errorf(domain.Unavailable, "", "the request was given up before it was recorded").Because(err)
	}
	if err := s.Writable(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return domain.Errorf(domain.Unavailable, "journal", "it is shutting down").WithHint("try again in a moment")
	}
	s.busy.Add(1)
	return nil
}

func (s *Store) leave() { s.busy.Done() }

// Close waits for the appends under way, as long as ctx allows, and stops the server if it is ours. Nothing acknowledged
// depends on it: a process that is killed instead loses nothing.
func (s *Store) Close(ctx context.Context) error {
	s.mu.Lock()
	was := s.closed
	s.closed = true
	s.mu.Unlock()
	if was {
		return nil
	}
	s.stopBeside()
	s.beside.Wait()
	idle := make(chan struct{})
	go func() { s.busy.Wait(); close(idle) }()
	var err error
	select {
	case <-idle:
	case <-ctx.Done():
		err = domain.Errorf(domain.Unknown, "journal", "closed while appends were under way").Because(ctx.Err())
	}
	s.release()
	return err
}

func (s *Store) release() {
	if s.disk != nil {
		s.disk.stop()
	}
	if s.nc != nil {
		s.nc.Close()
	}
	if s.srv != nil {
		s.srv.stop()
	}
}

// Healthy reports whether the journal can take an append now. It is cheap enough to ask each second.
func (s *Store) Healthy(ctx context.Context) error {
	if err := s.Writable(); err != nil {
		return err
	}
	if s.srv != nil {
		if sick := s.srv.sick(); sick != "" {
			return s.unavailable(errors.New(sick))
		}
	}
	if !s.nc.IsConnected() {
		return s.unavailable(nats.ErrDisconnected)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	_, err := s.streamInfo(ctx, s.names.history())
	return err
}

// Tail is where the streams end.
type Tail struct {
	Events       domain.Position // position of the last event
	Texts        uint64          // sequence of the last text message
	LastRecorded time.Time       // when the last event was stored; zero when there is none
	EventBytes   uint64
	TextBytes    uint64
}

// Tail asks the streams' leaders where they end.
func (s *Store) Tail(ctx context.Context) (Tail, error) {
	events, err := s.stream(ctx, s.names.history())
	if err != nil {
		return Tail{}, err
	}
	texts, err := s.stream(ctx, s.names.texts())
	if err != nil {
		return Tail{}, err
	}
	t := Tail{Events: domain.Position(events.Last), Texts: texts.Last, EventBytes: events.Bytes, TextBytes: texts.Bytes}
	if events.Last > 0 {
		t.LastRecorded = events.LastTime.UTC()
	}
	return t, nil
}

func (s *Store) stream(ctx context.Context, name string) (streamState, error) {
	info, err := s.streamInfo(ctx, name)
	if err != nil {
		return streamState{}, err
	}
	if info == nil {
		return streamState{}, domain.Errorf(domain.Internal, "stream "+name, "it is gone").
			WithHint(mend)
	}
	return info.State, nil
}
