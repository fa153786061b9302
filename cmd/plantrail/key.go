package main

import (
	"net/http"

	"github.com/spf13/cobra"

	"plantrail/web"
)

func (a *app) keyCmd() *cobra.Command {
	return family("key", "The key that signs checkpoints", a.keyRotateCmd(), a.keyListCmd())
}

func (a *app) keyRotateCmd() *cobra.Command {
	return &cobra.Command{Use: "rotate", Short: "Sign checkpoints with a new key from now on", Args: exactly(0),
		Long: `Make a new key and sign with it from now on. The history says who changed the key and when; the old key signs a last checkpoint
that covers this, and its private half is destroyed. Checkpoints, proofs and bundles that old keys have signed stay good.
Give the new verifier key to those who hold the old one: auditors who run a witness, and inspectors.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(c *client) error {
				got, err := c.do(cmd.Context(), request{method: http.MethodPost, path: path("keys", "rotate"), accept: "application/json"})
				if err != nil {
					return err
				}
				var v web.RotateView
				if err := decode(got.body, &v); err != nil {
					return err
				}
				return a.show(got, func() error {
					a.say("From entry %d of the history on, checkpoints are signed by", v.Position)
					a.say("%s", v.Key)
					return nil
				})
			})
		}}
}

func (a *app) keyListCmd() *cobra.Command {
	return &cobra.Command{Use: "list", Short: "The verifier keys of the log, the one that signs now last", Args: exactly(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.with(cmd.Context(), func(c *client) error {
				var state web.ProofView
				if _, err := c.get(cmd.Context(), path("verify"), nil, &state); err != nil {
					return err
				}
				return a.listKeys(state.Keys)
			})
		}}
}

func (a *app) listKeys(keys []string) error {
	if a.form() != asTable {
		return a.writeJSON(keys)
	}
	for _, key := range keys {
		a.say("%s", key)
	}
	return nil
}
