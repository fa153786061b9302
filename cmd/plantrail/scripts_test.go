package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// exits runs a command and checks its exit code: "exits 4 plantrail ..." expects a refusal.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// await waits until a file exists, or with ! until it does not: "await data/server.json". With a second argument the file
// must hold that text.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: [!] await FILE [TEXT]")
	}
	path, deadline := ts.MkAbs(args[0]), time.Now().Add(time.Minute)
	for {
		b, err := os.ReadFile(path)
		there := err == nil && (len(args) == 1 || bytes.Contains(b, []byte(args[1])))
		if there != neg {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("waited a minute for %s", args[0])
		}
		<-time.After(5 * time.Millisecond)
	}
}
