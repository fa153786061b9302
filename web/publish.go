package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/sheets"
)

// Publish freezes what members receive for a meeting.
type Publish struct {
	domain.Basis
	Meeting        domain.MeetingID      `json:"meeting" doc:"one of the plan's meetings"`
	Classification domain.Classification `json:"classification,omitempty" enum:"public,exempt" doc:"left out: public"`
	Exempt         []domain.ItemID       `json:"exempt,omitempty" maxItems:"500" doc:"items that are exempt from publication: a public paper leaves them out and says how many, an exempt one tells of them only"`
	Title          domain.Text           `json:"title,omitempty" doc:"as it is printed; left out: made of the plan's title" maxLength:"65536"`
}

// PublishedPaper is what members received for a meeting: what was recorded of it, and the paper made again from the history.
type PublishedPaper struct {
	Plan    domain.PlanID    `json:"plan"`
	Meeting domain.MeetingID `json:"meeting"`
	projections.PaperView
	Made   string `json:"made" doc:"SHA-256 of the paper as it is made now from the history, hex"`
	Same   bool   `json:"same" doc:"it is the paper that was published, to the byte"`
	Words  string `json:"words" doc:"the same in words, and where it is not, why"`
	Erased int    `json:"erased,omitempty" doc:"texts of the plan that were erased since"`
	HTML   string `json:"html" doc:"the paper"`
}

type publishInput struct {
	Plan string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
	Conditions
}

type published struct {
	Status   int
	ETag     string `header:"ETag" doc:"the plan's version after it, in quotes"`
	Position uint64 `header:"Plantrail-Position" doc:"the position of what was recorded: give it as min_position to read it"`
	Body     PublishedPaper
}

type paperInput struct {
	Reading
	Plan    string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
	Meeting string `path:"meeting" doc:"the meeting's id" example:"scrutiny-committee-2020-02-20"`
	Number  int    `query:"number" minimum:"1" doc:"which of the meeting's papers; left out, the last"`
	Format  string `query:"format" enum:"json,html" doc:"html: the paper alone; left out: json"`
}

func (s *Server) registerPapers() {
	op := s.operation(http.MethodPost, "/v1/plans/{plan}/publish-paper", about{id: "publish-paper", tag: "commands", summary: "Publish a plan's paper for a meeting",
		text: "Makes the paper of the plan as it stands, with the position, and the size and root of the first signed checkpoint that covers it, on its face; records its digest, and answers the paper. " +
			"Nothing comes between: should the plan change meanwhile, nothing is recorded.", errors: commandErrors}, jsonRoute())
	op.DefaultStatus = http.StatusCreated
	s.takesJSON(&op, Publish{Meeting: "scrutiny-committee-2020-03-20", Classification: domain.Public}, true)
	huma.Register(s.api, op, s.publish)
	documentRepeat(op)

	op = s.operation(http.MethodGet, "/v1/plans/{plan}/meetings/{meeting}/paper", about{id: "meeting-paper", tag: "questions", summary: "What members received for a meeting, made again from the history",
		text: "Says whether it is the paper that was published, to the byte; where texts were erased since, it can't be, and the answer says so.", errors: append([]int{409}, notFound...)}, route{})
	op.Responses["200"] = &huma.Response{Description: "The paper.", Content: map[string]*huma.MediaType{
		"application/json": {Schema: s.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[PublishedPaper](), true, "")}, "text/html": {Schema: &huma.Schema{Type: "string"}}}}
	huma.Register(s.api, op, s.meetingPaper)
}

