package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/evidence"
)

// copiesReport is what came of a repair in a cluster.
type copiesReport struct {
	Copies   []eventstore.CopyState `json:"copies"` // as they were found
	Size     int64                  `json:"size"`   // events that the last checkpoint states
	Root     string                 `json:"root"`
	Replaced []string               `json:"replaced,omitempty"` // STREAM on SERVER
	Proved   string                 `json:"proved,omitempty"`   // where what the copies have between them lies, proved, when none is whole
}

// repairCopies repairs a journal in a cluster. there is false when the cluster has nothing of it any more, so that it can be
// built anew.
func (a *app) repairCopies(ctx context.Context, dir dataDir, set settings, from, replace string) (there bool, err error) {
	copies, err := eventstore.OpenCopies(ctx, set.journal(dir, a))
	if err != nil {
		return true, err
	}
	defer func() { err = errors.Join(err, copies.Close(ctx)) }()
	streams, err := copies.Streams(ctx)
	if err != nil || len(streams) == 0 {
		return false, err
	}
	if len(streams) < 4 {
		return true, domain.Errorf(domain.Refused, "--data", "of the journal's four streams only %s are there", strings.Join(streams, ", ")).
			WithHint("have an administrator save what these have (nats stream backup) and delete them; then give repair the newest backup, which goes to the cluster")
	}
	for _, stream := range streams {
		if err := copies.Regrow(ctx, stream); err != nil { // after a repair that was cut short
			return true, err
		}
	}
	var r copiesReport
	if r.Copies, err = compareAll(ctx, copies, streams); err != nil {
		return true, err
	}
	whole, lost := wholeCopies(streams, r.Copies, replace)
	if lost != "" && replace != "" {
		return true, domain.Errorf(domain.Refused, "--replace", "no other copy of %s is whole", lost).WithHint("plantrail repair without it says how the copies are")
	}
	if lost != "" {
		return true, a.gather(ctx, dir, set, copies, from, r)
	}
	// The proof comes before anything is given up: by the copies that are to be kept.
	if r.Size, r.Root, err = proveCopies(ctx, copies, dir, set, whole[streams[0]]); err != nil {
		return true, err
	}
	if replace != "" && !slices.ContainsFunc(r.Copies, func(c eventstore.CopyState) bool { return c.Server == replace }) {
		return true, misuse("--replace", "the journal has no copy on %s", shorten(replace, 60)).WithHint("plantrail repair names the servers")
	}
	for _, c := range r.Copies {
		if c.Whole() && c.Server != replace {
			continue
		}
		if c.Silent != "" {
			return true, domain.Errorf(domain.Unavailable, "server "+c.Server, "its copy of %s could not be read, and nothing was changed: %s", c.Stream, c.Silent).
				WithHint("start the server, wait until it is up to date with the others, and run repair again; if it is lost for good, replace it as its manual says")
		}
		if err := copies.ReplaceCopy(ctx, c.Stream, c.Server, whole[c.Stream]); err != nil {
			return true, err
		}
		r.Replaced = append(r.Replaced, c.Stream+" on "+c.Server)
	}
	if len(r.Replaced) > 0 {
		err = a.afterReplacing(ctx, dir, set, copies, streams, r)
	}
	if err == nil {
		err = a.tellCopies(r)
	}
	return true, err
}

