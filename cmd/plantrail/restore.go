package main

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/evidence"
	"plantrail/evidence/backup"
)

// restoring are the flags of restore.
type restoring struct {
	journalFlags
	keys, known          []string
	signingKey, erasures string
}

func (a *app) restoreCmd() *cobra.Command {
	var r restoring
	cmd := &cobra.Command{Use: "restore DIR", Short: "Build the data directory anew from a backup", Args: exactly(1),
		Long: `Build a data directory anew, with --data, from the backup in DIR. Everything is verified first: each event, the root at each
checkpoint, their signatures, each text and each file; and again the root once it is built. The data directory appears whole or
not at all, and must not be there before: to restore in the place of one, move that aside, and give its file checkpoint with
--known-checkpoint.
A backup that is older than a checkpoint given with --known-checkpoint is refused: it lacks what was recorded since. Any copy that
left the house will do, also one that a witness has signed, or SIZE:ROOT from a printed paper.
Texts that the backup's own log says were erased don't come back. What was erased after it was taken is not known to it: give
--erasures with the file erasures of a later backup, or with the data directory that was moved aside, as damaged as it may be, and
those are erased again before anything is served. Whoever knows neither of a later checkpoint nor of a list of erasures must say
--erasures none: then texts that people had destroyed may come back.
Tokens that were revoked after the backup was taken are as they were then: look at plantrail token list.
The signing key is not in a backup. Give it with --signing-key; if it is lost, plantrail key rotate makes another once the data are
restored. Without one nothing is signed.`,
		Example: "  plantrail --data data restore backups/acme --known-checkpoint paper.txt --signing-key checkpoint.key"}
	r.journalFlags.flags(cmd)
	_ = cmd.Flags().MarkHidden("join") // it is there
	f := cmd.Flags()
	f.StringArrayVar(&r.known, "known-checkpoint", nil, "a checkpoint that the history must reach: a file or SIZE:ROOT; may be given several times")
	f.StringArrayVar(&r.keys, "key", nil, "the log's verifier key as you were told it elsewhere, or a file that holds it")
	f.StringVar(&r.signingKey, "signing-key", "", "file of the key that signs checkpoints")
	f.StringVar(&r.erasures, "erasures", "", "the file erasures of a later backup, that backup's directory, an older data directory, or none")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return a.restore(cmd.Context(), &r, args[0]) }
	return cmd
}

func (a *app) restore(ctx context.Context, r *restoring, from string) error {
	if a.server != "" {
		return misuse("--server", "a data directory is built on this machine").WithHint("run restore where the data are to lie, with --data")
	}
	dir := dataDir(absolute(a.data))
	if err := dir.absent(); err != nil {
		return err
	}
	b, err := backup.Open(ctx, from, a.progress("events"))
	if err != nil {
		return backupError(err, from)
	}
	if err := r.accept(b); err != nil {
		return err
	}
	secret, err := r.secret(b)
	if err != nil {
		return err
	}
	again, err := a.eraseAgain(ctx, r, b)
	if err != nil {
		return err
	}
	set := r.over(settings{Org: b.Manifest.Org, Begun: true})
	err = dir.build(".restoring", func(work dataDir) error {
		if err := a.rebuild(ctx, work, set, b.Manifest.Journal, journalOf(ctx, b)); err != nil {
			return err
		}
		if err := a.proveRestored(ctx, work, set, b.Last, again); err != nil {
			return err
		}
		return work.furnish(set, secret)
	})
	if err != nil {
		return err
	}
	return a.tellRestored(dir, b, secret, again, len(r.known) > 0)
}

// accept holds the backup against what the operator knows from elsewhere.
func (r *restoring) accept(b *backup.Backup) error {
	if r.org != "" && r.org != b.Manifest.Org {
		return domain.Errorf(domain.Refused, "--org", "the backup is of the organisation %s", b.Manifest.Org)
	}
	trusted, err := trustedKeys(r.keys)
	if err != nil {
		return err
	}
	for _, key := range trusted {
		if !contains(b.Manifest.Keys, key) {
			return &unproved{"the backup's log has never had the key that you were told: it is another log, or a forged one"}
		}
	}
	for _, known := range r.known {
		if err := reaches(b, known); err != nil {
			return err
		}
	}
	return nil
}

func contains(all []string, one string) bool {
	for _, s := range all {
		if s == one {
			return true
		}
	}
	return false
}

