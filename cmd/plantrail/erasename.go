package main

import (
	"github.com/spf13/cobra"

	"plantrail/web"
)

func (a *app) personEraseNameCmd() *cobra.Command {
	var w writing
	var reason string
	cmd := &cobra.Command{Use: "erase-name PERSON --reason WORDS --authority-body BODY", Short: "Destroy the names of a person, for ever", Args: exactly(1),
		Long: `Destroy every name that a person was registered under: in the journal, in the read models and on disk, as plantrail erase does
with a text of a plan. What they did stays under their id, and every proof stays as it was; from now on pages and bundles say that the
name was erased. The person may be given another name with plantrail person rename.
A name within the texts of a plan is not reached: erase those with plantrail erase.`,
		Example: `  plantrail person erase-name p-7f3a9c2e --reason "They asked for it." --authority-body "Data Protection Officer"`}
	cmd.Flags().StringVar(&reason, "reason", "", "why")
	w.flags(cmd).RunE = func(cmd *cobra.Command, args []string) (err error) {
		var do web.EraseName
		if w.ifVersion != "" {
			return misuse("--if-version", "only plans have versions")
		}
		if do.Basis, err = w.basis(); err != nil {
			return err
		}
		if err := a.read(given{"--reason", reason, &do.Reason}); err != nil {
			return err
		}
		return a.post(cmd, path("persons", args[0], "erase-name"), w.key, do, a.tellDone("The name is destroyed. What "+args[0]+" did stays, under that id."))
	}
	return cmd
}
