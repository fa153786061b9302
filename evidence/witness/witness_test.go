package witness

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"plantrail/evidence"
)

// A log grows, and each of its checkpoints gets a line that stands under it.
func TestWitnessesAGrowingLog(t *testing.T) {
	h := newHistory(t, "", 70)
	w := newWitness(t, newMemory(t), h.key)
	c := serve(t, w)
	old := 0
	for _, size := range []int{0, 1, 1, 2, 3, 8, 9, 31, 32, 33, 64, 70, 70} {
		got, no := c.add(t, old, h, size)
		if no != nil {
			t.Fatalf("from %d to %d: %v", old, size, no)
		}
		if got.Size != int64(size) || got.Since != int64(old) || !got.At.Equal(noon) || got.Witness != name {
			t.Errorf("from %d to %d: %+v", old, size, got)
		}
		msg := append(h.sign(t, size), got.Line...)
		if _, n, err := evidence.OpenCheckpoint(msg, origin, h.key, c.Verifier); err != nil || len(n.Sigs) != 2 {
			t.Errorf("%v\n%s", err, msg)
		}
		old = size
	}
	want := fmt.Sprintf("witness auditor.example\nkey %s\n\nlog %s\nsize 70\nroot %v\nseen 2026-03-04T12:00:00Z\n", w.VerifierKey(), origin, h.tree.Root())
	if status, text := get(w, "/"); status != 200 || text != want {
		t.Errorf("%d\n%s\nwant\n%s", status, text, want)
	}
	if status, text := get(w, "/healthz"); status != 200 || text != "ok\n" {
		t.Errorf("%d %s", status, text)
	}
}

// Every answer that the protocol names, and its order of checks.
func TestStatuses(t *testing.T) {
	h, other := newHistory(t, "", 70), newHistory(t, "told otherwise", 70)
	stranger := newHistory(t, "", 70)
	skey, _, err := evidence.GenerateKey(zeros(2), origin)
	must(t, err)
	stranger.signer, err = evidence.NewSigner(skey)
	must(t, err)
	skey, _, err = evidence.GenerateKey(zeros(1), "another.example/log")
	must(t, err)
	unknownSigner, err := evidence.NewSigner(skey)
	must(t, err)
	unknown, err := h.tree.Checkpoint("another.example/log").Sign(unknownSigner)
	must(t, err)
	proof := func(old, size int64) string {
		p, err := h.prove(old, size)
		must(t, err)
		return strings.TrimPrefix(string(request{old, p, nil}.format()), fmt.Sprintf("old %d\n", old))
	}
	note70 := string(h.sign(t, 70))
	forged := strings.Replace(note70, "\n70\n", "\n69\n", 1)
	tooMany := strings.Repeat(h.tree.Root().String()+"\n", 64)

	store := newMemory(t)
	w := newWitness(t, store, h.key)
	if status, _, text := post(w, h.body(t, 0, 40)); status != 200 {
		t.Fatal(status, text)
	}
	const size, words = "text/x.tlog.size", "text/plain; charset=utf-8"
	for _, c := range []struct {
		name, body   string
		status       int
		kind, answer string
	}{
		{"a log that is not watched", "old 0\n\n" + string(unknown), 404, words, "not watched"},
		{"another's key", string(stranger.body(t, 40, 70)), 403, words, "known key"},
		{"a changed size under a good key's name", "old 40\n" + proof(40, 70) + forged, 403, words, "known key"},
		{"another's key, and an old size that is wrong", string(stranger.body(t, 0, 70)), 403, words, "known key"},
		{"old above new", "old 71\n\n" + note70, 400, words, "above"},
		{"old size stale", string(h.body(t, 39, 70)), 409, size, "40\n"},
		{"old size zero", string(h.body(t, 0, 70)), 409, size, "40\n"},
		{"old size ahead", string(h.body(t, 41, 70)), 409, size, "40\n"},
		{"rollback", string(h.body(t, 30, 39)), 409, size, "40\n"},
		{"rollback that knows what was seen", "old 40\n\n" + string(h.sign(t, 39)), 400, words, "above"},
		{"a proof of another tree", "old 40\n" + proof(39, 70) + note70, 422, words, "not those"},
		{"no proof", "old 40\n\n" + note70, 422, words, "not those"},
		{"a proof too long", "old 40\n" + h.tree.Root().String() + "\n" + proof(40, 70) + note70, 422, words, "not those"},
		{"a proof where none is needed", "old 40\n" + proof(39, 70) + string(h.sign(t, 40)), 422, words, "none is needed"},
		{"a fork of the same size", string(other.body(t, 40, 40)), 422, words, "two different histories"},
		{"a fork of the same size, and an old size that is wrong", string(other.body(t, 39, 40)), 409, size, "40\n"},
		{"a fork that is longer", string(other.body(t, 40, 70)), 422, words, "not those"},
		{"nothing", "", 400, words, "want an old size"},
		{"no old size", "\n\n" + note70, 400, words, "old size"},
		{"old size with a zero before it", "old 040\n" + proof(40, 70) + note70, 400, words, "old size"},
		{"old size negative", "old -1\n\n" + note70, 400, words, "old size"},
		{"old size too large", "old 18446744073709551615\n\n" + note70, 400, words, "old size"},
		{"lines end as in DOS", strings.ReplaceAll(string(h.body(t, 40, 70)), "\n", "\r\n"), 400, words, "want an old size"},
		{"a proof line too short", "old 40\nAAAA\n\n" + note70, 400, words, "32 bytes"},
		{"64 proof lines", "old 40\n" + tooMany + "\n" + note70, 400, words, "63"},
		{"no signature", "old 40\n" + proof(40, 70) + strings.SplitAfter(note70, "\n\n")[0], 400, words, ""},
		{"no checkpoint", "old 40\n" + proof(40, 70), 400, words, "signed checkpoint"},
		{"too large", "old 40\n\n" + strings.Repeat("x", maxRequest), 413, words, "too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, kind, text := post(w, []byte(c.body))
			if status != c.status || kind != c.kind || !strings.Contains(text, c.answer) || strings.Contains(text, "— "+name) {
				t.Errorf("%d %s %q, want %d %s %q", status, kind, text, c.status, c.kind, c.answer)
			}
		})
	}
	if n := sizeOf(t, store.last[origin]); n != 40 || string(store.fork[origin]) != string(other.sign(t, 40)) {
		t.Errorf("it remembers %d, forks %v", n, store.fork)
	}
	if status, _, text := post(w, h.body(t, 40, 70)); status != 200 {
		t.Error("after all that the log can't go on:", status, text)
	}
}

