package judges

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"plantrail/domain/domaintest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	closeAll()
	os.Exit(code)
}

// closers end what all tests share, the last first.
var closers []func()

func closeAll() {
	for i := len(closers) - 1; i >= 0; i-- {
		closers[i]()
	}
}

// chromium is one browser for all tests. Each [person] has a browser context of their own in it: no cookie is shared. A page is
// shown for a second or two: to compile its scripts for speed takes more time than that saves, and there is no screen to draw on.
var chromium = sync.OnceValues(func() (context.Context, error) {
	ctx, end := chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(chromedp.NoSandbox, chromedp.IgnoreCertErrors,
		chromedp.Flag("js-flags", "--no-turbofan --no-maglev"), chromedp.Flag("disable-gpu", true)))
	closers = append(closers, end)
	return ctx, chromedp.Do(ctx)
})

// person is somebody before a screen, in a window of their own. What they do is done by mouse and keyboard; what they see is
// the text that the browser shows. At the end of the test their window must have stayed quiet.
type person struct {
	*testing.T
	ctx      context.Context
	base     string
	download string // the folder into which their browser saves

	mu    sync.Mutex
	heard []string // what the browser complained of, and requests to other hosts
}

// sit opens a window of its own on a server.
func sit(t *testing.T, base string) *person {
	t.Helper()
	_, err := exec.LookPath("chromium")
	domaintest.Need(t, "chromium", err)
	shared, err := chromium()
	if err != nil {
		t.Fatal(err)
	}
	p := &person{T: t, base: base, download: t.TempDir()}
	ctx, end := chromedp.NewContext(shared, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.listen))
	t.Cleanup(func() {
		end()
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, h := range p.heard {
			t.Errorf("the browser complains: %s", h)
		}
	})
	p.ctx = ctx
	if err := chromedp.Do(ctx); err != nil { // the window lives as long as the context of its first step
		t.Fatal(err)
	}
	p.do(chromedp.EmulateViewport(1280, 900))
	p.call(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, log.Enable, cdp.Empty{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchful})
		return err
	})
	return p
}

// watchful notes what moves after it was painted, and what the content security policy forbade.
const watchful = `window.moved = []; window.forbidden = [];
	window.mover = new PerformanceObserver(l => window.moved.push(...l.getEntries())); window.mover.observe({type: "layout-shift", buffered: true});
	document.addEventListener("securitypolicyviolation", e => window.forbidden.push(e.violatedDirective + " " + e.blockedURI + " " + e.sample))`

// quiet lists what the page did that it should not: it moved, or its policy forbade something. A hundredth is let through, of
// the tenth that counts as good: a busy machine paints a page of which not all has come, and moves a line a little.
func (p *person) quiet() []string {
	p.Helper()
	return look[[]string](p, `(() => { window.moved.push(...window.mover.takeRecords());
		return window.moved.filter(e => e.value > 0.01).map(e => "moves by " + e.value).concat(window.forbidden) })()`)
}

// listen runs on the browser's own goroutine.
func (p *person) listen(event any) {
	heard := ""
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; p.base != "" && !strings.HasPrefix(u, p.base) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "about:") {
			heard = "a request to another host: " + u
		}
	case *runtime.EventExceptionThrown:
		heard = "an exception: " + e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		// An answer that is an error is logged, too; which answers are right is for the tests to say.
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			heard = fmt.Sprint(e.Entry.Source, ": ", e.Entry.Text, " ", e.Entry.URL)
		}
	}
	if heard != "" {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.heard = append(p.heard, heard)
	}
}

// patience bounds one thing that the browser is asked to do.
func (p *person) patience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, time.Minute)
}

func (p *person) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	ctx, end := p.patience()
	defer end()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

func (p *person) call(f func(context.Context, *chromedp.Target) error) {
	p.Helper()
	p.do(chromedp.Func(f))
}

// look asks the page something.
func look[T any](p *person, script string) T {
	p.Helper()
	ctx, end := p.patience()
	defer end()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%v: %.200s", err, script)
	}
	return got
}

