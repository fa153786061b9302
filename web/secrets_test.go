package web_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// secretly are the functions that hold something a caller brings against a secret, and may do so in one way only.
var secretly = map[string][]string{
	"auth.go":          {"authenticate", "actorOfToken", "Bearer"},
	"signin/signin.go": {"useLink"},
	"signin/oidc.go":   {"fromCouncil", "person"},
}

// secretName is what a secret, or what is made of one, is called in this package and below it. In sessions, too, what is looked up is
// a hash.
var secretName = regexp.MustCompile(`(?i)(secret|nonce|verifier|linkcode|localtoken|csrf|sha256|digest)$`)

// compared are the comparisons of a file that stop at the first difference, with the names of what is compared. One with a
// literal, as nil or "", tells only whether there is a secret.
func compared(file *ast.File, each func(at token.Pos, what string)) {
	name := func(e ast.Expr) string {
		if c, ok := e.(*ast.CallExpr); ok {
			e = c.Fun
		}
		switch e := e.(type) {
		case *ast.Ident:
			return e.Name
		case *ast.SelectorExpr:
			return e.Sel.Name
		}
		return ""
	}
	plain := func(e ast.Expr) bool {
		id, ident := e.(*ast.Ident)
		_, literal := e.(*ast.BasicLit)
		return literal || ident && id.Name == "nil"
	}
	pair := func(at token.Pos, a, b ast.Expr) {
		for _, e := range []ast.Expr{a, b} {
			if !plain(a) && !plain(b) && secretName.MatchString(name(e)) {
				each(at, name(e))
			}
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			if n.Op == token.EQL || n.Op == token.NEQ {
				pair(n.Pos(), n.X, n.Y)
			}
		case *ast.SwitchStmt:
			if n.Tag != nil {
				pair(n.Pos(), n.Tag, n.Tag)
			}
		case *ast.CallExpr:
			if of, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) == 2 {
				if what := of.Sel.Name; what == "EqualFold" || what == "Equal" || what == "Compare" || what == "HasPrefix" || what == "HasSuffix" || what == "DeepEqual" {
					pair(n.Pos(), n.Args[0], n.Args[1])
				}
			}
		}
		return true
	})
}

// published are files that compare digests which are no secrets: of papers.
var published = map[string]bool{"publish.go": true, "pages/shelf.go": true, "pages/formimport.go": true}

// TestSecretsAreComparedInConstantTime reads it from the source, because no clock in a test can tell: whoever holds something
// against a secret calls subtle.ConstantTimeCompare, itself or through sameSecret, and nothing that is named as a secret is
// compared in another way.
func TestSecretsAreComparedInConstantTime(t *testing.T) {
	files := token.NewFileSet()
	read := 0
	for _, pattern := range []string{"*.go", "signin/*.go", "pages/*.go", "visits/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(files, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			read++
			if !published[filepath.ToSlash(name)] {
				compared(file, func(at token.Pos, what string) {
					t.Errorf("%s: %s is compared so that the time tells how much of it is right", files.Position(at), what)
				})
			}
			for _, wanted := range secretly[filepath.ToSlash(name)] {
				if n := constantly(file, wanted); n == 0 {
					t.Errorf("%s: %s compares nothing in constant time", name, wanted)
				}
			}
		}
	}
	if read < 60 {
		t.Errorf("only %d files were read", read)
	}
}

// constantly counts a function's comparisons in constant time.
func constantly(file *ast.File, name string) (n int) {
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Name.Name != name {
			continue
		}
		ast.Inspect(f, func(at ast.Node) bool {
			if id, ok := at.(*ast.Ident); ok && (id.Name == "sameSecret" || id.Name == "ConstantTimeCompare") {
				n++
			}
			return true
		})
	}
	return n
}

func TestAComparisonThatTellsIsSeen(t *testing.T) {
	const bad = `package p
func f(a, secret string, t struct{ SHA256 string }) {
	_ = a == secret
	_ = t.SHA256 != digestOf(a)
	_ = strings.EqualFold(a, secret)
	switch secret {
	case a:
	}
	_ = secret == ""
	_ = a == "x"
}`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", bad, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	lines := 0
	compared(file, func(token.Pos, string) { lines++ })
	if lines != 5 { // the switch is told on both sides
		t.Errorf("%d of them are seen", lines)
	}
}
