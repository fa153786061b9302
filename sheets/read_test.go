package sheets

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"plantrail/domain"
)

// told is a proposal in short: a line for each row, then offers, resolutions and problems.
func told(p *Proposal) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", p.Format)
	for _, r := range p.Rows {
		fmt.Fprintf(&b, "%s: %s", strings.TrimPrefix(r.Place, "line "), r.Item)
		if r.Level != "" {
			fmt.Fprintf(&b, " %s", r.Level)
		}
		if r.Parent != "" {
			fmt.Fprintf(&b, " under=%s", r.Parent)
		}
		for _, part := range []struct{ name, value string }{{"ref", r.Ref}, {"title", r.Title}, {"owner", r.Owner}, {"due", r.Due.String()}, {"stated", r.Stated.String()},
			{"rating", r.Rating.Value}, {"reason", r.Reason}, {"same", string(r.SameAs)}, {"result", string(r.Result)}} {
			if part.value != "" {
				fmt.Fprintf(&b, " %s=%q", part.name, part.value)
			}
		}
		for _, c := range r.Changes {
			fmt.Fprintf(&b, " %s→%s", c.From, c.To)
		}
		for _, words := range r.Timescale {
			fmt.Fprintf(&b, " when=%q", words)
		}
		for _, words := range r.Progress {
			fmt.Fprintf(&b, " progress=%q", words)
		}
		if r.Percent != nil {
			fmt.Fprintf(&b, " %d%%", *r.Percent)
		}
		b.WriteString("\n")
	}
	for _, o := range p.Offers {
		fmt.Fprintf(&b, "offer %s %s\n", o.ID, o.Date)
	}
	for _, r := range p.Resolutions {
		fmt.Fprintf(&b, "resolved %q\n", r.Printed)
	}
	for _, q := range p.Problems {
		if q.Fatal {
			fmt.Fprintf(&b, "FATAL %s %s\n", q.Place, q.What)
		}
	}
	return b.String()
}

func lines(l ...string) string { return strings.Join(l, "\n") + "\n" }

