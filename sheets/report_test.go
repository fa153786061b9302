package sheets

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/net/html"
)

// nasty is a report in which every text tries to be something else.
func nasty() Report {
	const evil = `=HYPERLINK("http://x","<script>alert(1)</script>")`
	rating := Cell{Kind: RatingCell, Text: "Amber", Colour: `amber"><b>`, Shape: "triangle"}
	return Report{Name: "ambers", Title: "<b>Items</b> at risk", Plan: "sdp: " + evil, About: "@SUM(A1)", Moment: []Fact{{"As at", "+version 3"}}, Command: "plantrail report ambers sdp --position 3",
		Key:   []KeyLine{{Dimension: "Delivery", Scheme: "rag.v1", Rating: Cell{Kind: RatingCell, Text: "Amber", Colour: "amber", Shape: "triangle"}, Says: "at risk"}},
		Notes: []string{"</ul><script>x</script>"},
		Sections: []Section{{Title: "At/risk: [all]", None: "Nothing.", Columns: []Heading{{"Item", false}, {"Reason", true}, {"Rating", false}, {"Due", false}, {"Moves", false}},
			Rows: [][]Cell{{{Kind: LinkCell, Text: evil, Href: "javascript:alert(1)"}, Words("-2 days", "\ttab"), rating, {Kind: DateCell, Text: "3 February 2020", Date: "2020-02-03"}, Count(7)},
				{Words("b"), Words(strings.Repeat("é", 40_000)), {Kind: RatingCell}, {Kind: DateCell}, Count(-1)}}}, {Title: "Empty", None: "Nothing was found."}}}
}

