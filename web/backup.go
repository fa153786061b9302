package web

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
)

// Backed is the journal as a backup needs it, beyond the tiles of the log: who it is, and its texts as they are stored.
type Backed interface {
	// Identity is the journal's id.
	Identity() string
	// TextsMade names the text stream as it was made, so that a sequence in another one is not taken for one in this.
	TextsMade(ctx context.Context) (string, error)
	Texts(ctx context.Context, after, until uint64) iter.Seq2[projections.TextRecord, error]
	Tail(ctx context.Context) (projections.Tail, error)
}

// BackedUp says whose log a backup would be of.
type BackedUp struct {
	Org     domain.OrgID `json:"org"`
	Journal string       `json:"journal"`
}

// BackupText is a line of /v1/backup/texts. The last one has no event.
type BackupText struct {
	Event       domain.EventID `json:"event,omitempty"`
	Disclosures []string       `json:"disclosures,omitempty"`
	Mark        string         `json:"mark"` // where to go on after this line
}

// BackupCheckpoint is a line of /v1/backup/checkpoints. The last one has no checkpoint, but says how many there are.
type BackupCheckpoint struct {
	Checkpoint string `json:"checkpoint,omitempty"`
	Count      int    `json:"count"`
}

type backupInput struct {
	After string `query:"after" doc:"where to go on: the mark or count of the last line that was read"`
}

type backedUp struct{ Body BackedUp }

// registerBackup registers what a backup reads beside the files of evidence.
func (s *Server) registerBackup() {
	op := s.operation(http.MethodGet, "/v1/backup", about{id: "backup", tag: "operation", summary: "Whose journal a backup would be of",
		text: "A backup reads this, the entries, checkpoints and texts below, and the files of evidence."}, route{})
	huma.Register(s.api, op, func(context.Context, *struct{}) (*backedUp, error) {
		if err := s.canBackUp(); err != nil {
			return nil, err
		}
		return &backedUp{BackedUp{s.deps.Org, s.deps.Backed.Identity()}}, nil
	})
	op.Responses["200"].Description = "Whose."
	s.backupEntries()
	const words = " The answer is lines of JSON, as long as the history; the last line says that it is, and an answer without it broke off."
	s.backupStream("/v1/backup/texts", about{id: "backup-texts", tag: "operation", summary: "The texts as they are stored",
		text: "The disclosures of each event's texts, after a mark that an earlier line gave. A mark that is not known gives all." + words}, s.backupTexts)
	s.backupStream("/v1/backup/checkpoints", about{id: "backup-checkpoints", tag: "operation", summary: "The signed checkpoints, oldest first",
		text: "All that were ever signed, after the first so many." + words}, s.backupCheckpoints)
}

func (s *Server) canBackUp() error {
	if s.deps.Backed == nil {
		return domain.Errorf(domain.Unavailable, "", "no backup can be taken here")
	}
	return nil
}

// backupStream registers a question whose answer is lines of JSON. An answer whose reading fails is cut off, so that half of
// it never looks whole.
func (s *Server) backupStream(path string, a about, ask func(ctx context.Context, after string) (iter.Seq2[any, error], error)) {
	op := s.operation(http.MethodGet, path, a, route{})
	op.Responses["200"] = &huma.Response{Description: "The lines.", Content: map[string]*huma.MediaType{ndjson: {Schema: &huma.Schema{Type: "string"}}}}
	huma.Register(s.api, op, func(ctx context.Context, in *backupInput) (*huma.StreamResponse, error) {
		if err := s.canBackUp(); err != nil {
			return nil, err
		}
		lines, err := ask(ctx, in.After)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(huma.Context) { callOf(ctx).sendLines(lines) }}, nil
	})
}

func (c *call) sendLines(lines iter.Seq2[any, error]) {
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Time{}) // it takes as long as the history is
	c.w.Header().Set("Content-Type", ndjson)
	c.w.Flush()
	if c.w.head {
		return
	}
	out := json.NewEncoder(c.w)
	for l, err := range lines {
		if err == nil {
			err = out.Encode(l)
		}
		if err != nil {
			c.cutOff(err)
		}
	}
}

type entriesInput struct {
	After uint64 `query:"after" doc:"the position of the last event that was read"`
}

