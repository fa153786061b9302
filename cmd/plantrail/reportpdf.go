package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"plantrail/domain"
)

// browsers are the names under which Chromium is installed.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"}

// pdfLimit bounds the printing of a page.
const pdfLimit = 2 * time.Minute

// printPDF has a browser print a page that was made here. The browser gets a profile of its own in a folder that is removed, no
// network, and no longer than it needs; the page has no script and loads nothing. Its bytes are the browser's: what is hashed
// and compared is the page.
func printPDF(ctx context.Context, page []byte, to string) (err error) {
	browser, err := findBrowser()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "plantrail-pdf-*")
	if err != nil {
		return failure(err, "there is no room for the browser's files")
	}
	defer func() { err = errors.Join(err, removeQuietly(dir)) }()
	from, made := filepath.Join(dir, "report.html"), filepath.Join(dir, "report.pdf")
	if err := os.WriteFile(from, page, 0o600); err != nil {
		return failure(err, "the page can't be written for the browser")
	}
	ctx, cancel := context.WithTimeout(ctx, pdfLimit)
	defer cancel()
	args := []string{"--headless=new", "--disable-gpu", "--user-data-dir=" + filepath.Join(dir, "profile"), "--no-first-run", "--disable-extensions", "--disable-sync",
		"--disable-background-networking", "--disable-component-update", "--proxy-server=127.0.0.1:9", "--host-resolver-rules=MAP * ~NOTFOUND",
		"--no-pdf-header-footer", "--print-to-pdf=" + made}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // its sandbox refuses to run as root
	}
	cmd := exec.CommandContext(ctx, browser, append(args, "file://"+from)...)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir)
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return failure(errors.Join(err, errors.New(shorten(strings.TrimSpace(string(out)), 500))), "%s did not print the page", browser).WithHint("use --format html and print that")
	}
	pdf, err := os.ReadFile(made)
	if err != nil {
		return failure(err, "%s printed nothing", browser).WithHint("use --format html and print that")
	}
	return writeWhole(to, func(w io.Writer) error {
		_, err := w.Write(pdf)
		return err
	})
}

func findBrowser() (string, error) {
	for _, name := range browsers {
		if at, err := exec.LookPath(name); err == nil {
			return at, nil
		}
	}
	return "", domain.Errorf(domain.Unavailable, "--format", "a PDF needs Chromium, and none is installed here").
		WithHint("install chromium, or use --format html, which prints as well")
}
