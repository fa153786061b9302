package main

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/projections"
)

// timelineFlags narrow a timeline.
type timelineFlags struct {
	item, actor, kind, command, from, to, after string
	newest, all                                 bool
	limit                                       int
}

func (a *app) timelineCmd() *cobra.Command {
	var t timelineFlags
	cmd := &cobra.Command{Use: "timeline [PLAN]", Short: "Who changed what, when, why and on whose authority; without PLAN, in all plans",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			q, err := t.query()
			if err != nil {
				return err
			}
			return a.with(ctx, func(c *client) error {
				at := path("timeline")
				if len(args) == 0 && t.item != "" { // an item is one of a plan
					plan, err := onlyPlan(ctx, c)
					if err != nil {
						return err
					}
					args = []string{plan}
				}
				if len(args) == 1 {
					at = path("plans", args[0], "timeline")
				}
				return a.timeline(ctx, c, at, q, t.all)
			})
		}}
	f := cmd.Flags()
	f.StringVar(&t.item, "item", "", "only entries about this item")
	f.StringVar(&t.actor, "actor", "", "only entries by this actor (an id: see plantrail person list)")
	f.StringVar(&t.kind, "type", "", "only entries of this type, e.g. rating-changed")
	f.StringVar(&t.command, "command", "", "only entries of the command with this id")
	f.StringVar(&t.from, "from", "", "recorded on or after: a date or an RFC 3339 time")
	f.StringVar(&t.to, "to", "", "recorded until: a date (to its end) or an RFC 3339 time (before it)")
	f.StringVar(&t.after, "after", "", "go on after this cursor of an earlier page")
	f.BoolVar(&t.newest, "newest", false, "newest first")
	f.BoolVar(&t.all, "all", false, "every page, not only the first")
	f.IntVar(&t.limit, "limit", 100, "entries a page, 1 to 1000")
	return cmd
}