// reaches refuses a backup whose history does not begin with what a checkpoint states.
func reaches(b *backup.Backup, known string) error {
	q, err := earlier(known)
	if err != nil {
		return err
	}
	size, err := strconv.ParseInt(q.Get("size"), 10, 64)
	if err != nil {
		return misuse("--known-checkpoint", "%s does not say how many events it is of", shorten(known, 60))
	}
	if raw, err := os.ReadFile(known); err == nil {
		if origin, _, _ := strings.Cut(string(raw), "\n"); origin != b.Last.Origin {
			return domain.Errorf(domain.Refused, "--known-checkpoint", "%s is of the log %s, the backup of %s", known, shorten(origin, 60), b.Last.Origin)
		}
	}
	if size > b.Last.Size {
		return domain.Errorf(domain.Refused, "--known-checkpoint", "the backup has %d events, a checkpoint of %d is known: %d would be lost", b.Last.Size, size, size-b.Last.Size).
			WithHint("use a later backup; to go back knowingly, restore without --known-checkpoint, and say so to all who hold one")
	}
	root, err := b.Root(size)
	if err != nil {
		return backupError(err, "DIR")
	}
	if root.String() != q.Get("root") {
		return &unproved{"the first " + q.Get("size") + " events of the backup have the root " + root.String() + ", the known checkpoint states " + q.Get("root") + ": they are two histories"}
	}
	return nil
}

// secret is the signing key of the restored log, "" for none.
func (r *restoring) secret(b *backup.Backup) (string, error) {
	if r.signingKey == "" {
		return "", nil
	}
	raw, err := os.ReadFile(r.signingKey)
	if err != nil {
		return "", noFile(r.signingKey, err)
	}
	secret := strings.TrimSpace(string(raw))
	public, err := evidence.VerifierKey(secret)
	if err != nil {
		return "", misuse("--signing-key", "%s holds no signing key", r.signingKey)
	}
	if keys := b.Manifest.Keys; keys[len(keys)-1] != public {
		return "", domain.Errorf(domain.Refused, "--signing-key", "the key in %s is not the one that the log %s adopted last", r.signingKey, b.Last.Origin).
			WithHint("give that one; if it is lost, restore without and then make another with plantrail key rotate")
	}
	return secret, nil
}

// absent refuses a data directory that is there, but for an empty one.
func (d dataDir) absent() error {
	found, err := os.ReadDir(string(d))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return failure(err, "%s can't be read", d)
	case len(found) > 0:
		refused := domain.Errorf(domain.Refused, "--data", "%s is not empty", d).WithHint("name another directory: nothing is ever restored over what is there")
		if _, err := os.Stat(d.file("checkpoint")); err == nil {
			refused.Hint = "move it aside, and give its checkpoint: mv " + string(d) + " " + string(d) + ".old, then restore with --known-checkpoint " + string(d) + ".old/checkpoint"
		}
		return refused
	}
	here, err1 := os.Stat(string(d))
	above, err2 := os.Stat(filepath.Dir(string(d)))
	if err := errors.Join(err1, err2); err != nil {
		return failure(err, "%s can't be read", d)
	}
	if here.Sys().(*syscall.Stat_t).Dev != above.Sys().(*syscall.Stat_t).Dev {
		return domain.Errorf(domain.Refused, "--data", "a file system of its own is mounted at %s, so that it can't appear at once and whole", d).
			WithHint("name a directory within it")
	}
	return nil
}

