package web

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
)

// Raw is the journal as a bundle needs it: exact bytes, and what lies beside them.
type Raw interface {
	// Tail is the journal's end now.
	Tail(ctx context.Context) (projections.Tail, error)
	// LeavesOf yields the exact bytes of one history's events, oldest first, whatever became of their commands.
	LeavesOf(ctx context.Context, history domain.PlanID) iter.Seq2[projections.Leaf, error]
	// Leaf is the exact bytes of the event at a position.
	Leaf(ctx context.Context, at domain.Position) ([]byte, error)
	// Disclosures are the encoded disclosures of the texts of a history's events, as far as they were not erased.
	Disclosures(ctx context.Context, history domain.PlanID, events []domain.EventID) (map[domain.EventID][]string, error)
	// Checkpoints yields all signed checkpoints, oldest first.
	Checkpoints(ctx context.Context) iter.Seq2[[]byte, error]
	// CheckpointCovering is the first signed checkpoint of at least size events; nil where there is none yet.
	CheckpointCovering(ctx context.Context, size uint64) ([]byte, error)
}

// TakeBundle asks for an evidence bundle. At most one of Position, RecordedAt and AsReported is given.
type TakeBundle struct {
	Item       domain.ItemID    `json:"item,omitempty" doc:"what the report is about; left out: the whole plan. The events are always all of the plan's"`
	Position   domain.Position  `json:"position,omitempty" doc:"the report shows the plan as it stood just after this position; the events are those of now"`
	RecordedAt string           `json:"recorded_at,omitempty" doc:"the report shows what was known at this instant, or at the end of this day: 2020-02-03T12:00:00Z or 2020-02-03"`
	AsReported domain.MeetingID `json:"as_reported,omitempty" doc:"the report shows what the paper for this meeting was printed from"`
	For        domain.Text      `json:"for,omitempty" doc:"who takes it" maxLength:"65536"`
	Reason     domain.Text      `json:"reason" doc:"why it is taken" maxLength:"65536"`
}

type bundleInput struct {
	Keyed
	Plan string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
}

