package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"plantrail/domain"
)

// describe begins the OpenAPI document and the router on which operations are registered.
func (s *Server) describe() {
	registry := huma.NewMapRegistry("#/components/schemas/", schemaName)
	registry.RegisterTypeAlias(reflect.TypeFor[domain.Date](), reflect.TypeFor[dateText]())
	registry.RegisterTypeAlias(reflect.TypeFor[json.RawMessage](), reflect.TypeFor[anyObject]())
	config := huma.Config{OpenAPI: &huma.OpenAPI{
		OpenAPI:  "3.1.0",
		Info:     &huma.Info{Title: "plantrail", Version: s.deps.Version, Description: apiWords},
		Servers:  []*huma.Server{{URL: "/", Description: "this server"}},
		Security: []map[string][]string{{"bearer": {}}},
		Tags:     apiTags,
		Components: &huma.Components{Schemas: registry, Responses: map[string]*huma.Response{},
			SecuritySchemes: map[string]*huma.SecurityScheme{"bearer": {Type: "http", Scheme: "bearer",
				BearerFormat: "pt_<token id>_<secret>", Description: "A token made by an admin: `plantrail token create`."}}},
	}}
	config.RejectUnknownQueryParameters = true
	config.DefaultFormat = "application/json"
	config.Formats = map[string]huma.Format{
		"application/json": {Marshal: encodeJSON, Unmarshal: unused},
		"json":             {Marshal: encodeJSON, Unmarshal: unused},
		"text/csv":         {Marshal: encodeCSV, Unmarshal: unused},
	}
	s.api = humago.New(s, config)
	for _, code := range errorCodes {
		config.Components.Responses[responseName(code)] = errorResponse(registry, code)
	}
}

// unused stands where huma would decode bodies: this package decodes them itself, strictly.
func unused([]byte, any) error {
	return domain.Errorf(domain.Internal, "", "bodies are not decoded by huma")
}

const apiWords = `Improvement plans as a history: every change is appended as an event with who, when, why and on whose
authority, and nothing is overwritten.

**Commands** are POSTs to ` + "`/v1/plans/{plan}/{verb}`" + `. Send an ` + "`Idempotency-Key`" + ` (the command's id) and a command can be given
again without harm after a lost answer: an id is recorded once in its plan, for ever. Send ` + "`If-Match`" + ` with the plan's version, and the command is
refused if the plan has moved on.

**Questions** are GETs. Lists can be had as CSV with ` + "`Accept: text/csv`" + ` or ` + "`?format=csv`" + ` and are paged by cursor. A write answers its
position in ` + "`Plantrail-Position`" + `; give it as ` + "`min_position`" + ` to read one's own write.

**Errors** are RFC 9457 problem details with a kind, the place and what to do.

Members are only ever added to answers: ignore those that you do not know.`

var apiTags = []*huma.Tag{
	{Name: "commands", Description: "Record what happened to a plan."},
	{Name: "questions", Description: "What a plan is, was, and who changed it when and why."},
	{Name: "evidence", Description: "Files of evidence, and proof that nothing was altered, lost or left out."},
	{Name: "feeds", Description: "Every change, once and in order, for other systems."},
	{Name: "people", Description: "Persons and their tokens."},
	{Name: "operation", Description: "How the server is."},
}

// schemaName keeps the types of a document being imported, and of what the rules find, apart from those of the plan.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := huma.DefaultSchemaNamer(t, hint)
	switch {
	case strings.HasSuffix(t.PkgPath(), "/sheets"):
		return "Paper" + name
	case strings.HasSuffix(t.PkgPath(), "/findings") && name != "Finding":
		return "Finding" + name
	}
	return name
}

// dateText is the schema of a [domain.Date].
type dateText string

// Schema is huma's way to ask for it. The pattern stands among the extensions, where it is only written: huma would compile it
// for each of some hundred members at every start, and no date is a parameter that huma checks.
func (dateText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Extensions: map[string]any{"pattern": `^(|unknown|[0-9]{4}-[0-9]{2}(-[0-9]{2})?)$`}, Examples: []any{"2020-02-03"},
		Description: "a day, a month or unknown: 2020-02-03, 2020-02, unknown"}
}

// anyObject is the schema of an event's data, which differs from type to type.
type anyObject struct{}

// Schema is huma's way to ask for it.
func (anyObject) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

var errorWords = map[int]string{
	400: "The request itself is wrong: kind invalid.",
	401: "No token, or one that can't be used: kind unauthenticated.",
	403: "The token's role does not cover this: kind forbidden.",
	404: "There is no such plan, item, entry or command: kind not-found.",
	405: "The path does not take this method: kind invalid.",
	408: "The body took too long to come: kind invalid.",
	409: "The plan's state or rules forbid it (kind refused), or others kept changing the plan (kind conflict).",
	412: "The plan is not at the version of If-Match: kind conflict, with expected and actual.",
	413: "Over a limit: kind too-large.",
	415: "The body is of another media type: kind invalid.",
	422: "The Idempotency-Key was used for another command: kind reused.",
	500: "A fault of the server, with an id under which its log says more: kind internal.",
	503: "Not possible now, nothing was recorded (kind unavailable); or the outcome is not known, ask again with the same command id (kind unknown-outcome).",
}

func errorResponse(r huma.Registry, code int) *huma.Response {
	response := &huma.Response{Description: errorWords[code], Content: map[string]*huma.MediaType{
		"application/problem+json": {Schema: r.Schema(reflect.TypeFor[Problem](), true, "Problem")}}}
	header := map[int]string{401: "WWW-Authenticate", 405: "Allow", 503: "Retry-After"}[code]
	if header != "" {
		response.Headers = map[string]*huma.Param{header: {Schema: &huma.Schema{Type: huma.TypeString}}}
	}
	return response
}

// description is the document as it is served. To write it takes a third of the processor time of a short command, of which
// none asks for it.
func (s *Server) description() []byte {
	var doc strings.Builder
	e := json.NewEncoder(&doc)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(s.api.OpenAPI()); err != nil {
		panic(err)
	}
	return []byte(doc.String())
}

func (s *Server) serveOpenAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/vnd.oai.openapi+json;version=3.1")
	w.Header().Set("Cache-Control", "no-cache")
	_, _ = w.Write(s.openAPI()) // into memory
}
