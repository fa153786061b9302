package sheets

import (
	"regexp"
	"slices"
	"strings"
)

// keyed is a line "Name: value", or "Name:" with its value below.
var keyed = regexp.MustCompile(`^\s*([A-Z%][A-Za-z0-9 /()%'’-]{1,48}?)\s*:(?:\s+(.*))?$`)

// block is what stands under one heading: values by their keys.
type block struct {
	heading cell
	line    int
	values  map[string]cell
}

// readBlocks reads actions that are blocks of "Name: value" lines under a heading with the action's words.
//
// A paragraph without a key carries on the value above it, unless the first key of a block follows: then it is the heading
// of the next. A key that comes again without a heading begins a block too.
func readBlocks(lines []string, v vocabulary) (grid, bool) {
	g := grid{format: "text-blocks"}
	keys := blockKeys(lines)
	if n, _ := v.names(keys); n < 2 || len(keys) < 3 || len(keys) > MaxColumns {
		return g, false
	}
	var blocks []*block
	var open string // the key whose value goes on
	for i := 0; i < len(lines); i++ {
		name, value, ok := keyOf(lines[i])
		switch {
		case squash(lines[i]) == "" || isResolution(lines[i]):
			if squash(lines[i]) != "" {
				g.prose(lines[i], i+1)
				open = ""
			}
		case ok:
			if b := last(blocks); b == nil || name == keys[0] && len(b.values) > 0 || hasKey(b, name) {
				blocks = append(blocks, &block{line: i + 1, values: map[string]cell{}})
			}
			last(blocks).values[name] = cell{text: value, line: i + 1}
			open = name
		case followed(lines[i+1:], keys[0]):
			blocks = append(blocks, &block{heading: cell{text: lines[i], line: i + 1}, line: i + 1, values: map[string]cell{}})
			open = ""
		case open != "":
			b := last(blocks)
			c := b.values[open]
			if c.text == "" {
				c = cell{text: lines[i], line: i + 1}
			} else {
				c.text += strings.Repeat("\n", i+1-c.last()) + lines[i]
			}
			b.values[open] = c
		default:
			g.prose(lines[i], i+1)
		}
	}
	g.laid(blocks, keys)
	return g, len(blocks) > 0
}

func last(all []*block) *block {
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

func hasKey(b *block, key string) bool { _, ok := b.values[key]; return ok }

func keyOf(line string) (name, value string, ok bool) {
	if len(line) > 2000 || isResolution(line) {
		return "", "", false
	}
	m := keyed.FindStringSubmatch(line)
	if m == nil || strings.Count(m[1], " ") > 5 {
		return "", "", false
	}
	return m[1], strings.TrimSpace(m[2]), true
}

// blockKeys lists the keys of a text in the order in which they first come.
func blockKeys(lines []string) []string {
	var keys []string
	seen := map[string]bool{}
	for _, l := range lines {
		if name, _, ok := keyOf(l); ok && !seen[name] && len(keys) <= MaxColumns {
			seen[name] = true
			keys = append(keys, name)
		}
	}
	return keys
}

// followed reports whether the next line that is not empty has a key.
func followed(below []string, key string) bool {
	for _, l := range below {
		if squash(l) != "" {
			name, _, ok := keyOf(l)
			return ok && name == key
		}
	}
	return false
}

// laid lays blocks out as a table: the headings' numbers and words first, then a column for each key.
func (g *grid) laid(blocks []*block, keys []string) {
	headed := slices.ContainsFunc(blocks, func(b *block) bool { return b.heading.text != "" })
	var top row
	if headed {
		at := blocks[0].line
		top.cells = append(top.cells, cell{text: "Reference", line: at}, cell{text: "Title", line: at})
	}
	for _, k := range keys {
		top.cells = append(top.cells, cell{text: k, line: blocks[0].line})
	}
	g.rows = append(g.rows, top)
	for _, b := range blocks {
		var r row
		if headed {
			ref, words := cutOwnRef(b.heading.text)
			r.cells = append(r.cells, cell{text: ref, line: b.line}, cell{text: words, line: b.line})
		}
		for _, k := range keys {
			c, ok := b.values[k]
			if !ok {
				c = cell{line: b.line}
			}
			r.cells = append(r.cells, c)
		}
		g.rows = append(g.rows, r)
	}
}
