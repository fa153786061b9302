package web

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/projections"
)

// Vault keeps files of evidence. A file is there whole or not at all; under one id there is only ever one, and another one
// is a Conflict. What is read is not compared with any digest: that is done here.
type Vault interface {
	PutEvidence(ctx context.Context, plan domain.PlanID, id domain.EvidenceID, r io.Reader, limit int64) (sha256 string, size int64, err error)
	Evidence(ctx context.Context, plan domain.PlanID, id domain.EvidenceID) (r io.ReadCloser, size int64, err error)
}

// defaultEvidenceLimit bounds a file of evidence where Deps don't.
const defaultEvidenceLimit = 64 << 20

// EvidenceFile is a file of evidence as it is listed.
type EvidenceFile struct {
	Evidence  domain.EvidenceID      `json:"evidence"`
	Item      domain.ItemID          `json:"item"`
	Title     projections.Words      `json:"title"`
	File      projections.Words      `json:"file" doc:"its name"`
	SHA256    string                 `json:"sha256"`
	Size      int64                  `json:"size"`
	MediaType string                 `json:"media_type"`
	Dated     domain.Date            `json:"dated,omitzero" doc:"the document's own date"`
	Attached  projections.Said       `json:"attached"`
	Withdrawn *projections.Statement `json:"withdrawn,omitempty" doc:"why it no longer supports what is said of the item"`
}

type evidenceAnswer struct {
	Files []EvidenceFile `json:"files"`
}

type attachInput struct {
	Conditions
	Plan      string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
	Item      string `query:"item" required:"true" doc:"the item that it is about" example:"item-07"`
	Title     string `query:"title" required:"true" doc:"what the file shows" maxLength:"4096"`
	File      string `query:"file" doc:"the file's name" maxLength:"255"`
	Dated     string `query:"dated" doc:"the document's own date" example:"2020-02-03"`
	Stated    string `query:"stated" doc:"when it was handed in; left out, the day it is recorded"`
	Authority string `query:"body" doc:"the body on whose authority" maxLength:"200"`
	Meeting   string `query:"meeting" doc:"date of its meeting"`
}

type evidenceInput struct {
	Plan     string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
	Evidence string `path:"evidence" doc:"the file's id" example:"evidence-k3m9x2p7"`
}

type evidenceList struct {
	Reading
	Tabled
	Plan string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
	Item string `query:"item" doc:"only files about this item"`
}

func (s *Server) registerEvidence() {
	s.registerAttach()
	command(s, "Withdraw a file of evidence", "Says that a file no longer supports what is said of its item. The file stays.",
		domain.WithdrawEvidence{Evidence: "evidence-01", Reason: "A later version was handed in."})
	query(s, "/v1/plans/{plan}/evidence", about{id: "list-evidence", tag: "evidence", summary: "The files of evidence", csv: true, errors: notFound}, s.evidenceFiles)
	op := s.operation(http.MethodGet, "/v1/plans/{plan}/evidence/{evidence}", about{id: "get-evidence", tag: "evidence", summary: "A file of evidence",
		text:   "Always served to be saved, never to be shown in place. Its bytes are compared with the digest in its event while they are sent: where they differ, the connection is cut before the end.",
		errors: notFound}, route{})
	op.Responses["200"] = &huma.Response{Description: "The file.", Content: map[string]*huma.MediaType{opaque: {Schema: &huma.Schema{Type: "string", Format: "binary"}}}}
	huma.Register(s.api, op, func(ctx context.Context, in *evidenceInput) (*huma.StreamResponse, error) {
		f, body, err := s.openEvidence(ctx, in)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(huma.Context) { s.sendEvidence(callOf(ctx), f, body) }}, nil
	})
}

func (s *Server) registerAttach() {
	op := s.operation(http.MethodPost, "/v1/plans/{plan}/evidence", about{id: "attach-evidence", tag: "evidence", summary: "Attach a file of evidence to an item",
		text: fmt.Sprintf("The body is the file's bytes, at most %d of them. What it is is found out from the bytes.", s.deps.EvidenceLimit), errors: commandErrors},
		route{body: s.deps.EvidenceLimit, media: opaque, streams: true})
	op.DefaultStatus = http.StatusCreated
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{opaque: {}}}
	huma.Register(s.api, op, s.attach)
	documentRepeat(op)
}

