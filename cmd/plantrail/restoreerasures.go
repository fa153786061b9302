package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/evidence/backup"
)

// eraseAgain has the backup leave out the texts of a list, and returns those of them that it had. Where nobody says what was
// erased since, nor that the backup reaches all that is known, it asks.
func (a *app) eraseAgain(ctx context.Context, r *restoring, b *backup.Backup) ([]backup.Erasure, error) {
	switch {
	case r.erasures == "none", r.erasures == "" && len(r.known) > 0:
		return nil, nil
	case r.erasures == "":
		return nil, domain.Errorf(domain.Refused, "--erasures", "texts that were erased after this backup of %d events was taken would come back", b.Last.Size).
			WithHint("give --erasures with the list of a later backup or the old data directory; or --known-checkpoint, to see that there is nothing later; or --erasures none")
	}
	list, err := a.erasuresIn(r.erasures, b)
	if err != nil {
		return nil, err
	}
	return b.Erase(ctx, list)
}

// erasuresIn reads a list of erasures, or gathers one from what can be read of a journal.
func (a *app) erasuresIn(place string, b *backup.Backup) (list []backup.Erasure, err error) {
	file := place
	if info, err := os.Stat(place); err == nil && info.IsDir() {
		if set, err := dataDir(place).settings(); err == nil {
			return a.erasuresOf(dataDir(absolute(place)), set, b)
		}
		file = filepath.Join(place, "erasures")
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, noFile(file, err)
	}
	if list, err = backup.ParseErasures(raw); err != nil {
		return nil, misuse("--erasures", "%s: %v", file, err)
	}
	return list, nil
}

// erasuresOf reads past the server what a data directory's journal says was erased. Of a damaged one that is not all.
func (a *app) erasuresOf(dir dataDir, set settings, b *backup.Backup) (list []backup.Erasure, err error) {
	if set.NATS != "" {
		return nil, misuse("--erasures", "the journal of %s lies in a cluster, not in it", dir).WithHint("give the file erasures of its newest backup")
	}
	old, err := eventstore.OpenSalvage(set.journal(dir, a))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, old.Close()) }()
	if id := old.Identity(); id != b.Manifest.Journal {
		return nil, domain.Errorf(domain.Refused, "--erasures", "%s is of the journal %q, the backup of %s", dir, id, b.Manifest.Journal)
	}
	for leaf, err := range old.Leaves(0) {
		if err != nil {
			return nil, err
		}
		if _, erased, err := backup.ReadEvent(leaf.Body); err == nil && erased != nil {
			list = append(list, *erased)
		}
	}
	return list, nil
}
