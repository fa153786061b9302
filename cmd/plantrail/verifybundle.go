package main

import (
	"fmt"
	"os"
	"strings"

	"plantrail/domain"
	"plantrail/evidence"
)

// unproved says that what was to be verified is not what it should be. It has an exit code of its own, so that a script
// can tell "it was altered" from "it could not be looked at".
type unproved struct{ what string }

// Error is the verdict's sentence.
func (e *unproved) Error() string { return e.what }

// verifyBundle checks a bundle with nothing but its own bytes: no server, no data directory, no configuration.
func (a *app) verifyBundle(path string, keys []string) error {
	trusted, err := trustedKeys(keys)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return noFile(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return failure(err, "%s can't be read", path)
	}
	verdict := evidence.Verify(f, info.Size(), evidence.Options{Trusted: trusted})
	if err := a.tellVerdict(verdict); err != nil {
		return err
	}
	if failed := verdict.Failure(); failed != nil {
		return &unproved{fmt.Sprintf("%s is refused at %s: %s", path, failed.Name, failed.Detail)}
	}
	return nil
}

// trustedKeys are verifier keys as given: the text itself, or the name of a file that holds one.
func trustedKeys(given []string) ([]string, error) {
	var all []string
	for _, one := range given {
		if b, err := os.ReadFile(one); err == nil {
			one = string(b)
		}
		one = strings.TrimSpace(one)
		if _, err := evidence.NewVerifier(one); err != nil {
			// Not repeated: it may be a private key, given by mistake.
			return nil, misuse("--key", "what was given is no verifier key").
				WithHint("give the key as plantrail checkpoint --key prints it, or a file that holds it")
		}
		all = append(all, one)
	}
	return all, nil
}

func noFile(path string, err error) error {
	return domain.Errorf(domain.NotFound, "file", "%s can't be opened", path).WithHint("give the path of a file").Because(err)
}

// tellVerdict prints the same lines as the script within the bundle, or the verdict as JSON.
func (a *app) tellVerdict(v evidence.Verdict) error {
	if a.form() == asTable {
		fmt.Fprint(a.stdout, v.String())
		return nil
	}
	type check struct {
		Name   string `json:"name"`
		Status string `json:"status"`
		Detail string `json:"detail,omitempty"`
	}
	out := struct {
		OK      bool    `json:"ok"`
		Plan    string  `json:"plan,omitempty"`
		Last    int64   `json:"last,omitempty"`
		Key     string  `json:"key,omitempty"`
		Trusted bool    `json:"trusted"`
		Checks  []check `json:"checks"`
	}{OK: v.OK(), Plan: v.Plan, Last: v.Last, Key: v.Key, Trusted: v.Trusted}
	for _, c := range v.Checks {
		out.Checks = append(out.Checks, check{c.Name, string(c.Status), c.Detail})
	}
	return a.writeJSON(out)
}
