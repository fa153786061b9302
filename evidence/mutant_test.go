package evidence

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
)

// repack lets a clever forger at a bundle: content is changed, and everything that needs no secret is made right again
// (checksums, manifest, order).
func repack(t testing.TB, data []byte, change func(m *manifest, files map[string][]byte)) []byte {
	t.Helper()
	return unpack(t, data).pack(t, change)
}

// unpacked is a bundle taken apart, of which many forgeries can be made.
type unpacked struct {
	manifest manifest
	files    map[string][]byte
}

func unpack(t testing.TB, data []byte) unpacked {
	t.Helper()
	c, err := openContainer(bytes.NewReader(data), int64(len(data)))
	must(t, err)
	m, err := parseManifest(c.read(manifestName))
	must(t, err)
	files := map[string][]byte{}
	for _, f := range c.files[1:] {
		files[f.name] = slices.Clip(c.read(f.name))
	}
	return unpacked{m, files}
}

// pack puts a changed copy together; change may replace contents, not write into them.
func (u unpacked) pack(t testing.TB, change func(m *manifest, files map[string][]byte)) []byte {
	t.Helper()
	m, files, size := u.manifest, maps.Clone(u.files), 0
	change(&m, files)
	var sources []source
	for name, content := range files {
		s := memory(name, content)
		must(t, s.measure())
		sources = append(sources, s)
		size += len(content)
	}
	slices.SortFunc(sources, func(a, b source) int { return strings.Compare(a.name, b.name) })
	m.Files = []listed{}
	for _, s := range sources {
		m.Files = append(m.Files, listed{s.name, int64(s.size), s.sha256})
	}
	first := memory(manifestName, m.encode())
	must(t, first.measure())
	var out bytes.Buffer
	out.Grow(2 * size) // the headers are small
	must(t, writeContainer(&out, append([]source{first}, sources...)))
	return out.Bytes()
}

func TestEveryTruncationIsRefused(t *testing.T) {
	_, b, vkey := sample(t, 2)
	data := write(t, b)
	step := 1
	if testing.Short() {
		step = 37
	}
	for n := 0; n < len(data); n += step {
		if v := verifyBytes(data[:n], vkey); v.OK() || v.Failure().Detail == "" {
			t.Fatalf("cut to %d of %d bytes:\n%s", n, len(data), v)
		}
	}
}

func TestEverySingleByteIsGuarded(t *testing.T) {
	_, b, vkey := sample(t, 2)
	data := write(t, b)
	step := 1
	if testing.Short() {
		step = 37
	}
	mutant, shorter := bytes.Clone(data), make([]byte, len(data)-1)
	for i := 0; i < len(data); i += step {
		mutant[i] ^= 1 << (i % 8)
		if v := verifyBytes(mutant, vkey); v.OK() || v.Failure().Detail == "" {
			t.Fatalf("byte %d of %d:\n%s", i, len(data), v)
		}
		mutant[i] = data[i]
		copy(shorter[copy(shorter, data[:i]):], data[i+1:])
		if v := verifyBytes(shorter, vkey); v.OK() {
			t.Fatalf("without byte %d:\n%s", i, v)
		}
	}
}

// Checksums are no hindrance to a forger: every byte of every file must be guarded by something signed.
func TestEverySingleByteIsGuardedWithChecksumsMadeRight(t *testing.T) {
	_, b, vkey := sample(t, 3)
	data := write(t, b)
	whole := unpack(t, data)
	for name, content := range whole.files {
		step := max(1, len(content)/400)
		if testing.Short() {
			step = max(1, len(content)/20)
		}
		for i := 0; i < len(content); i += step {
			mutant := whole.pack(t, func(_ *manifest, files map[string][]byte) {
				files[name] = bytes.Clone(content)
				files[name][i] ^= 1 << (i % 7)
			})
			v := verifyBytes(mutant, vkey)
			if v.OK() {
				t.Fatalf("%s, byte %d:\n%s", name, i, v)
			}
			if got := v.Failure(); got.Name == "container" || got.Detail == "" {
				t.Fatalf("%s, byte %d: not named:\n%s", name, i, v)
			}
		}
	}
}

