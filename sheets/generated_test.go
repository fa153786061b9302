package sheets

import (
	"encoding/csv"
	"fmt"
	"math/rand"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"plantrail/domain"
	"plantrail/domain/domaintest"
)

// made is one row of a made-up tracker, as it should be read.
type made struct {
	aim, ref, title, owner, reason string
	due                            domain.Date
	rating                         string
}

// tracker makes a tracker of some rows.
func tracker(r *rand.Rand) []made {
	verbs, things := []string{"Open", "Train", "Publish", "Review", "Agree", "Recruit"}, []string{"the hub", "foster carers", "a guide", "care plans", "the budget", "two officers"}
	rows := make([]made, 3+r.Intn(20))
	for i := range rows {
		rows[i] = made{aim: fmt.Sprintf("Aim %c is reached", 'A'+i/4), ref: fmt.Sprintf("%d.%d", i/4+1, i%4+1),
			title: verbs[r.Intn(6)] + " " + things[r.Intn(6)] + fmt.Sprintf(" in ward %d", i), owner: []string{"Head of Service", "AB", "AB/CD", ""}[r.Intn(4)],
			reason: []string{"Lease late, again", "Waiting for a committee slot", "Nobody in post; advert is out", ""}[r.Intn(4)],
			due:    domain.Day(2020+r.Intn(3), time.Month(1+r.Intn(12)), 1+r.Intn(28)), rating: []string{"red", "amber", "green", ""}[r.Intn(4)]}
	}
	return rows
}

// columnsOf are the columns of a tracker: names that councils use for it, and how a cell is written.
var columnsOf = []struct {
	names []string
	cell  func(made, *rand.Rand) string
}{
	{[]string{"Aim", "Objective", "Recommendation"}, func(m made, _ *rand.Rand) string { return m.aim }},
	{[]string{"Ref", "Ref.", "Reference", "No", "Action Ref"}, func(m made, _ *rand.Rand) string { return m.ref }},
	{[]string{"Action", "Action Required", "Agreed Action", "Actions to be taken", "Task"}, func(m made, _ *rand.Rand) string { return m.title }},
	{[]string{"Owner", "Lead", "Lead Officer", "Responsible Officer", "Who?"}, func(m made, _ *rand.Rand) string { return m.owner }},
	{[]string{"Due date", "Target Date", "Deadline", "By when", "Timescale"}, func(m made, r *rand.Rand) string {
		return m.due.Start().Format([]string{"2 January 2006", "02/01/2006", "2.1.06", "2006-01-02", "Mon 2 Jan 2006"}[r.Intn(5)])
	}},
	{[]string{"RAG", "RAG Rating", "RAG Status", "BRAG", "Status"}, func(m made, r *rand.Rand) string {
		if m.rating == "" || r.Intn(3) > 0 {
			return strings.ToUpper(m.rating)
		}
		return strings.ToUpper(m.rating[:1])
	}},
	{[]string{"Reason", "Reason for rating", "Comments", "Progress update", "Justification"}, func(m made, _ *rand.Rand) string { return m.reason }},
}

// mutations spoil a tracker as people do. A typo may cost a column, never make a wrong rating or date.
var mutations = []string{"none", "columns in another order", "merged aims", "typos in names", "header repeated", "title rows above", "empty rows", "a rating mistyped", "a date mistyped", "a section row"}

// laidOut writes a tracker as a table with one mutation.
func laidOut(rows []made, how string, r *rand.Rand) [][]string {
	order := []int{0, 1, 2, 3, 4, 5, 6}
	if how == "columns in another order" {
		r.Shuffle(7, func(i, j int) { order[i], order[j] = order[j], order[i] })
	}
	head := make([]string, 7)
	for to, from := range order {
		c := columnsOf[from]
		head[to] = c.names[r.Intn(len(c.names))]
	}
	if how == "typos in names" {
		i := r.Intn(7)
		at := r.Intn(len(head[i]))
		head[i] = head[i][:at] + "x" + head[i][at:]
	}
	var table [][]string
	if how == "title rows above" {
		table = append(table, []string{"Improvement tracker", "", "", "", "", "", ""}, []string{"", "", "", "", "", "", ""})
	}
	table = append(table, head)
	for n, m := range rows {
		line := make([]string, 7)
		for to, from := range order {
			line[to] = columnsOf[from].cell(m, r)
			switch {
			case how == "merged aims" && from == 0 && n > 0 && rows[n-1].aim == m.aim:
				line[to] = ""
			case how == "a rating mistyped" && from == 5 && n == 0:
				line[to] = []string{"Ambre", "Amber/Red", "on going", "Rde", "??"}[r.Intn(5)]
			case how == "a date mistyped" && from == 4 && n == 0:
				line[to] = []string{"31/02/2021", "2021", "13/13/2020", "ongoing", "Q3"}[r.Intn(5)]
			}
		}
		switch {
		case how == "header repeated" && n == 2, how == "a section row" && n == 2:
			extra := head
			if how == "a section row" {
				extra = []string{"PRIORITY TWO", "", "", "", "", "", ""}
			}
			table = append(table, extra)
		case how == "empty rows":
			table = append(table, make([]string, 7))
		}
		table = append(table, line)
	}
	return table
}

