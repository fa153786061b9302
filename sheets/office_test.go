package sheets

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"plantrail/domain"
)

// xlsx makes a workbook of one sheet, Plan, with these rows from A1, and lets more be done to it.
func xlsx(t testing.TB, rows [][]any, more ...func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	_ = f.SetSheetName("Sheet1", "Plan")
	for i, r := range rows {
		if err := f.SetSheetRow("Plan", fmt.Sprint("A", i+1), &r); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range more {
		m(f)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// repack changes the parts of an archive: a part given is replaced or added, one given empty is dropped.
func repack(t testing.TB, file []byte, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	if file != nil {
		z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			if _, ok := parts[f.Name]; !ok {
				if err := w.Copy(f); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	for name, body := range parts {
		if body == "" {
			continue
		}
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(body))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func partOf(t testing.TB, file []byte, name string) string {
	t.Helper()
	a, err := openArchive(file)
	if err != nil {
		t.Fatal(err)
	}
	b, err := a.read(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// docx makes a document of the body's XML.
func docx(t testing.TB, body string) []byte {
	return repack(t, nil, map[string]string{
		"[Content_Types].xml": `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"word/document.xml":   `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` + body + `</w:body></w:document>`,
	})
}

func wp(text string) string {
	return `<w:p><w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

func wtr(cells ...string) string {
	for i, c := range cells {
		if !strings.HasPrefix(c, "<w:tc>") {
			cells[i] = `<w:tc>` + wp(c) + `</w:tc>`
		}
	}
	return `<w:tr>` + strings.Join(cells, "") + `</w:tr>`
}

func TestXLSX(t *testing.T) {
	day := time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)
	style := func(f *excelize.File, cell, format string) {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
		if err != nil {
			t.Fatal(err)
		}
		_ = f.SetCellStyle("Plan", cell, cell, id)
	}
	fill := func(f *excelize.File, cell, colour string) {
		id, err := f.NewStyle(&excelize.Style{Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{colour}}})
		if err != nil {
			t.Fatal(err)
		}
		_ = f.SetCellStyle("Plan", cell, cell, id)
	}
	for _, c := range []struct {
		name   string
		file   []byte
		want   string
		unread []string
	}{
		{"dates as cells, as months and as text", xlsx(t, [][]any{{"Improvement Plan 2021"}, {"Ref", "Action", "Lead", "Due date", "RAG", "Reason"},
			{"1.1", "Open the hub", "MK", day, "Amber", "Lease late"}, {"1.2", "Train staff", "PO", 44256, "Green", ""}, {"1.3", "Write guide", "", "04/05/2021", "Red", "No author"},
			{1.4, "Ask", "MK", "soon", "Purple", "x"}},
			func(f *excelize.File) { style(f, "D3", "mm-dd-yy"); style(f, "D4", "mmm-yy") }),
			lines("xlsx", `sheet Plan, cell A3: item-01 ref="1.1" title="Open the hub" owner="MK" due="2021-03-31" rating="amber" reason="Lease late"`,
				`sheet Plan, cell A4: item-02 ref="1.2" title="Train staff" owner="PO" due="2021-03" rating="green"`,
				`sheet Plan, cell A5: item-03 ref="1.3" title="Write guide" due="2021-05-04" rating="red" reason="No author"`,
				`sheet Plan, cell A6: item-04 ref="1.4" title="Ask" owner="MK" when="Due date: soon" progress="x"`),
			[]string{"sheet Plan, cell D6: soon", "sheet Plan, cell E6: Purple", "sheet Plan, cell A1: Improvement Plan 2021"}},
		{"colours with a key", xlsx(t, [][]any{{"Key"}, {"Red"}, {"Amber: a month late"}, {}, {"Action", "RAG"}, {"Open the hub", ""}, {"Train staff", ""}},
			func(f *excelize.File) {
				fill(f, "A2", "FF0000")
				fill(f, "A3", "FFC000")
				fill(f, "B6", "FFC000")
				fill(f, "B7", "00B050")
			}),
			lines("xlsx", `sheet Plan, cell A6: item-01 title="Open the hub" rating="amber"`, `sheet Plan, cell A7: item-02 title="Train staff"`),
			[]string{"sheet Plan, cell B7: no key"}},
		{"colours without a key", xlsx(t, [][]any{{"Action", "RAG"}, {"Open the hub", ""}}, func(f *excelize.File) { fill(f, "B2", "FFC000") }),
			lines("xlsx", `sheet Plan, cell A2: item-01 title="Open the hub"`), []string{"sheet Plan, cell B2: colour without a word (FFC000)"}},
		{"merged aims and sections", xlsx(t, [][]any{{"Aim", "Action", "Owner", "RAG"}, {"HELP AND PROTECTION"}, {"Safe homes", "Open the hub", "MK", "Red"}, {nil, "Train staff", "PO", "Green"}},
			func(f *excelize.File) { _ = f.MergeCell("Plan", "A3", "A4"); _ = f.MergeCell("Plan", "A2", "D2") }),
			lines("xlsx", `sheet Plan, cell A2: item-01 section title="HELP AND PROTECTION"`, `sheet Plan, cell A3: item-02 aim under=item-01 title="Safe homes"`,
				`sheet Plan, cell A3: item-03 action under=item-02 title="Open the hub" owner="MK" rating="red"`,
				`sheet Plan, cell B4: item-04 action under=item-02 title="Train staff" owner="PO" rating="green"`), nil},
		{"a second sheet with other things, and a hidden one", xlsx(t, [][]any{{"Action", "RAG"}, {"Open the hub", "Red"}},
			func(f *excelize.File) {
				_, _ = f.NewSheet("Contacts")
				_ = f.SetCellStr("Contacts", "A1", "Ann")
				_, _ = f.NewSheet("Old")
				_ = f.SetSheetVisible("Old", false)
			}),
			lines("xlsx", `sheet Plan, cell A2: item-01 title="Open the hub" rating="red"`), []string{"sheet Contacts, cell A1: Ann", "sheet Old: hidden"}},
		{"two sheets of one plan, columns in another order", xlsx(t, [][]any{{"Action", "Owner", "RAG"}, {"Open the hub", "MK", "Red"}},
			func(f *excelize.File) {
				_, _ = f.NewSheet("More")
				_ = f.SetSheetRow("More", "A1", &[]any{"RAG", "Action", "Owner"})
				_ = f.SetSheetRow("More", "A2", &[]any{"Green", "Train staff", "PO"})
			}),
			lines("xlsx", `sheet Plan, cell A2: item-01 title="Open the hub" owner="MK" rating="red"`,
				`sheet More, cell B2: item-02 title="Train staff" owner="PO" rating="green"`), nil},
		{"two columns of ratings", xlsx(t, [][]any{{"Action", "Progress RAG", "Outcome RAG", "Comment"}, {"Open the hub", "Green", "Amber", "Doors open"}}),
			lines("xlsx", `sheet Plan, cell A2: item-01 title="Open the hub" rating="green" reason="Doors open"`), nil},
		{"a formula with its value, an error", xlsx(t, [][]any{{"Action", "RAG"}, {"Open the hub", "x"}, {"Train staff", "y"}}, func(f *excelize.File) {
			_ = f.SetCellFormula("Plan", "B2", `IF(1=1,"Red","")`)
		}), "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == "" {
				return
			}
			p, err := Read(c.file, Options{Name: "x.txt", Title: "T", MeetingDate: third})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, told(p)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			for _, u := range c.unread {
				if !listed(p, u) {
					t.Errorf("nothing lists %q among\n%s", u, strings.Join(allListed(p), "\n"))
				}
			}
			if _, _, err := p.Command(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTwoRatingColumnsAreTwoDimensions(t *testing.T) {
	p, err := Read(xlsx(t, [][]any{{"Action", "Outcome RAG", "Progress RAG"}, {"Open the hub", "Amber", "Green"}, {"Train", "late", "Red"}}), Options{Title: "T", MeetingDate: third})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Rows[0]; got.Rating.Value != "green" || len(got.More) != 1 || got.More[0].Value != "amber" || got.More[0].Dimension != "outcome-rag" {
		t.Errorf("read as %+v", got)
	}
	if !listed(p, "sheet Plan, cell B3: late") {
		t.Errorf("the rating that can't be read is not listed: %q", allListed(p))
	}
	c, _, err := p.Command()
	if err != nil || len(c.Steps[0].(domain.OpenPlan).Dimensions) != 2 {
		t.Errorf("%v, %+v", err, c.Steps)
	}
}

func TestDOCX(t *testing.T) {
	body := wp("Housing Improvement Plan 2021") +
		`<w:tbl>` + wtr("Ref", "Action", "Lead officer", "Target date", "RAG", "Reason") +
		wtr(`<w:tc><w:tcPr><w:gridSpan w:val="6"/></w:tcPr>`+wp("Priority one")+`</w:tc>`) +
		wtr("1.1", "Open the hub", "MK", "31/03/2021", "Amber", `<w:tc>`+wp("Lease late")+`<w:p><w:r><w:t>again</w:t></w:r><w:del><w:r><w:delText>gone</w:delText><w:t>gone</w:t></w:r></w:del></w:p></w:tc>`) +
		`</w:tbl>` + wp("Page 2") + `<w:tbl>` + wtr("Ref", "Action", "Lead officer", "Target date", "RAG", "Reason") +
		wtr("1.2", "Train &amp; keep staff", "PO", "May 2021", "Green", "") + `</w:tbl>` + wp("RESOLVED that the report be noted.")
	p, err := Read(docx(t, body), Options{Name: "plan.docx", MeetingDate: third, Body: "Cabinet"})
	if err != nil {
		t.Fatal(err)
	}
	want := lines("docx", `table 1, row 2, column 1: item-01 section title="Priority one"`,
		`table 1, row 3, column 1: item-02 action under=item-01 ref="1.1" title="Open the hub" owner="MK" due="2021-03-31" rating="amber" reason="Lease late\nagain"`,
		`table 2, row 2, column 1: item-03 action under=item-01 ref="1.2" title="Train & keep staff" owner="PO" due="2021-05" rating="green"`,
		`resolved "RESOLVED that the report be noted."`)
	if diff := cmp.Diff(want, told(p)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if p.Title != "Housing Improvement Plan 2021" || p.TitlePlace != "paragraph 1" {
		t.Errorf("title %q at %s", p.Title, p.TitlePlace)
	}
	if _, _, err := p.Command(); err != nil {
		t.Error(err)
	}
}

func TestHTML(t *testing.T) {
	page := `<!DOCTYPE html><html><head><title>Agenda item</title><script>document.write("<table><tr><td>Action</td><td>RAG</td></tr></table>")</script></head><body>
<table class="layout"><tr><td><ul><li><a href="/">Home</a></li></ul></td><td><h1>Members received a report on the Roads Action Plan 2021</h1>
<p>They asked for the reasons.</p><table>
<thead><tr><th><p>Aim</p></th><th>Action</th><th>Owner</th><th>RAG&nbsp;rating</th><th>Comment</th></tr></thead><tbody>
<tr><td rowspan="2">Safe <strong>roads</strong></td><td>Mend <em>the</em> bridge</td><td>AB</td><td><img src="a.gif" alt="Amber"></td><td>Steel is<br>late<ul><li>ordered</li></ul></td></tr>
<tr><td>Paint lines</td><td>CD</td><td>Green</td><td><span style="display: none">secret</span></td></tr>
<tr><td colspan="5">WINTER</td></tr>
<tr><td>Gritting</td><td>Buy salt</td><td>EF</td><td style="background:red"></td><td></td></tr>
</tbody></table><p>RESOLVED, that – the report be noted.</p></td></tr></table></body></html>`
	p, err := Read([]byte(page), Options{Name: "page.html", MeetingDate: third, Body: "Cabinet"})
	if err != nil {
		t.Fatal(err)
	}
	want := lines("html", `table 1, row 2, column 1: item-01 aim title="Safe roads"`,
		`table 1, row 2, column 1: item-02 action under=item-01 title="Mend the bridge" owner="AB" rating="amber" reason="Steel is\nlate\nordered"`,
		`table 1, row 3, column 2: item-03 action under=item-01 title="Paint lines" owner="CD" rating="green"`,
		`table 1, row 4, column 1: item-04 section title="WINTER"`,
		`table 1, row 5, column 1: item-05 aim under=item-04 title="Gritting"`,
		`table 1, row 5, column 1: item-06 action under=item-05 title="Buy salt" owner="EF"`,
		`resolved "RESOLVED, that – the report be noted."`)
	if diff := cmp.Diff(want, told(p)); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if !listed(p, "table 1, row 5, column 4: row 6 has no rating") || p.Title != "Roads Action Plan 2021" {
		t.Errorf("title %q, %q", p.Title, allListed(p))
	}
	if _, _, err := p.Command(); err != nil {
		t.Error(err)
	}
}
