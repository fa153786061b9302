package main

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"plantrail/domain/domaintest"
)

const hostileSheet = "xl/worksheets/sheet1.xml"

// repacked is a workbook with some of its parts put in anew: from its text before to what it shall be.
func repacked(t *testing.T, parts map[string]func(was string) string) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range [][]any{{"Action", "RAG"}, {"Open the café", "Red"}} {
		if err := f.SetSheetRow("Sheet1", []string{"A1", "A2"}[i], &row); err != nil {
			t.Fatal(err)
		}
	}
	plain, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(plain.Bytes()), int64(plain.Len()))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	put := func(name, text string) {
		part, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(part, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range r.File {
		from, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		was, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		if anew := parts[part.Name]; anew != nil {
			put(part.Name, anew(string(was)))
		} else {
			put(part.Name, string(was))
		}
	}
	for name, anew := range parts {
		if !strings.HasPrefix(name, "xl/worksheets") {
			put(name, anew(""))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// lastRows puts text at the end of a sheet's rows.
func lastRows(text string) func(string) string {
	return func(was string) string { return strings.Replace(was, "</sheetData>", text+"</sheetData>", 1) }
}

func TestHostileFilesAreRefusedWithASentence(t *testing.T) {
	domaintest.Long(t)
	dir := t.TempDir()
	data, secret := filepath.Join(dir, "data"), filepath.Join(dir, "secret.txt")
	if err := os.WriteFile(secret, []byte("nobody's business"), 0o600); err != nil {
		t.Fatal(err)
	}
	plantrail := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := run(context.Background(), append([]string{"--data", data, "-o", "table"}, args...), strings.NewReader(""), &out, &errs)
		return code, out.String() + errs.String()
	}
	if code, said := plantrail("init"); code != 0 {
		t.Fatal(said)
	}
	text := func(s string) func(string) string { return func(string) string { return s } }
	entity := `<!DOCTYPE d [<!ENTITY x SYSTEM "file://` + secret + `">]>`
	for _, c := range []struct {
		name, file string
		in         []byte
		says       string
	}{
		{"a zip bomb", "a.xlsx", repacked(t, map[string]func(string) string{"xl/media/a.png": text(strings.Repeat("\x00", 140<<20))}), "unpacks"},
		{"a million columns", "a.csv", []byte("Action,RAG" + strings.Repeat(",", 1_000_000) + "\nOpen,Red\n"), "columns"},
		{"a million columns in a page", "a.html", []byte("<table><tr><td colspan=1000000>Action</td><td>RAG</td></tr></table>"), "columns"},
		{"a formula without its value", "a.xlsx", repacked(t, map[string]func(string) string{hostileSheet: lastRows(`<row r="3"><c r="A3" t="inlineStr"><is><t>Do</t></is></c><c r="B3"><f>IF(1,"Red","")</f></c></row>`)}), "formula"},
		{"macros", "a.xlsm", repacked(t, map[string]func(string) string{"xl/vbaProject.bin": text("x")}), "macros"},
		{"links to other files", "a.xlsx", repacked(t, map[string]func(string) string{"xl/externalLinks/externalLink1.xml": text("<x/>")}), "other files"},
		{"an external entity", "a.xlsx", repacked(t, map[string]func(string) string{hostileSheet: func(was string) string {
			return strings.Replace(was, "<worksheet", entity+"<worksheet", 1)
		}}), "document type"},
		{"cells without end", "a.csv", []byte("Action,RAG\nOpen,\"" + strings.Repeat("x", 9<<20)), "bytes"},
		{"a file that is too large", "a.csv", bytes.Repeat([]byte("Action,RAG\n"), 4<<20), "larger than 32 MB"},
		{"nothing", "a.csv", nil, "empty"},
		{"bytes that are no text", "a.csv", bytes.Repeat([]byte{0, 255, 17}, 1000), ""},
		{"formulas that a spreadsheet would run", "a.csv", []byte("Action,RAG,Reason\n=cmd|' /C calc'!A0,Red,\"=HYPERLINK(\"\"http://evil\"\")\"\n"), "READ"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(dir, c.file)
			if err := os.WriteFile(file, c.in, 0o600); err != nil {
				t.Fatal(err)
			}
			code, said := plantrail("import", file, "--plan", "hostile", "--title", "Hostile", "--as-at", "2026-01-31")
			if c.says == "READ" { // read as the words that they are, and defused where they go out again
				if code != 0 || !strings.Contains(said, "=cmd|") {
					t.Errorf("exit %d: %s", code, said)
				}
				return
			}
			lines := strings.Split(strings.TrimSpace(said), "\n")
			if code == 0 || !strings.Contains(said, c.says) || len(lines) > 3 || len(said) > 600 || strings.Contains(said, "panic") || strings.Contains(said, "nobody's business") {
				t.Errorf("exit %d with %.900s, want a sentence that says %q", code, said, c.says)
			}
		})
	}
	if code, said := plantrail("plan", "list"); code != 0 || strings.Contains(said, "hostile") {
		t.Errorf("exit %d: %s", code, said)
	}
}
