package evidence

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/tlog"
)

func TestRFC9901Vector(t *testing.T) {
	const encoded = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
	d, err := ParseDisclosure(encoded)
	must(t, err)
	if d.Salt != "_26bc4LT-ac6q2KI6cBW5es" || d.Name != "family_name" || d.Value != "Möbius" {
		t.Errorf("%+v", d)
	}
	if got := Digest(encoded); got != "X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0" {
		t.Errorf("digest %s", got)
	}
}

func TestDisclosures(t *testing.T) {
	d, err := NewDisclosure("reason", "<b>“so”</b> & \u2028")
	must(t, err)
	again, err := ParseDisclosure(d.Encoded)
	if err != nil || again != d {
		t.Errorf("%+v %v, want %+v", again, err, d)
	}
	if _, err := NewDisclosure("reason", "\xff"); err == nil {
		t.Error("a text that is not UTF-8")
	}
	e := Event{Digests: []string{Digest(d.Encoded)}, Data: map[string]any{}}
	if got, err := CheckDisclosures(e, []string{d.Encoded}); err != nil || len(got) != 1 {
		t.Errorf("%v %v", got, err)
	}
	if _, err := CheckDisclosures(e, []string{d.Encoded, d.Encoded}); err == nil {
		t.Error("the same text twice")
	}
	e.Data["reason"] = "already"
	if _, err := CheckDisclosures(e, []string{d.Encoded}); err == nil {
		t.Error("a text in the place of a field")
	}
	if _, err := CheckDisclosures(Event{}, []string{d.Encoded}); err == nil {
		t.Error("a text without a digest")
	}
	for _, array := range []string{``, `{}`, `[]`, `["a","b"]`, `["0123456789012345678901","n","v","w"]`, `["0123456789012345678901","n",1]`,
		`["012345678901234567890","n","v"]`, `["0123456789012345678901","n",["v"]]`, "[\"0123456789012345678901\",\"n\",\"\xff\"]", `["0123456789012345678901","n","v"]x`} {
		if d, err := ParseDisclosure(base64URL([]byte(array))); err == nil {
			t.Errorf("%s: %+v", array, d)
		}
	}
	for _, enc := range []string{d.Encoded + "=", d.Encoded + "\n", d.Encoded[:len(d.Encoded)-1] + "+"} {
		if _, err := ParseDisclosure(enc); err == nil {
			t.Errorf("%q is read", enc)
		}
	}
}

func TestParseEvent(t *testing.T) {
	hash := LeafHash(nil)
	good := `{"source":"/orgs/acme/plans/p","type":"plantrail.x.v1","planseq":"00000000000000000042","prev":"` + hash.String() + `","data":{"n":12345678901234567890,"_sd_alg":"sha-256","_sd":["X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"]}}`
	e, err := ParseEvent([]byte(good))
	if err != nil || e.Seq() != 42 || *e.Prev != hash || len(e.Digests) != 1 || fmt.Sprint(e.Data["n"]) != "12345678901234567890" {
		t.Errorf("%+v %v", e, err)
	}
	for _, bad := range strangeLeaves() {
		if e, err := ParseEvent([]byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, e)
		}
	}
	for _, seq := range []string{"", "42", "000000000000000000042", "0000000000000000004x", "-0000000000000000042", "99999999999999999999"} {
		if n := (Event{PlanSeq: seq}).Seq(); n > 0 {
			t.Errorf("planseq %q is %d", seq, n)
		}
	}
}

// What the journal stores must be readable here, though neither knows the other.
func TestReadsWhatTheJournalStores(t *testing.T) {
	files, err := filepath.Glob("../eventstore/testdata/*.v*.json")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("no event in ../eventstore/testdata")
	}
	for _, f := range files {
		leaf, err := os.ReadFile(f)
		must(t, err)
		e, err := ParseEvent(bytes.TrimSuffix(leaf, []byte("\n")))
		if err != nil || e.Seq() != 42 || e.Prev == nil || !strings.HasPrefix(e.Source, "/orgs/acme/") {
			t.Errorf("%s: %+v %v", f, e, err)
		}
		if when(leaf) == "" || !sourceForm.MatchString(e.Source) {
			t.Errorf("%s: its time or plan can't be told", f)
		}
	}
}

// strangeLeaves are documents that two readers could see differently, or that are none.
func strangeLeaves() []string {
	form := `{"source":"/orgs/acme/plans/sdp-2019-20","type":"x","planseq":"00000000000000000002",%s"data":{%s}}`
	out := []string{"", "null", "[]", `"x"`, "{}", "\ufeff{}", `{"source":1,"type":"x","planseq":"1","data":{}}`,
		fmt.Sprintf(form, `"type":"y",`, ""), fmt.Sprintf(form, "", `"a":1,"a":2`), fmt.Sprintf(form, "", `"a":1,"\u0061":2`),
		fmt.Sprintf(form, "", `"\ud800":1,"\udbff":2`), fmt.Sprintf(form, "", `"a":NaN`), fmt.Sprintf(form, "", `"a":-Infinity`),
		fmt.Sprintf(form, "", `"a":01`), fmt.Sprintf(form, "", `"a":1.`), fmt.Sprintf(form, "", `"a":.5`), fmt.Sprintf(form, "", "\"a\":\"\x01\""),
		fmt.Sprintf(form, "", "\"a\":\"\xff\""), fmt.Sprintf(form, "", "\"a\":\"\xed\xa0\x80\""), fmt.Sprintf(form, "", `"a":'b'`), fmt.Sprintf(form, "", `"a":1,`),
		fmt.Sprintf(form, "", "") + "{}", fmt.Sprintf(form, "", `"a":`+strings.Repeat("[", 31)+strings.Repeat("]", 31)),
		fmt.Sprintf(form, "", `"a":`+strings.Repeat("[", 20000)), fmt.Sprintf(form, `"prev":1,`, ""), fmt.Sprintf(form, `"prev":null,`, ""), fmt.Sprintf(form, `"prev":"AAAA",`, ""),
		fmt.Sprintf(form, "", `"_sd":[]`), fmt.Sprintf(form, "", `"_sd_alg":"sha-512","_sd":[]`), fmt.Sprintf(form, "", `"_sd_alg":"sha-256","_sd":{}`),
		fmt.Sprintf(form, "", `"_sd_alg":"sha-256","_sd":[1]`), fmt.Sprintf(form, "", `"_sd_alg":"sha-256","_sd":["short"]`),
		fmt.Sprintf(form, "", `"_sd_alg":"sha-256","_sd":["X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0","X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0"]`),
		strings.Replace(fmt.Sprintf(form, "", ""), `"data":{}`, `"data":[]`, 1)}
	return out
}

