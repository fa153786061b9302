package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/projections"
)

// bundles is a server with a plan, and two people who take evidence of it.
type bundles struct {
	*real
	t testing.TB
}

func newBundles(t testing.TB) *bundles {
	b := &bundles{real: newReal(t), t: t}
	b.must(t, 201, "POST", "/v1/plans/p/open-plan", `{"title":"Parks"}`)
	b.must(t, 201, "POST", "/v1/plans/p/add-item", `{"item":"a","title":"Mow the lawns"}`)
	b.must(t, 201, "POST", "/v1/plans/p/rate", `{"item":"a","to":"amber","justification":"It rained."}`)
	return b
}

// token makes a person with a role and gives the header by which they are known.
func (b *bundles) token(name, role string) string {
	b.t.Helper()
	var got struct{ Secret string }
	w := b.must(b.t, 201, "POST", "/v1/tokens", fmt.Sprintf(`{"name":%q,"role":%q}`, name, role))
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		b.t.Fatal(err)
	}
	return "Authorization: Bearer " + got.Secret
}

// take takes a bundle that must pass its check.
func (b *bundles) take(body string, headers ...string) []byte {
	b.t.Helper()
	data := b.must(b.t, 200, "POST", "/v1/plans/p/bundle", body, headers...).Body.Bytes()
	if v := evidence.Verify(bytes.NewReader(data), int64(len(data)), evidence.Options{}); !v.OK() {
		b.t.Fatalf("the bundle is refused:\n%s", v)
	}
	return data
}

// issued counts the takings on the plan's timeline.
func (b *bundles) issued() int {
	b.t.Helper()
	page, err := b.reads.Timeline(context.Background(), projections.TimelineQuery{Plan: "p", Type: "bundle-issued"})
	if err != nil {
		b.t.Fatal(err)
	}
	return len(page.Entries)
}

// inside reads a file of a bundle; "" when it is not there.
func inside(t testing.TB, data []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		return ""
	}
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestEachTakingByAnotherPersonIsOnTheTimeline(t *testing.T) {
	b := newBundles(t)
	bea := b.token("Bea Potter", "reader")
	why := `{"reason":"Inspection.","for":"the inspectorate"}`
	first := b.take(why)
	if !bytes.Equal(first, b.take(why)) || b.issued() != 1 {
		t.Errorf("the same person gets another bundle, or is recorded twice: %d", b.issued())
	}
	hers := b.take(why, bea)
	if bytes.Equal(first, hers) || b.issued() != 2 {
		t.Errorf("another person's taking is not recorded: %d", b.issued())
	}
	if r := inside(t, hers, "report.html"); !strings.Contains(r, "Bundles taken before") || !strings.Contains(r, "ada (os-1000)") {
		t.Error("her report does not tell who took a bundle before")
	}
	if s := inside(t, hers, "head.json"); !strings.Contains(s, `"authrole":"reader"`) {
		t.Errorf("her bundle is not issued to her: %s", s)
	}
	// Between the two nothing happened but takings: each gets their own again.
	if !bytes.Equal(first, b.take(why)) || !bytes.Equal(hers, b.take(why, bea)) || b.issued() != 2 {
		t.Errorf("a taking by somebody else makes another bundle: %d", b.issued())
	}
	other := b.take(`{"reason":"A request for information."}`)
	if bytes.Equal(first, other) || b.issued() != 3 {
		t.Errorf("the same person's taking for another reason is not recorded: %d", b.issued())
	}
	b.must(t, 201, "POST", "/v1/plans/other/open-plan", `{"title":"Another plan"}`)
	if !bytes.Equal(first, b.take(why)) {
		t.Error("what happens to another plan makes another bundle")
	}
	b.must(t, 201, "POST", "/v1/plans/p/report-progress", `{"item":"a","progress":"Half of them are mown."}`)
	if bytes.Equal(first, b.take(why)) || b.issued() != 4 {
		t.Errorf("the plan went on, and the bundle did not: %d", b.issued())
	}
}

