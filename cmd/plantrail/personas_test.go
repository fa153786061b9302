package main

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"plantrail/domain/domaintest"
)

// question is one that somebody asks of a plan: who, in which words, by which command, and what the answer must say.
type question struct {
	who, asks, command string
	wants              []string // regular expressions
}

// questions are those of the people for whom plantrail is made. The commands are run by a shell beside the history that
// testdata/personas.sh tells; $GRACE is a person. What begins with GET is asked of the server.
var questions = []question{
	{"internal auditor 1", "Which items were reported complete with no evidence, or evidence dated after the claim?",
		"plantrail report closed-without-evidence wsoa", []string{`1\.2 \(rota\) .*2 March 2020`, `no evidence`}},
	{"internal auditor 2", "Which due dates moved, how often, by how many days in all, by whom, with whose approval?",
		"plantrail report dates-moved wsoa", []string{`1\.1 \(visits\).* March 2020 +June 2020 +1 +91 +1`, `1\.4 \(foster\).*July 2020 +September 2020 +1 +61 +0`, `A new campaign.* 2 June 2020 +Cabinet, 2 June 2020`, `A surveyor left.*nobody`}},
	{"internal auditor 3", "For each rating change: who, when recorded, for what as-at date, what text?",
		"plantrail timeline wsoa --type rating-changed", []string{`3 Jul 2020.*amber → red`, `One home refuses visits`}},
	{"internal auditor 4", "Is the log whole (hash chain, gaps, edits by administrators, imports)?", "plantrail verify && plantrail report log wsoa", []string{`The history is whole: \d+ events`,
		`ok +plans: the \d histories are numbered without a gap`, `Entries 1 to 3\d of the plan are there, none is missing`, `(?s)Papers that were read in\nNone was`, `(?s)Corrections\n.*2020-01-29.*Read a day earlier`,
		`(?s)Words that were erased\nNone`, `(?s)Entries recorded long after.*visits.*Delivery amber → red.*Entries by administrators.*Delivery amber → red`}},
	{"internal auditor 5", "Which ratings break the scheme's own rule as it stood on that date?",
		"plantrail findings audit --rule R10 --valid-at 2020-03-02", []string{`R10`, `Reconcile the ledger each month +It is rated Green; by the scheme's own rule, at 10 per cent complete, it is Red`}},

	{"inspector 1", "For each inspection finding: actions, delivery, impact, evidence, last challenge.",
		"plantrail report recommendations wsoa", []string{`R3 \(rec-3\)`, `1\.1 \(visits\)`, `Red`, `Challenged 3 February 2020`, `Answered 12 February 2020`, `1\.2 \(rota\)`}},
	{"inspector 2", "What did the plan look like on the day of the last visit, and what is different today?", "plantrail report then-and-now wsoa --valid-at 2020-01-25",
		[]string{`1\.1 \(visits\).*Amber +Two homes of nine.*Head of Homes +March 2020 +Red +June 2020`, `1\.3 \(panel\).*not rated.*Board Officer +cancelled`, `What is different now`,
			`visits.*delivery re-rated +Amber +Red +One home refuses visits`, `panel.*ended +open +cancelled.*Cabinet, 2 June 2020`, `foster.*re-owned +Fostering Manager +Grace Hopper`}},
	{"inspector 3", "Where does activity show green and the success measure not move?", "plantrail report impact wsoa",
		[]string{`(?s)Green or complete, and the measure does not move.*1\.2 \(rota\).*Green, claimed.*M1 \(caseload\).*25 cases +25 cases +30 January 2020 +20 cases +steady.*The other items`}},
	{"inspector 4", "What did leaders and members challenge and what happened next?", "plantrail report asked wsoa",
		[]string{`(?s)Answered or withdrawn.*request-02 +challenge of a rating +1\.1 \(visits\).*Two homes unseen.*the Vice-Chairman +3 February 2020.*12 February 2020.*Both were.*visited`, `Rated Red from 3 July`}},
	{"inspector 5", "What is older than 12 months and still amber?", "plantrail report ambers wsoa", []string{`(?s)At risk for more than 12 months\n.*1\.4 \(foster\).*Amber +20 January 2020 +\d\d`}},

	{"owner 1", "What of mine must I update before the paper deadline?", `plantrail mine --person "$GRACE"`, []string{`must be ready by 12 March 2199`, `foster .*Recruit ten .*wanted .*Amber .*overdue`, `(?s)parks: .*Parks Committee.*paths +Mend the paths +wanted`}},
	{"owner 2", "What did members ask me, by which meeting?", `plantrail mine wsoa --person "$GRACE"`, []string{`request-01: Why did six`, `\(wanted by:`, `the Scrutiny Committee, 3 February 2020\)`}},
	{"owner 3", "What did I say last time?", `plantrail mine wsoa --person "$GRACE"`, []string{`2 Jul 2020: Seven`, `Four carers`}},
	{"owner 4", "What will the checks say about my update before I submit it?", "plantrail rate wsoa foster amber --reason 'As above' --check", []string{`Nothing is recorded`, `R26`}},
	{"owner 5", "What did I inherit from the former owner, with its history?", `plantrail mine wsoa --person "$GRACE" --inherited`, []string{`Fostering Manager until 1 Jul 2020`, `owner +Fostering Manager +6 Jan 2020 +1 Jul 2020`, `due +Jul 2020 +6 Jan 2020 +2 Jun 2020`, `A new campaign was agreed`}},

	{"clerk 1", "Freeze and publish the plan as it stands, with number and hash.", "plantrail meeting publish wsoa scrutiny-2 -o second.html && grep -c 'Tree size' second.html", []string{`as of entry \d+`, `SHA-256 [0-9a-f]{64}`, `root`, `(?m)^1$`}},
	{"clerk 2", "What changed since the last pack?", "plantrail report changes wsoa --since meeting:scrutiny-1", []string{`(?s)Closed or ended.*panel`, `(?s)Re-rated.*visits.*Amber +Red`, `(?s)Re-dated.*June 2020`, `(?s)Re-owned.*Grace`, `(?s)Re-worded.*unannounced`}},
	{"clerk 3", "Which requests and resolutions are unanswered?", "plantrail report asked wsoa", []string{`(?s)Not answered\n.*request-01 +request +1\.4 \(foster\).*the Chairman.*3 February 2020 +the Scrutiny Committee, 3.*wanted by.*days ago.*Answered or withdrawn`,
		`(?s)Resolutions of meetings.*resolution-01.*Scrutiny Committee, 3 February 2020.*RESOLVED, that the report be noted.*nothing yet`}},
	{"clerk 4", "Who has not updated?", "plantrail report owners wsoa", []string{`(?s)Not updated in the cycle.*visits`}},
	{"clerk 5", "Give the table in HTML, Word, PDF, CSV with key and public/exempt split.",
		"for f in html docx csv xlsx; do plantrail report exceptions wsoa --exempt foster -o e.$f; done; grep -h 'Key\\|Public' e.html e.csv; plantrail report exceptions wsoa --exempt foster --part exempt -o - --format csv",
		[]string{`Written to e.docx`, `Key of ratings`, `Key: Delivery,"Amber`, `Public: 1 of 7 items are exempt and left out`, `Classification,Exempt: not for publication; 1 of 7 items`, `1\.4 \(foster\),Recruit ten foster carers,Amber`}},

	{"member 1", "Why is each amber amber, since when, with whose words?", "plantrail report ambers wsoa", []string{`1\.4 \(foster\).*Amber.*20 January 2020`, `Four carers`}},
	{"member 2", "What did the report we received on 3 February 2020 say, and what do we know now about that day?", "plantrail report received wsoa --meeting '3 February 2020'",
		[]string{`Paper: for Scrutiny Committee, 3 February 2020 \(scrutiny-1\): version 19.*SHA-256 [0-9a-f]{64}`, `1\.1 \(visits\).*Amber +Two homes.*March 2020 +Amber +Red +June 2020`, `1\.2 \(rota\).*Amber +Two teams.*Green, claimed`}},
	{"member 2", "And is this the paper?", "plantrail meeting paper wsoa scrutiny-1 -o again.html && cmp again.html first.html", []string{`to the byte`}},
	{"member 3", "Which ambers turned green without an outcome or evidence?", "plantrail report turned-green parks", []string{`(?s)Turned green, and nothing shows for it.*Mend the paths +Amber +Green +20 March 2020 +It goes well now.*none.*with something to show.*Clean the ponds.*All four ponds are clear`}},
	{"member 4", "What did we ask for and not get?", "plantrail report asked wsoa", []string{`(?s)Not answered\n.*Recruit ten foster.*Why did six carers.*Answered or`}},
	{"member 5", "Which items were dropped, by whose authority?", "plantrail report ended wsoa", []string{`1\.3 \(panel\).*cancelled.*Cabinet, 2 June`}},

	{"board 1", "Red and amber by priority this month against the last 12.", "plantrail report trend wsoa --judged 2020-07-31", []string{`(?s)Off track.*1 Children live in good homes( +0){12} +1`, `(?s)At risk.*1 Children live in good homes( +0){6} +3`}},
	{"board 2", "Which slips breach the change-control threshold?", "plantrail report dates-moved wsoa", []string{`(?m)1\.1 \(visits\).*A surveyor left.*nobody +breaches it: over 30 days`, `1\.4 \(foster\).*Cabinet, 2 June 2020 +over it, and approved`}},
	{"board 3", "Which owners hold more than N open items or have left?", `plantrail person leave "$GRACE" >/dev/null; plantrail report owners wsoa --judged 2199-01-01`, []string{`Grace Hopper +1 .*Left`, `(?s)Held by somebody who left.*foster`}},
	{"board 4", "Which actions wait for sign-off and how long?", "plantrail report sign-off wsoa --judged 2020-03-12", []string{`1\.2 \(rota\) +Agree a rota +Head of Homes +2 March 2020 +The rota is in force\..*verification by somebody else +10`}},
	{"board 5", "At the present rate of closure, when is the plan done?", "plantrail report forecast wsoa --valid-at 2020-04-10", []string{`the last 3 months +1 +0\.33 +3 +January 2021`, `the last 6 months .*can't be said +The plan is younger`}},

	{"subscriber 1", "Give me events after cursor N, in order, once each.", "plantrail feed export --plan wsoa --from 30", []string{`(?s)^{"position":31,.*/plans/wsoa".*\n{"position":32,`, `"end":true`}},
	{"subscriber 2", "What is the schema and version of this event?", "GET /schemas/rating-changed.v1.json", []string{`its texts: justification`, `"const": "plantrail:/schemas/rating-changed.v1.json"`}},
	{"subscriber 3", "What was the state at event N?", "plantrail show wsoa --position 14", []string{`visits`}},
	{"subscriber 4", "Which events were corrected after I read them?", "plantrail feed export --plan wsoa --type entry-corrected --from 14", []string{`entry-corrected`, `2020-01-29`}},
	{"subscriber 5", "Can I verify the chain without trusting the server?", "plantrail bundle wsoa -o b.zip --reason 'To check it' && plantrail --data nowhere verify b.zip", []string{`VERIFIED: plan wsoa, complete from event 1 to \d+`}},
}