// Expected lines were written from the inputs by hand, before the reader was run on them.
var shapes = []struct{ name, file, in, want string }{
	{"cells in paragraphs, one name of the header lost", "minutes.txt", lines(
		"Reason for Amber", "", "Foster carers can get advice at night", "", "Helpline staffed until ten; rota being agreed", "",
		"Reviews are held on time", "", "Due May 2021, so not late", "", "Plans are kept up to date", "", "As above.", "",
		"Children know their worker", "", "Updated to GREEN", "", "RESOLVED, that - the update be noted."),
		lines("text-blank",
			`3: item-01 title="Foster carers can get advice at night" rating="amber" reason="Helpline staffed until ten; rota being agreed"`,
			`7: item-02 title="Reviews are held on time" rating="amber" reason="Due May 2021, so not late"`,
			`11: item-03 title="Plans are kept up to date" rating="amber" reason="As above." same="item-02"`,
			`15: item-04 title="Children know their worker" rating="amber" reason="Updated to GREEN" amber→green`,
			`offer due:2 2021-05`, `resolved "RESOLVED, that - the update be noted."`)},
	{"paragraphs, header lost whole, announced above", "", lines(
		"Members asked for the reasons for all outstanding Red actions:", "", "Mend the lift", "", "Part on order", "", "Paint the hall", "", "Ditto"),
		lines("text-blank", `3: item-01 title="Mend the lift" rating="red" reason="Part on order"`,
			`7: item-02 title="Paint the hall" rating="red" reason="Ditto" same="item-01"`)},
	{"bars at line ends, header lost whole, announced above", "", lines(
		"Officers gave justification for all current Amber items:", "Mend the lift |", "Part on order |", "Paint the hall |", "Wet weather |"),
		lines("text-pipe", `2: item-01 title="Mend the lift" rating="amber" reason="Part on order"`,
			`4: item-02 title="Paint the hall" rating="amber" reason="Wet weather"`)},
	{"bars at line ends, second name lost, announced above", "", lines(
		"Officers gave justification for all current Amber items:", "Aim |", "Mend the lift |", "Part on order |", "Paint the hall |", "Wet weather |"),
		lines("text-pipe", `3: item-01 title="Mend the lift" rating="amber" reason="Part on order"`,
			`5: item-02 title="Paint the hall" rating="amber" reason="Wet weather"`)},
	{"many columns, nameless references, cells over two lines", "", lines("|", "Committee |", "Recommendation", "Made |", "Made by:|", "Recommendation", "made to: |",
		"Outcome |", "SC7 |", "Roads |", "That potholes", "be counted. |", "Cllr A |", "Portfolio Holder |", "Achieved |", "SC8 |", "Roads |", "That kerbs be lowered. |", "|", "|", "Pending |"),
		lines("text-pipe", `9: item-01 ref="SC7" title="That potholes\nbe counted." owner="Portfolio Holder" result="achieved"`,
			`16: item-02 ref="SC8" title="That kerbs be lowered." progress="Pending"`)},
	{"rows that begin with an empty cell, empty rows at the end", "", lines("|", "Reference |", "Action |", "Lead |", "RAG |", "|", "A 1 |", "Open the hub |", "MK |", "G |",
		"|", "A 2 |", "Train staff |", "PO |", "R |", "|", "|", "|"),
		lines("text-pipe", `6: item-01 ref="A 1" title="Open the hub" owner="MK" rating="green"`,
			`11: item-02 ref="A 2" title="Train staff" owner="PO" rating="red"`)},
	{"header repeated after a page break", "", lines("Aim |", "Reason for Red |", "One |", "Because |", "Aim |", "Reason for Red |", "Two |", "Why not |"),
		lines("text-pipe", `3: item-01 title="One" rating="red" reason="Because"`, `7: item-02 title="Two" rating="red" reason="Why not"`)},
	{"rows with bars, as in a fixed-width table", "", lines("Ref | Action      | Lead | RAG   | Comments", "--- | ---", "2.1 | Open the hub | MK  | Amber | Lease late", "2.2 | Train staff |      | GREEN |"),
		lines("text-bars", `3: item-01 ref="2.1" title="Open the hub" owner="MK" rating="amber" reason="Lease late"`,
			`4: item-02 ref="2.2" title="Train staff" rating="green"`)},
	{"Markdown", "", lines("| Action | Status |", "|:---|---:|", "| Open \\| close | red |"), lines("text-bars", `3: item-01 title="Open | close" rating="red"`)},
	{"CSV with quotes and line breaks", "plan.csv", "\ufeffReference,Action,Lead officer,Target date,RAG,Reason\r\n1.1,\"Open the \"\"Hub\"\"\",Head of Estates,31/03/2021,Amber,\"Lease late,\r\nagain\"\r\n1.2,Train staff,,Oct 12,Green,\r\n",
		lines("csv", `2: item-01 ref="1.1" title="Open the \"Hub\"" owner="Head of Estates" due="2021-03-31" rating="amber" reason="Lease late,\nagain"`,
			`4: item-02 ref="1.2" title="Train staff" due="2012-10" rating="green"`)},
	{"semicolons, title row above, ragged rows", "", lines("Improvement tracker;;;", "Ref;Action;Status;Justification", "1;Open the hub;amber;Lease late;", "2;Train staff", ";;;", "3;Write guide;red;see 1"),
		lines("csv", `3: item-01 ref="1" title="Open the hub" rating="amber" reason="Lease late"`, `4: item-02 ref="2" title="Train staff"`,
			`6: item-03 ref="3" title="Write guide" rating="red" reason="see 1" same="item-01"`)},
	{"tabs", "", lines("Action\tOwner\tRAG status\tProgress\tReason for RAG", "Open the hub\tMK\tRed\tKeys cut\tLease late"),
		lines("csv", `2: item-01 title="Open the hub" owner="MK" rating="red" reason="Lease late" progress="Keys cut"`)},
	{"formulas stay text", "x.csv", lines("Action,RAG,Reason", `"=HYPERLINK(""http://x"",""y"")",amber,+44 1`, "@SUM(A1),green,-2"),
		lines("csv", `2: item-01 title="=HYPERLINK(\"http://x\",\"y\")" rating="amber" reason="+44 1"`, `3: item-02 title="@SUM(A1)" rating="green" reason="-2"`)},
	{"original and moved dates", "x.csv", lines("Rec no,Recommendation,RAG,Original date,Revised date,Update", "12,Adopt a policy,Amber,31/03/2021,31/12/2022,Drafted", "13,Publish it,Green,09/2022,09/2022,Nearly there"),
		lines("csv", `2: item-01 ref="12" title="Adopt a policy" due="2021-03-31" rating="amber" reason="Drafted"`,
			`3: item-02 ref="13" title="Publish it" due="2022-09" rating="green" reason="Nearly there"`, "offer moved:1 2022-12-31")},
	{"ratings that cannot be read keep their words", "x.csv", lines("Action,RAG,Reason", "One,Amber/Green,Mixed", "Two,ongoing,Busy", "Three,,Quiet", "Four,\"Off target, remedy agreed (Amber)\",Late"),
		lines("csv", `2: item-01 title="One" progress="Mixed"`, `3: item-02 title="Two" progress="Busy"`, `4: item-03 title="Three" progress="Quiet"`,
			`5: item-04 title="Four" rating="amber" reason="Late"`)},
	{"a list of one column", "x.csv", lines("Action", "Open the hub", "Train staff"), lines("csv", `2: item-01 title="Open the hub"`, `3: item-02 title="Train staff"`)},
	{"a resolution with clauses under rows with bars", "", lines("Action | RAG", "Open the hub | green", "RESOLVED: That -", "i. the hub be opened; and", "ii. members be invited."),
		lines("text-bars", `2: item-01 title="Open the hub" rating="green"`, `resolved "RESOLVED: That -\ni. the hub be opened; and\nii. members be invited."`)},
	{"references twice", "x.csv", lines("Ref,Action", "1.1,Open", "1.2,Close", "1.1 ,Shut"),
		lines("csv", `2: item-01 ref="1.1" title="Open"`, `3: item-02 ref="1.2" title="Close"`, `4: item-03 ref="1.1" title="Shut"`,
			`FATAL line 4 the reference “1.1” stands twice: line 2 (row 1) and line 4 (row 3)`)},
	{"a cell is missing", "", lines("Aim |", "Reason for Amber |", "One |", "Because |", "Two |"),
		lines("text-pipe", `3: item-01 title="One" rating="amber" reason="Because"`, `5: item-02 title="Two" rating="amber"`,
			`FATAL line 5 the cells do not make whole rows of 2: the last has 1, so somewhere above a cell is missing or one too many`)},
	{"two cells are missing", "", lines("Aim |", "Reason for Amber |", "One |", "Two |", "Same as above |", "Three |"),
		lines("text-pipe", `3: item-01 title="One" rating="amber" reason="Two"`, `5: item-02 title="Same as above" rating="amber" reason="Three"`,
			`FATAL line 5 the action of row 2 reads like a reason: “Same as above”; is a cell missing above it?`)},
}

