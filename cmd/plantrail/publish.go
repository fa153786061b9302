package main

import (
	"context"
	"encoding/json"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/web"
)

func (a *app) meetingPublishCmd() *cobra.Command {
	var w writing
	var do web.Publish
	var class, title, to string
	var exempt []string
	cmd := &cobra.Command{Use: "publish [PLAN] MEETING -o FILE.html", Short: "Publish the plan as it stands for a meeting: the paper that members receive",
		Long: "Make the paper of the plan as it stands, with its position and the size and root of the signed history on its face, record its\n" +
			"digest, and write it. The plan can't change in between. The printed root lets anybody who kept the paper hold it against the\n" +
			"history of a later day: plantrail verify --against SIZE:ROOT.",
		Example: "  plantrail meeting publish sdp-2019-20 scrutiny-committee-2020-02-20 -o paper.html\n" +
			"  plantrail meeting publish sdp-2019-20 scrutiny-committee-2020-02-20 --exempt item-05 -o public.html\n" +
			"  plantrail meeting publish sdp-2019-20 scrutiny-committee-2020-02-20 --exempt item-05 --classification exempt -o exempt.html"}
	w.flags(cmd)
	cmd.Flags().StringVarP(&to, "output", "o", "", "the file to write")
	cmd.Flags().StringVar(&class, "classification", "", "public (the default) or exempt")
	cmd.Flags().StringSliceVar(&exempt, "exempt", nil, "items that are exempt from publication: a public paper leaves them out, an exempt one tells of them only")
	cmd.Flags().StringVar(&title, "title", "", "the title that is printed (default made of the plan's)")
	cmd.RunE = func(cmd *cobra.Command, args []string) (err error) {
		if to == "" {
			return misuse("--output", "say where the paper goes").WithHint("give -o FILE.html")
		}
		if do.Basis, err = w.basis(); err != nil {
			return err
		}
		do.Classification = domain.Classification(class)
		for _, item := range exempt {
			do.Exempt = append(do.Exempt, domain.ItemID(strings.TrimSpace(item)))
		}
		if err := a.read(given{"--title", title, &do.Title}); err != nil {
			return err
		}
		match, err := w.match()
		if err == nil {
			err = w.checkKey()
		}
		if err != nil {
			return err
		}
		return a.askPart(cmd, args, func(ctx context.Context, c *client, plan, meeting string) error {
			do.Meeting = domain.MeetingID(meeting)
			body, err := json.Marshal(do)
			if err != nil {
				return failure(err, "the command can't be written as JSON")
			}
			got, _, err := c.command(ctx, request{path: path("plans", plan, "publish-paper"), body: body, mediaType: "application/json", key: w.key, ifMatch: match})
			if err != nil {
				return asTyped(err)
			}
			return a.keepPaper(got.body, to)
		})
	}
	return cmd
}

func (a *app) meetingPaperCmd() *cobra.Command {
	var to string
	cmd := &cobra.Command{Use: "paper [PLAN] MEETING -o FILE.html", Short: "Make the paper that members received again, and say whether it is that paper to the byte",
		Example: "  plantrail meeting paper sdp-2019-20 scrutiny-committee-2020-02-20 -o paper.html"}
	cmd.Flags().StringVarP(&to, "output", "o", "", "the file to write (default: only say what was published)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return a.askPart(cmd, args, func(ctx context.Context, c *client, plan, meeting string) error {
			got, err := c.do(ctx, request{method: "GET", path: path("plans", plan, "meetings", meeting, "paper"), accept: "application/json"})
			if err != nil {
				return err
			}
			return a.keepPaper(got.body, to)
		})
	}
	return cmd
}

// keepPaper writes a paper to its file, and says what it is. A paper that is not the one that was published is an exit of its own.
func (a *app) keepPaper(body []byte, to string) error {
	var p web.PublishedPaper
	if err := decode(body, &p); err != nil {
		return err
	}
	if to == "-" {
		return a.write([]byte(p.HTML))
	}
	if to != "" {
		err := writeWhole(to, func(w io.Writer) error {
			_, err := io.WriteString(w, p.HTML)
			return err
		})
		if err != nil {
			return err
		}
	}
	if a.form() != asTable {
		p.HTML = ""
		return a.writeJSON(p)
	}
	a.say("The plan %s as of entry %d, published for %s as entry %d, %s.", p.Plan, p.Version, p.Meeting, p.Published.Entry, p.Classification)
	a.say("SHA-256 %s; position %d; %d events with the root %s", p.SHA256, p.Position, p.Size, p.Root)
	a.say("%s", p.Words)
	if to != "" {
		a.say("Written to %s.", to)
	}
	return nil
}

// check tries a command and says what would come of it.
func (a *app) check(ctx context.Context, c *client, plan string, do domain.Command) error {
	what, err := json.Marshal(do)
	if err == nil {
		what, err = json.Marshal(web.DraftCommand{Verb: do.Verb(), Command: what})
	}
	if err != nil {
		return failure(err, "the command can't be written as JSON")
	}
	got, err := c.do(ctx, request{method: "POST", path: path("plans", plan, "draft"), body: what, mediaType: "application/json", accept: "application/json"})
	if err != nil {
		return asTyped(err)
	}
	return a.show(got, func() error {
		var v web.DraftView
		if err := decode(got.body, &v); err != nil {
			return err
		}
		a.say("Nothing is recorded. It would be recorded as %s.", count(v.Entries, "entry", "entries"))
		a.say("The rules would find %s more:", count(len(v.Raised), "thing", "things"))
		a.tellEach(v.Raised, false)
		a.say("\nand %s less:", count(len(v.Cleared), "thing", "things"))
		a.tellEach(v.Cleared, false)
		return nil
	})
}
