package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
	"plantrail/evidence/witness"
)

// TestWitnessKilledUnderLoad kills the real witness with SIGKILL at random moments while a log grows and shows it each
// checkpoint, and starts it again, round after round. It never knows less than what it has signed, and a second history
// that parts from the first at its last signature is refused after each start.
func TestWitnessKilledUnderLoad(t *testing.T) {
	log := newWitnessedLog(t)
	dir := filepath.Join(t.TempDir(), "state")
	var signed atomic.Int64
	for round := range 6 {
		w := startWitness(t, dir, log.vkey)
		if round > 0 {
			log.lie(t, w, signed.Load())
		}
		ended := make(chan struct{})
		from := signed.Load()
		go func() {
			defer close(ended)
			for {
				got, err := log.show(w, signed.Load())
				if err != nil {
					return // it was killed
				}
				if got.Since < signed.Load() {
					t.Errorf("it signed %d and remembers %d", signed.Load(), got.Since)
				}
				signed.Store(got.Size)
			}
		}()
		waitFor(t, func() bool { return signed.Load() > from+20 })
		<-time.After(rand.N(50 * time.Millisecond)) // the moment of the kill is meant to be any
		w.kill(t)
		<-ended
	}
	w := startWitness(t, dir, log.vkey)
	if got, err := log.show(w, signed.Load()); err != nil || got.Since < signed.Load() || w.Verifier.Name() != "auditor.example" {
		t.Errorf("%+v %v", got, err)
	}
	t.Logf("%d checkpoints signed", signed.Load())
}

// witnessedLog grows by one entry each time it is shown.
type witnessedLog struct {
	skey, vkey string
	tree       evidence.Tree
	hashes     evidence.Hashes
}

const witnessedOrigin = "plantrail/acme/0badcafe"

func newWitnessedLog(t *testing.T) *witnessedLog {
	t.Helper()
	skey, vkey, err := evidence.GenerateKey(nil, witnessedOrigin)
	if err != nil {
		t.Fatal(err)
	}
	return &witnessedLog{skey: skey, vkey: vkey}
}

func (l *witnessedLog) grow(leaf string) {
	l.hashes = append(l.hashes, l.tree.Append(evidence.LeafHash([]byte(leaf)))...)
}

func (l *witnessedLog) show(w *witnessProcess, old int64) (witness.Cosigned, error) {
	l.grow(fmt.Sprint("entry ", l.tree.Size()))
	return l.add(w, old)
}

func (l *witnessedLog) add(w *witnessProcess, old int64) (witness.Cosigned, error) {
	signer, err := evidence.NewSigner(l.skey)
	if err != nil {
		return witness.Cosigned{}, err
	}
	msg, err := l.tree.Checkpoint(witnessedOrigin).Sign(signer)
	if err != nil {
		return witness.Cosigned{}, err
	}
	return w.Add(context.Background(), old, msg, func(old, new int64) (tlog.TreeProof, error) {
		return evidence.ProveConsistency(old, new, l.hashes)
	})
}

// lie shows a history of the same key whose last signed entry, and all after it, are others.
func (l *witnessedLog) lie(t *testing.T, w *witnessProcess, signed int64) {
	t.Helper()
	liar := &witnessedLog{skey: l.skey}
	for i := range l.tree.Size() + 5 {
		if leaf := fmt.Sprint("entry ", i); i < signed-1 {
			liar.grow(leaf)
		} else {
			liar.grow(leaf + ", told otherwise")
		}
	}
	var no *witness.Refused
	if got, err := liar.add(w, signed); !errors.As(err, &no) || !no.Forked() {
		t.Errorf("another history after %d: %+v %v", signed, got, err)
	}
}

// witnessProcess is a running plantrail witness, and a client of it.
type witnessProcess struct {
	*witness.Client
	key  string // its verifier key
	cmd  *exec.Cmd
	done chan error
}

var saysWitness = regexp.MustCompile(`(?s)Verifier key: (\S+)\n.*Witnessing on (\S+)\n`)

func startWitness(t *testing.T, dir, vkey string) *witnessProcess {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	f, err := os.Create(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := &witnessProcess{done: make(chan error, 1)}
	p.cmd = exec.Command("plantrail", "witness", "--listen", "127.0.0.1:0", "--state", dir, "--name", "auditor.example", "--log", vkey)
	p.cmd.Stdout, p.cmd.Stderr = f, f
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.done <- p.cmd.Wait(); close(p.done) }()
	t.Cleanup(func() { // what it writes to goes next
		_ = p.cmd.Process.Kill()
		for range p.done {
		}
	})
	waitFor(t, func() bool {
		said, _ := os.ReadFile(out)
		found := saysWitness.FindSubmatch(said)
		if found == nil {
			return false
		}
		v, err := evidence.NewVerifier(string(found[1]))
		if err != nil {
			t.Fatalf("%v: %s", err, bytes.TrimSpace(said))
		}
		p.Client, p.key = &witness.Client{URL: string(found[2]), Verifier: v}, string(found[1])
		return true
	})
	return p
}

func (p *witnessProcess) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-p.done
}
