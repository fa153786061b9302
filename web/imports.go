package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/sheets"
)

type importInput struct {
	Plan        string   `query:"plan" doc:"the plan's id; left out: made of the title"`
	Title       string   `query:"title" doc:"the plan's title; left out: the document's" maxLength:"4096"`
	Scheme      string   `query:"scheme" doc:"preset rating scheme; left out: rag.v1" maxLength:"64"`
	Ratings     string   `query:"ratings" doc:"instead of a preset scheme the paper's own ratings: a line LABEL=MEANING for each, e.g. Slipping=at_risk" maxLength:"8192"`
	Own         string   `query:"own_scheme" doc:"instead of a preset a scheme of one's own, as JSON" maxLength:"16384"`
	MeetingDate string   `query:"meeting_date" doc:"when members received the paper: never taken from the paper" example:"2020-02-03"`
	Committee   string   `query:"body" doc:"the body that met" maxLength:"200"`
	Accept      []string `query:"accept" doc:"ids of offers to record, separated by commas, or all"`
	Name        string   `query:"name" doc:"the file's name" maxLength:"255"`
	Apply       bool     `query:"apply" doc:"record it; otherwise only say what would be recorded"`
	AsAt        string   `query:"as_at" doc:"the day as at which the paper speaks, when it was for no meeting" example:"2020-03-31"`
	Columns     string   `query:"columns" doc:"what columns mean whose names do not say it: a line NAME=FIELD for each" maxLength:"8192"`
}

// ImportView is what a paper says, and the receipt when it was recorded.
type ImportView struct {
	Proposal *sheets.Proposal `json:"proposal"`
	Receipt  *domain.Receipt  `json:"receipt,omitempty" doc:"absent from a dry run"`
}

type imported struct {
	ETag     string `header:"ETag" doc:"the plan's version after it was recorded"`
	Position uint64 `header:"Plantrail-Position" doc:"the position of what was recorded"`
	Body     ImportView
}

func (s *Server) registerImport() {
	op := s.operation(http.MethodPost, "/v1/import", about{id: "import", tag: "commands", summary: "Read a plan from a paper, and record it",
		text: "The body is the file's bytes. Without apply nothing is recorded: the answer says what would be. The same paper a second time records nothing: " +
			"its command id is made of its bytes, so no Idempotency-Key is taken. Where the plan is there already, the paper is a newer copy: only what differs is " +
			"recorded, as what it is, and an item that the copy leaves out is asked after.", errors: commandErrors},
		route{body: fileLimit, media: "application/octet-stream"})
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/octet-stream": {}}}
	huma.Register(s.api, op, s.importPaper)
	op.Responses["200"].Description = "What the paper says and, with apply, the receipt."
}

func (s *Server) importPaper(ctx context.Context, in *importInput) (*imported, error) {
	options, err := in.options()
	if err != nil {
		return nil, err
	}
	file := callOf(ctx).body
	if len(file) == 0 {
		return nil, domain.Errorf(domain.Invalid, "body", "the file is empty").WithHint("send the file's bytes as the request's body")
	}
	proposal, now, err := s.readPaper(ctx, file, options)
	if err != nil {
		return nil, err
	}
	if now != nil {
		if before, recorded := now.papers[proposal.SHA256]; recorded && !proposal.Settles() {
			return s.importedBefore(ctx, in, proposal, before)
		}
	}
	if !in.Apply || proposal.Nothing() {
		return &imported{Body: ImportView{Proposal: proposal}}, nil
	}
	what, id, err := proposal.Command()
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	order := domain.Order{Plan: proposal.Plan, Actor: c.actor, Command: id, Correlation: c.id, Do: what}
	if now != nil {
		order.IfVersion = &now.version // what differs was found against this state
	}
	got, err := s.deps.Service.Do(ctx, order)
	if err != nil {
		return nil, commanded{err, id}
	}
	return &imported{ETag: etag(got.Version), Position: uint64(got.Position), Body: ImportView{proposal, &got}}, nil
}

