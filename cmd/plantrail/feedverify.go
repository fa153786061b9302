package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/evidence"
	"plantrail/feeds"
)

// verifying is what feed verify was asked with.
type verifying struct {
	checkpoint, root, key string
	size                  int64
	fetch, complete       bool
}

func (a *app) feedVerifyCmd() *cobra.Command {
	var v verifying
	cmd := &cobra.Command{Use: "verify FILE... (--key KEY [--checkpoint FILE] | --size N --root HASH)", Short: "Prove received events against a checkpoint",
		Long: `Prove that received lines are what a signed checkpoint covers: nothing altered, nothing added, each at its place, and each
disclosure the text that the event was recorded with. And say of each plan whether any entry is missing between those received,
and whether the files show that none follows.

What plantrail feed export --proof writes proves itself: nothing but the file and the log's key is needed. Lines that were
received otherwise, by pages, stream or webhook, are proved against --checkpoint; the hashes of what lies between them are in
the file, where it was asked for with --hashes, or are fetched from the server with --fetch: they need not be trusted, for
wrong ones don't give the root that was signed. Several files are taken one after the other.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return wrongArgs(cmd, args, 1)
			}
			if v.root == "" && v.key == "" {
				return misuse("--key", "there is nothing to prove it by").WithHint("give the log's key (plantrail checkpoint --key shows it; learn it from somewhere else than the server), or --size and --root as they are printed")
			}
			if !v.fetch {
				return a.feedVerify(cmd.Context(), args, v, nil)
			}
			return a.with(cmd.Context(), func(c *client) error { return a.feedVerify(cmd.Context(), args, v, c) })
		}}
	f := cmd.Flags()
	f.StringVar(&v.checkpoint, "checkpoint", "", "file of the signed checkpoint (plantrail checkpoint, or /log/checkpoint); left out: the one in the file, or with --fetch the server's")
	f.StringVar(&v.key, "key", "", "the log's verifier key, learned from somewhere else")
	f.Int64Var(&v.size, "size", 0, "size of a checkpoint, as a paper prints it")
	f.StringVar(&v.root, "root", "", "its root, base64")
	f.BoolVar(&v.fetch, "fetch", false, "ask the server for the hashes of what is not in the files")
	f.BoolVar(&v.complete, "complete", false, "not proved unless of each plan all entries are here, from the first to the last received; whether one follows is said in either case")
	return cmd
}

func (a *app) feedVerify(ctx context.Context, files []string, v verifying, c *client) error {
	got := &received{verifying: v, plans: map[string]*stretch{}}
	if v.checkpoint+v.root != "" || c != nil {
		want, err := v.claim(ctx, c)
		if err != nil {
			return err
		}
		got.want = &want
		if c != nil {
			got.missing = &tileHashes{ctx: ctx, c: c, size: want.Size}
		}
	}
	if err := a.verifyLines(files, got); err != nil {
		return err
	}
	if err := got.finish(); err != nil {
		return err
	}
	if err := got.whole(); v.complete && err != nil {
		return err
	}
	return a.tellReceived(got)
}

// claim is the checkpoint against which lines are held: a given one, or the server's.
func (v verifying) claim(ctx context.Context, c *client) (evidence.Checkpoint, error) {
	if v.root != "" {
		p, err := evidence.ParseCheckpoint("printed\n" + strconv.FormatInt(v.size, 10) + "\n" + v.root + "\n")
		if err != nil {
			return p, misuse("--root", "there is no checkpoint to hold it against").WithHint("give --checkpoint and --key, or --size and --root as they are printed")
		}
		return p, nil
	}
	if v.checkpoint != "" {
		note, err := os.ReadFile(v.checkpoint)
		if err != nil {
			return evidence.Checkpoint{}, noFile(v.checkpoint, err)
		}
		return v.open(note)
	}
	got, err := c.do(ctx, request{method: "GET", path: "/log/checkpoint"})
	if err != nil {
		return evidence.Checkpoint{}, err
	}
	return v.open(got.body)
}

// open checks that a checkpoint is signed by the key.
func (v verifying) open(note []byte) (evidence.Checkpoint, error) {
	verifier, err := evidence.NewVerifier(v.key)
	if err != nil {
		return evidence.Checkpoint{}, misuse("--key", "this is no verifier key").WithHint("plantrail checkpoint --key shows it; learn it from somewhere else than the server")
	}
	c, _, err := evidence.OpenCheckpoint(note, verifier.Name(), verifier)
	if err != nil {
		return c, &unproved{"the checkpoint is not signed by that key: " + err.Error()}
	}
	return c, nil
}

// received is what lines add up to.
type received struct {
	verifying
	want    *evidence.Checkpoint // nil: each file brings its own
	missing *tileHashes          // nil: all must be in the files

	tree                 evidence.Tree
	events, later, texts int
	covered, checkpoints int64

	plans       map[string]*stretch
	order       []string
	hidden      int64 // leaves that are here as hashes only
	unconfirmed bool  // there are lines that no checkpoint has confirmed yet
}

func (a *app) verifyLines(files []string, got *received) error {
	for _, name := range files {
		in := io.ReadCloser(io.NopCloser(a.stdin))
		if name != "-" {
			f, err := os.Open(name)
			if err != nil {
				return noFile(name, err)
			}
			in = f
		}
		err := got.read(in)
		if err := errors.Join(err, in.Close()); err != nil {
			return err
		}
	}
	return nil
}

func (v *received) read(in io.Reader) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	for {
		b, err := lines.ReadBytes('\n')
		if len(strings.TrimSpace(string(b))) > 0 {
			if err := v.line(b); err != nil {
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

func (v *received) line(b []byte) error {
	l, err := feeds.ParseLine(b)
	at := strconv.FormatUint(uint64(l.Position), 10)
	switch {
	case err != nil:
		return &unproved{"line after position " + strconv.FormatInt(v.tree.Size(), 10) + ": " + err.Error()}
	case l.End:
		return v.end(l)
	case l.Position == 0 || int64(l.Position) > evidence.MaxSize:
		return &unproved{"position " + at + " is none"}
	case v.want != nil && int64(l.Position) > v.want.Size:
		v.later++ // what came after the checkpoint was signed is not proved by it
		return nil
	}
	leaves := max(l.Leaves, 1)
	if err := v.fill(int64(l.Position)-leaves, at); err != nil {
		return err
	}
	v.unconfirmed = true
	if len(l.Event) == 0 {
		hash, err := l.Leaf()
		if err == nil {
			err = v.tree.AddSubtree(leaves, [len(hash)]byte(hash))
			v.hide(int64(l.Position)-leaves, int64(l.Position))
		}
		if err != nil {
			return &unproved{"position " + at + ": " + err.Error()}
		}
		return nil
	}
	if l.Leaves > 1 {
		return &unproved{"position " + at + ": an event is one leaf"}
	}
	return v.event(l, at)
}

// fill gets the hashes of what lies before a place and is in no file.
func (v *received) fill(size int64, at string) error {
	here := v.tree.Size()
	if size == here {
		return nil
	}
	if size < here || v.missing == nil {
		err := &unproved{"position " + at + " follows " + strconv.FormatInt(here, 10)}
		if size > here {
			err.what += ": what is between is not here, not even its hash (export with --proof, or ask the server with --fetch)"
		}
		return err
	}
	v.hide(here, size)
	return v.missing.add(&v.tree, size)
}

// hide counts leaves of which only hashes are here. What an earlier file brought, the next one stands for with a hash, too.
func (v *received) hide(from, to int64) { v.hidden += max(0, to-max(from, v.covered)) }

func (v *received) event(l feeds.Line, at string) error {
	e, err := evidence.ParseEvent(l.Event)
	if err != nil {
		return &unproved{"position " + at + " " + err.Error()}
	}
	leaf := evidence.LeafHash(l.Event)
	v.tree.Add(leaf)
	texts, err := evidence.CheckDisclosures(e, l.Disclosures)
	if err != nil {
		return &unproved{"position " + at + " " + err.Error()}
	}
	v.events++
	v.texts += len(texts)
	plan := v.plans[e.Source]
	if plan == nil {
		plan = &stretch{}
		v.plans[e.Source] = plan
		v.order = append(v.order, e.Source)
	}
	if err := plan.add(e, domain.Hash(leaf)); err != nil {
		return &unproved{"position " + at + " " + err.Error()}
	}
	plan.hidden = v.hidden
	return nil
}

// end takes the last line of a file. With a checkpoint of its own, what came since the last one is held against it; the next
// file then begins with the first leaf again, though only as a hash.
func (v *received) end(l feeds.Line) error {
	if v.want != nil || l.Checkpoint == "" {
		return nil
	}
	c, err := v.open([]byte(l.Checkpoint))
	if err != nil {
		return err
	}
	return v.hold(c)
}

// finish holds what was read against the checkpoint given.
func (v *received) finish() error {
	if v.want == nil {
		if v.unconfirmed || v.checkpoints == 0 {
			return &unproved{"the files have no checkpoint at their end: give --checkpoint, or export with --proof"}
		}
		return nil
	}
	if v.missing != nil {
		v.hide(v.tree.Size(), v.want.Size)
		if err := v.missing.add(&v.tree, v.want.Size); err != nil {
			return err
		}
	}
	return v.hold(*v.want)
}

func (v *received) hold(c evidence.Checkpoint) error {
	switch {
	case v.tree.Size() < c.Size:
		return &unproved{fmt.Sprintf("the files end at position %d, the checkpoint covers %d (export with --proof, or ask the server with --fetch)", v.tree.Size(), c.Size)}
	case v.tree.Size() > c.Size || v.tree.Root() != c.Root:
		return &unproved{"the files are not the history that the checkpoint signs: the root differs"}
	}
	v.tree, v.unconfirmed, v.covered = evidence.Tree{}, false, c.Size
	v.checkpoints++
	return nil
}
