package sheets_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/domain/journaltest"
	"plantrail/sheets"
)

// line is one row of a tracker that is kept from month to month, and the item that it is.
type line struct {
	name                              string // which row it is, whatever becomes of its words
	ref, aim, title, owner, rag, said string
	due                               domain.Date
}

// tracker is a tracker as it is kept: its rows, how its columns are called and ordered, and what changed in it this month.
type tracker struct {
	*rand.Rand
	lines   []line
	order   []int
	heads   [7]string
	n       int
	changes map[string]int // e.g. "rated r-3 red" → how often
}

var headWords = [7][]string{{"Ref", "Reference", "Action Ref"}, {"Objective", "Aim"}, {"Action", "Action required", "Agreed action"},
	{"Lead officer", "Owner", "Responsible officer"}, {"Due date", "Target date", "Deadline"}, {"RAG", "RAG rating", "RAG status"},
	{"Reason for rating", "Reason", "Justification"}}

var (
	verbs  = []string{"Recruit", "Train", "Publish", "Review", "Agree", "Open", "Audit", "Commission", "Consult on", "Rewrite"}
	things = []string{"foster carers", "the duty desk", "pathway plans", "a welcome guide", "the placement budget", "social work posts", "transport contracts", "library hours", "the highways backlog", "supervision records"}
	places = []string{"north", "south", "Overbury", "Castle", "Millfield", "Harbour", "Kingsway", "Thornton", "Westgate", "Ashdown", "Priory", "St Mary's"}
	people = []string{"Ann Lee", "Ben Ash", "Head of Service", "Cy Oak / Di Elm", "Ed Fox"}
	causes = []string{"Panel is late", "Nobody in post", "The lease is signed", "Waiting for a committee slot", "Two of five wards are done"}
)

func newTracker(seed int64) *tracker {
	t := &tracker{Rand: rand.New(rand.NewSource(seed)), order: []int{0, 1, 2, 3, 4, 5, 6}, changes: map[string]int{}}
	t.renameHeads()
	for range 40 + t.Intn(61) {
		t.add()
	}
	return t
}

func (t *tracker) renameHeads() {
	for i, words := range headWords {
		t.heads[i] = words[t.Intn(len(words))]
	}
}

func (t *tracker) pick(words []string) string { return words[t.Intn(len(words))] }

func (t *tracker) day() domain.Date {
	return domain.Day(2021+t.Intn(3), time.Month(1+t.Intn(12)), 1+t.Intn(28))
}

// add is a new row. Two of three have references; the others are known by their words, which are unlike all others.
func (t *tracker) add() line {
	t.n++
	l := line{name: fmt.Sprint("r-", t.n), aim: fmt.Sprintf("Aim %c is reached", 'A'+t.n%4), owner: t.pick(people), due: t.day(),
		rag: t.pick([]string{"red", "amber", "green"}), said: fmt.Sprintf("%s, step %d", t.pick(causes), t.n)}
	l.title = fmt.Sprintf("%s %s in %s and %s %s", verbs[t.n%10], things[t.n/10%10], places[t.n*7%12], t.pick([]string{"tell", "write to", "meet", "ask"}), places[t.n*5%12])
	if t.n%3 > 0 {
		l.ref = fmt.Sprintf("%d.%d", t.n%4+1, t.n)
	}
	t.lines = append(t.lines, l)
	return l
}

