package judges

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"plantrail/domain/domaintest"
)

// TestACouncilUsesIt is the story for which the pages were made, told by clicks: an officer brings a paper in, is asked,
// answers and claims; another verifies; the clerk publishes; the auditor checks without believing anybody; and the
// inspector's access ends.
func TestACouncilUsesIt(t *testing.T) {
	t.Parallel()
	paper := domaintest.PaperPath(t, "seeds/city-of-london-sdp.txt")
	s := serve(t)
	officer := s.comes(t, s.token("--name 'Olive Officer'", "editor"))
	importsThePaper(officer, paper)
	s.must(`plantrail plan open secret --title 'Another plan'`)
	asksAndAnswers(s, t, officer)
	claimsAndVerifies(s, t, officer)
	publishes(s, t)
	audits(s, t)
	inspects(s, t)
}

func importsThePaper(p *person, paper string) {
	p.sees("There is no plan yet")
	p.click("Import")
	p.give("The paper or tracker", paper)
	p.press("Look what it says")
	p.sees("Nothing is recorded yet", "Service Development Plan 2019-20", "Still needed", "New staff in place and action is being taken forward", "RESOLVED")
	p.fill("Date of the meeting that received it", "3 February 2020")
	p.fill("Body that met", "Safeguarding Sub-Committee")
	p.fill("Plan's short name", "sdp")
	p.press("Look again")
	p.lacks("Still needed")
	p.sees("received on 3 February 2020", "Likely, but the paper does not say so", "city-of-london-sdp.txt")
	p.shoot("story import", "dry run")
	p.tick("line 9")
	p.press("Record it")
	p.arrives("The paper is recorded.")
	p.shoot("story plan", "imported")
	p.sees("Done", "Service Development Plan 2019-20", "13 items of 13", "Target date March 2020 and not overdue", "March 2020", "RESOLVED, that – the report be received and its contents noted.")
}

func asksAndAnswers(s *server, t *testing.T, officer *person) {
	clerk := s.comes(t, s.token("--name 'Clara Clerk'", "clerk"))
	clerk.click("Service Development Plan 2019-20")
	clerk.click("Record a request of members")
	clerk.choose("About", "Welcome pack")
	clerk.fill("What was asked", "In which languages are the packs?")
	clerk.fill("Who asked", "the Chairman")
	clerk.press("Record the request")
	clerk.sees("Done", "the Chairman asked", "In which languages are the packs?", "not answered")

	officer.click("plantrail")
	officer.click("Service Development Plan 2019-20")
	officer.click("Answer a request")
	officer.press("Record the answer")
	officer.sees("There is a problem", "Nothing was recorded")
	officer.choose("Request", "request-")
	officer.fill("Answer", "In English, Arabic and Vietnamese since June.")
	officer.press("Record the answer")
	officer.sees("Done", "In English, Arabic and Vietnamese since June.")
	officer.lacks("not answered")
}