func (s *Server) publish(ctx context.Context, in *publishInput) (*published, error) {
	plan, err := domain.ParsePlanID(in.Plan)
	if err != nil {
		return nil, err
	}
	var want Publish
	if err := decodeBody(callOf(ctx).body, &want); err != nil {
		return nil, err
	}
	id, err := in.command()
	if err != nil {
		return nil, err
	}
	in.Key = string(id)
	got, recorded, err := s.deps.Reads.Command(ctx, plan, id)
	if domain.KindOf(err) == domain.NotFound {
		err = nil // of the plan: the command says so
	}
	if err == nil && !recorded {
		got, err = s.publishNow(ctx, plan, in.Conditions, want)
	}
	if err == nil {
		err = s.waitFor(ctx, got.Position)
	}
	if err != nil {
		return nil, commanded{err, id}
	}
	got.Repeat = got.Repeat || recorded
	body, err := s.publishedAs(ctx, plan, want.Meeting, func(p projections.PaperView) bool { return p.Published.Event == got.Event })
	if domain.KindOf(err) == domain.NotFound && got.Repeat {
		err = domain.Errorf(domain.Reused, "command", "the command id was used for another command").WithHint("give each command an id of its own")
	}
	if err != nil {
		return nil, commanded{err, id}
	}
	r := receiptOf(got)
	return &published{Status: r.Status, ETag: r.ETag, Position: r.Position, Body: body}, nil
}

// publishNow makes the paper and records its digest, for the version of the plan that it shows.
func (s *Server) publishNow(ctx context.Context, plan domain.PlanID, c Conditions, want Publish) (got domain.Receipt, err error) {
	p, err := s.proof()
	if err != nil {
		return got, err
	}
	tail, err := p.Raw.Tail(ctx)
	if err != nil {
		return got, err
	}
	if err := s.waitFor(ctx, tail.Events); err != nil { // what was recorded before it was asked for is in it
		return got, err
	}
	now, err := s.deps.Reads.Plan(ctx, plan, projections.At{})
	if err != nil {
		return got, err
	}
	seen, err := c.version()
	if err != nil {
		return got, err
	}
	if seen != nil && *seen != now.Version {
		return got, &domain.Error{Kind: domain.Conflict, Field: "version", Expected: *seen, Actual: now.Version, Message: "the plan has changed since you looked", Hint: "look at it again, then decide"}
	}
	_, size, _, err := p.await(ctx, now.Position, "nothing was recorded: try again, and see plantrail status for the checkpoints")
	if err != nil {
		return got, err
	}
	tree, err := s.deps.Reads.Tree(ctx)
	if err != nil {
		return got, err
	}
	root, err := tree.Root(size)
	if err != nil {
		return got, err
	}
	do := domain.PublishPaper{Basis: want.Basis, Meeting: want.Meeting, Version: now.Version, Position: now.Position, Size: uint64(size), Root: root.String(),
		Classification: want.Classification, Exempt: want.Exempt, Title: want.Title}
	if do.Classification == "" {
		do.Classification = domain.Public
	}
	if do.Title == "" {
		do.Title = domain.Text("Progress of " + plainWords(now.Title))
	}
	face := paperFace{Meeting: do.Meeting, Version: do.Version, Position: do.Position, Size: do.Size, Root: do.Root, Classification: do.Classification, Exempt: do.Exempt, Title: string(do.Title)}
	page, err := s.makePaper(ctx, plan, face)
	if err != nil {
		return got, err
	}
	do.SHA256 = digestHex(page)
	c.IfMatch = etag(now.Version)
	return s.do(ctx, plan, c, do)
}

func digestHex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func (s *Server) meetingPaper(ctx context.Context, in *paperInput) (*huma.StreamResponse, error) {
	if err := s.waitFor(ctx, in.least()); err != nil {
		return nil, err
	}
	plan, err := domain.ParsePlanID(in.Plan)
	if err != nil {
		return nil, err
	}
	meeting, err := domain.ParseItemID(in.Meeting) // a meeting's id has the form of an item's
	if err != nil {
		return nil, at("meeting", err)
	}
	n := 0
	v, err := s.publishedAs(ctx, plan, domain.MeetingID(meeting), func(projections.PaperView) bool { n++; return in.Number == 0 || n == in.Number })
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(huma.Context) {
		w := callOf(ctx).w
		if in.Format == "html" {
			w.Header().Set("Content-Type", reportForms["html"].media)
			w.Header().Set("Content-Security-Policy", sheets.ReportPolicy())
			_, _ = w.Write([]byte(v.HTML)) // it is held back until the handler is done, as is the JSON
			return
		}
		w.Header().Set("Content-Type", reportForms["json"].media)
		_ = encodeJSON(w, v)
	}}, nil
}

