package plantrail_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// The architecture of DESIGN.md as a test. The sources are parsed here, in process: go list would give cached answers.

// house says what each folder may import beside the standard library: module paths, or packages of our own. Tests and
// test support (folders named ...test) may import more. A folder that is not here may not exist.
var house = map[string][]string{
	"domain":      {},
	"eventstore":  {"plantrail/domain", "github.com/nats-io", "github.com/minio/highwayhash", "github.com/google/uuid"},
	"projections": {"plantrail/domain", "plantrail/evidence", "github.com/mattn/go-sqlite3", "golang.org/x/mod"},
	"evidence":    {"golang.org/x/mod"},
	"sheets":      {"plantrail/domain", "golang.org/x/text", "golang.org/x/net/html", "github.com/xuri/excelize/v2"},
	"feeds":       {"plantrail/domain", "github.com/wneessen/go-mail"},
	"web": {"plantrail/domain", "plantrail/projections", "plantrail/evidence", "plantrail/sheets", "plantrail/feeds",
		"github.com/danielgtaylor/huma/v2", "github.com/prometheus", "github.com/google/uuid",
		"plantrail/web/pages", "github.com/alexedwards/scs/v2", "github.com/coreos/go-oidc/v3", "golang.org/x/oauth2", "golang.org/x/time"},
	"cmd":    {"plantrail", "golang.org/x/term", "golang.org/x/text", "github.com/spf13", "github.com/google/uuid"},
	"deploy": {},    // what runs it on several machines: files, and the tests that keep them right
	".ci":    {"*"}, // checks and their tools, a module of its own
}

// notOurs are folders that are not part of the source: all are in .gitignore, but for git's own.
var notOurs = []string{".git", "data", ".bench", "node_modules"}

const maxLines = 600