// month lets a month pass: every row may change in one way, some go, some come, and the sheet is laid out anew.
func (t *tracker) month() {
	t.changes = map[string]int{}
	told := func(what string, l *line, to string) { t.changes[what+" "+l.name+" "+to]++ }
	for i := range t.lines {
		l := &t.lines[i]
		switch t.Intn(12) {
		case 0:
			l.rag = map[string]string{"red": "amber", "amber": "green", "green": "red"}[l.rag]
			l.said = fmt.Sprintf("%s, look %d", t.pick(causes), t.Intn(1_000_000))
			told("rated", l, l.rag)
		case 1:
			l.said = fmt.Sprintf("%s, look %d", t.pick(causes), t.Intn(1_000_000))
			told("rated", l, l.rag)
		case 2:
			l.due = domain.DayOf(l.due.Start().AddDate(0, 0, 1+t.Intn(90)))
			told("due", l, l.due.String())
		case 3:
			l.owner = t.pick([]string{"Gil Hay", "Interim Director", "Hal Ivy"}) + fmt.Sprint(" ", t.Intn(1_000_000))
			told("owner", l, l.owner)
		case 4:
			at := 1 + t.Intn(len(l.title)-2)
			l.title = l.title[:at] + "x" + l.title[at:]
			told("reworded", l, l.title)
		}
	}
	for range t.Intn(3) {
		at := t.Intn(len(t.lines))
		told("gone", &t.lines[at], "")
		maps.DeleteFunc(t.changes, func(c string, _ int) bool { // of a row that is not there nothing else is told
			return strings.Fields(c)[1] == t.lines[at].name && !strings.HasPrefix(c, "gone")
		})
		t.lines = slices.Delete(t.lines, at, at+1)
	}
	for range t.Intn(3) {
		l := t.add()
		told("new", &l, "")
	}
	switch t.Intn(4) {
	case 0:
		t.Shuffle(7, func(i, j int) { t.order[i], t.order[j] = t.order[j], t.order[i] })
	case 1:
		t.renameHeads()
	case 2:
		t.Shuffle(len(t.lines), func(i, j int) { t.lines[i], t.lines[j] = t.lines[j], t.lines[i] })
	}
}

func (t *tracker) table() [][]string {
	table := [][]string{make([]string, 7)}
	for to, from := range t.order {
		table[0][to] = t.heads[from]
	}
	for _, l := range t.lines {
		cells := [7]string{l.ref, l.aim, l.title, l.owner, l.due.Start().Format("02/01/2006"), strings.ToUpper(l.rag), l.said}
		row := make([]string, 7)
		for to, from := range t.order {
			row[to] = cells[from]
		}
		table = append(table, row)
	}
	return table
}

