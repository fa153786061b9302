package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "plantrail.example/acme"

// zeros is a source of "random" bytes that gives the same key every time; another seed, another key.
type zeros byte

func (z zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(z)
	}
	return len(p), nil
}

func newKey(t testing.TB, seed byte) (note.Signer, string) {
	t.Helper()
	skey, vkey, err := GenerateKey(zeros(seed), origin)
	must(t, err)
	s, err := NewSigner(skey)
	must(t, err)
	return s, vkey
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// history is a log under the test's hands: events of several plans, as the journal would store them.
type history struct {
	t      testing.TB
	tree   Tree
	hashes Hashes
	leaves [][]byte
	chains map[string]*chainEnd
	salt   *rand.Rand
}

type chainEnd struct {
	seq  int64
	prev tlog.Hash
}

func newHistory(t testing.TB) *history {
	return &history{t: t, chains: map[string]*chainEnd{}, salt: rand.New(rand.NewPCG(1, 2))}
}

func planSource(plan string) string { return "/orgs/acme/plans/" + plan }

// add records an event with texts "name", "value", ... and returns it as a bundle's entry.
func (h *history) add(source, typ string, data map[string]any, texts ...string) Entry {
	h.t.Helper()
	if data == nil {
		data = map[string]any{}
	}
	var disclosures, digests []string
	for i := 0; i < len(texts); i += 2 {
		salt := make([]byte, 16)
		for j := range salt {
			salt[j] = byte(h.salt.Uint32())
		}
		array, err := json.Marshal([]string{base64URL(salt), texts[i], texts[i+1]})
		must(h.t, err)
		disclosures = append(disclosures, base64URL(array))
		digests = append(digests, Digest(disclosures[len(disclosures)-1]))
	}
	if len(digests) > 0 {
		data["_sd_alg"], data["_sd"] = "sha-256", digests
	}
	c := h.chains[source]
	if c == nil {
		c = &chainEnd{}
		h.chains[source] = c
	}
	c.seq++
	prev := ""
	if c.seq > 1 {
		prev = fmt.Sprintf(`"prev":%q,`, c.prev.String())
	}
	encoded, err := json.Marshal(data)
	must(h.t, err)
	at := time.Date(2026, 11, 22, 9, 30, len(h.leaves), 0, time.UTC).Format("2006-01-02T15:04:05.000000Z")
	leaf := []byte(fmt.Sprintf(`{"specversion":"1.0","id":"e-%d","source":%q,"type":%q,"recordedtime":%q,"planseq":"%020d",%s"data":%s}`,
		len(h.leaves), source, typ, at, c.seq, prev, encoded))
	return h.addLeaf(source, leaf, disclosures)
}

func (h *history) addLeaf(source string, leaf []byte, disclosures []string) Entry {
	e := Entry{Leaf: leaf, Index: int64(len(h.leaves)), Disclosures: disclosures}
	if c := h.chains[source]; c != nil {
		c.prev = LeafHash(leaf)
	}
	h.leaves = append(h.leaves, leaf)
	h.hashes = append(h.hashes, h.tree.Append(LeafHash(leaf))...)
	return e
}

func base64URL(b []byte) string { return strings.TrimRight(urlEncoding.EncodeToString(b), "=") }

func rating(from, to string) map[string]any {
	return map[string]any{"stated": "2020-02-03", "dimension": "delivery", "scheme": "rag.v1", "from": from, "to": to}
}

var reportFiles = []File{
	BytesFile("report.html", []byte("<!doctype html><title>SDP</title><p>7 events\n")),
	BytesFile("timeline.csv", []byte("event,what\n1,opened\n")),
	BytesFile("timeline.json", []byte("[{\"event\":1}]\n")),
}

var letter = []byte("Letter of the inspectorate, 3 February 2020.\n")

// sample is a plan of n events among those of another plan, with its bundle complete and signed.
func sample(t testing.TB, n int) (*history, *Bundle, string) {
	t.Helper()
	h := newHistory(t)
	plan := planSource("sdp-2019-20")
	person := h.add(planSource("_people"), "plantrail.person-registered.v1", map[string]any{"person": "p-1"}, "name", "A. Officer")
	b := &Bundle{Source: plan, Related: []Entry{person}, Files: slices.Clone(reportFiles)}
	for i := range n {
		h.add(planSource("other"), "plantrail.rating-changed.v1", rating("green", "amber"), "justification", "Not ours.")
		switch {
		case i == 0:
			b.Events = append(b.Events, h.add(plan, "plantrail.plan-opened.v1", nil, "title", "Service Development Plan"))
		case i == 2:
			sum := sha256.Sum256(letter)
			b.Events = append(b.Events, h.add(plan, "plantrail.evidence-attached.v1",
				map[string]any{"sha256": hex.EncodeToString(sum[:]), "size": len(letter), "media": "text/plain"}, "title", "Letter"))
			f := BytesFile("files/000003-letter.txt", letter)
			f.Event = 3
			b.Files = append(b.Files, f)
		case i%2 == 0:
			b.Events = append(b.Events, h.add(plan, "plantrail.rating-affirmed.v1", rating("", "amber")))
		default:
			b.Events = append(b.Events, h.add(plan, "plantrail.rating-changed.v1", rating("amber", "green"),
				"justification", "Delayed by the “new” <system> & its data.", "reason", "x"))
		}
	}
	b.Related = append(b.Related,
		h.add(planSource("_people"), "plantrail.person-renamed.v1", map[string]any{"person": "p-1"}, "name", "A. Officer-Byron"),
		h.add(planSource("_log"), "plantrail.key-adopted.v1", map[string]any{"key": "plantrail.example/acme+7d3c226a+AQ"}))
	h.issue(b)
	h.add(planSource("other"), "plantrail.rating-affirmed.v1", rating("", "amber"))
	signer, vkey := newKey(t, 7)
	h.sign(b, signer, vkey)
	return h, b, vkey
}

// unissue lets the plan go on as if its bundle had not been issued.
func (h *history) unissue(b *Bundle) {
	n := len(b.Events)
	*h.chains[b.Source] = chainEnd{int64(n), LeafHash(b.Events[n-1].Leaf)}
}

// issue appends the event that states where the bundle's plan ends.
func (h *history) issue(b *Bundle) {
	h.t.Helper()
	b.Head = h.add(b.Source, HeadType, statement(h.t, b, len(b.Events)))
}

// statement is the data of an issuing event after the first n events.
func statement(t testing.TB, b *Bundle, n int) map[string]any {
	t.Helper()
	contents, err := b.Seal()
	must(t, err)
	last := b.Events[n-1]
	encoded, err := json.Marshal(NewHead(int64(n), last.Index, LeafHash(last.Leaf), contents))
	must(t, err)
	var data map[string]any
	must(t, json.Unmarshal(encoded, &data))
	return data
}

// sign makes the checkpoint of all there is, and the proofs for it.
func (h *history) sign(b *Bundle, s note.Signer, vkey string) {
	h.t.Helper()
	var err error
	b.Checkpoint, err = h.tree.Checkpoint(s.Name()).Sign(s)
	must(h.t, err)
	b.Keys = []string{vkey}
	must(h.t, b.Prove(h.tree.Size(), h.hashes))
}

func write(t testing.TB, b *Bundle) []byte {
	t.Helper()
	var out bytes.Buffer
	must(t, b.Write(&out))
	return out.Bytes()
}

func verifyBytes(data []byte, trusted ...string) Verdict {
	return Verify(bytes.NewReader(data), int64(len(data)), Options{Trusted: trusted})
}
