package sheets

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain"
	"plantrail/domain/domaintest"
)

// corpusFiles says of each facsimile what must come out, written by hand from its text and shape before the reader was run:
// rows with their places (line, then item), offers and resolutions; or, for papers without actions, the refusal's words.
// unread lists the cells that can't be read: a place, and words that the problem there must have.
var corpusFiles = []struct {
	file, scheme string
	want         string
	unread       []string
	refused      string
}{
	{file: "01-city-of-london-sdp-ambers", want: lines("text-blank",
		`3: item-01 title="Care leavers get chances to practise budgeting (beyond key-work)" rating="amber" reason="New worker started; reviewing officer is leading it through the children's council."`,
		`7: item-02 title="Workers are confident in direct work" rating="amber" reason="Due March 2020, so not late"`,
		`11: item-03 title="Young people have a choice of support" rating="amber" reason="Same as above" same="item-02"`,
		`15: item-04 title="Health histories used in pathway reviews" rating="amber" reason="Updated to GREEN" amber→green`,
		`offer due:2 2020-03`,
		`resolved "RESOLVED, that - the report be received and its contents noted."`),
		unread: []string{"line 1: name of a column is lost"}},
	{file: "03-torbay-improvement-action-tracker", want: lines("text-flat",
		`1: item-01 ref="1.1" title="Assessments done in 20 days, exceptions in 45 Head of Service A/ Head of Service B Practice standards to be revised Dec 2016 Staff know the standards. COMPLETED Next phase under way. Launch will be 13/12/12. 9.12.16 Target for 45 days - 83% COMPLETED Now reviewed monthly. Phase 1 completed Phase 2 Target - 59.1% Plan in place"`),
		unread: []string{"line 1: Who?, When?, Success measures, Current Status, Outcome", "line 1: Phase 2 Mar 2017"}},
	{file: "06-isle-of-wight-select-committee-tracker-2004", want: lines("text-pipe",
		`11: item-01 ref="SC18" title="That visits involve local members." owner="Portfolio Holder A" stated="2004-09-02" progress="Action List circulated" progress="Actioned."`,
		`18: item-02 ref="SC20" title="That figures be investigated." owner="Portfolio Holder A" stated="2004-09-02" progress="Action List circulated" progress="Pending"`),
		unread: []string{"line 17: Actioned.", "line 24: Pending", "line 1: Select Committee"}},
	{file: "08-bromsgrove-improvement-plan-monthly-grid", want: lines("text-bars",
		`2: item-01 ref="1.2.2" title="Support 5 businesses" owner="JS" progress="EXTENDED. Grant round moved to October; board agreed new date."`,
		`3: item-02 ref="1.2.3" title="Publish guide" owner="JS" progress="SUSPENDED. Post deleted in restructure, approved by Cabinet."`),
		unread: []string{"line 2: Jul G, Aug G, Sep A, Oct H, Nov H", "line 3: Jul G, Aug R, Sep R, Oct B"}},
	{file: "10-rotherham-yos-improvement-plan", want: lines("text-slashes",
		`3: item-01 area ref="1" title="Timely first assessments"`,
		`3: item-02 action under=item-01 ref="1a" title="Raise from 78% to 98%." owner="Managers (AA), (BB)" due="2013-03" progress="Action completed.\nThe 98% target should be reviewed.\nUpdate (July 2013)\n53 assessments, 45 on time (84.9%)."`,
		`7: item-03 action under=item-01 ref="1b" title="Weekly report to managers" due="2013-01"`),
		unread: []string{"line 7: Lead Officer / Agency"}},
	{file: "12-hull-hospitals-board-action-list", want: lines("text-columns",
		`5: item-01 section title="May 2012"`,
		`6: item-02 action under=item-01 ref="01.05" title="Training to be held on time out" owner="AA" when="TARGET DATE: June" when="NEW DATE: 14 Aug" progress="Reorganised to\nAug"`,
		`8: item-03 action under=item-01 ref="06.05" title="Staffing ratio to be provided" owner="AA" due="2012-08-14" progress="Not yet due"`),
		unread: []string{"line 6: “June”", "line 6: “14 Aug”", "line 3: PAPER"}},
	{file: "13-scrutiny-recommendation-tracker-annex-a", want: lines("text-pipe",
		`11: item-01 ref="SR (25/26) 01" title="That X be published" owner="AA/BB/CC" progress="Published and audited."`,
		`21: item-02 ref="SR (25/26) 03" title="That Y" owner="DD/EE" progress="As above"`),
		unread: []string{"line 20: Complete", "line 30: Ongoing", "line 29: As above", "line 1: Origin"}},
	{file: "13-scrutiny-recommendation-tracker-annex-a", scheme: "brag.v1", want: lines("text-pipe",
		`11: item-01 ref="SR (25/26) 01" title="That X be published" owner="AA/BB/CC" rating="blue" reason="Published and audited."`,
		`21: item-02 ref="SR (25/26) 03" title="That Y" owner="DD/EE" progress="As above"`),
		unread: []string{"line 30: Ongoing"}},
	{file: "17-reading-audit-tracker-percent", want: lines("text-bars",
		`2: item-01 ref="12" title="Rec 12" due="2021-03-31" rating="amber" reason="Policy drafted, waiting for committee slot" 40%`,
		`3: item-02 ref="13" title="Rec 13" due="2022-09-30" rating="green" reason="Nearly finished" 80%`,
		`offer moved:1 2022-12-31`),
		unread: []string{"line 1: no column has the words", "line 1: “Risk”"}},
	{file: "20-bvr-safeguarding-tick-boxes", want: lines("text-flat",
		`1: item-01 ref="2 (i)" title="Directors Agreed 13th January."`,
		`1: item-02 ref="2 (ii)" title="Directors Agreed. TR: 2, 5. WS: 1 (pages 29-45), Recommendation 9 Achieved ( tick) Yes On Target to Achieve (tick) Yes Give expected new achievement date"`),
		unread: []string{"line 1: Responsible Officer, Update on progress", "line 1: SHORT TERM TARGETS"}},
	{file: "23-bracknell-action-blocks", want: lines("text-blocks",
		`1: item-01 ref="4.01.01" title="More people take part in sport" due="2024-03-31" rating="green" reason="Work is inside the agreed plan." 80%`),
		unread: []string{"line 1: “Directorate”, “Section”, “Stage”"}},
	{file: "26-flintshire-progress-and-outcome-rag", refused: "line 1: counts ratings"},
	{file: "29-spelthorne-consolidated-action-plan-html", refused: "line 2: front sheet"},
	{file: "32-west-oxfordshire-ags-plan", want: lines("text-bars",
		`1: item-01 title="Financial management" rating="amber" progress="carries into 24/25"`),
		unread: []string{"line 1: no header", "line 1: carries into 24/25"}},
	{file: "34-nottinghamshire-childrens-trust-log", want: lines("text-lines",
		`10: item-01 ref="1.1" title="Build pathway into the specification" owner="AA" progress="Ongoing"`,
		`13: item-02 ref="1.2" title="Target resources" owner="BB" progress="Ongoing"`),
		unread: []string{"line 5: Date of Meeting", "line 1: Key:"}},
	{file: "39-hmip-action-plan-template", refused: "line 1: glossary"},
	{file: "40-city-of-london-outstanding-actions", refused: "line 1: resolution"},
	{file: "44-bromley-trust-board-matters-arising", want: lines("text-flat",
		`1: item-01 ref="4.1.1" title="Assessmentto be addedto the programme"`,
		`1: item-02 ref="4.4.1" title="Minutes of 20 April to beadded"`,
		`1: item-03 ref="5.1.4" title="Paper to be brought 21September 2009Officer A"`),
		unread: []string{"line 1: Responsible Officer, Comments"}},
}

