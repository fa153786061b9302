package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/feeds"
	"plantrail/projections"
)

// Commander records commands; [domain.Service] is one.
type Commander interface {
	Do(ctx context.Context, o domain.Order) (domain.Receipt, error)
	// Draft gives the entries that a command would record now, and records nothing.
	Draft(ctx context.Context, o domain.Order) ([]domain.Recorded, error)
}

// Reads answers questions. Plans, items, entries, commands and persons that are not there are errors of kind NotFound.
type Reads interface {
	// WaitFor returns when the read models show a position, or with an error when ctx ends before.
	WaitFor(ctx context.Context, p domain.Position) error
	Status(ctx context.Context) projections.Status

	Plans(ctx context.Context, since time.Time) ([]projections.PlanSummary, error)
	Plan(ctx context.Context, plan domain.PlanID, at projections.At) (projections.PlanView, error)
	Compare(ctx context.Context, plan domain.PlanID, from, to projections.At) (projections.Comparison, error)
	Strips(ctx context.Context, plan domain.PlanID, dimension string, at projections.At) (projections.Strips, error)
	Ambers(ctx context.Context, plan domain.PlanID, at projections.At, meanings ...domain.Meaning) (projections.AmberTable, error)
	ItemHistory(ctx context.Context, plan domain.PlanID, item domain.ItemID, at projections.At) (projections.ItemHistory, error)
	Timeline(ctx context.Context, q projections.TimelineQuery) (projections.Page[projections.Entry], error)
	// Entry finds an entry by its event id or, when that is "", by its number in the plan's timeline.
	Entry(ctx context.Context, plan domain.PlanID, event domain.EventID, number uint64) (projections.Entry, error)
	// Command finds the receipt of a command that the plan has recorded.
	Command(ctx context.Context, plan domain.PlanID, id domain.CommandID) (r domain.Receipt, found bool, err error)
	// Search finds words in texts, in one plan or, when it is "", in all.
	SearchIn(ctx context.Context, words string, q projections.TimelineQuery) (projections.Page[projections.Hit], error)
	Persons(ctx context.Context) ([]projections.PersonView, error)
	Person(ctx context.Context, id domain.ActorID) (projections.PersonView, error)
	// Token is what authentication needs of an issued token, ended or not.
	Token(ctx context.Context, id domain.TokenID) (projections.Credential, error)
	Tokens(ctx context.Context) ([]projections.TokenView, error)

	FindingReads

	// Changed is the items about which something counts from a position on, by plan, "" where it is about all of them.
	Changed(ctx context.Context, after domain.Position, plans ...domain.PlanID) (map[domain.PlanID]map[domain.ItemID]bool, error)
	// Settled is the last position that parts no command of these plans in two. No plans are all.
	Settled(ctx context.Context, plans ...domain.PlanID) (domain.Position, error)

	// Tree is the Merkle tree of the history.
	Tree(ctx context.Context) (projections.Tree, error)

	// EraseText destroys a text, on disk too. That the text is not there is no error.
	EraseText(ctx context.Context, event domain.EventID, field string) error
}

// Deps is what the server is made of.
type Deps struct {
	Org     domain.OrgID
	Version string // of the program

	Service Commander
	Reads   Reads
	Journal func() JournalStats // nil: nothing is known of the journal
	// Rebuild builds the read models anew and says how far it is; nil: it can't be done here.
	Rebuild func(ctx context.Context, progress func(done, total domain.Position)) error

	Vault         Vault // of files of evidence; nil: none can be kept here
	EvidenceLimit int64 // bytes of one of them; 0 is 64 MiB

	Proof     *Proof // the log; nil: none is kept here
	PublicLog string // what of it anyone may read: "checkpoint", "tiles" or, by default, nothing

	Backed Backed // what a backup is taken of; nil: none can be taken here

	Eraser Eraser // of texts in the journal; nil: it can't be done here

	Feed        *feeds.Feed  // of every change, for subscribers; nil: there is none here
	Subscribers *Subscribers // nil: no subscriptions are kept here

	Visits Visits // who looked at what; nil: it is not kept

	// LocalToken is a token of this process alone, printed where it was started; its holder is LocalActor. "": none.
	LocalToken string
	LocalActor domain.Actor

	GuardMetrics bool          // /metrics needs a reader's token
	ReadyLag     time.Duration // read models further behind are not ready; 0 is 5 s
	Patience     time.Duration // how long a reader waits for his own write; 0 is 2 s

	Now func() time.Time // nil: time.Now
	Log *slog.Logger     // nil: slog.Default
}

