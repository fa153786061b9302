package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/feeds"
)

func (a *app) feedCmd() *cobra.Command {
	return family("feed", "Read every change as other systems do, and prove what was received", a.feedExportCmd(), a.feedVerifyCmd())
}

// feedFlags are what of the feed is wanted.
type feedFlags struct {
	after, from, plan, types, items, meaning string
	noTexts, hashes, proof                   bool
}

func (f *feedFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.after, "after", "", "go on after this cursor")
	cmd.Flags().StringVar(&f.from, "from", "", "begin after this position, or now")
	cmd.Flags().StringVar(&f.plan, "plan", "", "only these plans, separated by commas")
	cmd.Flags().StringVar(&f.types, "type", "", "only these types of event")
	cmd.Flags().StringVar(&f.items, "item", "", "only these items")
	cmd.Flags().StringVar(&f.meaning, "meaning", "", "only ratings of these meanings")
	cmd.Flags().BoolVar(&f.noTexts, "no-texts", false, "without what people wrote")
}

func (f *feedFlags) query() url.Values {
	q := url.Values{}
	for name, v := range map[string]string{"after": f.after, "from": f.from, "plan": f.plan, "type": f.types, "item": f.items, "meaning": f.meaning} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if f.noTexts {
		q.Set("texts", "false")
	}
	if f.hashes {
		q.Set("hashes", "true")
	}
	if f.proof {
		q.Set("proof", "true")
	}
	return q
}

func (a *app) feedExportCmd() *cobra.Command {
	var f feedFlags
	cmd := &cobra.Command{Use: "export", Short: "Write all events as lines of JSON", Args: exactly(0),
		Long: `Write all events as lines of JSON. With --proof hashes stand for what is left out, and the last line is a signed checkpoint: so
plantrail feed verify proves the file, of whatever it was asked for, with the log's key and nothing else. With --hashes each
event that is left out is a line with its own hash.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			return a.with(ctx, func(c *client) error {
				resp, err := c.send(ctx, request{method: http.MethodGet, path: path("events", "export"), query: f.query()})
				if err != nil {
					return err
				}
				defer resp.Body.Close()
				last := lastLine{to: a.stdout}
				if _, err := io.Copy(&last, resp.Body); err != nil {
					return failure(err, "the feed broke off").WithHint("what was written is good up to its last whole line: go on with --after and that line's cursor")
				}
				if l, err := feeds.ParseLine(last.line); err != nil || !l.End {
					return failure(err, "the feed broke off").WithHint("go on with --after and the last line's cursor")
				}
				return nil
			})
		}}
	f.flags(cmd)
	cmd.Flags().BoolVar(&f.hashes, "hashes", false, "with the hash of each event that is left out")
	cmd.Flags().BoolVar(&f.proof, "proof", false, "with what proves the file: hashes for what is left out, and a signed checkpoint")
	return cmd
}

// lastLine passes bytes on and remembers the last line.
type lastLine struct {
	to   io.Writer
	line []byte
}

func (l *lastLine) Write(b []byte) (int, error) {
	if lines := strings.LastIndexByte(strings.TrimSuffix(string(b), "\n"), '\n'); lines >= 0 {
		l.line = append(l.line[:0], b[lines+1:]...)
	} else if n := len(l.line); n > 0 && l.line[n-1] == '\n' {
		l.line = append(l.line[:0], b...)
	} else {
		l.line = append(l.line, b...)
	}
	return l.to.Write(b)
}
