package sheets

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"plantrail/domain"
)

const sheetXML = "xl/worksheets/sheet1.xml"

// sheetOf is a workbook whose only sheet has this XML inside its sheetData.
func sheetOf(t testing.TB, data string) []byte {
	return repack(t, xlsx(t, nil), map[string]string{sheetXML: `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + data + `</sheetData></worksheet>`})
}

func inline(ref, text string) string {
	return `<c r="` + ref + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
}

const headRow = `<row r="1"><c r="A1" t="inlineStr"><is><t>Action</t></is></c><c r="B1" t="inlineStr"><is><t>RAG</t></is></c></row>`

// wideRow is a row with more cells than any paper.
func wideRow(n int) string {
	var b strings.Builder
	b.WriteString(`<row r="2">`)
	for i := range n {
		ref, _ := excelize.CoordinatesToCellName(i%16_384+1, 2)
		b.WriteString(inline(ref, "x"))
	}
	return b.String() + `</row>`
}

func TestHostileFilesAreRefused(t *testing.T) {
	plain := xlsx(t, [][]any{{"Action", "RAG"}, {"Open", "Red"}})
	for _, c := range []struct {
		name, file string
		in         []byte
		kind       domain.Kind
		place      string
		says       string
	}{
		{"a zip bomb in a sheet", "x.xlsx", sheetOf(t, headRow+strings.Repeat(" ", 80<<20)), domain.TooLarge, "file", "unpacks"},
		{"a zip bomb beside the sheet", "x.xlsx", repack(t, plain, map[string]string{"xl/media/a.png": strings.Repeat("\x00", 140<<20)}), domain.TooLarge, "file", "unpacks"},
		{"a zip bomb in a document", "x.docx", docx(t, wp(strings.Repeat("x", 70<<20))), domain.TooLarge, "file", "unpacks"},
		{"too many parts", "x.xlsx", repack(t, plain, manyParts(2_100)), domain.TooLarge, "file", "files in it"},
		{"a million columns", "x.xlsx", sheetOf(t, headRow+wideRow(16_000)), domain.TooLarge, "sheet Plan, cell GS2", "columns"},
		{"a million columns in a document", "x.docx", docx(t, `<w:tbl>`+wtr(`<w:tc><w:tcPr><w:gridSpan w:val="1000000"/></w:tcPr>`+wp("Action")+`</w:tc>`)+`</w:tbl>`), domain.TooLarge, "table 1, row 1", "columns"},
		{"a million columns in a page", "x.html", []byte("<table><tr>" + strings.Repeat("<td>Action</td>", 1_000) + "</tr></table>"), domain.TooLarge, "row 1", "columns"},
		{"too many rows", "x.xlsx", sheetOf(t, headRow+manyRows(10_500)), domain.TooLarge, "sheet Plan", "rows"},
		{"a cell too long", "x.xlsx", sheetOf(t, headRow+`<row r="2">`+inline("A2", strings.Repeat("€", 30_000))+`</row>`), domain.TooLarge, "sheet Plan, cell A2", "the limit is"},
		{"a formula without its value", "x.xlsx", sheetOf(t, headRow+`<row r="2">`+inline("A2", "Open")+`<c r="B2"><f>IF(1,"Red","")</f></c></row>`), domain.Invalid, "sheet Plan, cell B2", "formula"},
		{"a formula made by a library", "x.xlsx", xlsx(t, [][]any{{"Action", "RAG"}, {"Open"}}, func(f *excelize.File) { _ = f.SetCellFormula("Plan", "B2", `"R"&"ed"`) }), domain.Invalid, "sheet Plan, cell B2", "formula"},
		{"macros", "x.xlsm", repack(t, plain, map[string]string{"xl/vbaProject.bin": "x"}), domain.Invalid, "file", "macros"},
		{"macros by their type", "x.xlsx", repack(t, plain, map[string]string{"[Content_Types].xml": strings.ReplaceAll(partOf(t, plain, "[content_types].xml"), "spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main")}), domain.Invalid, "file", "macros"},
		{"macros in a document", "x.docm", repack(t, docx(t, wp("x")), map[string]string{"word/vbaProject.bin": "x"}), domain.Invalid, "file", "macros"},
		{"external links", "x.xlsx", repack(t, plain, map[string]string{"xl/externalLinks/externalLink1.xml": "<x/>"}), domain.Invalid, "file", "other files"},
		{"an external entity in a sheet", "x.xlsx", repack(t, plain, map[string]string{sheetXML: xxe + partOf(t, plain, sheetXML)}), domain.Invalid, "file", "document type"},
		{"an external entity in a document", "x.docx", repack(t, docx(t, ""), map[string]string{"word/document.xml": xxe + `<d><t>&x;</t></d>`}), domain.Invalid, "file", "document type"},
		{"an entity that nobody declared", "x.docx", docx(t, wp("&x;")), domain.Invalid, "file", "damaged"},
		{"a workbook cut off", "x.xlsx", plain[:len(plain)/2], domain.Invalid, "file", "damaged"},
		{"a document cut off", "x.docx", docx(t, wp("x"))[:100], domain.Invalid, "file", "damaged"},
		{"a sheet cut off", "x.xlsx", repack(t, plain, map[string]string{sheetXML: partOf(t, plain, sheetXML)[:400]}), domain.Invalid, "file", "damaged"},
		{"a zip of something else", "x.xlsx", repack(t, nil, map[string]string{"a.txt": "x"}), domain.Invalid, "file", "neither"},
		{"one name twice", "x.xlsx", repack(t, plain, map[string]string{"XL/WORKBOOK.XML": "<x/>"}), domain.Invalid, "file", "two files"},
		{"rows out of order", "x.xlsx", sheetOf(t, headRow+`<row r="3">`+inline("A3", "b")+`</row><row r="2">`+inline("A2", "a")+`</row>`), domain.Invalid, "sheet Plan", "damaged"},
		{"cells out of order", "x.xlsx", sheetOf(t, headRow+`<row r="2">`+inline("B2", "b")+inline("A2", "a")+`</row>`), domain.Invalid, "sheet Plan", "damaged"},
		{"a text that is not there", "x.xlsx", sheetOf(t, headRow+`<row r="2"><c r="A2" t="s"><v>99</v></c></row>`), domain.Invalid, "sheet Plan, cell A2", "not in the file"},
		{"elements without end", "x.docx", docx(t, strings.Repeat("<w:tbl><w:tr><w:tc>", 5_000)), domain.Invalid, "file", "damaged"},
		{"a page of tables within tables", "x.html", []byte(strings.Repeat("<table><tr><td>", 100_000)), domain.Invalid, "", ""},
		{"another table of actions", "x.docx", docx(t, `<w:tbl>`+wtr("Action", "RAG")+wtr("a", "Red")+`</w:tbl><w:tbl>`+wtr("Action", "Owner")+wtr("a", "MK")+`</w:tbl>`), domain.Invalid, "table 2, row 1, column 1", "second table"},
		{"an old workbook", "x.xls", []byte("\xd0\xcf\x11\xe0rest"), domain.Invalid, "file", "old Office"},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := time.Now()
			p, err := Read(c.in, Options{Name: c.file})
			if err == nil {
				t.Fatalf("read: %s", told(p))
			}
			e := (*domain.Error)(nil)
			if !errors.As(err, &e) || e.Kind != c.kind || c.place != "" && e.Field != c.place || !strings.Contains(e.Message, c.says) || e.Hint == "" {
				t.Errorf("got %#v, want %v at %s saying %q with a hint", err, c.kind, c.place, c.says)
			}
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("refusing took %v", took)
			}
		})
	}
}