func (s *Server) registerBundle() {
	op := s.operation(http.MethodPost, "/v1/plans/{plan}/bundle", about{id: "take-bundle", tag: "evidence", summary: "Take an evidence bundle",
		text: "One zip: a readable report, the timeline, every event of the plan as it lies in the journal, its texts, files of evidence, proofs and the signed checkpoint, with a script that checks all of it offline. " +
			"Taking it is itself on the timeline; as long as nothing but takings happens to the plan, the same caller who asks for the same gets the same bundle, to the byte.",
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

// taking is a bundle that somebody wants: of what, and as at which moment.
type taking struct {
	TakeBundle
	plan domain.PlanID
	at   projections.At  // what the report shows, however time goes on; zero: the plan as the bundle finds it
	asAt domain.Position // of the last entry that it shows then
}

// issue is the entry that issued a bundle.
type issue struct {
	entry projections.Entry
	data  domain.BundleIssued
}

// bundleTries bounds how often a bundle is made anew because something happened while it was being made.
const bundleTries = 4

// takeBundle issues a bundle, unless the caller has it already, and then makes it, in a file that has no name any more.
//
// Making one begins from the event that issued it, whether that is new or was there: everything is made for the state before
// that event, and what the event seals must come out. So a bundle that is taken again is the same by construction; a crash
// after the issuing leaves an event without a bundle, and taking it again finds that event.
func (s *Server) takeBundle(ctx context.Context, plan domain.PlanID, id domain.CommandID, want TakeBundle) (*os.File, error) {
	p, err := s.proof()
	if err != nil {
		return nil, err
	}
	tail, err := p.Raw.Tail(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.waitFor(ctx, tail.Events); err != nil { // what was recorded before it was asked for is in it
		return nil, err
	}
	t, err := s.takingOf(ctx, plan, want)
	if err != nil {
		return nil, err
	}
	issued, err := s.lastTaken(ctx, t)
	for try := 0; err == nil && try < bundleTries; try++ {
		if issued != nil {
			b, err := s.draftBundle(ctx, p, t, issued.data.HeadAt, issued.entry.Position-1)
			if err != nil {
				return nil, err
			}
			if seal, err := b.Seal(); err != nil {
				return nil, err
			} else if seal == issued.data.Contents {
				return s.makeBundle(ctx, p, t, b, issued)
			}
			// A text was erased since, or a person renamed: it can't be had again as it was.
		}
		issued, err = s.issueBundle(ctx, p, t, id)
		switch {
		case err == nil: // should it not be what comes out, another command records another
			id = domain.CommandID(derive("bundle", id, 32))
		case domain.KindOf(err) == domain.Conflict: // the plan went on
			issued, err = nil, nil
		}
	}
	if err == nil {
		err = domain.Errorf(domain.Conflict, "plan", "the plan changes faster than a bundle of it can be made").WithHint("try again")
	}
	return nil, err
}

// takingOf finds the moment that the report is to show.
func (s *Server) takingOf(ctx context.Context, plan domain.PlanID, want TakeBundle) (t taking, err error) {
	t = taking{TakeBundle: want, plan: plan}
	moment := AsAt{AsReported: string(want.AsReported), RecordedAt: want.RecordedAt}
	if want.Position > 0 {
		moment.Position = strconv.FormatUint(uint64(want.Position), 10)
	}
	if t.at, err = moment.at(); t.at.RecordedAt.After(s.deps.Now()) {
		t.at = projections.At{} // the end of a day that has not ended: all there is
	}
	if err != nil || t.at == (projections.At{}) {
		return t, err
	}
	view, err := s.deps.Reads.Plan(ctx, plan, t.at)
	if t.asAt = view.Position; t.at.AsReported == "" {
		t.at = projections.At{Position: t.asAt}
	}
	return t, err
}

// lookBack is how many takings the caller's own is looked for behind. Further back it is not found, and they take it anew.
const lookBack = 50

// lastTaken is the caller's own last issue of a bundle, for the same reason, if nothing but takings has happened to the
// plan since; nil if there is none.
func (s *Server) lastTaken(ctx context.Context, t taking) (*issue, error) {
	page, err := s.deps.Reads.Timeline(ctx, projections.TimelineQuery{Plan: t.plan, Newest: true, Limit: lookBack})
	if err != nil {
		return nil, err
	}
	by := callOf(ctx).actor
	for i, e := range page.Entries {
		if e.Type != (&domain.BundleIssued{}).Type() || e.Entry+uint64(i) != page.Entries[0].Entry {
			return nil, nil
		}
		found, err := issueOf(e)
		if err != nil {
			return nil, err
		}
		same := found.data.Item == t.Item && found.data.AsAt == t.asAt && e.By.ID == by.ID && e.By.OnBehalfOf == by.OnBehalfOf
		if same && e.Texts["for"] == (projections.Words{Text: string(t.For)}) && e.Texts["reason"] == (projections.Words{Text: string(t.Reason)}) {
			return found, nil
		}
	}
	return nil, nil
}

func issueOf(e projections.Entry) (*issue, error) {
	found := &issue{entry: e}
	return found, json.Unmarshal(e.Data, &found.data)
}

// bundleEvents bounds the events of one bundle: each is up to three files of it, and there may be evidence.MaxFiles.
const bundleEvents = 20_000

// issueBundle records that the caller takes the bundle, for the plan as it stands. A Conflict says that it went on.
func (s *Server) issueBundle(ctx context.Context, p *Proof, t taking, id domain.CommandID) (*issue, error) {
	now, err := s.deps.Reads.Plan(ctx, t.plan, projections.At{})
	if err != nil {
		return nil, err
	}
	if now.Version > bundleEvents {
		return nil, domain.Errorf(domain.TooLarge, "plan", "the plan has %d events, a bundle holds at most %d", now.Version, bundleEvents).
			WithHint("take a backup: it proves all plans")
	}
	b, err := s.draftBundle(ctx, p, t, now.Position, s.position(ctx))
	if err != nil {
		return nil, err
	}
	seal, err := b.Seal()
	if err != nil {
		return nil, err
	}
	got, err := s.do(ctx, t.plan, Conditions{Keyed: Keyed{Key: string(id)}, IfMatch: etag(now.Version)},
		domain.IssueBundle{Item: t.Item, AsAt: t.asAt, Contents: seal, For: t.For, Reason: t.Reason})
	if err != nil {
		return nil, err
	}
	if err := s.waitFor(ctx, got.Position); err != nil {
		return nil, err
	}
	e, err := s.deps.Reads.Entry(ctx, t.plan, got.Event, 0)
	if err != nil {
		return nil, err
	}
	return issueOf(e)
}

// makeBundle completes a draft with the plan's events and the proofs, for the event that issued it.
func (s *Server) makeBundle(ctx context.Context, p *Proof, t taking, b *evidence.Bundle, issued *issue) (*os.File, error) {
	if err := p.fillBundle(ctx, b, t.plan, issued.entry.Position); err != nil {
		return nil, err
	}
	if err := s.proveBundle(ctx, p, b, issued.entry.Position); err != nil {
		return nil, err
	}
	return writeBundle(b)
}
