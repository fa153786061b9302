package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
)

// BenchmarkImport gives a workbook of 10,000 rows to a server as an officer does: looked at, recorded, and a month later the
// next copy looked at and recorded. It reports what each step takes and the most memory that the server ever held.
func BenchmarkImport(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		first, second := filepath.Join(dir, "first.xlsx"), filepath.Join(dir, "second.xlsx")
		workbook(b, first, 0)
		workbook(b, second, 10)
		data := filepath.Join(dir, "data")
		plantrailOn(b, data, "init")
		s := serveFor(b, data)
		b.ReportMetric(memory(b, s.cmd.Process.Pid, "VmHWM"), "start-MB")
		took := func(metric string, args ...string) {
			began := time.Now()
			plantrailOn(b, data, append([]string{"import", "--plan", "big", "--title", "Big plan"}, args...)...)
			b.ReportMetric(time.Since(began).Seconds(), metric)
		}
		took("looked-s", first, "--as-at", "2026-01-31")
		b.ReportMetric(memory(b, s.cmd.Process.Pid, "VmHWM"), "looked-MB")
		took("recorded-s", first, "--as-at", "2026-01-31", "--apply")
		b.ReportMetric(memory(b, s.cmd.Process.Pid, "VmHWM"), "recorded-MB")
		took("looked-again-s", second, "--as-at", "2026-02-28")
		took("recorded-again-s", second, "--as-at", "2026-02-28", "--apply")
		b.ReportMetric(memory(b, s.cmd.Process.Pid, "VmHWM"), "most-MB")
		_ = s.cmd.Process.Signal(os.Interrupt)
		<-s.done
	}
}

func plantrailOn(b *testing.B, data string, args ...string) {
	b.Helper()
	if out, err := exec.Command("plantrail", append([]string{"--data", data}, args...)...).CombinedOutput(); err != nil {
		b.Fatalf("%v: %v\n%.2000s", args, err, out)
	}
}

// workbook is a tracker of 10,000 actions with figures beside every tenth; each nth row of a later copy says something new.
func workbook(b *testing.B, file string, news int) {
	b.Helper()
	f := excelize.NewFile()
	w, err := f.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	rows := [][]any{{"Reference", "Action", "Lead officer", "Target date", "RAG", "Reason", "Success measure", "Baseline", "Target", "Current"}}
	for i := range 10_000 {
		row := []any{fmt.Sprintf("%d.%d", i/100+1, i%100+1), fmt.Sprintf("Do thing number %d for the residents of the ward, as agreed", i), fmt.Sprintf("Head of Service %d", i%7),
			time.Date(2027, 3, 1+i%28, 0, 0, 0, 0, time.UTC).Format("02/01/2006"), []string{"Red", "Amber", "Green"}[i%3], fmt.Sprintf("Waiting for part %d, then on with the rest", i)}
		if i%10 == 0 {
			row = append(row, fmt.Sprintf("Share of thing %d", i), "40%", "80%", fmt.Sprintf("%d%%", 45+news))
		}
		if news > 0 && i%news == 1 {
			row[4], row[5] = "Green", fmt.Sprintf("Part %d has come", i)
		}
		rows = append(rows, row)
	}
	for i, row := range rows {
		if err := w.SetRow(fmt.Sprint("A", i+1), row); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.SaveAs(file); err != nil {
		b.Fatal(err)
	}
}
