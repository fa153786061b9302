package web

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/evidence/publish"
	"plantrail/projections"
)

// StatusView is how the server is.
type StatusView struct {
	Org         domain.OrgID       `json:"org"`
	Version     string             `json:"version" doc:"of the program"`
	ReadOnly    string             `json:"read_only,omitempty" doc:"why nothing can be recorded now; absent while it can"`
	Projections projections.Status `json:"projections" doc:"the read models"`
	Journal     JournalStats       `json:"journal"`

	Proof   *projections.KeeperStatus `json:"proof,omitempty" doc:"how far the history is signed and checked"`
	Outlets []publish.OutletStatus    `json:"outlets,omitempty" doc:"who is shown the checkpoints: witnesses, webhooks, files"`
}

// WhoView is whom the server takes the caller for.
type WhoView struct {
	ID         domain.ActorID   `json:"id"`
	Kind       domain.ActorKind `json:"kind"`
	Role       domain.Role      `json:"role"`
	Name       string           `json:"name,omitempty"`
	OnBehalfOf string           `json:"on_behalf_of,omitempty"`
}

// RebuildView is what a rebuild did.
type RebuildView struct {
	Events  uint64  `json:"events" doc:"in the read models now"`
	Seconds float64 `json:"seconds"`
}

// Health is the answer of the two probes.
type Health struct {
	Status  string   `json:"status" enum:"ok,not ready"`
	Reasons []string `json:"reasons,omitempty" doc:"why not, in words"`
}

func (s *Server) registerOperation() {
	query(s, "/v1/status", about{id: "status", tag: "operation", summary: "How the server, its journal and its read models are"}, s.status)
	query(s, "/v1/whoami", about{id: "whoami", tag: "people", summary: "Whom the server takes the caller for"}, s.whoami)
	s.registerRebuild()
	s.registerProbes()
	s.registerProblems()
	s.open("GET /openapi.json", route{})
	s.HandleFunc("GET /openapi.json", s.serveOpenAPI)
	s.open("GET /metrics", route{})
	s.HandleFunc("GET /metrics", s.metrics.ServeHTTP)
}

// status is for readers, too, so the journal's own words about a fault, which may hold addresses, are kept for admins.
func (s *Server) status(ctx context.Context, _ *noInput) (StatusView, error) {
	journal := s.deps.Journal()
	if journal.Down != "" && !callOf(ctx).actor.Role.Covers(domain.Admin) {
		journal.Down = "the journal can't be reached"
	}
	var proof *projections.KeeperStatus
	if s.deps.Proof != nil {
		status := s.deps.Proof.Keeper.Status()
		proof = &status
	}
	return StatusView{Proof: proof, Outlets: s.deps.Proof.outlets(), Org: s.deps.Org, Version: s.deps.Version, ReadOnly: journal.ReadOnly, Projections: s.deps.Reads.Status(ctx), Journal: journal}, nil
}

func (s *Server) whoami(ctx context.Context, _ *noInput) (WhoView, error) {
	a := callOf(ctx).actor
	who := WhoView{ID: a.ID, Kind: a.Kind, Role: a.Role, OnBehalfOf: a.OnBehalfOf}
	p, err := s.deps.Reads.Person(ctx, a.ID)
	if domain.KindOf(err) == domain.NotFound && err != nil {
		return who, nil
	}
	who.Name = p.Name.Text
	return who, err
}

type rebuilt struct{ Body RebuildView }

func (s *Server) registerRebuild() {
	op := s.operation(http.MethodPost, "/v1/rebuild", about{id: "rebuild", tag: "operation", summary: "Build the read models anew",
		text: "Answers when it is done. Questions are answered from the read models as they were in the meantime.", errors: []int{409}}, route{})
	huma.Register(s.api, op, func(ctx context.Context, _ *struct{}) (*rebuilt, error) {
		if s.deps.Rebuild == nil {
			return nil, domain.Errorf(domain.Refused, "", "the read models can't be built anew here").WithHint("use the server that holds the data")
		}
		// A rebuild takes as long as the history is: the connection's deadline does not fit it. There is none in process.
		_ = http.NewResponseController(callOf(ctx).w).SetWriteDeadline(time.Time{})
		begun := time.Now()
		if err := s.deps.Rebuild(ctx, func(domain.Position, domain.Position) {}); err != nil {
			return nil, err
		}
		return &rebuilt{RebuildView{s.deps.Reads.Status(ctx).Events, time.Since(begun).Seconds()}}, nil
	})
	op.Responses["200"].Description = "It is done."
}

type probed struct {
	Status int
	Body   Health
}

func (s *Server) registerProbes() {
	op := s.operation(http.MethodGet, "/healthz", about{id: "healthz", tag: "operation", summary: "Is the process alive?"}, route{})
	huma.Register(s.api, op, func(context.Context, *struct{}) (*probed, error) {
		return &probed{http.StatusOK, Health{Status: "ok"}}, nil
	})
	op.Responses["200"].Description = "It is."
	op = s.operation(http.MethodGet, "/readyz", about{id: "readyz", tag: "operation", summary: "Can it do its work?"}, route{})
	huma.Register(s.api, op, func(ctx context.Context, _ *struct{}) (*probed, error) {
		if why := s.notReady(ctx); len(why) > 0 {
			return &probed{http.StatusServiceUnavailable, Health{"not ready", why}}, nil
		}
		return &probed{http.StatusOK, Health{Status: "ok"}}, nil
	})
	op.Responses["200"].Description = "It can."
	op.Responses["503"] = &huma.Response{Description: "It can't, and why.", Content: op.Responses["200"].Content}
}

// notReady says in words why the server can't do its work. Anyone may read them: places and details are in the status.
func (s *Server) notReady(ctx context.Context) (why []string) {
	journal, shown := s.deps.Journal(), s.deps.Reads.Status(ctx)
	if journal.Down != "" {
		why = append(why, "the journal can't be reached")
	}
	if journal.ReadOnly != "" {
		why = append(why, "the journal takes no new entries")
	}
	if s.deps.Proof != nil && s.deps.Proof.Keeper.Status().Alarm != "" {
		why = append(why, "the history is not what was signed")
	}
	if shown.Stopped != "" {
		why = append(why, "the read models have stopped following the journal")
	}
	if !shown.CaughtUp && shown.Stopped == "" {
		why = append(why, "the read models are being built")
	}
	if shown.LagSeconds > s.deps.ReadyLag.Seconds() {
		why = append(why, "the read models are behind the journal")
	}
	return why
}
