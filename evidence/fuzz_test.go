package evidence

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"
)

func FuzzParseCheckpoint(f *testing.F) {
	f.Add("example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nx\n")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := ParseCheckpoint(text); err == nil && c.String() != text {
			t.Errorf("%q is written again as %q", text, c.String())
		}
		_, _, _ = splitNote([]byte(text))
	})
}

func FuzzParseProof(f *testing.F) {
	_, b, _ := sample(f, 2)
	f.Add(Proof{Extra: []byte("x"), Index: 3, Path: b.Events[1].Path, Checkpoint: b.Checkpoint}.Format())
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := ParseProof(data); err == nil && !bytes.Equal(p.Format(), data) {
			t.Errorf("%q is written again as %q", data, p.Format())
		}
	})
}

func FuzzParseTilePath(f *testing.F) {
	f.Add("tile/4/x001/x234/067.p/255")
	f.Add("tile/entries/000")
	f.Fuzz(func(t *testing.T, path string) {
		if tile, err := ParseTilePath(path); err == nil && tile.Path() != path {
			t.Errorf("%q is written again as %q", path, tile.Path())
		}
	})
}

func FuzzParseEntries(f *testing.F) {
	f.Add([]byte{0, 1, 'x', 0, 0}, 2)
	f.Fuzz(func(t *testing.T, data []byte, width int) {
		if width < 1 || width > TileWidth {
			return
		}
		entries, err := (Tile{EntriesLevel, 0, width}).ParseEntries(data)
		if err != nil {
			return
		}
		var again []byte
		for _, e := range entries {
			again, _ = AppendEntry(again, e)
		}
		if !bytes.Equal(again, data) {
			t.Errorf("%q is written again as %q", data, again)
		}
	})
}

func FuzzParseKey(f *testing.F) {
	_, vkey := newKey(f, 1)
	f.Add(vkey)
	f.Fuzz(func(t *testing.T, vkey string) {
		if k, err := parseKey(vkey); err == nil && k.text() != vkey {
			t.Errorf("%q is written again as %q", vkey, k.text())
		}
		_, _ = NewSigner(vkey)
		_, _ = VerifierKey(vkey)
	})
}

func FuzzParseDisclosure(f *testing.F) {
	f.Add("WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0")
	f.Fuzz(func(t *testing.T, encoded string) {
		if d, err := ParseDisclosure(encoded); err == nil && d.Encoded != encoded {
			t.Errorf("%q is kept as %q", encoded, d.Encoded)
		}
	})
}

func FuzzParseEvent(f *testing.F) {
	_, b, _ := sample(f, 3)
	f.Add(b.Events[2].Leaf)
	for _, leaf := range append(strangeLeaves(), oddLeaves()...) {
		if len(leaf) < 1000 {
			f.Add([]byte(leaf))
		}
	}
	f.Fuzz(func(t *testing.T, leaf []byte) {
		_, _ = ParseEvent(leaf)
		got, err := parseObject(leaf)
		if err != nil {
			return
		}
		// What we read, the standard library reads alike.
		d := json.NewDecoder(bytes.NewReader(leaf))
		d.UseNumber()
		var want map[string]any
		if err := d.Decode(&want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: read as %v, by encoding/json as %v, %v", leaf, got, want, err)
		}
	})
}

// Whatever the bytes: no panic, no great memory, and a verdict that passes only for what could be written again alike.
func FuzzVerify(f *testing.F) {
	_, b, _ := sample(f, 1)
	var out bytes.Buffer
	must(f, b.Write(&out))
	f.Add(out.Bytes())
	f.Add(out.Bytes()[:400])
	f.Fuzz(func(t *testing.T, data []byte) {
		v := verifyBytes(data)
		if v.OK() && !bytes.Equal(data, repack(t, data, func(*manifest, map[string][]byte) {})) {
			t.Error("a bundle passes that is not written as bundles are")
		}
	})
}