var (
	later        = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME)\b`)
	machinePaths = regexp.MustCompile(`(^|[^\w.$}>])(/tm` + `p/|/ro` + `ot/|/ho` + `me/[a-z])`)
	written      = []string{"", ".go", ".md", ".yml", ".yaml", ".conf", ".html", ".css", ".sql", ".mod", ".sh", ".txt", ".txtar"}
)

func TestLayout(t *testing.T) {
	for _, fault := range inspect(t, os.DirFS(".")) {
		t.Error(fault)
	}
}

// inspect lists what is wrong with a source tree, each fault as "place: what".
func inspect(t *testing.T, tree fs.FS) (faults []string) {
	t.Helper()
	described := map[string]bool{} // folders with Go code, and whether a file says what the package is
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(notOurs, d.Name()):
			return fs.SkipDir
		case d.IsDir():
			if _, known := house[name]; name != "." && !strings.Contains(name, "/") && !known {
				faults = append(faults, name+": a new folder at the top: DESIGN.md must give its reason, and this test its imports")
			}
			return nil
		case !d.Type().IsRegular() || !slices.Contains(written, path.Ext(name)) || name == "plantrail":
			return nil
		}
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		faults = append(faults, words(name, src)...)
		if path.Ext(name) == ".go" {
			faults = append(faults, code(name, src, described)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, has := range described {
		if !has {
			faults = append(faults, folder+": the package has no comment that says what it is")
		}
	}
	slices.Sort(faults)
	return faults
}

// words finds in any text what was left for later, and paths of one machine.
func words(name string, src []byte) (faults []string) {
	if bytes.IndexByte(src, 0) >= 0 {
		return nil // not a text
	}
	for i, line := range strings.Split(string(src), "\n") {
		if m := later.FindString(line); m != "" && !strings.Contains(name, "testdata/") {
			faults = append(faults, fmt.Sprintf("%s:%d: %s: do it now or write an issue", name, i+1, m))
		}
		if !strings.HasSuffix(name, "_test.go") && machinePaths.MatchString(line) {
			faults = append(faults, fmt.Sprintf("%s:%d: a path of one machine", name, i+1))
		}
	}
	return faults
}

// code checks a Go file. It marks in described whether the file's folder has a package comment.
func code(name string, src []byte, described map[string]bool) (faults []string) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, src, parser.ParseComments)
	if err != nil {
		return []string{fmt.Sprintf("%s: can't be parsed: %v", name, err)}
	}
	if strings.HasSuffix(name, "_test.go") {
		return sleeps(files, file)
	}
	folder := path.Dir(name)
	described[folder] = described[folder] || file.Doc.Text() != ""
	if n := bytes.Count(src, []byte("\n")); n > maxLines {
		faults = append(faults, fmt.Sprintf("%s: %d lines, the hard stop is %d: it wants another room", name, n, maxLines))
	}
	if strings.HasSuffix(folder, "test") {
		return faults
	}
	top, _, _ := strings.Cut(name, "/")
	for _, imp := range file.Imports {
		if p, _ := strconv.Unquote(imp.Path.Value); !allowed(top, p) {
			faults = append(faults, fmt.Sprintf("%s: %s may not import %s", files.Position(imp.Pos()), top, p))
		}
	}
	return faults
}

// allowed reports whether a folder may import a package: the standard library's, its own, or one that house names.
func allowed(top, imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	if first != "plantrail" && !strings.Contains(first, ".") {
		return true
	}
	for _, a := range append([]string{"plantrail/" + top}, house[top]...) {
		if a == "*" || imported == a || strings.HasPrefix(imported, a+"/") {
			return true
		}
	}
	return false
}

func sleeps(files *token.FileSet, file *ast.File) (faults []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && s.Sel.Name == "Sleep" {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" {
				faults = append(faults, fmt.Sprintf("%s: a test that sleeps: poll a condition with a deadline", files.Position(s.Pos())))
			}
		}
		return true
	})
	return faults
}

// Each rule is tried on a small tree that breaks it and on one that just doesn't.
func TestLayoutFindsWhatIsWrong(t *testing.T) {
	const doc = "// Package x is x.\npackage x\n"
	long := func(lines int) string { return doc + strings.Repeat("\n", lines-2) }
	for _, c := range []struct{ name, file, src, want string }{
		{"domain imports another library", "domain/a.go", doc + `import _ "github.com/google/uuid"`, "domain may not import github.com/google/uuid"},
		{"domain imports the standard library", "domain/a.go", doc + `import _ "encoding/json"`, ""},
		{"domain imports web", "domain/a.go", doc + `import _ "plantrail/web"`, "domain may not import plantrail/web"},
		{"the stores know each other", "eventstore/a.go", doc + `import _ "plantrail/projections"`, "may not import plantrail/projections"},
		{"evidence knows the domain", "evidence/a.go", doc + `import _ "plantrail/domain"`, "may not import plantrail/domain"},
		{"a name that only begins like an allowed one", "web/a.go", doc + `import _ "plantrail/domainx"`, "may not import plantrail/domainx"},
		{"a folder imports its own", "web/deep/a.go", doc + `import _ "plantrail/web"`, ""},
		{"cmd imports all", "cmd/plantrail/a.go", doc + `import _ "plantrail/web"`, ""},
		{"tests import more", "domain/a_test.go", "package x\nimport _ \"pgregory.net/rapid\"", ""},
		{"test support imports more", "domain/domaintest/a.go", doc + `import _ "pgregory.net/rapid"`, ""},
		{"no package comment", "web/a.go", "package x\n", "the package has no comment"},
		{"a comment that is apart", "web/a.go", "// A licence.\n\npackage x\n", "the package has no comment"},
		{"601 lines", "web/a.go", long(601), "601 lines"},
		{"600 lines", "web/a.go", long(600), ""},
		{"601 lines of test", "web/a_test.go", long(601), ""},
		{"a new folder", "util/a.txt", "x", "util: a new folder"},
		{"left for later", "web/a.go", doc + "// TO" + "DO: this\n", "do it now"},
		{"left for later in a page", "web/a.html", "<!-- FIX" + "ME -->", "do it now"},
		{"a word that only contains it", "web/a.go", doc + "// METO" + "DOS\n", ""},
		{"sleep in a test", "web/a_test.go", "package x\nimport \"time\"\nfunc f() { time.Sl" + "eep(1) }", "a test that sleeps"},
		{"sleep in a program", "web/a.go", doc + "import \"time\"\nfunc f() { time.Sl" + "eep(1) }", ""},
		{"sleep as a word in a test", "web/a_test.go", "package x\nconst s = `time.Sl" + "eep(1)`", ""},
		{"a machine's path", "web/a.go", doc + "const p = \"/tm" + "p/x\"\n", "a path of one machine"},
		{"a home in a setting", "deploy/a.yml", "dir: /ho" + "me/ann/x\n", "a path of one machine"},
		{"a machine's path in a test", "web/a_test.go", "package x\nconst p = \"/tm" + "p/x\"\n", ""},
		{"what is no Go", "web/a.go", "packge x", "can't be parsed"},
		{"a folder that is not ours", "data/a.go", "packge x", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := strings.Join(inspect(t, fstest.MapFS{c.file: {Data: []byte(c.src)}}), "\n")
			if c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("inspect says %q, want %q", got, c.want)
			}
		})
	}
}
