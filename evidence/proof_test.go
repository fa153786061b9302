package evidence

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestProof(t *testing.T) {
	_, b, vkey := sample(t, 3)
	v, err := NewVerifier(vkey)
	must(t, err)
	e := b.Events[1]
	for _, extra := range [][]byte{nil, {}, []byte("anything")} {
		p := Proof{Extra: extra, Index: e.Index, Path: e.Path, Checkpoint: b.Checkpoint}
		data := p.Format()
		got, err := ParseProof(data)
		must(t, err)
		if !bytes.Equal(got.Format(), data) || (got.Extra == nil) != (extra == nil) {
			t.Errorf("%s\nread and written again:\n%s", data, got.Format())
		}
		c, err := got.Check(e.Leaf, origin, v)
		if err != nil || c.Size != 11 {
			t.Errorf("%+v %v", c, err)
		}
		if _, err := got.Check(b.Events[2].Leaf, origin, v); err == nil || !strings.HasPrefix(err.Error(), "inclusion: ") {
			t.Errorf("another leaf: %v", err)
		}
		if _, err := got.Check(e.Leaf, "another.example", v); err == nil || !strings.HasPrefix(err.Error(), "signature: ") {
			t.Errorf("another log: %v", err)
		}
	}
}

func TestProofIsMangled(t *testing.T) {
	_, b, vkey := sample(t, 3)
	v, err := NewVerifier(vkey)
	must(t, err)
	e := b.Events[1]
	data := Proof{Index: e.Index, Path: e.Path, Checkpoint: b.Checkpoint}.Format()
	for i := range data {
		for _, mutant := range [][]byte{data[:i], append(append(bytes.Clone(data[:i]), data[i]^1), data[i+1:]...), append(bytes.Clone(data[:i]), data[i+1:]...)} {
			p, err := ParseProof(mutant)
			if err == nil {
				_, err = p.Check(e.Leaf, origin, v)
			}
			if _, _, ok := splitNote(p.Checkpoint); err == nil && ok {
				t.Errorf("at byte %d passes:\n%s", i, mutant)
			}
		}
	}
	for _, bad := range []string{"", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v2\nindex 0\n\nx", "c2sp.org/tlog-proof@v1\nindex 00\n\nx",
		"c2sp.org/tlog-proof@v1\nextra A\nindex 0\n\nx", "c2sp.org/tlog-proof@v1\nindex 0\nextra AAAA\n\nx", "c2sp.org/tlog-proof@v1\nextra AAAA\n\nx",
		"c2sp.org/tlog-proof@v1\nindex 0\n" + strings.Repeat("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n", 64) + "\nx"} {
		if _, err := ParseProof([]byte(bad)); !errors.Is(err, errNotProof) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
