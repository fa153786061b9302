package sheets

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain"
	"plantrail/domain/domaintest"
)

func city(t *testing.T) []byte {
	t.Helper()
	return domaintest.Paper(t, "seeds/city-of-london-sdp.txt")
}

var third = domain.Day(2020, time.February, 3)

// cityRows are the paper's rows by their places, read off by eye: the line of the aim, the reason's first and last words
// and its length in bytes
// (counted outside Go), what it points to, what it changes to.
var cityRows = []struct {
	line          string
	begins        string
	first, last   string
	bytes         int
	sameAs, green bool
}{
	{"line 6", "Young people (care leavers) to have practice", "New staff in place", "through the CiCC.", 110, false, false},
	{"line 8", "To build expertise in direct work", "Target date March", "not overdue", 38, false, false},
	{"line 10", "Develop identification", "New training", "not yet completed", 51, false, false},
	{"line 12", "That each care experienced young person", "Exploring opportunities", "Sub-Committee meeting", 181, false, false},
	{"line 14", "Welcome pack to include", "Need to improve", "who cannot read", 178, false, false},
	{"line 16", "Care experienced young people are fully", "This is discussed", "in the CiCC.", 48, false, false},
	{"line 18", "Young people in care and care leavers know", "Information sheet", "translated", 40, false, false},
	{"line 20", "Improve mental health", "The Corporation is", "to develop service.", 120, false, false},
	{"line 22", "Young people have a choice", "Same as", "above", 13, true, false},
	{"line 24", "Care leavers will be supported", "Updated", "to GREEN", 16, false, true},
	{"line 26", "Continue to improve our understanding", "Updated", "to GREEN", 16, false, true},
	{"line 28", "Strengthen Equalities", "Ensuring audits", "at next meeting.", 108, false, false},
	{"line 30", "Young people receive a consistently good", "The process was", "every 6 months.", 97, false, false},
}

func TestCityOfLondonReadsAsPrinted(t *testing.T) {
	file := city(t)
	p, err := Read(file, Options{Name: "papers/city.txt"})
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Rows) != len(cityRows) {
		t.Fatalf("%d rows, want %d", len(p.Rows), len(cityRows))
	}
	for i, want := range cityRows {
		r := p.Rows[i]
		if r.Place != want.line || !strings.HasPrefix(r.Title, want.begins) {
			t.Errorf("row %d is %s %q, want %s %q...", i+1, r.Place, r.Title, want.line, want.begins)
		}
		if !strings.HasPrefix(r.Reason, want.first) || !strings.HasSuffix(r.Reason, want.last) || len(r.Reason) != want.bytes {
			t.Errorf("row %d: reason of %d bytes %q, want %d bytes %q ... %q", i+1, len(r.Reason), r.Reason, want.bytes, want.first, want.last)
		}
		if !strings.Contains(string(file), "\n"+r.Title+" |\n"+r.Reason+" |\n") {
			t.Errorf("row %d is not in the file as it was read: %q, %q", i+1, r.Title, r.Reason)
		}
		if r.Rating.Value != "amber" || r.Rating.Sure != "header" || r.Rating.Place != "line 5" {
			t.Errorf("row %d was received as %+v, want amber by the header", i+1, r.Rating)
		}
		if got := r.SameAs == "item-08"; got != want.sameAs || r.SameAs != "" && !got {
			t.Errorf("row %d points to %q", i+1, r.SameAs)
		}
		if got := len(r.Changes) == 1 && r.Changes[0].To == "green" && r.Changes[0].Words == r.Reason; got != want.green || len(r.Changes) > 1 {
			t.Errorf("row %d changes %+v", i+1, r.Changes)
		}
		if !r.Due.IsZero() || r.Owner != "" || r.Ref != "" {
			t.Errorf("row %d has a due date, owner or reference out of nothing: %+v", i+1, r)
		}
	}
}