func TestShapes(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			p, err := Read([]byte(s.in), Options{Name: s.file})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s.want, told(p)); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestBadInput(t *testing.T) {
	head := "Action,RAG\n"
	for _, c := range []struct {
		name, file, in string
		kind           domain.Kind
		place, says    string
	}{
		{"nothing", "", "", domain.Invalid, "file", "empty"},
		{"only a byte order mark", "", "\ufeff\n", domain.Invalid, "file", "empty"},
		{"a NUL byte", "", "Aim |\nx\x00y |\n", domain.Invalid, "line 2", "NUL"},
		{"an XLSX file", "", "PK\x03\x04rest", domain.Invalid, "file", "XLSX"},
		{"a PDF", "", "%PDF-1.7 rest", domain.Invalid, "file", "PDF"},
		{"neither UTF-8 nor Windows-1252", "x.csv", head + "caf\x81,red\n", domain.Invalid, "line 2", "0x81"},
		{"a control character", "x.csv", head + "One,red\nTwo\x07,red\n", domain.Invalid, "line 3", "U+0007"},
		{"no table", "", "Dear all,\n\nplease note.\n", domain.Invalid, "line 1", "header"},
		{"a header only", "x.csv", head, domain.Invalid, "line 1", "no row below"},
		{"a header only, with bars", "", "Aim |\nReason for Amber |\n", domain.Invalid, "line 1", "no row below"},
		{"no column of actions", "x.csv", "Owner,RAG\nMK,red\n", domain.Invalid, "line 1", "hold the actions"},
		{"a quote not closed", "x.csv", head + "\"One,red\nTwo,red\n", domain.Invalid, "line 2", "not closed"},
		{"a bare quote", "x.csv", head + "say \"x\",red\n", domain.Invalid, "line 2", "quotation mark"},
		{"a huge cell", "x.csv", head + "One,red\n" + strings.Repeat("x", MaxCell+1) + ",red\n", domain.TooLarge, "line 3", "limit"},
		{"a huge cell, with bars", "", "Aim |\nReason for Red |\none |\n" + strings.Repeat("x\n", MaxCell) + "|\n", domain.TooLarge, "line 4", "limit"},
		{"a million columns", "x.csv", head + strings.Repeat(",", 1_000_000) + "\n", domain.TooLarge, "line 2", "columns"},
		{"a million columns, with bars", "", "Action|RAG\n" + strings.Repeat("x|", 1_000_000) + "x\n", domain.TooLarge, "line 2", "columns"},
		{"too many rows", "x.csv", head + strings.Repeat("x,red\n", MaxRows+1), domain.TooLarge, "line 10002", "10001 rows"},
		{"too many rows, with bars", "", "Aim |\nReason for Red |\n" + strings.Repeat("x |\ny |\n", MaxRows+1), domain.TooLarge, "line 20003", "10001 rows"},
		{"too many cells", "", "Aim |\nReason for Red |\n" + strings.Repeat("|\n", maxCells), domain.TooLarge, "line 1000001", "cells"},
		{"too large", "", strings.Repeat("x", MaxFile+1), domain.TooLarge, "file", "limit"},
		{"a resolution without an end", "", "Action | RAG\na | red\nRESOLVED that\n" + strings.Repeat("more\n", 900_000), domain.TooLarge, "line 3", "resolution"},
		{"too many resolutions", "", "Action | RAG\na | red\n" + strings.Repeat("RESOLVED.\n", maxRes+1), domain.TooLarge, "line 1003", "resolutions"},
		{"rows without actions", "x.csv", "Action,RAG\n,red\n", domain.Invalid, "line 1", "no row has an action"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Read([]byte(c.in), Options{Name: c.file})
			if err == nil {
				t.Fatalf("read: %s", told(p))
			}
			e, ok := err.(*domain.Error)
			if !ok || e.Kind != c.kind || e.Field != c.place || !strings.Contains(e.Message, c.says) || e.Hint == "" {
				t.Errorf("got %#v, want %s at %s saying %q with a hint", err, c.kind, c.place, c.says)
			}
		})
	}
	if _, err := Read([]byte("x"), Options{Scheme: "traffic.v9"}); domain.KindOf(err) != domain.Invalid {
		t.Errorf("an unknown scheme: %v", err)
	}
	if _, err := Read([]byte("x"), Options{Plan: "Not An Id"}); domain.KindOf(err) != domain.Invalid {
		t.Errorf("a plan that is no id: %v", err)
	}
}

