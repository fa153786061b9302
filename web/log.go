package web

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strconv"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/evidence/publish"
	"plantrail/projections"
)

// Proof is the log of the history: its keeper, the keys it is known by, and its leaves.
type Proof struct {
	Keeper interface {
		Status() projections.KeeperStatus
		Keep(ctx context.Context) error
	}
	Keys  func() []string // verifier keys, oldest first
	Raw   Raw
	Audit func(ctx context.Context, against []projections.Claim, progress func(done, total domain.Position)) (projections.Verdict, error)
	// Rotate makes a new key and has the log adopt it; nil: no key is kept here.
	Rotate func(ctx context.Context, by domain.Actor) (RotateView, error)
	// Publisher shows checkpoints to others; nil: nobody is shown any.
	Publisher interface {
		Status() []publish.OutletStatus
		Note() []byte
	}
	Leaves func(ctx context.Context, after domain.Position, follow bool) iter.Seq2[projections.Leaf, error]
}

// ProofView is how far the history is signed and checked.
type ProofView struct {
	projections.KeeperStatus
	Keys       []string `json:"keys" doc:"verifier keys of the log, oldest first"`
	Checkpoint string   `json:"checkpoint,omitempty" doc:"the last signed checkpoint, a signed note, with the signatures that witnesses have given for it"`
	Against    string   `json:"against,omitempty" doc:"what came of the comparison with size and root"`

	Outlets []publish.OutletStatus `json:"outlets,omitempty" doc:"who is shown the checkpoints: witnesses, webhooks, files"`
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
	s.registerRotate()
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
	v := ProofView{KeeperStatus: p.Keeper.Status(), Keys: p.Keys(), Outlets: p.outlets(), Checkpoint: string(p.note())}
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
	signed := p.note()
	if len(signed) == 0 {
		return domain.Errorf(domain.NotFound, "", "no checkpoint has been signed yet").WithHint("try again in a second")
	}
	c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.w.Header().Set("Cache-Control", "no-cache")
	_, err = c.w.Write(signed)
	return err
}

// note is the last checkpoint, with the signatures of witnesses where there are any.
func (p *Proof) note() []byte {
	if p.Publisher != nil {
		if signed := p.Publisher.Note(); len(signed) > 0 {
			return signed
		}
	}
	return p.Keeper.Status().Checkpoint
}

func (p *Proof) outlets() []publish.OutletStatus {
	if p == nil || p.Publisher == nil {
		return nil
	}
	return p.Publisher.Status()
}

// alarmed goes with every answer while the alarm is raised: whoever reads is told that what they read may not be right.
const alarmed = "the history is not what was signed for it: nothing is recorded until someone has looked into it; see /v1/status"

// banner puts the alarm into the headers.
func (s *Server) banner(h http.Header) {
	if s.deps.Proof != nil && s.deps.Proof.Keeper.Status().Alarm != "" {
		h.Set("Plantrail-Alarm", alarmed)
	}
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