// A command's id given twice, and a name that changed since, are two more ways of asking for the same.
func TestABundleCanBeHadAgainOnlyAsItWas(t *testing.T) {
	b := newBundles(t)
	bea := b.token("Bea Potter", "editor")
	b.must(t, 201, "POST", "/v1/plans/p/report-progress", `{"item":"a","progress":"Begun."}`, bea)
	why := `{"reason":"Inspection."}`
	first := b.take(why, "Idempotency-Key: take-1")
	if !bytes.Equal(first, b.take(why, "Idempotency-Key: take-1")) {
		t.Error("the same command gives another bundle")
	}
	b.must(t, 409, "POST", "/v1/plans/p/add-item", `{"item":"a","title":"x"}`)
	var persons struct{ Persons []projections.PersonView }
	if err := json.Unmarshal(b.must(t, 200, "GET", "/v1/persons", "").Body.Bytes(), &persons); err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(persons.Persons, func(p projections.PersonView) bool { return p.Name.Text == "Bea Potter" })
	b.must(t, 201, "POST", "/v1/persons/"+string(persons.Persons[at].Person)+"/rename", `{"name":"Beatrix Heelis"}`)
	renamed := b.take(why)
	if bytes.Equal(first, renamed) || b.issued() != 2 {
		t.Errorf("a renamed person is shown by the old name, or the taking is not recorded: %d", b.issued())
	}
	if r := inside(t, renamed, "report.html"); !strings.Contains(r, "Beatrix Heelis") || strings.Contains(r, "Bea Potter") {
		t.Error("the report has not today's name")
	}
	kinds, names := map[string]int{}, 0
	for n := 1; ; n++ {
		if inside(t, renamed, fmt.Sprintf("disclosures/related-%06d.txt", n)) != "" {
			names++
		}
		leaf := inside(t, renamed, fmt.Sprintf("related/%06d.json", n))
		if leaf == "" {
			break
		}
		var doc struct{ Type string }
		if err := json.Unmarshal([]byte(leaf), &doc); err != nil {
			t.Fatal(err)
		}
		kinds[doc.Type]++
	}
	if kinds["plantrail.person-registered.v1"] != 2 || kinds["plantrail.person-renamed.v1"] != 1 || len(kinds) != 2 {
		t.Errorf("related: %v", kinds)
	}
	if names != 2 {
		t.Errorf("%d names are disclosed: want that of each person, and no earlier one", names)
	}
}

