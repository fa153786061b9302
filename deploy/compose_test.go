package deploy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"gopkg.in/yaml.v3"

	"plantrail/domain/domaintest"
)

// compose is what the tests read of docker-compose.yml.
type compose struct {
	Services map[string]struct {
		Image       string
		Command     []string
		Environment map[string]string
		Volumes     []string
		Ports       []string
		Profiles    []string
		Build       struct{ Context, Dockerfile string }
		Healthcheck map[string]any
	}
	Volumes map[string]any
}

func readCompose(t *testing.T) (c compose, text string) {
	t.Helper()
	b, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(b, &c); err != nil {
		t.Fatal(err)
	}
	return c, string(b)
}

func TestComposeHasItsServices(t *testing.T) {
	c, _ := readCompose(t)
	want := []string{"begin", "grafana", "n1", "n2", "n3", "plantrail", "prometheus"}
	if got := slices.Sorted(maps.Keys(c.Services)); !slices.Equal(got, want) {
		t.Errorf("services %v, want %v", got, want)
	}
	for _, n := range []string{"n1", "n2", "n3"} {
		s := c.Services[n]
		if !slices.Contains(s.Command, n) || !slices.Contains(s.Volumes, n+":/data") || len(s.Healthcheck) == 0 {
			t.Errorf("%s: it needs its own name, its own volume and a health check: %+v", n, s)
		}
		if len(s.Ports) > 0 {
			t.Errorf("%s publishes %v: its monitoring port asks for no password", n, s.Ports)
		}
	}
	if len(c.Services["begin"].Profiles) == 0 {
		t.Error("begin starts with the others: a journal begins once, on request")
	}
}

func TestComposeImagesArePinned(t *testing.T) {
	c, _ := readCompose(t)
	exact := regexp.MustCompile(`^[a-z/]+:v?\d+\.\d+\.\d+(-[a-z]+)?$`)
	for name, s := range c.Services {
		if s.Build.Context == "" && !exact.MatchString(s.Image) {
			t.Errorf("%s: the image %q is not pinned to a version", name, s.Image)
		}
	}
	if image := c.Services["n1"].Image; image != "nats:"+server.VERSION+"-alpine" {
		t.Errorf("the cluster runs %s, the tests %s", image, server.VERSION)
	}
	docker, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\S+)$`).FindSubmatch(mod)
	if !bytes.Contains(docker, []byte("golang:"+string(version[1])+"-")) {
		t.Errorf("the Dockerfile builds with another Go than go.mod's %s", version[1])
	}
}

func TestComposeFilesAndVolumesExist(t *testing.T) {
	c, _ := readCompose(t)
	for name, s := range c.Services {
		if s.Build.Context != "" {
			mustExist(t, name, filepath.Join("..", s.Build.Context, s.Build.Dockerfile))
		}
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			if strings.HasPrefix(source, ".") {
				mustExist(t, name, filepath.Join("..", source))
			} else if _, ok := c.Volumes[source]; !ok {
				t.Errorf("%s: the volume %q is not declared", name, source)
			}
		}
		for _, p := range s.Ports {
			if !strings.HasPrefix(p, "127.0.0.1:") {
				t.Errorf("%s: port %s is open to the network, without TLS", name, p)
			}
		}
	}
	// What the commands name inside the containers.
	mustExist(t, "n1", "nats/node.conf")
	mustExist(t, "prometheus", "prometheus/prometheus.yml")
}

func mustExist(t *testing.T, who, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		t.Errorf("%s: %v", who, err)
	}
}

// Every variable that any file of ours reads is one that deploy/env writes, or one that docker-compose.yml sets.
func TestEverySecretIsMadeByMakeEnv(t *testing.T) {
	made := madeSecrets(t)
	c, text := readCompose(t)
	for _, m := range regexp.MustCompile(`\$\{(\w+)`).FindAllStringSubmatch(text, -1) {
		if made[m[1]] == "" {
			t.Errorf("docker-compose.yml reads %s, which make env does not write", m[1])
		}
	}
	for _, file := range []string{"nats/node.conf", "nats/accounts.conf"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\$(NATS_\w+)`).FindAllSubmatch(b, -1) {
			if _, ok := c.Services["n2"].Environment[string(m[1])]; !ok {
				t.Errorf("%s reads %s, which docker-compose.yml does not set", file, m[1])
			}
		}
	}
	for name, value := range made {
		if !strings.Contains(text, "${"+name) {
			t.Errorf("make env writes %s, which nothing reads", name)
		}
		if !regexp.MustCompile(`^s[0-9a-f]{48}$`).MatchString(value) {
			t.Errorf("%s is %d characters of an unexpected form", name, len(value))
		}
	}
}

