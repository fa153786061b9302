package evidence

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Here the log itself is at fault: what it signed was never right. Both verifiers must say so, in the same words.

func TestBrokenChainsAreToldAlike(t *testing.T) {
	plan := planSource("sdp-2019-20")
	other := LeafHash([]byte("other")).String()
	signer, vkey := newKey(t, 7)
	var bundles [][]byte
	for _, c := range []struct{ old, new, says string }{
		{`"prev":"`, `"former":"`, "event 2 of plan sdp-2019-20, recorded 2026-11-22T09:30:02.000000Z, does not follow event 1"},
		{`"prev":"`, `"prev":"` + other + `","former":"`, "does not follow event 1"},
		{`0000002"`, `0000003"`, "says that it is number 3 of its plan, not 2"},
		{`0000002"`, `0000001"`, "says that it is number 1 of its plan, not 2"},
		{`0000002"`, `00000002"`, "says that it is number ? of its plan, not 2"},
		{`"planseq":"`, `"planseq":"-`, "says that it is number ? of its plan, not 2"},
		{`/plans/sdp-2019-20"`, `/plans/sdp-2020-21"`, "is of /orgs/acme/plans/sdp-2020-21, not of /orgs/acme/plans/sdp-2019-20"},
		{`/plans/sdp-2019-20"`, `/plans/\u001b[2J"`, "is of another source, not of"},
		{`"recordedtime":"2026`, `"recordedtime":"\u001b2026`, "event 2 of plan sdp-2019-20 does not follow event 1"},
	} {
		h, b, _ := sample(t, 1)
		h.t = t
		draft := h.add(plan, "plantrail.rating-affirmed.v1", nil)
		leaf := strings.Replace(string(draft.Leaf), `"planseq":"00000000000000000003"`, `"planseq":"00000000000000000002"`, 1)
		first := b.Events[0].Leaf
		leaf = leaf[:strings.Index(leaf, `"prev":"`)] + `"prev":"` + LeafHash(first).String() + leaf[strings.Index(leaf, `","data"`):]
		if strings.Contains(c.old, "recordedtime") {
			leaf = strings.Replace(leaf, `"prev":"`, `"former":"`, 1)
		}
		leaf = strings.Replace(leaf, `09:30:07`, `09:30:02`, 1)
		b.Events = append(b.Events, h.addLeaf("", []byte(strings.Replace(leaf, c.old, c.new, 1)), nil))
		h.sign(b, signer, vkey)
		data := write(t, b)
		if v := verifyBytes(data, vkey); v.OK() || !strings.Contains(v.Failure().Detail, c.says) {
			t.Errorf("%s: want %s, got\n%s", c.new, c.says, v)
		}
		bundles = append(bundles, data)
	}
	sameAsScript(t, []string{vkey}, bundles...)
}