// until waits for something to become true.
func (p *person) until(what string, ready func() bool) {
	p.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(time.Minute); !ready(); {
		select {
		case <-tick.C:
		case <-late:
			p.Fatalf("%s: nothing of the kind; the page shows\n%s", what, p.text())
		}
	}
}

// withoutScripts turns JavaScript off, as it is in some offices.
func (p *person) withoutScripts() {
	p.Helper()
	p.call(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

// open goes to an address: only the first page is gone to like that, and what an address in a letter would be.
func (p *person) open(path string) {
	p.Helper()
	p.do(chromedp.Navigate(p.base + path))
}

// signIn signs in with a token, from the first page.
func (p *person) signIn(token string) {
	p.Helper()
	p.open("/")
	p.fill("Token", token)
	p.press("Sign in")
}

func (p *person) text() string {
	p.Helper()
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[string]("document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return plain(got)
}

// plain is text as a reader takes it in: with one space between words, whatever lies between them.
func plain(s string) string { return strings.Join(strings.Fields(s), " ") }

// sees checks that the page shows words; the first that are missing are told with what is there instead.
func (p *person) sees(words ...string) {
	p.Helper()
	text := p.text()
	for _, w := range words {
		if !strings.Contains(text, plain(w)) {
			p.Fatalf("the page lacks %q; it shows\n%s", w, text)
		}
	}
}

// arrives waits for words: a page that tells how far something has got leads on by itself.
func (p *person) arrives(words string) {
	p.Helper()
	p.until(words, func() bool { return strings.Contains(p.text(), words) })
}

func (p *person) lacks(words ...string) {
	p.Helper()
	text := p.text()
	for _, w := range words {
		if strings.Contains(text, plain(w)) {
			p.Fatalf("the page shows %q:\n%s", w, text)
		}
	}
}

// finder finds what people see by what is written on it: FIND(kind, text) is the element, whose text is that, or begins with
// it; "text #2" is the second.
const finder = `window.FIND = (kind, text) => { let nth = 1, m = text.match(/^(.*) #(\d+)$/); if (m) { text = m[1]; nth = +m[2] }
	const plain = s => (s || "").replace(/\s+/g, " ").replace(/ ([:,])/g, "$1").trim(), seen = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
	const all = [...document.querySelectorAll(kind)].filter(seen), is = all.filter(e => plain(e.innerText || e.textContent) === text);
	return (is.length ? is : all.filter(e => plain(e.innerText || e.textContent).startsWith(text)))[nth - 1] };
	window.FIELD = text => { const l = FIND("label", text); return l && (l.control || document.getElementById(l.htmlFor)) };`

// find evaluates an expression over FIND and FIELD once the element is there.
func find[T any](p *person, what, expression string) T {
	p.Helper()
	got, err := chromedp.Run(p.ctx, chromedp.Evaluate[*T](finder+"(() => {"+expression+"})()"))
	if err != nil {
		p.Fatalf("%s: %v", what, err)
	}
	if got == nil {
		p.Fatalf("there is no %s; the page shows\n%s", what, p.text())
	}
	return *got
}

func quoted(s string) string {
	b, _ := json.Marshal(s) // of a string: can't fail
	return string(b)
}

type spot struct {
	X, Y   float64
	Leaves bool // a click on it leads to another page
	Cover  string
	Birth  float64
}

// aim brings something into view and says where it is.
func (p *person) aim(kind, text string) spot {
	p.Helper()
	s := find[spot](p, kind+" "+quoted(text), `const e = FIND(`+quoted(kind)+`, `+quoted(text)+`); if (!e) return null;
		e.scrollIntoView({block: "center"}); const r = e.getClientRects()[0], x = r.x + r.width / 2, y = r.y + r.height / 2, top = document.elementFromPoint(x, y);
		const same = e.tagName === "A" && e.pathname + e.search === location.pathname + location.search && e.hash;
		return {X: x, Y: y, Leaves: (e.tagName === "A" || e.tagName === "BUTTON") && !same, Cover: top && (e.contains(top) || top.contains(e)) ? "" : (top ? top.outerHTML.slice(0, 80) : "nothing"), Birth: (window.MAIN = document.querySelector("main"), performance.timeOrigin)}`)
	if s.Cover != "" {
		p.Fatalf("%q can't be clicked, it is covered by %s", text, s.Cover)
	}
	return s
}

// click clicks a link or what unfolds, by its words, and waits for the page to which it leads; press presses a button.
func (p *person) click(text string) { p.Helper(); p.follow("a, summary", text) }
func (p *person) press(text string) { p.Helper(); p.follow("button", text) }

func (p *person) follow(kind, text string) {
	p.Helper()
	at := p.aim(kind, text)
	p.do(chromedp.MouseClickXY(at.X, at.Y))
	if !at.Leaves {
		return
	}
	p.until("after "+quoted(text)+" another page", func() bool {
		there, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](fmt.Sprintf(`(performance.timeOrigin !== %f || document.querySelector("main") !== window.MAIN) && document.readyState === "complete"`, at.Birth)))
		return err == nil && there
	})
}

// fill types into a field, by its label.
func (p *person) fill(label, text string) {
	p.Helper()
	kind := find[string](p, "field "+quoted(label), `const e = FIELD(`+quoted(label)+`); if (!e) return null; e.scrollIntoView({block: "center"}); e.focus(); if (e.select) e.select(); return e.type`)
	if kind == "date" { // the keys depend on the country; a calendar is clicked
		find[bool](p, "date", `FIELD(`+quoted(label)+`).value = `+quoted(text)+`; return true`)
		return
	}
	if text == "" {
		p.do(chromedp.KeyEvent("\b"))
		return
	}
	p.call(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, input.InsertText, input.InsertTextParams{Text: text})
		return err
	})
}

