package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"plantrail/domain"
	"plantrail/eventstore"
	"plantrail/evidence"
	"plantrail/projections"
)

// lookLimit is how long a journal that does not open is looked into before the command ends.
const lookLimit = time.Minute

// nameFirstBad adds to the refusal of a damaged journal which event is the first that is lost or altered, as a running server
// would say it. The files of an embedded journal are read past its server; in a cluster the server is asked that leads.
func nameFirstBad(ctx context.Context, cfg eventstore.Config, dir dataDir, err error) error {
	refused := (*domain.Error)(nil)
	if !errors.As(err, &refused) || refused.Kind != domain.Refused || !aboutEvents(refused.Field) {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	remains, done := remainsOf(ctx, cfg)
	if remains == nil {
		return err
	}
	defer done()
	if signed, err := os.ReadFile(dir.file("checkpoint")); err == nil {
		remains.Signed, _ = evidence.ParseCheckpoint(noteText(signed)) // nothing where it is damaged
	}
	bad, read, failed := projections.FirstBad(ctx, dir.views(), *remains)
	told := *refused
	switch {
	case bad != nil:
		told.Message += ". The first that is not as it was recorded: " + bad.String()
	case failed != nil:
		told.Message += fmt.Sprintf(". The first %d events are as they were recorded; the others could not be looked at (%v)", read, failed)
	case read > 0:
		told.Message += fmt.Sprintf(". Every event that was signed or shown before can still be read: there are %d", read)
	}
	return &told
}

// aboutEvents tells what a refusal is about: the history or what is kept of it, not the start itself.
func aboutEvents(field string) bool {
	return strings.HasPrefix(field, "stream HISTORY_") || strings.HasPrefix(field, "stream CHECKPOINTS_") || field == "history" || field == "checkpoints"
}

// remainsOf is what can be read of a journal, nil where nothing can be asked.
func remainsOf(ctx context.Context, cfg eventstore.Config) (*projections.Remains, func()) {
	if cfg.URL == "" {
		files, err := eventstore.OpenSalvage(cfg)
		if err != nil {
			return nil, nil
		}
		return &projections.Remains{Leaves: asProjected(files.Leaves(0)), Gone: "is damaged or missing in the journal's files"}, func() { _ = files.Close() }
	}
	servers, err := eventstore.OpenCopies(ctx, cfg)
	if err != nil {
		return nil, nil
	}
	server, leaves := servers.Remaining(ctx)
	gone := "is missing"
	if server != "" {
		gone += " on " + server
	}
	return &projections.Remains{Leaves: asProjected(leaves), Gone: gone}, func() { _ = servers.Close(context.WithoutCancel(ctx)) }
}
