package web

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/domain/findings"
	"plantrail/projections"
	"plantrail/sheets"
)

// reportKind is a report that can be asked for: its name, what it is about, and how it is built.
type reportKind struct {
	name, title, about string
	build              func(*reporting, context.Context) error
}

// reportKinds are all of them. Adding one is a line here and a builder.
func reportKinds() []reportKind {
	return []reportKind{
		{"ambers", "Items at risk", "Each item that is at risk: why, since when, in whose words, and what members ask about it.", (*reporting).ambers},
		{"exceptions", "Exception report", "What is off track or at risk, the reason, since when, which way it went, and what was asked for.", (*reporting).exceptions},
		{"changes", "What changed since the last meeting", "What differs between what members received and the plan now, and who changed it.", (*reporting).changes},
		{"trend", "Red and amber, month by month", "How many items were off track or at risk at the end of each of the last 12 months, by what they stand under.", (*reporting).trend},
		{"recommendations", "Progress on each recommendation", "For each recommendation: the actions that address it, delivery, impact, evidence and the last challenge.", (*reporting).recommendations},
		{"dates-moved", "Due dates that moved", "Each date that moved: from what it was first, how often, by how many days in all, by whom and on whose approval.", (*reporting).datesMoved},
		{"closed-without-evidence", "Complete without evidence or outcome", "What is reported complete and shows no evidence, or evidence that came after the claim, or no outcome.", (*reporting).closedWithoutEvidence},
		{"ended", "What was ended, and on whose authority", "Each item that is closed, cancelled, superseded or carried forward: why, by whom and on whose authority.", (*reporting).ended},
		{"owners", "Owners", "What each owner holds: open items, those overdue, and what is owed; and what those hold who left.", (*reporting).owners},
		{"forecast", "When will the plan be done?", "When the open items would be done at the rate at which items were closed lately.", (*reporting).forecast},
		{"received", "What members received, and what is known now", "What the paper for a meeting said, what is known now of the day of that meeting, and what has happened since.", (*reporting).received},
		{"then-and-now", "The plan on a day, and now", "How the plan stood on the day given as valid, say of a visit, and what is different now.", (*reporting).thenAndNow},
		{"asked", "What was asked, challenged and resolved", "Each request, challenge and promise: whether it was answered, and what happened next; each resolution, and what was recorded on its authority.", (*reporting).asks},
		{"turned-green", "What turned green", "What went from red or amber to green or complete: since when, in whose words, and whether an outcome or evidence shows for it.", (*reporting).turned},
		{"impact", "Activity and impact", "Each item with a measure: how it is rated, and whether the measure moves.", (*reporting).impact},
		{"sign-off", "Waiting for sign-off", "What is claimed to be complete: since when it waits, and for whom.", (*reporting).signoff},
		{"log", "The history, as an auditor reads it", "Whether entries are missing, what was read in, corrected, erased, backdated, or recorded by administrators.", (*reporting).log},
		{"tracker", "Tracker", "The plan as a spreadsheet tracker has it; plantrail import reads it back.", (*reporting).tracker},
	}
}

type reportInput struct {
	Reading
	AsAt
	Plan   string `path:"plan" doc:"the plan's id" example:"sdp-2019-20"`
	Report string `path:"report" doc:"one of GET /v1/reports" example:"ambers"`
	Moment string `query:"judged" doc:"the day from which overdue and the like are told; left out: today, or that of the clock that is given" maxLength:"32" example:"2020-02-03"`
	Since  string `query:"since" doc:"changes: the first moment, as compare takes it; left out: the last meeting for which a paper was published" maxLength:"100"`
	Paper  string `query:"meeting" doc:"received: the meeting whose paper it is about, by its id or its day; left out: the last one" maxLength:"100" example:"2020-02-03"`
	Exempt string `query:"exempt" doc:"items that are exempt from publication, by their ids, separated by commas: they are left out, or with part=exempt alone told of" maxLength:"4000" example:"item-05,item-07"`
	Part   string `query:"part" enum:"public,exempt" doc:"which part of a report that is split; left out: public"`
	Format string `query:"format" enum:"json,html,csv,xlsx,docx" doc:"left out: json"`
}

