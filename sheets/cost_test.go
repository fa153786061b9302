package sheets

import (
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// costly are files of the greatest size that make the reader work hardest.
var costly = []struct{ name, file, unit, head string }{
	{"words that begin like due dates", "x.csv", "target due deadline complete ", "Action,RAG,Reason\nOne,red,"},
	{"paragraphs of names", "", "Action\n\nOwner\n\nRAG\n\nReason\n\n", ""},
	{"lines of names", "", "Action\nOwner\nStatus\n", ""},
	{"bars", "", "Action |\nReason |\n", ""},
	{"bars within lines", "", "Action | RAG | Reason | Owner | Due date\n", ""},
	{"resolutions", "", "RESOLVED that\n", "Action | RAG\na | red\n"},
	{"rows of changes", "x.csv", "One,red,updated from red to green and changed to amber\n", "Action,RAG,Reason\n"},
	{"plan names", "", "The Of And Plan Of The Improvement And\n", "Action | RAG\na | red\n"},
	{"keys", "", "Status: red\nDue date: May\nOwner: x\n", ""},
	{"spaces between names", "", "Action   Owner   RAG   Reason\n", ""},
	{"slashes", "", "Action / Owner / RAG / Reason / x\n", ""},
	{"numbers", "", "1. x\n2. y: areas:\n1. x\n", ""},
	{"flattened names", "", "What Who When Status 1.1 A\n", ""},
	{"back-references", "x.csv", "One,red,same as item 1.1\n", "Action,RAG,Reason\n"},
	{"requests", "x.csv", "One,red,the chairman asked; update to next meeting; members asked\n", "Action,RAG,Reason\n"},
	{"a page of cells", "x.html", "<td>x", "<table><tr><td>Action<td>RAG<tr>"},
	{"a page of tables", "x.html", "<table><tr><td>Action<td>RAG<tr><td>a<td>red</table>", "<html><body>"},
	{"a page of nested elements", "x.html", "<div><b><i><p>", "<html><body>"},
	{"commas", "x.csv", ",,,,,,,,,,\n", "Action,RAG\n"},
	{"short rows", "x.csv", "a,red\n", "Action,RAG\n"},
	{"quotes", "x.csv", "\"\"", "Action,RAG\na,\""},
	{"tags", "", "<b>Action</b> 1.1 ", ""},
	{"measures", "", "caseloads of 20 aaaa bbbb levels of 9 ", ""},
}

// BenchmarkCostOfWorkbooks reads a sheet of the most cells that its limits let through, and one of the most merged areas:
// what a hostile workbook can cost.
func BenchmarkCostOfWorkbooks(b *testing.B) {
	var rows, merged strings.Builder
	for i := range 9_000 {
		fmt.Fprintf(&rows, `<row r="%d">`, i+2)
		for c := range 27 {
			fmt.Fprintf(&rows, `<c r="%s%d"><v>1</v></c>`, columnName(c+1), i+2)
		}
		rows.WriteString("</row>")
	}
	for i := range maxMerged {
		fmt.Fprintf(&merged, `<mergeCell ref="A%d:GR%d"/>`, i%50+2, 9_000)
	}
	for name, data := range map[string]string{"cells": headRow + rows.String(), "merged areas": headRow + manyRows(9_000) + `</sheetData><mergeCells>` + merged.String() + `</mergeCells><sheetData>`,
		"styled cells": headRow + strings.ReplaceAll(rows.String(), "<v>1</v>", ""), "a row far below": headRow + `<row r="1048576">` + inline("A1048576", "x") + `</row>`} {
		b.Run(name, func(b *testing.B) {
			file := sheetOf(b, data)
			for b.Loop() {
				_, _ = Read(file, Options{})
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/file")
		})
	}
}

func columnName(n int) string {
	name, _ := excelize.ColumnNumberToName(n)
	return name
}

// BenchmarkCost reads each at the most text that is read: what a hostile file can cost.
func BenchmarkCost(b *testing.B) {
	for _, c := range costly {
		b.Run(c.name, func(b *testing.B) {
			file := []byte(c.head + strings.Repeat(c.unit, (maxText-len(c.head))/len(c.unit)))
			for b.Loop() {
				_, _ = Read(file, Options{Name: c.file})
			}
			b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s/file")
		})
	}
}

// TestTextOverTheLimitIsRefused: more text than is read is refused before any of it is.
func TestTextOverTheLimitIsRefused(t *testing.T) {
	if _, err := Read([]byte(costly[0].head+strings.Repeat(costly[0].unit, maxText/len(costly[0].unit)+1)), Options{Name: "x.csv"}); err == nil {
		t.Error("it was read")
	}
}
