package feeds

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"plantrail/domain"
)

// Schema is the JSON Schema (2020-12) of one version of an event: the whole CloudEvent as it is stored. It is made of the
// struct from which the event itself is made, so that the two can't drift apart. Any plantrail serves it at the path of the
// event's dataschema.
//
// Within a version a schema only grows: members are added, none is taken away, made required or given another meaning
// ([Breaks] tells). What can't be said so becomes version 2 beside version 1, and version 1 goes on being stored as it was
// and read for ever; for new events both are announced for a year before the change.
type Schema map[string]any

const (
	draft      = "https://json-schema.org/draft/2020-12/schema"
	schemaHome = "/schemas/"
)

// SchemaName is the last part of the path of an event's schema.
func SchemaName(e domain.Event) string { return e.Type() + ".v1.json" }

// SchemaOf is the schema of an event.
func SchemaOf(e domain.Event) Schema {
	data := object(reflect.TypeOf(e).Elem())
	properties := data["properties"].(Schema)
	properties["stated"] = Schema{"type": "string", "pattern": datePattern, "description": "when it happened, as stated: a day, a month or unknown"}
	properties["authority"] = object(reflect.TypeFor[domain.Authority]())
	properties["_sd_alg"] = Schema{"const": "sha-256"}
	properties["_sd"] = Schema{"type": "array", "items": Schema{"type": "string", "pattern": `^[A-Za-z0-9_-]{43}$`},
		"description": textsAre + strings.Join(textsOf(e), ", ")}
	data["required"] = append([]string{"stated"}, required(data)...)
	envelope := envelopeSchema()
	envelope["properties"].(Schema)["type"] = Schema{"const": "plantrail." + e.Type() + ".v1"}
	envelope["properties"].(Schema)["dataschema"] = Schema{"const": "plantrail:" + schemaHome + SchemaName(e)}
	envelope["properties"].(Schema)["data"] = data
	envelope["$schema"], envelope["$id"] = draft, "plantrail:"+schemaHome+SchemaName(e)
	envelope["title"] = "plantrail." + e.Type() + ".v1"
	return envelope
}

// What stands before the names of an event's texts, and in their place where it has none.
const (
	textsAre = "digests of the disclosures (RFC 9901) of its texts: "
	noTexts  = "none"
)

func textsOf(e domain.Event) (names []string) {
	for name := range domain.Texts(reflect.New(reflect.TypeOf(e).Elem()).Interface()) {
		names = append(names, name)
	}
	if names == nil {
		names = []string{noTexts}
	}
	return names
}

// Bytes is the schema as it is served: members in order of their names, indented.
func (s Schema) Bytes() []byte {
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		panic(err) // maps, lists and strings: nothing that can't be written
	}
	return append(b, '\n')
}

const (
	datePattern = `^(|unknown|[0-9]{4}-[0-9]{2}(-[0-9]{2})?)$`
	seqPattern  = `^[0-9]{20}$`
	hashPattern = `^[A-Za-z0-9+/]{43}=$`
)

// envelopeSchema is the attributes that every event has.
func envelopeSchema() Schema {
	text := func(words string) Schema { return Schema{"type": "string", "minLength": 1, "description": words} }
	return Schema{"type": "object",
		"required": []string{"specversion", "id", "source", "type", "recordedtime", "datacontenttype", "dataschema", "planseq", "authid", "authtype", "commandid", "commandhash", "part", "parts", "data"},
		"properties": Schema{
			"specversion":     Schema{"const": "1.0"},
			"id":              Schema{"type": "string", "format": "uuid", "description": "the event's id, for ever"},
			"source":          Schema{"type": "string", "format": "uri-reference", "description": "/orgs/<organisation>/plans/<plan>, or /orgs/<organisation>/people and /log"},
			"subject":         text("the item it is about; absent when it is about none"),
			"time":            Schema{"type": "string", "format": "date-time", "description": "start of the stated day or month in UTC; data.stated has the precision"},
			"recordedtime":    Schema{"type": "string", "format": "date-time", "description": "the server's clock when it was recorded"},
			"datacontenttype": Schema{"const": "application/json"},
			"planseq":         Schema{"type": "string", "pattern": seqPattern, "description": "number within its history, without gaps, from 1"},
			"prev":            Schema{"type": "string", "pattern": hashPattern, "description": "leaf hash of the history's event before"},
			"authid":          text("who did it: an opaque id"),
			"authtype":        text("user, os-user or system"),
			"authrole":        text("their role at the time"),
			"authbehalf":      text("the post or body for which, percent-encoded"),
			"commandid":       text("the command that it is part of"),
			"commandhash":     text("salted digest of the command"),
			"part":            Schema{"type": "string", "pattern": `^[0-9]+$`, "description": "which part of its command, from 1"},
			"parts":           Schema{"type": "string", "pattern": `^[0-9]+$`, "description": "of how many: they count only together"},
			"correlationid":   text("what belongs together"),
			"causationid":     text("what it follows from"),
		}}
}

