package sheets

import (
	"bytes"
	"maps"
	"slices"

	"plantrail/domain"
)

// File is a paper's file. It is taken apart once, however often it is read: as a copy of another plan, or with what is
// remembered of each of a plan's papers. It is for one goroutine.
type File struct {
	bytes []byte
	taken *taken
}

// taken is a file apart as far as nothing need be known of its columns.
type taken struct {
	text, encoding string
	tables         func(vocabulary) (grid, error) // of an office document or a page; nil: the text's lines are looked at
	err            error
}

// NewFile is a file of these bytes, which must not change afterwards.
func NewFile(file []byte) *File { return &File{bytes: file} }

// grid reads the file as what it is, whatever it is called. The text is empty where lines have no meaning.
func (f *File) grid(name string, v vocabulary) (g grid, text, encoding string, err error) {
	if f.taken == nil {
		f.taken = takeApart(f.bytes)
	}
	a := f.taken
	switch {
	case a.err != nil:
		return g, "", "", a.err
	case a.tables != nil:
		g, err = a.tables(v)
		return g, "", a.encoding, err
	}
	g, err = reading(a.text, name, v)
	return g, a.text, a.encoding, err
}

func takeApart(file []byte) *taken {
	a := &taken{encoding: "utf-8"}
	if a.err = sized(file); a.err != nil {
		return a
	}
	if bytes.HasPrefix(file, []byte("PK")) && len(file) > 3 && file[2] < 9 {
		a.tables, a.err = readOffice(file)
		return a
	}
	if a.text, a.encoding, a.err = decode(file); a.err != nil {
		return a
	}
	switch {
	case isPage(a.text):
		a.tables, a.err = readPage(a.text)
	case len(a.text) > maxText:
		a.err = domain.Errorf(domain.TooLarge, "file", "the file has %d bytes of text, the limit is %d", len(a.text), maxText).
			WithHint("split it into several plans, and leave out what is no part of them")
	}
	return a
}

// copied is a grid whose rows can be changed.
func (g grid) copied() grid {
	g.rows = slices.Clone(g.rows)
	for i := range g.rows {
		g.rows[i].cells = slices.Clone(g.rows[i].cells)
	}
	g.legend, g.problems = maps.Clone(g.legend), slices.Clip(g.problems)
	return g
}
