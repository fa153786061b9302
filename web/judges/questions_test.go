package judges

import (
	"archive/zip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// question is one that somebody asks of a plan, the clicks that answer it from the first page on, and words of the answer.
// Clicks are separated by " > ": a link or what unfolds by its words, [a button], Label=a choice of a list, Label:=what is
// typed or picked from the calendar, +a box to tick, and !a file to save.
type question struct{ who, asks, clicks, wants string }

// questions are those of cmd/plantrail's personas_test.go, asked with the mouse. No address is typed.
var questions = []question{
	{"auditor", "1. Which items were reported complete with no evidence, or evidence dated after the claim?",
		"Improvement plan > Reports > Complete without evidence or outcome", "1.2 (rota)|2 March 2020|no evidence"},
	{"auditor", "2. Which due dates moved, how often, by how many days in all, by whom, with whose approval?",
		"Improvement plan > Reports > Due dates that moved", "1.1 (visits)|March 2020|June 2020|91|1.4 (foster)|61|Cabinet, 2 June 2020|nobody"},
	{"auditor", "3. For each rating change: who, when recorded, for what as-at date, what text?",
		"Improvement plan > Timeline > Kind=rating changed > [Choose]", "3 July 2020: delivery amber → red|One home refuses visits.|recorded on"},
	{"auditor", "4. Is the log whole?", "Verify > [Read everything again now]", "Everything was read again, and all of it is right|numbered without a gap"},
	{"auditor", "5. Which ratings break the scheme's own rule as it stood on that date?",
		"Audit actions > Findings > Rule=R10 > Judged on the day:=2020-03-02 > [Choose]", "1 finding|Reconcile the ledger"},

	{"inspector", "1. For each inspection finding: actions, delivery, impact, evidence, last challenge.",
		"Improvement plan > Reports > Progress on each recommendation", "R3 (rec-3)|1.1 (visits)|Red|Challenged 3 February 2020|Answered 12 February 2020|1.2 (rota)"},
	{"inspector", "2. What did the plan look like on the day of the last visit, and what is different today?",
		"Improvement plan > it was on a day:=2020-01-25 > [Show] > What is different now", "foster carers|Fostering Manager|Grace Hopper|cancelled|red"},
	{"inspector", "3. Where does activity show green and the success measure not move?",
		"Improvement plan > Findings > Rule=R02 > Judged on the day:=2020-06-01 > [Choose]", "caseload stands at 25 with a target of 20"},
	{"inspector", "4. What did leaders and members challenge and what happened next?",
		"Improvement plan > 1.1 Visit every home each quarter", "Members challenged a rating|Two homes unseen for a year is red|Both were visited on 10 February."},
	{"inspector", "5. What is older than 12 months and still amber?", "Improvement plan > Findings > Rule=R11 > [Choose]", "Recruit ten foster carers"},

	{"owner", "1. What of mine must I update before the paper deadline?", "My work", "must be ready by 12 March 2199|1.4 Recruit ten foster carers"},
	{"owner", "2. What did members ask me, by which meeting?", "My work", "the Chairman asked, for the meeting scrutiny-1|Why did six carers withdraw?"},
	{"owner", "3. What did I say last time?", "My work", "Seven of ten are approved.|Four carers of ten are approved; six withdrew."},
	{"owner", "4. What will the checks say about my update before I submit it?",
		"My work > Update it here > Rating=Amber > Why:=As above > [Check first]", "R26"},
	{"owner", "5. What did I inherit from the former owner, with its history?", "My work > 1.4 Recruit ten foster carers", "Fostering Manager|A new campaign was agreed.|1 July 2020"},

	{"clerk", "1. Freeze and publish the plan as it stands, with number and hash.",
		"Improvement plan > Publish the plan for a meeting > Meeting=Scrutiny Committee, 20 March 2199 > [Publish] > Meetings > The marks by which this paper is known",
		"Fingerprint of the paper's file (SHA-256)|Root of the record at its entry"},
	{"clerk", "2. What changed since the last pack (new, closed, re-rated, re-dated, re-owned, re-worded)?",
		"Improvement plan > Meetings > What has changed since #2", "ended|cancelled|rated otherwise|Amber|Red|another due date|June 2020|another owner|Grace Hopper|other words|unannounced"},
	{"clerk", "3. Which requests and resolutions are unanswered?", "Improvement plan > Findings > Rule=R18 > [Choose]", "Recruit ten foster carers"},
	{"clerk", "4. Who has not updated?", "Improvement plan > Reports > Owners", "Not updated in the cycle|visits"},
	{"clerk", "5. Give the table in HTML, Word, PDF, CSV with key and public/exempt split.",
		"Improvement plan > Reports > !spreadsheet: Exception report > !CSV: Exception report > Leave out what is exempt from publication > +1.4 Recruit ten foster carers > [Choose] > !Word document: Exception report > Exception report", "Key of ratings|Off track|PUBLIC: 1 OF 7 ITEMS ARE EXEMPT AND LEFT OUT"},

	{"member", "1. Why is each amber amber, since when, with whose words?", "Improvement plan > Rating=Amber > [Choose]", "1 item of|Four carers of ten are approved; six withdrew.|20 January 2020"},
	{"member", "2. What did the report we received on 3 February 2020 say?", "Improvement plan > Meetings > The paper itself #2", "Scrutiny Committee|Two homes of nine were not visited: the surveyor is ill.|Amber"},
	{"member", "3. Which ambers turned green without an outcome or evidence?", "Improvement plan > Findings > Rule=R01 > [Choose]", "Agree a rota"},
	{"member", "4. What did we ask for and not get?", "Improvement plan > Meetings", "1 not answered|the Chairman asked|Why did six carers withdraw?|not answered"},
	{"member", "5. Which items were dropped, by whose authority?", "Improvement plan > Reports > What was ended", "1.3 (panel)|cancelled|Cabinet, 2 June 2020"},

	{"board", "1. Red and amber by priority this month against the last 12.",
		"Improvement plan > Reports > Overdue and the like as from the day:=2020-07-31 > [Choose] > Red and amber", "Off track|At risk|July 2020|1 Children live in good homes"},
	{"board", "2. Which slips breach the change-control threshold?", "Improvement plan > Findings > Rule=R06 > [Choose]", "Visit every home"},
	{"board", "4. Which actions wait for sign-off and how long?", "Improvement plan > Findings > Rule=R15 > [Choose]", "Agree a rota|days ago, and nobody has verified"},
	{"board", "5. At the present rate of closure, when is the plan done?",
		"Improvement plan > Reports > The plan as it was on the day:=2020-04-10 > [Choose] > When will the plan be done?", "January 2021|The plan is younger"},

	{"subscriber", "1. Give me events after cursor N, in order, once each.",
		"Events, for programs > After the event number:=30 > Only of the plan:=wsoa > [Choose]", "31|rating changed|plantrail.rating-changed.v1"},
	{"subscriber", "2. What is the schema and version of this event?",
		"Events, for programs > Kind=rating changed > [Choose] > rating changed", "its texts: justification|plantrail:/schemas/rating-changed.v1.json"},
	{"subscriber", "3. What was the state at event N?", "Improvement plan > Timeline > Entry 14: proof > The plan as it stood after this entry", "As it was known here on|1.1 Visit every home each quarter"},
	{"subscriber", "4. Which events were corrected after I read them?", "Events, for programs > After the event number:=14 > Kind=entry corrected > [Choose]", "entry corrected"},
	{"subscriber", "5. Can I verify the chain without trusting the server?",
		"Improvement plan > Bundle > Why do you take it?:=To check it > ![Take the bundle]", "Take an evidence bundle"},

	// The last, because it changes what the others see.
	{"board", "3. Which owners hold more than N open items or have left?", "Improvement plan > Reports > Overdue and the like as from the day:=2199-01-01 > [Choose] > Owners", "Held by somebody who left|foster|Left"},
}

func TestEachPersonsQuestionsAreAnsweredByClicks(t *testing.T) {
	t.Parallel()
	s := serve(t)
	story, err := filepath.Abs("../../cmd/plantrail/testdata/personas.sh")
	if err != nil {
		t.Fatal(err)
	}
	s.must("sh " + story)
	grace := strings.TrimPrefix(strings.TrimSpace(s.must("cat names")), "GRACE=")
	there := map[string]*person{"owner": s.comes(t, s.token("--person "+grace, "editor")), "inspector": s.comes(t, s.token("--name Ines", "inspector", "--plan wsoa --expires 2199-01-01"))}
	for who, role := range map[string]string{"auditor": "auditor", "clerk": "clerk", "member": "reader", "board": "reader", "subscriber": "reader"} {
		there[who] = s.comes(t, s.token("--name "+who, role))
	}
	for _, q := range questions {
		if strings.HasPrefix(q.asks, "3. Which owners") {
			s.must("plantrail person leave " + grace)
		}
		p := there[q.who]
		t.Run(q.who+" "+q.asks[:2], func(t *testing.T) {
			p.T = t
			p.open("/")
			for _, step := range strings.Split(q.clicks, " > ") {
				p.step(step)
			}
			p.shoot(q.who+" "+q.asks[:2], "answer")
			p.sees(strings.Split(q.wants, "|")...)
		})
		p.T = t
	}
	all, _ := filepath.Glob(filepath.Join(there["subscriber"].download, "*.zip"))
	if len(all) != 1 {
		t.Fatalf("the subscriber has %q", all)
	}
	if out, err := s.sh("plantrail --data nowhere -o table verify '" + all[0] + "'"); err != nil || !strings.Contains(out, "VERIFIED: plan wsoa, complete from event 1") {
		t.Errorf("%v: %s", err, out)
	}
	for _, kind := range []string{"*.xlsx", "*.csv", "*.docx"} {
		if all, _ := filepath.Glob(filepath.Join(there["clerk"].download, kind)); len(all) != 1 {
			t.Errorf("the clerk has %q of %s", all, kind)
		}
	}
}

// step is one thing that somebody does.
func (p *person) step(what string) {
	p.Helper()
	if label, text, typed := strings.Cut(what, ":="); typed {
		p.fill(label, text)
	} else if label, option, chosen := strings.Cut(what, "="); chosen {
		p.choose(label, option)
	} else if box, ticked := strings.CutPrefix(what, "+"); ticked {
		p.tick(box)
	} else if file, saved := strings.CutPrefix(what, "!"); saved {
		p.save(strings.Trim(file, "[]"))
	} else if strings.HasPrefix(what, "[") {
		p.press(strings.Trim(what, "[]"))
	} else {
		p.click(what)
	}
}

// unpack takes a file out of a zip.
func unpack(t *testing.T, from, name, to string) {
	t.Helper()
	z, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		if filepath.Base(f.Name) == name {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			out, err := os.Create(to)
			if err != nil {
				t.Fatal(err)
			}
			defer out.Close()
			if _, err := out.ReadFrom(r); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Errorf("%s has no %s", from, name)
}
