package judges

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"plantrail/domain"
	"plantrail/domain/domaintest"
	"plantrail/projections"
)

const axe = "axe-core@4.14.1"

// axeSource is axe-core, from npm's cache.
var axeSource = sync.OnceValues(func() (string, error) {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "plantrail-axe")
	if err != nil {
		return "", err
	}
	closers = append(closers, func() { _ = os.RemoveAll(dir) })
	out, err := exec.Command(npm, "install", "--prefix", dir, "--prefer-offline", "--no-audit", "--no-fund", "--silent", axe).CombinedOutput()
	if err != nil {
		return "", errors.Join(err, errors.New(string(out)))
	}
	b, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	return string(b), err
})

// judge is somebody who looks at pages with everything that can be measured about them.
type judge struct {
	*person
	axe    string
	titles map[string]string
}

func newJudge(t *testing.T, base string) *judge {
	t.Helper()
	source, err := axeSource()
	domaintest.Need(t, axe+" can't be installed", err)
	return &judge{person: sit(t, base), axe: source, titles: map[string]string{}}
}

// shown makes the browser show pages as with a setting of the device.
func (j *judge) shown(medium, scheme string) {
	j.Helper()
	j.call(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium,
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	})
}

const violations = `axe.run(document, {runOnly: RULES, resultTypes: ["violations"]}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 160) + " " + (n.any[0] ? n.any[0].message : ""))))`