// attach stores the file and then records it. A crash between the two leaves a file that no event names: harmless, and
// found again by the same command, because the id is made of the command's.
func (s *Server) attach(ctx context.Context, in *attachInput) (*receipt, error) {
	plan, c, err := in.command()
	if err != nil {
		return nil, err
	}
	id, err := in.Conditions.command()
	if err != nil {
		return nil, err
	}
	in.Key, c.Evidence = string(id), domain.EvidenceID("evidence-"+derive("evidence", id, 8))
	if s.deps.Vault == nil {
		return nil, domain.Errorf(domain.Unavailable, "", "files can't be kept here")
	}
	if err := s.itemThere(ctx, plan, id, c); err != nil {
		return nil, err
	}
	body := bufio.NewReader(callOf(ctx).r.Body)
	head, err := body.Peek(512)
	if err != nil && err != io.EOF {
		return nil, bodyError(err)
	}
	if len(head) == 0 {
		return nil, domain.Errorf(domain.Invalid, "body", "the file is empty").WithHint("send the file's bytes as the request's body")
	}
	c.MediaType = mediaOf(head, in.File)
	c.SHA256, c.Size, err = s.deps.Vault.PutEvidence(ctx, plan, c.Evidence, body, s.deps.EvidenceLimit)
	switch {
	case domain.KindOf(err) == domain.Conflict && err != nil:
		return nil, commanded{domain.Errorf(domain.Reused, "Idempotency-Key", "the id was used before, for another file"), id}
	case err != nil:
		return nil, commanded{bodyCause(err), id}
	}
	callOf(ctx).hurry(0)
	got, err := s.do(ctx, plan, in.Conditions, c)
	if err != nil {
		return nil, err
	}
	return receiptOf(got), nil
}

// bodyCause finds behind an error of the store what the caller did wrong: sent too much, or too slowly, or hung up.
func bodyCause(err error) error {
	for cause := err; cause != nil; {
		switch e := cause.(type) {
		case *http.MaxBytesError:
			return tooLarge(e.Limit)
		case interface{ Timeout() bool }:
			if e.Timeout() {
				return bodyError(cause)
			}
		}
		wrapped, ok := cause.(interface{ Unwrap() error })
		if !ok {
			break
		}
		cause = wrapped.Unwrap()
	}
	return err
}

func (in *attachInput) command() (plan domain.PlanID, c domain.AttachEvidence, err error) {
	if plan, err = domain.ParsePlanID(in.Plan); err != nil {
		return plan, c, err
	}
	if c.Item, err = domain.ParseItemID(in.Item); err != nil {
		return plan, c, err
	}
	c.Title, c.File = domain.Text(in.Title), domain.Text(in.File)
	for field, to := range map[string]struct {
		text string
		date *domain.Date
	}{"dated": {in.Dated, &c.Dated}, "stated": {in.Stated, &c.Stated}} {
		if *to.date, err = domain.ParseDate(to.text); err != nil {
			return plan, c, at(field, err)
		}
	}
	if in.Authority != "" || in.Meeting != "" {
		meeting, err := domain.ParseDate(in.Meeting)
		if err != nil {
			return plan, c, at("meeting", err)
		}
		c.Basis.Authority = &domain.Authority{Body: in.Authority, Meeting: meeting}
	}
	return plan, c, nil
}

// itemThere refuses a file for an item that is not there before the file is stored. The journal is asked, since read models
// may be a moment behind; whatever else speaks against the command is for the command itself to find, which may be a repeat.
func (s *Server) itemThere(ctx context.Context, plan domain.PlanID, id domain.CommandID, c domain.AttachEvidence) error {
	c.Evidence = ""
	_, err := s.deps.Service.Draft(ctx, domain.Order{Plan: plan, Actor: callOf(ctx).actor, Command: id, Do: c})
	if domain.KindOf(err) == domain.NotFound {
		return err
	}
	return nil
}

func (s *Server) evidenceFiles(ctx context.Context, in *evidenceList) (evidenceAnswer, error) {
	plan, err := domain.ParsePlanID(in.Plan)
	if err != nil {
		return evidenceAnswer{}, err
	}
	all, err := s.evidenceOf(ctx, plan, domain.ItemID(in.Item))
	return evidenceAnswer{all}, err
}