// readPaper reads a paper, against the plan that it is a newer copy of, if there is one. The plan's id may only be known when
// the paper has been read.
func (s *Server) readPaper(ctx context.Context, file []byte, o sheets.Options) (p *sheets.Proposal, now *standing, err error) {
	paper := sheets.NewFile(file)
	if o.Plan == "" {
		if p, err = paper.Read(o); err != nil || p.Plan == "" {
			return p, nil, err
		}
		o.Plan = p.Plan
	}
	if now, err = s.standing(ctx, o.Plan); err != nil {
		return nil, nil, err
	}
	if now == nil && p != nil {
		return p, nil, nil
	}
	if now != nil {
		o.Known = now.Known
	}
	p, err = paper.Read(o)
	return p, now, err
}

// importedBefore answers for a file that was read into the plan before: there is nothing to record.
func (s *Server) importedBefore(ctx context.Context, in *importInput, p *sheets.Proposal, before projections.Entry) (*imported, error) {
	p.Records = []string{"nothing: this file was recorded before, on " + before.RecordedAt.Format("2 January 2006")}
	if !in.Apply {
		return &imported{Body: ImportView{Proposal: p}}, nil
	}
	got, found, err := s.deps.Reads.Command(ctx, p.Plan, before.Command)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, domain.Errorf(domain.Internal, "", "the paper's own command %s is not in the read models", before.Command)
	}
	got.Repeat = true
	return &imported{ETag: etag(got.Version), Position: uint64(got.Position), Body: ImportView{p, &got}}, nil
}

func (in *importInput) options() (o sheets.Options, err error) {
	o = sheets.Options{Title: in.Title, Scheme: in.Scheme, Body: in.Committee, Accept: in.Accept, Name: in.Name}
	if in.Ratings != "" {
		o.Ratings = strings.FieldsFunc(in.Ratings, func(r rune) bool { return r == '\n' })
	}
	if in.Own != "" {
		if o.Own, err = sheets.ParseScheme([]byte(in.Own)); err != nil {
			return o, err
		}
	}
	if in.Plan != "" {
		if o.Plan, err = domain.ParsePlanID(in.Plan); err != nil {
			return o, err
		}
	}
	for _, column := range strings.FieldsFunc(in.Columns, func(r rune) bool { return r == '\n' }) {
		name, field, is := strings.Cut(column, "=")
		if !is {
			return o, domain.Errorf(domain.Invalid, "columns", "%.40q does not say what a column means", column).WithHint("as NAME=FIELD, e.g. Lead=owner")
		}
		if o.Columns == nil {
			o.Columns = map[string]sheets.Field{}
		}
		o.Columns[name] = sheets.Field(field)
	}
	if in.AsAt != "" {
		if o.AsAt, err = domain.ParseDate(in.AsAt); err != nil {
			return o, at("as_at", err)
		}
	}
	if in.MeetingDate != "" {
		o.MeetingDate, err = domain.ParseDate(in.MeetingDate)
	}
	return o, at("meeting_date", err)
}

// namePapers names for each entry that a paper said the file that it was read from.
func (s *Server) namePapers(ctx context.Context, entries []projections.Entry) error {
	type paper struct {
		plan    domain.PlanID
		command domain.CommandID
	}
	names := map[paper]*projections.Words{}
	for i := range entries {
		e := &entries[i]
		of := paper{e.Plan, e.Command}
		name, asked := names[of]
		if !asked && strings.HasPrefix(string(e.Command), sheets.CommandPrefix) {
			q := projections.TimelineQuery{Plan: e.Plan, Command: e.Command, Type: (&domain.PaperImported{}).Type(), Limit: 1}
			page, err := s.deps.Reads.Timeline(ctx, q)
			if err != nil {
				return err
			}
			if len(page.Entries) == 1 {
				source := page.Entries[0].Texts["source"]
				name = &source
			}
			names[of] = name
		}
		if e.Type != (&domain.PaperImported{}).Type() {
			e.Paper = name
		}
	}
	return nil
}