// What a forger would really try, and what the verdict must say then.
func TestForgeries(t *testing.T) {
	h, b, vkey := sample(t, 7)
	data := write(t, b)
	other, _ := newKey(t, 8)
	forge := func(change func(m *manifest, f map[string][]byte)) []byte { return repack(t, data, change) }
	move := func(f map[string][]byte, to, from string) {
		for _, p := range []string{"leaves/%s.json", "proofs/%s.tlog-proof", "disclosures/%s.txt"} {
			delete(f, fmt.Sprintf(p, to))
			if content, ok := f[fmt.Sprintf(p, from)]; ok {
				f[fmt.Sprintf(p, to)] = content
				delete(f, fmt.Sprintf(p, from))
			}
		}
	}
	cases := []struct {
		name, check, says string
		data              []byte
	}{
		{"drop a leaf", "container", "event 4 of plan sdp-2019-20 is missing", forge(func(m *manifest, f map[string][]byte) { delete(f, "leaves/000004.json") })},
		{"drop a leaf and close the gap", "completeness", "event 4 of plan sdp-2019-20, recorded 2026-11-22T09:30:10.000000Z, says that it is number 5 of its plan, not 4", forge(func(m *manifest, f map[string][]byte) {
			for i := 4; i < 7; i++ {
				move(f, fmt.Sprintf("%06d", i), fmt.Sprintf("%06d", i+1))
			}
			m.Last = 6
		})},
		{"drop the last", "completeness", "the issuing event, recorded 2026-11-22T09:30:17.000000Z, states that the plan ends with event 7, these end with event 6", forge(func(m *manifest, f map[string][]byte) {
			move(f, "000007", "none")
			m.Last = 6
		})},
		{"reorder", "completeness", "event 2 of plan sdp-2019-20, recorded 2026-11-22T09:30:06.000000Z, says that it is number 3", forge(func(m *manifest, f map[string][]byte) {
			move(f, "tmp", "000002")
			move(f, "000002", "000003")
			move(f, "000003", "tmp")
		})},
		{"another plan's event", "completeness", "event 2 of plan sdp-2019-20, recorded 2026-11-22T09:30:03.000000Z, is of /orgs/acme/plans/other", forge(func(m *manifest, f map[string][]byte) {
			h.put(t, b, f, "000002", 3)
		})},
		{"swap plans", "completeness", "event 1 of plan other", forge(func(m *manifest, f map[string][]byte) {
			m.Plan, m.Source = "other", planSource("other")
		})},
		{"alter an event", "inclusion", "event 6 of plan sdp-2019-20, recorded 2026-11-22T09:30:12.000000Z, is not in the signed tree at index 12", forge(func(m *manifest, f map[string][]byte) {
			f["leaves/000006.json"] = bytes.Replace(f["leaves/000006.json"], []byte(`"to":"green"`), []byte(`"to":"amber"`), 1)
		})},
		{"alter a text", "disclosures", "event 6 of plan sdp-2019-20, recorded 2026-11-22T09:30:12.000000Z, comes with a text that it was not recorded with", forge(func(m *manifest, f map[string][]byte) {
			d, err := NewDisclosure("reason", "All is well.")
			must(t, err)
			f["disclosures/000006.txt"] = []byte(d.Encoded + "\n")
		})},
		{"a text twice", "disclosures", "already taken", forge(func(m *manifest, f map[string][]byte) {
			f["disclosures/000001.txt"] = append(f["disclosures/000001.txt"], f["disclosures/000001.txt"]...)
		})},
		{"alter the document", "files", "files/000003-letter.txt is not the document that event 3 of plan sdp-2019-20, recorded", forge(func(m *manifest, f map[string][]byte) {
			f["files/000003-letter.txt"] = []byte("Nothing.\n")
		})},
		{"leave out the document", "files", "the report, the timeline, the script, a document or an event of another history is not the one", forge(func(m *manifest, f map[string][]byte) {
			delete(f, "files/000003-letter.txt")
			m.Documents = []document{}
		})},
		{"leave out a related event", "files", "an event of another history is not the one", forge(func(m *manifest, f map[string][]byte) {
			m.Related--
			delete(f, "related/000003.json")
			delete(f, "proofs/related-000003.tlog-proof")
			delete(f, "disclosures/related-000003.txt")
		})},
		{"another event for a related one", "files", "an event of another history is not the one", forge(func(m *manifest, f map[string][]byte) {
			for _, form := range []string{"related/%s.json", "proofs/related-%s.tlog-proof", "disclosures/related-%s.txt"} {
				f[fmt.Sprintf(form, "000003")] = f[fmt.Sprintf(form, "000002")]
			}
		})},
		{"alter the report", "files", "the report, the timeline, the script, a document or an event of another history is not the one", forge(func(m *manifest, f map[string][]byte) {
			f["report.html"] = []byte("All green.")
		})},
		{"alter the script", "files", "the script", forge(func(m *manifest, f map[string][]byte) {
			f["verify.sh"] = []byte("echo VERIFIED\n")
		})},
		{"an extra line in the checkpoint", "signature", "the checkpoint was changed", forge(func(m *manifest, f map[string][]byte) {
			f["checkpoint"] = bytes.Replace(f["checkpoint"], []byte("\n\n"), []byte("\nextra\n\n"), 1)
		})},
		{"an extra signature", "signature", "by a key that is not in the bundle", forge(func(m *manifest, f map[string][]byte) {
			signed, err := Checkpoint{Origin: origin}.Sign(other)
			must(t, err)
			_, line, _ := strings.Cut(string(signed), "\n\n")
			f["checkpoint"] = append(f["checkpoint"], line...)
		})},
		{"extra data in a proof", "root", "event 2 of plan sdp-2019-20, recorded 2026-11-22T09:30:04.000000Z, has no readable proof", forge(func(m *manifest, f map[string][]byte) {
			f["proofs/000002.tlog-proof"] = bytes.Replace(f["proofs/000002.tlog-proof"], []byte("\nindex"), []byte("\nextra AAAA\nindex"), 1)
		})},
		{"an extra file", "container", "the file notes.txt does not belong", forge(func(m *manifest, f map[string][]byte) { f["notes.txt"] = nil })},
		{"an extra leaf", "container", "leaves/000008.json does not belong", forge(func(m *manifest, f map[string][]byte) { f["leaves/000008.json"] = f["leaves/000007.json"] })},
		{"a file short", "container", "the file report.html is missing", forge(func(m *manifest, f map[string][]byte) { delete(f, "report.html") })},
		{"another version", "container", "version 2, this verifier knows version 1", forge(func(m *manifest, f map[string][]byte) { m.Version = 2 })},
		{"other key", "signature", "is not one that you trust", resigned(t, other, "")},
		{"other key, key file kept", "signature", "a key that is not in the bundle", resigned(t, other, vkey)},
		{"old head", "completeness", "states that the plan ends with event 6, these end with event 7", oldHead(t, vkey)},
		{"a history rewritten and not signed", "root", "has a proof for another checkpoint", forge(func(m *manifest, f map[string][]byte) {
			f["proofs/000003.tlog-proof"] = otherCheckpoint(t)
		})},
	}
	var all [][]byte
	for _, c := range cases {
		v := verifyBytes(c.data, vkey)
		if f := v.Failure(); f == nil || f.Name != c.check || !strings.Contains(f.Detail, c.says) {
			t.Errorf("%s: want %s: %s; got\n%s", c.name, c.check, c.says, v)
		}
		all = append(all, c.data)
	}
	sameAsScript(t, []string{vkey}, all...)
}

