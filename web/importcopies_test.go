package web_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain/domaintest"
	"plantrail/projections"
	"plantrail/web"
)

// edit changes the text of a paper; what it looks for stands in it exactly once.
type edit func(t *testing.T, text string) string

func change(old, to string) edit {
	return func(t *testing.T, text string) string {
		t.Helper()
		if strings.Count(text, old) != 1 {
			t.Fatalf("%q stands %d times in the paper", old, strings.Count(text, old))
		}
		return strings.Replace(text, old, to, 1)
	}
}

// stretch is the text from one place up to another; up to the end, where no other is given.
func stretch(t *testing.T, text, from, upTo string) (a, b int) {
	t.Helper()
	a, b = strings.Index(text, from), len(text)
	if upTo != "" {
		b = strings.Index(text[max(a, 0):], upTo) + a
	}
	if a < 0 || b <= a {
		t.Fatalf("no text from %q up to %q", from, upTo)
	}
	return a, b
}

// move puts the text from one place up to another before a third.
func move(from, upTo, before string) edit {
	return func(t *testing.T, text string) string {
		t.Helper()
		a, b := stretch(t, text, from, upTo)
		block, rest := text[a:b], text[:a]+text[b:]
		if before == "" {
			return rest + block
		}
		return change(before, block+before)(t, rest)
	}
}

// dropped takes the text from one place up to another away.
func dropped(from, upTo string) edit {
	return func(t *testing.T, text string) string {
		t.Helper()
		a, b := stretch(t, text, from, upTo)
		return text[:a] + text[b:]
	}
}

