package judges

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	fnote "github.com/transparency-dev/formats/note"
	fwitness "github.com/transparency-dev/formats/witness"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
	"plantrail/evidence/witness"
)

// auditor is our witness at work, and the policy that says, in their words, that its signature is needed.
func auditor(t *testing.T, at time.Time, logKey string) (client *witness.Client, vkey string, policy fwitness.Group) {
	t.Helper()
	dir, err := witness.OpenDir(t.TempDir())
	must(t, err)
	t.Cleanup(func() { dir.Close() })
	skey, _, err := dir.Key("auditor.example/w1")
	must(t, err)
	v, err := evidence.NewVerifier(logKey)
	must(t, err)
	w, err := witness.New(witness.Config{Key: skey, Logs: []note.Verifier{v}, Store: dir, Clock: func() time.Time { return at }})
	must(t, err)
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	own, err := evidence.NewVerifier(w.VerifierKey())
	must(t, err)
	policy, err = fwitness.ParsePolicy([]byte("witness w1 " + w.VerifierKey() + " " + server.URL + "\nquorum w1\n"))
	must(t, err)
	return &witness.Client{URL: server.URL, Verifier: own}, w.VerifierKey(), policy
}

// A checkpoint with our witness's line satisfies a policy of theirs, and they read its time.
func TestWitnessedCheckpointsAgree(t *testing.T) {
	at := time.Unix(1700000000, 0)
	tree, hashes := log(100)
	signer, logV := logKey(t)
	client, vkey, policy := auditor(t, at, logV)
	theirs, err := fnote.NewVerifierForCosignatureV1(vkey)
	must(t, err)
	old := int64(0)
	for _, size := range []int64{1, 7, 64, 99, 100, 100} {
		root, err := evidence.Root(size, hashes)
		must(t, err)
		msg, err := evidence.Checkpoint{Origin: origin, Size: size, Root: root}.Sign(signer)
		must(t, err)
		if policy.Satisfied(msg) {
			t.Fatal("they are content without a witness")
		}
		got, err := client.Add(context.Background(), old, msg, func(old, new int64) (tlog.TreeProof, error) {
			return evidence.ProveConsistency(old, new, hashes)
		})
		must(t, err)
		witnessed := append(msg, got.Line...)
		n, err := note.Open(witnessed, note.VerifierList(theirs))
		must(t, err)
		if stated, err := fnote.CoSigV1Timestamp(n.Sigs[0]); err != nil || !stated.Equal(at) || !got.At.Equal(at) {
			t.Errorf("they read the time %v %v, we %v", stated, err, got.At)
		}
		if !policy.Satisfied(witnessed) {
			t.Errorf("they are not content with\n%s", witnessed)
		}
		if policy.Satisfied([]byte(strings.Replace(string(witnessed), "\n"+root.String(), "\n"+evidence.LeafHash(nil).String(), 1))) {
			t.Error("they are content with another root")
		}
		old = size
	}
	if old != tree.Size() {
		t.Error(old)
	}
}

// The address that their policy names is where our witness takes checkpoints.
func TestWitnessIsWhereTheyLook(t *testing.T) {
	tree, _ := log(5)
	signer, logV := logKey(t)
	_, vkey, policy := auditor(t, time.Unix(1700000000, 0), logV)
	msg, err := tree.Checkpoint(origin).Sign(signer)
	must(t, err)
	endpoints := policy.Endpoints()
	if len(endpoints) != 1 {
		t.Fatal(endpoints)
	}
	for address, v := range endpoints {
		if _, err := url.Parse(address); err != nil || !strings.HasPrefix(vkey, v.Name()+"+") {
			t.Errorf("%s %s", address, v.Name())
		}
		answer, err := http.Post(address, "", strings.NewReader("old 0\n\n"+string(msg)))
		must(t, err)
		defer answer.Body.Close()
		line, err := io.ReadAll(answer.Body)
		must(t, err)
		if answer.StatusCode != 200 || !policy.Satisfied(append(msg, line...)) {
			t.Errorf("%d %s", answer.StatusCode, line)
		}
	}
}
