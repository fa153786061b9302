package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"os/user"
	"strconv"
	"strings"
	"sync"
	"time"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/evidence/publish"
	"plantrail/feeds"
	"plantrail/projections"
	"plantrail/web"
	"plantrail/web/visits"
)

// node is a data directory opened by this process: journal, read models and the HTTP handler over them.
type node struct {
	dir         dataDir
	settings    settings
	lock        *os.File
	store       *eventstore.Store
	reads       *projections.DB
	handler     *web.Server
	actor       domain.Actor // the operating-system user
	local       string       // the session token that acts as actor
	feed        *feeds.Feed
	subscribers *web.Subscribers
	stop        context.CancelFunc
	stopped     chan error // the projector's end
	log         *slog.Logger

	feeding   sync.WaitGroup
	serving   bool
	keys      keyring
	keeper    *projections.Keeper
	publisher *publish.Publisher
	visits    *visits.Log
}

type nodeOptions struct {
	dir          dataDir
	settings     settings
	lock         *os.File // held; the node closes it
	log          *slog.Logger
	guardMetrics bool
	fresh        bool // begin with empty read models: those that are there can't be opened
	serving      bool // answer with read models that are behind, rather than not at all
	signingKey   string
	publicLog    string
	outlets      []publish.Outlet
	hooks        hooks
	accessDays   int // for how many days it is known who read what; 0: as it was said last
}

// How long a command waits for the read models of a directory that it opens itself (a history of a million events takes
// about a minute to replay when they were deleted), and how long a server does before it answers with what there is: most
// often they are only a few events behind, and nobody sees older answers after a restart than before.
const (
	catchUpLimit = 10 * time.Minute
	serveWithin  = 2 * time.Second

	// Up to how many events whoever opens the directory reads all of the journal's files before anything is done: a fifth of a
	// second. A longer history is read by the server as soon as it answers, over and over, and by plantrail verify.
	glanceMost = 50_000
)

// openNode opens a data directory whose lock is held. On failure the lock is released.
func openNode(ctx context.Context, o nodeOptions) (*node, error) {
	n := &node{dir: o.dir, settings: o.settings, lock: o.lock, log: o.log, serving: o.serving, actor: osUser(), stopped: make(chan error, 1)}
	err := n.open(ctx, o)
	if err != nil {
		return nil, errors.Join(err, n.close())
	}
	return n, nil
}

func (n *node) open(ctx context.Context, o nodeOptions) (err error) {
	n.local = sessionToken()
	if n.store, err = openJournal(ctx, o); err != nil {
		return err
	}
	if n.reads, err = projections.Open(ctx, n.dir.views(), projections.Options{Log: o.log, Anew: o.fresh}); err != nil {
		return viewsError(err)
	}
	source := bridge{n.store}
	running, stop := context.WithCancel(context.Background())
	n.stop = stop
	go func() { n.stopped <- n.reads.Run(running, source) }()
	if err := n.openFeed(running, o.hooks); err != nil {
		return err
	}
	if err := n.openKeeper(ctx, o.signingKey); err != nil {
		return err
	}
	n.publisher = publish.New(n.keeper, o.log, o.outlets...)
	if n.visits, err = visits.Open(n.dir.file("access"), o.accessDays, time.Now); err != nil {
		return failure(err, "the log of who reads what can't be opened").WithHint("look at the folder access in the data directory")
	}
	n.handler = web.New(n.deps(o, source))
	if err := n.catchUp(ctx, o.serving); err != nil {
		return err
	}
	// An alarm freezes the journal: reading goes on, and the server, or the end of the command, says so.
	if n.keepOnce(ctx) == nil {
		n.glance(ctx)
	}
	n.finishErasures(ctx)
	return nil
}

func (n *node) deps(o nodeOptions, source bridge) web.Deps {
	service := &registering{Service: domain.NewService(n.store), reads: n.reads}
	service.Alone = n.settings.NATS == "" // the lock keeps every other process off an embedded journal
	return web.Deps{
		Org: domain.OrgID(n.settings.Org), Version: version(),
		Service: stopping{announcing{service, n.publisher}, n.store}, Reads: n.reads,
		Journal: func() web.JournalStats { return journalStats(n.store) },
		Rebuild: func(ctx context.Context, progress func(done, total domain.Position)) error {
			return n.reads.Rebuild(ctx, source, progress)
		},
		Eraser: n.store, Vault: n.store, Visits: n.visits, Backed: source, Feed: n.feed, Subscribers: n.subscribers, Proof: n.proof(service), PublicLog: o.publicLog, LocalToken: n.local, LocalActor: n.actor, GuardMetrics: o.guardMetrics, Log: o.log,
	}
}