// paperCopies says of each paper how its next copy is edited and what of it must be proposed and recorded: written from the edits,
// before they were read.
var paperCopies = []struct {
	file, scheme string
	edits        []edit
	offers       string // of the copy; those of this list are accepted with it but for gone
	want         string
}{
	{"seeds/city-of-london-sdp", "", []edit{
		change("Aim |\nReason for Amber |\n", "Aim |\nReason for Amber |\nHomes are found near to the schools of children |\nThe panel is late |\n"),
		change("New training has been undertaken, not yet completed", "New training is complete. Updated to GREEN"),
		change("Strengthen Equalities and Inclusion", "Strengthen Equalities and Inclusion work"),
		change("Target date March 2020", "Target date May 2020"),
		dropped("Welcome pack to include", "Care experienced young people are"),
		move("Young people in care and care leavers know", "Improve mental health", "RESOLVED"),
	}, "due:3 gone:item-05", "due-date-moved item-02 2020-05, item-added item-14, item-reworded item-12, rating-affirmed item-02 amber, rating-changed item-03 green, rating-changed item-14 amber"},

	{"seeds/worcestershire-through-care", "", []edit{
		change("now at around 17", "now at around 15"),
		change("Sufficiency", "Sufficiency of homes"),
		dropped("4.", "5."),
		change("Embed corporate parenting strategy", "Embed corporate parenting strategy\n\n6.     Housing for care leavers"),
		change("It was clarified that there were no specific", "It was explained that there were no specific"),
		func(t *testing.T, s string) string { // the areas 2 and 3 change places
			from, mid := stretch(t, s, "2.\u00a0", "3.\u00a0")
			_, end := stretch(t, s, "3.\u00a0", "5.\u00a0")
			return s[:from] + s[mid:end] + s[from:mid] + s[end:]
		},
	}, "gone:item-05 measure:1", "item-added item-09, item-reworded item-03, measure-read measure-01 ~15, progress-reported item-01, progress-reported item-01"},

	{"corpus/01-city-of-london-sdp-ambers", "", []edit{
		change("Reason for Amber\n", "Reason for Amber\n\nFoster homes are found near to schools\n\nThe panel is late\n"),
		change("children's council.", "children's council. Updated to GREEN"),
		change("Workers are confident in direct work", "Workers are confident in direct work now"),
		change("Due March 2020", "Due May 2020"),
		dropped("Health histories", "RESOLVED"),
	}, "due:3 gone:item-04", "due-date-moved item-02 2020-05, item-added item-05, item-reworded item-02, rating-affirmed item-02 amber, rating-changed item-01 green, rating-changed item-05 amber"},

	{"corpus/03-torbay-improvement-action-tracker", "", []edit{
		change("Staff know the standards.", "Staff know all the standards."),
		change("59.1% Plan in place", "59.1% Plan in place 1.2 Reviews are held in time Head of Service C"),
	}, "", "item-added item-02, item-reworded item-01"},

	{"corpus/06-isle-of-wight-select-committee-tracker-2004", "", []edit{
		change("That figures be investigated.", "That the figures be investigated."),
		change("Actioned.", "Actioned in May."),
		move("SC18 |", "SC20 |", ""),
		func(t *testing.T, s string) string {
			return strings.TrimRight(s, "\n") + "\nSC21 |\nSafety |\n2 September 2004 |\nThat lamps be mended. |\nPortfolio Holder B |\nOrdered |\nLate |\n"
		},
	}, "", "item-added item-03, item-reworded item-02, progress-reported item-01, progress-reported item-03, progress-reported item-03"},

	{"corpus/08-bromsgrove-improvement-plan-monthly-grid", "", []edit{
		change("Publish guide            | JS   |", "Publish a guide          | KM   |"),
		change("board agreed new date.", "board agreed a new date."),
		move("1.2.2", "1.2.3", ""),
		func(t *testing.T, s string) string {
			return strings.TrimRight(s, "\n") + "\n1.2.4 | Open the new market       | LO   |     |     |     |     |     | Begun\n"
		},
	}, "", "item-added item-03, item-reworded item-02, owner-assigned item-02, progress-reported item-01, progress-reported item-03"},

	{"corpus/10-rotherham-yos-improvement-plan", "", []edit{
		change("March 2013", "May 2013"),
		change("53 assessments, 45 on time", "54 assessments, 46 on time"),
		change("Weekly report to managers", "Weekly report to all managers"),
		func(t *testing.T, s string) string {
			return strings.TrimRight(s, "\n") + "\n(1c) Monthly audit / June 2013\n"
		},
	}, "", "due-date-moved item-02 2013-05, item-added item-04, item-reworded item-03, progress-reported item-02"},

	{"corpus/12-hull-hospitals-board-action-list", "", []edit{
		change("14.8.12               Not yet due", "28.9.12               Begun      "),
		change("Training to be held on time out ", "Training to be held on a day out"),
		func(t *testing.T, s string) string {
			return strings.TrimRight(s, "\n") + "\n 07.05   Estates          Roof to be surveyed                      BB       1.9.12                Ordered\n"
		},
	}, "", "due-date-moved item-03 2012-09-28, item-added item-04, item-reworded item-02, progress-reported item-03, progress-reported item-04"},

	{"corpus/13-scrutiny-recommendation-tracker-annex-a", "brag.v1", []edit{
		change("Published and audited. |\nComplete |", "Published, and withdrawn since. |\nRed |"),
		change("That X be published", "That X be printed"),
		change("AA/BB/CC", "AA/BB"),
	}, "", "item-reworded item-01, owner-assigned item-01, rating-changed item-01 red"},

	{"corpus/17-reading-audit-tracker-percent", "", []edit{
		change("12  | High | 40 | Amber |", "12  | High | 60 | Green |"),
		change("31/12/2022", "31/03/2023"),
		change("Policy drafted, waiting for committee slot", "Policy agreed"),
		dropped("13  | Med", ""),
		func(t *testing.T, s string) string {
			return strings.TrimRight(s, "\n") + "\n14  | Low  | 10 | Red   | 31/01/2023    | 31/01/2023   | Nobody in post\n"
		},
	}, "gone:item-02 moved:1", "due-date-moved item-01 2023-03-31, item-added item-03, progress-reported item-01, progress-reported item-03, rating-changed item-01 green, rating-changed item-03 red"},

	{"corpus/20-bvr-safeguarding-tick-boxes", "", []edit{
		change("Directors Agreed 13th January.", "Directors Agreed 14th January."),
		func(t *testing.T, s string) string {
			return strings.TrimRight(s, "\n") + " 2 (iii) Managers to be told\n"
		},
	}, "", "item-added item-03, item-reworded item-01"},

	{"corpus/23-bracknell-action-blocks", "", []edit{
		change("31 March 2024", "30 June 2024"),
		change("80%", "90%"),
		change("Status: Green", "Status: Amber"),
		change("Work is inside the agreed plan.", "A hall is closed."),
		change("More people take part in sport", "More people take part in sports"),
		func(t *testing.T, s string) string {
			return strings.TrimRight(s, "\n") + "\n\n4.01.02 Open the pool\n\nDirectorate: Delivery\n\nDue date: 31 May 2024\n\nStatus: Red\n\nComments:\n\nNo builder.\n"
		},
	}, "", "due-date-moved item-01 2024-06-30, item-added item-02, item-reworded item-01, progress-reported item-01, rating-changed item-01 amber, rating-changed item-02 red"},

	{"corpus/32-west-oxfordshire-ags-plan", "", []edit{
		change("Off target, action in hand (Amber)", "On target (Green)"),
		func(t *testing.T, s string) string {
			return strings.TrimRight(s, "\n") + "\nRisk register | Off target (Red) | nobody keeps it\n"
		},
	}, "", "item-added item-02, progress-reported item-02, rating-changed item-01 green, rating-changed item-02 red"},

	{"corpus/34-nottinghamshire-childrens-trust-log", "", []edit{
		change("Build pathway into the specification\nAA\nOngoing", "Build a pathway into the specification\nAA\nComplete"),
		change("BB", "CC"),
		func(t *testing.T, s string) string {
			return strings.TrimRight(s, "\n") + "\n1.3 Open the panel\nDD\nOngoing\n"
		},
	}, "", "item-added item-03, item-reworded item-01, owner-assigned item-02, progress-reported item-01, progress-reported item-03"},

	{"corpus/44-bromley-trust-board-matters-arising", "", []edit{
		change("Assessmentto be addedto the programme", "Assessmentto be addedto a programme"),
		change("Item Action Responsible Officer Comments", "Item Action Responsible Officer Comments3.9.9 Minutes to be sent"),
		dropped("5.1.4 Paper", ""),
	}, "gone:item-03", "item-added item-04, item-reworded item-01"},
}

