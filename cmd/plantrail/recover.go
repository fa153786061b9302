package main

import (
	"context"
	"errors"

	"plantrail/domain"
	"plantrail/projections"
)

// unreadable reports whether a command on a data directory failed because its read models are damaged, or of a newer schema.
func (a *app) unreadable(err error) bool {
	return a.server == "" && errors.Is(err, projections.ErrUnusable)
}

// rebuildFromNothing opens a directory that no server holds with empty read models, which fill before it answers.
func (a *app) rebuildFromNothing(ctx context.Context) error {
	dir := dataDir(a.data)
	set, err := dir.known()
	if err != nil {
		return err
	}
	lock, err := dir.hold()
	if errors.Is(err, errHeld) {
		return a.held(dir)
	}
	if err != nil {
		return err
	}
	n, err := openNode(ctx, nodeOptions{dir: dir, settings: set, lock: lock, log: a.quietLog(), fresh: true})
	if err != nil {
		return err
	}
	status := n.reads.Status(ctx)
	if err := n.close(); err != nil {
		return err
	}
	if status.Stopped != "" {
		return domain.Errorf(domain.Internal, "", "the projector stopped at position %d: %s", status.Position, status.Stopped)
	}
	if a.form() == asTable {
		a.say("Built from %d events.", status.Events)
		return nil
	}
	return a.writeJSON(map[string]uint64{"events": status.Events})
}
