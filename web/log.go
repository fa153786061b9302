package web

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
)

// Proof is the log of the history: its keeper, the keys it is known by, and its leaves.
type Proof struct {
	Keeper interface {
		Status() projections.KeeperStatus
		Keep(ctx context.Context) error
	}
	Keys   []string // verifier keys, oldest first
	Raw    Raw
	Audit  func(ctx context.Context, against []projections.Claim) (projections.Verdict, error)
	Leaves func(ctx context.Context, after domain.Position, follow bool) iter.Seq2[projections.Leaf, error]
}

// ProofView is how far the history is signed and checked.
type ProofView struct {
	projections.KeeperStatus
	Keys       []string `json:"keys" doc:"verifier keys of the log, oldest first"`
	Checkpoint string   `json:"checkpoint,omitempty" doc:"the last signed checkpoint, a signed note"`
	Against    string   `json:"against,omitempty" doc:"what came of the comparison with size and root"`
}

type proofInput struct {
	Reading
	Size int64  `query:"size" minimum:"0" doc:"size of an earlier checkpoint, as a paper prints it"`
	Root string `query:"root" doc:"its root, base64" example:"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="`
}

func (s *Server) registerLog() {
	query(s, "/v1/verify", about{id: "proof", tag: "evidence", summary: "How far the history is signed and checked",
		text: "With size and root of an earlier checkpoint it also proves that today's history extends that one; where it does not, the answer is 409 and says why.", errors: []int{409}}, s.proofState)
	s.registerVerify()
	for pattern, h := range map[string]func(*call) error{"GET /log/checkpoint": s.logCheckpoint, "GET /log/tile/{path...}": s.logTile, "GET /log/tile/entries/{path...}": s.logTile} {
		s.open(pattern, route{})
		s.HandleFunc(pattern, func(_ http.ResponseWriter, r *http.Request) {
			c := callOf(r.Context())
			if err := h(c); err != nil {
				c.render(c.fail(err))
			}
		})
	}
}

// public reports whether anyone may read a route of the log: checkpoints, or the tiles of hashes too. Entries, which say
// what happened, are always a reader's.
func (s *Server) public(pattern string) bool {
	switch pattern {
	case "GET /log/checkpoint":
		return s.deps.PublicLog == "checkpoint" || s.deps.PublicLog == "tiles"
	case "GET /log/tile/{path...}":
		return s.deps.PublicLog == "tiles"
	}
	return false
}

func (s *Server) proof() (*Proof, error) {
	if s.deps.Proof == nil {
		return nil, domain.Errorf(domain.Unavailable, "", "the log is not kept here")
	}
	return s.deps.Proof, nil
}

func (s *Server) proofState(ctx context.Context, in *proofInput) (ProofView, error) {
	p, err := s.proof()
	if err != nil {
		return ProofView{}, err
	}
	v := ProofView{KeeperStatus: p.Keeper.Status(), Keys: p.Keys}
	v.Checkpoint = string(v.KeeperStatus.Checkpoint)
	if in.Root == "" {
		return v, nil
	}
	claim, err := parseClaim(in.Size, in.Root)
	if err != nil {
		return v, err
	}
	tree, err := s.deps.Reads.Tree(ctx)
	if err != nil {
		return v, err
	}
	if claim.Size > tree.Size {
		return v, domain.Errorf(domain.Refused, "size", "the history has %d events, the checkpoint speaks of %d", tree.Size, claim.Size)
	}
	if root, err := tree.Root(claim.Size); err != nil {
		return v, err
	} else if root != claim.Root {
		return v, domain.Errorf(domain.Refused, "root", "the first %d events have another root today: they are not the same history", claim.Size)
	}
	v.Against = fmt.Sprintf("today's history begins with the %d events of that checkpoint: none of them was altered, dropped or put in another order", in.Size)
	return v, nil
}

type verifyInput struct {
	Size int64  `query:"size" minimum:"0" doc:"size of an earlier checkpoint that today's history must begin with"`
	Root string `query:"root" doc:"its root, base64"`
}