func TestCorpus(t *testing.T) {
	for _, c := range corpusFiles {
		t.Run(c.file+c.scheme, func(t *testing.T) {
			file := domaintest.Paper(t, "corpus/"+c.file+".txt")
			p, err := Read(file, Options{Name: c.file + ".txt", Scheme: c.scheme, Title: "Plan", MeetingDate: third, Body: "Committee"})
			if c.refused != "" {
				if err == nil {
					t.Fatalf("read, want it refused: %s", told(p))
				}
				where, says, _ := strings.Cut(c.refused, ": ")
				if e := err.(*domain.Error); e.Field != where || !strings.Contains(e.Message, says) || e.Hint == "" {
					t.Errorf("refused at %s with %q (%s), want at %s saying %q", e.Field, e.Message, e.Hint, where, says)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, told(p)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			for _, u := range c.unread {
				if !listed(p, u) {
					t.Errorf("nothing lists %q among\n%s", u, strings.Join(allListed(p), "\n"))
				}
			}
			if _, _, err := p.Command(); err != nil {
				t.Errorf("it can't be recorded: %v", err)
			}
		})
	}
}

// allListed is what a proposal says it could not read: problems, and lines outside the table.
func allListed(p *Proposal) []string {
	var all []string
	for _, q := range p.Problems {
		all = append(all, q.Place+": "+q.What)
	}
	for _, l := range p.Unread {
		all = append(all, l.Place+": "+l.Text)
	}
	return all
}

func listed(p *Proposal, want string) bool {
	where, says, _ := strings.Cut(want, ": ")
	for _, got := range allListed(p) {
		place, text, _ := strings.Cut(got, ": ")
		if place == where && strings.Contains(text, says) {
			return true
		}
	}
	return false
}

// TestWorcestershireBecomesAPlan reads minutes without any table: five areas under the sentence that names them, the
// Chairman's action, the officers' prose as progress, the caseloads pointed out.
func TestWorcestershireBecomesAPlan(t *testing.T) {
	file := domaintest.Paper(t, "seeds/worcestershire-through-care.txt")
	p, err := Read(file, Options{Name: "minutes.txt", MeetingDate: third, Title: "Through Care"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range p.Rows {
		got = append(got, strings.TrimPrefix(r.Place, "line ")+" "+r.Level+" under "+string(r.Parent)+": "+r.Ref+" "+squash(r.Title))
	}
	want := []string{
		"17 heading under :  The Through Care Service would be responsible for one of the work-streams within the Children's Social Care Improvement Plan and would deliver effective 'Through Care' in five areas",
		"19 area under item-01: 1 Through Care Experience for Children and Young People in care and leaving care",
		"21 area under item-01: 2 Sufficiency",
		"23 area under item-01: 3 Improving quality of care plans",
		"25 area under item-01: 4 Permanency – Care Proceedings",
		"27 area under item-01: 5 Embed corporate parenting strategy",
		"69 action under :  The Chairman asked the Team Managers to take back to the individuals involved how impressed the Board had been.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	var begins []string
	for _, words := range p.Rows[0].Progress {
		begins = append(begins, words[:19])
	}
	if diff := cmp.Diff([]string{"Tina Russell explai", "Tina Russell explai", "The commitments and", "(see power point pr", "Selina Rawicz, Mana", "The Team Managers a",
		"The Care Leavers Te", "It was clarified th"}, begins); diff != "" {
		t.Errorf("progress -want +got\n%s", diff)
	}
	if good := p.Rows[0].Progress[5]; !strings.Contains(good, "pupils who had achieved") || !strings.HasSuffix(good, "challenging circumstances.") {
		t.Errorf("the good news is %q", good)
	}
	if len(p.Offers) != 2 || p.Offers[0].ID != "measure:1" || p.Offers[1].ID != "request:7" {
		t.Fatalf("offers %+v, want the caseloads and the Chairman's request", p.Offers)
	}
	if m := p.Offers[0].Measure; m.Baseline != "~20-22" || m.Now != "~17" || m.Place != "line 43" {
		t.Errorf("the caseloads are %+v", m)
	}
	for _, r := range p.Rows {
		if r.Rating.Value != "" || !r.Due.IsZero() || r.Owner != "" {
			t.Errorf("%s has a rating, date or owner out of nothing: %+v", r.Item, r)
		}
	}
	if _, _, err := p.Command(); err != nil {
		t.Error(err)
	}
}