// publishedAs makes the last wanted paper of a meeting again, and holds it against what was recorded.
func (s *Server) publishedAs(ctx context.Context, plan domain.PlanID, meeting domain.MeetingID, wanted func(projections.PaperView) bool) (v PublishedPaper, err error) {
	now, err := s.deps.Reads.Plan(ctx, plan, projections.At{})
	if err != nil {
		return v, err
	}
	v = PublishedPaper{Plan: plan, Meeting: meeting}
	for _, m := range now.Meetings {
		for _, p := range m.Papers {
			if m.Meeting == meeting && wanted(p) {
				v.PaperView = p
			}
		}
	}
	switch {
	case v.SHA256 == "":
		return v, domain.Errorf(domain.NotFound, "meeting", "no such paper was published for the meeting %.64s", meeting).WithHint("plantrail meeting list shows the plan's meetings and papers")
	case v.Root == "":
		return v, domain.Errorf(domain.Refused, "meeting", "this paper was printed elsewhere: only its digest is known, %s", v.SHA256).
			WithHint("plantrail show --as-reported " + string(meeting) + " shows what it said")
	}
	page, err := s.makePaper(ctx, plan, paperFace{meeting, v.Version, v.Position, v.Size, v.Root, v.Classification, v.Exempt, plainWords(v.Title)})
	if err != nil {
		return v, err
	}
	v.HTML, v.Made = string(page), digestHex(page)
	err = s.eachEntry(ctx, projections.TimelineQuery{Plan: plan, Type: (&domain.ErasureRequested{}).Type()}, func(e projections.Entry) error {
		v.Erased += one(e.Position > v.Published.Position)
		return nil
	})
	v.Same = v.Made == v.SHA256
	v.Words = "This is the paper that was published, to the byte."
	switch {
	case !v.Same && v.Erased > 0:
		v.Words = "Texts were erased since: the paper can't be made as it was. Where a text stood in it, it now says that it was erased; all else is from the history."
	case !v.Same:
		v.Words = "This is not the paper that was published, to the byte: its content is from the history, its form is that of this version of plantrail. A copy of the paper can be held against the digest."
	}
	return v, err
}

// paperFace is what a paper prints of itself.
type paperFace struct {
	Meeting        domain.MeetingID
	Version        uint64
	Position       domain.Position
	Size           uint64
	Root           string
	Classification domain.Classification
	Exempt         []domain.ItemID
	Title          string
}

// makePaper makes the paper: the plan, what is off track or at risk, and what members asked. It names officers as the plan does
// and nobody by the register, so that it stays the same when a person is renamed; it reads no clock.
func (s *Server) makePaper(ctx context.Context, plan domain.PlanID, face paperFace) ([]byte, error) {
	r := &reporting{s: s, plan: plan, at: projections.At{Position: face.Position}}
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	i := indexMeeting(r.view, face.Meeting)
	if i < 0 {
		return nil, domain.Errorf(domain.NotFound, "meeting", "the plan has no meeting %.64s", face.Meeting).WithHint("open it first")
	}
	m := r.view.Meetings[i]
	r.Name, r.Title = "paper", face.Title
	r.Class = map[domain.Classification]string{domain.Public: "Public", domain.Exempt: "Exempt from publication"}[face.Classification]
	r.About = "For the " + m.Body + ", " + m.On.Words() + "."
	r.Moment = []sheets.Fact{{Name: "As at", Is: "version " + number(face.Version) + " of the plan, recorded until " + r.view.RecordedAt.UTC().Format("2 January 2006, 15:04:05 UTC")},
		{Name: "Position", Is: number(uint64(face.Position))}, {Name: "Tree size", Is: number(face.Size)}, {Name: "Root", Is: face.Root}}
	r.Notes = []string{"Size and root are those of a signed checkpoint of the history that holds all of this. plantrail verify --against " + number(face.Size) + ":" + face.Root + " holds them against the history of a later day."}
	if len(face.Exempt) > 0 {
		if err := r.keepApart(face.Exempt, face.Classification); err != nil {
			return nil, err
		}
	}
	r.paperTables()
	var page bytes.Buffer
	err := r.whole("plantrail meeting paper " + string(plan) + " " + string(face.Meeting) + " -o paper.html").WriteHTML(&page)
	return page.Bytes(), err
}

