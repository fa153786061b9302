package domain

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestIdsKeepOutWhatASubjectOrPathWouldRead(t *testing.T) {
	for _, bad := range []string{"", "*", ">", "a.b", "a b", "..", "a/b", "A", "é", "a\x00", "_people", "a\n", strings.Repeat("a", 65)} {
		if _, err := ParsePlanID(bad); KindOf(err) != Invalid {
			t.Errorf("ParsePlanID(%q): %v", bad, err)
		}
		if _, err := ParseItemID(bad); KindOf(err) != Invalid {
			t.Errorf("ParseItemID(%q): %v", bad, err)
		}
		if _, err := ParseOrgID(bad); KindOf(err) != Invalid {
			t.Errorf("ParseOrgID(%q): %v", bad, err)
		}
	}
	for _, bad := range []string{"", "a b", "a\r\nb", "é", strings.Repeat("a", 65)} {
		if _, err := ParseCommandID(bad); KindOf(err) != Invalid {
			t.Errorf("ParseCommandID(%q): %v", bad, err)
		}
	}
	for _, good := range []string{"a", "sdp-2019-20", strings.Repeat("a", 64)} {
		if id, err := ParsePlanID(good); err != nil || string(id) != good {
			t.Errorf("ParsePlanID(%q): %v", good, err)
		}
	}
}

func FuzzSlug(f *testing.F) {
	f.Add("Service Development Plan 2019-20")
	f.Add("--É--")
	f.Fuzz(func(t *testing.T, title string) {
		if s := Slug(title); s != "" && !isID(s) {
			t.Errorf("Slug(%q) = %q is not an id", title, s)
		}
	})
}

func TestSlug(t *testing.T) {
	if got := Slug("Service Development Plan 2019-20"); got != "service-development-plan-2019-20" {
		t.Error(got)
	}
}

// TestEveryEventIsListed fails when an event is declared without its place in Events, or twice under one name.
func TestEveryEventIsListed(t *testing.T) {
	listed := map[string]bool{}
	for _, e := range Events() {
		if got := NewEvent(e.Type()); reflect.TypeOf(got) != reflect.TypeOf(e) {
			t.Errorf("NewEvent(%q) = %T", e.Type(), got)
		}
		listed[reflect.TypeOf(e).Elem().Name()] = true
	}
	if NewEvent("no-such-event") != nil {
		t.Error("an unknown event was made")
	}
	declared := 0
	for _, decl := range declarations(t) {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv == nil || f.Name.Name != "about" {
			continue
		}
		declared++
		if name := f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name; !listed[name] {
			t.Errorf("Events() lacks %s", name)
		}
	}
	if declared != len(Events()) {
		t.Errorf("%d events are declared, %d listed", declared, len(Events()))
	}
}

func declarations(t *testing.T) (all []ast.Decl) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f.Decls...)
	}
	return all
}
