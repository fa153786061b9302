package main

import (
	"fmt"
	"io"
	"strings"
)

// cell is one field of a table: what somebody typed, and the colour it is painted in ("" for none).
type cell struct{ text, colour string }

func plain(text string) cell { return cell{text: text} }

// table is rows of text in columns. A column whose head begins with "~" gives way: its text is wrapped to fit the screen.
type table struct {
	heads []string
	rows  [][]cell
}

func newTable(heads ...string) *table { return &table{heads: heads} }

func (t *table) add(cells ...cell) { t.rows = append(t.rows, cells) }

const gap = "  "

// write draws the table. Columns that are empty in every row are left out.
func (t *table) write(w io.Writer, s screen) {
	if len(t.rows) == 0 {
		return
	}
	t.dropEmpty()
	widths := t.widths(s.width)
	heads := make([]cell, len(t.heads))
	for i, h := range t.heads {
		heads[i] = plain(strings.TrimPrefix(h, "~"))
	}
	writeRow(w, heads, widths, func(_, text string) string { return s.bold(text) })
	for _, row := range t.rows {
		writeRow(w, row, widths, s.paint)
	}
}

func (t *table) dropEmpty() {
	for i := len(t.heads) - 1; i >= 0; i-- {
		if t.empty(i) {
			t.heads = append(t.heads[:i:i], t.heads[i+1:]...)
			for j, row := range t.rows {
				t.rows[j] = append(row[:i:i], row[i+1:]...)
			}
		}
	}
}

func (t *table) empty(col int) bool {
	for _, row := range t.rows {
		if row[col].text != "" {
			return false
		}
	}
	return true
}

// widths shares the screen: fixed columns take what they need, those that give way share the rest by what they want.
func (t *table) widths(total int) []int {
	widths := make([]int, len(t.heads))
	rest, soft := total-len(gap)*(len(t.heads)-1), []int(nil)
	for i, h := range t.heads {
		widths[i] = t.widest(i)
		if strings.HasPrefix(h, "~") {
			soft = append(soft, i)
		} else {
			rest -= widths[i]
		}
	}
	for len(soft) > 0 {
		share := max(rest/len(soft), 12)
		narrow := -1
		for n, i := range soft { // one that wants less than its share leaves the others more
			if widths[i] <= share {
				narrow = n
			}
		}
		if narrow < 0 {
			for _, i := range soft {
				widths[i] = share
			}
			break
		}
		rest -= widths[soft[narrow]]
		soft = append(soft[:narrow], soft[narrow+1:]...)
	}
	return widths
}

func (t *table) widest(col int) int {
	most := columns(strings.TrimPrefix(t.heads[col], "~"))
	for _, row := range t.rows {
		for line := range strings.SplitSeq(clean(row[col].text), "\n") {
			most = max(most, columns(line))
		}
	}
	return most
}

func writeRow(w io.Writer, row []cell, widths []int, paint func(colour, text string) string) {
	lines, deep := make([][]string, len(row)), 1
	for i, c := range row {
		lines[i] = wrap(c.text, widths[i])
		deep = max(deep, len(lines[i]))
	}
	for n := range deep {
		var b strings.Builder
		for i, c := range row {
			text := ""
			if n < len(lines[i]) {
				text = lines[i][n]
			}
			b.WriteString(paint(c.colour, text))
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", max(widths[i]-columns(text), 0)) + gap)
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}
