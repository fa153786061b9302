package web

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/projections"
)

type verifyInput struct {
	Size     int64  `query:"size" minimum:"0" doc:"size of an earlier checkpoint that today's history must begin with"`
	Root     string `query:"root" doc:"its root, base64"`
	Progress bool   `query:"progress" doc:"answer with a line of JSON (application/x-ndjson) every half second while it goes on, each with done and total; the last one has the verdict, or a problem"`
}

// VerifyLine is a line of the answer with progress: how far it is or, the last one, what came of it.
type VerifyLine struct {
	Done    uint64               `json:"done,omitempty" doc:"events read"`
	Total   uint64               `json:"total,omitempty" doc:"of so many"`
	Verdict *projections.Verdict `json:"verdict,omitempty"`
	Problem *Problem             `json:"problem,omitempty" doc:"why it could not be done"`
}

func (s *Server) registerVerify() {
	op := s.operation(http.MethodPost, "/v1/verify", about{id: "verify", tag: "evidence", summary: "Read everything again and believe nothing",
		text:   "Reads every event from the journal, computes the tree and holds it against every checkpoint ever signed, follows each plan's chain, compares each text and file with its digest, and the read models with a rebuild. Answers when it is done, with a verdict, good or bad.",
		errors: []int{409}}, route{})
	schemas := s.api.OpenAPI().Components.Schemas
	op.Responses["200"] = &huma.Response{Description: "The verdict, good or bad.", Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[projections.Verdict](), true, "")},
		ndjson:             {Schema: schemas.Schema(reflect.TypeFor[VerifyLine](), true, "")}}}
	huma.Register(s.api, op, func(ctx context.Context, in *verifyInput) (*huma.StreamResponse, error) {
		p, err := s.proof()
		if err != nil {
			return nil, err
		}
		var claims []projections.Claim
		if in.Root != "" {
			claim, err := parseClaim(in.Size, in.Root)
			if err != nil {
				return nil, err
			}
			claims = append(claims, claim)
		}
		c := callOf(ctx)
		_ = http.NewResponseController(c.w).SetWriteDeadline(time.Time{}) // it takes as long as the history is
		if in.Progress {
			return &huma.StreamResponse{Body: func(huma.Context) { c.verifyAloud(p, claims) }}, nil
		}
		v, err := p.Audit(ctx, claims, nil)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(huma.Context) {
			c.w.Header().Set("Content-Type", "application/json")
			_ = encodeJSON(c.w, v) // into memory, of strings and numbers
		}}, nil
	})
}

// progressEvery is how often an audit says how far it is.
const progressEvery = 500 * time.Millisecond

// verifyAloud audits and says how far it is. The audit runs beside, so that a reader who is slow does not hold it up, and
// ends with the reader.
func (c *call) verifyAloud(p *Proof, claims []projections.Claim) {
	ctx, stop := context.WithCancel(c.r.Context())
	defer stop()
	now := make(chan VerifyLine, 1) // how far it is; the newest only
	end := make(chan VerifyLine, 1)
	go func() {
		v, err := p.Audit(ctx, claims, func(done, total domain.Position) {
			select {
			case <-now:
			default:
			}
			now <- VerifyLine{Done: uint64(done), Total: uint64(total)}
		})
		if err != nil {
			end <- VerifyLine{Problem: c.fail(err)}
			return
		}
		end <- VerifyLine{Verdict: &v}
	}()
	c.w.Header().Set("Content-Type", ndjson)
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case line := <-end:
			_ = encodeJSON(c.w, line)
			return
		case <-tick.C:
			select {
			case line := <-now:
				if err := encodeJSON(c.w, line); err != nil {
					stop() // nobody listens any more
					<-end
					return
				}
				c.w.Flush()
			default:
			}
		}
	}
}

// RotateView is what a change of the key did.
type RotateView struct {
	Key      string          `json:"key" doc:"the verifier key of the key that signs from now on: give it to those who check"`
	Replaces string          `json:"replaces,omitempty" doc:"the one before it, which goes on verifying what it signed"`
	Position domain.Position `json:"position" doc:"of the event that says so"`
}

type rotated struct{ Body RotateView }

func (s *Server) registerRotate() {
	op := s.operation(http.MethodPost, "/v1/keys/rotate", about{id: "rotate-key", tag: "evidence", summary: "Sign with a new key from now on",
		text: "Makes a new key, records in the history that the log has adopted it, has the old one sign a checkpoint that covers this record, and signs with the new one from then on. " +
			"What the old keys have signed stays good. The old private key is destroyed.", errors: []int{409}}, route{})
	huma.Register(s.api, op, func(ctx context.Context, _ *struct{}) (*rotated, error) {
		p, err := s.proof()
		if err != nil {
			return nil, err
		}
		if p.Rotate == nil {
			return nil, domain.Errorf(domain.Refused, "", "no signing key is kept here").WithHint("use the server that signs")
		}
		v, err := p.Rotate(ctx, callOf(ctx).actor)
		return &rotated{v}, err
	})
	op.Responses["200"].Description = "It is done."
}