const xxe = `<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>`

func manyParts(n int) map[string]string {
	parts := map[string]string{}
	for i := range n {
		parts[fmt.Sprint("xl/x", i)] = "x"
	}
	return parts
}

func manyRows(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<row r="%d">%s%s</row>`, i+2, inline(fmt.Sprint("A", i+2), "Do"), inline(fmt.Sprint("B", i+2), "Red"))
	}
	return b.String()
}

// TestAWrongExtensionDoesNotMatter: a file is what its bytes are.
func TestAWrongExtensionDoesNotMatter(t *testing.T) {
	for name, in := range map[string][]byte{
		"plan.csv": xlsx(t, [][]any{{"Action", "RAG"}, {"Open", "Red"}}), "plan.xlsx": docx(t, `<w:tbl>`+wtr("Action", "RAG")+wtr("Open", "Red")+`</w:tbl>`),
		"plan.docx": []byte("<html><body><table><tr><th>Action<th>RAG<tr><td>Open<td>Red</table>"), "plan.html": []byte("Action,RAG\nOpen,Red\n"),
	} {
		p, err := Read(in, Options{Name: name})
		if err != nil || len(p.Rows) != 1 || p.Rows[0].Title != "Open" || p.Rows[0].Rating.Value != "red" {
			t.Errorf("%s: %v, %+v", name, err, p)
		}
	}
}

// FuzzXLSX reads sheets whose XML is anything: no panic, only errors for people.
func FuzzXLSX(f *testing.F) {
	f.Add(headRow + `<row r="2">` + inline("A2", "Open") + `</row>`)
	f.Add(headRow + `<row><c><v>1</v></c><c t="b"><v>1</v></c></row>`)
	f.Add(headRow + `<row r="2"><c r="XFD2" s="9"/></row></sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells><sheetData>`)
	f.Fuzz(func(t *testing.T, data string) { readable(t, sheetOf(t, data)) })
}

// FuzzDOCX reads documents whose body is anything.
func FuzzDOCX(f *testing.F) {
	f.Add(`<w:tbl>` + wtr("Action", "RAG") + wtr("Open", "Red") + `</w:tbl>`)
	f.Add(`<w:tbl><w:tc><w:tr><w:gridSpan w:val="-1"/><w:vMerge/></w:tr></w:tc></w:tbl></w:tbl>`)
	f.Fuzz(func(t *testing.T, body string) { readable(t, docx(t, body)) })
}

// FuzzHTML reads pages whose body is anything.
func FuzzHTML(f *testing.F) {
	f.Add(`<table><tr><th>Action<th>RAG<tr><td rowspan=3>Open<td colspan=0>Red</table>`)
	f.Add(`<table><tr><td rowspan=99999 colspan=99>Action<td>RAG<tr><tr></table><table>`)
	f.Fuzz(func(t *testing.T, body string) { readable(t, []byte("<html><body>"+body)) })
}

// FuzzArchive reads anything that begins like a zip archive.
func FuzzArchive(f *testing.F) {
	f.Add(xlsx(f, [][]any{{"Action", "RAG"}, {"Open", "Red"}})[4:])
	f.Add(docx(f, `<w:tbl>`+wtr("Action", "RAG")+wtr("Open", "Red")+`</w:tbl>`)[4:])
	f.Fuzz(func(t *testing.T, rest []byte) { readable(t, append([]byte("PK\x03\x04"), rest...)) })
}

func readable(t *testing.T, file []byte) {
	t.Helper()
	p, err := Read(file, Options{Title: "T", Plan: "p", MeetingDate: domain.Unstated, Accept: []string{"all"}})
	if err != nil {
		if e := (*domain.Error)(nil); !errors.As(err, &e) || e.Message == "" || e.Kind == domain.Internal {
			t.Fatalf("not an error for people: %v", err)
		}
		return
	}
	for _, r := range p.Rows {
		if r.Title == "" || r.Place == "" {
			t.Fatalf("a row without words or place: %+v", r)
		}
	}
	_, _, _ = p.Command()
}

// bigWorkbook has ten thousand rows of six columns, as the CSV of the same benchmark has.
func bigWorkbook(t testing.TB) []byte {
	f := excelize.NewFile()
	defer f.Close()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		t.Fatal(err)
	}
	style, _ := f.NewStyle(&excelize.Style{NumFmt: 14})
	_ = w.SetRow("A1", []any{"Reference", "Action", "Lead officer", "Target date", "RAG", "Reason"})
	for i := range 10_000 {
		_ = w.SetRow(fmt.Sprint("A", i+2), []any{fmt.Sprintf("%d.%d", i/100+1, i%100+1), fmt.Sprintf("Do thing number %d for residents", i), fmt.Sprintf("Head of Service %d", i%7),
			excelize.Cell{StyleID: style, Value: 44286 + i%300}, []string{"Red", "Amber", "Green"}[i%3], fmt.Sprintf("Waiting for part %d, then on", i)})
	}
	_ = w.Flush()
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func BenchmarkReadTenThousandRowsOfXLSX(b *testing.B) {
	file := bigWorkbook(b)
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	var peak uint64
	for b.Loop() {
		p, err := Read(file, Options{Title: "Big plan", MeetingDate: domain.Month(2020, time.May), Name: "big.xlsx"})
		if err != nil {
			b.Fatal(err)
		}
		if len(p.Rows) != 10_000 || p.Rows[1].Due.String() != "2021-04-01" {
			b.Fatalf("%d rows, %+v", len(p.Rows), p.Rows[1])
		}
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.Sys)
	}
	b.ReportMetric(float64(peak)/1e6, "MB-from-system")
}