// choose chooses from a list, by its label and the words of the choice.
func (p *person) choose(label, option string) {
	p.Helper()
	find[bool](p, "choice "+quoted(option)+" of "+quoted(label), `const e = FIELD(`+quoted(label)+`); if (!e) return null;
		const o = [...e.options].find(o => o.text.replace(/\s+/g, " ").trim().startsWith(`+quoted(option)+`)); if (!o) return null; o.selected = true; return true`)
}

// tick ticks a box, by its label.
func (p *person) tick(label string) {
	p.Helper()
	at := p.aim("label", label)
	p.do(chromedp.MouseClickXY(at.X, at.Y))
}

// give chooses a file of this machine for a field.
func (p *person) give(label, file string) {
	p.Helper()
	id := find[string](p, "field "+quoted(label), `const e = FIELD(`+quoted(label)+`); return e ? e.id : null`)
	p.do(chromedp.SetUploadFiles(chromedp.CSS("#"+id), []string{file}))
}

// saved are the files that were saved whole.
func (p *person) saved() (all []string) {
	there, _ := filepath.Glob(filepath.Join(p.download, "*"))
	for _, f := range there {
		if info, err := os.Stat(f); err == nil && info.Size() > 0 && !strings.HasSuffix(f, ".crdownload") && !strings.HasPrefix(filepath.Base(f), ".") {
			all = append(all, f)
		}
	}
	return all
}

// save clicks what is a file and answers what was saved.
func (p *person) save(text string) (name string) {
	p.Helper()
	p.call(func(ctx context.Context, target *chromedp.Target) error {
		c := chromedp.FromContext(ctx)
		_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, BrowserContextID: c.BrowserContextID, DownloadPath: p.download})
		return err
	})
	at, before := p.aim("a, button", text), map[string]bool{}
	for _, f := range p.saved() {
		before[f] = true
	}
	p.do(chromedp.MouseClickXY(at.X, at.Y))
	p.until("a file of "+quoted(text), func() bool {
		for _, f := range p.saved() {
			if !before[f] {
				name = f
				return true
			}
		}
		return false
	})
	return name
}

// shoot keeps a picture of the page where PLANTRAIL_SHOTS says so.
func (p *person) shoot(address, how string) {
	p.Helper()
	dir := os.Getenv("PLANTRAIL_SHOTS")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.Fatal(err)
	}
	name := strings.NewReplacer("/", "_", "?", "_", "&", "_", ":", "_").Replace(strings.Trim(address, "/"))
	if err := os.WriteFile(filepath.Join(dir, name[:min(len(name), 80)]+"-"+how+".png"), b, 0o644); err != nil {
		p.Fatal(err)
	}
}
