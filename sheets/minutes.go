package sheets

import (
	"fmt"
	"regexp"
	"strings"

	"plantrail/domain"
)

// Minutes without a table can still hold a plan: a sentence that introduces a numbered list of areas or actions, a heading
// ACTIONS with another, and what officers said.
var (
	numbered   = regexp.MustCompile(`^\s*(\d{1,2})[.)]\s+(\S.*)$`)
	introduces = regexp.MustCompile(`(?i)\b(areas?|priorit(?:y|ies)|aims?|objectives?|commitments?|themes?|improvements?|work-?streams?|recommendations?|actions?|outcomes?)\s*(?:as follows|are|were|below)?\s*:\s*$`)
	actionHead = regexp.MustCompile(`^\s*(?i:actions?(?: agreed| arising| points?)?)\s*:?\s*$`)
	bullet     = regexp.MustCompile(`^\s*[·•▪◦*-]\s+`)
	measured   = regexp.MustCompile(`(?i)\b([a-z]+(?: levels?| rates?)?) of ((?:around |about |approximately )?\d[\d.,%-]*)[^.;]{0,80}?\bnow\b[^.;\d]{0,20}?((?:around |about |approximately )?\d[\d.,%]*)`)
)

// list is a numbered list and the line that introduces it.
type list struct {
	level string
	intro int // line of the sentence that introduces it, -1 when a heading does
	items []cell
}

// readMinutes reads minutes as a plan, if numbered lists in them say what is to be done.
func readMinutes(lines []string, v vocabulary) (grid, bool) {
	g := grid{format: "minutes"}
	lists, taken := minuteLists(lines)
	if len(lists) == 0 {
		return g, false
	}
	levels := map[string]bool{}
	said := officers(lines, taken)
	spoken := false
	for _, l := range lists {
		parent := ""
		if l.intro >= 0 {
			levels["heading"] = true
			r := row{cells: []cell{{text: "heading", line: l.intro + 1}, {line: l.intro + 1}, {text: strings.TrimRight(strings.TrimSpace(lines[l.intro]), ": "), line: l.intro + 1}}}
			if !spoken { // the officers spoke on the whole: their words stand beside the first heading
				r.cells = append(r.cells, said...)
				spoken = true
			}
			g.rows = append(g.rows, r)
			parent = "heading"
		}
		levels[l.level] = true
		for _, c := range l.items {
			m := numbered.FindStringSubmatch(c.text)
			ref := m[1]
			if parent == "" {
				ref = ""
			}
			g.rows = append(g.rows, row{cells: []cell{{text: l.level, line: c.line, above: parent != ""}, {text: ref, line: c.line}, {text: m[2], line: c.line}}})
		}
	}
	if !spoken {
		for _, c := range said {
			g.prose(c.text, c.line)
		}
	}
	for _, c := range said {
		if m := measured.FindStringSubmatch(squash(c.text)); m != nil {
			g.measures = append(g.measures, cell{text: m[0], line: c.line})
		}
	}
	for _, key := range []string{"heading", "area", "action"} {
		if levels[key] {
			g.levels = append(g.levels, domain.Level{Key: key, Label: strings.ToUpper(key[:1]) + key[1:]})
		}
	}
	for i, l := range lines {
		if !taken[i] && squash(l) != "" {
			g.prose(l, i+1)
		}
	}
	return g, true
}

// offerMeasures offers the measures that prose reports, with what each was and is.
func (p *Proposal) offerMeasures(found []cell) {
	for i, c := range found {
		m := measured.FindStringSubmatch(c.text)
		was, errWas := domain.ParseAmount(strings.TrimRight(m[2], ".,"))
		now, errNow := domain.ParseAmount(strings.TrimRight(m[3], ".,"))
		name := strings.ToUpper(m[1][:1]) + m[1][1:]
		if errWas != nil || errNow != nil {
			p.problem(c.place(), "keep the measure by hand", "%s: this reads like a measure, and its figures can't be read", quoted(c.text))
			continue
		}
		p.Offers = append(p.Offers, Offer{ID: offerID("measure", i+1), Place: c.place(), Words: name, Measure: &Measured{Title: name, Baseline: was, Now: now, Words: c.text, Place: c.place(), Readings: []Reading{{Value: now, Words: c.text, Place: c.place()}}},
			What: fmt.Sprintf("a measure %s: %s, then %s", quoted(name), was.Words(), now.Words()),
			Why:  "prose reports an earlier and a present figure: " + quoted(c.text) + "; which way is better, and the target, are not said"})
	}
}

