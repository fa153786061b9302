// Package judges looks at the pages with what we did not write: axe-core in a real Chromium, driven by chromedp. It is a
// module of its own so that nothing of that gets into plantrail. Run it with
//
//	go -C web/judges test ./...
//
// with the GOFLAGS of the Makefile. PLANTRAIL_SHOTS names a folder for pictures of every page: light, dark, as a telephone
// shows it, and on paper.
package judges
