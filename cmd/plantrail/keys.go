package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/evidence"
	"plantrail/projections"
	"plantrail/web"
)

// origin names the log, and its key: the organisation and which journal of it.
func (n *node) origin() string { return "plantrail/" + n.settings.Org + "/" + n.store.Identity()[:8] }

func (d dataDir) keyFile() string { return filepath.Join(d.file("keys"), "checkpoint.key") }

// keeperLog shows the journal to the keeper, which does not know it.
type keeperLog struct{ bridge }

// Leaves yields raw leaves in the keeper's type.
func (l keeperLog) Leaves(ctx context.Context, after domain.Position, follow bool) iter.Seq2[projections.Leaf, error] {
	return asProjected(l.Store.Leaves(ctx, after, follow))
}

// LeavesOn yields one server's leaves in the keeper's type.
func (l keeperLog) LeavesOn(ctx context.Context, server string, after domain.Position) iter.Seq2[projections.Leaf, error] {
	return asProjected(l.Store.LeavesOn(ctx, server, after))
}

// journalFiles shows the journal's files to the keeper.
type journalFiles struct{ *eventstore.Blocks }

// Leaves yields what lies in the files in the keeper's type.
func (f journalFiles) Leaves(ctx context.Context, after domain.Position) iter.Seq2[projections.Leaf, error] {
	return asProjected(f.Blocks.Leaves(ctx, after))
}

// asProjected are the journal's leaves in the type of those who compare them: neither package knows the other.
func asProjected(leaves iter.Seq2[eventstore.Leaf, error]) iter.Seq2[projections.Leaf, error] {
	return func(yield func(projections.Leaf, error) bool) {
		for leaf, err := range leaves {
			if !yield(projections.Leaf(leaf), err) {
				return
			}
		}
	}
}

// keyring is the keys of the log: those that its own history says it had, oldest first, and the file of the private one.
type keyring struct {
	file     string
	changing sync.Mutex // held while the key is changed

	mu        sync.Mutex
	adopted   []string
	verifiers []evidence.Verifier
}

// all are the verifier keys, oldest first.
func (k *keyring) all() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.adopted)
}

func (k *keyring) known() []evidence.Verifier {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.verifiers)
}

// next is where a new private key lies until the log has adopted it.
func (k *keyring) next() string { return k.file + ".next" }

// learnKeys reads from the history which keys the log has adopted.
func (n *node) learnKeys(ctx context.Context) ([]evidence.Verifier, error) {
	var adopted []string
	var verifiers []evidence.Verifier
	for r, err := range n.store.Read(ctx, domain.Log, 0) {
		if err != nil {
			return nil, err
		}
		event, ok := r.Event.(*domain.KeyAdopted)
		if !ok {
			continue
		}
		v, err := evidence.NewVerifier(event.Key)
		if err != nil {
			return nil, failure(err, "a key that the log adopted can't be read")
		}
		adopted, verifiers = append(adopted, event.Key), append(verifiers, v)
	}
	n.keys.mu.Lock()
	defer n.keys.mu.Unlock()
	n.keys.adopted, n.keys.verifiers = adopted, verifiers
	return slices.Clone(verifiers), nil
}

// openKeeper reads or makes the key, has the log adopt its first one, and makes the keeper. Without a key it watches and
// signs nothing. With one that the log has not adopted it takes the key for a forger's: nothing is recorded until that is
// settled.
func (n *node) openKeeper(ctx context.Context, file string) error {
	n.keys.file = firstOf(file, n.dir.keyFile())
	signer, doubt, err := n.openKey(ctx, file != "")
	if err != nil {
		return err
	}
	options := projections.KeeperOptions{Origin: n.origin(), Signer: signer, Verifiers: n.keys.known(), Keys: n.learnKeys,
		OnAlarm: func(reason string) { n.store.Freeze(reason) }}
	if files := n.store.Blocks(); files != nil {
		options.Disk = journalFiles{files}
	} else {
		options.Copies = keeperLog{bridge{n.store}}
	}
	if n.keeper, err = projections.NewKeeper(n.reads, keeperLog{bridge{n.store}}, options); err == nil && doubt != "" {
		n.keeper.Alarm(doubt)
	}
	return err
}

// openKey is the signer, or nil and perhaps what is suspicious about the key.
func (n *node) openKey(ctx context.Context, supplied bool) (s evidence.Signer, doubt string, err error) {
	if _, err := n.learnKeys(ctx); err != nil {
		return nil, "", err
	}
	adopted := n.keys.all()
	if err := n.finishChange(adopted); err != nil {
		return nil, "", err
	}
	secret, err := n.secretKey(supplied, len(adopted) == 0)
	if err != nil || secret == "" {
		return nil, "", err
	}
	public, err := evidence.VerifierKey(secret)
	if err != nil {
		return nil, "", failure(err, "the signing key can't be read").WithHint("give the file that plantrail made, or another in the same form")
	}
	switch at := slices.Index(adopted, public); {
	case at >= 0 && at < len(adopted)-1:
		n.log.Warn("the signing key was replaced by a later one: this process signs no checkpoints", "key", public)
		return nil, "", nil
	case at < 0 && len(adopted) > 0:
		return nil, fmt.Sprintf("the signing key in %s is not one that the log has adopted: somebody has put another in its place "+
			"(put the right one back; or, if it is lost, take the file away and change the key with plantrail key rotate)", n.keys.file), nil
	case at < 0:
		if _, err := n.adopt(ctx, domain.NewService(n.store), systemActor(), public); err != nil {
			return nil, "", err
		}
		if _, err := n.learnKeys(ctx); err != nil {
			return nil, "", err
		}
	}
	s, err = evidence.NewSigner(secret)
	return s, "", err
}

