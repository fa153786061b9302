package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/sheets"
)

type importInput struct {
	Plan        string   `query:"plan" doc:"the plan's id; left out: made of the title"`
	Title       string   `query:"title" doc:"the plan's title; left out: the document's" maxLength:"4096"`
	Scheme      string   `query:"scheme" doc:"preset rating scheme; left out: rag.v1" maxLength:"64"`
	MeetingDate string   `query:"meeting_date" doc:"when members received the paper: never taken from the paper" example:"2020-02-03"`
	Committee   string   `query:"body" doc:"the body that met" maxLength:"200"`
	Accept      []string `query:"accept" doc:"ids of offers to record, separated by commas, or all"`
	Name        string   `query:"name" doc:"the file's name" maxLength:"255"`
	Apply       bool     `query:"apply" doc:"record it; otherwise only say what would be recorded"`
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
			"its command id is made of its bytes, so no Idempotency-Key is taken.", errors: commandErrors},
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
	proposal, err := sheets.Read(file, options)
	if err != nil {
		return nil, err
	}
	if !in.Apply {
		return &imported{Body: ImportView{Proposal: proposal}}, nil
	}
	what, id, err := proposal.Command()
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	got, err := s.deps.Service.Do(ctx, domain.Order{Plan: proposal.Plan, Actor: c.actor, Command: id, Correlation: c.id, Do: what})
	if err != nil {
		return nil, commanded{err, id}
	}
	return &imported{ETag: etag(got.Version), Position: uint64(got.Position), Body: ImportView{proposal, &got}}, nil
}

func (in *importInput) options() (o sheets.Options, err error) {
	o = sheets.Options{Title: in.Title, Scheme: in.Scheme, Body: in.Committee, Accept: in.Accept, Name: in.Name}
	if in.Plan != "" {
		if o.Plan, err = domain.ParsePlanID(in.Plan); err != nil {
			return o, err
		}
	}
	if in.MeetingDate != "" {
		o.MeetingDate, err = domain.ParseDate(in.MeetingDate)
	}
	return o, at("meeting_date", err)
}