type reportNames struct {
	Reports []reportName `json:"reports"`
}

type reportName struct {
	Report string `json:"report"`
	Title  string `json:"title"`
	About  string `json:"about"`
	Split  bool   `json:"split" doc:"it can be split into what is public and what is exempt"`
}

func (s *Server) registerReports() {
	query(s, "/v1/reports", about{id: "list-reports", tag: "questions", summary: "The reports that there are"}, func(context.Context, *noInput) (v reportNames, err error) {
		for _, k := range reportKinds() {
			v.Reports = append(v.Reports, reportName{k.name, k.title, k.about, slices.Contains(splittable, k.name)})
		}
		return v, nil
	})
	op := s.operation(http.MethodGet, "/v1/plans/{plan}/reports/{report}", about{id: "plan-report", tag: "questions", summary: "A report on a plan, for people or spreadsheets",
		text: asAt + " A report says which moment it shows and which command makes it again: the same bytes, as long as no text in it was erased and nobody renamed.", errors: notFound}, route{})
	op.Responses["200"] = &huma.Response{Description: "The report.", Content: reportContent(s.api.OpenAPI().Components.Schemas)}
	huma.Register(s.api, op, func(ctx context.Context, in *reportInput) (*huma.StreamResponse, error) {
		if err := s.waitFor(ctx, in.least()); err != nil {
			return nil, err
		}
		r, err := s.report(ctx, in)
		if err != nil {
			return nil, err
		}
		return sendReport(ctx, r, in.Format)
	})
}

// report builds the report that is asked for. A moment that the caller leaves open is settled first, to a position and a day,
// and all questions are asked for that: so the command that the report prints gives the same again.
func (s *Server) report(ctx context.Context, in *reportInput) (sheets.Report, error) {
	kinds := reportKinds()
	i := slices.IndexFunc(kinds, func(k reportKind) bool { return k.name == in.Report })
	if i < 0 {
		return sheets.Report{}, domain.Errorf(domain.NotFound, "report", "there is no such report").WithHint("there are " + strings.Join(reportNamed(kinds), ", "))
	}
	if in.Report == "received" && in.AsReported != "" { // it sets what members received beside what is known at another moment
		in.Paper, in.AsReported = in.AsReported, ""
	}
	plan, at, err := planAt(in.Plan, in.AsAt)
	if err != nil {
		return sheets.Report{}, err
	}
	r, err := s.reportingOn(ctx, plan, at, in.Moment)
	if err != nil {
		return sheets.Report{}, err
	}
	r.since, r.meeting = in.Since, in.Paper
	r.Name, r.Title, r.About = kinds[i].name, kinds[i].title, kinds[i].about
	if err := kinds[i].build(r, ctx); err != nil {
		return sheets.Report{}, err
	}
	if err := r.split(in.Exempt, in.Part); err != nil {
		return sheets.Report{}, err
	}
	return r.whole("plantrail report " + r.Name + " " + string(plan) + r.clocks() + r.exempt), nil
}

