package witness

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

var answers = []int{200, 400, 403, 404, 409, 413, 422}

// judge posts a body to a witness that has seen 10 of 20 entries and checks what must hold for any body at all: an answer
// that the protocol names; and a signature only for what the log signed, remembered before.
func judge(t *testing.T, h *history, body []byte) (status int) {
	t.Helper()
	store := newMemory(t)
	w := newWitness(t, store, h.key)
	if status, _, text := post(w, h.body(t, 0, 10)); status != 200 {
		t.Fatal(status, text)
	}
	before := string(store.last[origin])
	status, _, text := post(w, body)
	if !slices.Contains(answers, status) {
		t.Fatalf("%d for %q", status, body)
	}
	after := string(store.last[origin])
	if status != 200 {
		if after != before || strings.Contains(text, "— "+name) {
			t.Fatalf("%d %s, remembers %q, for %q", status, text, after, body)
		}
		return status
	}
	signed, _ := noteText([]byte(after))
	n, err := note.Open([]byte(signed+"\n"+text), note.VerifierList(w.own))
	if err != nil || len(n.Sigs) != 1 || !strings.HasSuffix(after, text) {
		t.Fatalf("%v: answers %q and remembers %q", err, text, after)
	}
	if signed != h.states[10].String() && signed != h.states[20].String() {
		t.Fatalf("signed what the log did not: %q", signed)
	}
	return status
}

// Each truncation and each change of a byte of a good request is refused, or is without any meaning: another spelling of
// the same signature.
func TestMangledRequests(t *testing.T) {
	h := newHistory(t, "", 20)
	good := h.body(t, 10, 20)
	if status := judge(t, h, good); status != 200 {
		t.Fatal(status)
	}
	for i := range good {
		if judge(t, h, good[:i]) == 200 {
			t.Errorf("the first %d of %d bytes are enough", i, len(good))
		}
	}
	sig := bytes.LastIndex(good, []byte("— "))
	for i := range good {
		for _, bit := range []byte{0x01, 0x02, 0x20, 0x80} {
			b := bytes.Clone(good)
			b[i] ^= bit
			if status := judge(t, h, b); status == 200 && i < sig {
				t.Errorf("byte %d of %d changed, and it is signed: %q", i, len(good), b)
			}
		}
	}
}

func FuzzAddCheckpoint(f *testing.F) {
	h, other := newHistory(f, "", 20), newHistory(f, "told otherwise", 20)
	good := h.body(f, 10, 20)
	f.Add(good)
	f.Add(h.body(f, 10, 10))
	f.Add(h.body(f, 0, 20))
	f.Add(other.body(f, 10, 20))
	f.Add([]byte("old 0\n\n"))
	f.Add(append(good, good...))
	f.Fuzz(func(t *testing.T, body []byte) { judge(t, h, body) })
}

// FuzzRequest: what is accepted is what would be written.
func FuzzRequest(f *testing.F) {
	h := newHistory(f, "", 20)
	f.Add(h.body(f, 10, 20))
	f.Add([]byte("old 0\n\na\n\nb"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := parseRequest(body)
		if err == nil && !bytes.Equal(r.format(), body) {
			t.Errorf("%q is read as %q", body, r.format())
		}
	})
}
