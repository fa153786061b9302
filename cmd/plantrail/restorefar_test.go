package main

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"plantrail/domain/domaintest"
	"plantrail/eventstore/eventstoretest"
)

// A backup of a journal inside the process is restored into a NATS server: with the same root, without the texts that were
// erased since, and never below a checkpoint that is known.
func TestRestoreIntoANATSServer(t *testing.T) {
	domaintest.Long(t)
	dir, _ := begin(t)
	plantrail(t, dir, "rate", "p1", "a", "amber", "--reason", "Zebulon Quarkwright is ill.")
	plantrail(t, dir, "progress", "p1", "a", "One post is filled.")
	old, later := filepath.Join(t.TempDir(), "old"), filepath.Join(t.TempDir(), "later")
	plantrail(t, dir, "backup", old)
	was := plantrail(t, dir, "checkpoint")
	entry := "3"
	plantrail(t, dir, "erase", "p1", entry, "--field", "justification", "--reason", "It names a person.", "--authority-body", "Data Protection Officer")
	plantrail(t, dir, "backup", later)

	nodes := eventstoretest.Cluster(t, 1)
	at := []string{"--nats", nodes.URL(), "--nats-monitor", nodes.MonitorURLs()[0], "--replicas", "1", "--signing-key", dataDir(dir).keyFile()}
	to := filepath.Join(t.TempDir(), "data")
	said := refused(t, 4, to, append([]string{"restore", old, "--known-checkpoint", filepath.Join(dir, "checkpoint")}, at...)...)
	if !strings.Contains(said, "would be lost") {
		t.Errorf("below a known checkpoint: %s", said)
	}
	said = plantrail(t, to, append([]string{"restore", old, "--erasures", later}, at...)...)
	if !strings.Contains(said, "1 texts that were erased after the backup was taken were left out") {
		t.Errorf("the restore says: %s", said)
	}
	paper := filepath.Join(t.TempDir(), "checkpoint.txt")
	writeFile(t, paper, was)
	if said := plantrail(t, to, "verify", "--against", paper); !strings.Contains(said, "The history is whole") {
		t.Error(said)
	}
	if said := plantrail(t, to, "timeline", "p1"); strings.Contains(said, "Quarkwright") || !strings.Contains(said, "erased") {
		t.Errorf("the timeline: %s", said)
	}
	s := startServer(t, to)
	s.record(t, "It goes on.")
	s.interrupt(t)
	for _, dir := range append(nodes.Dirs(), to) {
		nowhere(t, dir, "Quarkwright")
	}
	said = refused(t, 4, filepath.Join(t.TempDir(), "data"), append([]string{"restore", later, "--erasures", "none"}, at...)...)
	if !strings.Contains(said, "it exists already") || !strings.Contains(said, "nothing is restored over a journal") {
		t.Errorf("over a journal: %s", said)
	}
}

// nowhere looks for words in every file, as they are and as they stand within a disclosure.
func nowhere(t *testing.T, dir, words string) {
	t.Helper()
	if files := lyingIn(t, dir, words); len(files) > 0 {
		t.Errorf("%s is in %s", words, files)
	}
}

func lyingIn(t *testing.T, dir, words string) (in []string) {
	t.Helper()
	forms := [][]byte{[]byte(words)}
	for before := range 3 { // where in four letters of base64 it begins depends on what is before it
		enc := base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("x", before) + words))
		forms = append(forms, []byte(enc[2*before:len(enc)-4]))
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if slices.ContainsFunc(forms, func(f []byte) bool { return bytes.Contains(b, f) }) {
			in = append(in, path)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Fatal(files, err)
	}
	return in
}