func claimsAndVerifies(s *server, t *testing.T, officer *person) {
	file := filepath.Join(t.TempDir(), "Information sheet.txt")
	if err := os.WriteFile(file, []byte("Names, roles and faces of all staff, in seven languages.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	officer.click("plantrail")
	officer.click("Service Development Plan 2019-20")
	officer.click("Young people in care and care leavers know the names")
	officer.click("Attach a file of evidence")
	officer.fill("What the file shows", "The sheet, translated")
	officer.fill("Date of the document itself", "20 January 2020")
	officer.give("File", file)
	officer.press("Attach")
	officer.sees("Done", "The sheet, translated", "20 January 2020")
	officer.click("Claim that it is done")
	officer.fill("What was done", "The information sheet is translated and handed out.")
	officer.tick("The sheet, translated")
	officer.press("Claim")
	officer.sees("Done", "Claimed complete", "The information sheet is translated and handed out.", "Olive Officer,")

	officer.click("Verify that it is done")
	officer.fill("What you looked at", "My own sheet")
	officer.press("Verify")
	officer.sees("There is a problem", "Nothing was recorded. What you typed is still here.", "omebody other than the claimant and the owner must verify it", "ask a colleague")

	other := s.comes(t, s.token("--name 'Vera Verifier'", "editor"))
	other.click("Service Development Plan 2019-20")
	other.click("Young people in care and care leavers know the names")
	other.click("Verify that it is done")
	other.sees("By somebody other than the claimant", "The information sheet is translated and handed out.")
	other.fill("What you looked at", "The sheet, and two young people have it.")
	other.press("Verify")
	other.sees("Done", "Verified", "The sheet, and two young people have it.", "Vera Verifier,")
	other.shoot("story item", "verified")
	saved := other.save("The sheet, translated")
	if b, err := os.ReadFile(saved); err != nil || !strings.Contains(string(b), "in seven languages") {
		t.Errorf("%v: %s is %q", err, saved, b)
	}
}

func publishes(s *server, t *testing.T) {
	clerk := s.comes(t, s.token("--name 'Chris Clerk'", "clerk"))
	clerk.click("Service Development Plan 2019-20")
	clerk.click("Open a meeting")
	clerk.fill("Body that meets", "Safeguarding Sub-Committee")
	clerk.fill("Day", "20 May 2020")
	clerk.press("Open it")
	clerk.click("Publish the plan for a meeting")
	clerk.choose("Meeting", "Safeguarding Sub-Committee, 20 May 2020")
	clerk.choose("Who may read it", "everybody")
	clerk.click("Items that are exempt from publication")
	clerk.tick("Welcome pack")
	clerk.press("Publish")
	clerk.sees("Done")
	clerk.click("Record a resolution")
	clerk.fill("The resolution, as printed", "RESOLVED, that the progress be welcomed.")
	clerk.fill("Body that decided", "Safeguarding Sub-Committee")
	clerk.fill("Date of its meeting", "20 May 2020")
	clerk.press("Record it")
	clerk.click("Meetings")
	clerk.sees("Without what is exempt", "1 item is left out of it: Welcome pack")
	clerk.click("The paper itself")
	clerk.sees("PUBLIC: 1 OF 13 ITEMS ARE EXEMPT AND LEFT OUT", "Strengthen Equalities")
	clerk.lacks("Welcome pack")
	clerk.open("/plans/sdp/meetings")
	clerk.sees("Safeguarding Sub-Committee, 20 May 2020", "RESOLVED, that the progress be welcomed.", "Safeguarding Sub-Committee, 3 February 2020")
	clerk.shoot("story meetings", "published")
	clerk.click("The marks by which this paper is known")
	clerk.click("Does today's record still begin with that one?")
	clerk.sees("The paper and the record agree")
}

func audits(s *server, t *testing.T) {
	p := s.comes(t, s.token("--name 'Ada Auditor'", "auditor"))
	p.click("Service Development Plan 2019-20")
	p.click("Meetings")
	p.click("What has changed since #2")
	p.sees("differences", "Young people in care and care leavers", "verified")
	p.shoot("story compare", "since")
	p.click("entry #1")
	p.shoot("story entry", "proof")
	p.sees("How it can be proved", "This entry has a fingerprint", "is signed", "As it is stored")
	p.click("an evidence bundle")
	p.fill("Why do you take it?", "Audit of May 2020")
	zip := p.save("Take the bundle")
	out, err := s.sh("plantrail --data nowhere -o table verify '" + zip + "'")
	if err != nil || !strings.Contains(out, "VERIFIED: plan sdp, complete from event 1") {
		t.Errorf("%v: %s", err, out)
	}
	unpack(t, zip, "verify.sh", filepath.Join(s.work, "verify.sh"))
	out, err = s.sh("sh verify.sh '" + zip + "'")
	if err != nil || !strings.Contains(out, "VERIFIED") {
		t.Errorf("verify.sh: %v: %s", err, out)
	}
	p.click("Verify")
	p.press("Read everything again now")
	p.shoot("story verify", "all")
	p.sees("Everything was read again, and all of it is right")
	p.click("Access log")
	p.sees("Ada Auditor")
}

func inspects(s *server, t *testing.T) {
	admin := s.comes(t, s.token("--name 'Aron Admin'", "admin"))
	admin.click("People")
	admin.fill("Name of a new person", "Ines Inspector")
	admin.choose("What they may do", "inspector")
	admin.press("Make the token")
	admin.sees("There is a problem", "until a day")
	admin.fill("Only these plans", "sdp")
	admin.fill("Last day", "2199-01-01")
	admin.press("Make the token")
	admin.sees("The token, this once")
	inspector := s.comes(t, look[string](admin, `document.querySelector(".govuk-panel code").innerText`))
	inspector.sees("Service Development Plan 2019-20", "1 plan")
	inspector.lacks("Another plan")
	inspector.click("Service Development Plan 2019-20")
	inspector.sees("Target date March 2020 and not overdue")
	inspector.open("/plans/secret")
	inspector.lacks("Another plan")
	inspector.click("All plans")
	inspector.click("Service Development Plan 2019-20")

	admin.click("People")
	admin.click("Change Ines Inspector")
	admin.press("Ines Inspector has left; end their tokens")
	admin.sees("Done")
	inspector.click("Timeline")
	inspector.sees("Sign in", "Token")
	inspector.lacks("Service Development Plan")
}

// TestWithoutScripts walks the officer's ways in a browser in which JavaScript is off: nothing is missing.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	s := serve(t)
	p := sit(t, s.address)
	p.withoutScripts()
	p.signIn(s.token("--name 'Olive Officer'", "admin"))
	paper, err := filepath.Abs("../../sheets/testdata/committee-paper.txt")
	if err != nil {
		t.Fatal(err)
	}
	p.click("Import")
	p.give("The paper or tracker", paper)
	p.press("Look what it says")
	p.sees("Nothing is recorded yet", "Still needed")
	p.fill("Date of the meeting that received it", "3 February 2026")
	p.fill("Body that met", "Leisure Committee")
	p.fill("Plan's short name", "parks")
	p.press("Look again")
	p.press("Record it")
	p.arrives("The paper is recorded.")

	p.choose("Rating", "Amber")
	p.press("Choose")
	p.sees("items of")
	p.click("Record a request of members")
	p.fill("What was asked", "When do the concerts begin?")
	p.fill("Who asked", "the Chairman")
	p.press("Record the request")
	p.sees("Done", "not answered")
	p.click("Answer a request")
	p.choose("Request", "request-")
	p.fill("Answer", "On 1 May.")
	p.press("Record the answer")
	p.sees("Done", "On 1 May.")
	p.click(find[string](p, "first item", `return document.querySelector("table.items th a").innerText`))
	p.click("Rate or affirm")
	p.choose("What is rated", "Delivery")
	p.choose("Rating", "Red")
	p.press("Record the rating")
	p.sees("There is a problem", "What you typed is still here.")
	p.fill("Why", "The contractor withdrew.")
	p.press("Check first")
	p.sees("Checked, not yet recorded")
	p.press("Record the rating")
	p.sees("Done", "Red", "The contractor withdrew.")
	p.click("plantrail")
	p.press("Sign out")
	p.sees("Sign in")
}
