package sheets

import (
	"regexp"
	"strings"

	"plantrail/domain"
)

// A table that was flattened to one line of text, as PDF tools do, has lost where cells begin. Where its header's names
// stand in a row and its rows are numbered, the rows can still be told; their cells can't, and all their words are kept.
var (
	tags      = regexp.MustCompile(`</?[A-Za-z][^<>]{0,200}>`)
	flatRef   = regexp.MustCompile(`(?:^|[\s\pL:.)])(\d{1,2}(?:\.\d{1,2}){1,3}|\d{1,2} \([ivx]{1,5}\))\s+(?:\pL|$)`)
	flatNames = regexp.MustCompile(`[^\s]+`)
)

// span is where a name of the header stands in a flattened text.
type span struct {
	from, to int
	name     string
	field    Field
}

// readFlat reads a flattened table, if the text is one.
func readFlat(lines []string, v vocabulary) (grid, bool) {
	g := grid{format: "text-flat"}
	for i, l := range lines {
		if len(l) > MaxCell {
			return g, false
		}
		text := squash(tags.ReplaceAllString(l, ""))
		if len(g.rows) == 0 && i < searched && g.flat(text, i+1, v) {
			continue
		}
		if text != "" {
			g.rows = append(g.rows, row{kind: isProse, cells: []cell{{text: text, line: i + 1}}})
		}
	}
	for _, r := range g.rows {
		if r.kind == isCells {
			return g, true
		}
	}
	return g, false
}

// flat takes one line apart: what stands before the header, its names, what stands before the first number, the rows.
func (g *grid) flat(text string, line int, v vocabulary) bool {
	head := flatHeader(text, v)
	if head == nil {
		return false
	}
	end := head[len(head)-1].to
	body := text[end:]
	again := -1 // the header once more, after a page break: what stands behind it belongs to no row for certain
	if at := strings.Index(body, text[head[0].from:head[2].to]); at >= 0 {
		again = at
	}
	refs := flatRefs(body)
	if len(refs) == 0 {
		return false
	}
	aside := func(s string) {
		if squash(s) != "" {
			g.rows = append(g.rows, row{kind: isProse, cells: []cell{{text: squash(s), line: line}}})
		}
	}
	aside(text[:head[0].from])
	g.rows = append(g.rows, row{cells: []cell{{text: "Reference", line: line}, {text: "Action", line: line}}})
	aside(body[:refs[0][2]])
	for i, m := range refs {
		to := len(body)
		if i+1 < len(refs) {
			to = refs[i+1][2]
		}
		words := body[m[3]:to]
		if again > m[3] && again < to {
			words = body[m[3]:again]
			aside(body[again:to])
		}
		g.rows = append(g.rows, row{cells: []cell{{text: body[m[2]:m[3]], line: line}, {text: strings.TrimSpace(words), line: line}}})
	}
	var lost []string
	for _, h := range head {
		if h.field != FieldRef && h.field != FieldTitle && h.field != "" {
			lost = append(lost, h.name)
		}
	}
	g.problems = append(g.problems, Problem{Place: place(line), Todo: "give the paper as a table, or record them by hand",
		What: "the table was flattened to one line: its rows are told by their numbers, but not where their cells begin. All words of a row are kept as its action; nothing is read for " + strings.Join(lost, ", ")})
	return true
}

// flatRefs are the numbers of rows. A date such as 9.12.16 is none, unless all numbers look like it.
func flatRefs(body string) (refs [][]int) {
	for _, m := range flatRef.FindAllStringSubmatchIndex(body, MaxRows) {
		ref := body[m[2]:m[3]]
		if _, err := domain.ParseDate(ref); err == nil && len(refs) > 0 && strings.Count(ref, ".") != strings.Count(body[refs[0][2]:refs[0][3]], ".") {
			continue
		}
		refs = append(refs, m)
	}
	return refs
}

// flatHeader finds three or more names of columns that stand directly one after the other, the action's among them.
func flatHeader(text string, v vocabulary) []span {
	near := text[:min(len(text), 4000)]
	words := flatNames.FindAllStringIndex(near, 200)
	for i := range words {
		var found []span
		fields := map[Field]bool{}
		for at := i; at < len(words); {
			next, ok := longestName(near, words, at, v)
			if !ok {
				break
			}
			found = append(found, next.span)
			fields[next.field] = true
			at = next.next
		}
		delete(fields, "")
		if len(fields) >= 3 && len(found) >= 3 && fields[FieldTitle] {
			return found
		}
	}
	return nil
}

type flatName struct {
	span
	next int
}

// longestName is the name that begins with a word: capital first, up to five words, a number glued to its end left off.
func longestName(text string, words [][]int, at int, v vocabulary) (flatName, bool) {
	var best flatName
	ok := false
	if c := text[words[at][0]]; c < 'A' || c > 'Z' {
		return best, false
	}
	for n := 1; n <= 5 && at+n <= len(words); n++ {
		from, to := words[at][0], words[at+n-1][1]
		name := strings.TrimRight(text[from:to], "0123456789.-–")
		if name = strings.TrimSpace(name); name == "" {
			break
		}
		if m, known := v.meaning(name); known {
			if rest, two := v.meaning(text[min(best.to+1, to):to]); ok && two && rest.field != best.field && rest.field != "" && best.field != "" && best.field != FieldReading { // two names, but for "Current status"
				break
			}
			best, ok = flatName{span{from, from + len(name), name, m.field}, at + n}, true
		}
		if len(name) < to-from { // the first row's number is glued to it
			break
		}
	}
	return best, ok
}
