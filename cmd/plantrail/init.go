package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"github.com/spf13/cobra"

	"plantrail/domain"
)

func (a *app) initCmd() *cobra.Command {
	var j journalFlags
	cmd := &cobra.Command{Use: "init", Short: "Begin a new journal, or join a cluster's with --join", Args: exactly(0),
		Long: "Begin: make the data directory and the organisation's journal, inside the directory or in a NATS cluster (--nats).\nA journal begins once. A further process of a cluster makes its own data directory with --join.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.begin(cmd.Context(), &j) }}
	j.flags(cmd)
	return cmd
}

func (a *app) begin(ctx context.Context, j *journalFlags) error {
	dir := dataDir(a.data)
	if set, err := dir.settings(); err == nil && set.Begun {
		return domain.Errorf(domain.Refused, "--data", "the journal of %s has begun already in %s", set.Org, dir).
			WithHint("go on with plantrail serve, or name another directory with --data")
	}
	j.first = true
	n, _, err := a.startNode(ctx, j, a.quietLog(), false)
	if err != nil {
		return err
	}
	if err := n.close(); err != nil {
		return err
	}
	if a.form() != asTable {
		return a.writeJSON(map[string]string{"org": n.settings.Org, "data": string(dir)})
	}
	a.say("Began: the organisation is %s, its data lie in %s.", n.settings.Org, dir)
	a.say("Go on with plantrail serve, plantrail import FILE or plantrail plan open PLAN --title WORDS.")
	return nil
}

// startNode opens the data directory for a server, or begins it; first says which.
func (a *app) startNode(ctx context.Context, j *journalFlags, log *slog.Logger, guard bool) (n *node, first bool, err error) {
	dir := dataDir(a.data)
	if err := dir.make(); err != nil {
		return nil, false, err
	}
	lock, err := dir.hold()
	if errors.Is(err, errHeld) {
		return nil, false, a.held(dir)
	}
	if err != nil {
		return nil, false, err
	}
	set, first, err := dir.settle(j)
	if err != nil {
		return nil, false, errors.Join(err, lock.Close())
	}
	dir.withdraw()
	n, err = openNode(ctx, nodeOptions{dir: dir, settings: set, lock: lock, log: log, guardMetrics: guard})
	return n, first, err
}

func (a *app) held(dir dataDir) error {
	err := domain.Errorf(domain.Refused, "--data", "another process has %s open", dir).WithHint("one server a data directory: stop the other, or name another directory")
	if r, ok := dir.running(); ok {
		err.Hint = "a server runs there already, at " + r.Address
	}
	return err
}

// settle finds out what the directory is, or writes down what it is to be. The caller holds the lock.
func (d dataDir) settle(j *journalFlags) (settings, bool, error) {
	set, err := d.settings()
	switch {
	case domain.KindOf(err) == domain.NotFound && err != nil:
		set, err = j.beginning(d)
		return set, true, err
	case err != nil:
		return set, false, err
	case j.org != "" && j.org != set.Org:
		return set, false, domain.Errorf(domain.Refused, "--org", "%s belongs to the organisation %s", d, set.Org).
			WithHint("one data directory serves one organisation: leave --org out, or name another directory")
	case (j.nats == "") != (set.NATS == "") && j.nats != "":
		return set, false, domain.Errorf(domain.Refused, "--nats", "the journal of %s lies inside the directory, not in a cluster", d).
			WithHint("leave --nats out, or name another directory")
	}
	return j.over(set), !set.Begun, nil
}

// beginning is the first start: settings are made and kept before anything else exists.
func (j *journalFlags) beginning(d dataDir) (settings, error) {
	if j.nats != "" && !j.first && !j.join {
		return settings{}, domain.Errorf(domain.Refused, "--nats", "%s does not know the cluster's journal yet", d).
			WithHint("say which it is: --first-start begins one, --join takes part in the one that is there")
	}
	org := j.org
	if org == "" {
		org = "council"
	}
	if _, err := domain.ParseOrgID(org); err != nil {
		return settings{}, err
	}
	set := j.over(settings{Org: org, Join: j.join})
	return set, d.begin(set)
}

// over puts what the flags say of the cluster over what was settled: addresses may change, the organisation can't.
func (j *journalFlags) over(set settings) settings {
	if j.nats != "" {
		set.NATS = j.nats
	}
	if len(j.monitor) > 0 {
		set.Monitor = j.monitor
	}
	if j.credentials != "" {
		set.Credentials = absolute(j.credentials)
	}
	if j.replicas != 0 {
		set.Replicas = j.replicas
	}
	return set
}

// absolute makes a path independent of where the next command is started.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
