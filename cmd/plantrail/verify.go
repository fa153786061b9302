package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/projections"
)

func (a *app) verifyCmd() *cobra.Command {
	var keys []string
	var against string
	cmd := &cobra.Command{Use: "verify [BUNDLE.zip]", Short: "Read everything again and believe nothing, or check an evidence bundle, offline",
		Long: `Without an argument: read everything again and believe nothing. Every event's hash and their tree against every checkpoint ever
signed, each plan's chain, each text and file against its digest, and the read models against a rebuild. --against SIZE:ROOT (typed from a printed paper) or --against FILE (an earlier checkpoint) also proves
that today's history begins with that one.
With a bundle: check it with nothing but its own bytes, without server, data directory or configuration. Give --key with
the log's key as you were told it elsewhere; without it the verdict is only as good as the key in the bundle.
Exit code 8 means that it was looked at and is not what it should be.`,
		Args: cobra.MaximumNArgs(1)}
	cmd.Flags().StringArrayVar(&keys, "key", nil, "the log's verifier key, or a file that holds it; may be given several times")
	cmd.Flags().StringVar(&against, "against", "", "an earlier checkpoint: SIZE:ROOT, or a file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 1 && against != "":
			return misuse("--against", "a bundle is checked by itself").WithHint("give one of the two")
		case len(args) == 1:
			return a.verifyBundle(args[0], keys)
		}
		return a.with(cmd.Context(), func(c *client) error { return a.verifyHistory(cmd.Context(), c, against) })
	}
	return cmd
}

func (a *app) verifyHistory(ctx context.Context, c *client, against string) error {
	q, err := earlier(against)
	if err != nil {
		return err
	}
	got, err := c.do(ctx, request{method: http.MethodPost, path: path("verify"), query: q, accept: "application/json"})
	if err != nil {
		return err
	}
	var v projections.Verdict
	if err := decode(got.body, &v); err != nil {
		return err
	}
	if err := a.show(got, func() error { fmt.Fprint(a.stdout, v.String()); return nil }); err != nil {
		return err
	}
	for _, check := range v.Checks {
		if check.State == projections.CheckFailed {
			return &unproved{"the history is not as it was recorded: " + check.Words}
		}
	}
	return nil
}

// earlier reads an earlier checkpoint as it was typed, SIZE:ROOT, or from a file that holds one.
func earlier(against string) (url.Values, error) {
	if against == "" {
		return nil, nil
	}
	size, root, typed := strings.Cut(against, ":")
	if b, err := os.ReadFile(against); err == nil {
		lines := strings.SplitN(string(b), "\n", 4)
		if len(lines) < 4 {
			return nil, misuse("--against", "%s holds no checkpoint", against)
		}
		size, root, typed = lines[1], lines[2], true
	}
	if !typed {
		return nil, misuse("--against", "%q is neither SIZE:ROOT nor a file", shorten(against, 60))
	}
	return url.Values{"size": {strings.TrimSpace(size)}, "root": {strings.TrimSpace(root)}}, nil
}
