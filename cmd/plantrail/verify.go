package main

import (
	"github.com/spf13/cobra"
)

func (a *app) verifyCmd() *cobra.Command {
	var keys []string
	cmd := &cobra.Command{Use: "verify BUNDLE.zip", Short: "Check an evidence bundle, offline",
		Long: `Check an evidence bundle with nothing but its own bytes: no server, no data directory, no configuration.
Give --key with the log's key as you were told it elsewhere; without it the verdict is only as good as the key in the bundle.
Exit code 8 means that it was looked at and is not what it should be.`,
		Args: exactly(1)}
	cmd.Flags().StringArrayVar(&keys, "key", nil, "the log's verifier key, or a file that holds it; may be given several times")
	cmd.RunE = func(_ *cobra.Command, args []string) error { return a.verifyBundle(args[0], keys) }
	return cmd
}
