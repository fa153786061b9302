package main

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
	return func(yield func(projections.Leaf, error) bool) {
		for leaf, err := range l.Store.Leaves(ctx, after, follow) {
			if !yield(projections.Leaf{Position: leaf.Position, Plan: leaf.Plan, Body: leaf.Body}, err) {
				return
			}
		}
	}
}

// journalFiles shows the journal's files to the keeper.
type journalFiles struct{ *eventstore.Blocks }

// Leaves yields what lies in the files in the keeper's type.
func (f journalFiles) Leaves(ctx context.Context, after domain.Position) iter.Seq2[projections.Leaf, error] {
	return func(yield func(projections.Leaf, error) bool) {
		for leaf, err := range f.Blocks.Leaves(ctx, after) {
			if !yield(projections.Leaf(leaf), err) {
				return
			}
		}
	}
}

// keyring is the keys of the log: those that its own history says it had, oldest first, and the private one, if this
// process may sign.
type keyring struct {
	adopted []string
	keeper  projections.KeeperOptions // with the signer and the verifiers
}

// openKeeper reads or makes the key, has the log adopt it, and makes the keeper. Without a key it watches and signs nothing.
func (n *node) openKeeper(ctx context.Context, file string) (err error) {
	if n.keys, err = n.openKeys(ctx, file); err != nil {
		return err
	}
	for _, key := range n.keys.adopted {
		v, err := evidence.NewVerifier(key)
		if err != nil {
			return failure(err, "a key that the log adopted can't be read")
		}
		n.keys.keeper.Verifiers = append(n.keys.keeper.Verifiers, v)
	}
	n.keys.keeper.Origin = n.origin()
	if files := n.store.Blocks(); files != nil {
		n.keys.keeper.Disk = journalFiles{files}
	}
	n.keys.keeper.OnAlarm = func(reason string) { n.store.Freeze(reason) }
	n.keeper, err = projections.NewKeeper(n.reads, keeperLog{bridge{n.store}}, n.keys.keeper)
	return err
}

func (n *node) openKeys(ctx context.Context, file string) (keyring, error) {
	var ring keyring
	for r, err := range n.store.Read(ctx, domain.Log, 0) {
		if err != nil {
			return ring, err
		}
		if adopted, ok := r.Event.(*domain.KeyAdopted); ok {
			ring.adopted = append(ring.adopted, adopted.Key)
		}
	}
	secret, err := n.secretKey(file, len(ring.adopted) == 0)
	if err != nil || secret == "" {
		return ring, err
	}
	public, err := evidence.VerifierKey(secret)
	if err != nil {
		return ring, failure(err, "the signing key can't be read").WithHint("give the file that plantrail made, or another in the same form")
	}
	switch at := slices.Index(ring.adopted, public); {
	case at >= 0 && at < len(ring.adopted)-1:
		n.log.Warn("the signing key was replaced by a later one: this process signs no checkpoints", "key", public)
		return ring, nil
	case at < 0:
		if err := n.adopt(ctx, public); err != nil {
			return ring, err
		}
		ring.adopted = append(ring.adopted, public)
	}
	ring.keeper.Signer, err = evidence.NewSigner(secret)
	return ring, err
}

// secretKey reads the private key, or makes one where the log has none yet. A key that was lost is never made anew
// silently: nobody could tell that from somebody else's.
func (n *node) secretKey(file string, first bool) (string, error) {
	supplied := file != ""
	if !supplied {
		file = n.dir.keyFile()
	}
	b, err := os.ReadFile(file)
	switch {
	case err == nil:
		return strings.TrimSpace(string(b)), nil
	case supplied:
		return "", noFile(file, err)
	case !errors.Is(err, fs.ErrNotExist):
		return "", failure(err, "%s can't be read", file)
	case !first || n.settings.Join:
		n.log.Warn("there is no signing key here: this process signs no checkpoints", "file", file)
		return "", nil
	}
	secret, _, err := evidence.GenerateKey(nil, n.origin())
	if err != nil {
		return "", failure(err, "a signing key can't be made")
	}
	keys := dataDir(filepath.Dir(file))
	if err := keys.make(); err != nil {
		return "", err
	}
	return secret, keys.replace(filepath.Base(file), []byte(secret+"\n"))
}

// adopt records that a key signs from now on. A crash after the key file was written and before this finds the file again.
func (n *node) adopt(ctx context.Context, public string) error {
	id := strings.SplitN(public, "+", 3)[1]
	_, err := domain.NewService(n.store).Do(ctx, domain.Order{Plan: domain.Log, Command: domain.CommandID("adopt-key-" + id),
		Actor: domain.Actor{ID: "system", Kind: domain.System, Role: domain.Admin}, Do: domain.AdoptKey{Key: public}})
	return err
}

// keepOnce takes one look at the log, and signs what was added: for commands that open the directory for themselves.
func (n *node) keepOnce(ctx context.Context) error {
	if n.keeper == nil {
		return nil
	}
	if err := n.keeper.Keep(ctx); err != nil {
		n.log.Warn("no checkpoint was signed", "err", err)
	}
	if why := n.keeper.Status().Alarm; why != "" {
		return &unproved{"the history is not what was signed: " + why + ". Nothing is recorded until someone has looked into it; reading goes on"}
	}
	return nil
}

// copyCheckpoint writes the last checkpoint to files outside of the data directory, each whole, when there is a new one.
func (n *node) copyCheckpoint(files []string) {
	signed := n.keeper.Status().Checkpoint
	if len(signed) == 0 || string(signed) == n.copied {
		return
	}
	for _, file := range files {
		if err := dataDir(filepath.Dir(file)).replace(filepath.Base(file), signed); err != nil {
			n.log.Error("the checkpoint could not be copied", "file", file, "err", err)
			return
		}
	}
	n.copied = string(signed)
}

// proof is the log as the HTTP face shows it.
func (n *node) proof() *web.Proof {
	log := keeperLog{bridge{n.store}}
	return &web.Proof{Keeper: n.keeper, Keys: n.keys.adopted, Leaves: log.Leaves, Raw: log.bridge,
		Audit: func(ctx context.Context, against []projections.Claim) (projections.Verdict, error) {
			return n.reads.Audit(ctx, log, projections.AuditOptions{Origin: n.origin(), Verifiers: n.keys.keeper.Verifiers, Against: against})
		}}
}
