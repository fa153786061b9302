package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/evidence/publish"
	"plantrail/projections"
	"plantrail/web"
)

func (a *app) statusCmd() *cobra.Command {
	return &cobra.Command{Use: "status", Short: "How the server, its journal and its read models are", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(c *client) error {
				var v web.StatusView
				got, err := c.get(cmd.Context(), path("status"), nil, &v)
				if err != nil {
					return err
				}
				return a.show(got, func() error {
					for _, line := range statusWords(v) {
						a.say("%s", line)
					}
					a.say("\nCounts are those of the process that answers, since it started.\n")
					return a.tellFacts(got.body)
				})
			})
		}}
}

// statusWords says in sentences how the server is, what is wrong first.
func statusWords(v web.StatusView) (lines []string) {
	p := v.Projections
	say := func(format string, args ...any) { lines = append(lines, oneLine(fmt.Sprintf(format, args...))) }
	if v.Proof != nil && v.Proof.Alarm != "" {
		say("ALARM: the history is not what was signed, and nothing more is recorded: %s", v.Proof.Alarm)
	}
	if v.Journal.Down != "" {
		say("The journal can't be reached: %s", v.Journal.Down)
	}
	if v.ReadOnly != "" {
		say("Nothing can be recorded now: %s", v.ReadOnly)
	}
	say("The history of %s has %s in %s.", v.Org, count(int(p.Tail), "event", "events"), count(p.Plans, "plan", "plans"))
	switch {
	case p.Stopped != "":
		say("The read models have stopped at event %d: %s", p.Position, p.Stopped)
	case p.LagEvents > 0:
		say("The read models are %s behind.", count(int(p.LagEvents), "event", "events"))
	default:
		say("The read models show all of them.")
	}
	if v.Proof != nil && v.Proof.Size > 0 {
		say("They are signed up to event %d, root %s.", v.Proof.Size, v.Proof.Root)
	}
	return lines
}

// tellFacts writes any JSON object as a list of names and values, nested names joined by a space.
func (a *app) tellFacts(body []byte) error {
	var facts map[string]any
	d := json.NewDecoder(strings.NewReader(string(body)))
	d.UseNumber()
	if err := d.Decode(&facts); err != nil {
		return failure(err, "the answer can't be read")
	}
	t := newTable("Fact", "~Value")
	addFacts(t, "", facts)
	t.write(a.stdout, a.screen)
	return nil
}

func addFacts(t *table, prefix string, facts map[string]any) {
	var names []string
	for name := range facts {
		if !strings.HasPrefix(name, "$") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		label := strings.TrimSpace(prefix + " " + strings.ReplaceAll(name, "_", " "))
		if inner, nested := facts[name].(map[string]any); nested {
			addFacts(t, label, inner)
			continue
		}
		if name == "outlets" {
			addOutlets(t, facts[name])
			continue
		}
		t.add(plain(label), plain(fmt.Sprint(facts[name])))
	}
}

// addOutlets has a line for each of those that are shown the checkpoints.
func addOutlets(t *table, all any) {
	var outlets []publish.OutletStatus
	b, err := json.Marshal(all)
	if err != nil || json.Unmarshal(b, &outlets) != nil {
		return
	}
	for _, o := range outlets {
		name, words, _ := strings.Cut(o.String(), ": ")
		t.add(plain(name), plain(words))
	}
}

func (a *app) whoamiCmd() *cobra.Command {
	return &cobra.Command{Use: "whoami", Short: "Who the server takes you for, and what you may do", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(c *client) error {
				var me projections.Who
				got, err := c.get(cmd.Context(), path("whoami"), nil, &me)
				if err != nil {
					return err
				}
				return a.show(got, func() error {
					name := ""
					if me.Name != "" {
						name = " (" + oneLine(me.Name) + ")"
					}
					a.say("%s%s, %s, with the role %s", me.ID, name, kindWords(me.Kind), me.Role)
					return nil
				})
			})
		}}
}

func kindWords(k domain.ActorKind) string {
	switch k {
	case domain.OSUser:
		return "the operating-system user"
	case domain.User:
		return "by token"
	}
	return string(k)
}

// rebuildCmd rebuilds through the API. A directory without a server whose read models can't even be opened is the one
// place where something is done beside the API: they are deleted, and opening the directory builds them anew.
func (a *app) rebuildCmd() *cobra.Command {
	return &cobra.Command{Use: "rebuild", Short: "Build the read models anew from the journal; reads go on meanwhile", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			err := a.with(ctx, func(c *client) error {
				got, err := c.do(ctx, request{method: http.MethodPost, path: path("rebuild"), accept: "application/json"})
				if err != nil {
					return err
				}
				return a.show(got, func() error { return a.tellRebuild(got.body) })
			})
			if !a.unreadable(err) {
				return err
			}
			a.note("The read models can't be opened (%s): building them from nothing.", oneLine(err.Error()))
			return a.rebuildFromNothing(ctx)
		}}
}

func (a *app) tellRebuild(body []byte) error {
	var r struct {
		Events  uint64
		Seconds float64
	}
	if err := decode(body, &r); err != nil {
		return err
	}
	a.say("Rebuilt from %d events in %.1f s.", r.Events, r.Seconds)
	return nil
}

// version is the release that was built, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if release != "" || !ok {
		return firstOf(release, "unknown")
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(len(s.Value), 12)]
		}
	}
	return firstOf(strings.Trim(info.Main.Version, "()"), "devel")
}

// release is set by the linker: -ldflags "-X main.release=1.2.3".
var release string

func firstOf(all ...string) string {
	for _, s := range all {
		if s != "" {
			return s
		}
	}
	return ""
}

func (a *app) versionCmd() *cobra.Command {
	return &cobra.Command{Use: "version", Short: "Which plantrail this is", Args: exactly(0),
		RunE: func(*cobra.Command, []string) error {
			if a.form() == asTable {
				a.say("plantrail %s (%s, %s/%s)", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return nil
			}
			return a.writeJSON(map[string]string{"version": version(), "go": runtime.Version()})
		}}
}