// Two histories of one size, both signed: the second gets no signature, and is kept as proof.
func TestForkIsRefusedAndKept(t *testing.T) {
	h, other := newHistory(t, "", 70), newHistory(t, "told otherwise", 70)
	store := newMemory(t)
	w := newWitness(t, store, h.key)
	c := serve(t, w)
	if _, no := c.add(t, 0, h, 40); no != nil {
		t.Fatal(no)
	}
	status, _, text := post(w, request{40, nil, other.sign(t, 40)}.format())
	if status != 422 || !strings.Contains(text, "two different histories of 40") {
		t.Errorf("%d %s", status, text)
	}
	for _, size := range []int{40, 50, 70} {
		if _, no := c.add(t, 0, other, size); no == nil || !no.Forked() || no.Ahead() {
			t.Errorf("size %d: %v", size, no)
		}
	}
	if string(store.fork[origin]) != string(other.sign(t, 40)) {
		t.Errorf("kept as proof: %q", store.fork[origin])
	}
	if _, text := get(w, "/"); !strings.Contains(text, "FORK") || !strings.Contains(text, "size 40\n") {
		t.Error(text)
	}
	if _, no := c.add(t, 40, h, 41); no != nil {
		t.Error("the history that was seen first can't go on:", no)
	}
}

// A tree of nothing has one root, and no other.
func TestEmptyTree(t *testing.T) {
	h := newHistory(t, "", 1)
	store := newMemory(t)
	w := newWitness(t, store, h.key)
	wrong := h.states[0]
	wrong.Root = h.states[1].Root
	msg, err := wrong.Sign(h.signer)
	must(t, err)
	if status, _, text := post(w, request{0, nil, msg}.format()); status != 422 || len(store.last) != 0 {
		t.Error(status, text)
	}
	one := h.body(t, 0, 1)
	proof := append([]byte("old 0\n"+wrong.Root.String()+"\n"), one[len("old 0\n"):]...)
	if status, _, text := post(w, proof); status != 422 || len(store.last) != 0 {
		t.Error(status, text)
	}
	for _, body := range [][]byte{h.body(t, 0, 0), h.body(t, 0, 0), one} {
		if status, _, text := post(w, body); status != 200 {
			t.Error(status, text)
		}
	}
}

func TestOtherRoutesAndMethods(t *testing.T) {
	h := newHistory(t, "", 1)
	w := newWitness(t, newMemory(t), h.key)
	for path, want := range map[string]int{"/add-checkpoint": 405, "/x": 404, "/add-checkpoint/": 404, "/key": 404, "/": 200} {
		if status, text := get(w, path); status != want || strings.Contains(text, "PRIVATE") {
			t.Errorf("%s: %d, want %d", path, status, want)
		}
	}
	if _, text := get(w, "/"); !strings.Contains(text, "log "+origin+"\nnothing seen yet\n") {
		t.Error(text)
	}
}

// While a log changes its key, either of the two signs for it.
func TestTwoKeysOfOneLog(t *testing.T) {
	h, next := newHistory(t, "", 20), newHistory(t, "", 20)
	skey, vkey, err := evidence.GenerateKey(zeros(2), origin)
	must(t, err)
	next.signer, err = evidence.NewSigner(skey)
	must(t, err)
	next.key, err = evidence.NewVerifier(vkey)
	must(t, err)
	store := newMemory(t)
	c := serve(t, newWitness(t, store, h.key, next.key, h.key))
	for i, log := range []*history{h, next, h} {
		if _, no := c.add(t, i, log, i+1); no != nil {
			t.Error(no)
		}
	}
	both, err := h.states[9].Sign(h.signer, next.signer)
	must(t, err)
	if _, err := c.Add(t.Context(), 3, both, h.prove); err != nil {
		t.Error(err)
	}
	c = serve(t, newWitness(t, store, next.key)) // the old key is trusted no more; what was seen with it counts
	if _, no := c.add(t, 9, next, 8); no == nil || !no.Ahead() {
		t.Error(no)
	}
	if _, no := c.add(t, 9, h, 10); no == nil || no.Status != 403 {
		t.Error(no)
	}
	if _, no := c.add(t, 9, next, 10); no != nil {
		t.Error(no)
	}
}

