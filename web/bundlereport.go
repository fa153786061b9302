package web

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/projections"
)

//go:embed report.html
var reportSource string

// report is the page that a bundle carries for people: no script, nothing loaded from elsewhere, fit for print.
var report = template.Must(template.New("report").Funcs(template.FuncMap{
	"words":    plainWords,
	"instant":  func(t time.Time) string { return t.UTC().Format("2 January 2006 15:04:05 UTC") },
	"spaced":   func(v any) string { return strings.NewReplacer("_", " ", "-", " ").Replace(fmt.Sprint(v)) },
	"who":      func(w projections.Who) string { return firstWord(w.Name, string(w.ID)) },
	"document": documentName,
}).Parse(reportSource))

func firstWord(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// plainWords is a text for people. One that was erased says when and on whose authority.
func plainWords(v any) string {
	w, ok := v.(projections.Words)
	if p, isPointer := v.(*projections.Words); isPointer && p != nil {
		w, ok = *p, true
	}
	switch {
	case !ok:
		return ""
	case !w.Erased:
		return w.Text
	case w.ErasedBy == nil:
		return "[lost: nobody had it erased]"
	case w.ErasedBy.Authority == nil:
		return "[erased on " + w.ErasedBy.Stated.Words() + "]"
	}
	return "[erased on " + w.ErasedBy.Stated.Words() + " under " + w.ErasedBy.Authority.Body + "]"
}

func writeReport(w io.Writer, org domain.OrgID, plan projections.PlanView, item domain.ItemID, entries []projections.Entry, files []EvidenceFile) error {
	items := []projections.ItemView{}
	for _, it := range plan.Items {
		if item == "" || it.Item == item {
			items = append(items, it)
		}
	}
	return report.Execute(w, map[string]any{"Org": org, "Plan": plan, "Item": item, "Items": items, "Entries": entries, "Files": files})
}