// minuteLists finds the lists that say what is to be done, and marks the lines that they take.
func minuteLists(lines []string) (lists []list, taken []bool) {
	taken = make([]bool, len(lines))
	open := false
	for i, l := range lines {
		text := squash(l)
		m := numbered.FindStringSubmatch(squash(l))
		switch {
		case text == "":
		case m != nil && open:
			at := &lists[len(lists)-1]
			at.items = append(at.items, cell{text: text, line: i + 1})
			taken[i] = true
		case isResolution(l):
			open = false
		case introduces.MatchString(text) && begins(lines[i+1:]):
			level := "action"
			if w := strings.ToLower(introduces.FindStringSubmatch(text)[1]); !strings.HasPrefix(w, "action") && !strings.HasPrefix(w, "recommendation") {
				level = "area"
			}
			intro := i
			if actionHead.MatchString(text) {
				intro = -1
			}
			lists, open = append(lists, list{level: level, intro: intro}), true
			taken[i] = true
		case actionHead.MatchString(text) && begins(lines[i+1:]):
			lists, open = append(lists, list{level: "action", intro: -1}), true
		default:
			open = false
		}
	}
	return lists, taken
}

// begins reports whether the next line that is not empty is the first of a numbered list.
func begins(below []string) bool {
	for _, l := range below {
		if squash(l) != "" {
			m := numbered.FindStringSubmatch(squash(l))
			return m != nil && m[1] == "1"
		}
	}
	return false
}

// officers are the paragraphs of prose, in which bullets go with the sentence above them. Headings are short and have no
// full stop.
func officers(lines []string, taken []bool) []cell {
	var said []cell
	from := 0
	for i, l := range lines {
		if strings.EqualFold(squash(l), "minutes:") || strings.EqualFold(squash(l), "minutes") {
			from = i + 1
		}
	}
	for i := from; i < len(lines); i++ {
		l := lines[i]
		switch {
		case squash(l) == "" || taken[i] || isResolution(l) || actionHead.MatchString(squash(l)):
		case bullet.MatchString(squash(l)) && len(said) > 0:
			c := &said[len(said)-1]
			c.text += strings.Repeat("\n", i+1-c.last()) + strings.TrimRight(l, " ")
			taken[i] = true
		case len(l) > 60 || strings.HasSuffix(squash(l), ".") || strings.HasPrefix(squash(l), "("):
			said = append(said, cell{text: strings.TrimFunc(l, unseen), line: i + 1})
			taken[i] = true
		}
	}
	return said
}

// takeMinutes takes rows whose level is told: the header is ours, and all cells after the action are progress.
func (t *table) takeMinutes(g grid) {
	t.columns = []Column{{Name: "Level", Field: FieldLevel}, {Name: "Reference", Field: FieldRef}, {Name: "Action", Field: FieldTitle}}
	for _, r := range g.rows {
		if r.kind == isProse {
			t.unread = append(t.unread, r.cells...)
		} else if r.kind == isCells {
			t.rows = append(t.rows, r)
		}
		for r.kind == isCells && len(t.columns) < len(r.cells) {
			t.columns = append(t.columns, Column{Name: "Progress", Field: FieldProgress})
		}
	}
	for i := range t.columns {
		t.columns[i].Place, t.columns[i].Why = t.rows[0].place(), "minutes have no columns: it is told by numbered lists and what introduces them"
	}
}
