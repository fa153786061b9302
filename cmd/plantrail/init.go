package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
)

// journalFlags say which organisation's journal it is and where; they are settled by the first start.
type journalFlags struct {
	org, nats, credentials string
	monitor                []string
	replicas               int
	first, join            bool
}

func (j *journalFlags) flags(cmd *cobra.Command) {
	f, env := cmd.Flags(), environment()
	f.StringVar(&j.org, "org", env.org, "organisation, settled by the first start (default council)")
	f.StringVar(&j.nats, "nats", env.nats, "addresses of a NATS cluster, nats://a,b,c (default a journal inside the process)")
	f.StringSliceVar(&j.monitor, "nats-monitor", env.monitor, "monitoring address of each server of the cluster, http://a:8222")
	f.StringVar(&j.credentials, "nats-credentials", env.credentials, "path of a NATS credentials file")
	f.IntVar(&j.replicas, "replicas", 0, "replicas of each stream (default 1 inside the process, 3 in a cluster)")
	f.BoolVar(&j.join, "join", false, "first start of a further process: the cluster has this organisation's journal already")
}

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
	n, _, err := a.startNode(ctx, j, nodeOptions{log: a.quietLog()})
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
func (a *app) startNode(ctx context.Context, j *journalFlags, o nodeOptions) (n *node, first bool, err error) {
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
	o.dir, o.settings, o.lock = dir, set, lock
	n, err = openNode(ctx, o)
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

// known reads the settings of a directory and puts over them what the environment says of the cluster.
func (d dataDir) known() (settings, error) {
	set, err := d.settings()
	if err != nil || set.NATS == "" {
		return set, err
	}
	return environment().over(set), nil
}

// environment is what PLANTRAIL_NATS and its relatives say: the defaults of the flags of serve and init.
func environment() *journalFlags {
	return &journalFlags{org: os.Getenv("PLANTRAIL_ORG"), nats: os.Getenv("PLANTRAIL_NATS"),
		credentials: os.Getenv("PLANTRAIL_NATS_CREDENTIALS"), monitor: splitEnv("PLANTRAIL_NATS_MONITOR")}
}

func splitEnv(name string) []string {
	return strings.FieldsFunc(os.Getenv(name), func(r rune) bool { return r == ',' || r == ' ' })
}

// absolute makes a path independent of where the next command is started.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
