package witness

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"plantrail/evidence"
)

// A log that remembers another size than the witness is told, proves from there, and gets its line.
func TestStaleThenSuccess(t *testing.T) {
	h := newHistory(t, "", 50)
	w := newWitness(t, newMemory(t), h.key)
	c := serve(t, w)
	if _, no := c.add(t, 0, h, 20); no != nil {
		t.Fatal(no)
	}
	for i, old := range []int{7, 0, 45, 999, -1} {
		asked := [][2]int64{}
		size := 30 + i
		got, err := c.Add(t.Context(), int64(old), h.sign(t, size), func(old, new int64) (tlog.TreeProof, error) {
			asked = append(asked, [2]int64{old, new})
			return h.prove(old, new)
		})
		since := int64(29 + i)
		if i == 0 {
			since = 20
		}
		if err != nil || got.Since != since {
			t.Errorf("old %d: %+v %v", old, got, err)
		}
		if last := asked[len(asked)-1]; last != [2]int64{since, int64(size)} {
			t.Errorf("old %d: proofs asked for: %v", old, asked)
		}
	}
	if _, no := c.add(t, 0, h, 20); no == nil || !no.Ahead() || no.Forked() || no.Size != 34 || !strings.Contains(no.Error(), "34") {
		t.Error(no)
	}
}

func TestClientPassesFailuresOn(t *testing.T) {
	h := newHistory(t, "", 20)
	c := serve(t, newWitness(t, newMemory(t), h.key))
	if _, no := c.add(t, 0, h, 10); no != nil {
		t.Fatal(no)
	}
	broken := errors.New("the tree can't be read")
	_, err := c.Add(t.Context(), 10, h.sign(t, 20), func(int64, int64) (tlog.TreeProof, error) { return nil, broken })
	if !errors.Is(err, broken) {
		t.Error(err)
	}
	for _, msg := range []string{"", "x", "x\n\ny", "plantrail\n01\nAAAA\n\n"} {
		if _, err := c.Add(t.Context(), 0, []byte(msg), h.prove); err == nil {
			t.Errorf("%q is shown to the witness", msg)
		}
	}
	gone := *c
	gone.URL = "http://127.0.0.1:1"
	if _, err := gone.Add(t.Context(), 0, h.sign(t, 20), h.prove); err == nil || errors.As(err, new(*Refused)) {
		t.Error(err)
	}
}

// A witness that lies, or something else at its address: the client believes only the witness's signature on its checkpoint.
func TestClientBelievesNothing(t *testing.T) {
	h, other := newHistory(t, "", 20), newHistory(t, "told otherwise", 20)
	real := newWitness(t, newMemory(t), h.key)
	good, err := serve(t, real).Add(t.Context(), 0, h.sign(t, 20), h.prove)
	must(t, err)
	elsewhere, err := serve(t, newWitness(t, newMemory(t), h.key)).Add(t.Context(), 0, other.sign(t, 20), other.prove)
	must(t, err)
	logs := strings.SplitAfter(string(h.sign(t, 20)), "\n\n")[1]
	asked := 0
	for what, c := range map[string]struct {
		status         int
		kind, text     string
		refused, works bool
	}{
		"its line":                         {200, "", good.Line, false, true},
		"others' lines, too":               {200, "", logs + "— someone.example AAAAAAAA\n" + good.Line, false, true},
		"a line for another history":       {200, "", elsewhere.Line, false, false},
		"the log's own line":               {200, "", logs, false, false},
		"nothing":                          {200, "", "", false, false},
		"a page":                           {200, "text/html", "<html>", false, false},
		"no newline":                       {200, "", strings.TrimSpace(good.Line), false, false},
		"a line that is changed":           {200, "", strings.Replace(good.Line, "AAA", "AAB", 1), false, false},
		"a flood":                          {200, "", strings.Repeat(good.Line, 1000), false, false},
		"a size that is no number":         {409, sizeType, "many\n", false, false},
		"the size that was given":          {409, sizeType, "5\n", true, false},
		"a size above":                     {409, sizeType, "21\n", true, false},
		"no size":                          {409, "text/plain", "no\n", true, false},
		"a redirect":                       {307, "", "", true, false},
		"a fault, with control characters": {500, "", "\x1b[2Jbad\n", true, false},
	} {
		t.Run(what, func(t *testing.T) {
			client := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				asked++
				rw.Header().Set("Content-Type", c.kind)
				rw.Header().Set("Location", "/add-checkpoint/elsewhere")
				rw.WriteHeader(c.status)
				rw.Write([]byte(c.text))
			}))
			got, err := client.Add(t.Context(), 5, h.sign(t, 20), h.prove)
			var no *Refused
			if errors.As(err, &no) != c.refused || (err == nil) != c.works {
				t.Errorf("%+v %v", got, err)
			}
			if err != nil && strings.Contains(err.Error(), "\x1b") {
				t.Errorf("%q", err)
			}
			if c.works && got != (Cosigned{name, 20, 5, noon, good.Line}) {
				t.Errorf("%+v", got)
			}
		})
	}
	if asked != 15 {
		t.Errorf("asked %d times", asked)
	}
}

// A witness that names another size each time is not asked for ever.
func TestClientGivesUp(t *testing.T) {
	h := newHistory(t, "", 20)
	asked := 0
	c := serve(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked++
		rw.Header().Set("Content-Type", sizeType)
		rw.WriteHeader(409)
		rw.Write([]byte{byte('0' + asked%2), '\n'})
	}))
	if _, err := c.Add(t.Context(), 0, h.sign(t, 20), h.prove); err == nil || asked != attempts {
		t.Errorf("%v after %d", err, asked)
	}
}

func TestClientWaitsNoLonger(t *testing.T) {
	h := newHistory(t, "", 20)
	stop := make(chan struct{})
	c := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-stop }))
	defer close(stop)
	c.HTTP = &http.Client{Timeout: 50 * time.Millisecond}
	if _, err := c.Add(t.Context(), 0, h.sign(t, 20), h.prove); err == nil {
		t.Error("an answer from one that does not answer")
	}
}

// What a witness has against a log is said so that the log's operator knows whom to ask.
func TestRefusalsInWords(t *testing.T) {
	h, other := newHistory(t, "", 20), newHistory(t, "told otherwise", 20)
	_, vkey, err := evidence.GenerateKey(zeros(3), "another.example/log")
	must(t, err)
	v, err := evidence.NewVerifier(vkey)
	must(t, err)
	c := serve(t, newWitness(t, newMemory(t), v))
	if _, no := c.add(t, 0, h, 20); no == nil || no.Status != 404 || no.Forked() || no.Ahead() || !strings.Contains(no.Error(), "does not watch") {
		t.Error(no)
	}
	c = serve(t, newWitness(t, newMemory(t), h.key))
	if _, no := c.add(t, 0, h, 15); no != nil {
		t.Fatal(no)
	}
	if _, no := c.add(t, 15, other, 20); no == nil || no.Status != 422 || !strings.Contains(no.Error(), "another history") {
		t.Error(no)
	}
	skey, _, err := evidence.GenerateKey(zeros(3), origin)
	must(t, err)
	h.signer, err = evidence.NewSigner(skey)
	must(t, err)
	if _, no := c.add(t, 15, h, 20); no == nil || no.Status != 403 || no.Forked() || !strings.Contains(no.Error(), "the key") {
		t.Error(no)
	}
}
