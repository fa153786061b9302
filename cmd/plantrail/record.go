package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/projections"
)

// writing are the flags common to all commands that record something.
type writing struct {
	on, body, meeting, resolution string
	ifVersion, key                string
	check                         bool
}

// flags adds them to a command.
func (w *writing) flags(cmd *cobra.Command) *cobra.Command {
	f := cmd.Flags()
	f.StringVar(&w.on, "on", "", "when it happened, as stated: 2020-02-03, 3 Feb 2020, February 2020 or unknown (default today)")
	f.StringVar(&w.body, "authority-body", "", "the body that decided it")
	f.StringVar(&w.meeting, "authority-meeting", "", "date of the meeting that decided it")
	f.StringVar(&w.resolution, "authority-resolution", "", "number or short reference of the resolution")
	f.StringVar(&w.ifVersion, "if-version", "", "record only if the plan is still at this version")
	f.StringVar(&w.key, "key", "", "id of this command: given twice, it is recorded once")
	return cmd
}

// checks adds the flag under which a command is only tried.
func (w *writing) checks(cmd *cobra.Command) *cobra.Command {
	w.flags(cmd).Flags().BoolVar(&w.check, "check", false, "record nothing: say whether it would be refused, and what the rules would find")
	return cmd
}

// basis is what the flags say of when and on whose authority.
func (w *writing) basis() (domain.Basis, error) {
	var b domain.Basis
	var err error
	if b.Stated, err = date("--on", w.on); err != nil {
		return b, err
	}
	if w.body == "" && w.meeting == "" && w.resolution == "" {
		return b, nil
	}
	if w.body == "" {
		return b, misuse("--authority-body", "a decision needs the body that took it").WithHint("name it, e.g. --authority-body Cabinet")
	}
	meeting, err := date("--authority-meeting", w.meeting)
	b.Authority = &domain.Authority{Body: w.body, Meeting: meeting, Resolution: w.resolution}
	return b, err
}

// match is the flag --if-version as HTTP says it.
func (w *writing) match() (string, error) {
	if w.ifVersion == "" || w.ifVersion == "*" {
		return w.ifVersion, nil
	}
	if _, err := strconv.ParseUint(w.ifVersion, 10, 64); err != nil {
		return "", misuse("--if-version", "%q is not a version", shorten(w.ifVersion, 40)).WithHint("give the number that plantrail show prints")
	}
	return strconv.Quote(w.ifVersion), nil
}

// checkKey refuses an id that a header can't carry; all else the server checks.
func (w *writing) checkKey() error {
	if w.key == "" {
		return nil
	}
	_, err := domain.ParseCommandID(w.key)
	if e, ok := err.(*domain.Error); ok {
		e.Field = "--key"
		return e
	}
	return err
}

// record gives one command to the API and says what came of it.
func (a *app) record(ctx context.Context, c *client, w *writing, plan string, do domain.Command) error {
	if _, err := (place{plan: plan}).checked(); err != nil {
		return err
	}
	if w.check {
		return a.check(ctx, c, plan, do)
	}
	return a.submit(ctx, c, w, path("plans", plan, do.Verb()), do)
}

// submit sends what is to be recorded to where the API takes it.
func (a *app) submit(ctx context.Context, c *client, w *writing, to string, what any) error {
	match, err := w.match()
	if err == nil {
		err = w.checkKey()
	}
	if err != nil {
		return err
	}
	body, err := json.Marshal(what)
	if err != nil {
		return failure(err, "the command can't be written as JSON")
	}
	got, _, err := c.command(ctx, request{path: to, body: body, mediaType: "application/json", key: w.key, ifMatch: match})
	if err != nil {
		return asTyped(err)
	}
	return a.show(got, func() error { return a.tellReceipt(ctx, c, got.body) })
}

// typed is how fields of the API's commands are typed, where a flag of the same name does not say it.
var typed = map[string]string{"justification": "--reason", "reason": "--reason", "authority": "--authority-body", "title": "--title",
	"owner": "--owner", "evidence.0": "--evidence", "by": "--by", "policy.id": "--id", "better": "--better", "target": "--target", "baseline": "--baseline", "same_as": "--same-as", "version": "--if-version", "command": "--key"}

// asTyped names the place of an error as it is typed here. The problem as JSON stays as the server said it.
func asTyped(err error) error {
	if e := (*domain.Error)(nil); errors.As(err, &e) && typed[e.Field] != "" {
		e.Field = typed[e.Field]
	}
	return err
}

// tellReceipt says in words what was recorded, as the timeline now tells it.
func (a *app) tellReceipt(ctx context.Context, c *client, body []byte) error {
	var r domain.Receipt
	if err := decode(body, &r); err != nil {
		return err
	}
	e, err := entryOf(ctx, c, r)
	switch {
	case err != nil: // it is recorded: an answer that fails now must not say otherwise
		fmt.Fprintf(a.stdout, "%s as version %d of %s\n", recordedWord(r), r.Version, r.Plan)
	case r.Repeat:
		fmt.Fprintf(a.stdout, "Nothing was recorded: this was recorded before, on %s, as entry %d of %s: %s\n",
			moment(e.RecordedAt), e.Entry, r.Plan, oneLine(e.Summary))
	default:
		fmt.Fprintf(a.stdout, "Recorded as entry %d of %s: %s\n", e.Entry, r.Plan, oneLine(withItem(e)))
	}
	return nil
}

func recordedWord(r domain.Receipt) string {
	if r.Repeat {
		return "Nothing was recorded: this had been recorded before,"
	}
	return "Recorded"
}

// entryOf reads back the entry that a receipt speaks of.
func entryOf(ctx context.Context, c *client, r domain.Receipt) (e projections.Entry, err error) {
	q := url.Values{"min_position": {strconv.FormatUint(uint64(r.Position), 10)}}
	_, err = c.get(ctx, path("plans", string(r.Plan), "entries", string(r.Event)), q, &e)
	return e, err
}

func withItem(e projections.Entry) string {
	ends := func(r rune) bool { return strings.ContainsRune(" ,()", r) }
	if e.Item == "" || slices.Contains(strings.FieldsFunc(e.Summary, ends), string(e.Item)) {
		return e.Summary
	}
	return string(e.Item) + " " + e.Summary
}