// madeSecrets runs deploy/env, twice: the second time it must keep what is there.
func madeSecrets(t *testing.T) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), ".env")
	if out, err := exec.Command("./env", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("the mode of .env is %v (%v), want 0600", info.Mode(), err)
	}
	if out, err := exec.Command("./env", file).CombinedOutput(); err == nil || !bytes.Contains(out, []byte("is kept")) {
		t.Errorf("a second run ended with %v:\n%s", err, out)
	}
	if again, _ := os.ReadFile(file); !bytes.Equal(b, again) {
		t.Error("a second run changed the secrets, which the volumes know")
	}
	made := map[string]string{}
	for line := range strings.Lines(string(b)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		for other, v := range made {
			if v == value {
				t.Errorf("%s and %s are the same", name, other)
			}
		}
		made[name] = value
	}
	return made
}

func TestSecretsStayOut(t *testing.T) {
	for _, file := range []string{"../.gitignore", "../.dockerignore"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`(?m)^/?\.env$`).Match(b) {
			t.Errorf("%s does not name .env", file)
		}
	}
	// A password anywhere in these files is a reference, never a value.
	literal := regexp.MustCompile(`(?i)password:\s*["']?[^\s"'$?]`)
	for _, file := range allFiles(t, "nats", "prometheus", "grafana", "../docker-compose.yml") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if at := literal.Find(b); at != nil {
			t.Errorf("%s: a secret is written out: %q", file, at)
		}
	}
	if !literal.MatchString("password: hunter2") || literal.MatchString("password: $X") {
		t.Error("the pattern can't tell a secret from a reference")
	}
}

func allFiles(t *testing.T, roots ...string) (files []string) {
	t.Helper()
	for _, root := range roots {
		err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				files = append(files, p)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// The flags that the files use are flags that the program has, and the variables are ones that it reads.
func TestPlantrailTakesTheCommands(t *testing.T) {
	domaintest.Long(t)
	program := plantrail(t)
	c, _ := readCompose(t)
	for _, name := range []string{"begin", "plantrail"} {
		checkFlags(t, program, name, c.Services[name].Command)
	}
	docker, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`CMD \[(.*)\]`).FindAllStringSubmatch(string(docker), -1) {
		args := strings.Split(strings.NewReplacer(`"`, "", ",", " ").Replace(m[1]), " ")
		args = slices.DeleteFunc(args, func(s string) bool { return s == "" || s == "plantrail" })
		checkFlags(t, program, "Dockerfile", args)
	}
	source := allSource(t)
	for name := range c.Services["plantrail"].Environment {
		if !strings.Contains(source, `"`+name+`"`) {
			t.Errorf("docker-compose.yml sets %s, which plantrail does not read", name)
		}
	}
}

func checkFlags(t *testing.T, program, where string, args []string) {
	t.Helper()
	help, err := exec.Command(program, args[0], "--help").CombinedOutput()
	if err != nil {
		t.Errorf("%s: plantrail %s --help: %v\n%s", where, args[0], err, help)
		return
	}
	for _, arg := range args[1:] {
		if strings.HasPrefix(arg, "--") && !regexp.MustCompile(arg+`\b`).Match(help) {
			t.Errorf("%s: plantrail %s has no %s", where, args[0], arg)
		}
	}
}

func allSource(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, file := range allFiles(t, "../cmd/plantrail") {
		if !strings.HasSuffix(file, ".go") {
			continue
		}
		src, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s\n", src)
	}
	return b.String()
}
