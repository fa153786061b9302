package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Verify checks a bundle with nothing but its bytes, in a fixed order, and stops at the first check that fails. It takes
// memory for one event and a list of files, whatever the bundle claims; a bundle has no compressed parts that could swell.
func Verify(r io.ReaderAt, size int64, o Options) Verdict {
	v := &verification{options: o}
	steps := []struct {
		name string
		run  func() (string, error)
	}{
		{"container", func() (string, error) { return v.container(r, size) }},
		{"signature", v.signature},
		{"root", v.root},
		{"inclusion", v.inclusion},
		{"completeness", v.completeness},
		{"disclosures", v.disclosures},
		{"files", v.documents},
	}
	failed := false
	for _, s := range steps {
		c := Check{Name: s.name, Status: NotReached}
		if !failed {
			detail, err := s.run()
			c.Status, c.Detail = Passed, detail
			if err != nil {
				c.Status, c.Detail, failed = Failed, err.Error(), true
			}
		}
		v.verdict.Checks = append(v.verdict.Checks, c)
	}
	return v.verdict
}

type verification struct {
	options  Options
	c        *container
	manifest manifest
	slots    []slot
	signed   []byte // the checkpoint file
	text     string // its signed part
	contents string // what the issuing event seals
	verdict  Verdict
}

func (v *verification) container(r io.ReaderAt, size int64) (string, error) {
	c, err := openContainer(r, size)
	if err != nil {
		return "", err
	}
	if v.manifest, err = parseManifest(c.read(manifestName)); err != nil {
		return "", err
	}
	if err := v.manifest.checkFiles(c); err != nil {
		return "", err
	}
	v.c, v.slots, v.verdict.Plan = c, v.manifest.slots(), v.manifest.Plan
	return fmt.Sprintf("%d files, none added, none missing", len(c.files)), nil
}

// signature: each signature on the checkpoint is by a key in the bundle, and right; the first key is the log's.
func (v *verification) signature() (string, error) {
	keys, err := parseKeys(v.c.read(keysName))
	if err != nil {
		return "", err
	}
	log := keys[0]
	v.verdict.Key = log.id()
	if len(v.options.Trusted) > 0 {
		if !slices.ContainsFunc(v.options.Trusted, func(t string) bool { return t == log.text() }) {
			return "", fmt.Errorf("the bundle's key %s is not one that you trust", log.id())
		}
		v.verdict.Trusted = true
	}
	v.signed = v.c.read(checkpointName)
	text, sigs, ok := splitNote(v.signed)
	if !ok {
		return "", errors.New("the checkpoint is not a signed note")
	}
	v.text = text
	cosigned, err := checkSignatures(text, sigs, keys)
	if err != nil {
		return "", err
	}
	return "the checkpoint is signed by " + log.id() + cosigned, nil
}

func (k key) text() string { return formatKey(k.name, k.alg, k.public) }

func parseKeys(b []byte) ([]key, error) {
	text, ok := strings.CutSuffix(string(b), "\n")
	bad := errors.New("the key file is not a list of verifier keys, the log's first")
	if !ok {
		return nil, bad
	}
	var keys []key
	for line := range strings.SplitSeq(text, "\n") {
		k, err := parseKey(line)
		if err != nil || slices.ContainsFunc(keys, func(o key) bool { return o.id() == k.id() }) || len(keys) == maxSignatures {
			return nil, bad
		}
		keys = append(keys, k)
	}
	if keys[0].alg != algEd25519 {
		return nil, bad
	}
	return keys, nil
}

// checkSignatures returns who cosigned and when.
func checkSignatures(text string, sigs []signature, keys []key) (string, error) {
	signed := map[string]bool{}
	cosigned := ""
	for _, s := range sigs {
		id := key{name: s.name, hash: s.hash}.id()
		i := slices.IndexFunc(keys, func(k key) bool { return k.id() == id })
		if i < 0 || signed[id] {
			return "", fmt.Errorf("the checkpoint has a signature of %s that is given twice, or by a key that is not in the bundle", id)
		}
		signed[id] = true
		verifier, err := NewVerifier(keys[i].text())
		if err != nil || !verifier.Verify([]byte(text), s.sig) {
			return "", fmt.Errorf("the signature of %s on the checkpoint is wrong: the checkpoint was changed, or another key signed it", id)
		}
		if keys[i].alg == algCosignature {
			t, err := cosignatureTime(s.sig)
			if err != nil || t.Unix() >= 253402300800 {
				return "", fmt.Errorf("the signature of %s on the checkpoint states an impossible time", id)
			}
			cosigned += fmt.Sprintf(", seen by %s at %s", id, t.Format(time.RFC3339))
		}
	}
	if !signed[keys[0].id()] {
		return "", fmt.Errorf("the checkpoint is not signed by %s", keys[0].id())
	}
	return cosigned, nil
}