func TestTheNextCopyOfEachPaperRecordsItsEditsAndNothingElse(t *testing.T) {
	s := newReal(t)
	for i, c := range paperCopies {
		t.Run(c.file, func(t *testing.T) {
			file := domaintest.Paper(t, c.file+".txt")
			plan := fmt.Sprint("paper-", i)
			give := func(day, accept, text, query string) (v web.ImportView) {
				q := url.Values{"plan": {plan}, "title": {"A plan"}, "as_at": {day}, "name": {"paper.txt"}, "accept": {accept}, "scheme": {c.scheme}, "body": {"Committee"}}
				w := s.must(t, 200, "POST", "/v1/import?"+q.Encode()+query, text, "Content-Type: application/octet-stream")
				if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
					t.Fatal(err)
				}
				if v.Receipt != nil {
					s.must(t, 200, "GET", fmt.Sprintf("/v1/plans/%s?min_position=%d", plan, v.Receipt.Position), "")
				}
				return v
			}
			first, accept := string(file), ""
			for _, o := range give("2022-01-31", "", first, "").Proposal.Offers {
				accept += "," + o.ID
			}
			give("2022-01-31", strings.TrimPrefix(accept, ","), first, "&apply=true")
			second := first
			for _, e := range c.edits {
				second = e(t, second)
			}
			v := give("2022-02-28", "", second, "")
			var offers []string
			accept = ""
			for _, o := range v.Proposal.Offers {
				offers = append(offers, o.ID)
				if !strings.HasPrefix(o.ID, "gone:") {
					accept += "," + o.ID
				}
			}
			slices.Sort(offers)
			if diff := cmp.Diff(strings.Fields(c.offers), offers); diff != "" && len(c.offers)+len(offers) > 0 {
				t.Errorf("offers -want +got\n%s", diff)
			}
			v = give("2022-02-28", strings.TrimPrefix(accept, ","), second, "&apply=true")
			if diff := cmp.Diff(strings.Split(c.want, ", "), recordedBy(t, s, plan, v)); diff != "" {
				t.Errorf("events -want +got\n%s", diff)
			}
			events := version(t, s, plan)
			if v := give("2022-02-28", "", second, "&apply=true"); v.Receipt == nil || !v.Receipt.Repeat {
				t.Errorf("the same file again: %+v", v.Receipt)
			}
			if v := give("2022-03-31", "", second+"\n", "&apply=true"); v.Receipt != nil || len(v.Proposal.Offers) != strings.Count(c.offers, "gone:") {
				t.Errorf("a month later, with nothing new in it: %v, %v, offers %+v", v.Proposal.Records, recordedBy(t, s, plan, v), v.Proposal.Offers)
			}
			if again := version(t, s, plan); again != events {
				t.Errorf("version %s, want %s", again, events)
			}
		})
	}
}

func version(t *testing.T, s *real, plan string) string {
	t.Helper()
	return s.must(t, 200, "GET", "/v1/plans/"+plan, "").Header().Get("ETag")
}

// recordedBy are the events of a command, sorted, each with its item and what it was changed to.
func recordedBy(t *testing.T, s *real, plan string, v web.ImportView) (events []string) {
	t.Helper()
	if v.Receipt == nil {
		return []string{""}
	}
	var page projections.Page[projections.Entry]
	w := s.must(t, 200, "GET", fmt.Sprintf("/v1/plans/%s/timeline?limit=1000&command=%s", plan, v.Receipt.Command), "")
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Entries {
		var data struct{ To, Value string }
		_ = json.Unmarshal(e.Data, &data)
		if e.Type != "paper-imported" {
			events = append(events, strings.TrimSpace(fmt.Sprint(e.Type, " ", e.Item, " ", data.To+data.Value)))
		}
	}
	slices.Sort(events)
	return events
}
