package main

import (
	"encoding/json"
	"net/http"

	"github.com/spf13/cobra"

	"plantrail/domain"
	"plantrail/projections"
)

func (a *app) tokenCmd() *cobra.Command {
	return family("token", "Make, list and revoke the tokens by which people and programs get in", a.tokenCreateCmd(), a.tokenListCmd(), a.tokenRevokeCmd())
}

func (a *app) tokenCreateCmd() *cobra.Command {
	var name, person, role, expires, key string
	var plans []string
	cmd := &cobra.Command{Use: "create --name NAME --role ROLE", Short: "Make a token; its secret is shown this once", Args: exactly(0),
		Long: "Make a token for a person: one who is registered (--person), or a new one (--name). Its secret is shown this once: the\njournal holds only its digest.\nRoles: reader sees plans; inspector sees the plans named, for a time; auditor also checks the log; clerk keeps meetings and\nresolutions; editor keeps plans and meetings; data-protection erases and sets holds; admin does all of it, and keeps\npersons, tokens and policies."}
	f := cmd.Flags()
	f.StringVar(&name, "name", "", "the person's name (or the program's), for a new person")
	f.StringVar(&person, "person", "", "id of a registered person")
	f.StringVar(&role, "role", "reader", "reader, inspector, auditor, clerk, editor, data-protection or admin")
	f.StringVar(&expires, "expires", "", "the last day on which it is good")
	f.StringSliceVar(&plans, "plan", nil, "the only plans that it opens; an inspector's token names them")
	f.StringVar(&key, "key", "", "id of this command: given twice, it is recorded once")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		until, err := date("--expires", expires)
		if err != nil {
			return err
		}
		if name == "" && person == "" {
			return misuse("--name", "say whose token it is").WithHint("give --name NAME, or --person ID of plantrail person list")
		}
		words, err := a.words("--name", name)
		if err != nil {
			return err
		}
		body := map[string]any{"role": role}
		if len(plans) > 0 {
			body["plans"] = plans
		}
		for field, value := range map[string]string{"name": string(words), "person": person, "expires": until.String()} {
			if value != "" {
				body[field] = value
			}
		}
		return a.post(cmd, path("tokens"), key, body, a.tellToken)
	}
	return cmd
}

// post gives a command that belongs to no plan to the API.
func (a *app) post(cmd *cobra.Command, at, key string, body any, tell func([]byte) error) error {
	ctx := cmd.Context()
	b, err := json.Marshal(body)
	if err != nil {
		return failure(err, "the command can't be written as JSON")
	}
	if err := (&writing{key: key}).checkKey(); err != nil {
		return err
	}
	return a.with(ctx, func(c *client) error {
		got, _, err := c.command(ctx, request{path: at, body: b, mediaType: "application/json", key: key})
		if err != nil {
			return err
		}
		return a.show(got, func() error { return tell(got.body) })
	})
}

func (a *app) tellToken(body []byte) error {
	var t struct {
		Token  string `json:"token_id"`
		Person string `json:"person"`
		Secret string `json:"secret"`
	}
	if err := decode(body, &t); err != nil {
		return err
	}
	if t.Secret == "" {
		a.say("Token %s of %s had been made before; its secret is not kept anywhere. Revoke it and make another if it is lost.", t.Token, t.Person)
		return nil
	}
	a.say("Token %s of %s. Its secret is shown this once:", t.Token, t.Person)
	a.say("export PLANTRAIL_TOKEN=%s", t.Secret)
	return nil
}

func (a *app) tokenListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the tokens, without their secrets", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(c *client) error {
				return a.list(cmd.Context(), c, path("tokens"), nil, a.tellTokens)
			})
		}}
}

func (a *app) tellTokens(body []byte) error {
	var got struct{ Tokens []projections.TokenView }
	if err := decode(body, &got); err != nil {
		return err
	}
	if len(got.Tokens) == 0 {
		a.say("There are no tokens.")
	}
	t := newTable("Token", "Person", "~Name", "Role", "Made", "Expires", "State")
	for _, v := range got.Tokens {
		state := "good"
		if v.Revoked {
			state = "revoked"
		}
		t.add(plain(string(v.Token)), plain(string(v.Person)), plain(v.Name), plain(string(v.Role)), plain(moment(v.Issued.RecordedAt)), plain(day(v.Expires)), plain(state))
	}
	t.write(a.stdout, a.screen)
	return nil
}

func (a *app) tokenRevokeCmd() *cobra.Command {
	var reason, key string
	cmd := &cobra.Command{Use: "revoke TOKEN --reason WORDS", Short: "End a token", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			words, err := a.words("--reason", reason)
			if err != nil {
				return err
			}
			return a.post(cmd, path("tokens", args[0], "revoke"), key, map[string]string{"reason": string(words)}, a.tellDone("Revoked: requests with token "+args[0]+" are refused from now on."))
		}}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	cmd.Flags().StringVar(&key, "key", "", "id of this command: given twice, it is recorded once")
	return cmd
}

// tellDone says what a command that belongs to no plan did, unless it had been done before.
func (a *app) tellDone(done string) func([]byte) error {
	return func(body []byte) error {
		var r domain.Receipt
		if err := decode(body, &r); err != nil {
			return err
		}
		if r.Repeat {
			a.say("Nothing was recorded: this was recorded before.")
			return nil
		}
		a.say("%s", oneLine(done))
		return nil
	}
}

func (a *app) personCmd() *cobra.Command {
	return family("person", "List and rename persons, end their acting for the organisation, and erase their names", a.personListCmd(), a.personRenameCmd(), a.personLeaveCmd(), a.personEraseNameCmd())
}

func (a *app) personListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "List the registered persons", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			return a.with(ctx, func(c *client) error {
				got, err := c.do(ctx, request{method: http.MethodGet, path: path("persons"), accept: "application/json"})
				if err != nil {
					return err
				}
				return a.show(got, func() error { return a.tellPersons(got.body) })
			})
		}}
}

func (a *app) tellPersons(body []byte) error {
	var got struct{ Persons []projections.PersonView }
	if err := decode(body, &got); err != nil {
		return err
	}
	if len(got.Persons) == 0 {
		a.say("Nobody is registered yet: whoever first records something is.")
	}
	t := newTable("Person", "~Name", "Kind", "Since", "State")
	for _, p := range got.Persons {
		state := "acts"
		if p.Left {
			state = "left"
		}
		t.add(plain(string(p.Person)), plain(shown(p.Name)), plain(string(p.Kind)), plain(moment(p.Since.RecordedAt)), plain(state))
	}
	t.write(a.stdout, a.screen)
	return nil
}

func (a *app) personRenameCmd() *cobra.Command {
	var key string
	cmd := &cobra.Command{Use: "rename PERSON NAME", Short: "Give a person another name", Args: exactly(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			words, err := a.words("name", args[1])
			if err != nil {
				return err
			}
			return a.post(cmd, path("persons", args[0], "rename"), key, map[string]string{"name": string(words)}, a.tellDone("Renamed."))
		}}
	cmd.Flags().StringVar(&key, "key", "", "id of this command: given twice, it is recorded once")
	return cmd
}

func (a *app) personLeaveCmd() *cobra.Command {
	var key string
	cmd := &cobra.Command{Use: "leave PERSON", Short: "End a person's acting for the organisation, and their tokens", Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.post(cmd, path("persons", args[0], "leave"), key, struct{}{}, a.tellDone("Recorded: "+args[0]+" no longer acts, and their tokens are refused from now on."))
		}}
	cmd.Flags().StringVar(&key, "key", "", "id of this command: given twice, it is recorded once")
	return cmd
}