// backupEntries registers the log's entries in one long answer: asking for tile after tile takes twenty times as long,
// because the journal prepares each reading anew.
func (s *Server) backupEntries() {
	op := s.operation(http.MethodGet, "/v1/backup/entries", about{id: "backup-entries", tag: "operation", summary: "The events as they are stored",
		text: "Each event's bytes with their length in two bytes before them, as in a tile of entries (c2sp.org/tlog-tiles), without an end: up to what is recorded while it is read. Which are whole, the checkpoints say."}, route{})
	op.Responses["200"] = &huma.Response{Description: "The entries.", Content: map[string]*huma.MediaType{opaque: {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
	huma.Register(s.api, op, func(ctx context.Context, in *entriesInput) (*huma.StreamResponse, error) {
		p, err := s.proof()
		if err == nil {
			err = s.canBackUp()
		}
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(huma.Context) { callOf(ctx).sendEntries(p.Leaves(ctx, domain.Position(in.After), false)) }}, nil
	})
}

func (c *call) sendEntries(leaves iter.Seq2[projections.Leaf, error]) {
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Time{}) // it takes as long as the history is
	c.w.Header().Set("Content-Type", opaque)
	c.w.Flush()
	if c.w.head {
		return
	}
	var entry []byte
	for leaf, err := range leaves {
		if err == nil {
			entry, err = evidence.AppendEntry(entry[:0], leaf.Body)
		}
		if err != nil {
			c.cutOff(err)
		}
		if _, err := c.w.Write(entry); err != nil {
			return // the caller has what it wanted
		}
	}
}

// cutOff ends an answer so that half of it never looks whole.
func (c *call) cutOff(err error) {
	c.log().Error("an answer broke off", "request", c.id, "route", c.pattern, "err", err)
	panic(http.ErrAbortHandler)
}

// backupTexts yields the texts after a mark, which names the text stream and a sequence in it.
func (s *Server) backupTexts(ctx context.Context, mark string) (iter.Seq2[any, error], error) {
	from := s.deps.Backed
	made, err := from.TextsMade(ctx)
	if err != nil {
		return nil, err
	}
	tail, err := from.Tail(ctx)
	if err != nil {
		return nil, err
	}
	after := uint64(0)
	if stream, seq, ok := strings.Cut(mark, "."); ok && stream == made {
		if n, err := strconv.ParseUint(seq, 10, 64); err == nil && n <= tail.Texts {
			after = n
		}
	}
	at := func(seq uint64) string { return made + "." + strconv.FormatUint(seq, 10) }
	return func(yield func(any, error) bool) {
		for t, err := range from.Texts(ctx, after, tail.Texts) {
			if !yield(BackupText{t.Event, t.Disclosures, at(t.Sequence)}, err) || err != nil {
				return
			}
		}
		yield(BackupText{Mark: at(tail.Texts)}, nil)
	}, nil
}

// backupCheckpoints yields the signed checkpoints after the first so many.
func (s *Server) backupCheckpoints(ctx context.Context, given string) (iter.Seq2[any, error], error) {
	p, err := s.proof()
	if err != nil {
		return nil, err
	}
	after := 0
	if given != "" {
		if after, err = strconv.Atoi(given); err != nil || after < 0 {
			return nil, domain.Errorf(domain.Invalid, "after", "it is not a number of checkpoints")
		}
	}
	if err := s.signNow(ctx, p); err != nil {
		return nil, err
	}
	return func(yield func(any, error) bool) {
		n := 0
		for note, err := range p.Raw.Checkpoints(ctx) {
			if n++; err == nil && n <= after {
				continue
			}
			if !yield(BackupCheckpoint{string(note), n}, err) || err != nil {
				return
			}
		}
		yield(BackupCheckpoint{Count: n}, nil)
	}, nil
}

// signNow has what was recorded up to now signed, so that a backup is as of now and not of half a second ago. Where nothing
// can be signed it is as of the last checkpoint.
func (s *Server) signNow(ctx context.Context, p *Proof) error {
	tail, err := s.deps.Backed.Tail(ctx)
	if err != nil {
		return err
	}
	_ = s.waitFor(ctx, tail.Events) // read models that are behind sign what they have
	_ = p.Keeper.Keep(ctx)
	return nil
}
