package feeds_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/feeds"
)

var publish = flag.Bool("update", false, "publish the schemas as they are now, where they only grew")

// The files in testdata/schemas are published: copies of them lie with subscribers.
func TestPublishedSchemasOnlyGrow(t *testing.T) {
	for _, e := range domain.Events() {
		now := feeds.SchemaOf(e).Bytes()
		file := filepath.Join("testdata", "schemas", feeds.SchemaName(e))
		was, err := os.ReadFile(file)
		if err == nil {
			faults, err := feeds.Breaks(was, now)
			if err != nil || len(faults) > 0 {
				t.Errorf("%s breaks what was published: %v %v", file, faults, err)
				continue
			}
		}
		if *publish {
			err = os.WriteFile(file, now, 0o644)
		}
		if err != nil {
			t.Errorf("%v: publish it with go test ./feeds -run TestPublishedSchemasOnlyGrow -update", err)
		} else if !*publish && !bytes.Equal(was, now) {
			t.Errorf("%s has grown: publish it with go test ./feeds -run TestPublishedSchemasOnlyGrow -update", file)
		}
	}
}

// A type of event that was published is there for ever: events of it are stored.
func TestPublishedEventsAreStillThere(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "schemas", "*.json"))
	if err != nil || len(files) < 60 {
		t.Fatalf("%d published schemas, %v", len(files), err)
	}
	for _, file := range files {
		name, first := strings.CutSuffix(filepath.Base(file), ".v1.json")
		if first && domain.NewEvent(name) == nil {
			t.Errorf("%s was published, and there is no such event any more", name)
		}
	}
}

func TestBreakingChangesAreTold(t *testing.T) {
	const was = `{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"integer"}}}}}}`
	const texts = `{"type":"object","properties":{"m":{"type":"object","additionalProperties":{"type":"string"}},"_sd":{"type":"array","description":"digests of the disclosures (RFC 9901) of its texts: title, words"}}}`
	for broken, want := range map[string]string{
		strings.Replace(texts, "title, words", "title", 1):                         "/_sd: the text words is gone",
		strings.Replace(texts, "title, words", "none", 1):                          "/_sd: the text title is gone\n/_sd: the text words is gone",
		strings.Replace(texts, "title, words", "words, notes, title", 1):           "",
		strings.Replace(texts, `{"type":"string"}`, `{"type":"integer"}`, 1):       "/m/additionalProperties: type was string, is integer",
		strings.Replace(texts, `,"additionalProperties":{"type":"string"}`, "", 1): "/m/additionalProperties: type was string, is <nil>",
	} {
		faults, err := feeds.Breaks([]byte(texts), []byte(broken))
		if got := strings.Join(faults, "\n"); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", broken, got, err, want)
		}
	}
	for now, want := range map[string]string{
		was: "",
		`{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"n":{"type":"string"},"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"integer"}}}}}}`:     "",
		`{"type":"object","required":["a"],"properties":{"a":{"type":"string"}}}`:                                                                                                                "/b: it is gone",
		`{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"integer"}}}}}}`:                                            "/a: readers rely on it",
		`{"type":"object","required":["a","b"],"properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"integer"}}}}}}`:                       "/b: events that are stored lack it",
		`{"type":"object","required":["a","n"],"properties":{"n":{"type":"string"},"a":{"type":"string"},"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"integer"}}}}}}`: "/n: it is new and required",
		`{"type":"object","required":["a"],"properties":{"a":{"type":"integer"},"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"integer"}}}}}}`:                          "/a: type was string",
		`{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"array","items":{"type":"object","properties":{"c":{"type":"string"}}}}}}`:                            "/b/items/c: type was integer",
	} {
		faults, err := feeds.Breaks([]byte(was), []byte(now))
		if got := strings.Join(faults, "\n"); err != nil || want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q %v, want %q", now, got, err, want)
		}
	}
}

// Every event as it is stored, from the journal's own golden files, is valid by its schema and to the CloudEvents SDK.
func TestStoredEventsAreValidToOthers(t *testing.T) {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	for _, e := range domain.Events() {
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(feeds.SchemaOf(e).Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource("plantrail:/schemas/"+feeds.SchemaName(e), doc); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range domain.Events() {
		stored, err := os.ReadFile(filepath.Join("..", "eventstore", "testdata", e.Type()+".v1.json"))
		if err != nil {
			t.Error(err)
			continue
		}
		var event cloudevents.Event
		if err := json.Unmarshal(stored, &event); err != nil {
			t.Errorf("%s: %v", e.Type(), err)
		}
		if err := event.Validate(); err != nil {
			t.Errorf("%s: %v", e.Type(), err)
		}
		schema, err := compiler.Compile(event.DataSchema())
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(stored))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", e.Type(), err)
		}
	}
}

// asDocumented holds what was sent to a target against the AsyncAPI document: they are of these kinds, and what it says.
func (g *target) asDocumented(t *testing.T, names ...string) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(feeds.AsyncAPI("acme", "test")))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("https://plantrail.example/asyncapi.json", doc); err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	seen := map[string]int{}
	for _, body := range g.bodies {
		name := "line"
		switch {
		case strings.Contains(body, `"reset":true`):
			name = "reset"
		case strings.Contains(body, "plantrail.ping"):
			name = "ping"
		case strings.Contains(body, "plantrail.notice"):
			name = "notice"
		}
		seen[name]++
		schema, err := compiler.Compile("https://plantrail.example/asyncapi.json#/components/schemas/" + name)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
	if got := slices.Sorted(maps.Keys(seen)); !slices.Equal(got, slices.Sorted(slices.Values(names))) {
		t.Errorf("these were sent: %v, want %v", seen, names)
	}
}

// asyncParser is the judge's pinned version.
const asyncParser = "@asyncapi/parser@3.4.0"

func TestTheAsyncAPIDocumentIsAccepted(t *testing.T) {
	domaintest.Long(t)
	npm, err := exec.LookPath("npm")
	domaintest.Need(t, "npm, which brings the judge of the AsyncAPI document", err)
	dir := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	_, err = exec.CommandContext(ctx, npm, "install", "--prefix", dir, "--prefer-offline", "--no-audit", "--no-fund", "--silent", "--ignore-scripts", "--no-package-lock", asyncParser).Output()
	domaintest.Need(t, asyncParser+" can't be installed", err)
	files := map[string][]byte{
		"good.json":   feeds.AsyncAPI("acme", "test"),
		"broken.json": bytes.Replace(feeds.AsyncAPI("acme", "test"), []byte("#/components/messages/line"), []byte("#/components/messages/nowhere"), 1),
		"check.cjs": []byte(`const { Parser } = require('@asyncapi/parser');
new Parser().parse(require('fs').readFileSync(process.argv[2], 'utf8')).then(({ document, diagnostics }) => {
  const errors = diagnostics.filter(d => d.severity === 0);
  errors.forEach(d => console.log(d.path.join('.') + ': ' + d.message));
  process.exit(document && errors.length === 0 ? 0 : 1);
});`),
	}
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for file, want := range map[string]bool{"good.json": true, "broken.json": false} {
		out, err := exec.CommandContext(ctx, "node", filepath.Join(dir, "check.cjs"), filepath.Join(dir, file)).CombinedOutput()
		if (err == nil) != want {
			t.Errorf("%s: %v\n%.2000s", file, err, out)
		}
	}
}