func TestCityOfLondonAroundTheTable(t *testing.T) {
	p, err := Read(city(t), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Title != "Service Development Plan 2019-20" || p.Plan != "service-development-plan-2019-20" || p.TitlePlace != "line 2" {
		t.Errorf("title %q of %s, plan %s", p.Title, p.TitlePlace, p.Plan)
	}
	if len(p.Needs) != 1 || !strings.HasPrefix(p.Needs[0], "--meeting-date") || !p.MeetingDate.IsZero() {
		t.Errorf("needs %q, want the meeting's date alone", p.Needs)
	}
	if len(p.Offers) != 4 || p.Offers[0].ID != "due:2" || p.Offers[0].Date != domain.Month(2020, time.March) || p.Offers[0].Accepted {
		t.Errorf("offers %+v, want March 2020 for row 2 and three more", p.Offers)
	}
	asks := [][3]string{{"report:4", "", "Virtual School Head taking action forward and can report to next Sub-Committee meeting"},
		{"request:5", "Chairman", "Chairman noted the need to offer these packs in other languages, and to consider if we can use audiobooks/podcasts for those who cannot read"},
		{"report:12", "", "Further update to be provided at next meeting."}}
	for i, want := range asks {
		if o := p.Offers[1:][i]; o.ID != want[0] || o.AskedBy != want[1] || o.Words != want[2] || o.Accepted {
			t.Errorf("offer %+v, want %q", o, want)
		}
	}
	want := []Resolution{{"line 32", "RESOLVED, that – the report be received and its contents noted."}}
	if diff := cmp.Diff(want, p.Resolutions); diff != "" {
		t.Error(diff)
	}
	var unread []string
	for _, l := range p.Unread {
		unread = append(unread, l.Place)
	}
	if !slices.Equal(unread, []string{"line 1", "line 2", "line 3", "line 33"}) {
		t.Errorf("unread %q", unread)
	}
	if _, _, err := p.Command(); domain.KindOf(err) != domain.Invalid || !strings.Contains(err.Error(), "--meeting-date") {
		t.Errorf("a command without the meeting's date: %v", err)
	}
}

func TestCityOfLondonAsOneCommand(t *testing.T) {
	opts := Options{MeetingDate: third, Body: "Safeguarding Sub-Committee", Name: "city.txt"}
	p, err := Read(city(t), opts)
	if err != nil {
		t.Fatal(err)
	}
	c, id, err := p.Command()
	if err != nil {
		t.Fatal(err)
	}
	verbs := map[string]int{}
	for _, s := range c.Steps {
		verbs[s.Verb()]++
	}
	if diff := cmp.Diff(map[string]int{"open-plan": 1, "add-item": 13, "rate": 15, "open-meeting": 1, "publish-paper": 1, "resolve": 1}, verbs); diff != "" {
		t.Error(diff)
	}
	if c.Stated != third || c.Paper.Rows != 13 || c.Paper.Source != "city.txt" || c.Paper.Size != int64(len(city(t))) {
		t.Errorf("basis %+v, paper %+v", c.Basis, c.Paper)
	}
	if _, err := domain.ParseCommandID(string(id)); err != nil {
		t.Error(err)
	}
	again, _ := Read(city(t), opts)
	if c2, id2, _ := again.Command(); id2 != id || !cmp.Equal(c, c2, cmp.Comparer(func(a, b domain.Date) bool { return a == b })) {
		t.Errorf("the same file makes another command: %s, %s", id, id2)
	}
	for name, change := range map[string]func(*Options){
		"plan": func(o *Options) { o.Plan = "another" }, "title": func(o *Options) { o.Title = "Another" },
		"meeting": func(o *Options) { o.MeetingDate = domain.Day(2020, time.February, 4) }, "body": func(o *Options) { o.Body = "Council" },
		"accept": func(o *Options) { o.Accept = []string{"due:2"} }, "scheme": func(o *Options) { o.Scheme = "brag.v1" },
	} {
		other := opts
		change(&other)
		q, err := Read(city(t), other)
		if err != nil {
			t.Fatal(err)
		}
		if _, id3, err := q.Command(); err != nil || id3 == id {
			t.Errorf("another %s makes the same command, or none: %v", name, err)
		}
	}
}

func TestCityOfLondonAcceptsTheOffer(t *testing.T) {
	for _, accept := range []string{"due:2", "all"} {
		p, err := Read(city(t), Options{MeetingDate: third, Accept: []string{accept}})
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := p.Command()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range c.Steps {
			if add, ok := s.(domain.AddItem); ok && (add.Due == domain.Month(2020, time.March)) != (add.Item == "item-02") {
				t.Errorf("%s accepted: item %s is due %s", accept, add.Item, add.Due)
			}
		}
	}
	if _, err := Read(city(t), Options{Accept: []string{"due:3"}}); domain.KindOf(err) != domain.Invalid {
		t.Errorf("an offer that was not made: %v", err)
	}
}