func indexMeeting(v projections.PlanView, id domain.MeetingID) int {
	for i, m := range v.Meetings {
		if m.Meeting == id {
			return i
		}
	}
	return -1
}

func (r *reporting) paperTables() {
	for _, part := range []struct {
		title, none string
		meaning     domain.Meaning
	}{{"Off track", "Nothing is rated off track.", domain.OffTrack}, {"At risk", "Nothing is rated at risk.", domain.AtRisk}} {
		s := r.section(part.title, part.none, columns("Item", "~Aim", "Rating", "Since", "~Reason", "Owner", "Due")...)
		for _, it := range r.view.Items {
			for _, rating := range it.Ratings {
				if rating.Meaning == part.meaning && !it.State.Ended() && !r.leaves(it.Item) {
					row(s, r.item(it), sheets.Words(plainWords(it.Title)), ratingCell(rating), dateCell(rating.Since), ratingReason(rating), sheets.Words(plainWords(it.Owner)), dateCell(it.Due))
				}
			}
		}
	}
	s := r.section("Asked and promised", "Nothing is open.", columns("Request", "Item", "~Words", "Asked by", "Wanted")...)
	for _, q := range r.view.Requests {
		if q.Answer != nil || q.Withdrawn != nil || r.leaves(q.Item) {
			continue
		}
		wanted, by := q.DueAs, plainWords(q.AskedBy)
		switch {
		case q.Meeting != "":
			wanted = string(q.Meeting)
		case q.Due.Known():
			wanted = q.Due.Words()
		}
		if q.Commitment {
			by = "promised by officers"
		}
		row(s, sheets.Words(string(q.Request)), sheets.Words(string(q.Item)), sheets.Words(plainWords(q.Words)), sheets.Words(by), sheets.Words(wanted))
	}
	s = r.section("The plan", "The plan has no items.", columns("Item", "~Aim", "Owner", "Due", "First due", "State", "Rating", "~Reason", "~Progress", "~Outcome")...)
	for _, it := range r.view.Items {
		if r.leaves(it.Item) {
			continue
		}
		outcome := ""
		if it.Outcome != nil {
			outcome = spacedOut(it.Outcome.Result) + ": " + plainWords(it.Outcome.Words)
		}
		rating := nth(it, r.view.Dimensions, 0)
		row(s, r.item(it), sheets.Words(plainWords(it.Title)), sheets.Words(plainWords(it.Owner)), dateCell(it.Due), dateCell(it.Original), sheets.Words(spacedOut(it.State)),
			ratingCell(rating), ratingReason(rating), sheets.Words(said(it.Progress)), sheets.Words(outcome))
	}
}

func ratingReason(r projections.RatingView) sheets.Cell {
	lines := []string{said(r.Reason)}
	if r.SameAs != "" {
		lines = append(lines, "As for "+string(r.SameAs)+".")
	}
	if r.Owed {
		lines = append(lines, "A reason is owed.")
	}
	return sheets.Words(lines...)
}