func TestProblemsNameTheCell(t *testing.T) {
	for _, c := range []struct{ name, in, place, says string }{
		{"an impossible date", "Action,Due\nOne,31/02/2020\n", "line 2", "31/02/2020"},
		{"no date", "Action,Due\nOne,ongoing\n", "line 2", "ongoing"},
		{"an unknown rating", "Action,RAG\nOne,red\nTwo,Purple\n", "line 3", "Purple"},
		{"an empty rating", "Action,RAG\nOne,red\nTwo,\n", "line 3", "row 2 has no rating"},
		{"an empty column of ratings", "Action,RAG\nOne,\nTwo,\n", "line 1", "in all 2 rows"},
		{"Windows-1252", "Action,RAG\nCaf\xe9 \x96 \xa35,red\n", "file", "windows-1252"},
		{"a back-reference to nowhere", "Action,RAG,Reason\nOne,red,see 7.7\n", "line 2", "no row has the reference"},
		{"a first row that points up", "Action,RAG,Reason\nOne,red,Same as above\n", "line 2", "no row above"},
		{"rows that point to each other", "Ref,Action,RAG,Reason\n1.1,One,red,see 1.2\n1.2,Two,red,see 1.1\n", "line 2", "point to each other"},
		{"a row without an action", "Action,RAG\nOne,red\n,green\n", "line 3", "no action"},
		{"more cells than names", "Action,RAG\nOne,red,stray\n", "line 2", "stray"},
		{"an unknown column", "Action,RAG,Zodiac\nOne,red,Leo\n", "line 1", "Zodiac"},
		{"a promise is no change", "Action,RAG,Reason\nOne,amber,To be updated to green in May\n", "line 2", "not plainly"},
		{"a condition is no change", "Action,RAG,Reason\nOne,amber,Updated to green once signed\n", "line 2", "not plainly"},
		{"an impossible date in a reason", "Action,RAG,Reason\nOne,amber,Due 31/02/2020\n", "line 2", "31/02/2020"},
		{"two dates in a reason", "Action,RAG,Reason\nOne,amber,\"Due May 2020, now due June 2020\"\n", "line 2", "two target dates"},
		{"pointing to a change", "Action,RAG,Reason\nOne,amber,Updated to GREEN\nTwo,amber,Same as above\n", "line 3", "is not said"},
		{"a header of two ratings", "Action,Reason for Amber or Red\nOne,Late\n", "line 1", "several ratings"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Read([]byte(c.in), Options{Name: "x.csv"})
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range p.Problems {
				if q.Place == c.place && strings.Contains(q.What, c.says) && q.Todo != "" && !q.Fatal {
					return
				}
			}
			t.Errorf("no problem at %s says %q: %+v", c.place, c.says, p.Problems)
		})
	}
}

func TestWindowsAndUTF16AreDecoded(t *testing.T) {
	p, err := Read([]byte("Action,RAG\nCaf\xe9 \x96 \xa35,red\n"), Options{Name: "x.csv"})
	if err != nil || p.Rows[0].Title != "Café – £5" || p.Encoding != "windows-1252" {
		t.Errorf("%v, %+v", err, p)
	}
	p, err = Read([]byte("\xff\xfeA\x00c\x00t\x00i\x00o\x00n\x00\t\x00R\x00A\x00G\x00\n\x00H\x00\x19\x20\x09\x00r\x00e\x00d\x00\n\x00"), Options{})
	if err != nil || p.Rows[0].Title != "H’" || p.Rows[0].Rating.Value != "red" {
		t.Errorf("%v, %+v", err, p)
	}
}
