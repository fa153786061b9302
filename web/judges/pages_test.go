package judges

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"plantrail/domain"
	"plantrail/projections"
	"plantrail/web/pages/pagestest"
)

const axe = "axe-core@4.14.1"

// addresses are all pages, each in a state worth looking at.
var addresses = []string{"/plans", "/plans/parks", "/plans/parks?rating=green", "/plans/parks?valid_at=2026-02-01", "/plans/parks/items/item-01", "/plans/parks/items/item-03",
	"/plans/parks/entries/5", "/plans/parks/timeline", "/plans/parks/compare?from=meeting:scrutiny-committee-2026-03-20", "/plans/parks/meetings", "/plans/parks/findings",
	"/plans/parks/policy", "/plans/parks/evidence", "/plans/parks/reports", "/plans/parks/bundle", "/findings", "/search?q=scaffolding", "/verify", "/verify?size=2&root=x", "/persons",
	"/access", "/schemes", "/help", "/accessibility", "/nowhere"}

// browser opens Chromium on a house in which an admin is signed in.
func chromiumAt(t *testing.T) (context.Context, *pagestest.House) {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip("not on this machine: chromium")
	}
	h := pagestest.New(t)
	h.Parks(t)
	h.SignIn.Session.Actor.Role = domain.Admin
	h.Proof.Stand(projections.KeeperStatus{Origin: "acme", Size: 14, Root: "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=", LastCheck: time.Now()})
	ctx, end := chromedp.NewContext(t.Context(), chromedp.WithAllocatorOptions(chromedp.NoSandbox))
	t.Cleanup(end)
	return ctx, h
}

// axeSource is axe-core, from npm's cache.
func axeSource(t *testing.T) string {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("not on this machine: npm")
	}
	dir := t.TempDir()
	cmd := exec.CommandContext(t.Context(), npm, "install", "--prefix", dir, "--prefer-offline", "--no-audit", "--no-fund", "--silent", axe)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("not on this machine: %s can't be installed: %v\n%s", axe, err, out)
	}
	b, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