func rendered(t *testing.T, r Report, write func(Report, io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(r, &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAReportIsTheSameBytesAgain(t *testing.T) {
	for name, write := range map[string]func(Report, io.Writer) error{"html": Report.WriteHTML, "csv": Report.WriteCSV, "xlsx": Report.WriteXLSX, "docx": Report.WriteDOCX} {
		first := rendered(t, nasty(), write)
		for range 5 {
			if !bytes.Equal(first, rendered(t, nasty(), write)) {
				t.Fatalf("%s differs", name)
			}
		}
	}
}

func TestAReportAsAPage(t *testing.T) {
	page := string(rendered(t, nasty(), Report.WriteHTML))
	tree, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	tags, scoped, captions, lang := map[string]int{}, 0, 0, ""
	for n := range tree.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		tags[n.Data]++
		for _, a := range n.Attr {
			switch {
			case a.Key == "scope":
				scoped++
			case n.Data == "html" && a.Key == "lang":
				lang = a.Val
			case strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "href" && !strings.HasPrefix(a.Val, "#"):
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		captions += map[bool]int{true: 1}[n.Data == "caption"]
	}
	if tags["script"] != 0 || tags["b"] != 0 || tags["h1"] != 1 || tags["main"] != 1 || captions != tags["table"] || scoped != tags["th"] || lang != "en-GB" {
		t.Errorf("%v, %d of %d headers scoped, language %q", tags, scoped, tags["th"], lang)
	}
	for _, want := range []string{"@media print", "M8 1L15.5 15L0.5 15z", "Nothing was found.", "amber triangle", `<time class="date" datetime="2020-02-03">`, "plantrail report ambers sdp --position 3"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, want := range []string{`<th scope="col" class="number">Moves</th>`, `<th scope="col">Due</th>`, `<th scope="row" class="short">b</th>`, `counter(pages)`} {
		if !strings.Contains(page, want) {
			t.Errorf("in print the page lacks %s", want)
		}
	}
	if policy := ReportPolicy(); !strings.Contains(policy, "style-src 'sha256-") || strings.Contains(policy, "unsafe") {
		t.Error(policy)
	}
}

func TestAReportAsCSVRunsNothing(t *testing.T) {
	in := csv.NewReader(bytes.NewReader(rendered(t, nasty(), Report.WriteCSV)))
	lines, err := in.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range lines {
		for _, cell := range line {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("%.40q would be run", cell)
			}
		}
	}
	one := nasty()
	one.Sections = one.Sections[:1]
	if got := string(rendered(t, one, Report.WriteCSV)); !strings.HasPrefix(got, "Item,Reason,Rating,Due,Moves\r\n") || !strings.Contains(got, "\r\nAs at,'+version 3,,,\r\n") {
		t.Errorf("%.200s", got)
	}
	one.Copy = true
	if got := string(rendered(t, one, Report.WriteCSV)); strings.Contains(got, "As at") {
		t.Error("a working copy has more than its table")
	}
}

func TestAReportAsAWorkbook(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(rendered(t, nasty(), Report.WriteXLSX)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.GetSheetList(); !reflect.DeepEqual(got, []string{"At risk   all", "About this report"}) {
		t.Fatalf("%q", got)
	}
	sheet := f.GetSheetList()[0]
	panes, err := f.GetPanes(sheet)
	if err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("the header is not frozen: %+v %v", panes, err)
	}
	for _, name := range f.GetSheetList() {
		rows, _ := f.GetRows(name)
		for y, row := range rows {
			for x := range row {
				at, _ := excelize.CoordinatesToCellName(x+1, y+1)
				if formula, _ := f.GetCellFormula(name, at); formula != "" {
					t.Errorf("%s %s holds the formula %s", name, at, formula)
				}
			}
		}
	}
	if page, err := f.GetPageLayout(sheet); err != nil || *page.FitToWidth != 1 || *page.Orientation != "landscape" || len(f.GetDefinedName()) != 1 {
		t.Errorf("it is printed as %+v, %v, with %v", page, err, f.GetDefinedName())
	}
	if wide, _ := f.GetColWidth(sheet, "B"); wide != 48 {
		t.Errorf("the reason's column is %v wide", wide)
	}
	if kind, _ := f.GetCellType(sheet, "E2"); kind == excelize.CellTypeSharedString {
		t.Error("a number is a text")
	}
	if long, _ := f.GetCellValue(sheet, "B3"); !strings.HasSuffix(long, "of this report]") {
		t.Errorf("a long text ends %q", long[len(long)-40:])
	}
}

func TestAReportComesBackFromJSON(t *testing.T) {
	b, err := json.Marshal(nasty())
	if err != nil {
		t.Fatal(err)
	}
	var again Report
	if err := json.Unmarshal(b, &again); err != nil || !reflect.DeepEqual(again, nasty()) {
		t.Errorf("%v %+v", err, again)
	}
}

// A report as a Word document is well formed whatever its words are, keeps its tables as tables, and says ratings in words, shapes
// and colours.
func TestAReportAsAWordDocument(t *testing.T) {
	r := nasty()
	r.Class = "Public"
	r.Sections[0].Rows[0][2].Colour = "amber"
	r.Sections[0].Rows[1][1] = Words("two\nlines\x00 & <more>")
	file := rendered(t, r, Report.WriteDOCX)
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range z.File {
		part, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(part)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = string(b)
		for d := xml.NewDecoder(bytes.NewReader(b)); ; {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
	}
	body := parts["word/document.xml"]
	for _, want := range []string{"<w:tblHeader/>", "▲\u00a0Amber", `w:fill="F5A623"`, "&lt;b&gt;Items&lt;/b&gt; at risk", "two</w:t><w:br/>", "Key of ratings", "Made again by: plantrail report ambers sdp --position 3", ">Public<", "Nothing was found."} {
		if !strings.Contains(body, want) {
			t.Errorf("the document lacks %s", want)
		}
	}
	if strings.Contains(body, "<script") || strings.Count(body, "<w:tbl>") != 2 || strings.Count(body, "<w:tr>") != 2+3 {
		t.Errorf("%d tables of %d rows", strings.Count(body, "<w:tbl>"), strings.Count(body, "<w:tr>"))
	}
}

// No word of a table in a Word document is broken while there is room for it, and the table is as wide as the page.
func TestColumnsOfAWordDocumentHoldTheirWords(t *testing.T) {
	s := Section{Columns: []Heading{{"Ref", false}, {"Responsible directorate", false}, {"RAG", false}, {"Progress", true}},
		Rows: [][]Cell{{Words("1.1"), Words("Communities"), {Kind: RatingCell, Text: "Amber", Shape: "triangle"}, Words(strings.Repeat("The works go on. ", 30))}}}
	widths, sum := columnWidths(s), 0
	for i, longest := range []int{len("Ref"), len("Responsible"), len("▲ Amber") - 2, len("Progress")} {
		if sum += widths[i]; widths[i] < longest*letterWide+cellEdges {
			t.Errorf("column %d has %d for %d letters", i+1, widths[i], longest)
		}
	}
	if widths[3] < 2*widths[1] || sum > pageWide || sum < pageWide-len(widths) {
		t.Errorf("%v are %d of %d", widths, sum, pageWide)
	}
	for range 20 {
		s.Columns = append(s.Columns, Heading{Name: "Unaccommodating"})
	}
	sum = 0
	for _, w := range columnWidths(s) {
		sum += w
	}
	if sum > pageWide {
		t.Errorf("%d of %d", sum, pageWide)
	}
}