// get asks a server over HTTP: "GET /path".
func (s *server) get(what string) (string, error) {
	_, path, _ := strings.Cut(what, " ")
	resp, err := http.Get(s.at.Address + path)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func TestEachPersonsQuestionsAreAnswered(t *testing.T) {
	domaintest.Long(t)
	work := t.TempDir()
	s := startServer(t, filepath.Join(work, "data"))
	env := append(os.Environ(), "PLANTRAIL_DATA="+filepath.Join(work, "data"), "PLANTRAIL_OUTPUT=table", "COLUMNS=250")
	sh := func(script string) (string, error) {
		cmd := exec.Command("sh", "-c", script)
		cmd.Dir, cmd.Env = work, env
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	story, err := filepath.Abs("testdata/personas.sh")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := sh("sh " + story); err != nil {
		t.Fatalf("the story can't be told: %v\n%s", err, out)
	}
	names, err := os.ReadFile(filepath.Join(work, "names"))
	if err != nil || !strings.HasPrefix(string(names), "GRACE=p-") {
		t.Fatalf("%v: %s", err, names)
	}
	env = append(env, strings.TrimSpace(string(names)))
	for _, q := range questions {
		ask := sh
		if strings.HasPrefix(q.command, "GET ") {
			ask = s.get
		}
		out, err := ask(q.command)
		if err != nil {
			t.Errorf("%s: %s\n$ %s\n%v\n%s", q.who, q.asks, q.command, err, out)
		}
		for _, want := range q.wants {
			if !regexp.MustCompile(want).MatchString(out) {
				t.Errorf("%s: %s\n$ %s\nthe answer lacks %s:\n%s", q.who, q.asks, q.command, want, out)
			}
		}
	}
	s.interrupt(t)
}
