package deploy

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"plantrail/domain/domaintest"
)

// Every metric that an alert or a panel uses is one that the running program exposes; otherwise an alarm is silent for ever.
func TestAlertsAndPanelsUseRealMetrics(t *testing.T) {
	domaintest.Long(t)
	exposed := exposedMetrics(t)
	used := map[string][]string{}
	for where, expr := range expressions(t) {
		for _, name := range metricName.FindAllString(expr, -1) {
			used[name] = append(used[name], where)
		}
	}
	for name, where := range used {
		if !exposed[name] {
			t.Errorf("%v: plantrail exposes no %s", where, name)
		}
	}
	if len(used) < 10 {
		t.Errorf("only %d metrics are used: are the expressions still found?", len(used))
	}
}

// What must never change unseen has a panel of its own; an operator looks there first.
func TestTheDashboardShowsWhatMatters(t *testing.T) {
	var shown strings.Builder
	for where, expr := range expressions(t) {
		if strings.HasPrefix(where, "panel ") {
			shown.WriteString(expr)
		}
	}
	for _, name := range []string{"appends_total", "append_conflicts_total", "append_retries_total", "projection_lag_events", "projection_lag_seconds",
		"projection_gaps_total", "projection_rebuilds_total", "http_request_duration_seconds", "store_bytes", "root_match"} {
		if !strings.Contains(shown.String(), "plantrail_"+name) {
			t.Errorf("no panel shows plantrail_%s", name)
		}
	}
}

var metricName = regexp.MustCompile(`\bplantrail_[a-z_]+`)

// expressions are those of the alert rules and of the dashboards' panels, by where they stand.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal(read(t, "prometheus/rules.yml"), &rules); err != nil {
		t.Fatal(err)
	}
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			found["alert "+r.Alert] = r.Expr
		}
	}
	for _, file := range allFiles(t, "grafana/dashboards") {
		for title, expr := range panels(t, file) {
			found["panel "+title] = expr
		}
	}
	return found
}

func panels(t *testing.T, file string) map[string]string {
	t.Helper()
	var d struct {
		UID, Title string
		Panels     []struct {
			ID         int
			Title      string
			Datasource struct{ UID string }
			Targets    []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(read(t, file), &d); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	found, ids := map[string]string{}, map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || len(p.Targets) == 0 {
			t.Errorf("%s: %q has id %d again, or no query", file, p.Title, p.ID)
		}
		ids[p.ID] = true
		if !strings.Contains(string(read(t, "grafana/provisioning/datasources/prometheus.yml")), "uid: "+p.Datasource.UID+"\n") {
			t.Errorf("%s: %q reads the data source %q, which is not provisioned", file, p.Title, p.Datasource.UID)
		}
		for _, q := range p.Targets {
			found[p.Title] += q.Expr + "\n"
		}
	}
	if d.UID == "" || len(found) == 0 {
		t.Errorf("%s: no uid or no panels", file)
	}
	return found
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Every alert has a story that raises it and one that doesn't; promtool plays them (.ci/check).
func TestEveryAlertHasItsStories(t *testing.T) {
	var tests struct {
		Tests []struct {
			Rules []struct {
				Alert  string `yaml:"alertname"`
				Expect []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal(read(t, "prometheus/rules_test.yml"), &tests); err != nil {
		t.Fatal(err)
	}
	raised, quiet := map[string]bool{}, map[string]bool{}
	for _, c := range tests.Tests {
		for _, r := range c.Rules {
			raised[r.Alert] = raised[r.Alert] || len(r.Expect) > 0
			quiet[r.Alert] = quiet[r.Alert] || len(r.Expect) == 0
		}
	}
	n := 0
	for where := range expressions(t) {
		if name, ok := strings.CutPrefix(where, "alert "); ok {
			n++
			if !raised[name] || !quiet[name] {
				t.Errorf("%s: raised by a story: %v, left quiet by one: %v", name, raised[name], quiet[name])
			}
		}
	}
	if n == 0 {
		t.Error("no alerts were found")
	}
}

// exposedMetrics runs the program and reads /metrics: the names of the samples, less those of Go itself.
func exposedMetrics(t *testing.T) map[string]bool {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	for _, args := range [][]string{{"init", "--org", "acme"}, {"subscribe", "create", "bi", "--person", fmt.Sprint("os-", os.Getuid()), "--webhook", "https://bi.example.org/hook"}} {
		if out, err := exec.Command(plantrail(t), append([]string{"--data", data}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	base := serve(t, nil, "serve", "--data", data, "--listen", "127.0.0.1:0",
		"--checkpoint-file", filepath.Join(t.TempDir(), "checkpoint.txt"))
	names := map[string]bool{}
	for range 2 { // the second time the first request is in the histogram
		res, err := http.Get(base + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("/metrics: %s %v\n%s", res.Status, err, b)
		}
		for line := range strings.Lines(string(b)) {
			if name := metricName.FindString(line); name != "" && strings.HasPrefix(line, name) {
				names[name] = true
			}
		}
	}
	return names
}
