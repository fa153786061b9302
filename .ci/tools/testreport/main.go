// Command testreport runs "go test -json" and prints what a person wants of it: go test's own closing line for each
// package, all that a failing test said, each skipped test with its reason, and the slowest tests.
//
//	testreport [-strict] -- go test -json -race ./...
//
// A test that skips proves nothing, so with -strict (under CI) a skip is a failure. One reason is let through, because no
// installation can mend it: a message that contains "not on this machine:" (a kernel without loop mounts, say). It is
// printed all the same.
//
// Exit code: that of the command; 1 if the command succeeded but something was skipped that may not be; 2 for misuse.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sort"
	"strings"
)

// allowedSkip is what the reason of a skip says when the machine, and not the suite, is at fault.
const allowedSkip = "not on this machine:"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("testreport", flag.ContinueOnError)
	flags.SetOutput(stderr)
	strict := flags.Bool("strict", false, "a skipped test is a failure")
	if flags.Parse(args) != nil {
		return 2
	}
	if flags.NArg() == 0 {
		fmt.Fprintln(stderr, "testreport: say which command to run: testreport -- go test -json ./...")
		return 2
	}
	cmd := exec.Command(flags.Arg(0), flags.Args()[1:]...)
	cmd.Stderr = stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		fmt.Fprintln(stderr, "testreport:", err)
		return 1
	}
	r := newReport(stdout)
	readErr := r.read(out)
	waitErr := cmd.Wait()
	refused := r.close(*strict)
	if exit := (*exec.ExitError)(nil); errors.As(waitErr, &exit) {
		return max(exit.ExitCode(), 1)
	}
	if waitErr != nil || readErr != nil {
		fmt.Fprintln(stderr, "testreport:", errors.Join(waitErr, readErr))
		return 1
	}
	if refused > 0 || r.failed > 0 {
		return 1
	}
	return 0
}

// event is a line of go test -json (see "go doc test2json").
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

type timed struct {
	name    string
	seconds float64
}

// report gathers each test's output until it is known how the test ended.
type report struct {
	w      io.Writer
	output map[string][]string // by package and test
	skips  []string
	slow   []timed
	passed int
	failed int
}

func newReport(w io.Writer) *report {
	return &report{w: w, output: map[string][]string{}}
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			r.line(line)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (r *report) line(line string) {
	var e event
	if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
		fmt.Fprint(r.w, line) // not go test's: a tool that printed by itself
		return
	}
	switch {
	case e.Action == "build-output":
		fmt.Fprint(r.w, e.Output)
	case e.Test == "":
		r.ofPackage(e)
	default:
		r.ofTest(e)
	}
}

func (r *report) ofPackage(e event) {
	switch e.Action {
	case "output":
		if e.Output != "PASS\n" {
			fmt.Fprint(r.w, e.Output)
		}
	case "fail":
		r.failed++
		// Tests without an end were running when the package died: what they said is all there is to go by.
		for _, key := range r.unfinished(e.Package) {
			r.print("UNFINISHED", key)
		}
	}
}

func (r *report) unfinished(pkg string) (keys []string) {
	for key := range r.output {
		if strings.HasPrefix(key, pkg+".") {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return keys
}

func (r *report) ofTest(e event) {
	key := e.Package + "." + e.Test
	switch e.Action {
	case "output":
		r.output[key] = append(r.output[key], e.Output)
	case "pass":
		r.passed++
		r.timed(e, key)
		delete(r.output, key)
	case "fail":
		r.timed(e, key)
		r.print("FAILED", key)
	case "skip":
		r.skips = append(r.skips, key+": "+reason(r.output[key]))
		delete(r.output, key)
	}
}

func (r *report) timed(e event, key string) {
	if !strings.Contains(e.Test, "/") {
		r.slow = append(r.slow, timed{key, e.Elapsed})
	}
}

func (r *report) print(how, key string) {
	fmt.Fprintf(r.w, "\n%s %s\n%s\n", how, key, strings.Join(r.output[key], ""))
	delete(r.output, key)
}

// reason is what a skipped test said, without go test's own lines.
func reason(lines []string) string {
	var said []string
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if l != "" && !strings.HasPrefix(l, "===") && !strings.HasPrefix(l, "---") {
			said = append(said, l)
		}
	}
	return strings.Join(said, " ")
}

// close prints the skips and the slowest tests, and returns how many skips are failures.
func (r *report) close(strict bool) (refused int) {
	sort.Slice(r.slow, func(i, j int) bool { return r.slow[i].seconds > r.slow[j].seconds })
	for i, t := range r.slow {
		if i == 5 || t.seconds < 2 {
			break
		}
		fmt.Fprintf(r.w, "slow: %6.1f s  %s\n", t.seconds, t.name)
	}
	sort.Strings(r.skips)
	for _, s := range r.skips {
		if strict && !strings.Contains(s, allowedSkip) {
			refused++
			fmt.Fprintln(r.w, "SKIPPED, which is a failure here:", s)
			continue
		}
		fmt.Fprintln(r.w, "SKIPPED:", s)
	}
	fmt.Fprintf(r.w, "%d tests passed, %d skipped, %d packages failed\n", r.passed, len(r.skips), r.failed)
	return refused
}
