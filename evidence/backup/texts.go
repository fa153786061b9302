package backup

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"

	"plantrail/evidence"
)

// line is a line of texts.
type line struct {
	Leaf        int64    `json:"leaf"`
	Event       string   `json:"event"`
	Disclosures []string `json:"disclosures"`
}

// texts reads the texts beside a tile of entries, by leaf. Each line must belong to an event of that tile.
func (d *folder) texts(t evidence.Tile) (map[int64]line, error) {
	name := textsName(t)
	b, err := os.ReadFile(d.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fault(name, "it can't be read: %v", err)
	}
	lines := map[int64]line{}
	last := int64(-1)
	for i, raw := range bytes.SplitAfter(b, []byte("\n")) {
		if len(raw) == 0 {
			continue
		}
		var l line
		if err := json.Unmarshal(raw, &l); err != nil {
			return nil, fault(name, "line %d can't be read: %v", i+1, err)
		}
		if again := l.encode(); !bytes.Equal(again, raw) || l.Leaf <= last || l.Leaf < t.First() || l.Leaf >= t.First()+int64(t.Width) {
			return nil, fault(name, "line %d is not as it was written", i+1)
		}
		lines[l.Leaf], last = l, l.Leaf
	}
	return lines, nil
}

func (l line) encode() []byte {
	b, _ := json.Marshal(l) // a number and strings of base64
	return append(b, '\n')
}

// writeTexts writes the texts beside a tile of entries; no file where there are none.
func (d *folder) writeTexts(t evidence.Tile, lines map[int64]line) error {
	var b bytes.Buffer
	for leaf := t.First(); leaf < t.First()+int64(t.Width); leaf++ {
		if l, ok := lines[leaf]; ok && len(l.Disclosures) > 0 {
			b.Write(l.encode())
		}
	}
	if b.Len() > 0 {
		return d.write(textsName(t), b.Bytes())
	}
	if err := os.Remove(d.path(textsName(t))); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// gap is an event of whose texts some are not there.
type gap struct {
	count   int
	present []string // the names of those that are
}

// match holds the texts of an event against its digests. What is missing is noted: whether it may be is known at the end.
func (r *reading) match(e event, l line) error {
	missing := len(e.digests)
	seen := map[string]bool{}
	for _, enc := range l.Disclosures {
		digest := evidence.Digest(enc)
		if !e.keeps(digest) || seen[digest] {
			return errors.New("has a text that it was not recorded with: no digest in the event fits it")
		}
		if seen[digest] = true; slices.Contains(e.digests, digest) {
			missing--
		}
	}
	if missing == 0 {
		return nil
	}
	g := gap{count: missing}
	for _, enc := range l.Disclosures {
		g.present = append(g.present, nameOf(enc))
	}
	r.gaps[e.ID] = g
	return nil
}

// nameOf is the name of the field that a disclosure is of.
func nameOf(encoded string) string {
	d, err := evidence.ParseDisclosure(encoded)
	if err != nil {
		return ""
	}
	return d.Name
}

// unexplained are the events that miss a text which nobody had erased.
func (r *reading) unexplained() (events []string) {
	erased := map[string][]string{}
	for _, e := range r.erasures {
		if g, ok := r.gaps[e.Event]; ok && !slices.Contains(g.present, e.Field) {
			erased[e.Event] = append(erased[e.Event], e.Field)
		}
	}
	for id, g := range r.gaps {
		if g.count > len(erased[id]) && !slices.Contains(r.lost, id) {
			events = append(events, id)
		}
	}
	slices.Sort(events)
	return events
}

// commandText is the name of the disclosure that is of no field but of the digest of the whole command.
const commandText = "command"

// drops says by leaf which disclosures may not be kept because a text was erased: the text itself and, with the command's
// first event, the digest of the whole command, which would let anybody confirm a guess.
func (r *reading) drops() map[int64][]string {
	all := map[int64][]string{}
	for _, e := range r.erasures {
		all[e.position-1] = append(all[e.position-1], e.Field)
		all[e.first-1] = append(all[e.first-1], commandText)
	}
	return all
}

// without is a line less the disclosures of some names.
func (l line) without(names []string) line {
	l.Disclosures = slices.DeleteFunc(slices.Clone(l.Disclosures), func(enc string) bool { return slices.Contains(names, nameOf(enc)) })
	return l
}

// place finds the events that erasures are about, from the first one not placed on.
func (r *reading) place(size int64) error {
	for i := range r.erasures {
		e := &r.erasures[i]
		if e.first != 0 {
			continue
		}
		target, err := r.event(e.position-1, size)
		if err != nil {
			return err
		}
		if target.ID != e.Event {
			return fault(tileAt(evidence.EntriesLevel, e.position-1, size).Path(), "event %d is not %s, as the erasing of its text says", e.position, e.Event)
		}
		e.first = e.position
		for at := target; at.Part != "1" && e.first > 1; {
			e.first--
			if at, err = r.event(e.first-1, size); err != nil {
				return err
			}
			if !at.sameCommand(target) {
				at.Part = "" // another history's, in between
			}
		}
	}
	return nil
}

// event reads one event of the backup.
func (r *reading) event(index, size int64) (e event, err error) {
	if index < 0 || index >= size {
		return e, fault("tile/entries", "an erasing is about event %d of %d", index+1, size)
	}
	t := tileAt(evidence.EntriesLevel, index, size)
	if r.cached.name != t.Path() {
		if r.cached.entries, err = r.d.entries(t); err != nil {
			return e, err
		}
		r.cached.name = t.Path()
	}
	return parseEvent(r.cached.entries[index-t.First()])
}

// lines are the lines of a file of texts, or of checkpoints, as long as the file is.
func lines(b []byte) *bufio.Scanner {
	s := bufio.NewScanner(bytes.NewReader(b))
	s.Buffer(nil, 64<<20)
	return s
}