// evidenceOf lists the files of a plan, in the order in which they were attached.
func (s *Server) evidenceOf(ctx context.Context, plan domain.PlanID, item domain.ItemID) ([]EvidenceFile, error) {
	all, byID := []EvidenceFile{}, map[domain.EvidenceID]int{}
	err := s.eachEntry(ctx, projections.TimelineQuery{Plan: plan, Type: (&domain.EvidenceAttached{}).Type()}, func(e projections.Entry) error {
		var attached domain.EvidenceAttached
		err := json.Unmarshal(e.Data, &attached)
		if item == "" || attached.Item == item {
			byID[attached.Evidence] = len(all)
			all = append(all, EvidenceFile{Evidence: attached.Evidence, Item: attached.Item, Title: e.Texts["title"], File: e.Texts["file"], SHA256: attached.SHA256,
				Size: attached.Size, MediaType: attached.MediaType, Dated: attached.Dated, Attached: e.Said})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = s.eachEntry(ctx, projections.TimelineQuery{Plan: plan, Type: (&domain.EvidenceWithdrawn{}).Type()}, func(e projections.Entry) error {
		var withdrawn domain.EvidenceWithdrawn
		err := json.Unmarshal(e.Data, &withdrawn)
		if i, ok := byID[withdrawn.Evidence]; ok {
			all[i].Withdrawn = &projections.Statement{Words: e.Texts["reason"], Said: e.Said}
		}
		return err
	})
	return all, err
}

func (s *Server) openEvidence(ctx context.Context, in *evidenceInput) (f EvidenceFile, body io.ReadCloser, err error) {
	plan, err := domain.ParsePlanID(in.Plan)
	if err != nil {
		return f, nil, err
	}
	id, err := domain.ParseItemID(in.Evidence)
	if err != nil {
		return f, nil, at("evidence", err)
	}
	all, err := s.evidenceOf(ctx, plan, "")
	if err != nil {
		return f, nil, err
	}
	for _, f := range all {
		if f.Evidence == domain.EvidenceID(id) && s.deps.Vault != nil {
			body, size, err := s.deps.Vault.Evidence(ctx, plan, f.Evidence)
			if err == nil && size != f.Size {
				s.metrics.badEvidence.Add(1)
				err = domain.Errorf(domain.Internal, "evidence", "the stored file has %d bytes, its event says %d", size, f.Size)
				_ = body.Close()
			}
			return f, body, err
		}
	}
	return f, nil, domain.Errorf(domain.NotFound, "evidence", "the plan has no such file of evidence").WithHint("plantrail evidence list shows them")
}

// downloadLimit is how long a caller may take to read a file.
const downloadLimit = 15 * time.Minute

// sendEvidence streams a file and compares it with its event on the way. The last piece is only sent when all of it was
// right; otherwise the connection is cut, so that a file that was altered never arrives as a whole one.
func (s *Server) sendEvidence(c *call, f EvidenceFile, body io.ReadCloser) {
	defer body.Close()
	name := f.File.Text
	if name == "" {
		name = string(f.Evidence)
	}
	h := c.w.Header()
	h.Set("Content-Type", f.MediaType)
	if !safeMedia(f.MediaType) {
		h.Set("Content-Type", opaque)
	}
	h.Set("Content-Disposition", disposition(name))
	h.Set("Content-Length", strconv.FormatInt(f.Size, 10))
	h.Set("Digest", "sha-256="+f.SHA256)
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(downloadLimit))
	c.w.WriteHeader(http.StatusOK)
	if c.w.head {
		return
	}
	c.w.Flush()
	if err := copyChecked(c.w, body, f.Size, f.SHA256); err != nil {
		s.metrics.badEvidence.Add(1)
		c.log().Error("a file of evidence is not what its event says", "request", c.id, "evidence", f.Evidence, "event", f.Attached.Event, "err", err)
		panic(http.ErrAbortHandler)
	}
}

// safeMedia looks at the list again when a file is served: what was recorded by another version must not be believed.
func safeMedia(media string) bool {
	for _, known := range packed {
		if media == known {
			return true
		}
	}
	return sniffed[media] || media == "text/csv"
}

// copyChecked copies size bytes and holds the last piece back until their digest is known to be right.
func copyChecked(w io.Writer, r io.Reader, size int64, sum string) error {
	digest, sent := sha256.New(), int64(0)
	var held []byte
	for buf := make([]byte, 64<<10); ; {
		n, err := r.Read(buf)
		if n > 0 {
			digest.Write(buf[:n])
			if _, err := w.Write(held); err != nil {
				return nil // the caller has gone
			}
			sent += int64(n)
			held = append(held[:0], buf[:n]...)
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
	}
	if err := checkSum(digest, sent, size, sum); err != nil {
		return err
	}
	_, _ = w.Write(held)
	return nil
}

func checkSum(digest hash.Hash, sent, size int64, sum string) error {
	if got := hex.EncodeToString(digest.Sum(nil)); got != sum || sent != size {
		return fmt.Errorf("%d bytes with SHA-256 %s, where the event says %d with %s", sent, got, size, sum)
	}
	return nil
}