func TestBrokenStatementsAreToldAlike(t *testing.T) {
	signer, vkey := newKey(t, 7)
	var bundles [][]byte
	plan := planSource("sdp-2019-20")
	for name, c := range map[string]struct {
		says        string
		source, typ string
		change      func(data map[string]any)
	}{
		"another type":        {"does not issue a bundle", plan, "plantrail.bundle-issued.v2", func(map[string]any) {}},
		"another plan":        {"is of /orgs/acme/plans/other, not of", planSource("other"), HeadType, func(map[string]any) {}},
		"no head":             {"does not state where the plan ends", plan, HeadType, func(d map[string]any) { delete(d, "head") }},
		"no seal":             {"does not state where the plan ends", plan, HeadType, func(d map[string]any) { delete(d, "contents") }},
		"a text for a number": {"does not state where the plan ends", plan, HeadType, func(d map[string]any) { d["head_seq"] = "3" }},
		"a number for a text": {"does not state where the plan ends", plan, HeadType, func(d map[string]any) { d["head"] = 3 }},
		"half a number":       {"does not state where the plan ends", plan, HeadType, func(d map[string]any) { d["head_at"] = 3.5 }},
		"a huge number":       {"does not state where the plan ends", plan, HeadType, func(d map[string]any) { d["head_at"] = uint64(1<<64 - 1) }},
		"another number":      {"ends with event 2, these end with event 3", plan, HeadType, func(d map[string]any) { d["head_seq"] = 2 }},
		"another leaf":        {"states another last event than event 3", plan, HeadType, func(d map[string]any) { d["head"] = "" }},
		"another place":       {"states another last event than event 3", plan, HeadType, func(d map[string]any) { d["head_at"] = 1 }},
		"another seal":        {"not the one that the issuing event seals", plan, HeadType, func(d map[string]any) { d["contents"] = "" }},
	} {
		h, b, _ := sample(t, 3)
		h.t = t
		h.unissue(b)
		data := statement(t, b, 3)
		c.change(data)
		b.Head = h.add(c.source, c.typ, data)
		h.sign(b, signer, vkey)
		bundle := write(t, b)
		if v := verifyBytes(bundle, vkey); v.OK() || !strings.Contains(v.Failure().Detail, c.says) {
			t.Errorf("%s: want %s, got\n%s", name, c.says, v)
		}
		bundles = append(bundles, bundle)
	}
	h, b, _ := sample(t, 3)
	late := h.add(plan, HeadType, statement(t, b, 3)) // number 5: something came between
	b.Head = late
	h.sign(b, signer, vkey)
	data := write(t, b)
	if v := verifyBytes(data, vkey); v.OK() || !strings.Contains(v.Failure().Detail, "does not follow event 3") {
		t.Errorf("\n%s", v)
	}
	sameAsScript(t, []string{vkey}, append(bundles, data)...)
}

func TestOddTextsAreToldAlike(t *testing.T) {
	signer, vkey := newKey(t, 7)
	const salt = "0123456789012345678901"
	var bundles [][]byte
	for array, good := range map[string]bool{
		`["` + salt + `","n","v"]`:                     true,
		" [ \"" + salt + "\" , \"n\",\t\"\\u00e9\"]\n": true,
		`["` + salt + `","n","\ud800"]`:                true,
		`["` + salt[1:] + `","n","v"]`:                 false,
		`["` + salt[1:] + `é","n","v"]`:                true,
		`["` + salt + `","n",1]`:                       false,
		`["` + salt + `","n",NaN]`:                     false,
		`["` + salt + `","n",["v"]]`:                   false,
		`["` + salt + `","n"]`:                         false,
		`["` + salt + `","n","v"],`:                    false,
		`{"` + salt + `":"n"}`:                         false,
		`["` + salt + `","` + "\xff" + `","v"]`:        false,
		`["` + salt + `","_sd","v"]`:                   false,
		`["` + salt + `","_sd_alg","v"]`:               false,
		`["` + salt + `","...","v"]`:                   false,
		`["` + salt + `","taken","v"]`:                 false,
		strings.Repeat("[", 9000):                      false,
		``:                                             false,
	} {
		h, b, _ := sample(t, 1)
		h.t = t
		enc := base64URL([]byte(array))
		data, err := json.Marshal(map[string]any{"taken": 1, "_sd_alg": "sha-256", "_sd": []string{Digest(enc)}})
		must(t, err)
		leaf := fmt.Appendf(nil, `{"source":"/orgs/acme/plans/_people","type":"x","planseq":"00000000000000000002","prev":%q,"data":%s}`, LeafHash(nil), data)
		b.Related = append(b.Related, h.addLeaf("", leaf, []string{enc}))
		h.unissue(b)
		h.issue(b)
		h.sign(b, signer, vkey)
		bundle := write(t, b)
		if v := verifyBytes(bundle, vkey); v.OK() != good || !good && v.Failure().Name != "disclosures" {
			t.Errorf("%.100q:\n%s", array, v)
		}
		bundles = append(bundles, bundle)
	}
	sameAsScript(t, []string{vkey}, bundles...)
}
