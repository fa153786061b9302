package sheets

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"strings"
)

//go:embed report.html
var reportSource string

//go:embed report.css
var reportStyle string

// reportPage is a report as a page: no script, nothing loaded from elsewhere, fit for print and for readers who hear it.
// All that it is given is escaped where it stands.
var reportPage = template.Must(template.New("report").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(reportStyle) }, // our own file
	"mark":  MarkOf, "lines": func(s string) []string { return strings.Split(s, "\n") },
}).Parse(reportSource))

// WriteHTML writes the report as a page.
func (r Report) WriteHTML(w io.Writer) error { return reportPage.Execute(w, r) }

// ReportPolicy is the Content-Security-Policy under which the page shows as it is meant: its own style and nothing else.
func ReportPolicy() string {
	sum := sha256.Sum256([]byte(reportStyle))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; frame-ancestors 'none'"
}

// Mark is how a rating's value is drawn beside its word: a path in a square of 16, and a colour. Ring says that the path is
// drawn and not filled. A shape that is not known has no path.
type Mark struct {
	Path, Fill string
	Ring       bool
}

var outlines = map[string]string{
	"circle": "M8 1a7 7 0 1 0 0 14a7 7 0 1 0 0 -14z", "ring": "M8 2a6 6 0 1 0 0 12a6 6 0 1 0 0 -12z",
	"triangle": "M8 1L15.5 15L0.5 15z", "square": "M2 2L14 2L14 14L2 14z", "diamond": "M8 0.5L15.5 8L8 15.5L0.5 8z",
	"star": "M8 0.5L10 6H15.5L11 9.5L12.7 15L8 11.7L3.3 15L5 9.5L0.5 6H6z",
}

// fills are the colours that schemes name, each dark or bright enough beside its black outline.
var fills = map[string]string{"red": "#d4351c", "amber": "#f5a623", "green": "#00703c", "blue": "#1d70b8", "grey": "#6f777b",
	"purple": "#4c2c92", "black": "#0b0c0c", "white": "#ffffff"}

// MarkOf is the mark of a shape and a colour as schemes name them.
func MarkOf(shape, colour string) Mark {
	fill, known := fills[colour]
	if !known {
		fill = "#ffffff"
	}
	return Mark{Path: outlines[shape], Fill: fill, Ring: shape == "ring"}
}