// catchUp waits until the read models show all that was recorded when the directory was opened. Where the projector has
// stopped that never comes: it says so itself, and what there is can be asked.
func (n *node) catchUp(ctx context.Context, serving bool) error {
	tail, err := n.store.Tail(ctx)
	if err != nil {
		return err
	}
	limit := catchUpLimit
	if serving {
		limit = serveWithin
	}
	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err = n.reads.WaitFor(waiting, tail.Events)
	if err == nil || n.reads.Status(ctx).Stopped != "" {
		return nil
	}
	if serving && ctx.Err() == nil {
		n.log.Warn("the read models are being built: until then answers are behind the journal, and /readyz says so", "position", tail.Events)
		return nil
	}
	return err
}

// close ends in the reverse order of open: no reader after the read models, no projector after the journal. A process that
// is killed instead leaves nothing that the next start does not cope with.
func (n *node) close() error {
	var all []error
	if n.handler != nil && !n.serving {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		if tail, err := n.store.Tail(ctx); err == nil {
			_ = n.reads.WaitFor(ctx, tail.Events) // so that what this command recorded is signed
		}
		if n.keeper != nil && n.keeper.Status().Alarm != "" {
			n.glance(ctx) // read models that were rebuilt meanwhile may be right again
		}
		all = append(all, n.keepOnce(ctx))
		cancel()
	}
	if n.stop != nil {
		n.stop()
		<-n.stopped
		n.feeding.Wait()
	}
	if n.reads != nil {
		all = append(all, n.reads.Close())
	}
	if n.visits != nil {
		all = append(all, n.visits.Close())
	}
	if n.store != nil {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		all = append(all, n.store.Close(ctx))
	}
	return errors.Join(append(all, n.lock.Close())...)
}

// glance reads the journal's files where that is soon done.
func (n *node) glance(ctx context.Context) {
	if err := n.keeper.Glance(ctx, glanceMost); err != nil && ctx.Err() == nil {
		n.log.Warn("the journal's files could not be read", "err", err)
	}
}

// client calls the handler within the process, as the operating-system user.
func (n *node) client() *client {
	return &client{
		http: &http.Client{Transport: web.Transport(n.handler)}, base: "http://plantrail.invalid", where: string(n.dir),
		enter: func(ctx context.Context) context.Context { return web.AsActor(ctx, n.actor) },
		close: n.close,
	}
}

// openJournal opens the journal. The first start of a directory is explicit: its settings, written by init or serve before
// anything else, say that it has not begun. If we crash between the journal's beginning and the note that it has, the next
// start finds a journal that refuses to begin again, and opens it as the one it is.
func openJournal(ctx context.Context, o nodeOptions) (*eventstore.Store, error) {
	s := o.settings
	cfg := eventstore.Config{Org: domain.OrgID(s.Org), DataDir: string(o.dir), URL: s.NATS, MonitorURLs: s.Monitor,
		Credentials: s.Credentials, Replicas: s.Replicas, Logger: o.log}
	if s.Begun {
		store, err := eventstore.Open(ctx, cfg)
		return store, nameFirstBad(ctx, cfg, o.dir, err)
	}
	cfg.Init, cfg.Join = !s.Join, s.Join
	store, err := eventstore.Open(ctx, cfg)
	if domain.KindOf(err) == domain.Refused && err != nil {
		cfg.Init, cfg.Join = false, false
		again, second := eventstore.Open(ctx, cfg)
		if second != nil {
			return nil, err
		}
		store = again
	} else if err != nil {
		return nil, err
	}
	s.Begun = true
	if err := o.dir.begin(s); err != nil {
		return nil, errors.Join(err, store.Close(ctx))
	}
	return store, nil
}

// viewsError says of read models that can't be opened that nothing is lost by it.
func viewsError(err error) error {
	if e := (*domain.Error)(nil); errors.As(err, &e) {
		return err
	}
	return failure(err, "the read models can't be opened")
}

// osUser is whoever runs this process, as the operating system knows them.
func osUser() domain.Actor {
	return domain.Actor{ID: domain.ActorID("os-" + strconv.Itoa(os.Getuid())), Kind: domain.OSUser, Role: domain.Admin}
}

// osName is the operating-system user's name, to be registered with the id; the id itself where there is none.
func osName() string {
	u, err := user.Current()
	if err != nil {
		return "os-" + strconv.Itoa(os.Getuid())
	}
	if full, _, _ := strings.Cut(u.Name, ","); full != "" {
		return full
	}
	return u.Username
}

func sessionToken() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return "pt_session_" + base64.RawURLEncoding.EncodeToString(b[:])
}