// put replaces an event of a bundle by another leaf of the same log, with its true proof.
func (h *history) put(t testing.TB, b *Bundle, f map[string][]byte, n string, index int64) {
	path, err := ProveInclusion(h.tree.Size(), index, h.hashes)
	must(t, err)
	f["leaves/"+n+".json"] = h.leaves[index]
	f["proofs/"+n+".tlog-proof"] = Proof{Index: index, Path: path, Checkpoint: b.Checkpoint}.Format()
}

func resigned(t *testing.T, s note.Signer, vkey string) []byte {
	h, b, _ := sample(t, 7)
	if vkey == "" {
		_, vkey = newKey(t, 8)
	}
	h.sign(b, s, vkey)
	return write(t, b)
}

// oldHead shows a plan's events up to now with the true statement of an earlier day.
func oldHead(t *testing.T, vkey string) []byte {
	h, b, _ := sample(t, 6)
	first := b.Head
	b.Events = append(b.Events, first)
	h.issue(b)
	b.Head = first
	s, _ := newKey(t, 7)
	h.sign(b, s, vkey)
	return write(t, b)
}

func otherCheckpoint(t *testing.T) []byte {
	h, b, _ := sample(t, 7)
	h.add(b.Source, "plantrail.rating-affirmed.v1", nil)
	s, vkey := newKey(t, 7)
	h.sign(b, s, vkey)
	return Proof{Index: b.Events[2].Index, Path: b.Events[2].Path, Checkpoint: b.Checkpoint}.Format()
}