// compareAll reads every stream on every server. What seems to be wrong is looked at twice: a text may have been erased
// meanwhile.
func compareAll(ctx context.Context, copies *eventstore.Store, streams []string) (all []eventstore.CopyState, err error) {
	for _, stream := range streams {
		found, err := copies.Compare(ctx, stream)
		if err == nil && slices.ContainsFunc(found, func(c eventstore.CopyState) bool { return !c.Whole() }) {
			found, err = copies.Compare(ctx, stream)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// wholeCopies are the servers that have all that any server has of a stream, by stream, but for one; lost names a stream of
// which none has.
func wholeCopies(streams []string, all []eventstore.CopyState, but string) (whole map[string][]string, lost string) {
	whole = map[string][]string{}
	for _, c := range all {
		if c.Whole() && c.Server != but {
			whole[c.Stream] = append(whole[c.Stream], c.Server)
		}
	}
	for _, stream := range streams {
		if len(whole[stream]) == 0 {
			lost = stream
		}
	}
	return whole, lost
}

// proveCopies computes the root over each of some servers' copies of the history, and holds it against the last checkpoint
// that the cluster has and the last that this data directory knows.
func proveCopies(ctx context.Context, copies *eventstore.Store, dir dataDir, set settings, servers []string) (size int64, root string, err error) {
	stored, _, err := copies.LastCheckpoint(ctx)
	if err != nil {
		return 0, "", err
	}
	known, err := os.ReadFile(dir.file("checkpoint"))
	if err != nil {
		return 0, "", failure(err, "%s can't be read: it says what the history must at least have", dir.file("checkpoint"))
	}
	origin := "plantrail/" + set.Org + "/" + copies.Identity()[:8]
	for _, server := range servers {
		for _, signed := range [][]byte{stored, known} {
			c, err := proveCopy(ctx, copies, server, origin, signed)
			if err != nil {
				return 0, "", err
			}
			if c.Size > size {
				size, root = c.Size, c.Root.String()
			}
		}
	}
	return size, root, nil
}

// proveCopy holds one server's copy against a checkpoint, whose signature must be by a key that the copy says was adopted.
func proveCopy(ctx context.Context, copies *eventstore.Store, server, origin string, signed []byte) (evidence.Checkpoint, error) {
	var tree evidence.Tree
	var then string
	var keys []evidence.Verifier
	want, err := evidence.ParseCheckpoint(noteText(signed))
	if err != nil {
		return want, failure(err, "the last checkpoint can't be read")
	}
	for leaf, err := range copies.LeavesOn(ctx, server, 0) {
		if err != nil {
			return want, err
		}
		if tree.Add(evidence.LeafHash(leaf.Body)); tree.Size() == want.Size {
			then = tree.Root().String()
		}
		if leaf.Plan != domain.Log {
			continue
		}
		r, err := copies.Decode(leaf)
		if err != nil {
			return want, err
		}
		if event, ok := r.Event.(*domain.KeyAdopted); ok {
			v, err := evidence.NewVerifier(event.Key)
			if err != nil {
				return want, failure(err, "a key that the log adopted can't be read")
			}
			keys = append(keys, v)
		}
	}
	if _, _, err := evidence.OpenCheckpoint(signed, origin, keys...); err != nil {
		return want, &unproved{"nothing was changed: the last checkpoint is not signed by a key that the copy on " + server + " names: " + err.Error()}
	}
	if then != want.Root.String() {
		return want, &unproved{fmt.Sprintf("nothing was changed: the copy on %s, which lacks nothing that another has, is not what was signed for %d events", server, want.Size)}
	}
	return want, nil
}

// afterReplacing reads all copies once more, and has the history say what was put back.
func (a *app) afterReplacing(ctx context.Context, dir dataDir, set settings, copies *eventstore.Store, streams []string, r copiesReport) (err error) {
	now, err := compareAll(ctx, copies, streams)
	if err != nil {
		return err
	}
	for _, c := range now {
		if !c.Whole() {
			return &unproved{fmt.Sprintf("the copy of %s on %s is still not whole: %s", c.Stream, c.Server, copyWords(c))}
		}
	}
	what := domain.HistoryRepaired{Source: "replica", Root: r.Root, Size: uint64(r.Size)}
	for _, c := range r.Copies {
		if c.Stream != streams[0] || c.Whole() {
			continue
		}
		if what.First == 0 || domain.Position(c.First) < what.First {
			what.First = domain.Position(c.First)
		}
		what.Last = max(what.Last, domain.Position(c.Last))
	}
	if what.First == 0 {
		return nil // the history itself lacked nothing
	}
	store, err := eventstore.Open(ctx, set.journal(dir, a))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close(ctx)) }()
	return tellHistory(ctx, store, what)
}

// gather proves what the copies have between them and in another source, and keeps it as a backup. Taking away a history is
// for an administrator: plantrail never does.
func (a *app) gather(ctx context.Context, dir dataDir, set settings, copies *eventstore.Store, from string, r copiesReport) error {
	source, err := spare{}, error(nil)
	if from != "" {
		if source, err = a.openSpare(ctx, from); err != nil {
			return err
		}
	}
	r.Proved = string(dir) + ".proved"
	_, b, err := a.prove(ctx, set.Org, copies.Salvage(ctx), source, r.Proved)
	if err != nil {
		return err
	}
	r.Size, r.Root = b.Last.Size, b.Last.Root.String()
	return a.tellCopies(r)
}

func copyWords(c eventstore.CopyState) string {
	switch {
	case c.Silent != "":
		return "could not be read: " + c.Silent
	case c.Lacks > 0 && c.First == c.Last:
		return fmt.Sprintf("lacks number %d", c.First)
	case c.Lacks > 0:
		return fmt.Sprintf("lacks %d between number %d and %d", c.Lacks, c.First, c.Last)
	case c.Differs > 0:
		return fmt.Sprintf("has %d that are other than elsewhere", c.Differs)
	}
	return fmt.Sprintf("whole: %d", c.Has)
}

func (a *app) tellCopies(r copiesReport) error {
	if a.form() != asTable {
		return a.writeJSON(r)
	}
	t := newTable("Stream", "Server", "~Its copy")
	for _, c := range r.Copies {
		t.add(plain(c.Stream), plain(c.Server), plain(copyWords(c)))
	}
	t.write(a.stdout, a.screen)
	switch {
	case r.Proved != "":
		a.say("What the copies have between them, and the source given, has the %d signed events with the root %s.", r.Size, r.Root)
		a.say("It lies in %s, as a backup. To put it back:", r.Proved)
		a.say("1. Have an administrator save the four streams (nats stream backup) and delete them. plantrail never deletes a history.")
		a.say("2. plantrail --data DATA repair --from %s, which then builds them anew.", r.Proved)
	case len(r.Replaced) > 0:
		a.say("Made anew from whole copies: %s. All copies are whole now, and have the %d signed events with the root %s.", strings.Join(r.Replaced, ", "), r.Size, r.Root)
		a.say("Start plantrail again on every machine: what was stopped goes on.")
	default:
		a.say("All copies are whole, and have the %d signed events with the root %s: there is nothing to repair.", r.Size, r.Root)
	}
	return nil
}