func eval[T any](t *testing.T, ctx context.Context, script string) T {
	t.Helper()
	got, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// shown makes the browser show pages as with a setting of the device.
func shown(t *testing.T, ctx context.Context, medium, scheme string) {
	t.Helper()
	_, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium,
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return chromedp.Void{}, err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// shoot keeps a picture of the page where PLANTRAIL_SHOTS says so.
func shoot(t *testing.T, ctx context.Context, address, how string) {
	t.Helper()
	dir := os.Getenv("PLANTRAIL_SHOTS")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	name := strings.NewReplacer("/", "_", "?", "_", "&", "_", ":", "_").Replace(strings.Trim(address, "/")) + "-" + how + ".png"
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

const violations = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}).then(r =>
	r.violations.flatMap(v => v.nodes.map(n => v.id + ": " + n.html.slice(0, 160) + " " + (n.any[0] ? n.any[0].message : ""))))`

func TestAxeFindsNothing(t *testing.T) {
	source := axeSource(t)
	ctx, h := chromiumAt(t)
	titles := map[string]string{}
	for _, scheme := range []string{"light", "dark"} {
		do(t, ctx, chromedp.EmulateViewport(1280, 900))
		shown(t, ctx, "screen", scheme)
		for _, address := range addresses {
			do(t, ctx, chromedp.Navigate(h.URL+address))
			_ = eval[bool](t, ctx, source+"; true")
			for _, v := range eval[[]string](t, ctx, violations) {
				t.Errorf("%s, %s: %s", address, scheme, v)
			}
			shoot(t, ctx, address, scheme)
			title := eval[string](t, ctx, "document.title")
			if other, there := titles[title]; there && other != address && !strings.HasPrefix(address, strings.Split(other, "?")[0]) {
				t.Errorf("%s and %s have the same title %q", other, address, title)
			}
			titles[title] = address
		}
	}
	t.Logf("%d pages, light and dark", len(addresses))
}

// TestOneScroll shows each page 320 CSS pixels wide, which is 400% of a window of 1280: it scrolls one way.
func TestOneScroll(t *testing.T) {
	ctx, h := chromiumAt(t)
	do(t, ctx, chromedp.EmulateViewport(320, 640))
	for _, address := range addresses {
		do(t, ctx, chromedp.Navigate(h.URL+address))
		if wide := eval[int](t, ctx, "document.documentElement.scrollWidth"); wide > 320 {
			t.Errorf("%s is %d wide: %s", address, wide, eval[string](t, ctx, `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > 321 && !e.closest(".scroll, pre")).map(e => e.tagName + "." + e.className).slice(0, 4).join(" ") || "?"`))
		}
		shoot(t, ctx, address, "phone")
		for _, small := range eval[[]string](t, ctx, smallTargets) {
			t.Errorf("%s: the target is too small: %s", address, small)
		}
	}
	shown(t, ctx, "print", "light")
	do(t, ctx, chromedp.EmulateViewport(794, 1123))
	for _, address := range addresses {
		do(t, ctx, chromedp.Navigate(h.URL+address))
		shoot(t, ctx, address, "print")
	}
}

// smallTargets lists buttons, fields and links of lists below 24 by 24 pixels (WCAG 2.5.8); links in sentences and in the
// picture, which has a table beside it, are excepted there.
const smallTargets = `[...document.querySelectorAll("button, input:not([type=hidden]), select, summary, nav a, .govuk-button")].filter(e => {
	const r = e.getBoundingClientRect(); return r.width > 0 && (r.height < 23.5 || r.width < 23.5)}).map(e => e.outerHTML.slice(0, 120))`

// TestKeyboard walks each page with the tabulator: the way past the head is first, and each place that has the focus can be
// seen and shows that it has it.
func TestKeyboard(t *testing.T) {
	ctx, h := chromiumAt(t)
	do(t, ctx, chromedp.EmulateViewport(1280, 900))
	for _, address := range addresses {
		do(t, ctx, chromedp.Navigate(h.URL+address))
		var seen []string
		for range 300 {
			do(t, ctx, chromedp.KeyEvent(kb.Tab))
			at := eval[[]string](t, ctx, focused)
			if at[0] == "" {
				break // the end of the page
			}
			seen = append(seen, at[0])
			if at[1] != "" {
				t.Errorf("%s, stop %d: %s: %s", address, len(seen), at[0], at[1])
			}
		}
		if len(seen) < 8 || !strings.Contains(seen[0], "govuk-skip-link") {
			t.Errorf("%s: %d stops, the first %q", address, len(seen), slices.Concat(seen, []string{""})[0])
		}
	}
}

// focused says what has the focus, and what is wrong with how that looks.
const focused = `(() => { const e = document.activeElement; if (!e || e === document.body) return ["", ""];
	const r = e.getBoundingClientRect(), s = getComputedStyle(e), wrong = [];
	if (r.width < 1 || r.height < 1) wrong.push("has no size");
	if (r.bottom < 0 || r.top > innerHeight) wrong.push("is out of sight");
	const ring = parseFloat(s.outlineWidth) > 1 && s.outlineStyle !== "none";
	if (!ring && s.boxShadow === "none") wrong.push("shows no focus");
	return [e.outerHTML.slice(0, 120), wrong.join(", ")]; })()`

// TestStates looks at what is seldom: nothing there, no right to it, a journal that takes nothing, a proof that failed.
func TestStates(t *testing.T) {
	source := axeSource(t)
	ctx, h := chromiumAt(t)
	look := func(address, want string) {
		t.Helper()
		do(t, ctx, chromedp.Navigate(h.URL+address))
		if text := eval[string](t, ctx, "document.body.innerText"); !strings.Contains(text, want) {
			t.Errorf("%s lacks %q", address, want)
		}
		_ = eval[bool](t, ctx, source+"; true")
		for _, v := range eval[[]string](t, ctx, violations) {
			t.Errorf("%s, %s: %s", address, want, v)
		}
		shoot(t, ctx, address, fmt.Sprintf("state-%.12s", want))
	}
	h.Proof.Stand(projections.KeeperStatus{Origin: "acme", Size: 14, Alarm: "entry 5 has another fingerprint than the one that was signed"})
	look("/verify", "No: verification failed")
	look("/plans/parks", "Verification failed")
	look("/plans/parks/entries/5", "proves nothing until it is known why")
	h.Proof.Stand(projections.KeeperStatus{})
	look("/verify", "Not known")
	h.SignIn.Session.Actor.Role = domain.Reader
	look("/tokens?x=1", "People")
}
