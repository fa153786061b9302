package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/web"
)

func (a *app) verifyCmd() *cobra.Command {
	var keys []string
	var against string
	cmd := &cobra.Command{Use: "verify [BUNDLE.zip]", Short: "Read every stored event again, or check an evidence bundle, offline",
		Long: `Without an argument: read every event from the journal again, compute its hash, and hold it against the history's tree and the
last signed checkpoint. --against SIZE:ROOT (typed from a printed paper) or --against FILE (an earlier checkpoint) also proves
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
	got, err := c.do(ctx, request{method: http.MethodPost, path: path("verify"), accept: "application/json"})
	if err != nil {
		return err
	}
	var v web.VerifyView
	if err := decode(got.body, &v); err != nil {
		return err
	}
	if err := a.show(got, func() error { a.say("%s.", oneLine(v.Verdict)); return nil }); err != nil {
		return err
	}
	if !v.OK {
		return &unproved{v.Verdict}
	}
	if q == nil {
		return nil
	}
	var state web.ProofView
	if _, err = c.get(ctx, path("verify"), q, &state); err != nil {
		if e := (*domain.Error)(nil); errors.As(err, &e) && e.Kind == domain.Refused {
			return &unproved{e.Message}
		}
		return err
	}
	if a.form() == asTable {
		a.say("%s.", state.Against)
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
