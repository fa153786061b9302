// Command plantrail keeps improvement plans as a history of events: one binary that is the server and its command line.
//
// Every subcommand is a client of the HTTP API. It talks to a server over the network, to the server that holds the data
// directory, or, when none does, to the same handler opened on that directory within this process (see target.go).
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"

	"plantrail/domain"
)

func main() {
	keepLean()
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the whole program: it returns the exit code (see [exitCode]).
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	a := newApp(stdin, stdout, stderr)
	root := a.root()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil && !a.started && !errors.As(err, new(*domain.Error)) {
		err = misuse("", "%s", err).WithHint("see plantrail help")
	}
	if err != nil {
		a.complain(err)
	}
	return exitCode(err)
}

// app is one run of the program: its streams and the flags common to all commands.
type app struct {
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	screen screen // how stdout is written for people
	// started is set once a subcommand's own code runs: what failed before it is a misuse of the command line.
	started bool
	warned  atomic.Bool // of a server's alarm

	data, server, token, output string
}

func newApp(stdin io.Reader, stdout, stderr io.Writer) *app {
	return &app{stdin: stdin, stdout: stdout, stderr: stderr, screen: screenOf(stdout)}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "plantrail",
		Short: "Keep improvement plans so that every change can be explained and proved",
		Long: `plantrail records every change of an improvement plan as an event: who changed what, when, why and on whose authority.

Commands talk to the server given by --server (or PLANTRAIL_SERVER), else to the server that holds the data directory,
else they open the data directory themselves. PLAN ITEM may be written as PLAN/ITEM, and PLAN left out where there is
only one plan. Words may be "-" for standard input or @FILE for a file.`,
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(*cobra.Command, []string) error { a.started = true; return a.checkOutput() },
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return misuse("", "%s", err).WithHint("see " + c.CommandPath() + " --help")
	})
	f := root.PersistentFlags()
	f.StringVar(&a.data, "data", envOr("PLANTRAIL_DATA", "./data"), "data directory")
	f.StringVar(&a.server, "server", os.Getenv("PLANTRAIL_SERVER"), "talk to the server at this URL instead")
	f.StringVar(&a.token, "token", "", "bearer token (better: PLANTRAIL_TOKEN, which other users can't see)")
	f.StringVarP(&a.output, "output", "o", os.Getenv("PLANTRAIL_OUTPUT"), "table, json or csv (default table on a terminal, else json)")
	root.AddCommand(grouped("read", a.feedCmd(), a.subscribeCmd())...)
	root.AddGroup(
		&cobra.Group{ID: "read", Title: "Questions:"},
		&cobra.Group{ID: "write", Title: "Keeping a plan:"},
		&cobra.Group{ID: "proof", Title: "Proof and evidence:"},
		&cobra.Group{ID: "run", Title: "Running plantrail:"},
	)
	root.AddCommand(grouped("read", a.showCmd(), a.timelineCmd(), a.ambersCmd(), a.historyCmd(), a.entryCmd(), a.asAtCmd(), a.compareCmd(), a.findingsCmd(), a.reportCmd(), a.mineCmd(),
		a.searchCmd(), a.accessCmd(), a.tailCmd(), a.schemeCmd(), a.policyCmd())...)
	root.AddCommand(grouped("write", a.importCmd(), a.planCmd(), a.itemCmd(), a.rateCmd(), a.justifyCmd(), a.progressCmd(),
		a.outcomeCmd(), a.requestCmd(), a.answerCmd(), a.resolveCmd(), a.correctCmd(), a.recordedCmd(),
		a.dueCmd(), a.measureCmd(), a.challengeCmd(), a.meetingCmd(), a.findingCmd())...)
	root.AddCommand(grouped("proof", a.evidenceCmd(), a.bundleCmd(), a.verifyCmd(), a.checkpointCmd(), a.eraseCmd(), a.holdCmd())...)
	root.AddCommand(grouped("run", a.serveCmd(), a.initCmd(), a.statusCmd(), a.rebuildCmd(), a.tokenCmd(), a.personCmd(), a.backupCmd(), a.restoreCmd(), a.repairCmd(),
		a.whoamiCmd(), a.versionCmd())...)
	root.AddCommand(grouped("proof", a.witnessCmd(), a.keyCmd())...)
	root.AddCommand(exitCodesTopic())
	return root
}

func grouped(id string, all ...*cobra.Command) []*cobra.Command {
	for _, c := range all {
		c.GroupID = id
	}
	return all
}

// family is a command that only has subcommands.
func family(use, short string, subs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short}
	c.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return misuse(c.Name(), "there is no %s %q", c.CommandPath(), args[0]).WithHint("see " + c.CommandPath() + " --help")
		}
		return misuse(c.Name(), "say what to do").WithHint("see " + c.CommandPath() + " --help")
	}
	c.AddCommand(subs...)
	return c
}

func envOr(name, otherwise string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return otherwise
}