func TestABundleReportsAnEarlierMoment(t *testing.T) {
	b := newBundles(t)
	ctx := context.Background()
	do := func(id string, c domain.Command) domain.Receipt {
		t.Helper()
		got, err := b.service.Do(ctx, domain.Order{Plan: "p", Actor: localActor, Command: domain.CommandID(id), Do: c})
		if err == nil {
			err = b.reads.WaitFor(ctx, got.Position)
		}
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	rated := do("m-1", domain.OpenMeeting{Meeting: "parks-2020", Body: "Parks Committee", On: domain.Day(2020, time.February, 3)})
	do("m-2", domain.PublishPaper{Meeting: "parks-2020", SHA256: strings.Repeat("0", 64)})
	do("m-3", domain.Correct{Entry: "3", Field: "justification", To: "It snowed.", Reason: "Misheard."})
	for name, body := range map[string]string{
		"position":    fmt.Sprintf(`{"reason":"x","position":%d}`, rated.Position),
		"as reported": `{"reason":"x","as_reported":"parks-2020"}`,
	} {
		data := b.take(body)
		report := inside(t, data, "report.html")
		if !strings.Contains(report, "as it stood after its entry 4,") || !strings.Contains(report, "It rained.") || strings.Contains(report, "snowed") || strings.Contains(report, "corrected later") {
			t.Errorf("%s: the report is not of that moment", name)
		}
		if !strings.Contains(inside(t, data, "leaves/000006.json"), "entry-corrected") {
			t.Errorf("%s: events after that moment are left out", name)
		}
		if !bytes.Equal(data, b.take(body)) {
			t.Errorf("%s: taken again it differs", name)
		}
	}
	// A day that has not ended is, until something happens, what there is now: taken again, it is the same.
	today := `{"reason":"x","recorded_at":"2100-01-01"}`
	if !bytes.Equal(b.take(today), b.take(today)) {
		t.Error("as at a day that has not ended it differs")
	}
	if !strings.Contains(inside(t, b.take(`{"reason":"now"}`), "report.html"), "(corrected later, by entry 6)") {
		t.Error("a correction is not shown")
	}
	for body, status := range map[string]int{
		`{"reason":"x","position":1}`:                                404, // the plan was not there yet
		`{"reason":"x","position":100000}`:                           404,
		`{"reason":"x","recorded_at":"then"}`:                        400,
		`{"reason":"x","recorded_at":"2001-01-01"}`:                  404,
		`{"reason":"x","as_reported":"nix"}`:                         404,
		`{"reason":"x","as_reported":"parks-2020","position":3}`:     400,
		`{"reason":"x","recorded_at":"2100-01-01","position":3}`:     400,
		`{"reason":"x","item":"nix"}`:                                404,
		`{"reason":" "}`:                                             400,
		`{"reason":"x","for":"` + strings.Repeat("x", 70_000) + `"}`: 413,
		`{"reason":"x","position":-3}`:                               400,
	} {
		b.must(t, status, "POST", "/v1/plans/p/bundle", body)
	}
}

// What people typed must not become part of the page, and everybody must be able to read it.
func TestTheReportIsAPageForEverybody(t *testing.T) {
	b := newBundles(t)
	const nasty = `</dd><script>alert(1)</script><img src=x onerror=alert(1)>"'&{{.}}`
	text := func(s string) string { q, _ := json.Marshal(s); return string(q) }
	b.must(t, 201, "POST", "/v1/plans/p/add-item", `{"item":"b","title":`+text(nasty)+`,"owner":`+text(nasty)+`,"due":"2020-03-31"}`)
	b.must(t, 201, "POST", "/v1/plans/p/set-due", `{"item":"b","due":"2020-05","reason":`+text(nasty)+`}`)
	b.must(t, 201, "POST", "/v1/plans/p/rate", `{"item":"b","to":"red","justification":`+text(nasty)+`}`)
	b.must(t, 201, "POST", "/v1/plans/p/make-request", `{"request":"r","item":"b","words":`+text(nasty)+`,"asked_by":`+text(nasty)+`}`)
	b.must(t, 201, "POST", "/v1/plans/p/answer-request", `{"request":"r","answer":`+text(nasty)+`}`)
	b.must(t, 201, "POST", "/v1/plans/p/resolve", `{"printed":`+text(nasty)+`,"authority":{"body":`+text(nasty)+`}}`)
	b.must(t, 201, "POST", "/v1/plans/p/record-outcome", `{"item":"b","result":"achieved","outcome":`+text(nasty)+`}`)
	b.must(t, 201, "POST", "/v1/plans/p/evidence?item=b&title=%3Cscript%3E&file=%3Cscript%3E.txt", nasty, "Content-Type: application/octet-stream")
	b.must(t, 201, "POST", "/v1/plans/p/correct", `{"entry":"3","field":"justification","to":`+text(nasty)+`,"reason":`+text(nasty)+`}`)
	b.must(t, 201, "POST", "/v1/plans/p/set-hold", `{"hold":"h","reason":`+text(nasty)+`}`)
	b.must(t, 201, "POST", "/v1/plans/p/release-hold", `{"hold":"h","reason":`+text(nasty)+`,"authority":{"body":"x"}}`)
	b.must(t, 201, "POST", "/v1/plans/p/erase-text", `{"entry":"6","field":"justification","reason":`+text(nasty)+`,"authority":{"body":`+text(nasty)+`}}`)
	b.take(`{"reason":` + text(nasty) + `,"for":` + text(nasty) + `}`)
	page := inside(t, b.take(`{"reason":"x"}`), "report.html")
	if strings.Contains(strings.ToLower(page), "<script") || strings.Contains(page, "<img") || regexp.MustCompile(`<[^>]* on[a-z]+=`).MatchString(page) || strings.Contains(page, "ZgotmplZ") {
		t.Errorf("what was typed became part of the page")
	}
	if regexp.MustCompile(`(?i)(src|href)="?(https?:|//|data:|javascript:)`).MatchString(page) {
		t.Error("something is loaded or led to from elsewhere")
	}
	for _, heading := range []string{"What this shows", "The items", "What happened to each item", "Requests and answers", "Resolutions", "Files of evidence",
		"Corrections", "Texts that were erased", "Legal holds", "Bundles taken before", "Who acted", "How to check all of this"} {
		if !strings.Contains(page, `">`+heading+"</h2>") {
			t.Errorf("there is no heading %s", heading)
		}
	}
	for what, form := range map[string]string{
		"a language": `<html lang="en-GB">`, "a title": "<title>Parks: evidence</title>", "a shape": `aria-hidden="true" focusable="false"><path d="M8 1L15.5`,
		"the erasure": "[erased on ", "the original date": "originally 31 March 2020", "a way past the contents": `class="skip" href="#items"`,
	} {
		if !strings.Contains(page, form) {
			t.Errorf("the page lacks %s (%s)", what, form)
		}
	}
	checkTables(t, page)
}

// checkTables looks that every table says what it is of, and what its columns and rows are.
func checkTables(t *testing.T, page string) {
	t.Helper()
	for i, table := range strings.Split(page, "<table")[1:] {
		table, _, _ = strings.Cut(table, "</table>")
		if !strings.HasPrefix(table, "><caption>") {
			t.Errorf("table %d has no caption: %.80s", i, table)
		}
		if strings.Contains(table, "<th>") || !strings.Contains(table, `<th scope="col"`) {
			t.Errorf("table %d has headers that say not what of: %.200s", i, table)
		}
		heads := strings.Count(table, `scope="col"`)
		for _, row := range strings.Split(table, "<tr>")[2:] {
			if !strings.HasPrefix(row, `<th scope="row"`) {
				t.Errorf("a row of table %d has no header: %.80s", i, row)
			}
			if cells := strings.Count(row, "<td") + 1; cells != heads {
				t.Errorf("a row of table %d has %d cells for %d headers: %.80s", i, cells, heads, row)
			}
		}
	}
	ids := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("the id %s stands twice", m[1])
		}
		ids[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("a link leads to #%s, which is not there", m[1])
		}
	}
}

