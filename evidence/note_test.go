package evidence

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func TestCheckpointText(t *testing.T) {
	// The example of c2sp.org/tlog-checkpoint.
	const text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	c, err := ParseCheckpoint(text)
	must(t, err)
	if c.String() != text || c.Size != 20852163 || c.Origin != "example.com/behind-the-sofa" {
		t.Errorf("%+v", c)
	}
	extended, err := ParseCheckpoint(text + "one\ntwo\n")
	must(t, err)
	if len(extended.Extensions) != 2 || extended.String() != text+"one\ntwo\n" {
		t.Errorf("%+v", extended)
	}
	root := "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
	for _, bad := range []string{"", "\n", "o\n1\n", text[:len(text)-1], text + "\n", "o\n\n" + root + "\n", "o\n01\n" + root + "\n",
		"o\n+1\n" + root + "\n", "o\n-1\n" + root + "\n", "o\n9223372036854775807\n" + root + "\n", "o\n1\n" + root[:40] + "\n",
		"o\n1\n" + root[:42] + "J=\n", "o\n1\n" + root + " \n", "a b\n1\n" + root + "\n", "a+b\n1\n" + root + "\n", "\n1\n" + root + "\n",
		"o\r\n1\n" + root + "\n", "o\n1\n" + root + "\n\nx\n", "o\n1\n" + root + "\n\x00\n", "o\n1\n" + root + "\n\xff\n"} {
		if c, err := ParseCheckpoint(bad); err == nil {
			t.Errorf("%q: read as %+v", bad, c)
		}
	}
}

func TestKeys(t *testing.T) {
	for _, name := range []string{"", "a b", "a+b", "a\u00a0b", "-a", strings.Repeat("a", 201), "ü"} {
		if _, _, err := GenerateKey(zeros(1), name); err == nil {
			t.Errorf("a key named %q", name)
		}
		if _, _, err := GenerateCosignerKey(zeros(1), name); err == nil {
			t.Errorf("a cosigner's key named %q", name)
		}
	}
	skey, vkey, err := GenerateKey(nil, origin)
	must(t, err)
	if again, err := VerifierKey(skey); err != nil || again != vkey {
		t.Errorf("%s %v, want %s", again, err, vkey)
	}
	ckey, cv, err := GenerateCosignerKey(nil, "w.example")
	must(t, err)
	if again, err := CosignerKey(ckey); err != nil || again != cv {
		t.Errorf("%s %v, want %s", again, err, cv)
	}
	for _, key := range []string{vkey, cv} {
		for i := range key {
			changed := key[:i] + string(key[i]^1) + key[i+1:]
			if _, err := NewVerifier(changed); err == nil {
				t.Errorf("%q is read as a key", changed)
			}
			if _, err := NewVerifier(key[:i]); err == nil {
				t.Errorf("%q is read as a key", key[:i])
			}
		}
	}
	for _, bad := range []string{"", skey[1:], strings.Replace(skey, "plantrail", "plantrial", 1), skey + "A"} {
		if _, err := NewSigner(bad); err == nil {
			t.Errorf("%q signs", bad)
		}
		if _, err := NewCosigner(bad, time.Now); err == nil {
			t.Errorf("%q cosigns", bad)
		}
	}
}

func TestSignedCheckpointIsMangled(t *testing.T) {
	s, vkey := newKey(t, 1)
	v, err := NewVerifier(vkey)
	must(t, err)
	want := Checkpoint{Origin: origin, Size: 5, Root: LeafHash([]byte("x"))}
	msg, err := want.Sign(s)
	must(t, err)
	got, _, err := OpenCheckpoint(msg, origin, v)
	if err != nil || got.String() != want.String() {
		t.Fatalf("%+v %v", got, err)
	}
	for i := range msg {
		if c, _, err := OpenCheckpoint(msg[:i], origin, v); err == nil {
			t.Errorf("cut to %d bytes: %+v", i, c)
		}
		mutant := bytes.Clone(msg)
		mutant[i] ^= 1
		// The last two bits of the last base64 digit carry nothing; note.Open doesn't mind them.
		if c, _, err := OpenCheckpoint(mutant, origin, v); err == nil {
			t.Errorf("byte %d: %+v", i, c)
		}
	}
}

