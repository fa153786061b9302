package sheets

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"plantrail/domain"
)

// maxPage bounds an HTML page: the tree that is made of it takes many times its size.
const maxPage = 16 << 20

// isPage reports whether a text is an HTML page.
func isPage(text string) bool {
	head := strings.ToLower(text[:min(len(text), 4096)])
	begins := strings.TrimLeftFunc(head, unseen)
	return strings.HasPrefix(begins, "<!doctype html") || strings.HasPrefix(begins, "<html") || strings.HasPrefix(begins, "<table") ||
		strings.HasPrefix(begins, "<") && (strings.Contains(head, "<html") || strings.Contains(head, "<table") || strings.Contains(head, "<body"))
}

// readPage reads the tables of a saved web page. Nothing in it is run or fetched. A table that holds tables is layout:
// only those within it are read.
func readPage(text string) (tables func(vocabulary) (grid, error), err error) {
	if len(text) > maxPage {
		return nil, domain.Errorf(domain.TooLarge, "file", "the page has %d bytes, the limit is %d", len(text), maxPage).WithHint("save the table alone, or as CSV (UTF-8)")
	}
	root, err := html.Parse(strings.NewReader(text))
	if err != nil {
		return nil, domain.Errorf(domain.Invalid, "file", "the page can't be read as HTML").WithHint("copy its table into a spreadsheet and save that as CSV (UTF-8)").Because(err)
	}
	p := &page{tabled: tabled{g: grid{format: "html"}}, layout: map[*html.Node]bool{}}
	for n := range root.Descendants() {
		if n.DataAtom == atom.Table {
			for up := n.Parent; up != nil && !p.layout[up]; up = up.Parent {
				p.layout[up] = true
			}
		}
	}
	if err = p.walk(root); err == nil {
		err = p.flush()
	}
	return p.g.copiedTogether, err
}

type page struct {
	tabled
	text   strings.Builder
	layout map[*html.Node]bool // elements that hold a table
}

// unshown are elements whose text no reader of the page sees.
func unshown(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Template, atom.Noscript, atom.Head, atom.Svg, atom.Del, atom.Select, atom.Textarea, atom.Iframe, atom.Object:
		return true
	}
	for _, a := range n.Attr {
		style := strings.ReplaceAll(strings.ToLower(a.Val), " ", "")
		if a.Key == "hidden" || a.Key == "style" && (strings.Contains(style, "display:none") || strings.Contains(style, "visibility:hidden")) {
			return true
		}
	}
	return false
}

func isBlock(n *html.Node) bool {
	switch n.DataAtom {
	case atom.P, atom.Div, atom.Li, atom.Ul, atom.Ol, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Tr, atom.Td, atom.Th, atom.Table,
		atom.Section, atom.Article, atom.Header, atom.Footer, atom.Dl, atom.Dt, atom.Dd, atom.Blockquote, atom.Pre, atom.Caption:
		return true
	}
	return false
}

func (p *page) flush() error {
	text := squash(p.text.String())
	p.text.Reset()
	if text == "" {
		return nil
	}
	return p.prose(text)
}

// walk reads what stands outside tables of data. The parser bounds how deep elements lie within each other.
func (p *page) walk(n *html.Node) error {
	switch {
	case n.Type == html.TextNode:
		p.text.WriteString(n.Data)
	case n.Type == html.ElementNode && unshown(n):
		return nil
	case n.DataAtom == atom.Table && !p.layout[n]:
		if err := p.flush(); err != nil {
			return err
		}
		rows, err := tableRows(n)
		if err != nil {
			return err
		}
		return p.add(rows)
	}
	if n.DataAtom == atom.Br || isBlock(n) {
		if err := p.flush(); err != nil {
			return err
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if err := p.walk(c); err != nil {
			return err
		}
	}
	if isBlock(n) {
		return p.flush()
	}
	return nil
}

func tableRows(table *html.Node) (rows [][]spanned, err error) {
	for d := range table.Descendants() {
		switch d.DataAtom {
		case atom.Tr:
			rows = append(rows, nil)
		case atom.Td, atom.Th:
			if len(rows) == 0 || unshown(d) {
				continue
			}
			last := &rows[len(rows)-1]
			if *last = append(*last, spanned{text: cellText(d), cols: spanOf(d, "colspan", MaxColumns), rows: spanOf(d, "rowspan", MaxRows)}); len(*last) > MaxColumns {
				return nil, tooManyColumns("row "+strconv.Itoa(len(rows)), len(*last))
			}
		}
	}
	return rows, nil
}

// spanOf reads colspan and rowspan; what is no number is 1, as browsers have it.
func spanOf(n *html.Node, name string, most int) int {
	for _, a := range n.Attr {
		if a.Key == name {
			if v, err := strconv.Atoi(strings.TrimSpace(a.Val)); err == nil && v > 1 {
				return min(v, most)
			}
		}
	}
	return 1
}

// cellText is what a reader of the cell sees: lines where blocks end, pictures by the words that stand for them.
func cellText(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		switch {
		case n.Type == html.TextNode:
			b.WriteString(strings.Map(func(r rune) rune {
				if r == '\n' || r == '\t' || r == '\r' {
					return ' '
				}
				return r
			}, n.Data))
		case n.Type == html.ElementNode && unshown(n):
			return
		case n.DataAtom == atom.Br:
			b.WriteByte('\n')
		case n.DataAtom == atom.Img:
			for _, a := range n.Attr {
				if a.Key == "alt" {
					b.WriteString(" " + squash(a.Val) + " ")
				}
			}
		}
		if isBlock(n) {
			b.WriteByte('\n')
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
		if isBlock(n) {
			b.WriteByte('\n')
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c)
	}
	var lines []string
	for _, l := range strings.Split(b.String(), "\n") {
		if l = squash(l); l != "" {
			lines = append(lines, l)
		}
	}
	return strings.Join(lines, "\n")
}
