package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/evidence"
	"plantrail/feeds"
)

func (a *app) feedCmd() *cobra.Command {
	return family("feed", "Read every change as other systems do, and prove what was received", a.feedExportCmd(), a.feedVerifyCmd())
}

// feedFlags are what of the feed is wanted.
type feedFlags struct {
	after, from, plan, types, items, meaning string
	noTexts, hashes                          bool
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
	return q
}

func (a *app) feedExportCmd() *cobra.Command {
	var f feedFlags
	cmd := &cobra.Command{Use: "export", Short: "Write all events as lines of JSON", Args: exactly(0),
		Long: "Write all events as lines of JSON. With --hashes an event that is left out is a line with its hash, so that feed verify can\nprove the whole file.",
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

func (a *app) feedVerifyCmd() *cobra.Command {
	var checkpoint, root, key string
	var size int64
	cmd := &cobra.Command{Use: "verify FILE... (--checkpoint FILE --key KEY | --size N --root HASH)", Short: "Prove received events against a checkpoint",
		Long: `Prove that received lines are the history that a checkpoint signs: nothing altered, nothing left out, nothing added, and each
disclosure the text that the event was recorded with. The files, together and in order, must have a line for every position
from 1 to the checkpoint's size: what plantrail feed export --hashes writes. Nothing but the files is needed.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return wrongArgs(cmd, args, 1)
			}
			want, err := claimed(checkpoint, key, size, root)
			if err != nil {
				return err
			}
			got, err := a.verifyLines(args, want.Size)
			if err != nil {
				return err
			}
			if got.tree.Size() < want.Size {
				return &unproved{"the files end at position " + strconv.FormatInt(got.tree.Size(), 10) + ", the checkpoint covers " + strconv.FormatInt(want.Size, 10)}
			}
			if got.tree.Root() != want.Root {
				return &unproved{"the files are not the history that the checkpoint signs: the root differs"}
			}
			if a.form() == asTable {
				a.say("Proved: %d events of the %d that the checkpoint covers are here as they were recorded, the others by their hash;\n%d texts are those that were recorded.",
					got.events, want.Size, got.texts)
				return nil
			}
			return a.writeJSON(map[string]any{"proved": true, "size": want.Size, "events": got.events, "texts": got.texts})
		}}
	f := cmd.Flags()
	f.StringVar(&checkpoint, "checkpoint", "", "file of the signed checkpoint (plantrail checkpoint, or /log/checkpoint)")
	f.StringVar(&key, "key", "", "the log's verifier key, learned from somewhere else")
	f.Int64Var(&size, "size", 0, "size of a checkpoint, as a paper prints it")
	f.StringVar(&root, "root", "", "its root, base64")
	return cmd
}

// claimed is the checkpoint against which lines are held.
func claimed(file, key string, size int64, root string) (evidence.Checkpoint, error) {
	if file == "" {
		c, err := evidence.ParseCheckpoint("printed\n" + strconv.FormatInt(size, 10) + "\n" + root + "\n")
		if err != nil {
			return c, misuse("--root", "there is no checkpoint to hold it against").WithHint("give --checkpoint and --key, or --size and --root as they are printed")
		}
		return c, nil
	}
	note, err := os.ReadFile(file)
	if err != nil {
		return evidence.Checkpoint{}, noFile(file, err)
	}
	verifier, err := evidence.NewVerifier(key)
	if err != nil {
		return evidence.Checkpoint{}, misuse("--key", "this is no verifier key").WithHint("plantrail checkpoint --output json shows it; learn it from somewhere else than the server")
	}
	c, _, err := evidence.OpenCheckpoint(note, verifier.Name(), verifier)
	if err != nil {
		return c, &unproved{"the checkpoint is not signed by that key: " + err.Error()}
	}
	return c, nil
}

// received is what lines add up to.
type received struct {
	tree          *evidence.Tree
	events, texts int
}

func (a *app) verifyLines(files []string, size int64) (*received, error) {
	got := &received{tree: new(evidence.Tree)}
	for _, name := range files {
		in := io.ReadCloser(io.NopCloser(a.stdin))
		if name != "-" {
			f, err := os.Open(name)
			if err != nil {
				return nil, noFile(name, err)
			}
			in = f
		}
		err := got.read(in, size)
		if err := errors.Join(err, in.Close()); err != nil {
			return nil, err
		}
	}
	return got, nil
}

// read takes lines up to a size: what came after the checkpoint was signed is not proved by it.
func (v *received) read(in io.Reader, size int64) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	for {
		b, err := lines.ReadBytes('\n')
		if len(strings.TrimSpace(string(b))) > 0 {
			if err := v.line(b, size); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return failure(err, "the file can't be read")
		}
	}
}

func (v *received) line(b []byte, size int64) error {
	l, err := feeds.ParseLine(b)
	if err != nil {
		return &unproved{"line after position " + strconv.FormatInt(v.tree.Size(), 10) + ": " + err.Error()}
	}
	at := strconv.FormatUint(uint64(l.Position), 10)
	switch {
	case l.End || v.tree.Size() >= size:
		return nil // the end of a file, or an event that the checkpoint does not cover
	case int64(l.Position) != v.tree.Size()+1:
		return &unproved{"position " + at + " follows " + strconv.FormatInt(v.tree.Size(), 10) + ": what is between is not here, not even its hash"}
	}
	leaf, err := l.Leaf()
	if err != nil {
		return &unproved{"position " + at + ": " + err.Error()}
	}
	v.tree.Add([len(leaf)]byte(leaf))
	if len(l.Event) > 0 {
		v.events++
	}
	return v.disclosed(l, at)
}

// disclosed holds each text against the digests in the event, which the leaf covers.
func (v *received) disclosed(l feeds.Line, at string) error {
	var event struct {
		Data struct {
			Digests []string `json:"_sd"`
		} `json:"data"`
	}
	if len(l.Disclosures) == 0 {
		return nil
	}
	if err := json.Unmarshal(l.Event, &event); err != nil {
		return &unproved{"position " + at + ": the event is not JSON"}
	}
	for _, enc := range l.Disclosures {
		_, err := evidence.ParseDisclosure(enc)
		if err != nil || !slices.Contains(event.Data.Digests, evidence.Digest(enc)) {
			return &unproved{"position " + at + ": a text is not the one that was recorded with the event"}
		}
		v.texts++
	}
	return nil
}