// oddLeaves are documents that are read, though a reader might stumble.
func oddLeaves() []string {
	form := " {\t\"source\":\"/orgs/acme/plans/sdp-2019-20\",\r\n\"type\":\"x\",\"planseq\":\"00000000000000000002\",%s\"data\":{%s}}\n"
	return []string{fmt.Sprintf(form, "", `"a":1e999,"b":-0,"c":123456789012345678901234567890`), fmt.Sprintf(form, "", `"a":"\ud800","b":"\u0000"`),
		fmt.Sprintf(form, "", `"a":`+strings.Repeat("[", 30)+strings.Repeat("]", 30)), fmt.Sprintf(form, "", `"a":"[[[[\"{{{","b":"\\"`),
		fmt.Sprintf(form, "", `"a":"`+strings.Repeat("9", 5000)+`","b":`+strings.Repeat("9", 5000))}
}

// A log may truly hold a leaf that is no event, or a broken one. Both verifiers must read it alike.
func TestScriptReadsStrangeLeavesAlike(t *testing.T) {
	var bundles [][]byte
	_, vkey := newKey(t, 7)
	for _, leaf := range append(strangeLeaves(), oddLeaves()...) {
		h, b, _ := sample(t, 1)
		h.t = t
		b.Events = append(b.Events, h.addLeaf("", []byte(leaf), nil))
		s, _ := newKey(t, 7)
		h.sign(b, s, vkey)
		data := write(t, b)
		if v := verifyBytes(data, vkey); v.OK() || v.Failure().Name != "completeness" {
			t.Errorf("%.100q:\n%s", leaf, v)
		}
		bundles = append(bundles, data)
	}
	sameAsScript(t, []string{vkey}, bundles...)
}

func TestChain(t *testing.T) {
	prev := LeafHash([]byte("one"))
	wrong := LeafHash([]byte("other"))
	event := func(source string, seq int64, prev *tlog.Hash) Event {
		return Event{Source: source, PlanSeq: formatSeq(seq), Prev: prev}
	}
	for _, c := range []struct {
		e     Event
		index int64
		says  string
	}{
		{event("/p", 2, &prev), 9, ""},
		{event("/q", 2, &prev), 9, "is of /q, not of /p"},
		{event("/Q\x1b[2J", 2, &prev), 9, "is of another source, not of /p"},
		{event("/p", 3, &prev), 9, "number 3 of its plan, not 2: an event before it is missing"},
		{event("/p", 1, nil), 9, "number 1 of its plan, not 2"},
		{event("/p", 2, nil), 9, "does not follow event 1"},
		{event("/p", 2, &wrong), 9, "an event was altered, replaced or left out here"},
		{event("/p", 2, &prev), 5, "lies before event 1 in the log"},
		{Event{Source: "/p", PlanSeq: "2", Prev: &prev}, 9, "number ? of its plan"},
	} {
		var chain Chain
		must(t, chain.Add(event("/p", 1, nil), prev, 5))
		err := chain.Add(c.e, wrong, c.index)
		if c.says == "" && (err != nil || chain.Seq() != 2 || chain.Head() != wrong) {
			t.Errorf("%+v: %v", c.e, err)
		}
		if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || chain.Seq() != 1) {
			t.Errorf("%+v: %v, want %s", c.e, err, c.says)
		}
	}
	if err := new(Chain).Add(event("/p", 1, &prev), wrong, 0); err == nil {
		t.Error("the first event follows another")
	}
	var chain Chain
	must(t, chain.Add(event("/p", 1, nil), prev, 5))
	own, stated := event("/p", 2, &prev), NewHead(1, 5, prev, "")
	for _, c := range []struct {
		e     Event
		h     Head
		index int64
		good  bool
	}{
		{own, stated, 6, true},
		{own, stated, 5, false},
		{event("/q", 2, &prev), stated, 6, false},
		{event("/p", 3, &prev), stated, 6, false},
		{event("/p", 2, &wrong), stated, 6, false},
		{event("/p", 2, nil), stated, 6, false},
		{own, NewHead(2, 5, prev, ""), 6, false},
		{own, NewHead(1, 4, prev, ""), 6, false},
		{own, NewHead(1, 5, wrong, ""), 6, false},
	} {
		if err := chain.CheckHead(c.e, c.h, c.index); (err == nil) != c.good {
			t.Errorf("%+v %+v: %v", c.e, c.h, err)
		}
	}
}
