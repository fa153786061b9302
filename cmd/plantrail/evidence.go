package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/web"
)

func (a *app) evidenceCmd() *cobra.Command {
	return family("evidence", "Files of evidence: attach, withdraw, list and get them", a.attachCmd(), a.withdrawCmd(), a.evidenceListCmd(), a.evidenceGetCmd())
}

func (a *app) attachCmd() *cobra.Command {
	var w writing
	var title, dated, name string
	cmd := &cobra.Command{Use: "attach [PLAN] ITEM FILE --title WORDS", Short: "Attach a file of evidence to an item",
		Example: `  plantrail evidence attach sdp-2019-20 item-07 survey.pdf --title "Survey of all sites, signed" --dated 2020-01-31`}
	cmd.Flags().StringVar(&title, "title", "", "what the file shows")
	cmd.Flags().StringVar(&dated, "dated", "", "the document's own date")
	cmd.Flags().StringVar(&name, "name", "", "the file's name as it is kept (default its own)")
	cmd.Flags().String("plan", "", "the plan, where it is not among the arguments")
	w.flags(cmd).RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		q, err := a.attachQuery(&w, title, dated)
		if err != nil {
			return err
		}
		return a.with(ctx, func(c *client) error {
			at, err := a.itemArgs(ctx, c, cmd, args, 1)
			if err != nil {
				return err
			}
			q.Set("item", at.item)
			q.Set("file", firstOf(name, filepath.Base(at.rest[0])))
			return a.attach(ctx, c, &w, at, q)
		})
	}
	return cmd
}

func (a *app) attachQuery(w *writing, title, dated string) (url.Values, error) {
	b, err := w.basis()
	if err != nil {
		return nil, err
	}
	words, err := a.words("--title", title)
	if err != nil {
		return nil, err
	}
	if words == "" {
		return nil, misuse("--title", "say what the file shows")
	}
	of, err := date("--dated", dated)
	if err != nil {
		return nil, err
	}
	q := url.Values{"title": {string(words)}}
	for field, value := range map[string]string{"dated": of.String(), "stated": b.Stated.String()} {
		if value != "" {
			q.Set(field, value)
		}
	}
	if b.Authority != nil {
		q.Set("body", b.Authority.Body)
		if m := b.Authority.Meeting.String(); m != "" {
			q.Set("meeting", m)
		}
	}
	return q, nil
}

func (a *app) attach(ctx context.Context, c *client, w *writing, at place, q url.Values) error {
	file := at.rest[0]
	info, err := os.Stat(file)
	if err != nil {
		return noFile(file, err)
	}
	if !info.Mode().IsRegular() {
		return misuse("file", "%s is not a file", file)
	}
	match, err := w.match()
	if err == nil {
		err = w.checkKey()
	}
	if err != nil {
		return err
	}
	got, _, err := c.command(ctx, request{path: path("plans", at.plan, "evidence"), query: q, mediaType: "application/octet-stream", key: w.key, ifMatch: match,
		size: info.Size(), file: func() (io.ReadCloser, error) {
			f, err := os.Open(file)
			if err != nil {
				return nil, noFile(file, err)
			}
			return f, nil
		}})
	if err != nil {
		return asTyped(err)
	}
	return a.show(got, func() error { return a.tellReceipt(ctx, c, got.body) })
}

func (a *app) withdrawCmd() *cobra.Command {
	var do domain.WithdrawEvidence
	var reason string
	cmd := &cobra.Command{Use: "withdraw [PLAN] EVIDENCE --reason WORDS", Short: "Say that a file no longer supports what is said of its item; the file stays"}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	return a.planWrite(cmd, 1, func(b domain.Basis, rest []string) (domain.Command, error) {
		do.Basis, do.Evidence = b, domain.EvidenceID(rest[0])
		return &do, a.read(given{"--reason", reason, &do.Reason})
	})
}

func (a *app) evidenceListCmd() *cobra.Command {
	var item string
	cmd := &cobra.Command{Use: "list [PLAN]", Short: "List the files of evidence of a plan"}
	cmd.Flags().StringVar(&item, "item", "", "only files about this item")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.askPlan(cmd, args, func(ctx context.Context, c *client, plan string) error {
			q := url.Values{}
			if item != "" {
				q.Set("item", item)
			}
			return a.list(ctx, c, path("plans", plan, "evidence"), q, a.tellEvidence)
		})
	}
	return cmd
}

func (a *app) tellEvidence(body []byte) error {
	var got struct{ Files []web.EvidenceFile }
	if err := decode(body, &got); err != nil {
		return err
	}
	if len(got.Files) == 0 {
		a.say("There are no files of evidence.")
	}
	t := newTable("Evidence", "Item", "~Title", "~File", "Dated", "Size", "Attached", "~State")
	for _, f := range got.Files {
		state := ""
		if f.Withdrawn != nil {
			state = "withdrawn: " + shown(f.Withdrawn.Words)
		}
		t.add(plain(string(f.Evidence)), plain(string(f.Item)), plain(shown(f.Title)), plain(shown(f.File)), plain(day(f.Dated)),
			plain(sizeWords(f.Size)), plain(moment(f.Attached.RecordedAt)), plain(state))
	}
	t.write(a.stdout, a.screen)
	return nil
}

func sizeWords(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%d kB", n/1000)
	}
	return fmt.Sprintf("%d MB", n/1_000_000)
}

func (a *app) evidenceGetCmd() *cobra.Command {
	var to string
	cmd := &cobra.Command{Use: "get [PLAN] EVIDENCE [-o FILE]", Short: "Get a file of evidence, compared with its digest on the way",
		Long: "Get a file of evidence. What arrives is the file that was recorded, or nothing: the server compares it with the digest in its\nevent, and a file written with -o appears only when it came whole."}
	cmd.Flags().StringVarP(&to, "output", "o", "", "the file to write (default standard output)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.askPart(cmd, args, func(ctx context.Context, c *client, plan, evidence string) error {
			return a.download(ctx, c, request{method: http.MethodGet, path: path("plans", plan, "evidence", evidence)}, to)
		})
	}
	return cmd
}

// download writes an answer to a file, or to standard output. The file appears whole or not at all.
func (a *app) download(ctx context.Context, c *client, r request, to string) error {
	resp, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if to == "" || to == "-" {
		if _, err := io.Copy(a.stdout, resp.Body); err != nil {
			return cut(err)
		}
		return nil
	}
	return writeWhole(to, func(w io.Writer) error {
		if _, err := io.Copy(w, resp.Body); err != nil {
			return cut(err)
		}
		return nil
	})
}

func cut(err error) error {
	return failure(err, "the answer broke off before its end").
		WithHint("try again; if it does so each time, what is stored is not what was recorded: the server's log says more")
}

// writeWhole writes a file beside its place and puts it there when all of it was written.
func writeWhole(to string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(to), "."+filepath.Base(to)+".*")
	if err != nil {
		return misuse("--output", "%s can't be written", to).Because(err)
	}
	err = write(f)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), to)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