// secretKey reads the private key, or makes one where the log has none yet. A key that was lost is never made anew
// silently: nobody could tell that from somebody else's.
func (n *node) secretKey(supplied, first bool) (string, error) {
	b, err := os.ReadFile(n.keys.file)
	switch {
	case err == nil:
		return strings.TrimSpace(string(b)), nil
	case supplied:
		return "", noFile(n.keys.file, err)
	case !errors.Is(err, fs.ErrNotExist):
		return "", failure(err, "%s can't be read", n.keys.file)
	case !first || n.settings.Join:
		n.log.Warn("there is no signing key here: this process signs no checkpoints", "file", n.keys.file)
		return "", nil
	}
	return n.makeKey(n.keys.file)
}

// makeKey makes a private key, in a file for its owner alone.
func (n *node) makeKey(file string) (string, error) {
	secret, _, err := evidence.GenerateKey(nil, n.origin())
	if err != nil {
		return "", failure(err, "a signing key can't be made")
	}
	dir := dataDir(filepath.Dir(file))
	if err := dir.make(); err != nil {
		return "", err
	}
	return secret, dir.replace(filepath.Base(file), []byte(secret+"\n"))
}

// adopt records that a key signs from now on. A crash after the first key file was written and before this finds the file
// again.
func (n *node) adopt(ctx context.Context, to web.Commander, by domain.Actor, public string) (domain.Receipt, error) {
	id := strings.SplitN(public, "+", 3)[1]
	return to.Do(ctx, domain.Order{Plan: domain.Log, Command: domain.CommandID("adopt-key-" + id), Actor: by, Do: domain.AdoptKey{Key: public}})
}

// rotate changes the key. The old one signs once more, a checkpoint that covers the event by which the log adopts the new
// one, so that whoever trusts the old key has its word for the new.
func (n *node) rotate(ctx context.Context, to web.Commander, by domain.Actor) (v web.RotateView, err error) {
	n.keys.changing.Lock()
	defer n.keys.changing.Unlock()
	if before := n.keys.all(); len(before) > 0 {
		v.Replaces = before[len(before)-1]
	}
	secret, err := n.makeKey(n.keys.next())
	if err != nil {
		return v, err
	}
	if v.Key, err = evidence.VerifierKey(secret); err != nil {
		return v, err
	}
	// A crash here leaves a key that nobody knows: the next change writes over it.
	done, err := n.adopt(ctx, to, by, v.Key)
	if err != nil {
		return v, err
	}
	// A crash from here on leaves a log that has adopted the key in the file beside: the next start puts it in its place.
	v.Position = done.Position
	if err := n.reads.WaitFor(ctx, done.Position); err != nil {
		return v, err
	}
	if err := n.keeper.Keep(ctx); err != nil {
		return v, err
	}
	verifiers, err := n.learnKeys(ctx)
	if err != nil {
		return v, err
	}
	if err := n.finishChange(n.keys.all()); err != nil {
		return v, err
	}
	signer, err := evidence.NewSigner(secret)
	if err != nil {
		return v, err
	}
	if err := n.keeper.Adopt(signer, verifiers...); err != nil {
		return v, err
	}
	return v, n.keeper.Keep(ctx)
}

// finishChange puts the key beside into its place, over the old one, if it is the one that the log adopted last.
func (n *node) finishChange(adopted []string) error {
	b, err := os.ReadFile(n.keys.next())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return failure(err, "%s can't be read", n.keys.next())
	}
	public, err := evidence.VerifierKey(strings.TrimSpace(string(b)))
	if err != nil || len(adopted) == 0 || public != adopted[len(adopted)-1] {
		return nil // it never came to be the log's
	}
	if err := os.Rename(n.keys.next(), n.keys.file); err != nil {
		return failure(err, "the new signing key can't be put in its place")
	}
	return syncDir(filepath.Dir(n.keys.file))
}

// keepOnce takes one look at the log, and signs what was added: for commands that open the directory for themselves.
func (n *node) keepOnce(ctx context.Context) error {
	if n.keeper == nil {
		return nil
	}
	if err := n.keeper.Keep(ctx); err != nil {
		n.log.Warn("no checkpoint was signed", "err", err)
	}
	switch why := n.keeper.Status().Alarm; {
	case why != "" && n.store.Writable() == nil: // it is about the read models
		return &unproved{why + ". No checkpoint is signed until then; recording goes on"}
	case why != "":
		return &unproved{"the history is not what was signed: " + why + ". Nothing is recorded until someone has looked into it; reading goes on"}
	}
	return nil
}

// proof is the log as the HTTP face shows it; what is recorded about it goes to a service.
func (n *node) proof(to web.Commander) *web.Proof {
	log := keeperLog{bridge{n.store}}
	return &web.Proof{Keeper: n.keeper, Keys: n.keys.all, Leaves: log.Leaves, Raw: log.bridge, Publisher: n.publisher,
		Rotate: func(ctx context.Context, by domain.Actor) (web.RotateView, error) { return n.rotate(ctx, to, by) },
		Audit: func(ctx context.Context, against []projections.Claim, progress func(done, total domain.Position)) (projections.Verdict, error) {
			verifiers, err := n.learnKeys(ctx) // another process may have changed the key
			if err != nil {
				return projections.Verdict{}, err
			}
			return n.reads.Audit(ctx, log, projections.AuditOptions{Origin: n.origin(), Verifiers: verifiers, Against: against, Progress: progress, Far: n.settings.NATS != ""})
		}}
}