func (t *timelineFlags) query() (url.Values, error) {
	q := url.Values{"limit": {strconv.Itoa(t.limit)}}
	for name, value := range map[string]string{"item": t.item, "actor": t.actor, "type": t.kind, "command": t.command, "after": t.after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if t.newest {
		q.Set("newest", "true")
	}
	for _, bound := range []struct {
		name, text string
		end        bool
	}{{"from", t.from, false}, {"to", t.to, true}} {
		if bound.text == "" {
			continue
		}
		at, err := instant("--"+bound.name, bound.text, bound.end)
		if err != nil {
			return nil, err
		}
		q.Set(bound.name, at.Format(time.RFC3339Nano))
	}
	return q, nil
}

// timeline writes pages of entries: the first, or all of them one after another.
func (a *app) timeline(ctx context.Context, c *client, at string, q url.Values, all bool) error {
	for first := true; ; first = false {
		got, err := a.page(ctx, c, at, q)
		if err != nil {
			return err
		}
		if err := a.writePage(got, first); err != nil {
			return err
		}
		if actor := q.Get("actor"); first && actor != "" && len(got.entries) == 0 && a.form() != asCSV {
			a.note("There is no entry by %q: --actor takes an id, which plantrail person list shows beside the name", actor)
		}
		next := got.next
		if next == "" {
			return nil
		}
		if !all {
			a.note("There is more: give --all, or --after %s", next)
			return nil
		}
		q.Set("after", next)
	}
}

// page is one page of entries as it came, and the cursor of the next.
type page struct {
	body    []byte
	entries []projections.Entry
	next    string
}

// page reads a page in the form in which it will be written. The cursor of a CSV page, which has no room for one, stands
// in its Link header.
func (a *app) page(ctx context.Context, c *client, at string, q url.Values) (page, error) {
	if a.form() == asCSV {
		got, err := c.do(ctx, request{method: http.MethodGet, path: at, query: q, accept: "text/csv"})
		if err != nil {
			return page{}, err
		}
		return page{body: got.body, next: nextOf(got.header)}, nil
	}
	var decoded projections.Page[projections.Entry]
	got, err := c.get(ctx, at, q, &decoded)
	if err != nil {
		return page{}, err
	}
	return page{got.body, decoded.Entries, decoded.Next}, nil
}

// nextOf finds the cursor in a Link header (RFC 8288): <...?after=CURSOR>; rel="next".
func nextOf(h http.Header) string {
	for _, link := range h.Values("Link") {
		target, params, _ := strings.Cut(link, ";")
		if !strings.Contains(params, `rel="next"`) {
			continue
		}
		if u, err := url.Parse(strings.Trim(strings.TrimSpace(target), "<>")); err == nil {
			return u.Query().Get("after")
		}
	}
	return ""
}

func (a *app) writePage(p page, first bool) error {
	switch a.form() {
	case asTable:
		if first && len(p.entries) == 0 {
			a.say("There are no entries.")
		}
		for _, e := range p.entries {
			a.tellEntry(e)
		}
		return nil
	case asCSV:
		if _, rows, _ := bytes.Cut(p.body, []byte("\n")); !first {
			p.body = rows // one header row is enough
		}
	}
	return a.write(p.body)
}

// tellEntry writes an entry as a few lines: what, who and when; then why, in full.
func (a *app) tellEntry(e projections.Entry) {
	where := string(e.Plan)
	if e.Item != "" {
		where += "/" + string(e.Item)
	}
	a.say("%s  %s  %s%s", a.screen.bold(statedWords(e.Stated)), oneLine(where), oneLine(e.Summary), corrections(e))
	a.say("    entry %d, by %s (%s), recorded %s%s%s", e.Entry, oneLine(who(e.By)), e.By.Role, moment(e.RecordedAt), onAuthority(e.Authority), paperWords(e.Paper))
	for _, name := range textOrder(e.Texts) {
		a.indent(name+": ", shown(e.Texts[name]))
	}
}

func statedWords(d domain.Date) string {
	if d.Known() {
		return day(d)
	}
	return d.Words()
}

func corrections(e projections.Entry) string {
	if len(e.Corrected) > 0 {
		return " [corrected later]"
	}
	return ""
}

// onAuthority says, after a comma, on whose authority it was done; nothing where that was not said.
func onAuthority(by *domain.Authority) string {
	if words := by.Words(); words != "" {
		return ", on the authority of " + oneLine(words)
	}
	return ""
}

// paperWords says which paper an entry was read from.
func paperWords(name *projections.Words) string {
	if name == nil || name.Text == "" && !name.Erased {
		return ""
	}
	return ", read from " + shown(*name)
}

// textOrder is the order in which an entry's texts are read: what it says first, then why.
func textOrder(texts map[string]projections.Words) []string {
	var names []string
	for _, name := range []string{"title", "owner", "words", "asked_by", "printed", "progress", "outcome", "answer", "text",
		"justification", "reason", "name", "source"} {
		if _, there := texts[name]; there {
			names = append(names, name)
		}
	}
	return names
}

// indent writes words under an entry, wrapped to the screen.
func (a *app) indent(label, words string) {
	const margin = "    "
	for i, line := range wrap(words, a.screen.width-len(margin)-columns(label)) {
		if i > 0 {
			label = strings.Repeat(" ", columns(label))
		}
		a.say("%s%s%s", margin, label, line)
	}
}

func (a *app) entryCmd() *cobra.Command {
	return &cobra.Command{Use: "entry [PLAN] ENTRY", Short: "Show one entry of a timeline, by its number or event id",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.askPart(cmd, args, func(ctx context.Context, c *client, plan, entry string) error {
				var e projections.Entry
				got, err := c.get(ctx, path("plans", plan, "entries", entry), nil, &e)
				if err != nil {
					return err
				}
				return a.show(got, func() error { a.tellEntry(e); return nil })
			})
		}}
}