func TestScriptGivesTheSameVerdictOnRandomMutants(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 100
	}
	_, b, vkey := sample(t, 5)
	data := write(t, b)
	seed := uint64(20261122)
	r := rand.New(rand.NewPCG(seed, 0))
	mutants, whole := make([][]byte, n), unpack(t, data)
	for i := range mutants {
		mutants[i] = data
		for bytes.Equal(mutants[i], data) {
			mutants[i] = mutate(t, r, data, whole)
		}
	}
	checks := map[string]int{}
	for i, m := range mutants {
		v := verifyBytes(m, vkey)
		if v.OK() && !harmless(t, m, data) {
			t.Errorf("mutant %d (seed %d) passes:\n%s", i, seed, v)
		}
		if f := v.Failure(); f != nil {
			checks[f.Name]++
		} else {
			checks["none, fewer texts"]++
		}
	}
	t.Logf("refused at: %v", checks)
	if len(checks) < 6 {
		t.Errorf("the mutants reach too few checks: %v", checks)
	}
	for part := range slices.Chunk(mutants, 250) {
		sameAsScript(t, []string{vkey}, part...)
	}
}

// harmless reports whether a mutant only discloses less, which is anybody's right.
func harmless(t *testing.T, mutant, data []byte) bool {
	a, err := openContainer(bytes.NewReader(mutant), int64(len(mutant)))
	must(t, err)
	b, err := openContainer(bytes.NewReader(data), int64(len(data)))
	must(t, err)
	for _, f := range b.files[1:] {
		if !strings.HasPrefix(f.name, "disclosures/") && !bytes.Equal(a.read(f.name), b.read(f.name)) {
			return false
		}
	}
	return len(a.files) <= len(b.files)
}

const strays = "\n \"{}[],:+x\xff\xed0A"

// mutate damages a bundle at random: raw bytes now and then, but mostly with checksums made right, so that the deeper checks are met.
func mutate(t *testing.T, r *rand.Rand, data []byte, whole unpacked) []byte {
	if r.IntN(8) == 0 {
		m := bytes.Clone(data)
		for range 1 + r.IntN(3) {
			m[r.IntN(len(m))] ^= byte(1 + r.IntN(255))
		}
		if r.IntN(3) == 0 {
			m = m[:r.IntN(len(m))]
		}
		return m
	}
	return whole.pack(t, func(m *manifest, files map[string][]byte) {
		names := slices.Sorted(func(yield func(string) bool) {
			for n := range files {
				if n != scriptName && !yield(n) {
					return
				}
			}
		})
		pick := func() string { return names[r.IntN(len(names))] }
		a, b := pick(), pick()
		content := bytes.Clone(files[a])
		switch r.IntN(14) {
		case 0:
			delete(files, a)
		case 1:
			files[a], files[b] = files[b], files[a]
		case 2:
			m.Last += int64(r.IntN(3) - 1)
		case 3:
			files["files/new.txt"] = content
		case 4:
			files[a] = content[:r.IntN(len(content)+1)]
		case 5:
			files[a] = append(content, "\n"...)
		case 6:
			at := r.IntN(len(content) + 1)
			files[a] = slices.Insert(content, at, strays[r.IntN(len(strays))])
		case 7:
			lines := bytes.SplitAfter(content, []byte("\n"))
			r.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			files[a] = bytes.Join(lines, nil)
		case 8, 9:
			x, y := 1+r.IntN(5), 1+r.IntN(5)
			for _, form := range []string{"leaves/%06d.json", "proofs/%06d.tlog-proof", "disclosures/%06d.txt"} {
				p, q := fmt.Sprintf(form, x), fmt.Sprintf(form, y)
				files[p], files[q] = files[q], files[p]
				for _, n := range []string{p, q} {
					if files[n] == nil {
						delete(files, n)
					}
				}
			}
		case 10:
			texts := fmt.Sprintf("disclosures/%06d.txt", 1+r.IntN(5))
			if r.IntN(2) == 0 {
				files[texts] = append(bytes.Clone(files[texts]), content...)
			} else {
				delete(files, texts)
			}
		default:
			if len(content) > 0 {
				content[r.IntN(len(content))] ^= byte(1 << r.IntN(8))
			}
			files[a] = content
		}
	})
}
