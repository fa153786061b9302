package pages_test

import (
	"bytes"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/web/pages/pagestest"
)

// send posts a form as a browser does, and gives the status, the page and where it leads.
func send(t testing.TB, h *pagestest.House, address, media string, body io.Reader) (int, string, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.URL+address, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", media)
	got, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	b, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got.StatusCode, string(b), got.Header.Get("Location")
}

func stated(y int, m time.Month, d int) domain.Basis {
	return domain.Basis{Stated: domain.Day(y, m, d)}
}

func post(t testing.TB, h *pagestest.House, address string, pairs ...string) (int, string, string) {
	t.Helper()
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return send(t, h, address, "application/x-www-form-urlencoded", strings.NewReader(values.Encode()))
}

// upload posts a form with a file, its other fields first.
func upload(t testing.TB, h *pagestest.House, address, name, file string, pairs ...string) (int, string, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if name != "" {
		part, err := w.CreateFormFile("file", name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(part, file) // into memory
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return send(t, h, address, w.FormDataContentType(), &b)
}

// house has a plan with what forms are about: an item, a second one, a request, a meeting.
func house(t testing.TB) *pagestest.House {
	h := pagestest.New(t)
	h.Do(t, "works",
		domain.OpenPlan{Basis: stated(2026, 1, 5), Title: "Works", Levels: []domain.Level{{Key: "aim", Label: "Aim"}, {Key: "action", Label: "Action"}}},
		domain.AddItem{Basis: stated(2026, 1, 5), Title: "Mend the roof", Level: "action", Owner: "Olive Officer", Due: domain.Month(2026, 3)},
		domain.AddItem{Basis: stated(2026, 1, 5), Title: "Paint the door", Level: "aim"},
		domain.MakeRequest{Basis: stated(2026, 2, 5), Words: "When?", AskedBy: "The Chairman"},
		domain.OpenMeeting{Basis: stated(2026, 2, 6), Body: "Board", On: domain.Day(2026, 3, 20)})
	return h
}

const meetingID = "board-2026-03-20"

// story is each form filled in, in an order in which all of it can be recorded.
var story = [][]string{
	{"report-progress", "item", "item-01", "progress", "Slates ordered", "percent", "40%"},
	{"rate", "item", "item-01", "to", "amber", "justification", "Slates are late"},
	{"justify", "item", "item-01", "justification", "The slates come in May"},
	{"challenge-rating", "item", "item-01", "proposed", "red", "words", "It is red", "asked_by", "A member"},
	{"set-due", "item", "item-01", "due", "30 April 2026", "reason", "Slates"},
	{"request-due", "item", "item-01", "due", "May 2026", "reason", "Frost"},
	{"refuse-due", "item", "item-01", "reason", "No", "authority.body", "Board"},
	{"request-due", "item", "item-01", "due", "6/2026", "reason", "Frost again"},
	{"approve-due", "item", "item-01", "authority.body", "Board", "authority.meeting", "20/3/2026"},
	{"assign-owner", "item", "item-01", "owner", "Head of Roofs", "post", "true"},
	{"reword-item", "item", "item-01", "title", "Mend the whole roof", "reason", "All of it"},
	{"move-item", "item", "item-01", "parent", "item-02", "reason", "Of the door"},
	{"link-items", "item", "item-01", "relation", "contributes_to", "to", "item-02"},
	{"suspend-item", "item", "item-01", "reason", "Snow"},
	{"resume-item", "item", "item-01", "reason", "Thaw"},
	{"waive-evidence", "item", "item-01", "reason", "One can see it"},
	{"claim-completion", "item", "item-01", "claim", "It is dry"},
	{"refuse-completion", "item", "item-01", "reason", "It drips"},
	{"record-outcome", "item", "item-01", "result", "partly_achieved", "outcome", "Drier"},
	{"add-item", "title", "Clean the gutter", "due", "May 2026"},
	{"unlink-items", "item", "item-01", "relation", "contributes_to", "to", "item-02", "reason", "Two things"},
	{"add-item", "title", "Dry days", "kind", "measure"},
	{"define-measure", "item", "item-04", "unit", "days", "better", "higher", "target", "300"},
	{"read-measure", "item", "item-04", "value", "~280", "words", "about 280"},
	{"supersede-item", "item", "item-03", "by", "item-01", "reason", "One gutter", "authority.body", "Board"},
	{"carry-forward", "item", "item-04", "to", "next", "reason", "Next year", "authority.body", "Board"},
	{"set-levels", "levels", "aim = Aim\r\naction = Step\r\nPart of it", "reason", "Finer"},
	{"set-schemes", "scheme", "brag.v1", "reason", "Blue is done"},
	{"set-policy", "policy.id", "works.v1", "policy.move_days", "0", "policy.similarity", "0.9", "policy.approving_bodies", "Board\r\nCabinet", "policy.off", "R29", "reason", "Agreed"},
	{"make-request", "words", "And the gutter?", "meeting", meetingID},
	{"answer-request", "request", "request-01", "answer", "In May"},
	{"withdraw-request", "request", "request-02", "reason", "Seen"},
	{"open-meeting", "body", "Cabinet", "on", "1 June 2026"},
	{"record-minutes", "meeting", meetingID, "minutes", "Noted"},
	{"resolve", "printed", "That it be noted", "authority.body", "Board"},
	{"correct", "entry", "6", "field", "progress", "to", "Slates delivered", "reason", "Misread"},
	{"answer-finding", "finding", "r15-item-02", "rule", "R15", "item", "item-02", "answer", "In May"},
	{"cancel-item", "item", "item-02", "reason", "No door", "authority.body", "Board"},
	{"reopen-item", "item", "item-02", "reason", "A door", "authority.body", "Board"},
	{"adopt-version", "version", "2.0", "reason", "Agreed", "authority.body", "Board"},
	{"close-plan", "reason", "Done", "authority.body", "Board"},
}

var versionOf = regexp.MustCompile(`name="version" value="(\d+)"`)

func TestEachFormRecordsOnceWhatItSays(t *testing.T) {
	h := house(t)
	h.Do(t, "next", domain.OpenPlan{Basis: stated(2026, 1, 5), Title: "Next"})
	h.SignIn.Session.Actor.Role = domain.Admin
	for i, one := range story {
		at := "/plans/works/" + one[0]
		q := ""
		if len(one) > 2 && one[1] == "item" {
			q = "?item=" + one[2]
		}
		status, page, _ := fetch(t, h, at+q)
		if status != 200 || !strings.Contains(page, `name="key"`) {
			t.Fatalf("%s: %d %.300s", at, status, page)
		}
		pairs := append([]string{"key", "form-" + string(rune('a'+i/26)) + string(rune('a'+i%26)), "stated", "20 March 2026"}, one[1:]...)
		if m := versionOf.FindStringSubmatch(page); m != nil {
			pairs = append(pairs, "version", m[1])
		}
		status, page, to := post(t, h, at, pairs...)
		if status != 303 || !strings.HasSuffix(to, "?done=recorded") {
			t.Fatalf("%s: %d %s %s", at, status, to, problemIn(page))
		}
		if status, page, to = post(t, h, at, pairs...); status != 303 || !strings.HasSuffix(to, "?done=repeat") {
			t.Errorf("%s sent twice: %d %s %s", at, status, to, problemIn(page))
		}
		if status, page, _ := fetch(t, h, to); status != 200 || !strings.Contains(page, "nothing was added") {
			t.Errorf("%s leads to %s: %d", at, to, status)
		}
	}
}

var errorSummary = regexp.MustCompile(`(?s)govuk-error-summary__body">(.*?)</div>`)

func problemIn(page string) string {
	if m := errorSummary.FindStringSubmatch(page); m != nil {
		return m[1]
	}
	return page
}

func TestARefusedFormKeepsWhatWasTypedAndEscapesIt(t *testing.T) {
	h := house(t)
	h.SignIn.Session.Actor.Role = domain.Admin
	nasty := `</textarea>"'><script>alert(1)</script>` + "\r\nsecond line"
	for _, one := range story {
		pairs := []string{"key", "nasty-" + one[0], "stated", "when it rained <b>"}
		for i := 1; i+1 < len(one); i += 2 {
			value := "item-01"
			if one[i] != "item" {
				value = nasty
			}
			pairs = append(pairs, one[i], value)
		}
		status, page, _ := post(t, h, "/plans/works/"+one[0], pairs...)
		if status < 400 || status >= 500 || !strings.Contains(page, "There is a problem") || strings.Contains(page, "<script>alert") || strings.Contains(page, "rained <b>") {
			t.Errorf("%s: %d: %s", one[0], status, problemIn(page))
		}
		if !strings.Contains(page, html.EscapeString("when it rained <b>")) {
			t.Errorf("%s lost what was typed", one[0])
		}
	}
	status, page, _ := post(t, h, "/plans/works/rate", "item", "item-01", "to", "puce", "justification", "Because")
	if status != 400 || !strings.Contains(page, `<a href="#f-to">`) || !strings.Contains(page, `id="f-to-error"`) || !strings.Contains(page, "Because</textarea>") {
		t.Errorf("%d %s", status, problemIn(page))
	}
}

func TestAFormChecksAgainstTheRulesWithoutRecording(t *testing.T) {
	h := house(t)
	status, page, _ := post(t, h, "/plans/works/rate", "item", "item-01", "to", "red", "owed", "true", "check", "yes")
	if status != 200 || !strings.Contains(page, "Checked, not yet recorded") {
		t.Errorf("%d %s", status, problemIn(page))
	}
	if _, page, _ := fetch(t, h, "/plans/works?format=json"); !strings.Contains(page, `"version":5`) {
		t.Error("a check recorded something")
	}
}

func TestWhoJudgesAnOldStateLooksAgain(t *testing.T) {
	h := house(t)
	post(t, h, "/plans/works/claim-completion", "item", "item-01", "claim", "Done", "key", "claim-1")
	status, page, _ := post(t, h, "/plans/works/refuse-completion", "item", "item-01", "reason", "It drips", "version", "2", "key", "refuse-1")
	if status != 412 || !strings.Contains(page, `name="version" value="6"`) || !strings.Contains(page, "It drips") {
		t.Errorf("%d %s", status, problemIn(page))
	}
}

func TestAReaderIsOfferedNothingAndRefused(t *testing.T) {
	h := house(t)
	h.SignIn.Session.Actor.Role = domain.Reader
	for _, address := range []string{"/plans/works", "/plans/works/items/item-01", "/plans/works/entries/3"} {
		if _, page, _ := fetch(t, h, address); strings.Contains(page, "What you can do") || strings.Contains(page, "Correct this entry") {
			t.Errorf("%s offers a reader something", address)
		}
	}
	for _, one := range story {
		at := "/plans/works/" + one[0]
		if status, _, _ := fetch(t, h, at); status != 403 {
			t.Errorf("GET %s: %d", at, status)
		}
		if status, _, _ := post(t, h, at, one[1:]...); status != 403 && status != 412 && status != 404 {
			t.Errorf("POST %s: %d", at, status)
		}
	}
	if status, _, _ := upload(t, h, "/import", "a.csv", "Action\nx\n"); status != 403 {
		t.Errorf("import: %d", status)
	}
	if status, _, _ := upload(t, h, "/plans/works/attach-evidence", "a.txt", "x", "item", "item-01", "title", "T"); status != 403 {
		t.Errorf("attach: %d", status)
	}
	if _, page, _ := fetch(t, h, "/plans/works?format=json"); !strings.Contains(page, `"version":5`) {
		t.Error("a reader recorded something")
	}
}

func TestEvidenceIsAttachedAndClaimed(t *testing.T) {
	h := house(t)
	at := "/plans/works/attach-evidence"
	if status, page, _ := upload(t, h, at, "", "", "item", "item-01", "title", "<b>Photo"); status != 400 || !strings.Contains(page, `href="#f-file"`) || !strings.Contains(page, "&lt;b&gt;Photo") {
		t.Errorf("no file: %d", status)
	}
	for _, want := range []string{"recorded", "repeat"} {
		if status, page, to := upload(t, h, at, "roof.txt", "dry", "key", "file-1", "item", "item-01", "title", "Photo", "dated", "1 March 2026"); status != 303 || !strings.HasSuffix(to, want) {
			t.Errorf("%d %s %s", status, to, problemIn(page))
		}
	}
	_, page, _ := fetch(t, h, "/plans/works/claim-completion?item=item-01")
	id := regexp.MustCompile(`value="(evidence-[a-z0-9]+)"`).FindStringSubmatch(page)
	if id == nil {
		t.Fatal("the claim offers no evidence")
	}
	if status, page, _ := post(t, h, "/plans/works/claim-completion", "key", "c-1", "item", "item-01", "claim", "Dry", "evidence", id[1]); status != 303 {
		t.Errorf("%d %s", status, problemIn(page))
	}
	if status, page, _ := post(t, h, "/plans/works/verify-completion", "key", "v-1", "item", "item-01", "verified", "Looked", "version", "7"); status < 400 || !strings.Contains(page, "Looked") {
		t.Errorf("one verified one's own claim: %d", status)
	}
	h.SignIn.Session.Actor.ID = "p-other"
	if status, page, _ := post(t, h, "/plans/works/verify-completion", "key", "v-2", "item", "item-01", "verified", "Looked", "version", "7"); status != 303 {
		t.Errorf("another can't verify: %d %s", status, problemIn(page))
	}
}

func TestAPaperIsLookedAtAndThenRecorded(t *testing.T) {
	h := pagestest.New(t)
	sample := "Action,Owner,RAG,Reason\nMend the roof,Ann,Amber,<script>alert(1)</script>\nPaint the door,Bob,Green,\n"
	status, page, _ := upload(t, h, "/import", "a.csv", sample, "plan", "roofs", "title", "Roofs & doors", "meeting_date", "3 February 2020", "body", "Board")
	sha := regexp.MustCompile(`name="sha256" value="([0-9a-f]{64})"`).FindStringSubmatch(page)
	if status != 200 || sha == nil || !strings.Contains(page, "Mend the roof") || strings.Contains(page, "<script>alert") || !strings.Contains(page, `name="record"`) {
		t.Fatalf("%d %.2000s", status, problemIn(page))
	}
	if _, page, _ := fetch(t, h, "/import"); !strings.Contains(page, "Look at a.csv again") {
		t.Error("the paper that waits is not offered")
	}
	confirm := []string{"sha256", sha[1], "plan", "roofs", "title", "Roofs & doors", "meeting_date", "3 February 2020", "body", "Board", "record", "yes"}
	h.SignIn.Session.Actor.ID = "p-other"
	if status, page, _ := upload(t, h, "/import", "", "", confirm...); status != 400 || !strings.Contains(page, "Choose a file") {
		t.Errorf("somebody else's file: %d", status)
	}
	h.SignIn.Session.Actor.ID = pagestest.Officer.ID
	for _, want := range []string{"imported", "nothing"} {
		if status, page, to := upload(t, h, "/import", "", "", confirm...); status != 303 && want == "imported" || status == 303 && !strings.HasSuffix(to, want) {
			t.Errorf("%d %s %s", status, to, problemIn(page))
		}
	}
	if status, page, _ := upload(t, h, "/import", "", ""); status != 400 || strings.Contains(page, "a.csv") {
		t.Errorf("no file: %d, or one that was recorded is offered again", status)
	}
	// All of it was recorded at once: what members received ends in the midst of that, and so does each of its entries.
	for _, address := range []string{"/plans/roofs?as_reported=board-2020-02-03", "/plans/roofs/strips?as_reported=board-2020-02-03", "/plans/roofs/entries/2"} {
		status, page, _ := fetch(t, h, address)
		if status != 200 {
			t.Errorf("%s: %d", address, status)
		}
		if to := regexp.MustCompile(`href="(/plans/roofs(?:/strips)?\?[^"]*)"`).FindStringSubmatch(page); to == nil {
			t.Errorf("%s leads to no moment", address)
		} else if status, page, _ = fetch(t, h, html.UnescapeString(to[1])); status != 200 || !strings.Contains(page, "Mend the roof") {
			t.Errorf("%s leads to %s: %d", address, to[1], status)
		}
	}
	h.Do(t, "roofs", domain.Rate{Basis: stated(2020, time.March, 2), Item: "item-02", To: "amber", Justification: "As above", SameAs: "item-01"})
	for _, address := range []string{"/plans/roofs", "/plans/roofs/items/item-02"} { // whoever reads "as above" is led there
		if _, page, _ := fetch(t, h, address); !strings.Contains(page, `href="/plans/roofs/items/item-01">item-01</a>`) {
			t.Errorf("%s does not lead to the reason", address)
		}
	}
	status, page, _ = fetch(t, h, "/plans/roofs?recorded_at=2019-06-01")
	if status != 404 || !strings.Contains(page, "nothing was known here") || strings.Contains(page, "plantrail plan list") {
		t.Errorf("before it was recorded: %d %s", status, page)
	}
}

// A council's own rating words are explained once, in the form.
func TestAPaperWithWordsOfItsOwn(t *testing.T) {
	h := pagestest.New(t)
	sample := "Action,Status\nMend the roof,Slipping\nPaint the door,On course\n"
	status, page, _ := upload(t, h, "/import", "a.csv", sample, "plan", "roofs", "title", "Roofs", "ratings", "Slipping=at_risk\r\nOn course=on_track")
	if status != 200 || !strings.Contains(page, "Still needed") || !strings.Contains(page, "the day of which it speaks") || strings.Contains(page, "--as-at") {
		t.Fatalf("%d %.2000s", status, problemIn(page))
	}
	status, page, _ = upload(t, h, "/import", "a.csv", sample, "plan", "roofs", "title", "Roofs", "ratings", "Slipping=at_risk\r\nOn course=on_track", "as_at", "2026-03-31")
	if status != 200 || !strings.Contains(page, `name="record"`) || !strings.Contains(page, "slipping") && !strings.Contains(page, "Slipping") {
		t.Fatalf("%d %.2000s", status, problemIn(page))
	}
	if status, page, _ = upload(t, h, "/import", "a.csv", sample, "plan", "roofs", "title", "Roofs", "ratings", "Slipping=rather"); status != 400 || !strings.Contains(page, `id="f-ratings-error"`) {
		t.Errorf("%d %.2000s", status, problemIn(page))
	}
}

func TestTheCityPaperIsRead(t *testing.T) {
	file := domaintest.Paper(t, "seeds/city-of-london-sdp.txt")
	h := pagestest.New(t)
	if status, page, _ := upload(t, h, "/import", "sdp.txt", string(file), "plan", "sdp", "title", "Service plan", "meeting_date", "2020-02-03", "body", "Sub-Committee"); status != 200 || !strings.Contains(page, `name="record"`) {
		t.Errorf("%d %s", status, problemIn(page))
	}
}

// The house signs no checkpoints, so nothing can be published in it; the form says so and keeps what was chosen.
func TestPublishingWithoutProofSaysWhy(t *testing.T) {
	h := house(t)
	status, page, _ := post(t, h, "/plans/works/publish-paper", "meeting", meetingID, "title", "The plan", "version", "5")
	if status != 503 || !strings.Contains(page, "There is a problem") || !strings.Contains(page, `value="The plan"`) || !strings.Contains(page, `value="`+meetingID+`" selected`) {
		t.Errorf("%d %s", status, problemIn(page))
	}
}

func TestMyWork(t *testing.T) {
	h := house(t)
	if status, page, _ := fetch(t, h, "/mine"); status != 200 || !strings.Contains(page, "My work") {
		t.Errorf("%d", status)
	}
	h.Do(t, "mine", domain.OpenPlan{Basis: stated(2026, 1, 5), Title: "Mine"}, domain.AddItem{Basis: stated(2026, 1, 5), Title: "My roof"})
	if status, page, _ := post(t, h, "/new-plan", "plan", " ", "title", "Kept"); status != 400 || !strings.Contains(page, `href="#f-plan"`) || !strings.Contains(page, `value="Kept"`) {
		t.Errorf("no name: %d %s", status, problemIn(page))
	}
	if status, page, to := post(t, h, "/new-plan", "key", "new-1", "plan", "fresh", "title", "Fresh"); status != 303 || to != "/plans/fresh?done=recorded" {
		t.Errorf("%d %s %s", status, to, problemIn(page))
	}
}

func TestAFileThatIsTooLargeIsNamedSo(t *testing.T) {
	domaintest.Long(t)
	h := house(t)
	status, page, _ := upload(t, h, "/import", "a.csv", strings.Repeat("x", 34<<20))
	if status != 413 || !strings.Contains(page, "at most 32 MiB") || !strings.Contains(page, "</html>") {
		t.Errorf("a paper: %d %s", status, problemIn(page))
	}
	status, page, _ = upload(t, h, "/plans/works/attach-evidence", "a.bin", strings.Repeat("x", 64<<20+1), "key", "large", "item", "item-01", "title", "Photo")
	if status != 413 || !strings.Contains(page, "67108864") && !strings.Contains(page, "64 MiB") || !strings.Contains(page, `value="Photo"`) {
		t.Errorf("a file: %d %s", status, problemIn(page))
	}
}