type verified struct{ Body projections.Verdict }

func (s *Server) registerVerify() {
	op := s.operation(http.MethodPost, "/v1/verify", about{id: "verify", tag: "evidence", summary: "Read everything again and believe nothing",
		text:   "Reads every event from the journal, computes the tree and holds it against every checkpoint ever signed, follows each plan's chain, compares each text and file with its digest, and the read models with a rebuild. Answers when it is done, with a verdict, good or bad.",
		errors: []int{409}}, route{})
	huma.Register(s.api, op, func(ctx context.Context, in *verifyInput) (*verified, error) {
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
		_ = http.NewResponseController(callOf(ctx).w).SetWriteDeadline(time.Time{}) // it takes as long as the history is
		v, err := p.Audit(ctx, claims)
		return &verified{v}, err
	})
	op.Responses["200"].Description = "The verdict, good or bad."
}

// parseClaim reads size and root as a paper prints them, by the rules of the checkpoint that they come from.
func parseClaim(size int64, root string) (projections.Claim, error) {
	c, err := evidence.ParseCheckpoint("printed\n" + strconv.FormatInt(size, 10) + "\n" + root + "\n")
	if err != nil {
		return projections.Claim{}, domain.Errorf(domain.Invalid, "root", "this is not a root hash").WithHint("it is 44 characters of base64; a + in a URL is %2B")
	}
	return projections.Claim{Size: c.Size, Root: c.Root}, nil
}

// logCheckpoint serves the last checkpoint (c2sp.org/tlog-tiles).
func (s *Server) logCheckpoint(c *call) error {
	p, err := s.proof()
	if err != nil {
		return err
	}
	signed := p.Keeper.Status().Checkpoint
	if len(signed) == 0 {
		return domain.Errorf(domain.NotFound, "", "no checkpoint has been signed yet").WithHint("try again in a second")
	}
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.Header().Set("Cache-Control", "no-cache")
	_, err = c.w.Write(signed)
	return err
}

// logTile serves tiles of hashes and of entries, as far as a checkpoint covers them: what is signed never changes, so a
// tile may be kept for ever.
func (s *Server) logTile(c *call) error {
	p, err := s.proof()
	if err != nil {
		return err
	}
	path := c.r.URL.Path[len("/log/"):]
	tile, err := evidence.ParseTilePath(path)
	if err != nil {
		return domain.Errorf(domain.NotFound, "", "there is no such tile").WithHint("the paths are those of c2sp.org/tlog-tiles")
	}
	if size := p.Keeper.Status().Size; !tile.Exists(size) {
		return domain.Errorf(domain.NotFound, "", "the log, of %s signed events, has no such tile", strconv.FormatInt(size, 10))
	}
	var data []byte
	if tile.Level == evidence.EntriesLevel {
		data, err = p.entries(c.r.Context(), tile)
	} else {
		tree, err2 := s.deps.Reads.Tree(c.r.Context())
		if err = err2; err == nil {
			data, err = tree.Tile(tile)
		}
	}
	if err != nil {
		return err
	}
	keep := "private"
	if c.route.least == anyone {
		keep = "public"
	}
	c.w.Header().Set("Content-Type", opaque)
	c.w.Header().Set("Cache-Control", keep+", max-age=31536000, immutable")
	_, err = c.w.Write(data)
	return err
}

// entries reads the leaves of a tile from the journal itself.
func (p *Proof) entries(ctx context.Context, tile evidence.Tile) (data []byte, err error) {
	n := 0
	for leaf, err := range p.Leaves(ctx, domain.Position(tile.First()), false) {
		if err != nil {
			return nil, err
		}
		if data, err = evidence.AppendEntry(data, leaf.Body); err != nil {
			return nil, err
		}
		if n++; n == tile.Width {
			return data, nil
		}
	}
	return nil, domain.Errorf(domain.Unavailable, "", "the journal ended within the tile")
}
