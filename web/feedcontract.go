package web

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"plantrail/domain"
	"plantrail/feeds"
)

// SchemaList says which schemas are served.
type SchemaList struct {
	Schemas []SchemaLink `json:"schemas"`
}

// SchemaLink is one of them.
type SchemaLink struct {
	Type  string   `json:"type" doc:"the event's type, as in the CloudEvent"`
	Path  string   `json:"path" doc:"where its schema is served: the path of dataschema"`
	Texts []string `json:"texts" doc:"its texts, which come as disclosures"`
}

type schemaInput struct {
	Name string `path:"name" doc:"type and version" example:"rating-changed.v1.json"`
}

type schemasAnswer struct{ Body SchemaList }

// registerContracts serves what other systems are built from: it is no secret.
func (s *Server) registerContracts() {
	list := s.operation(http.MethodGet, "/schemas", about{id: "list-schemas", tag: "feeds", summary: "The types of event and their schemas"}, route{})
	huma.Register(s.api, list, func(context.Context, *struct{}) (*schemasAnswer, error) {
		var all SchemaList
		for _, e := range domain.Events() {
			link := SchemaLink{Type: "plantrail." + e.Type() + ".v1", Path: "/schemas/" + feeds.SchemaName(e), Texts: []string{}}
			for name := range domain.Texts(e) {
				link.Texts = append(link.Texts, name)
			}
			all.Schemas = append(all.Schemas, link)
		}
		return &schemasAnswer{all}, nil
	})
	one := s.operation(http.MethodGet, "/schemas/{name}", about{id: "schema", tag: "feeds", summary: "The JSON Schema of an event", errors: []int{404},
		text: "Within a version a schema only grows. Another version comes beside it."}, route{})
	document(s, one, "application/schema+json", func(in *schemaInput) ([]byte, error) {
		name, isOne := strings.CutSuffix(in.Name, ".v1.json")
		if e := domain.NewEvent(name); isOne && e != nil {
			return feeds.SchemaOf(e).Bytes(), nil
		}
		return nil, domain.Errorf(domain.NotFound, "name", "there is no such schema").WithHint("/schemas lists them")
	})
	async := s.operation(http.MethodGet, "/asyncapi.json", about{id: "asyncapi", tag: "feeds", summary: "The AsyncAPI document of streams, webhooks and NATS"}, route{})
	doc := sync.OnceValue(func() []byte { return feeds.AsyncAPI(s.deps.Org, s.deps.Version) })
	document(s, async, "application/vnd.aai.asyncapi+json;version=3.0.0", func(*struct{}) ([]byte, error) { return doc(), nil })
}

// document registers an operation that answers a document as it is.
func document[I any](s *Server, op huma.Operation, media string, find func(*I) ([]byte, error)) {
	op.Responses["200"] = &huma.Response{Description: "The document.", Content: map[string]*huma.MediaType{strings.Split(media, ";")[0]: {Schema: &huma.Schema{Type: "object"}}}}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
		b, err := find(in)
		if err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: func(huma.Context) {
			h := callOf(ctx).w.Header()
			h.Set("Content-Type", media)
			h.Set("Cache-Control", "no-cache")
			_, _ = callOf(ctx).w.Write(b) // into memory
		}}, nil
	})
}