// Server is the HTTP face, an [http.Handler]. It is safe for many goroutines.
type Server struct {
	deps    Deps
	mux     *http.ServeMux
	api     huma.API
	routes  map[string]route   // by pattern
	drafts  map[string]decoder // of commands that can be tried, by verb
	metrics *metrics
	openAPI func() []byte // the document, written when it is first asked for

	jsonPeriod, filePeriod time.Duration // in which a body must have come; tests shorten them
	files                  chan struct{} // slots for large bodies

	erasing sync.Mutex // held to finish erasures
}

// route is what the server knows of a pattern before it lets a request in.
type route struct {
	least domain.Role
	body  int64  // limit of the request's body; 0: none is read
	media string // media type that the body must have
	csv   bool   // the answer can be had as CSV

	streams bool // the body is not read before the handler, which does it
}

// Limits of a request's body.
const (
	jsonLimit = 1 << 20
	fileLimit = 32 << 20
	fileSlots = 4 // large bodies in memory at the same time
)

// New makes the server. It panics when its own routes contradict each other: that is found by the first test.
func New(d Deps) *Server {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.Default()
	}
	if d.ReadyLag == 0 {
		d.ReadyLag = 5 * time.Second
	}
	if d.Patience == 0 {
		d.Patience = waitLimit
	}
	if d.EvidenceLimit == 0 {
		d.EvidenceLimit = defaultEvidenceLimit
	}
	if d.Journal == nil {
		d.Journal = func() JournalStats { return JournalStats{} }
	}
	s := &Server{deps: d, mux: http.NewServeMux(), routes: map[string]route{}, drafts: map[string]decoder{}, jsonPeriod: 10 * time.Second, filePeriod: time.Minute,
		files: make(chan struct{}, fileSlots)}
	s.metrics = newMetrics(d)
	s.describe()
	s.registerQueries()
	s.registerSchemes()
	s.registerCommands()
	s.registerImport()
	s.registerEvidence()
	s.registerLog()
	s.registerBundle()
	s.registerBackup()
	s.registerHolds()
	s.registerErase()
	s.registerFindings()
	s.registerReports()
	s.registerPapers()
	s.registerMine()
	s.registerDraft()
	s.registerFeeds()
	s.registerPeople()
	s.registerVisits()
	s.registerOperation()
	s.openAPI = sync.OnceValue(s.description)
	for pattern := range access {
		if _, ok := s.routes[pattern]; !ok {
			panic("access names a route that is not there: " + pattern)
		}
	}
	return s
}

// HandleFunc registers a route; it is humago's way in, too. What is known of the route must have been said by [Server.open].
func (s *Server) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	if _, known := s.routes[pattern]; !known {
		panic("route without a rule: " + pattern)
	}
	s.mux.HandleFunc(pattern, h)
}

// open says what is known of a route, before it is registered.
func (s *Server) open(pattern string, r route) {
	least, ok := access[pattern]
	if !ok {
		panic("access says nothing about " + pattern)
	}
	if pattern == "GET /metrics" && s.deps.GuardMetrics {
		least = domain.Reader
	}
	if s.public(pattern) {
		least = anyone
	}
	r.least = least
	s.routes[pattern] = r
}

// NewHTTPServer wraps a handler in a server whose time-outs bound slow callers. Bodies have periods of their own, ended
// when the body is there, because a deadline on the connection would give up the request while it is being answered.
func NewHTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		WriteTimeout:      2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}

// position is where the read models are, at least.
func (s *Server) position(ctx context.Context) domain.Position {
	return s.deps.Reads.Status(ctx).Position
}

// waitLimit bounds how long a caller waits: for his own write to be readable, and for other files to have been read.
const waitLimit = 2 * time.Second

func (s *Server) waitFor(ctx context.Context, p domain.Position) error {
	if p == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.deps.Patience)
	defer cancel()
	err := s.deps.Reads.WaitFor(ctx, p)
	if err != nil && domain.KindOf(err) == domain.Internal && errors.Is(err, context.DeadlineExceeded) {
		return domain.Errorf(domain.Unavailable, "min_position", "the read models have not reached position %d", p).
			WithHint("try again in a moment").Because(err)
	}
	return err
}

func etag(version uint64) string { return fmt.Sprintf("%q", fmt.Sprint(version)) }