func reportNamed(kinds []reportKind) (names []string) {
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// reporting is a report while it is built, and what it is built from.
type reporting struct {
	sheets.Report
	s       *Server
	plan    domain.PlanID
	at      projections.At // always names a position or a meeting
	day     domain.Date    // on which overdue and the like are told
	since   string         // changes: from when
	meeting string         // received: whose paper
	exempt  string         // flags under which it was split
	apart   map[domain.ItemID]bool
	part    domain.Classification // the part that is told of, where items are kept apart
	view    projections.PlanView
	marks   map[string]domain.Value
	parts   []*sheets.Section
}

// reportingOn makes of a moment one that stays what it is, and reads the plan as it was then.
func (s *Server) reportingOn(ctx context.Context, plan domain.PlanID, at projections.At, judged string) (*reporting, error) {
	r := &reporting{s: s, plan: plan, at: at, day: s.today()}
	view, err := s.deps.Reads.Plan(ctx, plan, at)
	if err != nil {
		return nil, err
	}
	switch {
	case at.ValidAt.Known():
		r.day = domain.DayOf(at.ValidAt.End().Add(-1))
	case !at.RecordedAt.IsZero():
		r.day = domain.DayOf(at.RecordedAt)
	case at != (projections.At{}):
		r.day = domain.DayOf(view.RecordedAt)
	}
	if judged != "" {
		if r.day, err = domain.ParseDate(judged); err != nil || !r.day.Exact() {
			return nil, domain.Errorf(domain.Invalid, "judged", "this is not a day").WithHint("write it as 2020-02-03")
		}
	}
	switch {
	case at.Position != 0 || at.AsReported != "":
	case !at.RecordedAt.IsZero():
		r.at = projections.At{Position: view.Position, ValidAt: at.ValidAt}
	default: // who left is in another history than the plan's
		r.at = projections.At{Position: max(view.Position, s.position(ctx)), ValidAt: at.ValidAt}
	}
	if err := r.read(ctx); err != nil {
		return nil, err
	}
	return r, r.moment(ctx)
}

// read reads the plan as it was at the report's moment.
func (r *reporting) read(ctx context.Context) (err error) {
	if r.view, err = r.s.deps.Reads.Plan(ctx, r.plan, r.at); err != nil {
		return err
	}
	r.marks, r.Key = marksOf(r.view), keyLines(r.view.Dimensions)
	for _, earlier := range r.view.Retired {
		if slices.ContainsFunc(r.view.Items, func(it projections.ItemView) bool {
			return slices.ContainsFunc(it.Ratings, func(rating projections.RatingView) bool { return rating.Scheme == earlier.ID })
		}) {
			r.Key = append(r.Key, keyLines([]domain.Dimension{{Label: "Rated earlier, by " + earlier.Title, Scheme: earlier}})...)
		}
	}
	r.Plan = string(r.plan) + ": " + plainWords(r.view.Title)
	return nil
}

// moment is what the report says of the moment that it shows.
func (r *reporting) moment(ctx context.Context) error {
	position := r.until()
	r.Moment = append(r.Moment, sheets.Fact{Name: "As at", Is: "version " + number(r.view.Version) + " of the plan, recorded until " + r.view.RecordedAt.UTC().Format("2 January 2006, 15:04:05 UTC")})
	if r.at.AsReported != "" {
		r.Moment = append(r.Moment, sheets.Fact{Name: "As reported", Is: "what members received for " + string(r.at.AsReported)})
	}
	if r.at.ValidAt.Known() {
		r.Moment = append(r.Moment, sheets.Fact{Name: "As on", Is: r.at.ValidAt.Words() + ", by the days that entries state"})
	}
	tree, err := r.s.deps.Reads.Tree(ctx)
	if err != nil {
		return err
	}
	root, err := tree.Root(int64(position))
	if err != nil {
		return err
	}
	r.Moment = append(r.Moment, sheets.Fact{Name: "Judged on", Is: r.day.Words()}, sheets.Fact{Name: "Position", Is: number(uint64(position))},
		sheets.Fact{Name: "Tree", Is: "the history's first " + number(uint64(position)) + " events, with the root " + root.String()})
	return nil
}

// until is the last position that counts.
func (r *reporting) until() domain.Position { return max(r.view.Position, r.at.Position) }

// clocks are the flags under which the command line gives the report again.
func (r *reporting) clocks() string {
	flags := " --position " + number(uint64(r.at.Position))
	if r.at.AsReported != "" {
		flags = " --as-reported " + string(r.at.AsReported)
	}
	if r.at.ValidAt.Known() {
		flags += " --valid-at " + r.at.ValidAt.String()
	}
	if r.since != "" {
		flags += " --since " + r.since
	}
	if r.meeting != "" {
		flags += " --meeting " + r.meeting
	}
	return flags + " --judged " + r.day.String()
}

// reportForms are the forms of a report: media type, and how it is written.
var reportForms = map[string]struct {
	media string
	write func(sheets.Report, *bytes.Buffer) error
}{
	"json": {"application/json", func(r sheets.Report, w *bytes.Buffer) error { return encodeJSON(w, r) }},
	"html": {"text/html; charset=utf-8", func(r sheets.Report, w *bytes.Buffer) error { return r.WriteHTML(w) }},
	"csv":  {"text/csv; charset=utf-8; header=present", func(r sheets.Report, w *bytes.Buffer) error { return r.WriteCSV(w) }},
	"docx": {packed[".docx"], func(r sheets.Report, w *bytes.Buffer) error { return r.WriteDOCX(w) }},
	"xlsx": {packed[".xlsx"], func(r sheets.Report, w *bytes.Buffer) error { return r.WriteXLSX(w) }},
}

func reportContent(schemas huma.Registry) map[string]*huma.MediaType {
	text, binary := &huma.Schema{Type: "string"}, &huma.Schema{Type: "string", Format: "binary"}
	return map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reportType, true, "")},
		"text/html": {Schema: text}, "text/csv": {Schema: text}, packed[".xlsx"]: {Schema: binary}, packed[".docx"]: {Schema: binary}}
}