// root: what is signed is a checkpoint of the log that the key names, and every proof is made for that one.
func (v *verification) root() (string, error) {
	c, err := ParseCheckpoint(v.text)
	if err != nil {
		return "", errors.New("what is signed is not a checkpoint")
	}
	if name, _, _ := strings.Cut(v.verdict.Key, "+"); name != c.Origin {
		return "", fmt.Errorf("the checkpoint is of the log %s, the key of %s", c.Origin, name)
	}
	for _, s := range v.slots {
		leaf := v.c.read(s.leaf)
		p, err := ParseProof(v.c.read(s.proof))
		if err != nil || p.Extra != nil {
			return "", fmt.Errorf("%s%s has no readable proof", s.name, when(leaf))
		}
		if string(p.Checkpoint) != string(v.signed) {
			return "", fmt.Errorf("%s%s has a proof for another checkpoint", s.name, when(leaf))
		}
	}
	v.verdict.Checkpoint = c
	return fmt.Sprintf("all proofs are for the root %v of %d events in the log %s", c.Root, c.Size, c.Origin), nil
}

// each reads the slots in turn: index is the proof's, which root found readable.
func (v *verification) each(f func(i int, leaf []byte, p Proof) error) error {
	for i, s := range v.slots {
		leaf := v.c.read(s.leaf)
		p, err := ParseProof(v.c.read(s.proof))
		if err == nil {
			err = f(i, leaf, p)
		}
		if err != nil {
			return fmt.Errorf("%s%s %w", s.name, when(leaf), err)
		}
	}
	return nil
}

func (v *verification) inclusion() (string, error) {
	err := v.each(func(_ int, leaf []byte, p Proof) error {
		if CheckInclusion(v.verdict.Checkpoint, p.Index, LeafHash(leaf), p.Path) != nil {
			return fmt.Errorf("is not in the signed tree at index %d: the event, its place or its proof was changed", p.Index)
		}
		return nil
	})
	return fmt.Sprintf("%d events are in that tree", len(v.slots)), err
}

func (v *verification) completeness() (string, error) {
	chain := Chain{Source: v.manifest.Source}
	err := v.each(func(i int, leaf []byte, p Proof) error {
		e, err := ParseEvent(leaf)
		if err != nil {
			return err
		}
		switch last := int(v.manifest.Last); {
		case i < last:
			return chain.Add(e, LeafHash(leaf), p.Index)
		case i == last:
			h, err := ParseHead(e)
			if err != nil {
				return err
			}
			v.contents, v.verdict.HeadIndex = h.Contents, p.Index
			return chain.CheckHead(e, h, p.Index)
		}
		return nil
	})
	v.verdict.Last = chain.Seq()
	later := v.verdict.Checkpoint.Size - 1 - v.verdict.HeadIndex
	return fmt.Sprintf("events 1 to %d follow each other, and %s%s says that there were no more; the log went on from there with %d events of any plan",
		chain.Seq(), headSlot.name, when(v.c.read(headSlot.leaf)), later), err
}

func (v *verification) disclosures() (string, error) {
	shown, all := 0, 0
	err := v.each(func(i int, leaf []byte, _ Proof) error {
		e, err := ParseEvent(leaf)
		if err != nil {
			return err
		}
		all += len(e.Digests)
		if !v.c.has(v.slots[i].texts) {
			return nil
		}
		text, ok := strings.CutSuffix(string(v.c.read(v.slots[i].texts)), "\n")
		if !ok {
			return errors.New("comes with a list of texts that was cut short")
		}
		found, err := CheckDisclosures(e, strings.Split(text, "\n"))
		shown += len(found)
		return err
	})
	return fmt.Sprintf("%d texts are as recorded, %d are not in the bundle (erased, or not for its reader)", shown, all-shown), err
}

func (v *verification) documents() (string, error) {
	for _, d := range v.manifest.Documents {
		leaf := v.c.read(eventSlot(v.manifest.Plan, d.Event).leaf)
		e, err := ParseEvent(leaf)
		f := v.c.files[v.c.named[d.Name]]
		sum, _ := e.Data["sha256"].(string)
		size, _ := e.Data["size"].(json.Number)
		if err != nil || sum != f.sha256 || string(size) != strconv.FormatInt(int64(f.size), 10) {
			return "", fmt.Errorf("%s is not the document that event %d of plan %s%s records", d.Name, d.Event, v.manifest.Plan, when(leaf))
		}
	}
	var files []member
	for _, f := range v.c.files {
		if sealed(f.name) {
			files = append(files, f)
		}
	}
	if seal(files) != v.contents {
		return "", errors.New("the report, the timeline, the script, a document or an event of another history is not the one that the issuing event seals")
	}
	return fmt.Sprintf("the report, the timeline, %d documents and %d events of other histories are as issued", len(v.manifest.Documents), v.manifest.Related), nil
}