// Takings by many at once, while the plan goes on, are each on the timeline once, and every bundle passes its check.
func TestManyTakeBundlesWhileThePlanGoesOn(t *testing.T) {
	b := newBundles(t)
	var tokens []string
	for i := range 4 {
		tokens = append(tokens, b.token(fmt.Sprint("Person ", i), "reader"))
	}
	var all sync.WaitGroup
	for i, token := range tokens {
		all.Go(func() {
			for range 3 {
				w := b.send("POST", "/v1/plans/p/bundle", fmt.Sprintf(`{"reason":"Reason %d."}`, i), token)
				if w.Code == 409 {
					continue // the plan went on faster than it could be taken
				}
				data := w.Body.Bytes()
				if v := evidence.Verify(bytes.NewReader(data), int64(len(data)), evidence.Options{}); w.Code != 200 || !v.OK() {
					t.Errorf("%d %s", w.Code, v)
				}
			}
		})
	}
	all.Go(func() {
		for i := range 5 {
			b.must(t, 201, "POST", "/v1/plans/p/report-progress", fmt.Sprintf(`{"item":"a","progress":"Lawn %d is mown."}`, i))
		}
	})
	all.Wait()
	if n := b.issued(); n == 0 || n > 12 {
		t.Errorf("%d takings are recorded of 12 at most", n)
	}
	for i, token := range tokens {
		why := fmt.Sprintf(`{"reason":"Reason %d."}`, i)
		if one := b.take(why, token); !bytes.Equal(one, b.take(why, token)) {
			t.Errorf("person %d gets two different bundles of one state", i)
		}
	}
}

// Whoever waits for a checkpoint that will not come is told so at once, and why.
func TestABundleSaysWhyNothingIsSigned(t *testing.T) {
	b := newBundles(t)
	b.proof.Keeper.(*projections.Keeper).Alarm("a witness has seen another history")
	refused := b.must(t, 503, "POST", "/v1/plans/p/bundle", `{"reason":"For the inspector"}`).Body.String()
	if !strings.Contains(refused, "none is signed any more: a witness has seen another history") || !strings.Contains(refused, "the bundle is issued") {
		t.Error(refused)
	}
}
