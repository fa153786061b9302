package eventstore

import (
	"log/slog"
	"time"

	"github.com/google/uuid"

	"plantrail/domain"
)

// Config says which organisation's journal to open and where it lies.
type Config struct {
	Org domain.OrgID

	// DataDir holds identity.json and, when the server is embedded, the JetStream store below jetstream/.
	DataDir string

	// URL names the cluster's servers, "nats://a,b,c"; empty means a server inside this process.
	URL string
	// MonitorURLs are the HTTP monitoring addresses of all servers of the cluster, "http://a:8222": the sync setting and
	// the version of each are read from there. Needed with URL.
	MonitorURLs []string
	// Credentials is a NATS .creds file; "" when the user stands in URL or none is needed.
	Credentials string
	// Replicas of each stream; 0 means 1 embedded and 3 in a cluster.
	Replicas int

	// Init is the explicit first start, the only one that may create the streams. It is refused where a journal has begun.
	Init bool
	// Join is the explicit first start of a further process of an organisation whose streams exist in the cluster.
	Join bool

	Now    func() time.Time      // nil: time.Now
	NewID  func() domain.EventID // nil: UUIDv7
	Logger *slog.Logger          // nil: slog.Default

	// Below either of these the store is read-only until there is space again. Zero means 2 GB, and a tenth of the disk.
	MinFreeBytes uint64
	MinFreeRatio float64
	// Space measures the disk under the store; nil means the file system of DataDir, or the cluster's own figures.
	Space func() (free, total uint64, err error)
	// WatchEvery is how often it is measured; 0 means every second.
	WatchEvery time.Duration
	// Patience is how long what writes, and a question to the servers, is tried again; 0 means 4 s.
	Patience time.Duration
}

// The parameters that are not settings. DESIGN.md says how each was chosen.
const (
	maxBody       = 65535                 // bytes of an event: an entry of a tlog-tiles bundle has a 16 bit length
	maxBatch      = 1000                  // messages of an atomic batch: the server's limit
	maxBatchBytes = 16 << 20              // bytes of an atomic batch
	groupAt       = 15                    // waiting appends from which one batch is quicker than single publishes
	comeback      = 40 * time.Millisecond // how long after a batch its writers are expected again, and waited for
	patience      = 4 * time.Second       // how long an append is retried, unless Config says otherwise; and a reader that gets nothing waits
	attemptFor    = 1500 * time.Millisecond
)

func (c Config) withDefaults() Config {
	if c.Replicas == 0 {
		c.Replicas = 1
		if c.URL != "" {
			c.Replicas = 3
		}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = newID
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.MinFreeBytes == 0 {
		c.MinFreeBytes = 2 << 30
	}
	if c.MinFreeRatio == 0 {
		c.MinFreeRatio = 0.1
	}
	if c.WatchEvery == 0 {
		c.WatchEvery = time.Second
	}
	if c.Patience == 0 {
		c.Patience = patience
	}
	return c
}

func (c Config) check() error {
	if _, err := domain.ParseOrgID(string(c.Org)); err != nil {
		return err
	}
	switch {
	case c.DataDir == "":
		return refuse("data directory", "none is given").WithHint("name one: it holds the identity of the journal")
	case c.URL != "" && len(c.MonitorURLs) == 0:
		return refuse("monitor URLs", "none are given for %s", c.URL).
			WithHint("name the monitoring address of each server, e.g. http://a:8222: the sync setting is checked there")
	case c.Init && c.Join:
		return refuse("start", "init and join exclude each other")
	case c.Join && c.URL == "":
		return refuse("start", "an embedded journal can't be joined").WithHint("give the cluster's URL")
	}
	return nil
}

// refuse is the error of a start that stops rather than repairs.
func refuse(field, format string, args ...any) *domain.Error {
	return domain.Errorf(domain.Refused, field, format, args...)
}

// mend is what to do about a journal that has lost something.
const mend = "keep the store as it is; plantrail repair, with --from the newest backup, puts back what is lost if the same root results"

// newID makes a UUIDv7; it panics only if the system has no randomness left, when nothing else would work either.
func newID() domain.EventID { return domain.EventID(uuid.Must(uuid.NewV7()).String()) }

// names are the streams and subjects of one organisation. Ids are checked before they get here.
type names struct{ org domain.OrgID }

func (n names) history() string { return "HISTORY_" + string(n.org) }
func (n names) texts() string   { return "TEXTS_" + string(n.org) }

func (n names) bucket() string      { return "EVIDENCE_" + string(n.org) }
func (n names) evidence() string    { return "OBJ_" + n.bucket() } // the stream under the bucket
func (n names) checkpoints() string { return "CHECKPOINTS_" + string(n.org) }

func (n names) checkpointSubject() string { return "checkpoints." + string(n.org) }

// streams are all of them, in the order in which they are created.
func (n names) streams() []string {
	return []string{n.history(), n.texts(), n.evidence(), n.checkpoints()}
}

func (n names) subject(plan domain.PlanID) string {
	return "history." + string(n.org) + "." + string(plan)
}

func (n names) textSubject(plan domain.PlanID, event domain.EventID) string {
	return "texts." + string(n.org) + "." + string(plan) + "." + string(event)
}
