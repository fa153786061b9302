package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

const (
	manifestName   = "manifest.json"
	checkpointName = "checkpoint"
	keysName       = "key"
	scriptName     = "verify.sh"
	bundleFormat   = "plantrail-bundle"
	bundleVersion  = 1
)

// given are the files that a caller must provide, as it likes them.
var given = []string{"report.html", "timeline.csv", "timeline.json"}

// manifest is manifest.json: what is in the bundle. It proves nothing by itself; all it says is checked against the rest.
type manifest struct {
	Format    string     `json:"format"`
	Version   int        `json:"version"`
	Plan      string     `json:"plan"`
	Source    string     `json:"source"`
	First     int64      `json:"first"`
	Last      int64      `json:"last"`
	Related   int64      `json:"related"`
	Documents []document `json:"documents"`
	Files     []listed   `json:"files"`
}

// document says which event records a file.
type document struct {
	Name  string `json:"name"`
	Event int64  `json:"event"`
}

type listed struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

func (m manifest) encode() []byte {
	b, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		panic(err) // strings and numbers only
	}
	return append(b, '\n')
}

// parseManifest accepts only what encode writes.
func parseManifest(b []byte) (manifest, error) {
	object, err := parseObject(b)
	if err != nil {
		return manifest{}, errors.New("manifest.json " + err.Error())
	}
	if v, ok := object["version"].(json.Number); ok && v != "1" && versionForm.MatchString(string(v)) {
		return manifest{}, fmt.Errorf("the bundle is of version %s, this verifier knows version 1", v)
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil || !m.wellFormed() || string(m.encode()) != string(b) {
		return manifest{}, errors.New("manifest.json is not written as bundles of version 1 write it")
	}
	return m, nil
}

func (m manifest) wellFormed() bool {
	if m.Format != bundleFormat || m.Version != bundleVersion || !sourceForm.MatchString(m.Source) || m.Plan != planOf(m.Source) ||
		m.First != 1 || m.Last < 1 || m.Last > MaxFiles || m.Related < 0 || m.Related > MaxFiles || m.Documents == nil || m.Files == nil {
		return false
	}
	for _, d := range m.Documents {
		if !fileName.MatchString(d.Name) || d.Event < 1 || d.Event > m.Last {
			return false
		}
	}
	for _, f := range m.Files {
		if !fileName.MatchString(f.Name) || f.Size < 0 || f.Size > MaxBundle || !sumForm.MatchString(f.SHA256) {
			return false
		}
	}
	return true
}

var sumForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

var versionForm = regexp.MustCompile(`^[0-9]{1,9}$`)

// planOf is the plan's id in a CloudEvents source: "/orgs/acme/plans/sdp" gives "sdp".
func planOf(source string) string { return source[strings.LastIndexByte(source, '/')+1:] }

// slot is the place of one event in a bundle: where its leaf, proof and texts lie.
type slot struct {
	leaf, proof, texts string
	name               string // as verdicts call it, less its time
}

func eventSlot(plan string, seq int64) slot {
	n := fmt.Sprintf("%06d", seq)
	return slot{"leaves/" + n + ".json", "proofs/" + n + ".tlog-proof", "disclosures/" + n + ".txt",
		"event " + strconv.FormatInt(seq, 10) + " of plan " + plan}
}

func relatedSlot(i int64) slot {
	n := fmt.Sprintf("%06d", i)
	return slot{"related/" + n + ".json", "proofs/related-" + n + ".tlog-proof", "disclosures/related-" + n + ".txt",
		"related event " + strconv.FormatInt(i, 10)}
}

var headSlot = slot{"head.json", "proofs/head.tlog-proof", "disclosures/head.txt", "the issuing event"}

// slots are all places, in the order in which they are checked: the plan's events, the issuing one, the related ones.
func (m manifest) slots() []slot {
	out := make([]slot, 0, m.Last+1+m.Related)
	for i := int64(1); i <= m.Last; i++ {
		out = append(out, eventSlot(m.Plan, i))
	}
	out = append(out, headSlot)
	for i := int64(1); i <= m.Related; i++ {
		out = append(out, relatedSlot(i))
	}
	return out
}

// streamed reports whether a file may be of any size: the report, the timeline, the script and the documents.
func streamed(name string) bool {
	return name == scriptName || slices.Contains(given, name) || strings.HasPrefix(name, "files/")
}

// sealed reports whether a file's hash is in the issuing event. The others need no seal: they are the plan's leaves, or fit
// into leaves.
func sealed(name string) bool { return streamed(name) || strings.HasPrefix(name, "related/") }

// checkFiles compares the container with its manifest, and both with what a bundle of that range has.
func (m manifest) checkFiles(c *container) error {
	if err := m.checkListed(c.files[1:]); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, name := range append([]string{checkpointName, keysName, scriptName}, given...) {
		if known[name] = true; !c.has(name) {
			return fmt.Errorf("the file %s is missing", name)
		}
	}
	for _, s := range m.slots() {
		for _, name := range []string{s.leaf, s.proof} {
			if known[name] = true; !c.has(name) {
				return fmt.Errorf("%s is missing: there is no file %s", s.name, name)
			}
		}
		known[s.texts] = true
	}
	for _, d := range m.Documents {
		if !strings.HasPrefix(d.Name, "files/") || known[d.Name] || !c.has(d.Name) {
			return errors.New("manifest.json names a document that is not in the bundle")
		}
		known[d.Name] = true
	}
	for _, f := range c.files[1:] {
		if !known[f.name] {
			return fmt.Errorf("the file %s does not belong into a bundle", f.name)
		}
	}
	return nil
}

func (m manifest) checkListed(files []member) error {
	for i, f := range files {
		if i >= len(m.Files) || m.Files[i].Name > f.name {
			return fmt.Errorf("the file %s is not in the manifest", f.name)
		}
		if m.Files[i].Name != f.name {
			return fmt.Errorf("a file that the manifest lists before %s is missing%s", f.name, m.nameOf(m.Files[i].Name))
		}
		if l := m.Files[i]; l.Size != int64(f.size) || l.SHA256 != f.sha256 {
			return fmt.Errorf("the file %s is not the one that the manifest lists%s", f.name, m.nameOf(f.name))
		}
	}
	if len(m.Files) > len(files) {
		return fmt.Errorf("a file that the manifest lists last is missing%s", m.nameOf(m.Files[len(files)].Name))
	}
	return nil
}

var leafName = regexp.MustCompile(`^leaves/0{0,5}([1-9][0-9]{0,5})\.json$`)

// nameOf adds which event a missing or changed file is about.
func (m manifest) nameOf(file string) string {
	if found := leafName.FindStringSubmatch(file); found != nil {
		return ": it is event " + found[1] + " of plan " + m.Plan
	}
	return ""
}
