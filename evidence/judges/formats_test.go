package judges

import (
	"bytes"
	"testing"
	"time"

	flog "github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	fproof "github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"

	"plantrail/evidence"
)

func TestCheckpointsAgree(t *testing.T) {
	tree, _ := log(100)
	signer, vkey := logKey(t)
	ours := tree.Checkpoint(origin)
	msg, err := ours.Sign(signer)
	must(t, err)
	verifier, err := fnote.NewVerifier(vkey)
	must(t, err)
	c, rest, _, err := flog.ParseCheckpoint(msg, origin, verifier)
	must(t, err)
	if c.Size != 100 || !bytes.Equal(c.Hash, ours.Root[:]) || len(rest) != 0 || string(c.Marshal()) != ours.String() {
		t.Errorf("they read %+v of\n%s", c, msg)
	}
	if _, err := evidence.ParseCheckpoint(string(flog.Checkpoint{Origin: "x", Size: 7, Hash: make([]byte, 32)}.Marshal())); err != nil {
		t.Error(err)
	}
}

func TestProofsAreReadByOthers(t *testing.T) {
	tree, hashes := log(100)
	signer, vkey := logKey(t)
	msg, err := tree.Checkpoint(origin).Sign(signer)
	must(t, err)
	verifier, err := evidence.NewVerifier(vkey)
	must(t, err)
	for i := range int64(100) {
		path, err := evidence.ProveInclusion(100, i, hashes)
		must(t, err)
		ours := evidence.Proof{Index: i, Path: path, Checkpoint: msg}
		if i%2 == 1 {
			ours.Extra = []byte("anything")
		}
		var theirs fproof.TLogProof
		must(t, theirs.Unmarshal(ours.Format()))
		if theirs.Index != uint64(i) || len(theirs.Hashes) != len(path) || !bytes.Equal(theirs.ExtraData, ours.Extra) {
			t.Fatalf("they read %+v", theirs)
		}
		back, err := evidence.ParseProof(theirs.Marshal())
		must(t, err)
		if _, err := back.Check(leaf(int(i)), origin, verifier); err != nil {
			t.Error(err)
		}
	}
}

func TestCosignaturesAgree(t *testing.T) {
	tree, _ := log(10)
	signer, logV := logKey(t)
	msg, err := tree.Checkpoint(origin).Sign(signer)
	must(t, err)
	skey, vkey, err := evidence.GenerateCosignerKey(nil, "auditor.example/w1")
	must(t, err)
	log1, err := evidence.NewVerifier(logV)
	must(t, err)

	at := time.Unix(1700000000, 0)
	ours, err := evidence.NewCosigner(skey, func() time.Time { return at })
	must(t, err)
	cosigned, err := evidence.Cosign(msg, ours, log1)
	must(t, err)
	theirV, err := fnote.NewVerifierForCosignatureV1(vkey)
	must(t, err)
	n, err := note.Open(cosigned, note.VerifierList(log1, theirV))
	must(t, err)
	if stated, err := fnote.CoSigV1Timestamp(n.Sigs[1]); err != nil || !stated.Equal(at) {
		t.Errorf("they read the time %v %v", stated, err)
	}

	theirs, err := fnote.NewSignerForCosignatureV1(skey)
	must(t, err)
	cosigned, err = note.Sign(n, theirs)
	must(t, err)
	ourV, err := evidence.NewVerifier(vkey)
	must(t, err)
	c, m, err := evidence.OpenCheckpoint(cosigned, origin, log1, ourV)
	must(t, err)
	if c.Size != 10 || len(m.Sigs) != 2 {
		t.Errorf("%+v %+v", c, m)
	}

	// A plain log key cosigns under its cosigner's hash, with them as with us.
	plain, _, err := evidence.GenerateKey(nil, "auditor.example/w2")
	must(t, err)
	a, err := evidence.NewCosigner(plain, time.Now)
	must(t, err)
	b, err := fnote.NewSignerForCosignatureV1(plain)
	must(t, err)
	if a.KeyHash() != b.KeyHash() {
		t.Errorf("%08x, theirs %08x", a.KeyHash(), b.KeyHash())
	}
}
