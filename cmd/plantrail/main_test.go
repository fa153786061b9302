package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary be run as the command plantrail: by the scripts, and by the tests that kill it.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"plantrail": main})
}

// TestScripts runs the command line as it is typed. Scripts see a fresh HOME, tables as output, and in $SEED the committee
// paper of the City of London where this machine has it.
func TestScripts(t *testing.T) {
	seed, err := filepath.Abs("../../../shared/seeds/city-of-london-sdp.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, absent := os.Stat(seed)
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if testing.Short() {
		scripts, err = filepath.Glob("testdata/script/[io]*.txtar") // import, output: the others take seconds each
	}
	if err != nil || len(scripts) == 0 {
		t.Fatal("no script", err)
	}
	testscript.Run(t, testscript.Params{
		Files:               scripts,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("SEED", seed)
			env.Setenv("PLANTRAIL_OUTPUT", "table")
			env.Setenv("COLUMNS", "200")
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("ME", string(osUser().ID))
			return badWords(env.WorkDir)
		},
		Condition: func(cond string) (bool, error) {
			if cond == "seed" && absent != nil {
				t.Logf("skipped: %s is not on this machine", seed)
			}
			return cond == "seed" && absent == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "await": await},
	})
}

// badWords writes files that a txtar archive can't hold: words that are too long, not UTF-8, or not to be shown.
func badWords(dir string) error {
	for name, words := range map[string]string{
		"bad-long.txt":  strings.Repeat("word ", 13108), // 65,540 bytes
		"bad-latin.txt": "caf\xe9",
		"bad-bell.txt":  "ding\a",
		"bad-nul.txt":   "a\x00b",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(words), 0o600); err != nil {
			return err
		}
	}
	return nil
}