// written puts a table into a file of a format.
func written(t *testing.T, table [][]string, format string) []byte {
	switch format {
	case "csv":
		var b strings.Builder
		w := csv.NewWriter(&b)
		_ = w.WriteAll(table)
		return []byte(b.String())
	case "html":
		var b strings.Builder
		b.WriteString("<html><body><table>")
		for _, r := range table {
			b.WriteString("<tr><td>" + strings.Join(r, "</td><td>") + "</td></tr>")
		}
		return []byte(b.String() + "</table></body></html>")
	case "docx":
		var b strings.Builder
		for _, r := range table {
			b.WriteString(wtr(append([]string{}, r...)...))
		}
		return docx(t, "<w:tbl>"+b.String()+"</w:tbl>")
	case "bars":
		var b strings.Builder
		for _, r := range table {
			b.WriteString(strings.Join(r, " | ") + "\n")
		}
		return []byte(b.String())
	}
	rows := make([][]any, len(table))
	for i, r := range table {
		for _, c := range r {
			rows[i] = append(rows[i], c)
		}
	}
	return xlsx(t, rows, func(*excelize.File) {})
}

// score is what reading some trackers came to, cell by cell.
type score struct{ files, refused, cells, right, missing, wrong int }

// TestGeneratedTrackers reads made-up trackers with mutations in five formats and prints how much of them is read. A
// rating or date that is not the tracker's is a failure; a cell that is not read is only counted.
func TestGeneratedTrackers(t *testing.T) {
	domaintest.Long(t)
	var all score
	for _, how := range mutations {
		var s score
		for seed := range 20 {
			for _, format := range []string{"csv", "bars", "html", "docx", "xlsx"} {
				r := rand.New(rand.NewSource(int64(seed)))
				rows := tracker(r)
				s.read(t, rows, written(t, laidOut(rows, how, r), format), fmt.Sprintf("%s, seed %d, %s", how, seed, format), "x."+format)
			}
		}
		t.Logf("%-26s %3d files, %2d refused; of %5d cells %6.2f%% right, %5.2f%% not read, %d wrong", how, s.files, s.refused, s.cells,
			100*float64(s.right)/float64(s.cells), 100*float64(s.missing)/float64(s.cells), s.wrong)
		all.right, all.cells, all.wrong = all.right+s.right, all.cells+s.cells, all.wrong+s.wrong
	}
	if got := float64(all.right) / float64(all.cells); got < 0.97 {
		t.Errorf("%.2f%% of all cells are right, want 97%%", 100*got)
	}
}

func (s *score) read(t *testing.T, rows []made, file []byte, what, name string) {
	t.Helper()
	s.files++
	p, err := Read(file, Options{Name: name})
	if err != nil {
		s.refused++
		s.cells += 5 * len(rows)
		s.missing += 5 * len(rows)
		return
	}
	byTitle := map[string]Row{}
	for _, r := range p.Rows {
		byTitle[r.Title] = r
	}
	tell := func(field, got, want string) {
		s.cells++
		switch {
		case got == want:
			s.right++
		case got == "":
			s.missing++
		default:
			s.wrong++
			if field == "rating" || field == "due" {
				t.Errorf("%s: %s is %q, want %q", what, field, got, want)
			}
		}
	}
	for i, m := range rows {
		r := byTitle[m.title]
		if strings.Contains(what, "mistyped") && i == 0 { // what was mistyped must not be read as anything
			if strings.Contains(what, "rating") && r.Rating.Value != "" || strings.Contains(what, "date") && !r.Due.IsZero() {
				t.Errorf("%s: a mistyped cell is read: %+v", what, r)
			}
			continue
		}
		tell("ref", r.Ref, m.ref)
		tell("owner", r.Owner, m.owner)
		tell("due", r.Due.String(), m.due.String())
		tell("rating", r.Rating.Value, m.rating)
		reason := r.Reason
		if len(r.Progress) > 0 {
			reason = r.Progress[0]
		}
		tell("reason", reason, m.reason)
	}
}
