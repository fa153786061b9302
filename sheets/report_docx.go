package sheets

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// The parts of a Word document that are the same for every report.
const (
	wordTypes = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>`
	wordRoot  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>`
	wordLinks = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>`
	wordStyle = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:cs="Arial"/><w:sz w:val="20"/><w:lang w:val="en-GB"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="80"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:pPr><w:keepNext/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="36"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:pPr><w:keepNext/><w:spacing w:before="240"/><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/><w:sz w:val="26"/></w:rPr></w:style></w:styles>`
	wordOpen  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`
	wordClose = `<w:sectPr><w:pgSz w:w="16838" w:h="11906" w:orient="landscape"/><w:pgMar w:top="850" w:right="850" w:bottom="850" w:left="850" w:header="400" w:footer="400" w:gutter="0"/></w:sectPr></w:body></w:document>`
)

// glyphs draw a rating's shape in print, where no picture is.
var glyphs = map[string]string{"circle": "●", "ring": "○", "triangle": "▲", "square": "■", "diamond": "◆", "star": "★"}

// word writes a document from top to bottom.
type word struct{ bytes.Buffer }

// WriteDOCX writes the report as a Word document on A4, landscape: headings that readers can jump by, tables whose header is
// repeated on each page, ratings as shape and word on their colour.
func (r Report) WriteDOCX(w io.Writer) error {
	var d word
	d.WriteString(wordOpen)
	d.paragraph("Heading1", r.Title)
	d.paragraph("", r.Plan)
	if r.Class != "" {
		d.paragraph("", r.Class)
	}
	if r.About != "" {
		d.paragraph("", r.About)
	}
	for _, f := range r.Moment {
		d.paragraph("", f.Name+": "+f.Is)
	}
	if len(r.Key) > 0 {
		rows := [][]Cell{}
		for _, k := range r.Key {
			rows = append(rows, []Cell{Words(k.Dimension), k.Rating, Words(k.Says)})
		}
		d.table(Section{Title: "Key of ratings", Columns: []Heading{{Name: "Dimension"}, {Name: "Rating"}, {Name: "What it says", Wide: true}}, Rows: rows})
	}
	for _, s := range r.Sections {
		d.table(s)
	}
	for _, n := range r.Notes {
		d.paragraph("", n)
	}
	if r.Command != "" {
		d.paragraph("", "Made again by: "+r.Command)
	}
	d.WriteString(wordClose)
	core := `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>` +
		escaped(r.Title) + `</dc:title><dc:creator>plantrail</dc:creator><dc:language>en-GB</dc:language></cp:coreProperties>`
	out := zip.NewWriter(w)
	for _, part := range []struct{ name, is string }{{"[Content_Types].xml", wordTypes}, {"_rels/.rels", wordRoot}, {"word/document.xml", d.String()},
		{"word/_rels/document.xml.rels", wordLinks}, {"word/styles.xml", wordStyle}, {"docProps/core.xml", core}} {
		to, err := out.CreateHeader(&zip.FileHeader{Name: part.name, Method: zip.Deflate, Modified: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err == nil {
			_, err = io.WriteString(to, part.is)
		}
		if err != nil {
			return err
		}
	}
	return out.Close()
}

func (d *word) paragraph(style, text string) {
	d.WriteString("<w:p>")
	if style != "" {
		fmt.Fprintf(d, `<w:pPr><w:pStyle w:val="%s"/></w:pPr>`, style)
	}
	d.run(text, "")
	d.WriteString("</w:p>")
}

// run writes text, whose lines stay lines. Properties are of WordprocessingML.
func (d *word) run(text, properties string) {
	d.WriteString("<w:r>")
	if properties != "" {
		d.WriteString("<w:rPr>" + properties + "</w:rPr>")
	}
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			d.WriteString("<w:br/>")
		}
		d.WriteString(`<w:t xml:space="preserve">` + escaped(line) + "</w:t>")
	}
	d.WriteString("</w:r>")
}

// escaped is a text as XML holds it: a character that XML can't hold is replaced.
func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a builder takes everything
	return b.String()
}

func (d *word) table(s Section) {
	d.paragraph("Heading2", s.Title)
	for _, w := range s.Words {
		d.paragraph("", w)
	}
	if len(s.Rows) == 0 {
		d.paragraph("", s.None)
		return
	}
	d.WriteString(`<w:tbl><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>`)
	for _, edge := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		fmt.Fprintf(d, `<w:%s w:val="single" w:sz="4" w:space="0" w:color="6F777B"/>`, edge)
	}
	d.WriteString(`</w:tblBorders><w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>`)
	for _, width := range columnWidths(s) {
		fmt.Fprintf(d, `<w:gridCol w:w="%d"/>`, width)
	}
	d.WriteString(`</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>`)
	for _, c := range s.Columns {
		d.WriteString(`<w:tc><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="F3F2F1"/></w:tcPr><w:p>`)
		d.run(c.Name, "<w:b/>")
		d.WriteString("</w:p></w:tc>")
	}
	d.WriteString("</w:tr>")
	for _, row := range s.Rows {
		d.WriteString("<w:tr><w:trPr><w:cantSplit/></w:trPr>")
		for _, c := range row {
			d.cell(c)
		}
		for range len(s.Columns) - len(row) { // each row of a table has all its cells
			d.cell(Cell{})
		}
		d.WriteString("</w:tr>")
	}
	d.WriteString("</w:tbl>")
	d.paragraph("", "")
}

// Measures of a page in twentieths of a point: the width between its margins, and of 10 point Arial roughly a bold letter and
// what a cell leaves free beside its words.
const pageWide, letterWide, cellEdges = 16838 - 2*850, 130, 240

// columnWidths shares the page out: each column is as wide as its longest word, and what is left goes to those whose lines are
// longest. Where not even the words fit they are broken in each column alike.
func columnWidths(s Section) []int {
	least, more := make([]int, len(s.Columns)), make([]int, len(s.Columns))
	for i, c := range s.Columns {
		texts := []string{c.Name}
		for _, row := range s.Rows {
			if i < len(row) {
				texts = append(texts, marked(row[i]))
			}
		}
		for _, text := range texts {
			for line := range strings.Lines(text) {
				more[i] = max(more[i], min(80, utf8.RuneCountInString(line)))
			}
			for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == '\n' }) {
				least[i] = max(least[i], cellEdges+letterWide*min(24, utf8.RuneCountInString(word)))
			}
		}
	}
	words, lines := 0, 0
	for i := range least {
		words, lines = words+least[i], lines+more[i]
	}
	for i := range least {
		if words > pageWide {
			least[i] = least[i] * pageWide / words
		} else {
			least[i] += (pageWide - words) * more[i] / max(1, lines)
		}
	}
	return least
}

// marked is the text of a cell as it is printed, a rating with its shape before it.
func marked(c Cell) string {
	if glyph := glyphs[c.Shape]; glyph != "" && c.Text != "" {
		return glyph + "\u00a0" + c.Text
	}
	return c.Text
}

func (d *word) cell(c Cell) {
	properties := ""
	d.WriteString("<w:tc><w:tcPr>")
	if fill, known := fills[c.Colour]; c.Kind == RatingCell && known {
		fmt.Fprintf(d, `<w:shd w:val="clear" w:color="auto" w:fill="%s"/>`, strings.ToUpper(strings.TrimPrefix(fill, "#")))
		if properties = "<w:b/>"; c.Colour != "amber" && c.Colour != "white" {
			properties += `<w:color w:val="FFFFFF"/>`
		}
	}
	d.WriteString("</w:tcPr><w:p>")
	d.run(marked(c), properties)
	d.WriteString("</w:p></w:tc>")
}
