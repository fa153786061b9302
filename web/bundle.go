package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
)

// Raw is the journal as a bundle needs it: the exact bytes of a plan's events, whatever became of their commands, and the
// encoded disclosures of its texts, by event.
type Raw interface {
	PlanLeaves(ctx context.Context, plan domain.PlanID) iter.Seq2[projections.Leaf, error]
	PlanDisclosures(ctx context.Context, plan domain.PlanID) (map[domain.EventID][]string, error)
	Checkpoints(ctx context.Context) iter.Seq2[[]byte, error]
}

// TakeBundle asks for an evidence bundle.
type TakeBundle struct {
	Item   domain.ItemID `json:"item,omitempty" doc:"what the report is about; left out: the whole plan. The events are always all of the plan's"`
	For    domain.Text   `json:"for,omitempty" doc:"who takes it" maxLength:"65536"`
	Reason domain.Text   `json:"reason" doc:"why it is taken" maxLength:"65536"`
}

type bundleInput struct {
	Keyed
	Plan string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
}

func (s *Server) registerBundle() {
	op := s.operation(http.MethodPost, "/v1/plans/{plan}/bundle", about{id: "take-bundle", tag: "evidence", summary: "Take an evidence bundle",
		text:   "One zip: a readable report, the timeline, every event of the plan as it lies in the journal, its texts, files of evidence, proofs and the signed checkpoint, with a script that checks all of it offline. Taking it is itself on the timeline; for the same state it is the same bundle, to the byte.",
		errors: commandErrors}, jsonRoute())
	s.takesJSON(&op, TakeBundle{For: "the inspectorate", Reason: "Inspection of March 2020."}, true)
	op.Responses["200"] = &huma.Response{Description: "The bundle.", Content: map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
	huma.Register(s.api, op, func(ctx context.Context, in *bundleInput) (*huma.StreamResponse, error) {
		plan, err := domain.ParsePlanID(in.Plan)
		if err != nil {
			return nil, err
		}
		var want TakeBundle
		if err := decodeBody(callOf(ctx).body, &want); err != nil {
			return nil, err
		}
		if strings.TrimSpace(string(want.Reason)) == "" {
			return nil, domain.Errorf(domain.Invalid, "reason", "say why the bundle is taken")
		}
		id, err := in.command()
		if err != nil {
			return nil, err
		}
		f, err := s.takeBundle(ctx, plan, id, want)
		if err != nil {
			return nil, commanded{err, id}
		}
		return &huma.StreamResponse{Body: func(huma.Context) { sendBundle(callOf(ctx), plan, f) }}, nil
	})
}

func sendBundle(c *call, plan domain.PlanID, f *os.File) {
	defer f.Close()
	h := c.w.Header()
	h.Set("Content-Type", "application/zip")
	h.Set("Content-Disposition", disposition(string(plan)+"-evidence.zip"))
	if info, err := f.Stat(); err == nil {
		h.Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	}
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(downloadLimit))
	c.w.WriteHeader(http.StatusOK)
	c.w.Flush()
	if _, err := io.Copy(c.w, f); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// bundleTries bounds how often a bundle is made anew because the plan went on meanwhile.
const bundleTries = 3

// takeBundle makes a bundle in a file that has no name any more. The order is that of package evidence: make the files,
// seal them, issue, wait for the checkpoint, prove, write, verify. A crash after the issuing leaves an event without a
// bundle; taking it again finds that event.
func (s *Server) takeBundle(ctx context.Context, plan domain.PlanID, id domain.CommandID, want TakeBundle) (*os.File, error) {
	p, err := s.proof()
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		b, head, err := s.issueBundle(ctx, p, plan, id, want)
		if domain.KindOf(err) == domain.Conflict && err != nil && try < bundleTries {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := s.proveBundle(ctx, p, b, head); err != nil {
			return nil, err
		}
		return writeBundle(b)
	}
}

// issueBundle gathers the plan's events and makes the files, for the state before the last event if that one issues just
// this bundle, else for that of now, which it then issues.
func (s *Server) issueBundle(ctx context.Context, p *Proof, plan domain.PlanID, id domain.CommandID, want TakeBundle) (*evidence.Bundle, domain.Position, error) {
	view, err := s.deps.Reads.Plan(ctx, plan, projections.At{})
	if err != nil {
		return nil, 0, err
	}
	leaves, err := gather(p.Raw.PlanLeaves(ctx, plan), view.Position)
	if err != nil {
		return nil, 0, err
	}
	b := &evidence.Bundle{Source: "/orgs/" + string(s.deps.Org) + "/plans/" + string(plan)}
	if n := len(leaves); n > 1 {
		before := leaves[n-2].Position
		if issued, ok := issuing(leaves[n-1]); ok && issued.Item == want.Item {
			if b.Files, err = s.bundleFiles(ctx, plan, want.Item, before); err != nil {
				return nil, 0, err
			}
			seal, err := b.Seal()
			if err != nil {
				return nil, 0, err
			}
			if seal == issued.Contents {
				return b, leaves[n-1].Position, s.fillBundle(ctx, p, plan, b, leaves)
			}
		}
	}
	if b.Files, err = s.bundleFiles(ctx, plan, want.Item, view.Position); err != nil {
		return nil, 0, err
	}
	seal, err := b.Seal()
	if err != nil {
		return nil, 0, err
	}
	got, err := s.do(ctx, plan, Conditions{Keyed: Keyed{Key: string(id)}, IfMatch: etag(view.Version)},
		domain.IssueBundle{Item: want.Item, Contents: seal, For: want.For, Reason: want.Reason})
	if err != nil {
		return nil, 0, err
	}
	if err := s.waitFor(ctx, got.Position); err != nil {
		return nil, 0, err
	}
	if leaves, err = gather(p.Raw.PlanLeaves(ctx, plan), got.Position); err != nil {
		return nil, 0, err
	}
	return b, got.Position, s.fillBundle(ctx, p, plan, b, leaves)
}

// gather reads leaves up to and with a position.
func gather(from iter.Seq2[projections.Leaf, error], upto domain.Position) (all []projections.Leaf, err error) {
	for leaf, err := range from {
		if err != nil {
			return nil, err
		}
		if leaf.Position > upto {
			break
		}
		all = append(all, leaf)
	}
	return all, nil
}

// issuing reads the issuing event that a leaf may be.
func issuing(leaf projections.Leaf) (b domain.BundleIssued, ok bool) {
	var doc struct {
		Type string              `json:"type"`
		Data domain.BundleIssued `json:"data"`
	}
	err := json.Unmarshal(leaf.Body, &doc)
	return doc.Data, err == nil && doc.Type == evidence.HeadType
}

// fillBundle turns leaves into the bundle's entries; the last is the issuing one. Texts go with them, less the digests of
// whole commands, which belong to no event's texts.
func (s *Server) fillBundle(ctx context.Context, p *Proof, plan domain.PlanID, b *evidence.Bundle, leaves []projections.Leaf) error {
	texts, err := p.Raw.PlanDisclosures(ctx, plan)
	if err != nil {
		return err
	}
	for i, leaf := range leaves {
		var doc struct {
			ID domain.EventID `json:"id"`
		}
		if err := json.Unmarshal(leaf.Body, &doc); err != nil {
			return err
		}
		event, err := evidence.ParseEvent(leaf.Body)
		if err != nil {
			return fmt.Errorf("the event at position %d %w", leaf.Position, err)
		}
		e := evidence.Entry{Leaf: leaf.Body, Index: int64(leaf.Position) - 1}
		for _, enc := range texts[doc.ID] {
			if slices.Contains(event.Digests, evidence.Digest(enc)) {
				e.Disclosures = append(e.Disclosures, enc)
			}
		}
		if i == len(leaves)-1 {
			b.Head = e
		} else {
			b.Events = append(b.Events, e)
		}
	}
	return nil
}

// checkpointLimit is how long a bundle waits for the checkpoint that covers it.
const checkpointLimit = 10 * time.Second

// proveBundle waits for the first checkpoint that covers the issuing event, and proves every event against it.
func (s *Server) proveBundle(ctx context.Context, p *Proof, b *evidence.Bundle, head domain.Position) error {
	ctx, cancel := context.WithTimeout(ctx, checkpointLimit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := p.Keeper.Keep(ctx); err != nil {
			return err
		}
		signed, size, key, err := p.covering(ctx, int64(head))
		if err != nil {
			return err
		}
		if signed != nil {
			tree, err := s.deps.Reads.Tree(ctx)
			if err != nil {
				return err
			}
			b.Checkpoint, b.Keys = signed, []string{key}
			return b.Prove(size, tree)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return domain.Errorf(domain.Unavailable, "", "no checkpoint covers the bundle yet").WithHint("the bundle is issued: take it again, and see plantrail status for the checkpoints")
		}
	}
}

// covering finds the first checkpoint kept that covers a position, and the key that signed it.
func (p *Proof) covering(ctx context.Context, head int64) (signed []byte, size int64, key string, err error) {
	if p.Keeper.Status().Size < head {
		return nil, 0, "", nil
	}
	for one, err := range p.Raw.Checkpoints(ctx) {
		if err != nil {
			return nil, 0, "", err
		}
		lines := strings.SplitN(string(one), "\n", 3)
		if n, err := strconv.ParseInt(lines[min(1, len(lines)-1)], 10, 64); err != nil || n < head {
			continue
		}
		for _, key := range p.Keys() {
			v, err := evidence.NewVerifier(key)
			if err != nil {
				return nil, 0, "", err
			}
			if c, _, err := evidence.OpenCheckpoint(one, "", v); err == nil {
				return one, c.Size, key, nil
			}
		}
		return nil, 0, "", errors.New("no key of the log fits a checkpoint that it kept")
	}
	return nil, 0, "", nil
}

// writeBundle writes a bundle and judges it as its reader will. What does not pass is not handed out.
func writeBundle(b *evidence.Bundle) (*os.File, error) {
	f, err := os.CreateTemp("", "bundle-*.zip")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // it lives as long as it is open
	if err = b.Write(f); err == nil {
		var size int64
		if size, err = f.Seek(0, io.SeekEnd); err == nil {
			if failed := evidence.Verify(f, size, evidence.Options{Trusted: b.Keys[:1]}).Failure(); failed != nil {
				err = fmt.Errorf("the bundle does not pass its own check at %s: %s", failed.Name, failed.Detail)
			}
			_, rewind := f.Seek(0, io.SeekStart)
			err = errors.Join(err, rewind)
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// bundleFiles makes what people read, for the state at a position: nothing in it depends on the clock.
func (s *Server) bundleFiles(ctx context.Context, plan domain.PlanID, item domain.ItemID, upto domain.Position) ([]evidence.File, error) {
	view, err := s.deps.Reads.Plan(ctx, plan, projections.At{Position: upto})
	if err != nil {
		return nil, err
	}
	entries := []projections.Entry{}
	err = s.eachEntry(ctx, projections.TimelineQuery{Plan: plan, Item: item, At: projections.At{Position: upto}}, func(e projections.Entry) error {
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	all, err := s.evidenceOf(ctx, plan, item)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(f EvidenceFile) bool { return f.Attached.Position > upto })
	var page, table, list bytes.Buffer
	if err := writeReport(&page, s.deps.Org, view, item, entries, all); err != nil {
		return nil, err
	}
	if err := encodeCSV(&table, projections.Page[projections.Entry]{Entries: entries}); err != nil {
		return nil, err
	}
	if err := encodeJSON(&list, entries); err != nil {
		return nil, err
	}
	files := []evidence.File{evidence.BytesFile("report.html", page.Bytes()), evidence.BytesFile("timeline.csv", table.Bytes()), evidence.BytesFile("timeline.json", list.Bytes())}
	for _, f := range all {
		files = append(files, evidence.File{Name: documentName(f), Event: int64(f.Attached.Entry), Open: func() (io.ReadCloser, error) {
			r, _, err := s.deps.Vault.Evidence(ctx, plan, f.Evidence)
			return r, err
		}})
	}
	return files, nil
}

// documentName is a name that a bundle can hold: the entry's number and the plain part of the file's own name.
func documentName(f EvidenceFile) string {
	name := f.File.Text
	if name == "" {
		name = string(f.Evidence)
	}
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, name)
	if len(plain) > 80 {
		plain = plain[len(plain)-80:]
	}
	return fmt.Sprintf("files/%06d-%s", f.Attached.Entry, plain)
}
