// Package judges uses plantrail as people do and looks at every page with what we did not write: axe-core in a real Chromium,
// driven by chromedp. It is a module of its own so that nothing of that gets into plantrail. Run it with
//
//	go -C web/judges test ./...
//
// with the GOFLAGS of the Makefile. One browser is shared by all tests; each person has a window of their own in it, which must
// stay quiet: nothing is asked of another host, the policy forbids nothing, no script fails; and on no page that is judged does
// anything move after it was painted.
//
//	story_test      the program itself, built and serving over TLS: a council's story by mouse and keyboard, also without scripts
//	questions_test  the questions of each persona, answered by clicks from the first page on
//	pages_test      every page and form that the site has, found by its links: light, dark, narrow, by keyboard, refused
//
// PLANTRAIL_SHOTS names a folder for pictures of every page: light, dark, as a telephone shows it, and on paper.
package judges
