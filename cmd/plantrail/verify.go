package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/evidence"
	"plantrail/projections"
	"plantrail/web"
)

func (a *app) verifyCmd() *cobra.Command {
	var keys []string
	var against string
	cmd := &cobra.Command{Use: "verify [BUNDLE.zip]", Short: "Read everything again and believe nothing, or check an evidence bundle, offline",
		Long: `Without an argument: read everything again and believe nothing. Every event's hash and their tree against every checkpoint ever
signed, each plan's chain, each text and file against its digest, and the read models against a rebuild.
--against SIZE:ROOT, typed from a printed paper, or --against FILE, an earlier checkpoint as plantrail checkpoint printed it,
also proves that today's history begins with that one. The file's signature is checked too, by the keys that the log says it
had or, better, by those that you were given elsewhere: --key.
With a bundle: check it with nothing but its own bytes, without server, data directory or configuration. Give --key with
the log's key as you were told it elsewhere; without it the verdict is only as good as the key in the bundle.
Exit code 8 means that it was looked at and is not what it should be.`,
		Args: cobra.MaximumNArgs(1)}
	cmd.Flags().StringArrayVar(&keys, "key", nil, "the log's verifier key, or a file that holds it, for a bundle or --against FILE; may be given several times")
	cmd.Flags().StringVar(&against, "against", "", "an earlier checkpoint: SIZE:ROOT, or a file")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) == 1 && against != "":
			return misuse("--against", "a bundle is checked by itself").WithHint("give one of the two")
		case len(args) == 1:
			return a.verifyBundle(args[0], keys)
		}
		return a.with(cmd.Context(), func(c *client) error { return a.verifyHistory(cmd.Context(), c, against, keys) })
	}
	return cmd
}

func (a *app) verifyHistory(ctx context.Context, c *client, against string, keys []string) error {
	q, err := a.claimed(ctx, c, against, keys)
	if err != nil {
		return err
	}
	q.Set("progress", "true")
	v, err := a.watchVerify(ctx, c, q)
	if err != nil {
		return err
	}
	if a.form() == asTable {
		fmt.Fprint(a.stdout, v.String())
	} else if err := a.writeJSON(v); err != nil {
		return err
	}
	if v.OK {
		return nil
	}
	for _, check := range v.Checks {
		if check.State == projections.CheckFailed {
			return &unproved{v.Wrong() + ": " + check.Words}
		}
	}
	return &unproved{v.Wrong()}
}

// watchVerify has the server verify and shows on a terminal how far it is.
func (a *app) watchVerify(ctx context.Context, c *client, q url.Values) (*projections.Verdict, error) {
	answer, err := c.send(ctx, request{method: http.MethodPost, path: path("verify"), query: q, accept: "application/json"})
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	bar := newBar(a.stderr, "Reading events")
	defer bar.clear()
	for lines := json.NewDecoder(answer.Body); ; {
		var line struct {
			web.VerifyLine
			Problem json.RawMessage `json:"problem"`
		}
		if err := lines.Decode(&line); err != nil {
			return nil, failure(err, "the verdict did not come: the answer broke off")
		}
		switch {
		case line.Problem != nil:
			return nil, asError(http.StatusInternalServerError, line.Problem)
		case line.Verdict != nil:
			return line.Verdict, nil
		}
		bar.show(line.Done, line.Total)
	}
}

// claimed is an earlier checkpoint that the history must begin with. That of a file must bear the log's signature.
func (a *app) claimed(ctx context.Context, c *client, against string, keys []string) (url.Values, error) {
	if against == "" {
		return url.Values{}, nil
	}
	if signed, err := os.ReadFile(against); err == nil {
		if err := a.signedBefore(ctx, c, against, signed, keys); err != nil {
			return nil, err
		}
	}
	return earlier(against)
}

// earlier reads an earlier checkpoint as it was typed, SIZE:ROOT, or from a file that holds one.
func earlier(against string) (url.Values, error) {
	size, root, typed := strings.Cut(against, ":")
	if b, err := os.ReadFile(against); err == nil {
		cp, err := evidence.ParseCheckpoint(noteText(b))
		if err != nil {
			return nil, misuse("--against", "%s holds no checkpoint", against).WithHint("give what plantrail checkpoint printed, with its last line; or type SIZE:ROOT")
		}
		size, root, typed = strconv.FormatInt(cp.Size, 10), cp.Root.String(), true
	}
	if !typed {
		return nil, misuse("--against", "%q is neither SIZE:ROOT nor a file", shorten(against, 60))
	}
	return url.Values{"size": {strings.TrimSpace(size)}, "root": {strings.TrimSpace(root)}}, nil
}

// noteText is the signed part of a note.
func noteText(signed []byte) string {
	text, _, _ := strings.Cut(string(signed), "\n\n")
	return text + "\n"
}

// signedBefore opens a checkpoint that a file holds. The keys of the log are those given or, without any, those that the
// server says it had: then a server that lies about its keys is found out by those who were told them elsewhere.
func (a *app) signedBefore(ctx context.Context, c *client, file string, signed []byte, keys []string) error {
	var state web.ProofView
	if _, err := c.get(ctx, path("verify"), nil, &state); err != nil {
		return err
	}
	known, err := trustedKeys(keys)
	if err != nil {
		return err
	}
	if len(known) == 0 {
		known = state.Keys
	}
	var verifiers []evidence.Verifier
	for _, key := range known {
		v, err := evidence.NewVerifier(key)
		if err != nil {
			return failure(err, "a key of the log can't be read")
		}
		verifiers = append(verifiers, v)
	}
	if _, err := evidence.ParseCheckpoint(noteText(signed)); err != nil {
		return nil // earlier says so
	}
	if _, _, err := evidence.OpenCheckpoint(signed, state.Origin, verifiers...); err != nil {
		return &unproved{fmt.Sprintf("%s was not signed by this log: %v", file, err)}
	}
	return nil
}