// build makes a data directory beside its place and puts it there when it is whole. A crash leaves what lies beside, which
// the next build throws away; and never a directory that is half there.
func (d dataDir) build(ext string, fill func(work dataDir) error) error {
	beside := dataDir(string(d) + ext)
	if err := beside.make(); err != nil {
		return err
	}
	lock, err := beside.hold()
	if errors.Is(err, errHeld) {
		return domain.Errorf(domain.Refused, "--data", "%s is being built by another process", d).WithHint("wait for it")
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	work := dataDir(beside.file("data"))
	err = os.RemoveAll(string(work))
	if err == nil {
		err = fill(work)
	}
	if err == nil {
		if err = os.Remove(string(d)); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	// A crash here leaves an empty place, and the whole directory beside it: the next build begins anew.
	if err == nil {
		err = os.Rename(string(work), string(d))
	}
	if err == nil {
		err = syncDir(filepath.Dir(string(d)))
	}
	return errors.Join(err, os.RemoveAll(string(beside)))
}

// rebuild builds the journal.
func (a *app) rebuild(ctx context.Context, work dataDir, set settings, journal string, from eventstore.Backup) error {
	from.Identity = journal
	return eventstore.Restore(ctx, set.journal(work, a), from)
}

// journal is the configuration of the journal of a data directory.
func (s settings) journal(dir dataDir, a *app) eventstore.Config {
	return eventstore.Config{Org: domain.OrgID(s.Org), DataDir: string(dir), URL: s.NATS, MonitorURLs: s.Monitor, Credentials: s.Credentials,
		Replicas: s.Replicas, Logger: a.quietLog()}
}

// journalOf is a backup as the journal is built from it.
func journalOf(ctx context.Context, b *backup.Backup) eventstore.Backup {
	return eventstore.Backup{
		Leaves: func(yield func(eventstore.Leaf, error) bool) {
			for raw, err := range b.Leaves(ctx) {
				if !yield(eventstore.Leaf{Body: raw}, err) {
					return
				}
			}
		},
		Texts: func(yield func(eventstore.TextRecord, error) bool) {
			for t, err := range b.Texts(ctx) {
				if !yield(eventstore.TextRecord{Plan: domain.PlanID(t.Plan), Event: domain.EventID(t.Event), Disclosures: t.Disclosures}, err) {
					return
				}
			}
		},
		Checkpoints: b.Checkpoints(), Evidence: filesOf(b),
	}
}

func filesOf(b *backup.Backup) iter.Seq2[eventstore.EvidenceFile, error] {
	return func(yield func(eventstore.EvidenceFile, error) bool) {
		for _, f := range b.Files {
			if contains(b.Manifest.Lost, f.Plan+"/"+f.ID) {
				continue
			}
			in, err := b.OpenFile(f)
			if err != nil {
				yield(eventstore.EvidenceFile{}, err)
				return
			}
			more := yield(eventstore.EvidenceFile{Plan: domain.PlanID(f.Plan), ID: domain.EvidenceID(f.ID), Size: f.Size, SHA256: f.SHA256, Body: in}, nil)
			_ = in.Close() // it was only read
			if !more {
				return
			}
		}
	}
}

// proveRestored reads the journal that was built and computes its root; then it records the erasures that the backup did
// not know, of texts that were left out.
func (a *app) proveRestored(ctx context.Context, work dataDir, set settings, want evidence.Checkpoint, again []backup.Erasure) (err error) {
	store, err := eventstore.Open(ctx, set.journal(work, a))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close(ctx)) }()
	var tree evidence.Tree
	for leaf, err := range store.Leaves(ctx, 0, false) {
		if err != nil {
			return err
		}
		if tree.Add(evidence.LeafHash(leaf.Body)); tree.Size() == want.Size && tree.Root() != want.Root {
			return failure(nil, "what was built has the root %v, the checkpoint states %v", tree.Root(), want.Root)
		}
	}
	if tree.Size() < want.Size {
		return failure(nil, "what was built has %d events, the checkpoint states %d", tree.Size(), want.Size)
	}
	service := domain.NewService(store)
	for _, e := range again {
		// A hold that was released after the backup forbids it here. The text is not there all the same.
		if err := recordErasure(ctx, service, e); err != nil && domain.KindOf(err) != domain.Refused {
			return err
		}
	}
	return nil
}

// recordErasure says in the restored history that a text was erased which the history does not know to be. The finisher at
// the next start completes it. The reason names no person.
func recordErasure(ctx context.Context, service *domain.Service, e backup.Erasure) error {
	body := e.Authority
	if body == "" {
		body = "as before"
	}
	_, err := service.Do(ctx, domain.Order{Plan: domain.PlanID(e.Plan), Command: domain.CommandID("again-" + e.Event + "-" + strings.ReplaceAll(e.Field, "_", "-")), Actor: systemActor(),
		Do: domain.EraseText{Basis: domain.Basis{Authority: &domain.Authority{Body: body}}, Entry: e.Event, Field: e.Field,
			Reason: domain.Text("It was erased on " + e.Asked + ". A backup older than that was restored, and it is erased again.")}})
	return err
}

func systemActor() domain.Actor {
	return domain.Actor{ID: "system", Kind: domain.System, Role: domain.Admin}
}

// furnish adds what a data directory has beside the journal.
func (d dataDir) furnish(set settings, secret string) error {
	if secret != "" {
		keys := dataDir(d.file("keys"))
		if err := keys.make(); err != nil {
			return err
		}
		if err := keys.replace(filepath.Base(d.keyFile()), []byte(secret+"\n")); err != nil {
			return err
		}
	}
	return d.begin(set)
}

func (a *app) tellRestored(dir dataDir, b *backup.Backup, secret string, again []backup.Erasure, knew bool) error {
	if a.form() != asTable {
		return a.writeJSON(map[string]any{"org": b.Manifest.Org, "data": string(dir), "size": b.Last.Size, "root": b.Last.Root.String(), "erased_again": len(again), "signs": secret != ""})
	}
	a.say("Restored: %d events of %s in %s, root %s, as of the backup's checkpoint.", b.Last.Size, b.Manifest.Org, dir, b.Last.Root)
	if len(again) > 0 {
		a.say("%d texts that were erased after the backup was taken were left out, and the history says so, but for plans under a hold.", len(again))
	}
	if len(b.Manifest.Lost) > 0 {
		a.say("The journal had lost texts or files of %d entries before the backup was taken: they are not here either.", len(b.Manifest.Lost))
	}
	if secret == "" {
		a.say("It has no signing key and signs no checkpoints: put the old one to %s or, if it is lost, make another with plantrail key rotate.", dir.keyFile())
	}
	if !knew {
		a.say("No --known-checkpoint was given: whether anything was recorded after this backup can't be told from it.")
	}
	a.say("Go on with plantrail verify and plantrail serve.")
	return nil
}
