package main

import (
	"net/http"

	"github.com/spf13/cobra"

	"plantrail/web"
)

func (a *app) checkpointCmd() *cobra.Command {
	var keys bool
	cmd := &cobra.Command{Use: "checkpoint", Short: "Print the last signed checkpoint of the history, or with --key the key to check it with", Args: exactly(0),
		Long: `Print the last signed checkpoint: how many events the history had and their root hash, signed. Keep it outside this system: on
paper, in minutes, with an auditor. plantrail verify --against proves later that the history still begins with those events.`}
	cmd.Flags().BoolVar(&keys, "key", false, "print the log's verifier keys instead, the one that signs now last")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		ctx := cmd.Context()
		return a.with(ctx, func(c *client) error {
			var state web.ProofView
			if _, err := c.get(ctx, path("verify"), nil, &state); err != nil {
				return err
			}
			if keys {
				for _, key := range state.Keys { // as lines, always: they are what --key takes
					a.say("%s", key)
				}
				return nil
			}
			got, err := c.do(ctx, request{method: http.MethodGet, path: "/log/checkpoint"})
			if err != nil {
				return err
			}
			return a.write(got.body)
		})
	}
	return cmd
}