func TestOpenCheckpointWantsTheLog(t *testing.T) {
	s, vkey := newKey(t, 1)
	v, err := NewVerifier(vkey)
	must(t, err)
	wkey, wv, err := GenerateCosignerKey(zeros(2), "w.example")
	must(t, err)
	w, err := NewCosigner(wkey, func() time.Time { return time.Unix(1700000000, 0) })
	must(t, err)
	witness, err := NewVerifier(wv)
	must(t, err)
	c := Checkpoint{Origin: origin, Size: 0, Root: emptyRoot}
	both, err := c.Sign(s, w)
	must(t, err)
	_, n, err := OpenCheckpoint(both, "", v, witness)
	must(t, err)
	if len(n.Sigs) != 2 {
		t.Fatalf("%d signatures", len(n.Sigs))
	}
	if at, err := CosignatureTime(n.Sigs[1]); err != nil || at.Unix() != 1700000000 {
		t.Errorf("%v %v", at, err)
	}
	if _, err := CosignatureTime(n.Sigs[0]); err == nil {
		t.Error("the log's signature has a time")
	}
	if _, _, err := OpenCheckpoint(both, origin, witness); err == nil {
		t.Error("a witness stands for the log")
	}
	if _, _, err := OpenCheckpoint(both, "another.example", v); err == nil {
		t.Error("opened as another log's")
	}
	if _, _, err := OpenCheckpoint(both, origin); err == nil {
		t.Error("opened without a key")
	}
	if _, err := c.Sign(w); err == nil {
		t.Error("a witness signs as the log")
	}
	if _, err := (Checkpoint{Origin: "a b"}).Sign(s); err == nil {
		t.Error("a checkpoint of a log with a space is signed")
	}
	if _, err := Cosign(both, w, witness); err != nil {
		t.Error(err)
	}
	if _, err := witness.(note.Signer).Sign(nil); err == nil {
		t.Error("a verifier signs")
	}
}

// The cosignature of c2sp.org/tlog-cosignature's example has no published key, so the signed bytes are what is compared.
func TestCosignedBytes(t *testing.T) {
	got := string(cosigned(1679315147, []byte("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n")))
	want := "cosignature/v1\ntime 1679315147\nexample.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
	if got != want {
		t.Errorf("%q", got)
	}
}

func TestCheckConsistent(t *testing.T) {
	var tree Tree
	var hashes Hashes
	checkpoints := []Checkpoint{tree.Checkpoint(origin)}
	for i := range 70 {
		hashes = append(hashes, tree.Append(LeafHash([]byte{byte(i)}))...)
		checkpoints = append(checkpoints, tree.Checkpoint(origin))
	}
	for m, old := range checkpoints {
		for n, new := range checkpoints[m:] {
			proof, err := ProveConsistency(int64(m), int64(m+n), hashes)
			must(t, err)
			if err := CheckConsistent(old, new, proof); err != nil {
				t.Errorf("%d to %d: %v", m, m+n, err)
			}
			forged := old
			forged.Root[5] ^= 1
			if CheckConsistent(forged, new, proof) == nil {
				t.Errorf("%d to %d: another history passes", m, m+n)
			}
			if CheckConsistent(old, new, append(proof, tlog.Hash{})) == nil {
				t.Errorf("%d to %d: a longer proof passes", m, m+n)
			}
			if n > 0 && CheckConsistent(new, old, proof) == nil {
				t.Errorf("%d to %d: backwards", m, m+n)
			}
		}
	}
	other := checkpoints[3]
	other.Origin = "other.example"
	if CheckConsistent(other, checkpoints[3], nil) == nil {
		t.Error("two logs are consistent")
	}
	if _, err := ProveConsistency(5, 3, hashes); err == nil {
		t.Error("proved backwards")
	}
}