// asksAxe holds what is shown against the rules that axe-core knows. In the dark, only colours differ.
func (j *judge) asksAxe(address, scheme string) {
	j.Helper()
	rules := `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	if scheme == "dark" {
		rules = `{type: "rule", values: ["color-contrast"]}`
	}
	if !look[bool](j.person, "!!window.axe") {
		_ = look[bool](j.person, j.axe+"; true")
	}
	for _, v := range look[[]string](j.person, strings.Replace(violations, "RULES", rules, 1)) {
		j.Errorf("%s, %s: %s", address, scheme, v)
	}
}

// looks looks at the page that is shown: light, dark, and as wide as a telephone, which is 400% of a window of 1280.
func (j *judge) looks(address string) {
	j.Helper()
	for _, wrong := range j.quiet() {
		j.Errorf("%s: %s", address, wrong)
	}
	if title := look[string](j.person, "document.title"); len(title) < 5 {
		j.Errorf("%s has the title %q", address, title)
	} else if other, there := j.titles[title]; there && strings.Split(other, "?")[0] != strings.Split(address, "?")[0] && !strings.Contains(title, "nothing here") {
		j.Errorf("%s and %s have the same title %q", other, address, title)
	} else {
		j.titles[title] = address
	}
	j.asksAxe(address, "light")
	j.shoot(address, "light")
	j.shown("screen", "dark")
	j.asksAxe(address, "dark")
	j.shoot(address, "dark")
	j.shown("screen", "light")
	j.do(chromedp.EmulateViewport(320, 640))
	if wide := look[int](j.person, "document.documentElement.scrollWidth"); wide > 320 {
		j.Errorf("%s is %d wide: %s", address, wide, look[string](j.person, `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > 321 && !e.closest(".scroll, pre")).map(e => e.tagName + "." + e.className).slice(0, 4).join(" ") || "?"`))
	}
	for _, small := range look[[]string](j.person, smallTargets) {
		j.Errorf("%s: the target is too small: %s", address, small)
	}
	j.shoot(address, "phone")
	j.do(chromedp.EmulateViewport(1280, 900))
}

// smallTargets lists buttons, fields and links of lists below 24 by 24 pixels (WCAG 2.5.8); links in sentences and in the
// picture, which has a table beside it, are excepted there.
const smallTargets = `[...document.querySelectorAll("button, input:not([type=hidden]), select, summary, nav a, .govuk-button")].filter(e => {
	const r = e.getBoundingClientRect(); return r.width > 0 && (r.height < 23.5 || r.width < 23.5)}).map(e => e.outerHTML.slice(0, 120))`

// walks goes through the page with the tabulator: the way past the head is first and works, and each place that has the focus
// can be seen and shows that it has it.
func (j *judge) walks(address string) {
	j.Helper()
	j.do(chromedp.KeyEvent(kb.Tab))
	if at := look[[]string](j.person, focused); !strings.Contains(strings.ToLower(at[0]), "skip") {
		j.Errorf("%s: the first stop is %q", address, at[0])
	}
	if address != "/plans" { // there, the head is walked through, too
		j.do(chromedp.KeyEvent(kb.Enter))
	}
	_ = look[bool](j.person, strings.Replace(walking, "FOCUSED", focused, 1))
	for stop := 0; stop < 300; {
		j.do(chromedp.KeyEvent(strings.Repeat(kb.Tab, 20)))
		for _, at := range look[[][]string](j.person, "window.stops.splice(0)") {
			switch {
			case stop == 0: // the way past the head
			case at[0] == "":
				return // the end of the page
			case at[1] != "":
				j.Errorf("%s, stop %d: %s: %s", address, stop, at[0], at[1])
			case stop == 1 && address != "/plans" && !strings.Contains(at[2], "main"):
				j.Errorf("%s: past the head is %s", address, at[0])
			}
			stop++
		}
	}
}

// walking notes at each stroke of the tabulator where the one before it has led.
const walking = `window.stops = []; document.addEventListener("keydown", e => { if (e.key === "Tab") window.stops.push(FOCUSED) }, true); true`

// focused says what has the focus, what is wrong with how that looks, and where it is.
const focused = `(() => { const e = document.activeElement; if (!e || e === document.body) return ["", "", ""];
	const r = e.getBoundingClientRect(), s = getComputedStyle(e), wrong = [];
	if (r.width < 1 || r.height < 1) wrong.push("has no size");
	if (r.bottom < 0 || r.top > innerHeight) wrong.push("is out of sight");
	const box = e.matches(".govuk-checkboxes__input") && getComputedStyle(e.nextElementSibling, "::before").boxShadow !== "none"; // what is drawn for it
	const ring = box || s.outlineStyle === "auto" || parseFloat(s.outlineWidth) > 1 && s.outlineStyle !== "none";
	if (!ring && s.boxShadow === "none") wrong.push("shows no focus");
	return [e.outerHTML.slice(0, 120), wrong.join(", "), e.closest("main, footer") ? "in main or below" : "in the head"]; })()`

// TestEveryPage looks at every page to which clicks lead, and at the states to which they seldom do.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	h := house(t)
	j := newJudge(t, h.URL)
	addresses := all(t, h)
	for _, address := range addresses {
		j.open(address)
		j.looks(address)
		j.walks(address)
	}
	if os.Getenv("PLANTRAIL_SHOTS") != "" {
		j.shown("print", "light")
		j.do(chromedp.EmulateViewport(794, 1123))
		for _, address := range addresses {
			j.open(address)
			j.shoot(address, "print")
		}
	}
	t.Logf("%d pages", len(addresses))
}

// TestTheJudgeSees has a page do everything that a page of ours may not, and a judge notice.
func TestTheJudgeSees(t *testing.T) {
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "style-src 'self'")
		_, _ = io.WriteString(w, `<!DOCTYPE html><html lang="en"><title>Bad page</title><main><h1>Bad</h1><p style="color: red">A paragraph</p><input></main><img src="http://other.invalid/x.png" alt="">
			<script>requestAnimationFrame(() => requestAnimationFrame(() => { const d = document.createElement("div"); d.innerHTML = "<p>Pushed</p>".repeat(20); document.querySelector("main").prepend(d); window.pushed = true })); setTimeout(() => nothing.there, 1)</script>`)
	}))
	defer bad.Close()
	j := newJudge(t, bad.URL)
	j.open("/")
	j.until("what moves", func() bool {
		wrong := strings.Join(j.quiet(), "\n")
		return strings.Contains(wrong, "moves by") && strings.Contains(wrong, "style-src")
	})
	_ = look[bool](j.person, j.axe+"; true")
	if found := look[[]string](j.person, strings.Replace(violations, "RULES", `["wcag2a"]`, 1)); len(found) == 0 {
		t.Error("axe does not see a field without a label")
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	heard := strings.Join(j.heard, "\n")
	for _, want := range []string{"another host", "an exception"} {
		if !strings.Contains(heard, want) {
			t.Errorf("nobody heard of %s:\n%s", want, heard)
		}
	}
	j.heard = nil
}

// TestSigningIn looks at the one page that is there before anybody is: as it is, and refused.
func TestSigningIn(t *testing.T) {
	t.Parallel()
	s := serve(t)
	j := newJudge(t, s.address)
	j.open("/plans/parks")
	j.sees("Sign in")
	j.looks("/sign-in")
	j.walks("/sign-in")
	j.fill("Token", "pt_nobody_has_this")
	j.press("Sign in")
	if said := look[[]string](j.person, summary); said[0] != "" {
		t.Errorf("%s: %s", said[0], said[1])
	}
	j.looks("/sign-in refused")
}

// submits sends the form of a page as it is.
const submits = `(() => { document.querySelectorAll("main form[method=post]").forEach(f => { const d = f.closest("details"); if (d && !d.closest("td")) d.open = true });
	const b = [...document.querySelectorAll("main form button:not([name=check])")].find(b => b.form.method === "post" && b.innerText); return b ? b.innerText : "" })()`

// summary says how the page tells of an error: what the link in the summary leads to, whether that is what is at fault and
// described by the words, and whether the title says so.
const summary = `(() => { const s = document.querySelector(".govuk-error-summary"); if (!s) return ["no error summary", ""];
	const a = s.querySelector("a"), wrong = []; if (!document.title.startsWith("Error: ")) wrong.push("the title does not say so");
	if (a) { const at = document.getElementById(a.hash.slice(1)); if (!at) wrong.push("the summary leads to nothing: " + a.hash);
		else { a.click(); const in_ = at.matches("input, select, textarea") ? at : at.querySelector("input, select, textarea");
			if (!in_ && !at.closest("form")) wrong.push("the summary leads to no field");
			if (in_ && at === in_ && !(in_.getAttribute("aria-describedby") || "").split(" ").some(id => /error/.test(id) && document.getElementById(id))) wrong.push("the field is not described by the error");
		} }
	return [wrong.join(", "), (a ? "-> " + a.hash + " " : "") + s.innerText.replace(/\s+/g, " ")]; })()`

// TestEveryFormThatIsRefused sends each form empty. What is wrong is said at the top, leads to the field, and stands there.
func TestEveryFormThatIsRefused(t *testing.T) {
	t.Parallel()
	h := house(t)
	j := newJudge(t, h.URL)
	refused, taken := 0, 0
	for _, address := range forms(t, h) {
		j.open(address)
		button := look[string](j.person, submits)
		if button == "" {
			t.Errorf("%s has no form", address)
			continue
		}
		j.press(button)
		said := look[[]string](j.person, summary)
		if said[0] == "no error summary" && (strings.Contains(j.text(), "Done") || strings.HasPrefix(address, "/verify")) {
			taken++
			continue
		}
		refused++
		t.Logf("%s: %s", address, said[1])
		if said[0] != "" {
			t.Errorf("%s: %s: %s", address, said[0], said[1])
		}
		j.asksAxe(address, "refused")
		j.shoot(address, "refused")
	}
	t.Logf("%d forms were refused, %d need nothing", refused, taken)
}

// TestSeldomStates looks at what is seldom: a proof that failed, a proof that is not kept, no right to it.
func TestSeldomStates(t *testing.T) {
	t.Parallel()
	h := house(t)
	j := newJudge(t, h.URL)
	state := func(address, want string) {
		t.Helper()
		j.open(address)
		j.sees(want)
		j.asksAxe(address, want)
		j.shoot(address, "state "+want[:min(len(want), 12)])
	}
	state("/plans/parks/items/item-01", "[erased on")
	h.Proof.Stand(projections.KeeperStatus{Origin: "acme", Size: 14, Alarm: "entry 5 has another fingerprint than the one that was signed"})
	state("/verify", "No: verification failed")
	state("/plans/parks", "Verification failed")
	state("/plans/parks/entries/5", "proves nothing until it is known why")
	h.Proof.Stand(projections.KeeperStatus{})
	state("/verify", "Not known")
	api := h.API
	h.API = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/status" {
			_, _ = io.WriteString(w, `{"read_only":"the disk is nearly full"}`)
			return
		}
		api.ServeHTTP(w, r)
	})
	state("/plans/parks", "Nothing can be changed at the moment, everything can be read: the disk is nearly full")
	h.API = api
	h.SignIn.Session.Actor = domain.Actor{ID: "p-reader", Kind: domain.User, Role: domain.Reader}
	state("/tokens?x=1", "People")
	state("/plans/parks/rate?item=item-01", "You may not see or do this")
	state("/import", "You may not see or do this")
	h.SignIn.Session.Actor.Only = domain.ScopeOf([]domain.PlanID{"ponds"})
	state("/plans/parks", "You may not see or do this")
	state("/plans", "There is no plan yet")
}