func required(s Schema) []string {
	all, _ := s["required"].([]string)
	return all
}

var (
	typeText = reflect.TypeFor[domain.Text]()
	typeDate = reflect.TypeFor[domain.Date]()
)

// object is the schema of a struct as encoding/json writes it, without its texts.
func object(t reflect.Type) Schema {
	s := Schema{"type": "object", "properties": Schema{}}
	var need []string
	for _, f := range reflect.VisibleFields(t) {
		name, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Type == typeText || name == "-" || !f.IsExported() || len(f.Index) > 1 || f.Anonymous {
			continue
		}
		if name == "" {
			name = f.Name
		}
		s["properties"].(Schema)[name] = shape(f.Type)
		if !strings.Contains(rest, "omitempty") && !strings.Contains(rest, "omitzero") {
			need = append(need, name)
		}
	}
	if len(need) > 0 {
		s["required"] = need
	}
	return s
}

func shape(t reflect.Type) Schema {
	switch {
	case t == typeDate:
		return Schema{"type": "string", "pattern": datePattern}
	case reflect.PointerTo(t).Implements(reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]()):
		return Schema{"type": "string"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return shape(t.Elem())
	case reflect.String:
		return Schema{"type": "string"}
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.Int, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint32, reflect.Uint64:
		return Schema{"type": "integer"}
	case reflect.Float64:
		return Schema{"type": "number"}
	case reflect.Slice:
		return Schema{"type": "array", "items": shape(t.Elem())}
	case reflect.Map:
		return Schema{"type": "object", "additionalProperties": shape(t.Elem())}
	case reflect.Struct:
		return object(t)
	}
	panic(fmt.Sprintf("feeds: an event has a %s, of which no schema is known", t))
}

// Breaks says in what a schema breaks the promise of the one that was published before: what readers of that one can't cope
// with. Nothing: the new one only adds.
func Breaks(published, now []byte) ([]string, error) {
	var a, b map[string]any
	if err := json.Unmarshal(published, &a); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(now, &b); err != nil {
		return nil, err
	}
	faults := breaks("", a, b)
	slices.Sort(faults)
	return faults, nil
}

func breaks(at string, was, is map[string]any) (faults []string) {
	for _, word := range []string{"type", "const", "pattern", "format", "minLength"} {
		if fmt.Sprint(was[word]) != fmt.Sprint(is[word]) {
			faults = append(faults, fmt.Sprintf("%s: %s was %v, is %v", at, word, was[word], is[word]))
		}
	}
	before, _ := was["properties"].(map[string]any)
	after, _ := is["properties"].(map[string]any)
	for name, p := range before {
		next, kept := after[name].(map[string]any)
		if !kept {
			faults = append(faults, at+"/"+name+": it is gone")
			continue
		}
		faults = append(faults, breaks(at+"/"+name, p.(map[string]any), next)...)
	}
	needs := func(m map[string]any) (all []string) {
		list, _ := m["required"].([]any)
		for _, n := range list {
			all = append(all, fmt.Sprint(n))
		}
		return all
	}
	for _, name := range needs(was) {
		if !slices.Contains(needs(is), name) {
			faults = append(faults, at+"/"+name+": readers rely on it, it is no longer always there")
		}
	}
	for _, name := range needs(is) {
		if _, old := before[name]; old && !slices.Contains(needs(was), name) {
			faults = append(faults, at+"/"+name+": events that are stored lack it, it can't become required")
		}
		if _, old := before[name]; !old {
			faults = append(faults, at+"/"+name+": it is new and required, but the events that are stored lack it")
		}
	}
	for _, within := range []string{"items", "additionalProperties"} {
		if inner, ok := was[within].(map[string]any); ok {
			next, _ := is[within].(map[string]any)
			faults = append(faults, breaks(at+"/"+within, inner, next)...)
		}
	}
	for _, text := range textsNamed(was) {
		if !slices.Contains(textsNamed(is), text) {
			faults = append(faults, at+": the text "+text+" is gone")
		}
	}
	return faults
}

// textsNamed reads the names of an event's texts from the description of its digests.
func textsNamed(s map[string]any) []string {
	words, _ := s["description"].(string)
	_, names, ok := strings.Cut(words, textsAre)
	if !ok || names == noTexts {
		return nil
	}
	return strings.Split(names, ", ")
}