// file writes the tracker as it is now.
func (t *tracker) file(tb testing.TB, format string) []byte {
	var b bytes.Buffer
	if format == "csv" {
		_ = csv.NewWriter(&b).WriteAll(t.table())
		return b.Bytes()
	}
	f := excelize.NewFile()
	for i, row := range t.table() {
		if err := f.SetSheetRow("Sheet1", fmt.Sprint("A", i+1), &row); err != nil {
			tb.Fatal(err)
		}
	}
	if err := f.Write(&b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// history is what a plan's journal holds, as a newer copy is compared with it.
type history struct {
	names map[domain.ItemID]string // of rows
	items map[domain.ItemID]*sheets.KnownItem
	last  *sheets.Proposal
	seen  int
}

func (h *history) known(plan *domain.Plan, all []domain.Recorded) *sheets.Known {
	first, _ := plan.Dimension("")
	k := &sheets.Known{Title: "Plan", State: plan.PlanState}
	for _, r := range all {
		it := h.items[r.Item()]
		switch e := r.Event.(type) {
		case *domain.PaperImported:
			k.Columns, k.Latest, k.LatestFile = append(k.Columns, e.Columns), r.Stated, e.SHA256
		case *domain.ItemAdded:
			h.items[e.Item] = &sheets.KnownItem{Title: string(e.Title), Owner: string(e.Owner), Reasons: map[string]string{}}
		case *domain.ItemReworded:
			it.Title = string(e.Title)
		case *domain.OwnerAssigned:
			it.Owner = string(e.Owner)
		case *domain.RatingChanged:
			it.Reasons[first.Key] = string(e.Justification)
		case *domain.RatingAffirmed:
			it.Reasons[first.Key] = string(e.Justification)
		}
	}
	for _, it := range plan.Items() {
		h.items[it.ID].Item = it
		k.Items = append(k.Items, *h.items[it.ID])
	}
	return k
}

// withTexts is the plan, and its events with their texts.
func withTexts(t *testing.T, journal *journaltest.Memory) (*domain.Plan, []domain.Recorded) {
	plan, all := folded(t, journal, "plan")
	for _, r := range all {
		words := journal.TextsOf(r.ID)
		for name, text := range domain.Texts(r.Event) {
			*text = domain.Text(words[name])
		}
	}
	return plan, all
}

// told are the changes that the events of one copy record, in the words of the tracker's own.
func (h *history) told(events []domain.Recorded, lines []line) map[string]int {
	got := map[string]int{}
	tell := func(what string, item domain.ItemID, to string) { got[what+" "+h.names[item]+" "+to]++ }
	fresh := map[domain.ItemID]bool{}
	for _, r := range events {
		switch e := r.Event.(type) {
		case *domain.ItemAdded:
			fresh[e.Item] = true
			at := slices.IndexFunc(lines, func(l line) bool { return l.title == string(e.Title) })
			if at < 0 {
				continue // an aim
			}
			h.names[e.Item] = lines[at].name
			tell("new", e.Item, "")
		case *domain.ItemReworded:
			tell("reworded", e.Item, string(e.Title))
		case *domain.OwnerAssigned:
			tell("owner", e.Item, string(e.Owner))
		case *domain.DueDateMoved:
			tell("due", e.Item, e.To.String())
		case *domain.RatingChanged:
			if !fresh[e.Item] {
				tell("rated", e.Item, e.To)
			}
		case *domain.RatingAffirmed:
			tell("rated", e.Item, e.Value)
		case *domain.ItemMoved, *domain.ItemCancelled, *domain.DueDateSet:
			tell(fmt.Sprintf("%T", e), r.Item(), "")
		}
	}
	for _, o := range h.last.Offers {
		if strings.HasPrefix(o.ID, "gone:") {
			tell("gone", o.Item, "")
		}
	}
	return got
}

// TestTwelveMonthlyCopiesBecomeTwelveMonthsOfHistory keeps made-up trackers for twelve months, records each copy, and holds
// what the history says against what was changed. A wrong rating or date is a failure; the accuracy is printed.
func TestTwelveMonthlyCopiesBecomeTwelveMonthsOfHistory(t *testing.T) {
	domaintest.Long(t)
	for _, format := range []string{"csv", "xlsx"} {
		matched, missed, wrong := 0, 0, 0
		for seed := range int64(5) {
			m, x, f := keepForAYear(t, seed, format)
			matched, missed, wrong = matched+m, missed+x, wrong+f
		}
		t.Logf("%-4s 5 trackers, 12 months each: %d changes matched, %d missed, %d false (%.2f%% right)", format, matched, missed, wrong,
			100*float64(matched)/float64(matched+missed+wrong))
		if 50*(missed+wrong) > matched {
			t.Errorf("%s: fewer than 98%% of the changes are right", format)
		}
	}
}

func keepForAYear(t *testing.T, seed int64, format string) (matched, missed, wrong int) {
	tr, journal := newTracker(seed), journaltest.New(t)
	service := domain.NewService(journal)
	h := &history{names: map[domain.ItemID]string{}, items: map[domain.ItemID]*sheets.KnownItem{}}
	gone := map[string]int{}
	for month := range 13 {
		if month > 0 {
			tr.month()
		}
		options := sheets.Options{Plan: "plan", Title: "Plan", AsAt: domain.Month(2021+month/12, time.Month(month%12+1)), Name: "tracker." + format}
		if month > 0 {
			options.Known = h.known(withTexts(t, journal))
		}
		p, err := sheets.Read(tr.file(t, format), options)
		if err != nil {
			t.Fatal(err)
		}
		h.last = p
		if _, err := record(t, service, p); err != nil {
			t.Fatalf("seed %d, month %d: %v", seed, month, err)
		}
		_, all := withTexts(t, journal)
		got := h.told(all[h.seen:], tr.lines)
		if h.seen = len(all); month == 0 {
			continue
		}
		for c := range tr.changes {
			if strings.HasPrefix(c, "gone ") {
				gone[c] = 1
			}
		}
		want := maps.Clone(tr.changes)
		maps.Copy(want, gone) // asked after until somebody answers
		for c, n := range want {
			matched += min(n, got[c])
			if got[c] < n {
				missed++
				t.Logf("seed %d, month %d: missed %s", seed, month, c)
			}
		}
		for c, n := range got {
			if n > want[c] {
				wrong++
				if strings.HasPrefix(c, "rated") || strings.HasPrefix(c, "due") {
					t.Errorf("seed %d, month %d: a wrong %s", seed, month, c)
				} else {
					t.Logf("seed %d, month %d: false %s", seed, month, c)
				}
			}
		}
	}
	return matched, missed, wrong
}
