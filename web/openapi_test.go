package web

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"plantrail/domain/domaintest"
)

// redocly is the linter's pinned version.
const redocly = "@redocly/cli@2.77.0"

func TestTheDocumentIsLinted(t *testing.T) {
	domaintest.Long(t)
	npm, err := exec.LookPath("npm")
	domaintest.Need(t, "npm, which brings the judge of the OpenAPI document", err)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	_, err = exec.CommandContext(ctx, npm, "exec", "--yes", redocly, "--", "--version").Output()
	domaintest.Need(t, redocly+" can't be installed", err)
	dir := t.TempDir()
	file := filepath.Join(dir, "openapi.json")
	if err := os.WriteFile(file, newHouse(t).openAPI(), 0o600); err != nil {
		t.Fatal(err)
	}
	config, err := filepath.Abs("redocly.yaml")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, npm, "exec", "--yes", redocly, "--", "lint", "--config", config, "--format", "stylish", file)
	cmd.Env = append(os.Environ(), "REDOCLY_TELEMETRY=off", "REDOCLY_SUPPRESS_UPDATE_NOTICE=true")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestTheDocumentSaysWhatTheRoutesAre(t *testing.T) {
	h := newHouse(t)
	var doc struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(h.openAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	for pattern := range h.routes {
		method, path, _ := strings.Cut(pattern, " ")
		if path == "/openapi.json" || path == "/metrics" || strings.HasPrefix(path, "/log/") {
			continue // no operations of the API: the document itself, a format of Prometheus, and those of c2sp.org/tlog-tiles
		}
		if doc.Paths[path][strings.ToLower(method)] == nil {
			t.Errorf("%s is not in the document", pattern)
		}
	}
	if strings.Contains(strings.ReplaceAll(string(h.openAPI()), "https://bi.example.org", ""), "https://") {
		t.Error("the document points outside the house")
	}
}