// Each failure of the store in both halves: nothing kept, and kept but reported failed. Neither gives a signature away, and
// after each the log can go on.
func TestStoreFails(t *testing.T) {
	for _, lost := range []bool{true, false} {
		h := newHistory(t, "", 20)
		store := newMemory(t)
		w := newWitness(t, store, h.key)
		c := serve(t, w)
		_, no := c.add(t, 0, h, 5)
		if no != nil {
			t.Fatal(no)
		}
		store.fail, store.lost = errors.New("the disk is full"), lost
		status, _, text := post(w, h.body(t, 5, 10))
		if status != 500 || strings.Contains(text, name) || strings.Contains(text, "disk") {
			t.Errorf("%d %s", status, text)
		}
		store.fail = nil
		got, no := c.add(t, 5, h, 10)
		want := map[bool]int64{true: 5, false: 10}[lost]
		if no != nil || got.Since != want {
			t.Errorf("lost %v: %+v %v", lost, got, no)
		}
	}
}

// What can't be vouched for is refused: at the start, and while it runs.
func TestDamagedMemory(t *testing.T) {
	h := newHistory(t, "", 20)
	store := newMemory(t)
	w := newWitness(t, store, h.key)
	if status, _, _ := post(w, h.body(t, 0, 10)); status != 200 {
		t.Fatal(status)
	}
	good := string(store.last[origin])
	otherKey, _, err := evidence.GenerateCosignerKey(zeros(8), name)
	must(t, err)
	if _, err := New(Config{Key: otherKey, Logs: []note.Verifier{h.key}, Store: store}); err == nil {
		t.Error("another key goes on with this memory")
	}
	for what, bad := range map[string]string{
		"an older one, unsigned": string(h.sign(t, 5)),
		"a smaller size":         strings.Replace(good, "\n10\n", "\n1\n", 1),
		"cut":                    good[:len(good)-9],
		"nonsense":               "x",
	} {
		store.last[origin] = []byte(bad)
		if _, err := New(Config{Key: secret(t), Logs: []note.Verifier{h.key}, Store: store}); err == nil {
			t.Errorf("%s: it begins", what)
		}
		if status, _, text := post(w, h.body(t, 10, 20)); status != 500 {
			t.Errorf("%s: %d %s", what, status, text)
		}
		if status, _ := get(w, "/healthz"); status != 503 {
			t.Errorf("%s: healthy", what)
		}
		if status, _ := get(w, "/"); status != 500 {
			t.Errorf("%s: status %d", what, status)
		}
	}
	store.last[origin] = []byte(good)
	if status, _, text := post(w, h.body(t, 10, 20)); status != 200 {
		t.Error(status, text)
	}
}

func TestConfigIsChecked(t *testing.T) {
	h := newHistory(t, "", 1)
	skey, _, err := evidence.GenerateCosignerKey(zeros(7), origin)
	must(t, err)
	for what, c := range map[string]Config{
		"no log":              {Key: secret(t), Store: newMemory(t)},
		"no key":              {Logs: []note.Verifier{h.key}, Store: newMemory(t)},
		"named as its log":    {Key: skey, Logs: []note.Verifier{h.key}, Store: newMemory(t)},
		"a public key as one": {Key: "auditor.example+00000000+AA==", Logs: []note.Verifier{h.key}, Store: newMemory(t)},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

// Many processes of one log, and a forger, all at once: what is signed is one chain, and the memory ends at its end. The
// strict memory fails the test if it ever goes back.
func TestConcurrentPosts(t *testing.T) {
	h, other := newHistory(t, "", 200), newHistory(t, "told otherwise", 200)
	store := newMemory(t)
	w := newWitness(t, store, h.key)
	c := serve(t, w)
	if _, no := c.add(t, 0, h, 11); no != nil {
		t.Fatal(no)
	}
	var all sync.WaitGroup
	for part := range 8 {
		all.Go(func() {
			for size := 12 + part; size <= 200; size += 8 {
				_, err := c.Add(t.Context(), 0, h.sign(t, size), h.prove)
				if no := (*Refused)(nil); err != nil && (!errors.As(err, &no) || !no.Ahead()) && !strings.Contains(err.Error(), "each time") {
					t.Error(err)
				}
				if status, _, text := post(w, other.body(t, size-1, size)); status == http.StatusOK {
					t.Errorf("the forger got %s", text)
				}
				if _, err := w.Seen(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if got, no := c.add(t, 0, h, 200); no != nil || got.Size != 200 {
		t.Error(got, no)
	}
}