// sendReport renders whole before it sends: a report that can't be rendered is a problem, not half a page.
func sendReport(ctx context.Context, r sheets.Report, format string) (*huma.StreamResponse, error) {
	if format == "" {
		format = "json"
	}
	form, known := reportForms[format]
	if !known {
		return nil, domain.Errorf(domain.Invalid, "format", "there is no such format").WithHint("use json, html, csv, xlsx or docx")
	}
	r.Command += " --format " + format
	var whole bytes.Buffer
	if err := form.write(r, &whole); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(huma.Context) {
		h := callOf(ctx).w.Header()
		h.Set("Content-Type", form.media)
		switch format {
		case "html":
			h.Set("Content-Security-Policy", sheets.ReportPolicy())
		case "xlsx", "docx":
			h.Set("Content-Disposition", disposition(r.Name+"."+format))
		}
		_, _ = callOf(ctx).w.Write(whole.Bytes()) // it is held back until the handler is done
	}}, nil
}

// keyLines is the printed key.
func keyLines(all []domain.Dimension) (key []sheets.KeyLine) {
	for _, d := range all {
		for _, v := range d.Scheme.Values {
			says := strings.ReplaceAll(string(v.Meaning), "_", " ")
			if v.Says != "" {
				says = v.Says + " (" + says + ")"
			}
			key = append(key, sheets.KeyLine{Dimension: d.Label, Scheme: d.Scheme.ID, Says: says,
				Rating: sheets.Cell{Kind: sheets.RatingCell, Text: v.Label, Colour: v.Colour, Shape: v.Shape}})
		}
	}
	return key
}

// found are what the rules find at the report's moment, of some rules or of all.
func (r *reporting) found(ctx context.Context, rules ...string) ([]findings.Finding, error) {
	v, err := r.s.deps.Reads.FindingsOn(ctx, r.plan, r.at, r.day)
	if err != nil || len(rules) == 0 {
		return v.Findings, err
	}
	return slices.DeleteFunc(slices.Clone(v.Findings), func(f findings.Finding) bool { return !slices.Contains(rules, f.Rule) }), nil
}

// whole is the report as it was built, and the command that makes it again.
func (r *reporting) whole(command string) sheets.Report {
	for _, p := range r.parts {
		r.Sections = append(r.Sections, *p)
	}
	r.Command = command
	return r.Report
}

// section adds a table.
func (r *reporting) section(title, none string, columns ...sheets.Heading) *sheets.Section {
	part := &sheets.Section{Title: title, None: none, Columns: columns}
	r.parts = append(r.parts, part)
	return part
}
