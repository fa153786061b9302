package projections

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"strings"
	"sync"
	"time"

	"plantrail/domain"
)

// Copies are those of the history that the servers of a cluster keep, each on its own disk. One that has a hole is served
// like the others, and may come to answer for all of them.
type Copies interface {
	// Copies names the servers, the one that answers for all first; none where there is no cluster.
	Copies(ctx context.Context) ([]string, error)
	// LeavesOn yields the leaves after a position as one server has them. An error of kind Internal means that its copy lacks
	// the next one, or can't read it; of kind Unavailable, that it does not give its copy now, or is not up to date.
	LeavesOn(ctx context.Context, server string, after domain.Position) iter.Seq2[Leaf, error]
}

// copy is the way to read one server's copy again: each at the rate of the journal, for each is another server's work.
func (k *Keeper) copy(server string) route {
	return route{server: server, leaves: func(ctx context.Context, after domain.Position) iter.Seq2[Leaf, error] {
		return k.opts.Copies.LeavesOn(ctx, server, after)
	}, rate: k.opts.Rate, gone: "is missing on " + server, up: k.answers}
}

func (k *Keeper) answers(ctx context.Context) error {
	_, err := k.log.Tail(ctx)
	return err
}

// scrubCopies re-reads each server's copy, over and over, until ctx ends. One that is slow or silent holds up no other.
func (k *Keeper) scrubCopies(ctx context.Context) {
	var reading sync.WaitGroup
	defer reading.Wait()
	var mu sync.Mutex
	busy := map[string]bool{}
	for ctx.Err() == nil {
		servers, err := k.opts.Copies.Copies(ctx)
		if err == nil { // else the journal has no leader, which others say
			k.keepCopies(servers)
		}
		for _, server := range servers {
			mu.Lock()
			had := busy[server]
			busy[server] = true
			mu.Unlock()
			if had {
				continue
			}
			reading.Go(func() {
				k.checkCopy(ctx, server)
				mu.Lock()
				defer mu.Unlock()
				delete(busy, server)
			})
		}
		_ = pause(ctx, restBetween) // the loop ends with ctx
	}
}

// keepCopies forgets servers that keep no copy any more.
func (k *Keeper) keepCopies(servers []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := map[string]string{}
	for _, server := range servers {
		if now[server] = k.status.Copies[server]; now[server] == "" {
			now[server] = "not read yet"
		}
	}
	k.status.Copies = now
}

// checkCopy reads one server's copy to its end, and notes in what state it was found.
func (k *Keeper) checkCopy(ctx context.Context, server string) {
	words := "read to its end, and right, at "
	switch good, err := k.check(ctx, k.copy(server), false, false); {
	case ctx.Err() != nil:
		return
	case err != nil:
		k.logger().Warn("a server's copy of the history could not be read", "server", server, "error", err)
		words = "could not be read (" + err.Error() + ") at "
	case !good:
		words = "not right at "
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	all := maps.Clone(k.status.Copies) // whoever was given the status reads the old one
	all[server] = words + time.Now().UTC().Format("15:04:05 UTC")
	k.status.Copies = all
}

// whoLacks says which servers have an event that one of them did not give, "" where there is one copy only. It asks all at
// once, and one that does not answer in time is not counted.
func (k *Keeper) whoLacks(ctx context.Context, at domain.Position) string {
	if k.opts.Copies == nil {
		return ""
	}
	servers, err := k.opts.Copies.Copies(ctx)
	if err != nil || len(servers) == 0 {
		return ""
	}
	errs := make([]error, len(servers))
	var asking sync.WaitGroup
	for i, server := range servers {
		asking.Go(func() { _, errs[i] = readLeaf(ctx, k.copy(server).leaves, at) })
	}
	asking.Wait()
	var lack, have []string
	for i, err := range errs {
		switch {
		case err == nil:
			have = append(have, servers[i])
		case domain.KindOf(err) == domain.Internal:
			lack = append(lack, servers[i])
		}
	}
	switch {
	case len(lack) == 0:
		return ""
	case len(have) == 0:
		return fmt.Sprintf("is missing on %s", strings.Join(lack, ", "))
	}
	return fmt.Sprintf("is missing on %s, and is there on %s: plantrail repair", strings.Join(lack, ", "), strings.Join(have, ", "))
}
